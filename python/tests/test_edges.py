"""Calls at the edge of what NumPy takes: its answer, or an error of its class."""

import numpy as np
import pytest
from conftest import same

import arrstore

L = arrstore.asarray
WORDS = np.array(["2020", "2021"], "M8[Y]")
NUMBERS = np.arange(3)
RECORDS = np.zeros(4, [("x", "f4"), ("c", "c8"), ("z", "i2")])
RECORDS["c"] = [1, 2, 3j, 4]


def both(call):
    """NumPy's answer and ours are the same to the bit, or NumPy's error and ours are of one class."""
    try:
        wanted = np.asarray(call(lambda x: x))
    except Exception as error:
        # a class of NumPy's own stands for the class that it extends
        kind = next(kind for kind in type(error).__mro__ if kind.__module__ == "builtins")
        with pytest.raises(kind):
            np.asarray(call(L))
        return
    found = np.asarray(call(L))
    same(found, wanted)
    if wanted.dtype.kind == "f":
        same(np.signbit(found), np.signbit(wanted))


@pytest.mark.parametrize("name", ["x", "c", "z"])
def test_fields_whose_elements_lie_at_odd_distances(name, tmp_path):
    same(np.asarray(L(RECORDS[name])), RECORDS[name])
    with arrstore.open(tmp_path / "x.arrs", "w") as store:
        store.write("f", RECORDS[name])
    same(np.asarray(arrstore.open(tmp_path / "x.arrs")["f"]), RECORDS[name])


def test_records_become_numpys_arrays():
    for x in (RECORDS, np.ones(3, [("x", "i4"), ("y", "S3")]), np.ones(3, np.dtype([("x", "i4"), ("y", "S3")], align=True))):
        same(np.asarray(L(x)), x)
        same(np.asarray(L(x)[0]), x[0])
        same(np.asarray(arrstore.broadcast_to(L(x[0]), (2, 2))), np.broadcast_to(x[0], (2, 2)))
    assert arrstore.zeros(3, dtype=[("a", "i1"), ("b", "U4")]).dtype == np.dtype([("a", "i1"), ("b", "U4")])
    assert arrstore.zeros(3, dtype=np.dtype([("a", "i1")])).dtype == np.dtype([("a", "i1")])


def test_arrays_without_elements_have_memory_of_their_own():
    empty = np.asarray(L(np.zeros((3, 0))) + 1)
    assert empty.ctypes.data > 4096
    np.copyto(np.zeros((3, 0), "c16"), empty, where=np.zeros((3, 0), bool))


def test_many_axes():
    many = np.arange(2).reshape((1,) * 40 + (2,))
    same(np.asarray(L(many) + 1), many + 1)


@pytest.mark.parametrize("other", [2, 1.5, "x", b"x", None, np.array(["a", "b"]), np.array([1, 2], "m8[s]")])
def test_elements_that_do_not_compare_are_not_equal(other):
    for x in (WORDS, np.array(["a", "b"]), np.arange(2)):
        both(lambda f: f(x) == other)
        both(lambda f: f(x) != other)
    both(lambda f: f(np.zeros((2, 1))) == np.array(["a", "b", "c"]))


@pytest.mark.parametrize("key", [0.0, [0.5, 1.5], "a", 2**64, -(2**70), (0, 0), np.array([1.0]), {}, np.array(["a"])])
def test_what_is_no_index_is_an_index_error(key):
    with pytest.raises(IndexError):
        L(NUMBERS)[key]


def test_a_field_that_is_not_there_is_a_value_error():
    with pytest.raises(ValueError, match="nosuch"):
        L(RECORDS)["nosuch"]


