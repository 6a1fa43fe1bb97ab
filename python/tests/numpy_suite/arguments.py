"""Which calls apply to lazy arrays, by their arguments alone, and the same arguments with lazy arrays."""

import decimal
import fractions
import functools
import inspect
import types

import numpy as np

import arrstore

#: Kinds of elements that lazy arrays have: all but objects, long doubles, texts of any length and bytes without a meaning.
_KINDS = "biufcmMSU"
_PLAIN = (int, float, complex, str, bytes, type(None), type(Ellipsis), slice, range)
#: Arguments that say where in memory a result or its parts lie, or which class it has.
_MEMORY = ("out", "like", "subok", "overwrite_input", "writeable")
#: Elements, and bytes, of arrays that are too large for a test to be made twice.
_ELEMENTS, _BYTES = 1 << 22, 1 << 26


class NotApplicable(Exception):
    """A call that has no meaning for lazy arrays, with the reason."""


def check_call(function, args, kwargs):
    """Refuses arguments that lazy arrays cannot have by what they are."""
    for name in _MEMORY:
        if kwargs.get(name) is not None:
            raise NotApplicable(f"{name}=")
    at = _place_of_out(function)
    if at is not None and len(args) > at and args[at] is not None:
        raise NotApplicable("out=")
    if type(function) is np.ufunc:
        if len(args) > function.nin:
            raise NotApplicable("out=")
        if kwargs.get("where", True) is not True and not {"axis", "keepdims", "initial"} & kwargs.keys():
            raise NotApplicable("elements that are not defined")
        if kwargs and not any(isinstance(arg, np.ndarray) for arg in args):
            raise NotApplicable("ufuncs of no array with dtype= and the like")
    if function is np.pad and "empty" in (*args[2:3], kwargs.get("mode")):
        raise NotApplicable("elements that are not defined")


@functools.cache
def _place_of_out(function):
    """The place of `out` among the arguments of a function."""
    try:
        return list(inspect.signature(function).parameters).index("out")
    except (TypeError, ValueError):
        return None


def lazy(value):
    """The value with lazy arrays in the place of NumPy's."""
    if type(value) is np.ndarray:
        check_size(value)
        check_dtype(value.dtype)
        return arrstore.asarray(value)
    if isinstance(value, np.ndarray):
        raise NotApplicable("subclasses of ndarray")
    if isinstance(value, np.generic):
        check_dtype(value.dtype)
        return value
    if type(value) in (list, tuple):
        return type(value)(map(lazy, value))
    if type(value) is dict:
        return {key: lazy(part) for key, part in value.items()}
    if isinstance(value, np.dtype):
        check_dtype(value)
        return value
    if isinstance(value, type):
        if value is object or issubclass(value, np.generic) and value in (np.object_, np.longdouble, np.clongdouble):
            raise NotApplicable("objects and long doubles as elements")
        return value
    if isinstance(value, _PLAIN) or value is np._NoValue:
        if isinstance(value, (str, bytes)) and len(value) > _BYTES // 4:
            raise NotApplicable("large arrays")
        if type(value) is str and value in ("O", "g", "G", "T", "V", "O8", "longdouble", "object"):
            raise NotApplicable("objects and long doubles as elements")
        return value
    if isinstance(value, (decimal.Decimal, fractions.Fraction)):
        raise NotApplicable("objects and long doubles as elements")
    if isinstance(value, (types.FunctionType, types.BuiltinFunctionType)):
        raise NotApplicable("functions as arguments")
    raise NotApplicable("objects of other classes as arguments")


def check_size(array):
    if array.size > _ELEMENTS or array.nbytes > _BYTES:
        raise NotApplicable("large arrays")


def check_dtype(dtype):
    """Refuses types of elements that lazy arrays do not have."""
    if dtype.names is not None:
        for name in dtype.names:
            check_dtype(dtype.fields[name][0])
        if not dtype.names:
            raise NotApplicable("records without fields")
    elif dtype.subdtype is not None:
        check_dtype(dtype.subdtype[0])
    elif dtype.kind in "V":
        raise NotApplicable("bytes without a meaning (void) as elements")
    elif dtype.kind == "T":
        raise NotApplicable("texts of any length (StringDType) as elements")
    elif dtype.kind not in _KINDS or dtype.char in "gG":
        raise NotApplicable("objects and long doubles as elements")


def check_result(result, error):
    """Refuses calls whose answer by NumPy says that they are about something else."""
    if error is not None:
        if isinstance(error, FloatingPointError):
            raise NotApplicable("the state of floating-point errors")
        if isinstance(error, Warning):
            raise NotApplicable("warnings")
        if isinstance(error, MemoryError):
            raise NotApplicable("large arrays")
        return
    if isinstance(result, np.ndarray):
        if type(result) is not np.ndarray:
            raise NotApplicable("subclasses of ndarray")
        check_size(result)
        check_dtype(result.dtype)
    elif isinstance(result, np.generic):
        check_dtype(result.dtype)
    elif isinstance(result, (tuple, list)):
        for part in result if len(result) < 1000 else ():
            check_result(part, None)


def flat(value):
    """The parts of nested tuples, lists and dicts."""
    if isinstance(value, (tuple, list)):
        for part in value:
            yield from flat(part)
    elif isinstance(value, dict):
        yield from flat(tuple(value.values()))
    else:
        yield value
