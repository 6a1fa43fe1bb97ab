"""Elementwise functions of several steps or results, and operations beyond the array API."""

import numpy as np
import rounded
import values
from container import BF16, error_kind, evaluate, exact
from views import names

mpmath = rounded.mpmath


def near(golden, expr, inputs, ulps):
    """A case whose finite answers may differ from NumPy's by so many units in the last place."""
    try:
        want = evaluate(expr, inputs)
    except Exception as error:  # noqa: BLE001
        golden.error(expr, inputs, error_kind(error))
        return
    if want.dtype.kind == "c":
        modulus = np.maximum(rounded.ulp(want.real), rounded.ulp(want.imag))
        golden.case(expr, inputs, want, tol=np.stack([ulps * modulus] * 2, -1))
    elif values.is_float(want.dtype):
        golden.case(expr, inputs, want, tol=ulps * rounded.ulp(want))
    else:
        golden.case(expr, inputs, want)


def arithmetic(golden):
    for dtype in values.ALL:
        a = values.plane(values.edges(dtype))
        x, y = values.cross(values.edges(dtype, short=True), values.edges(dtype, short=True))
        one_array(golden, dtype, a)
        two_arrays(golden, dtype, x, y)
        whole_arrays(golden, dtype)
        unwrap(golden, dtype)
    scaled(golden)
    numbers(golden)
    interp(golden)


