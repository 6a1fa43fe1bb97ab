"""Casts, creation, times, texts and records."""

import numpy as np

from .draw import DTYPES

STRINGS = "isalpha isdigit isspace isupper islower istitle isalnum str_len upper lower swapcase capitalize title strip lstrip rstrip".split()


def casts(d, x, v):
    dtype = d.choice([*DTYPES[:-1], "'i1'", "'u4'", "np.longlong", "'e'"])
    if v.dtype.kind in "fc" and not np.all(np.abs(v) < 1e4):
        dtype = d.choice(["'f4'", "'f8'", "complex", "'c8'", "'e'", "bool"])  # a number that an integer cannot hold is the machine's
    casting = d.maybe(0.2, f"casting='{d.choice(['safe', 'same_kind', 'unsafe', 'no', 'equiv'])}'")
    return d.choice([
        lambda: f"{x}.astype({dtype}{d.maybe(0.2, ', copy=False')}{', ' + casting if casting else ''})",
        lambda: f"{d.door('astype')}({x}, {dtype})",
        lambda: f"np.asarray({x}, dtype={dtype})",
        lambda: d.call("round", x, d.choice(["", "1", "-1", "decimals=2"] if not d.wild else ["", "1"])),
        lambda: f"{d.choice(['float', 'int', 'bool', 'complex'])}({x})",
        lambda: f"len({x})" if d.chance(0.3) else f"np.{d.choice(['ndim', 'shape', 'size'])}({x})",
        lambda: f"{x}.{d.choice(['ndim', 'shape', 'size', 'itemsize', 'nbytes'])}",
        lambda: f"({d.small(v)} in {x})",
    ])()  # fmt: skip


def creation(d, x, v):
    dtype = d.choice(["", f"dtype={d.choice(DTYPES)}"])
    shape = d.choice(["(2, 3)", "4", "()", "(0, 2)", "np.int64(3)", "[2, 2]"])
    words = lambda *found: "".join(f", {word}" for word in found if word)  # noqa: E731
    ends = d.choice(["5", "2, 9", "2, 9, 3", "9, 2, -2", "0, 1, 0.3", "5.5", "-3", "1, 2, -1"])
    return d.choice([
        lambda: f"{d.door(d.choice(['zeros_like', 'ones_like']))}({x}{words(dtype, d.maybe(0.3, f'shape={shape}'))})",
        lambda: f"{d.door('full_like')}({x}, {d.choice(['0', '2', 'True', '0.5', 'np.int8(3)'])}{words(dtype, d.maybe(0.3, f'shape={shape}'))})",
        lambda: f"xp.{d.choice(['zeros', 'ones'])}({shape}{words(dtype)})",
        lambda: f"xp.full({shape}, {d.choice(['0', '2', 'True', '0.5'])}{words(dtype)})",
        lambda: f"xp.arange({ends}{words(dtype)})",
        lambda: f"xp.eye({d.choice(['3', '2, 4', '3, k=1', '4, 3, -1'])}{words(dtype)})",
        lambda: f"xp.linspace({d.choice(['0, 1', '-2, 5, 4', '0, 1, 5, endpoint=False', '3, 3, 2', '0, 10, 1'])}{words(dtype)})",
        lambda: f"xp.{d.choice(['logspace', 'geomspace'])}({d.choice(['1, 2', '1, 16, 5', '2, 3, num=4, endpoint=False'])}{words(dtype)})",
        lambda: f"xp.tri({d.choice(['3', '2, 4', '3, k=1'])}{words(dtype)})",
        lambda: f"xp.identity(3{words(dtype)})",
        lambda: f"xp.indices({d.choice(['(2, 3)', '(2,)', '(2, 3), sparse=True', '()'])}{words(dtype)})",
        lambda: f"{d.door('meshgrid')}({x}, {d.choice(['[1, 2]', x])}{words(d.maybe(0.3, 'indexing=' + repr('ij')), d.maybe(0.3, 'sparse=True'))})" if v.size < 60 else None,
        lambda: f"{d.door('vander')}({x}{words(d.choice(['', 'N=2', 'increasing=True']))})" if v.size < 10 else None,
        lambda: f"xp.asarray({x}{words(dtype if v.dtype.kind not in 'fc' or np.all(np.abs(v) < 1e4) else '')})",
        lambda: f"xp.asarray([{x}, {x}])",
    ])()  # fmt: skip


