"""Methods of ufuncs, and functions of NumPy that are compositions of others."""

import numpy as np
import values
from container import evaluate, exact

TRUTH = ("logical_and", "logical_or", "logical_xor")
BITS = ("bitwise_and", "bitwise_or", "bitwise_xor")
WHOLE = ("gcd", "lcm")
# NumPy's vector loops of arctan2 and of power with floats lose the first elements of a line in reduce, so these are left out
FLOAT = ("hypot", "logaddexp", "logaddexp2", "copysign", "nextafter", "heaviside")
PLAIN = ("subtract", "floor_divide", "remainder", "fmod", "fmax", "fmin", "divide")
COMPARED = ("equal", "not_equal", "less", "greater_equal")
# these round; NumPy's and ours are compared within some units in the last place
ROUNDED = ("hypot", "logaddexp", "logaddexp2")


def close(golden, expr, inputs, ulps):
    """A case of a few roundings: floats within so many units in the last place, or of 1 where they cancel."""
    try:
        want = evaluate(expr, inputs)
    except Exception:  # noqa: BLE001 - the kind of a refusal is told by exact()
        return exact(golden, expr, inputs)
    if want.dtype.kind not in "fc":
        return golden.case(expr, inputs, want)
    size = np.abs(want).astype(np.float64)
    tol = np.where(np.isfinite(size), ulps * float(np.finfo(want.dtype).eps) * np.maximum(size, ulps > 0), 0)
    golden.case(expr, inputs, want, tol=np.stack([tol, tol], -1) if want.dtype.kind == "c" else tol)


