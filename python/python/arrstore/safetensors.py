"""Files of safetensors, which hold tensors by their names as plain elements.

    from arrstore import safetensors

    tensors = safetensors.open("model.safetensors")           # nothing is read but the header
    with store.transaction() as tx:                            # into a store, in one commit
        for name, tensor in tensors.items():
            tx[name] = tensor
    safetensors.save("copy.safetensors", store.arrays())       # lazy arrays are computed, inside the memory budget

The package safetensors is not needed.
"""

from __future__ import annotations

import builtins
import errno
import json
import math
import os
import tempfile
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _arrstore
from ._arrstore import Array
from ._bytes import append_elements
from ._store import Group as _Group

if TYPE_CHECKING:
    from . import ArrayLike, Group, Path

#: Types of elements by their names in the header. `BF16` is a type of the package ml_dtypes.
TYPES = {
    "BOOL": "?",
    "U8": "u1",
    "I8": "i1",
    "U16": "<u2",
    "I16": "<i2",
    "U32": "<u4",
    "I32": "<i4",
    "U64": "<u8",
    "I64": "<i8",
    "F16": "<f2",
    "BF16": "bfloat16",
    "F32": "<f4",
    "F64": "<f8",
    "C64": "<c8",
}

#: Bytes of a header at most, as the library of safetensors has it.
_HEADER = 100_000_000


class Tensors(Mapping[str, Array]):
    """The tensors of a file by their names, as lazy arrays over its elements. Assigning to one of them leaves the file as it is."""

    def __init__(self, path: Path) -> None:
        # a relative path means the folder of now
        self._path = os.path.abspath(os.fsdecode(path))
        with builtins.open(path, "rb") as file:
            about = os.fstat(file.fileno())
            self._seen = _identity(about)
            self._start, header = _header(file, about.st_size, self._path)
        self.metadata: dict[str, str] = header.pop("__metadata__", {})
        self._places = _places(header, about.st_size - self._start, self._path)

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, name: str) -> Array:
        kind, shape, offset = self._places[name]
        if kind not in TYPES:
            raise TypeError(f"{self._path}: tensor {name!r} has elements of type {kind}; expected {', '.join(TYPES)}")
        found = _arrstore.open_raw(self._path, _dtype(kind), list(shape), self._start + offset)
        if _identity(os.stat(self._path)) != self._seen:
            raise OSError(errno.ESTALE, "the file has changed since it was opened; open it again", self._path)
        return found

    # a mapping compares its values, and two arrays have no single truth value
    __eq__, __hash__ = object.__eq__, object.__hash__

    def __repr__(self) -> str:
        lines = [f"  {name}  {tuple(shape)} {kind}" for name, (kind, shape, _) in self._places.items()]
        return "\n".join([f"<arrstore.safetensors.Tensors {self._path!r}>", *lines])


def _identity(about: os.stat_result) -> tuple[int, ...]:
    """What differs if a file was written anew, or another has its name."""
    return about.st_dev, about.st_ino, about.st_size, about.st_mtime_ns


def open(path: Path) -> Tensors:
    """The tensors of a file: a mapping of names to arrays, with the texts of the file in `metadata`."""
    return Tensors(path)


