"""Rules at the edges: what is reduced of nothing and of a lone element, `dtype=`, Python's own numbers, subscripts."""

import random

import numpy as np
from chosen import near
from container import evaluate, exact

INF, NAN = np.inf, np.nan


def rules(golden):
    nothing(golden)
    lone(golden)
    dtypes(golden)
    not_finite(golden)
    constants(golden)
    large(golden)
    subscripts(golden)


def nothing(golden):
    """A reduction without identity over no elements is refused, also where its result would be empty."""
    for name in "max min argmax argmin nanmin nanmax ptp sum prod any all count_nonzero nansum".split():
        for shape in [(0, 0), (0, 3), (3, 0), (0, 2, 0), (0,), (2, 0)]:
            axes = [None, *range(len(shape)), -1]
            if not name.startswith("arg"):
                axes += [(), (0,), tuple(range(len(shape)))]
            for axis in axes:
                exact(golden, f"{name}(a, axis={axis})", {"a": np.zeros(shape)})
    for expr in ["a.max(axis=0)", "a.argmin(axis=1)", "max(a, axis=1, keepdims=True)", "argmax(a, axis=0, keepdims=True)"]:
        for shape in [(0, 0), (0, 3), (3, 0)]:
            exact(golden, expr, {"a": np.zeros(shape, np.int32)})


def lone(golden):
    """An array without axes, reduced over one."""
    every = "max min argmax argmin nanmin nanmax ptp sum mean var std any all prod nansum nanprod nanmean nanvar nanstd count_nonzero"
    for name in every.split():
        for a in [np.array(3.5), np.array(7), np.array(NAN), np.array(3 - 4j), np.array(True)]:
            if (a.dtype.kind == "b" and name == "ptp") or (name in ("nanmin", "nanmax", "nanstd", "std") and a.dtype.kind == "c"):
                continue
            axes = [0, -1, 1, -2, None] + ([] if name.startswith("arg") else [(), (0,), (-1,), (0, -1)])
            for axis in axes:
                for keep in ("", ", keepdims=True"):
                    exact(golden, f"{name}(a, axis={axis}{keep})", {"a": a})
    exact(golden, "sum(3, axis=0)", {})
    exact(golden, "mean(3, axis=0)", {})


def dtypes(golden):
    f = np.array([[1.5, 2.75, 0.5, 0], [4.25, NAN, 6, 0]])
    inputs = [
        np.array([[1.5, 2.75, 0.5, 0], [4.25, 3, 6, 0]]), f, f.astype(np.float32), np.array([[1, 2, 3, 0], [4, 5, 7, 0]]), np.array([[20, 9, 0], [12, 7, 0]], np.uint8),
        np.array([[1.5 + 2j, 3.5 - 1j, 0], [2 + 1j, 5, 0]]), np.array([[True, False], [True, True]]),
    ]  # fmt: skip
    for a in inputs:
        for name in "sum prod mean var std nansum nanprod nanmean nanvar nanstd".split():
            if not name.startswith("nan") and a is not inputs[0] and a.dtype.kind == "f":
                continue  # a NaN becomes no number that is defined
            for kind in "bool int8 int32 uint8 uint16 int64".split():
                for axis in (None, 0, 1, -1, (0, 1)):
                    exact(golden, f"{name}(a, axis={axis}, dtype={kind})", {"a": a})
                exact(golden, f"{name}(a, axis=1, keepdims=True, dtype={kind})", {"a": a})
        for expr in ["var(a, dtype=int32, ddof=1)", "a.mean(axis=0, dtype='i4')", "a.sum(dtype='bool')", "max(a, dtype=int32)", "any(a, dtype=int32)", "argmax(a, dtype=int32)"]:
            if np.isfinite(a).all():
                exact(golden, expr, {"a": a})
        for name in "sum mean var std nanmean nanvar nanstd".split():
            for kind in "complex64 complex128".split():
                if not name.startswith("nan") and not np.isfinite(a).all():
                    continue
                for more in ("", ", axis=0", ", axis=1, keepdims=True") + ((", ddof=1",) if name[-3:] in ("var", "std") else ()):
                    near(golden, f"{name}(a{more}, dtype={kind})", {"a": a}, 1e-5 if kind == "complex64" or a.dtype == np.float32 else 1e-14)
    empty = np.zeros((0, 3))
    for expr in ["sum(a, axis=0, dtype=bool)", "prod(a, axis=0, dtype=bool)", "sum(a, axis=1, dtype=bool)", "mean(a, axis=1, dtype=int32)"]:
        exact(golden, expr, {"a": empty})


