"""Lazy arrays as xarray computes with them: NumPy's functions stay lazy, and `chunks` lists the lengths along each axis."""

import functools
from itertools import accumulate

import numpy as np

from .. import _arrstore, _functions
from .._arrstore import Array
from .._convert import asarray


class ChunkedArray(Array):
    """A lazy array whose `chunks` are a tuple of lengths for each axis, as Dask has them. They are a hint for the layout of
    a result: the library itself chooses in which pieces it computes.
    """

    _is_assignable = False

    def __new__(cls, array, chunks=None):
        return super().__new__(cls, array)

    def __init__(self, array, chunks=None):
        self._array = getattr(array, "_array", array)
        self._chunks = regular(array.shape, default_chunks(array)) if chunks is None else chunks

    @property
    def chunks(self):
        """The lengths of the chunks along each axis."""
        return self._chunks

    @property
    def numblocks(self):
        """The number of chunks along each axis."""
        return tuple(map(len, self._chunks))

    def rechunk(self, chunks="auto", **_):
        """The same array with other chunks."""
        return ChunkedArray(self._array, normalized(chunks, self.shape, self.dtype, self._chunks))

    def __setitem__(self, key, value):
        raise TypeError("a lazy array in xarray cannot be assigned to: use where(), or load() it first")

    def copy(self, *_, **__):
        """The array itself: it never changes."""
        return self

    __copy__ = __deepcopy__ = copy

    def _repr_html_(self):
        return self._array._repr_html_()

    def __reduce__(self):
        return ChunkedArray, (self._array, self._chunks)

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        return wrapped(super().__array_ufunc__(ufunc, method, *inputs, **kwargs), self)

    def __array_function__(self, func, types, args, kwargs):
        name = func.__name__
        if name in ("result_type", "can_cast", "min_scalar_type"):
            return func(*(arg.dtype if isinstance(arg, Array) else arg for arg in args), **kwargs)
        if name not in _functions.names():
            return super().__array_function__(func, types, args, kwargs)
        if name == "moveaxis":
            args = (args[0], *(tuple(np.atleast_1d(axes).tolist()) for axes in args[1:]))
        kwargs = {key: value for key, value in kwargs.items() if value is not np._NoValue and key not in _IGNORED}
        if kwargs.pop("out", None) is not None:
            return NotImplemented
        if "constant_values" in kwargs:
            kwargs["constant_values"] = np.asarray(kwargs["constant_values"]).tolist()
        return wrapped(_functions.call(name, None, args, kwargs), self)

    @property
    def __array_namespace__(self):
        # xarray calls NumPy's functions, which come back to `__array_function__`
        raise AttributeError("__array_namespace__")


#: Arguments of NumPy's functions that say nothing about the result.
_IGNORED = ("subok", "writeable", "order", "like", "overwrite_input")


def wrapped(result, *like):
    """A result as a chunked array, with the chunks of an array of the same shape if there is one."""
    if isinstance(result, (tuple, list)):
        parts = [wrapped(part, *like) for part in result]
        return type(result)(*parts) if hasattr(result, "_fields") else type(result)(parts)
    if not isinstance(result, Array):
        return result
    for other in like:
        if isinstance(other, ChunkedArray) and other.shape == result.shape:
            return ChunkedArray(result, other._chunks)
    return ChunkedArray(result)


def _method(name, base):
    @functools.wraps(base)
    def method(self, *args, **kwargs):
        return wrapped(base(self, *args, **kwargs), self, *args)

    return method


def _attach():
    """Wraps the results of all methods and operators."""
    operators = "add sub mul truediv floordiv mod divmod pow matmul and or xor lshift rshift".split()
    names = [f"__{side}{name}__" for name in operators for side in ("", "r")]
    names += "__eq__ __ne__ __lt__ __le__ __gt__ __ge__ __neg__ __pos__ __abs__ __invert__ __getitem__".split()
    for name in [*names, *_functions.methods()]:
        if hasattr(Array, name):
            setattr(ChunkedArray, name, _method(name, getattr(Array, name)))
    for name in ("T", "mT", "real", "imag"):
        base = getattr(Array, name)
        setattr(ChunkedArray, name, property(lambda self, base=base: wrapped(base.__get__(self), self)))
    ChunkedArray.__hash__ = Array.__hash__
    # other libraries call functions by the package of an array's class: opt_einsum does, for xarray
    _functions.KEPT[ChunkedArray] = wrapped


_attach()


def default_chunks(array):
    """The chunks of an array of a file, or those that a file would have."""
    found = None if isinstance(array, ChunkedArray) else array.chunks
    return found or _arrstore.default_chunks(array.dtype, array.shape)


def regular(shape, chunks):
    """The lengths of all chunks, of which each but the last along an axis has the given length."""
    lengths = []
    for n, chunk in zip(shape, chunks, strict=True):
        count, rest = divmod(n, max(chunk, 1))
        lengths.append((chunk,) * count + (rest,) * (rest > 0) or (0,))
    return tuple(lengths)


def normalized(chunks, shape, dtype=None, previous=None):
    """The lengths of all chunks, from what a user says: for each axis a length, several lengths, `-1` or `None` for all
    of it, or `auto`.
    """
    if chunks is None or isinstance(chunks, (int, str)):
        chunks = (chunks,) * len(shape)
    if isinstance(chunks, dict):
        chunks = tuple(chunks.get(axis, previous[axis] if previous else None) for axis in range(len(shape)))
    if len(chunks) != len(shape):
        raise ValueError(f"chunks: expected one entry for each of {len(shape)} axes, found {chunks!r}")
    # objects are texts, whose width is not known here
    dtype = np.dtype(float if dtype is None or np.dtype(dtype).kind in "OT" else dtype)
    auto = _arrstore.default_chunks(dtype, shape)
    lengths = []
    for axis, (chunk, n) in enumerate(zip(chunks, shape, strict=True)):
        if isinstance(chunk, str):
            if chunk != "auto":
                raise ValueError(f"chunks: expected a length, 'auto', -1 or None for axis {axis}, found {chunk!r}")
            before = previous[axis] if previous and len(previous) == len(shape) else None
            chunk = before if before is not None else auto[axis]
        if isinstance(chunk, (tuple, list)):
            if sum(chunk) != n:
                raise ValueError(f"chunks: the lengths along axis {axis} add up to {sum(chunk)}, not to {n}")
            lengths.append(tuple(chunk))
        else:
            lengths += regular((n,), (n if chunk is None or chunk == -1 else int(chunk),))
    return tuple(lengths)


def pieces(chunks):
    """The slices of all chunks along each axis."""
    return [[slice(end - n, end) for n, end in zip(parts, accumulate(parts))] for parts in chunks]


def lazy(value):
    """Anything as a chunked array. Elements of NumPy are copied."""
    if isinstance(value, ChunkedArray):
        return value
    if isinstance(value, Array):
        return ChunkedArray(value)
    value = np.asarray(value)
    return ChunkedArray(asarray(value))
