"""Assignment to a part of a lazy array: a new lazy array, in which the part has other elements."""

import operator

import numpy as np

from . import _arrstore, _functions
from ._arrstore import Array
from ._dispatch import stand_in
from ._fields import Fields, is_of_fields


def assigned(array, key, value):
    """`array` after `array[key] = value`, by NumPy's rules."""
    if is_basic(key):
        selected = array[key].shape  # an index that is not there is named before a value that does not fit
        value = _elements(value_of_part(key, value, array.ndim, array.dtype), array.dtype)
        return _basic(array, key if isinstance(key, tuple) else (key,), selected, value)
    if is_of_fields(key):
        return _with_fields(array, key, value)
    value = _elements(value, array.dtype)
    mask = _mask(key)
    if mask is not None and mask.shape == array.shape and value.ndim > 1:
        raise TypeError(f"elements that a mask chooses take values of at most one axis, found shape {value.shape}")
    if mask is not None and _covers(mask, array) and _spans(value, array.shape[mask.ndim :]):
        wide = mask[(..., *(None,) * (array.ndim - mask.ndim))]
        return _where(wide, _fitted(value, array.shape[mask.ndim :]), array)
    return _listed(array, key, value)


def value_of_part(key, value, ndim, dtype):
    """What is assigned to a part of integers, slices, `...` and `None`: an array. Numbers and lists become elements of the type
    of the array. One element takes no array with axes.
    """
    parts = key if isinstance(key, tuple) else (key,)
    if len(parts) == ndim and all(map(_is_integer, parts)):
        return _element(value, dtype)
    return value if isinstance(value, (Array, np.ndarray)) else _elements(value, dtype, checked=True)


def _element(value, dtype):
    """The value of one element, which NumPy makes in another way than those of many: it takes no list, and no NaN for an integer."""
    if not isinstance(value, Array):
        element = np.empty((), dtype)
        element[()] = value
        return _arrstore.lazy(element)
    if value.ndim and dtype.names is None:
        np.empty((), dtype)[()] = stand_in(value)  # NumPy takes one element along any axes
        value = value.reshape(())
    return _elements(value, dtype)


def is_basic(key):
    """Whether an index has only integers, slices, `...` and `None`."""
    parts = key if isinstance(key, tuple) else (key,)
    return all(part is None or part is ... or isinstance(part, slice) or _is_integer(part) for part in parts)


def _is_integer(part):
    if isinstance(part, (bool, np.bool_)) or getattr(part, "ndim", 0):
        return False
    return isinstance(part, int) or np.issubdtype(getattr(part, "dtype", bool), np.integer)


def _elements(value, dtype, checked=False):
    """The value as a lazy array of the type. A number of Python that the type cannot hold is an error. So is one of NumPy for
    integers with a sign, if it is `checked`.
    """
    if checked and isinstance(value, (np.integer, np.floating)) and dtype.kind == "i":
        value = value.item()
    if isinstance(value, Array):
        found = value if value.dtype == dtype else value.astype(dtype)
        if found.dtype != dtype:  # a type without a unit took that of the value
            raise ValueError(f"elements of {value.dtype} have a unit, and those of {dtype} have none")
        return found
    if dtype.names and not isinstance(value, np.ndarray):
        return _arrstore.lazy(np.asarray(value, dtype))
    found = np.asarray(value)
    if isinstance(value, (np.ndarray, np.generic)):
        return _arrstore.lazy(found.astype(dtype))
    if found.dtype == object:  # lists with lazy arrays
        found = np.asarray(_computed(value))
    return _arrstore.lazy(np.asarray(found.tolist(), dtype))


def _computed(value):
    return [_computed(part) for part in value] if isinstance(value, (list, tuple)) else np.asarray(value)


def _where(condition, value, array):
    return _functions.call("where", None, (condition, value, array), {})


def _spans(value, shape):
    """Whether the value broadcasts to the shape, without an axis before it."""
    extra = max(value.ndim - len(shape), 0)
    if any(n != 1 for n in value.shape[:extra]):
        return False
    try:
        return np.broadcast_shapes(value.shape[extra:], shape) == shape
    except ValueError:
        return False


def _fitted(value, shape):
    """The value without axes before those of the shape that it is assigned to."""
    if not _spans(value, shape):
        raise ValueError(f"could not broadcast the value from shape {value.shape} into shape {shape}")
    extra = max(value.ndim - len(shape), 0)
    return value[(0,) * extra] if extra else value


def _mask(key):
    """The index as a lazy array if it is one mask."""
    if isinstance(key, list):
        key = np.asarray(key)
    is_mask = isinstance(key, (bool, np.bool_)) or getattr(key, "dtype", None) == bool
    return (key if isinstance(key, Array) else _arrstore.lazy(np.asarray(key))) if is_mask else None