CALLS = {
    "bytes": lambda f: np.where(f(np.array([b"a", b"b"])) == b"a", f(np.array([b"a", b"b"])), b""),
    "insert a slice": lambda f: np.insert(f(NUMBERS), slice(0, 2), 9),
    "delete a slice": lambda f: np.delete(f(NUMBERS), slice(None, None, 2)),
    "delete along an axis": lambda f: np.delete(f(np.arange(12).reshape(3, 4)), slice(1, 3), axis=1),
    "delete nested": lambda f: np.delete(f(np.arange(5)), np.array([[0, 1], [2, 1]])),
    "max of all chosen": lambda f: np.max(f(NUMBERS), where=True),
    "nanmax of all chosen": lambda f: np.nanmax(f(NUMBERS), where=True),
    "sum from -0": lambda f: np.sum(f(np.zeros(0)), initial=-0.0),
    "sum from -0 of rows": lambda f: np.sum(f(np.zeros((2, 0), "f4")), axis=1, initial=-0.0),
    "sum of -0 chosen": lambda f: np.sum(f(np.array([-0.0, 1.0])), where=[True, False]),
    "sum from 5": lambda f: np.sum(f(np.zeros((0, 3))), axis=0, initial=5),
    "prod from 5": lambda f: np.prod(f(np.zeros((0, 3), "i1")), axis=0, initial=5),
    "diff of no times": lambda f: np.diff(f(np.zeros(0, "M8[D]"))),
    "diff of no numbers": lambda f: np.diff(f(np.zeros((0, 2))), axis=0),
    "diff of no booleans": lambda f: np.diff(f(np.zeros(0, bool)), 3),
    "no weights": lambda f: np.bincount(f(np.zeros(0, int)), weights=f(np.zeros(0, int))),
    "no counts": lambda f: np.bincount(f(np.zeros(0, int)), minlength=3),
    "counts": lambda f: np.bincount(f(np.array([3, 1, 1]))),
    "counts and more": lambda f: np.bincount(f(np.array([3, 1, 1], "u1")), minlength=9),
    "large counts": lambda f: np.bincount(f(np.array([70000, 1, 1])))[[1, 70000]],
    "late large counts": lambda f: np.bincount(f(np.r_[np.zeros(20000, int), 70000])).size,
    "negative counts": lambda f: np.bincount(f(np.array([3, -1]))),
    "late negative counts": lambda f: np.bincount(f(np.r_[np.zeros(20000, int), -1])),
    "matrix of counts": lambda f: np.bincount(f(np.ones((2, 2)))),
    "flat join": lambda f: np.concatenate([f(np.ones(2, "f4")), 3.0], axis=None),
    "flat join of integers": lambda f: np.concatenate([f(np.ones(2, "u4")), 3], axis=None),
    "union with a number": lambda f: np.union1d(f(np.ones(2, "i1")), -1),
    "union with a list": lambda f: np.union1d(f(np.ones(2, "i1")), [-1]),
    "clip far above": lambda f: np.clip(f(NUMBERS), None, 10**30),
    "clip far below": lambda f: np.clip(f(NUMBERS.astype("u1")), -300, None),
    "clip between": lambda f: np.clip(f(NUMBERS.astype("i1")), -300, 1),
    "interp beside NaN": lambda f: np.interp(0.5, f(np.array([np.nan, 1.0])), [0.0, 10.0]),
    "large number beside": lambda f: f(NUMBERS) < 10**30,
    "power": lambda f: f(NUMBERS) ** -1,
    "pad less": lambda f: np.pad(f(NUMBERS), -1),
    "pad how": lambda f: np.pad(f(NUMBERS), 1, mode="x"),
    "pad widths": lambda f: np.pad(f(NUMBERS), (4, 5, 6)),
    "ddof twice": lambda f: np.var(f(NUMBERS), ddof=1, correction=1),
    "split a vector": lambda f: np.vsplit(f(NUMBERS), 1),
    "turn three axes": lambda f: np.rot90(f(np.ones((2, 2, 2))), axes=(0, 1, 2)),
    "few counts": lambda f: np.bincount(f(NUMBERS), minlength=-1),
    "negative shape": lambda f: np.broadcast_to(f(NUMBERS), -1),
    "side": lambda f: np.searchsorted(f(NUMBERS), 1, side="x"),
    "kind": lambda f: np.sort(f(NUMBERS), kind="x"),
    "initial too large": lambda f: np.sum(f(NUMBERS), initial=np.inf),
    "quantile of none": lambda f: np.quantile(f(np.zeros(0)), [0.25, 0.5]),
    "take of none": lambda f: np.take(f(np.zeros(0)), [0], mode="clip"),
    "axis of no axes": lambda f: np.take_along_axis(f(np.array(3)), np.array([0]), axis=-1),
    "axes as a range": lambda f: np.transpose(f(np.ones((2, 3, 4))), range(2, -1, -1)),
    "a range beside": lambda f: f(np.ones(3)) + np.asarray(range(3)),
    "stacked ranges": lambda f: np.stack([f(NUMBERS), range(3)]),
}


