"""Datasets of xarray in `.arrs` files.

    import arrstore.xarray, xarray as xr

    ds.to_arrstore("x.arrs")                        # after the import, each Dataset, DataArray and DataTree has this method
    ds = xr.open_dataset("x.arrs")                  # lazy
    more.to_arrstore("x.arrs", append_dim="time")   # one commit
    tree = xr.open_datatree("x.arrs")               # groups

With `chunks={}, chunked_array_type="arrstore"` the arrays are lazy in all that xarray computes, inside the memory budget, without
Dask.

Values are encoded as CF says. Names of dimensions, chunks and codecs are those of the file.
"""

import functools

import xarray as _xarray

from .backend import ArrstoreBackend
from .chunks import ArrstoreManager
from .writing import to_arrstore

__all__ = ["ArrstoreBackend", "ArrstoreManager", "to_arrstore"]


class _Method:
    """Makes `to_arrstore` a method of xarray's classes."""

    def __init__(self, data):
        functools.update_wrapper(self, to_arrstore)
        self._data = data

    def __call__(self, path, mode=None, **options):
        return to_arrstore(self._data, path, mode, **options)


for _register in (
    _xarray.register_dataset_accessor,
    _xarray.register_dataarray_accessor,
    _xarray.register_datatree_accessor,
):
    _register("to_arrstore")(_Method)
