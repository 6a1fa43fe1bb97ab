"""Reductions over every set of axes, held to exact rational arithmetic where they round."""

from fractions import Fraction
from math import isqrt, log2

import numpy as np
import rounded
import values
from container import BF16, evaluate, error_kind, exact

ROUNDING = ["sum", "prod", "mean", "std", "var", "nansum", "nanprod", "nanmean", "nanstd", "nanvar"]
CHOOSING = ["min", "max", "any", "all", "count_nonzero", "nanmin", "nanmax", "argmin", "argmax"]
U = 2.0**-53


def integers(x):
    """Finite floats or integers as (Python integers, e): each is integer * 2**e."""
    if x.dtype.kind in "biu":
        return [int(v) for v in x], 0
    pairs = [v.as_integer_ratio() for v in x.astype(np.float64).tolist()]
    e = max((d.bit_length() - 1 for _, d in pairs), default=0)
    return [n << (e - d.bit_length() + 1) for n, d in pairs], -e


def scaled(n, e):
    return Fraction(n) * Fraction(2) ** e


def pairwise(n):
    """The relative error of a pairwise sum of n terms, with NumPy's leaf of unrolled additions."""
    return U * (log2(max(n, 2)) + 8)


def real_sum(x, dtype):
    ns, e = integers(x)
    return scaled(sum(ns), e), pairwise(len(ns)) * float(scaled(sum(map(abs, ns)), e))


def moments(x):
    """Exact mean and sum of squared deviations."""
    ns, e = integers(x)
    n, total = len(ns), sum(ns)
    squares = sum(v * v for v in ns) - Fraction(total * total, n)
    return scaled(Fraction(total, n), e), squares * Fraction(2) ** (2 * e)


