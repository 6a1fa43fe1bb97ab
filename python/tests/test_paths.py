"""Paths: of every kind, into groups, and in errors."""

import os
import pathlib

import numpy as np
import pytest
from conftest import same

import arrstore

X = np.arange(6.0)
KINDS = {"text": str, "bytes": os.fsencode, "path": pathlib.Path}


@pytest.fixture(params=KINDS)
def kind(request):
    return KINDS[request.param]


def test_paths_of_every_kind(tmp_path, kind):
    for ending in ("npy", "npz", "zarr", "arrs", "raw"):
        arrstore.asarray(X).save(kind(tmp_path / f"x.{ending}"))
        opened = arrstore.open(kind(tmp_path / f"x.{ending}"), **({"dtype": "f8"} if ending == "raw" else {}))
        same(opened if isinstance(opened, arrstore.Array) else next(iter(opened.values())), X)
    with arrstore.Store(kind(tmp_path / "s.arrs"), "w") as store:
        store["x"] = X
    arrstore.write_part(kind(tmp_path / "part"), "x", X, [0], [6])
    arrstore.merge(kind(tmp_path / "merged.arrs"), [kind(tmp_path / "part")])
    same(arrstore.open(kind(tmp_path / "merged.arrs"))["x"], X)
    from arrstore import safetensors

    safetensors.save(kind(tmp_path / "x.safetensors"), {"x": X})
    same(safetensors.open(kind(tmp_path / "x.safetensors"))["x"], X)
    with arrstore.config(tmp=kind(tmp_path)):
        same(arrstore.asarray(X) + 1, X + 1)


def test_paths_of_every_kind_in_other_libraries(tmp_path, kind):
    path = tmp_path / "x.arrs"
    with arrstore.open(path, "w") as store:
        store["x"] = X
    zarr = pytest.importorskip("zarr", reason="SKIPPED: zarr is not installed")
    from arrstore.virtual import references
    from arrstore.zarr import ArrsStore

    same(zarr.open_group(ArrsStore(kind(path)), mode="r")["x"][...], X)
    assert any(str(tmp_path) in str(place) for place in references(kind(path))["refs"].values())
    da = pytest.importorskip("dask.array", reason="SKIPPED: dask is not installed")
    arrstore.store(da.ones(3), kind(tmp_path / "y.arrs"), "y")
    same(arrstore.open(tmp_path / "y.arrs")["y"], np.ones(3))


@pytest.fixture
def groups(tmp_path):
    with arrstore.open(tmp_path / "x.arrs", "w") as store:
        store.update({"a": X, "g/b": X + 1, "g/h/c": X + 2})
    return f"{tmp_path}/x.arrs"


def test_a_group_is_opened_by_its_path(groups):
    with arrstore.open(f"{groups}:/g") as group:
        assert isinstance(group, arrstore.Group) and group.name == "/g" and sorted(group) == ["b", "h"]
        same(group["h/c"], X + 2)
        store = group.store
    with pytest.raises(ValueError, match="closed"):
        store["a"]
    assert arrstore.open(f"{groups}:g/h").name == "/g/h"
    for whole in (groups, f"{groups}:", f"{groups}:/"):
        assert isinstance(arrstore.open(whole), arrstore.Store)
    with arrstore.open(f"{groups}:/g", "r+") as group:
        group["d"] = X
    with arrstore.open(f"{groups}:/new/group", "a") as group:
        assert not len(group)
        group["e"] = X
    array = arrstore.open(f"{groups}:/new/group/e", "r+")
    array[0] = 7
    same(arrstore.open(f"{groups}:/new/group/e"), np.r_[7, X[1:]])
    assert sorted(arrstore.open(groups).arrays()) == ["a", "g/b", "g/d", "g/h/c", "new/group/e"]
    # a group of a store that is open already leaves it open
    with arrstore.open(groups) as store:
        with store["g"] as group:
            same(group["b"], X + 1)
        same(store["a"], X)
    for mode in ("w", "x", "w-"):
        with pytest.raises(ValueError, match="makes a whole file"):
            arrstore.open(f"{groups}:/g", mode)
    for name in ("no", "a/b", "g/no"):
        for mode in ("r", "r+"):
            with pytest.raises(FileNotFoundError, match=f"no array '?/{name}") as error:
                arrstore.open(f"{groups}:/{name}", mode)
            assert error.value.filename == f"{groups}:/{name}"


def test_a_group_of_zarr_is_opened_by_its_path(tmp_path):
    zarr = pytest.importorskip("zarr", reason="SKIPPED: zarr is not installed")
    root = zarr.open_group(tmp_path / "x.zarr", mode="w")
    for name in ("a", "g/b", "g/h/c"):
        root.create_array(name, data=X)
    for group in (arrstore.open(f"{tmp_path}/x.zarr:/g"), arrstore.open(tmp_path / "x.zarr")["g"]):
        assert isinstance(group, arrstore.Archive) and list(group) == ["b", "h/c"]
        same(group["b"], X)
        same(group["h"]["c"], X)
    with pytest.raises(KeyError, match="has no array no; it holds b, h/c"):
        group["no"]
    with pytest.raises(FileNotFoundError, match="no array /no"):
        arrstore.open(f"{tmp_path}/x.zarr:/no")


def test_errors_name_the_file(tmp_path, groups):
    bad, npy = tmp_path / "bad.arrs", tmp_path / "x.npy"
    bad.write_bytes(b"hello")
    np.save(npy, X)
    (tmp_path / "empty.arrs").touch()
    (tmp_path / "bad.npz").write_bytes(b"PK")
    store = arrstore.open(groups, "r+")
    transaction = store.transaction()
    calls = [
        *(lambda path=path: arrstore.open(path) for path in (bad, tmp_path / "empty.arrs", tmp_path / "bad.npz", f"{npy}[9]", f"{npy}:/a", f"{groups}:/no")),
        *(lambda mode=mode: arrstore.open(bad, mode) for mode in ("r+", "a", "x", "?")),
        lambda: arrstore.Store(bad),
        lambda: arrstore.open(groups, commit=99),
        lambda: arrstore.open(groups, "a", commit=1),
        lambda: arrstore.open(npy, "a"),
        lambda: arrstore.open(npy, dtype="O"),
        lambda: arrstore.open(npy, dtype="f8", shape=-1),
        lambda: arrstore.open(npy, dtype="f8", order="K"),
        lambda: arrstore.open(npy, shape=3),
        lambda: arrstore.open(groups, "r+").update(y=X),
        lambda: arrstore.open(groups).update(y=X),
        lambda: arrstore.merge(tmp_path / "merged.arrs", [bad]),
        lambda: arrstore.asarray(X).save(tmp_path / "no" / "x.npy"),
    ]
    for call in calls:
        with pytest.raises((OSError, ValueError, TypeError, KeyError, IndexError)) as error:
            call()
        assert str(tmp_path) in str(error.value)
        assert str(error.value).count(str(tmp_path)) <= 2
    transaction.rollback()


@pytest.mark.parametrize("name", ["x", "x.npy", "x.npz", "x.zarr", "x.arrs", "x.arrs:/a", "x.raw", "no/x.npy[3]"])
def test_a_file_that_is_not_there(tmp_path, name):
    with pytest.raises(FileNotFoundError) as error:
        arrstore.open(tmp_path / name)
    assert error.value.filename == str(tmp_path / name)
    with pytest.raises(FileNotFoundError):
        arrstore.open(tmp_path / name, dtype="f8")
