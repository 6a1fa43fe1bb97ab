"""Times, texts and records: moved, compared, computed with, reduced and cast as NumPy does."""

import numpy as np
from container import exact

NAT = np.iinfo(np.int64).min
POINTS = ("M8[Y]", "M8[M]", "M8[W]", "M8[D]", "M8[h]", "M8[m]", "M8[s]", "M8[ms]", "M8[us]", "M8[ns]", "M8[ps]", "M8[fs]", "M8[as]", "M8[25s]", "M8[7D]", "M8[3M]")
SPANS = tuple(name.replace("M", "m", 1) for name in POINTS) + ("m8",)


def counts(dtype, shape, seed):
    """Counts of a unit, with some that are "not a time", zeros and equal neighbours."""
    rng = np.random.default_rng(seed)
    far = {"Y": 3000, "M": 40000, "W": 200000, "D": 10**6}.get(np.datetime_data(dtype)[0], 10**13)
    values = rng.integers(-far, far, shape)
    values[rng.random(shape) < 0.1] = 0
    values[rng.random(shape) < 0.1] = NAT
    return values.view(dtype)


def known(dtype, shape, seed):
    values = counts(dtype, shape, seed)
    values[np.isnat(values)] = np.array(7).view("i8").astype(dtype) if dtype.kind == "m" else np.zeros((), dtype)
    return values


def texts(dtype, shape, seed):
    rng = np.random.default_rng(seed)
    words = ["", "a", "ab", "abc", "b", "ba", "Zo", " x ", "\t", "ABC", "abcabc", "hello World", "x" * 40]
    if dtype.kind == "U":
        words += ["é", "日本語", "Ünï", "\U0001f980", "ß"]
    return rng.choice(np.array(words), shape).astype(dtype)


def both(golden, exprs, inputs):
    for expr in exprs:
        exact(golden, expr, inputs)