@pytest.mark.parametrize("name", CALLS)
def test_numpys_answer_or_error(name):
    both(CALLS[name])


def test_axes_without_names(tmp_path):
    with arrstore.open(tmp_path / "x.arrs", "w") as store:
        store.write("a", np.zeros((2, 3)), dims=["x", None])
        assert store["a"].dims == ("x", None)
        store.write("b", store["a"], dims=store["a"].dims)
        assert store["b"].dims == ("x", None)


def test_plain_elements_that_cannot_be(tmp_path):
    (tmp_path / "x.raw").write_bytes(bytes(8))
    for words, match in [({"shape": (2, -1)}, "negative"), ({"shape": -2}, "negative"), ({"offset": -4}, "offset")]:
        with pytest.raises(ValueError, match=match):
            arrstore.open(tmp_path / "x.raw", dtype="i4", **words)


def test_plain_elements(tmp_path):
    import pickle

    x = np.arange(12, dtype=">i4").reshape(3, 4)
    path = tmp_path / "x.raw"
    path.write_bytes(b"head!" + x.tobytes())
    found = arrstore.open(path, dtype=">i4", shape=(3, 4), offset=5)
    same(np.asarray(found), x.astype("i4"))
    same(np.asarray(pickle.loads(pickle.dumps(found[1]))), x[1].astype("i4"))
    same(np.asarray(arrstore.open(path, dtype=">i4", shape=(4, 3), offset=5, order="F")), x.T.astype("i4"))
    assert arrstore.open(path, dtype="u1").shape == (53,)
    with pytest.raises(ValueError):
        arrstore.open(path)
    with pytest.raises(ValueError, match="dtype"):
        arrstore.open(path, shape=3)
    with pytest.raises(ValueError, match="mode"):
        arrstore.open(path, "w", dtype="u1")
    with pytest.raises((ValueError, OSError)):
        np.asarray(arrstore.open(path, dtype="f8", shape=(100,)))


@pytest.mark.parametrize("to", ["f2", "f4"])
def test_floats_are_rounded_once(to):
    few = np.array([1 + 2**-11, 1 + 2**-11 + 2**-40, 1 + 2**-11 - 2**-40, 65519.99999999, 65520, 2**-25, 2**-25 + 2**-60, 1e-300, 1e300, np.nan])
    for x in (few, -few, few + 1j * few, few.astype("f4"), np.arange(2000, 70000, 7), np.arange(60000, 70000, dtype="u8")):
        with np.errstate(all="ignore"):
            same(L(x).astype(to), x.astype(to) if x.dtype.kind != "c" else x.real.astype(to))
            same(L(x.real).astype("c8"), x.real.astype("c8"))
    same(arrstore.full(2, 1 + 2**-11 + 2**-40, dtype=to), np.full(2, 1 + 2**-11 + 2**-40, to))


