"""Indexing by integer arrays, lists and masks; `take` and its kin; places of elements."""

import numpy as np
import values
from container import exact
from views import names

SHAPE = (7, 5, 6)

# Of a cube `a` of SHAPE, with the indices of `indices()`.
SUBSCRIPTS = """
    a[i]; a[:, i]; a[..., i]; a[i, :, 2]; a[:, :, i]; a[i, i]; a[i, :, i]; a[i, i, i]; a[:, i, i]; a[i, 1:3]; a[::-2, i]; a[::-1, :, i]; a[i, None]; a[None, i]; a[i[:, None], i]; a[i[:, None], :, i]; a[:, i[:, None], i]
    a[m]; a[:, m]; a[m, :, i[:2, None]]; a[i2]; a[:, i2]; a[i2, i]; a[:, 1, i]; a[1, :, i]; a[1, i]; a[i, 1]; a[i, ..., 1]; a[0, ..., i]; a[:, i, ..., i]; a[i, None, i]; a[None, i, None, i]; a[1, 2, i]; a[i, 0, 0]
    a[i8]; a[u8]; a[i32, u8]; a[:, u64]; a[neg]; a[neg, neg]; a[e]; a[:, e]; a[e, e]; a[i[0]]; a[i[0], :, i]; a[:, i[1], i]; a[i][:, i]; a[i[i]]; a[sort2]; a[:, :, sort2]; a[dup]; a[dup, dup]
    a[[0, 2]]; a[:, [2, 0, 2]]; a[[0, 2], [1, 3]]; a[[[0, 1], [2, 3]]]; a[[[0], [2]], [1, 3]]; a[[]]; a[:, []]; a[[-1]]; a[..., [-1, 0]]; a[[0], ..., [1]]; a[:, [0], [1]]; a[:, [0], ..., [1]]; a[[0, 2], 1:4:2]; a[(0, 1), :]; a[[0, 2]][:, [1]]
    a[[True, False, True, False, True, False, False]]; a[:, [True, False, True, False, True]]; a[..., [True, False, True, False, True, False]]; a[True]; a[False]; a[True, 1]; a[:, True]; a[False, i]; a[i, True]; a[None, True, i, :, 1]
    a[a > 1]; a[a != a]; a[a == a]; a[...,]; a[a > 1, ...]; a[..., a > 1]; a[m0]; a[m0, 1]; a[m0, :, i3]; a[:, m1]; a[:, m1, 2]; a[m0, m1[:, None][:3, 0]]; a[m01]; a[m01, 2]; a[m01, ::-2]; a[:, m12]; a[:, m12][:, ::-1]; a[..., m2]; a[m0][:, m1]
    a[a > 1][::-1]; a[a > 1][2:5]; (a + a)[i]; (a == a[:1])[:, i]; a.T[i]; a.T[:, i]; a[::-1][i]; a[:, ::2][:, :, i]; a[:, None, 1][i]; broadcast_to(a[:, :1], (7, 4, 6))[:, i3]; a[i] == a[:1]; a[i[::-1]]; a[i + 1]; a[i % 3, i // 2]
    take(a, i); take(a, i2); take(a, i, axis=0); take(a, i2, axis=1); take(a, i, axis=-1); a.take(i, 1); a.take(i); take(a, 3); take(a, 3, axis=1); take(a, [[0, 1], [2, 5]], axis=2); take(a, big, mode='wrap'); take(a, big, axis=1, mode='wrap'); take(a, big, axis=2, mode='clip')
    take(a, big, mode='clip'); take(a, neg, axis=0); take(a, [], axis=0); take(a, m, axis=1); take(a.T, i, axis=0); take(a, flat); take(a.T, flat); take(a[::-2], i2); take(a, i[0]); take(a, u8, axis=1); take(a, u64, axis=1)
    take_along_axis(a, along, axis=1); take_along_axis(a, along[:, :, :1], axis=1); take_along_axis(a, along[:1], 1); take_along_axis(a, along % 3, axis=0); take_along_axis(a, along - 2); take_along_axis(a[:, :1], along, axis=2); take_along_axis(a, flat, axis=None); take_along_axis(a.T, along.T, axis=1)
    compress(m0, a, axis=0); compress(m1, a, axis=1); compress([True, False, True], a, axis=2); compress([0, 1, 1], a); a.compress(m1, 1); compress(flat > 3, a); extract(a > 1, a); extract(m01, a); extract(m, a); extract(a, a)
    choose(three, [a[0], a[1], a[2]]); choose(three, (a[0], 7, a[:, 0, :1][:5])); choose(three, a[:3]); choose(three - 4, a[:3], mode='wrap'); choose(three - 1, [a[0], a[1]], mode='clip'); choose(m1, [a[0].T, a[1].T]); three.choose([a[0], a[1], a[2]]); choose(1, [a[0], a[1]])
    select([a > 1, a == a], [a, a + a]); select([a > 1], [a], default=7); select([m1[:, None], a > 1], [a, a[0]], a[:1]); select([a > 5], [a]); select((m2,), (a[0],), 1)
    nonzero(a)[0]; nonzero(a)[1]; nonzero(a)[2]; nonzero(a > 1)[1]; a.nonzero()[2]; where(a > 1)[0]; where(m1)[0]; argwhere(a > 1); argwhere(a); argwhere(m1); argwhere(a.T > 1); flatnonzero(a > 1); flatnonzero(a); flatnonzero(m1); a[nonzero(a > 1)] == a[a > 1]; argwhere(a != a)
    a[ix_(i, i3)]; a[ix_(m0, m1)]; a[ix_([0, 2], [True, False, True, False, False], i)]; ix_(i, i3)[1]; a[:, ix_(m1, i)[0], 0]; a[unravel_index(flat, (7, 5, 6))]; a[unravel_index(17, (7, 5, 6))]
"""  # fmt: skip

