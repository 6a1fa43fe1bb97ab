"""Parts of arrays that `map_blocks` made: the function is called for the elements of the part alone."""

import math
import operator

import numpy as np

from . import _arrstore
from ._arrstore import Array

_plain = Array.__getitem__


def getitem(self, key):
    """A part of the array."""
    if type(key) is list and self.dtype.names and all(isinstance(name, str) for name in key):
        _have(self.dtype.names, key)
    try:
        part = _plain(self, key)
    except TypeError:  # the end of a slice is no integer; NumPy looks at the kinds of all parts first
        if isinstance(key, tuple):
            _plain(self, tuple(slice(None) if isinstance(part, (slice, int)) else part for part in key))
        raise
    except IndexError as error:
        if "is too large: its number of elements" in str(error):
            raise ValueError(str(error)) from None  # the places are there
        raise
    made = self._made
    if made is None or made[0] != "map_blocks":
        found = None if made is None or made[0] not in _RESHAPED else _of_rows(self, made, key)
        return part if found is None else found
    _, array, arguments, *_ = made
    split = _split(key, array.shape)
    if split is None:
        return part
    places, rest = split
    return _plain(_arrstore.map_blocks(taken(array, places), *arguments), rest)


#: Functions that give elements in C order under another shape.
_RESHAPED = frozenset(("flatten", "ravel", "reshape"))


def _of_rows(array, made, key):
    """A part of an array that `map_blocks` made and that was reshaped, if it lies in some of the rows. The library moves all
    elements.
    """
    _, source, args, kwargs, _ = made
    if source is None:
        source, args = args[0], args[1:]
    inner = source._made if isinstance(source, Array) else None
    if inner is None or inner[0] != "map_blocks" or kwargs or args and made[0] != "reshape" or not (array.size and array.ndim and source.ndim):
        return None
    split = _split(key, array.shape)
    if split is None:
        return None
    (first, *places), rest = split
    ends = (first.start, first.stop) if isinstance(first, slice) else (int(first[0]), int(first[-1]) + 1) if first.size else (0, 0)
    per_row, per_part = math.prod(source.shape[1:]), math.prod(array.shape[1:])
    begin, end = (number * per_part for number in ends)
    rows = slice(begin // per_row, -(-end // per_row))
    if begin >= end or rows.stop - rows.start == source.shape[0]:
        return None
    part = getitem(source, rows).reshape(-1)
    start = begin - rows.start * per_row
    part = _plain(part, slice(start, start + end - begin)).reshape(ends[1] - ends[0], *array.shape[1:])
    first = slice(0, ends[1] - ends[0], first.step) if isinstance(first, slice) else first - ends[0]
    return _plain(taken(part, [first, *places]), rest)


def taken(array, places):
    """The elements at places of their own along each axis."""
    for axis, place in enumerate(places):
        if not isinstance(place, slice) or place != slice(0, array.shape[axis], 1):
            array = array[(slice(None),) * axis + (place,)]
    return array


def _have(names, key):
    """Refuses names of fields that are not there, as NumPy does."""
    for name in key:
        if name not in names:
            raise KeyError(f"no field is named {name!r}: there are {', '.join(map(repr, names))}")


def _split(key, shape):
    """An index as the places along each axis that it needs, and its index into these places. `None` where the elements of
    the index are not at hand.
    """
    parts = key if isinstance(key, tuple) else (key,)
    parts = [np.asarray(part) if isinstance(part, list) else part for part in parts]
    if any(isinstance(part, (bool, np.bool_, str)) or not _is_known(part) for part in parts):
        return None
    used = sum(part is not None and part is not ... for part in parts)
    at = next((number for number, part in enumerate(parts) if part is ...), len(parts))
    whole = [slice(None)] * (len(shape) - used)
    places, rest = [], []
    for part in [*parts[:at], *whole, *parts[at + 1 :]]:
        if part is None:
            rest.append(None)
            continue
        place, left = _along(part, shape[len(places)])
        places.append(place)
        rest.append(left)
    return places, tuple(rest)


def _is_known(part):
    """Whether a part of an index says by itself which places of its axis it takes."""
    if isinstance(part, Array):
        return False
    return not isinstance(part, np.ndarray) or part.dtype.kind in "iu" or part.dtype == bool and part.ndim == 1


def _along(part, length):
    """The places along an axis that a part of an index takes, and the same part as an index into them."""
    if isinstance(part, slice):
        span = range(*part.indices(length))
        if not span:
            return slice(0, 0), slice(None)
        step = slice(None) if span.step > 0 else slice(None, None, -1)
        return slice(min(span), max(span) + 1, abs(span.step)), step
    if isinstance(part, np.ndarray) and part.ndim:
        part = np.flatnonzero(part) if part.dtype == bool else np.where(part < 0, part + length, part)
        places, inverse = np.unique(part, return_inverse=True)
        return places, inverse.reshape(part.shape)
    index = operator.index(part) % length
    return slice(index, index + 1), 0
