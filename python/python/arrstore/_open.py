"""Opening files of any format."""

import contextlib
import errno
import json
import os
from collections.abc import Mapping

from . import _arrstore
from ._arrstore import Array
from ._paths import check_exists, naming, split
from ._store import Group, Store, full_name, lengths


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
    """The arrays of an `.npz` archive, of a Zarr store or of a group in one, by their names. They can only be read."""

    def __init__(self, path, names, prefix=""):
        # a relative path means the folder of now
        self._path, self._prefix = os.path.abspath(path), prefix
        self._all, self._names = names, [name for name in names if name.startswith(prefix + "/")]

    @property
    def path(self):
        """The path of the archive."""
        return self._path

    def __iter__(self):
        return (name[len(self._prefix) + 1 :] for name in self._names)

    def __len__(self):
        return len(self._names)

    def __contains__(self, name):
        full = full_name(self._prefix, name)
        return any(other == full or other.startswith(full + "/") for other in self._names)

    def __getitem__(self, name):
        full = full_name(self._prefix, name)
        if full in self._names:
            return FileArray(f"{self._path}:{full}")
        group = Archive(self._path, self._all, full)
        if not len(group):
            raise KeyError(f"{self._path}: has no array {name}; it holds {', '.join(self)}")
        return group

    # a mapping compares its values, and two arrays have no single truth value
    __eq__, __hash__ = object.__eq__, object.__hash__

    def __repr__(self):
        lines = [f"  {name}  {array.shape} {array.dtype}" for name, array in self.items()]
        return "\n".join([f"<arrstore.Archive {self._path!r}>", *lines])


def open(path, mode="r", *, commit=None, dtype=None, shape=None, offset=0, order="C"):
    """Opens a file of arrays. What it gives depends on the file:

    `x.arrs`: a `Store`, a mapping of names to arrays and groups. `x.arrs:/group`: a `Group` of it.
    `x.npy`, `x.arrs:/name`, `x.npz:/name`, `x.zarr:/name`, each perhaps with a subscript such as `[10:20]`: a lazy array.
    `x.npz`, `x.zarr`, `x.zarr:/group`: a mapping of names to lazy arrays.

    any file, with `dtype`: a lazy array over its plain elements, from byte `offset` on. Without `shape` they are one axis, to
    the end of the file. order: `F` if the first axis varies fastest.

    mode: `r` reads. For an `.arrs` file: `r+` also writes, `a` makes the file if it does not exist, `w` replaces it, `x`
    makes it and it must not exist. An array of one can be assigned to in these modes. commit: reads an earlier commit of an
    `.arrs` file.
    """
    path = os.fsdecode(path)
    with naming(path):
        if dtype is not None:
            return _plain(path, mode, commit, dtype, shape, offset, order)
        if (shape, offset, order) != (None, 0, "C"):
            raise ValueError("shape, offset and order say how plain elements lie: give their dtype too")
        return _read(path, commit) if mode == "r" else _writable(path, mode, commit)


def _plain(path, mode, commit, dtype, shape, offset, order):
    """A lazy array over plain elements."""
    if mode != "r" or commit is not None:
        raise ValueError("plain elements are only read: leave out mode and commit")
    if order not in ("C", "F"):
        raise ValueError(f"order: expected 'C' or 'F', found {order!r}")
    if offset < 0:
        raise ValueError(f"offset: expected at least 0, found {offset}")
    check_exists(path)
    return _arrstore.open_raw(path, dtype, None if shape is None else list(lengths(shape)), offset, order == "F")


def _read(path, commit):
    """A store, a group, a mapping or an array, to be read."""
    check_exists(path)
    file, name = split(path)
    if name is not None and not name.strip("/"):
        path, name = file, None
    format, is_part = _arrstore.locate(path)
    if format == "arrs" and not is_part:
        return Store(path, commit=commit)
    if format in ("npz", "zarr") and not is_part:
        names = _arrstore.list_arrays(path)
        if names != ["/"]:
            return Archive(path, names)
    try:
        return FileArray(path, commit)
    except FileNotFoundError:
        if name is not None:
            with contextlib.suppress(KeyError):
                return _group(file, name, format, commit)
        raise


def _group(file, name, format, commit):
    """The group of this name."""
    if format == "arrs":
        group = Store(file, commit=commit)[name]
        group._owns = True
        return group
    return Archive(file, _arrstore.list_arrays(file))[name]


def _writable(path, mode, commit):
    """A store, a group of one or an array of one, to be changed."""
    file, name = split(path)
    format, _ = _arrstore.locate(file)
    if format in ("npy", "npz", "zarr"):
        raise ValueError(f"mode {mode!r} is for .arrs files: x.save({path!r}) writes an array to a file of {format}")
    if name is None or not name.strip("/"):
        return Store(file, mode, commit=commit)
    if mode in ("w", "x", "w-"):
        raise ValueError(f"mode {mode!r} makes a whole file: open {file!r} with it, or the array or group with 'a'")
    store = Store(file, mode, commit=commit)
    if mode == "a" and name not in store:
        return Group(store, full_name("", name), owns=True)
    try:
        found = store[name]
    except KeyError as error:
        raise FileNotFoundError(errno.ENOENT, error.args[0], path) from None
    if isinstance(found, Group):
        found._owns = True
    return found
