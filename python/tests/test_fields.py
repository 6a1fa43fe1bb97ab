"""Fields of records: assigned to, chosen by lists, and filled."""

import pickle

import numpy as np
import pytest
from conftest import same

import arrstore

TYPE = np.dtype([("a", "i4"), ("b", ">f8"), ("s", "U3"), ("v", "i2", (2,)), ("n", [("x", "f4"), ("y", "u1")])])


def records(shape):
    found = np.zeros(shape, TYPE)
    found["a"] = np.arange(found.size).reshape(shape)
    found["b"], found["s"] = found["a"] * 1.5, "q"
    return found


def as_stored(values):
    """The records as this library has them: in this machine's byte order."""
    return values.astype(values.dtype.newbyteorder("="))


VALUES = [
    ("a", 5),
    ("a", [1, 2, 3]),
    ("a", 2.7),
    ("b", np.arange(3)[::-1] * 0.5),
    ("b", np.arange(6.0).reshape(2, 3)),
    ("s", np.array(["x", "yy", "zzzz"])),
    ("v", [1, 2]),
    ("n", (1.5, 3)),
    (["a", "b"], 0),
    (["a", "b"], np.array((3, 4.5), [("p", "i8"), ("q", "f4")])),
]


@pytest.mark.parametrize("shape", [(2, 3), (3,), (), (0, 3)], ids=str)
@pytest.mark.parametrize("key, value", VALUES, ids=str)
def test_fields_are_assigned_to_as_in_numpy(shape, key, value, store):
    expected, before = records(shape), as_stored(records(shape))
    lazy = arrstore.asarray(expected)
    earlier = lazy[...]
    store.write("r", expected, chunks=(2,) * len(shape) if shape and 0 not in shape else None, codec="zstd:1")
    stored = store["r"]
    try:
        expected[key] = value
    except ValueError:
        for array in (lazy, stored):
            with pytest.raises(ValueError):
                array[key] = value
            same(array, before)
        return
    expected = as_stored(expected)
    for array in (lazy, stored):
        array[key] = value
        same(array, expected)
        same(pickle.loads(pickle.dumps(array)), expected)
    same(earlier, before)
    same(store["r"], expected)
    if len(shape) == 2:
        same(lazy[:, [2, 0]][::-1], expected[:, [2, 0]][::-1])


def test_fields_take_lazy_arrays_and_change_in_place(store):
    expected = as_stored(records(3))
    store["r"] = expected
    array = store["r"]
    array["a"] += 1
    array["b"] = array["a"] * 0.25
    with store.transaction() as tx:
        tx["r"]["s"] = np.array(["k", "l", "m"])
    expected["a"] += 1
    expected["b"], expected["s"] = expected["a"] * 0.25, ["k", "l", "m"]
    same(store["r"], expected)


def test_a_field_of_many_records_changes_inside_the_budget(store):
    made = store.create("r", (2000, 1500), [("a", "f8"), ("b", "i4")])
    with arrstore.config(memory="96MiB"):
        made["a"] = arrstore.arange(1500) * 1.0
        assert float(store["r"]["a"].sum()) == 2000 * 1499 * 750.0


@pytest.mark.parametrize("names", [["nosuch"], ["a", "nosuch"]], ids=str)
def test_names_that_are_not_there_are_a_key_error(names, store):
    store["r"] = records(2)
    for array in (records(2), arrstore.asarray(records(2)), store["r"]):
        with pytest.raises(KeyError, match="nosuch"):
            array[names]
        with pytest.raises(KeyError, match="nosuch"):
            array[names] = 1
        with pytest.raises(ValueError, match="nosuch"):
            array["nosuch"] = 1
    with pytest.raises(IndexError):
        arrstore.asarray([1.0])["a"] = 1


def test_arrays_are_filled_like_records_and_texts():
    values, words = as_stored(records((2, 3))), np.array(["abc", "d"])
    for name in ("zeros_like", "ones_like"):
        same(getattr(np, name)(arrstore.asarray(values)), getattr(np, name)(values))
        same(getattr(np, name)(arrstore.asarray(words)), getattr(np, name)(words))
    same(np.full_like(arrstore.asarray(values), values[1]), np.full_like(values, values[1]))
    same(np.full_like(arrstore.asarray(words), "longer"), np.full_like(words, "longer"))
    same(arrstore.full((2, 3), ["a", "b", "cc"], dtype="U1"), np.full((2, 3), ["a", "b", "cc"], dtype="U1"))
    same(arrstore.zeros(2, ("i4", (3,))), np.zeros(2, ("i4", (3,))))
