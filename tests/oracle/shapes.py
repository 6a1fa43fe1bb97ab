"""Elements in other places: arrays joined, split, repeated, rolled, padded, seen through windows, and their diagonals."""

import numpy as np
import values
from container import evaluate, exact

DTYPES = [np.dtype(n) for n in ("bool", "int16", "uint64", "float32", "float64", "complex128")]

EVERY_TYPE = [
    "concatenate((a, a[::-1]))", "concatenate((a, a), axis=2)", "concatenate((a, a[:, 1:3]), axis=-2)", "concatenate((a, a), axis=None)",
    "stack((a, a * 1))", "stack((a, a), axis=-1)", "vstack((a, a[2]))", "hstack((a, a))", "dstack((a, a))", "column_stack((a[0], a[0]))",
    "a.reshape(210)", "reshape(a, (6, 35))", "reshape(a, (3, -1, 2))", "a.T.reshape(30, 7)", "ravel(a)", "a.T.ravel()", "a[::2, ::-1].flatten()",
    "reshape(a, (5, 42), order='F')", "ravel(a, order='F')", "reshape(a[:, None], (7, 1, 30))", "a[1:6:2].reshape(-1, 9)", "a.sum(axis=1).reshape(-1)",
    "tile(a, 2)", "tile(a, (2, 1, 3))", "tile(a[0, 0], (3, 2))", "tile(a, (2, 2, 1, 1))", "tile(a, (2, 0, 1))", "tile(a, 1)", "resize(a, (3, 4))", "resize(a.T, (11, 41))", "resize(a, 0)", "concatenate(a)", "vstack(a)", "stack(a, axis=2)", "concatenate(a, axis=1)",
    "repeat(a, 2)", "repeat(a, 3, axis=1)", "repeat(a, [1, 0, 2, 3, 0], axis=1)", "a.repeat([2, 0, 0, 1, 0, 0, 1], 0)", "repeat(a, 0, axis=0)", "repeat(a, [0, 0, 0, 0, 0, 5], axis=-1)",
    "roll(a, 2)", "roll(a, -3, axis=0)", "roll(a, (1, 2), axis=(0, 2))", "roll(a, 4, axis=(1, 1))", "roll(a, 100, axis=1)", "roll(a, (1, -1), axis=0)", "roll(a.T, 1, axis=0)",
    "rot90(a)", "rot90(a, 2)", "rot90(a, 3)", "rot90(a, -1, axes=(1, 2))", "rot90(a, k=0)", "rot90(a, 1, (2, 0))",
    "pad(a, 1)", "pad(a, ((1, 2), (0, 3), (2, 0)))", "pad(a, (2, 1), mode='edge')", "pad(a, 2, mode='wrap')", "pad(a, ((9, 20), (0, 0), (13, 1)), mode='wrap')",
    "pad(a, 3, mode='reflect')", "pad(a, ((15, 2), (0, 11), (6, 6)), mode='reflect')", "pad(a, 4, mode='symmetric')", "pad(a, ((0, 22), (12, 5), (0, 0)), 'symmetric')",
    "pad(a, ((1, 2), (2, 1), (0, 1)), mode='maximum')" , "pad(a[:1], 2, mode='reflect')", "pad(a, 2, mode='minimum', stat_length=2)", "pad(a, ((1, 0), (0, 2), (3, 0)), mode='maximum', stat_length=((2, 1), (1, 3), (9, 9)))",
    "insert(a, 2, a[0], axis=0)", "insert(a, [1, 3], a[:, :2], axis=1)", "insert(a, 0, 1, axis=-1)", "insert(a, [0, 0, 5], 1, axis=1)", "insert(a, -1, a[:, 0], axis=1)", "insert(a, 3, 1)", "insert(a, [2], a[:, :1, :], axis=1)",
    "insert(a, [4, 1, 4, 0], a[0, 0, :4][:, None, None] * 1, axis=0)", "insert(a, 1, a[..., :2].T, axis=2)",
    "delete(a, 1)", "delete(a, 2, axis=0)", "delete(a, [0, 3, 3, -1], axis=2)", "delete(a, -5, axis=1)", "delete(a, [True, False, True, False, False], axis=1)", "delete(a, [], axis=0)", "delete(a, [2], axis=1)",
    "append(a, a)", "append(a, a[:1], axis=0)", "append(a, 1)",
    "diagonal(a)", "a.diagonal(1, 1, 2)", "diagonal(a, -2, 0, 2)", "diagonal(a, 2, 2, 0)", "diagonal(a, 30)", "diagonal(a, axis1=-1, axis2=0)", "diag(a[0])", "diag(a[:, 1], -1)", "diag(a[0, 0])", "diag(a[0, 0], 2)", "diag(a[0, 0], -3)", "diagflat(a[:2, :2, 0], 1)",
    "trace(a)", "a.trace(1, 1, 2)", "trace(a, offset=-1, axis1=2, axis2=1)",
    "tril(a)", "triu(a)", "tril(a, 1)", "triu(a, -2)", "tril(a[0, 0], -1)", "triu(a, 100)", "tril(a, -100)",
    "block([[a[0], a[0, :, :2]], [a[1], a[1, :, 1:3]]])", "block([a[0, 0], a[0, 1]])", "block(a)", "block([[[a]], [[a]]])", "block([a, a[..., :1]])",
    "split(a, 7)[3]", "split(a, [2, 4], axis=1)[1]", "array_split(a, 4)[1]", "array_split(a, 4, axis=-1)[3]", "hsplit(a, 5)[0]", "vsplit(a, 7)[6]", "dsplit(a, [2, 3])[2]", "split(a, [3, 1], axis=0)[1]", "split(a, [-2], axis=0)[1]", "array_split(a, 9)[8]", "unstack(a)[2]", "unstack(a, axis=-1)[0]",
    "meshgrid(a[0, 0], a[:, 0, 0])[0]", "meshgrid(a[0, 0], a[:, 0, 0])[1]", "meshgrid(a[0, 0], a[:3, 0, 0], a[0, :, 0], indexing='ij')[1]", "meshgrid(a[0, 0], a[:3, 0, 0], a[0, :, 0])[2]", "meshgrid(a[0, 0], a[:, 0, 0], sparse=True)[1]", "meshgrid(a[0, 0])[0]",
    "broadcast_arrays(a, a[0, 0])[1]", "broadcast_arrays(a[:, :1], a[0])[0]",
    "atleast_1d(a[0, 0, 0])", "atleast_2d(a[0, 0])", "atleast_3d(a[0, 0])", "atleast_3d(a[0])", "atleast_2d(a)", "atleast_3d(a, a[0, 0, 0])[1]", "atleast_2d(3.5)",
    "sliding_window_view(a, 3, axis=0)", "sliding_window_view(a, (2, 3, 2))", "sliding_window_view(a, (2, 2), axis=(1, 1))", "sliding_window_view(a[::-1, 1], (7, 6))", "sliding_window_view(a, (3, 2), (2, 0))[1:, ..., 1]",
    "sliding_window_view(a, 4, axis=1).max(axis=-1)", "sliding_window_view(a, (2, 2), axis=(0, 2)).min(axis=(-1, -2), keepdims=True)",
    "zeros_like(a)", "ones_like(a)", "full_like(a, 1)", "full_like(a[0], 1, dtype=float32)", "zeros_like(a, shape=(2, 3))", "full_like(a, a[0])", "ones_like(a, dtype=int8)",
    "array(a)", "asarray(a, dtype=float32)", "array(a[0, 0], ndmin=3)", "array([a[0], a[1]])", "full((2, 7, 5, 6), a)",
    "concatenate((a, a), axis=1).sum(axis=0)", "roll(a, 2, axis=1).max(axis=(0, 2))", "concatenate((a, a), axis=1).min(axis=0, keepdims=True)",
    "moveaxis(tile(a, (1, 2, 1)), 0, 2)[::-1]", "pad(roll(a, 1, axis=0), 1)[1:-1, 1:-1]", "repeat(tile(a[0], 2), 2, axis=0).reshape(-1)",
]

