"""Cumulative sums and products: NumPy adds one element after the other, and so every bit is held."""

import numpy as np
import values
from container import exact

NAMES = ("cumsum", "cumprod")
CUMULATIVE = ("cumulative_sum", "cumulative_prod")


def scans(golden):
    for dtype in values.ALL:
        cube = values.moderate(dtype, (7, 5, 6), 31, low=-3, high=4)
        edges = values.plane(values.edges(dtype))
        for name in NAMES:
            for axis in ("", ", axis=0", ", axis=1", ", axis=-1"):
                exact(golden, f"{name}(a{axis})", {"a": cube})
            for expr in (f"{name}(a.T, axis=1)", f"{name}(a[::-2, :, 1::2], axis=2)", f"a[0].{name}(1)", f"{name}(a[:, :1] - a[:1], axis=0)"):
                exact(golden, expr, {"a": cube})
            if dtype.kind != "c" or name == "cumsum":
                # NumPy fuses some complex products; the answers for edge values differ by its own loops.
                for axis in (0, 1):
                    exact(golden, f"{name}(a, axis={axis})", {"a": edges})
        for name in CUMULATIVE:
            for axis in (0, 1, 2):
                exact(golden, f"{name}(a, axis={axis})", {"a": cube})
                exact(golden, f"{name}(a, axis={axis}, include_initial=True)", {"a": cube})
            exact(golden, f"{name}(a[0, 0])", {"a": cube})
            exact(golden, f"{name}(a[0, 0], include_initial=True)", {"a": cube})
        for kind in ("float64", "complex64", "int8", "uint64", "float16", "bool"):
            wanted = np.dtype(kind)
            if np.can_cast(dtype, wanted, "same_kind") or dtype.kind in "biu":
                exact(golden, f"cumsum(a, axis=1, dtype={kind})", {"a": cube})
                exact(golden, f"cumprod(a, axis=1, dtype={kind})", {"a": cube})
        exact(golden, "cumsum(a, axis=1)[:, -1] + a[:, 0]", {"a": cube})
        exact(golden, "max(cumsum(a, axis=0), axis=0)" if dtype.kind != "c" else "cumsum(cumsum(a, axis=0), axis=2)", {"a": cube})
    for dtype in (np.dtype("int8"), np.dtype("float32")):
        zero = values.moderate(dtype, (), 9)
        for expr in ("cumsum(a)", "cumprod(a, axis=0)", "cumsum(a, axis=-1)", "cumulative_sum(a)", "cumulative_sum(a, include_initial=True)", "cumsum(a, axis=1)"):
            exact(golden, expr, {"a": zero})
        for shape in [(0,), (3, 0), (0, 4), (2, 0, 3)]:
            empty = np.zeros(shape, dtype)
            for axis in ("", ", axis=0", ", axis=-1"):
                exact(golden, f"cumsum(a{axis})", {"a": empty})
                exact(golden, f"cumulative_prod(a{axis}, include_initial=True)", {"a": empty})
        a = values.moderate(dtype, (4, 5), 14)
        for expr in ("cumsum(a, axis=2)", "cumsum(a, axis=-3)", "cumulative_sum(a)", "cumsum(a, axis=(0, 1))", "cumprod(a, 1, 2, 3, 4)", "cumsum(-0.0 * a, axis=0)"):
            exact(golden, expr, {"a": a})
        long = values.moderate(dtype, (3000,), 17)
        for expr in ("cumsum(a)", "cumprod(a / 8)", "cumsum(a * 0.1)"):
            exact(golden, expr, {"a": long})
