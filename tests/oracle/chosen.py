"""Reductions of chosen elements, with initial values and given means; averages; positions that skip NaN."""

import numpy as np
import rounded
import values
from container import BF16, error_kind, evaluate, exact
from views import names

INF, NAN = np.inf, np.nan


def near(golden, expr, inputs, share=0.0):
    """A case whose finite answers may differ from NumPy's in their last bits, or by a share of the greatest element."""
    try:
        want = evaluate(expr, inputs)
    except ZeroDivisionError:
        golden.error(expr, inputs, "value")
        return
    except Exception as error:  # noqa: BLE001
        golden.error(expr, inputs, error_kind(error))
        return
    if want.dtype.kind == "c":
        ulp = np.maximum(rounded.ulp(want.real), rounded.ulp(want.imag))
        golden.case(expr, inputs, want, tol=np.stack([8 * ulp + share] * 2, -1))
    elif values.is_float(want.dtype):
        golden.case(expr, inputs, want, tol=8 * rounded.ulp(want) + share)
    else:
        golden.case(expr, inputs, want)


def chosen(golden):
    for dtype in values.ALL:
        options(golden, dtype)
        if dtype != BF16:
            moments(golden, dtype)
            averages(golden, dtype)
        positions(golden, dtype)
    refusals(golden)


def options(golden, dtype):
    a = values.moderate(dtype, (6, 9), 41, low=-3, high=3)
    small = values.moderate(dtype, (3, 4), 42, low=-2, high=2)
    m = values.moderate(np.dtype(bool), (6, 9), 43)
    eps = float(np.finfo(values.part(dtype)).eps) if dtype.kind in "fc" else 2.0**-7 if dtype == BF16 else 0.0
    for axis in ("", ", axis=0", ", axis=1, keepdims=True", ", axis=(0, 1)"):
        for name in ("sum", "nansum"):
            if dtype == BF16 and name != "sum":
                continue
            near(golden, f"{name}(a{axis}, where=m)", {"a": a, "m": m}, 99 * eps)
            near(golden, f"{name}(a{axis}, initial=5)", {"a": a}, 99 * eps)
            near(golden, f"{name}(a{axis}, where=m[:1], initial=-2.5)" if dtype.kind != "u" else f"{name}(a{axis}, where=m[:1], initial=2.5)", {"a": a, "m": m}, 99 * eps)
        near(golden, f"prod(s{axis}, initial=2, where=s > 0)" if dtype.kind != "b" else f"prod(s{axis}, initial=2, where=s)", {"s": small}, 0)
        for name in ("max", "min") + (("nanmax", "nanmin") if dtype != BF16 else ()):
            near(golden, f"{name}(a{axis}, initial=1)", {"a": a})
            near(golden, f"{name}(a{axis}, initial=1, where=m)", {"a": a, "m": m})
            near(golden, f"{name}(a{axis}, where=m)", {"a": a, "m": m})
        for name in ("any", "all"):
            exact(golden, f"{name}(a{axis}, where=m)", {"a": a, "m": m})
            exact(golden, f"{name}(a{axis}, where=m[:, :1])", {"a": a, "m": m})
    for expr in ("sum(a, where=True)", "sum(a, where=False)", "a.sum(where=m)", "a.max(initial=3)", "sum(a, initial=None)", "max(a[:0], axis=0, initial=2)", "min(a[:, :0], initial=1)", "nanmax(a[:0], initial=1)", "max(a[:0], initial=1, keepdims=True)", "max(a, where=m & False, initial=3)", "sum(a, initial=True)", "add.reduce(a, where=m, initial=1)", "maximum.reduce(a, axis=1, initial=1, where=m)"):
        if dtype != BF16 or "nan" not in expr:
            near(golden, expr, {"a": a, "m": m} if "=m" in expr else {"a": a}, 99 * eps)
    for kind in ("int32", "float32", "complex64", "bool"):
        if np.can_cast(dtype, np.dtype(kind), "same_kind") and dtype != BF16:
            near(golden, f"sum(a, axis=0, dtype={kind}, where=m, initial=1)", {"a": a, "m": m}, 1e-4)


