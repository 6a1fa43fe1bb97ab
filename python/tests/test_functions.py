"""The functions of the tables against NumPy's, through this module, through methods and through NumPy's protocols."""

import inspect
import pickle

import numpy as np
import pytest
from conftest import close, lazy, same

import arrstore
from arrstore import _arrstore

RNG = np.random.default_rng(1)
FLOATS = np.concatenate([RNG.normal(size=17), [0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan]]).reshape(4, 6)
SMALL = RNG.uniform(-0.9, 0.9, (4, 6))
INTS = RNG.integers(-5, 6, (4, 6))

#: Functions of other forms than f(x), f(x, y) and f(x, axis=...), with arguments of their own below, or whose results are
#: no arrays.
TABLE = {name: parameters for name, _, parameters, _ in _arrstore.functions() if parameters and hasattr(np, name)}
ELEMENTWISE = {
    1: sorted(name for name, parameters in TABLE.items() if parameters == ["x"] and isinstance(getattr(np, name), np.ufunc)),
    2: sorted(name for name, parameters in TABLE.items() if isinstance(getattr(np, name), np.ufunc) and getattr(np, name).nin == 2),
}
REDUCTIONS = sorted(name for name in TABLE if {"axis?", "keepdims?"} <= set(TABLE[name]) and name not in {"ptp", "median"})


def test_the_tables_are_found():
    assert len(ELEMENTWISE[1]) > 40 and len(ELEMENTWISE[2]) > 25 and len(REDUCTIONS) >= 15


@pytest.mark.parametrize("x", [FLOATS, SMALL, INTS, SMALL.astype("f4"), INTS.astype("i1"), INTS > 0, SMALL + 1j], ids=["floats", "small", "ints", "f4", "i1", "bool", "complex"])
@pytest.mark.parametrize("name", ELEMENTWISE[1])
def test_functions_of_one_array(name, x):
    numpy = getattr(np, name)
    with np.errstate(all="ignore"):
        try:
            expected = numpy(x)
        except TypeError:
            with pytest.raises((TypeError, ValueError)):
                getattr(arrstore, name)(x)
            return
        # lazy through both doors
        a = arrstore.asarray(x)
        found = numpy(a)
        assert lazy(found)
        close(getattr(arrstore, name)(a), found)
        # NumPy leaves the quotient of an integer by 0 to the machine
        if name == "reciprocal" and x.dtype.kind in "ib":
            return
        close(found, expected)


@pytest.mark.parametrize("name", ELEMENTWISE[2])
def test_functions_of_two_arrays(name):
    numpy = getattr(np, name)
    pairs = [(FLOATS, SMALL), (INTS, INTS[::-1]), (np.abs(INTS), np.abs(INTS[:1]) + 1), (INTS > 0, INTS < 2)]
    if name == "vecdot":
        # the library's sum of products of booleans counts them
        pairs.pop()
    for x, y in pairs:
        with np.errstate(all="ignore"):
            try:
                expected = numpy(x, y)
            except (TypeError, ValueError):
                with pytest.raises((TypeError, ValueError)):
                    np.asarray(getattr(arrstore, name)(x, y))
                continue
            found = numpy(arrstore.asarray(x), y)
            assert lazy(found)
            close(found, expected)
            close(numpy(x, arrstore.asarray(y)), expected)


