"""Shapes, joins, margins, and products of matrices."""


def split_shape(d, n):
    """A shape of `n` elements, one length perhaps left open."""
    shape = []
    while n > 1 and d.chance(0.7):
        divisors = [k for k in range(1, min(n, 60) + 1) if n % k == 0]
        k = d.choice(divisors)
        shape.append(k)
        n //= k
    shape.insert(d.some(len(shape) + 1), n)
    if n and d.chance(0.3):
        shape[d.some(len(shape))] = -1
    if d.chance(0.03):
        shape[0] += 1
    return tuple(shape)


def shapes(d, x, v):
    axis, other = d.axis(v), d.axis(v)
    n = v.shape[axis] if -v.ndim <= axis < v.ndim else 1
    order = d.rng.sample(range(v.ndim), v.ndim)
    pads = tuple((d.some(3), d.some(3)) for _ in range(v.ndim))
    mode = d.choice(["constant", "constant", "edge", "reflect", "symmetric", "wrap", "linear_ramp", "maximum", "minimum", "mean", "empty"])
    if v.dtype.kind not in "biufc":
        mode = d.choice(["edge", "reflect", "symmetric", "wrap"])
    shape = split_shape(d, v.size)
    return d.choice([
        lambda: d.choice([f"{x}.T", f"{x}.mT" if v.ndim > 1 else f"{x}.T", d.call("transpose", x), d.call("transpose", x, str(tuple(order)))]),
        lambda: d.call("reshape", x, str(shape), d.choice(["", "", "order='F'", "order='C'"])),
        lambda: f"{x}.reshape({', '.join(map(str, shape))})",
        lambda: d.call("ravel", x, d.choice(["", "order='F'", "'C'"])),
        lambda: f"{x}.flatten({d.choice(['', repr('F')])})",
        lambda: d.call("squeeze", x, d.maybe(0.5, f"axis={axis}")),
        lambda: d.call("expand_dims", x, d.choice(["0", "-1", str(v.ndim), "(0, 1)", "(0, -1)", str(v.ndim + 2)])),
        lambda: d.call("swapaxes", x, str(axis), str(other)),
        lambda: d.call("moveaxis", x, str(axis), str(other)),
        lambda: d.call("rollaxis", x, str(axis), str(d.some(v.ndim + 1))),
        lambda: d.call("permute_dims", x, str(tuple(order))),
        lambda: d.call("matrix_transpose", x),
        lambda: d.call("flip", x, d.choice(["", f"axis={axis}", f"axis={d.axes(v)}"])),
        lambda: d.call(d.choice(["fliplr", "flipud"]), x),
        lambda: d.call("roll", x, d.choice([f"{d.some(-9, 9)}", f"{d.some(-9, 9)}, axis={axis}", f"(1, 2), axis=({axis}, {other})"])),
        lambda: d.call("rot90", x, d.choice(["", "2", "-1", "k=3, axes=(1, 0)"])),
        lambda: d.call("repeat", x, d.choice(["2", f"2, axis={axis}", str([d.some(3) for _ in range(n)]) + f", axis={axis}" if n < 60 else "3", "0"])),
        lambda: d.call("tile", x, d.choice(["2", "(2, 1)", "()", "(1, 2, 1)"])),
        lambda: d.call("resize", x, d.choice(["(2, 3)", "7", "(0,)", "(3, 3)"]), method=False),
        lambda: d.call("broadcast_to", x, str((d.some(4), *v.shape))) if d.chance(0.5) else f"{d.door('broadcast_arrays')}({x}, {d.beside(v)})",
        lambda: d.call("atleast_1d", x) if d.chance(0.3) else d.call(d.choice(["atleast_2d", "atleast_3d"]), x),
        lambda: d.call("pad", x, d.choice([str(pads), "1", "(1, 2)", "((1, 0),)", f"{{{axis}: (1, 2)}}"]), f"mode='{mode}'") if mode != "empty" else d.call("pad", x, "1", f"constant_values={d.small(v)}"),
        lambda: d.call(d.choice(["tril", "triu"]), x, d.choice(["", "1", "-1", "k=5"])) if v.ndim else d.call("diag", x),
        lambda: d.call("diag", x, d.choice(["", "1", "-2"])) if v.size < 60 else d.call("diagonal", x),
        lambda: d.call("diagflat", x, d.choice(["", "1"])) if v.size < 40 else d.call("tril", x),
        lambda: d.call("insert", x, d.choice(["0", "1", "[0, 1]", "-1", "slice(0, 2)"]), d.choice([d.small(v), x]), d.choice(["", f"axis={axis}"])),
        lambda: d.call("delete", x, d.choice(["0", "-1", "[0, 1]", "slice(None, None, 2)", str([d.chance(0.5) for _ in range(n)]) if n < 60 else "0"]), d.choice(["", f"axis={axis}"])),
        lambda: d.call("append", x, d.choice([x, "[1, 2]" if v.dtype.kind in "biufc" else x, d.small(v)]), d.choice(["", f"axis={axis}"])),
        lambda: d.call(d.choice(["split", "array_split"]), x, d.choice(["2", "[1]", "[1, 3]", "3", "[]"]), f"axis={axis}"),
        lambda: d.call(d.choice(["hsplit", "vsplit", "dsplit"]), x, d.choice(["2", "[1]"])),
        lambda: d.call("unstack", x, d.maybe(0.6, f"axis={axis}")),
        lambda: f"{x}.copy()",
    ])()  # fmt: skip


