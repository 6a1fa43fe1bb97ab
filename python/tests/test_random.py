"""Random expressions of the whole vocabulary: the answers, types, shapes and errors are NumPy's.

`ARRSTORE_EXPRESSIONS=100000 ARRSTORE_SEED=7 pytest tests/test_random.py` tries that many, and others than without a seed.
"""

import collections
import os

import numpy as np
import pytest
from expressions.arrays import Pool, text_of
from expressions.campaign import ANY, NUMBERS, Expression, expressions
from expressions.known import FAULTS, ON_PURPOSE, Known
from expressions.worlds import difference

COUNT = int(os.environ.get("ARRSTORE_EXPRESSIONS", 4000))
SEED = int(os.environ.get("ARRSTORE_SEED", 0))


@pytest.fixture
def pool(tmp_path):
    pool = Pool(tmp_path, SEED)
    yield pool
    pool.close()


def test_random_expressions_give_numpys_answers(pool):
    differences, errors, tried = [], 0, collections.Counter()
    for expression in expressions(COUNT, SEED, pool):
        found = expression.difference()
        tried.update(expression.families)
        errors += isinstance(expression.expected, Exception)
        if found and not isinstance(found, Known):
            differences.append(f"{found}\n# expression {expression.seed}\n{expression}")
    assert not differences, f"{len(differences)} differences, among them\n\n" + "\n\n".join(sorted(differences, key=len)[:5])
    assert set(tried) >= {family.__name__ for family in (*NUMBERS, *ANY)}
    assert COUNT / 10 < errors < COUNT / 2


def test_programs_that_show_a_difference_run(pool, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    shown = 0
    for number in range(60):
        expression = Expression(f"shown/{number}", pool)
        if expression.texts and expression.difference() is None and not isinstance(expression.expected, Exception):
            exec(str(expression), {})
            first, second = np.array_split(capsys.readouterr().out.splitlines(), 2)
            assert len(first)
            shown += 1
    assert shown > 20


@pytest.mark.parametrize("found, words", [(np.array([1, 2]), "type"), (np.array([1.0, 3.0]), "elements"), (np.array([[1.0, 2.0]]), "shape"), (ValueError("x"), "raises")])
def test_differences_are_found(found, words):
    assert words in difference(found, np.array([1.0, 2.0]))
    assert difference(np.array([1.0, np.nan]), np.array([1.0, np.nan])) is None
    assert difference(IndexError(), np.exceptions.AxisError("x")) and difference(np.exceptions.AxisError("x"), IndexError()) is None


def test_the_last_bits_of_rounded_numbers_are_free():
    x = np.array([1.0, 100.0])
    assert difference(x * (1 + 1e-15), x) and difference(x * (1 + 1e-12), x, np.dtype("f8"))
    assert difference(x * (1 + 1e-15), x, np.dtype("f8")) is None
    assert difference(x * (1 + 1e-7), x, np.dtype("f4")) is None and difference(x * (1 + 1e-4), x, np.dtype("f4"))


def test_texts_of_arrays_have_all_elements(pool):
    for leaf in pool.numbers + pool.others + pool.records:
        made = eval(leaf.text, {"np": np, "nan": np.nan, "inf": np.inf})
        assert (made.dtype, made.shape) == (leaf.value.dtype, leaf.value.shape)
        assert made.tobytes() == np.ascontiguousarray(leaf.value).tobytes() or leaf.value.dtype.kind in "fc" and text_of(made) == leaf.text


def test_known_differences_have_a_reason():
    assert all(len(row) == 3 and row[2] for row in FAULTS + ON_PURPOSE)
