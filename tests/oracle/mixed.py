"""Random compositions of the whole vocabulary. The elements are small whole numbers, so that sums are exact in any order
and every answer is NumPy's to the bit.

`ARRSTORE_MIXED=100000 ARRSTORE_SEED=7` asks for another number of expressions and another seed.
"""

import os
import random
import re

import numpy as np
import values
from container import evaluate

DTYPES = ["float64", "float64", "float32", "int64", "int32", "uint8", "int8", "bool"]
# Sums of a few hundred elements below this are exact in float32.
LARGEST = 1 << 14
# Elements of an intermediate result.
SIZE = 1500
COUNT = 1200


def axis_of(rng, a):
    return rng.randrange(-a.ndim, a.ndim)


def some(rng, n, count=None):
    """Indices into an axis of `n`, negative ones too, as text."""
    return [rng.randrange(-n, n) for _ in range(count or rng.randrange(1, 5))]


def is_float(a):
    return a.dtype.kind == "f"


def number(rng, a):
    return rng.choice([0, 1, 2, 3]) if a.dtype.kind in "ub" else rng.choice([-3, -1, 0, 1, 2, 0.5 if is_float(a) else 4])


# Each takes the generator, the text of an array and its value, and gives a text, or nothing where it does not apply.
def elementwise(rng, x, a):
    c = number(rng, a)
    return rng.choice([
        f"-({x})" if a.dtype != bool else f"~({x})", f"abs({x})", f"(({x}) > {c})", f"(({x}) == {c})", f"({x}) * {c}", f"({x}) + {c}", f"clip({x}, {c}, {c + 3})", f"sign({x})" if a.dtype != bool else f"logical_not({x})",
        f"where(({x}) > {c}, {x}, {c})", f"square({x})", f"isin({x}, [0, 1, {c}])", f"nan_to_num({x})", f"isnan({x})" if is_float(a) else f"({x}) // 2", f"maximum({x}, {c})",
        f"astype({x}, int32)" if not is_float(a) else f"floor({x})", f"isclose({x}, {c})", f"divmod({x}, 3)[{rng.randrange(2)}]" if a.dtype != bool else f"({x}) ^ True", f"heaviside({x}, 1)" if is_float(a) else f"gcd({x}, 6)" if a.dtype.kind == "i" else f"({x}) | ({x})",
    ])  # fmt: skip


def reductions(rng, x, a):
    if not a.ndim or not a.size:
        return None
    k = axis_of(rng, a)
    name = rng.choice("sum max min any all argmax argmin mean ptp count_nonzero median".split())
    if name in ("ptp",) and a.dtype == bool or name == "median" and a.dtype == bool:
        return None
    where = rng.choice([f", axis={k}", "", f", axis={k}, keepdims=True"])
    return f"{name}({x}{where})"


def scans(rng, x, a):
    if not a.ndim:
        return None
    k = axis_of(rng, a)
    return rng.choice([f"cumsum({x}, axis={k})", f"diff({x}, axis={k})" if a.dtype != bool else None, f"maximum.accumulate({x}, axis={k})", f"cumsum({x})"])


