"""Times, texts and records in order: sorted, searched, as sets, in quantiles and scans, and among other elements."""

import numpy as np
from container import exact
from order import stable
from typed import counts, texts
from views import names

METHODS = ("inverted_cdf", "averaged_inverted_cdf", "closest_observation", "interpolated_inverted_cdf", "hazen", "weibull", "linear", "median_unbiased", "normal_unbiased", "lower", "higher", "midpoint", "nearest")
TIMES = ("M8[D]", "M8[25s]", "M8[ns]", "m8[h]", "m8[7us]", "m8")

SETS = (
    "unique(a)", "unique(a[::-1, ::3].T)", "unique(a[:0])", "unique(a, return_counts=True)[1]", "unique(a, return_index=True)[1]", "unique(a, return_index=True, return_inverse=True)[2]",
    "unique(a, True, True, True)[2]", "sort(unique_values(a))", "isin(a, b)", "isin(a, b[1:, ::-2], invert=True)", "isin(a, b[:0])", "isin(a[:0], b)", "isin(a[0, 0], b)",
    "union1d(a, b)", "intersect1d(a, b)", "setdiff1d(a, b)", "setxor1d(a, b)", "setdiff1d(b, a)", "union1d(a, b[:0])", "intersect1d(a[:0], b)", "setdiff1d(a, b[:0])", "setdiff1d(a[0, ::3], b[1], assume_unique=True)",
    "intersect1d(a, b, return_indices=True)[1]", "intersect1d(a, b, return_indices=True)[2]",
)  # fmt: skip
ORDER = (
    "sort(a)#", "sort(a, axis=0)#", "sort(a, axis=None)#", "argsort(a)#", "argsort(a, axis=0)#", "argsort(a, axis=None)#", "argsort(a[::-1, 1::3], axis=1)#", "sort(a[:, :0])#", "sort(a.T[::-2], axis=0)#", "argsort(broadcast_to(a[0], (2, 40)), axis=1)#", "sort(a, axis=2)", "argsort(a[0, 0], axis=None)#", "sort(a[0, 0], axis=None)#",
)  # fmt: skip
SEARCHES = (
    "searchsorted(s, a)", "searchsorted(s, a, side='right')", "searchsorted(a[0], a[1, ::-2], 'right', argsort(a[0], kind='stable'))", "searchsorted(s, a[0, 0])", "searchsorted(s[:0], a)", "s.searchsorted(a[:, :0])",
)  # fmt: skip


def hold(golden, exprs, inputs, how=exact):
    for expr in exprs:
        used = names(expr)
        how(golden, expr, {name: array for name, array in inputs.items() if name in used})


def few(values, shape, seed):
    """Elements that are often equal."""
    return np.random.default_rng(seed).choice(values, shape)


