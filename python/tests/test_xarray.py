"""Datasets of xarray: modes, appending, regions, groups, attributes, layouts, commits."""

import warnings
import weakref

import numpy as np
import pytest

xr = pytest.importorskip("xarray", reason="SKIPPED: xarray is not installed")

import pandas as pd  # noqa: E402  xarray needs it
from xarray.testing import assert_identical  # noqa: E402

import arrstore.xarray  # noqa: E402


def dataset(start="2000-01-01", days=6):
    """Days of a field with coordinates of several types."""
    time = pd.date_range(start, periods=days, unit="ns")
    t = np.arange(days * 12.0, dtype="f4").reshape(days, 3, 4)
    return xr.Dataset(
        {"t": (("time", "lat", "lon"), t, {"units": "K"}), "area": (("lat", "lon"), np.ones((3, 4)))},
        coords={"time": time, "lat": [0.0, 1, 2], "place": ("lon", ["a", "bc", "d", "e"]), "run": 7},
        attrs={"title": "a test"},
    )


def opened(path, **options):
    """A dataset of a file, in memory."""
    with xr.open_dataset(path, engine=arrstore.xarray.ArrstoreBackend, **options) as ds:
        return ds.load()


def test_the_engine_is_found_by_the_ending(path):
    dataset().to_arrstore(path)
    if "arrstore" not in xr.backends.list_engines():
        pytest.skip("SKIPPED: the package is not installed, so it has no entry points")
    with xr.open_dataset(path) as ds:
        assert not ds["t"].variable._in_memory
        assert_identical(ds, dataset())


def test_one_call_is_one_commit_with_the_layout_of_the_file(path):
    dataset().to_arrstore(path, encoding={"t": {"chunks": (2, 3, 4), "codec": "zstd:3", "shuffle": True}})
    store = arrstore.open(path)
    assert len(store.history()) == 1 and dict(store.attrs)["title"] == "a test"
    t = store["t"]
    assert (t.dims, t.chunks, t.codec, t.attrs["units"]) == (("time", "lat", "lon"), (2, 3, 4), "zstd:3", "K")
    assert np.isnan(t.fill_value)
    found = opened(path)
    assert_identical(found, dataset())
    assert found["t"].encoding["chunks"] == (2, 3, 4)
    assert found["t"].encoding["preferred_chunks"] == {"time": 2, "lat": 3, "lon": 4}
    # the layout is kept by a copy
    found.to_arrstore(path.with_suffix(".copy.arrs"))
    copy = arrstore.open(path.with_suffix(".copy.arrs"))["t"]
    assert (copy.chunks, copy.codec) == ((2, 3, 4), "zstd:3")


def test_modes(path):
    ds = dataset()
    ds.to_arrstore(path)
    with pytest.raises(FileExistsError):
        ds.to_arrstore(path)
    ds[["area"]].to_arrstore(path, mode="w")
    assert set(opened(path).data_vars) == {"area"}
    ds[["t"]].to_arrstore(path, mode="a")
    assert_identical(opened(path), ds)
    (ds[["area"]].drop_vars(["lat", "place", "run"]) * 2).to_arrstore(path, mode="r+")
    assert_identical(opened(path)["area"], ds["area"] * 2)
    with pytest.raises(ValueError, match="do not exist"):
        xr.Dataset({"new": 1}).to_arrstore(path, mode="r+")
    with pytest.raises(ValueError, match="expected one of w, w-"):
        ds.to_arrstore(path, mode="x")
    with pytest.raises(ValueError, match="keeps its encoding"):
        ds.to_arrstore(path, mode="a", encoding={"t": {"dtype": "f8"}})
    with pytest.raises(ValueError, match="Unable to update size"):
        ds.isel(lat=slice(2))[["area"]].to_arrstore(path, mode="a")


def test_a_file_can_be_written_from_itself(path):
    dataset().to_arrstore(path)
    with xr.open_dataset(path, engine=arrstore.xarray.ArrstoreBackend) as ds:
        (ds[["t"]] + 1).to_arrstore(path, mode="w")
    np.testing.assert_array_equal(opened(path)["t"], dataset()["t"] + 1)


