"""NumPy's ufuncs and their methods on lazy arrays. Results are lazy, but for those that `out` takes."""

import contextlib

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from . import _functions
from ._arrstore import Array
from ._convert import asarray
from ._objects import COMPARISONS, compared, is_object

#: Classes of Python's numbers whose type depends on the arrays beside them.
_WEAK = (int, float, complex)


def apply(ufunc, method, inputs, out, kwargs):
    """The result of a ufunc or of one of its methods; `NotImplemented` for a ufunc that is not there."""
    if _name(ufunc) not in _functions.names():
        return NotImplemented
    kwargs = {name: value for name, value in kwargs.items() if value is not np._NoValue}
    return _METHODS[method](ufunc, *inputs, out=out, **kwargs)


def _name(ufunc):
    """The name of the function: NumPy has more than one ufunc for some functions of texts."""
    return ufunc.__name__.removeprefix("_").removesuffix("_whitespace").removesuffix("_chars")


def _call(
    ufunc, *inputs, out=None, where=True, dtype=None, sig=None, signature=None, casting="same_kind", order=None, subok=True, **kwargs
):
    if ufunc in COMPARISONS and any(map(is_object, inputs)):
        array, other = inputs if isinstance(inputs[0], Array) else inputs[::-1]
        result = compared(COMPARISONS[ufunc], array, other)
        return result if out is None else _functions.into(result, out, casting=casting, where=where)
    signature = (None,) * ufunc.nin + (dtype,) * ufunc.nout if dtype is not None else signature if sig is None else sig
    if signature is not None or casting != "same_kind" or out is not None:
        types = resolved(ufunc, inputs, out, casting=casting, signature=signature)
        if signature is not None:
            inputs = tuple(_of_type(x, t, types[-1]) for x, t in zip(inputs, types))
    if where is not True:
        where = _mask(where)
        if ufunc is np.power and isinstance(inputs[1], (Array, np.ndarray, np.generic)):
            # only an exponent that counts may be refused
            inputs = (inputs[0], _where(where, inputs[1], np.zeros((), inputs[1].dtype)))
    result = _functions.call(_name(ufunc), None, inputs, kwargs)
    if where is True:
        return result if out is None else _functions.into(result, out, casting=casting)
    if out is not None:
        return _functions.into(result, out, casting=casting, where=where)
    # the other elements are free
    parts = (_where(where, part, 0) for part in (result if isinstance(result, tuple) else (result,)))
    return tuple(parts) if isinstance(result, tuple) else next(parts)


def _of_type(x, dtype, result):
    """An operand in the type in which it is computed. An integer of Python among integers, or one that is compared, is checked
    against the type that it meets.
    """
    is_kept = type(x) is int and (dtype.kind in "iu" or dtype.kind in "fc" and result.kind == "b")
    return x if is_kept else asarray(np.asarray(x, dtype)) if type(x) is int else asarray(x).astype(dtype)


def resolved(ufunc, inputs, out, *, casting="same_kind", signature=None):
    """The types in which a ufunc computes, if `casting` lets its operands and the arrays of `out` have them."""
    places = (None,) * ufunc.nout if out is None else tuple(place if place is None else place.dtype for place in out)
    asked = {} if signature is None else {"signature": signature}
    given = _types(ufunc, inputs)
    try:
        types = ufunc.resolve_dtypes((*given, *places), casting=casting, **asked)
    except TypeError:
        if out is not None:
            # integers of Python are looked at before the array that takes the results
            with contextlib.suppress(TypeError):
                inner = ufunc.resolve_dtypes((*given, *(None,) * ufunc.nout), casting=casting, **asked)
                for x, to in zip(inputs, inner):
                    if type(x) is int and to.kind in "iu":
                        np.asarray(x, to)
        raise
    if "bb->?" in ufunc.types and all(own == bool for x, own in zip(inputs, given) if type(x) not in _WEAK):
        for x in inputs:
            if type(x) is int:
                np.asarray(x, int)
    for x, to in zip(inputs, types):
        # NumPy tells the types of Python's numbers from those of arrays only when it sees the numbers
        loses = type(x) is float and to.kind in "iu" or type(x) is complex and to.kind in "iuf"
        changes = casting == "equiv" and type(x) in _WEAK and to != np.dtype(type(x))
        # whole numbers are compared as they are, and of numbers among truth values the truth counts
        changes = changes and not (types[-1].kind == "b" and (to.kind in "biu" or ufunc.__name__.startswith("logical")))
        if changes or loses and casting != "unsafe":
            raise TypeError(f"{ufunc.__name__}: a number of Python of type {type(x).__name__} does not go into {to}")
    return types


