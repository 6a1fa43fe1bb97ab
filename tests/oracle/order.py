"""Sorting: NumPy's order, with equal elements in the order in which they were."""

import numpy as np
import values
from container import BF16, error_kind, evaluate


def answer(expr, inputs):
    """NumPy's answer. bfloat16, whose NaN NumPy does not know, is ordered as float32."""
    narrow = any(a.dtype == BF16 for a in inputs.values() if isinstance(a, np.ndarray))
    want = evaluate(expr, {n: a.astype(np.float32) if getattr(a, "dtype", None) == BF16 else a for n, a in inputs.items()})
    return want.astype(BF16) if narrow and want.dtype == np.float32 else want


def exact(golden, expr, inputs):
    """A case whose answer is NumPy's to the bit, or NumPy's refusal."""
    stable(golden, expr, inputs)


def stable(golden, expr, inputs):
    """The same; `)#` stands for the end of a call that NumPy alone has to be told is stable."""
    told = expr.replace(")#", ")")
    try:
        want = answer(expr.replace(")#", ", kind='stable')"), inputs)
    except Exception as error:  # noqa: BLE001 - error_kind() raises what it does not know
        golden.error(told, inputs, error_kind(error))
    else:
        golden.case(told, inputs, want)


def zeros(dtype, shape):
    """Few values, so that many are equal; floats with zeros of both signs, NaN and infinities."""
    rng = np.random.default_rng([5, *shape])
    if dtype.kind == "b":
        return rng.random(shape) < 0.5
    if dtype.kind == "c":
        part = values.part(dtype)
        one = values.to([0.0, -0.0, 1.5, -2, np.nan, np.inf, -np.inf], part)
        return values.join(rng.choice(one, shape), rng.choice(one, shape), dtype)
    if values.is_float(dtype):
        return rng.choice(values.to([0.0, -0.0, -0.0, 1, -1, 0.5, np.nan, np.inf, -np.inf], dtype), shape)
    return rng.choice(values.ints(dtype, short=True), shape)


def sorting(golden):
    for dtype in values.ALL:
        cube = values.moderate(dtype, (7, 5, 6), 31)
        edges = values.plane(values.edges(dtype))
        many = zeros(dtype, (4, 300))
        for name in ("sort", "argsort"):
            for a in (cube, edges, many):
                for axis in ("", ", axis=0", ", axis=1", ", axis=-1", ", axis=None"):
                    stable(golden, f"{name}(a{axis})#", {"a": a})
            stable(golden, f"{name}(a, axis=None)#", {"a": np.concatenate([many.ravel()] * 20)})
        for expr in (
            "sort(a.T, axis=1)#",
            "sort(a[::-2, :, 1::2], axis=2)#",
            "argsort(a[::-2, ::-1, 1::2], axis=None)#",
            "argsort(a[:, None, :, 0], axis=0)#",
            "sort(broadcast_to(a[0], (3, 5, 6)), axis=0)#",
            "argsort(broadcast_to(a[:, :1], (7, 4, 6)), axis=1)#",
            "sort(broadcast_to(a[0], (3, 5, 6)), axis=None)#",
        ):
            stable(golden, expr, {"a": cube})
        exact(golden, "sort(a, axis=1, kind='stable')[:, 2] == sort(a, 1)[:, 2]", {"a": cube})
        exact(golden, "argsort(a, axis=0, stable=True).sum(axis=0)", {"a": cube})
    for dtype in (np.dtype("int8"), np.dtype("float32")):
        zero = values.moderate(dtype, (), 9)
        for name in ("sort", "argsort"):
            for axis in ("", ", axis=0", ", axis=-1", ", axis=1", ", axis=None"):
                exact(golden, f"{name}(a{axis})", {"a": zero})
            for shape in [(0,), (3, 0), (0, 4), (2, 0, 3)]:
                empty = np.zeros(shape, dtype)
                for axis in ("", ", axis=0", ", axis=-1", ", axis=None"):
                    exact(golden, f"{name}(a{axis})", {"a": empty})
            a = values.moderate(dtype, (4, 5), 14)
            for rest in (", axis=2", ", axis=-3", ", kind='bubble'", ", kind='stable', stable=True", ", 1, 'heapsort', None", ", 1, 2, 3, 4"):
                exact(golden, f"{name}(a{rest})", {"a": a})


def topk(a, k, axis=-1):
    """As Dask's, with NumPy's order."""
    a = answer("sort(a, axis=axis, kind='stable')", {"a": a, "axis": axis})
    axis = 0 if axis is None else axis
    a = np.take(a, range(a.shape[axis])[::-1] if k >= 0 else range(a.shape[axis]), axis=axis)
    return np.take(a, range(min(abs(k), a.shape[axis])), axis=axis)


