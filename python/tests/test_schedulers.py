"""Cubed and Ray: other programs that share work among processes, with arrays of a file."""

import numpy as np
import pytest
from conftest import same

import arrstore

X = np.random.default_rng(0).normal(size=(100, 80))
CHUNKS = (25, 40)


def write(array, path):
    with arrstore.open(path, "w") as store:
        return store.write("x", array, chunks=CHUNKS, codec="zstd:1")


@pytest.fixture(params=["single-threaded", "threads", "processes"])
def spec(request, tmp_path):
    cubed = pytest.importorskip("cubed", reason="SKIPPED: cubed is not installed")
    options = {"executor_options": {"max_workers": 2}} if request.param == "processes" else {}
    return cubed.Spec(work_dir=str(tmp_path / "work"), allowed_mem="200MB", executor_name=request.param, **options)


def test_cubed_reads_stored_and_computed_arrays(path, spec):
    import cubed
    import cubed.array_api as xp

    a = write(X, path)
    cases = [((a - a.mean(0)) * 2, (X - X.mean(0)) * 2), (a, X), (a.T, X.T)]
    # processes are slow to start
    for array, expected in cases[: 1 if spec.executor.name == "processes" else None]:
        c = cubed.from_array(array, chunks=CHUNKS if array.shape == X.shape else CHUNKS[::-1], spec=spec)
        np.testing.assert_allclose(xp.mean(c, axis=0).compute(), expected.mean(0), atol=1e-12)
        np.testing.assert_allclose((c + 1).compute(), expected + 1, atol=1e-12)


def test_cubed_writes_parts(path, tmp_path, spec):
    """Each task writes a part of the file; one merge makes one commit of them."""
    import cubed

    c = cubed.from_array(write(X, path), chunks=CHUNKS, spec=spec) * 2
    folder = tmp_path / "parts"
    folder.mkdir()
    folder = str(folder)

    def part(block, block_id):
        start = [k * n for k, n in zip(block_id, CHUNKS)]
        name = f"{folder}/{block_id[0]}-{block_id[1]}.arrs"
        arrstore.write_part(name, "y", block, start, X.shape, chunks=CHUNKS, codec="zstd:1")
        return np.ones((1, 1), "i1")

    done = cubed.map_blocks(part, c, dtype="i1", chunks=((1,) * 4, (1,) * 2)).compute()
    assert done.sum() == 8
    out = tmp_path / "out.arrs"
    arrstore.merge(out, sorted((tmp_path / "parts").iterdir()))
    with arrstore.open(out) as store:
        same(store["y"], X * 2)
        assert len(store.history()) == 1 and store["y"].codec == "zstd:1"


@pytest.fixture(scope="module")
def ray():
    ray = pytest.importorskip("ray", reason="SKIPPED: ray is not installed")
    ray.init(num_cpus=4, include_dashboard=False, log_to_driver=False, object_store_memory=100_000_000)
    yield ray
    ray.shutdown()


def test_tasks_of_ray_read_arrays_of_a_file(ray, path):
    a = write(X, path)
    # a function of this module would not be found by the workers
    task = ray.remote(lambda array: float(array.sum()))
    found = ray.get([task.remote(part) for part in (a[:50], a[50:], a * 2, arrstore.asarray(X))])
    np.testing.assert_allclose(found, [X[:50].sum(), X[50:].sum(), X.sum() * 2, X.sum()])


def test_ray_data_reads_chunks_and_writes_parts(ray, path, tmp_path):
    pytest.importorskip("ray.data", reason="SKIPPED: ray[data] is not installed")
    a, folder = write(X, path), str(tmp_path)

    def part(batch):
        files = []
        for k in batch["id"].tolist():
            files.append(f"{folder}/part-{k}.arrs")
            rows = slice(k * 25, (k + 1) * 25)
            arrstore.write_part(files[-1], "y", a[rows] * 2, (k * 25, 0), X.shape, chunks=CHUNKS)
        return {"file": files}

    rows = ray.data.range(4).map_batches(part, batch_size=1).take_all()
    out = tmp_path / "out.arrs"
    arrstore.merge(out, [row["file"] for row in rows])
    same(arrstore.open(out)["y"], X * 2)


def test_dask_on_ray(ray, path, tmp_path):
    da = pytest.importorskip("dask.array", reason="SKIPPED: dask is not installed")
    from ray.util.dask import ray_dask_get

    a = write(X, path)
    x = da.from_array(a, chunks=a.chunks)
    np.testing.assert_allclose(x.std(axis=0).compute(scheduler=ray_dask_get), X.std(0))
    import dask

    with dask.config.set(scheduler=ray_dask_get):
        arrstore.store(x + 1, tmp_path / "out.arrs", codec="zstd:1")
    same(next(iter(arrstore.open(tmp_path / "out.arrs").values())), X + 1)
