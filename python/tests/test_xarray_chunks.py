"""xarray computing with lazy arrays of arrstore, without Dask."""

import pickle
import warnings

import numpy as np
import pytest

xr = pytest.importorskip("xarray", reason="SKIPPED: xarray is not installed")

import pandas as pd  # noqa: E402  xarray needs it

import arrstore.xarray  # noqa: E402
from arrstore.xarray.lazy import ChunkedArray, lazy  # noqa: E402

#: Only elements: equal to the last bit.
EXACT = {
    "decoded": lambda d: d,
    "max": lambda d: d.t.max("lon"),
    "min": lambda d: d.min(),
    "argmax": lambda d: d.p.fillna(0).argmax("time"),
    "where": lambda d: d.t.where(d.t > 0),
    "where else": lambda d: d.t.where(d.t > 0, -1),
    "fillna": lambda d: d.t.fillna(3),
    "isnull": lambda d: d.t.isnull(),
    "clip": lambda d: d.t.clip(-1, 1),
    "round": lambda d: d.t.round(2),
    "sel": lambda d: d.t.sel(time="2000-03", lat=slice(1, 3)),
    "isel": lambda d: d.t.isel(time=[3, 1, 2], lat=[0, 1]),
    "points": lambda d: d.t.isel(time=xr.DataArray([1, 2], dims="z"), lat=xr.DataArray([1, 2], dims="z")),
    "reversed": lambda d: d.t.isel(time=slice(None, None, -3)),
    "transpose": lambda d: d.t.transpose("lon", "time", "lat"),
    "stack": lambda d: d.t.stack(z=("lat", "lon")),
    "unstack": lambda d: d.t.stack(z=("lat", "lon")).unstack("z"),
    "concat": lambda d: xr.concat([d.t, d.t], "time"),
    "merge": lambda d: xr.merge([d.t, d.p.rename("q")]),
    "expand": lambda d: d.t.expand_dims("k"),
    "diff": lambda d: d.t.diff("time"),
    "shift": lambda d: d.t.shift(time=2),
    "roll": lambda d: d.t.roll(time=2),
    "pad": lambda d: d.t.pad(lat=1),
    "median": lambda d: d.p.median("time"),
    "reindex": lambda d: d.t.reindex(lat=[1.0, 99.0]),
    "astype": lambda d: d.t.astype("f8"),
    "compare": lambda d: (d.t > d.p) & (d.t < 1),
    "any": lambda d: (d.t > 3).any("time"),
    "count": lambda d: d.t.count("time"),
    "full_like": lambda d: xr.full_like(d.t, 3),
    "map": lambda d: d.map(np.abs),
    "to_array": lambda d: d.to_array("v"),
    "sortby": lambda d: d.t.sortby("lat", ascending=False),
}
#: Sums: the library adds in another order, and rounds less.
CLOSE = {
    "mean": lambda d: d.mean("time"),
    "mean of all": lambda d: d.mean(),
    "with NaN": lambda d: d.t.mean("time", skipna=False),
    "std": lambda d: d.t.std("time"),
    "var": lambda d: d.t.var(["lat", "lon"], ddof=1),
    "min_count": lambda d: d.t.sum("lat", min_count=3),
    "anomaly": lambda d: (d.t - d.t.mean("time")) / d.t.std("time"),
    "cumsum": lambda d: d.t.cumsum("time"),
    "quantile": lambda d: d.p.quantile([0.1, 0.5], "time"),
    "groupby": lambda d: d.t.groupby("time.month").mean(),
    "group anomaly": lambda d: d.t.groupby("time.month") - d.t.groupby("time.month").mean("time"),
    "resample": lambda d: d.t.resample(time="1ME").mean(),
    "rolling": lambda d: d.t.rolling(time=5).mean(),
    "coarsen": lambda d: d.t.coarsen(time=10, lat=5).mean(),
    "weighted": lambda d: d.t.weighted(np.cos(np.deg2rad(d.lat))).mean(["lat", "lon"]),
    "dot": lambda d: xr.dot(d.t.fillna(0), d.p.fillna(0), dim="time"),
    "corr": lambda d: xr.corr(d.t, d.p, "time"),
    "ufunc": lambda d: xr.apply_ufunc(np.hypot, d.t, d.p, dask="allowed"),
    "sin": lambda d: np.sin(d.t),
    "integrate": lambda d: d.t.integrate("lat"),
    "differentiate": lambda d: d.t.differentiate("lat"),
}


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """A dataset in memory, and the same one lazily."""
    path = tmp_path_factory.mktemp("xarray") / "x.arrs"
    t = np.random.default_rng(0).normal(size=(120, 5, 6)).astype("f4")
    t[3, 2] = np.nan
    coords = {"time": pd.date_range("2000-01-01", periods=120), "lat": np.arange(5.0), "lon": np.arange(6.0)}
    dims = ("time", "lat", "lon")
    ds = xr.Dataset({"t": (dims, t, {"units": "K"}), "p": (dims, np.float64(t) * 10)}, coords)
    packed = {"dtype": "i2", "scale_factor": 0.01, "add_offset": 0.5, "_FillValue": -9999}
    ds.to_arrstore(path, encoding={"t": {"chunks": (50, 5, 6), "codec": "zstd:1"}, "p": packed})
    engine = {"engine": arrstore.xarray.ArrstoreBackend}
    with xr.open_dataset(path, **engine) as found:
        found.load()
    return found, xr.open_dataset(path, chunks={}, chunked_array_type=arrstore.xarray.ArrstoreManager(), **engine), path


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    """xarray finds the chunk manager by an entry point, which only an installed package has."""
    from xarray.namedarray import parallelcompat

    managers = {"arrstore": arrstore.xarray.ArrstoreManager(), **parallelcompat.list_chunkmanagers()}
    monkeypatch.setattr(parallelcompat, "list_chunkmanagers", lambda: managers)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        yield


