"""The chunks of a file read where they lie: by zarr-python and xarray through references of kerchunk, and by VirtualiZarr."""

import base64
import json

import numpy as np
import pytest
from conftest import same

zarr = pytest.importorskip("zarr", minversion="3", reason="SKIPPED: zarr-python 3 is not installed")
fsspec = pytest.importorskip("fsspec", reason="SKIPPED: fsspec is not installed")

import arrstore  # noqa: E402
from arrstore.virtual import ArrsParser, references  # noqa: E402

RANDOM = np.random.default_rng(3)
#: Lengths that are no multiples of the chunks, so that chunks hang over every edge.
SHAPE, CHUNKS = (5, 7, 6), (2, 3, 4)
LAYOUTS = {
    f"{codec.partition(':')[0]}_{'shuffled_' if shuffle else ''}{''.join(map(str, order))}": {
        "codec": codec,
        "shuffle": shuffle,
        "order": order,
    }
    for codec in ("none", "zstd:1", "zstd:19", "pco:4")
    for shuffle in (False, True)
    for order in ((0, 1, 2), (2, 1, 0), (1, 2, 0), (2, 0, 1))
    if not (shuffle and codec in ("none", "pco:4"))
}
NUMBERS = ["i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8"]
OTHERS = ["?", "c8", "c16", "M8[s]", "M8[15m]", "m8[ns]", "S3", "U4"]


def random(dtype, shape=SHAPE):
    """Elements of a type, all bits in use."""
    dtype = np.dtype(dtype)
    if dtype.kind == "b":
        return RANDOM.integers(0, 2, shape).astype(bool)
    if dtype.kind == "U":
        return np.array(RANDOM.choice(["", "a", "\u00e9t\u00e9", "\U0001f600", "four"], shape), dtype)
    if dtype.kind in "fc":
        found = RANDOM.normal(size=shape).astype(dtype)
        found.flat[:3] = np.nan, -0.0, np.inf
        return found
    return RANDOM.integers(1, 255, (*shape, dtype.itemsize), "u1").view(dtype)[..., 0]


def hierarchy(refs):
    """The group of zarr-python that references make."""
    # as JSON, which is what other programs read
    fs = fsspec.filesystem("reference", fo=json.loads(json.dumps(refs)), asynchronous=True, remote_options={"asynchronous": True})
    return zarr.open_group(zarr.storage.FsspecStore(fs, read_only=True), mode="r")


def virtual(path, url=None, **options):
    """The group of zarr-python that VirtualiZarr makes."""
    pytest.importorskip("virtualizarr", minversion="2.8", reason="SKIPPED: virtualizarr 2.8 is not installed")
    return zarr.open_group(ArrsParser(**options)(url or f"file://{path}", registry()), mode="r")


def registry():
    from obspec_utils.registry import ObjectStoreRegistry
    from obstore.store import LocalStore

    return ObjectStoreRegistry({"file://": LocalStore()})


READERS = {"kerchunk": lambda path: hierarchy(references(path)), "virtualizarr": virtual}


