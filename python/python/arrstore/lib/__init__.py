"""Functions under NumPy's names in `numpy.lib`."""

from . import stride_tricks as stride_tricks
