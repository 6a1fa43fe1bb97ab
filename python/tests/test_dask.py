"""Arrays of Dask: reading, tokens, writing by parts, workers that die."""

import operator
import os
import pickle
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from conftest import same

dask = pytest.importorskip("dask", reason="SKIPPED: Dask is not installed")
da = pytest.importorskip("dask.array", reason="SKIPPED: Dask's arrays are not installed")

import arrstore  # noqa: E402

T = np.random.default_rng(3).normal(size=(30, 40))


@pytest.fixture(autouse=True)
def one_thread():
    with dask.config.set(scheduler="sync"):
        yield


@pytest.fixture
def t(path):
    with arrstore.open(path, "w") as store:
        return store.write("t", T, chunks=(8, 9), codec="zstd:1")


def parts_of(path):
    """The folders of parts that were left."""
    return [name for name in os.listdir(path.parent) if ".parts-" in name]


def test_blocks_are_arrays_of_numpy(t):
    x = da.from_array(t, chunks=t.chunks)
    assert x.chunksize == t.chunks and type(x._meta) is np.ndarray
    for lazy, expected in [
        (x, T),
        (x[3:7, ::2], T[3:7, ::2]),
        (x.T @ x, T.T @ T),
        (x[x[:, 0] > 0], T[T[:, 0] > 0]),
        (da.fft.fft(x.rechunk((30, 40))), np.fft.fft(T)),
        (x.map_blocks(np.sort, axis=0).rechunk((30, 1)), np.concatenate([np.sort(T[k : k + 8], 0) for k in range(0, 30, 8)])),
    ]:
        found = lazy.compute()
        assert type(found) is np.ndarray
        np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-13)
    assert x.mean().compute() == pytest.approx(T.mean())
    # a block belongs to whom it is given
    x[:2].compute()[0] = 0


def test_computations_and_memory(t):
    for lazy, expected in [((t * 2)[:, 3:], (T * 2)[:, 3:]), (arrstore.asarray(T), T), (arrstore.map_blocks(np.negative, t), -T)]:
        same(da.from_array(lazy, chunks=(10, 10)).compute(), expected)


def test_tokens(t, path):
    name = lambda array: da.from_array(array, chunks=(8, 9)).name
    again = arrstore.open(path)["t"]
    assert name(t) == name(again) == name(pickle.loads(pickle.dumps(t)))
    assert name(t * 2) == name(again * 2) == name(pickle.loads(pickle.dumps(t * 2)))
    assert name(arrstore.asarray(T)) == name(arrstore.asarray(T.copy()))
    assert name(arrstore.open(f"{path}:/t")) == name(arrstore.open(f"{path}:/t"))
    before = name(t)
    names = {before, name(t * 2), name(t * 3), name(t + t), name(arrstore.asarray(T)), name(t[:, ::-1])}
    with arrstore.open(path, "r+") as store:
        store["other"] = T
        names |= {name(store["other"]), name(store["t"])}
        first = store.history()[-1].number
    assert len(names) == 8
    # an earlier commit keeps its token, and another file of the same path has another
    assert name(arrstore.open(path, commit=first)["t"]) == before
    with arrstore.open(path, "w") as store:
        assert name(store.write("t", T, chunks=(8, 9), codec="zstd:1")) not in names


def test_tokens_are_the_same_in_another_process(t, path):
    code = "import sys, arrstore; from dask.base import tokenize; t = arrstore.open(sys.argv[1])['t']; print(tokenize(t), tokenize(t + 1))"
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True)
    assert done.stdout.split() == [dask.base.tokenize(t), dask.base.tokenize(t + 1)], done.stderr


