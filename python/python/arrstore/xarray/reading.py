"""Groups of a store as datasets of xarray."""

import numpy as np
from xarray import Variable
from xarray.backends import AbstractDataStore, BackendArray
from xarray.coding.strings import create_vlen_dtype
from xarray.core import indexing

from .. import _attributes
from .._attributes import OBJECTS, dimensions
from .._store import Group, Store, StoredArray

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


def variable(array):
    """A stored array as a variable that xarray decodes."""
    attrs = _attributes.decode(array.attrs)
    is_text_object = attrs.pop(OBJECTS, False)
    dims = dimensions(array.dims, array.shape)
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
        if found._group and found._group not in found.groups():
            raise KeyError(f"{path}: has no group {found._group}; it holds {', '.join(name or '/' for name in found.groups())}")
        return found

    def groups(self):
        """The names of all groups of the store."""
        return _attributes.groups(self._store._file.names(), self._store.attrs)

    def children(self):
        """The groups below and this one: their names, from this one on, and their stores."""
        inside = [name for name in self.groups() if (name + "/").startswith(self._group + "/")]
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
        return _attributes.decode(_attributes.of_group(dict(self._store.attrs), self._group))

    def get_dimensions(self):
        found = {}
        for name in self.names():
            array = self.array(name)
            found |= zip(dimensions(array.dims, array.shape), array.shape, strict=True)
        return found

    def close(self):
        self._store.close()
