"""The ways in which NumPy's functions may be called: arguments by position, `out`, types that NumPy completes. NumPy's own tests
found each of these.
"""

import numpy as np
import pytest
from conftest import close, lazy, same
from expressions.worlds import answer, difference

import arrstore

X = np.arange(24.0).reshape(4, 6)
X[1, 2] = np.nan
RECORDS = np.array([(1, b"ab"), (2, b"c")], dtype=[("x", "i4"), ("y", "S4")])


@pytest.fixture
def a():
    return arrstore.asarray(X)


@pytest.mark.parametrize(
    "name, args",
    [
        ("sum", (0, None, None, True)),
        ("sum", (1, "f4", None, False, 3)),
        ("prod", (0, None, None, True)),
        ("mean", (0, "f4", None, True)),
        ("std", (0, None, None, 1)),
        ("var", (0, "f4", None, 1, True)),
        ("max", (0, None, True, 5)),
        ("any", (1, None, True)),
        ("argmax", (1, None)),
        ("cumsum", (1, None, None)),
        ("round", (1, None)),
        ("take", ([1, 9], 1, None, "clip")),
        ("trace", (1, 0, 1, "f4", None)),
    ],
)
def test_arguments_by_position(a, name, args):
    for found in (getattr(np, name)(a, *args), getattr(a, name)(*args), getattr(arrstore, name)(a, *args)):
        assert lazy(found)
        close(found, getattr(np, name)(X, *args))


@pytest.mark.parametrize(
    "name, args", [("percentile", (5, None, None, False)), ("median", (0, None, False, True)), ("nanmax", (0, None, True)), ("cumprod", (0, None, None))]
)
def test_arguments_of_functions_by_position(a, name, args):
    close(getattr(np, name)(a, *args), getattr(np, name)(X, *args))


def test_arguments_that_are_too_many_or_given_twice_are_refused(a):
    for args, kwargs in [((0, None, None, True, 0, True, 1), {}), ((0, None, None, True), {"keepdims": True}), ((), {"overwrite": False})]:
        with pytest.raises(TypeError):
            a.sum(*args, **kwargs)
    with pytest.raises(TypeError, match="overwrite_input"):
        np.median(a, overwrite_input=True)


def test_out(a):
    for call in (lambda out: a.sum(0, out=out), lambda out: np.sum(a, 0, None, out), lambda out: a.max(0, out), lambda out: arrstore.sum(a, 0, out=out)):
        out = np.zeros(6)
        assert call(out) is out
        assert out[0] == 36 or out[0] == 18
    assert lazy(a.sum(out=None))
    with pytest.raises(ValueError, match="shape"):
        a.sum(0, out=np.zeros(5))
    # NumPy cuts sums to whole numbers
    assert (a.sum(0, out=np.zeros(6, "i4")) == np.asarray(a).sum(0, out=np.zeros(6, "i4"))).all()
    with pytest.raises(TypeError, match="arrays of NumPy"):
        a.sum(0, out=arrstore.zeros(6))


def test_letters_of_orders_are_small_or_large(a):
    for order in "cCfFaA":
        same(a.flatten(order), X.flatten(order))
        same(np.reshape(a, (6, 4), order=order), X.reshape((6, 4), order=order))
    # the order of a sort names fields, which stay as they are
    same(np.sort(arrstore.asarray(RECORDS), order="x"), np.sort(RECORDS, order="x"))


def test_lazy_arrays_and_ranges_as_lengths_and_axes(a):
    length, shape = arrstore.asarray(3), arrstore.asarray([2, 3])
    same(arrstore.zeros(length), np.zeros(3))
    same(arrstore.ones(shape), np.ones((2, 3)))
    same(np.tile(a, shape), np.tile(X, (2, 3)))
    same(np.moveaxis(a, range(2), [1, 0]), np.moveaxis(X, range(2), [1, 0]))
    same(np.partition(a[0], arrstore.asarray([1, 3]))[1::2], np.partition(X[0], [1, 3])[1::2])


@pytest.mark.parametrize("where", [X > 3, X[0] > 3, [[True], [False], [True], [False]]], ids=["all", "row", "column"])
def test_reductions_of_ufuncs_where(a, where):
    for ufunc, initial in [(np.add, 0), (np.multiply, 1), (np.maximum, -1), (np.minimum, 99), (np.logical_and, True), (np.logical_or, False)]:
        plain = {} if ufunc in (np.logical_and, np.logical_or) else {"initial": initial}
        found = ufunc.reduce(a, axis=0, where=where, **plain)
        assert lazy(found)
        close(found, ufunc.reduce(X, axis=0, where=where, **plain))
    same(np.maximum.reduce(a[0], dtype="f4"), np.maximum.reduce(X[0], dtype="f4"))


