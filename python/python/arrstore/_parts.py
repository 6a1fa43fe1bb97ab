"""Parts of an array in files of their own, written by many processes or machines, and their merge into one file."""

import contextlib
import json
import math
import os

import numpy as np

from . import _arrstore
from ._arrstore import Array
from ._store import Store, StoredArray

#: The attribute of a part that says where it lies in the whole array.
PLACE = "_part"

#: What all parts of an array have in common.
_LAYOUT = ("dtype", "chunks", "order", "codec", "shuffle", "fill", "dims")


def write_part(path, name, values, start, shape, *, chunks=None, **layout):
    """Writes a part of an array to a file of its own, for `merge`.

    path: the file of the part. A file of that name is replaced, as a whole and at the end, so a part can be written again
    after its writer died, or by two writers at once.
    name: the name of the whole array. values: the elements: an array of NumPy, or a lazy one. start: the place of the first
    of them in the whole array. shape: the shape of the whole array. chunks, codec and the other words of `Store.write`: the
    layout of the whole array, the same for all parts.
    """
    values = values if isinstance(values, Array) else np.asarray(values)
    start, shape = _whole(start, shape, np.shape(values))
    chunks = chunks or _arrstore.default_chunks(values.dtype, shape)
    attrs = {**layout.pop("attrs", {}), PLACE: {"start": start, "shape": shape}}
    with Store(path, "w") as part:
        part.write(name, values, chunks=chunks if shape else None, attrs=attrs, **layout)


def _whole(start, shape, count):
    """The place of a part, as lists of integers."""
    start, shape = [int(n) for n in start], [int(n) for n in shape]
    if not len(start) == len(shape) == len(count):
        raise ValueError(f"expected a start, a shape and elements with as many axes, found {start}, {shape} and {list(count)}")
    for axis, (begin, n, whole) in enumerate(zip(start, count, shape)):
        if begin < 0 or begin + n > whole:
            raise ValueError(f"axis {axis}: a part from {begin} to {begin + n} lies outside of an array of length {whole}")
    return start, shape


def merge(path, parts, mode="a"):
    """Moves the arrays of part files into one file, in one commit. Places that no part has get the fill value.

    path: the file that gets the arrays. mode: `a` makes it or adds to it, and replaces arrays of the same names; `w` replaces
    it; `x` makes it, and it must not exist. parts: the files that `write_part` wrote. They are left as they are.

    Parts that overlap, or that differ in shape, type or layout, are refused: nothing is committed.
    """
    if isinstance(parts, (str, bytes, os.PathLike)) or not (parts := list(parts)):
        raise ValueError("merge: expected a list of part files, and at least one")
    with Store(os.fspath(path), mode) as store, store.transaction() as tx:
        merge_into(tx, parts)


def merge_into(transaction, parts, changed=()):
    """Moves the arrays of part files into a transaction. The names in `changed` are arrays that it has already; parts
    change elements of these.
    """
    arrays = {}
    for path in parts:
        found = [*_found(path)]
        if not found:
            raise ValueError(f"{os.fspath(path)}: expected a file that write_part wrote, found no part in it")
        for name, part in found:
            arrays.setdefault(name, []).append(part)
    for name, found in arrays.items():
        first = found[0]
        for part in found[1:]:
            part.check(first)
        _refuse_overlaps(name, found)
        if name not in changed:
            first.make(transaction, name)
        for part in found:
            part.move(transaction, name)


def _found(path):
    """The parts in a file, by the names of their arrays."""
    path = os.fspath(path)
    with Store(path) as store:
        for name in store._file.names():
            about = store._file.meta(name)
            attrs = json.loads(about["attrs"])
            place = attrs.pop(PLACE, None)
            if place is not None:
                yield name, _Part(path, name, about, attrs, place)


class _Part:
    """A part in a file."""

    def __init__(self, path, name, about, attrs, place):
        self.path, self.name, self.about, self.attrs = path, name, about, attrs
        self.count = about["shape"]
        self.start, self.shape = _whole(place["start"], place["shape"], self.count)

    def check(self, first):
        """Refuses a part of another array."""
        if self.shape != first.shape:
            words = f"a shape of the whole array of {self.shape}, not {first.shape} as in {first.path}"
            raise ValueError(f"{self.path}, array {self.name}: found {words}")
        for key in _LAYOUT:
            if self.about[key] != first.about[key]:
                words = f"{key} {self.about[key]!r}, not {first.about[key]!r} as in {first.path}"
                raise ValueError(f"{self.path}, array {self.name}: found {words}: write all parts with the same layout")

    def make(self, transaction, name):
        """Makes the whole array, empty."""
        about = self.about
        layout = {key: about[key] for key in ("codec", "shuffle")} | {"order": list(about["order"]), "attrs": self.attrs}
        if all(about["dims"]):
            layout["dims"] = list(about["dims"])
        if about["dtype"].kind in "biufc":
            layout["fill"] = np.frombuffer(about["fill"], about["dtype"])[0]
        if self.shape:
            transaction.create(name, self.shape, about["dtype"], chunks=about["chunks"], **layout)
        else:
            transaction.write(name, np.zeros((), about["dtype"]), **layout)

    def move(self, transaction, name):
        """Moves the elements."""
        if math.prod(self.count):
            place = tuple(slice(begin, begin + n) for begin, n in zip(self.start, self.count))
            with Store(self.path) as store:
                transaction[name][place or ...] = StoredArray(store, self.name)


def _refuse_overlaps(name, parts):
    """Raises an error if two parts have an element in common."""
    parts = [part for part in parts if math.prod(part.count)]
    if len(parts) < 2:
        return
    starts = np.array([part.start for part in parts], np.int64).reshape(len(parts), -1)
    ends = starts + np.array([part.count for part in parts], np.int64).reshape(starts.shape)
    # along the axis with the most parts, few of them are alive at once
    axis = max(range(starts.shape[1]), key=lambda axis: len(np.unique(starts[:, axis])), default=None)
    order = range(len(parts)) if axis is None else np.argsort(starts[:, axis], kind="stable")
    alive = np.empty(0, np.int64)
    for number in order:
        if axis is not None:
            alive = alive[ends[alive, axis] > starts[number, axis]]
        hit = np.all((starts[alive] < ends[number]) & (starts[number] < ends[alive]), axis=1)
        if hit.any():
            one, other = parts[alive[int(np.argmax(hit))]], parts[number]
            words = f"{one.path} has the elements from {one.start} on, and {other.path} those from {other.start} on"
            raise ValueError(f"array {name}: two parts overlap: {words}")
        alive = np.append(alive, number)


@contextlib.contextmanager
def folder(path):
    """A new folder beside a file, for its parts. It is removed in the end."""
    import shutil
    import tempfile

    head, tail = os.path.split(os.path.abspath(path))
    made = tempfile.mkdtemp(prefix=f"{tail}.parts-", dir=head)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)
