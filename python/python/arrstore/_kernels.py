"""Kernels that numba compiled as functions of C, as functions of blocks."""

import ctypes

import numpy as np


def is_kernel(function):
    """Whether a function was made by `numba.cfunc`."""
    # what Python calls in one is the function before it was compiled
    return type(function).__module__ == "numba.core.ccallback"


def of_blocks(kernel):
    """A function of blocks from a kernel, and the type of its results.

    A kernel takes one element and returns one: `float64(float64)`. Or it goes through a block: `void(CPointer(float64),
    CPointer(float64), intp)` takes the first element, the place of the first result, and how many there are.
    """
    import numba
    from numba.np.numpy_support import as_dtype

    types, result = kernel._sig.args, kernel._sig.return_type
    scalar = (numba.types.Number, numba.types.Boolean)
    if len(types) == 1 and isinstance(types[0], scalar) and isinstance(result, scalar):
        return numba.vectorize([kernel._sig])(kernel._pyfunc), as_dtype(result)
    pointer = numba.types.CPointer
    is_loop = len(types) == 3 and all(isinstance(kind, pointer) for kind in types[:2]) and types[2] == numba.types.intp
    if is_loop and result == numba.types.void:
        made = Loop(kernel)
        return made, made.dtype
    raise TypeError(
        f"map_blocks: a kernel of numba has the signature {kernel._sig}: expected one of an element, such as float64(float64), or "
        "of a block, such as void(CPointer(float64), CPointer(float64), intp)"
    )


class Loop:
    """A kernel that goes through a block, as a function of arrays of NumPy. Other threads of Python run meanwhile."""

    def __init__(self, kernel):
        from numba.np.numpy_support import as_dtype

        self._kernel = kernel
        self._call = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_ssize_t)(kernel.address)
        self._takes, self.dtype = (as_dtype(kind.dtype) for kind in kernel._sig.args[:2])

    def __call__(self, block):
        if not np.can_cast(block.dtype, self._takes, "safe"):
            raise TypeError(f"map_blocks: the kernel takes elements of type {self._takes}, and the array has {block.dtype}: use a.astype")
        block = np.ascontiguousarray(block, self._takes)
        out = np.empty(block.shape, self.dtype)
        self._call(block.ctypes.data, out.ctypes.data, block.size)
        return out

    def __reduce__(self):
        from numba import njit

        # numba pickles functions that it compiled for Python alone
        return _remade, (njit(self._kernel._pyfunc), self._kernel._sig)


def _remade(function, signature):
    from numba import cfunc

    return Loop(cfunc(signature)(function.py_func))
