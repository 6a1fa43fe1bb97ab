"""Stores: mapping, attributes, transactions, assignment, history, other formats."""

import datetime
import gc
import json
import os
import pickle
import weakref

import numpy as np
import pytest
from conftest import same

import arrstore

T = np.arange(12.0).reshape(3, 4)


def test_a_store_is_a_mapping(store, path):
    store["ocean/sst"] = T.astype("f4")
    store["ocean/deep/salinity"] = T + store["t"]
    assert list(store) == ["ocean", "t"] and len(store) == 2
    assert list(store["ocean"]) == ["deep", "sst"] and "ocean/sst" in store and "/t" in store and "x" not in store
    assert isinstance(store["ocean"], arrstore.Group) and list(store["ocean"].groups()) == ["deep"]
    assert list(store.arrays()) == ["ocean/deep/salinity", "ocean/sst", "t"]
    same(store["ocean"]["deep"]["salinity"], T + T)
    store["ocean"]["new"] = 5.0
    assert float(store["ocean/new"]) == 5
    del store["ocean/deep"]
    assert list(store["ocean"]) == ["new", "sst"]
    for name in ["x", "ocean/deep", "t/x"]:
        with pytest.raises(KeyError):
            store[name]
    with pytest.raises(KeyError):
        del store["x"]
    assert "ocean/sst  (3, 4) float32" in repr(store)


def test_lazy_arrays_are_written_inside_the_budget(store):
    store["big"] = np.ones((1000, 1000))
    with arrstore.config(memory="16MiB", threads=2):
        store["sum"] = store["big"] + store["big"].mean(0)
    assert float(store["sum"].sum()) == 2e6


def test_assignment(store):
    t, expected = store["t"], T.copy()
    before = t + 0
    for key, value in [((slice(1, 3), 0), 7), (0, [1, 2, 3, 4]), (slice(None, None, 2), T[0]), ((..., -1), t[:, 0])]:
        t[key] = value
        expected[key] = np.asarray(value)
        same(t, expected)
    t[t > 6] = 0
    expected[expected > 6] = 0
    same(t, expected)
    t[1:] += 1
    expected[1:] += 1
    same(t, expected)
    same(before, T)
    store["t"] += 1
    same(store["t"], expected + 1)
    with pytest.raises(IndexError):
        t[5] = 0
    with pytest.raises(ValueError):
        t[0] = [1, 2]
    same(store["t"], expected + 1)
    # indices of any kind, with the values of NumPy's order
    expected = np.asarray(store["t"]).copy()
    for key, value in [([2, 0, 2], T), (([0, 1], [1, 1]), [5, 6]), (expected[0] > 3, T[:, expected[0] > 3]), (expected > 4, t.max())]:
        key = (slice(None), key) if getattr(key, "ndim", 0) == 1 else key
        t[key] = value
        expected[key] = np.asarray(value)
        same(t, expected)


def test_append_resize_create(store):
    t = store["t"]
    t.append(T[:1])
    t.append(np.zeros((4, 1)), axis=1)
    assert t.shape == (4, 5) and store["t"].shape == (4, 5)
    t.resize(2, 6)
    same(t, np.pad(T[:2], ((0, 0), (0, 2))))
    with pytest.raises(TypeError):
        t.append(np.zeros((1, 6), "f4"))
    sparse = store.create("sparse", (10**6, 10**6), "f4", fill=-1)
    assert sparse.shape == (10**6, 10**6) and sparse.fill_value == -1
    assert float(sparse[12345, 54321]) == -1
    sparse[5, 5:8] = [1, 2, 3]
    same(sparse[5, 4:9], np.array([-1, 1, 2, 3, -1], "f4"))


def test_attributes_of_more_than_64_bits_are_refused(store):
    store.attrs["n"] = [-(2**63), 2**64 - 1]
    for number in (2**64, -(2**63) - 1):
        with pytest.raises(OverflowError, match="64 bits"):
            store.attrs["n"] = {"deep": [number]}
    assert store.attrs["n"] == [-(2**63), 2**64 - 1]


def test_attributes(store, path):
    store.attrs["title"] = "a test"
    store["t"].attrs.update(units="K", levels=np.arange(3), offset=np.float32(1.5))
    again = arrstore.open(path)
    assert dict(again.attrs) == {"title": "a test"}
    assert dict(again["t"].attrs) == {"units": "K", "levels": [0, 1, 2], "offset": 1.5}
    del store["t"].attrs["units"]
    assert "units" not in again["t"].attrs
    with pytest.raises(KeyError):
        again["t"].attrs["units"]
    with pytest.raises(TypeError):
        store.attrs["bad"] = object()
    with pytest.raises(OSError):
        again.attrs["x"] = 1


