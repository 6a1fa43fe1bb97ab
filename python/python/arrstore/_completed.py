"""Functions that take more in NumPy than in the library's tables: types without a length, slices as places, an order."""

import functools

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from . import _arrstore
from ._arguments import BY_POSITION, JOINS
from ._arrstore import Array

#: Functions that fill an array, and NumPy's way to an element.
_FILL = {"zeros": np.zeros, "empty": np.zeros, "ones": np.ones, "full": np.full}


def by_name(name, args, kwargs):
    return {**dict(zip(BY_POSITION[name], args)), **kwargs}


def _asked_type(given, kinds):
    """The type that a call asks for, if it is of one of these kinds."""
    try:
        dtype = None if given is None else np.dtype(given)
    except TypeError:  # a type that NumPy lacks
        return None
    return dtype if dtype is not None and dtype.kind in kinds else None


def _filled(name, object, args, kwargs):
    """Texts without a length get one. Records of numbers, and elements of texts and times, are made by NumPy."""
    given = by_name(name, args, kwargs)
    plain, value = name.removesuffix("_like"), given.get("fill_value")
    dtype = given.get("dtype")
    if dtype is None and "a" in given:
        dtype = getattr(given["a"], "dtype", None)
    dtype = _asked_type(dtype, "SUVmM")
    is_known = dtype is not None and plain in ("zeros", "empty") and dtype.itemsize and dtype.subdtype is None
    if dtype is None or is_known or isinstance(value, Array):
        return _arrstore.call(name, object, args, kwargs)
    if plain == "full":
        element = np.full(np.shape(value) if dtype.subdtype is None else (), value, dtype)
    else:
        element = _FILL[plain]((), dtype)
    shape = given.get("shape")
    if shape is None:
        shape = np.shape(given["a"])
    shape = (shape,) if np.ndim(shape) == 0 else tuple(shape)
    return _arrstore.call("broadcast_to", None, (_arrstore.lazy(element), (*shape, *dtype.shape)), {})


def _cast(name, object, args, kwargs):
    """A type of texts without a length gets the length that all elements of the array's type need; a type of times without a
    unit, that of the array, or of what its texts say.
    """
    given = by_name(name, args if object is None else (object, *args), kwargs)
    casting = given.pop("casting", "unsafe")
    if casting != "unsafe" and not np.can_cast(given["x"].dtype, given["dtype"], casting):
        raise TypeError(f"astype: casting={casting!r} does not allow elements of {given['x'].dtype} to become {np.dtype(given['dtype'])}")
    if "casting" in kwargs:
        object, args, kwargs = None, (), given
    dtype, array = _asked_type(given.get("dtype"), "biufcSUmMV"), given["x"]
    if dtype is not None and (dtype.names or array.dtype.names or dtype.kind == "c" and array.dtype.kind in "SU"):
        return _by_numpy(array, dtype)
    if dtype is None or dtype.kind not in "SUmM" or (dtype.itemsize if dtype.kind in "SU" else np.datetime_data(dtype)[0] != "generic"):
        return _arrstore.call(name, object, args, kwargs)
    array = array if isinstance(array, Array) else _arrstore.lazy(np.asarray(array))
    is_told = dtype.kind in "mM" and array.dtype.kind in "SU"
    example = np.asarray(array) if is_told else np.empty(0, array.dtype)
    return _arrstore.call(name, array, (example.astype(dtype).dtype,), {})


def _by_numpy(array, dtype):
    """Elements that NumPy converts, block by block: texts to complex numbers, and to records or from them."""
    array = array if isinstance(array, Array) else _arrstore.lazy(np.asarray(array))
    np.empty(0, array.dtype).astype(dtype)  # a cast that is not there is refused at once
    return array if array.dtype == dtype else _arrstore.map_blocks(array, functools.partial(np.asarray, dtype=dtype), dtype)


def _in_common(arrays):
    """Records as they stand in one array: of a common type, without gaps between the fields but those that align them."""
    types = [getattr(array, "dtype", np.dtype(bool)) for array in arrays]
    if not types or not all(dtype.names for dtype in types):
        return arrays
    dtype = np.result_type(*map(_aligned, types))
    return [_by_numpy(array, dtype) for array in arrays]