EDGES = [
    "concatenate((a, a[::-1]), axis=1)", "a.T.reshape(-1)", "roll(a, 1, axis=1)", "tile(a, (1, 2))", "repeat(a, 2, axis=0)", "pad(a, 1, mode='wrap')", "pad(a, 2, mode='symmetric')", "tril(a)", "diagflat(a[0])", "diagonal(a)", "insert(a, 1, a[0], axis=0)", "stack((a, a), axis=1)",
    "sliding_window_view(a, 2, axis=0)", "sliding_window_view(a, 2, axis=0).max(axis=-1)",
]

MEANS = ["pad(a, 2, mode='mean')", "pad(a, ((1, 3), (0, 2), (2, 1)), mode='mean', stat_length=((3, 2), (1, 1), (4, 5)))"]

MEDIANS = ["pad(a, 2, mode='median')", "pad(a, ((1, 3), (0, 2), (2, 1)), mode='median', stat_length=((3, 2), (1, 4), (4, 5)))", "pad(a, ((0, 1), (2, 0), (1, 1)), 'median', stat_length=2)", "pad(a[:, :1], 1, mode='median')"]

REAL = [
    "vander(a[0, 0])", "vander(a[0, 0], 3, increasing=True)", "vander(a[0, 0], 0)", "vander(a[0, 0], N=1)",
    "pad(a, 3, mode='reflect', reflect_type='odd')", "pad(a, ((15, 2), (0, 11), (6, 6)), mode='reflect', reflect_type='odd')", "pad(a, 5, mode='symmetric', reflect_type='odd')",
    "pad(a, 2, constant_values=7)", "pad(a, 1, constant_values=((1, 2), (3, 4), (5, 6)))", "pad(a, (1, 2), constant_values=(3, 9))",
    "pad(a, 4, mode='linear_ramp')", "pad(a, ((2, 0), (0, 3), (1, 1)), mode='linear_ramp', end_values=((9, 1), (2, 3), (0, 4)))",
]

