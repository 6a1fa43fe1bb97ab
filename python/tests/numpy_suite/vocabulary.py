"""The functions, methods and operators of NumPy that arrstore has."""

import operator as operators

import numpy as np

import arrstore


def hashable(function):
    try:
        hash(function)
    except Exception:
        return False
    return True


def takes_callable(function):
    return getattr(function, "__name__", "") in ("assert_raises", "assert_raises_regex", "assert_warns", "raises", "assert_no_warnings")


def is_exception(function):
    return isinstance(function, type) and issubclass(function, BaseException)


def is_ours(function):
    owner = getattr(function, "__self__", None)
    return type(owner) in (np.ndarray, np.ufunc) or hashable(function) and (function in FUNCTIONS or function in PYTHONS)


def _functions():
    """NumPy's functions that arrstore has, with ours."""
    found = {}
    names = set(arrstore.__all__) - _NOT_OURS
    for module in (np, np.lib.stride_tricks, np.strings, np.char):
        for name in names:
            function = getattr(module, name, None)
            if callable(function) and not isinstance(function, type):
                found.setdefault(function, getattr(arrstore, name))
    for name in arrstore.linalg.__all__:
        if hasattr(np.linalg, name):
            found.setdefault(getattr(np.linalg, name), getattr(arrstore.linalg, name))
    return found


#: Names of ours whose answers are NumPy's, or not defined, or about places in memory.
_NOT_OURS = frozenset(
    "array asarray frombuffer from_dlpack broadcast_shapes can_cast result_type finfo iinfo isdtype empty empty_like as_strided".split()
)
DISPATCHER = type(np.sum)
FUNCTIONS = _functions()
METHODS = frozenset(
    name for name in dir(np.ndarray) if hasattr(arrstore.Array, name) and not name.startswith("_") and name not in ("copy", "dtype", "shape")
) | frozenset("__abs__ __add__ __radd__ __sub__ __rsub__ __mul__ __rmul__ __contains__ __len__ __pow__ __rpow__ __truediv__".split())
PYTHONS = frozenset((abs, divmod, pow, round, float, int, complex, bool, len)) | frozenset(
    getattr(operators, name) for name in operators.__all__ if not name.startswith("i") or name in ("inv", "invert", "index")
) - {operators.is_, operators.is_not, operators.delitem, operators.concat, operators.call, operators.attrgetter, operators.itemgetter}
#: Ufuncs whose methods are ours: those of two arrays with one result.
UFUNCS = frozenset(f for f in FUNCTIONS if type(f) is np.ufunc and f.nin == 2 and f.nout == 1 and not f.signature)