def _aligned(dtype):
    """A type of records whose fields are aligned, as NumPy marks it. Types of lazy arrays have no such mark."""
    aligned = np.dtype([(name, field) for name, (field, *_) in dtype.fields.items()], align=True)
    return aligned if aligned == dtype else dtype


#: Parameters of arrays whose elements stand in one array.
_TOGETHER = {"append": ("arr", "values"), "where": ("x", "y")}


def _beside(name, object, args, kwargs):
    """Records of two arrays get a common type."""
    given = by_name(name, args if object is None else (object, *args), kwargs)
    keys = _TOGETHER[name]
    if given.keys() >= set(keys):
        given.update(zip(keys, _in_common([given[key] for key in keys])))
    return _arrstore.call(name, None, (), given)


def _at_places(name, object, args, kwargs):
    """Slices as lists of places."""
    given = by_name(name, args, kwargs)
    if {"arr", "obj"} <= given.keys():
        given["obj"] = _places(name, given["arr"], given["obj"], given.get("axis"))
    if name == "insert" and getattr(given.get("arr"), "dtype", np.dtype(bool)).names and not isinstance(given.get("values"), Array):
        given["values"] = np.asarray(given["values"], given["arr"].dtype)
    return _arrstore.call(name, None, (), given)


def _places(name, array, obj, axis):
    if isinstance(obj, slice):
        length = np.size(array) if axis is None else np.shape(array)[normalize_axis_index(axis, np.ndim(array))]
        return list(range(*obj.indices(length)))
    if not isinstance(obj, (np.ndarray, Array)):
        return obj
    if obj.dtype.kind not in "biu":
        raise IndexError(f"{name}: arrays used as indices must be of integer (or boolean) type, found {obj.dtype}")
    return obj


#: Names of sorts. NumPy reads their first letter.
_KINDS = {"q": "quicksort", "h": "heapsort", "m": "mergesort", "s": "stable"}


def _ordered(name, object, args, kwargs):
    """Sorts, in descending order too. NaN and NaT are last in both orders, and `argsort` leaves equal elements as they are."""
    given = by_name(name, args if object is None else (object, *args), kwargs)
    kind = given.get("kind")
    if kind is not None:
        if not isinstance(kind, str) or kind[:1].lower() not in _KINDS:
            raise ValueError(f"kind: expected one of {', '.join(_KINDS.values())}, found {kind!r}")
        given["kind"] = _KINDS[kind[:1].lower()]
    if not given.pop("descending", None):
        return _arrstore.call(name, None, (), given)
    array = given["a"] if isinstance(given["a"], Array) else _arrstore.lazy(np.asarray(given["a"]))
    if given.get("axis", -1) is None:
        array, given["axis"] = array.reshape(-1), -1
    turn, back = _TURNS.get(array.dtype.kind, (_flipped, _flipped))
    axis = given.get("axis", -1)
    found = _arrstore.call(name, None, (), {**given, "a": turn(array, axis)})
    if name == "sort":
        return back(found, axis).astype(array.dtype)
    return array.shape[axis] - 1 - _flipped(found, axis) if turn is _flipped else found


def _joined(name, object, args, kwargs):
    """Arrays that are joined in a type that is asked for, if `casting` allows it."""
    given = by_name(name, args, kwargs)
    casting, dtype = given.pop("casting", None) or "same_kind", given.pop("dtype", None)
    key = BY_POSITION[name][0]
    if casting != "same_kind" or dtype is not None:
        values = list(given[key])
        parts = [x if isinstance(x, Array) else _arrstore.lazy(np.asarray(x)) for x in values]
        # NumPy looks at shapes before types
        shapes = [_arrstore.call("zeros", None, (x.shape, np.dtype(bool)), {}) for x in parts]
        _arrstore.call(name, None, (), {**given, key: shapes})
        if dtype is None:
            dtype = np.result_type(*(x.dtype for x in parts))
        elif _asked_type(dtype, "SU") is not None:
            dtype = np.result_type(*(np.empty(0, x.dtype).astype(dtype).dtype for x in parts))
        for value, x in zip(values, parts):
            # a number of Python goes into every type of its kind, where it is not made an array first
            fits = name in ("concatenate", "concat") and type(value) in (int, float, complex) and np.result_type(dtype, value) == dtype
            if not fits and not np.can_cast(x.dtype, dtype, casting):
                raise TypeError(f"{name}: {x.dtype} cannot be cast to {np.dtype(dtype)} with the casting rule {casting!r}")
        given[key] = [_cast("astype", x, (dtype,), {}) for x in parts]
    elif isinstance(given.get(key), (list, tuple)):
        given[key] = _in_common(given[key])
    return _arrstore.call(name, None, (), given)


