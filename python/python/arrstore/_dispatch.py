"""NumPy's own functions and ufuncs on lazy arrays stay lazy."""

import numpy as np

from . import _dask, _functions, _ufuncs, linalg
from ._arrstore import Array

#: Questions that the type and the shape of an array answer.
_QUESTIONS = frozenset((np.can_cast, np.common_type, np.iscomplexobj, np.isrealobj, np.ndim, np.result_type, np.shape, np.size))

#: Functions that write or print elements, which are computed for them.
_WRITERS = frozenset((np.array2string, np.array_repr, np.array_str, np.save, np.savetxt, np.savez, np.savez_compressed))


#: Classes whose functions are NumPy's.
_OURS = (Array, np.ndarray, np.generic)

#: Functions that change an array of NumPy, and what they call it.
_CHANGES = {
    np.copyto: "dst",
    np.fill_diagonal: "a",
    np.place: "arr",
    np.put: "a",
    np.put_along_axis: "arr",
    np.putmask: "a",
}


def array_ufunc(self, ufunc, method, *inputs, out=None, **kwargs):
    """A ufunc of NumPy on lazy arrays stays lazy. With `out`, the result is computed into that array."""
    others = [type(x) for x in inputs if hasattr(x, "__array_ufunc__") and not isinstance(x, _OURS)]
    if not others:
        return _ufuncs.apply(ufunc, method, inputs, out, kwargs)
    given = {**kwargs, "out": out} if out is not None else kwargs
    if any(map(_dask.is_array, others)):
        return _again(getattr(ufunc, method), inputs, given, _dask.converted)
    if any(kind.__module__.split(".")[0] == "pandas" for kind in others):
        # they leave the answer to arrays that have one
        return _again(getattr(ufunc, method), inputs, given, _elements)
    return NotImplemented


def array_function(self, func, types, args, kwargs):
    """A function of NumPy on lazy arrays stays lazy, if the tables have it."""
    if any(map(_dask.is_array, types)):
        return _again(func, args, kwargs, _dask.converted)
    if not all(issubclass(kind, _OURS) for kind in types):
        return NotImplemented
    if func in _QUESTIONS:
        return _again(func, args, kwargs, stand_in)
    if func in _CHANGES:
        _ufuncs.refuse_lazy(func.__name__, args[0] if args else kwargs[_CHANGES[func]])
    if func in _WRITERS or func in _CHANGES:
        return _again(func, args, kwargs, _elements)
    name = func.__name__
    kwargs = {key: value for key, value in kwargs.items() if value is not np._NoValue}
    # functions of numpy.linalg take other axes than those of the same names in numpy
    if func.__module__ == "numpy.linalg":
        return _linear(name, args, kwargs) if name in linalg.__all__ else NotImplemented
    if func is np.strings.mod or name not in _functions.names() or func.__module__ not in _MODULES:
        return NotImplemented
    return _functions.call(name, None, args, kwargs)


def _again(func, args, kwargs, other):
    """The call with other arrays in the place of lazy ones."""
    return func(*map(other, args), **{key: other(value) for key, value in kwargs.items()})


#: Modules of NumPy whose functions are those of the tables.
_MODULES = frozenset(("numpy", "numpy.strings", "numpy.lib.stride_tricks"))


def _linear(name, args, kwargs):
    out = kwargs.pop("out", None)
    result = getattr(linalg, name)(*args, **kwargs)
    return result if out is None else _functions.into(result, out if isinstance(out, tuple) else (out,), same_shape=True)


def stand_in(value):
    """An array of NumPy of the type and the shape of a lazy one, without its elements."""
    return np.broadcast_to(np.zeros((), value.dtype), value.shape) if isinstance(value, Array) else value


def _elements(value):
    """An array of NumPy of the elements of a lazy one."""
    return np.asarray(value) if isinstance(value, Array) else value