def test_layout(store):
    x = store.write("x", T, chunks=(2, 3), codec="zstd:5", order="F", fill=-1.0, dims=["time", "place"], attrs={"a": 1})
    assert (x.chunks, x.codec, x.dims, x.fill_value, dict(x.attrs)) == ((2, 3), "zstd:5", ("time", "place"), -1, {"a": 1})
    same(x, T)
    with pytest.raises(ValueError, match="unknown codec 'gzip'"):
        store.write("y", T, codec="gzip")
    assert "y" not in store


def test_transactions_are_all_or_nothing(store):
    with store.transaction() as tx:
        tx["a"] = T
        tx["a"][0] = 0
        tx["t"].append(T)
        tx.rename("t", "u")
        tx.attrs["n"] = 1
        tx["a"].attrs["k"] = [1]
        assert list(tx) == ["a", "u"] and tx["a"].shape == (3, 4) and "a" in tx
        assert "a" not in store
    same(store["u"], np.concatenate([T, T]))
    assert float(store["a"][0].sum()) == 0 and store.attrs["n"] == 1 and store["a"].attrs["k"] == [1]
    with pytest.raises(ZeroDivisionError), store.transaction() as tx:
        del tx["u"]
        1 / 0
    assert "u" in store
    with pytest.raises(RuntimeError, match="ended"):
        tx["b"] = T


def test_one_writer_at_a_time(store, path):
    with store.transaction():
        with pytest.raises(BlockingIOError), arrstore.open(path, "r+").transaction():
            pass


def test_history(store, path):
    first = store.commit
    store["t"] = T * 2
    assert [commit.number for commit in store.history()][:2] == [first + 1, first]
    old = arrstore.open(path, commit=first)
    same(old["t"], T)
    assert old.commit == first
    same(arrstore.open(f"{path}:/t", commit=first), T)
    with pytest.raises(KeyError):
        arrstore.open(path, commit=99)


def test_modes(tmp_path):
    path = tmp_path / "x.arrs"
    with pytest.raises(FileNotFoundError):
        arrstore.open(path)
    arrstore.open(path, "w").close()
    assert not path.exists()
    arrstore.open(path, "a")["x"] = 1
    for mode in ("x", "w-"):
        with pytest.raises(FileExistsError):
            arrstore.open(path, mode)["x"] = 1
    with pytest.raises(OSError, match="opened to be read"):
        arrstore.open(path)["y"] = 1
    with pytest.raises(ValueError, match="mode"):
        arrstore.open(path, "rw")
    arrstore.open(path, "w")["z"] = 2
    assert list(arrstore.open(path)) == ["z"]
    closed = arrstore.open(path)
    closed.close()
    with pytest.raises(ValueError, match="closed"):
        closed["z"]


def test_damage_is_an_os_error(store, path):
    store.write("x", np.random.default_rng(1).normal(size=(100, 100)), codec="zstd:1")
    store.close()
    content = bytearray(path.read_bytes())
    at = len(content) // 2
    for k in range(at, at + 64):
        content[k] ^= 0xFF
    path.write_bytes(bytes(content))
    with pytest.raises(OSError):
        arrstore.open(path)["x"].compute()
    path.write_bytes(b"not a store")
    with pytest.raises((OSError, ValueError)):
        arrstore.open(path)["x"]


def test_other_formats(tmp_path, store):
    np.save(tmp_path / "x.npy", T)
    x = arrstore.open(tmp_path / "x.npy")
    same(x, T)
    same(arrstore.open(f"{tmp_path}/x.npy[1:, ::2]"), T[1:, ::2])
    assert np.asarray(x).base is not None and x.attrs == {}
    np.savez(tmp_path / "x.npz", a=T, b=T[0])
    archive = arrstore.open(tmp_path / "x.npz")
    assert list(archive) == ["a", "b"]
    same(archive["b"], T[0])
    with pytest.raises(KeyError):
        archive["c"]
    for name in ["y.npy", "y.npz", "y.arrs", "y.zarr"]:
        (x + 1).save(tmp_path / name)
        found = arrstore.open(tmp_path / name)
        found = found if isinstance(found, arrstore.Array) else next(iter(found.values()))
        same(found, T + 1)
    same(np.load(tmp_path / "y.npy"), T + 1)
    metas = [json.loads(path.read_text()) for path in (tmp_path / "y.zarr").rglob("zarr.json")]
    assert any(meta.get("shape") == [3, 4] for meta in metas)


