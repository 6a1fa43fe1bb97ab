"""Expressions of several steps: fused chains, shared parts, reductions used among elements."""

import numpy as np
import values
from container import evaluate, exact

# Steps that NumPy rounds one by one give the same bits when fused.
EXACT = [
    "a + b * c", "(a + b) * (a - b)", "a * b + a * b", "-a + -b", "abs(a - b) / (abs(a) + 1)", "(a + 1) ** 2", "where(a > b, a - b, b - a) * c", "sqrt(abs(a)) * sign(b)", "(a + b) / 2 - c * 0.25",
    "where(isnan(a) | (b > 0), 0, a)", "maximum(minimum(a, b), c) - clip(a, -1, 1)", "(a > 0) & (b > 0) | ~(c > 0)", "floor(a) + ceil(b) - trunc(c) + round(a * b)", "(a // 0.5) * 0.5 + a % 0.5",
    "((a + b) + (a + b)) * ((a + b) - (a + b))", "(a[::-1] + b) * c[:, ::-1]", "a[:, :1] * b[:1] + c", "(a.T + b.T).T - c", "astype(a, float32) + astype(b, float32)", "astype(a > 0, int8) * 3 - 1",
    "a - b - c - a - b - c + a + b + c + a * b * c + a / (1 + abs(b)) + (a - 1) * (b - 1) * (c - 1)", "where(a < b, where(b < c, a, b), where(a < c, c, a))", "a + True", "(a == b) + (a == c) + 1",
    "copysign(a, b) * (1 - 2 * signbit(c))", "expand_dims(a, axis=0) + b[:, None]", "min(a, axis=0) - max(b, axis=0)", "a - max(a, axis=1, keepdims=True)", "a == min(a)", "argmax(a, axis=0) - argmin(b, axis=0)",
    "any(a > 3, axis=1) ^ all(b < 3, axis=1)", "sum(a > 0, axis=0)", "count_nonzero(a > b)", "count_nonzero(isnan(a)) + a", "max(abs(a - b))", "sum(where(a > 0, 1, 0), axis=1) * 2", "min(max(a, axis=1))",
    "sum(astype(a, int64) * astype(b, int64), axis=0)", "any(a) & (b > 0)", "(a > min(a)) & (a < max(a))", "a[1:] - a[:-1]", "a[2:] - 2 * a[1:-1] + a[:-2]",
]  # fmt: skip

# The answer's error is bounded by that many units of the answer's magnitude (or of the greatest element's).
CLOSE = [
    "(a - mean(a, axis=0)) / std(a, axis=0)", "sum((a - b) ** 2)", "sum((a - b) ** 2, axis=1)", "mean(a * b, axis=0) - mean(a, axis=0) * mean(b, axis=0)", "a / sum(a * a)", "sqrt(mean((a - mean(a)) ** 2))",
    "sum(a, axis=0) + sum(b, axis=0)", "sum(sum(a, axis=0))", "mean(mean(a, axis=1))", "a - mean(a, axis=1, keepdims=True)", "var(a + b, axis=0)", "std(a[::2] * 2, axis=1)", "exp(a) / sum(exp(a), axis=1, keepdims=True)",
    "log(sum(exp(a - max(a)))) + max(a)", "sum(a * b) / sqrt(sum(a * a) * sum(b * b))", "sum(where(a > 0, a, 0)) / count_nonzero(a > 0)", "(a.T @ b)", "(a @ b.T) * 2 + 1", "sum(a.T @ b, axis=0)", "(a - mean(a, axis=0)).T @ (a - mean(a, axis=0))",
    "a @ sum(b, axis=0)", "sum(a @ b.T) + mean(c)", "sin(a) ** 2 + cos(a) ** 2", "sum(a + b.T[:1].T, axis=(0, 1), keepdims=True)", "sum(a) + a", "nanmean(where(a > 0, a, nan), axis=0)", "mean(a > 0)", "mean(astype(a > 0, float64), axis=1)",
    "sum(a[:, None, :] * b[None, :, :], axis=2)", "a * sum(a) + b * sum(a)", "sum(c - sum(b - sum(a)))", "prod(1 + a * 0.001, axis=1)", "hypot(mean(a, axis=0), mean(b, axis=0))", "(sum(a) + sum(b)) / (sum(abs(a)) + sum(abs(b)))",
]  # fmt: skip


def wide(x):
    return x.astype(np.longdouble) if x.dtype.kind == "f" else x


