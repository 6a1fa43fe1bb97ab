"""Arrays of a file as the specification of Zarr 3 describes them."""

import base64
import functools
import json
import struct

import numpy as np
from numpy.lib.recfunctions import repack_fields
from zarr.dtype import parse_dtype

from . import _attributes

#: The attribute of an array that holds the bytes of one of zarr-python's keys.
KEY = "_zarr_key"


def is_key(about):
    """Whether an array holds the bytes of one of zarr-python's keys."""
    return KEY in json.loads(about["attrs"])


@functools.cache
def has_type(dtype):
    """Whether Zarr has a type of elements."""
    try:
        parse_dtype(packed(dtype), zarr_format=3)
    except ValueError:
        return False
    return True


def array(name, about, codecs, separator="/"):
    """The metadata of an array. codecs: how the bytes of its chunks are made. separator: what stands between the numbers in the
    key of a chunk.
    """
    try:
        dtype = parse_dtype(packed(about["dtype"]), zarr_format=3)
    except ValueError as error:
        raise ValueError(f"array {name}: Zarr has no type {about['dtype']}: write the array as one that it has, x.astype(...)") from error
    return {
        "zarr_format": 3,
        "node_type": "array",
        "shape": list(about["shape"]),
        "data_type": dtype.to_json(zarr_format=3),
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": list(about["chunks"])}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": separator}},
        "fill_value": dtype.to_json_scalar(fill(about).astype(packed(about["dtype"])), zarr_format=3),
        "codecs": codecs,
        "attributes": _of_array(about),
        "dimension_names": list(_attributes.dimensions(about["dims"], about["shape"])),
    }


def group(all, name):
    """The metadata of a group, from the attributes of the store."""
    attributes = _plain(_attributes.decode(_attributes.of_group(dict(all), name)))
    return {"zarr_format": 3, "node_type": "group", "attributes": attributes}


def codec(name, **configuration):
    """One codec in the metadata of an array."""
    return {"name": name, "configuration": configuration} if configuration else {"name": name}


#: The codec of elements as they are, in C order.
PLAIN = codec("bytes", endian="little")


def fill(about):
    """The fill value."""
    return np.frombuffer(about["fill"], about["dtype"])[0]


def packed(dtype):
    """The type as Zarr has it, which knows no gaps between the fields of a record."""
    return repack_fields(dtype, recurse=True) if dtype.names else dtype


def _of_array(about):
    """The attributes of an array, the fill value as xarray writes it in Zarr 3."""
    attributes = _attributes.decode(json.loads(about["attrs"]))
    attributes.pop(_attributes.OBJECTS, None)
    missing = attributes.pop("_FillValue", None)
    found = _plain(attributes)
    return found if missing is None else {**found, "_FillValue": _missing(missing, about["dtype"].kind)}


def _plain(value):
    """A value as JSON has it; bytes as a text, complex numbers and times as NumPy prints them."""
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, (np.ndarray, np.generic)):
        return _plain((value.astype("U") if value.dtype.kind in "cmM" else value).tolist())
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    if isinstance(value, bytes):
        return value.decode("latin-1")
    return value


def _missing(value, kind):
    """The attribute `_FillValue` as xarray encodes it in Zarr 3, for elements of a kind of NumPy's types."""
    one = np.asarray(value).ravel()[0] if np.ndim(value) else np.asarray(value)[()]
    try:
        if kind == "f":
            return _double(one)
        if kind == "c":
            return [_double(complex(one).real), _double(complex(one).imag)]
        if kind == "S":
            return base64.b64encode(one if isinstance(one, bytes) else str(one).encode()).decode()
        return {"b": bool, "i": int, "u": int}.get(kind, _plain)(one)
    except (TypeError, ValueError, OverflowError):
        # no value of this type, or one that xarray encoded already, in an array that was copied from Zarr
        return _plain(value)


def _double(value):
    return base64.b64encode(struct.pack("<d", float(value))).decode()
