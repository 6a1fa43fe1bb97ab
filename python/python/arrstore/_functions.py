"""The functions of the library's tables, as functions of this module and methods of arrays."""

import collections
import inspect
import math

import numpy as np

from . import _arrstore

#: Names that Python needs for itself: the types of the standard are offered as NumPy's types instead.
_TYPES = frozenset(_arrstore.dtypes())

#: Functions of the array API standard that take a device. There is one.
_ON_DEVICE = frozenset(
    "arange astype empty empty_like eye full full_like linspace ones ones_like zeros zeros_like".split()
)
#: Parameters that the tables cannot say.
_PARAMETERS = {"transpose": ["a", "axes?"], "permute_dims": ["a", "axes"]}

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
_RESULTS = {name: collections.namedtuple(result, fields) for name, (result, fields) in _FIELDS.items()}


#: Parameters that are plain numbers, or a few of them. The library takes those of Python.
_PLAIN = frozenset(
    "axes axis bins constant_values correction ddof discont end_values keepdims left pad_width period right shape stat_length".split()
)
#: Methods that take lengths or axes one by one.
_SPREAD = frozenset(("reshape", "transpose"))


#: Functions that change an array at places, which may be a slice.
_AT_PLACES = frozenset(("delete", "insert"))


def call(name, object, args, kwargs):
    """The result of a function of the tables, with the names of its parts if NumPy has such names."""
    names = _BY_POSITION.get(name, ())[object is not None :]
    if name == "arange":
        args, kwargs = tuple(map(_bound, args)), {key: _bound(value) for key, value in kwargs.items()}
    elif object is not None and name in _SPREAD:
        args = tuple(map(_plain, args))
    elif not _PLAIN.isdisjoint(names):
        args = (*(_given(*pair) for pair in zip(names, args)), *args[len(names) :])
    if kwargs:
        kwargs = {key: _given(key, value) for key, value in kwargs.items()}
    if name in _AT_PLACES:
        args, kwargs = _places(names, args, kwargs)
    result = _arrstore.call(name, object, args, kwargs)
    named = _RESULTS.get(name)
    return named(*result) if named and type(result) is tuple and len(result) == len(named._fields) else result


def _places(names, args, kwargs):
    """The arguments of a function with parameters `names`, with the numbers of a slice `obj` in its place."""
    named = dict(zip(names, args)) | kwargs
    places, axis = named.get("obj"), named.get("axis")
    if not isinstance(places, slice):
        return args, kwargs
    shape = np.shape(named["arr"])
    places = np.arange(*places.indices(math.prod(shape) if axis is None else shape[axis]))
    if "obj" in kwargs:
        return args, kwargs | {"obj": places}
    return (args[0], places, *args[2:]), kwargs


def _given(name, value):
    """The value of a parameter: edges of bins stay an array."""
    return _plain(value) if name in _PLAIN and not (name == "bins" and np.ndim(value)) else value


def _bound(value):
    """An end or a step of `arange`: beside whole numbers with a sign, NumPy takes a uint64 as a float."""
    return float(value) if isinstance(value, np.uint64) else _plain(value)


def _plain(value):
    """Numbers and arrays of NumPy, and lists of them, as Python's."""
    if isinstance(value, (np.generic, np.ndarray)) and value.dtype.kind in "biufc":
        return value.tolist()
    if type(value) in (tuple, list):
        return type(value)(map(_plain, value))
    return value


def on_cpu(device):
    """Refuses any other device."""
    if device not in (None, "cpu"):
        raise ValueError(f"device: expected 'cpu', found {device!r}")


def signature(parameters):
    """Python's signature for parameters as the tables write them: `*`, and `?` after an optional one."""
    kind, made = inspect.Parameter.POSITIONAL_OR_KEYWORD, []
    for parameter in parameters:
        if parameter == "*":
            kind = inspect.Parameter.KEYWORD_ONLY
            continue
        if parameter == "...":  # the table does not say
            parameter = "*args"
        if parameter.startswith("*"):
            if not any(before.kind is inspect.Parameter.VAR_POSITIONAL for before in made):
                made.append(inspect.Parameter(parameter[1:], inspect.Parameter.VAR_POSITIONAL))
            kind = inspect.Parameter.KEYWORD_ONLY
            continue
        name = parameter.removesuffix("?")
        default = None if parameter.endswith("?") else inspect.Parameter.empty
        # an optional parameter before one that is needed is needed, too, as far as a signature can say
        if made and default is inspect.Parameter.empty and kind is made[-1].kind:
            made = [before.replace(default=inspect.Parameter.empty) for before in made]
        made.append(inspect.Parameter(name, kind, default=default))
    return inspect.Signature(made)


def _function(name, parameters, help):
    if name in _ON_DEVICE:
        function = _on_device(name)
        parameters = [*parameters, *([] if "*" in parameters else ["*"]), "device?"]
    else:

        def function(*args, **kwargs):
            return call(name, None, args, kwargs)

    _describe(function, name, parameters, help)
    return function


def _on_device(name):
    def function(*args, device=None, **kwargs):
        on_cpu(device)
        return call(name, None, args, kwargs)

    return function


def _method(name, parameters, help):
    def method(self, *args, **kwargs):
        return call(name, self, args, kwargs)

    _describe(method, name, parameters, help)
    return method


def _describe(function, name, parameters, help):
    function.__name__ = function.__qualname__ = name
    function.__module__ = "arrstore"
    function.__doc__ = f"{help[:1].upper()}{help[1:]}." if help else f"As NumPy's `{name}`."
    if parameters is not None:
        function.__signature__ = signature(parameters)


def namespace(taken):
    """Functions and constants by name, without those that `taken` has already."""
    found = {"pi": math.pi, "e": math.e, "inf": math.inf, "nan": math.nan, "newaxis": None}
    for name, _, parameters, help in _arrstore.functions():
        if name not in _TYPES and name not in taken:
            found[name] = _function(name, _PARAMETERS.get(name, parameters), help)
    return found


def methods():
    """Methods of arrays by name."""
    return {name: _method(name, parameters, help) for name, is_method, parameters, help in _arrstore.functions() if is_method}


def names():
    """The names of all functions."""
    return _NAMES


def _by_position(parameters):
    names = []
    for parameter in parameters or ():
        if parameter.startswith(("*", ".")):
            break
        names.append(parameter.removesuffix("?"))
    return tuple(names)


_BY_POSITION = {name: _by_position(_PARAMETERS.get(name, parameters)) for name, _, parameters, _ in _arrstore.functions()}
_NAMES = frozenset(_BY_POSITION)