@pytest.mark.parametrize("chunks", [None, {"time": 4}, {"time": 1, "lat": 2}])
def test_append(path, chunks):
    ds = dataset(days=10)
    if chunks:
        pytest.importorskip("dask", reason="SKIPPED: Dask is not installed")
        ds = ds.chunk(chunks)
    ds.isel(time=slice(4)).to_arrstore(path, encoding={"t": {"chunks": (3, 2, 2)}})
    ds.isel(time=slice(4, 9)).to_arrstore(path, append_dim="time")
    ds.isel(time=slice(9, 10)).to_arrstore(path, append_dim="time", mode="a-")
    assert_identical(opened(path), ds.compute())
    assert len(arrstore.open(path).history()) == 2
    with pytest.raises(ValueError, match="none of the dimensions"):
        ds.to_arrstore(path, append_dim="x")
    with pytest.raises(ValueError, match="dimension 'lat': expected 3 elements, found 2"):
        ds.isel(lat=slice(2)).to_arrstore(path, append_dim="time", mode="a-")
    # nothing of a call that failed is seen
    assert_identical(opened(path), ds.compute())


def test_append_keeps_the_encoding_and_makes_place_for_longer_texts(path):
    first = xr.Dataset(
        {"x": ("time", [1.0, 2.5])}, {"time": pd.date_range("2000-01-01", periods=2), "name": ("time", ["a", "b"])}
    )
    first.to_arrstore(path, encoding={"x": {"dtype": "i2", "scale_factor": 0.5, "_FillValue": -1}, "time": {"units": "hours since 1990-01-01"}})
    second = first.copy(deep=True).assign_coords(time=first.time + np.timedelta64(2, "D"), name=("time", ["longer", "c"]))
    second["x"][0] = np.nan
    second.to_arrstore(path, append_dim="time")
    assert_identical(opened(path), xr.concat([first, second], "time"))
    assert arrstore.open(path)["x"].dtype == np.int16
    assert arrstore.open(path)["name"].dtype == np.dtype("U6")
    xr.Dataset({"note": "short"}).to_arrstore(path, mode="a")
    xr.Dataset({"note": "much longer"}).to_arrstore(path, mode="r+")
    assert opened(path)["note"] == "much longer"


def test_regions(path):
    ds = dataset()
    (ds * 0).to_arrstore(path)
    part = ds[["t"]].isel(time=slice(2, 5))
    part.drop_vars(["place", "run"]).to_arrstore(path, region={"time": slice(2, 5)})
    expected = (ds * 0).compute()
    expected["t"][2:5] = ds["t"][2:5]
    np.testing.assert_array_equal(opened(path)["t"], expected["t"])
    corner = ds[["t"]].isel(time=slice(0, 1), lat=slice(1, 3)).drop_vars(["place", "run"])
    corner.to_arrstore(path, region="auto")
    expected["t"][0:1, 1:3] = ds["t"][0:1, 1:3]
    np.testing.assert_array_equal(opened(path)["t"], expected["t"])
    for region, error, words in [
        ({"x": slice(1)}, ValueError, "none of the dimensions"),
        ({"time": 1}, ValueError, "expected a slice"),
        ({"time": slice(0, 2)}, ValueError, "expected 2 elements, found 3"),
    ]:
        with pytest.raises(error, match=words):
            part.drop_vars(["place", "run"]).to_arrstore(path, region=region)
    with pytest.raises(ValueError, match="leave them out"):
        part.to_arrstore(path, region={"time": slice(2, 5)})
    late = part.drop_vars(["place", "run"]).assign_coords(time=part.time + np.timedelta64(9, "D"))
    with pytest.raises(KeyError, match="lacks some values"):
        late.to_arrstore(path, region="auto")


def test_groups(path):
    ds = dataset()
    ds.to_arrstore(path, group="a/b")
    ds[["area"]].to_arrstore(path, group="c", mode="a")
    assert_identical(opened(path, group="a/b"), ds)
    assert_identical(opened(path, group="/c/"), ds[["area"]])
    assert opened(path).sizes == {}
    with pytest.raises(FileExistsError, match="the group /a/b exists"):
        ds.to_arrstore(path, group="a/b")
    ds[["area"]].to_arrstore(path, group="a/b", mode="w")
    assert set(opened(path, group="a/b").data_vars) == {"area"} and "t" not in arrstore.open(path)["a/b"]
    with pytest.raises(KeyError, match="has no group /x; it holds"):
        opened(path, group="x")