def shapes(rng, x, a):
    if not a.ndim:
        return f"({x})[None]"
    k = axis_of(rng, a)
    n = a.shape[k]
    pads = [(rng.randrange(3), rng.randrange(3)) for _ in range(a.ndim)]
    return rng.choice([
        f"({x}).T", f"ravel({x})", f"flip({x}, axis={k})", f"roll({x}, {rng.randrange(-4, 5)}, axis={k})", f"roll({x}, {rng.randrange(-4, 5)})", f"repeat({x}, {rng.randrange(1, 3)}, axis={k})", f"tile({x}, {rng.randrange(1, 3)})",
        f"pad({x}, {pads})", f"pad({x}, {pads}, mode='edge')" if a.size else None, f"pad({x}, 1, mode='{rng.choice(['reflect', 'symmetric', 'wrap'])}')" if min(a.shape) > 2 else None,
        f"concatenate(({x}, {x}), axis={k})", f"stack(({x}, {x}), axis={k})", f"reshape({x}, (-1, 1))" if a.size else None, f"reshape(({x}).T, -1)", f"swapaxes({x}, 0, {k})", f"expand_dims({x}, {rng.randrange(a.ndim + 1)})",
        f"tril({x})" if a.ndim > 1 else f"diag({x})", f"triu({x}, 1)" if a.ndim > 1 else f"({x})[:, None]", f"diagonal({x})" if a.ndim > 1 else None, f"rot90({x})" if a.ndim > 1 else None,
        f"insert({x}, 0, {number(rng, a)}, axis={k})" if n else None, f"delete({x}, {rng.randrange(-n, n)}, axis={k})" if n else None, f"append({x}, {x}, axis={k})", f"atleast_2d({x})", f"split({x}, [1], axis={k})[{rng.randrange(2)}]",
        f"sliding_window_view({x}, 2, axis={k})" if n > 1 else None,
    ])  # fmt: skip


def indices(rng, x, a):
    if not a.ndim or not all(a.shape):
        return None
    k = axis_of(rng, a)
    c = number(rng, a)
    first = a.shape[0]
    return rng.choice([
        f"({x})[{some(rng, first)}]", f"take({x}, {some(rng, a.shape[k])}, axis={k})", f"take({x}, {some(rng, a.size)})", f"({x})[({x}) > {c}]", f"nonzero(({x}) > {c})[{rng.randrange(a.ndim)}]", f"argwhere({x})", f"flatnonzero({x})",
        f"({x})[..., {some(rng, a.shape[-1])}]", f"({x})[{some(rng, first, 3)}, {some(rng, a.shape[1], 3)}]" if a.ndim > 1 else None, f"compress({[rng.random() < 0.5 for _ in range(a.shape[k])]}, {x}, axis={k})", f"({x})[::-1]", f"({x})[::2]", f"({x})[{rng.randrange(-first, first)}]",
        f"take_along_axis({x}, argsort({x}, axis={k}, kind='stable'), axis={k})", f"({x})[sum(({x}) > {c}, axis=-1) > 0]" if a.ndim > 1 else None, f"({x})[None, {some(rng, first)}, ...]",
    ])  # fmt: skip


def order(rng, x, a):
    if not a.ndim or not a.size:
        return None
    k = axis_of(rng, a)
    return rng.choice([
        f"sort({x}, axis={k})", f"sort({x}, axis=None)", f"argsort({x}, axis={k}, kind='stable')", f"unique({x})", f"unique({x}, return_counts=True)[1]", f"unique({x}, return_inverse=True)[1]", f"searchsorted(sort({x}, axis=None), {x})",
        f"quantile({x}, 0.5, axis={k})" if a.dtype != bool and is_float(a) else None, f"percentile({x}, [25, 50], axis={k})" if a.dtype == np.float64 else None, f"histogram({x}, 4, (-8, 8))[0]" if a.dtype != bool else None,
        f"bincount(ravel(abs(astype({x}, int64)) % 7))" if not is_float(a) else None, f"digitize({x}, [-1, 0, 2])" if a.dtype != bool else None, f"union1d({x}, [1, 2])", f"setdiff1d({x}, [1, 2])", f"intersect1d({x}, [0, 1, 2])",
        f"lexsort((ravel({x}), ravel({x})))", f"sort({x}, axis={k})[..., :2]",
    ])  # fmt: skip


def products(rng, x, a):
    if a.ndim == 2 and a.size:
        return rng.choice([f"({x}) @ ({x}).T", f"einsum('ij,kj->ik', {x}, {x})", f"einsum('ij->j', {x})", f"trace({x})", f"inner({x}, {x})", f"tensordot({x}, {x}, axes=([0], [0]))", f"einsum('ij,ij->i', {x}, {x})"])
    if a.ndim == 1 and a.size:
        return rng.choice([f"outer({x}, {x})", f"convolve({x}, [1, 2, 1])", f"correlate({x}, [1, 2], mode='same')", f"dot({x}, {x})", f"kron({x}, [1, 2])", f"trapezoid({x})" if is_float(a) else f"vdot({x}, {x})"])
    return None


