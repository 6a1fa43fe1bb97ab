"""Rewrites the code of NumPy's tests as it is imported, so that every call, index, operator and assignment of theirs goes
through `substitute`. The files stay as they are.
"""

import ast
import importlib.abc
import importlib.machinery
import sys
from pathlib import Path

import numpy as np

import substitute

#: The module of substitutions, by a name that no test has.
_MODULE = "__arrstore_suite__"
#: Calls that look at their caller, or count references to their argument.
_AS_THEY_ARE = frozenset("super locals globals vars dir eval exec getrefcount _getframe".split())
_TESTS = Path(np.__file__).parent


class _Rewriter(ast.NodeTransformer):
    def _to(self, node, name, *args, keywords=()):
        function = ast.Attribute(ast.Name(_MODULE, ast.Load()), name, ast.Load())
        return ast.copy_location(ast.Call(function, list(args), list(keywords)), node)

    def visit_Call(self, node):
        self.generic_visit(node)
        name = getattr(node.func, "id", None) or getattr(node.func, "attr", None)
        if name in _AS_THEY_ARE:
            return node
        return self._to(node, "call", node.func, *node.args, keywords=node.keywords)

    def visit_Subscript(self, node):
        self.generic_visit(node)
        if not isinstance(node.ctx, ast.Load):
            return node
        return self._to(node, "getitem", node.value, _key(node.slice))

    def visit_Attribute(self, node):
        self.generic_visit(node)
        if node.attr not in substitute.ATTRIBUTES or not isinstance(node.ctx, ast.Load):
            return node
        return self._to(node, "attribute", node.value, ast.Constant(node.attr))

    def visit_Assign(self, node):
        self.generic_visit(node)
        target = node.targets[0]
        if len(node.targets) != 1 or not isinstance(target, ast.Subscript):
            return node
        # an assignment computes its value first
        call = self._to(node, "setitem", node.value, target.value, _key(target.slice))
        return ast.copy_location(ast.Expr(call), node)

    def visit_BinOp(self, node):
        self.generic_visit(node)
        if isinstance(node.left, ast.Constant) and isinstance(node.right, ast.Constant):
            return node
        return self._to(node, "operator", ast.Constant(_BINARY[type(node.op)]), node.left, node.right)

    def visit_UnaryOp(self, node):
        self.generic_visit(node)
        if isinstance(node.operand, ast.Constant) or isinstance(node.op, ast.Not):
            return node
        return self._to(node, "operator", ast.Constant(_UNARY[type(node.op)]), node.operand)

    def visit_Compare(self, node):
        self.generic_visit(node)
        name = _COMPARISONS.get(type(node.ops[0]))
        if len(node.ops) != 1 or name is None:
            return node
        return self._to(node, "operator", ast.Constant(name), node.left, node.comparators[0])

    def visit_AnnAssign(self, node):
        return node

    def visit_arguments(self, node):
        node.defaults = [self.visit(default) for default in node.defaults]
        node.kw_defaults = [default and self.visit(default) for default in node.kw_defaults]
        return node

    def visit_MatchValue(self, node):
        return node


_BINARY = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "truediv",
    ast.FloorDiv: "floordiv",
    ast.Mod: "mod",
    ast.Pow: "pow",
    ast.MatMult: "matmul",
    ast.LShift: "lshift",
    ast.RShift: "rshift",
    ast.BitAnd: "and_",
    ast.BitOr: "or_",
    ast.BitXor: "xor",
}
_UNARY = {ast.USub: "neg", ast.UAdd: "pos", ast.Invert: "invert"}
_COMPARISONS = {ast.Eq: "eq", ast.NotEq: "ne", ast.Lt: "lt", ast.LtE: "le", ast.Gt: "gt", ast.GtE: "ge"}


def _key(node):
    """An index as an expression: its slices as calls of `slice`."""
    if isinstance(node, ast.Slice):
        function = ast.Attribute(ast.Name(_MODULE, ast.Load()), "slice", ast.Load())
        ends = [end or ast.Constant(None) for end in (node.lower, node.upper, node.step)]
        return ast.copy_location(ast.Call(function, ends, []), node)
    if isinstance(node, ast.Tuple):
        return ast.copy_location(ast.Tuple([_key(part) for part in node.elts], ast.Load()), node)
    return node


class _Loader(importlib.machinery.SourceFileLoader):
    def get_code(self, fullname):
        path = self.get_filename(fullname)
        tree = _Rewriter().visit(ast.parse(self.get_data(path), path))
        return compile(ast.fix_missing_locations(tree), path, "exec", dont_inherit=True)

    def exec_module(self, module):
        setattr(module, _MODULE, substitute)
        super().exec_module(module)


class _Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if not name.rpartition(".")[2].startswith("test_"):
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec and spec.origin and _TESTS in (file := Path(spec.origin)).parents and file.parent.name == "tests":
            spec.loader = _Loader(spec.name, spec.origin)
            return spec
        return None


def install():
    sys.meta_path.insert(0, _Finder())
