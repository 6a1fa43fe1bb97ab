"""The chunks of an `.arrs` file, read by other programs where they lie: references of kerchunk, and a parser of VirtualiZarr.

    from arrstore.virtual import ArrsParser, references

    refs = references("x.arrs")                                                   # a dict, or JSON by json.dumps
    xr.open_zarr(kerchunk.utils.refs_as_store(refs), consolidated=False)
    virtualizarr.open_virtual_dataset("file:///data/x.arrs", registry, ArrsParser())

Both are metadata of Zarr 3 with the place of each chunk in the file. No element is copied or decoded here; only chunks in which
all elements are equal are written out. A reader of references proves no checksum, and pins no commit: bytes that a commit no
longer needs are written again two commits later, and a compaction moves all. So references are for files that no longer change.
"""

from __future__ import annotations

import base64
import json
import os
import urllib.parse
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _attributes, _zarr_metadata as metadata
from ._store import Store

if TYPE_CHECKING:
    from virtualizarr.manifests import ManifestStore

    from . import Path

#: Bytes of chunks of equal elements that references hold at most.
INLINE = 64 << 20


def references(
    path: Path, group: str = "", *, commit: int | None = None, url: str | None = None, skip: Iterable[str] = ()
) -> dict[str, Any]:
    """The references of kerchunk, version 1, to the chunks of a file: a dict that `json.dumps` takes. fsspec's file system
    `reference` makes a store of zarr-python of them.

    group: the name of a group; without it, the whole file. commit: an earlier commit. url: where readers find the file, if
    that is another place than `path`. skip: names of arrays that are left out.
    """
    path = os.fsdecode(path)
    found = _Group(path, group, commit, skip)
    url = url or f"file://{os.path.abspath(path)}"
    refs = {}
    for name in found.groups():
        refs[_joined(name, "zarr.json")] = json.dumps(metadata.group(found.attributes, found.full(name)))
    for name in found.names():
        about = found.about(name)
        if metadata.is_key(about):
            refs[name] = _inlined(b"") if 0 in about["shape"] else _place(url, *found.key(name, about))
            continue
        refs[_joined(name, "zarr.json")] = json.dumps(metadata.array(name, about, _codecs(name, about)))
        refs |= {_joined(name, "c", *map(str, index)): _place(url, *place) for index, *place in found.chunks(name, about)}
    return {"version": 1, "refs": refs}


class ArrsParser:
    """A parser of VirtualiZarr for `.arrs` files: `open_virtual_dataset(url, registry=registry, parser=ArrsParser())`.

    group: the name of a group; without it, the whole file. skip_variables: names of arrays that are left out. commit: an
    earlier commit. local: the path of the file, or of a copy of it, on this machine. Without it, the URL must name one.
    """

    def __init__(
        self,
        group: str | None = None,
        skip_variables: Iterable[str] | None = None,
        *,
        commit: int | None = None,
        local: Path | None = None,
    ) -> None:
        self.group, self.skip_variables, self.commit, self.local = group, skip_variables, commit, local

    def __call__(self, url: str, registry: Any) -> ManifestStore:
        from virtualizarr.manifests import ManifestGroup, ManifestStore

        local = self.local or _local(url)
        found = _Group(local, self.group or "", self.commit, self.skip_variables or ())
        if self.local is None or not urllib.parse.urlparse(url).scheme:
            # obstore takes the names of files as they are
            url = f"file://{os.path.abspath(local if self.local is None else url)}"
        arrays = {}
        for name in found.names():
            parent, _, own = name.rpartition("/")
            arrays.setdefault(parent, {})[own] = _manifest(found, name, url)

        def made(name):
            below = [other for other in found.groups() if other and other != name and other.rpartition("/")[0] == name]
            attributes = metadata.group(found.attributes, found.full(name))["attributes"]
            groups = {other.rpartition("/")[2]: made(other) for other in below}
            return ManifestGroup(arrays=arrays.get(name, {}), groups=groups, attributes=attributes)

        return ManifestStore(made(""), registry=registry)


class _Group:
    """The arrays below a group of a file, as of one commit. Names are relative to the group."""

    def __init__(self, path, group, commit, skip):
        self._store = Store(path, commit=commit)
        self._prefix = "/" + group.strip("/") if group.strip("/") else ""
        self._skip, self._inlined = {skip} if isinstance(skip, str) else set(skip), 0
        self.attributes = dict(self._store.attrs)
        if self._prefix not in self._all():
            raise KeyError(f"{path}: has no group {self._prefix}; it holds {', '.join(name or '/' for name in self._all())}")
        if unknown := self._skip - set(self._names()):
            raise KeyError(f"{path}: skip names arrays that are not there: {', '.join(sorted(unknown))}")

    def _all(self):
        # the folders of keys that zarr-python wrote are no groups
        names = [name for name in self._store._file.names() if not metadata.is_key(self._store._file.meta(name))]
        return _attributes.groups(names, self.attributes)

    def full(self, name):
        """The name of an array or group in the store."""
        return f"{self._prefix}/{name}" if name else self._prefix

    def groups(self):
        """The names of the groups, this one included."""
        start = self._prefix + "/"
        return [(name + "/")[len(start) :].rstrip("/") for name in self._all() if (name + "/").startswith(start)]

    def _names(self):
        start = self._prefix + "/"
        return [name[len(start) :] for name in self._store._file.names() if name.startswith(start)]

    def names(self):
        """The names of the arrays."""
        return [name for name in self._names() if name not in self._skip]

    def about(self, name):
        """What the file says of an array."""
        return self._store._file.meta(self.full(name))

    def chunks(self, name, about):
        """The chunks of an array that hold more than the fill value: index, offset, length, and, where all elements are equal,
        the bytes of the chunk instead.
        """
        made = {about["fill"]: None}
        for index, state, offset, length, element in self._store._file.chunks(self.full(name)):
            if state != "constant":
                yield index, offset, length, None
                continue
            element = bytes(element)
            if element not in made:
                made[element] = _encoded(about, element)
            if (data := made[element]) is not None:
                self._inlined += len(data)
                if self._inlined > INLINE:
                    raise ValueError(
                        f"array {name}: chunks in which all elements are equal would take more than {INLINE >> 20} MiB in the references: "
                        "write the array packed, codec='zstd:1', or with that element as its fill value"
                    )
                yield index, 0, len(data), data

    def key(self, name, about):
        """The place of the bytes of one of zarr-python's keys."""
        chunks = self._store._file.chunks(self.full(name))
        if about["chunks"] < about["shape"]:
            raise ValueError(f"array {name}: {len(chunks)} chunks hold one key of zarr-python, which has one place: read it by ArrsStore")
        _, state, offset, _, element = chunks[0]
        length = about["shape"][0]
        return offset, length, bytes(element) * length if state == "constant" else None


