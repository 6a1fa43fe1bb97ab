"""Statistics: medians and quantiles. NumPy's arithmetic between two elements is followed step by step, and so every bit
is held.

Left out: zeros of both signs in one line, whose order NumPy's partition leaves open.
"""

import numpy as np
import values
from container import BF16, error_kind, evaluate, exact

METHODS = (
    "inverted_cdf averaged_inverted_cdf closest_observation interpolated_inverted_cdf hazen weibull linear median_unbiased normal_unbiased lower higher midpoint nearest"
).split()  # fmt: skip
REAL = values.BOOL + values.INTS + values.FLOATS
LIST = "[0, 0.1, 0.25, 1/3, 0.5, 0.75, 0.9, 1.0]"


def statistics(golden):
    medians(golden)
    quantiles(golden)
    weighted(golden)
    edges(golden)
    histograms(golden)
    averages(golden)
    covariances(golden)


def cube(dtype, seed=41):
    """No zero has a sign."""
    return values.moderate(dtype, (5, 6, 7), seed, low=-90, high=90) + np.zeros((), dtype) if dtype.kind != "b" else values.moderate(dtype, (5, 6, 7), seed)


def holed(a, share=0.2):
    """The same with some NaN, and a line along each axis that has nothing else."""
    b = a.copy()
    part = b.real if b.dtype.kind == "c" else b
    part[np.random.default_rng(5).random(a.shape) < share] = np.nan
    b[2, 3, :], b[:, 1, 4], b[4, :, 2] = np.nan, np.nan, np.nan
    return b


def medians(golden):
    for dtype in values.ALL:
        a = cube(dtype)
        for name in ("median", "nanmedian"):
            for axis in ("", ", axis=0", ", axis=1", ", axis=-1", ", axis=(0, 2)", ", axis=(2, 1)", ", axis=()"):
                if dtype == BF16 and name == "nanmedian" and "axis" in axis:
                    continue  # computed as objects
                exact(golden, f"{name}(a{axis})", {"a": a})
            exact(golden, f"{name}(a[::-1, 1:, ::2].T, axis=1, keepdims=True)" if dtype != BF16 else f"{name}(a[::-1, 1:, ::2])", {"a": a})
        exact(golden, "median(a, keepdims=True)", {"a": a})
        exact(golden, "median(a + a, axis=0) - median(a, axis=0)" if dtype.kind != "b" else "median(a | a, axis=0)", {"a": a})
        if dtype.kind in "fc":
            for b in (holed(a), holed(a, 0.02)[:, :5]):
                for axis in ("", ", axis=0", ", axis=1", ", axis=2", ", axis=(0, 1)", ", axis=(0, 1, 2)"):
                    exact(golden, f"median(a{axis})", {"a": b})
                    exact(golden, f"nanmedian(a{axis})", {"a": b})
    # lines longer than those that NumPy masks
    long = values.moderate(np.dtype("float32"), (3, 601), 12)
    long[0, ::3], long[1] = np.nan, np.nan
    for expr in ("nanmedian(a, axis=1)", "nanmedian(a[:, :600], axis=1)", "nanmedian(a, axis=0)", "nanmedian(a.T, axis=0)", "nanmedian(a[0])"):
        exact(golden, expr, {"a": long})