def times(golden):
    for k, name in enumerate(POINTS + SPANS):
        dtype = np.dtype(name)
        a, b = counts(dtype, (3, 5, 6), k), counts(dtype, (3, 5, 6), k + 100)
        both(golden, ("a", "a[::-2, 1:, ::3]", "a.T", "where(a < b, a, b)", "isnat(a)", "isnan(a)", "isfinite(a)", "isinf(a)"), {"a": a, "b": b})
        both(golden, [f"a {op} b" for op in ("==", "!=", "<", "<=", ">", ">=", "-")], {"a": a, "b": b})
        both(golden, [f"{f}(a, b)" for f in ("maximum", "minimum", "fmax", "fmin")] + ["clip(a, b, a)", "clip(a, b[0], b[1, 1])"], {"a": a, "b": b})
        for f in ("max", "min", "argmax", "argmin", "any", "all", "count_nonzero"):
            both(golden, (f"{f}(a)", f"{f}(a, axis=0)", f"{f}(a, axis=1)", f"{f}(a[0], axis=-1)"), {"a": a})
            if f.startswith("arg") or f in ("max", "min"):
                both(golden, (f"{f}(a)", f"{f}(a, axis=1)", f"{f}(a, axis=2)"), {"a": known(dtype, (3, 5, 6), k)})
        both(golden, ("nanmax(a)", "nanmin(a, axis=1)"), {"a": a})
        both(golden, ("astype(a, int64)", "astype(a, bool)", "astype(a, float64)", "astype(a, int16)", "astype(a, 'U40')" if dtype.kind == "M" else "astype(a, uint8)"), {"a": a[:2]})
        if dtype.kind == "m":
            # NumPy cuts the text of a span behind 21 characters, whatever the width; ours is whole.
            few = np.array([0, 1, -7, NAT, 99], "i8").view(dtype)
            both(golden, ("astype(a, 'U30')", "astype(a, 'S30')"), {"a": few})
        both(golden, ("a + 5", "a - 5", "5 + a", "a + True", "5 - a", "a + i", "i + a", "a - i", "a * i"), {"a": a, "i": np.arange(6, dtype="i4")})
        empty = np.zeros((0, 3), dtype)
        both(golden, ("a == a", "max(a, axis=1)", "max(a)", "a - a"), {"a": empty})
        both(golden, ("a", "a + a", "max(a)", "a == a", "isnat(a)"), {"a": np.asarray(a[1, 1, 1])})
    for k, name in enumerate(SPANS):
        a, b = counts(np.dtype(name), (7, 6), k), counts(np.dtype(name), (7, 6), k + 50)
        numbers = {"i": np.array([2, 0, -3, 7, 1, 100], "i8"), "f": np.array([2.5, -0.5, 1e-3, 1e300, 3, np.inf]), "u": np.array([1, 2, 3, 4, 0, 9], "u2")}
        both(golden, ("a + b", "a / b", "a // b", "a % b", "-a", "+a", "abs(a)", "sign(a)", "a * b", "square(a)", "sqrt(a)", "a ** 2"), {"a": a, "b": b})
        both(golden, ("a * i", "i * a", "a / i", "a // i", "a * f", "f * a", "a / f", "a // f", "a * u", "a / u", "i / a", "a % i", "a + f", "a + u", "a - i", "i - a"), {"a": a, **numbers})
        both(golden, ("a * 2", "2 * a", "a / 2", "a // 3", "a * 2.5", "a / 2.5", "a * True", "a / True", "a == 5", "a < 5", "a + 5", "where(isnat(a), 0, a)", "clip(a, -5, 5)", "maximum(a, 3)"), {"a": a})
        for given in (a, known(np.dtype(name), (7, 6), k)):
            both(golden, ("sum(a)", "sum(a, axis=0)", "sum(a, axis=1)", "mean(a)", "mean(a, axis=0)", "nansum(a, axis=1)", "cumsum(a, axis=0)", "cumsum(a)", "cumulative_sum(a, axis=1, include_initial=True)"), {"a": given})
        both(golden, ("a @ a.T", "ptp(a, axis=0)", "outer(a[0], a[1])"), {"a": a})
        both(golden, ("prod(a)", "std(a)", "var(a)", "cumprod(a)"), {"a": a})
        both(golden, ("sum(a)", "sum(a, axis=1)"), {"a": np.zeros((0, 3), name)})
    for k, one in enumerate(("M8[Y]", "M8[M]", "M8[D]", "M8[h]", "M8[25s]", "M8[ms]", "m8[Y]", "m8[M]", "m8[D]", "m8[7s]", "m8[us]", "m8")):
        for n, other in enumerate(("M8[Y]", "M8[M]", "M8[W]", "M8[14D]", "M8[D]", "M8[m]", "M8[s]", "M8[ns]", "m8[Y]", "m8[3M]", "m8[W]", "m8[D]", "m8[h]", "m8[25s]", "m8[ns]", "m8")):
            a, b = counts(np.dtype(one), (5, 4), 7 * k), counts(np.dtype(other), (5, 4), n)
            both(golden, ("a + b", "a - b"), {"a": a, "b": b})
            if one[0] == other[0]:
                both(golden, ("a < b", "a == b", "maximum(a, b)", "where(isnat(a), b, a)"), {"a": a, "b": b})
            if "[" in other:
                exact(golden, f"astype(a, '{other}')", {"a": a})
    whole = {"i": np.array([[0, 1, -5, 20000, 2**40]]), "b": np.array([True, False]), "f": np.array([1.5, -2.5, np.nan, 1e6], "f4"), "z": np.array([3 + 1j])}
    for name in ("M8[D]", "M8[25s]", "m8[h]", "m8"):
        both(golden, [f"astype({v}, '{name}')" for v in whole], whole)
    days = {"d": counts(np.dtype("M8[D]"), (40,), 5), "s": counts(np.dtype("M8[ms]"), (40,), 6)}
    both(
        golden,
        (
            "d > datetime64('2024-01-31')",
            "d - datetime64('1970')",
            "s >= datetime64('2001-02-03T04:05:06.789')",
            "s + timedelta64(3, 'h')",
            "d + timedelta64(1, 'W')",
            "d + timedelta64(1, 'M')",
            "maximum(d, datetime64('NaT'))",
            "datetime64('2024-01-31T23:59', 'D')",
            "datetime64('2024-02', 'D') + timedelta64(28, 'D')",
            "datetime64(5, 'D')",
            "timedelta64(3, '25s') * 4",
            "datetime64('0001-01-01T00:00:00.000000000000000001')",
            "datetime64('-0044-03-15')",
            "timedelta64('NaT') == timedelta64('NaT')",
            "isnat(d).argmax()",
            "d + d",
            "d * 2",
            "5 - d",
            "d < 5.5",
            "(d - d[::-1]) / timedelta64(1, 'D')",
            "(s - s[::-1]) // timedelta64(1, 'h')",
            "(s - s[::-1]) % timedelta64(1, 'h')",
            "astype(d, 'M8[M]') - astype(d, 'M8[Y]')",
            "concatenate((d, s))",
            "concatenate((d, d[::2], astype(d, 'M8[M]')))",
        ),
        days,
    )