def times(golden):
    for k, name in enumerate(TIMES):
        dtype = np.dtype(name)
        pool = np.concatenate([counts(dtype, (9,), k), np.array([0, 5, -3, np.iinfo("i8").min, np.iinfo("i8").max], "i8").view(dtype)])
        a, b = few(pool, (3, 40), k), few(pool[3:], (2, 7), k + 50)
        s = np.sort(np.unique(pool))
        hold(golden, SETS, {"a": a, "b": b})
        hold(golden, ("unique(a, equal_nan=False)", "unique(a, True, True, True, equal_nan=False)[1]", "unique(a, True, True, True, equal_nan=False)[2]", "unique(a, True, True, True, equal_nan=False)[3]", "unique_counts(a)[1]"), {"a": a})
        hold(golden, ORDER, {"a": a}, stable)
        hold(golden, SEARCHES, {"a": a, "s": s})
        hold(golden, ("partition(a, 5)[:, 5]", "lexsort((a[0], a[1]))", "lexsort((a[0] > a[1], a[2]))", "argmax(a, axis=1)", "argmin(sort(a, axis=0), axis=0)"), {"a": a})
        hold(golden, ("maximum.accumulate(a, axis=1)", "minimum.accumulate(a)", "maximum.accumulate(a[:, ::-3], axis=1)", "minimum.accumulate(a[:0])", "cumsum(a, axis=1)", "nancumsum(a, axis=0)", "nancumsum(a)", "nancumprod(a)", "add.accumulate(a, axis=1)"), {"a": a})
        middle = counts(dtype, (3, 8), k + 7)
        for expr in ("nanargmax(a)", "nanargmin(a, axis=0)", "nanargmax(a, axis=1)"):
            exact(golden, expr, {"a": middle})
            exact(golden, expr, {"a": middle[:, ~np.isnat(middle).any(axis=0)]})
        hold(golden, ("diff(a, axis=1)", "diff(a, 2, axis=0)", "ediff1d(a)", "ptp(a, axis=1)", "flip(a, 1)", "roll(a, 3, axis=1)", "nan_to_num(a)", "isclose(a, a)", "array_equal(a, a)", "array_equal(a, a, equal_nan=True)", "count_nonzero(a, axis=1)", "nonzero(a)[1]", "argwhere(a)", "flatnonzero(a)"), {"a": a})
        hold(golden, ("gradient(a, axis=1)", "trapezoid(a)", "histogram(a)", "bincount(a[0])", "digitize(a, s)", "digitize(a, [0, 1])", "digitize([1.5, 2], s)", "interp(a, s, s)", "interp([1.0, 2.0], s, [1, 2])", "interp([1.0, 2.0], [1, 2], s[:2])", "cov(a)", "corrcoef(a)", "interp(a, [1, 2], [3, 4])", "unwrap(a)", "sinc(a)"), {"a": middle, "s": s[:5]})
        among(golden, dtype, a[:, :7], k)
        quantiles(golden, dtype, k)
    for one, other in (("M8[D]", "M8[s]"), ("M8[M]", "M8[D]"), ("m8[h]", "m8[25s]"), ("m8", "m8[ms]"), ("M8[D]", "m8[D]"), ("M8[s]", "m8"), ("M8[D]", "i8"), ("m8[s]", "i8"), ("m8[s]", "f8"), ("M8[D]", "f8"), ("m8[s]", "?"), ("m8[M]", "m8[D]")):
        a = np.arange(-3, 9).view(one)
        b = np.arange(0, 5 * 86400, 86400).view(other) if other[0] in "mM" else np.arange(5).astype(other)
        for expr in ("isin(a, b)", "union1d(a, b)", "intersect1d(a, b)", "setdiff1d(a, b)", "searchsorted(sort(a), b)", "concatenate((a, b))", "concatenate((b, a))", "stack((a[:5], b))", "append(a, b)", "insert(a, [1, 2], b[:2])", "where(a == a, a[:5][:, None][:1], b)", "array_equal(a, b)", "maximum(a[:5], b)", "select([a[:5] == a[:5]], [a[:5]], b)", "choose([0, 1, 0, 1, 0], (a[:5], b))", "hstack((a, b))", "block([a, b])"):
            if one[0] == other[0] or not expr.startswith(("isin", "setdiff1d")):
                # NumPy compares few elements one by one, of any types
                exact(golden, expr, {"a": a, "b": b})