def one_array(golden, dtype, a):
    inputs = {"a": a}
    for expr in ("modf(a)[0]", "modf(a)[1]", "frexp(a)[0]", "frexp(a)[1]", "spacing(a)", "isposinf(a)", "isneginf(a)", "real_if_close(a)"):
        exact(golden, expr, inputs)
    # a whole number that is rounded beyond its type is undefined; ml_dtypes rounds large factors its own way
    half = {"a": a // 2} if dtype.kind in "iu" else inputs
    for decimals in (0, 1, 2, -1, -2) + ((5, 9, -9) if dtype != BF16 else ()):
        exact(golden, f"round(a, {decimals})", half if decimals < 0 else inputs)
    exact(golden, "a.round(2)", inputs)
    exact(golden, "around(a, decimals=-1)", half)
    for more in () if dtype == BF16 else ("", ", nan=1.5", ", nan=-2, posinf=7, neginf=-3.5", ", posinf=1", ", False, 3", ", nan=True", ", nan=b", ", posinf=b, neginf=1"):
        exact(golden, f"nan_to_num(a{more})", {**inputs, **({"b": values.moderate(np.dtype("float32"), a.shape[1:], 3)} if "=b" in more else {})})
    if dtype.kind in "iu":
        golden_i0(golden, values.moderate(dtype, (4, 9), 5))
    elif dtype.kind != "c":
        golden_i0(golden, a)
    if dtype.kind == "c":
        for tolerance in ("", ", tol=0", ", tol=1e30"):
            small = (values.moderate(dtype, (5, 6), 4).real + 1e-13j).astype(dtype)
            exact(golden, f"real_if_close(a{tolerance})", {"a": small})
        exact(golden, "i0(a)", inputs)
        finite = values.moderate(dtype, (9, 11), 4)
        near(golden, "sinc(a)", {"a": finite}, 32)
    elif dtype != BF16:
        # ml_dtypes has no rule for `where` beside a number, and NumPy widens
        near(golden, "sinc(a)", {"a": np.where(np.abs(a.astype(np.float64)) < 1e5, a, a.dtype.type(1)) if dtype.kind == "f" else a}, 4)
        exact(golden, "sinc(a)", {"a": np.array([0, 1], dtype)}) if dtype.kind == "b" else None
    near(golden, "angle(a)", inputs, 2)
    near(golden, "angle(a, deg=True)", inputs, 4)


def golden_i0(golden, a):
    """Held to the exact value; NumPy's small floats overflow before their result does."""
    limit = {"float16": 9, "bfloat16": 80, "float32": 80}.get(a.dtype.name, 700)
    if a.dtype.kind in "biu":
        a = np.where(a.astype(np.float64) < 700, a, a.dtype.type(1))
    else:
        a = np.where(np.abs(a.astype(np.float64)) <= limit, a, a.dtype.type(1))
    want = np.i0(a)
    if a.dtype == BF16:
        want = want.astype(BF16)
    ours, tol = rounded.real(lambda x: mpmath.besseli(0, mpmath.mpf(abs(x))), [a.astype(want.dtype)], want)
    golden.case("i0(a)", {"a": a}, ours, tol=np.maximum(tol, 6 * rounded.ulp(want)))
    if a.dtype.kind == "f":
        exact(golden, "i0(a)", {"a": np.array([np.nan, np.inf, -np.inf, 0, -0.0], a.dtype)})


def two_arrays(golden, dtype, x, y):
    inputs = {"a": x, "b": y}
    for expr in ("divmod(a, b)[0]", "divmod(a, b)[1]", "gcd(a, b)", "lcm(a, b)"):
        exact(golden, expr, inputs)
    # NumPy compares ml_dtypes' floats in double precision
    for expr in () if dtype == BF16 else ("isclose(a, b)", "isclose(a, b, equal_nan=True)", "isclose(a, b, rtol=0, atol=1)", "isclose(a, b, 0.5)"):
        exact(golden, expr, inputs)
    for expr in () if dtype == BF16 else ("isclose(a, 1)", "isclose(a, 0.0)", "isclose(1.5, a)", "isclose(a, True)", "isclose(a, 2, atol=b[:1])", "isclose(a, b, rtol=b[:1] * 0)"):
        if dtype.kind != "b" or "* 0" not in expr:
            exact(golden, expr, inputs if "b[" in expr else {"a": x})
    if dtype.kind == "c":
        p, q = values.moderate(dtype, (7, 8), 5), values.moderate(dtype, (7, 8), 6) / 4
        near(golden, "float_power(a, b)", {"a": p, "b": q.astype(dtype)}, 4000)
        return
    if dtype.kind in "biu":
        x, y = values.moderate(dtype, (5, 9), 5), values.moderate(dtype, (5, 9), 6)
        near(golden, "float_power(a, b)", {"a": x, "b": y}, 2)
        near(golden, "float_power(a, -1)", {"a": x}, 2)
    else:
        near(golden, "float_power(a, b)", inputs, 2)
        near(golden, "float_power(a, 2)", {"a": x}, 2)


def whole_arrays(golden, dtype):
    a = values.moderate(dtype, (6, 7), 8)
    b = a.copy()
    b[3, 4] = not b[3, 4] if dtype.kind == "b" else b[3, 4] + b.dtype.type(1)
    c = a.copy()
    if values.is_float(dtype) or dtype.kind == "c":
        c[2, 2] = np.nan
    for expr in ("allclose(a, b)", "allclose(a, b, atol=1)", "array_equal(a, b)", "array_equiv(a, b)", "array_equal(a, a[:3])", "array_equiv(a, a[:1])", "array_equiv(a[:1], b[0])", "array_equiv(a, b[:2])", "array_equal(a[0], a[0] * b[3, 4])"):
        exact(golden, expr, {n: v for n, v in {"a": a, "b": b}.items() if n in names(expr)})
    for expr in ("array_equal(c, d)", "array_equal(c, d, equal_nan=True)", "allclose(c, d)", "allclose(c, d, equal_nan=True)", "array_equiv(c, d)"):
        exact(golden, expr, {"c": c, "d": c.copy()})
        exact(golden, expr, {"c": c, "d": np.where(np.isnan(c), a, a)})
    for expr in ("array_equal(3, 3)", "array_equal(3, 3.0)", "array_equiv(1, 2)", "allclose(1, 1.000001)", "allclose(a, a[:, :2])"):
        exact(golden, expr, {"a": a} if "(a" in expr else {})


def unwrap(golden, dtype):
    if dtype == BF16:
        return  # NumPy widens some of its steps
    a = values.moderate(dtype, (5, 8), 12, low=-20, high=20)
    for more in ("", ", axis=0", ", 4", ", discont=8, axis=-2", ", period=6", ", period=7", ", period=4.5", ", period=5, discont=1", ", axis=2", ", period=0"):
        if dtype.kind in "iu" and ("period=0" in more):
            continue  # a remainder of 0 is undefined
        exact(golden, f"unwrap(a{more})", {"a": a})
    if dtype.kind == "f":
        for line in ([-0.0, 0.0, 3, -3, 7, -7], [np.nan, 1, 5, -5, np.inf, 2], [np.pi, -np.pi, np.pi, 3 * np.pi]):
            exact(golden, "unwrap(a)", {"a": np.array(line, dtype)})
    exact(golden, "unwrap(a)", {"a": a[:, :1]})
    exact(golden, "unwrap(a)", {"a": a[:, :0]})


def scaled(golden):
    """ldexp takes a float and a whole number."""
    powers = np.array([0, 1, -1, 3, 10, -10, 52, -60, 127, -128, 1000, -1000, 1100, -1100, 2100, -2200, 2**40, -(2**40)])
    for dtype in values.ALL:
        a = values.edges(dtype, short=True)
        for kind in ("int64", "int32", "int8", "uint8", "uint32", "uint64", "bool", "float32"):
            fits = powers[(powers >= np.iinfo(kind).min) & (powers <= np.iinfo(kind).max)] if kind not in ("bool", "float32") else np.array([0, 1])
            x, y = values.cross(a, fits.astype(kind))
            if dtype == BF16 and kind not in ("int32", "int8", "uint8"):
                continue  # ml_dtypes knows exponents of C's int alone
            exact(golden, "ldexp(a, b)", {"a": x, "b": y})
        for expr in ("ldexp(a, 3)", "ldexp(a, True)", "ldexp(a, 1.5)", "ldexp(3, a)", "ldexp(2.5, a)", "ldexp(a, 2**70)"):
            if dtype != BF16:
                exact(golden, expr, {"a": a})


def numbers(golden):
    """Python's own numbers, types that meet, and what is refused."""
    a = {"a": np.array([3, 12], np.int8), "b": np.array([4, 18], np.int64), "u": np.array([4, 9], np.uint64), "t": np.array([True, False]), "h": np.array([1.5, 2], np.float16), "z": np.array([1j, 2])}
    for expr in [
        "divmod(7, 2)[0]", "divmod(-7.5, 2)[1]", "divmod(a, 5)[1]", "divmod(a, b)[0]", "divmod(t, t)[0]", "divmod(z, 2)[0]", "modf(3)[0]", "modf(2.5)[1]", "modf(a)[0]", "frexp(3)[0]", "frexp(3)[1]", "frexp(b)[0]", "frexp(z)[0]", "modf(z)[0]", "gcd(12, 18)", "lcm(4, 6)",
        "gcd(a, 18)", "gcd(a, b)", "gcd(a, u)", "gcd(a, t)", "lcm(t, t)", "gcd(a, 300)", "gcd(h, 2)", "lcm(b, 1.5)", "ldexp(2, 3)", "ldexp(1.5, -2)", "spacing(3)", "spacing(z)", "spacing(t)", "spacing(a)", "i0(3)", "i0(True)", "sinc(0)", "sinc(0.5)", "sinc(a)", "angle(-1)", "angle(1j)", "angle(1 + 1j, True)", "angle(t)",
        "float_power(2, 3)", "float_power(a, h)", "float_power(z, 2)", "nan_to_num(inf)", "nan_to_num(-inf)", "nan_to_num(nan)", "nan_to_num(3)", "nan_to_num(h, nan=1j)", "nan_to_num(h, nan=10**400)", "nan_to_num(a, nan=1j)", "round(2.567, 2)", "round(15, -1)", "round(True)", "round(t, 1)", "round(1.5, 1.0)", "round(z, 1)", "isclose(1, 1 + 1e-9)", "isclose(a, b, 0, 9)", "isclose(z, 1j)",
        "isclose(h, 1.5001)", "real_if_close(3)", "real_if_close(1j)", "isposinf(z)", "isposinf(inf)", "isneginf(3)", "nan_to_num(a, 1, 2, 3, 4, 5)", "round(a, 1, 2, 3)", "divmod(a)", "gcd(a, b, where=t)", "add(a, b, where=t)", "sin(h, dtype=float32)", "unwrap(3)", "unwrap(h, period=1j)", "sinc()", "angle(a, deg=2)",
    ]:
        if "where" in expr or "sin(h, d" in expr:
            golden.error(expr, {n: v for n, v in a.items() if n in names(expr)}, "type")
            continue
        used = {n: v for n, v in a.items() if n in names(expr)}
        near(golden, expr, used, 2) if expr.startswith(("sinc", "i0", "float_power", "angle")) else exact(golden, expr, used)


def interp(golden):
    """Straight lines between points; ends, periods, complex values, points of one place."""
    x = np.array([[-3, -1, 0, 0.25, 1, 1.5], [2, 2.5, 3, 7, np.nan, np.inf]])
    tables = [
        (np.array([-1.0, 0, 1, 2.5, 3]), np.array([2.0, -1, 4, 4.5, 0])), (np.array([0, 1, 3], np.int8), np.array([5, 7, -1], np.int16)), (np.array([1.0]), np.array([9.0])), (np.array([0, 1, 1, 2.0]), np.array([1, 2, 3, 4.0])),
        (np.array([0, 1, 2.0]), np.array([1, np.inf, np.inf])), (np.array([0, 1, 2.0]), np.array([1 + 1j, 2, -1j])), (np.array([-np.inf, 0, np.inf]), np.array([1, 2, 2.0])), (np.array([0.0, 2, 4], np.float32), np.array([1, np.nan, 3.0], np.float32)),
    ]  # fmt: skip
    for xp, fp in tables:
        for more in ("", ", left=-7", ", right=8.5", ", -1, 1", ", left=None, right=nan", ", period=4", ", 1, 2, -2.5", ", left=2j", ", period=0"):
            if np.isfinite(xp).all() or "period" not in more and "-2.5" not in more:
                exact(golden, f"interp(x, p, f{more})", {"x": x, "p": xp, "f": fp})
    exact(golden, "interp(x, p, f, period=360)", {"x": np.array([-180, -170, -185, 185, -10, -5, 0, 365]), "p": np.array([190, -190, 350, -350]), "f": np.array([5, 10, 3, 4])})
    many = np.sort(np.round(np.random.default_rng(9).uniform(0, 100, 400), 3))
    for kind in ("int16", "float32", "float64", "bool", "complex64"):
        exact(golden, "interp(x, p, f)", {"x": values.moderate(np.dtype(kind), (20, 30), 3, low=0, high=99), "p": many, "f": np.cos(many)})
    for expr in ("interp(2.5, [1, 2, 3], [3, 2, 0])", "interp(x[:0], p, f)", "interp(x, p[:0], f[:0])", "interp(x, p, f[:2])", "interp(x, p[None], f)", "interp(x, x, x)", "interp(x[0], p, f[::-1])"):
        exact(golden, expr, {n: v for n, v in {"x": x, "p": tables[0][0], "f": tables[0][1]}.items() if n in names(expr)})
