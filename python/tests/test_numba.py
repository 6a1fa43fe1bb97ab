"""Functions that numba compiled, on blocks."""

import multiprocessing
import pickle

import numpy as np
import pytest
from conftest import same

numba = pytest.importorskip("numba", reason="SKIPPED: numba is not installed")

from numba import carray, cfunc, njit, types, vectorize  # noqa: E402

import arrstore  # noqa: E402

X = np.random.default_rng(0).normal(size=(300, 200))


@njit
def by_blocks(block):
    return np.where(block > 0, block, 0.0)


@vectorize(["float64(float64)"])
def by_elements(x):
    return x if x > 0 else 0.0


# a branch: the function before it was compiled fails on blocks
@cfunc("float64(float64)")
def element(x):
    return x if x > 0 else 0.0


@cfunc(types.void(types.CPointer(types.float64), types.CPointer(types.float64), types.intp))
def loop(first, place, count):
    x, out = carray(first, count), carray(place, count)
    for k in range(count):
        out[k] = x[k] if x[k] > 0 else 0.0


KERNELS = {"njit": by_blocks, "vectorize": by_elements, "cfunc of elements": element, "cfunc of blocks": loop}


@pytest.mark.parametrize("kernel", KERNELS.values(), ids=KERNELS)
def test_kernels_on_every_kind_of_array(store, kernel):
    packed = store.write("x", X, chunks=(70, 90), codec="zstd:1")
    raw = store.write("raw", X)
    for array, values in [(packed, X), (raw, X), (raw.T, X.T), (raw[::-2, 3:], X[::-2, 3:]), (raw - 1, X - 1), (raw[0, 0], X[0, 0]), (raw[:0], X[:0])]:
        same(arrstore.map_blocks(kernel, array), np.where(values > 0, values, 0.0))
    store["y"] = arrstore.map_blocks(kernel, packed) * 2
    same(store["y"], np.where(X > 0, X, 0) * 2)
    found = float(arrstore.map_blocks(kernel, arrstore.map_blocks(kernel, packed) + 1).sum())
    np.testing.assert_allclose(found, (np.where(X > 0, X, 0) + 1).sum())


def total(array):
    return float(array.sum())


@pytest.mark.parametrize("kernel", KERNELS.values(), ids=KERNELS)
def test_kernels_go_to_other_processes(store, kernel):
    array = arrstore.map_blocks(kernel, store.write("x", X, chunks=(70, 90)))
    same(pickle.loads(pickle.dumps(array)), np.where(X > 0, X, 0.0))
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        np.testing.assert_allclose(pool.map(total, [array]), [X[X > 0].sum()])


def test_types_of_kernels():
    is_large = cfunc("boolean(int32)")(lambda x: x > 3)
    same(arrstore.map_blocks(is_large, np.arange(7, dtype="i4")), np.arange(7) > 3)
    turned = cfunc("complex128(float64)")(lambda x: x * 1j)
    same(arrstore.map_blocks(turned, X), X * 1j)
    # elements that the kernel's type holds
    same(arrstore.map_blocks(loop, np.arange(-3, 3, dtype="f4")), np.maximum(np.arange(-3.0, 3), 0))
    same(arrstore.map_blocks(element, np.arange(-3, 3, dtype="f4")), np.maximum(np.arange(-3.0, 3), 0))
    same(arrstore.map_blocks(element, X, dtype="f4"), np.where(X > 0, X, 0).astype("f4"))


def test_kernels_that_are_refused():
    two = cfunc("float64(float64, float64)")(lambda x, y: x + y)
    with pytest.raises(TypeError, match=r"signature \(float64, float64\) -> float64: expected one of an element"):
        arrstore.map_blocks(two, X)
    nothing = cfunc(types.void(types.CPointer(types.float64), types.intp))(lambda x, n: None)
    with pytest.raises(TypeError, match="expected one of an element"):
        arrstore.map_blocks(nothing, X)
    with pytest.raises(TypeError, match="kernel takes elements of type float64, and the array has complex128"):
        arrstore.map_blocks(loop, X * 1j).compute()
    with pytest.raises(TypeError):
        arrstore.map_blocks(element, X * 1j).compute()


def test_kernels_stay_inside_the_budget(store):
    big = store.write("big", np.full((12000, 1000), 2.0) * np.arange(1000), chunks=(100, 1000))
    # the array has 92 MiB
    with arrstore.config(memory="48MiB"):
        assert float(arrstore.map_blocks(loop, big).sum()) == 12000 * 999 * 1000


def test_an_exception_of_compiled_code_arrives():
    @njit
    def wrong(block):
        raise ValueError("no block is good")

    with pytest.raises(ValueError, match="no block is good"):
        arrstore.map_blocks(wrong, X, dtype="f8").compute()
