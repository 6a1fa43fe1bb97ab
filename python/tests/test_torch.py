"""Rows in batches, and PyTorch's datasets of them."""

import numpy as np
import pytest
from conftest import same

from arrstore._rows import chunk_rows, rows_of

X = np.arange(105 * 3, dtype="f4").reshape(105, 3)
Y = np.arange(105)


@pytest.fixture
def arrays(store):
    return store.write("x", X, chunks=(10, 3), codec="zstd:1"), store.write("y", Y, chunks=(50,))


def read(arrays, batch=8, **options):
    return list(rows_of(arrays, 10, batch, **options))


def test_rows_in_order(arrays):
    assert chunk_rows(arrays) == 50
    found = read(arrays)
    assert [len(x) for x, _ in found] == [8] * 13 + [1]
    same(np.concatenate([x for x, _ in found]), X)
    same(np.concatenate([y for _, y in found]), Y)
    assert len(read(arrays, drop_last=True)) == 13
    assert [len(y) for _, y in read(arrays, batch=200)] == [105]
    same(np.concatenate([x for (x,) in read([arrays[0][:7] * 2])]), X[:7] * 2)
    assert read([arrays[0][:0]]) == []


def test_rows_are_shuffled(arrays):
    found = read(arrays, seed=(1, 0))
    y = np.concatenate([y for _, y in found])
    assert sorted(y) == list(Y) and not np.array_equal(y, Y)
    same(np.concatenate([x for x, _ in found]), X[y])
    same(np.concatenate([y for _, y in read(arrays, seed=(1, 0))]), y)
    assert not np.array_equal(np.concatenate([y for _, y in read(arrays, seed=(1, 1))]), y)
    # rows of several chunks come in one batch
    assert max(len({int(n) // 10 for n in y}) for _, y in found) > 1


@pytest.mark.parametrize("readers", [1, 2, 3, 20])
@pytest.mark.parametrize("seed", [None, (5, 2)])
def test_readers_share_the_rows(arrays, readers, seed):
    parts = [[y for _, y in read(arrays, seed=seed, share=(k, readers))] for k in range(readers)]
    together = np.concatenate([np.concatenate(part) for part in parts if part])
    assert sorted(together) == list(Y)


def test_refusals(store):
    with pytest.raises(ValueError, match="as many rows"):
        chunk_rows([store["t"], store["t"][:1]])
    with pytest.raises(ValueError, match="an axis of rows"):
        chunk_rows([store["t"].sum()])


def test_batches_of_tensors(arrays):
    torch = pytest.importorskip("torch", reason="SKIPPED: torch is not installed")
    from arrstore.torch import RowChunks

    data = RowChunks(*arrays, batch=8, shuffle=True, seed=1)
    for workers in (0, 2):
        loader = torch.utils.data.DataLoader(data, batch_size=None, num_workers=workers)
        batches = list(loader)
        y = torch.cat([y for _, y in batches]).numpy()
        assert sorted(y) == list(Y)
        same(torch.cat([x for x, _ in batches]).numpy(), X[y])
    first = torch.cat([y for _, y in data])
    data.set_epoch(1)
    assert not torch.equal(torch.cat([y for _, y in data]), first)
    single = list(RowChunks(arrays[0]))
    assert len(single) == 105 and torch.equal(single[4], torch.from_numpy(X[4]))
