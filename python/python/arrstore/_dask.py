"""Lazy arrays of arrstore and of Dask: on one machine and on many.

    import dask.array as da, arrstore

    x = da.from_array(a, chunks=a.chunks)       # each worker reads from its own map of the file, without a lock
    arrstore.store(x * 2, "out.arrs")           # each worker writes files of its own; one commit at the end
"""

import contextlib
import functools
import math
import os
import re
import stat
import sys
import uuid

import numpy as np

from . import _arrstore, _parts
from ._arrstore import Array
from ._store import Store

#: The array of a path that names none, as in `Array.save`.
NAME = "data"


class Reader:
    """The elements of a lazy array, for Dask. A part of it is an array of NumPy, which the worker computes that asks for it.
    Dask would keep the parts of a lazy array lazy, so that the client would compute in the end.
    """

    def __init__(self, array):
        self._array = array
        self.shape, self.dtype, self.ndim, self.chunks = array.shape, array.dtype, array.ndim, array.chunks

    def __getitem__(self, key):
        return np.asarray(self._array[key].compute())

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self._array.compute(), dtype)

    def __len__(self):
        return len(self._array)

    def __dask_tokenize__(self):
        return ("arrstore.Reader", tokenize(self._array))

    def __reduce__(self):
        return Reader, (self._array,)


def tokenize(array):
    """What makes the elements of an array the same again: the place and the commit for an array of a file, the call for a
    computation, the elements for an array of memory.
    """
    from dask.base import normalize_token

    origin, made = array.origin, array._made
    if origin is not None:
        return ("arrstore.Array", *origin, _identity(origin[0]))
    if made is not None:
        return ("arrstore.Array", *map(normalize_token, made))
    return ("arrstore.Array", normalize_token(array._asarray()))


def _identity(path):
    """The uuid of an `.arrs` file; for other files, length and time of the last change. What cannot be told apart so is
    never the same again.
    """
    ends = [len(path), *(found.start() for found in re.finditer(r":/|\[", path))]
    path = next((path[:end] for end in ends if os.path.exists(path[:end])), path)
    with contextlib.suppress(OSError):
        return _arrstore.File(path).uuid
    with contextlib.suppress(OSError):
        found = os.stat(path)
        if stat.S_ISREG(found.st_mode):
            return f"{found.st_size} {found.st_mtime_ns}"
    return uuid.uuid4().hex


def is_array(kind):
    """Whether a class is Dask's of arrays."""
    found = sys.modules.get("dask.array")
    return found is not None and issubclass(kind, found.Array)


def converted(value):
    """The lazy arrays in an argument as arrays of Dask, which read them block by block."""
    if isinstance(value, Array):
        import dask.array

        return dask.array.from_array(value, chunks=value.chunks or "auto")
    return type(value)(map(converted, value)) if type(value) in (list, tuple) else value


def attach(array):
    """Lets Dask recognise lazy arrays."""
    plain = array.copy

    @functools.wraps(plain)
    def copy(self):
        # `dask.array.from_array` copies an array that speaks NumPy's protocols, and then keeps its type in the graph
        caller = sys._getframe(1)
        if caller.f_code.co_name == "from_array" and caller.f_globals.get("__name__", "").startswith("dask.array"):
            return Reader(self)
        return plain(self)

    array.copy = copy
    array.__dask_tokenize__ = tokenize


def store(array, path, name=None, *, chunks=None, mode="a", **layout):
    """Computes an array of Dask into an `.arrs` file, by all workers at once, in one commit.

    Each worker writes the blocks that it computed to files of their own, in a folder beside the output, which all workers
    must see. At the end this process merges them. A worker that dies loses nothing but its blocks at hand: Dask computes
    them again. After an error, the file is as it was before.

    array: an array of Dask, or a dict of names and arrays. path: the file, or `x.arrs:/name`. name: the name of the array;
    `data` without one. chunks: the chunks in the file; without them, the largest that divide the blocks and have about the
    size that the library chooses. Blocks that end inside of a chunk are made larger first. mode, and the layout: as in
    `open` and `Store.write`.
    """
    path = os.fsdecode(path)
    if name is None and ":/" in path:
        path, _, name = path.rpartition(":")
    if isinstance(array, dict):
        arrays = {f"{name or ''}/{key}".replace("//", "/"): found for key, found in array.items()}
    else:
        arrays = {name or NAME: array}
    if not arrays:
        raise ValueError("expected at least one array of Dask, found an empty dict")
    for found in arrays.values():
        if not is_array(type(found)):
            raise TypeError(f"expected an array of Dask, found {type(found).__name__}: Store.write writes other arrays")
    with _parts.folder(path) as folder, Store(path, mode) as store, store.transaction() as tx:
        write(tx, folder, {key: (found, {"chunks": chunks, **layout}, None, None) for key, found in arrays.items()})