def times(d, x, v):
    spans = ["np.timedelta64(3, 's')", "np.timedelta64(2, 'D')", "np.timedelta64(1, 'h')", "np.timedelta64('NaT')", "np.timedelta64(5)"]
    moments = ["np.datetime64('1970-01-05')", "np.datetime64('1970-01-01T03', 'h')", "np.datetime64('NaT')", "np.datetime64('2020-02')"]
    other = d.choice([*spans, *moments, x, x, "2", "1.5", d.leaf(lambda o: o.shape in ((), (1,), v.shape[-1:], v.shape), d.pool.others) or x])
    sign = d.choice(["+", "-", "<", ">=", "==", "!=", "*", "/", "//", "%"])
    # NumPy cuts spans off after 21 characters
    text = "U32" if v.dtype.kind == "M" else "U21"
    return d.choice([
        lambda: f"({x} {sign} {other})" if d.chance(0.6) else f"({other} {sign} {x})",
        lambda: f"{d.door(d.choice(['maximum', 'minimum', 'fmax', 'fmin', 'add', 'subtract', 'divide', 'floor_divide', 'equal', 'less']))}({x}, {other})",
        lambda: f"{d.door(d.choice(['isnat', 'isfinite', 'isinf', 'abs', 'negative', 'positive', 'isnan']))}({x})",
        lambda: d.call(d.choice(["max", "min", "sum", "mean", "argmax", "argmin", "any", "all"]), x, d.maybe(0.7, f"axis={d.axis(v)}")),
        lambda: f"{x}.astype('{d.choice(['M8[D]', 'M8[ns]', 'm8[s]', 'i8', 'M8[M]', 'f8', 'm8[h]', text, 'bool'])}')",
        lambda: d.call(d.choice(["max", "min", "sum", "mean", "nanmax", "nanmin"]), x, f"axis={d.axes(v)}", d.maybe(0.5, "keepdims=True"), d.maybe(0.5, f"where={d.mask(x, v)}"), d.maybe(0.3, f"initial={d.small(v)}")),
        lambda: d.call("where", f"{x} == {x}", x, other, method=False),
        lambda: d.call(d.choice(["median", "ptp", "cumsum", "diff"]), x),
        lambda: d.call("clip", x, d.small(v), d.choice([d.small(v), "None", x])),
        lambda: f"{d.door('concatenate')}(({x}, {other}){d.choice(['', ', axis=None'])})",
        lambda: f"{x}[{x} > {d.choice(moments if v.dtype.kind == 'M' else spans)}]",
    ])()  # fmt: skip


def texts(d, x, v):
    word = d.choice(["'a'", "'ab'", "''", "'xyz'"]) if v.dtype.kind == "U" else d.choice(["b'a'", "b'ab'", "b''"])
    long = f"{'b' * (v.dtype.kind == 'S')}'abcdefgh'"
    other = d.choice([word, word, long, x, d.leaf(lambda o: o.dtype.kind == v.dtype.kind and o.shape in ((), (1,), v.shape[-1:], v.shape), d.pool.others) or x])
    return d.choice([
        lambda: f"({x} {d.choice(['==', '!=', '<', '>='])} {other})" if d.chance(0.6) else f"({other} {d.choice(['==', '!=', '<', '>='])} {x})",
        lambda: f"np.strings.{d.choice(STRINGS)}({x})",
        lambda: f"np.strings.{d.choice(['find', 'count', 'startswith', 'endswith', 'rfind'])}({x}, {other})",
        lambda: f"np.strings.add({x}, {other})",
        lambda: f"np.strings.multiply({x}, {d.some(4)})",
        lambda: f"np.strings.replace({x}, {word}, {d.choice([word, word])})",
        lambda: f"np.strings.{d.choice(['center', 'ljust', 'rjust', 'zfill'])}({x}, {d.some(1, 6)})",
        lambda: f"{x}.astype('{d.choice(['U6', 'S3', 'U1', 'S8'])}')",
        lambda: d.call(d.choice(["maximum", "minimum"]), x, other) if d.chance(0.2) else d.call(d.choice(["max", "min", "argmax"]), x),
        lambda: d.call("where", f"{x} == {word}", x, other, method=False),
        lambda: f"{d.door('concatenate')}(({x}, {other}){d.choice(['', ', axis=None'])})",
        lambda: f"x = {x}.copy()\nx[{d.choice(['...', '::-1', '..., :1', f'x == {word}'])}] = {other}",
        lambda: f"np.strings.slice({x}, {d.choice(['1', '-1', '0, 2', 'None, None, -1'])})",
        lambda: f"np.strings.{d.choice(['partition', 'rpartition'])}({x}, {d.choice([word, long])})",
        lambda: d.call("isin", x, f"[{word}, {long}]", method=False),
    ])()  # fmt: skip


def records(d, x, v):
    return d.choice([
        lambda: f"{x}['{d.choice(['n', 'x', 't'])}']",
        lambda: f"{x}[['n', 'x']]",
        lambda: f"({x} == {x})",
        lambda: f"{x}['x'] + {x}['n']",
        lambda: f"{d.door(d.choice(['concatenate', 'stack', 'hstack', 'vstack']))}(({x}, {x}[::-1]))",
        lambda: d.call("append", x, f"{x}[::-1]"),
        lambda: f"np.concatenate(({x}[['n', 'x']], {x}[['n', 'x']].astype([('n', 'f4'), ('x', 'i2')])))",
        lambda: f"{x}[['n', 'x']].astype({d.choice(['[(' + repr('a') + ', float), (' + repr('b') + ', float)]', 'float'])})",
        lambda: f"x = {x}.copy()\nx[{d.choice([repr('n'), repr('x')])}] {d.choice(['=', '+='])} {d.choice(['2', '0.5', 'True', f'{x}[' + repr('n') + ']'])}",
        lambda: f"{d.door('argsort')}({x}, order={d.choice([repr('n'), str(['x', 'n']), str(['t'])])}, kind='stable')",
        lambda: f"({x} {d.choice(['==', '!='])} {d.choice([f'{x}[::-1]', f'{x}[:1]'])})",
        lambda: f"{x}[{d.choice(['::-1', '..., None', '0', '[0]', '...'])}]",
        lambda: d.call("where", f"{x}['n'] > 0", x, x, method=False),
        lambda: d.call("sort", x, "order='n'", method=False),
    ])()  # fmt: skip
