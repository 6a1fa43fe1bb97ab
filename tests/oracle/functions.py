"""The elementwise functions of the array API standard 2024.12, and the exact value of those that round.

The functions of REAL take Python floats (for the sign of zero) and answer mpmath numbers.
"""

import math

import mpmath
from mpmath import mp, mpc, mpf

UNARY = (
    "abs acos acosh asin asinh atan atanh bitwise_invert ceil conj cos cosh exp expm1 floor imag isfinite isinf isnan log log1p "
    "log2 log10 logical_not negative positive real reciprocal round sign signbit sin sinh square sqrt tan tanh trunc"
).split()
BINARY = (
    "add atan2 bitwise_and bitwise_left_shift bitwise_or bitwise_right_shift bitwise_xor copysign divide equal floor_divide greater "
    "greater_equal hypot less less_equal logaddexp logical_and logical_or logical_xor maximum minimum multiply nextafter not_equal "
    "pow remainder subtract"
).split()
# clip, the 67th, takes three.
# Beyond the standard.
MORE_UNARY = "cbrt deg2rad exp2 rad2deg rint".split()
MORE_BINARY = "fmax fmin fmod heaviside logaddexp2".split()

# NumPy's older names of the same functions.
ALIASES = {
    "abs": "absolute", "acos": "arccos", "acosh": "arccosh", "asin": "arcsin", "asinh": "arcsinh", "atan": "arctan", "atanh": "arctanh",
    "bitwise_invert": "invert", "conj": "conjugate", "atan2": "arctan2", "bitwise_left_shift": "left_shift",
    "bitwise_right_shift": "right_shift", "divide": "true_divide", "pow": "power", "remainder": "mod",
    "deg2rad": "radians", "rad2deg": "degrees",
}  # fmt: skip

OPERATORS = {
    "add": "+", "subtract": "-", "multiply": "*", "divide": "/", "floor_divide": "//", "remainder": "%", "pow": "**", "bitwise_and": "&",
    "bitwise_or": "|", "bitwise_xor": "^", "bitwise_left_shift": "<<", "bitwise_right_shift": ">>", "less": "<", "less_equal": "<=",
    "greater": ">", "greater_equal": ">=", "equal": "==", "not_equal": "!=",
}  # fmt: skip
SIGNS = {"bitwise_invert": "~a", "negative": "-a", "positive": "+a", "real": "a.real", "imag": "a.imag"}

# Exponents beyond these are infinity or zero in every float, and slow to compute.
HUGE, TINY = mpf(2) ** 30000, mpf(2) ** -30000


def exponential(x):
    return HUGE if x > 20000 else TINY if x < -20000 else mp.exp(x)


def power(x, y):
    if x == 0 or y == 0:
        return mpf(x) ** mpf(y) if y >= 0 else mpf("inf")
    logarithm = mpf(y) * mp.log(abs(mpf(x)))
    sign = -1 if x < 0 and math.fmod(y, 2) != 0 else 1
    return sign * exponential(logarithm)


def atan2(y, x):
    answer = mp.atan2(abs(mpf(y)), mpf(x)) if y != 0 or x != 0 else (mp.pi if math.copysign(1, x) < 0 else mpf(0))
    if y == 0 and math.copysign(1, x) < 0:
        answer = +mp.pi
    return -answer if math.copysign(1, y) < 0 else answer


def logaddexp(x, y):
    high, low = mpf(max(x, y)), mpf(min(x, y))
    return high + mp.log1p(exponential(low - high))


def logaddexp2(x, y):
    high, low = mpf(max(x, y)), mpf(min(x, y))
    return high + mp.log1p(exponential((low - high) * mp.log(2))) / mp.log(2)


def one(function):
    return lambda x: function(mpf(x))


REAL = {
    "acos": one(mp.acos), "acosh": one(mp.acosh), "asin": one(mp.asin), "asinh": one(mp.asinh), "atan": one(mp.atan),
    "atanh": one(mp.atanh), "cos": one(mp.cos), "sin": one(mp.sin), "tan": one(mp.tan), "exp": exponential,
    "cosh": lambda x: HUGE if abs(x) > 20000 else mp.cosh(x),
    "sinh": lambda x: math.copysign(1, x) * HUGE if abs(x) > 20000 else mp.sinh(x),
    "tanh": lambda x: math.copysign(1, x) * (1 - TINY) if abs(x) > 20000 else mp.tanh(x),
    "expm1": lambda x: HUGE if x > 20000 else mpf(-1) if x < -20000 else mp.expm1(x),
    "log": one(mp.log), "log1p": one(mp.log1p), "log2": lambda x: mp.log(mpf(x)) / mp.log(2), "log10": lambda x: mp.log(mpf(x)) / mp.log(10),
    "pow": power, "atan2": atan2, "hypot": lambda x, y: mp.sqrt(mpf(x) ** 2 + mpf(y) ** 2), "logaddexp": logaddexp,
    "cbrt": lambda x: mp.sign(x) * mp.cbrt(abs(mpf(x))), "deg2rad": lambda x: mpf(x) * mp.pi / 180, "rad2deg": lambda x: mpf(x) * 180 / mp.pi,
    "exp2": lambda x: exponential(mpf(x) * mp.log(2)), "logaddexp2": logaddexp2,
}  # fmt: skip


def complex_hyperbolic(function, z):
    """sinh, cosh and exp of a large real part are infinite in every float."""
    if abs(z.real) > 20000:
        return function(mpc(math.copysign(20000, z.real), z.imag))
    return function(z)


def complex_tanh(z):
    return mpc(mp.sign(z.real), 2 * mp.sin(2 * z.imag) * TINY) if abs(z.real) > 20000 else mp.tanh(z)


def times_i(z):
    return mpc(-z.imag, z.real)


def by_i(z):
    return mpc(z.imag, -z.real)


COMPLEX = {
    "acos": mp.acos, "acosh": mp.acosh, "asin": mp.asin, "asinh": mp.asinh, "atan": mp.atan, "atanh": mp.atanh,
    "exp": lambda z: complex_hyperbolic(mp.exp, z), "expm1": lambda z: complex_hyperbolic(lambda w: mp.exp(w) - 1, z),
    "sinh": lambda z: complex_hyperbolic(mp.sinh, z), "cosh": lambda z: complex_hyperbolic(mp.cosh, z), "tanh": complex_tanh,
    "sin": lambda z: by_i(complex_hyperbolic(mp.sinh, times_i(z))), "cos": lambda z: complex_hyperbolic(mp.cosh, times_i(z)),
    "tan": lambda z: by_i(complex_tanh(times_i(z))), "log": mp.log, "log1p": lambda z: mp.log(1 + z),
    "log2": lambda z: mp.log(z) / mp.log(2), "log10": lambda z: mp.log(z) / mp.log(10), "sqrt": mp.sqrt,
    "exp2": lambda z: complex_hyperbolic(mp.exp, z * mp.log(2)),
}  # fmt: skip
assert len(UNARY) + len(BINARY) + 1 == 67
assert mpmath.mp is mp