def test_trees(path):
    ds = dataset()
    tree = xr.DataTree.from_dict({"/": xr.Dataset(attrs={"top": 1}), "/a": ds, "/a/b": ds[["area"]] * 2, "/empty": xr.Dataset(attrs={"n": 3})})
    tree.to_arrstore(path, encoding={"/a": {"t": {"chunks": (1, 3, 4)}}})
    assert len(arrstore.open(path).history()) == 1
    assert arrstore.open(path)["a/t"].chunks == (1, 3, 4)
    with xr.open_datatree(path, engine=arrstore.xarray.ArrstoreBackend) as found:
        xr.testing.assert_identical(found.load(), tree)
    with xr.open_datatree(path, engine=arrstore.xarray.ArrstoreBackend, group="a") as found:
        assert_identical(found["b"].to_dataset()["area"].load(), tree["a/b"].to_dataset()["area"])
    with pytest.raises(ValueError, match="unexpected encoding group"):
        tree.to_arrstore(path, mode="w", encoding={"/x": {}})


def test_attributes_keep_their_types(path):
    attrs = {
        "single": np.float32(0.1),
        "range": np.array([1, 5], "i2"),
        "nan": float("nan"),
        "limits": np.array([-np.inf, np.nan], "f4"),
        "list": [1, 2.5, float("inf")],
        "bytes": b"\x00\xff",
        "complex": np.complex64(1 + 2j),
        "text": "ü",
        "texts": ["a", "b"],
        "when": np.datetime64("2000-01-01", "D"),
        "flag": True,
        "nothing": None,
        "nested": {"a": [1, {"b": "c"}]},
    }
    xr.Dataset({"x": ("y", [1], attrs)}, attrs=attrs).to_arrstore(path)
    for found in (opened(path).attrs, opened(path)["x"].attrs):
        assert list(found) == list(attrs) or set(found) == set(attrs)
        for name, value in attrs.items():
            np.testing.assert_equal(found[name], np.asarray(value) if name == "list" else value, err_msg=name)
            if isinstance(value, (np.generic, np.ndarray)):
                assert found[name].dtype == value.dtype, name
    # other programs read the plain values
    assert arrstore.open(path).attrs["range"] == [1, 5]
    with pytest.raises(TypeError, match="attribute 'bad'"):
        xr.Dataset(attrs={"bad": object()}).to_arrstore(path, mode="w")
    assert "x" in opened(path)


def test_an_earlier_commit(path):
    ds = dataset()
    ds.to_arrstore(path)
    first = arrstore.open(path).commit
    (ds[["t"]] + 1).to_arrstore(path, mode="a")
    assert_identical(opened(path, commit=first), ds)
    with pytest.raises(KeyError):
        opened(path, commit=77)


def test_arrays_of_other_programs(path):
    with arrstore.open(path, "w") as store:
        store["plain"] = np.ones((3, 3, 5))
        store["other"] = np.zeros(5)
        np.save(path.with_suffix(".npy"), np.array(["2000-01-01", "NaT"], "M8[ns]"))
        store.write("times", arrstore.open(path.with_suffix(".npy")), dims=["time"])
    found = opened(path)
    assert found["plain"].dims == ("dim_3", "dim_3_2", "dim_5") and found["other"].dims == ("dim_5",)
    assert found["times"].values[0] == np.datetime64("2000-01-01") and np.isnat(found["times"].values[1])


@pytest.mark.parametrize("shape", [(), (0,), (3, 0, 2)])
@pytest.mark.parametrize("dtype", ["f4", "?", "c8", "u8", "U3", "S2", "M8[s]", "m8[ms]"])
def test_shapes_and_types(path, shape, dtype):
    dims = tuple("xyz"[: len(shape)])
    ds = xr.Dataset({"a": (dims, np.zeros(shape, dtype)), "b": (dims, np.ones(shape, "i1"))})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ds.to_arrstore(path)
        found = opened(path, decode_timedelta=True)
    # xarray chooses the unit of times and the width of texts
    assert found["a"].dtype == ds["a"].dtype or dtype[0] in "USMm"
    assert_identical(found, ds)