def _codecs(name, about):
    """The codecs of the chunks of an array."""
    dtype, order = about["dtype"], list(about["order"])
    codec, _, level = about["codec"].partition(":")
    if metadata.packed(dtype).itemsize != dtype.itemsize:
        raise ValueError(
            f"array {name}: its records have gaps between their fields, and those of Zarr have none: "
            "write it packed, numpy.lib.recfunctions.repack_fields(...)"
        )
    if codec == "lz4":
        raise ValueError(f"array {name}: Zarr has no codec for chunks packed by lz4: write it with codec='zstd:1'")
    if codec == "pco" and dtype.kind not in "iuf":
        raise ValueError(f"array {name}: Zarr's codec pcodec has no elements of type {dtype}: write it with codec='zstd:1'")
    found = [metadata.codec("transpose", order=order)] if order != sorted(order) else []
    found.append(metadata.codec("numcodecs.pcodec", level=int(level)) if codec == "pco" else metadata.PLAIN)
    if about["shuffle"]:
        found.append(metadata.codec("numcodecs.shuffle", elementsize=dtype.itemsize))
    if codec == "zstd":
        found.append(metadata.codec("zstd", level=int(level), checksum=False))
    return found


def _encoded(about, element):
    """The bytes of a chunk whose elements are all equal."""
    data = element * int(np.prod(about["chunks"], dtype=object))
    codec, _, level = about["codec"].partition(":")
    if codec == "pco":
        # numcodecs packs no integers of 8 bits, and reads them
        from pcodec import ChunkConfig, standalone

        return standalone.simple_compress(np.frombuffer(data, about["dtype"]), ChunkConfig(int(level), enable_8_bit=True))
    import numcodecs

    if about["shuffle"]:
        data = numcodecs.Shuffle(about["dtype"].itemsize).encode(data)
    if codec == "zstd":
        data = numcodecs.Zstd(int(level)).encode(data)
    return bytes(data)


def _place(url, offset, length, data):
    """A reference to bytes of the file, or the bytes."""
    return _inlined(data) if data is not None else [url, offset, length]


def _inlined(data):
    return "base64:" + base64.b64encode(data).decode()


def _joined(*parts):
    return "/".join(part for part in parts if part)


def _local(url):
    """The path of a file of this machine."""
    parts = urllib.parse.urlparse(url)
    if parts.scheme not in ("", "file"):
        raise ValueError(
            f"{url}: expected a file of this machine, found the scheme {parts.scheme!r}: give ArrsParser the path of a copy, local='x.arrs'"
        )
    path = url.removeprefix("file://")
    # `Path.as_uri` writes some letters as their numbers
    plain = urllib.parse.unquote(path) if parts.scheme else path
    return plain if os.path.exists(plain) and not os.path.exists(path) else path


def _manifest(found, name, url):
    """One array as VirtualiZarr has it."""
    from virtualizarr.manifests import ChunkManifest, ManifestArray
    from virtualizarr.manifests.manifest import INLINED_CHUNK_PATH, MISSING_CHUNK_PATH
    from zarr.core.metadata.v3 import ArrayV3Metadata

    about = found.about(name)
    if metadata.is_key(about):
        raise ValueError(f"array {name}: was written by zarr-python: open the file by arrstore.zarr.ArrsStore")
    grid = tuple(-(-n // chunk) for n, chunk in zip(about["shape"], about["chunks"]))
    paths = np.full(grid, MISSING_CHUNK_PATH, np.dtypes.StringDType())
    offsets, lengths, inlined = np.zeros(grid, "u8"), np.zeros(grid, "u8"), {}
    for index, offset, length, data in found.chunks(name, about):
        index = tuple(index)
        paths[index], offsets[index], lengths[index] = url, offset, length
        if data is not None:
            paths[index], inlined[index] = INLINED_CHUNK_PATH, data
    manifest = ChunkManifest.from_arrays(paths=paths, offsets=offsets, lengths=lengths, validate_paths=False, inlined=inlined)
    # VirtualiZarr lists chunks with points alone
    return ManifestArray(ArrayV3Metadata.from_dict(metadata.array(name, about, _codecs(name, about), ".")), manifest)
