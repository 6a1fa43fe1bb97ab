"""The arrays that are computed on, made where they are missing: `.npy` files, and their twins for peers and for us."""
import os
import subprocess

import numpy as np

ARRSTORE = os.path.join("target", "release", "arrstore")
N, M = 10_000, 6_144
CHUNK = (1000, 1000)
PRODUCT_CHUNK = (M // 4, M // 4)
ROWS = (100, N)

# name: shape, type
NORMAL = {name: ((N, N), "f8") for name in "abc"}
NORMAL |= {f"m{k}_{t}": ((M, M), t) for t in ("f4", "f8") for k in (1, 2)}
NORMAL |= {"row": ((N,), "f8"), "column": ((N, 1), "f8"), "f2": ((2 * N, 2 * N), "f2"), "f4": ((2 * N, N), "f4")}
NORMAL |= {"tall": ((200_000, 2000), "f8"), "long": ((1_000_000, 64), "f8")}
NORMAL |= {f"x{k}": ((2000, k), "f8") for k in (1, 8, 64)}
NORMAL |= {f"batch{k}": ((1000, 64, 64), "f8") for k in (1, 2)}
# arrays of other shapes than squares, as people have them
SHAPES = {"cube": ((365, 181, 360), "f4"), "climate": ((365, 721, 1440), "f4"), "stack": ((20, 10, 256, 256), "u2")}
SHAPES |= {"images": ((2000, 64, 64, 3), "u1"), "short": ((10, 10_000_000), "f8"), "narrow": ((5_000_000, 10), "f8")}
INTEGERS = {"u1": ((2 * N, 2 * N), "u1"), "i2": ((2 * N, 2 * N), "i2")}
# indices into the rows and columns of squares
INDICES = {"rows": 2000, "points1": 100_000, "points2": 100_000}
# texts, records of three fields, and keys for a sort
MANY = 5_000_000
ROWS_OF = ("names", "paths", "people", "key1", "key2")
# what functions are given: name: lowest, highest
UNIFORM = {"wide": (-20, 20), "positive": (0.01, 50), "unit": (-1, 1), "small": (0.01, 8)}
FUNCTION_LEN = 1 << 14

# stores: the .npy file, and how it is laid out
STORES = {name: (name, ["--chunk", "1000x1000"]) for name in [*"abc", "f2", "f4", "u1", "i2", "tall"]}
STORES |= {name: (name, ["--chunk", "1000x1000"]) for name in NORMAL if name[0] == "m"}
STORES |= {name: (name, []) for name in ("long", "x1", "x8", "x64", "batch1", "batch2")}
# the chunks that people get by default
DEFAULT = [*"abc", *(name for name in NORMAL if name[0] == "m"), "f4", "f2", "tall"]
STORES |= {name: (name, []) for name in SHAPES} | {f"{name}_default": (name, []) for name in DEFAULT}
STORES |= {name: (name, []) for name in (*INDICES, *ROWS_OF, "field")}
STORES |= {"a_rows": ("a", ["--chunk", "100x10000"]), "b_grid": ("b", ["--chunk", "700x1300"])}
STORES |= {f"{name}_fortran": (name, ["--chunk", "1000x1000", "--order", "F"]) for name in "ab"}
# what peers keep in their own files, and its chunks
TWINS = {**{name: (name, CHUNK) for name in "abc"}, "a_rows": ("a", ROWS)}
TWINS |= {name: (name, PRODUCT_CHUNK) for name in NORMAL if name[0] == "m"}


def field(rng):
    """A smooth field of two decimals, and noise: what compresses as the output of a simulation does."""
    y, x = np.mgrid[0:N, 0:N].astype("f4") / N
    noise = 0.05 * rng.standard_normal((N, N), dtype="f4")
    return np.round(np.sin(12 * x) * np.cos(9 * y) * 15 + 288 + noise, 2).astype("f4")


def rows_of(name, rng):
    """The texts, records and keys of ROWS_OF."""
    names = np.strings.zfill(rng.integers(0, 10**9, MANY).astype("U10"), 10)
    if name == "names":
        return names
    if name == "paths":
        return np.strings.add(np.array("/data/projects/imaging/2024/run-", "U40"), names[:MANY // 5]).astype("U42")
    if name == "people":
        people = np.zeros(MANY, [("name", "U10"), ("age", "i4"), ("weight", "f4")])
        people["name"], people["age"], people["weight"] = names, rng.integers(0, 99, MANY), rng.random(MANY)
        return people
    return rng.integers(0, 1000, MANY) if name == "key1" else rng.standard_normal(MANY)


def prepare(folder, wanted=None):
    """Makes what is missing: all arrays, or those of the names `wanted`, without the peers' own files."""
    os.makedirs(folder, exist_ok=True)
    rng = np.random.default_rng(7)

    def make(name, array):
        path = os.path.join(folder, name + ".npy")
        if (wanted is None or name in wanted) and not os.path.exists(path):
            np.save(path, array())

    for name, (shape, dtype) in NORMAL.items():
        make(name, lambda: rng.standard_normal(shape).astype(dtype))
    for name, (shape, dtype) in SHAPES.items():
        whole = dtype[0] == "u"
        make(name, lambda: rng.integers(0, 200, shape, dtype) if whole else rng.random(shape, dtype))
    for name, (shape, dtype) in INTEGERS.items():
        make(name, lambda: rng.integers(0, 100, shape, dtype))
    for name, (low, high) in UNIFORM.items():
        for dtype in ("f4", "f8"):
            make(f"{name}_{dtype}", lambda: rng.uniform(low, high, FUNCTION_LEN).astype(dtype))
    for name, count in INDICES.items():
        make(name, lambda: rng.integers(0, N, count))
    make("field", lambda: field(rng))
    for name in ROWS_OF:
        make(name, lambda: rows_of(name, rng))
    for name, (source, how) in STORES.items():
        path = os.path.join(folder, name + ".arrs")
        if (wanted is None or source in wanted) and not os.path.exists(path):
            subprocess.run([ARRSTORE, "convert", os.path.join(folder, source + ".npy"), path + ":/data", "--quiet", *how],
                           check=True)
    if wanted is None:
        twins(folder)


def twins(folder):
    """What peers keep in their own files."""
    import blosc2
    import zarr

    for name, (source, chunk) in TWINS.items():
        data = np.load(os.path.join(folder, source + ".npy"), mmap_mode="r")
        path = os.path.join(folder, name)
        if not os.path.exists(path + ".zarr"):
            zarr.create_array(path + ".zarr", shape=data.shape, chunks=chunk, dtype=data.dtype, compressors=None)[:] = data
        if not os.path.exists(path + ".b2nd"):
            chunks = {"chunks": chunk} if name == "a_rows" else {}
            blosc2.asarray(np.ascontiguousarray(data), urlpath=path + ".b2nd", mode="w", cparams={"clevel": 0}, **chunks)