def methods(golden):
    """reduce, accumulate and reduceat of every ufunc that NumPy reduces."""
    for dtype in values.ALL:
        if dtype == values.BF16:
            continue
        cube = values.moderate(dtype, (5, 4, 3), 7, low=-3, high=4)
        edges = values.plane(values.edges(dtype))
        lone = values.moderate(dtype, (), 9)
        for name in TRUTH + BITS + WHOLE + FLOAT + PLAIN + COMPARED:
            hold = (lambda expr, a, n=name: close(golden, expr, {"a": a}, 16)) if name in ROUNDED else (lambda expr, a: exact(golden, expr, {"a": a}))
            half = dtype == np.float16 and name in ("subtract", "divide")
            for axis in ("", ", axis=1", ", axis=-1, keepdims=True"):
                # NumPy adds float16 in float32 where the lines lie close; other layouts round each step
                if not half or axis == ", axis=-1, keepdims=True":
                    hold(f"{name}.reduce(a{axis})", cube)
                hold(f"{name}.accumulate(a{axis.split(', keep')[0]})", cube)
            hold(f"{name}.reduceat(a[:, 0, 0], [0, 3, 1, 2])", cube)
            if name not in ("divide",) and dtype.kind != "c" and not half:
                hold(f"{name}.accumulate(a, axis=0)", edges)
                # the sign of fmax(+0, -0) is open
                hold(f"{name}.accumulate(a, axis=1)" + (" + 0" if name in ("fmax", "fmin") and dtype.kind == "f" else ""), edges)
                hold(f"{name}.reduce(a, axis=0)", edges)
            for expr in ("reduce(a)", "reduce(a, axis=None)", "accumulate(a)", "reduceat(a, [0])"):
                hold(f"{name}.{expr}", lone)
        for name in TRUTH + BITS + ("gcd", "fmax", "fmin"):
            for axis in ("axis=None", "axis=(0, 2)", "axis=(1, 2), keepdims=True", "axis=()"):
                exact(golden, f"{name}.reduce(a, {axis})", {"a": cube})
        for name in ("add", "multiply", "maximum", "minimum"):
            if dtype.kind != "c":
                for rest in ("", ", axis=1", ", axis=-1"):
                    close(golden, f"{name}.reduceat(a, [0, 2, 1]{rest})", {"a": cube}, 4 if name in ("add", "multiply") else 0)
    for dtype in (np.dtype("int16"), np.dtype("float64"), np.dtype("bool")):
        a = values.moderate(dtype, (4, 6), 3, low=-3, high=4)
        m = values.moderate(np.dtype("bool"), (4, 6), 4)
        for name in TRUTH + BITS + WHOLE + PLAIN + ("hypot",):
            for expr in (
                "reduce(a, axis=(0, 1))", "reduce(a, axis=None)", "reduce(a, axis=(0,))", "reduce(a, axis=())", "reduce(a, axis=2)", "accumulate(a, axis=2)", "reduceat(a, [0], axis=2)",
                "reduce(a, initial=3)", "reduce(a, axis=1, initial=-2)", "reduce(a, where=m)", "reduce(a, where=m, initial=2)", "reduce(a, axis=1, where=m[:, :1], initial=1, keepdims=True)", "reduce(a, where=False, initial=5)", "reduce(a, axis=None, where=m, initial=1)",
                "reduce(a, dtype='f4')", "reduce(a, dtype=bool)", "reduce(a, dtype='i1')", "accumulate(a, dtype='f8')", "reduceat(a, [1, 0], dtype='i8')", "reduce(a, 1, 'i4')",
                "reduce(a[:0])", "reduce(a[:0], axis=1)", "reduce(a[:, :0], axis=1)", "reduce(a[:0, :0])", "reduce(a[:0], initial=4)", "accumulate(a[:0])", "accumulate(a[:, :0], axis=1)",
                "reduceat(a, [])", "reduceat(a, [4])", "reduceat(a, [-1])", "reduceat(a, [3, 3])", "reduceat(a, [2, 1, 0])", "reduceat(a, [0, 5, 1, 5], axis=1)", "reduceat(a[:0], [])", "reduceat(a[:0], [0])", "reduceat(a[:, :0], [1, 2])",
                "reduce(a[::-1, ::2])", "accumulate(a.T)", "reduce(a.T, axis=1) * 2", "accumulate(a)[1:, ::3]", "reduce(a + 1, axis=1)[::-1]",
            ):  # fmt: skip
                close(golden, f"{name}.{expr}", {"a": a, "m": m} if "m" in expr.replace("remainder", "").replace("fmod", "").replace("fmax", "").replace("fmin", "") else {"a": a}, 16)
    for dtype in ("float32", "float64"):
        a = values.moderate(np.dtype(dtype), (3, 4, 5), 12)
        for name in ("hypot", "logaddexp", "logaddexp2"):
            for rest in ("", ", axis=None", ", axis=(0, 2)", ", axis=(1, 2)", ", axis=2, where=a > 0", ", axis=(0, 1), initial=2"):
                close(golden, f"{name}.reduce(a{rest})", {"a": a}, 64)
        long = values.moderate(np.dtype(dtype), (3000,), 17)
        for expr in ("subtract.reduce(a)", "subtract.accumulate(a)", "hypot.reduce(a)", "fmax.accumulate(a)", "bitwise_xor.reduce(a.astype(int))", "gcd.reduce(a.astype(int) * 6)", "subtract.reduceat(a, arange(0, 3000, 7))"):
            close(golden, expr, {"a": long}, 256 if "hypot" in expr else 0)
    small = np.array([[2, 3, 1], [3, 2, 2]])
    for expr in ("power.reduce(a)", "power.reduce(a, axis=1)", "power.accumulate(a, axis=1)", "power.reduceat(a, [0, 1], axis=1)", "power.reduce(a - 3)", "power.accumulate(a - 3)", "power.reduce(a.astype(float))", "left_shift.reduce(a)", "right_shift.accumulate(a * 50, axis=1)", "power.reduceat(a - 3, [0])"):
        exact(golden, expr, {"a": small})
    spans = np.array([[5, 3, 9], [1, 7, 2]], "m8[D]")
    for expr in ("subtract.reduce(a)", "subtract.accumulate(a, axis=1)", "fmax.reduce(a)", "fmin.accumulate(a)", "divide.reduce(a)", "floor_divide.reduce(a)", "logical_and.reduce(a)", "logical_xor.reduce(a)", "add.reduceat(a, [0, 1], axis=1)", "maximum.reduceat(a, [0, 1], axis=1)", "bitwise_or.reduce(a)", "remainder.reduce(a)"):
        exact(golden, expr, {"a": spans})
    texts = np.array([["a", ""], ["b", "c"]])
    for expr in ("logical_and.reduce(a)", "logical_or.reduce(a, axis=1)", "logical_xor.reduce(a)", "logical_xor.accumulate(a)", "subtract.reduce(a)", "bitwise_or.reduce(a)"):
        exact(golden, expr, {"a": texts})


