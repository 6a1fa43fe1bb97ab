"""Attributes of stores and arrays as a dict."""

import json
from collections.abc import MutableMapping

import numpy as np


class Attributes(MutableMapping):
    """Attributes as a dict. Each change is one commit, or a part of the transaction that they belong to."""

    def __init__(self, read, write):
        self._read, self._write = read, write

    def __getitem__(self, key):
        return self._read()[key]

    def __iter__(self):
        return iter(self._read())

    def __len__(self):
        return len(self._read())

    def __setitem__(self, key, value):
        self._write({**self._read(), key: value})

    def __delitem__(self, key):
        attributes = dict(self._read())
        del attributes[key]
        self._write(attributes)

    def update(self, *args, **kwargs):
        """Sets several attributes in one commit."""
        self._write({**self._read(), **dict(*args, **kwargs)})

    def clear(self):
        """Removes all attributes in one commit."""
        self._write({})

    def __repr__(self):
        return repr(self._read())


class Attributed:
    """What has attributes. Its class reads and writes all of them, by `_read_attrs` and `_write_attrs`."""

    @property
    def attrs(self):
        """The attributes."""
        return Attributes(self._read_attrs, self._write_attrs)

    @attrs.setter
    def attrs(self, attributes):
        self._write_attrs(dict(attributes))


def encode(attributes):
    """Attributes as the JSON that a file keeps."""
    if not all(isinstance(name, str) for name in attributes):
        raise TypeError(f"names of attributes are texts, found {', '.join(repr(n) for n in attributes if not isinstance(n, str))}")
    try:
        text = json.dumps(attributes, default=_plain, allow_nan=False)
    except ValueError as error:
        words = "attributes are kept as JSON, which has no NaN, no infinity and no cycles: give a text, as in 'nan'"
        raise ValueError(f"{words} ({error})") from None
    # the file keeps whole numbers of 64 bits, and would take others for floats
    json.loads(text, parse_int=_within)
    return text


def _within(digits):
    number = int(digits)
    if not -(2**63) <= number < 2**64:
        raise OverflowError(f"an attribute of {digits} needs more than 64 bits; give it as a text or a float")
    return number


def _plain(value):
    """Numbers and arrays of NumPy as JSON has them."""
    if isinstance(value, (np.generic, np.ndarray)):
        return value.tolist()
    raise TypeError(f"an attribute is a text, a number, a list or a dict, not {type(value).__name__}")
