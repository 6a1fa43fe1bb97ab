"""Random expressions of NumPy's vocabulary, as texts that are evaluated twice: once with NumPy's arrays, and once with lazy
ones that hold the same elements.

    pytest tests/test_random.py                                          some thousand expressions
    ARRSTORE_EXPRESSIONS=100000 ARRSTORE_SEED=7 pytest tests/test_random.py
    python -m expressions 100000 7                                       in the folder of the tests; lists all differences

A text calls functions as `np.f(...)`, which reaches lazy arrays by NumPy's protocols, as `xp.f(...)`, which is NumPy's
function beside NumPy's arrays and arrstore's beside lazy ones, or as a method.
"""