def quantiles(golden):
    for dtype in REAL:
        a = cube(dtype, 43)
        for method in METHODS:
            for q in ("0.3", LIST):
                for name in ("quantile", "nanquantile"):
                    if dtype == BF16 and method not in ("inverted_cdf", "closest_observation", "lower", "higher", "nearest"):
                        continue  # NumPy makes float32 of a Python float here
                    exact(golden, f"{name}(a, {q}, axis=1, method='{method}')", {"a": a})
            if dtype.kind == "f":
                exact(golden, f"quantile(a, {LIST}, axis=2, method='{method}')", {"a": holed(a, 0.05)})
                exact(golden, f"nanquantile(a[:4], {LIST}, axis=2, method='{method}')", {"a": holed(a)[::-1]})
                exact(golden, f"nanquantile(a, 0.4, axis=(0, 1), method='{method}')", {"a": holed(a)})
                exact(golden, f"nanquantile(a, 0.7, method='{method}')", {"a": holed(a)})
        if dtype == BF16:
            continue
        for expr in ("percentile(a, 30)", "percentile(a, [0, 12.5, 100], axis=0)", "nanpercentile(a, 99.9, axis=-1)", "percentile(a, 50, axis=(0, 1), keepdims=True)"):
            exact(golden, expr, {"a": a})
        for expr in ("quantile(a, 0)", "quantile(a, 1)", "quantile(a, [0, 1], axis=1)", "quantile(a, True)", "quantile(a, [True, False], axis=0)", "quantile(a, [[0.1, 0.2], [0.3, 0.4]], axis=2)", "quantile(a, [0.5], keepdims=True)", "quantile(a, [0.2, 0.8], axis=(1, 2), keepdims=True)", "quantile(a, [], axis=1)", "quantile(a, [0, 1], method='weibull')", "quantile(a, 1, method='weibull')", "quantile(a, [0, 1], axis=1, method='averaged_inverted_cdf')", "quantile(a, 0, method='hazen')"):
            exact(golden, expr, {"a": a})
        for kind in ("float16", "float32", "float64"):
            for method in ("linear", "hazen", "midpoint", "inverted_cdf", "nearest"):
                exact(golden, f"quantile(a, q, axis=0, method='{method}')", {"a": a, "q": np.array([0.1, 0.5, 0.77], kind)})
            exact(golden, "quantile(a, q, axis=1)", {"a": a, "q": np.array(0.3, kind)})
            exact(golden, "nanquantile(a, q, axis=1)", {"a": a, "q": np.array([0.3, 0.9], kind)})
        exact(golden, "quantile(a[0, 0, 0], 0.3)", {"a": a})


def weighted(golden):
    """Weights that are whole, so that sums are exact however equal elements are ordered; and others of distinct elements."""
    rng = np.random.default_rng(19)
    whole = {kind: rng.integers(0, 4, (5, 6, 7)).astype(kind) for kind in ("int64", "float32", "bool")}
    many = rng.random((5, 6, 7))
    for dtype in REAL:
        if dtype == BF16:
            continue  # its NaN is unknown to NumPy
        a = cube(dtype, 47)
        for name in ("quantile", "nanquantile"):
            for kind, w in whole.items():
                w = w.copy()
                w[:, :, 0], w[0], w[:, 0] = 1, 2, 1
                inputs = {"a": a, "w": w}
                for expr in (f"{name}(a, {LIST}, axis=1, method='inverted_cdf', weights=w)", f"{name}(a, 0.3, axis=(0, 2), method='inverted_cdf', weights=w)", f"{name}(a, {LIST}, method='inverted_cdf', weights=w)"):
                    exact(golden, expr, inputs)
                if kind == "int64":
                    for expr in (f"{name}(a, 0, axis=2, method='inverted_cdf', weights=w, keepdims=True)", f"{name}(a, 1, axis=0, method='inverted_cdf', weights=w)", f"{name}(a, [[0.2, 0.4], [0.6, 0.9]], axis=-1, method='inverted_cdf', weights=w)", f"{name}(a[::-1, :, ::2], [0.5], method='inverted_cdf', weights=w[..., ::2], keepdims=True)"):
                        exact(golden, expr, inputs)
        for expr in ("quantile(a, [0.1, 0.6], axis=1, method='inverted_cdf', weights=v)", "percentile(a, [0, 30, 100], axis=1, method='inverted_cdf', weights=v, keepdims=True)", "percentile(a[0, :, 0], 70, method='inverted_cdf', weights=v)", "nanpercentile(a[0, :, 0], 70, axis=0, method='inverted_cdf', weights=v)"):
            exact(golden, expr, {"a": a, "v": np.array([0, 1, 0, 3, 2, 1])})
        for kind in ("float16", "float32", "float64"):
            exact(golden, "quantile(a, q, axis=2, method='inverted_cdf', weights=w)", {"a": a, "q": np.array([0.1, 0.4, 0.5, 0.9], kind), "w": whole["int64"] + 1})
        if dtype.kind == "f":
            for b in (holed(a), holed(a, 0.03)):
                for name in ("quantile", "nanquantile"):
                    for axis in (0, 1, 2):
                        exact(golden, f"{name}(a, {LIST}, axis={axis}, method='inverted_cdf', weights=w)", {"a": b, "w": whole["int64"] + 1})
            distinct = rng.permutation(210).reshape(5, 6, 7).astype(dtype)
            for axis in ("", ", axis=0", ", axis=1", ", axis=(1, 2)"):
                exact(golden, f"quantile(a, {LIST}{axis}, method='inverted_cdf', weights=w)", {"a": distinct, "w": many})
    for name in ("M8[s]", "m8[D]"):
        a = rng.integers(-50, 50, (5, 6, 7)).view(name)
        exact(golden, f"quantile(a, {LIST}, axis=1, method='inverted_cdf', weights=w)", {"a": a, "w": whole["int64"] + 1})
        a[1, 2], a[3, :, 3] = "NaT", "NaT"
        for name in ("quantile", "nanquantile"):
            exact(golden, f"{name}(a, {LIST}, axis=1, method='inverted_cdf', weights=w)", {"a": a, "w": whole["int64"] + 1})
    a = values.moderate(np.dtype("float64"), (4, 5), 14)
    for given in ("w", "-w - 1", "w * nan", "w * 0", "w + inf", "w[0]", "w[:, 0]", "w[:2]", "w * 1j", "w - 2.5"):
        for axis in ("", ", axis=0", ", axis=1"):
            exact(golden, f"quantile(a, 0.5{axis}, method='inverted_cdf', weights={given})", {"a": a, "w": np.arange(20.0).reshape(4, 5) % 3 + 1})
    for expr in ("quantile(a, 0.5, weights=a)", "percentile(a, 50, method='lower', weights=a)", "nanquantile(a, 0.5, method='linear', weights=a)", "quantile(a, 1.5, method='inverted_cdf', weights=a)", "quantile(a, 0.5, axis=3, method='inverted_cdf', weights=a)", "nanquantile(a[:0], 0.5, method='inverted_cdf', weights=a[:0])", "quantile(a[:0], 0.5, method='inverted_cdf', weights=a[:0])", "quantile(a[0, 0], 0.5, method='inverted_cdf', weights=2)", "quantile(a[0, 0], [0.5, 1], method='inverted_cdf', weights=2)", "quantile(a, 0.5, axis=0, method='inverted_cdf', weights=None)"):
        exact(golden, expr, {"a": np.abs(a)})