@pytest.mark.parametrize(
    "kwargs",
    [
        {"dtype": "f4"},
        {"dtype": "c8"},
        {"dtype": "i4"},
        {"dtype": "i4", "casting": "unsafe"},
        {"signature": "dd->d"},
        {"signature": (None, None, "f4")},
        {"sig": "ff->f"},
        {"casting": "no"},
        {"casting": "equiv"},
        {"casting": "safe", "dtype": "f4"},
    ],
    ids=str,
)
@pytest.mark.parametrize("other", [2, 1j, np.float32(1.5), np.arange(6)], ids=str)
@pytest.mark.parametrize("ufunc", [np.add, np.divide, np.less])
def test_types_and_casts_of_ufuncs(a, ufunc, other, kwargs):
    b, y = a[0], X[0]
    try:
        expected = ufunc(y, other, **kwargs)
    except TypeError:
        with pytest.raises(TypeError):
            ufunc(b, other, **kwargs)
        return
    found = ufunc(b, other, **kwargs)
    assert lazy(found)
    close(found, expected)


def test_questions_about_types_are_answered(a):
    for ask in (np.iscomplexobj, np.isrealobj, np.ndim, np.shape, np.size, np.result_type, lambda x: np.size(x, 1)):
        assert ask(a) == ask(X)
    assert np.result_type(a, 1j) == np.result_type(X, 1j) and np.common_type(a, X) == np.common_type(X, X)
    assert np.can_cast(a.dtype, "f4", casting="same_kind") and not arrstore.can_cast(a, "f4") and arrstore.can_cast(a, "f4", "same_kind")


def test_functions_of_texts_stay_lazy():
    texts = np.array(["ab", "c", "abab"])
    t = arrstore.asarray(texts)
    for call in (
        np.strings.upper,
        np.char.upper,
        lambda x: np.strings.replace(x, "b", "xyz"),
        lambda x: np.strings.center(x, 7, "*"),
        lambda x: np.strings.partition(x, "b"),
        lambda x: np.strings.multiply(x, np.int64(3)),
        lambda x: np.strings.encode(x),
    ):
        found, expected = call(t), call(texts)
        assert lazy(found)
        for one, other in zip(found, expected, strict=True) if isinstance(expected, tuple) else [(found, expected)]:
            np.testing.assert_array_equal(one, other)
    with pytest.raises(TypeError):  # the tables have no formats, and their `mod` is the remainder
        np.strings.mod(arrstore.asarray(np.array(["%d"])), 3)


def test_sliding_windows_stay_lazy(a):
    found = np.lib.stride_tricks.sliding_window_view(a, (2, 3))
    assert lazy(found)
    same(found, np.lib.stride_tricks.sliding_window_view(X, (2, 3)))


@pytest.mark.parametrize("dtype", ["U", "S", str, bytes, np.dtype("U")], ids=str)
def test_texts_without_a_length(dtype):
    for x in (np.array([1, -20]), np.array([True]), np.array([1.5]), np.array(["abc", "d"]), np.array([b"abc"]), np.array(["2020-01-01"], "M8[D]")):
        same(arrstore.asarray(x).astype(dtype), x.astype(dtype))
    same(arrstore.array([["a", "bcd"]], dtype), np.array([["a", "bcd"]], dtype))
    for name in ("zeros", "ones"):
        same(getattr(arrstore, name)(3, dtype), getattr(np, name)(3, dtype))
        same(getattr(np, name + "_like")(arrstore.asarray(X), dtype), getattr(np, name + "_like")(X, dtype))
    same(arrstore.full((2, 2), "abc", dtype), np.full((2, 2), "abc", dtype))


@pytest.mark.parametrize("dtype", [(np.str_, 5), np.dtypes.StrDType, np.dtypes.Float32DType, ("S", 3)], ids=str)
def test_types_that_only_numpy_reads(dtype):
    same(arrstore.zeros(3, dtype), np.zeros(3, dtype))
    same(arrstore.asarray([1, 2]).astype(dtype), np.array([1, 2]).astype(dtype))
    if dtype is np.dtypes.Float32DType:
        same(arrstore.asarray([1, 2]).sum(dtype=dtype), np.array([1, 2]).sum(dtype=dtype))


