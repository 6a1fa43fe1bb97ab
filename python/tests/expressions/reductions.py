"""Reductions, scans, statistics, and the methods of ufuncs."""

from .elementwise import UFUNCS

REDUCE = "sum prod max min any all mean std var amax amin nansum nanprod nanmax nanmin nanmean nanstd nanvar".split()
INITIAL = frozenset("sum prod max min amax amin nansum nanprod nanmax nanmin".split())
TYPED = frozenset("sum prod mean std var nansum nanprod nanmean nanstd nanvar".split())
PLACES = "argmax argmin nanargmax nanargmin".split()
SCANS = "cumsum cumprod cumulative_sum cumulative_prod nancumsum nancumprod".split()
#: NumPy 2.5 gives wrong answers for reductions by power and arctan2: it takes the place of the result for a number.
FOLDS = "add multiply maximum minimum logical_and logical_or bitwise_and bitwise_or bitwise_xor fmax fmin subtract logical_xor divide hypot logaddexp gcd lcm copysign".split()
DTYPES = ["'f4'", "'f8'", "'i8'", "int", "float", "complex", "np.int16", "'u1'", "None", "bool", "'f2'"]


def reductions(d, x, v):
    name = d.choice(REDUCE)
    words = ["" if d.chance(0.2) else f"axis={d.axes(v)}", d.maybe(0.3, f"keepdims={d.choice(['True', 'False'])}")]
    if name in TYPED:
        words.append(d.maybe(0.2, f"dtype={d.choice(DTYPES if v.dtype.kind != 'c' and name in ('sum', 'prod', 'nansum', 'nanprod') else ['complex', 'None'] if v.dtype.kind == 'c' else ['float', repr('f4'), 'None'])}"))
    if name[-3:] in ("std", "var"):
        words.append(d.maybe(0.3, d.choice(["ddof=1", "ddof=0.5", "ddof=2", "ddof=0"])))
    if name in INITIAL:
        words.append(d.maybe(0.2, f"initial={d.choice(['0', '1', '2', '-1', '0.5', 'True', 'np.int8(3)'])}"))
    words.append(d.maybe(0.25, f"where={d.mask(x, v)}"))
    if d.chance(0.05):
        words.append(f"out=np.full({d.choice([(), v.shape[:-1], v.shape[1:]])}, 7, '{'c16' if v.dtype.kind == 'c' else 'f8'}')")
    return d.call(name, x, *words)


def places(d, x, v):
    name = d.choice([*PLACES, "count_nonzero", "ptp"])
    axis = d.axes(v) if name == "count_nonzero" else d.choice(["None", str(d.axis(v))])
    return d.call(name, x, d.maybe(0.8, f"axis={axis}"), d.maybe(0.3, "keepdims=True"))


def scans(d, x, v):
    name = d.choice(SCANS)
    words = [d.maybe(0.8, f"axis={d.axis(v)}"), d.maybe(0.2, f"dtype={d.choice(DTYPES)}")]
    if name.startswith("cumulative") and d.chance(0.3):
        words.append("include_initial=True")
    return d.call(name, x, *words)


