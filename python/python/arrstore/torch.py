"""Tensors of PyTorch, and batches of rows for training with it.

    from arrstore.torch import RowChunks

    data = RowChunks(store["images"], store["labels"], batch=64, shuffle=True, seed=1)
    for epoch in range(10):
        data.set_epoch(epoch)
        for images, labels in torch.utils.data.DataLoader(data, batch_size=None, num_workers=4):
            ...

Each chunk of rows is read once in an epoch, by one worker. The order of the chunks is shuffled, and the rows of several chunks
that are in memory together; that is close to a full shuffle, at the speed of reading in order.

    to_tensor(store["images"][:64] / 255)           # the computed elements, bfloat16 included
    store["weights"] = from_tensor(layer.weight)    # a lazy array with a copy of the elements
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.utils.data import IterableDataset, get_worker_info

from ._convert import asarray
from ._rows import chunk_rows, rows_of

if TYPE_CHECKING:
    from . import Array, ArrayLike


def to_tensor(array: ArrayLike) -> torch.Tensor:
    """A tensor with the elements of an array. It shares the memory into which they were computed or read."""
    return _tensor(asarray(array).compute())


def from_tensor(tensor: torch.Tensor) -> Array:
    """A lazy array with a copy of the elements of a tensor, without its gradient, from any device."""
    tensor = tensor.detach().cpu()
    if tensor.dtype != torch.bfloat16:
        return asarray(tensor.numpy())
    from ml_dtypes import bfloat16

    return asarray(tensor.view(torch.int16).numpy().view(bfloat16))


def _tensor(values):
    values = np.asarray(values)
    if values.dtype.name == "bfloat16":
        # PyTorch knows no type of NumPy for it
        return torch.from_numpy(values.view("i2")).view(torch.bfloat16)
    return torch.from_numpy(values)


class RowChunks(IterableDataset[Any]):
    """Rows of arrays of the same length, in batches of tensors.

    arrays: lazy arrays. A batch is a tuple of tensors, one for each; for one array, a tensor. Tensors share the memory of the
    arrays of NumPy that the library computed: nothing is copied.
    batch: rows of a batch; without it, one row at a time without the axis of rows.
    shuffle: whether rows come in another order in each epoch. together: chunks whose rows are shuffled together.
    seed: the orders are the same for the same seed and epoch, but for the number of workers.
    drop_last: whether rows that fill no batch are left out.
    rank, ranks: which of several processes this one is: each reads chunks of its own.
    """

    def __init__(
        self,
        *arrays: Array,
        batch: int | None = None,
        shuffle: bool = False,
        together: int = 4,
        seed: int = 0,
        drop_last: bool = False,
        rank: int = 0,
        ranks: int = 1,
    ) -> None:
        super().__init__()
        self.arrays, self.rows = arrays, chunk_rows(arrays)
        self.batch, self.drop_last = batch, drop_last
        self.shuffle, self.together, self.seed, self.epoch = shuffle, together, seed, 0
        self.rank, self.ranks = rank, ranks

    def set_epoch(self, epoch: int) -> None:
        """Chooses the order of the rows."""
        self.epoch = epoch

    def __iter__(self) -> Iterator[Any]:
        info = get_worker_info()
        worker, workers = (0, 1) if info is None else (info.id, info.num_workers)
        share = (self.rank * workers + worker, self.ranks * workers)
        seed = (self.seed, self.epoch) if self.shuffle else None
        parts = rows_of(self.arrays, self.rows, self.batch or 1, seed, self.together, share, self.drop_last)
        for values in parts:
            made = tuple(_tensor(part if self.batch else part[0]) for part in values)
            yield made[0] if len(made) == 1 else made