def edges(golden):
    for dtype in REAL:
        a = values.plane(values.edges(dtype))
        if dtype.kind == "f" or dtype == BF16:
            a = np.where(a == 0, np.zeros((), dtype), a).astype(dtype)  # zeros of one sign
        if dtype == BF16:
            a = a[:, ~np.isnan(a).any(axis=0)]  # NumPy does not know the NaN of this type
        names = ("median(a", "quantile(a, 0.25, method='lower'") if dtype in values.BOOL + [BF16] else ("median(a", "quantile(a, 0.25", "quantile(a, [0.25, 0.9]")
        for name in names:
            for axis in (")", ", axis=0)", ", axis=1)"):
                exact(golden, name + axis, {"a": a})
                if dtype.kind == "f":
                    exact(golden, "nan" + name + axis, {"a": a})
    for dtype in values.COMPLEX:
        a = values.plane(values.edges(dtype))
        for axis in (")", ", axis=0)", ", axis=1)"):
            exact(golden, "median(a" + axis, {"a": a[:, ~np.isnan(a).any(axis=0)][:, ::3] + 0 if "axis=0" in axis else a})
    for dtype in (np.dtype("int8"), np.dtype("float32")):
        one = values.moderate(dtype, (), 9)
        for expr in ("median(a)", "median(a, axis=())", "median(a, axis=0)", "quantile(a, 0.3)", "quantile(a, [0.3, 0.4])", "quantile(a, 0.3, axis=-1)", "nanmedian(a)", "nanquantile(a, 0.2)", "quantile(a, 0.5, keepdims=True)"):
            exact(golden, expr, {"a": one})
        for shape in [(0,), (3, 0), (0, 4), (2, 0, 3)]:
            empty = np.zeros(shape, dtype)
            for axis in (")", ", axis=0)", ", axis=-1)", ", keepdims=True)"):
                for name in ("median(a", "nanmedian(a", "quantile(a, 0.5", "quantile(a, [0.5, 0.25]", "nanquantile(a, 0.5", "nanquantile(a, [0.1, 0.2]", "percentile(a, 10"):
                    exact(golden, name + axis, {"a": empty})
        a = values.moderate(dtype, (4, 5), 14)
        for expr in ("quantile(a, 1.5)", "quantile(a, -0.1)", "quantile(a, [0.1, 1.1])", "percentile(a, 100.1)", "percentile(a, [-1])", "quantile(a, nan)", "quantile(a, 0.5, axis=2)", "median(a, axis=(0, 0))", "median(a, axis=-3)", "quantile(a, 0.5, method='middle')", "quantile(a, [[[0.5]]])", "quantile(a)", "median(a, 0, 1, 2, 3, 4)"):
            exact(golden, expr, {"a": a})
    for expr in ("quantile(a, 0.5)", "nanpercentile(a, 50)", "percentile(a, [50])"):
        exact(golden, expr, {"a": values.moderate(np.dtype("complex64"), (4,), 3)})
    exact(golden, "quantile(a, 0.5 + 0.1j)", {"a": np.arange(4.0)})
    exact(golden, "median(3)", {})
    exact(golden, "quantile(3, 0.5)", {})


