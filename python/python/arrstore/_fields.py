"""Records in which some fields have other elements."""

import numpy as np

from ._mapped import taken

#: Records that are computed together. They take memory beside that of the computation around them, so they are few.
_TOGETHER = 1 << 15


def is_of_fields(key):
    """Whether an index names a field, or several."""
    return isinstance(key, str) or isinstance(key, list) and bool(key) and all(isinstance(name, str) for name in key)


class Fields:
    """The records at places, with other elements in some fields: a function of blocks of the places, counted in C order."""

    def __init__(self, records, key, value):
        self._records, self._key, self._value = records, key, value

    def __call__(self, block):
        result = np.empty(block.shape, self._records.dtype)
        self._fill(block, result)
        return result

    def _fill(self, block, result):
        if not block.size:
            return
        axis = int(np.argmax(block.shape)) if block.ndim else 0
        if block.size > _TOGETHER and block.shape[axis] > 1:
            middle = block.shape[axis] // 2
            for half in (slice(middle), slice(middle, None)):
                half = (slice(None),) * axis + (half,)
                self._fill(block[half], result[half])
            return
        from ._convert import compute

        places = [_along(block, axis, self._records.shape) for axis in range(block.ndim)]
        result[...], value = compute(taken(self._records, places), taken(self._value, places))
        result[self._key] = value


def _along(block, axis, shape):
    """The places of a block along an axis."""
    line = block[(0,) * axis + (slice(None),) + (0,) * (block.ndim - axis - 1)]
    places = np.unravel_index(line, shape)[axis]
    first, last = int(places[0]), int(places[-1])
    return slice(first, last + 1, 1) if (np.diff(places) == 1).all() else places