@pytest.mark.parametrize("dtype", [[("a", "i4"), ("b", "f8", (2,))], RECORDS.dtype, "i4,f4"], ids=["list", "dtype", "text"])
def test_records_are_made(dtype):
    for name in ("zeros", "ones", "empty"):
        found = getattr(arrstore, name)((2, 3), dtype)
        assert (found.dtype, found.shape) == (np.dtype(dtype), (2, 3))
        expected = np.zeros((2, 3), dtype) if name == "empty" else getattr(np, name)((2, 3), dtype)
        assert str(found.compute()) == str(expected)
    same(arrstore.array([(1, 2)], "i4,f4"), np.array([(1, 2)], "i4,f4"))


def test_times_are_made_of_nan_and_of_mixed_lists():
    same(arrstore.full(2, np.nan, "m8[s]"), np.full(2, np.nan, "m8[s]"))
    same(arrstore.array([1, "NaT"], "m8[s]"), np.array([1, "NaT"], "m8[s]"))
    same(arrstore.array("1932-02-17", "M8"), np.array("1932-02-17", "M8"))


def test_arrays_of_anything():
    for value in (b"ab", [b"a", b"bcd"], range(3), [range(2)], 3, [[1, 2], [3, 4.5]], RECORDS):
        same(arrstore.array(value), np.array(value))
    same(arrstore.array([1], ndmin=3), np.array([1], ndmin=3))
    a = arrstore.asarray(X)
    same(arrstore.array([a[0], a[1]]), np.array([X[0], X[1]]))
    b = arrstore.array(a)
    b[0, 0] = 5
    assert a[0, 0].item() == 0
    with pytest.raises(ValueError):
        arrstore.array([[1], 2])
    same(arrstore.asarray([1], "f4"), np.asarray([1], "f4"))


@pytest.mark.parametrize(
    "values",
    [
        [np.nan, 1, 0.0, 2, 1, -np.inf],
        [1, np.nan, 2j, 1 + 2j, 2j],
        np.array(["NaT", 1, 2, "NaT", 1], "M8[s]"),
        np.array(["NaT", 1, -2, 1], "m8[s]"),
        np.array([3, 1, 255, 0, 1], "u1"),
        np.array([-128, 127, 0, 0], "i1"),
        [True, False, True],
        ["a", "c", "b", "a"],
    ],
    ids=["f8", "c16", "M8", "m8", "u1", "i1", "bool", "U"],
)
def test_descending_sorts_put_nan_last(values):
    x = np.asarray(values)
    a = arrstore.asarray(x)
    is_nan = np.array([value != value for value in x])
    order = sorted(np.flatnonzero(~is_nan), key=lambda place: _rank(x)[place], reverse=False)
    expected = [*order, *np.flatnonzero(is_nan)]
    for found in (arrstore.argsort(a, descending=True), a.argsort(descending=True), arrstore.argsort(a, descending=True, axis=None)):
        same(found, np.array(expected))
    for found in (arrstore.sort(a, descending=True), a.sort(descending=True)):
        same(found, x[expected])
    if "descending" in str(np.sort.__doc__):  # from NumPy 2.5 on
        same(np.sort(a, descending=True), np.sort(x, descending=True))
    rows = np.stack([x, x[::-1]])
    same(arrstore.sort(arrstore.asarray(rows), axis=1, descending=True)[1], x[expected])


def _rank(x):
    """For each element, a number that is less for greater elements, and the same for equal ones."""
    distinct = sorted({value for value in x.tolist() if value == value and value is not None}, key=lambda z: (z.real, z.imag) if isinstance(z, complex) else z)
    places = {value: -at for at, value in enumerate(distinct)}
    return [places.get(value, 1) for value in x.tolist()]


@pytest.mark.parametrize("name", ["concatenate", "concat", "stack", "hstack", "vstack"])
def test_joins_in_a_type(name):
    parts = [np.array([1, 2]), np.array([2.5, 3.5])]
    join, own = getattr(np, name), getattr(arrstore, name)
    for kwargs in (
        {"dtype": "f4"},
        {"dtype": "i8", "casting": "unsafe"},
        {"dtype": "U"},
        {"dtype": "S", "casting": "unsafe"},
        {"casting": "safe"},
        {"casting": "no"},
        {"dtype": "i4"},
        {"dtype": "c8", "casting": "safe"},
    ):
        for call in (join, own):
            lazies = [arrstore.asarray(x) for x in parts]
            try:
                expected = join(parts, **kwargs)
            except TypeError:
                with pytest.raises(TypeError):
                    call(lazies, **kwargs)
                continue
            same(call(lazies, **kwargs), expected)
    with pytest.raises(ValueError, match="casting"):
        join([arrstore.asarray([1])], casting="same value")


def test_names_of_sorts():
    a = arrstore.asarray([2, 1, 3])
    for kind in ("quick", "quicksort", "heap", "merge", "stable", "Q"):
        same(np.sort(a, kind=kind), [1, 2, 3])
    with pytest.raises(ValueError, match="kind"):
        np.sort(a, kind="bubble")


