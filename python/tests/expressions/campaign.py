"""Many random expressions, and the differences between their answers."""

import random
import re

import numpy as np

import arrstore

from . import elementwise, indexing, order, reductions, shapes, types
from .draw import Draw
from .known import reason
from .worlds import ROUNDED, ROUNDED_COMPLEX, SQUARES, SUMS, answer, difference, evaluated, quiet

#: How often each family is drawn.
NUMBERS = {
    elementwise.ufuncs: 6, elementwise.operators: 5, elementwise.composed: 2, indexing.subscripts: 6, indexing.assignments: 2,
    indexing.functions: 3, reductions.reductions: 5, reductions.places: 2, reductions.scans: 2, reductions.statistics: 4,
    reductions.ufunc_methods: 5, shapes.shapes: 6, shapes.joins: 3, shapes.products: 4, order.order: 2, order.sets: 2, types.casts: 3,
    types.creation: 2,
}  # fmt: skip
#: Families that take elements of every type.
ANY = {indexing.subscripts: 4, shapes.shapes: 4, shapes.joins: 2, order.order: 2, order.sets: 2, indexing.functions: 2, indexing.assignments: 1}
#: What may be done with the ends of types: the rest is summed or rounded.
WILD = {elementwise.ufuncs: 5, elementwise.operators: 5, elementwise.composed: 2, indexing.subscripts: 2, order.order: 2, types.casts: 3, reductions.places: 1}
LARGEST, SIZE = 1 << 12, 20_000


class Expression:
    """One to four texts, the arrays that they begin with, and NumPy's answer."""

    def __init__(self, seed, pool):
        self.seed, self.draw = seed, Draw(random.Random(seed), pool)
        self.texts, self.families = [], []
        self.rounded, self.scale = None, 1
        d = self.draw
        source = self._source(pool)
        x = d.bind(d.choice(source))
        d.wild = d.leaves[x].wild
        table = WILD if d.wild else NUMBERS
        wanted = d.choice([1, 1, 2, 2, 3, 4])
        while len(self.texts) < wanted:
            value = d.values[x]
            if value.size > SIZE:
                break
            families = table if value.dtype.kind in "biufc" else _others(value)
            family = d.rng.choices(list(families), list(families.values()))[0]
            text = family(d, x, value)
            if text is None:
                continue
            self.texts.append(text)
            self.families.append(family.__name__)
            x = f"s{len(self.texts) - 1}"
            is_last = self._note(text)
            try:
                with quiet():
                    found = evaluated(text, {**d.values, "np": np, "xp": np, "nan": np.nan, "inf": np.inf})
            except Exception:  # noqa: BLE001 - the answer is this error
                break
            if not isinstance(found, (np.ndarray, np.generic)) or is_last or not self._fits(np.asarray(found), table):
                break
            if self.rounded and np.iscomplexobj(found) and not np.isfinite(found).all():
                break  # products of infinite complex numbers differ by how they are written out
            if isinstance(found, (np.str_, np.bytes_)):
                break  # its type is lost
            d.values[x] = np.asarray(found)

    def _source(self, pool):
        pick = self.draw.rng.random()
        if pick < 0.88:
            return pool.numbers
        return pool.others if pick < 0.98 else pool.records

    def _note(self, text):
        """Notes which bits of the answer are free. Whether they are free of small whole numbers, too."""
        words, values = set(re.findall(r"\w+|\*\*|[/@*]", text)), self.draw.values.values()
        is_complex = any(value.dtype.kind == "c" for value in values) or "complex" in text or "1j" in text or "c8" in text
        # sums before this one were of small whole numbers, and exact in every order
        self.rounded = None
        is_rounded = bool(words & ROUNDED or is_complex and words & ROUNDED_COMPLEX)
        if not is_rounded and not words & SUMS:
            return False
        self.rounded = np.dtype("f8")
        if words & {"out", "dtype"}:
            # the result may have a finer type than it was computed in: whole numbers are computed in small floats, too
            small = any(value.dtype.itemsize < 3 for value in values) or words & {"f2", "float16"}
            self.rounded = np.dtype("f2" if small else "f4")
        if is_complex and words & {"**", "power", "pow"}:
            self.rounded = np.dtype("f4")  # the error of a power grows with its exponent
        finite = [np.abs(value[np.isfinite(value)]).max(initial=0) for value in values if value.dtype.kind in "fciub" and value.size]
        largest = float(max(finite, default=0)) + 1
        self.scale = largest**2 if words & SQUARES and largest < 1e150 else largest
        return is_rounded

    def _fits(self, value, table):
        """Whether sums of an answer stay exact."""
        if value.dtype.kind not in "biufc" or table is WILD:
            return True
        if value.dtype.kind == "c":
            return self._fits(value.real, table) and self._fits(value.imag, table)
        if value.dtype.kind != "f":
            return True
        finite = value[np.isfinite(value)].astype("f8")
        if np.any(np.abs(finite) >= LARGEST):
            return False
        return bool(np.all(finite * 4 == np.floor(finite * 4)))

    def arrays(self, lazy):
        return {name: leaf.lazy if lazy else leaf.value for name, leaf in self.draw.leaves.items()}

    def difference(self):
        """What differs between the answers, or nothing."""
        if not self.texts:
            return None
        found = self._differs(self.texts)
        # the first text that differs is enough
        for count in range(1, len(self.texts)) if found else ():
            if shorter := self._differs(self.texts[:count]):
                self.texts, self.families, found = self.texts[:count], self.families[:count], shorter
                break
        return found and (reason(self.texts[-1], found) or found)

    def show(self):
        """The arrays and both answers, in a line."""
        answers = [" ".join(repr(answer(self.texts, self.arrays(lazy), library)).split()) for lazy, library in ((False, np), (True, arrstore))]
        used = {name: leaf.text for name, leaf in self.draw.leaves.items() if any(re.search(rf"\b{name}\b", text) for text in self.texts)}
        return f"{used} NUMPY {answers[0][:300]} OURS {answers[1][:300]}"

    def _differs(self, texts):
        self.expected = answer(texts, self.arrays(False), np)
        return difference(answer(texts, self.arrays(True), arrstore), self.expected, self.rounded, self.scale)

    def __str__(self):
        """A program that shows both answers."""
        lines = ["import arrstore, numpy as np", "from numpy import inf, nan", "", "for xp in (np, arrstore):"]
        if any("store." in leaf.kept for leaf in self.draw.leaves.values()):
            lines.insert(3, "store = arrstore.open('x.arrs', 'w')")
        for name, leaf in self.draw.leaves.items():
            lines += [f"    {name} = {leaf.text}", f"    if xp is arrstore: {name} = {leaf.kept.format(name)}"]
        for number, text in enumerate(self.texts):
            if "\n" in text:
                lines += [f"    {line}" for line in text.split("\n")] + [f"    s{number} = x"]
            else:
                lines.append(f"    s{number} = {text}")
            if number + 1 < len(self.texts):
                lines.append(f"    s{number} = np.asarray(s{number}) if isinstance(s{number}, np.generic) else s{number}")
        return "\n".join([*lines, f"    print(repr(s{len(self.texts) - 1}))"])


def _others(value):
    """Families for elements that are no numbers."""
    if value.dtype.names:
        return {types.records: 1}
    return {(types.times if value.dtype.kind in "mM" else types.texts): 3, **{family: n / 12 for family, n in ANY.items()}}


def expressions(count, seed, pool):
    """Random expressions, each with a seed of its own."""
    for number in range(count):
        yield Expression(f"{seed}/{number}", pool)