EMPTY = [
    "resize(a, (2, 3))",
    "concatenate((a, a))", "concatenate((a, a), axis=None)", "stack((a, a))", "tile(a, 2)", "repeat(a, 2)", "roll(a, 1)", "roll(a, 1, axis=0)", "pad(a, 1)", "reshape(a, (-1,))", "reshape(a, (0, 5))", "ravel(a)", "array_split(a, 2)[1]", "delete(a, [])", "append(a, 1)", "insert(a, 0, 1)", "diagflat(a)", "atleast_3d(a)", "hstack((a, a))", "vstack((a, a))",
    "pad(a, 1, mode='edge')", "pad(a, 1, mode='wrap')", "tril(a)", "diagonal(a)", "trace(a)", "diag(a)", "sliding_window_view(a, 0, axis=0)", "sliding_window_view(a, 1, axis=0)", "rot90(a)", "meshgrid(a, a)[0]", "zeros_like(a)",
]

SCALAR = [
    "concatenate((a, a))", "stack((a, a))", "stack((a, a), axis=1)", "tile(a, 3)", "repeat(a, 3)", "roll(a, 1)", "pad(a, 1)", "reshape(a, (1, 1))", "ravel(a)", "delete(a, 0)", "append(a, a)", "insert(a, 1, a)", "diagflat(a)", "hstack((a, a))", "vstack((a, a))", "dstack((a, a))", "column_stack((a, a))", "atleast_1d(a)", "tril(a)", "diagonal(a)", "diag(a)", "rot90(a)", "full((2, 2), a)", "unstack(a)", "split(a, 1)", "meshgrid(a, a)[1]", "block(a)", "block([a, a])", "broadcast_arrays(a, a)[0]", "sliding_window_view(a, ())",
]

WRONG = [
    "concatenate((a, a[0]))", "concatenate(())", "concatenate((a, a), axis=3)", "concatenate((a, a[:, 1:]))", "concatenate((a, a), dtype=int8)", "concatenate(3)", "stack(())", "stack((a, a[0]))", "stack((a, a), axis=4)", "vstack(())", "hstack((a, a[0]))",
    "reshape(a, (5, 5))", "reshape(a, (-1, -1))", "reshape(a, (-1, 4))", "tile(a, -1)", "repeat(a, -1)", "repeat(a, [1, 2])", "repeat(a, 2, axis=5)", "repeat(a, [1, 2, 3], axis=0)", "roll(a, 1, axis=3)", "roll(a, (1, 2, 3), axis=(0, 1))", "roll(a, (1, 2), axis=(0, 5))",
    "rot90(a, 1, (0, 0))", "rot90(a, 1, (0, 1, 2))", "rot90(a, 1, (0, 7))", "pad(a, -1)", "pad(a, (1, 2, 3))", "pad(a, 1, mode='nothing')", "pad(a, 1, mode='edge', constant_values=3)", "pad(a, 1.5)", "pad(a, 1, mode='maximum', stat_length=0)", "pad(a, 1, mode='median', constant_values=1)", "pad(a, ((1, 2), (3, 4)))", "pad(a)",
    "insert(a, 8, 1, axis=0)", "insert(a, -9, 1, axis=0)", "insert(a, 1, a, axis=7)", "insert(a, [0, 9], 1, axis=0)", "insert(a, 1, a[:, :2, :3], axis=0)", "insert(a, 1)", "delete(a, 7, axis=0)", "delete(a, -8, axis=0)", "delete(a, [1, 99], axis=0)", "delete(a, [True, False], axis=0)", "delete(a, 1.5)", "delete(a)", "append(a, a[0], axis=0)", "append(a, 1, axis=0)",
    "diagonal(a[0, 0])", "diagonal(a, 0, 1, 1)", "diagonal(a, 0, 0, 3)", "diag(a)", "trace(a[0, 0])", "tril(a[0, 0, 0])", "block([])", "block([[a], a])", "block([a, []])", "block([[a[0]], [a[0], a[0]]])", "split(a, 3)", "split(a, 0)", "array_split(a, 0)", "array_split(a, -1)", "split(a, 2, axis=9)", "hsplit(a[0, 0, 0], 1)", "vsplit(a[0, 0], 1)", "dsplit(a[0], 1)", "unstack(a, axis=3)", "meshgrid(a[0, 0], indexing='ji')", "broadcast_arrays(a, a[0, 0, :2])",
    "sliding_window_view(a, 3)", "sliding_window_view(a, (8, 1, 1))", "sliding_window_view(a, 2, axis=4)", "sliding_window_view(a, -1, axis=0)", "sliding_window_view(a, (4, 4), axis=(1, 1))", "vander(a)", "zeros_like(a, shape=(-1,))", "full_like(a, (1, 2))",
]

