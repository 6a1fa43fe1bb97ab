"""Pairs of dtypes, weak Python scalars, and casts."""

import elementwise
import numpy as np
import rounded
import values
from container import BF16, evaluate, error_kind, exact

# NumPy knows bfloat16 only through the loops that ml_dtypes registers: ufuncs find one by safe casts, while
# where() and result_type() refuse most pairs, and a Python float counts as float32 and not as weak.
# These accidents are left out (Python's floats are weak beside bfloat16 as beside float16), and so is where() with a Python integer out of bounds, which wraps without a word.
STRANGERS = [np.dtype(n) for n in ("int16", "int32", "int64", "uint16", "uint32", "uint64", "float16")]


def few(dtype):
    """Small values, and extremes where they cannot overflow into undefined territory."""
    if dtype.kind == "b":
        return np.array([True, False, True, True, False, True, False])
    if dtype.kind == "u":
        return np.array([0, 1, 2, 3, 7, np.iinfo(dtype).max, 5], dtype=dtype)
    if dtype.kind == "i":
        return np.array([0, 1, -2, 3, -7, np.iinfo(dtype).max, np.iinfo(dtype).min], dtype=dtype)
    if dtype.kind == "c":
        return np.array([0, 1, -2.5 + 1j, 3j, -7, 100.25 - 3j, 5], dtype=dtype)
    return values.to([0, 1, -2.5, 0.1, -7, 100.25, np.nan], dtype)


def any_class(golden, name, expr, inputs):
    """A case of a binary function, with the comparison that it needs."""
    try:
        want = evaluate(expr, inputs)
    except Exception as error:  # noqa: BLE001
        golden.error(expr, inputs, error_kind(error))
        return
    a, b = inputs["a"], inputs["b"]
    if name in ("pow", "atan2") and values.is_float(want.dtype):
        a, b = np.broadcast_arrays(a.astype(want.dtype), b.astype(want.dtype))
        ours, tol = rounded.real(elementwise.functions.REAL[name], [a, b], want)
        golden.case(expr, inputs, ours, also=want, tol=tol)
    elif name == "pow" and want.dtype.kind == "c":
        wide = {"a": np.broadcast_to(a, want.shape).astype(want.dtype), "b": np.broadcast_to(b, want.shape).astype(want.dtype)}
        elementwise.complex_power(golden, expr, inputs, want, wide)
    elif name == "multiply" and want.dtype.kind == "c":
        x, y = a.astype(want.dtype), b.astype(want.dtype)
        golden.case(expr, inputs, elementwise.naive_product(x, y), also=want)
    else:
        golden.case(expr, inputs, want)


def pairs(golden):
    texts = [
        ("add", "a + b"), ("subtract", "a - b"), ("multiply", "a * b"), ("divide", "a / b"), ("floor_divide", "a // b"), ("remainder", "a % b"),
        ("bitwise_or", "a | b"), ("right_shift", "a >> b"), ("less", "a < b"), ("equal", "a == b"),
        ("maximum", "maximum(a, b)"), ("atan2", "atan2(a, b)"), ("logical_and", "logical_and(a, b)"), ("where", "where(a != 0, a, b)"),
    ]  # fmt: skip
    for left in values.ALL:
        for right in values.ALL:
            if left == right:
                continue
            strange = BF16 in (left, right) and (left in STRANGERS or right in STRANGERS)
            # Columns against a row: broadcasting, and every pair.
            inputs = {"a": few(left)[:, None], "b": few(right)}
            for name, expr in texts:
                if name != "where" or not strange:
                    any_class(golden, name, expr, inputs)
            powers = np.abs(few(right)) if right.kind != "i" else np.where(few(right) < 0, few(right) & 3, few(right))
            if "c" in (left.kind, right.kind):
                # No overflow, whose direction NumPy's rounding chooses.
                powers = np.where(np.abs(powers) > 7, powers.dtype.type(1), powers)
            any_class(golden, "pow", "a ** b", {"a": few(left)[:, None], "b": powers})
            if values.bits(left) <= 16:
                exact(golden, "clip(a, b, b)" if BF16 not in (left, right) else "a >= b", inputs)


