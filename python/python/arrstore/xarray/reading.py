"""Groups of a store as datasets of xarray."""

import numpy as np
from xarray import Variable
from xarray.backends import AbstractDataStore, BackendArray
from xarray.coding.strings import create_vlen_dtype
from xarray.core import indexing

from .._store import Group, Store, StoredArray
from . import attributes

#: The attribute of a store that holds the attributes of its groups. A store has attributes of its own and of arrays only.
GROUPS = "_groups"

#: The attribute of an array of texts of one width that were objects of Python, of any length.
OBJECTS = "_text_objects"

#: The name in a store of a variable whose name is `None`, as xarray has it for all formats.
UNNAMED = "__values__"


class Elements(BackendArray):
    """The elements of a stored array, read when xarray asks for them."""

    def __init__(self, array, is_text_object):
        self._array, self._is_text_object = array, is_text_object
        self.shape = array.shape
        self.dtype = create_vlen_dtype(str) if is_text_object else array.dtype

    def __getitem__(self, key):
        return indexing.explicit_indexing_adapter(key, self.shape, indexing.IndexingSupport.OUTER, self._read)

    def _read(self, key):
        found = np.asarray(outer(self._array, key).compute())
        return found.astype(self.dtype) if self._is_text_object else found

    async def async_getitem(self, key):
        """As `[]`, in another thread: the library lets go of Python's lock."""
        import asyncio

        return await asyncio.to_thread(self.__getitem__, key)


def outer(array, key):
    """The part of a lazy array at an index along each axis, where an array of numbers takes places of its own axis alone."""
    array = array[tuple(slice(None) if isinstance(part, np.ndarray) else part for part in key)]
    axis = 0
    for part in key:
        if isinstance(part, np.ndarray):
            array = array[(slice(None),) * axis + (part,)]
        axis += isinstance(part, (np.ndarray, slice))
    return array


def dimensions(array):
    """The names of the axes. An axis without one is named by its length, so that it is shared by all arrays of this length."""
    names = []
    for name, length in zip(array.dims, array.shape, strict=True):
        name, count = name or f"dim_{length}", 1
        first = name
        while name in names:
            count += 1
            name = f"{first}_{count}"
        names.append(name)
    return tuple(names)


def variable(array):
    """A stored array as a variable that xarray decodes."""
    attrs = attributes.decode(array.attrs)
    is_text_object = attrs.pop(OBJECTS, False)
    dims = dimensions(array)
    encoding = {
        "chunks": array.chunks,
        "preferred_chunks": dict(zip(dims, array.chunks, strict=True)),
        "codec": array.codec,
    }
    data = indexing.LazilyIndexedArray(Elements(array, is_text_object))
    return Variable(dims, data, attrs, encoding)


class ReadStore(AbstractDataStore):
    """One group of a store, at one commit, as xarray reads it."""

    def __init__(self, store, group=""):
        self._store, self._group = store, "/" + group.strip("/") if group.strip("/") else ""

    @classmethod
    def open(cls, path, group=None, commit=None):
        """The group of a file, as of a commit or of now. All variables are read from the same commit."""
        store = Store(path, commit=commit)
        if commit is None and store.commit is not None:
            store = Store(path, commit=store.commit)
        found = cls(store, group or "")
        if found._group and found._group not in groups(store):
            raise KeyError(f"{path}: has no group {found._group}; it holds {', '.join(groups(store))}")
        return found

    def children(self):
        """The groups below and this one: their names, from this one on, and their stores."""
        inside = [name for name in groups(self._store) if (name + "/").startswith(self._group + "/")]
        return {name[len(self._group) :] or "/": ReadStore(self._store, name) for name in inside}

    def names(self):
        """The names of this group's own arrays."""
        return [name for name in Group(self._store, self._group)._names() if "/" not in name]

    def array(self, name):
        """One of this group's arrays."""
        return StoredArray(self._store, f"{self._group}/{name}")

    def get_variables(self):
        return {name: variable(self.array(name)) for name in self.names()}

    def get_attrs(self):
        return attributes.decode(group_attributes(dict(self._store.attrs), self._group))

    def get_dimensions(self):
        found = {}
        for name in self.names():
            array = self.array(name)
            found |= zip(dimensions(array), array.shape, strict=True)
        return found

    def close(self):
        self._store.close()


def group_attributes(all, group):
    """The attributes of a group, among all those of the store."""
    below = all.pop(GROUPS, {})
    return below.get(group, {}) if group else all


def groups(store):
    """The names of all groups: those of arrays, and those that have attributes or are empty."""
    found = {""}
    for name in [*(name.rpartition("/")[0] for name in store._file.names()), *store.attrs.get(GROUPS, ())]:
        while name not in found:
            found.add(name)
            name = name.rpartition("/")[0]
    return sorted(found)
