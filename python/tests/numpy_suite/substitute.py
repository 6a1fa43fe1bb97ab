"""Lets arrstore answer in the place of NumPy, call by call.

Each call is made twice: with NumPy's arrays, and with lazy arrays of the same elements. A test goes on with our answer. Where
ours has the type, the shape and every bit of NumPy's, the test gets NumPy's object, which cannot be told from ours by its
elements: views, flags and strides stay those that the test needs. Errors of ours are raised, but where both refuse a call with
the same kind of error the test gets NumPy's, since its words are NumPy's own.
"""

import builtins
import collections
import functools
import operator as operators
import warnings

import arguments
import compare
import numpy as np
from arguments import NotApplicable

import arrstore
from arrstore import _dispatch

#: Attributes of arrays that are computed.
ATTRIBUTES = frozenset(("T", "mT", "real", "imag"))
slice = builtins.slice


class Record:
    """What happened in one test."""

    def __init__(self):
        self.calls = 0
        #: Calls that stayed NumPy's, by reason.
        self.left = collections.Counter()
        #: Answers of ours that differ, in their order: kind, call, and what differs.
        self.differences = []


record = Record()
#: Whether a test runs in which arrstore answers.
active = False
#: How many calls of one test are substituted. A few tests make a hundred thousand of the same.
_MOST = 300
#: How many differences of one test are kept.
_NOTES = 50


def begin():
    global record
    record = Record()
    return record


def call(function, /, *args, **kwargs):
    if active:
        try:
            target = _target(function, args, kwargs)
        except NotApplicable as reason:
            record.left[str(reason)] += 1
            target = None
        if target is not None:
            return target()
    return function(*args, **kwargs)


def getitem(array, key):
    if active and type(array) is np.ndarray:
        return _judged("getitem", operators.getitem, operators.getitem, (array, key), {})
    return array[key]


def setitem(value, array, key):
    if not (active and type(array) is np.ndarray and array.flags.writeable):
        array[key] = value
        return
    _in_place("setitem", operators.setitem, operators.setitem, array, (key, value), {})


def attribute(array, name):
    if active and type(array) is np.ndarray:
        get = operators.attrgetter(name)
        return _judged(f"ndarray.{name}", get, get, (array,), {})
    return getattr(array, name)


def operator(name, /, *args):
    function = getattr(operators, name)
    if active and any(type(x) is np.ndarray for x in args):
        return _judged(f"operator.{name}", function, function, args, {})
    return function(*args)


def _target(function, args, kwargs):
    """What to do in the place of a call, or None if it is none of ours."""
    if isinstance(function, functools.partial):
        return _target(function.func, (*function.args, *args), {**function.keywords, **kwargs})
    if _takes_callable(function):
        at = next((at for at, arg in enumerate(args) if callable(arg) and not _is_exception(arg)), None)
        return None if at is None or not _is_ours(args[at]) else functools.partial(function, *args[:at], _through(args[at]), *args[at + 1 :], **kwargs)
    owner = getattr(function, "__self__", None)
    if type(owner) is np.ndarray:
        return _method(owner, function.__name__, args, kwargs)
    if type(owner) is np.ufunc:
        return _ufunc_method(function, owner, args, kwargs)
    if not _hashable(function):
        return None
    if function in _PYTHONS:
        if not any(type(x) is np.ndarray for x in args):
            return None
        if function is operators.setitem:
            return functools.partial(setitem, args[2], args[0], args[1])
        return functools.partial(_judged, function.__name__, function, function, args, kwargs)
    ours = _FUNCTIONS.get(function)
    if ours is None:
        return None
    arguments.check_call(function, args, kwargs)
    return functools.partial(_judged, _name(function), function, _ours(function, ours), args, kwargs)


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

    asks = type(function) in (np.ufunc, _DISPATCHER)
    return run


def _method(array, name, args, kwargs):
    if name == "__getitem__":
        return functools.partial(getitem, array, *args)
    if name in ("__setitem__",) and len(args) == 2:
        return functools.partial(setitem, args[1], array, args[0])
    if name in ("sort", "partition"):

        def ours(lazy, *args, **kwargs):
            return lazy._rebase(getattr(lazy, name)(*args, **kwargs))

        return functools.partial(_in_place, f"ndarray.{name}", getattr(np.ndarray, name), ours, array, args, kwargs)
    if name not in _METHODS:
        return None
    arguments.check_call(getattr(np, name, None), (array, *args), kwargs)
    theirs, ours = getattr(np.ndarray, name), getattr(arrstore.Array, name)
    return functools.partial(_judged, f"ndarray.{name}", theirs, ours, (array, *args), kwargs)


def _ufunc_method(function, ufunc, args, kwargs):
    name = function.__name__
    if name not in ("reduce", "accumulate", "outer") or ufunc not in _UFUNCS[name] or not args:
        raise NotApplicable(f"there is no ufunc.{name} of it" if ufunc in _FUNCTIONS else "not in the vocabulary")
    arguments.check_call(None, args, kwargs)
    if name != "outer" and len(args) > 3 and args[3] is not None:
        raise NotApplicable("out=")

    def ours(array, *rest, **kwargs):
        if not any(isinstance(x, arrstore.Array) for x in (array, *rest)):
            array = arrstore.asarray(array)
        return function(array, *rest, **kwargs)

    return functools.partial(_judged, f"np.{ufunc.__name__}.{name}", function, ours, args, kwargs)


