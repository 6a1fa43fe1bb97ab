"""Differences, gradients, integrals, sliding products, and scans of extremes."""

import numpy as np
import values
from chosen import near
from container import BF16, exact
from views import names


def differences(golden):
    for dtype in values.ALL:
        a = values.moderate(dtype, (7, 8), 51)
        edges = values.plane(values.edges(dtype))
        gaps(golden, dtype, a, edges)
        scans(golden, dtype, a, edges)
        if dtype != BF16:
            integrals(golden, dtype, a)
            gradients(golden, dtype, a)
            slides(golden, dtype)
    refusals(golden)


def gaps(golden, dtype, a, edges):
    for more in ("", ", axis=0", ", 2", ", n=3, axis=0", ", 7, 0", ", 8, 0", ", n=0", ", -1", ", axis=2", ", prepend=0", ", append=a[:, :2]", ", axis=0, prepend=1, append=a[:1]", ", prepend=a[0]", ", prepend=2.5"):
        if dtype == BF16 and "pend" in more:
            continue  # ml_dtypes has no common type with Python's integers
        exact(golden, f"diff(a{more})", {"a": a})
    exact(golden, "diff(a)", {"a": edges})
    exact(golden, "diff(a, axis=0)", {"a": edges})
    for shape in [(0,), (1,), (3, 0), (0, 4), ()]:
        exact(golden, "diff(a)", {"a": np.zeros(shape, dtype)})
        exact(golden, "diff(a, 3)", {"a": np.zeros(shape, dtype)})
    if dtype.kind != "b":
        line = a[0].copy()
        for more in ("", ", to_end=3", ", to_begin=[1, 2]", ", to_end=a[:3], to_begin=a[0]", ", 1.5", ", to_begin=1j"):
            if dtype == BF16 and more:
                continue
            exact(golden, f"ediff1d(a{more})", {"a": line})
        exact(golden, "ediff1d(a)", {"a": a[0, 0]})
    exact(golden, "ediff1d(a)", {"a": values.moderate(dtype, (12,), 52)})


def scans(golden, dtype, a, edges):
    for name in ("maximum", "minimum"):
        for axis in ("", ", 1", ", axis=-1", ", axis=2"):
            exact(golden, f"{name}.accumulate(a{axis})", {"a": a})
        exact(golden, f"{name}.accumulate(a.T[::-1], axis=1)", {"a": a})
        exact(golden, f"{name}.accumulate(a[:, :0], axis=0)", {"a": a})
        if dtype.kind != "c":
            exact(golden, f"{name}.accumulate(a, axis=1)", {"a": edges})
            exact(golden, f"{name}.accumulate(a, axis=0)", {"a": edges})
        else:
            bent = a.copy()
            bent[2, 3], bent[4, 1] = complex(np.nan, 1), complex(1, np.nan)
            exact(golden, f"isnan({name}.accumulate(a, axis=1))", {"a": bent})
    for expr in ("add.accumulate(a)", "multiply.accumulate(a, 1)", "add.accumulate(a, axis=-1)", "logical_or.accumulate(a)", "logical_and.accumulate(a, 1)", "add.accumulate(a, 0, complex128)", "maximum.accumulate(a, dtype=float64)", "maximum.accumulate(a[0, 0])", "add.accumulate(a[0, 0])"):
        if dtype == BF16 and "dtype" in expr or dtype.kind == "c" and "float64" in expr:
            continue
        exact(golden, expr, {"a": a})
    if values.is_float(dtype) or dtype.kind == "c":
        b = a.copy()
        b[1, 2], b[3], b[0, 0] = np.nan, np.nan, np.nan
    else:
        b = a
    if dtype != BF16:
        for name in ("nancumsum", "nancumprod"):
            for axis in ("", ", axis=0", ", 1", ", axis=0, dtype=complex128"):
                # NumPy fuses some complex products
                hold = near if dtype.kind == "c" else exact
                hold(golden, f"{name}(a{axis})", {"a": b if "prod" not in name or dtype.kind != "c" else b[:, :3]})


def integrals(golden, dtype, a):
    eps = {"float16": 2e-2, "float32": 1e-5, "complex64": 1e-5}.get(dtype.name, 1e-12)
    for more in ("", ", axis=0", ", dx=0.5", ", x=x", ", x", ", x=y, axis=0", ", x=a", ", dx=2, axis=-1", ", x=a[:2], axis=0", ", axis=2"):
        inputs = {"a": a, "x": np.array([0, 1, 1.5, 3, 4, 6, 7, 7.5]), "y": np.arange(7)[::-1].copy()}
        inputs = {n: v for n, v in inputs.items() if n in names(f"trapezoid(a{more})")}
        if dtype.kind == "b" and "x=a" in more:
            continue
        near(golden, f"trapezoid(a{more})", inputs, 60 * eps)
    near(golden, "trapezoid(a, axis=0)", {"a": a[:1]}, eps)
    near(golden, "trapezoid(a)", {"a": a[:, :0]}, eps)