@pytest.mark.parametrize("mode", ["wrap", "reflect", "symmetric"])
@pytest.mark.parametrize("length", [1, 2, 3, 7])
def test_margins_of_many_periods(mode, length):
    x = np.arange(2.0 * length).reshape(2, length)
    for before, after in [(0, 40), (40, 0), (33, 50), (1, 200), (length, length)]:
        same(np.asarray(arrstore.pad(L(x), ((0, 1), (before, after)), mode=mode)), np.pad(x, ((0, 1), (before, after)), mode=mode))


def test_lists_within_each_other():
    itself = []
    itself.append(itself)
    deep = [1]
    for _ in range(100_000):
        deep = [deep]
    for wrong in (itself, deep):
        with pytest.raises(ValueError, match="deep"):
            arrstore.take(L(NUMBERS), wrong)
        with pytest.raises(IndexError, match="deep"):
            L(NUMBERS)[wrong]
    while isinstance(deep, list) and len(deep) == 1:
        deep = deep[0]


@pytest.mark.parametrize("kind", [int, float, bool, lambda k: [k, k + 1]])
def test_long_lists(kind):
    many = [kind(k % 3) for k in range(1000)]
    both(lambda asarray: np.add(asarray(np.arange(2.0) if kind not in (int, float, bool) else np.ones(1000)), many))
    both(lambda asarray: asarray(np.arange(4))[many])
    same(np.asarray(arrstore.asarray(many)), np.asarray(many))


def test_large_numbers_in_long_lists():
    many = [2**70] + [1] * 99
    with pytest.raises((OverflowError, TypeError, ValueError)):
        np.asarray(arrstore.take(L(NUMBERS), many))


@pytest.mark.parametrize("count", [0, 1, 9000, 20_001])
@pytest.mark.parametrize("shape, axis", [((20_000,), None), ((2, 20_000, 2), 1), ((20_000, 3), -2)])
def test_many_places_and_counts(count, shape, axis):
    draw = np.random.default_rng(count)
    x = draw.integers(0, 9, shape).astype("f4")
    n = x.size if axis is None else x.shape[axis]
    counts = draw.integers(0, 4, n) * (draw.random(n) < 0.3)
    same(np.asarray(arrstore.repeat(L(x), L(counts), axis=axis)), np.repeat(x, counts, axis=axis))
    places, into = draw.integers(-n, n, count), draw.integers(-n, n + 1, count)
    same(np.asarray(arrstore.delete(L(x), L(places), axis=axis)), np.delete(x, places, axis=axis))
    same(np.asarray(arrstore.delete(L(x), L(counts > 0), axis=axis)), np.delete(x, counts > 0, axis=axis))
    room = list(x.shape)
    room[axis or 0] = count
    values = draw.random(count if axis is None else room)
    same(np.asarray(arrstore.insert(L(x), L(into), values, axis=axis)), np.insert(x, into, values, axis=axis))


@pytest.mark.parametrize("period", [None, 7.5])
def test_interpolation_between_many_points(period):
    draw = np.random.default_rng(5)
    places = draw.random(200_000) * 9
    places = places if period else np.sort(places)
    values = draw.standard_normal(200_000)
    values[[5, 77]] = np.nan, np.inf
    x = np.concatenate([draw.random(5000) * 12 - 2, places[:50], [np.nan, np.inf, -np.inf, places.min(), places.max()]])
    for beyond in [{}, {"left": -1.5, "right": 3}] if period is None else [{}]:
        with np.errstate(invalid="ignore"):
            wanted = np.interp(x, places, values, period=period, **beyond)
        same(np.asarray(arrstore.interp(L(x), L(places), L(values), period=period, **beyond)), wanted)


