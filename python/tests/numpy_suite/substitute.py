"""Lets arrstore answer in the place of NumPy, call by call.

Each call is made twice: with NumPy's arrays, and with lazy arrays of the same elements. A test goes on with our answer. Where
ours has the type, the shape and every bit of NumPy's, the test gets NumPy's object, which cannot be told from ours by its
elements: views, flags and strides stay those that the test needs. Errors of ours are raised, but where both refuse a call with
the same kind of error the test gets NumPy's, since its words are NumPy's own.
"""

import builtins
import functools
import operator as operators

import arguments
import judge
import numpy as np
import vocabulary
from arguments import NotApplicable

import arrstore

#: Attributes of arrays that are computed.
ATTRIBUTES = frozenset(("T", "mT", "real", "imag"))
slice = builtins.slice

#: Whether a test runs in which arrstore answers.
active = False


def call(function, /, *args, **kwargs):
    if active:
        try:
            target = _target(function, args, kwargs)
        except NotApplicable as reason:
            judge.left(reason)
            target = None
        if target is not None:
            return target()
    return function(*args, **kwargs)


def getitem(array, key):
    if active and type(array) is np.ndarray:
        return judge.judged("getitem", operators.getitem, operators.getitem, (array, key), {})
    return array[key]


def setitem(value, array, key):
    if not (active and type(array) is np.ndarray and array.flags.writeable):
        array[key] = value
        return
    judge.in_place("setitem", operators.setitem, operators.setitem, array, (key, value), {})


def attribute(array, name):
    if active and type(array) is np.ndarray:
        get = operators.attrgetter(name)
        return judge.judged(f"ndarray.{name}", get, get, (array,), {})
    return getattr(array, name)


def operator(name, /, *args):
    function = getattr(operators, name)
    if active and any(type(x) is np.ndarray for x in args):
        return judge.judged(f"operator.{name}", function, function, args, {})
    return function(*args)


def _target(function, args, kwargs):
    """What to do in the place of a call, or None if it is none of ours."""
    if isinstance(function, functools.partial):
        return _target(function.func, (*function.args, *args), {**function.keywords, **kwargs})
    if vocabulary.takes_callable(function):
        at = next((at for at, arg in enumerate(args) if callable(arg) and not vocabulary.is_exception(arg)), None)
        return None if at is None or not vocabulary.is_ours(args[at]) else functools.partial(function, *args[:at], _through(args[at]), *args[at + 1 :], **kwargs)
    owner = getattr(function, "__self__", None)
    if type(owner) is np.ndarray:
        return _method(owner, function.__name__, args, kwargs)
    if type(owner) is np.ufunc:
        return _ufunc_method(function, owner, args, kwargs)
    if not vocabulary.hashable(function):
        return None
    if function in vocabulary.PYTHONS:
        if not any(type(x) is np.ndarray for x in args):
            return None
        if function is operators.setitem:
            return functools.partial(setitem, args[2], args[0], args[1])
        return functools.partial(judge.judged, function.__name__, function, function, args, kwargs)
    ours = vocabulary.FUNCTIONS.get(function)
    if ours is None:
        return None
    arguments.check_call(function, args, kwargs)
    return functools.partial(judge.judged, _name(function), function, _ours(function, ours), args, kwargs)


def _through(function):
    """A function whose calls are substituted, for a test that gives it to another one."""

    def run(*args, **kwargs):
        return call(function, *args, **kwargs)

    run.__name__ = getattr(function, "__name__", "run")
    return run


def _name(function):
    module = getattr(function, "__module__", "numpy") or "numpy"
    return f"{module}.{function.__name__}".replace("numpy.", "np.", 1)


def _ours(function, direct):
    """NumPy's function on lazy arrays, which stays lazy, if it is one that asks its arguments. Else our own."""

    def run(*args, **kwargs):
        if asks and any(isinstance(x, arrstore.Array) for x in arguments.flat((args, kwargs))):
            return function(*args, **kwargs)
        return direct(*args, **kwargs)

    asks = type(function) in (np.ufunc, vocabulary.DISPATCHER)
    return run


def _method(array, name, args, kwargs):
    if name == "__getitem__":
        return functools.partial(getitem, array, *args)
    if name in ("__setitem__",) and len(args) == 2:
        return functools.partial(setitem, args[1], array, args[0])
    if name in ("sort", "partition"):

        def ours(lazy, *args, **kwargs):
            return lazy._rebase(getattr(lazy, name)(*args, **kwargs))

        return functools.partial(judge.in_place, f"ndarray.{name}", getattr(np.ndarray, name), ours, array, args, kwargs)
    if name not in vocabulary.METHODS:
        return None
    arguments.check_call(getattr(np, name, None), (array, *args), kwargs)
    theirs, ours = getattr(np.ndarray, name), getattr(arrstore.Array, name)
    return functools.partial(judge.judged, f"ndarray.{name}", theirs, ours, (array, *args), kwargs)


def _ufunc_method(function, ufunc, args, kwargs):
    name = function.__name__
    if name not in ("reduce", "accumulate", "reduceat", "outer") or ufunc not in vocabulary.UFUNCS or not args:
        raise NotApplicable(f"there is no ufunc.{name} of it" if ufunc in vocabulary.FUNCTIONS else "not in the vocabulary")
    arguments.check_call(None, args, kwargs)
    if name != "outer" and len(args) > 3 and args[3] is not None:
        raise NotApplicable("out=")

    def ours(array, *rest, **kwargs):
        if not any(isinstance(x, arrstore.Array) for x in (array, *rest)):
            array = arrstore.asarray(array)
        return function(array, *rest, **kwargs)

    return functools.partial(judge.judged, f"np.{ufunc.__name__}.{name}", function, ours, args, kwargs)
