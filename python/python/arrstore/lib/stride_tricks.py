"""Windows and strides: `numpy.lib.stride_tricks`."""

from arrstore import (
    as_strided as as_strided,
    broadcast_arrays as broadcast_arrays,
    broadcast_to as broadcast_to,
    sliding_window_view as sliding_window_view,
)
