"""How an answer of ours differs from NumPy's."""

import numpy as np

import arrstore

#: Relative differences that rounding explains, by the type of elements.
_TOLERANCES = {"e": 2e-3, "f": 2e-6, "d": 1e-12, "F": 2e-6, "D": 1e-12}


def computed(found, expected):
    """An answer with NumPy's arrays and numbers in the place of lazy ones."""
    if isinstance(found, arrstore.Array):
        array = np.asarray(found)
        return array if isinstance(expected, np.ndarray) else array[()] if array.ndim == 0 else array
    if isinstance(found, (tuple, list)):
        parts = expected if isinstance(expected, (tuple, list)) and len(expected) == len(found) else [expected] * len(found)
        return [computed(*pair) for pair in zip(found, parts, strict=True)]
    return found


def compare(found, expected):
    """What differs, as a kind and in words, and the answer to go on with: NumPy's object, if nothing does."""
    if isinstance(expected, (tuple, list)):
        if not isinstance(found, (list, tuple)) or len(found) != len(expected):
            return "parts", f"{found!r:.200}, not {expected!r:.200}", found
        results = [compare(*pair) for pair in zip(found, expected, strict=True)]
        different = [result for result in results if result[0]]
        if not different:
            return None, None, expected
        parts = [part for _, _, part in results]
        named = isinstance(expected, tuple) and hasattr(expected, "_fields")
        answer = type(expected)(*parts) if named else type(expected)(parts)
        return *different[0][:2], answer
    if isinstance(expected, (np.ndarray, np.generic)):
        return _arrays(found, expected)
    if type(found) in (bool, np.bool_) and type(expected) in (bool, np.bool_):
        same = bool(found) == bool(expected)
    else:
        same = type(found) is type(expected) and (repr(found) == repr(expected) or found == expected)
    return (None, None, expected) if same else ("value", f"{found!r:.200}, not {expected!r:.200}", found)


def _arrays(found, expected):
    one, other = np.asarray(found), np.asarray(expected)
    if one.dtype != other.dtype.newbyteorder("="):
        return "type", f"{one.dtype}, not {other.dtype}", found
    if one.shape != other.shape:
        return "shape", f"{one.shape}, not {other.shape}", found
    if other.dtype != one.dtype:
        other = other.astype(one.dtype)
    if _same_bits(one, other):
        return None, None, expected
    kind = "rounding" if _close(one, other) else "value"
    return kind, _first(one, other), found


def _same_bits(one, other):
    if one.tobytes() == other.tobytes():
        return True
    if one.dtype.names is not None:
        return all(_same_bits(one[name], other[name]) for name in one.dtype.names)
    if one.dtype.kind == "c":
        return _same_bits(one.real, other.real) and _same_bits(one.imag, other.imag)
    if one.dtype.kind != "f":
        return False
    nan = np.isnan(one) & np.isnan(other)
    return np.where(nan, 0, one).tobytes() == np.where(nan, 0, other).tobytes()


def _close(one, other):
    tolerance = _TOLERANCES.get(one.dtype.char)
    if tolerance is None:
        return False
    with np.errstate(all="ignore"):
        if not np.array_equal(np.isnan(one), np.isnan(other)):
            return False
        finite = other[np.isfinite(other)]
        scale = float(np.max(np.abs(finite), initial=0)) if finite.size else 0.0
        if not np.allclose(one, other, rtol=tolerance, atol=min(scale, 1e300) * tolerance, equal_nan=True):
            return False
        zeros = (one == 0) & (other == 0)
        return one.dtype.kind == "c" or bool((np.signbit(one) == np.signbit(other))[zeros].all())


def _first(one, other):
    """The first elements that differ."""
    for place in np.ndindex(one.shape):
        if not _same_bits(np.asarray(one[place]), np.asarray(other[place])):
            at = f" at {place}" if place else ""
            return f"{one[place]!r}, not {other[place]!r}{at}"
    return "the elements between fields"
