"""A store of zarr-python over an .arrs file: zarr-python's own tests of stores, and arrays both ways."""

import asyncio
import concurrent.futures

import numpy as np
import pytest
from conftest import same

zarr = pytest.importorskip("zarr", minversion="3", reason="SKIPPED: zarr-python 3 is not installed")
pytest.importorskip("pytest_asyncio", reason="SKIPPED: zarr-python's tests need pytest-asyncio")

from zarr.core.buffer import cpu  # noqa: E402
from zarr.testing.store import StoreTests  # noqa: E402

import arrstore  # noqa: E402
from arrstore.zarr import KEY, ArrsStore  # noqa: E402

T = np.random.default_rng(1).normal(size=(7, 5)).astype("f4")


class TestArrsStore(StoreTests[ArrsStore, cpu.Buffer]):
    store_cls = ArrsStore
    buffer_cls = cpu.Buffer

    async def set(self, store, key, value):
        with arrstore.open(store.path, "a") as file:
            file.write(key, np.frombuffer(value.to_bytes(), "u1"), attrs={KEY: True})

    async def get(self, store, key):
        with arrstore.open(store.path) as file:
            return cpu.Buffer.from_bytes(np.asarray(file[key]).tobytes())

    @pytest.fixture
    def store_kwargs(self, tmp_path):
        return {"path": tmp_path / "x.arrs"}

    def test_store_repr(self, store):
        assert repr(store) == f"ArrsStore({store.path!r}, read_only=False)"

    def test_store_supports_writes(self, store):
        assert store.supports_writes

    def test_store_supports_listing(self, store):
        assert store.supports_listing


def test_arrays_of_the_file_are_arrays_of_zarr(path):
    with arrstore.open(path, "w") as store:
        store.write("t", T, chunks=(3, 2), codec="zstd:1", dims=["y", "x"], attrs={"units": "K"}, fill=-1.0)
        store.write("g/deep/n", np.arange(4, dtype=">i2"), chunks=(4,))
        store["g/flag"] = np.array([True, False])
        store["number"] = 5.0
    root = zarr.open_group(ArrsStore(path, read_only=True), mode="r")
    t = root["t"]
    same(t[:], T)
    same(t[2:6, 1:], T[2:6, 1:])
    assert (t.chunks, dict(t.attrs), t.metadata.dimension_names, t.fill_value) == ((3, 2), {"units": "K"}, ("y", "x"), -1)
    same(root["g/deep/n"][:], np.arange(4, dtype="i2"))
    same(root["g"]["flag"][:], np.array([True, False]))
    assert root["number"][()] == 5
    assert sorted(name for name, _ in root.members(max_depth=None)) == ["g", "g/deep", "g/deep/n", "g/flag", "number", "t"]
    with pytest.raises(KeyError):
        root["x"]
    with pytest.raises(ValueError, match="read-only"):
        t[0] = 1


def test_hierarchies_of_zarr_in_one_commit(path):
    with ArrsStore(path) as store, store.transaction():
        root = zarr.create_group(store, attributes={"title": "a test"})
        a = root.create_array("a", shape=T.shape, chunks=(3, 2), dtype="f4", shards=(6, 4))
        a[:] = T
        a[0] = 0
        root.create_array("g/b", data=np.arange(10))
    assert len(arrstore.open(path).history()) == 1
    root = zarr.open_group(ArrsStore(path), mode="r+")
    expected = T.copy()
    expected[0] = 0
    same(root["a"][:], expected)
    assert root.attrs["title"] == "a test"
    root["a"][1] = 7
    expected[1] = 7
    same(zarr.open_array(ArrsStore(path), path="a")[:], expected)
    with pytest.raises(ZeroDivisionError), (store := ArrsStore(path)).transaction():
        zarr.open_array(store, path="a")[:] = 0
        1 / 0
    same(root["a"][:], expected)
    del root["g"]
    assert [name for name, _ in root.members()] == ["a"]


def test_both_kinds_beside_each_other(path):
    with arrstore.open(path, "w") as store:
        store["plain"] = T
    store = ArrsStore(path)
    zarr.create_array(store, name="written", data=np.arange(3))
    same(zarr.open_array(store, path="plain", mode="r")[:], T)
    same(zarr.open_array(store, path="written", mode="r")[:], np.arange(3))
    asyncio.run(store.clear())
    # only what zarr-python wrote
    assert list(arrstore.open(path)) == ["plain"]


def test_xarray_reads_it_by_its_zarr_engine(path):
    xr = pytest.importorskip("xarray", reason="SKIPPED: xarray is not installed")
    with arrstore.open(path, "w") as store:
        store.write("t", T, chunks=(3, 2), dims=["y", "x"])
    with xr.open_dataset(ArrsStore(path, read_only=True), engine="zarr", consolidated=False) as found:
        np.testing.assert_array_equal(found["t"], T)


def test_arrays_of_others_are_not_changed(tmp_path):
    path = tmp_path / "x.arrs"
    with arrstore.open(path, "a") as store:
        store["t"] = T
    group = zarr.open_group(ArrsStore(path), mode="a")
    with pytest.raises(PermissionError, match="was not written by zarr-python"):
        del group["t"]
    with pytest.raises(PermissionError, match="was not written by zarr-python"):
        group["t"][0] = 1
    with pytest.raises(PermissionError, match="was not written by zarr-python"):
        group["t"].attrs["units"] = "K"
    same(arrstore.open(path)["t"], T)


