"""The chunk manager by which xarray computes with lazy arrays of arrstore."""

import functools
import itertools
import types

import numpy as np
from xarray.core import indexing
from xarray.namedarray.parallelcompat import ChunkManagerEntrypoint

from .._arrstore import Array
from .._convert import compute, map_blocks
from .lazy import ChunkedArray, lazy, normalized, pieces, wrapped
from .reading import Elements, outer
from .writing import texts


class ArrstoreManager(ChunkManagerEntrypoint):
    """Computes with arrstore what xarray would compute with Dask: `xr.open_dataset("x.arrs", chunks={},
    chunked_array_type="arrstore")`. Where Dask is not installed, `chunks={}` does.
    """

    def __init__(self):
        self.array_cls = Array

    def chunks(self, data):
        return lazy(data).chunks

    def normalize_chunks(self, chunks, shape=None, limit=None, dtype=None, previous_chunks=None):
        return normalized(chunks, shape, dtype, previous_chunks)

    def get_auto_chunk_size(self):
        """Bytes of a chunk that is chosen freely."""
        return 1 << 20

    def from_array(self, data, chunks, **kwargs):
        array = source(data)
        return ChunkedArray(array, normalized(chunks, array.shape, array.dtype, lazy(array).chunks))

    def rechunk(self, data, chunks, **kwargs):
        return lazy(data).rechunk(chunks)

    def compute(self, *data, **kwargs):
        arrays = [part for part in data if isinstance(part, Array)]
        found = iter(compute(*arrays))
        return tuple(np.asarray(next(found)) if isinstance(part, Array) else part for part in data)

    def persist(self, *data, **kwargs):
        return tuple(lazy(part) if isinstance(part, Array) else found for part, found in zip(data, self.compute(*data)))

    @property
    def array_api(self):
        return types.SimpleNamespace(full=_full, arange=_arange, asarray=lazy)

    def map_blocks(self, func, *args, dtype=None, chunks=None, drop_axis=None, new_axis=None, **kwargs):
        first, *rest = args
        if isinstance(first, Array) and not any(isinstance(arg, Array) for arg in rest) and not drop_axis and not new_axis:
            return wrapped(map_blocks(functools.partial(_called, func, rest, kwargs), first, dtype=dtype), first)
        return lazy(func(*self.compute(*args), **kwargs))

    def apply_gufunc(self, func, signature, *args, output_dtypes=None, vectorize=None, **kwargs):
        """Applies a function along core dimensions, a block of the other dimensions at a time. One array without core
        dimensions stays lazy. For others the results are computed at once, and held in memory.
        """
        for name in ("axes", "axis", "keepdims", "output_sizes", "allow_rechunk", "meta"):
            kwargs.pop(name, None)
        inputs, outputs = _parsed(signature)
        if vectorize:
            func = np.vectorize(func, signature=signature, otypes=output_dtypes)
        if len(args) == len(outputs) == 1 and not inputs[0] and not outputs[0]:
            return self.map_blocks(func, *args, dtype=output_dtypes and output_dtypes[0], **kwargs)
        results = _by_blocks(func, inputs, len(outputs), args, kwargs)
        return lazy(results[0]) if len(outputs) == 1 else tuple(map(lazy, results))

    def reduction(self, arr, func, combine_func=None, aggregate_func=None, axis=None, dtype=None, keepdims=False):
        """Reduces by functions of Python: the elements are computed into memory first."""
        (values,) = self.compute(arr)
        axis = tuple(range(values.ndim)) if axis is None else axis
        partial = func(values, axis=axis, keepdims=True)
        return lazy((aggregate_func or combine_func or func)(partial, axis=axis, keepdims=keepdims))

    def scan(self, func, binop, ident, arr, axis=None, dtype=None, **kwargs):
        """Scans by a function of Python: the elements are computed into memory first."""
        (values,) = self.compute(arr)
        return lazy(func(values, axis=axis))

    def unify_chunks(self, *args, **kwargs):
        arrays = [lazy(array) for array in args[::2]]
        chunks = {}
        for array, names in zip(arrays, args[1::2]):
            chunks |= dict(zip(names, array.chunks))
        return chunks, [array.rechunk(tuple(chunks[n] for n in names)) for array, names in zip(arrays, args[1::2])]

    def store(self, sources, targets, regions=None, **kwargs):
        """Computes each array into its target, chunk by chunk, inside the budget."""
        single = isinstance(sources, Array)
        sources, targets = ([sources], [targets]) if single else (sources, targets)
        regions = regions if isinstance(regions, (list, tuple)) and not single else [regions] * len(sources)
        for array, target, region in zip(sources, targets, regions, strict=True):
            target[... if region is None else region] = array


