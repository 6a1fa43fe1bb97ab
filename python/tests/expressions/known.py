"""Differences that are known, each with its reason: faults that wait for a cure in the library, and answers that are other
ones on purpose. A pattern of the text that differs, one of the difference, and the reason.
"""

import re


class Known(str):
    """The reason of a known difference."""


FAULTS = [
    (r"\[.*[-+*]?= ", r"raises IndexError\(.index.*NumPy UFuncTypeError", "the type of a value is checked before the places that take it"),
]
ON_PURPOSE = [
    (r"^\(.* [=!]= \w+\)$", r"equal is not defined for|have no common type", "an array or a number of NumPy on the left asks the ufunc, which has no loop in NumPy either"),
    (r"[*]= ", r"max over no elements", "texts are as wide as the longest, and there is none"),
    (r"insert", r"cannot broadcast an array of shape \(.*0.*\) to \(0,\)", "values without elements have a shape, too"),
    (r"\br?partition\(", r"^type .(S1, NumPy .S0|U1, NumPy .U0)$", "an empty text has a type of one character"),
    (r"\brpartition\(.*abcdefgh", r"^type .U1, NumPy .U2$|other elements", "NumPy 2.4 finds a long separator in shorter texts"),
    (r"1d\(", r"shape \(\d+,\), NumPy", "of whole numbers that one float stands for, NumPy takes two for a pair"),
    (r"quantile|percentile", r"^type float64, NumPy float(16|32)$", "the type of a result does not depend on whether there is a NaN"),
    (r"unique|1d\(", r"other parts of complex NaN", "of several complex NaN, any is the distinct one: their order in memory is free"),
    (r"ldexp\.(reduce|accumulate)", r"", "a fold needs results of the type of its operands"),
    (r"\]\[", r"NumPy TypeError..(byte|string) indices", "a text of NumPy is no array"),
    (r"\.reduce\(.*out=np\.full\(.*'i8'", r"other elements of int64", "NumPy cuts floats off at each step on the way to integers"),
    (r"\b(nan)?prod\(|multiply\.reduce\(|einsum\(.*inf", r"other elements of (float|complex)", "products of floats overflow in another order"),
    (r"x\[(.*\.\.\..*|'\w+')\] [-+*]=", r"NumPy (raises )?UFuncTypeError", "an array without axes stands for a number"),
    (r"\[\(\)\] = ", r"can be converted to numbers of Python", "an array of NumPy asks a lazy one for its number"),
    (r"(power|pow)\(.*0\.5|\*\*.*0\.5", r"other elements of (float|complex)", "NumPy 2.5 takes the square root of minus infinity, NumPy 2.4 the power"),
    (r"casting='unsafe'", r"cannot convert float infinity", "an infinite number is no integer"),
    (r"2\*\*70", r"object|out of bounds for uint64", "there are no objects as elements"),
]


def reason(text, difference):
    """Why a difference is known, or nothing."""
    for in_text, in_difference, why in FAULTS + ON_PURPOSE:
        if re.search(in_text, text) and re.search(in_difference, difference):
            return Known(why)
    return None