def close(golden, expr, inputs):
    """Held to extended precision; the slack covers sums of a few thousand terms in any stable order."""
    want = evaluate(expr, inputs)
    eps = float(np.finfo(want.dtype if want.dtype.kind == "f" else np.float64).eps)
    if "float64" in expr or want.dtype != next(iter(inputs.values())).dtype:
        better = evaluate(expr, inputs)
    else:
        better = evaluate(expr, {n: wide(x) for n, x in inputs.items()}).astype(want.dtype)
    magnitude = np.max(np.abs(better), initial=0) + 1
    tol = np.maximum(np.abs(better.astype(np.float64) - want.astype(np.float64)), 128 * eps * magnitude)
    golden.case(expr, inputs, better, tol=tol)


def chains(golden):
    for name in ("float32", "float64"):
        dtype = np.dtype(name)
        inputs = {n: values.moderate(dtype, (23, 23), 50 + i) for i, n in enumerate("abc")}
        for expr in EXACT:
            exact(golden, expr, pick(inputs, expr))
        for expr in CLOSE:
            close(golden, expr, pick(inputs, expr))
    for name in ("int8", "uint16", "int32", "int64", "uint64"):
        dtype = np.dtype(name)
        inputs = {n: values.moderate(dtype, (9, 11), 60 + i, low=-100, high=100) for i, n in enumerate("abc")}
        for expr in [
            "a + b * c", "(a + b) // (c | 1)", "(a ^ b) & ~c", "a % (b | 1) + (c >> 1)", "where(a > b, a, b) << 1", "sum(a * b, axis=0) - sum(a)", "sum((a - b) ** 2)", "a == max(a, axis=1, keepdims=True)",
            "prod(a | 1, axis=0)", "a.T @ b", "sum(a @ b.T)", "abs(a) + sign(b) * c", "a - min(a)", "(a < b) == (b > a)", "sum(a > b, axis=1)", "argmax(a + b, axis=1)", "a // 3 * 3 + a % 3 - a",
            "bitwise_and(a, 3) + bitwise_left_shift(b & 3, 2)", "maximum(a, b, ) - minimum(a, b)", "square(a) - a * a", "sum(a[::2]) + sum(a[1::2])", "all(a == a) | any(b != b)",
        ]:  # fmt: skip
            exact(golden, expr, pick(inputs, expr))
    for name in ("complex64", "complex128"):
        dtype = np.dtype(name)
        inputs = {n: values.moderate(dtype, (9, 11), 70 + i) for i, n in enumerate("abc")}
        for expr in ["a + b - c", "conj(a) + b.real", "a.imag * 2 - b.real", "where(a.real > 0, a, b)", "-a + 1j", "(a - b) / 2", "real(a + b) + imag(c)", "isnan(a) | (a == b)"]:
            exact(golden, expr, pick(inputs, expr))
    mixed(golden)


def mixed(golden):
    """Several dtypes, masks and shapes in one expression."""
    f8, f4 = np.dtype("float64"), np.dtype("float32")
    inputs = {
        "t": values.moderate(f4, (12, 10), 80) * f4.type(30), "u": values.moderate(np.dtype("uint8"), (12, 10), 81), "i": values.moderate(np.dtype("int16"), (10,), 82),
        "m": values.moderate(np.dtype("bool"), (12, 1), 83), "x": values.moderate(f8, (3, 12, 10), 84), "s": values.moderate(f8, (), 85),
    }  # fmt: skip
    inputs["t"][3, ::4] = np.nan
    for expr in [
        "where(isnan(t), 0, t - 273.15)", "where(m, u, i)", "u + i", "t * u + i", "x + t", "x * s - s", "s + t", "s + u", "s * 2 + 1", "u / 2 + m", "where(m, x, t)[1]", "x[:, ::2, ::-1] + t[::2] * s", "m & (u > 3) & (i < 2)",
        "u * u - i", "count_nonzero(isnan(t), axis=1)", "nanmax(t, axis=0) - nanmin(t, axis=0)", "max(x, axis=(0, 2)) - max(x)", "x - max(x, axis=0)", "sum(u, axis=0) + i", "astype(t > 0, uint8) + u", "(t == t) * u", "astype(u, float32) / 3 - t",
        "u << astype(m, uint8)", "x[0] * m + x[1] * ~m", "minimum(u, 3) * maximum(i, -2)", "x.T[..., None] == s",
    ]:  # fmt: skip
        exact(golden, expr, pick(inputs, expr))


def pick(inputs, expr):
    code = compile(expr, "", "eval")
    return {n: v for n, v in inputs.items() if n in code.co_names}