def pairs(rng, x, a, y, b):
    try:
        np.broadcast_shapes(a.shape, b.shape)
    except ValueError:
        return None
    op = rng.choice(["+", "*", "-", "<", "==", "maximum", "minimum", "where"])
    if op in ("maximum", "minimum"):
        return f"{op}({x}, {y})"
    if op == "where":
        return f"where({x}, {x}, {y})"
    if op == "-" and a.dtype == b.dtype == bool:
        return None
    return f"({x}) {op} ({y})"


STEPS = [elementwise, elementwise, reductions, scans, shapes, shapes, indices, indices, order, order, products]


def fits(want):
    """Whether an answer is small, and whole enough that sums of it stay exact."""
    if want.dtype.kind not in "fiub" or want.size > SIZE:
        return False
    if want.dtype.kind != "f":
        return want.dtype.kind == "b" or not want.size or all(abs(int(n)) < LARGEST for n in want.flat)
    finite = want[np.isfinite(want)]
    quarters = finite.astype(np.float64) * 4
    return bool(np.all(quarters == np.floor(quarters)) and np.all(np.abs(finite) < LARGEST))


# Functions whose answer is one of several equal elements, or their order.
CHOOSES = re.compile(r"\b(sort|unique|median|quantile|percentile|max|min|ptp|maximum|minimum|clip|union1d|setdiff1d|intersect1d)\b")


def is_open(frame, *arrays):
    """Whether the answer of a step depends on which zero stands for zeros of both signs, which is NumPy's accident."""
    return bool(CHOOSES.search(frame)) and any(is_float(a) and np.any(np.signbit(a) & (a == 0)) for a in arrays)


def expression(rng, inputs):
    """A text of one to five steps, and NumPy's answer."""
    x = rng.choice(list(inputs))
    a = inputs[x]
    for _ in range(rng.randrange(1, 6)):
        if rng.random() < 0.15:
            y = rng.choice(list(inputs))
            text, beside = pairs(rng, x, a, y, inputs[y]), [inputs[y]]
        else:
            text, beside = rng.choice(STEPS)(rng, x, a), []
        if text is None or len(text) > 500 or is_open(text if x in inputs else text.replace(x, ""), a, *beside):
            continue
        try:
            want = evaluate(text, inputs)
        except Exception:  # noqa: BLE001 - refusals have families of their own
            continue
        if fits(want):
            x, a = text, want
    return x, a


def mixed(golden):
    rng = random.Random(int(os.environ.get("ARRSTORE_SEED", "1")))
    count = int(os.environ.get("ARRSTORE_MIXED", COUNT))
    shapes = [(), (1,), (7,), (23,), (4, 5), (6, 6), (1, 9), (3, 4, 5), (2, 1, 3, 4), (0,), (3, 0)]
    pool = []
    for seed in range(24):
        dtype = np.dtype(rng.choice(DTYPES))
        shape = shapes[seed % len(shapes)]
        array = np.random.default_rng(seed).integers(0 if dtype.kind in "ub" else -6, 2 if dtype == bool else 7, shape).astype(dtype)
        if is_float(array) and array.size > 8 and rng.random() < 0.3:
            array.flat[rng.randrange(array.size)] = np.nan
        pool.append(array)
    done, seen = 0, set()
    while done < count:
        inputs = {name: rng.choice(pool) for name in "ab"}
        text, want = expression(rng, inputs)
        used = {n: v for n, v in inputs.items() if n in compile(text, "", "eval").co_names}
        key = (text, *(id(v) for v in used.values()))
        if text in inputs or key in seen:
            continue
        seen.add(key)
        golden.case(text, used, want)
        done += 1