def _flipped(array, axis):
    return _arrstore.call("flip", None, (array,), {"axis": axis})


def _negative(array, axis):
    return -array


def _inverse(array, axis):
    return ~array


def _inverse_count(array, axis):
    """NaT is the least number, so that it becomes the greatest."""
    return ~array.astype(np.int64)


#: For kinds of elements, what turns their order, and back. Texts and records are flipped before and after.
_TURNS = {
    **dict.fromkeys("biu", (_inverse, _inverse)),
    **dict.fromkeys("fc", (_negative, _negative)),
    **dict.fromkeys("mM", (_inverse_count, _inverse)),
}


def _alike(name, object, args, kwargs):
    """Whether arrays are equal: those of two kinds that do not compare are not."""
    given = by_name(name, args, kwargs)
    types = [getattr(given.get(key), "dtype", None) for key in BY_POSITION[name][:2]]
    kinds = {dtype and dtype.kind for dtype in types}
    if len(kinds) == 2 and kinds.isdisjoint((None, "V")) and not given.get("equal_nan"):
        if not _compare(*types):
            return _arrstore.lazy(np.asarray(False))
    return _arrstore.call(name, None, (), given)


def _among(name, object, args, kwargs):
    """Elements of two kinds beside one another. NumPy joins them in one array, perhaps of texts; but it compares elements with a few
    others one by one, so that those of kinds that do not compare are not among them.
    """
    given = by_name(name, args if object is None else (object, *args), kwargs)
    keys = BY_POSITION[name][:2]
    if not given.keys() >= set(keys):
        return _arrstore.call(name, None, (), given)
    x, y = (array if isinstance(array, (Array, np.ndarray)) else np.asarray(array) for array in map(given.get, keys))
    kinds = {x.dtype.kind, y.dtype.kind}
    if name == "isin" and "O" in kinds and isinstance(x, Array):
        found = _arrstore.call("zeros", None, (x.shape, np.dtype(bool)), {})
        for value in y.reshape(-1):
            found = found | (x == value)
        return ~found if given.get("invert") else found
    if len(kinds) == 1 or not kinds.isdisjoint("VO"):
        return _arrstore.call(name, None, (), given)
    is_difference = name == "setdiff1d"
    if is_difference:
        x, y = (_arrstore.call("unique", None, (array,), {}) for array in (x, y))
    if name in ("isin", "setdiff1d") and y.size < 10 * x.size**0.145 and not _compare(x.dtype, y.dtype):
        none = _arrstore.call("zeros", None, (x.shape, np.dtype(bool)), {})
        return x if is_difference else ~none if given.get("invert") else none
    common = np.result_type(x.dtype, y.dtype)
    if common.kind in "SU":
        given.update(zip(keys, (_cast("astype", None, (array, common), {}) for array in (x, y))))
        if is_difference:
            return x[~_arrstore.call("isin", None, tuple(map(given.get, keys)), {})]
    return _arrstore.call(name, None, (), given)


def _compare(*types):
    """Whether elements of two types compare. Texts of bytes and of characters do not."""
    if {dtype.kind for dtype in types} == {"S", "U"}:
        return False
    try:
        np.equal.resolve_dtypes((*types, None))
    except TypeError:
        return False
    return True


def _with_numbered_axes(name, object, args, kwargs):
    """`einsum(a, [0, 1], b, [1, 2])`: the numbers of axes may be arrays."""
    if args and not isinstance(args[0], str):
        args = tuple(np.asarray(value).tolist() if at % 2 else value for at, value in enumerate(args))
        if len(args) % 2:
            args = (*args[:-1], np.asarray(args[-1]).tolist())
    return _arrstore.call(name, None, args, kwargs)