@pytest.mark.parametrize(
    "array",
    [
        da.from_array(T, chunks=(8, 9)),
        da.from_array(T, chunks=((7, 20, 3), (1, 39))),
        da.from_array(T.astype(">f4"), chunks=-1),
        da.ones(7, chunks=3),
        da.from_array(np.array(5)),
        da.ones((0, 4), chunks=2),
        da.ones((3, 0, 4), chunks=2) * 1j,
        da.arange(100, chunks=((7, 30, 1, 62),)) > 5,
        da.from_array(np.array(["a", "bcd", ""]), chunks=1),
        da.from_array(np.array(["2000-01-01", "NaT"], "M8[s]"), chunks=1),
        da.from_array(T, chunks=(8, 9)).sum(axis=1),
    ],
    ids=lambda array: f"{array.dtype}-{array.shape}",
)
@pytest.mark.parametrize("layout", [{}, {"codec": "zstd:1"}])
def test_store(tmp_path, array, layout):
    out = tmp_path / "out.arrs"
    arrstore.store(array, out, **layout)
    found = arrstore.open(out)
    assert list(found) == ["data"] and len(found.history()) == 1
    expected = array.compute()
    same(found["data"], expected.astype(expected.dtype.newbyteorder("=")))
    assert found["data"].codec == layout.get("codec", "none")
    assert parts_of(out) == []


def test_names_chunks_and_several_arrays(tmp_path):
    out = tmp_path / "out.arrs"
    x = da.from_array(T, chunks=(10, 15))
    arrstore.store(x, f"{out}:/a/b", chunks=(4, 5), codec="zstd:1", dims=["y", "x"], attrs={"units": "K"}, fill=-1)
    found = arrstore.open(out)["a/b"]
    assert (found.chunks, found.dims, dict(found.attrs), found.fill_value) == ((4, 5), ("y", "x"), {"units": "K"}, -1)
    same(found, T)
    arrstore.store({"u": x, "v": x.sum(axis=0)}, out, "group")
    store = arrstore.open(out)
    assert list(store.arrays()) == ["a/b", "group/u", "group/v"] and len(store.history()) == 2
    np.testing.assert_allclose(store["group/v"], T.sum(0))
    # by itself: chunks that divide the blocks
    arrstore.store(x, out, "c")
    assert arrstore.open(out)["c"].chunks == (10, 15)
    arrstore.store(x, out, mode="w")
    assert list(arrstore.open(out)) == ["data"]
    with pytest.raises(FileExistsError):
        arrstore.store(x, out, mode="x")
    with pytest.raises(ValueError, match="compute_chunk_sizes"):
        arrstore.store(x[x[:, 0] > 0], out)
    with pytest.raises(ValueError, match="one length for each of 2 axes"):
        arrstore.store(x, out, chunks=(3,))


def test_a_failure_changes_nothing(tmp_path):
    out = tmp_path / "out.arrs"
    arrstore.store(da.from_array(T), out)

    def fail(block):
        if block.sum() > 0:
            raise RuntimeError("no")
        return block

    with pytest.raises(RuntimeError, match="no"):
        arrstore.store(da.from_array(T, chunks=5).map_blocks(fail, dtype=float), out)
    same(arrstore.open(out)["data"], T)
    assert parts_of(out) == [] and len(arrstore.open(out).history()) == 1
    arrstore.store(da.from_array(T + 1, chunks=5), out)
    same(arrstore.open(out)["data"], T + 1)


@pytest.mark.parametrize(
    "layout, error",
    [
        ({"codec": "gzip"}, ValueError),
        ({"codec": "pco:99"}, ValueError),
        ({"chunks": (4, 0)}, ValueError),
        ({"chunks": (4, -1)}, ValueError),
        ({"fill": "x"}, TypeError),
        ({"order": "K"}, ValueError),
        ({"compression": "zstd"}, TypeError),
        ({"name": "a//b"}, ValueError),
    ],
)
def test_a_wrong_layout_is_refused_before_anything_is_computed(tmp_path, layout, error):
    computed = []

    def note(block):
        if block.size:
            computed.append(block)
        return block

    x = da.from_array(T, chunks=5).map_blocks(note, dtype=float, meta=np.empty((0, 0)))
    with pytest.raises(error):
        arrstore.store(x, tmp_path / "out.arrs", **layout)
    with pytest.raises(TypeError, match="object"):
        arrstore.store(x.astype(object), tmp_path / "out.arrs", chunks=5)
    assert not computed and not any(tmp_path.iterdir())