def histograms(golden):
    rng = np.random.default_rng(8)
    for dtype in REAL:
        if dtype == BF16:
            continue  # linspace does not know it
        a = values.moderate(dtype, (9, 11, 7), 51, low=-90, high=90)
        for expr in ("histogram(a)[0]", "histogram(a)[1]", "histogram(a[::-1, 2:, ::2].T, 7)[0]", "histogram(a, 33, (-20, 50.5))[0]", "histogram(a, 33, (-20, 50.5))[1]", "histogram(a, bins=4, range=(3, 40))[0]", "histogram(a, 1000, (0, 1000))[0]", "histogram(a, 5, density=True)[0]", "histogram(a, bins=[-30, -1, 0, 5, 5, 77])[0]", "histogram(a, bins=[-30.5, 0, 0.25, 5, 80])[0]", "histogram(a, bins=[0.5, 2, 9.5], density=True)[0]", "histogram(a, [5])[0]", "histogram_bin_edges(a, 6)", "histogram_bin_edges(a, [1, 2])", "histogram(a[:0])[0]", "histogram(a[:0], 3)[1]", "histogram(a[0, 0, :1], 3)[1]", "histogram(a[0, 0, :1], 3)[0]"):
            exact(golden, expr, {"a": a})
        for rule in ("auto", "doane", "fd", "rice", "scott", "stone", "sturges", "sqrt"):
            if rule == "stone" and dtype.name not in ("int16", "float64"):
                continue  # it takes a hundred histograms
            if rule == "scott" and dtype.name == "float16":
                continue  # NumPy's deviation overflows
            exact(golden, f"histogram(a, '{rule}')[0]", {"a": a})
            exact(golden, f"histogram_bin_edges(a, '{rule}', range=(1, 50))", {"a": a})
            exact(golden, f"histogram(a[0, 0, :1], '{rule}')[0]", {"a": a})
            exact(golden, f"histogram_bin_edges(a[:0], '{rule}')", {"a": a})
        weights = {"b": values.moderate(np.dtype("bool"), a.shape, 1), "i": values.moderate(np.dtype("int32"), a.shape, 2), "h": values.moderate(np.dtype("float16"), a.shape, 2), "f": values.moderate(np.dtype("float32"), a.shape, 2), "d": values.moderate(np.dtype("float64"), a.shape, 3), "c": values.moderate(np.dtype("complex64"), a.shape, 4), "z": values.moderate(np.dtype("complex128"), a.shape, 5)}
        for name, w in weights.items():
            exact(golden, f"histogram(a, 6, weights={name})[0]", {"a": a, name: w})
        for name in "dz":
            near(golden, f"histogram(a, 6, (-30, 30), True, {name})[0]", {"a": a, name: weights[name]})
        whole = values.moderate(np.dtype("float64"), a.shape, 3).round()
        exact(golden, "histogram(a, [-30, -1, 0, 5, 5, 77], weights=w)[0]", {"a": a, "w": whole})
        exact(golden, "histogram(a, [-30, -1, 0, 5, 5, 77], weights=w, density=True)[0]", {"a": a, "w": weights["i"]})
        edges = values.plane(values.edges(dtype))
        for expr in ("histogram(a)[0]", "histogram(a, 10, (0, 100))[0]", "histogram(a, 10, (-1e3, 1e3))[0]", "histogram(a, [-inf, 0, 1, inf])[0]", "histogram(a, 100, (-5, 120))[0]"):
            exact(golden, expr, {"a": edges})
    # elements at the edges of bins
    for dtype in (np.dtype("float16"), np.dtype("float32"), np.dtype("float64"), np.dtype("int64")):
        for low, high, n in ((0, 1, 10), (-0.3, 0.7, 77), (1e6, 1e6 + 1, 1000), (1e-3, 2e-3, 7), (-7, 1000, 1007)):
            edges = np.linspace(low, high, n + 1).astype(dtype)
            around = np.concatenate([edges, np.nextafter(edges, np.inf), np.nextafter(edges, -np.inf), rng.uniform(low, high, 500).astype(dtype)]).astype(dtype) if dtype.kind == "f" else edges
            exact(golden, f"histogram(a, {n}, ({low}, {high}))[0]", {"a": around})
            exact(golden, f"histogram(a, {n})[0]", {"a": around})
            exact(golden, f"histogram(a, {n})[1]", {"a": around})
    big = np.array([-(2**63), 2**63 - 1, 0, 5, 2**53, 2**53 + 1, 2**62], "int64")
    for expr in ("histogram(a, 4)[0]", "histogram(a, 4)[1]", "histogram(a, 4, (2**53, 2**53 + 1))[0]", "histogram(a, 3, (2**53 + 1, 2**62))[0]", "histogram(a, [-5, 0, 2**53 + 1, 2**62])[0]"):
        exact(golden, expr, {"a": big})
    a = values.moderate(np.dtype("float64"), (60,), 14)
    long = np.tile(values.moderate(np.dtype("float32"), (5000,), 6), 30)
    exact(golden, "histogram(a, 6, weights=w)[0]", {"a": long, "w": np.tile(values.moderate(np.dtype("float32"), (5000,), 9) / 3, 30)})
    for expr in ("histogram(a, 0)", "histogram(a, -3)", "histogram(a, 2.5)", "histogram(a, [3, 1, 2])", "histogram(a, [[1, 2]])", "histogram(a, 'best')", "histogram(a, range=(5, 1))", "histogram(a, range=(0, inf))", "histogram(a, range=(nan, 1))", "histogram(a / 0)", "histogram(a, weights=a[1:])", "histogram(a, 'auto', weights=a)", "histogram(a, range=(1,))", "histogram(a, 10**6, (1e16, 1e16 + 4))"):
        exact(golden, expr, {"a": a})
    counts(golden)
    grids(golden)