@pytest.mark.parametrize("number", [0.5, -1, 300, 0, 0.0, True, 0.5j, np.nan, 1e300, 1e-300], ids=str)
@pytest.mark.parametrize("name", ["logical_and", "logical_or", "logical_xor"])
def test_numbers_in_logical_functions_count_by_their_truth(name, number):
    numpy = getattr(np, name)
    for dtype in ("?", "u1", "i8", "f4", "c8"):
        x = np.array([2, 0]).astype(dtype)
        same(numpy(arrstore.asarray(x), number), numpy(x, number))
        same(numpy(number, arrstore.asarray(x)), numpy(number, x))


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", [None, 0, -1, (0, 1)], ids=str)
@pytest.mark.parametrize("name", REDUCTIONS)
def test_reductions(name, axis, keepdims):
    numpy = getattr(np, name)
    for x in (SMALL, INTS, FLOATS):
        try:
            with np.errstate(all="ignore"):
                expected = numpy(x, axis=axis, keepdims=keepdims)
        except (TypeError, ValueError):
            with pytest.raises((TypeError, ValueError)):
                getattr(arrstore, name)(arrstore.asarray(x), axis=axis, keepdims=keepdims).compute()
            continue
        a = arrstore.asarray(x)
        found = numpy(a, axis=axis, keepdims=keepdims)
        assert lazy(found)
        close(found, expected)
        if hasattr(arrstore.Array, name) and hasattr(np.ndarray, name):
            close(getattr(a, name)(axis=axis, keepdims=keepdims), expected)


def test_methods_take_axes_by_position():
    a = arrstore.asarray(SMALL)
    close(a.sum(0), SMALL.sum(0))
    close(a.std(1, ddof=1), SMALL.std(1, ddof=1))
    close(a.mean(axis=np.int64(1)), SMALL.mean(axis=1))
    close(a.astype(np.float32), SMALL.astype(np.float32))
    close(a.astype("i4"), SMALL.astype("i4"))
    close(a.reshape(6, 4), SMALL.reshape(6, 4))
    close(a.reshape((-1,)), SMALL.reshape(-1))
    close(a.transpose(1, 0), SMALL.T)


@pytest.mark.parametrize("dtype", ["?", "<f4", ">i2", "float", "d", "u8", "single", np.int16, np.dtype("f2"), bool, "complex128"], ids=str)
def test_types_as_numpy_names_them(dtype):
    expected = np.dtype(dtype).newbyteorder("=")
    x = np.arange(3)
    for found in [
        arrstore.zeros(2, dtype),
        arrstore.zeros(2, dtype=dtype),
        arrstore.full_like(x, 1, dtype=dtype),
        arrstore.asarray(x).astype(dtype),
        arrstore.astype(x, dtype),
        arrstore.arange(3, dtype=dtype) if expected != bool else arrstore.ones(1, dtype),
        arrstore.sum(x, 0, dtype),
        arrstore.asarray(x).sum(0, dtype),
    ]:
        assert found.dtype == expected
    for wrong in ["no type", "f3"]:
        with pytest.raises(TypeError):
            arrstore.zeros(2, dtype=wrong)


FOLDS = "add multiply maximum minimum fmax fmin logical_and logical_or logical_xor bitwise_and bitwise_or bitwise_xor gcd lcm subtract divide hypot logaddexp".split()


@pytest.mark.parametrize("name", FOLDS)
def test_ufunc_methods(name):
    ufunc = getattr(np, name)
    values = SMALL if name in ("divide", "hypot", "logaddexp", "fmax", "fmin") else INTS
    a, mask = arrstore.asarray(values), values > 0
    for x, m in ((values, mask), (a, arrstore.asarray(mask))):
        answers = [
            ufunc.reduce(x), ufunc.reduce(x, axis=1, keepdims=True), ufunc.reduce(x, axis=-1, initial=1), ufunc.reduce(x, initial=2, where=m),
            ufunc.accumulate(x), ufunc.accumulate(x, axis=1), ufunc.reduceat(x, [0, 2, 1]), ufunc.reduceat(x, [3, 0], axis=1), ufunc.outer(x[0], x[:, 0]),
        ]  # fmt: skip
        if x is values:
            expected = answers
        else:
            assert lazy(tuple(answers))
            close(tuple(answers), tuple(expected))


