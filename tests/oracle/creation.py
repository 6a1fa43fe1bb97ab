"""Arrays of nothing but numbers: ranges, constants, identities, grids, and lists that are written out."""

import numpy as np
from container import evaluate, exact

CREATION = [
    "zeros(3)", "zeros((2, 3))", "zeros((2, 3), dtype=int8)", "zeros(())", "zeros((0, 2))", "ones((2, 2), bool)", "ones(4, 'f4')", "full((2, 3), 7)", "full(3, 2.5)", "full((2, 2), True)", "full((2, 2), 7, dtype=complex64)", "full((2, 3), [1, 2, 3])", "full(2, 1j)", "empty((2, 0))", "zeros(2, dtype=float)",
    "arange(5)", "arange(2, 9)", "arange(2, 9, 3)", "arange(9, 2, -2)", "arange(0)", "arange(-3)", "arange(5.0)", "arange(0, 1, 0.1)", "arange(1, 2, 0.3, dtype=float32)", "arange(0.5, 5, dtype=int)", "arange(10, dtype=int8)", "arange(3, dtype=complex64)", "arange(0, 3, 0.25, float16)", "arange(2, dtype=bool)", "arange(True)", "arange(5, dtype=uint8) - 3", "arange(250, 260, dtype=uint8)" , "arange(1e3, 1e4, 777.7)", "arange(10, 0)", "arange(-1, 1, 0.1, dtype=float16)", "arange(1j, 5)", "arange(0, 5, 1+0j)", "arange(0, -1e-300)", "arange(0, 1e-320, 1)", "arange(9223372036854775800, 9223372036854775806)", "arange(9223372036854775808, 9223372036854775811)", "arange(0, 100000, 7)", "arange(3, None)", "arange(1, 3, None)", "arange(0.1, 100, 0.1)[997:]", "arange(10).reshape(2, 5)[::-1, 1:]", "arange(70000, dtype=float32)[65000:] * 0.1", "arange(6).sum()", "arange(200).mean()", "arange(10)[::-3]", "arange(3)[:, None] * arange(4)",
    "arange(7, dtype=bfloat16) / 2", "arange(0, 1, 0.125, dtype=bfloat16)",
    "linspace(0, 1)", "linspace(0, 1, 5)", "linspace(2, 3, 7, endpoint=False)", "linspace(0, 10, 5, dtype=int)", "linspace(-3, 3, 4, dtype=int)", "linspace(1, 1, 3)", "linspace(5, 0, 6)", "linspace(0, 1, 1)", "linspace(0, 1, 0)", "linspace(0, 1, 1, endpoint=False)", "linspace(0, 1j, 4)", "linspace(0, 5, 3, retstep=True)[0]", "linspace(0, 5, 3, retstep=True)[1]", "linspace(0, 5e-324, 3)", "linspace(0, 5, num=50, dtype=float32)", "linspace(-1e308, 1e308, 3)", "linspace([0, 1], [10, 21], 4)", "linspace([0, 1], 10, 3, axis=1)", "linspace(float32(0), float32(1), 7)", "linspace([0, 1e-320], [0, 1], 3)", "linspace(0, 1, 3, axis=-1)", "linspace([1, 2], [3, 4], 1)", "linspace(3, inf, 3)", "linspace(nan, 1, 3)", "linspace(0, 1, 5, dtype=bool)",
    "eye(3)", "eye(3, 4)", "eye(3, 4, 1)", "eye(4, k=-2, dtype=int16)", "eye(2, k=5)", "eye(2, k=-99999999999)", "eye(0)", "identity(3)", "identity(2, dtype=bool)", "tri(3)", "tri(3, 5, 2)", "tri(3, 5, -1, dtype=int32)", "tri(2, k=-7)", "vander([1, 2, 3, 5])", "vander([1.5, -2, 0], increasing=True)", "vander([1, 2], 4)",
    "indices((2, 3))", "indices((3,))", "indices((2, 3), dtype=float32)", "indices((2, 3), sparse=True)[1]", "indices(())", "indices((2, 0))", "indices((2, 3, 4))[1:, ::-1]",
    "mgrid[0:5]", "mgrid[0:3, 1:9:4]", "mgrid[0:1:5j]", "mgrid[0:1:3j, 2:4]", "mgrid[:3, 0.5:3]", "mgrid[5:0:-2]", "ogrid[0:3, 1:9:4][1]", "ogrid[0:3, 0:1:3j][0]", "ogrid[0:3]", "mgrid[0:1:0.3]", "mgrid[0:2:1j]", "mgrid[0:3,]", "mgrid[:2, :2, :2][2, 1]",
    "array([1, 2, 3])", "array([[1, 2.5], [3, 4]])", "array([1, 2, 3], dtype=float32)", "array([])", "array([[], []])", "array(3)", "array([True, 2])", "array([1, 2], ndmin=2)", "asarray([1, 2j])", "array([1.7, -2.2], dtype=int8)", "array([[1, 2], [3, 4]]).T.ravel()", "array((1, 2))", "array([arange(3), arange(3)])", "array([1, True])", "array(5, dtype=uint8)",
    "meshgrid([1, 2, 3], [4.5, 5])[0]", "concatenate(([1, 2], [3.5]))", "concatenate(([1, 2], [3, 4]), dtype=float32)", "stack(([1, 2], [3, 4]))", "hstack(([1], [2, 3]))", "vstack(([1, 2], [3, 4]), dtype=int8)", "tile([1, 2], 3)", "repeat([1, 2], [2, 3])", "repeat(7, 3)", "roll([1, 2, 3], 1)", "pad([1, 2, 3], 2)", "pad([1, 2, 3], (2, 3), 'linear_ramp', end_values=(5, -4))", "insert([1, 2, 3], 1, 9)", "insert([1, 2, 3], [0, 2], [7, 8])", "insert([1, 2, 3], array([True, False, True]), 5)", "delete([1, 2, 3], 1)", "append([1, 2], [[3], [4]])", "diag([1, 2])", "diagflat([[1, 2], [3, 4]])", "tril([[1, 2], [3, 4]])", "block([[eye(2), zeros((2, 3))], [ones((3, 2)), 2 * eye(3)]])", "block([[1, 2], [3, 4]])", "split(arange(9), 3)[1]", "rot90([[1, 2], [3, 4]])", "trace([[1, 2], [3, 4]])", "sliding_window_view(arange(6), 3)", "sliding_window_view(arange(12).reshape(3, 4), (2, 2)).sum(axis=(2, 3))", "trace(eye(5), dtype=int)", "concatenate((zeros(3), arange(3)))", "where(tri(3, dtype=bool), 1, 0)", "full_like([1, 2], 2.7)", "zeros_like(3.5)", "ones_like([True])",
    "zeros(-1)", "zeros((2, -1))", "full((2, 3), [1, 2])", "arange(0, 10, 0)", "arange(nan)", "arange(inf)", "arange(3, dtype=bool)", "arange(0, 300, 100, dtype=uint8)" , "arange(300, 310, dtype=uint8)", "arange()", "linspace(0, 1, -1)", "linspace(0, 1, 2.5)", "linspace(0, 1, 3, axis=1)", "eye(-1)", "eye(3, -1)", "identity(-1)", "tri(-1)", "indices((-1,))", "zeros((2**62, 8))", "array([[1], [2, 3]])", "ones((3, 2.5))", "full(3)", "vander(3)", "eye(2.5)", "repeat([1, 2], [1, 2, 3])", "array([300], dtype=uint8)", "geomspace(0, 1)", "geomspace(1, 10, -1)", "logspace(0, 1, -1)",
]


ROUNDED = ["logspace(0, 3, 4)", "logspace(0, 1, 7, endpoint=False)", "logspace(0, 4, 5, base=2)", "logspace(-2, 2, 9)", "geomspace(1, 1000, 4)", "geomspace(1, 256, 9)", "geomspace(-1, -1000, 4)", "geomspace(3, 7, 5, endpoint=False)", "geomspace([1, 2], [100, 50], 5)", "geomspace([1, 2], [100, 50], 5, axis=1)", "geomspace(1, 2, 1)", "geomspace(1, 2, 0)", "geomspace(1, 1000, 4, dtype=float32)", "logspace(0, 2, 5, base=[2, 3])", "logspace([0, 1], [1, 2], 4)", "logspace(0, 1, 4, dtype=float32)", "geomspace(1000, 1, 7)"]



def creation(golden):
    for expr in CREATION:
        exact(golden, expr, {})
    for expr in ROUNDED:
        theirs = evaluate(expr, {})
        # powers and logarithms: some units in the last place
        golden.case(expr, {}, theirs, tol=16 * np.finfo(theirs.dtype).eps * np.abs(theirs))