def test_threads(tmp_path):
    with dask.config.set(scheduler="threads", num_workers=4):
        arrstore.store(da.from_array(T, chunks=3), tmp_path / "out.arrs")
    same(arrstore.open(tmp_path / "out.arrs")["data"], T)


# Parts, without Dask.


def test_parts_and_merge(tmp_path):
    layout = {"chunks": (8, 10), "codec": "zstd:1"}
    files = []
    for row in (0, 16):
        for column in (0, 20):
            files.append(tmp_path / f"{row}.{column}.arrs")
            arrstore.write_part(files[-1], "g/t", T[row : row + 16, column : column + 20], (row, column), T.shape, **layout)
    out = tmp_path / "out.arrs"
    arrstore.merge(out, files)
    found = arrstore.open(out)["g/t"]
    same(found, T)
    assert (found.chunks, found.codec, dict(found.attrs)) == ((8, 10), "zstd:1", {})
    assert len(arrstore.open(out).history()) == 1
    # places without a part have the fill value
    arrstore.merge(out, files[1:])
    expected = T.copy()
    expected[:16, :20] = 0
    same(arrstore.open(out)["g/t"], expected)


def test_places_of_parts(tmp_path):
    part, out = tmp_path / "part", tmp_path / "out.arrs"
    # one number for one axis
    arrstore.write_part(part, "t", T[0], 10, 60)
    arrstore.merge(out, [part])
    same(arrstore.open(out)["t"], np.concatenate([np.zeros(10), T[0], np.zeros(10)]))
    arrstore.write_part(part, "number", 5.0, (), ())
    arrstore.merge(out, [part])
    assert arrstore.open(out)["number"].compute() == 5
    for start, shape, error in ((1.5, 60, TypeError), ([0], 60.0, TypeError), (None, 60, TypeError), (-1, 60, ValueError), ((0, 0), 60, ValueError)):
        with pytest.raises(error):
            arrstore.write_part(part, "t", T[0], start, shape)


def test_overlapping_parts_are_refused(tmp_path):
    def part(name, start, count=(5, 5), shape=(20, 20), **layout):
        path = tmp_path / name
        arrstore.write_part(path, "t", np.ones(count), start, shape, **layout)
        return path

    one, out = part("one", (0, 0)), tmp_path / "out.arrs"
    arrstore.merge(out, [one, part("below", (5, 0)), part("beside", (0, 5)), part("far", (15, 15))])
    before = np.asarray(arrstore.open(out)["t"])
    for start, count in [((0, 0), (5, 5)), ((4, 4), (5, 5)), ((2, 2), (1, 1)), ((0, 4), (20, 1))]:
        with pytest.raises(ValueError, match="two parts overlap: .*one.* from \\[0, 0\\] on") as error:
            arrstore.merge(out, [one, part("far", (15, 15)), part("other", start, count)])
        assert "other" in str(error.value)
    for words, layout in [("chunks", {"chunks": (2, 2)}), ("codec", {"codec": "zstd:1"}), ("fill", {"fill": 1.0})]:
        with pytest.raises(ValueError, match=f"found {words} .* same layout"):
            arrstore.merge(out, [one, part("other", (10, 10), **layout)])
    with pytest.raises(ValueError, match="shape of the whole array"):
        arrstore.merge(out, [one, part("other", (10, 10), shape=(20, 21))])
    with pytest.raises(ValueError, match="expected a file that write_part wrote"):
        arrstore.merge(out, [out])
    with pytest.raises(FileNotFoundError):
        arrstore.merge(out, [one, tmp_path / "missing"])
    for start, words in [((16, 0), "from 16 to 21 lies outside"), ((-1, 0), "from -1"), ((0,), "as many axes")]:
        with pytest.raises(ValueError, match=words):
            part("other", start)
    same(arrstore.open(out)["t"], before)
    assert len(arrstore.open(out).history()) == 1


