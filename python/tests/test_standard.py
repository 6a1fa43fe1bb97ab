"""The namespace of the array API standard: functions that make arrays, types, and what the namespace says of itself."""

import numpy as np
import pytest
from conftest import same

import arrstore as xp


def test_the_namespace_is_found():
    a = xp.zeros(3)
    assert a.__array_namespace__() is xp and a.__array_namespace__(api_version="2025.12") is xp
    with pytest.raises(ValueError):
        a.__array_namespace__(api_version="1999.01")
    compat = pytest.importorskip("array_api_compat")
    assert compat.array_namespace(a, a + 1) is xp


@pytest.mark.parametrize("dtype", [None, "f4", "i8", "?", "c16"])
def test_constant_arrays(dtype):
    for shape in (3, (), (2, 3), (0, 2)):
        same(xp.zeros(shape, dtype=dtype), np.zeros(shape, dtype))
        same(xp.ones(shape, dtype=dtype), np.ones(shape, dtype))
        same(xp.full(shape, 2, dtype=dtype), np.full(shape, 2, dtype))
        same(xp.full_like(xp.zeros(shape), 3, dtype=dtype), np.full_like(np.zeros(shape), 3, dtype))
    assert xp.empty((2, 3), dtype=dtype).shape == (2, 3)
    assert xp.zeros((10**9, 10**9)).shape == (10**9, 10**9)


def test_places():
    same(xp.arange(5), np.arange(5))
    same(xp.arange(1, 2, 0.25), np.arange(1, 2, 0.25))
    same(xp.linspace(0, 1, 5), np.linspace(0, 1, 5))
    for k in (-1, 0, 2):
        same(xp.eye(3, 4, k=k), np.eye(3, 4, k))
        x = np.arange(24.0).reshape(2, 3, 4)
        same(xp.tril(xp.asarray(x), k=k), np.tril(x, k))
        same(xp.triu(xp.asarray(x), k=k), np.triu(x, k))
    # diagonals beyond any matrix, which NumPy cannot always count
    same(xp.eye(2, k=2**63), np.zeros((2, 2)))
    same(xp.tril(np.ones((2, 2)), k=10**30), np.ones((2, 2)))
    same(xp.triu(np.ones((2, 2)), k=-(10**30)), np.ones((2, 2)))
    for indexing in ("xy", "ij"):
        parts = [np.arange(n) for n in (2, 3, 4)]
        found = xp.meshgrid(*map(xp.asarray, parts), indexing=indexing)
        for a, b in zip(found, np.meshgrid(*parts, indexing=indexing), strict=True):
            same(a, b)


def test_parts():
    x = np.arange(6).reshape(2, 3)
    for a, b in zip(xp.unstack(xp.asarray(x), axis=1), x.T, strict=True):
        same(a, b)
    a, b = xp.broadcast_arrays(xp.asarray(x), xp.asarray(x[:1]))
    same(b, np.broadcast_to(x[:1], (2, 3)))


def test_types():
    assert xp.float32 == np.float32 and xp.zeros(1).dtype == xp.float64
    assert xp.result_type(xp.zeros(1, dtype="f4"), xp.int8) == np.float32
    assert xp.can_cast(xp.zeros(1, dtype="i4"), xp.int64) and not xp.can_cast(xp.float64, xp.int8)
    assert xp.float32(1.5) == 1.5 and xp.bool is np.bool
    assert xp.finfo(xp.float32).bits == 32 and type(xp.finfo(xp.complex64).eps) is float and xp.iinfo(xp.int8).max == 127 and xp.isdtype(xp.int8, "integral")
    info = xp.__array_namespace_info__()
    assert info.default_device() == "cpu" and info.devices() == ("cpu",)
    assert info.default_dtypes()["real floating"] == xp.float64
    assert set(info.dtypes(kind="bool")) == {"bool"} and "bfloat16" not in info.dtypes()


def test_sorting_downwards_is_stable():
    x = np.array([[3, 1, 3, 2], [0, 0, 1, 1]])
    for axis in (0, 1, -1):
        same(xp.sort(xp.asarray(x), axis=axis, descending=True), np.flip(np.sort(x, axis), axis))
        same(xp.sort(x, axis=axis, stable=False), np.sort(x, axis))
        # the order of negative numbers upwards is that of numbers downwards
        same(xp.argsort(xp.asarray(x), axis=axis, descending=True), np.argsort(-x, axis, stable=True))
    same(xp.argsort(x, axis=None, descending=True), np.argsort(-x, None, stable=True))


def test_devices():
    assert xp.zeros(2, device="cpu").device == "cpu" and xp.astype(xp.zeros(2), "i4", device=None).dtype == np.int32
    for make in (lambda: xp.ones(2, device="gpu"), lambda: xp.asarray([1], device="gpu"), lambda: xp.ones(2).to_device("gpu")):
        with pytest.raises(ValueError, match="gpu"):
            make()


def test_copies():
    a = xp.asarray([1, 2])
    same_object, other = xp.asarray(a, copy=False), xp.asarray(a, copy=True)
    a[0] = 5
    same(same_object, np.array([5, 2]))
    same(other, np.array([1, 2]))
    with pytest.raises(ValueError):
        xp.asarray(a, dtype="f8", copy=False)
    with pytest.raises(ValueError):
        xp.asarray([1], copy=False)


def test_dlpack():
    a, x = xp.asarray([1, 2]), np.array([1, 2])
    assert a.__dlpack_device__() == (1, 0)
    for array, expected in [(a, x), (a + 1, x + 1), (a[::-1], x[::-1])]:
        same(np.from_dlpack(array), expected)
        same(np.from_dlpack(array, copy=True), expected)
        for max_version in (None, (0, 0), (1, 0), (2, 0)):
            for copy in (None, True):
                assert "dltensor" in repr(array.__dlpack__(max_version=max_version, copy=copy, dl_device=(1, 0)))
    # a computed array belongs to the one who asks; other elements can only be shared as read-only ones
    assert (a + 1).__dlpack__(copy=False) and a.__dlpack__(copy=False, max_version=(1, 0))
    with pytest.raises(BufferError, match="read-only"):
        a.__dlpack__(copy=False)
    same(xp.from_dlpack(np.arange(3)), np.arange(3))
    b = xp.from_dlpack(a, copy=True)
    b[0] = 7
    same(a, x)


def test_expm1_of_infinite_numbers():
    x = np.array([complex(np.inf, 0), complex(-np.inf, np.inf), complex(np.nan, 0), 1e-9 + 0j])
    found = np.asarray(xp.expm1(x))
    assert found[0] == complex(np.inf, 0) and found[1].real == -1 and found[1].imag == 0
    assert np.isnan(found[2].real) and found[2].imag == 0 and found[3] == np.expm1(x[3])
