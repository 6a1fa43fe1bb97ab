"""Texts of any length as NumPy's texts of one width."""

import numpy as np


def of_one_width(texts):
    """Texts of Python in an array of objects, as elements of one width. Those that end in NUL are refused: NumPy would lose it."""
    if not texts.size:
        return np.empty(texts.shape, "U1")
    found = texts.astype("U")
    shorter = np.strings.str_len(found).ravel() < np.fromiter((len(str(text)) for text in texts.ravel()), np.intp, texts.size)
    if shorter.any():
        lost = texts.ravel()[shorter.argmax()]
        raise ValueError(f"expected texts that do not end in NUL, which elements of one width lose, found {lost!r}")
    return found