@pytest.mark.parametrize("layout", [{}, {"codec": "zstd:1"}, {"codec": "lz4", "order": "F"}, {"codec": "pco:1"}, {"fill": -1.0}])
@pytest.mark.parametrize("step", [8, 5])
def test_payloads_move_as_they_are(tmp_path, layout, step):
    """Parts that end where chunks end are moved, and others decoded: with the same elements, and the same sizes."""
    files = []
    for row in range(0, 30, step):
        for column in range(0, 40, 2 * step):
            files.append(tmp_path / f"{row}.{column}.arrs")
            values = T[row : row + step, column : column + 2 * step]
            arrstore.write_part(files[-1], "t", values, (row, column), T.shape, chunks=(8, 16), dims=["y", "x"], **layout)
    out, plain = tmp_path / "out.arrs", tmp_path / "plain.arrs"
    arrstore.merge(out, files)
    with arrstore.open(plain, "w") as store:
        store.write("t", T, chunks=(8, 16), dims=["y", "x"], **layout)
    found, expected = arrstore.open(out), arrstore.open(plain)
    same(found["t"], T)
    about = [store._file.meta("/t") for store in (found, expected)]
    assert about[0] == about[1] and [store.history()[0].live_bytes for store in (found, expected)][0] > 0


def test_damaged_parts_are_refused(tmp_path):
    part, out = tmp_path / "part.arrs", tmp_path / "out.arrs"
    for layout in ({}, {"codec": "zstd:1"}):
        arrstore.write_part(part, "t", T, (0, 0), T.shape, **layout)
        sound = part.read_bytes()
        broken = bytearray(sound)
        # the payload is the longest of what the file has: some byte of it is in the middle
        broken[5 * 4096 + 3000] ^= 4
        part.write_bytes(broken)
        with pytest.raises(OSError, match="part.arrs.*its payload: expected CRC"):
            arrstore.merge(out, [part])
        assert not out.exists()


def test_a_part_that_is_the_output_is_refused(tmp_path):
    part, other = tmp_path / "part.arrs", tmp_path / "other.arrs"
    arrstore.write_part(part, "t", T[:15], (0, 0), T.shape, chunks=(5, 40))
    other.hardlink_to(part)
    before = part.read_bytes()
    for out, parts in [(part, [part]), (other, [part]), (part, [other])]:
        for mode in ("a", "w"):
            with pytest.raises(ValueError, match="the output is also given as a part"):
                arrstore.merge(out, parts, mode)
    with pytest.raises(ValueError, match="two parts overlap"):
        arrstore.merge(tmp_path / "out.arrs", [part, other])
    assert part.read_bytes() == before and not (tmp_path / "out.arrs").exists()


def test_uuids(path):
    with arrstore.open(path, "w") as store:
        assert store.uuid is None
        store["t"] = T
        first = store.uuid
        store["u"] = T
        assert store.uuid == first == arrstore.open(path).uuid == path.read_bytes()[16:32].hex()
    with arrstore.open(path, "w") as store:
        store["t"] = T
        assert store.uuid != first


def test_two_writers_of_one_part(tmp_path):
    """A worker that is thought dead writes on while its block is computed again."""
    path, failed = tmp_path / "part", []

    def write():
        for _ in range(20):
            try:
                arrstore.write_part(path, "t", T, (0, 0), T.shape, codec="zstd:1")
            except BaseException as error:
                failed.append(error)

    threads = [threading.Thread(target=write) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert not failed, failed[0]
    arrstore.merge(tmp_path / "out.arrs", [path])
    same(arrstore.open(tmp_path / "out.arrs")["t"], T)


# Processes.


@pytest.fixture(scope="module")
def cluster():
    distributed = pytest.importorskip("distributed", reason="SKIPPED: distributed is not installed")
    options = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "dashboard_address": None}
    with dask.config.set({"distributed.scheduler.allowed-failures": 10}):
        with distributed.LocalCluster(**options) as cluster, distributed.Client(cluster) as client:
            yield client


