"""Sorting, searching, sets."""

import numpy as np


def order(d, x, v):
    axis = d.choice([str(d.axis(v)), "None"])
    n = v.shape[int(axis)] if axis != "None" and -v.ndim <= int(axis) < v.ndim else v.size
    kind = d.choice(["", "kind='stable'", "stable=True", "kind='heapsort'"])
    sought = [x, d.number(), "[0, 1.5]"] if v.dtype.kind in "biufc" else [x, d.small(v)]
    kth = d.choice([str(d.some(-n, n) if n else 0), str([d.some(n) if n else 0 for _ in range(2)])])
    return d.choice([
        lambda: d.call("sort", x, f"axis={axis}", kind, method=False),
        lambda: d.call("argsort", x, f"axis={axis}", d.choice(["kind='stable'", "stable=True"])),
        # the order of the others is free
        lambda: f"np.sort({d.door('partition')}({x}, {kth}, axis={axis}), axis={axis})",
        lambda: f"np.take_along_axis(np.asarray({x}), np.asarray({d.door('argpartition')}({x}, {kth.strip('[]').split(',')[0]}, axis=-1)), axis=-1)[..., {kth.strip('[]').split(',')[0]}]",
        lambda: d.call("searchsorted", f"np.sort({x}, axis=None)", d.choice(sought), d.choice(["", "side='right'", "'left'"]), method=False),
        lambda: f"{d.door('lexsort')}(({x}, {d.choice([x, f'-{x}' if v.dtype.kind != 'b' else x])}){d.maybe(0.4, f', axis={axis}')})",
        lambda: f"np.searchsorted({[-2, 0, 1, 3] if v.dtype.kind in 'biufc' else f'np.sort({x}, axis=None)'}, {x}{d.maybe(0.3, ', side=' + repr('right'))})",
    ])()  # fmt: skip


def sets(d, x, v):
    other = d.choice(["[0, 1, 2]", x, d.number(), d.beside(v), "[]"] if v.dtype.kind in "biufc" else [x, d.beside(v)])
    flags = "".join(d.maybe(0.4, f", return_{name}=True") for name in ("index", "inverse", "counts"))
    return d.choice([
        lambda: f"{d.door('unique')}({x}{flags})",
        # NumPy orders lines with NaN by their bytes
        lambda: f"{d.door('unique')}({x}{flags}, axis={d.axis(v)})" if v.dtype.kind not in "fc" or not np.isnan(v).any() else None,
        lambda: f"{d.door('unique')}({x}, equal_nan=False)",
        lambda: f"np.sort({d.door('unique_values')}({x}))",
        # which of several NaN is which is open
        lambda: d.call(d.choice(["unique_counts", "unique_inverse", "unique_all"]) if v.dtype.kind in "biuUS" else "unique_counts", x),
        lambda: d.call(d.choice(["union1d", "setdiff1d", "setxor1d", "intersect1d"]), x, other),
        lambda: f"{d.door('intersect1d')}({x}, {other}, return_indices=True)",
        lambda: d.call("isin", x, other, d.maybe(0.3, "invert=True")),
        lambda: d.call(d.choice(["array_equal", "array_equiv", "allclose"]), x, d.choice([x, other]), d.maybe(0.2, "equal_nan=True") if v.dtype.kind not in "SU" else ""),
    ])()  # fmt: skip