def among(golden, dtype, a, k):
    """Times as they are moved among others."""
    one = "datetime64" if dtype.kind == "M" else "timedelta64"
    for expr in (
        "insert(a, 1, 5)", "insert(a, 1, 5, axis=0)", "insert(a, [0, 2], a[:, :2], axis=1)", "insert(a, 2, a[0], axis=0)", f"insert(a, 3, {one}('NaT'), axis=1)", "insert(a, 1, 2.5)", "insert(a, 1, [1, 2, 3], axis=1)", "append(a, a)", "append(a, a[:1], axis=0)", "append(a, 5)", "append(a, [5])", f"append(a, {one}('NaT'))",
        "delete(a, 2, axis=1)", "pad(a, 1)", "pad(a, 1, constant_values=7)", "pad(a, 2, mode='edge')", "pad(a, 2, mode='wrap')", "pad(a, 2, mode='reflect')", "pad(a, 2, mode='symmetric')", "pad(a, ((0, 1), (2, 0)), mode='empty')[:3, 2:]",
        "tile(a, 2)", "repeat(a, 2, axis=0)", "diag(a[0])", "diagflat(a[:2, :2])", "tril(a)", "triu(a, 1)", "zeros_like(a)", "ones_like(a)", "full_like(a, 7)", "full_like(a, a[0])", "full((2, 7), a[1])", "take(a, [1, 0, -1], axis=0)", "a[a == a]", "compress([True, False, True], a, axis=0)", "resize(a, (4, 9))", "rot90(a)",
        f"zeros((2, 3), '{dtype.str}')", f"ones(4, '{dtype.str}')", f"full(3, 5, '{dtype.str}')", f"eye(3, dtype='{dtype.str}')", f"identity(2, dtype='{dtype.str}')",
    ):  # fmt: skip
        hold(golden, (expr,), {"a": a})
    if dtype.kind == "M":
        # NumPy takes a span for an integer here, and fails to round it
        hold(golden, ("pad(a, 1, mode='maximum')", "pad(a, 1, mode='minimum', stat_length=2)"), {"a": a})


def quantiles(golden, dtype, k):
    a = np.random.default_rng(k).integers(-1000, 1000, (5, 9)).astype("i8").view(dtype)
    holed = a.copy()
    holed[1, 2], holed[3], holed[4, 4] = "NaT", "NaT", "NaT"
    for method in METHODS:
        for name, x in (("quantile", a), ("quantile", holed), ("nanquantile", a), ("nanquantile", holed)):
            exact(golden, f"{name}(a, [0, 0.3, 0.5, 0.77, 1], axis=1, method='{method}')", {"a": x})
            exact(golden, f"{name}(a, 0.25, axis=0, method='{method}')", {"a": x})
    for x in (a, holed, a[:, :4], holed[:, :4]):
        hold(golden, ("median(a)", "median(a, axis=0)", "median(a, axis=1)", "nanmedian(a)", "nanmedian(a, axis=0)", "nanmedian(a, axis=1)", "quantile(a, 0.4)", "nanquantile(a, [0.2, 0.9])", "percentile(a, 30, axis=0)", "percentile(a, [10, 50], axis=1, keepdims=True)", "nanpercentile(a, 75)", "nanpercentile(a, [5], axis=(0, 1))"), {"a": x})
    hold(golden, ("median(a)", "median(a, axis=0)", "nanmedian(a)", "quantile(a, 0.5)", "nanquantile(a, 0.5, axis=1)"), {"a": a[:0]})