def test_changes_in_place_reach_the_file(store, path):
    x = store.write("x", np.arange(6.0).reshape(2, 3), fill=7.0, dims=["a", "b"], attrs={"units": "K"})
    x += 1
    store["x"] *= 2
    store["x"][0] -= 5
    again = arrstore.open(path)["x"]
    wanted = (np.arange(6.0).reshape(2, 3) + 1) * 2
    wanted[0] -= 5
    same(again, wanted)
    assert (again.dims, again.fill_value, dict(again.attrs)) == (("a", "b"), 7.0, {"units": "K"})
    assert isinstance(x, arrstore.StoredArray)


def test_files_of_other_formats_are_not_replaced(tmp_path):
    path = tmp_path / "k.npy"
    np.save(path, [1.0, 2.0])
    for mode in ("w", "a", "r+", "x"):
        with pytest.raises(ValueError, match="is for .arrs files"):
            arrstore.open(path, mode)
    assert np.load(path).tolist() == [1.0, 2.0]


def test_arrays_without_axes_have_the_zero_of_their_type(store):
    for dtype in ("U3", "S2", "f8", "M8[s]", "?"):
        same(store.create(f"q{dtype[0]}" if dtype != "?" else "q", (), dtype), np.zeros((), dtype))


@pytest.mark.parametrize("make", [lambda store, x: arrstore.asarray(x), lambda store, x: store.write("x", x)], ids=["memory", "store"])
def test_values_become_elements_as_in_numpy(store, make):
    record = np.zeros(2, [("n", "i4"), ("t", "U2")])
    for x, key, value in [
        (np.array(["a", "bc"]), 0, "xyz"),
        (np.array([b"a", b"bc"]), slice(None), [b"q", b"rst"]),
        (np.array(["2020"], "M8[D]"), 0, "2021-05-06"),
        (np.array([1], "m8[h]"), ..., np.timedelta64(2, "D")),
        (record, 1, (7, "abc")),
        (record, slice(None), [(1, "a"), (2, "b")]),
        (np.arange(3, dtype="u2"), 0, np.int64(-1)),
        (np.arange(3, dtype="i2"), [0, 1], np.int32(70_000)),
        (np.arange(4).reshape(2, 2), (slice(None), 0), 2.7),
    ]:
        expected = x.copy()
        expected[key] = value
        found = make(store, x)
        found[key] = value
        assert np.array_equal(np.asarray(found), expected)
    for x, key, value, error in [
        (np.arange(3), 0, np.ones(1), ValueError),
        (np.arange(3, dtype="i2"), ..., np.int32(70_000), OverflowError),
        (np.arange(3, dtype="u1"), 0, -1.0, OverflowError),
        (np.arange(3, dtype="u1"), 0, 300, OverflowError),
        (np.arange(3), 0, 1j, TypeError),
    ]:
        found = make(store, x)
        with pytest.raises(error):
            found[key] = value
        assert np.array_equal(np.asarray(found), x)


def test_what_numpy_makes_an_array_of_is_written(store):
    import array

    for value in ("héllo", b"ab", np.datetime64("2020-01-01"), range(5), memoryview(b"abc"), bytearray(b"xyz"), array.array("d", [1, 2]), [1.5, 2]):
        store["x"] = value
        same(store["x"], np.asarray(value))
    store["x"] = [store["t"][0], store["t"][1] * 2]
    same(store["x"], np.stack([np.arange(4.0), np.arange(4.0, 8) * 2]))
    store["t"].append(memoryview(np.ones((1, 4))))
    same(store["t"][-1], np.ones(4))
    for value in (None, {"a": 1}, object(), (x for x in [1])):
        with pytest.raises(TypeError):
            store["x"] = value


def test_paths_may_be_bytes(path):
    name = os.fsencode(path)
    with arrstore.open(name, "w") as store:
        store["x"] = np.arange(3)
    assert arrstore.open(name).path == path
    same(arrstore.open(name + b":/x"), np.arange(3))
    arrstore.write_part(name + b".part", "y", np.arange(3), (0,), (3,))
    arrstore.merge(name, [name + b".part"])
    same(arrstore.Store(name)["y"], np.arange(3))


