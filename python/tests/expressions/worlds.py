"""One text in two worlds, NumPy's and ours, and whether their answers are the same."""

import contextlib
import warnings

import numpy as np

import arrstore

#: Names whose results are rounded: their last bits are free.
ROUNDED = frozenset(
    "sin cos tan arcsin arccos arctan asin acos atan sinh cosh tanh arcsinh arccosh arctanh asinh acosh atanh exp exp2 expm1 log log2 log10 "
    "log1p cbrt power pow ** float_power arctan2 atan2 hypot logaddexp logaddexp2 sinc i0 deg2rad rad2deg radians degrees angle std var "
    "nanstd nanvar corrcoef cov linspace logspace geomspace interp unwrap vector_norm matrix_norm norm quantile percentile nanquantile "
    "nanpercentile median nanmedian average histogram histogram2d histogramdd histogram_bin_edges gradient trapezoid vander".split()
)
#: Names whose results are rounded if they are complex.
ROUNDED_COMPLEX = frozenset("abs absolute sqrt reciprocal divide true_divide / sign round around multiply * square".split())
#: Names whose floats are summed in an order of one's own. Sums of small whole numbers are exact in every order.
SUMS = frozenset(
    "sum mean prod cumsum cumprod cumulative_sum cumulative_prod nansum nanmean nanprod nancumsum nancumprod trace dot vdot inner "
    "matmul @ matvec vecmat vecdot tensordot einsum convolve correlate reduce accumulate reduceat bincount cross".split()
)
#: Names of sums of products.
SQUARES = frozenset(
    "std var nanstd nanvar corrcoef cov prod cumprod cumulative_prod nanprod nancumprod dot vdot inner matmul @ matvec vecmat vecdot tensordot "
    "einsum convolve correlate cross trapezoid norm vector_norm matrix_norm reduce accumulate reduceat * ** power pow vander".split()
)
ERRORS = (TypeError, ValueError, IndexError, OverflowError, ZeroDivisionError, NotImplementedError, AttributeError, KeyError, MemoryError, AssertionError)
#: Classes of errors that programs can name.
PUBLIC = (np.exceptions.AxisError, IndexError, OverflowError, ZeroDivisionError, AttributeError, KeyError, MemoryError, NotImplementedError, AssertionError, ValueError, TypeError)


def run(texts, arrays, library):
    """The value of the last text. Each text may use the values of those before it, by the names `s0`, `s1` ..."""
    names = {**arrays, "np": np, "xp": library, "nan": np.nan, "inf": np.inf}
    found = None
    for number, text in enumerate(texts):
        found = evaluated(text, names)
        # a number of NumPy stands for an array without axes
        names[f"s{number}"] = np.asarray(found) if isinstance(found, np.generic) else found
    return found


def evaluated(text, names):
    """The value of a text: an expression, or a statement that changes `x`, a copy of an array."""
    if "\n" not in text:
        return eval(text, names)
    inside = dict(names)
    exec(text, inside)
    return inside["x"]


def answer(texts, arrays, library):
    """The elements of the last value as arrays of NumPy, or the error."""
    try:
        with quiet():
            return settled(run(texts, arrays, library))
    except ERRORS as error:
        return error


@contextlib.contextmanager
def quiet():
    """NumPy without its warnings."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


def settled(value):
    """A value with arrays of NumPy in it."""
    if isinstance(value, int) and abs(value) >= 2**63:
        return np.asarray(str(value))
    if isinstance(value, (tuple, list)):
        return [settled(part) for part in value]
    if value is None:
        return None
    found = np.asarray(value)
    # lazy arrays have the order of bytes of the machine
    return found.astype(found.dtype.newbyteorder("=")) if found.dtype.kind in "biufcmMU" else found


def kind_of(error):
    """The class of an error that a program can name."""
    return next(kind for kind in PUBLIC if isinstance(error, kind))


def difference(found, expected, rounded=None, scale=1):
    """What differs, or nothing. `rounded` is the coarsest type that the elements had if their last bits are free, and `scale`
    says how large the numbers may have been on the way.
    """
    if isinstance(expected, Exception):
        if not isinstance(found, Exception):
            return f"NumPy raises {type(expected).__name__}: {expected}"
        kind = kind_of(expected)
        return None if isinstance(found, kind) else f"raises {found!r}, NumPy {expected!r}"
    if isinstance(found, Exception):
        return f"raises {found!r}"
    if isinstance(expected, list):
        if not isinstance(found, list) or len(found) != len(expected):
            return f"{len(expected)} results are expected, found {found!r}"
        parts = (difference(one, other, rounded, scale) for one, other in zip(found, expected))
        return next((part for part in parts if part), None)
    if expected is None or found is None:
        return None if found is expected else "None is not an array"
    if found.dtype != expected.dtype and not _one_text(found, expected):
        return f"type {found.dtype}, NumPy {expected.dtype}"
    if found.shape != expected.shape:
        return f"shape {found.shape}, NumPy {expected.shape}"
    free = free_part(expected.dtype, rounded) if rounded and expected.dtype.kind in "fc" else 0
    with quiet():
        if same(found, expected, free, scale):
            return None
        of_nan = expected.dtype.kind == "c" and same(*(np.where(np.isnan(x), np.nan, x) for x in (found, expected)), free, scale)
        return "other parts of complex NaN" if of_nan else f"other elements of {expected.dtype}"


def free_part(*types):
    """The part of a number that is free: some units in the last place of the coarsest of these types."""
    eps = max(float(np.finfo(dtype).eps) for dtype in types)
    return eps * (16 if eps > 1e-4 else 64)


def _one_text(found, expected):
    """Whether both are one text. A text of NumPy without axes has the length of its element."""
    return expected.dtype.kind in "SU" and expected.ndim == 0 and found.dtype.kind == expected.dtype.kind


def same(found, expected, tolerance, scale):
    if expected.dtype.names:
        return all(same(found[name], expected[name], tolerance, scale) for name in expected.dtype.names)
    if expected.dtype.kind == "c":
        if tolerance:
            # products of infinite numbers differ by how they are written out
            finite = np.isfinite(expected) & np.isfinite(found)
            return bool(np.all(np.abs(found - expected)[finite] <= tolerance * (np.abs(expected)[finite] + scale)))
        return all(same(getattr(found, part), getattr(expected, part), 0, scale) for part in ("real", "imag"))
    if expected.dtype.kind in "mM":
        return np.array_equal(found.view("i8"), expected.view("i8"))
    if expected.dtype.kind != "f":
        return np.array_equal(found, expected)
    alike = (found == expected) | (np.isnan(found) & np.isnan(expected))
    if not tolerance:
        return bool(np.all(alike))
    near = np.abs(found.astype("f8") - expected.astype("f8")) <= tolerance * (np.abs(expected.astype("f8")) + scale)
    return bool(np.all(alike | near))