PLACES = """
    unravel_index(flat, (7, 5, 6))[0]; unravel_index(flat, (7, 5, 6))[2]; unravel_index(flat, (7, 5, 6), order='F')[1]; unravel_index(7, (4, 5))[1]; unravel_index([1, 19], (4, 5))[0]; unravel_index(flat, 210)[0]; unravel_index(u8, (9,))[0]; unravel_index(e, (3, 4))[1]
    unravel_index([1, 20], (4, 5))[0]; unravel_index([-1], (4, 5))[0]; unravel_index(flat, (3, 4))[0]; unravel_index([0.5], (4,))[0]; ravel_multi_index((i, i), (7, 5)); ravel_multi_index(([1, 3], [4, 0]), (4, 5)); ravel_multi_index((i[:, None], i), (7, 5)); ravel_multi_index((i, i), (7, 5), order='F')
    ravel_multi_index((big, big), (7, 5), mode='wrap'); ravel_multi_index((big, big), (7, 5), mode='clip'); ravel_multi_index((big, i), (7, 5), mode=('clip', 'raise')); ravel_multi_index((big, i), (7, 5)); ravel_multi_index((neg, i), (7, 5)); ravel_multi_index((i,), (7, 5)); ravel_multi_index(i2, (7, 5)); ravel_multi_index((2, 3), (7, 5))
"""  # fmt: skip

REFUSED = """
    a[big]; a[:, big]; a[[7]]; a[[-8]]; a[:, [5]]; a[i, big]; a[i, [0, 9]]; a[i, i, i, i]; a[i, i3]; a[[0, 1], [0, 1, 2]]; a[i * 1.0]; a[[0.5]]; a[['x']]; a[[None]]; a[m[:4]]; a[:, m0]; a[m0[:6]]; a[m01[:, :4]]; a[a[:1] > 1]; a[..., [0], ...]; a[[0, [1, 2]]]; a[0, 0, 0, [0]]
    take(a, [210]); take(a, big); take(a, [7], axis=0); take(a, [0], axis=3); take(a, i * 1.0); take(a[:0], [0], axis=0); take(a[:0], [0], axis=0, mode='clip'); take(a, i, mode='no'); take_along_axis(a, i, 1); take_along_axis(a, along * 1.0, 1); take_along_axis(a, along + 9, 1)
    take_along_axis(a, along[:3], 1); take_along_axis(a, along, 3); compress(m0, a, axis=1); compress([0, 0, 0, 0, 0, 0, 0, 1], a, axis=0); compress(m01, a, axis=0); compress(m0, a, axis=3); choose(three, [a[0], a[1]]); choose(three - 1, [a[0], a[1], a[2]]); choose(three * 1.0, [a[0]]); choose(three, []); choose(three, [a, a[:, :4], a])
    select([a], [a]); select([a > 1], [a, a]); select([], []); nonzero(a[0, 0, 0]); where(a > 1, a); ix_(i2); a[a > 1, 0]; a[m1]; a[[True, False]]; a[[5, 9], :, 9]; a[::0, i]
"""  # fmt: skip


