"""Calls of the functions of the library's tables, with arguments as NumPy takes them."""

import collections

import numpy as np

from . import _arrstore

#: Parameters that the tables cannot say.
PARAMETERS = {"transpose": ["a", "axes?"], "permute_dims": ["a", "axes"]}

#: Results of several arrays, by the names that NumPy gives them.
_FIELDS = {
    "unique_all": ("UniqueAllResult", "values indices inverse_indices counts"),
    "unique_counts": ("UniqueCountsResult", "values counts"),
    "unique_inverse": ("UniqueInverseResult", "values inverse_indices"),
    "qr": ("QRResult", "Q R"),
    "svd": ("SVDResult", "U S Vh"),
    "eigh": ("EighResult", "eigenvalues eigenvectors"),
    "eig": ("EigResult", "eigenvalues eigenvectors"),
    "slogdet": ("SlogdetResult", "sign logabsdet"),
}
RESULTS = {name: collections.namedtuple(result, fields) for name, (result, fields) in _FIELDS.items()}

#: Parameters that are plain numbers, or a few of them. The library takes those of Python.
_PLAIN = frozenset(
    "axes axis bins constant_values correction ddof discont end_values initial keepdims left pad_width period right shape stat_length".split()
)
#: Functions with NumPy's parameter `casting`.
_CASTING = frozenset(("astype", "concatenate", "concat", "stack", "hstack", "vstack"))
#: Methods that take lengths or axes one by one.
_SPREAD = frozenset(("reshape", "transpose"))


def call(name, object, args, kwargs):
    """The result of a function of the tables, with the names of its parts if NumPy has such names. `object` is the array of a
    method. With `out`, the result is computed into that array.
    """
    if kwargs:
        if "out" in kwargs:
            return _computed(name, object, args, dict(kwargs))
        if "casting" in kwargs and name in _CASTING:
            return _converted(name, object, args, dict(kwargs))
        kwargs = {key: _bound(value) if name == "arange" else _given(key, value) for key, value in kwargs.items()}
    if args and name in _ARGUMENTS:
        args = _ARGUMENTS[name](name, object, args)
    result = _arrstore.call(name, object, args, kwargs)
    named = RESULTS.get(name)
    return named(*result) if named and type(result) is tuple and len(result) == len(named._fields) else result


def _by_name(name, object, args):
    """Arguments by position, each as its parameter takes it."""
    if object is not None and name in _SPREAD:
        return tuple(map(_plain, args))
    names = _BY_POSITION[name][object is not None :]
    return (*(_given(*pair) for pair in zip(names, args)), *args[len(names) :])


def _given(name, value):
    """The value of a parameter: edges of bins stay an array."""
    return _plain(value) if name in _PLAIN and not (name == "bins" and np.ndim(value)) else value


def _bounds(name, object, args):
    return tuple(map(_bound, args))


def _bound(value):
    """An end or a step of `arange`: beside whole numbers with a sign, NumPy takes a uint64 as a float."""
    return float(value) if isinstance(value, np.uint64) else _plain(value)


def _margins(name, object, args):
    """Widths of margins by axis become one pair for each axis."""
    if len(args) > 1 and isinstance(args[1], dict):
        pairs = [(0, 0)] * np.ndim(args[0])
        for axis, width in args[1].items():
            pairs[axis] = _plain(width) if np.ndim(width) else (width, width)
        args = (args[0], pairs, *args[2:])
    return _by_name(name, object, args)


def _plain(value):
    """Numbers and arrays of NumPy, and lists of them, as Python's."""
    if isinstance(value, (np.generic, np.ndarray)) and value.dtype.kind in "biufc":
        return value.tolist()
    if type(value) in (tuple, list):
        return type(value)(map(_plain, value))
    return value


def _computed(name, object, args, kwargs):
    """Computes the result into the arrays of `out`."""
    out = kwargs.pop("out")
    if out is None:
        return call(name, object, args, kwargs)
    out = out if isinstance(out, tuple) else (out,)
    sums = name in SUMS
    if sums and "dtype" in _BY_POSITION[name]:
        # sums are of the type of the array that takes them, if that is wider
        array = object if object is not None else args[0]
        kwargs.setdefault("dtype", np.result_type(array.dtype, out[0].dtype))
    return into(call(name, object, args, kwargs), out, casting="unsafe" if sums else "same_kind", same_shape=True)


def into(result, out, *, casting="same_kind", where=True, same_shape=False):
    """Computes a result, or each of several, into arrays of NumPy. Gives these arrays."""
    results = result if isinstance(result, tuple) else (result,)
    places = tuple(array if place is None else place for array, place in zip(results, out, strict=True))
    for array, place in zip(results, places):
        if place is array:
            continue
        if not isinstance(place, np.ndarray):
            raise TypeError("out: expected arrays of NumPy; a lazy array takes no elements")
        if same_shape and place.shape != array.shape:
            raise ValueError(f"out: expected an array of shape {array.shape}, found {place.shape}")
        found = np.asarray(array) if array.size else np.empty(array.shape, array.dtype)
        np.copyto(place, found, casting=casting, where=where if where is True else np.asarray(where))
    return places if isinstance(result, tuple) else places[0]


def _converted(name, object, args, kwargs):
    """The result of a function with NumPy's parameter `casting`, which says what elements may become."""
    casting, dtype = kwargs.pop("casting"), kwargs.pop("dtype", None)
    if object is not None and args:
        dtype, args = args[0], args[1:]
    arrays = args[0] if object is None else [object]
    types = [array.dtype if hasattr(array, "dtype") else np.asarray(array).dtype for array in arrays]
    result = object if name == "astype" else call(name, None, args, kwargs)
    to = result.dtype if dtype is None else np.dtype(dtype)
    for found in types:
        if not np.can_cast(found, to, casting):
            raise TypeError(f"{name}: casting={casting!r} does not allow elements of type {found} to become {to}")
    return call("astype", result, (to,), {})


def names():
    """The names of all functions."""
    return _BY_POSITION.keys()


def _by_position(parameters):
    names = []
    for parameter in parameters or ():
        if parameter.startswith(("*", ".")):
            break
        names.append(parameter.removesuffix("?"))
    return tuple(names)


_BY_POSITION = {name: _by_position(PARAMETERS.get(name, parameters)) for name, _, parameters, _ in _arrstore.functions()}
#: What becomes of arguments by position, where they do not stay as they are.
_ARGUMENTS = {name: _by_name for name, names in _BY_POSITION.items() if name in _SPREAD or not _PLAIN.isdisjoint(names)}
_ARGUMENTS |= {"arange": _bounds, "pad": _margins}
#: Reductions and scans. NumPy converts their results to any type of `out`.
SUMS = frozenset(
    name for name, _, parameters, _ in _arrstore.functions() if "keepdims?" in (parameters or ()) or name.startswith(("cum", "nancum"))
)