EXPRESSIONS = [
    "arange(0, 1, inf)", "arange(0, -1, -inf)", "arange(0, 1, -inf)", "arange(0, 0, inf)", "arange(0, 1, inf, dtype='i4')", "arange(5, 1, inf)", "arange(0, inf, inf)", "arange(0, 1e-300, 1e300)",
    "roll(arange(5), 10**20 + 1)", "roll(arange(5), -(10**20) - 2)", "roll(arange(12).reshape(3, 4), (10**20 + 1, 2**70 + 1), axis=(0, 1))", "roll(arange(5), 1e20)", "roll(arange(5), -7.5)", "roll(arange(5), inf)", "roll(arange(0), 10**20)", "roll(arange(5), (), axis=(0,))",
    "vecdot(arange(12).reshape(3, 4), ones((3, 4)), axis=0, keepdims=True)", "vecdot(arange(12).reshape(3, 4), ones((3, 4)), keepdims=True)", "vecdot(arange(12).reshape(3, 4), ones((3, 4)), axes=[0, 0])", "vecdot(arange(12).reshape(3, 4), ones((4, 3)), axes=[0, (1,), ()])", "vecdot(arange(12).reshape(3, 4), ones((3, 4)), axes=[0, 0, 0], keepdims=True)", "vecdot(ones((2, 3, 4)), ones((3, 4)), axes=[1, 0, 0], keepdims=True)",
    "vecdot(ones((3, 4)), ones((3, 4)), axes=[0])", "vecdot(ones((3, 4)), ones((3, 4)), axis=0, axes=[0, 0])", "vecdot(ones((3, 4)), ones((3, 4)), axes=(0, 0))", "vecdot(ones((3, 4)), ones((3, 4)), axes=[0, 0, 1])", "vecdot(ones((2, 3, 4)), ones((3, 4)), axes=[1, 0, 3], keepdims=True)",
    "average([1, 2, 3], weights=[1, -1, 0])", "average([[1, 2], [3, 4]], weights=[1, 2])", "average([[1, 2], [3, 4]], axis=1, weights=[1, -1])", "trim_zeros(array([[0, 1]]), axis=(0, 0))", "float_power(array([4], 'm8[s]'), 2)",
    "histogram(array([1 + 2j, 3 - 1j, 3 + 4j, -2, nan + 1j, 2]), bins=[0, 1, 2, 3])[0]", "histogram([1, 2], bins=array([0, 1j, 2]))[0]", "histogram([1, 2, 2], bins=array([0, 1j, 2]))[1]", "histogram(array([1j, 2j, 1 + 1j]), bins=[0, 1.5j, 1, 2], weights=[1, 2, 4])[0]", "histogram(array([1j]), bins=[1j, 0])",
    "mask_indices(3, triu)[0]", "mask_indices(3, tril, -1)[1]", "mask_indices(4, triu, k=1)[1]", "mask_indices(0, triu)[0]", "mask_indices(-1, triu)",
    "max(arange(300) * 1j + where(arange(300) % 7 == 3, nan, 1))", "min(arange(300) * 1j + where(arange(300) % 7 == 3, nan, 1))", "nanmax(arange(300)[::-1] * 1j + nan)", "nanmin((arange(600) * 1j + nan).reshape(3, 200), axis=0)", "nanmin((arange(600) * 1j + nan).reshape(3, 200), axis=1)", "ptp((arange(600) * 1j + where(arange(600) % 7 == 3, nan, 1)).reshape(3, 200), axis=1)", "fmax.reduce(array([nan + 2j, nan + 1j]))",
    "nanstd(arange(6).reshape(2, 3), axis=0, dtype='f8', ddof=100)", "nanvar(array([True, False]), dtype='f4', ddof=2)", "nanmean(arange(3), dtype='f2')",
    "array(['a\\tb\\n', '\\x41\\u00e9\\'\\\\', '\\101\\0c'])", "array([b'\\xff\\x01a', b'\\''])", "array([1, 0], '?')", "ones(2, 'd')", "ones(2, 'e')", "zeros(2, 'L')", "zeros(2, 'F')",
    "tril_indices(3)[0]", "tril_indices(3)[1]", "tril_indices(3, 1)[1]", "tril_indices(3, -1, 4)[0]", "tril_indices(0)[0]", "tril_indices(-2)[1]", "tril_indices(2.5)[0]", "tril_indices(3, -9)[0]", "tril_indices(2, 9, 5)[1]", "triu_indices(3, k=1, m=5)[0]", "triu_indices(3, k=1, m=5)[1]", "triu_indices(2)[1]", "triu_indices(4, -1)[0]", "triu_indices(3, 9)[0]", "triu_indices(3, -9)[1]",
    "tril_indices_from(ones((2, 3)))[1]", "triu_indices_from(ones((3, 2)), k=-1)[0]", "triu_indices_from(ones((3, 2)), -1)[1]", "tril_indices_from(ones(3))", "triu_indices_from(ones((2, 2, 2)))", "arange(9).reshape(3, 3)[tril_indices(3)]", "arange(12).reshape(3, 4)[triu_indices(3, 1, 4)]", "tril_indices()",
    "diag_indices(3)[0]", "diag_indices(2, 3)[2]", "diag_indices(-1)[0]", "diag_indices(0)[1]", "diag_indices(3, 1)[0]", "diag_indices_from(ones((3, 3)))[1]", "diag_indices_from(ones((2, 2, 2)))[2]", "diag_indices_from(ones((3, 2)))", "diag_indices_from(ones(3))", "arange(9).reshape(3, 3)[diag_indices(3)]",
    "trim_zeros(array([0, 0, 1, 0, 2, 0]))", "trim_zeros(array([0, 0, 1, 0, 2, 0]), 'f')", "trim_zeros(array([0, 0, 1, 0, 2, 0]), 'b')", "trim_zeros(array([0, 0, 1, 0, 2, 0]), 'BF')", "trim_zeros(array([0, 0, 1]), '')", "trim_zeros(array([0, 0, 1]), 'x')", "trim_zeros(array([0, 0]))", "trim_zeros(array([0, 0]), 'f')", "trim_zeros(array([0, 0]), 'b')", "trim_zeros(zeros(0))", "trim_zeros(array([0.0, nan, -0.0]))", "trim_zeros(array(5))", "trim_zeros(array(['', 'a', '']))", "trim_zeros(array([False, True, False]))", "trim_zeros(array([0, 1j, 0]))",
    "trim_zeros(array([[0, 0, 0], [0, 1, 0], [0, 0, 0]]))", "trim_zeros(array([[0, 0, 0], [0, 1, 0], [0, 0, 0]]), axis=0)", "trim_zeros(array([[0, 0, 0], [0, 1, 0], [0, 0, 0]]), 'b', axis=-1)", "trim_zeros(array([[0, 0, 0], [0, 1, 0], [0, 0, 0]]), axis=(0, 1))", "trim_zeros(array([[0, 0, 0], [0, 1, 0], [0, 0, 0]]), 'f', axis=())", "trim_zeros(zeros((2, 3)), axis=1)", "trim_zeros(zeros((2, 3)))", "trim_zeros(zeros((2, 0)))", "trim_zeros(ones((2, 3)), axis=2)",
    "fabs([-1, 2])", "fabs(True)", "fabs(1j)", "fabs(-2.5)", "fabs(array([-5], 'm8[s]'))", "fabs(array(['a']))", "bitwise_count([1, -3, 255])", "bitwise_count(True)", "bitwise_count(1.5)", "bitwise_count(9223372036854775807)", "bitwise_count(array(['a']))",
    "iscomplex([1, 2j, 3])", "iscomplex(3)", "isreal(array([1, 2j, nan]))", "isreal(array(['a']))", "iscomplex(array(['a']))", "isreal(array([1], 'm8[s]'))", "isreal(array([1], 'M8[s]'))", "iscomplex(array([1], 'M8[s]'))", "iscomplexobj(array([1, 2j]))", "iscomplexobj(3)", "isrealobj(array([1.0]))", "isrealobj(array(['a']))", "isrealobj(1j)",
    "sort_complex(array([3, 1, 2]))", "sort_complex(array(5))", "sort_complex(array([[3, 1], [2, 0]]))", "sort_complex(array([3, 1], 'm8[s]'))", "sort_complex(array([2+1j, 1-1j, 2-1j, nan]))",
    "packbits([1, 0, 1])", "packbits([1, 0, 1], bitorder='little')", "packbits([1.5])", "packbits(True)", "packbits([1], bitorder='x')", "packbits(True, axis=0)", "packbits(True, axis=1)", "packbits([7, 0, 300])", "packbits(ones((2, 2), bool), axis=3)", "packbits(ones((3, 9), bool), axis=-1, bitorder='little')", "packbits(zeros((2, 0), int), axis=1)", "packbits(zeros((2, 0), int), axis=0)", "packbits(zeros((2, 0), int))",
    "unpackbits([2, 7])", "unpackbits(array(7, 'u1'))", "unpackbits(array([True]))", "unpackbits(array([2, 7], 'u1'), count=-20)", "unpackbits(zeros(0, 'u1'))", "unpackbits(array([2, 7], 'u1'), axis=1)", "unpackbits(array([2, 7], 'u1'), bitorder='middle')",
    "piecewise(3, [3 > 2], [5])", "piecewise(3, [3 > 2, 3 > 4], [5])", "piecewise(array([1, 2]), [array([True, False])], [array([7])])", "piecewise(array([1, 2]), array([True, False]), [4])", "piecewise(array([1, 2]), [True, False], [4, 9])", "piecewise(array([1, 2], 'u1'), [array([True, False])], [300])", "piecewise(array([1.5, 2]), [[True, False]], [4.7, nan])",
    "logical_not(array(['a', '']))", "logical_and(array(['a', '']), array(['b', 'c']))", "logical_and(array(['a', '']), True)", "logical_or(array(['a', '']), array([1, 0]))", "logical_xor(array(['a', '']), array(['b', 'c']))", "logical_and(array(['a', '']), array([b'b', b'c']))", "logical_or(array([b'a', b'']), False)", "logical_xor(array(['a', '', 'b']), array([['x'], ['']]))",
    "logical_not(array([1, 0], 'm8[D]'))", "logical_not(array(['2020'], 'M8[D]'))", "logical_and(array([1, 0], 'm8[D]'), True)", "logical_or(array(['2020'], 'M8[D]'), array(['2020'], 'M8[D]'))", "logical_xor(array([1, 0], 'm8[D]'), array([1, 0], 'm8[D]'))",
    "real(array(['2020'], 'M8[D]'))", "imag(array(['2020'], 'M8[D]'))", "imag(array([5], 'm8[D]'))", "real(array([5], 'm8[D]'))", "array([5], 'm8[D]').imag", "array(['2020'], 'M8[D]').real", "imag(array(['a', 'bc']))", "real(array(['a', 'bc']))", "array([b'a']).imag",
    "arange(0, 9, dtype='m8')", "arange(3, dtype='m8')", "arange(0, 9, 3, dtype='m8')", "arange(0, 9, dtype='M8')", "arange(1, dtype='M8')",
    "tri(2.5)", "tri(2.5, 3)", "tri(3, 2.5)", "tri(0.5)", "tri(-1.5)", "roll(arange(4), 1.5)", "roll(arange(4), [1.5])", "roll(arange(6).reshape(2, 3), 1.7)", "roll(arange(6).reshape(2, 3), 1.7, axis=1)", "roll(arange(6).reshape(2, 3), (1.5, 1), axis=(0, 1))", "roll(arange(4), -1.5)", "roll(arange(4), nan)", "roll(arange(4), 0.5, axis=0)", "roll(arange(4), True)",
    "squeeze(array(5), axis=-1)", "squeeze(array(5), axis=0)", "squeeze(array(5), axis=1)", "squeeze(array(5), axis=-2)", "squeeze(array(5), axis=(0,))", "squeeze(array(5), axis=())", "repeat(array(5), 2, axis=0)", "repeat(array(5), 2, axis=-1)", "repeat(array(5), 2, axis=1)", "repeat(array(5), [2], axis=0)", "repeat(array(5), [2, 3], axis=0)",
    "bartlett(0)", "bartlett(1)", "bartlett(-3)", "bartlett(2)", "bartlett(5)", "hamming(0)", "hamming(1)", "hanning(-1)", "blackman(1)", "kaiser(0, 14)", "kaiser(1, 14)", "kaiser(4, 0)", "bartlett(0.5)", "hamming('a')", "kaiser(5)",
    "poly([1, 2, 3])", "poly([1j, -1j])", "poly([1j, 2])", "poly([])", "poly(array([1, 2], 'f4'))", "poly(array([True, False]))", "poly(ones((2, 3)))", "poly(array([2, 1], 'c8'))",
    "polyval([1, 2, 3], 2)", "polyval([1, 2, 3], [1.5, 2])", "polyval(array([]), [1, 2])", "polyval([1.5, 2], array([1, 2], 'i1'))", "polyval([1, 2], array([1, 2], 'i1'))", "polyval(array(3), [1, 2])", "polyval([[1, 2], [3, 4]], [1, 2])", "polyval([1j, 2], [1, 2])", "polyval([1, 2, 3], [inf, nan])", "polyval(array([1, 2], 'f4'), array([1, 2], 'f4'))", "polyval([True, False], [True, True])",
    "polyadd([1, 2], [1, 2, 3])", "polyadd([1.5], 3)", "polyadd(array([1], 'i1'), array([1, 2, 3], 'i1'))", "polysub([1, 2], [1, 2, 3])", "polysub(2, [1])", "polysub([1j, 2, 3], [1])", "polymul([0, 1, 2], [1, 3])", "polymul([0, 0], [1, 3])", "polymul(2, [1, 3])", "polymul(array([]), [1])", "polymul(ones((2, 2)), [1])", "polymul(array([1, 2], 'i1'), array([100, 2], 'i1'))",
    "polydiv([3.0, 5, 2], [2.0, 1])[0]", "polydiv([3.0, 5, 2], [2.0, 1])[1]", "polydiv([1, 2, 3], [1, 1, 1, 1])[0]", "polydiv([1, 2, 3], [1, 1, 1, 1])[1]", "polydiv([1, 0, -1], [1, -1])[0]", "polydiv([1, 0, -1], [1, -1])[1]", "polydiv(3, 2)[0]", "polydiv(3, 2)[1]", "polydiv([1j, 2, 3], [1, 1])[0]", "polydiv([1j, 2, 3], [1, 1])[1]", "polydiv(array([1, 2, 3], 'f4'), array([1, 1], 'f4'))[1]", "polydiv([1, 2], [0, 1])[1]",
    "polyder([1, 2, 3, 4])", "polyder([1, 2, 3, 4], 2)", "polyder([1, 2, 3, 4], 0)", "polyder([1, 2, 3], -1)", "polyder([5])", "polyder(array([]))", "polyder([1, 2], 5)", "polyder(array([1, 2, 3], 'f4'))", "polyder(array([1, 2, 3], 'i1'))", "polyder(array(3))",
    "polyint([1, 1, 1])", "polyint([1, 1, 1], 2)", "polyint([1, 1, 1], 2, k=3)", "polyint([1, 1, 1], 3, k=[6, 5, 3])", "polyint([1, 1, 1], 0)", "polyint([1, 1, 1], -1)", "polyint([1, 1], 3, k=[1, 2])", "polyint([1, 1], 1, k=[1, 2])", "polyint(array([1, 2], 'f4'))", "polyint(array([1, 2], 'f4'), k=1)", "polyint(array([]))", "polyint([1j, 2])", "polyint([1, 2], k=1j)",
]  # fmt: skip

