"""Reductions of several steps into an array of another type than their own, step by step as NumPy takes them: each step is cast to
the type of that array.
"""

import math

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from . import _functions
from ._arrstore import Array


def moment(name, out, a, axis=None, dtype=None, ddof=None, correction=None, keepdims=None, where=None, mean=None):
    """Computes a mean, a variance or a deviation into `out`."""
    given = {"axis": axis, "where": True if where is None else where}
    if dtype is None and a.dtype.kind in "biu":
        dtype = np.dtype("f8")
    elif dtype is None and name == "mean" and a.dtype == np.float16:
        dtype = np.dtype("f4")
    count = _count(a, **given)
    if name == "mean":
        summed = a
    else:
        if mean is None:
            mean = np.add.reduce(a, dtype=dtype, keepdims=True, **given)
            mean = (mean / _count(a, **given, keepdims=True)).astype(mean.dtype)
        summed = _squared(a - mean, a.dtype)
    np.add.reduce(summed, dtype=dtype, out=out, keepdims=bool(keepdims), **given)
    if name != "mean":
        degrees = correction if ddof is None else ddof
        count = np.maximum(count - (0 if degrees is None else degrees), 0)
    if where is not None:
        count = np.reshape(count, out.shape)
    np.true_divide(out, count, out=out, casting="unsafe", subok=False)
    return np.sqrt(out, out=out) if name == "std" else out


def peak_to_peak(out, a, axis=None, keepdims=None):
    """Computes the distance from the least to the greatest element into `out`."""
    given = {"axis": axis, "keepdims": bool(keepdims)}
    np.maximum.reduce(a, out=out, **given)
    return np.subtract(out, np.minimum.reduce(a, **given), out=out)


def _count(array, axis, where, keepdims=False):
    """How many elements have a part in each result."""
    if where is not True:
        mask = _functions.call("broadcast_to", None, (where, array.shape), {})
        return np.asarray(np.add.reduce(mask if isinstance(mask, Array) else np.asarray(mask), axis=axis, dtype=np.intp, keepdims=keepdims))
    axes = range(array.ndim) if axis is None else normalize_axis_tuple(axis, array.ndim)
    return np.intp(math.prod(array.shape[axis] for axis in axes))


def _squared(x, dtype):
    if dtype.kind in "fiu":
        return x * x
    return x.real * x.real + x.imag * x.imag if x.dtype.kind == "c" else x * x
