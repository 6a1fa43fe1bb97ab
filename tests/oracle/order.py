"""Sorting: NumPy's order, with equal elements in the order in which they were."""

import numpy as np
import values
from container import error_kind, evaluate, exact


def stable(golden, expr, inputs):
    """A case whose answer is NumPy's stable one: `kind='stable'` is put in for NumPy alone."""
    try:
        want = evaluate(expr.replace(")#", ", kind='stable')"), inputs)
    except Exception as error:  # noqa: BLE001 - error_kind() raises what it does not know
        golden.error(expr.replace(")#", ")"), inputs, error_kind(error))
    else:
        golden.case(expr.replace(")#", ")"), inputs, want)


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


def order(golden):
    sorting(golden)
