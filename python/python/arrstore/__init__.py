"""Arrays larger than memory, kept in one file, with NumPy's API on lazy arrays.

An array is lazy: it stands for elements in a file or in memory, or for a computation on other arrays. Operators, methods
and functions build computations. `compute()`, `numpy.asarray`, `float` and `print` carry them out, tile by tile, inside
one memory budget.

    import arrstore

    with arrstore.open("climate.arrs", "a") as store:
        store["t"] = temperatures                 # an array of NumPy; one commit
        t = store["t"]                            # lazy
        store["anomaly"] = (t - t.mean(0)) / t.std(0)

The module is also a namespace of the array API standard: its functions are those of the library's tables, under NumPy's
names.
"""

from . import _arrstore, _functions, _standard, linalg
from ._arrstore import Array, Plan
from ._attrs import Attributes
from ._config import config
from ._convert import array, asarray, compute, frombuffer, from_dlpack, map_blocks
from ._dask import attach as _attach_to_dask, store
from ._expression import eval
from ._flat import Flat
from ._open import Archive, FileArray, open
from ._parts import merge, write_part
from ._protocols import attach as _attach
from ._store import Commit, Group, Store, StoredArray, Transaction, TransactionArray
from ._threads import attach as _attach_to_threadpoolctl

__version__ = "0.1.0"
__array_api_version__ = "2025.12"

_attach(Array)
_attach_to_dask(Array)
_attach_to_threadpoolctl()
globals().update(_standard.namespace())
globals().update(_functions.namespace(globals()))
globals().update({name: dtype.type for name, dtype in _arrstore.dtypes().items()})

from . import lib  # noqa: E402 (its functions are in the namespace by now)

__all__ = sorted(name for name in globals() if not name.startswith("_"))


def __dir__():
    return [*__all__, "__version__", "__array_api_version__"]
