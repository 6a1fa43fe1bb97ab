"""NumPy's ufuncs and their methods on lazy arrays. Results are lazy, but for those that `out` takes."""

import math

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from . import _arrstore, _functions
from ._arrstore import Array
from ._convert import asarray

#: Reductions and scans, by the names of functions that do the same.
_REDUCE = {
    "add": "sum",
    "multiply": "prod",
    "maximum": "max",
    "minimum": "min",
    "fmax": "nanmax",
    "fmin": "nanmin",
    "logical_and": "all",
    "logical_or": "any",
}
_ACCUMULATE = {"add": "cumulative_sum", "multiply": "cumulative_prod"}
#: Scans that the language of expressions has.
_IN_TEXTS = frozenset(("maximum", "minimum", "logical_and", "logical_or"))
#: Elements along an axis that other ufuncs fold, one after the other.
_MOST = 10_000


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
    signature = (None,) * ufunc.nin + (dtype,) * ufunc.nout if dtype is not None else signature if sig is None else sig
    if signature is not None or casting != "same_kind" or out is not None:
        places = (None,) * ufunc.nout if out is None else tuple(place if place is None else place.dtype for place in out)
        asked = {} if signature is None else {"signature": signature}
        types = ufunc.resolve_dtypes((*map(_type, inputs), *places), casting=casting, **asked)
        if signature is not None:
            inputs = tuple(asarray(x, dtype=t) for x, t in zip(inputs, types))
    result = _functions.call(_name(ufunc), None, inputs, kwargs)
    if where is True:
        return result if out is None else _functions.into(result, out, casting=casting)
    where = _mask(where)
    if out is not None:
        return _functions.into(result, out, casting=casting, where=where)
    # the other elements are free
    parts = (_where(where, part, 0) for part in (result if isinstance(result, tuple) else (result,)))
    return tuple(parts) if isinstance(result, tuple) else next(parts)


def _type(x):
    """The type of an operand; numbers of Python have their class."""
    if type(x) in (int, float, complex):
        return type(x)
    return x.dtype if hasattr(x, "dtype") else asarray(x).dtype


def _mask(where):
    where = asarray(where)
    if where.dtype != bool:
        raise TypeError(f"where: expected truth values, found elements of type {where.dtype}")
    return where


def _where(condition, x, y):
    return _functions.call("where", None, (condition, x, y), {})


def _reduce(ufunc, array, axis=0, dtype=None, out=None, keepdims=False, initial=np._NoValue, where=True):
    _two(ufunc, "reduce")
    array, where = asarray(array), True if where is True else _mask(where)
    name = _REDUCE.get(ufunc.__name__)
    if dtype is not None and name not in ("sum", "prod"):
        array, dtype = array.astype(_loop(ufunc, array, dtype)[1]), None
    if name is None:
        result = _fold(ufunc, array, axis, keepdims, initial, where, None if out is None else out[0].dtype)
    else:
        given = {"axis": axis, "keepdims": keepdims, "dtype": dtype, "where": where}
        has_initial = initial is not np._NoValue and initial is not None
        if has_initial and name not in ("all", "any"):
            given["initial"] = initial
        if dtype is None:
            del given["dtype"]
        if where is True:
            del given["where"]
        result = _functions.call(name, None, (array,), given)
        if has_initial and name in ("all", "any"):
            result = _functions.call(_name(ufunc), None, (result, initial), {})
    return result if out is None else _functions.into(result, out, casting="unsafe", same_shape=True)


def _two(ufunc, method):
    if ufunc.nin != 2 or ufunc.nout != 1 or ufunc.signature:
        raise ValueError(f"{ufunc.__name__}.{method}: only functions of two arrays with one result have this method")


def _loop(ufunc, array, dtype=None, out=None):
    """The types in which a reduction computes: those of its two operands and of its result."""
    asked = {} if dtype is None else {"signature": (np.dtype(dtype), np.dtype(dtype), None)}
    return ufunc.resolve_dtypes((out, array.dtype, None), casting="unsafe", reduction=True, **asked)


def _fold(ufunc, array, axis, keepdims, initial, where, out):
    """Any ufunc over axes, an element after the other."""
    name = f"{ufunc.__name__}.reduce"
    axes = normalize_axis_tuple(range(array.ndim) if axis is None else () if not array.ndim and axis in (0, -1) else axis, array.ndim)
    types = _loop(ufunc, array, out=out)
    if types[0] != types[2]:
        raise TypeError(f"{name}: its results are of type {types[2]}, and cannot be its operands")
    identity = ufunc.identity if initial is np._NoValue else initial
    if len(axes) > 1 and ufunc.identity is None:
        raise ValueError(f"{name}: the order of the elements counts, so expected at most one axis, found {len(axes)}")
    kept = [n for n in range(array.ndim) if n not in axes]
    shape = tuple(1 if n in axes else length for n, length in enumerate(array.shape)) if keepdims else tuple(array.shape[n] for n in kept)

    def lines(x):
        return x.transpose((*axes, *kept)).reshape((math.prod(array.shape[n] for n in axes), *(array.shape[n] for n in kept)))

    parts = _parts(name, lines(array.astype(types[1])))
    masks = None if where is True else _parts(name, lines(_functions.call("broadcast_to", None, (where, array.shape), {})))
    if (masks or not parts) and identity is None:
        raise ValueError(f"{name}: a part without elements has no result; give it an `initial`")
    if identity is None:
        found, parts = parts[0].astype(types[0]), parts[1:]
    else:
        # an identity of -1 has all bits, also without a sign
        identity = np.asarray(identity).astype(types[0]) if initial is np._NoValue else np.asarray(initial, types[0])
        found = _functions.call("full", None, (tuple(array.shape[n] for n in kept), identity), {})
    for number, part in enumerate(parts):
        step = _functions.call(_name(ufunc), None, (found, part), {})
        found = step if masks is None else _where(masks[number], step, found)
    return found.reshape(shape)