def counts(golden):
    for dtype in values.BOOL + values.INTS + [np.dtype("float32")]:
        x = np.abs(values.moderate(dtype, (70,), 15, low=0, high=9)).astype(dtype)
        for expr in ("bincount(x)", "bincount(x, minlength=30)", "bincount(x[::-2])", "bincount(x, minlength=2)", "bincount(x[:0])", "bincount(x[:0], minlength=4)", "bincount(x, w)", "bincount(x, weights=w, minlength=12)", "bincount(x, x)", "bincount(x[None])", "bincount(x - 1)" if dtype.kind == "i" else "bincount(x, minlength=0)", "bincount(x, w[1:])", "bincount(x, minlength=-1)", "bincount(x[0])"):
            exact(golden, expr, {"x": x, "w": values.moderate(np.dtype("float64"), (70,), 16) / 7})
    exact(golden, "bincount(x, x + 1j)", {"x": np.arange(4)})


def grids(golden):
    for dtype in (np.dtype("uint8"), np.dtype("int64"), np.dtype("float32"), np.dtype("float64")):
        x, y, w = values.moderate(dtype, (200,), 20), values.moderate(dtype, (200,), 21), values.moderate(np.dtype("float64"), (200,), 22) / 9
        inputs = {"x": x, "y": y, "w": w}
        for args in ("", ", 4", ", [3, 5]", ", bins=[3, [-4, 0, 0.5, 4]]", ", bins=[[1, 2, 3], [2, 4]]", ", bins=[-1, 0, 3, 8]", ", range=[(-1, 5), (2, 3)]", ", range=[None, (2, 6.5)], bins=7", ", density=True", ", weights=w", ", 3, None, True, w"):
            for k in (0, 1, 2):
                # a sum of weights is not NumPy's to the bit
                (near if "True, w" in args and k == 0 else exact)(golden, f"histogram2d(x, y{args})[{k}]", inputs)
        points = values.moderate(dtype, (150, 3), 23)
        for args in ("", ", 3", ", (2, 3, 4)", ", bins=[[0, 1, 5], 2, 3]", ", range=[(0, 3), None, (1, 2)]", ", density=True, bins=3", ", weights=w[:150]"):
            exact(golden, f"histogramdd(p{args})[0]", {"p": points, "w": w})
            exact(golden, f"histogramdd(p{args})[1][2]", {"p": points, "w": w})
        exact(golden, "histogramdd([x, y], 4)[0]", inputs)
    x = np.arange(5.0)
    for expr in ("histogram2d(x, x[1:])[0]", "histogram2d(x, x, 0)", "histogram2d(x, x, [1, 2, 0.5])", "histogram2d(x, x, 3, [(0, 1)])", "histogramdd(x)", "histogram2d(x, x / 0)", "histogram2d(x, x, 3, weights=x[1:])"):
        exact(golden, expr, {"x": x})


