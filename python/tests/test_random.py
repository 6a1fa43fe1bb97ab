"""Random expressions, built by the same Python code from NumPy's arrays and from lazy ones.

`ARRSTORE_EXPRESSIONS=100000 pytest tests/test_random.py` tries that many.
"""

import operator
import os

import numpy as np

import arrstore

COUNT = int(os.environ.get("ARRSTORE_EXPRESSIONS", 1500))
TYPES = ["?", "i1", "i4", "i8", "u1", "u4", "f2", "f4", "f8", "c16"]
#: Operators and functions whose results are exact, so that every bit must agree.
EXACT = [operator.add, operator.sub, operator.mul, operator.lt, operator.ge, operator.eq, np.maximum, np.minimum, np.logical_and]
DIVIDE = [operator.truediv, operator.floordiv, operator.mod]
ONE = [operator.neg, abs, np.square, np.isfinite, np.sign, np.conjugate, np.logical_not]
REDUCE = ["sum", "max", "min", "any", "all", "mean", "prod", "argmax"]


class Tree:
    """One random expression, as calls on a list of arrays: the leaves first, then each step's result."""

    def __init__(self, rng):
        self.rng = rng
        self.shape = tuple(int(n) for n in rng.integers(0, 5, rng.integers(0, 4)))
        self.leaves = [self.leaf() for _ in range(rng.integers(1, 4))]
        self.steps = [self.step() for _ in range(rng.integers(1, 6))]

    def leaf(self):
        rng = self.rng
        shape = tuple(n if rng.random() < 0.8 else 1 for n in self.shape)[int(rng.integers(0, len(self.shape) + 1)) :]
        kind = np.dtype(rng.choice(TYPES))
        values = rng.integers(-3, 4, shape) if kind.kind in "ifc" else rng.integers(0, 4, shape)
        found = values.astype(kind)
        if kind.kind in "fc" and rng.random() < 0.3:
            found = np.where(rng.random(shape) < 0.2, rng.choice([np.nan, np.inf, -0.0]), found).astype(kind)
        return np.asarray(found)

    def step(self):
        rng = self.rng
        pick, seed = rng.random(), int(rng.integers(1 << 30))
        number = [2, -1, 0.5, True, np.float32(1.5), np.int8(3)][rng.integers(6)]
        if pick < 0.4:
            call = EXACT[rng.integers(len(EXACT))]
            return lambda a, b: call(a, b)
        if pick < 0.5:
            call = DIVIDE[rng.integers(len(DIVIDE))]
            return lambda a, b: call(a, b)
        if pick < 0.6:
            call = EXACT[rng.integers(len(EXACT))]
            return (lambda a, _: call(a, number)) if seed & 1 else (lambda a, _: call(number, a))
        if pick < 0.75:
            call = ONE[rng.integers(len(ONE))]
            return lambda a, _: call(a)
        if pick < 0.85:
            name, keep = REDUCE[rng.integers(len(REDUCE))], bool(seed & 2)
            return lambda a, _: getattr(np, name)(a, axis=None if not a.ndim or seed & 1 else seed % a.ndim, keepdims=keep)
        return lambda a, _: subscript(a, seed)

    def run(self, leaves):
        """The result, or the kind of the error."""
        arrays = list(leaves)
        picks = np.random.default_rng(len(self.steps) + 7 * len(leaves))
        for step in self.steps:
            a, b = (arrays[-1 - int(picks.integers(min(len(arrays), 3)))] for _ in range(2))
            try:
                arrays.append(step(a, b))
            except (TypeError, ValueError, IndexError, OverflowError) as error:
                return error
        try:
            return np.asarray(arrays[-1])
        except (TypeError, ValueError, IndexError, OverflowError) as error:
            return error


def subscript(a, seed):
    rng = np.random.default_rng(seed)
    key = []
    for _ in range(rng.integers(0, a.ndim + 1)):
        n = int(rng.integers(-5, 6))
        key.append([slice(n, None), slice(None, n), slice(None, None, n or -1), n, None][rng.integers(5)])
    if rng.random() < 0.2:
        key.insert(0, ...)
    return a[tuple(key)]


def test_random_expressions_give_numpys_answers():
    errors = 0
    for seed in range(COUNT):
        tree = Tree(np.random.default_rng(seed))
        with np.errstate(all="ignore"):
            expected = tree.run(tree.leaves)
            found = tree.run([arrstore.asarray(leaf) for leaf in tree.leaves])
        if isinstance(expected, Exception):
            errors += 1
            assert isinstance(found, Exception), f"seed {seed}: NumPy refuses it: {expected}"
            continue
        assert not isinstance(found, Exception), f"seed {seed}: {found!r}"
        assert (found.dtype, found.shape) == (expected.dtype, expected.shape), f"seed {seed}"
        tolerance = {"e": 1e-2, "f": 1e-5, "d": 1e-12, "F": 1e-5, "D": 1e-12}.get(expected.dtype.char, 0)
        np.testing.assert_allclose(found, expected, rtol=tolerance, atol=0, err_msg=f"seed {seed}")
    assert errors < COUNT / 2
