"""Writes display.txt: arrays and what NumPy prints for them (run with NumPy 2.4 and ml_dtypes).

A record is a line `dtype shape data`, the text, and a line `---`. The data are hexadecimal bytes, or `arange`.
"""

import itertools
from pathlib import Path

import ml_dtypes
import numpy as np

rng = np.random.default_rng(20)
out = []


def add(a, arange=False):
    a = np.ascontiguousarray(a) if a.ndim else a
    shape = "x".join(map(str, a.shape)) or "-"
    data = "arange" if arange else a.tobytes().hex() or "-"
    out.append(f"{a.dtype.name} {shape} {data}\n{str(a)}\n---\n")


floats = {
    "plain": [1, 2.5, -3.25, 0.1, 1 / 3],
    "whole": [1, 2, 30, -400],
    "edge": [0.0, -0.0, np.nan, np.inf, -np.inf],
    "nan": [np.nan, 1],
    "inf": [np.inf, 10.5],
    "minus inf": [-np.inf, 1],
    "nothing finite": [np.nan, np.inf],
    "large": [1e8, 1, 2],
    "almost": [99999999.0, 12345.678],
    "small": [1e-5, 1],
    "at 1e-4": [1e-4, 0.05],
    "spread": [1, 1001],
    "spread not": [1, 1000],
    "huge": [1e300, 1e-300, -1e100],
    "exact": [np.pi, np.e, -np.sqrt(2)],
    "half": [0.5, 0.123456785, 0.123456795, 1.000000005],
    "tiny": [5e-324, 2.2250738585072014e-308],
    "carry": [0.999999999, 9.9999999999],
    "f16": [65504, 0.1, 6e-8],
    "f16 whole": [999, 1],
    "f16 thousand": [1000, 1],
    "million": [1e6, 123456.7],
    "one": [7.0],
    "none": [],
}
for t in ["float16", "bfloat16", "float32", "float64"]:
    with np.errstate(all="ignore"):
        for values in floats.values():
            a = np.array(values, dtype=np.float64).astype(getattr(ml_dtypes, t) if t == "bfloat16" else t)
            add(a)
            for x in a:
                add(np.array(x))
for t in ["float16", "float32", "float64"]:
    for scale in [1e-3, 1, 1e3, 1e7]:
        with np.errstate(all="ignore"):
            add((rng.standard_normal((3, 5)) * scale).astype(t))
            add((rng.standard_normal((2, 2, 9)) * scale).astype(t))
parts = [0.0, -0.0, 1.5, -2.25, 1e9, 1e-7, np.inf, -np.inf, np.nan]
for t in ["complex64", "complex128"]:
    for re, im in itertools.product(parts, parts):
        add(np.array(complex(re, im), dtype=t))
        add(np.array([complex(re, im), 1 + 2j], dtype=t))
    add((rng.standard_normal((2, 4)) + 1j * rng.standard_normal((2, 4))).astype(t))
    add(np.array([], dtype=t))
for t in ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]:
    i = np.iinfo(t)
    add(np.array([i.min, i.max, 0, 1], dtype=t))
    add(np.array([[1, 20], [100, 3]], dtype=t))
    add(np.array(i.min, dtype=t))
    add(np.array(i.max, dtype=t))
    add(np.array([], dtype=t))
for a in [True, False, [True, False], [[True], [False]], [True] * 40]:
    add(np.array(a))
for shape in [(30,), (100,), (25, 4), (2, 3, 4), (1, 1, 1, 1), (1000,), (1001,), (5000,), (40, 40), (3, 4, 100), (7, 7, 7, 7),
              (2, 600), (600, 2), (1, 2000), (12, 1, 100), (0,), (3, 0), (5000, 0), (20, 7, 8)]:
    for t in ["int64", "float64", "uint8", "complex64", "float32"]:
        n = int(np.prod(shape))
        add((np.arange(n) % 251 if t == "uint8" else np.arange(n)).astype(t).reshape(shape), arange=True)
add(np.arange(123456, 123456 + 64))
add(np.arange(40.0) / 7)
Path(__file__).with_name("display.txt").write_text("".join(out))