def test_reductions_of_unsigned_bits_and_of_nothing():
    for x in (np.arange(6, dtype=np.uint8).reshape(2, 3), np.zeros((0, 3), np.uint16)):
        for ufunc in (np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.gcd):
            same(ufunc.reduce(arrstore.asarray(x)), ufunc.reduce(x))
    with pytest.raises(ValueError, match="no value for none"):
        np.lcm.reduce(arrstore.asarray(np.zeros((0, 3), int)))
    with pytest.raises(ValueError, match="axis"):
        np.subtract.reduce(arrstore.asarray(SMALL), axis=None)
    assert np.lcm.reduce(arrstore.asarray(np.ones(10_001, int))) == 1


def test_greatest_and_smallest_numbers_so_far():
    x = np.array([[np.nan, np.nan, 3.0, 1.0], [2.0, np.nan, -np.inf, np.inf]])
    for ufunc in (np.maximum, np.minimum, np.fmax, np.fmin):
        for axis in (0, 1, -1):
            same(ufunc.accumulate(arrstore.asarray(x), axis=axis), ufunc.accumulate(x, axis=axis))


def test_ufuncs_with_where_and_casting():
    a, mask = arrstore.asarray(INTS), INTS > 0
    for where in (mask, arrstore.asarray(mask), mask[0]):
        out, expected = np.full((4, 6), 9.0), np.full((4, 6), 9.0)
        assert np.add(a, 1, out=out, where=where) is out
        same(out, np.add(INTS, 1, out=expected, where=np.asarray(where)))
    found = np.add(a, 1, where=mask)
    assert lazy(found)
    same(found[mask], (INTS + 1)[mask])
    same(np.add(a, 0.5, dtype="i4", casting="unsafe"), np.add(INTS, 0.5, dtype="i4", casting="unsafe"))
    same(np.divmod(a, 4, out=(np.zeros((4, 6), int), None)), np.divmod(INTS, 4))
    for words in ({"casting": "no"}, {"dtype": "u1"}, {"where": INTS}):
        with pytest.raises(TypeError):
            np.add(a, np.float32(1), **words)


def test_at_changes_an_array_of_numpy():
    x, expected = np.zeros(4), np.zeros(4)
    np.add.at(x, arrstore.asarray([0, 3, 0]), arrstore.asarray([1, 2, 3]))
    np.add.at(expected, [0, 3, 0], [1, 2, 3])
    same(x, expected)
    with pytest.raises(TypeError, match="assign"):
        np.add.at(arrstore.asarray(x), [0], 1)


def test_functions_of_other_modules_of_numpy_stay_lazy():
    x = np.array([" ab ", "b", "xbx", ""])
    a = arrstore.asarray(x)
    for call in (
        np.strings.strip, np.strings.lstrip, np.strings.upper, np.strings.str_len, np.strings.isalpha,
        lambda x: np.strings.rstrip(x, "x "), lambda x: np.strings.ljust(x, 5), lambda x: np.strings.replace(x, "b", "cc"),
        lambda x: np.strings.find(x, "b"), lambda x: np.strings.multiply(x, 2), lambda x: np.strings.add(x, x),
    ):  # fmt: skip
        assert lazy(call(a))
        same(call(a), call(x))
    windows = np.lib.stride_tricks.sliding_window_view(arrstore.asarray(SMALL), 2, axis=0)
    assert lazy(windows)
    same(windows, np.lib.stride_tricks.sliding_window_view(SMALL, 2, axis=0))


def test_joins_and_casts_with_casting():
    a = arrstore.asarray(SMALL)
    same(np.concatenate((a, a), dtype="i4", casting="unsafe"), np.concatenate((SMALL, SMALL), dtype="i4", casting="unsafe"))
    same(a.astype("i8", casting="unsafe"), SMALL.astype("i8"))
    for call in (lambda: a.astype("i8", casting="safe"), lambda: np.stack((a, a), dtype="i4"), lambda: np.stack((a, a), dtype="i4", casting="same_kind")):
        with pytest.raises(TypeError):
            call()


