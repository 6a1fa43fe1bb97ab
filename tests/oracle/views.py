"""Indexing, transposing, reshaping; and what NumPy refuses."""

import ast

import numpy as np
import values
from container import exact

DTYPES = [np.dtype(n) for n in ("bool", "int16", "float32", "float64", "complex128")]

SUBSCRIPTS = [
    "a[:]", "a[...]", "a[0]", "a[-1]", "a[6, 4, 5]", "a[1:3]", "a[::2]", "a[::-1]", "a[::-2]", "a[5:1:-2]", "a[-2:-6:-3]", "a[:, 1]", "a[:, -1]", "a[..., 0]", "a[..., -2]",
    "a[1, ..., 2]", "a[None]", "a[:, None]", "a[..., None]", "a[None, ..., None]", "a[::-2, None, 3]", "a[2:5, 1:4, 3:6]", "a[::3, ::-1, ::2]", "a[3:3]", "a[5:2]", "a[2:5:-1]",
    "a[100:]", "a[-100:2]", "a[:100]", "a[::100]", "a[::-100]", "a[6:, 4:, 5:]", "a[1:][1:][1:]", "a[::2][::-1][1]", "a[::-1, ::-1, ::-1]", "a[:, :, 1::2][..., ::-1]",
    "a[4][2][3]", "a[None, 3, None, 2, None]", "a[1:-1, 1:-1, 1:-1]", "a[..., 2:2]", "a[0:1, 0:1, 0:1]", "a[2:7:3, 4::-4]", "a[newaxis, :, 2]", "a[(1, 2)]", "a[-7]",
]  # fmt: skip
MOVES = [
    "a.T", "a.T[1]", "a.T[:, ::-1]", "permute_dims(a, (2, 0, 1))", "permute_dims(a, (1, 0, 2))", "permute_dims(a, (-1, -2, -3))", "transpose(a)", "transpose(a, (0, 2, 1))", "a.transpose(1, 2, 0)",
    "swapaxes(a, 0, 2)", "a.swapaxes(-1, 1)", "moveaxis(a, 0, -1)", "moveaxis(a, 2, 0)", "matrix_transpose(a)", "a.mT",
    "flip(a)", "flip(a, axis=0)", "flip(a, axis=(0, 2))", "flip(a, axis=-1)", "flip(a.T, axis=1)[2:]",
    "broadcast_to(a, (2, 7, 5, 6))", "broadcast_to(a[:, :1], (7, 4, 6))", "broadcast_to(a[3, 2, 1], (3, 2))", "broadcast_to(a[0, 0, :, None], (6, 5))", "broadcast_to(a[:1], (0, 5, 6))",
    "squeeze(a[:1])", "squeeze(a[:1, :, :1])", "squeeze(a[:1, :, :1], axis=2)", "squeeze(a[:1, :, :1], axis=(0, -1))", "squeeze(a)", "a[:1].squeeze(0)",
    "expand_dims(a, axis=0)", "expand_dims(a, axis=-1)", "expand_dims(a, axis=(0, 2))", "expand_dims(a.T, axis=1)",
    "reshape(a, (210,))", "reshape(a, (7, 30))", "reshape(a, (35, 6))", "reshape(a, (7, 5, 2, 3))", "reshape(a, (-1, 6))", "reshape(a, (7, 1, 5, 6))", "reshape(a, (1, 210, 1))", "a.reshape(7, -1)", "a.reshape((5, 42))",
    "reshape(a[:1], (5, 6))", "reshape(a[3, 2, 1], (1, 1))", "reshape(a[:0], (0, 3))", "reshape(a[2], (30,))", "reshape(a[..., None], (7, 5, 6))", "reshape(a[::2], (4, 5, 3, 2))",
    # Views used, so that they meet the kernels and not only the copy.
    "a[::-1] == a", "a[1:] | a[:-1]", "where(a[:, ::2], a[:, ::-2], a[:, 2:])", "a.T != permute_dims(a, (2, 1, 0))", "logical_xor(a[:, :, 0], a[:, :, -1])", "a[3] == a", "a[:, 2, None, 5] == a[..., 1]",
    "maximum(a[::-1, ::-1], a)", "a[0, :, :5] == a[1, :, :5].T", "broadcast_to(a[0], (7, 5, 6)) == flip(a, axis=1)",
]  # fmt: skip