@pytest.mark.parametrize(
    "there, given", [("f8", [1, 2]), ("f4", [0.1, 2]), ("i1", [1, -2]), ("c8", [1.5]), ("U5", ["a", "bcd"]), ("f8", range(2))], ids=str
)
def test_numbers_of_python_are_appended_as_elements(there, given, store):
    before = np.zeros(1, there)
    store["x"] = before
    store["x"].append(given)
    same(store["x"], np.concatenate([before, np.asarray(given, there)]))


@pytest.mark.parametrize(
    "there, given, error",
    [
        ("i8", [1.5], TypeError),
        ("i1", [300], OverflowError),
        ("i1", np.ones(2, "i2"), TypeError),
        ("f8", np.ones(2, "c16"), TypeError),
        ("U2", ["abc"], TypeError),
        ("f8", ["a"], TypeError),
    ],
    ids=str,
)
def test_elements_that_would_lose_are_not_appended(there, given, error, store):
    store["x"] = np.zeros(1, there)
    with pytest.raises(error):
        store["x"].append(given)
    assert store["x"].shape == (1,)


def test_attributes_are_replaced_together(store):
    array, before = store["t"], store.commit
    array.attrs = {"units": "K", "n": 1}
    array.attrs = {"long": "x"}
    store.attrs = {"title": "a"}
    assert store.commit == before + 3
    with store.transaction() as tx:
        tx.attrs = {"title": "b"}
        tx["t"].attrs = {"units": "m"}
    assert (dict(store.attrs), dict(store["t"].attrs)) == ({"title": "b"}, {"units": "m"})


@pytest.mark.parametrize(
    "shape, layout, words",
    [((-1,), {}, "negative"), (-2, {}, "negative"), ((2,), {"chunks": -1}, "negative"), ((2, 3), {"order": "X"}, "order: expected 'C', 'F'")],
    ids=str,
)
def test_layouts_that_cannot_be_are_value_errors(shape, layout, words, store):
    with pytest.raises(ValueError, match=words):
        store.create("x", shape, **layout)
    with pytest.raises(ValueError, match="negative"):
        store["t"].resize(-1, 4)
    assert "x" not in store


@pytest.mark.parametrize("name", [3, None, b"x", ("x",)], ids=str)
def test_names_are_texts_in_all_mappings(name, store, tmp_path):
    np.savez(tmp_path / "a.npz", x=np.arange(3))
    for mapping in (store, arrstore.open(tmp_path / "a.npz")):
        with pytest.raises(TypeError, match="expected a name"):
            mapping[name]
        with pytest.raises(TypeError, match="expected a name"):
            name in mapping


def test_a_store_changes_as_a_dict_does(store):
    first = store.commit
    store.update({"a": [1, 2], "g/b": 3.0}, c=4)
    assert store.commit == first + 1 and list(store) == ["a", "c", "g", "t"]
    assert int(store.setdefault("c", 5)) == 4 and int(store["g"].setdefault("d", 5)) == 5
    same(store.pop("a"), np.array([1, 2]))
    assert store.pop("a", None) is None and "a" not in store
    with pytest.raises(KeyError):
        store.pop("a")
    store["g"].clear()
    assert list(store) == ["c", "t"]
    with pytest.raises(TypeError):
        store.update(c=1, d=object())
    assert int(store["c"]) == 4
    assert store.popitem()[0] == "c"
    store.clear()
    assert len(store) == 0 and store != {}


def test_arrays_and_groups_are_renamed(store):
    store.update({"g/a": 1, "g/h/b": 2, "k/a": 3})
    store.rename("g", "deep/g")
    store["deep"].rename("g/a", "c")
    assert list(store.arrays()) == ["deep/c", "deep/g/h/b", "k/a", "t"] and int(store["deep/g/h/b"]) == 2
    store["deep/g/a"] = 4
    # a name that is taken: nothing is renamed, not even inside of a transaction that goes on
    with store.transaction() as tx:
        with pytest.raises(FileExistsError):
            tx.rename("deep/g", "k")
        assert "deep/g/h/b" in tx
    for old, new, error in [("x", "y", KeyError), ("", "y", ValueError), ("t", "/", ValueError), ("k/a", "t", FileExistsError)]:
        with pytest.raises(error):
            store.rename(old, new)
    assert "t" in store and "deep/g/h/b" in store