def statistics(d, x, v):
    axis = d.axes(v)
    one = d.choice(["", f"axis={d.axis(v)}"])
    q = d.choice(["0.5", "[0.25, 0.5]", "0", "1", "[[0, 0.3], [0.9, 1]]", "np.array(0.1)", "1.5"])
    method = d.maybe(0.4, f"method='{d.choice('linear lower higher midpoint nearest inverted_cdf averaged_inverted_cdf closest_observation interpolated_inverted_cdf hazen weibull median_unbiased normal_unbiased'.split())}'")
    keep = d.maybe(0.3, "keepdims=True")
    real = v.dtype.kind != "c"
    return d.choice([
        lambda: d.call(d.choice(["median", "nanmedian"]), x, f"axis={axis}", keep),
        lambda: d.call(d.choice(["quantile", "nanquantile"]) if q[:2] != "[[" else "quantile", x, q, f"axis={axis}", method, keep),
        lambda: d.call(d.choice(["percentile", "nanpercentile"]), x, d.choice(["50", "[10, 90]", "33.3"]), f"axis={axis}", method, keep),
        lambda: d.call("average", x, one, d.maybe(0.4, f"weights={d.choice([f'abs({x}) + 1', str([1] * (v.shape[-1] if v.ndim and v.shape[-1] < 50 else 1))])}"), d.maybe(0.2, "returned=True")),
        lambda: real and d.call("histogram", x, d.choice(["", "4", "[-2, 0, 1, 5]", "bins=3, range=(-4, 4)", "4, (0, 1)", "3, density=True"])),
        lambda: real and d.call("histogram_bin_edges", x, d.choice(["", "4", "3, (-1, 1)"])),
        lambda: d.call("cov", x, d.choice(["", "rowvar=False", "bias=True", "ddof=0"])),
        lambda: d.call("corrcoef", x, d.choice(["", "rowvar=False"])),
        lambda: d.call("bincount", x, d.choice(["", "minlength=5", f"weights={x}"])),
        lambda: d.call("digitize", x, d.choice(["[-1, 0, 2]", "[3, 1, 0]", "[0.5]"]), d.maybe(0.3, "right=True")),
        lambda: d.call("diff", x, d.choice(["", "2", "0"]), one, d.maybe(0.2, "prepend=0"), d.maybe(0.2, "append=1")),
        lambda: d.call("ediff1d", x, d.choice(["", "to_end=9", "to_begin=[1, 2]"])),
        lambda: d.call("gradient", x, d.choice(["", "2", "edge_order=2"]), one),
        lambda: d.call("trapezoid", x, d.choice(["", "dx=2"]), one),
        lambda: real and d.call("interp", x, "[0, 1, 3]", "[1.0, 2, 0]", d.choice(["", "left=-1", "period=4"])),
        lambda: d.call("unwrap", x, d.choice(["", "discont=4", "period=6"])),
    ])() or None  # fmt: skip


def ufunc_methods(d, x, v):
    name = d.choice(FOLDS) if d.chance(0.9) else d.choice([name for name in UFUNCS if not name.startswith(("pow", "arctan2", "atan2"))])
    axis, dtype = d.axis(v), d.maybe(0.2, f"dtype={d.choice(DTYPES)}")
    words = lambda *found: "".join(f", {word}" for word in found if word)  # noqa: E731
    pick = d.rng.random()
    if pick < 0.45:
        options = words(d.maybe(0.7, f"axis={d.axes(v)}"), dtype, d.maybe(0.2, "keepdims=True"), d.maybe(0.2, f"initial={d.choice(['0', '1', '2', '-1', '0.5', 'True', 'np.int8(3)'])}"), d.maybe(0.2, f"where={d.mask(x, v)}"))
        if d.chance(0.06):
            options += f", out=np.full({d.choice([(), v.shape[:-1], v.shape[1:]])}, 7, '{d.choice(['c16' if v.dtype.kind == 'c' else 'f8', 'i8'])}')"
        return f"np.{name}.reduce({x}{options})"
    if pick < 0.65:
        return f"np.{name}.accumulate({x}{words(d.maybe(0.7, f'axis={axis}'), dtype)})"
    if pick < 0.8:
        other = d.beside(v)
        if v.size > 60 or other in d.values and d.values[other].size > 60:
            return None
        return f"np.{name}.outer({x}, {other}{words(dtype)})" if d.chance(0.5) else f"np.{name}.outer({other}, {x}{words(dtype)})"
    n = v.shape[axis] if -v.ndim <= axis < v.ndim else 0
    if pick < 0.95:
        return f"np.{name}.reduceat({x}, {[d.some(n) if n else 0 for _ in range(d.some(1, 4))]}{words(d.maybe(0.8, f'axis={axis}'), dtype)})"
    count = d.some(1, 4)
    return f"x = np.arange(6.0)\nnp.{name}.at(x, {[d.some(6) for _ in range(count)]}, xp.asarray({[d.some(4) for _ in range(count)]}))"
