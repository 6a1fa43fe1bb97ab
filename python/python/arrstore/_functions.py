"""The functions of the library's tables, as functions of this module and methods of arrays."""

import collections
import inspect
import math

import numpy as np

from . import _arrstore
from ._arguments import BY_POSITION, NAMES, PARAMETERS, fitted
from ._completed import COMPLETED, by_name

#: Names that Python needs for itself: the types of the standard are offered as NumPy's types instead.
_TYPES = frozenset(_arrstore.dtypes())

#: Functions of the array API standard that take a device. There is one.
_ON_DEVICE = frozenset(
    "arange astype empty empty_like eye full full_like linspace ones ones_like zeros zeros_like".split()
)
#: Classes of lazy arrays that functions keep, and what makes one of a result and the arguments.
KEPT = {}

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


#: Reductions and scans. NumPy converts their results to any type of `out`.
SUMS = frozenset(
    name
    for name, _, parameters, _ in _arrstore.functions()
    if "keepdims?" in (parameters or ()) or name.startswith(("cum", "nancum")) or name == "trace"
)
#: Means that skip NaN. NumPy wants their floats to stay floats.
_MEANS = frozenset(("nanmean", "nanvar", "nanstd"))
#: Reductions of several steps.
_STEPWISE = frozenset(("mean", "var", "std", "nanstd", "ptp"))
#: Reductions to places.
_PLACES = frozenset(("argmax", "argmin", "nanargmax", "nanargmin"))
#: Reductions that compute in the type of their array, or of `out` if it is wider.
_EXTREMES = frozenset(("max", "min", "amax", "amin", "nanmax", "nanmin"))


def call(name, object, args, kwargs):
    """The result of a function of the tables, with the names of its parts if NumPy has such names. With `out`, the result is
    computed into that array of NumPy.
    """
    args, kwargs = fitted(name, object, args, kwargs)
    out = kwargs.pop("out", None) if kwargs else None
    if kwargs and kwargs.get("where") is True:
        del kwargs["where"]  # all elements take part, as without it
    elif kwargs and kwargs.get("where") is not None and name in SUMS and name not in _STEPWISE and name not in _MEANS:
        _check_mask(kwargs["where"])
    if out is not None:
        return _computed(name, object, args, kwargs, out if isinstance(out, tuple) else (out,))
    complete = COMPLETED.get(name)
    result = (_arrstore.call if complete is None else complete)(name, object, args, kwargs)
    named = _RESULTS.get(name)
    return named(*result) if named and type(result) is tuple and len(result) == len(named._fields) else result


def _check_mask(where):
    kind = where.dtype if hasattr(where, "dtype") else np.asarray(where).dtype
    if kind != bool:
        raise TypeError(f"where: expected truth values, found elements of type {kind}")


def _computed(name, object, args, kwargs, out):
    if name not in SUMS or not isinstance(out[0], np.ndarray):
        return into(call(name, object, args, kwargs), out, same_shape=True)
    kwargs = by_name(name, args if object is None else (object, *args), kwargs)
    first, to = BY_POSITION[name][0], out[0].dtype
    own = kwargs[first].dtype
    if name in _MEANS and own.kind in "fc" and to.kind not in "fc":
        raise TypeError(f"{name}: the result is a float; the array of out has elements of {to}")
    if name in _PLACES and not np.can_cast(to, np.intp, "safe"):
        raise TypeError(f"{name}: the result is an integer with a sign; the array of out has elements of {to}")
    if own.kind in "biufc" and to.kind in "biufc" and (name in _STEPWISE or own.kind in "biu" and name in _MEANS):
        return _step_by_step(name, kwargs, out)
    # the array that takes the result is an operand, too
    wide = np.result_type(own, to)
    if name in _EXTREMES:
        kwargs[first] = kwargs[first].astype(wide)
    elif "dtype" in BY_POSITION[name] and kwargs.get("dtype") is None:
        kwargs["dtype"] = wide
    return into(call(name, None, (), kwargs), out, casting="unsafe", same_shape=True)


def _step_by_step(name, kwargs, out):
    """A reduction of several steps, of which each is cast to the type of the array that takes the result."""
    from . import _stepwise

    if name == "ptp":
        return _stepwise.peak_to_peak(out[0], **kwargs)
    asked = kwargs.get("dtype")
    is_whole = asked is not None and np.dtype(asked).kind in "biu"
    result = call(name, None, (), {key: value for key, value in kwargs.items() if not is_whole or key != "dtype"})
    if result.shape != out[0].shape or not is_whole and result.dtype == out[0].dtype:
        return into(result, out, casting="unsafe", same_shape=True)
    if name == "nanstd" and kwargs["a"].dtype.kind in "fc":
        return np.sqrt(call("nanvar", None, (), {**kwargs, "out": out}), out=out[0])
    return _stepwise.moment(name.removeprefix("nan"), out[0], **kwargs)


def into(result, out, *, casting="same_kind", where=True, same_shape=False):
    """Computes a result, or each of several, into arrays of NumPy. Gives these arrays."""
    results = result if isinstance(result, tuple) else (result,)
    places = tuple(array if place is None else place for array, place in zip(results, out, strict=True))
    for array, place in zip(results, places):
        if place is array:
            continue
        if not isinstance(place, np.ndarray):
            raise TypeError("out: expected arrays of NumPy; a lazy array takes no elements")
        if array.ndim > place.ndim:
            raise ValueError(f"out: an array of shape {place.shape} takes no result of shape {array.shape}")
        if same_shape and place.shape != array.shape:
            raise ValueError(f"out: expected an array of shape {array.shape}, found {place.shape}")
        np.copyto(place, np.asarray(array), casting=casting, where=where if where is True else np.asarray(where))
    return places if isinstance(result, tuple) else places[0]


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
            result = call(name, None, args, kwargs)
            for arg in args:
                if type(arg) in KEPT:
                    return KEPT[type(arg)](result, *args)
            return result

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
    if name in SUMS:
        parameters = [*parameters, *([] if "*" in parameters else ["*"]), "out?"]
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
            found[name] = _function(name, PARAMETERS.get(name, parameters), help)
    return found


def methods():
    """Methods of arrays by name."""
    rows = [(name, PARAMETERS.get(name, parameters), help) for name, is_method, parameters, help in _arrstore.functions() if is_method]
    return {name: _method(name, parameters, help) for name, parameters, help in rows}


def names():
    """The names of all functions."""
    return NAMES