def test_places_of_delete_and_insert(a):
    for obj in (slice(0, 2), slice(None, None, -2), slice(60, None), np.array([[0, 1], [2, 1]]), np.array([True, False, True, False])):
        same(np.delete(a, obj, 0), np.delete(X, obj, 0))
    same(np.delete(a, slice(None, None, 5)), np.delete(X, slice(None, None, 5)))
    same(np.insert(a, slice(1, 3), 0.0, axis=0), np.insert(X, slice(1, 3), 0.0, axis=0))
    records = arrstore.asarray(RECORDS)
    same(np.insert(records, 1, (4, "d")), np.insert(RECORDS, 1, (4, "d")))
    for call in (lambda x: np.delete(x, np.array([1.0])), lambda x: np.delete(x, np.array([])), lambda x: np.insert(x, np.array([1.0, 2.0]), 3)):
        for x in (a, X):
            with pytest.raises(IndexError):
                call(x)


@pytest.mark.parametrize(
    "bins",
    [(2, 3, np.array([0.0, 5, 12])), [2, [0, 4, 12], np.int64(3)], np.int64(2), np.array([2, 3, 4]), (np.array([0.0, 6, 12]),) * 3],
    ids=str,
)
def test_bins_of_several_axes(bins):
    x = np.arange(12.0).reshape(4, 3)
    (found, edges), (expected, ends) = np.histogramdd(arrstore.asarray(x), bins=bins), np.histogramdd(x, bins=bins)
    same(found, expected)
    for one, other in zip(edges, ends, strict=True):
        close(one, other)


@pytest.mark.parametrize("bins", [3, np.array([2, 3]), np.array([0.0, 5, 10]), [0, 5, 10], (3, [0, 5, 10])], ids=str)
def test_bins_of_two_axes(bins):
    x = np.arange(12.0)
    same(np.histogram2d(arrstore.asarray(x), x[::-1], bins)[0], np.histogram2d(x, x[::-1], bins)[0])


def test_the_ends_of_a_range_of_bins_may_be_an_array():
    x = np.arange(12.0)
    for ends in (np.array([0.0, 5]), np.array([0, 5], "f4"), (np.float32(0), 5)):
        same(np.histogram(arrstore.asarray(x), range=ends)[0], np.histogram(x, range=ends)[0])


def test_einsum_with_numbers_of_axes_in_arrays():
    m = np.arange(6.0).reshape(2, 3)
    same(arrstore.einsum(arrstore.asarray(m), np.array([0, 1]), m, np.array([0, 1]), np.array([0])), np.einsum(m, [0, 1], m, [0, 1], [0]))


def test_one_number_counts_the_elements(a):
    assert a.item(7) == X.item(7) and a.item((1, 3)) == X.item((1, 3)) and a.item(1, 3) == X.item(1, 3)
    assert arrstore.asarray(5).item(0) == 5
    with pytest.raises(IndexError):
        a.item(24)


def test_conjugates_of_numbers_without_an_imaginary_part():
    for x in (np.array([True]), np.array([1, 2]), np.array([1.5]), np.array([1 + 2j])):
        same(arrstore.asarray(x).conj(), x.conj())
        same(arrstore.asarray(x).conjugate(), x.conjugate())
    with pytest.raises(TypeError):
        arrstore.asarray(np.array(["a"])).conj()


def test_an_element_takes_no_list(a):
    for value in ([1], [[1.0]], np.array([2.0]), arrstore.asarray([2.0])):
        with pytest.raises(ValueError, match="setting an array element with a sequence"):
            a[0, 0] = value
    records = arrstore.asarray(RECORDS)
    records[0] = records[1:]
    assert records[0].item() == (2, b"c")
    a[0, :1] = [7]
    a[0, 1, ...] = np.array(8)
    assert a[0, :2].tolist() == [7, 8]


@pytest.mark.parametrize("dtype", ["i1", "u1", "i8", "f4", "S6", "M8[s]", "i4,S2"])
@pytest.mark.parametrize(
    "value", [np.float64(np.nan), np.uint64(2**64 - 1), 300, -1, 2.7, np.float32(2.7), "12", b"1", (1, b"a"), np.datetime64(9, "s"), None, [1]], ids=repr
)
def test_an_element_takes_what_numpys_takes(dtype, value):
    x = np.zeros(3, dtype)
    a = arrstore.asarray(x)
    try:
        x[1] = value
    except (ValueError, TypeError, OverflowError, RuntimeError) as error:
        with pytest.raises(type(error)):
            a[1] = value
        return
    a[1] = value
    same(a, x)