def test_no_name_deletes_nothing(store):
    store["g/a"] = 1
    for mapping in (store, store["g"]):
        for name in ("", "/"):
            with pytest.raises(ValueError, match="expected the name"):
                del mapping[name]
    with store.transaction() as tx, pytest.raises(ValueError, match="expected the name"):
        del tx[""]
    assert list(store.arrays()) == ["g/a", "t"]


def test_a_transaction_may_end_before_its_block(store):
    with store.transaction() as tx:
        tx.update(a=1, b=2)
        assert tx.setdefault("a", 5).shape == () and [name for name, _ in tx.items()] == ["a", "b", "t"]
        tx.commit()
    with store.transaction() as tx:
        del tx["a"]
        tx.rollback()
    assert list(store) == ["a", "b", "t"]


TIMES = np.array(["2020-01-01", "NaT"], "M8[D]")


@pytest.mark.parametrize(
    "there, given",
    [
        (np.arange(3), []),
        (np.array(["ab"]), ()),
        (TIMES, ["2021-01-02", None]),
        (TIMES, [datetime.date(2021, 1, 2), datetime.datetime(2021, 1, 3)]),
        (TIMES.astype("M8[ns]"), [np.datetime64("2021-01-02T03:04:05")]),
        (TIMES - TIMES, [datetime.timedelta(days=2)]),
        (np.zeros(2, [("a", "i4"), ("b", "U2")]), [(1, "x")]),
    ],
    ids=str,
)
def test_lists_of_nothing_times_and_records_are_appended(there, given, store):
    store["x"] = there
    store["x"].append(given)
    same(store["x"], np.concatenate([there, np.asarray(given, there.dtype)]))


def test_times_that_would_lose_are_not_appended(store):
    store["x"] = TIMES
    for given in (["2021-01-02T03"], [datetime.datetime(2021, 1, 2, 3)]):
        with pytest.raises(TypeError, match="datetime64"):
            store["x"].append(given)


def test_attributes_that_json_lacks_are_explained(store):
    with pytest.raises(ValueError, match="give a text"):
        store.attrs["a"] = [1.0, np.float32("nan")]
    for name in (1, None, ("a",)):
        with pytest.raises(TypeError, match="names of attributes are texts"):
            store["t"].attrs[name] = 1
    assert not store.attrs and not store["t"].attrs


@pytest.mark.parametrize("name", ["x.npz", "x.zarr"])
def test_archives_stay_where_they_are(name, tmp_path, monkeypatch):
    arrstore.asarray(T).save(tmp_path / f"{name}:/a")
    monkeypatch.chdir(tmp_path)
    archive = arrstore.open(name)
    monkeypatch.chdir("/")
    assert "a" in archive and "b" not in archive
    same(archive["a"], T)
    same(pickle.loads(pickle.dumps(archive))["a"], T)


def test_an_earlier_commit_stays_readable_while_it_is_open(store, path):
    with arrstore.open(path, commit=store.commit) as old:
        for k in range(4):
            store["t"] = T + k
        same(old["t"], T)
        same(pickle.loads(pickle.dumps(store["t"])), T + 3)
        assert list(old) == ["t"] and old.commit == store.commit - 4


@pytest.mark.parametrize("shape", [(), (3,), (0, 2)], ids=str)
@pytest.mark.parametrize(
    "fill",
    [
        np.datetime64("2020-01-02T03", "s"),
        np.datetime64("NaT", "ns"),
        np.timedelta64(-5, "ms"),
        np.timedelta64("NaT", "s"),
        np.str_("éa"),
        np.bytes_(b"ab"),
        np.array((1, "x"), [("a", ">i4"), ("b", "U3")])[()],
        np.True_,
        np.complex64(1 + 2j),
    ],
    ids=repr,
)
def test_the_fill_value_is_an_element_of_any_type(fill, shape, store):
    x = store.create("x", shape, fill.dtype, fill=fill)
    same(x, np.full(shape, fill, fill.dtype.newbyteorder("=")))
    if shape:
        x.resize(*(n + 1 for n in shape))
        same(x, np.full(x.shape, fill, fill.dtype.newbyteorder("=")))
        same(np.asarray(x.fill_value), np.asarray(fill, fill.dtype.newbyteorder("=")))


