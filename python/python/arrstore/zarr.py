"""A store of zarr-python 3 in one `.arrs` file.

    import zarr
    from arrstore.zarr import ArrsStore

    zarr.open_group(ArrsStore("x.arrs", read_only=True), mode="r")["t"][10:20]     # the arrays of the file, as Zarr has them
    with ArrsStore("y.arrs") as store, store.transaction():               # any Zarr hierarchy, in one commit
        zarr.create_array(store, name="a", data=values)

What zarr-python writes is kept as it is, as one array of bytes for each key. All other arrays of the file are shown as arrays
of Zarr, and can be read.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import math
import os
import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from zarr.abc.store import OffsetByteRequest, RangeByteRequest, Store as _ZarrStore, SuffixByteRequest
from zarr.core.buffer import Buffer, default_buffer_prototype

from . import _zarr_metadata as metadata
from ._store import Store
from ._zarr_metadata import KEY

if TYPE_CHECKING:
    from . import Path

_METADATA = "zarr.json"

#: Seconds that a change waits for other writers.
PATIENCE = 60


class ArrsStore(_ZarrStore):
    """A store of zarr-python over an `.arrs` file. Each change is one commit, or a part of a `transaction`.

    path: the file. It is made by the first change. read_only: whether changes are refused.
    """

    supports_writes = True
    supports_deletes = True
    supports_listing = True

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        super().__init__(read_only=read_only)
        self._path = os.path.abspath(os.fsdecode(path))
        self._lock, self._file, self._changes = threading.RLock(), None, None

    @property
    def path(self) -> str:
        """The path of the file."""
        return self._path

    def with_read_only(self, read_only: bool = False) -> ArrsStore:
        return ArrsStore(self._path, read_only=read_only)

    def __str__(self):
        return f"arrs://{self._path}"

    def __repr__(self):
        return f"ArrsStore({self._path!r}, read_only={self.read_only})"

    def __eq__(self, other):
        return isinstance(other, ArrsStore) and (self._path, self.read_only) == (other._path, other.read_only)

    __hash__ = None

    def __reduce__(self):
        return _made, (self._path, self.read_only)

    def close(self) -> None:
        super().close()
        self._file = None

    @contextlib.contextmanager
    def transaction(self) -> Iterator[ArrsStore]:
        """All changes inside of it are one commit. They are held in memory until its end, and an exception drops them."""
        self._check_writable()
        with self._lock:
            if self._changes is not None:
                raise RuntimeError("a transaction is under way: end it first")
            self._changes = {}
        try:
            yield self
        except BaseException:
            self._changes = None
            raise
        with self._lock:
            changes, self._changes = self._changes, None
            self._commit(changes)

    # Keys and bytes.

    def _store(self):
        """The file, or `None` as long as there is none."""
        if not self._is_open:
            self._is_open = True
        if self._file is None and os.path.exists(self._path):
            self._file = Store(self._path)
        return self._file

    def _arrays(self):
        """The keys that zarr-python wrote, and the names of all other arrays."""
        store = self._store()
        names = [name[1:] for name in store._file.names()] if store is not None else []
        keys = {name for name in names if self._is_key(store, name)}
        others = [name for name in names if name not in keys]
        with self._lock:
            for key, value in (self._changes or {}).items():
                keys.add(key) if value is not None else keys.discard(key)
        return keys, others

    def _listed(self):
        """As `_arrays`, without those whose type Zarr lacks. Asked for by its name, such an array is refused with a reason."""
        keys, others = self._arrays()
        return keys, [name for name in others if metadata.has_type(self._store()._file.meta("/" + name)["dtype"])]

    @staticmethod
    def _is_key(store, name):
        return metadata.is_key(store._file.meta("/" + name))

    def get_sync(self, key, *, prototype=None, byte_range=None):
        """The bytes of a key, or `None`."""
        prototype = prototype or default_buffer_prototype()
        if byte_range is not None and not isinstance(byte_range, (RangeByteRequest, OffsetByteRequest, SuffixByteRequest)):
            raise ValueError(f"Unexpected byte_range, got {byte_range}.")
        value = self._value(key)
        if value is None:
            return None
        return prototype.buffer.from_bytes(value[_places(byte_range, len(value))])

    def _value(self, key):
        with self._lock:
            if self._changes is not None and key in self._changes:
                return self._changes[key]
        store = self._store()
        if store is None or not key:
            return None
        try:
            array = store._file.array("/" + key)
        except (KeyError, ValueError):
            return self._shown(store, key)
        return array.compute().tobytes() if self._is_key(store, key) else None

    def set_sync(self, key, value):
        """Sets the bytes of a key."""
        self._check_writable()
        _refuse(self._above(key), "")
        self._change({key: _bytes(value)})

    def _above(self, key):
        """The array that zarr-python did not write among the folders of a key."""
        store = self._store()
        for end in (at for at, letter in enumerate(key) if letter == "/" and store is not None):
            try:
                if not self._is_key(store, key[:end]):
                    yield key[:end]
            except (KeyError, ValueError):
                pass

    def delete_sync(self, key):
        """Removes a key, if it is there."""
        self._check_writable()
        keys, others = self._arrays()
        if key in keys:
            self._change({key: None})
        else:
            _refuse(name for name in others if key.startswith(name + "/"))

    def _change(self, changes):
        self._check_writable()
        with self._lock:
            if self._changes is not None:
                self._changes |= changes
            else:
                self._commit(changes)

    def _commit(self, changes):
        """Writes and removes keys in one commit. Other writers are waited for."""
        if not changes:
            return
        with Store(self._path, "a") as store, _begun(store) as tx:
            there = set(tx)
            for key, value in changes.items():
                if value is not None:
                    tx.write(key, np.frombuffer(value, "u1"), codec="none", attrs={KEY: True})
                elif key in there:
                    del tx[key]
        if self._file is None:
            self._store()

    # What zarr-python calls. The work is done in threads, so that several keys are read at once.

    async def _run(self, function, *args, **kwargs):
        if not self._is_open:
            await self._open()
        return await asyncio.to_thread(function, *args, **kwargs)

    async def get(self, key, prototype=None, byte_range=None):
        return await self._run(self.get_sync, key, prototype=prototype, byte_range=byte_range)

    async def get_partial_values(self, prototype, key_ranges):
        return list(await asyncio.gather(*(self.get(key, prototype, byte_range) for key, byte_range in key_ranges)))

    async def exists(self, key):
        return await self._run(lambda: self._value(key) is not None)

    async def set(self, key, value):
        self._check_writable()
        await self._run(self.set_sync, key, value)

    async def _set_many(self, values):
        self._check_writable()
        values = {key: _bytes(value) for key, value in values}
        await self._run(_refuse, (name for key in values for name in self._above(key)), "")
        await self._run(self._change, values)

    async def set_if_not_exists(self, key, value):
        def change():
            with self._lock:
                if self._value(key) is None:
                    self.set_sync(key, value)

        await self._run(change)

    async def delete(self, key):
        self._check_writable()
        await self._run(self.delete_sync, key)

    async def delete_dir(self, prefix):
        self._check_writable()
        start = prefix.rstrip("/") + "/" if prefix else ""
        await self._run(self._delete_below, start)

    def _delete_below(self, start):
        keys, others = self._arrays()
        # without a prefix, what zarr-python wrote is deleted
        _refuse(name for name in others if start and f"{name}/".startswith(start))
        self._change({key: None for key in keys if key.startswith(start)})

    async def clear(self):
        self._check_writable()
        await self.delete_dir("")

    async def list(self):
        async for key in self.list_prefix(""):
            yield key

    async def list_prefix(self, prefix):
        keys, others = await self._run(self._listed)
        for key in sorted(keys):
            if key.startswith(prefix):
                yield key
        for key in self._shown_keys(keys, others):
            if key.startswith(prefix):
                yield key

    async def list_dir(self, prefix):
        keys, others = await self._run(self._listed)
        start = prefix.rstrip("/") + "/" if prefix.rstrip("/") else ""
        found = {key[len(start) :].split("/")[0] for key in keys if key.startswith(start)}
        for name in others:
            if (name + "/").startswith(start) and name + "/" != start:
                # a group
                found |= {name[len(start) :].split("/")[0], _METADATA}
            elif start.startswith(name + "/"):
                inside = (key for key in self._chunk_keys(name))
                found |= {key[len(start) :].split("/")[0] for key in [f"{name}/{_METADATA}", *inside] if key.startswith(start)}
        for key in sorted(found):
            yield key

    async def is_empty(self, prefix):
        return not [key async for key in self.list_dir(prefix)]

    # Arrays of the file, shown as arrays of Zarr.

    def _shown(self, store, key):
        """The bytes of a key of an array that was not written by zarr-python."""
        name, _, last = key.rpartition("/")
        if last == _METADATA:
            _, others = self._arrays()
            if name in others:
                return _encoded(metadata.array(name, store._file.meta("/" + name), [metadata.PLAIN]))
            inside = [other for other in others if other.startswith(name + "/") or not name]
            return _encoded(metadata.group(store.attrs, name and "/" + name)) if inside else None
        name, _, index = f"{key}/".partition("/c/")
        try:
            index = [int(n) for n in index.split("/") if n]
            about = store._file.meta("/" + name)
            array = store._file.array("/" + name)
        except (KeyError, ValueError):
            return None
        if metadata.is_key(about) or len(index) != array.ndim:
            return None
        return _chunk(array, about, index)

    def _shown_keys(self, keys, others):
        for name in others:
            yield f"{name}/{_METADATA}"
            yield from self._chunk_keys(name)
        groups = {"/".join(name.split("/")[:depth]) for name in others for depth in range(name.count("/") + 1)}
        for group in groups:
            key = f"{group}/{_METADATA}".lstrip("/")
            if key not in keys:
                yield key

    def _chunk_keys(self, name):
        about = self._store()._file.meta("/" + name)
        counts = [-(-n // chunk) for n, chunk in zip(about["shape"], about["chunks"])]
        for index in itertools.product(*map(range, counts)):
            yield "/".join([name, "c", *map(str, index)])


def _refuse(names, remedy=": delete it by arrstore.open"):
    """Refuses to change arrays that zarr-python did not write."""
    for name in names:
        raise PermissionError(f"array {name!r} was not written by zarr-python, which can only read it{remedy}")


def _begun(store):
    """A transaction, as soon as no other writer is at work."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return store.transaction()
        except BlockingIOError:
            if time.monotonic() > end:
                raise
            time.sleep(0.01)


