"""Lazy arrays: properties, operators, subscripts, conversions."""

import datetime
import io
import operator
import pickle

import numpy as np
import pytest
from conftest import close, same

import arrstore

X = np.arange(24.0).reshape(2, 3, 4)


def test_properties(store):
    t = store["t"]
    assert (t.shape, t.ndim, t.size, t.nbytes, t.itemsize) == ((3, 4), 2, 12, 96, 8)
    assert t.dtype == np.float64 and t.chunks == (3, 4) and len(t) == 3
    same(t.T, np.arange(12.0).reshape(3, 4).T)
    assert (t + 1).chunks is None
    assert repr(t + 1) == "<arrstore.Array shape=(3, 4) dtype=float64>"
    assert str(t[:1]) == "[[0. 1. 2. 3.]]"
    with pytest.raises(TypeError):
        len(t[0, 0])
    with pytest.raises(TypeError):
        hash(t)


@pytest.mark.parametrize("name", ["add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "lt", "le", "eq", "ne", "gt", "ge"])
@pytest.mark.parametrize("other", [3, 2.5, np.float32(2), np.int64(2), np.arange(1, 5), [1, 2, 3, 4]])
def test_operators(name, other):
    call, a = getattr(operator, name), arrstore.asarray(X)
    # powers may differ in the last bit: each library rounds its own series
    check = close if name == "pow" else same
    with np.errstate(all="ignore"):
        check(call(a, other), call(X, other))
        check(call(other, a), call(other, X))


@pytest.mark.parametrize("name", ["and_", "or_", "xor", "lshift", "rshift"])
def test_bits(name):
    call, x = getattr(operator, name), np.arange(8, dtype=np.int16)
    a = arrstore.asarray(x)
    assert isinstance(call(a, 1), arrstore.Array)
    same(call(a, 1), call(x, 1))
    same(call(1, a), call(1, x))
    same(~a, ~x)


def test_matmul_unary_divmod():
    x = np.arange(12.0).reshape(3, 4)
    a = arrstore.asarray(x)
    same(a @ a.T, x @ x.T)
    same(x @ a.T, x @ x.T)
    same(-a, -x)
    same(+a, +x)
    same(abs(-a), x)
    for found, expected in zip(divmod(a, 5), divmod(x, 5)):
        same(found, expected)
    for found, expected in zip(divmod(5, a + 1), divmod(5, x + 1)):
        same(found, expected)
    a += 1
    same(a, x + 1)


def test_python_numbers_are_weak_and_numpys_are_not():
    a = arrstore.asarray(np.ones(3, np.float32))
    assert (a * 2.0).dtype == np.float32
    assert (a * np.float64(2)).dtype == np.float64
    assert (a * np.array(2.0)).dtype == np.float64
    assert (arrstore.asarray(np.ones(3, np.uint8)) + 1).dtype == np.uint8
    with pytest.raises(OverflowError, match="300"):
        arrstore.asarray(np.ones(3, np.uint8)) + 300


@pytest.mark.parametrize(
    "key",
    [0, -1, np.int64(1), slice(None), slice(None, None, -1), (0, 1), (slice(1), ..., 2), None, ..., (..., None, 0), (0, 1, 2), ()],
    ids=str,
)
def test_subscripts(key):
    same(arrstore.asarray(X)[key], X[key])


def test_subscripts_that_are_wrong():
    a = arrstore.asarray(X)
    for key in [2, (0, 0, 0, 0), (..., ...), np.int64(-3)]:
        with pytest.raises(IndexError):
            a[key]
    with pytest.raises((IndexError, TypeError)):
        a["x"]


def test_slices_between_lazy_numbers():
    a = arrstore.asarray(X)
    one = arrstore.asarray(1)
    same(a[one:, :, : one + 2], X[1:, :, :3])
    same(a[:, np.array(2)], X[:, 2])
    for wrong in (slice(1.5), slice("x"), slice(arrstore.asarray(1.5))):
        with pytest.raises(TypeError):
            a[wrong]


def random_index(rng, shape):
    """An index of any kind: parts and steps, a mask, or lists."""
    some = shape[: int(rng.integers(0, len(shape) + 1))]
    kind = rng.integers(4)
    if kind == 0:
        return rng.random(some) < 0.5
    key = []
    for n in some:
        at = int(rng.integers(-4, 5))
        parts = [slice(at, None), slice(None, at), slice(None, None, at or -1), at, None, slice(None)]
        lists = [list(map(int, rng.integers(-n, n, 3))) if n else slice(None), slice(None, None, -1)]
        key.append((parts if kind < 3 else lists)[rng.integers(6 if kind < 3 else 2)])
    if kind < 3 and rng.random() < 0.3:
        key.insert(int(rng.integers(0, len(key) + 1)), ...)
    return tuple(key)


def test_assignment_to_a_lazy_array():
    count = 0
    for seed in range(300):
        rng = np.random.default_rng(seed)
        x = rng.integers(0, 100, rng.integers(0, 5, rng.integers(0, 4))).astype(rng.choice(["i4", "f8", "u1"]))
        key, a = random_index(rng, x.shape), arrstore.asarray(x)
        before, expected = a + 0, x.copy()
        try:
            part = x[key].shape
        except IndexError:
            with pytest.raises(IndexError):
                a[key] = 1
            continue
        part = tuple(1 if rng.random() < 0.3 else n for n in part)[int(rng.integers(0, len(part) + 1)) :]
        value = rng.integers(0, 100, part) if rng.random() < 0.7 else 7
        try:
            expected[key] = value
        except (TypeError, ValueError):
            continue  # NumPy refuses masks with values of several axes
        a[key] = arrstore.asarray(value) if seed % 2 and not isinstance(value, int) else value
        same(a, expected)
        same(before, x)
        count += 1
    assert count > 200


def test_assignments_that_are_wrong():
    a = arrstore.asarray(np.zeros((2, 3), np.uint8))
    for key, value, error in [
        (0, 300, OverflowError),
        (0, [1, 2], ValueError),
        (5, 1, IndexError),
        ([True, False, True], 1, IndexError),
        ((0, 0, 0), 1, IndexError),
        (0, "x", (TypeError, ValueError)),
        ((0, 0), np.ones(1), ValueError),
        (np.ones((2, 3), bool), np.ones((2, 3)), TypeError),
    ]:
        with pytest.raises(error):
            a[key] = value
    same(a, np.zeros((2, 3), np.uint8))
    with pytest.raises(OverflowError):
        arrstore.asarray(np.zeros(2, np.int16))[...] = np.int32(70_000)
    with pytest.raises(IndexError):
        arrstore.asarray(np.zeros((0, 3)))[[0]] = 1


@pytest.mark.parametrize("name", "add sub mul truediv floordiv mod pow and or xor lshift rshift".split())
def test_operators_in_place(name):
    call = getattr(operator, f"i{name}")
    x = np.arange(1, 7).reshape(2, 3)
    if name in ("truediv", "mod"):
        x = x.astype(float)
    a, before = arrstore.asarray(x), arrstore.asarray(x)
    part, whole = a[0], a
    a = call(a, 2)
    assert a is whole
    same(a, call(x.copy(), 2))
    same(part, before[0])


def test_operators_in_place_keep_type_and_shape():
    a = arrstore.asarray(np.arange(3))
    for other, error in ((0.5, TypeError), (np.ones((2, 3), int), ValueError)):
        with pytest.raises(error):
            a += other
    a *= np.int8(2)
    same(a, [0, 2, 4])
    a[1:] += 1
    same(a, [0, 3, 5])
    # a number is not changed in place
    number = arrstore.asarray(np.arange(3)).sum()
    kept = number
    number /= 2
    assert float(number) == 1.5 and float(kept) == 3


def test_arrays_of_files_that_are_read_are_not_changed_in_place(tmp_path):
    np.save(tmp_path / "x.npy", np.arange(3))
    x = opened = arrstore.open(tmp_path / "x.npy")
    x += 1
    same(x, [1, 2, 3])
    same(opened, [0, 1, 2])


def test_conjugates_of_truth_values():
    x = np.array([True, False])
    same(arrstore.asarray(x).conj(), x.conj())
    same(np.conj(arrstore.asarray(x)), np.conj(x))


def test_numbers_and_iteration():
    a = arrstore.asarray(np.arange(3))
    assert [int(x) for x in a] == [0, 1, 2]
    assert float(a.sum()) == 3.0 and complex(a[1]) == 1 and bool(a[1]) and list(range(5))[a[2]] == 2
    assert a.item(2) == 2 and a.tolist() == [0, 1, 2] and 2 in a and 7 not in a
    with pytest.raises(ValueError):
        bool(a)
    with pytest.raises(TypeError):
        int(a)
    with pytest.raises(TypeError):
        iter(a[0])
    b = arrstore.asarray(np.arange(6).reshape(2, 3))
    assert b.item(4) == 4 and b.item(-1) == 5 and b.item(1, 0) == b.item((1, 0)) == 3
    with pytest.raises(IndexError):
        b.item(6)
    with pytest.raises(TypeError):
        float(b[:1, 0])


def test_compute_gives_numpys_arrays_and_numbers():
    a = arrstore.asarray(X)
    found = (a + 1).compute()
    assert type(found) is np.ndarray and found.flags.writeable
    found[0] = 5
    assert type(a.sum().compute()) is np.float64
    both = arrstore.compute(a.sum(0), a.max())
    same(both[0], X.sum(0))
    assert both[1] == 23


def test_arrays_in_place_are_views_of_the_map(store):
    found = np.asarray(store["t"])
    assert not found.flags.writeable and not found.flags.owndata
    with pytest.raises(ValueError):
        found[0] = 1
    part = np.asarray(store["t"][::-1, 1:3].T)
    assert not part.flags.writeable
    same(part, np.arange(12.0).reshape(3, 4)[::-1, 1:3].T)
    # the map stays as long as an array looks at it, and shows the commit that it came from
    store["t"] = np.zeros((3, 4))
    store.close()
    same(found, np.arange(12.0).reshape(3, 4))
    same(part[0], [9.0, 5.0, 1.0])


def test_numpy_protocol(store):
    t = store["t"]
    assert np.array(t).flags.writeable
    assert np.asarray(t, dtype=np.float32).dtype == np.float32
    with pytest.raises(ValueError):
        (t + 1).__array__(copy=False)
    assert memoryview(t).shape == (3, 4) and memoryview(t).readonly
    same(np.from_dlpack(t), np.asarray(t))
    same(np.from_dlpack(t + 1), np.asarray(t) + 1)


class Elements:
    """Elements that have no operators: as arrays of Zarr, HDF5 and Arrow."""

    def __init__(self, values):
        self.values = values

    def __array__(self, dtype=None, copy=None):
        return self.values


def test_operators_take_what_has_elements(store):
    t, values = store["t"], np.arange(4.0)
    x = np.asarray(t)
    for operation in (operator.add, operator.sub, operator.truediv, operator.pow, operator.lt, operator.eq, operator.matmul):
        found = operation(t, Elements(values))
        assert isinstance(found, arrstore.Array)
        same(found, operation(x, Elements(values)))
    for operation in (operator.add, operator.sub, operator.floordiv):
        same(operation(Elements(values), t + 1), operation(Elements(values), x + 1))


def test_a_buffer_to_write_to_is_refused(store):
    for array in (store["t"], store["t"] * 2, arrstore.asarray(np.ones((3, 4))), arrstore.zeros((3, 4))):
        expected = np.array(array)
        # what was written to the elements of a computation would be lost
        with pytest.raises(TypeError, match="read-write"):
            io.BytesIO(bytes(array.nbytes)).readinto(array)
        same(array, expected)
        assert bytes(array) == expected.tobytes()
        same(np.frombuffer(array).reshape(array.shape), expected)


@pytest.mark.parametrize("dtype", ["bool", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16"])
def test_every_type_goes_there_and_back(dtype, store):
    x = np.arange(6).reshape(2, 3).astype(dtype)
    for array in (x, x.T, x[::-1], x[:, 1:], x[:0], x[0, 0], np.asfortranarray(x)):
        same(arrstore.asarray(array), array)
    same(arrstore.asarray(x.astype(x.dtype.newbyteorder())), x)
    store["x"] = x[::-1].T
    same(store["x"], x[::-1].T)
    same(store["x"][1:, 0], x[::-1].T[1:, 0])


#: Times, texts and records, in any order of bytes and fields.
OTHERS = [
    np.array(["2020-01-01", "NaT"], "M8[D]"),
    np.array([[1], [2]], ">m8[ns]"),
    np.array(["a", "bcd", "", "ä"]),
    np.array([b"a", b"xyz"])[::-1],
    np.array(["a"], ">U4"),
    np.array("abc"),
    np.array([(1, 2.5, "x"), (2, np.nan, "")], [("a", "i4"), ("b", ">f8"), ("c", "U3")]),
    np.array([(1, [2, 3])], {"names": ["b", "a"], "formats": ["i4", ("f4", (2,))], "offsets": [8, 0], "itemsize": 16}),
    np.array([], [("time", "M8[s]"), ("inner", [("x", "?")])]),
]


def same_records(found, expected):
    found = np.asarray(found)
    assert found.shape == expected.shape
    if expected.dtype.names:
        assert set(found.dtype.names) == set(expected.dtype.names)
        for name in expected.dtype.names:
            same_records(found[name], expected[name])
    else:
        same(found, expected.astype(expected.dtype.newbyteorder("=")))


@pytest.mark.parametrize("x", OTHERS, ids=lambda x: str(x.dtype))
def test_times_texts_and_records_go_there_and_back(x, store):
    a = arrstore.asarray(x)
    same_records(a, x)
    same_records(pickle.loads(pickle.dumps(a)), x)
    store["x"] = x
    same_records(store["x"], x)
    store["x"] = a
    same_records(store["x"][...], x)
    if x.size:
        same_records(a[..., None][::-1], x[..., None][::-1])


def test_times_and_texts_are_operands():
    times, texts = OTHERS[0], OTHERS[2]
    a, b = arrstore.asarray(times), arrstore.asarray(texts)
    same(a + np.timedelta64(1, "D"), times + np.timedelta64(1, "D"))
    same(a < np.datetime64("2021"), times < np.datetime64("2021"))
    same(b == "a", texts == "a")
    same("bcd" != b, texts != "bcd")
    same(b == np.str_("ä"), texts == "ä")
    same(arrstore.asarray(OTHERS[3]) >= b"b", OTHERS[3] >= b"b")
    same(arrstore.asarray([1, 2]) == "a", np.array([False, False]))
    with pytest.raises(TypeError, match="object"):
        arrstore.asarray(np.array([object()]))


def test_bfloat16():
    types = pytest.importorskip("ml_dtypes")
    x = np.arange(4).astype(types.bfloat16)
    same(arrstore.asarray(x) + 1, x + 1)


def test_unaligned_elements():
    raw = np.zeros(17, np.uint8)
    x = raw[1:].view(np.float64)
    x[:] = [1, 2]
    same(arrstore.asarray(x), [1.0, 2.0])


def test_html_has_sizes_and_a_picture(store):
    store.write("big", np.zeros((100, 100)), chunks=(10, 25))
    page = store["big"]._repr_html_()
    assert "78.1 KiB" in page and "40 of (10, 25)" in page and page.count("<line") == 9 + 3
    assert "computed" in (store["big"] + 1)._repr_html_()
    assert arrstore.asarray(np.zeros((0, 3)))._repr_html_()


def test_explain(store):
    plan = (store["t"] + 1).sum().explain()
    assert "stage 1: pass" in repr(plan) and 0 < plan.peak <= plan.budget


def test_deep_graphs():
    a = arrstore.asarray(np.zeros(3))
    total = a
    for _ in range(20_000):
        total = total + 1
    assert float(total[0]) == 20_000
    del total


def test_ufuncs_with_a_type_compute_as_numpy():
    i, x = arrstore.asarray([3, 5, 7]), arrstore.asarray([1.5, 2.5])
    for ufunc in (np.equal, np.less, np.greater_equal, np.not_equal):
        same(ufunc(i, 5, dtype=bool), ufunc([3, 5, 7], 5, dtype=bool))
    same(np.add(i, 1, dtype="f4"), np.add([3, 5, 7], 1, dtype="f4"))
    with pytest.raises(TypeError):
        np.add(x, 1, dtype="i4")


def test_numbers_are_formatted_and_rounded():
    x = arrstore.asarray([1.25, 2.5])
    assert f"{x.mean():.2f}" == "1.88" and f"{x}" == str(x)
    assert round(x.sum()) == 4 and round(x.mean(), 1) == 1.9
    with pytest.raises(TypeError):
        f"{x:.2f}"


def test_parts_from_the_last_to_the_first():
    for found, expected in zip(reversed(arrstore.asarray(X)), reversed(X), strict=True):
        same(found, expected)
    with pytest.raises(TypeError):
        reversed(arrstore.asarray(5.0))


def test_numpys_functions_write_and_print_elements(store, tmp_path):
    t, expected = store["t"], np.arange(12.0).reshape(3, 4)
    np.save(tmp_path / "t.npy", t * 2)
    same(np.load(tmp_path / "t.npy"), expected * 2)
    np.savetxt(tmp_path / "t.txt", t)
    same(np.loadtxt(tmp_path / "t.txt"), expected)
    for write in (np.savez, np.savez_compressed):
        write(tmp_path / "t.npz", t, other=t[0], plain=expected)
        found = np.load(tmp_path / "t.npz")
        same(found["arr_0"], expected)
        same(found["other"], expected[0])
    for told in (np.array2string, np.array_repr, np.array_str):
        assert told(t) == told(expected)


def test_printing_keeps_to_the_budget_and_raises():
    def fails(block):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        str(arrstore.map_blocks(fails, arrstore.asarray([1.0, 2.0]), dtype=float))
    with arrstore.config(memory=1000), pytest.raises(MemoryError):
        str(np.sort(arrstore.asarray(np.arange(1e6))))


def test_times_of_python_and_pandas_are_operands():
    pandas = pytest.importorskip("pandas")
    n = np.array(["2020-01-02", "NaT"], "M8[s]")
    a = arrstore.asarray(n)
    day, moment, span = datetime.date(2020, 1, 2), datetime.datetime(2020, 1, 2, 3, 4, 5, 6), datetime.timedelta(hours=1, microseconds=3)
    same(a + span, n + np.timedelta64(span))
    same(span + a, np.timedelta64(span) + n)
    same(a - day, n - np.datetime64(day))
    same(a < moment, n < np.datetime64(moment))
    same(a == day, n == np.datetime64(day))
    same(np.maximum(a, moment), np.maximum(n, np.datetime64(moment)))
    same(a - pandas.Timestamp(5), n - np.datetime64(5, "ns"))
    same(a + pandas.Timedelta(7), n + np.timedelta64(7, "ns"))