def partitions(golden):
    for dtype in values.ALL:
        cube = values.moderate(dtype, (7, 5, 6), 33)
        for expr in (
            "partition(a, 2)[..., 2]",
            "partition(a, (1, -2), axis=0)[1]",
            "partition(a, 100, axis=None)[100]",
            "a.argpartition(3, axis=1).sum(axis=1)",
            "partition(a, 9)",
            "partition(a, -8, axis=0)",
            "argpartition(a, 2, axis=3)",
            "partition(a, 2, kind='introselect')[..., 2]",
            "partition(a, 2, kind='stable')",
        ):
            if expr == "a.argpartition(3, axis=1).sum(axis=1)":
                golden.case(expr, {"a": cube}, np.full((7, 6), 10, np.int64))
            else:
                exact(golden, expr, {"a": cube})
        for k, axis in ((2, -1), (-3, 0), (100, 1), (7, None), (-7, None), (0, 1)):
            golden.case(f"topk(a, {k}, axis={axis})", {"a": cube}, topk(cube, k, axis))
        golden.case("a.topk(3)", {"a": cube}, topk(cube, 3))
        for expr in ("lexsort((a, b))", "lexsort((b, a), axis=0)", "lexsort((a, b, a[::-1]), axis=1)", "lexsort(a)", "lexsort((a, b), axis=3)", "lexsort((a, b[0]))"):
            exact(golden, expr, {"a": cube, "b": values.moderate(np.dtype("int8"), (7, 5, 6), 3, -2, 2)})
    for expr in ("lexsort(([3, 1, 2], [1, 1, 0]))", "lexsort((1, 2))", "lexsort([])"):
        exact(golden, expr, {"a": np.arange(3)})


def searches(golden):
    for dtype in values.ALL:
        edges = np.sort(values.edges(dtype, short=True), kind="stable")
        plane = values.plane(values.edges(dtype, short=True))
        for side in ("", ", side='left'", ", side='right'"):
            exact(golden, f"searchsorted(a, v{side})", {"a": edges, "v": plane})
        mixed = values.moderate(dtype, (60,), 8)
        exact(golden, "searchsorted(a, v, sorter=s)", {"a": mixed, "v": plane, "s": np.argsort(mixed, kind="stable")})
        exact(golden, "a.searchsorted(v[1:3, ::-2], 'right')", {"a": edges, "v": plane})
        few = plane[1, ::2]
        for expr in ("isin(v, t)", "isin(v, t, invert=True)", "isin(v[:, ::2], t[::-1], kind='sort')", "isin(t, v.T)", "isin(v, t[:0])"):
            exact(golden, expr, {"v": plane, "t": few})
        if dtype.kind != "c":
            x = values.moderate(dtype, (6, 9), 4)
            bins = np.unique(values.moderate(dtype, (5,), 7))
            for expr in ("digitize(x, b)", "digitize(x, b, right=True)", "digitize(x, b[::-1])", "digitize(x, b[::-1], right=True)"):
                exact(golden, expr, {"x": x, "b": bins})
    ints, floats = np.array([1, 3, 3, 7], np.int16), np.array([[0.5, 3, 7.5, np.nan]], np.float32)
    for expr in (
        "searchsorted(a, v)",
        "searchsorted(a, 3)",
        "searchsorted(a, 3.5, side='right')",
        "searchsorted(a, [1, 8])",
        "searchsorted(v, a)",
        "searchsorted(a, v, side='middle')",
        "searchsorted(a, v, sorter=[0, 1])",
        "searchsorted(a, v, sorter=[0, 1, 2, 9])",
        "searchsorted(a, v, sorter=[0.0, 1.0, 2.0, 3.0])",
        "searchsorted(a[:0], v)",
        "digitize(v, a)",
        "digitize(v, [3, 1, 2])",
        "digitize(v, [[1, 2]])",
        "digitize(v, [5])",
        "digitize(5, a)",
        "isin(a, v)",
        "isin(3, a)",
        "isin(a, 3)",
        "isin(a, [3, 300])",
    ):
        exact(golden, expr, {"a": ints, "v": floats})


