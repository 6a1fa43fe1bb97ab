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
        self._lock, self._store, self._held, self._changes = threading.RLock(), None, None, None

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
        self._store = self._held = None

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

    def _file(self):
        """The file as of its newest commit, the same for all that one call looks at; `None` as long as there is none."""
        self._is_open = True
        while os.path.exists(self._path):
            store = self._store = Store(self._path) if self._store is None else self._store
            newest, held = (store.uuid, store.commit), self._held
            if store.commit is None:
                break
            if held is not None and held[0] == newest:
                return held[1]
            # others may commit meanwhile
            with contextlib.suppress(KeyError):
                # it keeps the commit readable, and knows its names
                self._held = newest, Store(self._path, commit=newest[1])._file
        return None

    def _arrays(self, file):
        """The keys that zarr-python wrote, and the names of all other arrays."""
        names = [name[1:] for name in file.names()] if file is not None else []
        keys = {name for name in names if metadata.is_key(file.meta("/" + name))}
        others = [name for name in names if name not in keys]
        with self._lock:
            for key, value in (self._changes or {}).items():
                keys.add(key) if value is not None else keys.discard(key)
        return keys, others

    def _listed(self):
        """As `_arrays`, with the keys of each array. Those whose type Zarr lacks are left out, and refused if they are asked for."""
        file = self._file()
        keys, others = self._arrays(file)
        about = {name: file.meta("/" + name) for name in others}
        return keys, {name: _chunk_keys(name, about[name]) for name in others if metadata.has_type(about[name]["dtype"])}

    def get_sync(self, key, *, prototype=None, byte_range=None):
        """The bytes of a key, or `None`."""
        prototype = prototype or default_buffer_prototype()
        if byte_range is not None and not isinstance(byte_range, (RangeByteRequest, OffsetByteRequest, SuffixByteRequest)):
            raise ValueError(f"Unexpected byte_range, got {byte_range}.")
        value = self._value(key, byte_range)
        return None if value is None else prototype.buffer.from_bytes(value)

    def _value(self, key, byte_range=None):
        """The bytes of a key, or those that are asked for; `None` without that key."""
        with self._lock:
            if self._changes is not None and key in self._changes:
                value = self._changes[key]
                return value and value[_places(byte_range, len(value))]
        file = self._file()
        if file is None or not key:
            return None
        if not _is_key(file, key):
            value = _shown(file, key)
            return value and value[_places(byte_range, len(value))]
        array = file.array("/" + key)
        # without the rest of a shard
        return array[_places(byte_range, len(array))].compute().tobytes()

    def _has(self, key):
        with self._lock:
            if self._changes is not None and key in self._changes:
                return self._changes[key] is not None
        file = self._file()
        return file is not None and (_is_key(file, key) or self._value(key) is not None)

    def set_sync(self, key, value):
        """Sets the bytes of a key."""
        self._check_writable()
        _refuse(self._above(key), "")
        self._change({key: _bytes(value)})

    def _above(self, key):
        """The array that zarr-python did not write among the folders of a key."""
        file = self._file()
        for end in (at for at, letter in enumerate(key) if letter == "/" and file is not None):
            if _is_key(file, key[:end]) is False:
                yield key[:end]

    def delete_sync(self, key):
        """Removes a key, if it is there."""
        self._check_writable()
        with self._lock:
            is_pending = self._changes is not None and self._changes.get(key) is not None
        file = self._file()
        if is_pending or file is not None and _is_key(file, key):
            self._change({key: None})
        else:
            _refuse(self._above(key))

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
        # the commit before this one is no longer of use
        self._held = None

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
        return await self._run(self._has, key)

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
                if not self._has(key):
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
        keys, others = self._arrays(self._file())
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
        for key in _shown_keys(keys, others):
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
                inside = (key[len(start) :] for key in others[name] if key.startswith(start))
                found |= {key.split("/")[0] for key in inside}
        for key in sorted(found):
            yield key

    async def is_empty(self, prefix):
        return not [key async for key in self.list_dir(prefix)]


# Arrays of the file, shown as arrays of Zarr.


def _is_key(file, name):
    """Whether an array holds the bytes of one of zarr-python's keys; `None` if there is no such array."""
    try:
        return metadata.is_key(file.meta("/" + name))
    except (KeyError, ValueError):
        return None


def _shown(file, key):
    """The bytes of a key of an array that was not written by zarr-python."""
    name, _, last = key.rpartition("/")
    if last == _METADATA:
        if name and _is_key(file, name) is False:
            return _encoded(metadata.array(name, file.meta("/" + name), [metadata.PLAIN]))
        start = f"/{name}/" if name else "/"
        inside = any(other.startswith(start) and not _is_key(file, other[1:]) for other in file.names())
        return _encoded(metadata.group(json.loads(file.attributes()), name and "/" + name)) if inside else None
    name, _, index = f"{key}/".rpartition("/c/")
    if _is_key(file, name) is not False:
        return None
    about, array = file.meta("/" + name), file.array("/" + name)
    digits = [n for n in index.split("/") if n]
    if len(digits) != array.ndim or not all(map(str.isdecimal, digits)):
        return None
    return _chunk(array, about, list(map(int, digits)))


def _shown_keys(keys, others):
    for name, chunks in others.items():
        yield from chunks
    groups = {"/".join(name.split("/")[:depth]) for name in others for depth in range(name.count("/") + 1)}
    for group in groups:
        key = f"{group}/{_METADATA}".lstrip("/")
        if key not in keys:
            yield key


def _chunk_keys(name, about):
    """The keys of an array, made as they are needed."""
    counts = [-(-n // chunk) for n, chunk in zip(about["shape"], about["chunks"])]
    yield f"{name}/{_METADATA}"
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
