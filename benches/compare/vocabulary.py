"""Work beyond arithmetic: the text for NumPy, ours where it differs, and Dask's; `None` where Dask has no such function.

`xp` is the library of each.
"""

SAME = "same"
A, AB = {"a": "a"}, {"a": "a", "b": "b"}
FIELD = {"f": "field"}

# name: files, NumPy's text, ours, Dask's
TASKS = {
    "cumsum, axis 0": (A, "xp.cumsum(a, axis=0).sum()", SAME, SAME),
    "cumsum, axis 1": (A, "xp.cumsum(a, axis=1).sum()", SAME, SAME),
    "sort, all": (A, "xp.sort(a, axis=None)[::1000].sum()", SAME, None),
    "sort, axis 1": (A, "xp.sort(a, axis=1)[:, 5000].sum()", SAME,
                     "xp.map_blocks(np.sort, a.rechunk((100, -1)), axis=1)[:, 5000].sum()"),
    "argsort, axis 0": (A, "xp.argsort(a, axis=0)[0].sum()", SAME, None),
    "median, all": (A, "xp.median(a)", SAME, None),
    "median, axis 0": (A, "xp.median(a, axis=0).sum()", SAME, "xp.median(a.rechunk((-1, 100)), axis=0).sum()"),
    "three quantiles, axis 0": (A, "xp.quantile(a, [.1, .5, .9], axis=0).sum()", SAME,
                                "xp.map_blocks(lambda b: np.quantile(b, [.1, .5, .9], axis=0), a.rechunk((-1, 100)),"
                                " chunks=((3,), (100,) * 100), dtype='f8').sum()"),
    "the 100 largest": (A, "xp.partition(a, -100, axis=None)[-100:].sum()", "topk(a, 100, axis=None).sum()",
                        "xp.topk(a.ravel(), 100).sum()"),
    "unique, float32": (FIELD, "xp.unique(f).size", SAME, None),
    "histogram": (A, "xp.histogram(a, 100, (-6, 6))[0].sum()", SAME, "xp.histogram(a, 100, (-6, 6))[0].sum()"),
    "bincount": (FIELD, "xp.bincount(f.astype('i4').ravel())[280]", SAME,
                 "xp.bincount(f.astype('i4').ravel(), minlength=400)[280]"),
    "filter": (A, "a[a > 2].sum()", SAME, SAME),
    "nonzero": (A, "xp.nonzero(a > 3)[0].sum()", SAME, SAME),
    "2000 rows": ({**A, "i": "rows"}, "a[i].sum()", SAME, "a[np.asarray(i)].sum()"),
    "2000 columns": ({**A, "i": "rows"}, "a[:, i].sum()", SAME, "a[:, np.asarray(i)].sum()"),
    "100000 points": ({**A, "i": "points1", "j": "points2"}, "a[i, j].sum()", SAME,
                      "a.vindex[np.asarray(i), np.asarray(j)].sum()"),
    "concatenate and sum": (AB, "xp.concatenate((a, b), axis=1).sum(axis=0)[0]", SAME, SAME),
    "rolling mean of 7": (A, "xp.lib.stride_tricks.sliding_window_view(a, 7, axis=0).mean(axis=-1).sum()",
                          "sliding_window_view(a, 7, axis=0).mean(axis=-1).sum()",
                          "xp.overlap.sliding_window_view(a, 7, axis=0).mean(axis=-1).sum()"),
    "diff, axis 0": (A, "xp.diff(a, axis=0).max()", SAME, SAME),
    "cov of 100 columns": (A, "xp.cov(a.reshape(1000000, 100), rowvar=False)[0, 1]", SAME, None),
    "sort texts of 10 characters": ({"t": "names"}, "(xp.sort(t) == t).sum()", SAME, None),
    "sort paths of 42 characters": ({"t": "paths"}, "(xp.sort(t) == t).sum()", SAME, None),
    "distinct texts": ({"t": "names"}, "xp.unique(t).size", SAME, None),
    "records by a field": ({"r": "people"}, "xp.argsort(r, order='name', kind='stable')[::1000].sum()", SAME, None),
    "lexsort by two keys": ({"k": "key1", "v": "key2"}, "xp.lexsort((v, k))[::1000].sum()", SAME, None),
    "einsum ij,jk,ik->i": ({"a": "m1_f8", "b": "m2_f8"}, "xp.einsum('ij,jk,ik->i', a, b, a, optimize=True).sum()",
                           SAME, SAME),
}


def text(task, who):
    """The text of a task for `arrstore`, `NumPy in RAM` or `Dask`; `None` where there is none."""
    _, numpys, ours, dasks = TASKS[task]
    own = {"arrstore": ours, "Dask": dasks}.get(who, SAME)
    return numpys if own == SAME else own
