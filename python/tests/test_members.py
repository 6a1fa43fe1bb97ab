"""The members of NumPy's arrays."""

import copy
import pickle

import numpy as np
import pytest
from conftest import same

import arrstore

L = arrstore.asarray
ARRAYS = [
    np.arange(24, dtype="i4").reshape(2, 3, 4), np.linspace(-1, 1, 12), np.array(1.5), np.array([True, False]), np.zeros((0, 4)), np.array([[1 + 2j, 3], [4, 5j]]),
    np.array(["ab", "c"]), np.array([b"abcd", b"e"]), np.array(["2020", "NaT"], "M8[s]"), np.array([(1, 2.5), (3, 4.5)], "i4,f8"), np.arange(8, dtype="f2"),
]  # fmt: skip


def test_every_member_of_numpys_arrays_is_there_or_says_what_to_use():
    a = L(np.arange(3))
    told = {name for name in dir(np.ndarray) if not name.startswith("_") and not hasattr(arrstore.Array, name)}
    assert told == {"base", "ctypes", "data", "flags", "getfield", "setfield", "setflags", "strides"}
    for name in told:
        assert not hasattr(a, name)
        with pytest.raises(AttributeError, match=f"{name}': ") as error:
            getattr(a, name)
        assert len(str(error.value)) > 60
    with pytest.raises(AttributeError, match="has no attribute 'nothing'$"):
        a.nothing  # noqa: B018


@pytest.mark.parametrize("x", ARRAYS, ids=lambda x: f"{x.dtype.str}{x.shape}")
def test_bytes(x, tmp_path):
    a = L(x)
    for order in ("C", "F", "A", None):
        assert a.tobytes(order) == x.tobytes(order)
    assert a.T.tobytes() == x.T.tobytes()
    for path in (tmp_path / "x", str(tmp_path / "y"), bytes(tmp_path / "z")):
        a.tofile(path)
        assert (tmp_path / (path if isinstance(path, str) else "x")).read_bytes() == x.tobytes()
    with open(tmp_path / "w", "wb") as file:
        file.write(b"head")
        a.tofile(file)
        file.write(b"tail")
    assert (tmp_path / "w").read_bytes() == b"head" + x.tobytes() + b"tail"
    if x.dtype.kind in "if":
        a.tofile(tmp_path / "text", " ", "%g")
        assert (tmp_path / "text").read_text() == " ".join(f"{n:g}" for n in x.reshape(-1))
    assert (a.nbytes, a.itemsize) == (x.nbytes, x.itemsize)
    same(pickle.loads(a.dumps()), x)
    a.dump(tmp_path / "pickle")
    same(pickle.loads((tmp_path / "pickle").read_bytes()), x)


