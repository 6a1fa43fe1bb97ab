"""Functions of elements, with NumPy's keywords, and operators."""

import numpy as np

from arrstore import _arrstore

_NAMES = {name for name, *_ in _arrstore.functions()}
UFUNCS = {name: found for name in sorted(_NAMES) if isinstance(found := getattr(np, name, None), np.ufunc) and not found.signature}
ONE = [name for name, ufunc in UFUNCS.items() if ufunc.nin == 1]
TWO = [name for name, ufunc in UFUNCS.items() if ufunc.nin == 2]
#: The most used are drawn as often as all others.
COMMON = {1: "negative abs square sqrt sign isnan floor exp".split(), 2: "add subtract multiply divide maximum minimum less equal power floor_divide remainder".split()}
#: A quotient by 0 of integers is left to the machine by NumPy, and so is a whole number that a float has no place for.
OPERATORS = ["+", "-", "*", "/", "//", "%", "**", "<", "<=", "==", "!=", ">", ">=", "&", "|", "^", "<<", ">>"]
COMPOSED = "nan_to_num isclose isneginf isposinf real imag conj angle sinc i0 clip where select choose heaviside real_if_close".split()


def ufuncs(d, x, v):
    arity = d.choice([1, 2, 2])
    name = d.choice(COMMON[arity] if d.chance(0.5) else (ONE if arity == 1 else TWO))
    if name == "reciprocal" and v.dtype.kind in "biu":
        return None  # of 0, NumPy's answer is the machine's
    operands = [x]
    if arity == 2:
        operands = [x, d.beside(v, wild=True)] if d.chance(0.6) else [d.beside(v, wild=True), x]
    if d.chance(0.7):
        return f"{d.door(name)}({', '.join(operands)})"
    words = []
    if d.chance(0.4):
        words.append(f"dtype={d.choice(['float', np.dtype('f4').str.join(chr(39) * 2), chr(39) + 'f2' + chr(39), 'complex', 'bool', 'int', 'np.int16', 'None'])}")
    if d.chance(0.25):
        words.append(f"casting='{d.choice(['same_kind', 'unsafe', 'safe', 'equiv', 'no'])}'")
    if d.chance(0.1):
        words.append(d.choice(["order='C'", "subok=True", "subok=False", "order='K'"]))
    kind = d.choice(["f8", "f8", "f4", "i8", "?", "c16"])
    shape = v.shape if arity == 1 else np.broadcast_shapes(v.shape, *(d.values[o].shape for o in operands if o in d.values and _with(v, d.values[o])))
    results = UFUNCS[name].nout
    # NumPy 2.5 itself crashes in np.equal(-1, an array of unsigned integers, where=...)
    crashes = name in ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal")
    out = f"np.full({shape}, 7, '{kind}')"
    pick = d.rng.random()
    if pick < 0.4:
        words.append(f"out={out}" if results == 1 else f"out=({', '.join([out] * results)})")
        if d.chance(0.5) and not crashes:
            words.append(f"where={d.mask(x, v)}")
    elif pick < 0.6 and results == 1 and not crashes:
        mask = d.mask(x, v)
        return f"np.where({mask}, np.{name}({', '.join([*operands, *words, f'where={mask}'])}), 0)"
    return f"np.{name}({', '.join([*operands, *words])})"


def _with(v, other):
    try:
        np.broadcast_shapes(v.shape, other.shape)
    except ValueError:
        return False
    return True


def operators(d, x, v):
    pick = d.rng.random()
    if pick < 0.1:
        return f"{d.choice(['-', '+', '~'])}{x}"
    if pick < 0.15:
        return f"divmod({x}, {d.beside(v, wild=True)})[{d.some(2)}]"
    sign, other = d.choice(OPERATORS), d.beside(v, wild=True)
    if pick < 0.25 and v.ndim:
        return f"x = {x}.copy()\ny = x\nx {d.choice(['+', '-', '*', '/', '//', '%', '**', '&', '|', '^', '<<', '>>'])}= {other}\nassert y is x"
    return f"({x} {sign} {other})" if d.chance(0.5) else f"({other} {sign} {x})"


def composed(d, x, v):
    name = d.choice(COMPOSED)
    other = d.beside(v, wild=True)
    return {
        "nan_to_num": lambda: d.call("nan_to_num", x, d.choice(["", "nan=1.5", "posinf=9, neginf=-9", "nan=2, posinf=3"])),
        "isclose": lambda: d.call("isclose", x, other, d.choice(["", "rtol=0.5", "atol=1", "equal_nan=True"])),
        "clip": lambda: d.call("clip", x, *d.choice([(d.small(v), "3"), ("None", d.number(odd=True)), (d.number(odd=True), "None"), ("min=1",), (other, "None")])),
        "where": lambda: f"{d.door('where')}({d.mask(x, v)}, {x}, {other})" if d.chance(0.5) else f"{d.door('where')}({d.mask(x, v)}, {other}, {x})",
        "select": lambda: f"{d.door('select')}([{x} > 1, {x} < 0], [{x}, {x} * 2], {d.small(v)})",
        "choose": lambda: f"{d.door('choose')}({x} > 1, [{x}, {d.small(v)}], mode='{d.choice(['raise', 'wrap', 'clip'])}')",
        "conj": lambda: d.call("conj", x),
        "real": lambda: d.choice([f"{x}.real", d.call("real", x, method=False)]),
        "imag": lambda: d.choice([f"{x}.imag", d.call("imag", x, method=False)]),
        "heaviside": lambda: d.call("heaviside", x, d.number(odd=True)),
    }.get(name, lambda: d.call(name, x))()
