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

import xarray as _xarray

from .backend import ArrstoreBackend
from .chunks import ArrstoreManager
from .writing import to_arrstore

__all__ = ["ArrstoreBackend", "ArrstoreManager", "to_arrstore"]


# A method, not an accessor of xarray: a dataset and its accessor keep each other alive, and large arrays with them, until
# Python looks for cycles.
for _class in (_xarray.Dataset, _xarray.DataArray, _xarray.DataTree):
    _class.to_arrstore = to_arrstore