def test_a_failed_call_changes_nothing(path):
    dask = pytest.importorskip("dask.array", reason="SKIPPED: Dask is not installed")
    ds = dataset()
    ds.to_arrstore(path)

    def fail(block, block_info=None):
        if block_info and block_info[0]["chunk-location"][0] == 2:
            raise RuntimeError("a worker failed")
        return block

    bad = dask.ones((6, 3, 4), chunks=(2, 3, 4)).map_blocks(fail, dtype=float)
    with pytest.raises(RuntimeError, match="a worker failed"):
        xr.Dataset({"t": (("time", "lat", "lon"), bad)}).to_arrstore(path, mode="w")
    with pytest.raises(RuntimeError, match="a worker failed"):
        ds.isel(time=slice(6)).assign(t=(("time", "lat", "lon"), bad)).to_arrstore(path, append_dim="time", mode="a")
    assert_identical(opened(path), ds)
    with arrstore.open(path, "r+") as store:
        store["more"] = 1


@pytest.mark.parametrize("name, error", [(5, TypeError), ("a/b", ValueError), ("", ValueError)])
def test_names_are_checked(path, name, error):
    with pytest.raises(error, match="invalid name"):
        xr.Dataset({name: ("x", [1])}).to_arrstore(path)
    with pytest.raises(TypeError, match="names of dimensions"):
        xr.Dataset({"a": ((7,), [1])}).to_arrstore(path)


def test_a_data_array(path):
    dataset()["t"].to_arrstore(path)
    assert_identical(opened(path)["t"], dataset()["t"])


def test_values_of_another_encoding_are_refused(path):
    dataset(days=3).to_arrstore(path)
    before = opened(path)
    later = dataset("2000-01-04", 3).isel(time=slice(0, 2)).copy()
    later["time"] = pd.date_range("2000-01-04 06:00", periods=2, freq="h", unit="ns")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            later.to_arrstore(path, append_dim="time")
        except ValueError as error:
            assert "its values need units" in str(error)
            assert_identical(opened(path), before)
        else:
            np.testing.assert_array_equal(opened(path)["time"].values[3:], later["time"].values)


def test_a_dataset_that_was_written_leaves_memory_at_once(path):
    gone = []
    for number in range(2):
        ds = xr.Dataset({"t": ("time", np.zeros(1000))})
        ds.to_arrstore(path, append_dim="time" if number else None)
        gone.append(weakref.ref(ds.t.variable._data))
        del ds
    assert [reference() for reference in gone] == [None, None]


@pytest.mark.parametrize(
    "there, given", [("f8", "c8"), ("i8", "f8"), ("?", "i4"), ("i4", "f4"), ("f4", "c16")], ids=str
)
def test_numbers_that_would_lose_more_than_digits_are_not_appended(there, given, path):
    xr.Dataset({"v": ("x", np.ones(3, there))}).to_arrstore(path)
    more = xr.Dataset({"v": ("x", np.ones(3, given))})
    for options in ({"append_dim": "x"}, {"region": {"x": slice(0, 3)}}, {"mode": "r+"}):
        with pytest.raises(ValueError, match="variable 'v': expected elements of type"):
            more.to_arrstore(path, **options)
    assert_identical(opened(path), xr.Dataset({"v": ("x", np.ones(3, there))}))


@pytest.mark.parametrize("there, given", [("f8", "i4"), ("f4", "f8"), ("u1", "i8"), ("c16", "f4"), ("i4", "?")], ids=str)
def test_numbers_that_fit_are_appended(there, given, path):
    xr.Dataset({"v": ("x", np.ones(3, there))}).to_arrstore(path)
    xr.Dataset({"v": ("x", np.ones(2, given))}).to_arrstore(path, append_dim="x")
    assert_identical(opened(path), xr.Dataset({"v": ("x", np.ones(5, there))}))


def test_integers_are_appended_to_packed_floats(path):
    packed = {"v": {"dtype": "i2", "scale_factor": 0.5, "_FillValue": -1}}
    xr.Dataset({"v": ("x", [1.5, np.nan])}).to_arrstore(path, encoding=packed)
    xr.Dataset({"v": ("x", [3, 4])}).to_arrstore(path, append_dim="x")
    np.testing.assert_array_equal(opened(path)["v"], [1.5, np.nan, 3, 4])