def moments(golden, dtype):
    a = values.moderate(dtype, (6, 9), 44)
    m = values.moderate(np.dtype(bool), (6, 9), 45)
    m[0], m[:, 1] = False, False
    eps = float(np.finfo(values.part(dtype)).eps) if dtype.kind in "fc" else 2.0**-50
    for name in ("mean", "var", "std", "nanmean", "nanvar", "nanstd"):
        for axis in ("", ", axis=0", ", axis=1, keepdims=True", ", axis=(-1, 0)"):
            near(golden, f"{name}(a{axis}, where=m)", {"a": a, "m": m}, 200 * eps)
        if "mean" not in name:
            near(golden, f"{name}(a, axis=1, where=m, ddof=1)", {"a": a, "m": m}, 200 * eps)
            near(golden, f"{name}(a, axis=0, mean=b, ddof=1)", {"a": a, "b": np.mean(a, axis=0, keepdims=True)}, 200 * eps)
            near(golden, f"{name}(a, mean=1)", {"a": a}, 200 * eps)
            near(golden, f"{name}(a, axis=1, mean=1.5, where=m)", {"a": a, "m": m}, 200 * eps)
        if dtype.kind == "f":
            b = a.copy()
            b[1, 2], b[3, 3], b[2, 2] = NAN, NAN, INF
            near(golden, f"{name}(b, axis=1, where=m)", {"b": b, "m": m}, 200 * eps)
            near(golden, f"{name}(b, axis=0, where=m)", {"b": b, "m": m}, 200 * eps)
    for kind in ("float32", "float64", "int32"):
        # of float16 alone it is NumPy that overflows
        if dtype.kind in "biu":
            near(golden, f"mean(a, axis=0, where=m, dtype={kind})", {"a": a, "m": m[:, 2:3]}, 1e-5)
            near(golden, f"var(a, where=m, dtype={kind})", {"a": a, "m": m}, 1e-4)
    near(golden, "mean(a, where=True)", {"a": a}, 200 * eps)


def averages(golden, dtype):
    a = values.moderate(dtype, (6, 9), 46)
    eps = float(np.finfo(values.part(dtype)).eps) if dtype.kind in "fc" else 2.0**-50
    weights = np.round(np.random.default_rng(47).uniform(0.5, 2, (6, 9)), 2)
    for kind in ("float64", "float32", "int64"):
        w = weights.astype(kind) + (1 if kind == "int64" else 0)
        for expr in ("average(a, weights=w)", "average(a, axis=0, weights=w)", "average(a, 1, w, keepdims=True)", "average(a, axis=1, weights=w[0])", "average(a, axis=0, weights=w[:, 0])", "average(a, (1, 0), w.T)", "average(a, axis=0, weights=w[:, 0], returned=True)[1]", "average(a, weights=w[0])", "average(a, axis=1, weights=w[:, 0])"):
            near(golden, expr, {"a": a, "w": w}, 2e-6 if kind == "float32" else max(200 * eps, 1e-13))
    for expr in ("average(a)", "average(a, axis=0)", "average(a, axis=1, keepdims=True)", "average(a, axis=0, returned=True)[1]", "average(a, returned=True)[1]", "average(a, axis=2)", "average(a, weights=a * 0)"):
        near(golden, expr, {"a": a}, 200 * eps)


def positions(golden, dtype):
    a = values.moderate(dtype, (5, 8), 48)
    for name in ("nanargmax", "nanargmin"):
        for axis in ("", ", axis=0", ", axis=-1", ", axis=1, keepdims=True"):
            exact(golden, f"{name}(a{axis})", {"a": a})
        for shape in [(0,), (0, 3), (3, 0)]:
            for axis in ("", ", axis=0", ", axis=-1"):
                exact(golden, f"{name}(a{axis})", {"a": np.zeros(shape, dtype)})
        exact(golden, f"{name}(a)", {"a": a[0, 0]})
        exact(golden, f"{name}(a, axis=0)", {"a": a[0, 0]})
        if dtype.kind in "fc":
            b = a.copy()
            b[1, 2], b[3], b[0, 0], b[:, 6] = NAN, NAN, INF, -INF
            exact(golden, f"{name}(a)", {"a": b})
            exact(golden, f"{name}(a, axis=0)", {"a": b})
            exact(golden, f"{name}(a, axis=1)", {"a": b[:3]})
            b[3] = NAN
            exact(golden, f"{name}(a, axis=1)", {"a": b})
            exact(golden, f"{name}(a)", {"a": np.full((3,), NAN, dtype)})
            exact(golden, f"{name}(a)", {"a": np.array([NAN, INF, -INF], dtype)})
            exact(golden, f"{name}(a)", {"a": np.array([NAN, -INF, INF], dtype)})


def refusals(golden):
    a = {"a": np.array([[1, 2, 3], [4, 5, 6]]), "u": np.array([1, 2], np.uint8), "m": np.array([True, False, True]), "z": np.array([1 + 1j])}
    for expr in [
        "max(a, where=m)", "nanmin(a, axis=0, where=m)", "sum(a, where=a)", "sum(a, where=m[:2])", "sum(a[0], where=a > 0)", "any(a, initial=1)", "mean(a, initial=1)", "argmax(a, where=m)", "count_nonzero(a, where=m)", "ptp(a, initial=1)", "sum(a, initial=1j)", "sum(u, initial=-1)", "sum(a, initial=2**70)", "max(u, initial=300)",
        "max(u, initial=-1)", "sum(a, initial=u)", "max(a, initial=nan)", "sum(a, mean=1)", "max(a, dtype=float32)", "nanargmax(a, axis=(0, 1))", "nanargmax(a, axis=2)", "average(a, weights=u)", "average(a, axis=5)", "sum(u, initial=300)", "max(a, initial=2.9)", "prod(a, initial=2.5)", "sum(z, initial=2j)", "max(z, initial=2)",
    ]:
        exact(golden, expr, {n: v for n, v in a.items() if n in names(expr)})