def test_times_without_a_unit():
    for x in (np.array(["2010", "NaT"]), np.array([b"2011-03-16"]), np.array([3], "M8[D]"), np.array([], "U4")):
        same(arrstore.asarray(x).astype("M8"), x.astype("M8"))
    same(arrstore.asarray(np.array([3], "m8[h]")).astype("m8"), np.array([3], "m8[h]").astype("m8"))


def test_places_out_of_bounds_beside_an_empty_axis():
    a = arrstore.zeros((3, 0, 5))
    with pytest.raises(IndexError):
        a[..., [2, 7], :] = 0
    a[[1], :, :] = 0
    assert a.shape == (3, 0, 5)


@pytest.mark.parametrize(
    "call",
    [
        lambda xp: np.gcd.reduce(xp.asarray([1.5, 2]), axis=7),
        lambda xp: np.subtract.reduce(xp.asarray([True]), axis=(0, 0)),
        lambda xp: np.fmax.reduce(xp.asarray([1.5, 2]), axis=7, where=np.array([True, False])),
        lambda xp: np.add.accumulate(xp.asarray(1.5), axis=7),
        lambda xp: np.bitwise_or.reduce(xp.asarray([1, 2]), out=np.zeros(3)),
        lambda xp: np.lcm.reduce(xp.asarray(np.array([], "u8")), out=np.array(7)),
        lambda xp: np.subtract.reduce(xp.asarray([[True, False]]), axis=1, out=np.zeros(5, int)),
        lambda xp: np.float_power.reduce(xp.asarray([2, -1]), dtype=int),
        lambda xp: np.concatenate([xp.asarray([1.5]), xp.asarray([[1.5]])], dtype="i2"),
        lambda xp: np.concatenate([xp.asarray(["a"])] * 2, axis=3, dtype="c8"),
        lambda xp: np.stack([xp.asarray([1.5]), xp.asarray(1.5)], dtype="i2"),
        lambda xp: changed(xp.asarray([1, 2]), "x += np.ones(3)"),
        lambda xp: changed(xp.asarray(3), "x[True] = np.ones((1, 3))"),
        lambda xp: changed(xp.asarray(3), "x[()] = xp.asarray([[1, 3]])", xp),
        lambda xp: changed(xp.asarray([1, 2]), "x[5] = [1, 3]"),
        lambda xp: np.pad(xp.asarray(3), ()),
    ],
)
def test_of_two_faults_numpys_is_named(call):
    errors = []
    for xp in (np, arrstore):
        with pytest.raises((TypeError, ValueError, IndexError)) as caught:
            call(xp)
        errors.append(next(kind for kind in (np.exceptions.AxisError, IndexError, ValueError, TypeError) if isinstance(caught.value, kind)))
    assert errors[0] is errors[1]


def changed(x, text, xp=np):
    """An array after a statement."""
    names = {"x": x, "np": np, "xp": xp}
    exec(text, names)
    return names["x"]


def test_the_array_that_takes_a_result_is_an_operand():
    for xp in (np, arrstore):
        truths = xp.asarray([[True, False], [True, True]])
        same(np.min(truths, axis=0, initial=-1, out=np.zeros(2)), [-1.0, -1.0])
        same(truths.max(initial=0.5, out=np.array(7.0)), np.array(1.0))
        same(np.sum(a=truths, axis=1, out=np.zeros(2)), [1.0, 2.0])
        same(np.lcm.reduce(truths, axis=1, out=np.zeros(2, int)), [0, 1])
        same(np.maximum.accumulate(truths, axis=1, out=np.zeros((2, 2), "f4")), np.ones((2, 2), "f4"))


def test_only_exponents_that_count_are_refused():
    a, b = np.array([2, 3]), np.array([-1, 2])
    for xp in (np, arrstore):
        same(np.power(xp.asarray(a), xp.asarray(b), where=b > 0, out=np.zeros(2, int)), [0, 9])
        with pytest.raises(ValueError, match="negative"):
            np.power(xp.asarray(a), xp.asarray(b), where=b < 0, out=np.zeros(2, int))


@pytest.mark.parametrize("number", [1, 2.5, 1j, True], ids=repr)
@pytest.mark.parametrize("dtype", ["i2", "i8", "f4", "f8", "c8", "c16", "?"])
@pytest.mark.parametrize("casting", ["no", "equiv", "safe"])
def test_numbers_of_python_and_strict_casts(dtype, number, casting):
    x = np.ones(2, dtype)
    for ufunc in (np.add, np.less, np.logical_xor):
        try:
            expected = ufunc(x, number, casting=casting)
        except TypeError:
            with pytest.raises(TypeError):
                ufunc(arrstore.asarray(x), number, casting=casting)
            continue
        same(ufunc(arrstore.asarray(x), number, casting=casting), expected)


