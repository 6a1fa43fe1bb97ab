"""A program that mypy checks in its strict mode: test_stubs.py."""

import numpy as np
from numpy.typing import NDArray

import arrstore


def anomaly(store: arrstore.Store, name: str) -> arrstore.Array:
    t: arrstore.StoredArray = store[name]
    return (t - t.mean(0)) / t.std(axis=0, keepdims=True)


def numbers() -> NDArray[np.float64]:
    a = arrstore.asarray([1.0, 2.0]) ** 2
    b = arrstore.hypot(a, 3) + arrstore.sum(a[::-1, None], axis=1)
    with arrstore.config(memory="1GiB"):
        return np.asarray(b.reshape(2, 1).T, dtype=np.float64)


with arrstore.Store("x.arrs", "a") as store, store.transaction() as tx:
    tx["x"] = numbers()
    tx["x"].attrs["units"] = "K"
    tx.write("y", 2.0 * anomaly(store, "x"), codec="zstd:1", order="C")