def strings(golden):
    names = ("upper", "lower", "capitalize", "title", "swapcase", "strip", "lstrip", "rstrip", "str_len")
    pairs = ("startswith", "endswith", "find", "rfind", "count")
    for k, name in enumerate(("S1", "S5", "S16", "S41", "U1", "U4", "U11", "U43")):
        dtype = np.dtype(name)
        a, b = texts(dtype, (6, 5, 4), k), texts(np.dtype(dtype.kind + "7"), (6, 5, 4), k + 30)
        both(golden, [f"a {op} b" for op in ("==", "!=", "<", "<=", ">", ">=", "+")], {"a": a, "b": b})
        both(golden, ("a", "a[::-2, 1:, ::3]", "a.T", "where(a < b, a, b)", "where(a == b, b[:1, :1, :1], a)", "a[:1] == a", "broadcast_to(a[0, 0, :1], (3, 4))"), {"a": a, "b": b})
        both(golden, [f"{f}(a)" for f in names], {"a": a})
        both(golden, [f"{f}(a, b)" for f in pairs], {"a": a, "b": b})
        quote = "b" if dtype.kind == "S" else ""
        both(golden, [f"{f}(a, {quote}'a')" for f in pairs] + [f"a {op} {quote}'ab'" for op in ("==", "<", ">=", "+")], {"a": a})
        both(golden, [f"{f}(a, {quote}'abx ')" for f in ("strip", "lstrip", "rstrip")], {"a": a})
        for to in ("S3", "U3", "S50", "U50"):
            if dtype.kind == "S" or to[0] == "U":
                exact(golden, f"astype(a, '{to}')", {"a": a})
        exact(golden, "astype(a, bool)", {"a": a})
        # a text without axes is a scalar of NumPy's, as wide as its text
        both(golden, ("a == a", "str_len(a)", "find(a, a)"), {"a": np.asarray(a[1, 1, 1])})
        both(golden, ("a == a", "upper(a)", "a + a", "concatenate((a, a))"), {"a": np.zeros((0, 2), dtype)})
        both(golden, ("concatenate((a, b))", "concatenate((b, a[:, :2]), axis=1)"), {"a": a, "b": b})
        both(golden, ("a * 2", "a - b", "-a", "a < 5", "max(a)", "sum(a)", "maximum(a, b)", "sqrt(a)"), {"a": a, "b": b})
    for name in ("?", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8", "c8", "c16", "S3", "U4", "m8[s]", "m8") + POINTS:
        few = np.array(["1", "0"]).astype(name) if name[0] in "SU" else np.array([1, 0], "i8").view(name) if name[0] in "Mm" else np.array([1, 0]).astype(name)
        both(golden, ("astype(a, str)", "a.astype('U')", "astype(a, 'S')", "astype(a[:0], str)"), {"a": few})
    numbers = np.array(["12", "-7", " 3 ", "1_0", "0", "127"])
    for to in ("int8", "int64", "float32", "float64", "uint16"):
        exact(golden, f"astype(a, {to})", {"a": numbers[:1] if to == "uint16" else numbers})
        exact(golden, f"astype(a, {to})", {"a": numbers[[0, 4, 5]].astype("S9")})
    both(golden, ("astype(a, float64)", "astype(a, int64)"), {"a": np.array(["1e3", "inf", "nan", "-.5"])})
    both(golden, ("astype(a, 'M8[D]')", "astype(a, 'M8[ns]')"), {"a": np.array(["2024-01-05", "NaT", "", "1999-12-31"])})
    exact(golden, "astype(a, 'M8[s]')", {"a": np.array([b"2024-01-05T10:11:12", b"0001-01-01"])})
    both(golden, ("astype(a, 'm8[s]')",), {"a": np.array(["5", "-7", "NaT"])})
    values = {"i": np.array([0, 1, -20, 2**62]), "u": np.array([255], "u1"), "f": np.array([1.5, 0.1, 1e20, np.nan, -np.inf, 1e-7, 3.0]), "h": np.array([0.1, 65504], "f2"), "s": np.array([0.1, 1e10], "f4"), "b": np.array([True, False]), "z": np.array([1 + 2j, 0.5j])}
    for v in values:
        both(golden, (f"astype({v}, 'U30')", f"astype({v}, 'S30')", f"astype({v}, 'U2')"), values)


def sized_strings(golden):
    classes = "isalnum isalpha isdecimal isdigit islower isnumeric isspace istitle isupper".split()
    more = ["7", "-12", "+5", "x1", "Ab Cd", "ABc", "A1", "\u00b2", "\u2167", "\u4e00", "\u01c5a", "\u0661", "\u2460", " \u3000"]
    for name in ("S4", "S16", "U3", "U11"):
        dtype = np.dtype(name)
        a = texts(dtype, (4, 5, 3), len(name))
        more_here = np.array([text for text in more if dtype.kind == "U" or text.isascii()], dtype)
        quote = "b" if dtype.kind == "S" else ""
        n = np.arange(15).reshape(5, 3) % 9 - 2
        both(golden, [f"{f}(a)" for f in classes], {"a": a})
        both(golden, [f"{f}(a)" for f in classes] + ["zfill(a, 5)", "zfill(a[:3], 1)"], {"a": more_here})
        sized = ("center(a, 7)", f"ljust(a, n, {quote}'*')", "rjust(a, n)", "center(a, 4, '--')", "zfill(a, n)", "center(a[:0], 4)")
        both(golden, sized, {"a": a, "n": n})
        both(golden, ("slice(a, 2)", "slice(a, 1, 4)", "slice(a, None, None, -1)", "slice(a, -3, None, 2)", "slice(a, n, None)", "slice(a, 4, n, -1)", "slice(a, 1, 2, 0)"), {"a": a, "n": n})
        q = quote
        both(golden, (f"replace(a, {q}'a', {q}'xyz')", f"replace(a, {q}'ab', {q}'', 1)", f"replace(a, {q}'', {q}'.')", f"replace(a, {q}'b', {q}'c', n)"), {"a": a, "n": n})
        both(golden, (f"rpartition(a, {q}'b')[0]", f"rpartition(a, {q}'b')[1]", f"rpartition(a, {q}'b')[2]", f"rpartition(a, {q}'')[0]"), {"a": a})
        both(golden, (f"find(a, {q}'b', 1)", f"find(a, {q}'b', -3, 5)", f"rfind(a, {q}'b', 0, n)", f"find(a, {q}'', n)", f"find(a, {q}'', 2, 1)", f"rfind(a, {q}'', n, 2)", f"count(a, {q}'', n, 2)", f"count(a, {q}'', 2, 1)", f"startswith(a, {q}'', n)", f"startswith(a, {q}'', 2, 1)", f"endswith(a, {q}'', 1, n)", f"count(a, {q}'a', 1)", f"startswith(a, {q}'b', 1)", f"endswith(a, {q}'b', 0, 2)"), {"a": a, "n": n})


def coded_strings(golden):
    lines = ["a\tb", "\t", "", "ab\n\tc\t", "\r\tx\ty", "12345678\t9", "\t\t", "a\x0b\tb"]
    n = np.array([[8], [0], [-3], [3], [1]])
    for name in ("S5", "S12", "U7", "U12"):
        a = np.array(lines, "U12").astype(name)
        both(golden, ("expandtabs(a)", "expandtabs(a, 4)", "expandtabs(a[::-2], 1)", "expandtabs(a, 0)", "expandtabs(a, n)", "expandtabs(a[1], n)", "expandtabs(a[:0])", "expandtabs(a, 2.5)"), {"a": a, "n": n})
    words = np.array([["", "abc", "caf\u00e9", "\u00ff\u0080"], ["\u20ac 5", "\U0001f600x", "\u00e9\u20ac", "z"]])
    for a in (words, words.T, words[:, ::-2], words[:, :2], words[:0]):
        for encoding in ("utf-8", "UTF8", "ascii", "latin-1", "iso8859_1"):
            for errors in ("strict", "ignore", "replace"):
                both(golden, (f"encode(a, '{encoding}', '{errors}')",), {"a": a})
        both(golden, ("encode(a)", "decode(encode(a))", "decode(a)"), {"a": a})
    codes = np.array([[b"", b"abc", b"caf\xc3\xa9", b"\xff\x80"], [b"\xe2\x82", b"\xf0\x9f\x98\x80x", b"\xed\xa0\x80", b"\xc0\xafz"]])
    for a in (codes, codes.T, codes[:, ::-2], codes[:1, :3], codes[:0]):
        for encoding in ("utf-8", "ascii", "latin1"):
            for errors in ("strict", "ignore", "replace"):
                both(golden, (f"decode(a, '{encoding}', '{errors}')",), {"a": a})
        both(golden, ("decode(a)", "encode(a)"), {"a": a})
    table = bytearray(range(256))
    table[ord("a") : ord("d")] = b"xyz"
    tables = {"t": np.array(bytes(table)), "s": np.array(bytes(255 * [65]))}
    for name in ("S3", "S9"):
        a = texts(np.dtype(name), (4, 5, 3), 3)
        both(golden, ("translate(a, t)", "translate(a, t, b'b ')", "translate(a.T, t)[::-2]", "translate(a, None, b'ab')", "translate(a, s)", "translate(a[:0], t)"), {"a": a, **tables})
    for name in ("U3", "U9"):
        a = texts(np.dtype(name), (4, 5, 3), 3)
        both(golden, ("translate(a, t)", "translate(a, t, 'b ')", "translate(a.T, t)[::-2]", "translate(a[:0], t)"), {"a": a, "t": np.array(table.decode("latin-1"))})


def records(golden):
    person = np.dtype([("name", "U10"), ("age", "i4"), ("weight", "f4")])
    odd = np.dtype([("a", "u1"), ("b", "f8"), ("c", "S3"), ("p", "f4", (2, 3)), ("n", [("x", "i2"), ("t", "M8[s]")])])
    even = np.dtype([("a", "u1"), ("b", "f8"), ("z", "c8"), ("q", "?")], align=True)
    small = np.dtype([("x", "i2"), ("p", "u1", (3,))])
    rng = np.random.default_rng(9)

    def filled(dtype, shape):
        out = np.zeros(shape, dtype)
        for name in dtype.names:
            part = out[name]
            if part.dtype.names:
                out[name] = filled(part.dtype, shape)
            elif part.dtype.kind in "SU":
                out[name] = rng.choice(["", "Ann", "Bob", "Zoe"], part.shape)
            else:
                out[name] = rng.integers(0, 2 if part.dtype.kind == "b" else 90, part.shape)
        return out

    for dtype in (person, odd, even, small):
        r = filled(dtype, (6, 5))
        s = np.where(rng.random((6, 5)) < 0.5, r, filled(dtype, (6, 5)))
        for inputs in ({"r": r, "s": s}, {"r": r[2:3, 3:4], "s": s[2]}, {"r": r[:0], "s": s[:0]}):
            both(golden, ("r", "r == s", "r != s", "where(r == s, r, s)", "r.T", "concatenate((r, r))"), inputs)
            for name in dtype.names:
                both(golden, (f"r['{name}']", f"where(r == s, r, s)['{name}']" if not dtype[name].shape else f"s['{name}']"), inputs)
        both(golden, ("r[::-2, 1:]", "r < s", "r + s", "sum(r)", "r['none']", "-r"), {"r": r, "s": s})
        first, last = dtype.names[0], dtype.names[-1]
        both(golden, (f"r[::-2]['{first}']", f"r['{last}'][1:, ::3]", f"r['{last}'].T", f"(r == s)['{last}']"), {"r": r, "s": s})
    r = filled(person, (50,))
    both(
        golden,
        (
            "r['age'] > 30",
            "sum(r['age'] > 30)",
            "mean(r['weight'])",
            "where(r['age'] > 30, r['weight'], 0).sum()",
            "r['weight'] * r['age'] + r['age']",
            "r['name'] == 'Ann'",
            "r['name'][:3] == ['Ann', 'Bob', 'Zoe']",
            "concatenate((r['name'], ['longer than ten']))",
            "str_len(r['name']).sum()",
            "r[['name', 'age']]['age']",
            "r[5]['age'] - r['age']",
            "r[5]",
        ),
        {"r": r},
    )
    r = filled(odd, (20, 3))
    both(
        golden,
        (
            "r['b'].sum()",
            "r['p'].sum()",
            "r['p'].sum(axis=(0, 1))",
            "r['p'][:, 1, ::-1].mean(axis=1)",
            "r['n']['x'].max()",
            "r['n']['t'].max(axis=0)",
            "r[::2]['p'][1]",
            "r['p'] @ r['p'][0, 0].T",
            "matmul(r['b'].T, r['b'])",
            "r['c'] + b'!'",
        ),
        {"r": r},
    )
    exact(golden, "r['b'] @ r['b']", {"r": filled(odd, (300,))})


def types(golden):
    times(golden)
    strings(golden)
    sized_strings(golden)
    coded_strings(golden)
    records(golden)