def gradients(golden, dtype, a):
    x, even = np.array([0, 1, 1.5, 3, 4, 6, 7, 7.5]), np.arange(0, 14, 2)
    for expr in (
        "gradient(a)[0]", "gradient(a)[1]", "gradient(a, axis=0)", "gradient(a, axis=-1, edge_order=2)", "gradient(a, 2.5)[1]", "gradient(a, 2, axis=0)", "gradient(a, 2, 0.5)[0]", "gradient(a, e, x)[1]", "gradient(a, e, x)[0]", "gradient(a, x, axis=1)", "gradient(a, x, axis=1, edge_order=2)", "gradient(a, e, axis=0, edge_order=2)",
        "gradient(a, 3, edge_order=2)[1]", "gradient(a, axis=(1, 0))[0]", "gradient(a, axis=())", "gradient(a[0])", "gradient(a[0, :2])", "gradient(a[0, :2], edge_order=2)", "gradient(a[0, :1])", "gradient(a[0, :3], edge_order=2)", "gradient(a, x, axis=0)", "gradient(a, 1, 2, 3)", "gradient(a, edge_order=3)", "gradient(a, axis=2)", "gradient(a, h, axis=0)", "gradient(a, x[:, None], axis=1)",
    ):  # fmt: skip
        if "()" in expr:
            continue
        inputs = {n: v for n, v in {"a": a, "x": x, "e": even, "h": np.float32(0.5)}.items() if n in names(expr)}
        exact(golden, expr, inputs)


def slides(golden, dtype):
    a, v = values.moderate(dtype, (23,), 61, low=-4, high=4), values.moderate(dtype, (6,), 62, low=-4, high=4)
    eps = {"float16": 2.0**-10, "float32": 2.0**-23, "complex64": 2.0**-23}.get(dtype.name, 2.0**-52)
    for name in ("convolve", "correlate"):
        for mode in ("", ", 'full'", ", mode='same'", ", 'valid'"):
            for x, y in (("a", "v"), ("v", "a"), ("a", "a"), ("v", "v[:1]"), ("a[::-2]", "v[1:4]"), ("a", "v[:5]"), ("v[:3]", "v")):
                expr = f"{name}({x}, {y}{mode})"
                near(golden, expr, {n: z for n, z in {"a": a, "v": v}.items() if n in (x + y)}, 800 * eps)
    near(golden, "convolve(a, [1, 2])", {"a": a}, 200 * eps)
    near(golden, "convolve(a, [0.25, 0.5, 0.25], 'same')", {"a": a}, 200 * eps)
    near(golden, "convolve(a, 3)", {"a": a}, 200 * eps)
    if dtype.kind in "iu" or values.is_float(dtype) and dtype != BF16:
        # sums of integers wrap around; those of the floats are whole, infinite or NaN
        e = values.ints(dtype, short=True) if dtype.kind in "iu" else values.to([3, -1, np.inf, 2, np.nan, 0, -np.inf, -0.0, 5, 7, -2], dtype)
        for name in ("convolve", "correlate"):
            for mode in ("full", "same", "valid"):
                for x, y in (("e", "e[:3]"), ("e[::-1]", "e"), ("e[5:]", "e[:2]"), ("e[:1]", "e"), ("e[:2] * 0", "e")):
                    near(golden, f"{name}({x}, {y}, '{mode}')", {"e": e})
    if dtype.kind in "iu":
        long, short = values.moderate(dtype, (9000,), 63), values.moderate(dtype, (4500,), 64)
        near(golden, "convolve(a, v, 'same')[::97]", {"a": long, "v": short})
        near(golden, "correlate(a, v, 'full')[::101]", {"a": long, "v": short})


def refusals(golden):
    a, e = np.ones((3, 4)), np.zeros(0)
    for expr in ("convolve(a, a)", "correlate(a[0], a)", "convolve(e, a[0])", "convolve(a[0], e)", "correlate(a[0], e)", "convolve(a[0], a[1], 'sane')", "diff(a, -2)", "diff(3)", "gradient(a, b=1)", "trapezoid(3)", "maximum.accumulate(a, None)", "sin.reduce(a)", "add.accumulate(a, (0, 1))", "maximum.accumulate(3)"):
        exact(golden, expr, {n: v for n, v in {"a": a, "e": e}.items() if n in names(expr)})