def root(x):
    """The square root of a Fraction to 200 bits."""
    shift = 400
    return Fraction(isqrt((x.numerator << 2 * shift) // x.denominator), 1 << shift)


def answer(name, x, ddof, out):
    """(exact value or pair, error allowed besides one rounding) of one slice without NaN or infinity."""
    if x.dtype.kind == "c":
        if name in ("std", "var"):
            (mean_r, dev_r), (mean_i, dev_i) = moments(x.real), moments(x.imag)
            return deviation(name, dev_r + dev_i, float(mean_r) ** 2 + float(mean_i) ** 2, len(x), ddof)
        if name == "prod":
            re, im = Fraction(1), Fraction(0)
            for v in x:
                a, b = Fraction(float(v.real)), Fraction(float(v.imag))
                re, im = re * a - im * b, re * b + im * a
            size = max(abs(float(re)), abs(float(im)))
            return (re, im), 3 * len(x) * float(np.finfo(out).eps) * size
        (re, slack), (im, more) = answer(name, x.real, ddof, out), answer(name, x.imag, ddof, out)
        return (re, im), slack + more
    if name == "sum":
        return real_sum(x, out)
    if name == "mean":
        total, slack = real_sum(x, out)
        return total / len(x), slack / len(x) + U * abs(float(total)) / len(x)
    if name == "prod":
        product = Fraction(1)
        for v in x.astype(np.float64).tolist():
            product *= Fraction(v)
        return product, len(x) * 2.0 ** -rounded.FORMATS[out.name][0] * abs(float(product))
    mean, dev = moments(x)
    return deviation(name, dev, float(mean) ** 2, len(x), ddof)


def deviation(name, dev, mean_squared, n, ddof):
    """A stable variance errs by the condition number sqrt(1 + mean^2/var), not by its square."""
    var = dev / (n - Fraction(ddof))
    c = 2 * pairwise(n)
    slack = c * (float(var) * (float(var) + mean_squared)) ** 0.5 + c * c * mean_squared
    if name == "var":
        return var, slack
    std = root(var)
    return std, (slack / (2 * float(std)) if std else c * mean_squared**0.5)


def reference(golden, name, expr, inputs, axis, ddof=0):
    """A case of a reduction that rounds."""
    try:
        want = evaluate(expr, inputs)
        if name.startswith("nan") and want.dtype == BF16:
            # NumPy does not take ml_dtypes' floats for floats, and passes over none of their NaNs.
            want = evaluate(expr, {"a": inputs["a"].astype(np.float32)}).astype(BF16)
    except Exception as error:  # noqa: BLE001
        golden.error(expr, inputs, error_kind(error))
        return
    a = inputs["a"]
    out = want.dtype
    if out.kind in "biu" or want.size == 0:
        golden.case(expr, inputs, want)
        return
    if "dtype=" in expr:
        a = a.astype(out) if name in ("sum", "prod") or a.dtype.kind not in "biu" else a
    plain = name.removeprefix("nan")
    axes = range(a.ndim) if axis is None else [x % a.ndim for x in (axis if isinstance(axis, tuple) else (axis,))]
    kept = [k for k in range(a.ndim) if k not in axes]
    rows = a.transpose(kept + list(axes)).reshape(want.size, -1)
    ours, theirs = want.copy().ravel(), want.ravel()
    parts = 2 if out.kind == "c" else 1
    tol = np.zeros((want.size, parts))
    f = values.part(out)
    wide = out in (np.dtype("float64"), np.dtype("complex128"))
    for i, row in enumerate(rows):
        if name != plain and row.dtype.kind not in "biu":
            row = row[~np.isnan(row)]
        finite = row.dtype.kind in "biu" or np.isfinite(row).all()
        if row.size == 0 or not finite or (plain in ("std", "var") and row.size <= ddof):
            continue
        value, slack = answer(plain, row, ddof, f)
        for k, v in enumerate(value if parts == 2 else (value,)):
            w = rounded.rounded([v], f)
            t = (theirs[i : i + 1].real, theirs[i : i + 1].imag)[k] if parts == 2 else theirs[i : i + 1]
            if not np.isfinite(w[0].astype(np.float64)):
                tol[i, k] = 0
            else:
                tol[i, k] = slack + rounded.ulp(w)[0] * (2 if plain in ("std", "var") else 1)
                if wide:
                    tol[i, k] = max(tol[i, k], rounded.distance(w, t)[0])
                if v == 0 and slack == 0:
                    w, tol[i, k] = t, 0
            if parts == 2:
                if k == 0:
                    ours[i] = complex(w[0], ours[i].imag)
                else:
                    ours[i] = complex(ours[i].real, w[0])
            else:
                ours[i] = w[0]
    tol = tol.reshape(want.shape + ((2,) if parts == 2 else ()))
    golden.case(expr, inputs, ours.reshape(want.shape), tol=tol)


def any_reduction(golden, name, a, axis, keepdims=False, more="", ddof=0):
    words = ["a"] + ([f"axis={axis}"] if axis is not None else []) + (["keepdims=True"] if keepdims else [])
    expr = f"{name}({', '.join(words)}{more})"
    if name in ROUNDING:
        reference(golden, name, expr, {"a": a}, axis, ddof)
    else:
        exact(golden, expr, {"a": a})


def data(dtype, shape, name="sum"):
    """Small numbers without negative zero; around one for products."""
    a = values.moderate(dtype, shape, 21)
    if "prod" in name and dtype.kind not in "biu":
        if dtype.kind == "c":
            return values.join(data(values.part(dtype), shape, name), values.moderate(values.part(dtype), shape, 22) / values.part(dtype).type(16), dtype)
        return values.to(np.round(np.random.default_rng(23).uniform(0.7, 1.4, shape), 2), dtype)
    return a + np.zeros_like(a) if dtype.kind not in "b" else a


def reductions(golden):
    every = ROUNDING + CHOOSING
    for dtype in values.ALL:
        for name in every:
            arg = name.startswith("arg")
            cube = data(dtype, (5, 4, 6), name)
            for axis in [None, 0, 1, -1] + ([] if arg else [(0, 2), (1, 2), (-1, 0, 1)]):
                any_reduction(golden, name, cube, axis, keepdims=axis in (1, (0, 2)))
            any_reduction(golden, name, data(dtype, (67, 45), name), None if "prod" not in name else 0, keepdims=True)
            if "prod" not in name:
                any_reduction(golden, name, data(dtype, (67, 45)), 0)
                any_reduction(golden, name, data(dtype, (67, 45)), 1)
                any_reduction(golden, name, data(dtype, (1100,)), None)
            for shape, axis in [((), None), ((1,), 0), ((1, 1), None), ((0,), None), ((0, 3), 0), ((0, 3), 1), ((3, 0), 0), ((3, 0), 1), ((2, 0, 3), 1)]:
                any_reduction(golden, name, data(dtype, shape, name), axis)
            if not arg:
                any_reduction(golden, name, cube, ())
                any_reduction(golden, name, data(dtype, (2, 0, 3), name), (0, 2))
        methods(golden, dtype)
        parameters(golden, dtype)
        if dtype.kind in "fc" or dtype == BF16:
            not_finite(golden, dtype)
    hard(golden)


def methods(golden, dtype):
    cube = data(dtype, (5, 4, 6))
    for name in ("sum", "mean", "std", "var"):
        reference(golden, name, f"a.{name}(axis=0)", {"a": cube}, 0)
    for name in ("min", "max", "any", "all", "argmin", "argmax"):
        exact(golden, f"a.{name}(axis=-1)", {"a": cube})
    for expr in ("sum(a, 1)", "sum(a, axis=(-1,))", "max(a, 0)", "amin(a, axis=2)", "argmax(a, axis=1, keepdims=True)", "any(a, axis=(0, 1), keepdims=True)", "count_nonzero(a, axis=0, keepdims=True)"):
        if expr.startswith("sum"):
            reference(golden, "sum", expr, {"a": cube}, 1 if " 1" in expr and "-" not in expr else -1)
        else:
            exact(golden, expr, {"a": cube})


def parameters(golden, dtype):
    """dtype= and ddof=."""
    a = data(dtype, (9, 33))
    for ddof in (1, 2, 0.5, 9, 40):
        for name in ("std", "var", "nanvar"):
            any_reduction(golden, name, a, 0, more=f", ddof={ddof}", ddof=ddof)
    any_reduction(golden, "var", a, None, more=", correction=1", ddof=1)
    if dtype == BF16:
        targets = {"sum": ["float32", "float64"], "mean": ["float32", "float64"], "std": ["float64"]}
    elif dtype.kind in "biu":
        targets = {"sum": ["int8", "uint16", "int64", "uint64", "float32", "float64", "complex128"], "prod": ["int8", "int64"], "mean": ["float32", "float64"], "var": ["float32"]}
    elif dtype.kind == "f":
        targets = {"sum": ["float32", "float64", "complex64"], "mean": ["float32", "float64"], "std": ["float32", "float64"], "nansum": ["float64"]}
    else:
        targets = {"sum": ["complex64", "complex128"], "mean": ["complex128"]}
    for name, kinds in targets.items():
        for kind in kinds:
            any_reduction(golden, name, a, 1, more=f", dtype={kind}")
            any_reduction(golden, name, a[:2, :3], None, more=f", dtype={kind}")


def not_finite(golden, dtype):
    """NaN, infinities, ties and zeros of both signs."""
    a = data(dtype, (6, 50)).copy()
    nan, inf = dtype.type(np.nan), dtype.type(np.inf)
    a[1, 7] = nan
    a[2, 3] = inf
    a[3, 4], a[3, 30] = inf, -inf
    a[4, :] = nan
    a[5, 49], a[5, 2] = -inf, nan
    for name in ROUNDING + CHOOSING:
        if "prod" in name or (dtype.kind == "c" and name in ROUNDING):
            continue
        for axis in (None, 0, 1):
            if name in ("nanmin", "nanmax") and dtype.kind == "c":
                # Of NaNs alone comes one of them; which number stands beside it NumPy leaves open.
                if axis is not None:
                    want = evaluate(f"{name}(a, axis={axis})", {"a": a})
                    nothing = np.full_like(want, complex(np.nan, np.nan))
                    golden.case(f"{name}(a, axis={axis})", {"a": a}, want, also=np.where(np.isnan(want), nothing, want))
                continue
            any_reduction(golden, name, a, axis)
    ties = np.array([[3, 1, 3, 1, 2], [0, -1, 0, -1, 0]], dtype=dtype)
    for name in ("argmin", "argmax", "min", "max"):
        any_reduction(golden, name, ties, 1)
        any_reduction(golden, name, ties, None)
    zeros = np.zeros((2, 40), dtype)
    zeros[1] = -zeros[1]
    for expr in ("argmin(a, axis=0)", "argmax(a, axis=1)", "any(a)", "all(a, axis=0)", "count_nonzero(a)"):
        exact(golden, expr, {"a": zeros})
    if dtype.kind == "c":
        z = values.plane(values.complexes_short(dtype))
        for name in ("min", "max"):
            exact(golden, f"{name}(a)", {"a": z[np.isfinite(z)]})
        for name in ("argmin", "argmax", "any", "count_nonzero"):
            any_reduction(golden, name, z, 0)
            any_reduction(golden, name, z, None)


def hard(golden):
    """Sums that a careless accumulator gets wrong."""
    rng = np.random.default_rng(24)
    shifted = np.round(rng.normal(0, 1, 2000), 3) + 1e6
    for dtype in (np.dtype("float32"), np.dtype("float64")):
        a = shifted.astype(dtype)
        for name in ("sum", "mean", "var", "std"):
            any_reduction(golden, name, a, None)
            any_reduction(golden, name, a.reshape(40, 50), 0)
    tenth = np.full(3000, 0.1, np.float32)
    half = np.full(3000, 1.1, np.float16)
    brain = np.full(3000, 1.1, BF16)
    cancel = np.array([1e16, 1.0, -1e16, 1.0] * 30)
    equal = np.full((7, 9), 0.1)
    for a in (tenth, half, brain, cancel, equal):
        for name in ("sum", "mean", "var"):
            any_reduction(golden, name, a, None)
    any_reduction(golden, "sum", np.full(40, 60000, np.float16), None)
    any_reduction(golden, "mean", np.full(40, 60000, np.float16), None)
    any_reduction(golden, "sum", np.full(300, 3e38, np.float32), None)
    any_reduction(golden, "mean", np.full(40, 2**62, np.int64), None)
    any_reduction(golden, "sum", np.full(40, 2**62 + 1, np.int64), None)
    any_reduction(golden, "prod", np.full(70, 3, np.uint8), None)