def _made(path, read_only):
    return ArrsStore(path, read_only=read_only)


def _bytes(value):
    if not isinstance(value, Buffer):
        raise TypeError(f"expected a Buffer of zarr-python, found {type(value).__name__}")
    return value.to_bytes()


def _encoded(description):
    return json.dumps(description).encode()


def _places(request, length):
    """The bytes that are asked for."""
    if request is None:
        return slice(None)
    if isinstance(request, RangeByteRequest):
        return slice(request.start, request.end)
    if isinstance(request, OffsetByteRequest):
        return slice(request.offset, None)
    return slice(max(length - request.suffix, 0), None)


def _chunk(array, about, index):
    """The bytes of a chunk; one at the edge is filled up."""
    starts = [k * n for k, n in zip(index, about["chunks"])]
    if any(not 0 <= start < max(n, 1) for start, n in zip(starts, about["shape"])) or not math.prod(about["shape"]):
        return None
    part = np.asarray(array[tuple(slice(start, start + n) for start, n in zip(starts, about["chunks"]))].compute())
    if part.shape != tuple(about["chunks"]):
        whole = np.full(about["chunks"], metadata.fill(about), about["dtype"])
        whole[tuple(map(slice, part.shape))] = part
        part = whole
    return part.astype(metadata.packed(about["dtype"]), copy=False).tobytes()