SUMS = ["sliding_window_view(a, 3, axis=0).sum(axis=-1)", "sliding_window_view(a, 3, axis=0).mean(axis=-1)", "sliding_window_view(a, (2, 3), axis=(1, 2)).mean(axis=(-2, -1))", "sliding_window_view(a, (2, 2), axis=(0, 0)).sum(axis=(3, 4), keepdims=True)", "sliding_window_view(a, 4, axis=1).std(axis=-1)", "sliding_window_view(a, 3, axis=0).var(axis=-1, ddof=1)", "sliding_window_view(a, 2, axis=0).std(axis=-1, ddof=2)", "sliding_window_view(a, 4, axis=1).mean(axis=0)", "sliding_window_view(a, 2, axis=2).sum()", "concatenate((a, a), axis=1).mean(axis=(0, 2))", "concatenate((a, a), axis=1).sum()", "roll(a, 1, axis=0).sum(axis=2)", "a.T.reshape(6, -1).sum(axis=1)", "sliding_window_view(a, 3, axis=0).prod(axis=-1)"]


def near(golden, expr, cube):
    """A case of means or deviations: within a few units in the last place of NumPy's answer for float64."""
    theirs = evaluate(expr, {"a": cube})
    if theirs.dtype.kind in "iu":
        exact(golden, expr, {"a": cube})
        return
    want = evaluate(expr, {"a": cube.astype(np.float64)})
    golden.case(expr, {"a": cube}, want.astype(theirs.dtype), tol=np.where(np.isfinite(want), 8 * np.finfo(theirs.dtype).eps * np.abs(want), 0))


def shapes(golden):
    for dtype in DTYPES:
        cube = values.moderate(dtype, (7, 5, 6), 41, low=0, high=9)
        if dtype.kind in "fc":
            # whole numbers, so that every sum is exact in any order
            cube = np.round(cube)
        edges = values.plane(values.edges(dtype))[:9, :7]
        for expr in EVERY_TYPE:
            exact(golden, expr, {"a": cube})
        for expr in EDGES:
            exact(golden, expr, {"a": edges})
        for expr in MEDIANS:
            exact(golden, expr, {"a": cube})
        if dtype.kind in "iuf":
            for expr in REAL:
                exact(golden, expr, {"a": cube})
            for expr in MEANS:
                near(golden, expr, cube)
    for dtype in (np.dtype("int16"), np.dtype("float64")):
        for shape in ((0,), (3, 0), (0, 4), (2, 0, 3)):
            for expr in EMPTY:
                exact(golden, expr, {"a": np.zeros(shape, dtype)})
        zero = values.moderate(dtype, (), 43)
        for expr in SCALAR:
            exact(golden, expr, {"a": zero})
        cube = values.moderate(dtype, (7, 5, 6), 44)
        for expr in WRONG:
            exact(golden, expr, {"a": cube})
    for dtype in (np.dtype("int32"), np.dtype("float32"), np.dtype("float64"), np.dtype("bool")):
        # halves, so that every sum is exact in any order
        cube = values.to(np.round(values.moderate(np.dtype("float64"), (7, 5, 6), 45, low=-4, high=4)), dtype)
        for expr in SUMS:
            if not any(name in expr for name in ("std", "var", "mean")):
                exact(golden, expr, {"a": cube})
                continue
            near(golden, expr, cube)
    # longer than a chunk of what is computed where it is read; few values, so that the file stays small
    long = (np.arange(300 * 700, dtype=np.int32) % 251).reshape(300, 700)
    for expr in ("a.T.reshape(-1)", "a.reshape(700, 300)", "roll(a, 17, axis=1)", "roll(a, 1000)", "concatenate((a, a[:, ::-1]), axis=1)", "tile(a, (1, 2))", "repeat(a, 2, axis=1)", "pad(a, 9, mode='reflect')", "sliding_window_view(a, 5, axis=0).max(axis=-1)", "diagonal(a, 3)", "tril(a)", "a.T.reshape(100, 2100).sum(axis=0)"):
        exact(golden, expr, {"a": long})