def sets(golden):
    for dtype in values.ALL:
        cube = values.moderate(dtype, (7, 5, 6), 35, low=-3, high=4)
        edges = values.plane(values.edges(dtype))
        if values.is_float(dtype) or dtype.kind == "c":
            # which zero stands for both is NumPy's accident
            plain = lambda x: np.where(x == 0, np.zeros((), x.dtype), x)  # noqa: E731
            edges = values.join(plain(edges.real), plain(edges.imag), dtype) if dtype.kind == "c" else plain(edges)
            # and so is which complex NaN stands for all
            edges = np.where(np.isnan(edges), np.full((), np.nan * (1 + 1j) if dtype.kind == "c" else np.nan, dtype), edges)
        for a in (cube, edges):
            exact(golden, "unique(a)", {"a": a})
            for k in range(4):
                exact(golden, f"unique(a, return_index=True, return_inverse=True, return_counts=True)[{k}]", {"a": a})
            exact(golden, "unique(a, return_counts=True)[1]", {"a": a})
            exact(golden, "unique(a, return_inverse=True)[1]", {"a": a})
        exact(golden, "unique(a[::-2, :, 1::2].T)", {"a": cube})
        exact(golden, "unique(a, equal_nan=False, return_counts=True)[1]", {"a": edges})
        exact(golden, "unique_counts(a)[1]", {"a": edges})
        exact(golden, "unique_inverse(a)[1].shape[0]", {"a": cube})
        exact(golden, "unique_inverse(a)[1]", {"a": cube})
        exact(golden, "unique_all(a)[1]", {"a": cube})
        exact(golden, "sort(unique_values(a))", {"a": edges})
        one, other = edges[:, ::2], edges[:, 1::3]
        for name in ("union1d", "intersect1d", "setdiff1d", "setxor1d"):
            exact(golden, f"{name}(a, b)", {"a": one, "b": other})
            exact(golden, f"{name}(b, a[:0])", {"a": one, "b": other})
        for k in range(3):
            exact(golden, f"intersect1d(a, b, return_indices=True)[{k}]", {"a": one, "b": other})
    parts(golden)
    small, large = np.array([3, 1, 2, 1], np.int8), np.array([2.0, 300, 1], np.float32)
    for expr in (
        "union1d(a, b)",
        "intersect1d(a, b)",
        "setdiff1d(a, b)",
        "setdiff1d(b, a)",
        "setdiff1d(a, b, assume_unique=True)",
        "setxor1d(a, b)",
        "union1d(a, [7, 8])",
        "unique(5)",
        "unique([2, 1, 2])",
        "unique(a)[-1] + a",
    ):
        exact(golden, expr, {"a": small, "b": large})
    for shape in [(0,), (3, 0)]:
        for k in range(4):
            exact(golden, f"unique(a, True, True, True)[{k}]", {"a": np.zeros(shape, np.float32)})


def parts(golden):
    """Parts along an axis. Zeros of two signs are left out: NumPy takes any of them."""
    every = "return_index=True, return_inverse=True, return_counts=True"
    for dtype in values.ALL:
        if dtype == BF16:
            continue  # NumPy does not order records of it
        cube = values.moderate(dtype, (7, 2, 3), 36, low=0, high=1)
        if dtype.kind in "fc":
            cube = np.round(cube) + 0
        for axis in (0, 1, 2, -1):
            exact(golden, f"unique(a, axis={axis})", {"a": cube})
            for k in range(4):
                exact(golden, f"unique(a[:, :, :2].T, {every}, axis={axis})[{k}]", {"a": cube})
        rows = np.concatenate([cube[:, :, 0]] * 5)
        for k in range(4):
            exact(golden, f"unique(a, {every}, axis=0)[{k}]", {"a": rows})
            exact(golden, f"unique(a[::-1], {every}, axis=1)[{k}]", {"a": rows[:, [0, 1, 0, 1, 1]]})
        if dtype.kind == "f" and dtype.itemsize > 2:
            # among fields of records, NumPy takes a float16 that is NaN for the smallest one
            rows = rows.copy()
            rows[::4, 1], rows[3, 0] = np.nan, np.inf
            for k in range(4):
                exact(golden, f"unique(a, {every}, axis=0)[{k}]", {"a": rows})
                exact(golden, f"unique(a, {every}, axis=0, equal_nan=False)[{k}]", {"a": rows})
    rng = np.random.default_rng(3)
    others = {"M8[s]": rng.integers(0, 2, (9, 2)), "m8[D]": rng.integers(0, 2, (9, 2)), "S2": rng.choice(["", "a", "ab"], (9, 2)), "U3": rng.choice(["é", "ab", "a"], (9, 2))}
    for name, rows in others.items():
        rows = rows.astype(name)
        if name[0] in "Mm":
            rows[2:4, 1] = "NaT"
        for k in range(4):
            exact(golden, f"unique(a, {every}, axis=0)[{k}]", {"a": rows})
    wide = rng.integers(0, 2, (40, 3)).astype(np.int8)[:, np.arange(50) % 3]
    for expr in ("unique(a, axis=0)", "unique(a, axis=1)", "unique(a, True, True, True, 1)[2]", "unique(a[0], axis=0)", "unique(a[0], axis=-1, return_index=True)[1]", "unique(a, axis=2)", "unique(a, axis=-3)", "unique(a[0], axis=1)", "unique(a[0, 0], axis=0)", "unique(a[:, :1], axis=1)", "unique(a[:1], axis=0)", "unique(a, axis=0).sum(axis=1)", "unique(a, axis=None)"):
        exact(golden, expr, {"a": wide})
    for shape in ((0, 3), (3, 0), (2, 0, 3), (0, 2, 0)):
        for axis in range(len(shape)):
            for k in range(4):
                exact(golden, f"unique(a, {every}, axis={axis})[{k}]", {"a": np.zeros(shape, np.float32)})


def order(golden):
    sorting(golden)
    partitions(golden)
    searches(golden)
    sets(golden)
