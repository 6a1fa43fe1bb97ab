"""The arrays that expressions begin with: elements of every type, kept in memory, in a store or in a file of NumPy."""

import itertools
import os

import numpy as np

import arrstore

NUMBERS = "? i1 i2 i4 i8 u1 u2 u4 u8 f2 f4 f8 c8 c16".split()
#: Most arrays have the types that most people use.
TYPES = [*NUMBERS, "i4", "i8", "i8", "f4", "f4", "f8", "f8", "f8"]
OTHERS = ["M8[D]", "M8[s]", "M8[ns]", "m8[h]", "m8[s]", "U4", "U2", "S3"]
RECORD = np.dtype([("n", "i4"), ("x", "f8"), ("t", "U3")])
SHAPES = [(), (1,), (7,), (5,), (5,), (23,), (0,), (3, 0), (0, 5), (4, 5), (4, 1), (1, 5), (6, 6), (3, 4, 5), (3, 4, 5), (3, 1, 5), (3, 1, 1), (2, 1, 3, 4), (2, 3, 2, 2, 2), (300,), (40, 50)]
CODECS = ["none", "none", "zstd:1", "lz4"]
WORDS = ["", "a", "b", "ab", "B", "ba", "é", "xyz", "a b", "10", "-3", " a"]


class Leaf:
    """An array of NumPy, the lazy one with the same elements, and the text that makes each."""

    def __init__(self, value, text, lazy, kept, wild=False):
        self.value, self.text, self.lazy, self.kept, self.wild = value, text, lazy, kept, wild


def text_of(x):
    """Python's text of an array, with all bits of its elements."""
    kind, dtype = x.dtype.kind, f"{x.dtype.str!r}"
    if kind == "V":
        return f"np.array({x.tolist()!r}, {x.dtype.descr!r})"
    if kind == "c":
        flat = np.ascontiguousarray(x).reshape(-1).view(x.real.dtype)
        return f"np.array({flat.tolist()!r}, {flat.dtype.str!r}).view({dtype}).reshape({x.shape})"
    if kind in "mM":
        return f"np.array({x.astype('i8').tolist()!r}, 'i8').view({dtype})" + (f".reshape({x.shape})" if not x.size else "")
    return f"np.array({x.tolist()!r}, {dtype})" + (f".reshape({x.shape})" if not x.size else "")


def plain(rng, dtype, shape):
    """Small whole numbers and halves, so that sums of them are exact; some floats are no numbers."""
    kind = dtype.kind
    if kind == "b":
        return rng.random(shape) < 0.5
    if kind in "iu":
        return rng.integers(0 if kind == "u" else -6, 7, shape).astype(dtype)
    if kind == "c":
        parts = [plain(rng, x, shape) for x in (np.dtype(f"f{dtype.itemsize // 2}"),) * 2]
        x = np.empty(shape, dtype)
        x.real, x.imag = parts
        return x
    x = (rng.integers(-12, 13, shape) / rng.choice([1, 2])).astype(dtype)
    if rng.random() < 0.3:
        x = np.where(rng.random(shape) < 0.2, rng.choice([np.nan, np.inf, -np.inf, -0.0]), x).astype(dtype)
    return x


