"""Attributes of CF as JSON, and the names of groups and axes. Types that JSON lacks are written beside the values, so that they
come back as they were.
"""

import math

import numpy as np

#: The attribute that holds the types of others.
TYPES = "_attribute_types"

#: The attribute of a store that holds the attributes of its groups. A store has attributes of its own and of arrays only.
GROUPS = "_groups"

#: The attribute of an array of texts of one width that were objects of Python, of any length.
OBJECTS = "_text_objects"

#: NumPy's types that JSON's numbers, texts and truth values give back anyway.
_NATURAL = (np.float64, np.int64, np.str_, np.bool_)


def encode(attributes):
    """Attributes as JSON has them: a name for each value, and the types of the values of NumPy."""
    found, types = {}, {}
    for name, value in attributes.items():
        if not isinstance(name, str):
            raise TypeError(f"attribute {name!r}: expected a name that is a text, found one of type {type(name).__name__}")
        found[name], kind = _encode(name, value)
        if kind is not None:
            types[name] = kind
    return {**found, TYPES: types} if types else found


def decode(attributes):
    """The attributes that `encode` was given."""
    types = attributes.get(TYPES, {})
    return {name: _decode(value, types.get(name)) for name, value in attributes.items() if name != TYPES}


def _encode(name, value):
    """A value and its type; no type where JSON keeps it."""
    if isinstance(value, bytes):
        return value.decode("latin-1"), "bytes"
    if isinstance(value, float) and not math.isfinite(value):
        value = np.float64(value)
    elif isinstance(value, (list, tuple)) and any(isinstance(part, float) and not math.isfinite(part) for part in value):
        value = np.asarray(value)
    elif isinstance(value, _NATURAL):
        return value.item(), None
    if isinstance(value, (np.ndarray, np.generic)):
        if value.dtype.kind == "O":
            raise TypeError(f"attribute {name!r}: expected numbers or texts, found an array of Python objects")
        if value.dtype.kind in "biuSU" or value.dtype.kind == "f" and np.isfinite(value).all():
            plain = value.astype("U") if value.dtype.kind == "S" else value
            return plain.tolist(), value.dtype.str
        # JSON has no NaN, no infinity, no complex numbers and no times: a text that NumPy reads again
        return np.asarray(value).astype("U").tolist(), value.dtype.str
    return _checked(name, value), None


def _checked(name, value):
    """A value of Python that JSON has."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, (str, bool, int)) or isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, (list, tuple, np.ndarray)):
        return [_checked(name, part) for part in value]
    if isinstance(value, dict):
        return {str(key): _checked(name, part) for key, part in value.items()}
    words = f"attribute {name!r}: expected a text, a finite number, an array of NumPy, a list or a dict of these"
    raise TypeError(f"{words}, found {value!r} of type {type(value).__name__}")


def _decode(value, kind):
    if kind is None:
        return value
    if kind == "bytes":
        return value.encode("latin-1")
    return np.array(value, np.dtype(kind))[() if not isinstance(value, list) else ...]


def of_group(all, group):
    """The attributes of a group, among all those of the store."""
    below = all.pop(GROUPS, {})
    return below.get(group, {}) if group else all


def groups(names, all):
    """The names of all groups: those of arrays, and those that have attributes or are empty."""
    found = {""}
    for name in [*(name.rpartition("/")[0] for name in names), *all.get(GROUPS, ())]:
        while name not in found:
            found.add(name)
            name = name.rpartition("/")[0]
    return sorted(found)


def dimensions(dims, shape):
    """The names of the axes. An axis without one is named by its length, so that it is shared by all arrays of this length."""
    names = []
    for name, length in zip(dims or (None,) * len(shape), shape, strict=True):
        name, count = name or f"dim_{length}", 1
        first = name
        while name in names:
            count += 1
            name = f"{first}_{count}"
        names.append(name)
    return tuple(names)
