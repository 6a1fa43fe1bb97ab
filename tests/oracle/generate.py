#!/usr/bin/env python3
"""Writes the golden files of the differential test against NumPy 2.

    pip install 'numpy>=2.4' ml_dtypes mpmath zstandard
    python tests/oracle/generate.py [family ...]

Without arguments all families are written, to tests/golden/*.zst; `cargo test` reads them and needs no Python.
What is in a file is said in container.py; each family is one file beside this one:

    unary, binary, ternary    every elementwise function over the edge values of every dtype
    promotion, scalars, casts pairs of dtypes, weak Python scalars, astype
    reductions                axes, keepdims, dtype, ddof, shapes
    views, refusals           indexing and reshaping; what NumPy refuses
    products                  matmul
    scans                     cumulative sums and products
    order                     sorting, searches, sets
    statistics                medians and quantiles
    arithmetic                functions of several steps or results, gcd, ldexp, isclose, unwrap
    chosen                    reductions with where=, initial= and mean=, averages, nanargmax
    differences               diff, gradient, trapezoid, convolve, maximum.accumulate
    contractions              einsum, tensordot, cross, kron, add.reduce, add.outer
    indexing                  arrays of indices, masks, take and its kin
    shapes                    joined, split, repeated, rolled and padded arrays, windows, diagonals
    creation                  ranges, constants, identities, grids
    types                     times, texts and records
    ordered                   times, texts and records in order, as sets, in quantiles and among other elements
    chains                    expressions of several steps
    mixed                     random compositions of the whole vocabulary
    vocabulary                methods of ufuncs, windows, polynomials, bits, triangle indices, piecewise
    rules                     reductions of nothing and of a lone element, Python's own numbers, subscripts

What is undefined in NumPy is left out, with the reason at the place: NaN, infinity and out-of-range floats cast to
integers, the reciprocal of an integer zero. Where NumPy's own loops disagree with each other both answers are
right: the sign of max(+0, -0), and complex products, which its vector loops fuse.

Functions that round are held to the correctly rounded value, computed with mpmath, to 1 ulp or NumPy's own error,
whichever is greater; sums to the exact rational value and the error of a pairwise sum.
"""

import pathlib
import sys
import time
import warnings

import numpy as np
from container import Golden

import arithmetic
import chains
import chosen
import contractions
import differences
import creation
import elementwise
import indexing
import order
import mixed
import ordered
import products
import promotion
import reductions
import rules
import scans
import statistics
import shapes
import typed
import views
import vocabulary

FAMILIES = {
    "unary": elementwise.unary,
    "binary": elementwise.binary,
    "ternary": elementwise.ternary,
    "promotion": promotion.pairs,
    "scalars": promotion.scalars,
    "casts": promotion.casts,
    "reductions": reductions.reductions,
    "views": views.views,
    "refusals": views.refusals,
    "products": products.products,
    "chains": chains.chains,
    "rules": rules.rules,
    "scans": scans.scans,
    "order": order.order,
    "statistics": statistics.statistics,
    "arithmetic": arithmetic.arithmetic,
    "chosen": chosen.chosen,
    "differences": differences.differences,
    "contractions": contractions.contractions,
    "indexing": indexing.indexing,
    "shapes": shapes.shapes,
    "creation": creation.creation,
    "types": typed.types,
    "ordered": ordered.ordered,
    "mixed": mixed.mixed,
    "vocabulary": vocabulary.vocabulary,
}


def main():
    folder = pathlib.Path(__file__).resolve().parent.parent / "golden"
    folder.mkdir(exist_ok=True)
    np.seterr(all="ignore")
    warnings.simplefilter("ignore")
    for family in sys.argv[1:] or FAMILIES:
        start = time.monotonic()
        golden = Golden(family)
        FAMILIES[family](golden)
        golden.write(folder)
        print(f"    {time.monotonic() - start:.1f} s")


if __name__ == "__main__":
    main()
