"""Parts of an array in files of their own, written by many processes or machines, and their merge into one file."""

import contextlib
import operator
import os

import numpy as np

from . import _arrstore
from ._arrstore import Array
from ._store import Store


def write_part(path, name, values, start, shape, *, chunks=None, **layout):
    """Writes a part of an array to a file of its own, for `merge`.

    path: the file of the part. A file of that name is replaced, as a whole and at the end, so a part can be written again
    after its writer died, or by two writers at once.
    name: the name of the whole array. values: the elements: an array of NumPy, or a lazy one. start: the place of the first
    of them in the whole array. shape: the shape of the whole array. chunks, codec and the other words of `Store.write`: the
    layout of the whole array, the same for all parts.

    A part that begins where a chunk of the whole array begins, and ends where one ends or at the edge of the array, is merged
    without decoding it.
    """
    values = values if isinstance(values, Array) else np.asarray(values)
    start, shape = _whole(start, shape, np.shape(values))
    with Store(path, "w") as part:
        part.write(name, values, chunks=chunks if shape else None, part=(start, shape), **layout)


def _whole(start, shape, count):
    """The place of a part, as lists of integers."""
    start, shape = ([operator.index(n) for n in (each if np.iterable(each) else (each,))] for each in (start, shape))
    if not len(start) == len(shape) == len(count):
        raise ValueError(f"expected a start, a shape and elements with as many axes, found {start}, {shape} and {list(count)}")
    for axis, (begin, n, whole) in enumerate(zip(start, count, shape)):
        if begin < 0 or begin + n > whole:
            raise ValueError(f"axis {axis}: a part from {begin} to {begin + n} lies outside of an array of length {whole}")
    return start, shape


def merge(path, parts, mode="a"):
    """Moves the arrays of part files into one file, in one commit. Payloads are copied as they are, each checked against its
    checksum; parts that begin or end within a chunk are decoded. Places that no part has get the fill value. The command
    `arrstore merge` does the same.

    path: the file that gets the arrays. mode: `a` makes it or adds to it, and replaces arrays of the same names; `w` replaces
    it; `x` makes it, and it must not exist. parts: the files that `write_part` wrote. They are left as they are.

    Parts that overlap, or that differ in shape, type or layout, are refused, and so is a damaged part: nothing is committed.
    """
    if isinstance(parts, (str, bytes, os.PathLike)) or not (parts := list(parts)):
        raise ValueError("merge: expected a list of part files, and at least one")
    with Store(os.fsdecode(path), mode) as store, store.transaction() as tx:
        merge_into(tx, parts)


def merge_into(transaction, parts, existing=()):
    """Moves the arrays of part files into a transaction. Parts change elements of the arrays that `existing` names; all other
    arrays are made anew.
    """
    transaction._open.merge([os.fsdecode(path) for path in parts], list(existing))


def layout_of(about):
    """The layout of parts whose chunks an existing array takes as they are, if `about` describes it."""
    layout = {key: about[key] for key in ("chunks", "codec", "shuffle")} | {"order": list(about["order"])}
    return layout | {"fill": np.frombuffer(about["fill"], about["dtype"])[0]}


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
