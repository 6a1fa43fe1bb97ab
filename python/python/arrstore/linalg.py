"""The functions of the array API standard's extension `linalg` that need no decomposition of a matrix, and `norm` of
`numpy.linalg`. Results are lazy.
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple
from numpy.typing import ArrayLike as _ArrayLike, DTypeLike

from . import _functions
from ._convert import asarray

if TYPE_CHECKING:
    from . import Array
else:
    from ._arrstore import Array

ArrayLike = Array | _ArrayLike

__all__ = "cross diagonal matmul matrix_norm matrix_transpose norm outer tensordot trace vecdot vector_norm".split()


def _call(name, *args, **kwargs):
    return _functions.call(name, None, args, kwargs)


def cross(x1: ArrayLike, x2: ArrayLike, /, *, axis: int = -1) -> Array:
    """Cross products of vectors of three elements along an axis."""
    x1, x2 = asarray(x1), asarray(x2)
    if not x1.ndim or not x2.ndim:
        raise ValueError("cross: expected vectors of 3 elements, found an array without axes")
    if x1.shape[axis] != 3 or x2.shape[axis] != 3:
        raise ValueError(f"cross: expected vectors of 3 elements, found {x1.shape[axis]} and {x2.shape[axis]}")
    return _call("cross", x1, x2, axis=axis)


def diagonal(x: ArrayLike, /, *, offset: int = 0) -> Array:
    """Diagonals of matrices, which are the last two axes."""
    return _call("diagonal", x, offset, -2, -1)


def matmul(x1: ArrayLike, x2: ArrayLike, /) -> Array:
    """Products of matrices."""
    return _call("matmul", x1, x2)


def matrix_transpose(x: ArrayLike, /) -> Array:
    """Matrices, which are the last two axes, with rows and columns exchanged."""
    return _call("matrix_transpose", x)


def outer(x1: ArrayLike, x2: ArrayLike, /) -> Array:
    """Each element of a vector times each element of another."""
    x1, x2 = asarray(x1), asarray(x2)
    if x1.ndim != 1 or x2.ndim != 1:
        raise ValueError(f"outer: expected arrays of one axis, found {x1.ndim} and {x2.ndim} axes")
    return _call("outer", x1, x2)


def tensordot(x1: ArrayLike, x2: ArrayLike, /, *, axes: int | Sequence[Sequence[int]] = 2) -> Array:
    """Sums of products over axes of both arrays."""
    return _call("tensordot", x1, x2, axes)


def trace(x: ArrayLike, /, *, offset: int = 0, dtype: DTypeLike | None = None) -> Array:
    """Sums of the diagonals of matrices, which are the last two axes."""
    return _call("trace", x, offset, -2, -1, **({} if dtype is None else {"dtype": dtype}))


def vecdot(x1: ArrayLike, x2: ArrayLike, /, *, axis: int = -1) -> Array:
    """Sums of products along an axis; the conjugate of the first array is taken."""
    return _call("vecdot", x1, x2, axis=axis)


def vector_norm(
    x: ArrayLike, /, *, axis: int | Sequence[int] | None = None, keepdims: bool = False, ord: float = 2
) -> Array:
    """Norms of vectors along one axis or several; of all elements without `axis`."""
    x = _floating(x)
    axes = None if axis is None else normalize_axis_tuple(axis, x.ndim)
    over = {"axis": axes, "keepdims": keepdims}
    if isinstance(ord, str):
        raise ValueError(f"vector_norm: ord: expected a number, found {ord!r}")
    if ord == math.inf:
        return _call("max", abs(x), initial=0, **over)
    if ord == -math.inf:
        return _call("min", abs(x), **over)
    if ord == 0:
        return _call("sum", (x != 0).astype(abs(x).dtype), **over)
    if ord == 1:
        return _call("sum", abs(x), **over)
    if ord is None or ord == 2:
        return _call("sqrt", _call("sum", _squares(x), **over))
    powers = _call("sum", abs(x) ** float(ord), **over)
    return powers ** np.reciprocal(ord, dtype=powers.dtype)


def matrix_norm(x: ArrayLike, /, *, keepdims: bool = False, ord: float | str | None = "fro") -> Array:
    """Norms of matrices, which are the last two axes: Frobenius' (`"fro"`), and the largest or smallest sum of absolute
    values of a column (`1`, `-1`) or of a row (`inf`, `-inf`).

    Raises NotImplementedError for `2`, `-2` and `"nuc"`, which need singular values.
    """
    x = _floating(x)
    if x.ndim < 2:
        raise np.exceptions.AxisError(f"matrix_norm: expected at least 2 axes, found {x.ndim}")
    return _matrix_norm(x, -2, -1, keepdims, ord)


def _matrix_norm(x, rows, columns, keepdims, ord):
    if ord in (None, "fro", "f"):
        return _call("sqrt", _call("sum", _squares(x), axis=(rows, columns), keepdims=keepdims))
    if ord in (2, -2, "nuc"):
        raise NotImplementedError(f"a norm of order {ord!r} needs singular values, which are not there: use numpy.linalg on x.compute()")
    if ord not in (1, -1, math.inf, -math.inf):
        raise ValueError(f"expected an order of 'fro', 1, -1, inf or -inf for a norm of matrices, found {ord!r}")
    inner, outer = (rows, columns) if abs(ord) == 1 else (columns, rows)
    sums = _call("sum", abs(x), axis=inner, keepdims=True)
    found = _call("max", sums, axis=outer, keepdims=True, initial=0) if ord > 0 else _call("min", sums, axis=outer, keepdims=True)
    return found if keepdims else _call("squeeze", found, (inner, outer))


def norm(
    x: ArrayLike, ord: float | str | None = None, axis: int | Sequence[int] | None = None, keepdims: bool = False
) -> Array:
    """As `numpy.linalg.norm`: of vectors along one axis, of matrices along two; of all elements without `axis` and `ord`."""
    x = _floating(x)
    if axis is None and ord is None:
        return vector_norm(x, keepdims=keepdims)
    axes = tuple(range(x.ndim)) if axis is None else axis if isinstance(axis, (tuple, list)) else (axis,)
    if len(axes) == 1:
        return vector_norm(x, axis=axes[0], keepdims=keepdims, ord=2 if ord is None else ord)
    if len(axes) == 2:
        rows, columns = normalize_axis_tuple(axes, x.ndim)
        return _matrix_norm(x, rows, columns, keepdims, ord)
    raise ValueError(f"norm: expected one axis or two, found {len(axes)}")


def _floating(x):
    """The array, with whole numbers and truth values as floats."""
    x = asarray(x)
    return x if x.dtype.kind in "fcV" else x.astype(float)


def _squares(x):
    return (x.conj() * x).real if x.dtype.kind == "c" else x * x
