"""The bytes of lazy arrays: in memory, in files, and as elements of another type."""

import builtins
import os
import shutil
import tempfile

import numpy as np

from . import _arrstore, _functions
from ._arrstore import Array

#: Arrays of more bytes are computed into a file, not into memory.
_LARGE = 64 << 20

#: Elements of a smaller type, of which one of a larger type has at most so many.
_PARTS = 64

_save = Array.save


def append_elements(file, array, spare):
    """Writes the elements of an array to a file, in C order. spare: a path for those that do not fit in memory; it may be on another
    disk.
    """
    if isinstance(array, Array) and array.nbytes > _LARGE:
        _save(array, spare)
        with builtins.open(spare, "rb") as computed:
            shutil.copyfileobj(computed, file, 1 << 20)
        os.remove(spare)
        return
    values = np.asarray(array)
    values = np.ascontiguousarray(values, values.dtype.newbyteorder("<"))
    file.write(values.reshape(-1).view("u1") if values.size else b"")


def tobytes(self, order="C"):
    """The elements as bytes."""
    return self._asarray().tobytes(order)


def tofile(self, fid, sep="", format="%s"):
    """Writes the elements to a file, as bytes or as texts between separators. A file of this path is replaced, as a whole and at
    the end.
    """
    if sep:
        self._asarray().tofile(fid, sep, format)
        return
    if hasattr(fid, "write"):
        fid.flush()
        # beside the file, if it has a name: the folder of the system may be small
        beside = os.path.dirname(os.path.abspath(os.fsdecode(fid.name))) if isinstance(getattr(fid, "name", None), (str, bytes)) else None
        with tempfile.TemporaryDirectory(dir=beside) as folder, builtins.open(os.dup(fid.fileno()), "wb") as file:
            append_elements(file, self, os.path.join(folder, "computed.raw"))
        return
    path = os.path.abspath(os.fsdecode(fid))
    with tempfile.TemporaryDirectory(prefix=f".{os.path.basename(path)}-", dir=os.path.dirname(path)) as folder:
        made = os.path.join(folder, "made.raw")
        _save(self, made)
        os.replace(made, path)


def dump(self, file):
    """Pickles the array into a file."""
    import pickle

    if hasattr(file, "write"):
        pickle.dump(self, file)
        return
    with builtins.open(os.fsdecode(file), "wb") as opened:
        pickle.dump(self, opened)


def dumps(self):
    """The pickle of the array."""
    import pickle

    return pickle.dumps(self)


class _Seen:
    """The elements of a block as those of another type of the same size."""

    def __init__(self, dtype):
        self._dtype = dtype

    def __call__(self, block):
        return np.ascontiguousarray(block).reshape(block.shape).view(self._dtype)


class _Swapped:
    """The elements of a block with their bytes in reverse order."""

    def __call__(self, block):
        return block.byteswap()


def byteswap(self, inplace=False):
    """The elements with their bytes in reverse order."""
    swapped = _arrstore.map_blocks(self, _Swapped(), self.dtype)
    if not inplace:
        return swapped
    self[...] = swapped
    return self


def view(self, dtype=None, type=None):
    """The bytes of the elements as elements of another type, in another object: a later assignment to one of both does not change
    the other. `type`, a class of arrays of NumPy, computes the elements.
    """
    if isinstance(dtype, builtins.type) and issubclass(dtype, np.ndarray):
        dtype, type = None, dtype
    array = Array(self) if dtype is None else _seen_as(self, np.dtype(dtype))
    return array if type is None else np.asarray(array).view(type)


def _seen_as(array, dtype):
    own = array.dtype
    if dtype.hasobject:
        raise TypeError("view: the bytes of elements are no objects of Python")
    if not dtype.itemsize:
        raise ValueError(f"view: expected a type with a size, found {dtype}")
    if dtype.itemsize == own.itemsize and dtype.subdtype is None:
        return array if dtype == own else _arrstore.map_blocks(array, _Seen(dtype), dtype)
    if not array.ndim:
        raise ValueError(f"view: an array without axes can be seen only as elements of {own.itemsize} bytes, and those of {dtype} have {dtype.itemsize}")
    large, small = max(own.itemsize, dtype.itemsize), min(own.itemsize, dtype.itemsize)
    count, line = large // small if small else 0, array.shape[-1] * own.itemsize
    if not count or large % small or line % dtype.itemsize:
        raise ValueError(f"view: {line} bytes, in elements of {own.itemsize}, are no elements of {dtype} with {dtype.itemsize} bytes")
    if dtype.subdtype is None and count <= _PARTS:
        if own.itemsize > dtype.itemsize:
            return _cut(array, dtype, count)
        if large <= 8 and large.bit_count() == 1:
            return _seen_as(_put_together(array, large, count), dtype)
    return _arrstore.lazy(np.ascontiguousarray(array).view(dtype))


def _cut(array, dtype, count):
    """Each element as several: as the fields of a record, side by side."""
    fields = [f"f{number}" for number in range(count)]
    records = _seen_as(array, np.dtype([(name, dtype) for name in fields]))
    return _functions.call("stack", None, ([records[name] for name in fields],), {"axis": -1}).reshape(*array.shape[:-1], -1 if array.size else array.shape[-1] * count)


def _put_together(array, size, count):
    """Several elements as one integer, the first in the lowest bytes."""
    bits = array.dtype.itemsize * 8
    parts = _seen_as(array, np.dtype(f"u{array.dtype.itemsize}")).reshape(*array.shape[:-1], array.shape[-1] // count, count)
    parts = parts.astype(np.dtype(f"u{size}"))
    whole = parts[..., 0]
    for number in range(1, count):
        whole = whole | parts[..., number] << number * bits
    return whole


MEMBERS = {
    "byteswap": byteswap,
    "dump": dump,
    "dumps": dumps,
    "tobytes": tobytes,
    "tofile": tofile,
    "view": view,
}