@pytest.mark.parametrize("chunks", [(2,), (2, 2, 2), (0, 1), 0, -1, "auto", (2.0, 2), (True, 2)], ids=str)
def test_chunks_that_do_not_fit_are_refused(chunks, path):
    ds = xr.Dataset({"v": (("x", "y"), np.ones((3, 4)))})
    with pytest.raises(ValueError, match="variable 'v': chunks: expected a positive integer for each of 2 axes"):
        ds.to_arrstore(path, encoding={"v": {"chunks": chunks}})
    assert not path.exists()


def test_chunks_of_an_array_before_are_left_out_where_they_do_not_fit(path):
    ds = xr.Dataset({"v": (("x", "y"), np.ones((3, 4)))})
    ds.to_arrstore(path, encoding={"v": {"chunks": (2, 3)}})
    other = path.with_name("y.arrs")
    xr.open_dataset(path, engine=arrstore.xarray.ArrstoreBackend).isel(x=0).to_arrstore(other)
    assert arrstore.open(other)["v"].shape == (4,)


@pytest.mark.parametrize("region", ["x", ["x"], slice(0, 2), 3], ids=str)
def test_a_region_is_a_dict(region, path):
    ds = xr.Dataset({"v": ("x", np.ones(3))})
    ds.to_arrstore(path)
    with pytest.raises(TypeError, match="region: expected 'auto', or a dict of slices"):
        ds.to_arrstore(path, region=region)


def test_texts_that_end_in_nul_are_refused(path):
    data = xr.Dataset({"s": ("x", np.array(["a", "b\0"], object))})
    with pytest.raises(ValueError, match="NUL"):
        data.to_arrstore(path)
    assert not path.exists()
    inside = xr.Dataset({"s": ("x", np.array(["a\0b", ""], object))})
    inside.to_arrstore(path)
    xr.testing.assert_identical(xr.load_dataset(path), inside)


def test_all_variables_along_a_dimension_are_appended_together(path):
    data = xr.Dataset({"t": (("time", "y"), np.ones((3, 2))), "i": ("time", [1, 2, 3]), "c": ("y", [1, 2])}, {"time": [0, 1, 2]})
    data.to_arrstore(path)
    # a file whose variables differ in length cannot be opened
    for names in ("i", "time"):
        with pytest.raises(ValueError, match=f"variables \\['{names}'\\] of the file have this dimension"):
            data.drop_vars(names).to_arrstore(path, append_dim="time")
    xr.testing.assert_identical(xr.load_dataset(path), data)
    data.drop_vars("c").to_arrstore(path, append_dim="time")
    assert xr.load_dataset(path).sizes == {"time": 6, "y": 2}


def test_lazy_arrays_of_all_kinds_are_written_together(path, store):
    chunked = xr.Dataset({"a": ("x", [1, 2])}).chunk(chunked_array_type="arrstore")
    data = chunked.assign(b=(("y", "z"), store["t"] * 2), c=("z", arrstore.asarray([1, 2, 3, 4])))
    other = path.with_name("other.arrs")
    for _ in range(2):
        data.to_arrstore(other, mode="w")
        # integers are looked at block by block
        data.to_arrstore(other, append_dim="x")
        np.testing.assert_array_equal(xr.load_dataset(other).a, [1, 2, 1, 2])
        np.testing.assert_array_equal(xr.load_dataset(other).b, np.asarray(store["t"]) * 2)


@pytest.mark.parametrize("values", [pd.array([1, None], dtype="Int64"), pd.Categorical(["a", "b"]), pd.date_range("2020", periods=2, tz="UTC")])
def test_types_of_pandas_are_refused(path, values):
    with pytest.raises(TypeError, match="variable 'a': expected elements of a type of NumPy"):
        xr.Dataset({"a": ("x", values)}).to_arrstore(path)
    assert not path.exists()


@pytest.mark.parametrize("name", ["mean", "sum", "max", "std"])
def test_windows_of_plain_lazy_arrays(name):
    x = np.random.default_rng(0).random((20, 6))
    found, wanted = (getattr(xr.DataArray(of, dims=("t", "x")).rolling(t=3, min_periods=2), name)() for of in (arrstore.asarray(x), x))
    assert isinstance(found.data, arrstore.Array)
    np.testing.assert_allclose(found.data, wanted.data)
    np.testing.assert_array_equal(arrstore.lib.stride_tricks.sliding_window_view(arrstore.asarray(x), 3, axis=0), np.lib.stride_tricks.sliding_window_view(x, 3, axis=0))