def averages(golden):
    for dtype in values.ALL:
        if dtype == BF16:
            continue
        a = values.moderate(dtype, (5, 6, 7), 61)
        whole = values.moderate(np.dtype("int16"), a.shape, 62, low=1, high=8) % 7 + 8
        for axis, w in (("", whole), (", axis=1", whole), (", axis=(0, 2)", whole), (", axis=1", whole[0, :, 0]), (", axis=(2, 0)", whole[:, 0, :].T), (", axis=-1, keepdims=True", whole[0, 0])):
            for kind in ("uint8", "float32", "float64"):
                near(golden, f"average(a{axis}, weights=w)", {"a": a, "w": w.astype(kind)})
            near(golden, f"average(a{axis}, weights=w, returned=True)[1]", {"a": a, "w": w})
        near(golden, "average(a, 1, w.T, True)[0]", {"a": a, "w": whole[:, :, 0].T[:, 0]})
        for expr in ("average(a)", "average(a, axis=0)", "average(a, axis=(0, 1), keepdims=True)", "average(a, returned=True)[1]", "average(a, axis=1, returned=True)[1]"):
            near(golden, expr, {"a": a})
    a = values.moderate(np.dtype("float64"), (4, 5), 3)
    for expr in ("average(a, weights=w)", "average(a, axis=1, weights=w)", "average(a, axis=2)", "average(a, axis=(0, 0))", "average(a, weights=a[0])"):
        exact(golden, expr, {"a": a, "w": np.arange(4.0) + 1})


def covariances(golden):
    for dtype in values.ALL:
        if dtype in values.BOOL + [BF16, np.dtype("float16")]:
            continue
        m, y = values.moderate(dtype, (4, 30), 71), values.moderate(dtype, (2, 30), 72)
        f, a = values.moderate(np.dtype("uint8"), (30,), 73), np.abs(values.moderate(np.dtype("float64"), (30,), 74))
        inputs = {"m": m, "y": y, "f": f, "a": a}
        for expr in ("cov(m)", "cov(m, rowvar=False)", "cov(m.T, rowvar=False)", "cov(m, y)", "cov(m[0])", "cov(m[0], y[1])", "cov(m.T, y.T, False)", "cov(m, bias=True)", "cov(m, ddof=0)", "cov(m, ddof=5)", "cov(m, fweights=f)", "cov(m, aweights=a)", "cov(m, fweights=f, aweights=a)", "cov(m, None, True, False, 0, f, a)", "cov(m, ddof=3, aweights=a)", "cov(m[:0])", "cov(m[:1])", "corrcoef(m)", "corrcoef(m, y)", "corrcoef(m.T, rowvar=False)", "corrcoef(m[0], y[0])", "corrcoef(m[1])"):
            used = {k: v for k, v in inputs.items() if k == "m" or (f" {k}" in expr or f"={k}" in expr)}
            near(golden, expr, used, 1e-12)
    x = values.moderate(np.dtype("float64"), (3, 10), 75)
    for expr in ("cov(x, fweights=x[0])", "cov(x, aweights=-x[0] * x[0])", "cov(x[None])", "corrcoef(x[None])"):
        exact(golden, expr, {"x": x})
    for expr in ("cov(x, aweights=x)", "cov(x, fweights=f[:5])"):
        golden.error(expr, {"x": x, "f": np.arange(10)} if "f[" in expr else {"x": x}, "value")  # NumPy's RuntimeError


def near(golden, expr, inputs, relative=1e-14):
    """Sums are held to a share of the sum of sizes, here a bound by the greatest element of the answer."""
    try:
        want = evaluate(expr, inputs)
    except Exception as error:  # noqa: BLE001 - error_kind() raises what it does not know
        golden.error(expr, inputs, error_kind(error))
        return
    part = values.part(want.dtype) if want.dtype.kind in "fc" else None
    scale = max([float(np.abs(x).max()) ** 2 for x in inputs.values() if x.size and x.dtype.kind in "iufc"] + [1.0])
    unit = max(relative, float(np.finfo(part).eps) * 8) if part is not None else 0.0
    golden.case(expr, inputs, want, tol=np.full(want.shape + ((2,) if want.dtype.kind == "c" else ()), unit * scale) if want.dtype.kind in "fc" else None)