@pytest.mark.parametrize("axis", [None, 0, 1, (0, 2)])
@pytest.mark.parametrize("kind", ["f4", "f8", "i2", "M8[s]"])
@pytest.mark.parametrize("count", [33, 300])
def test_many_quantiles(axis, kind, count):
    draw = np.random.default_rng(count)
    x = draw.integers(-500, 500, (6, 31, 5)).astype(kind)
    q = draw.random((3, count // 3))
    both(lambda asarray: np.quantile(asarray(x), q, axis=axis))
    if kind in ("f4", "f8"):
        x[2, 3, 1] = np.nan
        for method in ("linear", "inverted_cdf", "hazen", "nearest"):
            both(lambda asarray, method=method: np.quantile(asarray(x), q, axis=axis, method=method, keepdims=True))
            both(lambda asarray, method=method: np.nanquantile(asarray(x), q[0], axis=axis, method=method))


def rewrite(path, values):
    """Another array in the same file, as `numpy.save` writes it."""
    before = path.stat().st_ino
    np.save(path, values)
    assert path.stat().st_ino == before


@pytest.mark.parametrize("before", [np.arange(4.0), np.arange(4.0).astype(">f8"), np.arange(6.0).reshape(2, 3)])
def test_a_file_that_holds_another_array_by_now_is_refused(tmp_path, before):
    path = tmp_path / "x.npy"
    np.save(path, before)
    a = arrstore.open(path)
    b = a * 2
    same(b, before.astype("f8") * 2)
    for values in (before.astype("i8"), before.astype("f8").T[..., None], before.view("V8")):
        rewrite(path, values)
        for compute in (a.compute, b.compute, lambda: np.asarray(a), lambda: str(a), lambda: float(a.sum()), lambda: memoryview(a)):
            with pytest.raises((OSError, BufferError), match="has changed since it was opened"):
                compute()
    rewrite(path, np.concatenate([before, before]).astype(before.dtype))  # programs that append do so
    same(b, before.astype("f8") * 2)
    np.save(tmp_path / "other.npy", np.arange(4))
    (tmp_path / "other.npy").replace(path)  # the file that was opened is still there, without a name
    same(b, before.astype("f8") * 2)


def test_zarr_metadata_that_changed_are_refused(tmp_path):
    path = tmp_path / "x.zarr"
    arrstore.asarray(np.arange(4.0)).save(path)
    a = arrstore.open(path)
    same(a + 1, np.arange(4.0) + 1)
    about = path / "zarr.json"
    about.write_text(about.read_text().replace("float64", "int64").replace("0.0", "0"))
    with pytest.raises(OSError, match="has changed since it was opened"):
        (a + 1).compute()


def test_a_pickle_of_a_file_that_changed_is_refused(tmp_path, path):
    import pickle

    np.save(tmp_path / "x.npy", np.arange(4.0))
    with arrstore.open(path, "w") as store:
        store["x"] = np.arange(4.0)
        texts = [pickle.dumps(a + 1) for a in (arrstore.open(tmp_path / "x.npy"), store["x"])]
    for text in texts:
        same(pickle.loads(text), np.arange(4.0) + 1)
    np.save(tmp_path / "x.npy", np.arange(4))
    with arrstore.open(path, "w") as store:
        store["x"] = np.arange(4)
    for text in texts:
        with pytest.raises(OSError, match="has changed since the array was pickled"):
            pickle.loads(text)


@pytest.mark.parametrize(
    ("value", "error"),
    [(None, TypeError), (object(), TypeError), ({}, TypeError), ({1}, TypeError), ([None], TypeError), (np.array([None]), TypeError), (print, TypeError),
     (slice(1), TypeError), (..., TypeError), (float, TypeError), (((1, 2), (3,)), ValueError), (10**40, OverflowError),
     (np.ma.masked_array([1, 2], [0, 1]), ValueError)],
)  # fmt: skip
def test_an_expression_names_what_it_cannot_use(value, error):
    with pytest.raises(error, match=r"^cloud\b"):
        arrstore.eval("a + cloud", {"a": 1, "cloud": value})
    assert arrstore.eval("a + 1", {"a": 1, "cloud": value}).compute() == 2


def test_an_expression_takes_what_numpy_makes_an_array_of():
    import datetime

    for value in (True, 2, 2.5, 1j, np.float32(3), [1, 2], (1, 2), range(3), np.arange(3), L(np.arange(3)), memoryview(b"ab"), np.ma.masked_array([1, 2], [0, 0])):
        same(arrstore.eval("2 * x", {"x": value}), np.asarray(2 * np.asarray(value) if not isinstance(value, (bool, int, float, complex)) else 2 * value))
    same(arrstore.eval("x + 1", {"x": datetime.date(2020, 1, 1)}), np.datetime64("2020-01-02"))
    same(arrstore.eval("x", {"x": "text"}), np.asarray("text"))


@pytest.mark.parametrize("key", [[9], [-5], [9, 0], np.array([[9, 0]]), L([9]), ([0], [9]), (slice(None), [9]), ([9], None), ([9], [0, 1])], ids=repr)
def test_values_of_another_shape_are_refused_before_places_that_are_not_there(key):
    for value in ([1, 2, 3], [[1, 2], [3, 4]], 1, [1], np.zeros((2, 0))):
        found = wanted = None
        x = np.arange(8).reshape(4, 2)
        try:
            x[np.asarray(key) if isinstance(key, arrstore.Array) else key] = value
        except Exception as error:
            wanted = type(error)
        a = L(np.arange(8).reshape(4, 2))
        try:
            a[key] = value
            np.asarray(a)
        except Exception as error:
            found = type(error)
        assert found is wanted


def test_places_of_too_many_elements_are_a_wrong_value():
    x = np.zeros((5, 5, 5, 5))
    many = np.broadcast_to(np.intp(1), (2**20,))
    both(lambda array: array(x)[np.ix_(many, many, many, many)])


TIMES = np.array(["2020", "NaT"], "M8[D]")
KINDS = [TIMES, TIMES - TIMES[0], np.arange(3), np.arange(40), np.arange(3.0), np.array(["a", "1"]), np.array([b"a"]), np.array([True]), np.array([1j]), np.array(["1"] * 30)]


@pytest.mark.parametrize("name", ["isin", "setdiff1d", "intersect1d", "union1d", "setxor1d", "searchsorted"])
@pytest.mark.parametrize("x", KINDS, ids=lambda x: f"{x.dtype.str}{x.size}")
def test_elements_of_two_kinds_beside_one_another(name, x):
    for y in KINDS:
        both(lambda array: getattr(np, name)(array(x), y))  # noqa: B023
        if name == "isin":
            both(lambda array: np.isin(array(x), y, invert=True))  # noqa: B023
            both(lambda array: np.isin(array(x), y.tolist()))  # noqa: B023


def test_what_is_looked_at_first():
    truths, x = np.array([True, False]), np.arange(3, dtype="u2")
    both(lambda array: np.stack((array(np.float32(1)), -2.5), dtype="c8", casting="safe"))
    both(lambda array: np.concatenate((array(x), [-2.5]), dtype="c8", casting="safe"))
    both(lambda array: np.ldexp(3, array(truths), dtype=float))
    both(lambda array: np.less_equal(300, array(np.array([], "i1")), dtype=bool))
    both(lambda array: np.min(array(x), axis=7, where=np.array([])))
    both(lambda array: np.mean(array(x), axis=7, where=np.array([])))
    for number in (2**70, -1000, 5):
        both(lambda array: np.fmod(array(x), number, out=np.zeros(3, "?")))  # noqa: B023
        both(lambda array: np.divide(array(x), number, out=np.zeros(3, "i1")))  # noqa: B023
        both(lambda array: np.less(array(truths), number))  # noqa: B023
        both(lambda array: np.less(array(truths), number, dtype="f4"))  # noqa: B023
        for operation in ("//", "^", "/"):

            def change(array):
                values = {"a": array(truths.copy())}
                exec(f"a {operation}= {number}", values)  # noqa: B023, S102
                return values["a"]

            both(change)