def scalars(golden):
    anything = [
        "a + 1", "1 - a", "a * 3", "a + True", "a * 2.5", "a / 2", "7 / a", "a // 3", "a % 3", "-7 % a", "a + 1j", "a * (2 - 1j)", "a + 1.5", "2.5 // a",
        "a & 1", "a | 6", "a ^ 3", "a << 1", "a >> 1", "1 << a", "a & True", "a | -1",
        "a < 3", "a <= 2.5", "a > -1", "a >= 300", "a == 1", "a != 0.1", "a == True", "a == 1j", "1 < a",
        "a == 2**70", "a < 2**63", "a > -2**63", "a >= 2**64", "a != -2**70",
        "maximum(a, 0)", "minimum(2, a)", "maximum(a, 1.5)", "where(a > 1, a, 0)", "where(a > 1, 1.5, a)", "where(a == 1, a, 1j)", "where(a == 0, 1, 2)", "where(a == 0, 1, 2.5)",
        "a + 127", "a + 128", "a - 129", "a + 255", "a + 256", "a + 300", "a + -1", "a - 1", "a * 32767", "a * 32768", "a + 65536", "a - 2**31", "a + 2**31", "a + 2**32",
        "a + (2**63 - 1)", "a + 2**63", "a - 2**63", "a + (2**64 - 1)", "a + 2**64", "300 + a", "maximum(a, 300)", "a + (200 + 100)", "a + (300 - 299)",
        "a * 1e5", "a + 1e39", "a * 1e300", "a * 1e-300", "a + inf", "a * nan", "a + pi",
        "logical_and(a, 1)", "logical_or(0, a)", "copysign(a, -1)", "copysign(1.0, a)", "nextafter(a, 1)", "remainder(a, 2.5)", "divide(1, a)", "floor_divide(a, 2)",
        "a ** 2", "a ** 1", "a ** 0", "a ** 3", "a ** 2.0", "a ** 1.0",
    ]  # fmt: skip
    for dtype in values.ALL:
        a = few(dtype)[:5] if dtype.kind == "i" else few(dtype)
        for expr in anything:
            weak_float = any(c in expr for c in (".", "1e", "inf", "nan", "pi")) and "j" not in expr
            if dtype == BF16 and (weak_float or "2**6" in expr or "2**7" in expr):
                continue
            pick = a
            if " ** " in expr and dtype.kind in "c":
                pick = a[:4]
            exact(golden, expr, {"a": pick})
        powers(golden, dtype)
    for expr in ("a * {}", "{} - a", "a / {}", "a // {}", "a < {}", "maximum(a, {})", "where(a > {}, a, 1)", "copysign({}, a)"):
        for number in ("2.5", "0.1", "1e39", "inf"):
            want = evaluate(expr.format(f"bfloat16({number})"), {"a": few(BF16)})
            golden.case(expr.format(number), {"a": few(BF16)}, want)


def powers(golden, dtype):
    """Exponents and bases that are Python numbers; NumPy's operator takes 2, 0.5 and -1 apart for floats."""
    if dtype.kind == "b" or dtype == BF16:
        return
    floats = values.plane(values.floats_short(dtype)) if values.is_float(dtype) else few(dtype)
    if dtype.kind in "iu":
        exact(golden, "a ** -1", {"a": floats})
        exact(golden, "2 ** a", {"a": np.array([0, 1, 2, 5, 63], dtype=dtype)})
        exact(golden, "(-3) ** a" if dtype.kind == "i" else "3 ** a", {"a": np.array([0, 1, 2, 5, 63], dtype=dtype)})
        texts = ["a ** 0.5", "a ** -1.0", "2.0 ** a"]
    else:
        texts = ["a ** 2", "a ** 3", "a ** 0.5", "a ** -1", "a ** -2", "a ** 1.5", "2 ** a", "2.5 ** a", "a ** 0"]
    for expr in texts:
        want = evaluate(expr, {"a": floats})
        if dtype.kind == "c":
            if expr in ("a ** 2", "a ** -1", "a ** 0"):
                exact(golden, expr, {"a": floats})
            continue
        base, exponent = expr.split(" ** ")
        operands = [floats.astype(want.dtype) if t == "a" else np.full(floats.shape, float(t)).astype(want.dtype) for t in (base, exponent)]
        if expr in ("a ** 2", "a ** 0.5", "a ** -1", "a ** 0"):
            golden.case(expr, {"a": floats}, want)
        else:
            ours, tol = rounded.real(elementwise.functions.REAL["pow"], operands, want)
            golden.case(expr, {"a": floats}, ours, also=want, tol=tol)


def castable(a, to):
    """The elements whose cast NumPy defines: floats that fit, once truncated, into an integer dtype."""
    if to.kind not in "iu" or a.dtype.kind in "biu":
        return a
    info = np.iinfo(to)
    real = (a.real if a.dtype.kind == "c" else a).astype(np.float64)
    lowest = float(info.min) if info.min else -0.999
    return a[np.isfinite(real) & (real >= lowest) & (real < float(info.max) + (info.max < 2**53))]


def casts(golden):
    for source in values.ALL:
        for to in values.ALL:
            a = castable(values.edges(source), to)
            a = values.plane(a if a.size else np.zeros(1, source))
            expr = f"astype(a, {to.name})"
            want = evaluate(expr, {"a": a})
            also = None
            if to == BF16 and source.kind in "fciu" and source.itemsize > 2:
                # ml_dtypes goes through float32 and so rounds twice; once is right as well.
                wide = a.real if source.kind == "c" else a
                once = [rounded.Fraction(v.item()) if np.isfinite(v) else None for v in wide.ravel()]
                also = want.copy().ravel()
                for i, exactly in enumerate(once):
                    if exactly is not None and exactly != 0:
                        also[i] = rounded.rounded([exactly], BF16)[0]
                also = also.reshape(want.shape)
            golden.case(expr, {"a": a}, want, also=also)
        a = values.plane(castable(values.edges(source), np.dtype("int8")) if source.kind in "fc" else values.moderate(source, (77,)))
        exact(golden, "a.astype(float32)", {"a": a})
        if source != BF16:
            exact(golden, "astype(a, int8) + a", {"a": values.moderate(source, (9, 5))})
