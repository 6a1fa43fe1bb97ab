"""Functions of the array API standard that the library's tables lack: types, and what the namespace says of itself. A few
others are here because the standard asks for more of them than NumPy gives.
"""

import numpy as np

from . import _arrstore, _functions
from ._arrstore import Array
from ._convert import asarray
from ._functions import on_cpu


def expm1(x):
    """exp(x) - 1. Complex numbers whose real part is 0, infinite or NaN have the standard's results; `numpy.expm1` gives
    NumPy's.
    """
    x = asarray(x)
    found = _functions.call("expm1", None, (x,), {})
    if x.dtype.kind != "c":
        return found
    usual = _functions.call("isfinite", None, (x.real,), {}) & (x != 0)
    return _functions.call("where", None, (usual, found, _functions.call("exp", None, (x,), {}) - 1), {})


def tanh(x):
    """Hyperbolic tangent. Complex numbers with an infinite real part have the standard's sign of 0; `numpy.tanh` gives
    NumPy's.
    """
    x = asarray(x)
    if x.dtype.kind == "c":
        # far out, the result is that of any angle with the same sign
        edge = _functions.call("isinf", None, (x.real,), {}) & _functions.call("isfinite", None, (x.imag,), {})
        near = _functions.call("copysign", None, (0.5, x.imag), {}) * 1j + x.real
        x = _functions.call("where", None, (edge, near, x), {})
    return _functions.call("tanh", None, (x,), {})


def broadcast_shapes(*shapes):
    """The shape that arrays of these shapes broadcast to."""
    return np.broadcast_shapes(*shapes)


def _plain(value):
    return value.dtype if isinstance(value, Array) else value


def result_type(*arrays_and_dtypes):
    """The type that NumPy would give a result of these."""
    return np.result_type(*map(_plain, arrays_and_dtypes))


def can_cast(from_, to, /, casting="safe"):
    """Whether elements of one type can become those of another, by default without loss."""
    return np.can_cast(_plain(from_), to, casting)


class finfo:
    """Limits of a type of floats, as Python's floats."""

    def __init__(self, type, /):
        self._found = np.finfo(_plain(type))

    def __getattr__(self, name):
        value = getattr(self._found, name)
        return float(value) if isinstance(value, np.floating) else value

    def __repr__(self):
        return repr(self._found)


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
        return ("cpu",)

    def default_dtypes(self, *, device=None):
        on_cpu(device)
        names = {"real floating": "f8", "complex floating": "c16", "integral": "i8", "indexing": "i8"}
        return {kind: np.dtype(name) for kind, name in names.items()}

    def dtypes(self, *, device=None, kind=None):
        on_cpu(device)
        kinds = (kind,) if isinstance(kind, str) else kind
        standard = {name: dtype for name, dtype in _arrstore.dtypes().items() if name not in ("float16", "bfloat16")}
        return {n: d for n, d in standard.items() if kinds is None or any(np.isdtype(d, k) for k in kinds)}


def __array_namespace_info__():
    """What the namespace can do, by the array API standard."""
    return _Info()


def namespace():
    """The functions by name."""
    names = ("expm1 tanh broadcast_shapes result_type can_cast finfo iinfo isdtype __array_namespace_info__").split()
    return {name: globals()[name] for name in names}