def test_records_are_shown_without_gaps(path):
    values = np.zeros(5, np.dtype([("a", "i1"), ("b", "f8"), ("c", [("d", "i1"), ("e", "i2")])], align=True))
    values["a"], values["b"], values["c"]["e"] = range(5), range(5), -1
    with arrstore.open(path, "w") as store:
        store.write("r", values, chunks=(3,))
    found = zarr.open_group(ArrsStore(path, read_only=True), mode="r")["r"][...]
    for field in values.dtype.names:
        assert found[field].tolist() == values[field].tolist()


def test_an_array_without_a_type_in_zarr_does_not_spoil_its_group(path):
    with arrstore.open(path, "w") as store:
        store["t"], store["pairs"] = T, np.zeros(3, [("pair", "i4", (2,))])
    group = zarr.open_group(ArrsStore(path), mode="r+")
    assert sorted(group) == ["t"]
    assert [name for name, _ in group.members()] == ["t"]
    with pytest.raises(ValueError, match="array pairs: Zarr has no type"):
        group["pairs"]
    zarr.create_array(ArrsStore(path), name="more", data=T)
    assert sorted(group) == ["more", "t"]


def test_stores_of_one_file_wait_for_each_other(path):
    zarr.create_array(ArrsStore(path), name="x", shape=(200,), chunks=(10,), dtype="i8")

    def fill(number):
        zarr.open_array(ArrsStore(path), path="x")[number * 10 : number * 10 + 10] = number

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(fill, range(20)))
    same(zarr.open_array(ArrsStore(path, read_only=True), path="x", mode="r")[:], np.repeat(np.arange(20), 10))


def test_another_writer_that_does_not_end_is_an_error(path, monkeypatch):
    monkeypatch.setattr(arrstore.zarr, "PATIENCE", 0.05)
    zarr.create_array(ArrsStore(path), name="y", data=T)
    with arrstore.open(path, "a") as store, store.transaction() as tx:
        tx["t"] = T
        with pytest.raises(BlockingIOError):
            zarr.create_array(ArrsStore(path), name="x", data=T)


def test_keys_that_vanish_meanwhile_are_no_error(path):
    with ArrsStore(path).transaction() as store:
        a = zarr.create_array(store, name="a", data=np.arange(1, 61), chunks=(1,))
    # zarr-python deletes the chunks in several threads
    a.resize((20,))
    same(zarr.open_array(ArrsStore(path), path="a", mode="r")[:], np.arange(1, 21))
    assert len(arrstore.open(path)["a/c"]) == 20
    with store.transaction():
        a.resize((5,))
    assert len(arrstore.open(path)["a/c"]) == 5


def test_one_call_looks_at_one_commit(path):
    with arrstore.open(path, "w") as file:
        file["t"], file["u"] = T, T
        store = ArrsStore(path, read_only=True)
        found = store._file()
        del file["t"]
        # what was held answers as before; the next call sees the newest commit
        assert store._arrays(found) == (set(), ["t", "u"])
        assert store._listed()[1].keys() == {"u"}
        assert store.get_sync("t/zarr.json") is None
    path.unlink()
    assert store._listed() == (set(), {})
    with arrstore.open(path, "w") as file:
        file["v"] = T
    # another file of the same name
    assert sorted(zarr.open_group(store, mode="r")) == ["v"]


def test_a_part_of_a_shard_is_read_without_the_rest(path):
    store = ArrsStore(path)
    values = np.arange(1_000_000.0).reshape(1000, 1000)
    zarr.create_array(store, name="a", data=values, chunks=(50, 1000), shards=(1000, 1000), compressors=None)
    with arrstore.config(memory="4MiB"):
        found = zarr.open_array(ArrsStore(path), path="a", mode="r")
        same(found[220:260, :3], values[220:260, :3])
        with pytest.raises(MemoryError):
            store.get_sync("a/c/0/0")
        assert asyncio.run(store.exists("a/c/0/0"))


def test_a_path_is_the_same_in_bytes(path):
    assert ArrsStore(bytes(path)) == ArrsStore(path) == ArrsStore(str(path))


def test_a_group_may_have_the_name_of_the_folder_of_chunks(path):
    with arrstore.open(path, "w") as store:
        store["c/0/c"], store["x/c/c"] = T[0], np.float64(5)
    root = zarr.open_group(ArrsStore(path, read_only=True), mode="r")
    same(root["c/0/c"][:], T[0])
    assert root["x/c/c"][()] == 5


def test_xarray_writes_it_by_its_zarr_engine(path):
    xr = pytest.importorskip("xarray", reason="SKIPPED: xarray is not installed")
    data = xr.Dataset({"t": (("time", "x"), T)}, {"time": np.arange(7).astype("M8[D]").astype("M8[ns]"), "x": list("abcde")})
    with ArrsStore(path).transaction() as store:
        data.to_zarr(store)
    assert len(arrstore.open(path).history()) == 1
    more = data.assign_coords(time=data["time"] + np.timedelta64(7, "D"))
    more.to_zarr(ArrsStore(path), append_dim="time")
    (more[["t"]] * 2).to_zarr(ArrsStore(path), region="auto")
    with xr.open_zarr(ArrsStore(path, read_only=True)) as found:
        xr.testing.assert_equal(found.load(), xr.concat([data, more.assign(t=more["t"] * 2)], "time"))
