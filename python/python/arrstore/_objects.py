"""Comparisons with objects of Python that are no elements, such as `None`: NumPy compares each element with them."""

import datetime
import operator

import numpy as np

from . import _arrstore
from ._arrstore import Array

#: Python's times.
_TIMES = (datetime.date, datetime.timedelta)
#: What NumPy makes elements of.
_ELEMENTS = (Array, np.generic, int, float, complex, str, bytes, *_TIMES)


def is_object(value):
    """Whether NumPy takes something for an object, or for an array of objects."""
    if isinstance(value, _ELEMENTS):
        return False
    if isinstance(value, (list, tuple)):
        return any(map(is_object, value))
    if isinstance(value, np.ndarray):
        return value.dtype == object
    # arrays of other libraries have answers of their own
    return value is None or not hasattr(value, "__array_ufunc__") and not hasattr(value, "__array__") and np.asarray(value).dtype == object


class _Compared:
    """The elements of a block, each compared with an object."""

    def __init__(self, compare, value):
        self._compare, self._value = compare, value

    def __call__(self, block):
        value = np.empty((), object)
        value[()] = self._value
        return np.broadcast_to(np.asarray(self._compare(block, value), bool), block.shape)


def compared(compare, array, other):
    """The answer of `==` or `!=` for an array and an object, or several."""
    value = np.asarray(other)
    if value.size != 1:
        return _arrstore.lazy(np.asarray(compare(np.asarray(array), value)))
    result = _arrstore.map_blocks(array, _Compared(compare, value.item()), np.dtype(bool))
    return result[(None,) * (value.ndim - array.ndim)] if value.ndim > array.ndim else result


def _beside_objects(compare, plain):
    def method(self, other):
        # records are compared with records alone, and times with those of Python
        kind = self.dtype.kind
        is_other = is_object(other) or isinstance(other, _TIMES) and kind not in "mM"
        return compared(compare, self, other) if is_other and kind != "V" else plain(self, other)

    return method


#: The functions of NumPy that have an answer for objects.
COMPARISONS = {np.equal: operator.eq, np.not_equal: operator.ne}


def methods():
    """`==` and `!=`."""
    return {f"__{compare.__name__}__": _beside_objects(compare, getattr(Array, f"__{compare.__name__}__")) for compare in COMPARISONS.values()}