def not_finite(golden):
    """Means of complex numbers that are not finite, and variances that overflow."""
    parts = [1.0, -0.0, INF, -INF, NAN]
    for dtype in (np.complex64, np.complex128):
        for re in parts:
            for im in parts:
                # numpy's complex constructor keeps what `re + im * 1j` would not
                a = np.array([complex(re, im), 2, 4, 1], dtype)
                for expr in ("mean(a)", "mean(a, axis=0)", "nanmean(a)", "var(a)"):
                    # of finite means the reductions say how far they may be off
                    if expr != "nanmean(a)" or not np.isfinite(np.nanmean(a)):
                        exact(golden, expr, {"a": a})
                exact(golden, "mean(a, axis=0)", {"a": np.stack([a, a[::-1]])})
    exact(golden, "mean(a)", {"a": np.array([1e308 + 1j, 1e308])})
    rows = [
        [1e308] * 4, [1e308, -1e308], [1e308, 1e308, -1e308, -1e308], [1e308, INF], [1e308, NAN], [INF, 1.0], [1e200, -1e200], [1e155, 0], [1e308], [1e150, 1e150], [-1.7e308] * 3,
        [1.7e308, -1.7e308, 3], [0.0, INF, -INF],
    ]  # fmt: skip
    for row in rows:
        a = np.array(row)
        for name in ("var", "std", "nanvar", "nanstd"):
            exact(golden, f"{name}(a)", {"a": a})
            exact(golden, f"{name}(a, axis=0)", {"a": np.stack([a, a], axis=1)})
            exact(golden, f"{name}(a, axis=1)", {"a": np.stack([a, a])})
        exact(golden, "var(a, ddof=1)", {"a": a})
    exact(golden, "nanvar(a)", {"a": np.array([1e308, NAN, -1e308])})
    exact(golden, "var(a)", {"a": np.array([1e308 + 1e308j, -1e308])})


def constants(golden):
    """Operators between Python's own numbers."""
    texts = """
    (1+2j)**3; (1+2j)**-2; (1j)**0; 1j**2; (2+0j)**100; (3-4j)/(1+2j); 1/(1e-200+1e-200j); (1e308+1e308j)/(2e308**0.5+1j); 1j*1j; -(1+2j); +True; -True; ~True; ~False; ~-7; True+True
    True&False; True|0; True^True; 7//-2; -7//2; 7%-3; -7%3; 7.5//-2; -7.5%2; 7.5%-2; -0.0//1; 1e300//1e-5; 0.3//0.1; 0.3%0.1; 5%INF; -5%INF; 5//INF; -5//INF; -1e-20%1.0; 2**-1; 2**-1074; (-8)**(1/3)
    (-8.0)**2; (-2.0)**-3; 0**0; 0.0**0; 0**5; (-1)**(10**30); (-1)**(10**30+1); 1**(10**40); 2**62; 2**63; 2**63-1; -2**63; 2**64-1; 10**19; 1<<62; -1<<63; 5>>1; -5>>1; -5>>200; 5>>10**30; 0<<10**30; 1<<70>>69
    2**200//2**190; (2**200+1)%2**100; -2**200//3**100; -(7**90)%11**20; (3**200>>250)&0xFFFF; (2**127|2**130)>>126; 2**128^2**127==2**128+2**127; 2**200/2**199; 10**400/10**399; -10**400/3**700; 1/10**400; 1/2**1074; 3/2**1075
    (2**53+1)/1; 2**53+1==2.0**53; 2**53+1>2.0**53; 10**400>1e308; -10**400<-INF; 10**400==INF; 1.5<2; 1<NAN; NAN!=NAN; NAN==NAN; 1==1+0j; 1+0j==1.0; 1j==1j; 1!=1j; True==1.0; 2**53+1==2**53+0j; 1<2<3; 1<2>3; 3>2>1>0
    2**127; 2**200; -2**64; 2**64; 10**400; 10**400*1.5; 1e308*10; 1e200**2; 10.0**400; (-10.0)**401; INF**2; 2**INF; 0.5**INF; (1e200+1j)**2; (1e200+1j)*1e200; 0j**2; 0j**0; 0j**1j; 0j**-1; 0.0**-1; 0**-1; 1/0; 1//0; 1%0
    1.0/0; 1.5//0.0; 1%0.0; 1j/0; 1/0j; 1//1j; 1%1j; 1j<2; 1j>=1j; 1<<-1; 1>>-1; 1.5&1; ~1.5; ~1j; 1<<1.0; 1@2; 1j&1; -0.0; 0x1F+0b101+0o17; 1_000*2; .5e1; 5.; 1e400; 1e400j; 1-1j; -1j; 2.5-1j*0
    """
    for text in texts.strip().replace("\n", ";").split(";"):
        constant(golden, text.strip().replace("INF", "inf").replace("NAN", "nan"))
    random.seed(31)
    ints = [0, 1, -1, 2, 3, -7, 10, 255, 2**31, -(2**53) - 1, 2**63, 2**100 + 1, -(3**80), 10**30]
    floats = [0.0, 0.5, -1.5, 3.25, 1e-300, -1e300, 2.0**53, 0.1, 1e16]
    others = ["True", "False", "1j", "(2-3j)", "(-0.5+1e-3j)", "(1e10-1e-10j)"]
    for _ in range(700):
        x, y = (random.choice([repr(random.choice(ints)), repr(random.choice(floats)), random.choice(others)]) for _ in "xy")
        op = random.choice("+ - * / // % ** << >> & | ^ < <= == != > >=".split())
        if op in ("**", "<<") and (len(y) > 4 or "e" in y):
            continue
        constant(golden, f"({x}) {op} ({y})")
    a = np.array([1.5, -2.0])
    for expr in ["a * (2**70 // 3**40)", "a + (1+2j)**3", "a - -2**0.5", "a * 2 ** 3 ** 2", "(a +\n  1)  # to the end\n", "a  # + 1", "(a # one\n + # two\n 1)", "a * (7 // 2)", "sum(\n a,\n axis=0,  # the first\n)"]:
        exact(golden, expr, {"a": a})


