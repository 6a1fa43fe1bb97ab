"""Rows of lazy arrays in batches, a few chunks at a time."""

import numpy as np

from ._convert import compute
from ._arrstore import default_chunks


def chunk_rows(arrays):
    """Rows of a chunk: those of the array whose chunks have the most."""
    if not arrays or any(array.ndim == 0 for array in arrays):
        raise ValueError("expected arrays with an axis of rows")
    if len({array.shape[0] for array in arrays}) > 1:
        raise ValueError(f"expected arrays with as many rows, found {[array.shape[0] for array in arrays]}")
    return max((array.chunks or default_chunks(array.dtype, array.shape))[0] for array in arrays) or 1


def rows_of(arrays, rows, batch, seed=None, together=4, share=(0, 1), drop_last=False):
    """Batches of rows, each as a tuple of arrays of NumPy that share no memory with others.

    rows: rows of a chunk. seed: a seed of the order, or `None` for the order of the arrays. together: chunks in memory
    together, whose rows are shuffled. share: the number of this reader and of all readers; each reads chunks of its own, and
    the numbers of chunks differ by one at most.
    """
    length = arrays[0].shape[0]
    starts = np.arange(0, length, rows)
    if seed is not None:
        # the same order for all readers
        np.random.default_rng(seed).shuffle(starts)
    number, count = share
    starts = starts[number::count]
    order = np.random.default_rng((*np.atleast_1d(seed), number)) if seed is not None else None
    left = None
    for first in range(0, len(starts), together):
        parts = [compute(*(array[start : start + rows] for array in arrays)) for start in starts[first : first + together]]
        pool = [np.concatenate(group) if len(group) > 1 else group[0] for group in zip(*parts)]
        if order is not None:
            places = order.permutation(len(pool[0]))
            pool = [part[places] for part in pool]
        if left is not None:
            pool = [np.concatenate(pair) for pair in zip(left, pool)]
        whole = len(pool[0]) // batch * batch
        for start in range(0, whole, batch):
            yield tuple(part[start : start + batch] for part in pool)
        left = [part[whole:] for part in pool] if whole < len(pool[0]) else None
    if left is not None and not drop_last:
        yield tuple(left)