def _types(ufunc, inputs):
    """The types of operands. Numbers of Python have the type that they take beside the arrays: NumPy 2.4 ends the process if it
    gets their classes and a strict casting rule.
    """
    found = [None if type(x) in _WEAK else x.dtype if hasattr(x, "dtype") else asarray(x).dtype for x in inputs]
    # an exponent of two is a whole number beside any float
    numbers = [dtype for dtype in found if dtype is not None and dtype.kind in "biufc" and ufunc is not np.ldexp]
    # a truth of an integer of Python beside truth values alone is that of one of NumPy
    is_plain = all(dtype == bool for dtype in numbers) and "bb->?" in ufunc.types
    return [
        dtype if dtype is not None else np.dtype(int) if is_plain and type(x) is int else np.result_type(*numbers, type(x)(0))
        for x, dtype in zip(inputs, found)
    ]


def _mask(where):
    where = asarray(where)
    if where.dtype != bool:
        raise TypeError(f"where: expected truth values, found elements of type {where.dtype}")
    return where


def _where(condition, x, y):
    return _functions.call("where", None, (condition, x, y), {})


def _reduce(ufunc, array, axis=0, dtype=None, out=None, keepdims=False, initial=None, where=True):
    given = {"keepdims": keepdims, "initial": initial, "where": where if where is True else _mask(where)}
    return _folded(ufunc, "reduce", (array,), axis, dtype, out, {name: value for name, value in given.items() if value is not _PLAIN[name]})


def _accumulate(ufunc, array, axis=0, dtype=None, out=None):
    return _folded(ufunc, "accumulate", (array,), axis, dtype, out, {})


def _reduceat(ufunc, array, indices, axis=0, dtype=None, out=None):
    return _folded(ufunc, "reduceat", (array, indices), axis, dtype, out, {})


#: What leaves an argument of a reduction out.
_PLAIN = {"keepdims": False, "initial": None, "where": True}


def _folded(ufunc, method, args, axis, dtype, out, given):
    """The result of a method that goes along axes, which the library has for every function of two arrays."""
    if ufunc.nin != 2 or ufunc.nout != 1 or ufunc.signature:
        raise ValueError(f"{ufunc.__name__}.{method}: only functions of two arrays with one result have this method")
    array = asarray(args[0])
    if axis is not None and not (array.ndim == 0 and axis in (0, -1)):
        normalize_axis_tuple(axis, array.ndim)
    name = _name(ufunc)
    if array.dtype.kind in "biufc" and (out is not None or ufunc is np.float_power):
        # the array that takes the results is an operand, too
        types = (None if out is None else out[0].dtype, array.dtype, None)
        asked = (None if dtype is None else np.dtype(dtype), None, None)
        given["dtype"] = ufunc.resolve_dtypes(types, signature=asked, casting="unsafe", reduction=True)[0]
        name = "power" if ufunc is np.float_power else name
    elif dtype is not None and not (array.dtype.kind in "mM" and np.dtype(dtype) == np.dtype(array.dtype.kind)):
        given["dtype"] = dtype  # a type of times without a unit is that of the array
    result = _functions.call(f"{name}.{method}", None, (array, *args[1:]), {"axis": axis, **given})
    return result if out is None else _functions.into(result, out, casting="unsafe", same_shape=True)


def _outer(ufunc, a, b, **kwargs):
    if ufunc.nin != 2 or ufunc.signature:
        raise ValueError(f"{ufunc.__name__}.outer: only functions of two arrays have this method")
    a, b = asarray(a), asarray(b)
    return _call(ufunc, a[(..., *(None,) * b.ndim)], b, **kwargs)


def refuse_lazy(name, array):
    """Refuses a lazy array in the place of one of NumPy that a function changes."""
    if isinstance(array, Array):
        raise TypeError(f"{name}: a lazy array takes no elements; assign to it instead, as in a[indices] = values")


def _at(ufunc, array, indices, *operands, out=None):
    """Changes an array of NumPy. Lazy arrays beside it are computed."""
    refuse_lazy(f"{ufunc.__name__}.at", array)
    indices = tuple(map(_computed, indices)) if isinstance(indices, tuple) else _computed(indices)
    return ufunc.at(array, indices, *map(_computed, operands))


def _computed(value):
    return np.asarray(value) if isinstance(value, Array) else value


_METHODS = {"__call__": _call, "reduce": _reduce, "accumulate": _accumulate, "reduceat": _reduceat, "outer": _outer, "at": _at}
