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


@pytest.fixture
def torch():
    return pytest.importorskip("torch", reason="SKIPPED: torch is not installed")


@pytest.mark.parametrize("start", [None, "fork", "spawn", "forkserver"])
def test_batches_of_tensors(torch, arrays, start):
    from arrstore.torch import RowChunks

    data = RowChunks(*arrays, batch=8, shuffle=True, seed=1)
    options = {"num_workers": 2, "multiprocessing_context": start} if start else {}
    found = list(torch.utils.data.DataLoader(data, batch_size=None, **options))
    y = torch.cat([y for _, y in found]).numpy()
    assert sorted(y) == list(Y)
    same(torch.cat([x for x, _ in found]).numpy(), X[y])


def test_epochs_and_single_rows(torch, arrays):
    from arrstore.torch import RowChunks

    data = RowChunks(*arrays, batch=8, shuffle=True, seed=1)
    first = torch.cat([y for _, y in data])
    data.set_epoch(1)
    assert not torch.equal(torch.cat([y for _, y in data]), first)
    single = list(RowChunks(arrays[0]))
    assert len(single) == 105 and torch.equal(single[4], torch.from_numpy(X[4]))


@pytest.mark.parametrize("workers", [0, 2])
def test_ranks_and_their_workers_share_the_rows(torch, arrays, workers):
    from arrstore.torch import RowChunks

    found = []
    for rank in range(2):
        data = RowChunks(*arrays, batch=8, shuffle=True, rank=rank, ranks=2)
        found += [y for _, y in torch.utils.data.DataLoader(data, batch_size=None, num_workers=workers)]
    assert sorted(torch.cat(found).tolist()) == list(Y)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("batch", [None, 8])
def test_tensors_can_be_written_to_and_nothing_is_copied(torch, store, batch, shuffle):
    from arrstore.torch import RowChunks

    # raw chunks lie in a map that can only be read
    for chunks in [(10, 3), (105, 3), (10, 2)]:
        raw = store.write("raw", X, chunks=chunks)
        for tensor in (found := list(RowChunks(raw, batch=batch, shuffle=shuffle))):
            tensor += 1
        same(store["raw"], X)
        if not shuffle:
            same(np.concatenate([np.atleast_2d(tensor.numpy()) for tensor in found]), X + 1)
        # batches of the same chunks are parts of one memory
        assert found[1].data_ptr() == found[0].data_ptr() + found[0].nbytes


def test_tensors_of_arrays_and_arrays_of_tensors(torch, store):
    from arrstore.torch import from_tensor, to_tensor

    t = store.write("raw", X)
    for array, expected in [(t, X), (t * 2, X * 2), (t[::-2], X[::-2]), (t.T, X.T), (t.sum(), X.sum()), (t[:0], X[:0]), (t > 3, X > 3)]:
        tensor = to_tensor(array)
        same(tensor.numpy(), expected)
        tensor.zero_()
    same(store["raw"], X)
    same(from_tensor(torch.from_numpy(X.copy()).requires_grad_()), X)
    store["w"] = from_tensor(torch.ones(3, 2, dtype=torch.float16).T)
    same(store["w"], np.ones((2, 3), "f2"))


def test_bfloat16(torch, store):
    pytest.importorskip("ml_dtypes", reason="SKIPPED: ml_dtypes is not installed")
    from arrstore.torch import RowChunks, from_tensor, to_tensor

    tensor = torch.linspace(-3, 3, 35).bfloat16().reshape(7, 5)
    b = store.write("b", from_tensor(tensor), chunks=(2, 5), codec="zstd:1")
    assert b.dtype == "bfloat16" and torch.equal(to_tensor(b), tensor)
    assert torch.equal(torch.cat(list(RowChunks(b, batch=4))), tensor)
    assert torch.equal(torch.stack(list(RowChunks(b))), tensor)


@pytest.mark.filterwarnings("error")
def test_dlpack_both_ways(torch, store):
    import arrstore

    t = store.write("raw", X)
    # a computed result is shared
    lazy = (t + 1).compute()
    assert torch.from_dlpack(lazy).data_ptr() == lazy.__array_interface__["data"][0]
    for array, expected in [(t, X), (t + 1, X + 1), (t[::-1], X[::-1]), (t[:, ::2], X[:, ::2]), (t.T, X.T), (t > 3, X > 3)]:
        tensor = torch.from_dlpack(array)
        same(tensor.numpy(), expected)
        # PyTorch does not know that elements in a map can only be read: without a copy, this would end the process
        tensor.zero_()
    same(store["raw"], X)
    # in place, where that is asked for
    assert torch.from_dlpack(t, copy=False).data_ptr() == np.asarray(t).__array_interface__["data"][0]
    for tensor in [torch.arange(6.0).reshape(2, 3), torch.arange(6).reshape(2, 3).T, torch.tensor(5, dtype=torch.int16), torch.ones(2, dtype=torch.bool)]:
        same(arrstore.from_dlpack(tensor), tensor.numpy())
        same(arrstore.asarray(tensor), tensor.numpy())
    with pytest.raises(BufferError, match="gradient"):
        arrstore.from_dlpack(torch.ones(3, requires_grad=True))


def test_a_model_is_trained(torch, store):
    """Rows from chunks of the file fit a line as well as those of memory do."""
    from arrstore.torch import RowChunks

    x = np.random.default_rng(0).normal(size=(1000, 3)).astype("f4")
    y = x @ np.array([1, -2, 3], "f4") + 4
    data = RowChunks(store.write("a", x, chunks=(64, 3), codec="zstd:1"), store.write("b", y, chunks=(100,)), batch=50, shuffle=True)
    torch.manual_seed(0)
    model = torch.nn.Linear(3, 1)
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    for epoch in range(10):
        data.set_epoch(epoch)
        for rows, expected in data:
            optimizer.zero_grad()
            torch.nn.functional.mse_loss(model(rows)[:, 0], expected).backward()
            optimizer.step()
    np.testing.assert_allclose(model.weight.detach().numpy()[0], [1, -2, 3], atol=1e-3)
    np.testing.assert_allclose(model.bias.detach().numpy(), [4], atol=1e-3)
