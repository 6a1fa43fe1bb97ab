"""Products over chosen axes: einsum, tensordot and their kin; methods of functions of two arrays."""

import numpy as np
import values
from chosen import near
from container import BF16, error_kind, evaluate
from views import names

EPS = {"float16": 2.0**-9, "float32": 2.0**-22, "complex64": 2.0**-22, "bfloat16": 2.0**-6}


def contractions(golden):
    for dtype in values.ALL:
        if dtype == BF16:
            continue  # ml_dtypes registers no products, and NumPy widens by accident
        products(golden, dtype)
        einstein(golden, dtype)
        methods(golden, dtype)
    mixed(golden)
    refusals(golden)


def data(dtype):
    make = lambda shape, seed: values.moderate(dtype, shape, seed, low=-4, high=4)  # noqa: E731
    return {"a": make((5, 6), 71), "b": make((6, 7), 72), "c": make((5, 7), 73), "t": make((3, 5, 6), 74), "u": make((3, 6, 4), 75), "v": make((6,), 76), "w": make((5,), 77), "q": make((4, 4), 78), "r": make((3, 3, 2), 79), "k": make((), 80), "x": make((4, 3), 81), "y": make((3,), 82), "p": make((4, 2), 83)}


def hold(golden, expr, arrays, dtype):
    used = {n: v for n, v in arrays.items() if n in names(expr)}
    # a product of many arrays adds up larger numbers
    size = 2000 if expr.count(",") < 6 else 8000000
    near(golden, expr, used, size * EPS.get(dtype.name, 2.0**-51))


def products(golden, dtype):
    arrays = data(dtype)
    for expr in (
        "dot(a, b)", "dot(a, v)", "dot(v, v)", "dot(k, a)", "dot(a, 2)", "dot(t, b)", "dot(t, u)", "dot(a, u)", "dot(v, u)", "a.dot(b)", "dot(t, v)", "inner(a, a)", "inner(t, a)", "inner(a, v)", "inner(k, a)", "inner(v, v)", "inner(3, 4)", "vdot(a, a)", "vdot(v, v)", "vdot(k, k)", "vdot(3, 4)", "vecdot(a, v)", "vecdot(a, a)",
        "vecdot(t, a)", "vecdot(a, a, axis=0)", "vecdot(t, t, axis=1)", "matvec(a, v)", "matvec(t, v)", "matvec(t, a[:3])", "vecmat(v, b)", "vecmat(w, t)", "vecmat(a[:3], u)", "tensordot(a, b, 1)", "tensordot(t, t, 2)", "tensordot(a, a)", "tensordot(t, u, axes=([0, 2], [0, 1]))", "tensordot(t, a, axes=([2, 1], [1, 0]))", "tensordot(a, v, axes=0)", "tensordot(t, v, (2, 0))",
        "tensordot(a, b, axes=(-1, 0))", "tensordot(t, t, ([1], [1]))", "tensordot(k, k, 0)", "outer(v, w)", "outer(k, v)", "outer(2, v)", "cross(x, y)", "cross(y, y)", "cross(x, x[::-1])", "cross(x.T, x, axisa=0)", "cross(x.T, x.T, axis=0)", "cross(x, x, axisc=0)", "cross(p, p[::-1])", "cross(p, x)", "cross(x, p)", "cross(p, y)",
        "kron(v, w)", "kron(p, v)", "kron(v, p)", "kron(p, q[:2])", "kron(k, p)", "kron(r, p)", "outer(p, v)", "vdot(a, a.T)",
    ):  # fmt: skip
        hold(golden, expr, arrays, dtype)


def einstein(golden, dtype):
    arrays = data(dtype)
    for expr in (
        "einsum('ij,jk->ik', a, b)", "einsum('ij,jk', a, b)", "einsum('ij,jk->ki', a, b)", "einsum('ij,jk,ik->i', a, b, c)", "einsum('ij,jk,ik', a, b, c)", "einsum('ij,jk,ik->i', a, b, c, optimize=True)", "einsum('ij,jk,ik->j', a, b, c, optimize=False)", "einsum('ij,jk,ik->i', a, b, c, optimize='optimal')", "einsum('ij,jk,ik->i', a, b, c, optimize=['einsum_path', (1, 2), (0, 1)])",
        "einsum('ij->ji', a)", "einsum('ij->', a)", "einsum('ij->i', a)", "einsum('ij->j', a)", "einsum('ij', a)", "einsum('ba', a)", "einsum('i,i', v, v)", "einsum('i,j', v, w)", "einsum('i,j->ji', v, w)", "einsum('i,ij->j', w, a)", "einsum('ij,j->i', a, v)", "einsum('ij,ij->ij', a, a)", "einsum('ij,ij', a, a)", "einsum('i->', v)", "einsum(',ij', 2, a)", "einsum(',', 2, 3)", "einsum('', k)",
        "einsum('bij,bjk->bik', t, u)", "einsum('bij,bjk->ik', t, u)", "einsum('bij,bjk', t, u)", "einsum('bij,bjk->kib', t, u)", "einsum('...ij,...jk->...ik', t, u)", "einsum('...j,jk->...k', t, b)", "einsum('ij...,jk...->ik...', a, b)", "einsum('...,...', a, v)", "einsum('i...->...', t)", "einsum('...', t)", "einsum('...i->i...', t)", "einsum('b...,b...', t, t)", "einsum('...ij,j', t, v)", "einsum('bij,i->bj', t, w)",
        "einsum('ii', q)", "einsum('ii->i', q)", "einsum('iij->ij', r)", "einsum('iij->j', r)", "einsum('iij,i->j', r, y)", "einsum('...ii->...i', q[None])", "einsum('ii,jj->ij', q, q)", "einsum('i,i', v[:1], v)", "einsum('ij,jk', a[:, :1], b)", "einsum('bij,bjk->bik', t[:1], u)", "einsum('bij,bij->b', t, t)", "einsum('bij,cij->bc', t, t)", "einsum('bij,bik->jk', t, t)", "einsum(' i j , j k -> i k ', a, b)", "einsum('ab,bc,cd,da', a, b, b.T, a.T)",
        "einsum('ab,bc,cd,de,ef,fg->ag', a, b, b.T, a.T, a, b, optimize='greedy')", "einsum('ij,ij,ij->', a, a, a)", "einsum('i,j,k->ijk', v, w, y)", "einsum(a, [0, 1], b, [1, 2], [0, 2])", "einsum(a, [0, 1], b, [1, 2])", "einsum(t, [0, ...], [...])", "einsum('ij,jk->ik', a.T[::-1].T, b[:, ::2])", "einsum('ij->i', a[:, :0])", "einsum('ij,jk->ik', a[:, :0], b[:0])", "einsum('Aa,aB', a, b)",
        "einsum('ij,jk->ik', a, b, dtype=complex128)",
    ):  # fmt: skip
        hold(golden, expr, arrays, dtype)