def indices():
    random = np.random.default_rng(7)
    return {
        "i": np.array([3, 0, 4, 4, 1]), "i2": np.array([[0, 3], [4, -1], [2, 2]]), "i3": np.array([2, 0, 1]), "neg": np.array([-1, 0, -5, 2]), "e": np.zeros(0, np.int64), "dup": np.array([4, 4, 4, 0, 0]),
        "sort2": np.array([0, 1, 2, 4]), "i8": np.array([3, -1, 0], np.int8), "i32": np.array([3, -2, 0], np.int32), "u8": np.array([3, 1, 0], np.uint8), "u64": np.array([3, 1, 0], np.uint64), "big": np.array([5, -9, 300, 2, -1, 6, 7]),
        "flat": random.integers(0, 210, 17), "along": random.integers(0, 5, SHAPE), "three": random.integers(0, 3, (5, 6)),
        "m": np.array([True, False, True, True, False]), "m0": np.array([True, False, True, False, False, True, False]), "m1": np.array([True, True, False, False, True]), "m2": np.array([False, True, True, False, True, True]),
        "m01": random.random((7, 5)) < 0.4, "m12": random.random((5, 6)) < 0.4,
    }  # fmt: skip


def texts(lines):
    return [text.strip() for text in lines.replace("\n", ";").split(";") if text.strip()]


def indexing(golden):
    named = indices()

    def case(expr, arrays):
        every = {**named, **arrays}
        exact(golden, expr, {name: every[name] for name in names(expr) if name in every})

    for dtype in ("float64", "int16", "complex128", "bool"):
        a = values.moderate(np.dtype(dtype), SHAPE, 21)
        for expr in texts(SUBSCRIPTS):
            case(expr, {"a": a})
    a = values.moderate(np.dtype("float64"), SHAPE, 21)
    for expr in texts(PLACES) + texts(REFUSED):
        case(expr, {"a": a})
    for dtype in values.ALL:
        edges = values.plane(values.edges(dtype))
        for expr in ["a[e1]", "a[:, [0, 0]]", "a[a == a]", "a[a != 0]", "nonzero(a)[0]", "take(a, [1, 0, 2])", "where([[True]], a, a)[[0]]"]:
            exact(golden, expr, {"a": edges, **({"e1": np.array([1, 0, 1])} if "e1" in expr else {})})
    for dtype in (np.dtype("int8"), np.dtype("float64")):
        zero = values.moderate(dtype, (), 9)
        for expr in ["a[True]", "a[False]", "a[a > 0]", "a[None][[0]]", "a[[0]]", "take(a, [0, 0])", "take(a, 0)", "flatnonzero(a)", "argwhere(a)", "nonzero(a)", "a[..., True]", "extract(a, a)"]:
            exact(golden, expr, {"a": zero})
        for shape in [(0,), (3, 0), (0, 4), (2, 0, 3)]:
            empty = np.zeros(shape, dtype)
            for expr in ["a[[]]", "a[a > 0]", "nonzero(a)[0]", "argwhere(a)", "flatnonzero(a)", "a[[0]]", "a[..., [0]]", "take(a, [])", "a[:, [0]]", "a[[5]]", "take(a, [0])", "a[True]", "compress([], a, axis=0)"]:
                exact(golden, expr, {"a": empty})
        line = values.moderate(dtype, (3000,), 17)
        far = np.random.default_rng(3).integers(-3000, 3000, 400)
        sheet = values.moderate(dtype, (50, 40), 18)
        wide = np.random.default_rng(4).integers(-40, 40, 120)
        for expr in ["a[i]", "a[i % 9]", "a[a > 1]", "a[a > 4]", "a[a > 1].sum()" if dtype.kind == "i" else "a[a > 3][::-1]", "take(a, i)", "a[abs(i) // 2]", "nonzero(a > 1)[0]", "a[argwhere(a > 1)]"]:
            exact(golden, expr, {n: v for n, v in {"a": line, "i": far}.items() if n in names(expr)})
        for expr in ["a[i]", "a[:, i]", "a[i, i]", "a[i[:, None] % 7, i[:30]]", "a[a > 1]", "a[i][:, i]", "a.T[i]", "a.T[:, i]", "argwhere(a > 1)", "a[nonzero(a > 1)]", "take(a, i)", "a[:, a[0] > 1]", "a[a[:, 0] > 1]", "take_along_axis(a, abs(a.astype(int64)) % 40, axis=0)", "take_along_axis(a, abs(a.astype(int64)) % 40, axis=1)"]:
            exact(golden, expr, {n: v for n, v in {"a": sheet, "i": wide}.items() if n in names(expr)})