def test_exponents_of_two_are_whole_numbers():
    x = np.array([1.5, -2.0])
    for a in (x, arrstore.asarray(x)):
        same(np.ldexp(a, -1, casting="safe", out=np.zeros(2)), np.array([0.75, -1.0]))


def test_indices_in_the_type_of_floats():
    for kwargs in ({}, {"dtype": None}, {"dtype": "f4"}):
        same(arrstore.indices((2, 3), **kwargs), np.indices((2, 3), **kwargs))
    assert [x.dtype for x in arrstore.indices((2, 3), dtype=None, sparse=True)] == [np.int64, np.int64]


@pytest.mark.parametrize(
    "call",
    [
        lambda xp: np.average(xp.asarray([1.0, 2.0]), weights=[0, 0]),
        lambda xp: np.average(xp.asarray(np.zeros((0, 3))), axis=1),
        lambda xp: np.average(xp.asarray([[1.0, 2.0]]), weights=[1, 1]),
        lambda xp: np.average(xp.asarray(1.0), axis=0),
        lambda xp: np.round(xp.asarray([True]), 1),
        lambda xp: np.min(xp.asarray(np.array([1], "u2")), axis=7, initial=-1),
        lambda xp: np.max(xp.asarray([1]), axis=7, where=np.array([True])),
        lambda xp: xp.asarray(np.array([1], "i1")) ** -1000,
        lambda xp: xp.asarray(np.zeros((2, 3)))[:0, np.array([3], "u1")],
        lambda xp: xp.asarray(np.zeros((2, 3)))[0.0:, 0.0],
        lambda xp: xp.asarray(np.zeros((2, 3)))[0.0:, :, :],
        lambda xp: xp.asarray(np.zeros((2, 3)))[0.0:, 5],
        lambda xp: np.histogramdd(xp.asarray(np.zeros((2, 2))), bins=[1, 0.99])[0],
        lambda xp: np.histogramdd(xp.asarray(np.zeros((2, 2))), bins=[1, 1.5])[0],
        lambda xp: xp.arange([None, []], 2),
        lambda xp: xp.arange(None, 2),
        lambda xp: xp.arange(start=2),
        lambda xp: np.greater_equal(2**70, xp.asarray([True]), dtype=bool),
        lambda xp: np.logical_or(xp.asarray([True]), 2**70, dtype=bool),
        lambda xp: xp.asarray(["1", "x"]).astype(complex),
        lambda xp: np.append(xp.asarray(RECORDS), xp.asarray(RECORDS)[["x"]]),
        lambda xp: np.std(xp.asarray([1, 2]), out=np.array(7)),
        lambda xp: np.nanmean(xp.asarray([1.5, 2]), out=np.array(7)),
        lambda xp: np.array_equal(xp.asarray(np.array([1], "m8[M]")), xp.asarray(np.array([1], "m8[D]"))),
        lambda xp: changed(xp.asarray(np.array([1, 2], "m8")).copy(), "x[1:] = xp.asarray(np.array([3], 'm8[D]'))", xp),
    ],
)
def test_errors_have_numpys_classes(call):
    kinds = (np.exceptions.AxisError, ZeroDivisionError, OverflowError, IndexError, ValueError, TypeError)
    raised = []
    for xp in (np, arrstore):
        with pytest.raises(kinds) as caught:
            np.asarray(call(xp))
        raised.append(next(kind for kind in kinds if isinstance(caught.value, kind)))
    assert raised[0] is raised[1]


def test_inserted_values_lose_axes_of_length_1():
    x, values = np.array([1, 2, 3]), np.array([[[7, 8]]])
    for places in ([0, 2], slice(0, 2)):
        same(np.insert(arrstore.asarray(x), places, values), np.insert(x, places, values))
    same(np.insert(arrstore.asarray(x), 1, [[7]]), np.insert(x, 1, [[7]]))


def test_indices_are_checked_where_nothing_is_chosen():
    for xp in (np, arrstore):
        a = xp.asarray(np.zeros((3, 0)))
        for index in (5, -4, np.array([5], "i1"), np.array([9], "u2"), np.int16(5)):
            with pytest.raises(IndexError, match="out of bounds"):
                np.take(a, index, axis=0)
            with pytest.raises(IndexError, match="out of bounds"):
                a[index]


def test_fields_that_are_not_there():
    for records in (RECORDS, arrstore.asarray(RECORDS)):
        with pytest.raises(ValueError, match="no field"):
            records["zz"]
        with pytest.raises(KeyError, match="zz"):
            records[["x", "zz"]]


