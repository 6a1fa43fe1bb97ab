"""Comparisons with objects of Python: NumPy compares each element with them."""

import datetime
import operator
import pickle
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from conftest import same

import arrstore

L = arrstore.asarray
ARRAYS = [
    np.array(["2020", "NaT"], "M8[D]"), np.array([1, "NaT"], "m8[s]"), np.array([0.5, np.nan]), np.array([1, 2], "i1"), np.array([True, False]),
    np.array(["a", "None"]), np.array([b"a", b""]), np.array([1j, 2]), np.array("NaT", "M8[ns]"), np.array(1.5), np.zeros((0, 3)), np.zeros((2, 1), "f2"),
    np.zeros(2, "i4,f4"),
]  # fmt: skip
OBJECTS = [None, ..., object(), datetime.timedelta(0), datetime.timedelta(seconds=1), datetime.date(2020, 1, 1), {}, {1}, Fraction(1, 2), Decimal("0.5"), print, [None], [None, None], [[None], [1]], np.array(None), np.array([None, 1])]


@pytest.mark.parametrize("compare", [operator.eq, operator.ne])
@pytest.mark.parametrize("x", ARRAYS, ids=lambda x: f"{x.dtype.str}{x.shape}")
def test_objects_are_compared_with_each_element(x, compare):
    for other in OBJECTS:
        if x.dtype.names and isinstance(other, np.ndarray):
            continue  # NumPy's answer for records depends on the side
        for call in (lambda a: compare(a, other), lambda a: compare(other, a)):  # noqa: B023
            try:
                wanted = call(x)
            except (TypeError, ValueError) as error:
                with pytest.raises(type(error)):
                    np.asarray(call(L(x)))
                continue
            same(call(L(x)), np.asarray(wanted))


def test_comparisons_with_objects_are_lazy_and_pickled():
    x = np.array(["2020", "NaT"], "M8[D]")
    found = pickle.loads(pickle.dumps(L(x) == None))  # noqa: E711
    assert isinstance(found, arrstore.Array)
    same(found, np.array([False, True]))
    same(np.not_equal(L(x), None), np.array([True, False]))
    out = np.empty(2, bool)
    assert np.equal(L(x), None, out=out) is out and out.tolist() == [False, True]
    assert None in L(x) and None not in L(x[:1])


def test_objects_of_other_libraries_answer_themselves():
    class Answers:
        __array_ufunc__ = None

        def __eq__(self, other):
            return "mine"

        __hash__ = None

    assert (L(np.arange(3)) == Answers()) == "mine"
    for other in (np.float32(1), 1, 1.0, 1j, [1, 1, 1], (1, 1, 1), L(1)):
        same(L(np.arange(3)) == other, np.arange(3) == np.asarray(other))


def test_a_range_is_an_operand():
    same(L(np.arange(3)) + range(3), np.arange(0, 6, 2))
    same(range(3) < L(np.arange(3, 6)), np.array([True] * 3))
    same(L(np.arange(3)) == range(3), np.array([True] * 3))
