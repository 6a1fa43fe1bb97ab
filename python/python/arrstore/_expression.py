"""Expressions as texts."""

import sys

from . import _arrstore


def eval(expression, variables=None):
    """The lazy array of an expression in Python's grammar with NumPy's names, such as `"sum((a - b)**2)"`. Several
    expressions separated by commas give a tuple. Names are those of `variables`, or of the caller's frame.
    """
    names = _arrstore.eval(expression)
    if variables is None:
        frame = sys._getframe(1)
        variables = {**frame.f_globals, **frame.f_locals}
    return _arrstore.eval(expression, {name: variables[name] for name in names if name in variables})