@pytest.fixture(params=READERS)
def read(request):
    return READERS[request.param]


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning")
@pytest.mark.parametrize("dtype", NUMBERS + OTHERS)
def test_every_layout_and_type(path, read, dtype):
    pytest.importorskip("pcodec", reason="SKIPPED: pcodec is not installed")
    values = random(dtype)
    layouts = {name: layout for name, layout in LAYOUTS.items() if dtype in NUMBERS or "pco" not in name}
    with arrstore.open(path, "w") as store, store.transaction() as tx:
        for name, layout in layouts.items():
            tx.write(name, values, chunks=CHUNKS, **layout)
    group = read(path)
    for name in layouts:
        assert group[name].chunks == CHUNKS
        found = group[name][...]
        # the bits, too
        assert found.dtype == values.dtype and found.tobytes() == values.tobytes(), name
        same(group[name][1:4, ::2, 5], values[1:4, ::2, 5])


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning")
def test_shapes_and_states_of_chunks(path, read):
    pytest.importorskip("pcodec", reason="SKIPPED: pcodec is not installed")
    arrays = {
        "number": np.array(5.5),
        "zero": np.array(0.0),
        "empty": np.zeros((0, 3)),
        "one": np.arange(10),
        "constant": np.full((6, 5), 7, "i2"),
        "constant_byte": np.full((6, 5), 7, "i1"),
        "fill": np.full((6, 5), -1.0),
        "negative_zero": np.full((6, 5), -0.0),
        "nan": np.full((6, 5), np.nan, "f4"),
        "mixed": np.where(np.arange(900).reshape(30, 30) < 450, 3, np.arange(900).reshape(30, 30)),
        "records": np.zeros(7, [("a", "i1"), ("b", "f8")]),
        "long": np.arange(600_000.0),
    }
    arrays["records"]["b"] = range(7)
    written = {}
    with arrstore.open(path, "w") as store:
        for name, values in arrays.items():
            chunks = (4, 3)[: values.ndim] if name not in ("long", "number", "zero", "empty", "one") else None
            for codec in ("none", "zstd:1", "pco:4") if values.dtype.kind in "if" and values.ndim else ("none",):
                store.write(f"{codec}/{name}", values, chunks=chunks, codec=codec, fill=-1.0 if name == "fill" else None)
                written[f"{codec}/{name}"] = values
        # most chunks are missing
        store.create("holes", (1000, 1000), "f4", chunks=(10, 10), fill=9.0)
        store["holes"][500:505, 500:505] = 1
        store["holes"][3:3] = 1
    group = read(path)
    for name, values in written.items():
        found = np.asarray(group[name][...])
        assert found.shape == values.shape and found.tobytes() == values.tobytes(), name
    expected = np.full((1000, 1000), 9, "f4")
    expected[500:505, 500:505] = 1
    same(group["holes"][...], expected)


def test_references_are_places_in_the_file(path):
    values = random("f8")
    with arrstore.open(path, "w") as store:
        store.write("g/t", values, chunks=CHUNKS, attrs={"units": "K"})
        store.write("g/c", np.full((4, 4), 2, "i2"), chunks=(2, 4))
    refs = references(path)
    assert refs["version"] == 1
    url, offset, length = refs["refs"]["g/t/c/0/0/1"]
    assert url == f"file://{path}" and length == 2 * 3 * 4 * 8
    chunk = np.frombuffer(path.read_bytes()[offset : offset + length]).reshape(CHUNKS)
    same(chunk[:, :, :2], values[:2, :3, 4:])
    assert base64.b64decode(refs["refs"]["g/c/c/1/0"].removeprefix("base64:")) == np.full(8, 2, "i2").tobytes()
    about = json.loads(refs["refs"]["g/t/zarr.json"])
    assert about["dimension_names"] == ["dim_5", "dim_7", "dim_6"] and about["attributes"] == {"units": "K"}
    assert json.loads(refs["refs"]["zarr.json"])["node_type"] == "group"
    # a group, without an array, at another place
    part = references(path, "g", url="s3://bucket/x.arrs", skip=["c"])["refs"]
    assert sorted(key for key in part if key.endswith("zarr.json")) == ["t/zarr.json", "zarr.json"]
    assert part["t/c/0/0/1"] == ["s3://bucket/x.arrs", offset, length]


def test_an_earlier_commit(path, read):
    with arrstore.open(path, "w") as store:
        store["t"] = np.arange(5.0)
        store["t"] = np.arange(5.0) * 2
        first = store.history()[1].number
    same(hierarchy(references(path, commit=first))["t"][...], np.arange(5.0))
    same(read(path)["t"][...], np.arange(5.0) * 2)


def test_what_zarr_has_no_words_for_is_refused(path):
    with arrstore.open(path, "w") as store:
        store.write("l", np.arange(1000), codec="lz4")
        store.write("p", np.arange(1000) * 1j, codec="pco:4")
        store["r"] = np.zeros(3, np.dtype([("a", "i1"), ("b", "f8")], align=True))
        store["f"] = np.zeros(3, np.dtype([("a", "i1", (2,))]))
        store.write("c", np.full((3000, 4000), 1.5), chunks=(100, 4000))
        store["t"] = np.arange(3)
    names = {"l", "p", "r", "f", "c"}
    for name, words in {"l": "lz4.*zstd", "p": "pcodec.*complex128.*zstd", "r": "gaps.*repack_fields", "f": "array f: Zarr has no type", "c": "MiB.*zstd"}.items():
        with pytest.raises(ValueError, match=words):
            references(path, skip=names - {name})
    assert list(hierarchy(references(path, skip=names))) == ["t"]
    with pytest.raises(KeyError, match="no group /x"):
        references(path, "x")
    with pytest.raises(KeyError, match="skip names arrays that are not there: x"):
        references(path, skip="x")