def strings(golden):
    for k, name in enumerate(("S1", "S5", "S16", "S41", "U1", "U4", "U11", "U43")):
        dtype = np.dtype(name)
        a, b = texts(dtype, (3, 40), k), texts(np.dtype(dtype.kind + "7"), (2, 5), k + 30)
        s = np.unique(texts(dtype, (9,), k + 60))
        hold(golden, SETS, {"a": a, "b": b})
        # a text without axes is as wide as its text in NumPy
        hold(golden, [expr for expr in ORDER if "sort(a[0, 0]" not in expr or expr.startswith("arg")], {"a": a}, stable)
        hold(golden, SEARCHES, {"a": a, "s": s})
        quote = "b" if dtype.kind == "S" else ""
        hold(golden, ("lexsort((a[0], a[1]))", "lexsort((a[0] > a[1], a[2]))", f"isin(a, [{quote}'a', {quote}'abc'])", f"unique(a)[-1] == {quote}'x'", "array_equal(a, a)", "flip(a, 1)", "repeat(a, 2, axis=0)", "tile(a, 2)", "roll(a, 1)", "append(a, a[0])", "insert(a, 1, a[0], axis=0)", "delete(a, 1, axis=0)", "take(a, [1, 0], axis=0)", "a[a == a[0, 0]]", "nonzero(a)[0]", "flatnonzero(a)", "argwhere(a)", "diag(a[0, :3])", "tril(a)", "zeros_like(a)", "full_like(a, a[0])"), {"a": a})
        for given in (a, a[:, :3], a[:1, ::2]):
            for name_of in ("argmax", "argmin", "any", "all", "count_nonzero"):
                hold(golden, (f"{name_of}(a)", f"{name_of}(a, axis=0)", f"{name_of}(a, axis=1)", f"{name_of}(a, axis=-1, keepdims=True)", f"{name_of}(a[:, :0])", f"{name_of}(a[:, :0], axis=0)", f"{name_of}(a[0, 0])"), {"a": given})
        hold(golden, ("nanargmax(a)", "nanargmin(a, axis=0)", "any(a, axis=0, where=a == a[0])", "all(a, where=a != a[0])", "argmax(a + a[::-1], axis=1)", "a.argmin(axis=0)", "argmax(a, axis=2)", "max(a)", "min(a, axis=0)", "median(a)", "quantile(a, 0.5)", "digitize(a, s)", "interp(a, [1.0], [2.0])", f"searchsorted(s, [{quote}'ab', {quote}'zz'])"), {"a": a, "s": s})
        for expr in ("zeros((2, 3), '%s')", "ones(4, '%s')", "full((2, 2), 'ab', '%s')", "eye(3, dtype='%s')", "eye(2, 3, 1, dtype='%s')", "identity(2, dtype='%s')", "empty((2, 0), '%s')", "full(3, 12, '%s')"):
            if name not in ("S1", "U1") or "12" not in expr:
                exact(golden, expr % name, {})
    hold(golden, ("union1d(a, b)", "concatenate((a, b))", "searchsorted(a, b)"), {"a": np.array(["1", "2", "a"]), "b": np.array([b"1", b"b"])})


def records(golden):
    person = np.dtype([("name", "U10"), ("age", "i4"), ("weight", "f4")])
    mixed = np.dtype([("s", "S3"), ("t", "M8[s]"), ("b", "u1"), ("q", "?"), ("d", "f8")])
    nested = np.dtype([("x", "i2"), ("in", [("u", "U2"), ("k", "i1")])])
    rng = np.random.default_rng(4)

    def filled(dtype, shape):
        out = np.zeros(shape, dtype)
        for name in dtype.names:
            part = dtype[name]
            if part.names:
                out[name] = filled(part, shape)
            elif part.kind in "SU":
                out[name] = rng.choice(["", "Ann", "Bob", "B"], shape)
            else:
                out[name] = rng.integers(0, 2, shape)
                if part.kind in "fM" and len(dtype.names) > 3:
                    out[name][rng.random(shape) < 0.1] = np.nan if part.kind == "f" else "NaT"
        return out

    for dtype in (person, mixed, nested):
        a, b = filled(dtype, (3, 40)), filled(dtype, (2, 4))
        hold(golden, SETS, {"a": a, "b": b})
        hold(golden, ORDER, {"a": a}, stable)
        fields = dtype.names
        orders = [f"'{field}'" for field in fields] + [f"['{fields[-1]}', '{fields[0]}']", f"['{fields[1]}']", str(list(fields[::-1])), "'none'"]
        for given in orders:
            hold(golden, (f"sort(a, order={given})#", f"argsort(a, order={given})#", f"sort(a, axis=0, order={given})#", f"argsort(a, axis=None, order={given})#"), {"a": a}, stable)
        hold(golden, SEARCHES, {"a": a, "s": np.sort(a[2])})
        hold(golden, ("lexsort((a[0], a[1]))", "array_equal(a, a)", "flip(a, 1)", "tile(a, 2)", "append(a, a[0])", "insert(a, 1, a[0], axis=0)", "a[a == a[0, 0]]", "zeros_like(a)", "repeat(a, 2, axis=0)", "pad(a, 1, mode='edge')", "where(a == a[0], a, a[1])", "stack((a, a))"), {"a": a})


def ordered(golden):
    times(golden)
    strings(golden)
    records(golden)