def write(transaction, folder, arrays):
    """Computes arrays of Dask by way of part files into a transaction.

    arrays: for each name an array, its layout, the place of its first element in the whole array, and the shape of that;
    `None` for both if the whole array is written. Other arrays exist in the transaction already.
    """
    import dask

    written, parts = [], []
    for number, (name, (array, layout, start, shape)) in enumerate(arrays.items()):
        array, chunks = aligned(array, layout.get("chunks"), start)
        place = start or (0,) * array.ndim, shape or array.shape
        target = _Target(os.path.join(folder, str(number)), name, *place, {**layout, "chunks": chunks})
        target.check(array.dtype)
        written.append(array.map_blocks(_write_block, target, **_marks(array)))
        parts += [target.path(index) for index in np.ndindex(array.numblocks)]
    dask.compute(*written)
    _parts.merge_into(transaction, parts, [name for name, (*_, shape) in arrays.items() if shape is not None])


def _marks(array):
    """What Dask shall know about the results of writing the blocks: one truth value for each."""
    return {"dtype": bool, "meta": np.empty((0,) * array.ndim, bool), "chunks": tuple((1,) * n for n in array.numblocks)}


class _Target:
    """Where the blocks of an array are written."""

    def __init__(self, prefix, name, start, shape, layout):
        self.prefix, self.name, self.start, self.shape, self.layout = prefix, name, start, shape, layout

    def path(self, index):
        """The file of a block."""
        return ".".join([self.prefix, *map(str, index), "arrs"])

    def check(self, dtype):
        """Refuses a wrong layout before any block is computed: writes a part without elements."""
        _parts.write_part(self.path(["check"]), self.name, np.empty((0,) * len(self.shape), dtype), self.start, self.shape, **self.layout)


def _write_block(block, target, block_info=None):
    """Writes a block, in a worker."""
    if block_info:
        index, location = block_info[0]["chunk-location"], block_info[0]["array-location"]
        start = [first + begin for first, (begin, _) in zip(target.start, location)]
        _parts.write_part(target.path(index), target.name, block, start, target.shape, **target.layout)
    return np.ones((1,) * np.ndim(block), bool)


def aligned(array, chunks=None, start=None):
    """The array with blocks that end where chunks of the file end, and these chunks."""
    if any(math.isnan(n) for lengths in array.chunks for n in lengths):
        raise ValueError("the lengths of blocks are not known: call compute_chunk_sizes() first")
    if chunks is None:
        chosen = _arrstore.default_chunks(array.dtype, array.shape)
        chunks = tuple(_divisor(lengths, chunk) for lengths, chunk in zip(array.chunks, chosen))
    elif isinstance(chunks, int):
        chunks = (chunks,) * array.ndim
    if len(chunks) != array.ndim:
        raise ValueError(f"chunks: expected one length for each of {array.ndim} axes, found {chunks!r}")
    blocks = tuple(_blocks(*each) for each in zip(array.chunks, chunks, start or (0,) * array.ndim))
    return (array if blocks == array.chunks else array.rechunk(blocks)), chunks


def _divisor(lengths, most):
    """The largest length of a chunk up to `most` that divides all blocks but the last; `most` for one block."""
    common = math.gcd(*lengths[:-1])
    if not common:
        return most
    found = next(n for n in range(min(common, most), 0, -1) if common % n == 0)
    # many chunks of few elements cost more than larger blocks
    return found if found * 4 >= min(most, max(lengths)) else most


def _blocks(lengths, chunk, start):
    """Lengths of blocks that end at multiples of a chunk, each about as long as before."""
    whole, ends, end = sum(lengths), [], 0
    for length in lengths:
        end += length
        # the next end of a chunk, seen from the beginning of the whole array
        ends.append(min(-(-(start + end) // chunk) * chunk - start, whole) if chunk else whole)
    ends = sorted({0, *ends})
    return tuple(b - a for a, b in zip(ends, ends[1:])) or (0,)
