"""Edge values of every dtype, and moderate data for reductions and products."""

import numpy as np
from container import BF16

BOOL = [np.dtype("bool")]
SIGNED = [np.dtype(f"int{n}") for n in (8, 16, 32, 64)]
UNSIGNED = [np.dtype(f"uint{n}") for n in (8, 16, 32, 64)]
FLOATS = [np.dtype("float16"), BF16, np.dtype("float32"), np.dtype("float64")]
COMPLEX = [np.dtype("complex64"), np.dtype("complex128")]
INTS = SIGNED + UNSIGNED
ALL = BOOL + INTS + FLOATS + COMPLEX

# Precision in bits with the hidden one, least exponent of a normal number, greatest exponent.
FORMATS = {"float16": (11, -14, 15), "bfloat16": (8, -126, 127), "float32": (24, -126, 127), "float64": (53, -1022, 1023)}


def part(dtype):
    """The float that a complex dtype is made of; a float itself."""
    return np.dtype({"complex64": "float32", "complex128": "float64"}.get(dtype.name, dtype.name)) if dtype != BF16 else BF16


def is_float(dtype):
    return dtype.kind == "f" or dtype == BF16


def bits(dtype):
    return dtype.itemsize * 8


def to(values, dtype):
    """Doubles rounded to `dtype`, overflow to infinity."""
    return np.array(values, dtype=np.float64).astype(dtype)


