"""What writes a text: random arrays, operands and arguments."""

import numpy as np

#: Numbers of Python and NumPy, as texts.
PLAIN = ["0", "1", "2", "-1", "3", "0.5", "-2.5", "True", "False"]
TYPED = ["np.float32(1.5)", "np.int8(3)", "np.uint8(2)", "np.int64(-1)", "np.float64(0.5)", "np.bool_(True)", "np.float16(2)", "np.uint64(3)", "np.complex64(1j)"]
ODD = ["1j", "300", "-1000", "2**40", "2**70", "nan", "inf", "-0.0", "1e300", "np.int32(2**31 - 1)", "np.uint64(2**64 - 1)"]
DTYPES = ["'f4'", "'f8'", "np.int16", "'i8'", "float", "int", "bool", "'u1'", "'c8'", "complex", "np.float16", "'>i4'", "np.dtype('u8')", "None"]


class Draw:
    """The generator, the arrays of one expression, and the doors to functions."""

    def __init__(self, rng, pool):
        self.rng, self.pool = rng, pool
        self.leaves, self.values, self.wild = {}, {}, False
        self.choice, self.chance, self.some = rng.choice, lambda p: rng.random() < p, rng.randrange

    def bind(self, leaf):
        """The name of a leaf in this expression."""
        for name, known in self.leaves.items():
            if known is leaf:
                return name
        name = "abcdefgh"[len(self.leaves)]
        self.leaves[name], self.values[name] = leaf, leaf.value
        return name

    def number(self, odd=False):
        """A number, as a text; if `odd`, perhaps one that few types can hold."""
        return self.choice(self.choice([PLAIN, PLAIN, TYPED, ODD if odd else TYPED]))

    def small(self, value):
        """A number of Python that elements of the array may have, as a text."""
        others = {"U": ["'a'", "'ab'"], "S": ["b'a'", "b'ab'"], "M": ["np.datetime64('1970-01-05')"], "m": ["np.timedelta64(2, 's')"]}
        if value.dtype.kind in others:
            return self.choice(others[value.dtype.kind])
        return self.choice(["0", "1", "2", "3"] if value.dtype.kind in "bu" else ["-3", "-1", "0", "1", "2", "4"])

    def axis(self, value):
        """An axis, seldom one that is not there."""
        if self.chance(0.03):
            return self.choice([value.ndim, -value.ndim - 1, 7])
        return self.some(-value.ndim, value.ndim) if value.ndim else self.choice([0, -1])

    def axes(self, value):
        """What a reduction takes as `axis`, as a text."""
        pick = self.rng.random()
        if pick < 0.25:
            return "None"
        if pick < 0.65 or not value.ndim:
            return str(self.axis(value))
        chosen = self.rng.sample(range(value.ndim), self.some(value.ndim + 1))
        chosen = [n - value.ndim if self.chance(0.4) else n for n in chosen]
        if self.chance(0.04):
            chosen.append(self.axis(value))
        return str(tuple(chosen))

    def leaf(self, fits, source=None, wild=False):
        """The name of an array of the pool that fits; a few are tried."""
        if len(self.leaves) >= 6:
            return None
        for _ in range(25):
            leaf = self.choice(source or self.pool.numbers)
            if fits(leaf.value) and (wild or not leaf.wild):
                return self.bind(leaf)
        return None

    def beside(self, value, wild=False):
        """An operand for an array: a number, another array, one of NumPy, or a list."""
        pick = self.rng.random()
        if value.dtype.kind not in "biufc":
            return self.leaf(lambda other: other.dtype == value.dtype and _broadcasts(value.shape, other.shape), self.pool.others) or self.small(value)
        if pick < 0.35:
            return self.number(odd=wild)
        if pick < 0.9 or not value.ndim or value.size > 100:
            name = self.leaf(lambda other: self.chance(0.02) or _broadcasts(value.shape, other.shape) and value.size * other.size < 10**5, wild=wild)
            if name is None:
                return self.number()
            return f"np.array({name})" if self.chance(0.25) else name
        if pick < 0.96:
            return repr([self.some(0, 4) for _ in range(value.shape[-1])])
        return repr([float(self.some(-3, 4)) for _ in range(value.shape[-1])])

    def mask(self, name, value):
        """Truth values that broadcast to an array, as a text."""
        pick = self.rng.random()
        if value.dtype.names:
            return f"({name}['n'] > 0)"
        if pick < 0.1:
            return self.choice(["True", "False"])
        if pick < 0.2 and value.ndim and value.shape[-1] < 100:
            return f"np.array({[self.chance(0.5) for _ in range(value.shape[-1])]})"
        if pick < 0.3 and value.ndim:
            return f"({name} > {self.small(value)})[..., :1]"
        return f"({name} {self.choice(['>', '!=', '<='])} {self.small(value)})"

    def shape_of(self, value, keepdims=False):
        return repr(value.shape)

    def places(self, n, count=None):
        """Places along an axis of `n`, negative ones too, as a list; seldom one that is not there."""
        found = [self.some(-n, n) if n else 0 for _ in range(self.some(1, 5) if count is None else count)]
        if found and self.chance(0.02):
            found[0] = n + 2
        return found

    def door(self, name):
        """NumPy's function, or that of the library at hand."""
        return f"{self.choice(['np', 'xp'])}.{name}"

    def call(self, name, first, *rest, method=True):
        """A call by one of the doors. Arguments that are empty are left out."""
        rest = ", ".join(word for word in rest if word)
        if method and hasattr(np.ndarray, name) and self.chance(0.4):
            return f"{first}.{name}({rest})"
        return f"{self.door(name)}({first}{', ' if rest else ''}{rest})"

    def maybe(self, p, text):
        return text if self.chance(p) else ""


def _broadcasts(shape, other):
    try:
        np.broadcast_shapes(shape, other)
    except ValueError:
        return False
    return True
