"""A program over the parts for other libraries, which mypy and pyright check in their strict modes: test_stubs.py."""

import xarray as xr

import arrstore
import arrstore.xarray
from arrstore import linalg, safetensors, tables, virtual
from arrstore.zarr import ArrsStore

store: arrstore.Store = arrstore.open("x.arrs", "a")
a = arrstore.asarray([1.0])
norm: arrstore.Array = linalg.norm(linalg.outer(a, a))
references: dict[str, object] = virtual.references("x.arrs", "g", skip=["x"])
parser = virtual.ArrsParser("g", commit=3)
tensors = safetensors.open("x.safetensors")
safetensors.save("y.safetensors", {"a": a, **tensors}, tensors.metadata)
tables.write(store, "t", tables.to_pandas(store))
with ArrsStore("x.arrs") as z, z.transaction():
    pass
arrstore.xarray.to_arrstore(xr.Dataset(), "x.arrs", "a", encoding={"t": {"codec": "none"}})