def constant(golden, expr):
    try:
        value = eval(expr, {"inf": INF, "nan": NAN})
    except ArithmeticError:
        golden.error(expr, {}, "value")
        return
    except (TypeError, ValueError):
        golden.error(expr, {}, "type")
        return
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        golden.error(expr, {}, "overflow")
        if value.bit_length() <= 16000:  # longer ones are refused
            constant(golden, f"({expr}) % 1000000007")
        return
    want = np.asarray(value)
    libm = "**" in expr and want.dtype.kind in "fc" and np.isfinite(want)
    golden.case(expr, {}, want, tol=4e-16 * abs(want) if libm else None)


def large(golden):
    """Integers that no array holds, beside arrays, and numbers that a type does not hold."""
    arrays = {
        "a": np.array([1, 2]), "f": np.array([1.5, 2]), "t": np.array([True, False]), "h": np.array([1.5], np.float16), "c": np.array([1j]), "u": np.array([1, 2], np.uint8),
    }  # fmt: skip
    for number in ["2**64", "2**127", "2**200", "-2**200", "10**400", "-10**400", "2**127 - 1"]:
        for name, array in arrays.items():
            for op in "+ - * / // % < <= == !=".split():
                if name == "c" and op in "*/":
                    continue
                exact(golden, f"{name} {op} ({number})", {name: array})
                exact(golden, f"({number}) {op} {name}", {name: array})
            exact(golden, f"where(t, {name}, {number})", {"t": arrays["t"], name: array})
        exact(golden, f"clip(u, 0, {number})" if "-1" not in number and "-2" not in number else f"clip(f, {number}, 1)", {"u": arrays["u"], "f": arrays["f"]})
        exact(golden, f"maximum(1, {number})", {})
    for kind in "bool int8 uint8 int32 int64 uint64 float16 float32 float64 complex64".split():
        for number in ["nan", "inf", "-inf", "1.9", "-1.9", "300", "-1", "2**63", "2**200", "10**400", "1e10", "1e300", "256.0", "1+2j", "2+0j", "0j", "True"]:
            if kind != "bool":
                exact(golden, f"{kind}({number})", {})


def subscripts(golden):
    a = np.arange(24.0).reshape(4, 6)
    for expr in [
        "a[(0, 2)]", "a[((0, 2))]", "a[()]", "a[(1,)]", "a[1,]", "a[(slice_free), :]", "a[(..., 1)]", "a[(None, 1)]", "a[..., ...]", "a[(..., ...)]", "a[..., 1, ...]", "a[1.0]", "a[1.0:]", "a[:2.0]", "a[::1.0]", "a['x']", "a[1j]", "a[0, 1.5]",
        "a[-1, -6:]", "a[True:3]", "a[None, ..., None]", "a[3][::-2][1]", "a[0, 0, 0]", "a[2**70]", "a[:2**70]", "a[-2**70:]", "a[::2**70][:, ::-2**70]", "a[::2**62][::2**62]",
    ]:  # fmt: skip
        exact(golden, expr.replace("slice_free", "3"), {"a": a})
