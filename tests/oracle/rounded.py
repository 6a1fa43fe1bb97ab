"""Correctly rounded answers, from mpmath and from exact rationals."""

from fractions import Fraction

import mpmath
import numpy as np
from mpmath import mp, mpf
from values import FORMATS

UINT = {"float16": np.uint16, "bfloat16": np.uint16, "float32": np.uint32, "float64": np.uint64}

# Stands for the zero of a component beside a branch cut: its logarithm's half is still under every float.
BESIDE = mpf(2) ** -6000


def split(x):
    """(negative, mantissa, exponent) of a nonzero mpf or Fraction, the mantissa to hundreds of bits."""
    if isinstance(x, Fraction):
        top = abs(x.numerator).bit_length() - x.denominator.bit_length()
        shift = 300 - top
        scaled, rest = divmod(abs(x.numerator) << max(shift, 0), x.denominator << max(-shift, 0))
        # A sticky last bit keeps ties from being mistaken.
        return x < 0, scaled << 1 | bool(rest), -shift - 1
    sign, man, exponent, _ = x._mpf_
    return bool(sign), int(man), int(exponent)


def round_bits(x, name):
    """The bits of the float nearest to x, ties to even; x is an mpf or a Fraction."""
    p, emin, emax = FORMATS[name]
    width = {"float16": 16, "bfloat16": 16, "float32": 32, "float64": 64}[name]
    if isinstance(x, mpf) and not mpmath.isfinite(x):
        infinity = ((1 << (width - p)) - 1) << (p - 1)
        return infinity | (x < 0) << (width - 1) if mpmath.isinf(x) else infinity | 1 << (p - 2)
    if x == 0:
        return 0
    negative, man, exponent = split(x)
    if exponent + man.bit_length() > emax + 2:
        return ((1 << (width - p)) - 1) << (p - 1) | negative << (width - 1)
    if exponent + man.bit_length() < emin - p - 2:
        return negative << (width - 1)
    quantum = max(exponent + man.bit_length() - p, emin - p + 1)
    shift = quantum - exponent
    if shift <= 0:
        digits = man << -shift
    else:
        digits, rest = man >> shift, man & ((1 << shift) - 1)
        half = 1 << (shift - 1)
        digits += rest > half or (rest == half and digits & 1)
    if digits == 1 << p:
        digits, quantum = digits >> 1, quantum + 1
    if quantum + p - 1 > emax:
        word = ((1 << (width - p)) - 1) << (p - 1)
    elif digits < 1 << (p - 1):
        word = digits
    else:
        word = (quantum - (emin - p + 1) + 1) << (p - 1) | (digits - (1 << (p - 1)))
    return word | negative << (width - 1)


def rounded(values, dtype):
    """An array of floats nearest to a list of mpf or Fraction."""
    words = np.array([round_bits(v, dtype.name) for v in values], dtype=UINT[dtype.name])
    return words.view(dtype)


def ulp(array):
    """The spacing of floats around each finite element, as float64; 0 for what is not finite."""
    p, emin, _ = FORMATS[array.dtype.name]
    x = np.abs(array.astype(np.float64))
    _, exponent = np.frexp(x)
    spacing = np.ldexp(1.0, np.where(x == 0, emin, np.maximum(exponent - 1, emin)) - p + 1)
    return np.where(np.isfinite(x), spacing, 0.0)


def distance(a, b):
    """|a - b| as float64; 0 where that is not a number, infinite results aside."""
    gap = np.abs(a.astype(np.float64) - b.astype(np.float64))
    return np.where(np.isfinite(gap), gap, 0.0)


