"""Arguments as NumPy's functions take them, put as the library's tables take them."""

import functools
import inspect

import numpy as np

from . import _arrstore
from ._arrstore import Array

#: Functions that join arrays.
JOINS = frozenset(("concatenate", "concat", "stack", "hstack", "vstack"))
#: Parameters that the tables cannot say, or that are there in Python alone.
PARAMETERS = {
    "transpose": ["a", "axes?"],
    "permute_dims": ["a", "axes"],
    "astype": ["x", "dtype", "*", "copy?", "casting?"],
    **dict.fromkeys(("sort", "argsort"), ["a", "axis?", "kind?", "order?", "*", "descending?", "stable?"]),
}

#: Parameters that are plain numbers, or a few of them. The library takes those of Python.
_PLAIN = frozenset(
    "M axes axis beta constant_values correction ddof destination discont end_values initial keepdims kth left new_shape pad_width period"
    " reps right shape shift source stat_length".split()
)
#: Modes of convolutions, which NumPy takes by their numbers, too.
_OVERLAPS = ("valid", "same", "full")
#: Methods that take lengths or axes one by one.
_SPREAD = frozenset(("reshape", "transpose"))
#: Functions whose `order` names fields.
_OF_FIELDS = frozenset(("sort", "argsort", "partition", "argpartition"))


def _by_position(parameters):
    names = []
    for parameter in parameters or ():
        if parameter.startswith(("*", ".")):
            break
        names.append(parameter.removesuffix("?"))
    return tuple(names)


def _known(parameters):
    """The names of all parameters, or None where the table leaves them open."""
    is_open = parameters is None or any(p == "..." or p.startswith("*") and p != "*" for p in parameters)
    return None if is_open else frozenset(p.removesuffix("?") for p in parameters)


PARAMETERS.update((name, [*parameters, "casting?"]) for name, _, parameters, _ in _arrstore.functions() if name in JOINS)
_TABLE = {name: PARAMETERS.get(name, parameters) for name, _, parameters, _ in _arrstore.functions()}
BY_POSITION = {name: _by_position(parameters) for name, parameters in _TABLE.items()}
_KNOWN = {name: _known(parameters) for name, parameters in _TABLE.items()}
NAMES = frozenset(_TABLE)


def fitted(name, object, args, kwargs):
    """The arguments of a call by position and by name."""
    if not args and not kwargs:
        return args, kwargs
    is_method = object is not None
    names, known = BY_POSITION.get(name, ())[is_method:], _KNOWN.get(name)
    if known is not None and (len(args) > len(names) and name not in _SPREAD or not known.issuperset(kwargs)):
        args, kwargs = _named(name, is_method, args, kwargs, names, known)
    if name == "arange":
        return tuple(map(_bound, args)), {key: _bound(value) for key, value in kwargs.items()}
    if is_method and name in _SPREAD:
        args = tuple(map(_plain, args))
    else:
        args = (*(_given(name, *pair) for pair in zip(names, args)), *args[len(names) :])
    if kwargs:
        kwargs = {key: _given(name, key, value) for key, value in kwargs.items()}
    return args, kwargs


def _named(name, is_method, args, kwargs, names, known):
    """Arguments that NumPy takes by position and the tables by name. Those of NumPy that the tables lack may keep their defaults."""
    theirs = _numpys(name)[is_method:]
    extra = dict(zip((key for key, _ in theirs[len(names) :]), args[len(names) :]))
    if len(extra) < len(args) - len(names) or not extra.keys().isdisjoint(kwargs):
        return args, kwargs
    defaults = dict(theirs)
    kwargs = {**extra, **kwargs}
    kwargs = {key: value for key, value in kwargs.items() if key in known or key not in defaults or value is not defaults[key]}
    return args[: len(names)], kwargs


@functools.cache
def _numpys(name):
    """Names and defaults of the parameters of NumPy's function, if it tells them."""
    try:
        parameters = inspect.signature(getattr(np, name)).parameters.values()
    except (AttributeError, TypeError, ValueError):
        return ()
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return ()
    return tuple((p.name, p.default) for p in parameters)


def _given(function, name, value):
    """The value of a parameter."""
    if name == "order" and type(value) is str and function not in _OF_FIELDS:
        return value.upper()
    if name == "dtype":
        return _element_type(value)
    if name == "mode" and function in ("convolve", "correlate") and isinstance(value, (int, np.integer)) and type(value) is not bool:
        if value not in range(3):
            raise ValueError(f"{function}: mode: expected one of {', '.join(_OVERLAPS)}, or its number, found {value}")
        return _OVERLAPS[value]
    if name == "bins":
        # an array may hold the numbers of bins of several axes
        several = isinstance(value, (np.ndarray, Array)) and value.ndim == 1
        several = several and (function == "histogramdd" or function == "histogram2d" and value.size == 2)
        return _bins(value.tolist() if several else value)
    if name == "range" and isinstance(value, (np.ndarray, Array)):
        return tuple(np.asarray(value))  # the ends keep their type
    return _plain(value) if name in _PLAIN else value


def _element_type(value):
    """Types that only NumPy reads, such as `(np.str_, 5)`, lists of fields and its classes of types."""
    if isinstance(value, type) and issubclass(value, np.dtype):
        value = value.type
    return np.dtype(value) if type(value) in (tuple, list) else value


def _bins(value):
    """Numbers of bins as Python's. Edges of bins stay arrays."""
    if type(value) in (tuple, list):
        return type(value)(map(_bins, value))
    return value if getattr(value, "ndim", 0) else _plain(value)


def _bound(value):
    """An end or a step of `arange`: beside whole numbers with a sign, NumPy takes a uint64 as a float. No list is one, and one
    that is no array is a wrong value to NumPy.
    """
    if isinstance(value, (list, tuple)):
        np.asarray(value)
    return float(value) if isinstance(value, np.uint64) else _plain(value)


def _plain(value):
    """Numbers and arrays, and lists of them, as Python's."""
    if isinstance(value, (np.generic, np.ndarray, Array)) and value.dtype.kind in "biufc":
        return value.tolist()
    if type(value) in (tuple, list):
        return type(value)(map(_plain, value))
    return list(value) if type(value) is range else value