def _called(func, rest, kwargs, block):
    return func(block, *rest, **kwargs)


def _full(shape, fill_value, dtype=None, chunks=None, **_):
    value = lazy(np.asarray(fill_value, dtype))
    array = wrapped(np.broadcast_to(value, shape), value)
    return array if chunks is None else array.rechunk(chunks)


def _arange(*args, dtype=None, chunks=None, **_):
    return lazy(np.arange(*args, dtype=dtype)).rechunk("auto" if chunks is None else chunks)


def source(data):
    """A lazy array of what xarray holds. An array of an `.arrs` file stays in its file, also below what decodes it; the
    elements of other files are read. Texts of any length become texts of one width.
    """
    if isinstance(data, Array):
        return data
    found = _translated(data)
    if found is not None:
        return found
    values = np.asarray(data)
    is_text = values.dtype.kind == "T" or values.dtype == object and all(isinstance(value, str) for value in values.ravel())
    return lazy(texts(values) if is_text else values)


def _translated(data):
    """The lazy array of a wrapper of xarray around an array of a file; `None` if there is none."""
    if isinstance(data, Elements):
        return data._array
    if isinstance(data, indexing.LazilyIndexedArray):
        inner = _translated(data.array)
        return None if inner is None else outer(inner, data.key.tuple)
    inner = getattr(data, "array", None)
    if isinstance(data, (indexing.ImplicitToExplicitIndexingAdapter, indexing.CopyOnWriteArray, indexing.MemoryCachedArray)):
        return None if inner is None else _translated(inner)
    if callable(getattr(data, "func", None)) and isinstance(inner, indexing.ExplicitlyIndexed):
        inner = _translated(inner)
        return None if inner is None else _decoded(inner, data.func, data.dtype)
    return None


def _decoded(array, func, dtype):
    """An array decoded by a function of xarray. The usual decodings are computations of the library; others are functions of
    Python that are called for each block.
    """
    known = getattr(func, "keywords", {})
    if known.keys() >= {"encoded_fill_values", "decoded_fill_value", "dtype"}:
        array, missing = array.astype(np.dtype(known["dtype"])), False
        for value in known["encoded_fill_values"]:
            # nothing is equal to NaN
            if value == value:
                missing = (array == value) | missing
        return array if missing is False else np.where(missing, array.dtype.type(known["decoded_fill_value"]), array)
    if known.keys() >= {"scale_factor", "add_offset", "dtype"}:
        dtype = np.dtype(known["dtype"])
        array = array.astype(dtype)
        if known["scale_factor"] is not None:
            array = (array * known["scale_factor"]).astype(dtype)
        if known["add_offset"] is not None:
            array = (array + known["add_offset"]).astype(dtype)
        return array
    return map_blocks(func, array, dtype=dtype)


def _parsed(signature):
    """The core dimensions of inputs and outputs in a signature such as `(i,j),(j)->(i)`."""
    sides = signature.replace(" ", "").split("->")
    return tuple([tuple(filter(None, part.split(","))) for part in side[1:-1].split("),(")] for side in sides)


def _by_blocks(func, inputs, count, args, kwargs):
    """The results of a function on all blocks of the loop dimensions, which come first."""
    args = [arg if isinstance(arg, Array) else np.asarray(arg) for arg in args]
    loops = [arg.shape[: arg.ndim - len(core)] for arg, core in zip(args, inputs, strict=True)]
    shape = np.broadcast_shapes(*loops)
    longest = max((lazy(arg) for arg, loop in zip(args, loops) if len(loop) == len(shape)), key=lambda arg: arg.size, default=None)
    chunks = tuple((n,) for n in shape) if longest is None else normalized(
        tuple(part if sum(part) == n else n for part, n in zip(longest.chunks, shape)), shape
    )
    results = None
    for block in itertools.product(*pieces(chunks)):
        parts = []
        for arg, loop in zip(args, loops):
            own = block[len(shape) - len(loop) :]
            parts.append(arg[tuple(slice(None) if n == 1 else part for part, n in zip(own, loop))])
        found = iter(compute(*(part for part in parts if isinstance(part, Array))))
        values = [np.asarray(next(found)) if isinstance(part, Array) else part for part in parts]
        made = func(*values, **kwargs)
        made = [np.asarray(part) for part in (made if count > 1 else [made])]
        if results is None:
            results = [np.empty(shape + part.shape[len(shape) :], part.dtype) for part in made]
        for result, part in zip(results, made):
            result[block] = part
    return results