def test_a_fill_value_that_is_no_element_is_refused(store):
    for dtype, fill in [("f8", b"12345678"), ("f8", "a"), ("M8[s]", "a"), ("M8[s]", 1.5), ([("a", "i4")], (1, 2))]:
        with pytest.raises((TypeError, ValueError)):
            store.create("x", 3, dtype, fill=fill)
    assert "x" not in store


def test_an_empty_axis_has_chunks_for_what_comes(store):
    x = store.create("x", (0, 3))
    assert x.chunks[0] > 10_000 and x.chunks[1] == 3
    x.append(np.ones((50_000, 3)))
    assert float(x.sum()) == 150_000


def test_a_wrong_number_of_axes_leaves_the_transaction_as_it_was(store):
    with store.transaction() as tx:
        for shape in ((2,), (2, 2, 2), ()):
            with pytest.raises(ValueError, match="2 axes"):
                tx["t"].resize(shape)
        tx["t"].resize(1, 4)
    same(store["t"], T[:1])


def test_a_failed_transaction_says_what_a_function_raised(store):
    def fails(block):
        raise ZeroDivisionError("of the function")

    with pytest.raises(ValueError, match="nothing was committed.*of the function"), store.transaction() as tx:
        with pytest.raises(ZeroDivisionError):
            tx["t"] = arrstore.map_blocks(fails, store["t"], dtype=float)


def test_masked_arrays_do_not_lose_their_masks(store):
    masked = np.ma.array(T, mask=T > 5)
    for lose in (lambda: store.__setitem__("x", masked), lambda: store["t"] + masked, lambda: np.add(store["t"], masked)):
        with pytest.raises(ValueError, match="filled"):
            lose()
    store["x"] = masked.filled(-1)
    store["y"] = np.ma.array(T)
    same(store["y"], T)


def test_a_store_is_let_go_at_once(path, store):
    makers = (arrstore.open, lambda path: pickle.loads(pickle.dumps(store["t"])).store, lambda path: pickle.loads(pickle.dumps(store)))
    gc.disable()
    try:
        # without a look for cycles, which keeps files open for as long as Python likes
        assert [weakref.ref(make(path))() for make in makers] == [None] * 3
    finally:
        gc.enable()


@pytest.mark.parametrize(
    ("shape", "more"),
    [((3,), (1_000_000,)), ((2, 3), (50_000, 3)), ((3, 2), (3, 40_000))],
)
def test_a_small_array_that_grows_much_gets_larger_chunks(store, shape, more):
    axis = max(range(len(more)), key=more.__getitem__)
    store.write("x", np.full(shape, 7.0), dims=["t", "u"][: len(shape)], attrs={"units": "K"}, codec="zstd:1", fill=-1)
    store["y"] = np.arange(3)
    x = store["x"]
    x.append(np.ones(more), axis)
    assert np.prod(x.chunks) * 8 > 1 << 20
    assert (x.dims, dict(x.attrs), x.codec, x.fill_value) == (("t", "u")[: len(shape)], {"units": "K"}, "zstd:1", -1)
    np.testing.assert_array_equal(x, np.concatenate([np.full(shape, 7.0), np.ones(more)], axis))
    assert np.asarray(store["y"]).tolist() == [0, 1, 2]


def test_an_array_that_grows_step_by_step_gets_larger_chunks(store):
    store["x"] = np.zeros((1, 2), "f4")
    with store.transaction() as tx:
        for n in range(1, 2000):
            tx["x"].append(np.full((1, 2), n, "f4"))
    assert store["x"].chunks[0] > 1000
    np.testing.assert_array_equal(store["x"][:, 1], np.arange(2000))
    store["y"] = np.zeros(3)
    store["y"].resize(100_000)
    assert store["y"].chunks[0] > 50_000 and float(store["y"].sum()) == 0


@pytest.mark.parametrize(
    ("shape", "chunks", "more"),
    [((0, 4), (1, 4), (3000, 4)), ((10, 600), (1, 600), (3000, 600)), ((3,), (3,), (2000,)), ((600_000,), (100,), (1,))],
)
def test_an_array_that_grows_keeps_chunks_that_were_chosen(store, shape, chunks, more):
    x = store.write("x", np.ones(shape), chunks=chunks)
    x.append(np.ones(more))
    assert x.chunks == chunks
    assert float(x.sum()) == np.prod(shape) + np.prod(more)