def _judged(name, theirs, ours, args, kwargs):
    """The answer that the test goes on with."""
    try:
        _limit()
        lazy, lazy_kwargs = arguments.lazy(args), arguments.lazy(kwargs)
    except NotApplicable as reason:
        record.left[str(reason)] += 1
        return theirs(*args, **kwargs)
    expected, refused = _tried(lambda: theirs(*args, **kwargs))
    try:
        arguments.check_result(expected, refused)
    except NotApplicable as reason:
        record.left[str(reason)] += 1
        if refused:
            raise refused
        return expected
    record.calls += 1
    found, error = _quietly(lambda: compare.computed(ours(*lazy, **lazy_kwargs), expected))
    if refused or error:
        return _settle(name, args, kwargs, expected, refused, found, error)
    kind, what, answer = compare.compare(found, expected)
    if kind:
        _note("order" if name.rpartition(".")[2] in _ANY_ORDER else kind, name, args, kwargs, what)
    return answer


#: Functions whose results have some order that is not defined.
_ANY_ORDER = frozenset(("partition", "argpartition", "argsort", "sort"))


def _limit():
    if record.calls >= _MOST:
        raise NotApplicable(f"calls of one test after the first {_MOST}")


def _in_place(name, theirs, ours, array, args, kwargs):
    """A change of an array: the array holds our elements afterwards."""
    try:
        _limit()
        lazy, rest, lazy_kwargs = arguments.lazy(array), arguments.lazy(args), arguments.lazy(kwargs)
    except NotApplicable as reason:
        record.left[str(reason)] += 1
        return theirs(array, *args, **kwargs)
    before = array.copy()
    _, refused = _tried(lambda: theirs(array, *args, **kwargs))
    try:
        arguments.check_result(None, refused)
    except NotApplicable as reason:
        record.left[str(reason)] += 1
        raise refused from None
    record.calls += 1
    found, error = _quietly(lambda: compare.computed((ours(lazy, *rest, **lazy_kwargs), lazy)[1], array))
    if refused or error:
        return _settle(name, (before, *args), kwargs, array, refused, found, error)
    kind, what, answer = compare.compare(found, array)
    if kind:
        _note("order" if name.rpartition(".")[2] in _ANY_ORDER else kind, name, (before, *args), kwargs, what)
        array[...] = answer


def _settle(name, args, kwargs, expected, refused, found, error):
    """Raises what a test is to see if we refuse a call. Gives our answer to a call that NumPy alone refuses."""
    if refused and error:
        if isinstance(error, type(refused)) or isinstance(refused, type(error)):
            raise refused
        _note("error", name, args, kwargs, f"{error!r}, not {refused!r}")
        raise error
    if refused:
        _note("accepted", name, args, kwargs, f"{found!r:.200}, not {refused!r}")
        return found
    _note("refused", name, args, kwargs, f"{error!r}, not {expected!r:.200}")
    raise RuntimeError(repr(error)) if not isinstance(error, Exception) else error


def _tried(run):
    try:
        return run(), None
    except Exception as error:
        return None, error


def _quietly(run):
    """As `_tried`, without warnings: those of NumPy reach the test."""
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return run(), None
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a panic is no Exception
        return None, error


def _note(kind, name, args, kwargs, what):
    if len(record.differences) < _NOTES:
        shown = [f"{arg!r:.300}" for arg in args] + [f"{key}={value!r:.200}" for key, value in kwargs.items()]
        record.differences.append((kind, " ".join(f"{name}({', '.join(shown)})".split()), " ".join(what.split())))


def _hashable(function):
    try:
        hash(function)
    except Exception:
        return False
    return True


def _takes_callable(function):
    return getattr(function, "__name__", "") in ("assert_raises", "assert_raises_regex", "assert_warns", "raises", "assert_no_warnings")


def _is_exception(function):
    return isinstance(function, type) and issubclass(function, BaseException)


def _is_ours(function):
    owner = getattr(function, "__self__", None)
    return type(owner) in (np.ndarray, np.ufunc) or _hashable(function) and (function in _FUNCTIONS or function in _PYTHONS)


def _functions():
    """NumPy's functions that arrstore has, with ours."""
    found = {}
    names = set(arrstore.__all__) - _NOT_OURS
    for module in (np, np.lib.stride_tricks, np.strings, np.char):
        for name in names:
            function = getattr(module, name, None)
            if callable(function) and not isinstance(function, type):
                found.setdefault(function, getattr(arrstore, name))
    for name in arrstore.linalg.__all__:
        if hasattr(np.linalg, name):
            found.setdefault(getattr(np.linalg, name), getattr(arrstore.linalg, name))
    return found


#: Names of ours whose answers are NumPy's, or not defined, or about places in memory.
_NOT_OURS = frozenset(
    "array asarray frombuffer from_dlpack broadcast_shapes can_cast result_type finfo iinfo isdtype empty empty_like as_strided".split()
)
_DISPATCHER = type(np.sum)
_FUNCTIONS = _functions()
_METHODS = frozenset(
    name for name in dir(np.ndarray) if hasattr(arrstore.Array, name) and not name.startswith("_") and name not in ("copy", "dtype", "shape")
) | frozenset("__abs__ __add__ __radd__ __sub__ __rsub__ __mul__ __rmul__ __contains__ __len__ __pow__ __rpow__ __truediv__".split())
_PYTHONS = frozenset((abs, divmod, pow, round, float, int, complex, bool, len)) | frozenset(
    getattr(operators, name) for name in operators.__all__ if not name.startswith("i") or name in ("inv", "invert", "index")
) - {operators.is_, operators.is_not, operators.delitem, operators.concat, operators.call, operators.attrgetter, operators.itemgetter}
_UFUNCS = {
    "reduce": frozenset(getattr(np, name) for name in _dispatch._REDUCE),
    "accumulate": frozenset(getattr(np, name) for name in _dispatch._ACCUMULATE),
    "outer": frozenset(function for function in _FUNCTIONS if type(function) is np.ufunc),
}
