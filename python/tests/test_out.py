"""Reductions into an array of NumPy, of every type."""

import warnings

import numpy as np
import pytest
from conftest import same

import arrstore

L = arrstore.asarray
TYPES = "? i1 u8 i4 i8 f2 f4 f8 c8 c16".split()
NAMES = "mean var std sum prod nanmean nanvar nanstd nansum max min ptp cumsum cumprod any all argmax nanmax trace".split()


def answer(call):
    """The result, or the class of the error; one of NumPy's own stands for the class that it extends."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return np.asarray(call())
    except Exception as error:
        return next(kind for kind in type(error).__mro__ if kind.__module__ == "builtins")


def alike(found, wanted, types=()):
    """Whether two answers differ by no more than the last digits of one of the types."""
    if isinstance(wanted, type):
        assert found is wanted
        return
    assert (found.dtype, found.shape) == (wanted.dtype, wanted.shape)
    digits = {"e": 2e-3, "f": 1e-6, "F": 1e-6}
    np.testing.assert_allclose(found, wanted, rtol=max(digits.get(np.dtype(kind).char, 1e-14) for kind in (wanted.dtype, *types)))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("own", TYPES)
def test_reductions_into_arrays_of_every_type(name, own):
    x = np.array([[1, 0, 3], [0, 2, 1]]).astype(own)
    function = getattr(np, name)
    for axis in (None, 1) if name != "trace" else ((),):
        given = {} if name == "trace" else {"axis": axis}
        shape = np.shape(function(np.ones(x.shape), **given))
        for dtype in (None, "?", "i4", "u8", "f2", "f8", "c8"):
            asked = given if dtype is None else {**given, "dtype": dtype}
            for to in TYPES:

                def call(array):
                    out = np.zeros(shape, to)  # noqa: B023
                    assert function(array, out=out, **asked) is out  # noqa: B023
                    return out

                alike(answer(lambda: call(L(x))), answer(lambda: call(x)), (own, dtype or own))  # noqa: B023
            alike(answer(lambda: function(L(x), **asked)), answer(lambda: function(x, **asked)), (own, dtype or own))  # noqa: B023


@pytest.mark.parametrize("name", ["mean", "var", "std", "nanmean", "nanvar", "nanstd"])
def test_moments_into_arrays_with_other_arguments(name):
    x = np.arange(12.0).reshape(3, 4)
    x = x.astype(int) if name.startswith("nan") else x
    mask = x % 3 > 0
    function = getattr(np, name)
    for given in ({"keepdims": True}, {"where": mask}, {"where": mask, "axis": 0}, {"axis": (0, 1)}, {"where": mask, "axis": 0, "keepdims": True}, {"where": mask[0]},
                  {"ddof": 1}, {"ddof": 20}, {"correction": 1}, {"axis": 7}, {"mean": x.mean(1, keepdims=True), "axis": 1}, {"axis": -1, "dtype": "i4", "ddof": 2}):  # fmt: skip
        if "mean" in name and given.keys() & {"ddof", "correction", "mean"}:
            continue
        wanted = answer(lambda: function(x, **given))  # noqa: B023
        shape = () if isinstance(wanted, type) else wanted.shape
        for to in ("i8", "f4", "f8", "c16"):
            for wrong in (shape, (*shape, 1), (9,)):
                alike(*(answer(lambda: function(array, out=np.zeros(wrong, to), **given)) for array in (L(x), x)))  # noqa: B023


def test_places_of_extremes_go_into_integers():
    x = np.array([3.0, 1, 4])
    for name in ("argmax", "argmin", "nanargmax"):
        for to in "? i1 u4 i8 u8 f4 c8".split():
            alike(*(answer(lambda: getattr(np, name)(array, out=np.zeros((), to))) for array in (L(x), x)))  # noqa: B023
    same(np.argmax(L(x), out=np.zeros((), "i1")), np.int8(2))