def test_a_file_of_large_arrays(tmp_path, monkeypatch):
    from arrstore import _bytes

    monkeypatch.setattr(_bytes, "_LARGE", 100)
    x = np.arange(1000.0)
    x.tofile(tmp_path / "x.raw")
    a = arrstore.open(tmp_path / "x.raw", dtype="f8")
    with open(tmp_path / "y", "wb") as file:
        file.write(b"head")
        (a * 2).tofile(file)
        file.write(b"tail")
    assert (tmp_path / "y").read_bytes() == b"head" + (x * 2).tobytes() + b"tail"
    (a * 2).tofile(tmp_path / "x.raw")  # over its own elements
    same(arrstore.open(tmp_path / "x.raw", dtype="f8"), x * 2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.raw", "y"]


TYPES = "u1 i1 ? i2 u2 f2 i4 u4 f4 i8 f8 >i4 >f8 c8 c16 S1 S4 S8 U1 U2 S U V8 M8[s] m8[ns] i4,i4 i2,i2 f8,f8".split()


@pytest.mark.parametrize("x", ARRAYS, ids=lambda x: f"{x.dtype.str}{x.shape}")
@pytest.mark.parametrize("dtype", TYPES)
def test_views_as_other_types(x, dtype):
    if dtype in ("?", "U1", "U2", "U"):  # any bytes, which may be neither truths nor characters
        x = np.zeros_like(x)
    try:
        wanted = x.view(dtype)
    except (TypeError, ValueError) as error:
        with pytest.raises(type(error)):
            L(x).view(dtype)
        return
    try:
        empty = arrstore.asarray(np.empty(0, wanted.dtype))
    except TypeError:  # a type that there is not
        with pytest.raises(TypeError):
            np.asarray(L(x).view(dtype))
        return
    found = L(x).view(dtype)
    assert (found.shape, found.dtype) == (wanted.shape, empty.dtype)
    assert np.asarray(found).tobytes() == np.asarray(wanted, empty.dtype).tobytes()


def test_views_as_classes():
    x = np.arange(4.0)
    same(L(x).view(), x)
    assert type(L(x).view(np.ndarray)) is np.ndarray and type(L(x).view(type=np.matrix)) is np.matrix
    with pytest.raises(TypeError):
        L(x).view(object)
    y = L(x)
    z = y.view("i8")
    y[0] = 5
    same(z, x.view("i8"))


@pytest.mark.parametrize("x", [x for x in ARRAYS if x.dtype.kind not in "?U"], ids=lambda x: f"{x.dtype.str}{x.shape}")
def test_bytes_in_reverse_order(x):
    assert np.asarray(L(x).byteswap()).tobytes() == x.byteswap().tobytes()
    a = L(x)
    if x.ndim:
        assert a.byteswap(True) is a and np.asarray(a).tobytes() == x.byteswap().tobytes()


KEYS = [3, -1, slice(1, 5), slice(None, None, -2), [0, 2, 2], np.array([True, False] * 6), ..., slice(0, 0)]


@pytest.mark.parametrize("key", KEYS, ids=repr)
def test_flat(key):
    x = np.arange(12.0).reshape(3, 4)
    same(L(x).flat[key], x.flat[key])
    for value in (7, [1, 2], np.arange(20), L(np.arange(5))):
        a, b = L(x), x.copy()
        a.flat[key] = value
        b.flat[key] = np.asarray(value)[()] if not isinstance(key, int) or np.ndim(value) == 0 else np.asarray(value)[0]
        same(a, b)


def test_flat_as_an_iterator(store):
    x = np.arange(12.0).reshape(3, 4)
    a = L(x)
    assert list(a.flat) == list(x.flat) and len(a.flat) == 12 and isinstance(next(iter(a.flat)), np.float64)
    same(np.asarray(a.flat), x.reshape(-1))
    same(a.flat.copy(), x.reshape(-1))
    same(a.flat == 3, x.reshape(-1) == 3)
    assert a.flat.base is a
    a.flat = [1, 2]
    x.flat = [1, 2]
    same(a, x)
    with pytest.raises(IndexError):
        a.flat[12]
    store["x"] = x
    stored = store["x"]
    stored.flat[1:3] = 9
    stored.flat[[0, -1]] = [4, 5]
    x.flat[1:3] = 9
    x.flat[[0, -1]] = [4, 5]
    same(store["x"], x)


@pytest.mark.parametrize("x", ARRAYS, ids=lambda x: f"{x.dtype.str}{x.shape}")
def test_fill(x):
    for value in (0, 1, 2.5, -1, 300, np.int8(3), "x", b"x", [1], None, np.datetime64("2021"), (1, 2), np.array(2), np.array([2])):
        a, b = L(x), x.copy()
        try:
            b.fill(value)
        except Exception as error:
            with pytest.raises(type(error)):
                a.fill(value)
            continue
        a.fill(value)
        same(a, b)


def test_fill_of_stores(store):
    store["x"] = np.arange(6)
    x = store["x"]
    x.fill(3)
    same(store["x"], np.full(6, 3))


def test_put():
    x = np.arange(6).reshape(2, 3)
    for args in (([0, -1], [7, 8]), ([1, 1], [7, 8]), ([0, 2, 4], [9]), (3, 5), ([], []), ([0], []), ([[0], [1]], [3, 4]), ([8, -9], [1, 2], "wrap"), ([8, -9], [1, 2], "clip"),
                 ([8], 1), ([0], 1, "other"), ([0.5], 1), ([True], 4), ([2], 2.7)):  # fmt: skip
        a, b = L(x), x.copy()
        try:
            b.put(*args)
        except Exception as error:
            with pytest.raises(type(error)):
                a.put(*args)
                np.asarray(a)
            continue
        a.put(*args)
        same(a, b)


def test_resize_and_copies(tmp_path):
    x = np.arange(6).reshape(2, 3)
    for shape in ((3, 2), (4,), (2, 5), (0,), ()):
        a, b = L(x), x.copy()
        b.resize(shape, refcheck=False)
        a.resize(shape)
        same(a, b)
        a.resize(*shape)
        same(a, b)
    a = L(x)
    with pytest.raises(ValueError):
        a.resize(-1, 2)
    np.save(tmp_path / "x.npy", x)
    with pytest.raises(TypeError):
        arrstore.open(tmp_path / "x.npy").resize(3)
    for other in (copy.copy(a), copy.deepcopy(a), copy.deepcopy([a])[0]):
        other[0] = 9
        same(a, x)
    with pytest.raises(ValueError, match="cannot be deleted"):
        del a[0]


def test_bytes_that_do_not_fit_in_memory_go_where_the_file_stands(tmp_path, monkeypatch):
    monkeypatch.setattr("arrstore._bytes._LARGE", 8)
    a, x = arrstore.arange(1000) * 2, np.arange(1000) * 2
    for name, array in [("ours", a), ("numpys", x)]:
        with open(tmp_path / name, "w+b") as file:
            file.write(b"-" * 20_000)
            file.seek(7)
            array.tofile(file)
            file.write(b"end")
    assert (tmp_path / "ours").read_bytes() == (tmp_path / "numpys").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["numpys", "ours"]
