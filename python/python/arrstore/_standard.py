"""Functions of the array API standard that make arrays or tell about types. Where the library's tables have a function of
the same name, the table's is taken.
"""

import numpy as np

from . import _arrstore, _functions
from ._arrstore import Array
from ._convert import asarray


def _on_cpu(device):
    if device not in (None, "cpu"):
        raise ValueError(f"device: expected 'cpu', found {device!r}")


def full(shape, fill_value, *, dtype=None, device=None):
    """An array of one value. It takes no memory."""
    _on_cpu(device)
    shape = (shape,) if isinstance(shape, (int, np.integer)) else tuple(shape)
    value = fill_value if isinstance(fill_value, Array) else asarray(np.asarray(fill_value, dtype))
    if dtype is not None:
        value = value.astype(np.dtype(dtype))
    return _functions.call("broadcast_to", None, (value, shape), {})


def zeros(shape, *, dtype=None, device=None):
    """An array of zeros. It takes no memory."""
    return full(shape, 0, dtype=np.float64 if dtype is None else dtype, device=device)


def ones(shape, *, dtype=None, device=None):
    """An array of ones. It takes no memory."""
    return full(shape, 1, dtype=np.float64 if dtype is None else dtype, device=device)


def empty(shape, *, dtype=None, device=None):
    """An array of elements that do not matter: zeros."""
    return zeros(shape, dtype=dtype, device=device)


def _like(make):
    def like(x, /, *args, dtype=None, device=None):
        return make(x.shape, *args, dtype=x.dtype if dtype is None else dtype, device=device)

    like.__name__ = like.__qualname__ = f"{make.__name__}_like"
    like.__doc__ = f"As `{make.__name__}`, with the shape and the type of another array."
    return like


full_like, zeros_like, ones_like, empty_like = map(_like, (full, zeros, ones, empty))


def arange(start, /, stop=None, step=1, *, dtype=None, device=None):
    """Numbers at equal distances, without the end."""
    _on_cpu(device)
    start, stop = (0, start) if stop is None else (start, stop)
    return asarray(np.arange(start, stop, step, dtype))


def linspace(start, stop, /, num, *, dtype=None, device=None, endpoint=True):
    """`num` numbers at equal distances, from `start` to `stop`."""
    _on_cpu(device)
    return asarray(np.linspace(start, stop, num, endpoint=endpoint, dtype=dtype))


def eye(n_rows, n_cols=None, /, *, k=0, dtype=None, device=None):
    """A matrix with ones on a diagonal and zeros elsewhere."""
    rows, columns = _places(n_rows, n_rows if n_cols is None else n_cols)
    _on_cpu(device)
    return (columns - rows == k).astype(np.float64 if dtype is None else dtype)


def _places(rows, columns):
    """The numbers of the rows and of the columns of a matrix, to be broadcast."""
    return arange(rows)[:, None], arange(columns)[None, :]


def _triangle(x, inside):
    if x.ndim < 2:
        raise ValueError(f"expected an array of two axes or more, found one of {x.ndim}")
    return _functions.call("where", None, (inside, x, np.zeros((), x.dtype)), {})


def tril(x, /, *, k=0):
    """The elements on and below a diagonal; zeros elsewhere."""
    rows, columns = _places(*x.shape[-2:])
    return _triangle(x, columns - rows <= k)


def triu(x, /, *, k=0):
    """The elements on and above a diagonal; zeros elsewhere."""
    rows, columns = _places(*x.shape[-2:])
    return _triangle(x, columns - rows >= k)


def meshgrid(*arrays, indexing="xy"):
    """Each array along an axis of its own, all broadcast to the grid of all."""
    if indexing not in ("xy", "ij"):
        raise ValueError(f"indexing: expected 'xy' or 'ij', found {indexing!r}")
    count = len(arrays)
    axes = list(range(count))
    if indexing == "xy" and count > 1:
        axes[:2] = 1, 0
    parts = [array[tuple(slice(None) if k == axis else None for k in range(count))] for array, axis in zip(arrays, axes)]
    return broadcast_arrays(*parts)


def broadcast_arrays(*arrays):
    """The arrays, all of the shape that they broadcast to."""
    shape = np.broadcast_shapes(*(array.shape for array in arrays))
    return [_functions.call("broadcast_to", None, (array, shape), {}) for array in arrays]


def unstack(x, /, *, axis=0):
    """The parts along an axis."""
    if not -x.ndim <= axis < x.ndim:
        raise np.exceptions.AxisError(axis, x.ndim)
    before = (slice(None),) * (axis % x.ndim)
    return tuple(x[(*before, index)] for index in range(x.shape[axis]))


def _plain(value):
    return value.dtype if isinstance(value, Array) else value


def result_type(*arrays_and_dtypes):
    """The type that NumPy would give a result of these."""
    return np.result_type(*map(_plain, arrays_and_dtypes))


def can_cast(from_, to, /):
    """Whether elements of one type can become those of another without loss."""
    return np.can_cast(_plain(from_), to)


def finfo(type, /):
    """Limits of a type of floats."""
    return np.finfo(_plain(type))


def iinfo(type, /):
    """Limits of a type of integers."""
    return np.iinfo(_plain(type))


def isdtype(dtype, kind):
    """Whether a type is of a kind, such as `"integral"`."""
    return np.isdtype(dtype, kind)


class _Info:
    """What the namespace can do, by the array API standard."""

    def capabilities(self):
        return {"boolean indexing": True, "data-dependent shapes": True, "max dimensions": 32}

    def default_device(self):
        return "cpu"

    def devices(self):
        return ["cpu"]

    def default_dtypes(self, *, device=None):
        _on_cpu(device)
        names = {"real floating": "f8", "complex floating": "c16", "integral": "i8", "indexing": "i8"}
        return {kind: np.dtype(name) for kind, name in names.items()}

    def dtypes(self, *, device=None, kind=None):
        _on_cpu(device)
        kinds = (kind,) if isinstance(kind, str) else kind
        standard = {name: dtype for name, dtype in _arrstore.dtypes().items() if name not in ("float16", "bfloat16")}
        return {n: d for n, d in standard.items() if kinds is None or any(np.isdtype(d, k) for k in kinds)}


def __array_namespace_info__():
    """What the namespace can do, by the array API standard."""
    return _Info()


def namespace():
    """The functions by name."""
    own = ("full zeros ones empty full_like zeros_like ones_like empty_like arange linspace eye tril triu meshgrid").split()
    own += ("broadcast_arrays unstack result_type can_cast finfo iinfo isdtype __array_namespace_info__").split()
    return {name: globals()[name] for name in own if name not in _functions.names()}