CLOSE = ["hamming(5)", "hamming(8)", "hamming(2.5)", "hanning(4)", "hanning(7)", "bartlett(4)", "bartlett(9)", "blackman(6)", "kaiser(5, 14)", "kaiser(5, -2.5)", "kaiser(8, 3.5)", "hamming(300)[250:]"]

BYTES = ["packbits(a)", "packbits(a, axis=0)", "packbits(a, axis=1)", "packbits(a, axis=-1, bitorder='little')", "packbits(a[::-1, ::2], axis=0)", "packbits(a[:0], axis=1)", "packbits(a[:, :0], axis=1)"]
UNPACKED = ["unpackbits(a)", "unpackbits(a, axis=0)", "unpackbits(a, axis=1, bitorder='little')", "unpackbits(a, axis=1, count=11)", "unpackbits(a, axis=1, count=-3)", "unpackbits(a, axis=0, count=50)", "unpackbits(a, count=5)", "unpackbits(a, axis=0, count=0)", "unpackbits(a[::-1, 1:], axis=-2)", "unpackbits(a[:0], axis=0)", "packbits(unpackbits(a, axis=1), axis=1)"]
ELEMENTS = ["iscomplex(a)", "isreal(a)", "iscomplexobj(a)", "isrealobj(a)", "fabs(a)", "bitwise_count(a)", "bitwise_count(a[::-2])", "trim_zeros(a)", "piecewise(a, [a == 0, a != a], [2, 3, 1])"]


