"""Writes expressions.txt: random expressions, and how Python's parser groups them.

Two lines each: the text, and the tree as nested lists in the notation of the parser's own tests.
"""

import ast
import random
from pathlib import Path

random.seed(11)
BINARY = {"+": "Add", "-": "Sub", "*": "Mult", "/": "Div", "//": "FloorDiv", "%": "Mod", "**": "Pow", "@": "MatMult",
          "<<": "LShift", ">>": "RShift", "&": "BitAnd", "|": "BitOr", "^": "BitXor"}
COMPARE = {"<": "Lt", "<=": "LtE", ">": "Gt", ">=": "GtE", "==": "Eq", "!=": "NotEq"}
SYMBOL = {v: k for k, v in {**BINARY, **COMPARE, "u-": "USub", "u+": "UAdd", "u~": "Invert"}.items()}


def text(depth):
    if depth == 0:
        return random.choice(["a", "b", "x_1", "3", "0x1f", "1_000", "2.5", ".5", "1e-3", "2j", "True", "None", "'f4'", "..."])
    t = lambda: text(depth - 1)
    gap = random.choice(["", " "])
    match random.randrange(12):
        case 0:
            return f"({t()})"
        case 1:
            return random.choice("+-~") + gap + t()
        case 2:
            return f"{t()}{gap}{random.choice(list(COMPARE))}{gap}{t()}"
        case 3:
            return f"f({t()}, k={t()})"
        case 4:
            return f"a.m({t()},)"
        case 5:
            return f"a[{random.choice([':', t(), t() + ':', ':' + t(), '::' + t(), t() + ':' + t() + ':' + t()])}, {t()}]"
        case 6:
            return f"({t()}, {t()})"
        case 7:
            return f"a.T{gap}**{gap}{t()}"
        case _:
            return f"{t()}{gap}{random.choice(list(BINARY))}{gap}{t()}"


def dump(n):
    match n:
        case ast.Expression():
            return dump(n.body)
        case ast.Constant(value=v):
            if v is Ellipsis:
                return "..."
            if isinstance(v, complex):
                return f"{v.imag!r}j"
            return repr(v)
        case ast.Name():
            return n.id
        case ast.BinOp():
            return f"({SYMBOL[type(n.op).__name__]} {dump(n.left)} {dump(n.right)})"
        case ast.UnaryOp():
            return f"({SYMBOL[type(n.op).__name__]} {dump(n.operand)})"
        case ast.Compare():
            links = "".join(f" {SYMBOL[type(o).__name__]} {dump(c)}" for o, c in zip(n.ops, n.comparators))
            return f"(compare {dump(n.left)}{links})"
        case ast.Call():
            given = [dump(a) for a in n.args] + [f"{k.arg}={dump(k.value)}" for k in n.keywords]
            return f"(call {' '.join([dump(n.func)] + given)})"
        case ast.Attribute():
            return f"(. {dump(n.value)} {n.attr})"
        case ast.Tuple():
            return f"(tuple{''.join(' ' + dump(e) for e in n.elts)})"
        case ast.Slice():
            return f"(slice {' '.join('_' if p is None else dump(p) for p in (n.lower, n.upper, n.step))})"
        case ast.Subscript():
            parts = n.slice.elts if isinstance(n.slice, ast.Tuple) else [n.slice]
            return f"(index {dump(n.value)} {' '.join(dump(p) for p in parts)})"
    raise TypeError(n)


lines = []
while len(lines) < 600:
    candidate = text(random.randrange(1, 5))
    try:
        lines += [candidate, dump(ast.parse(candidate, mode="eval"))]
    except SyntaxError:
        pass
Path(__file__).with_name("expressions.txt").write_text("\n".join(lines) + "\n")