def wild(rng, dtype, shape):
    """The ends of a type, and numbers of many digits."""
    kind = dtype.kind
    if kind in "iu":
        info = np.iinfo(dtype)
        ends = np.array([info.min, info.max, info.max - 1, info.min + 1, 0, 1, 100, info.max // 3], dtype)
        return ends[rng.integers(0, len(ends), shape)]
    if kind == "c":
        x = np.empty(shape, dtype)
        x.real, x.imag = (wild(rng, x.real.dtype, shape) for _ in range(2))
        return x
    if kind != "f":
        return plain(rng, dtype, shape)
    info = np.finfo(dtype)
    ends = np.array([info.max, info.min, info.tiny, info.smallest_subnormal, info.eps, 1 + info.eps, -0.0, np.nan, np.inf, -np.inf, 0.5, 1e3, 1 / 3], dtype)
    return np.where(rng.random(shape) < 0.5, ends[rng.integers(0, len(ends), shape)], rng.normal(size=shape).astype(dtype)).astype(dtype)


def other(rng, dtype, shape):
    """Times, texts and records."""
    if dtype.names:
        x = np.zeros(shape, dtype)
        x["n"], x["x"], x["t"] = rng.integers(-3, 4, shape), rng.integers(-3, 4, shape) / 2, np.array(WORDS)[rng.integers(0, len(WORDS), shape)]
        return x
    if dtype.kind in "mM":
        x = rng.integers(-40, 400, shape).astype("i8")
        return np.where(rng.random(shape) < 0.1, np.iinfo("i8").min, x).astype("i8").view(dtype) if rng.random() < 0.4 else np.asarray(x).view(dtype)
    words = [word if dtype.kind == "U" else word.encode("ascii", "ignore") for word in WORDS]
    return np.array(words)[rng.integers(0, len(words), shape)].astype(dtype)


class Pool:
    """Arrays, and the files that hold them."""

    def __init__(self, folder, seed, count=240):
        self.folder, self.rng = folder, np.random.default_rng(seed)
        self.store = arrstore.open(os.path.join(folder, "pool.arrs"), "w")
        self.numbers, self.others, self.records = [], [], []
        shapes = itertools.cycle(SHAPES)
        for n in range(count):
            is_wild = n % 6 == 5
            dtype, shape = np.dtype(str(self.rng.choice(TYPES))), next(shapes)
            self.numbers.append(self.leaf((wild if is_wild else plain)(self.rng, dtype, shape), f"n{n}", is_wild))
        for n in range(count // 4):
            dtype, shape = np.dtype(OTHERS[n % len(OTHERS)]), SHAPES[int(self.rng.integers(len(SHAPES) - 2))]
            self.others.append(self.leaf(other(self.rng, dtype, shape), f"o{n}"))
        for n in range(8):
            self.records.append(self.leaf(other(self.rng, RECORD, SHAPES[n]), f"r{n}"))

    def leaf(self, value, name, is_wild=False):
        value = np.asarray(value)
        how = self.rng.random()
        if how < 0.35:
            kept, lazy = "arrstore.asarray({})", arrstore.asarray(value)
        elif how < 0.5 and value.dtype.kind != "V":
            # in another order than C's
            order = [".T", "[..., ::-1]", "[::-1]"][int(self.rng.integers(3))] if value.ndim else ""
            value = eval(f"np.ascontiguousarray(value{order}){order}", {"np": np, "value": value}).reshape(value.shape)
            kept = f"arrstore.asarray(np.ascontiguousarray({{0}}{order}){order})"
            lazy = arrstore.asarray(value)
        elif how < 0.65:
            path = os.path.join(self.folder, f"{name}.npy")
            np.save(path, value)
            kept, lazy = f"[np.save('{name}.npy', {{0}}), arrstore.open('{name}.npy')][1]", arrstore.open(path)
        else:
            layout = {"codec": CODECS[int(self.rng.integers(len(CODECS)))]}
            if value.ndim and self.rng.random() < 0.7:
                layout["chunks"] = tuple(int(self.rng.integers(1, max(n, 1) + 1)) for n in value.shape)
                if value.size > 500:
                    layout["chunks"] = tuple(max(n // 3, 1) for n in value.shape)
            if value.ndim > 1 and self.rng.random() < 0.3:
                layout["order"] = "F"
            lazy = self.store.write(name, value, **layout)
            words = "".join(f", {key}={word!r}" for key, word in layout.items())
            kept = f"store.write('{name}', {{0}}{words})"
        return Leaf(value, text_of(value), lazy, kept, is_wild)

    def close(self):
        self.store.close()
