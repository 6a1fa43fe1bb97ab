"""Writes display_types.txt: times, texts and records as NumPy prints them. A record of the table has a line of type,
shape and elements in hexadecimal, separated by tabs, and then the printed text. `*3` after the elements repeats them."""

import pathlib

import numpy as np


def cases():
    for unit in ("Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns", "ps", "fs", "as", "25s", "7D", "3M"):
        for kind in "Mm":
            dtype = np.dtype(f"{kind}8[{unit}]")
            counts = np.array([0, 1, -1, 59, -700, 10**4, 123456789], "i8")
            yield counts.view(dtype)
            yield np.array([np.iinfo("i8").min, 5, -3], "i8").view(dtype)
            yield np.array([np.iinfo("i8").min] * 2, "i8").view(dtype)
            yield counts.view(dtype)[3]
            yield np.zeros((2, 0), dtype)
    yield np.tile(np.arange(8) * 1000, 250).view("M8[h]").reshape(40, 50)
    yield np.array([1, 2], "i8").view("m8")
    yield np.array([1], "i8").view("m8")[0]
    yield np.array([-719528, -719162, 2932896, 2932897, -1000000, 10**7], "i8").view("M8[D]")
    yield np.array(["NaT"], "M8[ns]")[0]
    for values in (["abc", "", "it's", 'so "x"', "both ' and \"", "\t\n\\", "\0x", "\x7f\xa0é日本\U0001f980\u0301\u202e\ue000"], ["a" * 90, "b"]):
        for width in (1, 5, 90):
            yield np.array(values, f"U{width}")
            yield np.array([v.encode("utf-8") for v in values], f"S{width}")
        yield np.array(values)[0]
        yield np.array([v.encode("utf-8") for v in values])[2 % len(values)]
    yield np.full((30, 50), "é", "U2")
    yield np.tile(np.array(["日本語", "a"]), (3, 20))
    person = np.dtype([("name", "U10"), ("age", "i4"), ("weight", "f4")])
    people = np.array([("Ann", 31, 55.5), ("Bob", 5, 80.25), ("Zoé", 144, 1e-9)], person)
    yield people
    yield people[1]
    yield people.reshape(3, 1)
    yield np.tile(people, 700)
    yield people[:0]
    yield np.array([(1,), (22,)], [("x", "i2")])
    odd = np.zeros(4, np.dtype([("a", "?"), ("b", "f8"), ("c", "S3"), ("p", "f4", (2, 3)), ("n", [("x", "f2"), ("t", "M8[s]"), ("z", "c8")])]))
    odd["b"], odd["p"] = [1, 2.5, np.nan, -1e10], np.arange(24).reshape(4, 2, 3)
    odd["n"]["t"] = ["2024-01-01", "NaT", "1970-01-01T00:00:01", "NaT"]
    yield odd
    yield odd[2]
    gaps = np.zeros(2, np.dtype([("a", "u1"), ("b", "f4")], align=True))
    yield gaps
    yield np.zeros(2, [("big", "i2", (40, 30))])


def packed(digits):
    """The shortest part that repeats, and how often."""
    for length in [n for n in range(2, len(digits), 2) if len(digits) % n == 0]:
        if digits[:length] * (len(digits) // length) == digits:
            return f"{digits[:length]}*{len(digits) // length}"
    return f"{digits}*1"


def main():
    out = []
    for value in cases():
        array = np.asarray(value)
        name = str(array.dtype) if array.dtype.names else array.dtype.str
        shape = "x".join(map(str, array.shape)) or "-"
        printed = str(value)
        out.append(f"{name}\t{shape}\t{packed(array.tobytes().hex())}\n{printed}\n---\n")
    pathlib.Path(__file__).with_suffix(".txt").write_text("".join(out))
    print(len(out), "records")


main()
