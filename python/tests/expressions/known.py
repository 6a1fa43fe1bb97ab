"""Differences that are known, each with its reason: faults that wait for a cure in the library, and answers that are other
ones on purpose. A pattern of the text that differs, one of the difference, and the reason.
"""

import re


class Known(str):
    """The reason of a known difference."""


FAULTS = [
    (r"\[.*[-+*]?= ", r"raises IndexError\(.index.*NumPy (ValueError..shape mismatch|UFuncTypeError)", "the shape and the type of a value are checked before the places that take it"),
    (r"(dtype|casting|out)=", r"^raises UFuncTypeError.*NumPy OverflowError", "a number that its type does not hold is named before a type that is not allowed"),
]
ON_PURPOSE = [
    (r"", r"'itemsize': 24", "records keep their layout; NumPy packs the fields of records that it joins"),
    (r" [=!]= ", r"equal is not defined for|have no common type", "an array or a number of NumPy on the left asks the ufunc, which has no loop in NumPy either"),
    (r"", r"cannot be cast to complex(64|128): cast to float64 first", "texts are no complex numbers"),
    (r"[*]= ", r"max over no elements", "texts are as wide as the longest, and there is none"),
    (r"take\(", r"^raises IndexError\(.index -?\d+ is out of bounds", "indices are checked, even if there is no line to take from"),
    (r"astype\('U32'\)", r"other elements", "NumPy cuts spans of time off after 21 characters"),
    (r"insert", r"cannot broadcast an array of shape \(.*0.*\) to \(0,\)", "values without elements have a shape, too"),
    (r"1d\(", r"shape \(\d+,\), NumPy", "of whole numbers that one float stands for, NumPy takes two for a pair"),
    (r"quantile|percentile", r"^type float64, NumPy float(16|32)$", "the type of a result does not depend on whether there is a NaN"),
    (r"max|min|ptp|unique|1d\(", r"other parts of complex NaN", "of several complex NaN, any is the result: their order in memory is free"),
    (r"ldexp\.(reduce|accumulate)", r"", "a fold needs results of the type of its operands"),
    (r"\]\[", r"NumPy TypeError..(byte|string) indices", "a text of NumPy is no array"),
    (r"\.reduce\(.*out=np\.full\(.*'i8'", r"other elements", "NumPy cuts floats off at each step on the way to integers"),
    (r"prod|multiply\.reduce", r"other elements", "products of floats overflow in another order"),
    (r"x\[.*\.\.\..*[-+*]=", r"NumPy (raises )?UFuncTypeError", "an array without axes stands for a number"),
    (r"\[\(\)\] = ", r"can be converted to numbers of Python", "an array of NumPy asks a lazy one for its number"),
    (r"(power|pow)\(.*0\.5|\*\*.*0\.5", r"other elements", "NumPy 2.5 takes the square root of minus infinity, NumPy 2.4 the power"),
    (r"logical_", r"NumPy raises OverflowError", "numbers count by their truth"),
    (r"casting='unsafe'", r"cannot convert float infinity", "an infinite number is no integer"),
    (r"2\*\*70", r"object|out of bounds for uint64|NumPy OverflowError", "there are no objects as elements"),
]


def reason(text, difference):
    """Why a difference is known, or nothing."""
    for in_text, in_difference, why in FAULTS + ON_PURPOSE:
        if re.search(in_text, text) and re.search(in_difference, difference):
            return Known(why)
    return None