def vocabulary(golden):
    methods(golden)
    for expr in EXPRESSIONS:
        exact(golden, expr, {})
    for expr in CLOSE:
        want = evaluate(expr, {})
        golden.case(expr, {}, want, tol=np.full(want.shape, 1e-15))
    for dtype in values.ALL:
        edges = values.edges(dtype)
        for expr in ELEMENTS:
            if dtype == values.BF16 and expr == "fabs(a)":
                continue
            exact(golden, expr, {"a": edges})
        for expr in ("bitwise_count(a)", "isreal(a)", "sort_complex(a)", "polyval([3, -2, 1], a)", "polyder(a)", "polyadd(a, [1, 2])"):
            if dtype != values.BF16:
                # NumPy fuses some complex products
                close(golden, expr, {"a": values.moderate(dtype, (9,), 5, low=-3, high=4)}, 16 if dtype.kind == "c" and "polyval" in expr else 0)
    for dtype in ("bool", "int8", "uint64"):
        a = values.moderate(np.dtype(dtype), (5, 19), 6, low=-1, high=2)
        for expr in BYTES:
            exact(golden, expr, {"a": a})
    bits = values.ints(np.dtype("uint8")).reshape(-1)[:12].reshape(4, 3)
    for expr in UNPACKED:
        exact(golden, expr, {"a": bits})
    cube = values.moderate(np.dtype("float64"), (3, 4, 5), 8)
    cube[:, 0], cube[:, :, 4] = 0, 0
    for expr in ("trim_zeros(a)", "trim_zeros(a, 'f', axis=1)", "trim_zeros(a[..., ::-1], 'b')", "piecewise(a, [a < 0, a > 1], [-1, 1])", "piecewise(a, [a < 0, a > -1], [-1, 1.5, 9])", "piecewise(a[:0], [a[:0] < 0], [1])", "piecewise(a, [a[0] < 0], [1])", "piecewise(a, [a < 0], [1, 2, 3])", "polyval(array([1.5, -2]), a)"):
        exact(golden, expr, {"a": cube})
