"""Differences that are known, each with its reason: faults that wait for a cure in the library, and answers that are other
ones on purpose. A pattern of the text that differs, one of the difference, and the reason.
"""

import re


class Known(str):
    """The reason of a known difference."""


FAULTS = [
    (r"indices\(.*None", r"type int64, NumPy float64", "dtype=None is the type of floats"),
    (r"average", r"raises|expected", "errors of averages: axes, weights, no elements"),
    (r"ldexp", r"NumPy raises OverflowError", "exponents beyond int32"),
    (r"\[", r"no field is named", "the class of the error is ValueError"),
    (r"round", r"booleans have no decimals", "the class of the error is TypeError"),
    (r"", r"'itemsize': 24", "joins of chosen fields are packed"),
    (r"\[", r"NumPy raises IndexError: index -?\d+ is out of bounds for axis \d with size \d+", "indices are not checked where nothing is chosen"),
    (r"\[", r"^raises IndexError\(.index -?\d+ is out of bounds for axis \d with size \d+.\)$", "NumPy checks no index where nothing is chosen"),
    (r"\[", r"boolean index did not match indexed array", "a mask without elements fits every shape"),
    (r"take\(", r"IndexError.*with size 0", "indices are not checked where nothing is chosen"),
    (r"var|std|mean", r"NumPy raises AxisError: axis -?\d is out of bounds for array of dimension 0", "an array without axes has no axis 0 for spreads"),
    (r"std|var", r"other elements", "the spread of no complex numbers has an imaginary NaN"),
]
ON_PURPOSE = [
    (r"concat|stack", r"casting rule.*NumPy ValueError..all (the )?input array", "of two faults, one is named"),
    (r"np\.(datetime64|timedelta64|str_|bytes_)\(.*\) [=!]= ", r"equal is not defined for", "a number of NumPy on the left asks the ufunc, which has no loop"),
    (r"(?s)inf.*<c(8|16).*(tensordot|einsum|matmul|dot|@)", r"other elements", "products of infinite complex numbers depend on the way of multiplying"),
    (r"(?s)<f2.*multiply\.reduce", r"other elements", "products of floats overflow in another order"),
    (r"\.(reduce|accumulate|reduceat)\(|out=", r"out: expected an array of shape", "of two faults, one is named"),
    (r"ldexp\.reduce", r"its results have another type", "a fold needs results of the type of its operands"),
    (r"prod", r"other elements", "products of floats overflow in another order"),
    (r"\n", r"could not be broadcast.*NumPy (UFuncTypeError|TypeError|IndexError)|cannot change elements.*NumPy IndexError|NumPy ValueError..shape mismatch", "of two faults, one is named"),
    (r"\.(reduce|accumulate|reduceat)\(|out=|where=", r"^raises.*, NumPy (AxisError|ValueError\(.(duplicate value|output parameter|output operand|reduction operation))", "of two faults, one is named"),
    (r"quantile\(.*1\.5", r"NumPy TypeError", "of two faults, one is named"),
    (r"\n", r"could not broadcast the value.*NumPy TypeError", "of two faults, one is named"),
    (r"casting=|dtype=", r"^raises UFuncTypeError.*NumPy OverflowError", "of two faults, one is named"),
    (r"x\[.*\.\.\..*[-+*]=", r"NumPy raises UFuncTypeError", "an array without axes stands for a number"),
    (r"\[", r"one element takes one value", "lists and arrays in the place of one element are a ValueError always"),
    (r"(power|pow)\(.*0\.5", r"other elements", "NumPy 2.5 takes the square root of minus infinity, NumPy 2.4 the power"),
    (r"logical_", r"NumPy raises OverflowError", "numbers count by their truth"),
    (r"casting='unsafe'", r"cannot convert float infinity", "an infinite number is no integer"),
    (r"2\*\*70", r"object|out of bounds for uint64", "there are no objects as elements"),
]


def reason(text, difference):
    """Why a difference is known, or nothing."""
    for in_text, in_difference, why in FAULTS + ON_PURPOSE:
        if re.search(in_text, text) and re.search(in_difference, difference):
            return Known(why)
    return None
