"""Expressions as texts."""

import datetime
import sys

import numpy as np

from . import _arrstore
from ._arrstore import Array


def eval(expression, variables=None):
    """The lazy array of an expression in Python's grammar with NumPy's names, such as `"sum((a - b)**2)"`. Several
    expressions separated by commas give a tuple. Names are those of `variables`, or of the caller's frame.
    """
    names = _arrstore.eval(expression)
    if variables is None:
        frame = sys._getframe(1)
        variables = {**frame.f_globals, **frame.f_locals}
    return _arrstore.eval(expression, {name: _operand(name, variables[name]) for name in names if name in variables})


def _operand(name, value):
    """The value of a name: an array, or a number of Python."""
    if isinstance(value, (Array, np.generic, datetime.date, datetime.timedelta)) or type(value) in (bool, int, float, complex):
        return value
    try:
        return _arrstore.lazy(np.asanyarray(value))
    except (TypeError, ValueError) as error:
        words = f"{name}: expected an array or a number, found {value!r} of type {type(value).__name__} ({error})"
        raise type(error)(words) from None