def is_lazy(result):
    variables = result.data_vars.values() if isinstance(result, xr.Dataset) else [result]
    return all(isinstance(variable.data, ChunkedArray) for variable in variables)


@pytest.mark.parametrize("name", [*EXACT, *CLOSE])
def test_results_are_lazy_and_the_same(both, name):
    memory, on_disk, _ = both
    function = EXACT.get(name) or CLOSE[name]
    expected, result = function(memory), function(on_disk)
    assert is_lazy(result)
    if name in EXACT:
        xr.testing.assert_identical(result.compute(), expected)
    else:
        xr.testing.assert_allclose(result.compute(), expected, rtol=1e-5, atol=1e-5)
    assert is_lazy(result)


def test_chunks_are_those_of_the_file(both):
    _, on_disk, path = both
    assert on_disk["t"].chunks == ((50, 50, 20), (5,), (6,))
    assert (on_disk["t"] + 1).chunks == on_disk["t"].chunks
    assert on_disk["t"].chunk({"time": 30}).chunks[0] == (30,) * 4
    assert dict(on_disk["t"].chunk({"time": -1}).chunksizes) == {"time": (120,), "lat": (5,), "lon": (6,)}
    engine = {"engine": arrstore.xarray.ArrstoreBackend, "chunked_array_type": "arrstore"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert xr.open_dataset(path, chunks={"time": 100}, **engine)["t"].chunks[0] == (100, 20)
    assert xr.open_dataset(path, chunks="auto", **engine)["t"].chunks[0] == (50, 50, 20)
    assert "ChunkedArray" in repr(on_disk["t"]) and on_disk._repr_html_()


def test_masks_and_scales_are_computed_by_the_library(both):
    """No function of Python is called for each block."""
    _, on_disk, _ = both
    for name in "tp":
        plan = repr(on_disk[name].data.explain())
        assert "map_blocks" not in plan, plan


def test_functions_of_python_on_blocks(both):
    memory, on_disk, _ = both
    # elementwise: lazy
    twice = xr.apply_ufunc(lambda x: x * 2, on_disk.t, dask="parallelized", output_dtypes=["f4"])
    assert is_lazy(twice)
    xr.testing.assert_identical(twice.compute(), memory.t * 2)
    # along core dimensions: at once, a block at a time
    options = {"dask": "parallelized", "output_dtypes": ["f4"]}
    for vectorize in (False, True):
        core = {"input_core_dims": [["lon"]], "vectorize": vectorize}
        found = xr.apply_ufunc(lambda x: x.max(-1), on_disk.t, **core, **options)
        np.testing.assert_array_equal(found.compute(), memory.t.max("lon", skipna=False))
    lows, highs = xr.apply_ufunc(
        lambda x, y: (x.min(-1), y.max(-1)),
        on_disk.t,
        memory.lon,
        input_core_dims=[["lon"], ["lon"]],
        output_core_dims=[[], []],
        dask="parallelized",
        output_dtypes=["f4", "f8"],
    )
    np.testing.assert_array_equal(lows.compute(), memory.t.min("lon", skipna=False))
    assert float(highs.max()) == 5


def test_results_are_written_without_loading_them(both, tmp_path):
    memory, on_disk, _ = both
    path = tmp_path / "anomaly.arrs"
    anomaly = on_disk[["t"]] - on_disk[["t"]].mean("time")
    anomaly.to_arrstore(path, encoding={"t": {"codec": "zstd:1"}})
    with xr.open_dataset(path, engine=arrstore.xarray.ArrstoreBackend) as found:
        np.testing.assert_array_equal(found["t"], anomaly["t"].compute())
    assert arrstore.open(path)["t"].chunks == (50, 5, 6)


def test_memory_is_bounded(tmp_path):
    path = tmp_path / "x.arrs"
    with arrstore.config(memory="64MiB", threads=2), arrstore.open(path, "w") as store:
        big = arrstore.eval("broadcast_to(x, (4000, 10000))", {"x": arrstore.asarray(np.float64(2))})
        store.write("big", big, chunks=(100, 1000), dims=["y", "x"])
        engine = {"engine": arrstore.xarray.ArrstoreBackend, "chunked_array_type": "arrstore"}
        ds = xr.open_dataset(path, chunks={}, **engine)
        assert ds.big.data.nbytes > 300_000_000
        assert float(((ds.big - ds.big.mean("y")) ** 2 + 1).mean()) == 1
        (ds * 2).to_arrstore(tmp_path / "y.arrs")
        assert float(arrstore.open(tmp_path / "y.arrs")["big"].max()) == 4
        with pytest.raises(MemoryError):
            (ds.big + 1).compute()


def test_pickles(both):
    memory, on_disk, _ = both
    for result in (on_disk.t, on_disk.p, (on_disk.t * 2).mean("lat")):
        again = pickle.loads(pickle.dumps(result))
        assert is_lazy(again) and again.chunks == result.chunks
        xr.testing.assert_identical(again.compute(), result.compute())
    assert len(pickle.dumps(on_disk.t.data)) < 500


def test_arrays_of_memory_and_of_stores(both, store):
    memory, _, _ = both
    chunked = memory.t.chunk({"time": 7}, chunked_array_type="arrstore")
    assert is_lazy(chunked) and chunked.chunks[0][0] == 7
    xr.testing.assert_identical(chunked.compute(), memory.t)
    array = xr.DataArray(lazy(store["t"]), dims=["a", "b"])
    assert float(array.sum()) == 66 and is_lazy(array + 1)
    with pytest.raises(ValueError, match="expected a length, 'auto'"):
        lazy(store["t"]).rechunk((2, "all"))
    with pytest.raises(ValueError, match="one entry for each of 2 axes"):
        lazy(store["t"]).rechunk((2,))
    with pytest.raises(ValueError, match="add up to 2, not to 3"):
        lazy(store["t"]).rechunk(((1, 1), 4))


def test_functions_of_the_package_keep_the_class(both):
    """opt_einsum, which xarray takes where it is installed, calls them."""
    t = both[1]["t"].data
    for result in [arrstore.sum(t, 0), arrstore.einsum("ijk,ijk->i", t, t), arrstore.tensordot(t, t, 3), arrstore.transpose(t)]:
        assert isinstance(result, ChunkedArray)
    assert type(arrstore.sum(arrstore.asarray([1.0]))) is arrstore.Array


def test_texts_of_any_length_have_one_width_in_chunks(path):
    given = xr.Dataset({"name": ("x", np.array(["a", "bcd", ""], dtype=object)), "v": ("x", [1, 2, 3])})
    given.to_arrstore(path)
    for chunks in ({}, {"x": 2}, "auto"):
        found = xr.open_dataset(path, engine=arrstore.xarray.ArrstoreBackend, chunks=chunks, chunked_array_type="arrstore")
        assert isinstance(found["name"].data, arrstore.Array)
        assert found["name"][1:].values.tolist() == ["bcd", ""]
    in_memory = given.chunk({"x": 2}, chunked_array_type="arrstore")
    assert in_memory["name"].values.tolist() == ["a", "bcd", ""]