def real(function, operands, numpys):
    """(want, tol) for a real function: the correctly rounded value, and 1 ulp or NumPy's own error.

    NumPy's word is taken where an operand is not finite, where it says NaN, and where it says infinity at a pole.
    """
    dtype = numpys.dtype
    flat = [o.astype(np.float64).ravel() for o in operands]
    theirs = numpys.ravel()
    wide = theirs.astype(np.float64)
    want, ruled = theirs.copy(), np.zeros(theirs.shape, dtype=bool)
    places, answers = [], []
    for i in range(theirs.size):
        arguments = [o[i] for o in flat]
        if not all(np.isfinite(arguments)) or np.isnan(wide[i]):
            continue
        try:
            with mp.workprec(2400 if max(map(abs, arguments)) > 1e6 else 320):
                answer = function(*map(float, arguments))
        except (ZeroDivisionError, ValueError, OverflowError):
            assert np.isinf(wide[i]), (function, arguments, wide[i])
            continue
        if isinstance(answer, mpmath.mpc):
            raise AssertionError((function, arguments, answer, wide[i]))
        if not mpmath.isfinite(answer):
            assert np.isinf(wide[i]), (function, arguments, wide[i])
            continue
        if answer == 0:
            assert wide[i] == 0, (function, arguments, wide[i])
            continue
        places.append(i)
        answers.append(answer)
    if places:
        want[places] = rounded(answers, dtype)
        ruled[places] = True
    tol = np.where(ruled, np.maximum(ulp(want), distance(want, theirs)), 0.0)
    return want.reshape(numpys.shape), tol.reshape(numpys.shape)


def worst(want, numpys):
    """The greatest error of NumPy's in ulps, to notice a wrong reference."""
    with np.errstate(all="ignore"):
        errors = distance(want, numpys) / ulp(want)
    return float(np.nanmax(np.where(np.isfinite(errors), errors, 0), initial=0))


def complex_one(function, z):
    """The exact value of a function that commutes with conjugation, signed zeros taken as sides of a cut."""
    re, im = float(z.real), float(z.imag)
    on_axis = re == 0 or im == 0
    extreme = max(abs(np.log2([abs(c) for c in (re, im) if c] or [1]))) > 60
    with mp.workprec(13000 if on_axis else 5000 if extreme else 400):
        x = mpf(re) if re else BESIDE * (-1 if np.signbit(re) else 1)
        y = mpf(im) if im else BESIDE
        answer = mpmath.mpc(function(mpmath.mpc(x, abs(y))))
        return answer.real, -answer.imag if np.signbit(im) else answer.imag


def complex_function(function, operand, numpys, ulps=4):
    """(want, tol) for a complex function of one operand: components within `ulps` of the modulus or NumPy's error.

    NumPy's word is taken where an operand is not finite or a component of its answer is an exact zero.
    """
    flat, theirs = operand.ravel(), numpys.ravel()
    want, tol = theirs.copy(), np.zeros((theirs.size, 2))
    f = np.dtype(theirs.real.dtype)
    for i, z in enumerate(flat):
        theirs_i = theirs[i : i + 1]
        components = (theirs_i.real, theirs_i.imag)
        theirs_tol = [ulps * ulp(c)[0] if np.isfinite(c[0]) and c[0] != 0 else 0 for c in components]
        if not np.isfinite(z):
            tol[i] = theirs_tol
            continue
        try:
            parts = complex_one(function, z)
        except (ZeroDivisionError, ValueError):
            continue
        if np.isinf(theirs_i.real[0]) and abs(parts[0]) < 20000 or np.isinf(theirs_i.imag[0]) and abs(parts[1]) < 20000:
            # A pole, which beside the cut is merely large.
            tol[i] = theirs_tol
            continue
        ours = np.empty(1, theirs.dtype)
        ours.real, ours.imag = rounded([parts[0]], f), rounded([parts[1]], f)
        with np.errstate(all="ignore"):
            modulus = np.maximum(ulp(ours.real), ulp(ours.imag))[0]
        for k, (o, t) in enumerate(zip((ours.real, ours.imag), components)):
            if o[0] == 0 and t[0] == 0:
                # What underflows has a sign that NumPy's formulas need not find; that of a true zero counts.
                underflow = abs(parts[k]) > mpf(2) ** -2900 and np.signbit(o[0]) != np.signbit(t[0])
                tol[i, k] = ulp(o)[0] if underflow else 0
                o[0] = t[0]
            elif np.isfinite(o[0]):
                tol[i, k] = max(ulps * modulus, distance(o, t)[0])
        want[i] = ours[0]
    return want.reshape(numpys.shape), tol.reshape(numpys.shape + (2,))
