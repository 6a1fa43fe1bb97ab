"""Arrays of NumPy whose elements the extension does not take: texts and records."""

import os
import tempfile

import numpy as np

from . import _arrstore
from ._arrstore import Array


def lazy(array):
    """A lazy array of any array of NumPy. Its elements are copied. Texts and records go through a file in the folder of
    temporary files, which has no name any more when this function returns.
    """
    array = np.asarray(array)
    if array.dtype.kind in "mM":
        return _arrstore.lazy(array.view(np.int64)).astype(array.dtype.newbyteorder("="))
    if array.dtype.kind not in "SUV" or array.dtype.names is None and array.dtype.kind == "V":
        return _arrstore.lazy(array)
    handle, path = tempfile.mkstemp(suffix=".npy", dir=_arrstore.settings()[2])
    try:
        with os.fdopen(handle, "wb") as file:
            np.save(file, array, allow_pickle=False)
        return _arrstore.open_array(path)[0]
    finally:
        os.unlink(path)


def plain(value):
    """The value itself where a store takes it; a lazy array of it where not."""
    if isinstance(value, Array):
        return value
    array = np.asarray(value)
    return lazy(array) if array.dtype.kind in "mMSUV" else value


def default_chunks(dtype, shape):
    """The chunks of an array for which none are given. They depend on the bytes of an element alone."""
    of_size = {1: "u1", 2: "u2", 4: "u4", 8: "u8"}.get(dtype.itemsize, "c16")
    return tuple(_arrstore.default_chunks(np.dtype(of_size), shape))
