"""arrstore.linalg, and NumPy's functions of numpy.linalg on lazy arrays."""

import numpy as np
import pytest
from conftest import close, lazy, same

import arrstore

SHAPES = [(3, 3), (2, 3, 4), (0, 3), (2, 0, 3)]
AXES = [None, 0, -1, (0, 1), (-1, 0)]


def array(shape, dtype):
    rng = np.random.default_rng(1)
    return (rng.normal(size=shape) * 5 + (1j * rng.normal(size=shape) if dtype[0] == "c" else 0)).astype(dtype)


def alike(function, x, **options):
    """The same result as NumPy's, lazily, or the same error."""
    try:
        expected = function(x, **options)
    except ValueError:
        with pytest.raises(ValueError):
            function(arrstore.asarray(x), **options).compute()
        return
    found = function(arrstore.asarray(x), **options)
    assert lazy(found)
    close(found, expected)


@pytest.mark.parametrize("dtype", ["?", "i4", "f4", "f8", "c8", "c16"])
@pytest.mark.parametrize("shape", SHAPES)
def test_norms_are_numpys(shape, dtype):
    x = array(shape, dtype)
    for keepdims in (False, True):
        for ord in ("fro", 1, -1, np.inf, -np.inf, "no"):
            alike(np.linalg.matrix_norm, x, ord=ord, keepdims=keepdims)
        for axis in AXES:
            for ord in (0, 1, 2, 3, 0.5, np.inf, -np.inf):
                alike(np.linalg.vector_norm, x, ord=ord, axis=axis, keepdims=keepdims)
            alike(np.linalg.norm, x, axis=axis, keepdims=keepdims)


def test_matrices_are_the_last_two_axes():
    x = array((2, 3, 4), "f8")
    a = arrstore.asarray(x)
    for function in (np.linalg.diagonal, np.linalg.trace):
        close(function(a, offset=1), function(x, offset=1))
    close(arrstore.linalg.diagonal(a), np.linalg.diagonal(x))
    close(np.linalg.cross(a[..., :3], x[..., 1:]), np.linalg.cross(x[..., :3], x[..., 1:]))
    close(np.linalg.outer(a[0, 0], x[1, 1]), np.linalg.outer(x[0, 0], x[1, 1]))
    with pytest.raises(ValueError, match="one axis"):
        np.linalg.outer(a, a)
    with pytest.raises(ValueError, match="3 elements"):
        arrstore.linalg.cross(a, a)


def test_functions_that_need_singular_values_are_absent():
    a = arrstore.asarray(np.eye(3))
    for ord in (2, -2, "nuc"):
        with pytest.raises(NotImplementedError, match="singular values"):
            arrstore.linalg.matrix_norm(a, ord=ord)
    assert not hasattr(arrstore.linalg, "svd")


@pytest.mark.parametrize("number", [np.int8, np.int64, np.uint64])
def test_numbers_of_numpy_are_lengths_and_axes(number, store):
    one, three, four = map(number, (1, 3, 4))
    x = np.arange(12.0).reshape(3, 4)
    a = arrstore.asarray(x)
    same(a.reshape(four, three), x.reshape(4, 3))
    same(a.transpose(one, number(0)), x.T)
    close(a.std(ddof=one), x.std(ddof=1))
    close(a.sum(axis=one, keepdims=np.True_), x.sum(axis=1, keepdims=True))
    same(arrstore.arange(three), np.arange(three))
    same(arrstore.arange(one, stop=four), np.arange(one, stop=four))
    close(np.histogram(a, three), np.histogram(x, three))
    same(np.pad(a, one, constant_values=np.float32(0)), np.pad(x, 1))
    same(np.pad(a, np.array([[1, 2], [3, 4]]), constant_values=(number(1), one)), np.pad(x, [[1, 2], [3, 4]], constant_values=1))
    store.create("z", three)
    store["z"].resize(four)
    assert store["z"].shape == (4,)
    assert store.write("y", x, chunks=number(2)).chunks == (2, 2)


def test_a_mask_in_a_transaction(store):
    with store.transaction() as tx:
        tx["t"][np.array([True, False, True])] = 7
        tx["new"] = np.zeros(3)
        for name in ("t", "new"):
            with pytest.raises(ValueError, match="this transaction has changed"):
                tx[name][[0]] = 1
    same(store["t"], np.array([[7.0] * 4, [4, 5, 6, 7], [7] * 4]))