def _covers(mask, array):
    return mask.shape == array.shape[: mask.ndim]


def _with_fields(array, key, value):
    """One or several fields of records get other elements."""
    fields = array[key]
    value = _fitted(_elements(value, fields.dtype), fields.shape)
    value = _functions.call("broadcast_to", None, (value, fields.shape), {})
    numbers = _functions.call("arange", None, (array.size,), {}).reshape(array.shape)
    # this object is about to show the result
    return _arrstore.map_blocks(numbers, Fields(Array(array), key, value), array.dtype)


def _basic(array, key, selected, value):
    """Along each axis, the places inside the part and their numbers in the value are known without the elements."""
    value = _fitted(value, selected)
    value = value[(None,) * (len(selected) - value.ndim)]
    if 0 in selected:
        return array
    used = sum(part is not None and part is not ... for part in key)
    if ... not in [part if part is ... else None for part in key]:
        key = (*key, ...)
    at = next(n for n, part in enumerate(key) if part is ...)
    key = (*key[:at], *(slice(None),) * (array.ndim - used), *key[at + 1 :])

    inside, axis = None, 0
    drop, places = [], []
    for part in key:
        if part is None:
            drop.append(0)
            continue
        length = array.shape[axis]
        if isinstance(part, slice):
            drop.append(slice(None))
            span = range(*part.indices(length))
        else:
            drop.append(None)
            index = operator.index(part)
            span = range(index % length, index % length + 1)
        places.append(span)
        if span != range(length):
            numbers = _functions.call("arange", None, (length,), {})
            here = (numbers >= min(span)) & (numbers <= max(span)) & ((numbers - span.start) % span.step == 0)
            here = here[(..., *(None,) * (array.ndim - 1 - axis))]
            inside = here if inside is None else inside & here
        axis += 1
    # axes that the index adds are dropped, and those that it takes away are added
    value = value[tuple(drop)]
    for axis, span in enumerate(places):
        if value.shape[axis] > 1 and span != range(array.shape[axis]):
            numbers = (_functions.call("arange", None, (array.shape[axis],), {}) - span.start) // span.step
            numbers = _functions.call("clip", None, (numbers, 0, len(span) - 1), {})
            value = _functions.call("take", None, (value, numbers), {"axis": axis})
    if inside is None:
        return _functions.call("broadcast_to", None, (value, array.shape), {})
    return _where(inside, value, array)


def _check_shape(array, key, value):
    """Refuses a value that does not fit. NumPy looks at its shape before it looks for the places."""
    parts = key if isinstance(key, tuple) else (key,)
    parts = [np.asarray(part) if isinstance(part, list) else part for part in parts]
    parts = [np.flatnonzero(part) if isinstance(part, np.ndarray) and part.dtype == bool and part.ndim == 1 else part for part in parts]
    if any(getattr(part, "dtype", None) == bool or isinstance(part, (bool, np.bool_)) for part in parts):
        return
    used = sum(part is not None and part is not ... for part in parts)
    at = next((number for number, part in enumerate(parts) if part is ...), len(parts))
    lengths, firsts = list(array.shape), []
    for part in [*parts[:at], *(slice(None),) * (array.ndim - used), *parts[at + 1 :]]:
        axis = sum(part is not None for part in firsts)
        if part is not None and not isinstance(part, slice):
            # the first place stands for others, so that there must be one
            lengths[axis] = max(lengths[axis], 1)
            part = np.zeros(np.shape(part), np.intp)
        firsts.append(part)
    _fitted(value, np.broadcast_to(0, lengths)[tuple(firsts)].shape)


def _listed(array, key, value):
    """The places of any other index are the elements of a numbered array. Each element of the result looks for the last
    of them that is its own, since NumPy assigns in their order.
    """
    numbers = _functions.call("arange", None, (array.size,), {})
    try:
        places = numbers.reshape(array.shape)[key]
    except IndexError as error:
        if "out of bounds" in str(error):
            _check_shape(array, key, value)
        raise
    value = _functions.call("broadcast_to", None, (_fitted(value, places.shape), places.shape), {}).reshape(-1)
    if places.size == 0:
        np.asarray(places)  # finds indices out of bounds
        return array
    places = places.reshape(-1)
    order = _functions.call("argsort", None, (places,), {})
    places = places[order]
    last = _functions.call("searchsorted", None, (places, numbers), {"side": "right"}) - 1
    last = _functions.call("maximum", None, (last, 0), {})
    result = _where(places[last] == numbers, value[order[last]], array.reshape(-1))
    return result.reshape(array.shape)