def test_out_takes_computed_elements():
    out = np.empty_like(SMALL)
    assert np.add(arrstore.asarray(SMALL), 1, out=out) is out
    same(out, SMALL + 1)
    out = np.empty(6)
    np.sum(arrstore.asarray(SMALL), axis=0, out=out)
    close(out, SMALL.sum(0))
    assert arrstore.asarray(SMALL).sum(axis=0, out=out) is out and arrstore.sum(SMALL, axis=0, out=out) is out
    # as wide as the array that takes them
    half = np.full(20, 300.0, np.float16)
    assert np.sum(arrstore.asarray(half), out=np.zeros(())) == 6000 and np.prod(arrstore.asarray(half), out=np.zeros(())) == 300.0**20
    with pytest.raises(ValueError, match="shape"):
        np.sum(arrstore.asarray(SMALL), axis=0, out=np.zeros((1, 6)))
    with pytest.raises(TypeError):
        np.add(SMALL, 1, out=arrstore.asarray(SMALL))


def test_functions_that_the_tables_lack_are_refused_by_name():
    with pytest.raises(TypeError, match="polyfit|no implementation"):
        np.polyfit(arrstore.asarray(SMALL[0]), SMALL[0], 1)


def test_lists_of_arrays():
    a = arrstore.asarray(SMALL)
    same(np.concatenate([a, SMALL]), np.concatenate([SMALL, SMALL]))
    same(arrstore.concat((a, a), axis=1), np.concatenate([SMALL, SMALL], axis=1))
    same(arrstore.asarray([a[0], a[1]]), SMALL[:2])


def test_a_wrong_argument_says_what_is_right():
    a = arrstore.asarray(SMALL)
    with pytest.raises(TypeError, match=r"mean has no argument 'axes'; mean\(a, \[axis\]"):
        a.mean(axes=0)
    with pytest.raises(TypeError, match="expected an integer"):
        a.sum(axis="x")
    with pytest.raises(np.exceptions.AxisError, match="axis 2 is out of bounds"):
        a.sum(axis=2)
    with pytest.raises(AttributeError):
        a.no_such_method


def test_functions_describe_themselves():
    assert str(inspect.signature(arrstore.hypot)) == "(x1, x2)"
    assert "axis=None" in str(inspect.signature(arrstore.sum))
    assert arrstore.sqrt.__doc__ == "Square root." and arrstore.Array.mean.__name__ == "mean"


def test_expressions():
    a, b = arrstore.asarray(SMALL), SMALL[::-1]
    close(arrstore.eval("sum((a - b)**2)"), np.sum((SMALL - b) ** 2))
    close(arrstore.eval("x + 1", {"x": a}), SMALL + 1)
    low, high = arrstore.eval("min(a), max(a)")
    assert float(low) == SMALL.min() and float(high) == SMALL.max()
    with pytest.raises(ValueError, match="unexpected"):
        arrstore.eval("a + )")
    with pytest.raises(ValueError, match="unknown name 'nothing'"):
        arrstore.eval("a + nothing")


def test_masks_are_not_lost_in_map_blocks():
    a = arrstore.asarray(np.arange(6.0))
    with pytest.raises(ValueError, match="mask"):
        arrstore.map_blocks(lambda block: np.ma.masked_less(block, 2), a).compute()
    # nothing is masked
    same(arrstore.map_blocks(lambda block: np.ma.masked_less(block, -2), a), np.arange(6.0))