def test_bfloat16_is_refused(path):
    types = pytest.importorskip("ml_dtypes", reason="SKIPPED: ml_dtypes is not installed")
    with arrstore.open(path, "w") as store:
        store["t"] = np.arange(3).astype(types.bfloat16)
    with pytest.raises(ValueError, match="array t: Zarr has no type bfloat16"):
        references(path)


def dataset():
    xr = pytest.importorskip("xarray", reason="SKIPPED: xarray is not installed")
    t = np.arange(72.0, dtype="f4").reshape(6, 3, 4)
    t[0, 0] = np.nan
    return xr.Dataset(
        {
            "t": (("time", "lat", "lon"), t, {"units": "K", "scale": np.float32(2), "valid_max": np.inf}),
            "n": (("lat",), np.array([1.5, np.nan, 3])),
            "z": (("lat",), np.array([1 + 2j, np.nan, 3])),
        },
        coords={"time": np.arange("2000-01-01", 6, dtype="M8[D]").astype("M8[ns]"), "lat": [0.0, 1, 2], "place": ("lon", list("abcd")), "run": 7},
        attrs={"title": "a test"},
    )


def equal(found, expected):
    """Whether two datasets have the same values and attributes, NaN included."""
    from xarray.testing import assert_equal

    assert_equal(found.load(), expected)
    assert found.attrs == expected.attrs
    for name in expected.variables:
        assert {**found[name].attrs} == {**expected[name].attrs}


ENCODING = {"t": {"codec": "zstd:1", "shuffle": True, "chunks": (4, 3, 2)}, "n": {"dtype": "i2", "scale_factor": 0.5, "_FillValue": -9}}


@pytest.mark.filterwarnings("ignore")
def test_xarray_reads_datasets_through_references(path):
    expected = dataset()
    import arrstore.xarray
    import xarray as xr

    expected.to_arrstore(path, encoding=ENCODING)
    refs = references(path)
    fs = fsspec.filesystem("reference", fo=refs, asynchronous=True, remote_options={"asynchronous": True})
    with xr.open_dataset(zarr.storage.FsspecStore(fs, read_only=True), engine="zarr", consolidated=False) as found:
        equal(found, expected)
    kerchunk = pytest.importorskip("kerchunk.utils", reason="SKIPPED: kerchunk is not installed")
    with xr.open_zarr(kerchunk.refs_as_store(refs), consolidated=False) as found:
        equal(found, expected)


@pytest.mark.filterwarnings("ignore")
def test_xarray_reads_datasets_through_a_store_of_zarr(path):
    expected = dataset()
    import xarray as xr
    from arrstore.zarr import ArrsStore

    expected.to_arrstore(path, encoding=ENCODING)
    with xr.open_dataset(ArrsStore(path, read_only=True), engine="zarr", consolidated=False) as found:
        equal(found, expected)


@pytest.mark.parametrize(
    "dtype, value, expected",
    [
        ("f4", -1.5, "AAAAAAAA+L8="),
        ("f8", "NaN", "AAAAAAAA+H8="),
        ("f8", "AAAAAAAA+L8=", "AAAAAAAA+L8="),
        ("c16", 2, ["AAAAAAAAAEA=", "AAAAAAAAAAA="]),
        ("i2", -9, -9),
        ("i2", "none", "none"),
        ("?", True, True),
        ("S3", "ab", "YWI="),
        ("U3", "ab", "ab"),
    ],
)
def test_fill_values_as_xarray_writes_them_in_zarr(path, dtype, value, expected):
    with arrstore.open(path, "w") as store:
        store.write("t", np.zeros(3, dtype), attrs={"_FillValue": value})
    attributes = json.loads(references(path)["refs"]["t/zarr.json"])["attributes"]
    assert attributes == {"_FillValue": expected} and type(attributes["_FillValue"]) is type(expected)


