"""xarray's own tests of formats, run on `.arrs` files."""

import contextlib
import warnings

import numpy as np
import pytest

xr = pytest.importorskip("xarray", reason="SKIPPED: xarray is not installed")
suite = pytest.importorskip("xarray.tests.test_backends", reason="SKIPPED: the tests of xarray are not installed")

from xarray.tests.conftest import time_unit, use_dask  # noqa: E402, F401  fixtures of xarray's tests

import arrstore.xarray  # noqa: E402
from arrstore.xarray.writing import WriteStore  # noqa: E402

#: Tests of the base classes that do not apply.
NOT_APPLICABLE = {
    "test_encoding_unlimited_dims": "every axis of an .arrs file can be made longer: no dimension is marked as unlimited",
    "test_coordinate_variables_after_iris_roundtrip": "tests Iris and netCDF, not the format",
}


class TestArrstore(suite.CFEncodedBase):
    """`CFEncodedBase` contains `DatasetIOBase`."""

    engine = "arrstore"

    @pytest.fixture(autouse=True)
    def only_what_applies(self, request):
        reason = NOT_APPLICABLE.get(request.node.originalname)
        if reason:
            pytest.skip(reason)

    @pytest.mark.parametrize("decoded_fn, encoded_fn", suite.MASK_AND_SCALE_DATA)
    @pytest.mark.parametrize("dtype", [np.dtype("float64"), np.dtype("float32")])
    def test_roundtrip_mask_and_scale(self, decoded_fn, encoded_fn, dtype, monkeypatch):
        # the test leaves out bytes without a sign for all engines but this one
        monkeypatch.setattr(type(self), "engine", "netcdf4")
        super().test_roundtrip_mask_and_scale(decoded_fn, encoded_fn, dtype)

    @contextlib.contextmanager
    def create_store(self):
        with suite.create_tmp_file(suffix=".arrs") as path, WriteStore.open(path, "w") as store:
            yield store

    def save(self, dataset, path, **kwargs):
        return arrstore.xarray.to_arrstore(dataset, path, kwargs.pop("mode", "w"), **kwargs)

    @contextlib.contextmanager
    def open(self, path, **kwargs):
        with xr.open_dataset(path, engine=arrstore.xarray.ArrstoreBackend, **kwargs) as ds:
            yield ds


class TestArrstoreWithDask(TestArrstore):
    """The same with arrays of Dask."""

    @contextlib.contextmanager
    def open(self, path, **kwargs):
        pytest.importorskip("dask", reason="SKIPPED: Dask is not installed")
        with xr.open_dataset(path, engine=arrstore.xarray.ArrstoreBackend, **kwargs) as ds:
            yield ds

    def save(self, dataset, path, **kwargs):
        if kwargs.get("encoding") is None:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                dataset = dataset.chunk()
        return super().save(dataset, path, **kwargs)