def views(golden):
    for dtype in DTYPES:
        a = values.moderate(dtype, (7, 5, 6), 8)
        for expr in SUBSCRIPTS + MOVES:
            if "|" not in expr or dtype.kind in "bi":
                exact(golden, expr, {"a": a})
    for dtype in (np.dtype("int8"), np.dtype("float64")):
        zero = values.moderate(dtype, (), 9)
        for expr in ["a", "a[()]", "a[...]", "a[None]", "a[None, ..., None]", "a.T", "reshape(a, (1,))", "reshape(a, (1, 1))", "broadcast_to(a, (3, 4))", "squeeze(a)", "expand_dims(a, axis=0)", "flip(a)", "-a", "a + a", "permute_dims(a, ())"]:
            exact(golden, expr, {"a": zero})
        for shape in [(0,), (3, 0), (0, 4), (2, 0, 3)]:
            empty = np.zeros(shape, dtype)
            for expr in ["a", "a[::-1]", "a.T", "a + 1", "a == a", "flip(a)", "reshape(a, (0,))", "reshape(a, (0, 5))", "a[..., None]", "a[None] * a", "a[:0]"]:
                exact(golden, expr, {"a": empty})
        one = values.moderate(dtype, (1,), 10)
        many = values.moderate(dtype, (5, 3), 11)
        for expr in ["a + b", "b - a", "a[0] * b", "maximum(a, b[0])", "where(b > 0, a, b)", "b[:, :1] + b[:1]", "b[::-1] + a[None]"]:
            exact(golden, expr, {"a": one, "b": many})
        exact(golden, "a + b", {"a": one, "b": np.zeros((4, 0), dtype)})
        exact(golden, "a + b", {"a": values.moderate(dtype, (4, 1, 3), 12), "b": values.moderate(dtype, (5, 1), 13)})
        exact(golden, "a - b", {"a": values.moderate(dtype, (1, 6, 1, 5), 12), "b": values.moderate(dtype, (7, 1, 3, 1), 13)})


def refusals(golden):
    a = values.moderate(np.dtype("float64"), (4, 5), 14)
    b = values.moderate(np.dtype("float64"), (3, 5), 15)
    i = values.moderate(np.dtype("int32"), (4, 5), 16)
    texts = [
        "a + b", "a @ b", "where(a > 0, a, b)", "a[:, :2] * b[:, :3]", "a[4]", "a[-5]", "a[0, 5]", "a[0, 0, 0]", "a[::0]", "a[..., ...]", "a[1.5]", "a[None, 9]",
        "sum(a, axis=2)", "sum(a, axis=-3)", "sum(a, axis=(0, 0))", "sum(a, axis=(1, -1))", "argmax(a, axis=2)", "mean(a, axis=(0, 2))", "max(a[:0])", "min(a[:, :0], axis=1)", "argmin(a[:0])",
        "argmax(a[:0], axis=0)", "max(a[:0], axis=0)", "permute_dims(a, (0, 0))", "permute_dims(a, (0,))", "permute_dims(a, (0, 2))", "swapaxes(a, 0, 2)", "flip(a, axis=2)", "expand_dims(a, axis=4)",
        "squeeze(a, axis=0)", "squeeze(a, axis=3)", "reshape(a, (3, 7))", "reshape(a, (-1, -1))", "reshape(a, (-1, 3))", "broadcast_to(a, (4, 6))", "broadcast_to(a, (5,))", "broadcast_to(a, (4, 5, 2))",
        "a & a", "~a", "a << i", "a + 'x'", "a % 1j", "bitwise_and(i, 1.0)", "i @ 2", "a[0, 0] @ a", "a.T @ a.T", "a @ a", "matmul(a[:, 0], b)", "sin(a, b, a, a)", "no_such_name + a", "no_such(a)",
        "i ** -1", "i ** (i - 9)", "negative(i > 0)", "(i > 0) - (i < 0)", "i + 2**40", "astype(a, no_such)", "std(a, axis=7)", "a[2**70]",
    ]  # fmt: skip
    for expr in texts:
        inputs = {n: v for n, v in {"a": a, "b": b, "i": i}.items() if n in names(expr)}
        before = len(golden.cases)
        try:
            exact(golden, expr, inputs)
        except NameError:
            golden.error(expr, inputs, "name")
        assert "error" in golden.cases[before], expr


def names(expr):
    return {node.id for node in ast.walk(ast.parse(expr)) if isinstance(node, ast.Name)}