def dying(block, marks, when):
    """The block, from a worker that dies at some blocks, each once."""
    mark = os.path.join(marks, f"{when}-{float(block.ravel()[0])}")
    if float(block.ravel()[0]) % 3 == 0 and not os.path.exists(mark):
        open(mark, "w").close()
        os.kill(os.getpid(), 9)
    return block


def test_a_cluster_of_processes(cluster, t, tmp_path):
    with dask.config.set(scheduler="distributed"):
        x = da.from_array(t, chunks=t.chunks)
        np.testing.assert_allclose((x - x.mean(axis=0)).std().compute(), (T - T.mean(0)).std())
        arrstore.store(x * 2, tmp_path / "out.arrs", codec="zstd:1")
    same(arrstore.open(tmp_path / "out.arrs")["data"], T * 2)
    assert arrstore.open(tmp_path / "out.arrs")["data"].chunks == t.chunks


def test_workers_that_die_leave_nothing_wrong(cluster, tmp_path):
    marks = tmp_path / "marks"
    marks.mkdir()
    numbers = np.repeat(np.arange(12.0), 1000)
    x = da.from_array(numbers, chunks=1000)
    with dask.config.set(scheduler="distributed"):
        arrstore.store(x.map_blocks(dying, str(marks), "before", dtype=float), tmp_path / "out.arrs", codec="zstd:1")
    same(arrstore.open(tmp_path / "out.arrs")["data"], numbers)
    assert len(list(marks.iterdir())) == 4 and parts_of(tmp_path / "out.arrs") == []


def test_a_worker_that_dies_after_it_wrote_its_part(cluster, tmp_path, monkeypatch):
    from arrstore import _dask, _parts

    marks, out = tmp_path / "marks", tmp_path / "out.arrs"
    marks.mkdir()
    numbers = np.repeat(np.arange(6.0), 1000)
    x = da.from_array(numbers, chunks=1000)
    with dask.config.set(scheduler="distributed"), _parts.folder(out) as folder:
        target = _dask._Target(os.path.join(folder, "0"), "t", (0,), x.shape, {"chunks": (1000,), "codec": "zstd:1"})
        written = x.map_blocks(_dask._write_block, target, **_dask._marks(x))
        # the result of a block that was written never arrives
        reported = da.map_blocks(lambda done, block: done & (dying(block, str(marks), "after")[:1] >= 0), written, x, dtype=bool, chunks=written.chunks)
        assert reported.compute().all()
        arrstore.merge(out, [target.path((k,)) for k in range(6)])
    same(arrstore.open(out)["t"], numbers)
    assert len(list(marks.iterdir())) == 2


def test_a_worker_killed_from_outside(cluster, tmp_path):
    numbers = np.repeat(np.arange(40.0), 1000)

    def slow(block):
        time.sleep(0.1)
        return block

    def kill():
        time.sleep(0.7)
        os.kill(pids.pop(), 9)

    pids = list(cluster.run(os.getpid).values())
    thread = threading.Thread(target=kill)
    thread.start()
    with dask.config.set(scheduler="distributed"):
        arrstore.store(da.from_array(numbers, chunks=1000).map_blocks(slow, dtype=float), tmp_path / "out.arrs")
    thread.join()
    same(arrstore.open(tmp_path / "out.arrs")["data"], numbers)