@pytest.mark.parametrize("dtype", ["M8", "M8[M]", np.datetime64])
@pytest.mark.parametrize("ends", [("2010", "2012"), ("2010-01", "2010-03-03", 7), ("2010", 5)])
def test_texts_at_the_ends_of_a_range_of_times(ends, dtype):
    same(arrstore.arange(*ends, dtype=dtype), np.arange(*ends, dtype=dtype))


@pytest.mark.parametrize("shift", [2**100, -(2**100) - 1, np.uint64(2**63 + 2), -5, (1, 2)])
@pytest.mark.parametrize("axis", [None, 1])
def test_shifts_beyond_the_array(a, shift, axis):
    same(np.roll(a, shift, axis), np.roll(X, shift, axis))


def test_samples_of_one_coordinate():
    sample, bins = [0.1, 0.2, 0.9], [[0.0, 0.5, 1.0]]
    for given in (sample, arrstore.asarray(sample), [arrstore.asarray(sample)], np.array(sample)[:, None]):
        same(arrstore.histogramdd(given, bins=bins)[0], np.array([2.0, 1.0]))


def test_reductions_in_a_type_of_times_without_a_unit():
    days = np.array(["2010-01-02", "1999-03-14"], "M8[D]")
    same(np.maximum.reduce(arrstore.asarray(days), dtype="M"), np.maximum.reduce(days, dtype="M"))


@pytest.mark.parametrize("mode", [0, 1, np.int64(2), -1, 3, None, True, "x", "same"])
def test_modes_of_convolutions_by_number(mode):
    x, y = np.array([1.0, 2, 3]), np.array([1.0, 2])
    for name in ("convolve", "correlate"):
        function = getattr(np, name)
        try:
            expected = function(x, y, mode=mode)
        except (TypeError, ValueError) as error:
            with pytest.raises(type(error)):
                function(arrstore.asarray(x), arrstore.asarray(y), mode=mode)
            continue
        same(function(arrstore.asarray(x), arrstore.asarray(y), mode=mode), expected)


@pytest.mark.parametrize("indices", [np.zeros((4, 6)), np.zeros((4, 6), bool)])
def test_places_along_an_axis_are_integers(a, indices):
    for x in (a, X):
        with pytest.raises(IndexError):
            np.take_along_axis(x, indices, axis=0)


@pytest.mark.parametrize("number", [-2.5, 1j, 3, True, 300, np.float64(2.5)], ids=repr)
@pytest.mark.parametrize("dtype", ["f4", "c8", "i1", "i2"])
@pytest.mark.parametrize("casting", ["safe", "same_kind", "no"])
def test_numbers_of_python_among_joined_arrays(number, dtype, casting):
    x = np.array([1, 2], "i1")
    try:
        expected = np.concatenate([x, number], axis=None, dtype=dtype, casting=casting)
    except TypeError:
        with pytest.raises(TypeError):
            np.concatenate([arrstore.asarray(x), number], axis=None, dtype=dtype, casting=casting)
        return
    same(np.concatenate([arrstore.asarray(x), number], axis=None, dtype=dtype, casting=casting), expected)


@pytest.mark.parametrize("kwargs", [{"dtype": "i1"}, {"dtype": "i8"}, {"dtype": "f4"}, {"dtype": bool}, {"dtype": "i1", "casting": "unsafe"}], ids=str)
@pytest.mark.parametrize("number", [3, 300, -1, 2**40])
@pytest.mark.parametrize("ufunc", [np.add, np.less, np.power, np.divide, np.equal])
def test_integers_of_python_are_checked_against_the_type_of_a_ufunc(ufunc, number, kwargs):
    x = np.array([1, 2], "i1")
    try:
        expected = ufunc(x, number, **kwargs)
    except (TypeError, ValueError, OverflowError) as error:
        with pytest.raises(OverflowError if isinstance(error, OverflowError) else (TypeError, ValueError)):
            ufunc(arrstore.asarray(x), number, **kwargs)
        return
    same(ufunc(arrstore.asarray(x), number, **kwargs), expected)


@pytest.mark.parametrize("mode", ["maximum", "minimum"])
@pytest.mark.parametrize("values", [np.array([2**64 - 5, 2**64 - 2], "u8"), np.array([2**62 + 1, 2**62 + 3])], ids=str)
def test_margins_of_integers_without_a_float(values, mode):
    same(np.pad(arrstore.asarray(values), 1, mode=mode), np.pad(values, 1, mode=mode))