def save(path: Path, tensors: Mapping[str, ArrayLike] | Group, metadata: Mapping[str, str] | None = None) -> None:
    """Writes arrays to a file of safetensors. It gets its name at the end, whole.

    tensors: arrays by their names, lazy or of NumPy; or a store or a group, with all arrays in it. metadata: texts by their names.
    """
    path = os.fsdecode(path)
    tensors = tensors.arrays() if isinstance(tensors, _Group) else tensors
    tensors = {name: array if isinstance(array, Array) else np.asarray(array) for name, array in tensors.items()}
    kinds = {name: _kind(name, array) for name, array in tensors.items()}
    # the largest elements first: so all of them lie at multiples of their size
    names = sorted(tensors, key=lambda name: (-tensors[name].dtype.itemsize, name))
    header, offset = {} if metadata is None else {"__metadata__": _texts(metadata)}, 0
    for name in names:
        end = offset + tensors[name].nbytes
        header[name] = {"dtype": kinds[name], "shape": list(tensors[name].shape), "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    if len(text) > _HEADER:
        raise ValueError(f"{path}: expected a header of at most {_HEADER} bytes, found {len(text)}: write several files")
    folder, own = os.path.split(os.path.abspath(path))
    with tempfile.TemporaryDirectory(prefix=f".{own}-", dir=folder) as beside:
        made = os.path.join(beside, "made")
        with builtins.open(made, "wb") as file:
            file.write(len(text).to_bytes(8, "little") + text)
            for name in names:
                append_elements(file, tensors[name], os.path.join(beside, "computed.raw"))
            file.flush()
            os.fsync(file.fileno())
        os.replace(made, path)


def _header(file, size, path):
    """The place of the first element, and the header."""
    length = int.from_bytes(file.read(8), "little")
    if size < 8 or length > min(size - 8, _HEADER):
        raise ValueError(f"{path}: is no file of safetensors: its first eight bytes tell of a header of {length} bytes, the file has {size}")
    try:
        header = json.loads(file.read(length).decode(), object_pairs_hook=_unique)
    except ValueError as error:
        raise ValueError(f"{path}: the header is no JSON: {error}") from error
    if not isinstance(header, dict):
        raise ValueError(f"{path}: the header: expected an object of JSON, found {type(header).__name__}")
    if not isinstance(header.get("__metadata__", {}), dict):
        raise ValueError(f"{path}: __metadata__: expected an object of texts, found {header['__metadata__']!r}")
    return 8 + length, header


def _unique(pairs):
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("an object has one key twice")
    return found


def _places(header, size, path):
    """Type, shape and offset of each tensor, after all rules of the format were checked."""
    found, end = {}, 0
    for name, about in header.items():
        if not (isinstance(about, dict) and _lengths(about.get("shape")) and _lengths(about.get("data_offsets"))):
            raise ValueError(f"{path}: tensor {name!r}: expected dtype, shape and data_offsets, found {about!r}")
        if len(about["data_offsets"]) != 2 or not isinstance(about.get("dtype"), str):
            raise ValueError(f"{path}: tensor {name!r}: expected dtype, shape and two data_offsets, found {about!r}")
        found[name] = about["dtype"], tuple(about["shape"]), about["data_offsets"][0]
    for name, (kind, shape, start) in sorted(found.items(), key=lambda item: header[item[0]]["data_offsets"]):
        stop = header[name]["data_offsets"][1]
        if start != end or stop < start or stop > size:
            raise ValueError(f"{path}: tensor {name!r} lies from byte {start} to {stop} of {size}; expected one that begins at {end}")
        if kind in TYPES and stop - start != (needed := math.prod(shape) * _size(kind)):
            raise ValueError(f"{path}: tensor {name!r} of {shape} {kind} needs {needed} bytes, and has {stop - start}")
        end = stop
    if end != size:
        raise ValueError(f"{path}: the tensors end at byte {end} of {size}")
    return found


def _lengths(numbers):
    return isinstance(numbers, list) and all(type(n) is int and n >= 0 for n in numbers)


def _size(kind):
    return 2 if kind == "BF16" else np.dtype(TYPES[kind]).itemsize


def _dtype(kind):
    if kind == "BF16":
        from ml_dtypes import bfloat16

        return np.dtype(bfloat16)
    return np.dtype(TYPES[kind])


def _kind(name, array):
    """The name of an array's type in the header."""
    if not isinstance(name, str) or name == "__metadata__":
        raise ValueError(f"expected a name that is a text and not '__metadata__', found {name!r}")
    wanted = array.dtype.name if array.dtype.name == "bfloat16" else array.dtype.newbyteorder("<").str.lstrip("|").replace("b1", "?")
    for kind, own in TYPES.items():
        if own == wanted:
            return kind
    raise TypeError(f"tensor {name!r}: files of safetensors have no elements of type {array.dtype}; expected {', '.join(TYPES)}")


def _texts(metadata):
    for key, value in metadata.items():
        if not (isinstance(key, str) and isinstance(value, str)):
            raise TypeError(f"metadata: expected texts by their names, found {key!r}: {value!r}")
    return dict(metadata)
