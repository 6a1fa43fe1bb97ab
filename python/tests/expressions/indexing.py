"""Indices of every kind, assignments, and functions that pick elements."""


def part(d, n):
    """A slice of an axis of `n`, or one place."""
    at, to = d.some(-n - 2, n + 3), d.some(-n - 2, n + 3)
    step = d.choice([-3, -2, -1, 1, 2, 3])
    return d.choice([":", f"{at}:", f":{at}", f"{at}:{to}", "::-1", f"::{step}", f"{at}:{to}:{step}", f":{at}:{step}", *([str(d.some(-n, n))] * 3 if n else []), *([str(n)] if d.chance(0.02) else [])])


def basic(d, v):
    parts = [part(d, n) for n in v.shape[: d.some(v.ndim + 1)]]
    while d.chance(0.25):
        parts.insert(d.some(len(parts) + 1), d.choice(["None", "np.newaxis"]))
    if d.chance(0.25):
        parts.insert(d.some(len(parts) + 1), "...")
    if d.chance(0.02):
        parts.extend(["0"] * 4)
    return parts


def key(d, x, v):
    """An index, as a text."""
    pick = d.rng.random()
    if pick < 0.4 or not v.ndim:
        parts = basic(d, v)
        if not v.ndim and d.chance(0.3):
            return d.choice(["()", "...", "True", "False", "None", f"{x} > 0"])
        return ", ".join(parts) + ("," if len(parts) == 1 and d.chance(0.2) else "") or "()"
    if pick < 0.55:
        return mask(d, x, v)
    parts, together = [], d.some(1, 5)
    for n in v.shape[: d.some(1, v.ndim + 1)]:
        kind = d.rng.random()
        if kind < 0.35:
            parts.append(part(d, n))
        elif kind < 0.85:
            parts.append(listed(d, n, d.choice([together, together, together, 1])))
        elif kind < 0.93 and n < 60:
            parts.append(str([d.chance(0.5) for _ in range(n)]) if d.chance(0.5) else f"np.array({[d.chance(0.5) for _ in range(n)]})")
        else:
            parts.append("None")
    if d.chance(0.2):
        parts.insert(d.some(len(parts) + 1), "...")
    return ", ".join(parts)


def listed(d, n, count):
    places = d.places(n, count)
    return d.choice([str(places), f"np.array({places}, '{d.choice(['i8', 'i1', 'u1' if min(places) >= 0 else 'i4'])}')", f"np.array([{places}])" if d.chance(0.3) else str(places), f"xp.asarray({places})"])


def mask(d, x, v):
    pick = d.rng.random()
    if pick < 0.6:
        return f"{x} > {d.small(v)}" if v.dtype.kind in "biuf" else f"{x} != {x}"
    if pick < 0.8 and v.ndim > 1:
        return f"({x} != 0)[{', '.join([':'] * d.some(1, v.ndim))}{', 0' * 1}]"
    if v.shape[0] < 60:
        return f"np.array({[d.chance(0.5) for _ in range(v.shape[0])]})"
    return f"({x} > 1)"


def subscripts(d, x, v):
    return f"{x}[{key(d, x, v)}]"


def assignments(d, x, v):
    """Assignment to a copy; the value is a number, or elements of the part."""
    at = key(d, x, v)
    value = d.choice([d.number(), d.small(v), f"{x}[{at}]", f"{x}[{at}][..., ::-1]" if v.ndim else "1", f"{x}[{at}] + 1", d.beside(v)])
    sign = d.choice(["=", "=", "=", "+=", "*="]) if v.ndim else "="
    return f"x = {x}.copy()\nx[{at}] {sign} {value}"


def functions(d, x, v):
    axis = d.axis(v)
    n = v.shape[axis] if -v.ndim <= axis < v.ndim else 1
    indices = d.places(n)
    mode = d.choice(["", "", "mode='wrap'", "mode='clip'", "mode='raise'"])
    return d.choice([
        lambda: d.call("take", x, str(indices), f"axis={axis}", mode),
        lambda: d.call("take", x, f"np.array([{d.places(v.size)}])", mode),
        lambda: d.call("take", x, str(d.some(n) if n else 0), f"axis={axis}"),
        lambda: d.call("take_along_axis", x, f"np.argsort(np.asarray({x}), axis={axis}, kind='stable')", f"axis={axis}"),
        lambda: f"{d.door('compress')}({[d.chance(0.5) for _ in range(d.some(n + 1))]}, {x}, axis={axis})",
        lambda: f"{d.door('extract')}({d.mask(x, v)}, {x})",
        lambda: d.call("nonzero", x),
        lambda: d.call("argwhere", x),
        lambda: d.call("flatnonzero", x),
        lambda: f"{d.door('where')}({d.mask(x, v)})",
        lambda: f"{x}[{d.door('ix_')}({', '.join(str(d.places(m)) for m in v.shape)})]",
        lambda: d.call("diagonal", x, str(d.some(-2, 3)), *([str(d.axis(v)), str(d.axis(v))] if d.chance(0.5) else [])),
        lambda: f"{d.door('unravel_index')}({d.places(v.size) if d.chance(0.1) else [d.some(v.size) if v.size else 0]}, {v.shape})",
        lambda: f"{x}.item({d.some(v.size) if v.size else 0})",
        lambda: f"{x}.tolist()" if v.dtype.kind in "biuf" and v.size < 50 else d.call("nonzero", x),
        lambda: f"list({x})",
    ])()  # fmt: skip
