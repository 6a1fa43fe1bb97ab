"""Elements in C order, and what changes an array of NumPy in place: `flat`, `fill`, `put`, `resize`."""

import operator

import numpy as np

from . import _functions
from ._arrstore import Array

#: Elements that an iterator computes together.
_TOGETHER = 1 << 16


class Flat:
    """The elements of an array in C order: an index gives a lazy array, and a loop gives numbers."""

    def __init__(self, array):
        self._array = array

    @property
    def base(self):
        """The array."""
        return self._array

    def copy(self):
        """The elements as a lazy array of one axis."""
        return self._array.reshape(-1)

    def __len__(self):
        return self._array.size

    def __iter__(self):
        flat = self.copy()
        for start in range(0, len(self), _TOGETHER):
            yield from np.asarray(flat[start : start + _TOGETHER])

    def __array__(self, dtype=None, copy=None):
        return np.array(self.copy(), dtype)

    def __getitem__(self, key):
        return self.copy()[key]

    def __setitem__(self, key, value):
        flat = Array(self.copy())
        places = flat[key]
        if not places.size:
            return
        value = value if isinstance(value, (Array, np.ndarray)) else np.asarray(value)
        # few values are repeated, and of many the first count
        if value.ndim:
            value = _functions.call("resize", None, (value, (places.size,)), {}).reshape(places.shape)
        flat[key] = value
        self._array[...] = flat.reshape(self._array.shape)

    def __eq__(self, other):
        return self.copy() == other

    def __ne__(self, other):
        return self.copy() != other

    __hash__ = None

    def __repr__(self):
        return f"<arrstore.Flat of {self._array!r}>"


def _assign_flat(self, value):
    Flat(self)[...] = value


def fill(self, value):
    """Gives all elements one value."""
    element = np.empty((), self.dtype)
    element.fill(np.asarray(value)[()] if isinstance(value, Array) else value)
    self[...] = element


def put(self, indices, values, mode="raise"):
    """Assigns to places counted in C order. Few values are repeated. mode: for places that are not there; `raise`, `wrap` or `clip`."""
    places = np.asarray(indices) if isinstance(indices, (np.ndarray, Array)) else np.asarray(indices, np.intp)
    places = places.astype(np.intp, casting="safe").reshape(-1)
    if mode == "wrap" and self.size:
        places = places % self.size
    elif mode == "clip" and self.size:
        places = np.clip(places, 0, self.size - 1)
    elif mode not in ("raise", "wrap", "clip"):
        raise ValueError(f"put: mode: expected 'raise', 'wrap' or 'clip', found {mode!r}")
    if np.size(values):
        Flat(self)[places] = values


def resize(self, *shape, refcheck=True):
    """Gives this object another shape. Elements beyond the new one are lost, and new ones are 0."""
    operator.index(refcheck)
    if shape in ((), (None,)):
        return
    shape = shape[0] if len(shape) == 1 and np.iterable(shape[0]) else shape
    if not self._is_assignable:
        raise TypeError("an array of a file that is only read has its shape: use numpy.resize, or resize a copy of it, x.copy()")
    if any(n < 0 for n in shape):
        raise ValueError(f"resize: expected lengths of at least 0, found {tuple(shape)}")
    flat, size = self.reshape(-1), int(np.prod(shape, dtype=object))
    if size > self.size:
        more = _functions.call("zeros", None, ((size - self.size,), self.dtype), {})
        flat = _functions.call("concatenate", None, ([flat, more],), {})
    self._rebase(flat[:size].reshape(shape))


MEMBERS = {
    "fill": fill,
    "flat": property(Flat, _assign_flat, doc="The elements in C order. `a.flat[3]` is an element, and `a.flat = value` assigns to all."),
    "put": put,
    "resize": resize,
}

#: Members of NumPy's arrays that lazy ones lack, and what to use.
_ABSENT = {
    "base": "a lazy array is no view of another",
    "ctypes": "numpy.asarray(a).ctypes points to the elements",
    "data": "memoryview(a) gives the elements",
    "flags": "numpy.asarray(a).flags tells how elements lie in memory",
    "getfield": "a['name'] is a field of records, and a.view another type",
    "setfield": "a['name'] = value assigns to a field of records",
    "setflags": "a lazy array has no flags: numpy.asarray(a) gives one of NumPy",
    "strides": "a lazy array has no place in memory: numpy.asarray(a).strides",
}


def absent(self, name):
    """The error for a member that is not there."""
    words = f"{type(self).__name__!r} object has no attribute {name!r}"
    raise AttributeError(f"{words}: {_ABSENT[name]}" if name in _ABSENT else words, name=name, obj=self)


def refuse_deletion(self, key):
    """Elements cannot be deleted."""
    raise ValueError("elements of an array cannot be deleted: numpy.delete gives another array")