def _parts(name, array):
    if len(array) > _MOST:
        raise NotImplementedError(f"{name}: expected at most {_MOST} elements along the axis, found {len(array)}")
    return [array[n] for n in range(len(array))]


def _accumulate(ufunc, array, axis=0, dtype=None, out=None):
    _two(ufunc, "accumulate")
    array = asarray(array)
    name, axis = _ACCUMULATE.get(ufunc.__name__), normalize_axis_index(axis, max(array.ndim, 1))
    if array.ndim == 0:
        raise TypeError("cannot accumulate on a scalar")
    if name:
        result = _functions.call(name, None, (array,), {"axis": axis, **({} if dtype is None else {"dtype": dtype})})
    else:
        types = _loop(ufunc, array, dtype)
        if len(set(types)) > 1:
            raise TypeError(f"{ufunc.__name__}.accumulate: its results are of type {types[2]}, and cannot be its operands")
        array = array.astype(types[1])
        result = _running(ufunc, array, axis)
    return result if out is None else _functions.into(result, out, casting="unsafe", same_shape=True)


def _running(ufunc, array, axis):
    """A ufunc along an axis, an element after the other, with all results on the way."""
    if ufunc.__name__ in _IN_TEXTS:
        return _arrstore.eval(f"{ufunc.__name__}.accumulate(array, {axis})", {"array": array})
    if ufunc.__name__ in ("fmax", "fmin"):
        return _running_numbers(ufunc, array, axis)
    array = _functions.call("moveaxis", None, (array, axis, 0), {})
    parts = _parts(f"{ufunc.__name__}.accumulate", array)
    for n in range(1, len(parts)):
        parts[n] = _functions.call(_name(ufunc), None, (parts[n - 1], parts[n]), {})
    found = _functions.call("stack", None, (parts,), {}) if parts else array
    return _functions.call("moveaxis", None, (found, 0, axis), {})


def _running_numbers(ufunc, array, axis):
    """The greatest or smallest number up to each element. NaN stays where no number came before."""
    extreme, least = (np.maximum, -np.inf) if ufunc is np.fmax else (np.minimum, np.inf)
    if array.dtype.kind != "f":
        return _running(extreme, array, axis)
    missing = _functions.call("isnan", None, (array,), {})
    found = _running(extreme, _where(missing, least, array), axis)
    return _where(_running(np.logical_and, missing, axis), array, found)


def _reduceat(ufunc, array, indices, axis=0, dtype=None, out=None):
    _two(ufunc, "reduceat")
    array = asarray(array)
    axis = normalize_axis_index(axis, max(array.ndim, 1))
    if array.ndim == 0:
        raise TypeError("cannot reduceat on a scalar")
    begins, length = [int(n) for n in np.asarray(indices)], array.shape[axis]
    for n in begins:
        if not 0 <= n < length:
            raise IndexError(f"{ufunc.__name__}.reduceat: index {n} is out of bounds for axis {axis} with size {length}")
    at = (slice(None),) * axis
    ends = [end if end > begin else begin + 1 for begin, end in zip(begins, [*begins[1:], length])]
    parts = [_reduce(ufunc, array[(*at, slice(*span))], axis, dtype, keepdims=True, initial=None) for span in zip(begins, ends)]
    empty = _reduce(ufunc, array[(*at, slice(0, 1))], axis, dtype, keepdims=True)[(*at, slice(0, 0))] if not parts and length else None
    result = _functions.call("concatenate", None, (parts,), {"axis": axis}) if parts else empty
    return result if out is None else _functions.into(result, out, casting="unsafe", same_shape=True)


def _outer(ufunc, a, b, **kwargs):
    _two(ufunc, "outer") if ufunc.nin != 2 or ufunc.signature else None
    a, b = asarray(a), asarray(b)
    return _call(ufunc, a[(..., *(None,) * b.ndim)], b, **kwargs)


def _at(ufunc, array, indices, *operands, out=None):
    """Changes an array of NumPy. Lazy arrays beside it are computed."""
    if isinstance(array, Array):
        raise TypeError(f"{ufunc.__name__}.at: a lazy array takes no elements; assign to it instead, as in a[indices] = values")
    indices = tuple(map(_computed, indices)) if isinstance(indices, tuple) else _computed(indices)
    return ufunc.at(array, indices, *map(_computed, operands))


def _computed(value):
    return np.asarray(value) if isinstance(value, Array) else value


_METHODS = {"__call__": _call, "reduce": _reduce, "accumulate": _accumulate, "reduceat": _reduceat, "outer": _outer, "at": _at}