def joins(d, x, v):
    axis = d.axis(v)
    name = d.choice(["concatenate", "concat", "stack", "hstack", "vstack", "dstack", "column_stack", "block"])
    other = d.choice([x, f"{x}[:1]", d.beside(v), d.beside(v), f"np.array({x})"])
    dtype = d.maybe(0.15, f", dtype={d.choice(['float', 'np.int16', repr('c8'), repr('f4')])}") if name in ("concatenate", "concat", "stack", "hstack", "vstack") else ""
    if dtype and d.chance(0.4):
        dtype += f", casting='{d.choice(['same_kind', 'unsafe', 'safe'])}'"
    where = f", axis={d.choice(['None', axis, axis]) if name != 'stack' else axis}" if name in ("concatenate", "concat", "stack") and d.chance(0.6) else ""
    opening, closing = d.choice(["()", "[]"]) if name != "block" else "[]"
    return f"{d.door(name)}({opening}{x}, {other}{closing}{where}{dtype})"


def products(d, x, v):
    """Products of an array with another, of which one axis fits."""
    if v.size > 200:
        return None
    fits = d.leaf(lambda other: other.size <= 200 and other.ndim and v.ndim and (other.shape[-2 if other.ndim > 1 else 0] == v.shape[-1] or d.chance(0.03))) or x
    other = d.choice([fits, fits, f"{x}.T", x, f"np.array({fits})"])
    return d.choice([
        lambda: f"{x} @ {other}",
        lambda: d.call("matmul", x, other),
        lambda: d.call("dot", x, other),
        lambda: d.call("inner", x, d.choice([x, other])),
        lambda: d.call("outer", x, d.choice([other, d.number()])) if v.size < 50 else d.call("vdot", x, x),
        lambda: d.call("vdot", x, x),
        lambda: d.call("tensordot", x, other, d.choice(["1", "0", "([-1], [0])"])) if v.size < 50 else d.call("dot", x, other),
        lambda: d.call("kron", x, d.choice(["[1, 2]", x])) if v.size < 25 else d.call("inner", x, x),
        lambda: f"{d.door('einsum')}('{d.choice(['ij->ji', 'ij->j', 'i->', 'ij->', 'ii', '...i->...', 'i...'])}', {x})",
        lambda: f"{d.door('einsum')}('{d.choice(['ij,kj->ik', 'i,i->', 'i,j->ij', '...i,...i->...', 'ij,ij->i', 'ij,ij'])}', {x}, {d.choice([x, other])})" if v.size < 50 else d.call("vdot", x, x),
        lambda: d.call("trace", x, d.choice(["", "1", "offset=-1", "0, 1, 0", "dtype=float"])),
        lambda: d.call("cross", x, d.choice([x, f"{x}[..., ::-1]"])) if v.shape[-1:] == (3,) else d.call("inner", x, x),
        lambda: d.call("vecdot", x, d.choice([x, other]), d.maybe(0.3, f"axis={d.axis(v)}")),
        lambda: d.call(d.choice(["matvec", "vecmat"]), x, other),
        lambda: d.call("convolve", x, d.choice(["[1, 2, 1]", other]), d.choice(["", "'same'", "mode='valid'"])),
        lambda: d.call("correlate", x, d.choice(["[1, 2, 1]", other]), d.choice(["", "'same'", "mode='full'"])),
        lambda: f"np.linalg.{d.choice(['norm', 'vector_norm', 'matrix_norm', 'trace', 'diagonal', 'matrix_transpose'])}({x})",
        lambda: f"np.linalg.norm({x}, {d.choice(['1', 'inf', '-inf', '0', '3', 'None'])}, axis={d.axis(v)})",
        lambda: f"np.linalg.{d.choice(['outer', 'cross', 'vecdot', 'matmul'])}({x}, {other})",
    ])()  # fmt: skip