def _padded(name, object, args, kwargs):
    """Widths of margins by axis become one pair for each axis."""
    given = by_name(name, args, kwargs)
    widths = given.get("pad_width")
    if isinstance(widths, dict):
        pairs = [(0, 0)] * np.ndim(given["array"])
        for axis, width in widths.items():
            pairs[axis] = width if np.ndim(width) else (width, width)
        given["pad_width"] = pairs
    elif widths is not None and np.asarray(widths).dtype.kind not in "iu":
        raise TypeError(f"pad: pad_width: expected integers, found {widths!r}")
    return _arrstore.call(name, None, (), given)


def _numbered(name, object, args, kwargs):
    """Without a type, `indices` counts in integers; with `None` for one, in NumPy's floats."""
    given = by_name(name, args, kwargs)
    if "dtype" in given and given["dtype"] is None and not given.get("sparse"):
        given["dtype"] = np.dtype(None)
    return _arrstore.call(name, None, (), given)


def _ranged(name, object, args, kwargs):
    """A range needs an end, and only its start may be left out. Texts at the ends of a range of times say its unit."""
    given = by_name(name, args, kwargs)
    if "stop" not in given and args:
        given["stop"] = given.pop("start")  # a single number is the end
    if "stop" not in given or given.get("start", 0) is None:
        raise TypeError("arange needs an end, and a start that is a number, as in arange(10) or arange(2, 10)")
    if _asked_type(given.get("dtype"), "M") is not None:
        given.update({end: np.datetime64(given[end]) for end in ("start", "stop") if isinstance(given.get(end), str)})
    return _arrstore.call(name, None, (), given)


def _along(name, object, args, kwargs):
    """Places along an axis are whole numbers, and no mask."""
    given = by_name(name, args if object is None else (object, *args), kwargs)
    indices = given.get("indices")
    if isinstance(indices, (np.ndarray, Array)) and indices.dtype.kind not in "iu":
        raise IndexError(f"{name}: expected indices of an integer type, found {indices.dtype}")
    return _arrstore.call(name, None, (), given)


def _meshed(name, object, args, kwargs):
    """Lists of nothing are places; arrays keep their type."""

    def places(given):
        found = given if isinstance(given, (Array, np.ndarray)) else np.asarray(given)
        return found if found is given or found.size else found.astype(np.intp)

    return _arrstore.call(name, object, tuple(map(places, args)), kwargs)


def _sampled(name, object, args, kwargs):
    """Samples of one coordinate may lie along one axis. Numbers of bins are looked at before their types."""
    given = by_name(name, args, kwargs)
    sample = given.get("sample")
    if isinstance(sample, (list, tuple)) and all(np.ndim(part) == 0 for part in sample):
        sample = np.asarray(sample)
    if np.ndim(sample) == 1 and not isinstance(sample, (list, tuple)):
        given["sample"] = sample[:, None]
    bins = given.get("bins")
    if isinstance(bins, (list, tuple)) and any(np.ndim(count) == 0 and count < 1 for count in bins):
        raise ValueError("histogramdd: expected at least 1 bin along each dimension, or edges")
    return _arrstore.call(name, None, (), given)


#: The functions whose calls are completed.
COMPLETED = {
    **{name + ending: _filled for name in _FILL for ending in ("", "_like")},
    **dict.fromkeys((*JOINS, "column_stack", "dstack"), _joined),
    **dict.fromkeys(_TOGETHER, _beside),
    **dict.fromkeys(("array_equal", "array_equiv"), _alike),
    **dict.fromkeys(("isin", "intersect1d", "searchsorted", "setdiff1d", "setxor1d", "union1d"), _among),
    "arange": _ranged,
    "argsort": _ordered,
    "astype": _cast,
    "delete": _at_places,
    "einsum": _with_numbered_axes,
    "histogramdd": _sampled,
    "indices": _numbered,
    "ix_": _meshed,
    "insert": _at_places,
    "pad": _padded,
    "sort": _ordered,
    "take_along_axis": _along,
}