@pytest.mark.filterwarnings("ignore")
def test_virtual_datasets(tmp_path):
    vz = pytest.importorskip("virtualizarr", minversion="2.8", reason="SKIPPED: virtualizarr 2.8 is not installed")
    expected = dataset().drop_vars("z")
    import xarray as xr

    paths = [tmp_path / "a.arrs", tmp_path / "b c.arrs"]
    for path, part in zip(paths, (expected.isel(time=slice(0, 4)), expected.isel(time=slice(4, 8)))):
        part.to_arrstore(path, encoding={"t": {"codec": "zstd:1", "chunks": (2, 3, 2)}, "n": ENCODING["n"]})
    parts = [
        vz.open_virtual_dataset(f"file://{path}", registry=registry(), parser=ArrsParser(), loadable_variables=["time", "lat", "run", "place", "n"])
        for path in paths
    ]
    assert type(parts[0]["t"].data).__name__ == "ManifestArray"
    # two files as one, whose chunks stay where they are
    both = xr.concat(parts, dim="time", data_vars="minimal", coords="minimal", compat="override", join="override")
    kerchunk = pytest.importorskip("kerchunk.utils", reason="SKIPPED: kerchunk is not installed")
    refs = both.vz.to_kerchunk(format="dict", zarr_format=3)
    with xr.open_zarr(kerchunk.refs_as_store(refs), consolidated=False) as found:
        np.testing.assert_array_equal(found["t"], expected["t"])
        np.testing.assert_array_equal(found["time"], expected["time"])
    everything = vz.open_virtual_dataset(f"file://{paths[0]}", registry=registry(), parser=ArrsParser(skip_variables=["n"]))
    assert "n" not in everything


@pytest.mark.filterwarnings("ignore")
def test_groups(path, read):
    xr = pytest.importorskip("xarray", reason="SKIPPED: xarray is not installed")
    import arrstore.xarray  # noqa: F401

    tree = xr.DataTree.from_dict({"/": dataset(), "/a/b": dataset().assign_attrs(title="deep")})
    tree.to_arrstore(path)
    group = read(path)
    assert group.attrs["title"] == "a test" and group["a/b"].attrs["title"] == "deep"
    same(group["a/b/t"][...], dataset()["t"].values)
    assert sorted(name for name, _ in group["a"].groups()) == ["b"]
    below = hierarchy(references(path, "a/b"))
    same(below["t"][...], dataset()["t"].values)


def test_hierarchies_that_zarr_wrote(path):
    from arrstore.zarr import ArrsStore

    values = random("f4")
    with ArrsStore(path) as store, store.transaction():
        root = zarr.create_group(store, attributes={"title": "a test"})
        root.create_array("g/a", data=values, chunks=CHUNKS)
        root.create_array("same", data=np.full(100, 5))
    with arrstore.open(path, "a") as store:
        store["plain"] = values
    group = hierarchy(references(path))
    assert group.attrs["title"] == "a test"
    same(group["g/a"][...], values)
    same(group["same"][...], np.full(100, 5))
    same(group["plain"][...], values)
    pytest.importorskip("virtualizarr", minversion="2.8", reason="SKIPPED: virtualizarr 2.8 is not installed")
    with pytest.raises(ValueError, match="was written by zarr-python: open the file by"):
        virtual(path)


def test_a_parser_of_a_file_elsewhere(path):
    pytest.importorskip("virtualizarr", minversion="2.8", reason="SKIPPED: virtualizarr 2.8 is not installed")
    values = random("f4")
    with arrstore.open(path, "w") as store:
        store.write("t", values, chunks=CHUNKS)
    with pytest.raises(ValueError, match="scheme 's3'.*local="):
        ArrsParser()("s3://bucket/x.arrs", registry())
    found = ArrsParser(local=path)("s3://bucket/x.arrs", registry())
    assert found._group.arrays["t"].manifest.dict()["0.0.0"]["path"] == "s3://bucket/x.arrs"
    # a path without a scheme is one of this machine
    same(zarr.open_group(ArrsParser()(str(path), registry()), mode="r")["t"][...], values)


@pytest.mark.parametrize("name", ["a b.arrs", "\u00fc.arrs", "50%20.arrs"])
def test_urls_of_files_may_write_letters_as_numbers(name, tmp_path):
    path = tmp_path / "a folder" / name
    path.parent.mkdir()
    with arrstore.open(path, "w") as store:
        store["t"] = np.arange(3.0)
    for url in (path.as_uri(), f"file://{path}", str(path)):
        same(virtual(path, url)["t"][:], np.arange(3.0))
