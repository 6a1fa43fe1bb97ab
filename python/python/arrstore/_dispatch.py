"""NumPy's own functions and ufuncs on lazy arrays stay lazy."""

import numpy as np

from . import _functions, linalg
from ._arrstore import Array
from ._convert import asarray

#: Reductions and scans of NumPy's ufuncs, by the names of functions.
_REDUCE = {
    "add": "sum",
    "multiply": "prod",
    "maximum": "max",
    "minimum": "min",
    "logical_and": "all",
    "logical_or": "any",
}
_ACCUMULATE = {"add": "cumulative_sum", "multiply": "cumulative_prod"}
#: Reductions whose functions take a type.
_TYPED = frozenset(("sum", "prod", "cumulative_sum", "cumulative_prod"))
#: Questions that the type and the shape of an array answer.
_QUESTIONS = frozenset((np.can_cast, np.common_type, np.iscomplexobj, np.isrealobj, np.ndim, np.result_type, np.shape, np.size))


def array_ufunc(self, ufunc, method, *inputs, out=None, **kwargs):
    """A ufunc of NumPy on lazy arrays stays lazy. With `out`, the result is computed into that array."""
    kwargs = {key: value for key, value in kwargs.items() if value is not np._NoValue and (key == "axis" or value is not None)}
    name = ufunc.__name__
    if method in ("reduce", "accumulate"):
        name = (_REDUCE if method == "reduce" else _ACCUMULATE).get(name)
        array, *rest = inputs
        kwargs.setdefault("axis", rest[0] if rest else 0)
        if name not in _TYPED and "dtype" in kwargs:
            array = asarray(array).astype(kwargs.pop("dtype"))
        inputs = (array,)
    elif method == "outer":
        a, b = map(asarray, inputs)
        inputs = (a[(..., *(None,) * b.ndim)], b)
    elif method != "__call__":
        return NotImplemented
    if name not in _functions.names():
        return NotImplemented
    if kwargs.get("where") is True:
        del kwargs["where"]
    if method in ("__call__", "outer"):
        if "where" in kwargs:  # it leaves elements that nothing defines
            return NotImplemented
        inputs = _cast(ufunc, inputs, kwargs)
    result = _functions.call(name, None, inputs, kwargs)
    return result if out is None else _functions.into(result, out)


def _cast(ufunc, inputs, kwargs):
    """The inputs in the types that `dtype`, `signature` and `casting` ask for, by NumPy's own rules."""
    asked = {key: kwargs.pop(key) for key in ("dtype", "signature", "sig", "casting") if key in kwargs}
    casting = asked.pop("casting", "same_kind")
    if not asked and casting == "same_kind":
        return inputs
    if "dtype" in asked:
        asked = {"signature": (None,) * ufunc.nin + (np.dtype(asked["dtype"]),) * ufunc.nout}
    elif "sig" in asked:
        asked = {"signature": asked["sig"]}
    is_weak = [type(x) in (int, float, complex) for x in inputs]
    inputs = [x if weak else asarray(x) for x, weak in zip(inputs, is_weak)]
    given = [type(x) if weak else x.dtype for x, weak in zip(inputs, is_weak)]
    found = ufunc.resolve_dtypes((*given, *(None,) * ufunc.nout), casting=casting, **asked)
    for x, weak, dtype in zip(inputs, is_weak, found):
        # NumPy tells the types of Python's numbers from those of arrays only when it sees the numbers
        if weak and casting != "unsafe" and not np.can_cast(np.result_type(type(x), np.int8).type, dtype, "same_kind"):
            raise TypeError(f"{ufunc.__name__}: a number of Python of type {type(x).__name__} does not go into {dtype}")
    return tuple(asarray(x).astype(dtype) for x, dtype in zip(inputs, found))


def array_function(self, func, types, args, kwargs):
    """A function of NumPy on lazy arrays stays lazy, if the tables have it."""
    if func in _QUESTIONS:
        return func(*map(_stand_in, args), **{key: _stand_in(value) for key, value in kwargs.items()})
    name = func.__name__
    kwargs = {key: value for key, value in kwargs.items() if value is not np._NoValue}
    # functions of numpy.linalg take other axes than those of the same names in numpy
    if func.__module__ == "numpy.linalg":
        return _linear(name, args, kwargs) if name in linalg.__all__ else NotImplemented
    if func is np.strings.mod or name not in _functions.names() or func.__module__ not in _MODULES:
        return NotImplemented
    return _functions.call(name, None, args, kwargs)


#: Modules of NumPy whose functions are those of the tables.
_MODULES = frozenset(("numpy", "numpy.strings", "numpy.lib.stride_tricks"))


def _linear(name, args, kwargs):
    out = kwargs.pop("out", None)
    result = getattr(linalg, name)(*args, **kwargs)
    return result if out is None else _functions.into(result, out)


def _stand_in(value):
    """An array of NumPy of the type and the shape of a lazy one, without its elements."""
    return np.broadcast_to(np.zeros((), value.dtype), value.shape) if isinstance(value, Array) else value
