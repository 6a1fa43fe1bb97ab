"""Matrix products, held to exact integers and rationals."""

from fractions import Fraction

import numpy as np
import rounded
import values
from container import BF16, evaluate, error_kind
from reductions import integers

SHAPES = [
    ((3,), (3,)), ((4, 3), (3,)), ((3,), (3, 5)), ((4, 3), (3, 5)), ((2, 4, 3), (3, 5)), ((2, 4, 3), (2, 3, 5)), ((2, 1, 4, 3), (3, 3, 5)), ((4, 3), (2, 3, 5)), ((3,), (2, 3, 5)),
    ((2, 4, 3), (3,)), ((1, 1), (1, 1)), ((1, 7), (7, 1)), ((7, 1), (1, 7)), ((4, 0), (0, 5)), ((0, 3), (3, 5)), ((4, 3), (3, 0)), ((0,), (0,)), ((0, 4, 3), (3, 5)), ((2, 3, 0), (2, 0, 4)),
]  # fmt: skip
LARGE = ((37, 29), (29, 41))
VIEWS = ["a.T @ b", "a @ b.T", "a[::-1] @ b[:, ::2]", "a.T @ b.T", "a[::2, ::-1] @ b", "a @ a.T", "a.T @ a", "a[0] @ b", "a @ b[:, 3]", "a[None] @ b", "matmul(a, b)", "a @ (b + b)", "-(a @ b)", "(a @ b)[1:3]", "(a @ b) @ b.T @ a.T"]


def data(dtype, shape, seed):
    return values.moderate(dtype, shape, seed, low=-5, high=5)


def integer_array(x):
    """(object array of Python integers, e)."""
    ns, e = integers(x.ravel())
    out = np.empty(x.size, dtype=object)
    out[:] = ns
    return out.reshape(x.shape), e


def exact_product(a, b):
    """Object arrays of Fractions: the product and the sum of magnitudes, of real matrices."""
    (x, ex), (y, ey) = integer_array(a), integer_array(b)
    scale = Fraction(2) ** (ex + ey)
    return np.asarray(x @ y, dtype=object) * scale, np.asarray(abs(x) @ abs(y), dtype=object) * scale


def to_float(x):
    return np.array([float(v) for v in np.asarray(x, dtype=object).ravel()], dtype=np.float64).reshape(np.shape(x))


def product(golden, expr, inputs):
    """One product `a @ b` of the operands that `operands` makes of the inputs."""
    try:
        want = evaluate(expr, inputs)
    except Exception as error:  # noqa: BLE001
        golden.error(expr, inputs, error_kind(error))
        return
    if any(x.dtype == BF16 for x in inputs.values()):
        # ml_dtypes registers no product, so that NumPy widens to float32, by accident: held to bfloat16 here.
        want = want.astype(BF16)
    out = want.dtype
    if out.kind in "biu" or want.size == 0:
        golden.case(expr, inputs, want)
        return
    left, right = expr.removeprefix("matmul(").removesuffix(")").split(", ") if "matmul" in expr else expr.split(" @ ")
    a, b = (evaluate(side, inputs) for side in (left, right))
    k = a.shape[-1]
    # A product may accumulate in the precision of its elements; the halves in float32.
    eps = {"float16": 2.0**-24, "bfloat16": 2.0**-24, "float32": 2.0**-24, "complex64": 2.0**-24}.get(out.name, 2.0**-53)
    f = values.part(out)
    if k == 0:
        golden.case(expr, inputs, want)
    elif out.kind == "c":
        (ar, ai), (br, bi) = (a.real, a.imag), (b.real, b.imag)
        (rr, m1), (ii, m2), (ri, m3), (ir, m4) = exact_product(ar, br), exact_product(ai, bi), exact_product(ar, bi), exact_product(ai, br)
        re, im = rounded.rounded(list(np.ravel(rr - ii)), f), rounded.rounded(list(np.ravel(ri + ir)), f)
        ours = values.join(re, im, out).reshape(want.shape)
        tol = np.stack([to_float(m1 + m2), to_float(m3 + m4)], -1).reshape(want.shape + (2,)) * eps * (2 * k + 2)
        golden.case(expr, inputs, ours, tol=tol)
    else:
        exactly, size = exact_product(a, b)
        ours = rounded.rounded(list(np.ravel(exactly)), f).reshape(want.shape)
        tol = (to_float(size) * eps * (k + 1)).reshape(want.shape)
        golden.case(expr, inputs, ours, tol=tol + (rounded.ulp(ours) if f.itemsize == 2 else 0))


def products(golden):
    for dtype in values.ALL:
        for x, y in SHAPES:
            product(golden, "a @ b", {"a": data(dtype, x, 31), "b": data(dtype, y, 32)})
        a, b = data(dtype, LARGE[0], 33), data(dtype, LARGE[1], 34)
        for expr in ("a @ b", "matmul(a, b)", "b.T @ a.T", "a[::-1, ::2] @ b[::2, ::-3]"):
            product(golden, expr, {"a": a, "b": b})
        square, other = data(dtype, (6, 6), 35), data(dtype, (6, 6), 36)
        for expr in VIEWS:
            if expr.count("@") == 1 and "(" not in expr:
                product(golden, expr, {"a": square, "b": other})
        product(golden, "a.mT @ b", {"a": data(dtype, (3, 6, 4), 37), "b": data(dtype, (3, 6, 2), 38)})
        product(golden, "a @ b", {"a": data(dtype, (7, 3), 39).T, "b": np.broadcast_to(data(dtype, (1, 5), 40), (7, 5))})
    mixed(golden)
    extremes(golden)


def mixed(golden):
    kinds = [np.dtype(n) for n in ("bool", "int8", "uint8", "int32", "uint64", "int64", "float16", "float32", "float64", "complex64", "complex128")]
    for x in kinds:
        for y in kinds:
            if x != y:
                product(golden, "a @ b", {"a": data(x, (3, 4), 41), "b": data(y, (4, 2), 42)})


def extremes(golden):
    """Wrapping integers; NaN and infinity stay in their rows and columns."""
    for dtype in values.INTS:
        x = np.resize(values.ints(dtype), (5, 7))
        golden.case("a @ b", {"a": x, "b": x.T}, x @ x.T)
    for name in ("float16", "float32", "float64"):
        a, b = data(np.dtype(name), (9, 8), 43), data(np.dtype(name), (8, 10), 44)
        a[2, 3], a[5, 1], b[4, 6] = np.nan, np.inf, 0
        b[1, 7] = 0
        want = a @ b
        # Finite elements are held by the other cases; here only where NaN and infinity are.
        golden.case("isnan(a @ b)", {"a": a, "b": b}, np.isnan(want))
        golden.case("isinf(a @ b)", {"a": a, "b": b}, np.isinf(want))
