"""Opening files of any format."""

import json
import os
from collections.abc import Mapping

from . import _arrstore
from ._arrstore import Array
from ._store import Store, full_name, lengths


class FileArray(Array):
    """A lazy array of a file that can only be read."""

    _is_assignable = False

    def __new__(cls, path, commit=None):
        return super().__new__(cls, _arrstore.open_array(path, commit)[0])

    def __init__(self, path, commit=None):
        _, attributes, dims = _arrstore.open_array(path, commit)
        self._attributes, self._dims = json.loads(attributes), tuple(dims)

    def __setitem__(self, key, value):
        raise TypeError("an array of a file that is only read cannot be assigned to: assign to a copy of it, x.copy()")

    def __reduce__(self):
        if self.origin is None:
            return super().__reduce__()
        path, _, commit = self.origin
        return FileArray, (path, commit)

    @property
    def attrs(self):
        """A copy of the attributes."""
        return dict(self._attributes)

    @property
    def dims(self):
        """Names of the axes; `None` for an axis without one."""
        return self._dims or (None,) * self.ndim


class Archive(Mapping):
    """The arrays of an `.npz` archive or a Zarr store, by their names. They can only be read."""

    def __init__(self, path, names):
        # a relative path means the folder of now
        self._path, self._names = os.path.abspath(path), names

    @property
    def path(self):
        """The path of the archive."""
        return self._path

    def __iter__(self):
        return (name[1:] for name in self._names)

    def __len__(self):
        return len(self._names)

    def __contains__(self, name):
        return full_name("", name) in self._names

    def __getitem__(self, name):
        full = full_name("", name)
        if full not in self._names:
            raise KeyError(f"{self._path}: has no array {name}; it holds {', '.join(self)}")
        return FileArray(f"{self._path}:{full}")

    # a mapping compares its values, and two arrays have no single truth value
    __eq__, __hash__ = object.__eq__, object.__hash__

    def __repr__(self):
        lines = [f"  {name}  {array.shape} {array.dtype}" for name, array in self.items()]
        return "\n".join([f"<arrstore.Archive {self._path!r}>", *lines])


def open(path, mode="r", *, commit=None, dtype=None, shape=None, offset=0, order="C"):
    """Opens a file of arrays. What it gives depends on the file:

    `x.arrs`: a `Store`, a mapping of names to arrays and groups.
    `x.npy`, `x.arrs:/name`, `x.npz:/name`, `x.zarr:/name`, each perhaps with a subscript such as `[10:20]`: a lazy array.
    `x.npz`, `x.zarr`: a mapping of names to lazy arrays.

    any file, with `dtype`: a lazy array over its plain elements, from byte `offset` on. Without `shape` they are one axis, to
    the end of the file. order: `F` if the first axis varies fastest.

    mode: `r` reads. For an `.arrs` file: `r+` also writes, `a` makes the file if it does not exist, `w` replaces it, `x`
    makes it and it must not exist. commit: reads an earlier commit of an `.arrs` file.
    """
    path = os.fsdecode(path)
    if dtype is not None:
        if mode != "r" or commit is not None:
            raise ValueError("plain elements are only read: leave out mode and commit")
        if order not in ("C", "F"):
            raise ValueError(f"order: expected 'C' or 'F', found {order!r}")
        if offset < 0:
            raise ValueError(f"offset: expected at least 0, found {offset}")
        return _arrstore.open_raw(path, dtype, None if shape is None else list(lengths(shape)), offset, order == "F")
    if (shape, offset, order) != (None, 0, "C"):
        raise ValueError("shape, offset and order say how plain elements lie: give their dtype too")
    format, is_part = _arrstore.locate(path)
    if mode != "r":
        if format in ("npy", "npz", "zarr"):
            raise ValueError(f"{path}: mode {mode!r} is for .arrs files: x.save({path!r}) writes an array to a file of {format}")
        return Store(path, mode, commit=commit)
    if format == "arrs" and not is_part:
        return Store(path, commit=commit)
    if format in ("npz", "zarr") and not is_part:
        names = _arrstore.list_arrays(path)
        if names != ["/"]:
            return Archive(path, names)
    return FileArray(path, commit)
