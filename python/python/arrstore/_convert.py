"""Lazy arrays from other objects, and several computed together."""

import numpy as np

from . import _arrstore, _functions
from ._arrstore import Array
from ._functions import on_cpu
from ._kernels import is_kernel, of_blocks


def asarray(obj, /, dtype=None, *, device=None, copy=None):
    """A lazy array of anything that NumPy makes an array of. Elements of other arrays are copied."""
    on_cpu(device)
    if isinstance(obj, Array):
        if dtype is not None and obj.dtype != dtype:
            if copy is False:
                raise ValueError(f"copy=False: the elements are of type {obj.dtype}, and only a copy can convert them")
            return _functions.call("astype", obj, (dtype,), {})
        return Array(obj) if copy else obj
    if copy is False:
        raise ValueError("copy=False: the elements of another array can change, so a lazy array copies them")
    nested = isinstance(obj, (list, tuple)) and _has_lazy(obj)
    if nested:
        array = _functions.call("concatenate", None, ([asarray(part)[None] for part in obj],), {})
        return array if dtype is None else _functions.call("astype", array, (dtype,), {})
    found = np.asarray(obj) if dtype is None else np.asarray(obj, dtype=dtype)
    return _arrstore.lazy(found)


def array(object, dtype=None, *, copy=True, ndmin=0, device=None):
    """A lazy array of anything that NumPy makes an array of: an object of its own, with at least `ndmin` axes."""
    found = asarray(object, dtype, device=device, copy=copy)
    return found[(None,) * (ndmin - found.ndim)] if found.ndim < ndmin else found


def _has_lazy(parts):
    return any(isinstance(part, Array) or isinstance(part, (list, tuple)) and _has_lazy(part) for part in parts)


def from_dlpack(x, /, *, device=None, copy=None):
    """A lazy array of an object that offers its elements by DLPack. device: `cpu` asks for a copy of elements on another device."""
    on_cpu(device)
    if isinstance(x, Array):
        return Array(x) if copy else x
    if copy is False:
        raise BufferError("copy=False: the elements of another array can change, so a lazy array copies them")
    return _arrstore.lazy(np.from_dlpack(x, device=device))


def frombuffer(buffer, dtype=float, count=-1, offset=0):
    """A lazy array of one axis with a copy of the elements of a buffer."""
    return _arrstore.lazy(np.frombuffer(buffer, dtype, count, offset))


def compute(*arrays):
    """Computes several arrays together: what they share is computed once. Gives a tuple of NumPy's arrays."""
    lazy = [array if isinstance(array, Array) else asarray(array) for array in arrays]
    return tuple(array[()] if array.ndim == 0 else array for array in _arrstore.compute_all(lazy))


def map_blocks(function, array, *, dtype=None):
    """Applies `function` to the array, block by block. It gets an array of NumPy with the elements of one block, and
    returns as many elements in the same shape. The borders of blocks depend on memory, so a result must not depend on
    them. `dtype` is the type of the results; without it, the function is tried on an empty block.

    The function may be one of numba: of `njit`, `vectorize`, or `cfunc`, which takes one element, as in `float64(float64)`, or goes
    through a block, as in `void(CPointer(float64), CPointer(float64), intp)`.
    """
    array = asarray(array)
    if is_kernel(function):
        function, own = of_blocks(function)
        dtype = own if dtype is None else dtype
    if dtype is None:
        dtype = np.asarray(function(np.zeros((0,) * array.ndim, array.dtype))).dtype
    return _arrstore.map_blocks(array, function, np.dtype(dtype))
