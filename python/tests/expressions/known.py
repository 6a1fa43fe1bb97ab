"""Differences that are known, each with its reason: faults that wait for a cure in the library, and answers that are other
ones on purpose. A pattern of the text that differs, one of the difference, and the reason.
"""

import re


class Known(str):
    """The reason of a known difference."""


FAULTS = [
    (r"==|!=", r"equal is not defined for|have no common type", "elements that cannot be compared are not equal"),
    (r"b'", r"found bytes", "bytes are no argument yet"),
    (r"insert|delete", r"a slice is an index", "insert and delete take no slices yet"),
    (r"max|min", r"give 'initial' too", "where=True needs no initial"),
    (r"squeeze|repeat", r"out of bounds for an array with 0", "an array without axes has axis 0 here"),
    (r"diff\(", r"type datetime64.*NumPy timedelta64", "differences of no times are spans"),
    (r"bincount", r"float64, NumPy int64|expected elements of int64", "counts of no elements are whole; the number of axes is checked first"),
    (r"concat|union1d", r"type \w+, NumPy", "numbers of Python are weak in joins without an axis"),
    (r"indices\(.*None", r"type int64, NumPy float64", "dtype=None is the type of floats"),
    (r"average", r"raises|expected", "errors of averages: axes, weights, no elements"),
    (r"ldexp", r"NumPy raises OverflowError", "exponents beyond int32"),
    (r"", r"TypeError\('Integers to negative integer powers", "the class of the error is ValueError"),
    (r"\[", r"TypeError\('an index is an integer", "the class of the error is IndexError"),
    (r"\[", r"no field is named", "the class of the error is ValueError"),
    (r"split", r"split takes an array of at least", "the class of the error is ValueError"),
    (r"cumulative_", r"needs an axis", "the class of the error is ValueError"),
    (r"take\(", r"cannot do a non-empty take", "the class of the error is IndexError"),
    (r"round", r"booleans have no decimals", "the class of the error is TypeError"),
    (r"quantile|percentile", r"a quantile of no elements", "the class of the error is IndexError"),
    (r"take_along_axis", r"same number of axes", "the axis is checked first"),
    (r"", r"'itemsize': 24", "joins of chosen fields are packed"),
    (r"\[", r"NumPy raises IndexError: index -?\d+ is out of bounds for axis \d with size \d+", "indices are not checked where nothing is chosen"),
    (r"\[", r"^raises IndexError\(.index -?\d+ is out of bounds for axis \d with size \d+.\)$", "NumPy checks no index where nothing is chosen"),
    (r"\[", r"boolean index did not match indexed array", "a mask without elements fits every shape"),
    (r"take\(", r"IndexError.*with size 0", "indices are not checked where nothing is chosen"),
    (r"var|std|mean", r"NumPy raises AxisError: axis -?\d is out of bounds for array of dimension 0", "an array without axes has no axis 0 for spreads"),
    (r"clip", r"^raises OverflowError", "bounds beyond the type of integers are no bounds"),
    (r"std|var", r"other elements", "the spread of no complex numbers has an imaginary NaN"),
    (r"nanm(ax|in)|fm(ax|in)", r"other elements", "complex numbers that are all NaN give the first of them"),
]
ON_PURPOSE = [
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
