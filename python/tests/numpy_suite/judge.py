"""Two answers to one call, and the one that a test goes on with."""

import collections
import warnings

import arguments
import compare
import numpy as np
from arguments import NotApplicable


class Record:
    """What happened in one test."""

    def __init__(self):
        self.calls = 0
        #: Calls that stayed NumPy's, by reason.
        self.left = collections.Counter()
        #: Answers of ours that differ, in their order: kind, call, and what differs.
        self.differences = []


record = Record()
#: How many calls of one test are substituted. A few tests make a hundred thousand of the same.
_MOST = 300
#: How many differences of one test are kept.
_NOTES = 50


def begin():
    global record
    record = Record()
    return record


def left(reason):
    """Notes that a call stayed NumPy's."""
    record.left[str(reason)] += 1


def judged(name, theirs, ours, args, kwargs):
    """The answer that the test goes on with."""
    try:
        _limit()
        lazy, lazy_kwargs = arguments.lazy(args), arguments.lazy(kwargs)
    except NotApplicable as reason:
        left(reason)
        return theirs(*args, **kwargs)
    expected, refused = _tried(lambda: theirs(*args, **kwargs))
    try:
        arguments.check_result(expected, refused)
    except NotApplicable as reason:
        left(reason)
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


def in_place(name, theirs, ours, array, args, kwargs):
    """A change of an array: the array holds our elements afterwards."""
    try:
        _limit()
        lazy, rest, lazy_kwargs = arguments.lazy(array), arguments.lazy(args), arguments.lazy(kwargs)
    except NotApplicable as reason:
        left(reason)
        return theirs(array, *args, **kwargs)
    before = array.copy()
    _, refused = _tried(lambda: theirs(array, *args, **kwargs))
    try:
        arguments.check_result(None, refused)
    except NotApplicable as reason:
        left(reason)
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