def test_workers_do_not_lose_what_is_assigned(cluster, tmp_path):
    with arrstore.open(tmp_path / "out.arrs", "w") as store:
        target = store.create("x", T.shape, chunks=(10, 15))
        # workers cannot write to one file at once
        with pytest.raises(OSError, match="opened to be read"), dask.config.set(scheduler="distributed"):
            da.store(da.from_array(T, chunks=(10, 15)), target)
        with dask.config.set(scheduler="threads"):
            da.store(da.from_array(T, chunks=(10, 15)), target)
        same(store["x"], T)


def test_datasets_of_xarray_are_written_by_all_workers(cluster, tmp_path):
    xr = pytest.importorskip("xarray", reason="SKIPPED: xarray is not installed")
    import arrstore.xarray

    out = tmp_path / "out.arrs"
    ds = xr.Dataset({"t": (("y", "x"), T), "n": ("y", np.arange(30))}, {"y": np.arange(30.0)})
    with dask.config.set(scheduler="distributed"):
        ds.isel(y=slice(20)).chunk({"y": 8, "x": 9}).to_arrstore(out, encoding={"t": {"codec": "zstd:1"}})
        ds.isel(y=slice(20, 30)).chunk({"y": 3}).to_arrstore(out, append_dim="y")
    with xr.open_dataset(out, engine=arrstore.xarray.ArrstoreBackend) as found:
        xr.testing.assert_identical(found.load(), ds)
    store = arrstore.open(out)
    assert len(store.history()) == 2 and store["t"].chunks == (8, 9) and store["t"].codec == "zstd:1"
    assert parts_of(out) == []


def test_tokens_follow_files_of_every_format(tmp_path):
    for place in ("k.npy", "k.npy[1:3]", "k.zarr:/a", "k.npz:/a"):
        path = str(tmp_path / place)
        file = path.split(":/")[0].split("[")[0] if ":/" in place else path.split("[")[0]
        tokens = set()
        for elements in ([1.0, 2.0, 3.0], [4.0, 5.0, 6.0, 7.0]):
            arrstore.asarray(elements).save(path.split("[")[0])
            os.utime(file, ns=(len(tokens), len(elements)))
            tokens.add(dask.base.tokenize(arrstore.open(path)))
        assert len(tokens) == 2, place


def test_what_is_no_array_of_dask_is_refused(path):
    for other in (np.ones(3), arrstore.asarray([1.0]), dask.delayed(np.ones)(3)):
        with pytest.raises(TypeError, match="expected an array of Dask"):
            arrstore.store(other, path)
    with pytest.raises(ValueError, match="at least one array"):
        arrstore.store({}, path)
    for parts in ([], str(path)):
        with pytest.raises(ValueError, match="part files"):
            arrstore.merge(path, parts)
    assert not path.exists()


def test_beside_lazy_arrays_results_are_of_dask(t):
    x = da.from_array(np.arange(float(t.size)).reshape(t.shape), chunks=tuple(max(n // 2, 1) for n in t.shape))
    n, m = np.asarray(t), x.compute()
    for function in (np.add, np.arctan2, np.equal):
        for a, b, expected in ((x, t, function(m, n)), (t, x, function(n, m)), (x, t + 1, function(m, n + 1))):
            found = function(a, b)
            assert isinstance(found, da.Array)
            np.testing.assert_array_equal(found.compute(), expected)
    for found, expected in [(np.concatenate([x, t]), np.concatenate([m, n])), (np.where(x > 3, t, 0), np.where(m > 3, n, 0))]:
        assert isinstance(found, da.Array)
        np.testing.assert_array_equal(found.compute(), expected)


def test_operators_beside_lazy_arrays(t):
    x = da.from_array(T, chunks=10)
    for operation in (operator.add, operator.sub, operator.pow, operator.lt, operator.eq, operator.ne):
        for found, expected in ((operation(x, t), operation(T, T)), (operation(t, x), operation(T, T))):
            assert isinstance(found, da.Array)
            np.testing.assert_array_equal(found.compute(), expected)
    np.testing.assert_allclose((t @ x.T).compute(), T @ T.T)