def ints(dtype, short=False):
    lo, hi, n = int(np.iinfo(dtype).min), int(np.iinfo(dtype).max), bits(dtype)
    values = [lo, lo + 1, hi, hi - 1, 0, 1, 2, 3, 5, 7, 10, n - 1, n, n + 1, hi // 2, hi // 3, 100]
    if lo < 0:
        values += [-1, -2, -3, -7, -10, -n, lo // 2, lo // 3]
    if short:
        values = [lo, hi, 0, 1, 3, 100] + ([-1, -7] if lo < 0 else [])
    else:
        # Integers at which float32 and float64 begin to round.
        values += [v for e in (24, 53) for v in (2**e - 1, 2**e, 2**e + 1) if v <= hi]
    return np.array(list(dict.fromkeys(values)), dtype=dtype)


def specials(dtype):
    """NaN, zeros, infinities and the ends of the subnormal and normal ranges."""
    p, emin, emax = FORMATS[dtype.name]
    one = np.float64(1)
    tiny, least = np.ldexp(one, emin - p + 1), np.ldexp(one, emin)
    great = np.ldexp(one * 2 - np.ldexp(one, 1 - p), emax)
    magnitudes = [0.0, np.inf, tiny, least - tiny, least, great]
    return [np.nan] + [s * m for m in magnitudes for s in (1, -1)]


def floats_short(dtype):
    """Some thirty values for the full cross product of two operands."""
    p, _, emax = FORMATS[dtype.name]
    eps = 2.0 ** (1 - p)
    more = [1, -1, 0.5, -0.5, 1.5, 2, -2, 3, -3, 2.5, -7, 10, 0.1, 1 / 3, 1 + eps, 1 - eps / 2, -1 - eps, 2.0**p, 2.0 ** (emax // 2 + 2)]
    return to(specials(dtype) + more, dtype)


def floats(dtype):
    """A few hundred values for functions of one operand."""
    p, emin, emax = FORMATS[dtype.name]
    eps = 2.0 ** (1 - p)
    pi = np.pi
    magnitudes = [1, 0.5, 1.5, 2, 2.5, 3, 3.5, 4.5, 5.5, 7, 8, 10, 16, 100, 1000, 0.1, 0.2, 0.3, 0.7, 0.9, 0.99, 1.01, 1 / 3, 2 / 3]
    magnitudes += [0.49999999999999994, 0.4999999701976776, 1 + eps, 1 - eps / 2, 1 + 2 * eps, eps, eps / 2, eps**2, 2 - eps]
    # Around 2^p a float stops having halves, then units.
    magnitudes += [2.0**e + d for e in (p - 3, p - 2, p - 1, p) for d in (-1, -0.5, 0, 0.5, 1, 1.5)]
    # Where exp, expm1, sinh, tanh and log1p turn to infinity, to zero or to their argument.
    magnitudes += [11.09, 16.6, 17.3, 9.7, 20, 40, 88.72, 88.73, 89.4, 103.9, 104.1, 709.78, 709.79, 710.4, 710.5, 745.1, 745.2]
    # Multiples of pi/2, where sine, cosine and tangent lose all their leading digits; arguments that need all of pi.
    magnitudes += [k * pi / 4 for k in range(1, 17)] + [1e3 * pi, 1e5 * pi, 1e5, 1e7, 1e10, 1e15, 1e22, 6381956970095103.0 * 2.0**797, 3e38, 1e300]
    magnitudes += [2.0 ** (emax - 1), 2.0 ** (emax // 2), 2.0 ** (emin // 2), 2.0 ** (emin + 1) * 1.3]
    rng = np.random.default_rng(1)
    magnitudes += list(np.exp2(rng.uniform(-12, 8, 60)))
    magnitudes += list(np.exp2(rng.uniform(emin - p, emax, 40)))
    return to(specials(dtype) + [-m for m in magnitudes] + magnitudes, dtype)


def complexes(dtype):
    """Pairs of edge components, for functions of one operand."""
    f = part(dtype)
    p, emin, emax = FORMATS[f.name]
    axis = to([np.nan, np.inf, -np.inf, 0.0, -0.0, 1, -1, 0.5, -2, 1.5, 2.0 ** (emax - 1), 2.0 ** (emin + 1), 2.0 ** (1 - p), -20, 1000], f)
    rng = np.random.default_rng(2)
    some = to(rng.normal(0, 3, (2, 60)), f)
    re = np.concatenate([np.repeat(axis, len(axis)), some[0]])
    im = np.concatenate([np.tile(axis, len(axis)), some[1]])
    return join(re, im, dtype)


def complexes_short(dtype):
    """Some thirty values for the full cross product of two operands."""
    emax = FORMATS[part(dtype).name][2]
    big, inf, nan = 2.0 ** (emax - 1), np.inf, np.nan
    pairs = [(0, 0), (-0.0, 0), (0, -0.0), (-0.0, -0.0), (1, 0), (-1, 0), (1, -0.0), (0, 1), (0, -1), (1, 1), (-1, 1), (2, 0), (0.5, -0.25)]
    pairs += [(3, -4), (-2, -0.0), (1.1, 2.3), (-0.3, 0.7), (big, big), (big, 1), (1 / big, 1 / big), (1, 1 / big)]
    pairs += [(inf, 0), (-inf, 1), (1, inf), (inf, inf), (nan, 0), (1, nan), (nan, inf), (nan, nan)]
    f = part(dtype)
    return join(to([p[0] for p in pairs], f), to([p[1] for p in pairs], f), dtype)


def join(re, im, dtype):
    """A complex array from its components (arithmetic would spoil signed zeros and infinities)."""
    out = np.empty(np.shape(re), dtype)
    out.real, out.imag = re, im
    return out


def spread(dtype, seed):
    """Random values of many magnitudes, without edges."""
    rng = np.random.default_rng(seed)
    shape = (17, 19)
    if dtype.kind == "b":
        return rng.random(shape) < 0.5
    if dtype.kind in "iu":
        n = bits(dtype)
        small = rng.integers(0, n, shape)
        info = np.iinfo(dtype)
        return (rng.integers(info.min, info.max, shape, dtype=dtype, endpoint=True) >> small.astype(dtype)).astype(dtype)
    if dtype.kind == "c":
        return join(spread(part(dtype), seed + 100), spread(part(dtype), seed + 200), dtype)
    return to(rng.choice([-1, 1], shape) * np.exp2(rng.uniform(-7, 7, shape)), dtype)


def edges(dtype, short=False):
    """The edge values of any dtype, one axis."""
    if dtype.kind == "b":
        return np.array([False, True])
    if dtype.kind in "iu":
        return ints(dtype)
    if dtype.kind == "c":
        return complexes_short(dtype) if short else complexes(dtype)
    return floats_short(dtype) if short else floats(dtype)


def plane(values):
    """A vector as a matrix of at least 7 rows, repeated as needed: two axes give memory orders something to differ in."""
    values = np.resize(values, max(len(values), 77))
    rows = 7
    columns = -(-len(values) // rows)
    return np.resize(values, (rows, columns))


def cross(x, y):
    """Two matrices that hold every pair of the elements of x and y."""
    while len(x) < 9:
        x = np.concatenate([x, x])
    while len(y) < 9:
        y = np.concatenate([y, y])
    return np.repeat(x[:, None], len(y), axis=1), np.repeat(y[None, :], len(x), axis=0)


def moderate(dtype, shape, seed=3, low=-8, high=8):
    """Finite data without surprises: small integers, or floats with few digits so that they compress."""
    rng = np.random.default_rng([seed, *shape])
    if dtype.kind == "b":
        return rng.random(shape) < 0.5
    if dtype.kind in "iu":
        lo = low if dtype.kind == "i" else 0
        return rng.integers(lo, high, shape, dtype=dtype, endpoint=True)
    if dtype.kind == "c":
        return join(moderate(part(dtype), shape, seed), moderate(part(dtype), shape, seed + 1), dtype)
    return to(np.round(rng.uniform(low, high, shape), 2), dtype)