def test_map_blocks():
    a = arrstore.asarray(SMALL)
    same(arrstore.map_blocks(lambda x: x * 2, a), SMALL * 2)
    found = arrstore.map_blocks(lambda x: x > 0, a)
    assert found.dtype == bool
    same(found, SMALL > 0)
    same(arrstore.map_blocks(np.sqrt, arrstore.asarray(4.0)), 2.0)
    with pytest.raises(ZeroDivisionError):
        arrstore.map_blocks(lambda x: 1 // 0, a, dtype="f8").compute()
    with pytest.raises(ValueError, match="shape"):
        arrstore.map_blocks(lambda x: x[:1], a, dtype="f8").compute()


@pytest.mark.parametrize(
    "key, places",
    [
        (0, 20),
        ((1, -2), 5),
        ((0, 1, 2), 1),
        (slice(1, 2), 20),
        ((slice(None, None, -1), slice(3, 0, -2)), 30),
        ((None, ..., -1), 12),
        (slice(5, 1), 0),
        ([2, 0, 2], 40),
        ([[0, -1], [-3, 0]], 40),
        (([0, 1], slice(None), [3, 1]), 16),
        (np.array([True, False, True]), 40),
        (..., 60),
    ],
)
def test_a_part_of_blocks_calls_the_function_for_its_own_places(key, places):
    values = np.arange(60.0).reshape(3, 4, 5)
    assert counted(lambda mapped: mapped[key], values) == places
    same(pickle.loads(pickle.dumps(arrstore.map_blocks(np.negative, values)[key])), -values[key])


def counted(part, values):
    """For how many elements the function was called that a part of blocks needs. The part is right."""
    seen = []

    def double(block):
        seen.append(block.size)
        return block * 2

    same(part(arrstore.map_blocks(double, values, dtype=float)), part(values * 2))
    return sum(seen)


@pytest.mark.parametrize(
    ("part", "most"),
    [
        (lambda m: m.reshape(-1)[4000:6000], 2000),
        (lambda m: m.ravel()[77], 2000),
        (lambda m: m.flatten()[:-11:-1], 2000),
        (lambda m: m.reshape(1200, 50)[3:80:7, ::2], 4000),
        (lambda m: m.reshape(60, -1)[[3, 5], 1:4], 6000),
        (lambda m: m.reshape(10, 3, 40, 50)[2, 1], 6000),
        (lambda m: m.reshape(-1)[5:5], 60_000),
        (lambda m: m.reshape(-1)[[7, 9, 7]], 2000),
    ],
)
def test_a_part_of_reshaped_blocks_computes_the_rows_of_it_alone(part, most):
    assert counted(part, np.arange(60_000.0).reshape(30, 40, 50)) <= most


@pytest.mark.parametrize(
    ("part", "most"),
    [
        (lambda m: m.T[3:5, 7], 60),
        (lambda m: np.swapaxes(m, 0, 1)[5], 1500),
        (lambda m: m[5][3:6], 150),
        (lambda m: m[2:20][3:6, ::-1][1], 2000),
        (lambda m: np.expand_dims(m, 1)[4:6, 0, 3], 100),
        (lambda m: np.flip(m, 0)[3, 1:4], 150),
        (lambda m: np.broadcast_to(m, (5, 30, 40, 50))[2, 3], 2000),
        (lambda m: np.squeeze(m[None])[4], 2000),
        (lambda m: np.moveaxis(m, 2, 0)[0, 4, 5], 1),
        (lambda m: np.rot90(m)[3], 1500),
        (lambda m: (m.T + 1).T[3], 2000),
        (lambda m: m.astype("f4")[3, 2] * np.float32(2), 50),
        (lambda m: m.T[1].sum(), 1200),
    ],
)
def test_a_part_of_blocks_seen_in_another_way_computes_that_part_alone(part, most):
    assert counted(part, np.arange(60_000.0).reshape(30, 40, 50)) <= most


def test_a_part_of_blocks_after_an_assignment_is_that_of_the_new_elements():
    values = np.arange(12.0).reshape(3, 4)
    mapped = arrstore.map_blocks(np.negative, values)
    mapped[1] = 5
    same(mapped[1:], np.array([[5.0] * 4, [-8.0, -9.0, -10.0, -11.0]]))
    for key in (3, (0, 9), [5], (0, 0, 0), [1.5]):
        with pytest.raises(IndexError):
            arrstore.map_blocks(np.negative, values)[key]