def methods(golden, dtype):
    arrays = data(dtype)
    for expr in (
        "add.outer(v, w)", "subtract.outer(a, v)", "multiply.outer(k, a)", "maximum.outer(v, w)", "equal.outer(w, v)", "add.outer(3, a)", "add.reduce(a)", "add.reduce(a, axis=1)", "add.reduce(t, axis=(0, 2))", "add.reduce(t, axis=None)", "add.reduce(a, 1, keepdims=True)", "multiply.reduce(p)", "maximum.reduce(a, axis=1)", "minimum.reduce(a)", "maximum.reduce(t, axis=(0, 1))", "fmax.reduce(a)",
        "fmin.reduce(a, axis=-1)", "logical_and.reduce(a)", "logical_or.reduce(a, axis=1)", "add.reduce(k)", "maximum.reduce(k, axis=0)", "add.reduce(a, dtype=complex128)", "logical_and.reduce(a, axis=None)", "maximum.reduce(a[:0], axis=0)", "maximum.reduce(a, axis=2)", "add.reduce(a[:0])",
    ):  # fmt: skip
        hold(golden, expr, arrays, dtype)
    if dtype.kind in "if":
        for expr in ("add.reduce(a)", "maximum.accumulate(a, axis=1)"):
            near(golden, expr, {"a": arrays["a"]})
            golden.cases[-1]["expr"] = f"np.{expr}"


def mixed(golden):
    kinds = [np.dtype(n) for n in ("bool", "int8", "uint64", "int64", "float16", "float32", "complex64")]
    for x in kinds:
        for y in kinds:
            if x != y:
                arrays = {"a": data(x)["a"], "b": data(y)["b"], "v": data(y)["v"]}
                for expr in ("einsum('ij,jk->ik', a, b)", "tensordot(a, v, 1)", "einsum('ij,j->i', a, v)", "add.outer(a, v)", "vecdot(a, v)"):
                    hold(golden, expr, arrays, np.dtype("float16") if "float16" in (x.name, y.name) else np.dtype("float32"))


def refusals(golden):
    arrays = data(np.dtype("float64"))
    golden.error("einsum('ij,jk->ik', a, b, optimize='sideways')", {"a": arrays["a"], "b": arrays["b"]}, "value")
    for expr in (
        "einsum('ij->k', a)", "einsum('ij->ii', a)", "einsum('ij', a, b)", "einsum('i', a)", "einsum('ijk', a)", "einsum('ij,kj', a, b)", "einsum('i1', a)", "einsum('ij->ji->ij', a)", "einsum('i..j', a)", "einsum('...->', a)", "einsum('ii', a)", "einsum('ij,jk,kl', a, b)", "einsum('ij', 3)", "einsum('i,ij->', v, v)", "einsum('ij,jk->ik', a, b, dtype=float32)", "tensordot(a, b, 2)", "tensordot(a, b, axes=([0], [0]))",
        "tensordot(a, b, axes=([5], [0]))", "tensordot(a, b, axes=([1, 1], [0, 0]))", "tensordot(a, b, 3)", "dot(a, a)", "inner(t, v[:3])", "inner(a, w)", "vdot(a, v)", "vecdot(3, a)", "vecdot(a, w)", "matvec(v, v)", "matvec(a, w)", "vecmat(v, a)", "cross(v, v)", "cross(k, y)", "sin.outer(a, a)", "einsum('ij...,j', v, a)",
    ):  # fmt: skip
        used = {n: v for n, v in arrays.items() if n in names(expr)}
        try:
            evaluate(expr, used)
        except Exception as error:  # noqa: BLE001
            golden.error(expr, used, "value" if isinstance(error, KeyError) else error_kind(error))
        else:
            raise AssertionError(expr)