#: Records with a gap between the fields, and others of the same names.
GAP = "xp.asarray(np.array([(1, 2.5, 'a'), (3, 0, '')], [('n', 'i4'), ('x', 'f8'), ('t', 'U3')]))[['n', 'x']]"
SMALL = "xp.asarray(np.array([(1, 2), (3, 4)], [('n', 'f4'), ('x', 'i2')]))"


@pytest.mark.parametrize(
    "text",
    [
        *(f"np.{name}(({GAP}, {GAP}))" for name in ("concatenate", "stack", "hstack", "vstack", "column_stack", "dstack")),
        f"np.concatenate(({GAP}, {SMALL}))",
        f"np.append({SMALL}, {GAP})",
        f"np.where([True, False], {GAP}, {SMALL})",
        f"{SMALL}.astype([('a', 'f8'), ('b', 'f8')])",
        f"{SMALL}[['x']].astype(float)",
        "xp.asarray([1, 2]).astype([('a', 'f8'), ('b', 'f4')])",
        "xp.asarray(['1', '2-3j']).astype('c8')",
        "np.concatenate([xp.asarray([b'1', b'2j'])], dtype=complex, casting='unsafe')",
        "np.array_equal(xp.asarray(['a']), xp.asarray([1]))",
        "np.array_equiv(xp.asarray(['a']), xp.asarray([b'a']))",
        "np.array_equal(xp.asarray(np.array([1], 'M8[D]')), xp.asarray([1]))",
        "np.power(xp.asarray([2, 3]), np.int64(-1), where=np.array([False]), out=np.zeros(2, int))",
        "xp.arange(5, step=2)",
        "np.nanmin(xp.asarray(np.array([5, 1, 3], 'M8[D]')), where=np.array([True, False, True]), initial=np.datetime64('1970-01-09'))",
        "np.argsort(xp.asarray(np.array((1, 2.5), [('n', 'i4'), ('x', 'f8')])), order='x')",
        *(f"{SMALL} {sign} {other}" for sign in ("==", "!=") for other in ("1", "'a'", "xp.asarray(np.zeros(2, [('n', 'f4')]))", f"{SMALL}[::-1]")),
        *(f"np.take(xp.asarray(np.zeros({shape})), [5], axis={axis}, mode='clip')" for shape in ((0, 2), (2, 0), (0, 0)) for axis in (0, 1)),
        *(f"np.take(xp.asarray(np.zeros({shape})), [5], axis={axis})" for shape in ((0, 2), (2, 0), (0, 0)) for axis in (0, 1)),
        *(f"np.logical_and(xp.asarray([1]), {number})" for number in (2**62, 2**70)),
        "np.ldexp(xp.asarray([True]), 2**40)",
    ],
)
def test_answers_are_numpys(text):
    assert difference(answer([text], {}, arrstore), answer([text], {}, np)) is None


def test_functions_that_change_an_array_of_numpy():
    def changed(wrap):
        a = np.arange(12.0).reshape(3, 4)
        np.copyto(a, wrap(a + 1), where=wrap(a > 7))
        np.putmask(a, wrap(a > 10), wrap(-a))
        np.place(a, wrap(a < 2), wrap(np.array([20.0, 30.0])))
        np.put(a, wrap(np.array([3, 4])), wrap(np.array([5.0])))
        np.put_along_axis(a, wrap(np.array([[0], [1], [2]])), wrap(np.array([[7.0]])), 1)
        np.fill_diagonal(a, wrap(np.array(9.0)))
        return a

    np.testing.assert_array_equal(changed(arrstore.asarray), changed(np.asarray))
    lazy = arrstore.asarray([1.0, 2.0])
    for change in (lambda: np.put(lazy, [0], [1]), lambda: np.copyto(dst=lazy, src=np.zeros(2)), lambda: np.add.at(lazy, [0], 1)):
        with pytest.raises(TypeError, match="assign to it instead"):
            change()


def test_other_libraries_answer_for_their_arrays():
    pandas, xarray = pytest.importorskip("pandas"), pytest.importorskip("xarray")
    a = arrstore.asarray([[1.0, 2.0], [3.0, 4.0]])
    frame, labelled = pandas.DataFrame(np.ones((2, 2)), columns=["u", "v"]), xarray.DataArray(np.ones((2, 2)), dims=["y", "x"])
    for found in (np.maximum(a, frame), np.maximum(frame, a)):
        assert list(found.columns) == ["u", "v"] and found["v"].tolist() == [2, 4]
    assert np.add(a[0], frame["u"]).tolist() == [2, 3]
    for found in (np.add(a, labelled), np.add(labelled, a)):
        assert found.dims == ("y", "x") and isinstance(found.data, arrstore.Array)
