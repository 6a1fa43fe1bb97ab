"""The golden container: cases of one family and the arrays they name.

A file is one zstd frame. Inside, little-endian:

    8 bytes   b"ARRGOLD1"
    4 bytes   length of the header
    header    JSON, UTF-8
    padding   zeros up to a multiple of 16
    data      the arrays' elements, C order, each array at a multiple of 16

The header is

    {"family": "...", "made_by": {"numpy": "2.4.6", ...},
     "arrays": [[dtype, [shape], offset in data], ...],
     "cases": [{"expr": "a + b", "in": {"a": 0, "b": 1}, "want": 2, "also": 3, "tol": 4},
               {"expr": "a[9]", "in": {"a": 0}, "error": "index"}]}

where numbers under `in`, `want`, `also` and `tol` are indices into `arrays`, and

- without `tol` a result is right when each element (each component, for complex ones) has the bits of `want` or
  of `also`; NaN equals NaN whatever its bits;
- with `tol` (float64, the shape of `want`, and a last axis of 2 for complex ones) an element may also differ from
  `want` by at most that much, in exact arithmetic. Where `want` is NaN or infinite, or `tol` is 0, the rule above
  holds: the sign of zero counts.
- `error` says that NumPy refuses: "type" (TypeError), "overflow" (a Python integer out of bounds), "value"
  (ValueError: shapes, empty reductions, negative integer powers), "axis", "index", "name" (Python knows no such name).
"""

import json
import sys

import ml_dtypes
import mpmath
import numpy as np
import zstandard

BF16 = np.dtype(ml_dtypes.bfloat16)


class Golden:
    """Collects the cases of one family; equal arrays are stored once."""

    def __init__(self, family):
        self.family = family
        self.arrays = []
        self.cases = []
        self.data = bytearray()
        self.known = {}

    def intern(self, array):
        array = np.asarray(array)
        if array.dtype.names:
            # NumPy copies fields alone, and leaves rubbish between them.
            array, fields = np.zeros(array.shape, array.dtype), array
            array[...] = fields
        name = type_name(array.dtype)
        key = (name, array.shape, array.tobytes())
        if key not in self.known:
            self.data += bytes(-len(self.data) % 16)
            self.known[key] = len(self.arrays)
            self.arrays.append([name, list(array.shape), len(self.data)])
            self.data += array.tobytes()
        return self.known[key]

    def case(self, expr, inputs, want, also=None, tol=None):
        want = np.asarray(want)
        case = {"expr": expr, "in": self.inputs(inputs), "want": self.intern(want)}
        if also is not None:
            also = np.asarray(also, dtype=want.dtype)
            assert also.shape == want.shape, expr
            if also.tobytes() != want.tobytes():
                case["also"] = self.intern(also)
        if tol is not None:
            parts = (2,) if want.dtype.kind == "c" else ()
            tol = np.ascontiguousarray(np.broadcast_to(np.asarray(tol, dtype=np.float64), want.shape + parts))
            assert not np.isnan(tol).any(), expr
            case["tol"] = self.intern(tol)
        self.cases.append(case)

    def error(self, expr, inputs, kind):
        self.cases.append({"expr": expr, "in": self.inputs(inputs), "error": kind})

    def inputs(self, inputs):
        return {name: self.intern(array) for name, array in inputs.items()}

    def write(self, folder):
        versions = {
            "python": sys.version.split()[0],
            "numpy": np.__version__,
            "ml_dtypes": ml_dtypes.__version__,
            "mpmath": mpmath.__version__,
        }
        header = {"family": self.family, "made_by": versions, "arrays": self.arrays, "cases": self.cases}
        text = json.dumps(header, separators=(",", ":")).encode()
        head = b"ARRGOLD1" + len(text).to_bytes(4, "little") + text
        head += bytes(-len(head) % 16)
        raw = head + bytes(self.data)
        params = zstandard.ZstdCompressionParameters.from_level(19, window_log=24)
        packed = zstandard.ZstdCompressor(compression_params=params).compress(raw)
        path = folder / f"{self.family}.zst"
        path.write_bytes(packed)
        print(f"{self.family}: {len(self.cases)} cases, {len(self.arrays)} arrays, {len(raw)} -> {len(packed)} bytes")


def type_name(dtype):
    """A dtype as a text: its name for a number, NumPy's code for a time or a text, a list of fields for a record."""
    if dtype.kind in "MmSU":
        return dtype.str
    return str(dtype) if dtype.names else dtype.name


def error_kind(error):
    """The container's word for an exception of NumPy's."""
    if isinstance(error, np.exceptions.AxisError):
        return "axis"
    for kind, name in [((TypeError, AttributeError), "type"), (OverflowError, "overflow"), (IndexError, "index"), (ValueError, "value"), (ZeroDivisionError, "value")]:
        if isinstance(error, kind):
            return name
    raise error


STRINGS = "upper lower capitalize title swapcase strip lstrip rstrip str_len startswith endswith find rfind count isalnum isalpha isdecimal isdigit islower isnumeric isspace istitle isupper center ljust rjust zfill replace slice rpartition expandtabs encode decode translate".split()


def names():
    """What the expressions may name: NumPy's functions and dtypes, with the array API's names among them."""
    table = {n: getattr(np, n) for n in dir(np) if not n.startswith("_")}
    table.update(bfloat16=BF16.type, bool=np.bool, sliding_window_view=np.lib.stride_tricks.sliding_window_view)
    table.update({n: getattr(np.strings, n) for n in STRINGS})
    return table


NAMES = names()


def evaluate(expr, inputs):
    """NumPy's answer, an array; raises what NumPy raises."""
    return np.asarray(eval(expr, {**NAMES, **inputs}))


def exact(golden, expr, inputs):
    """A case whose answer is NumPy's to the bit, or NumPy's refusal."""
    try:
        want = evaluate(expr, inputs)
    except Exception as error:  # noqa: BLE001 - error_kind() raises what it does not know
        golden.error(expr, inputs, error_kind(error))
    else:
        golden.case(expr, inputs, want)
