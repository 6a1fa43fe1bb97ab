"""`python -m expressions COUNT SEED`: tries expressions and lists all differences, the kinds of them by number."""

import collections
import sys
import tempfile
import time

from .arrays import Pool
from .campaign import expressions
from .known import Known


def main(count=10_000, seed=0, show=1, programs=1):
    kinds, errors, began = collections.defaultdict(list), 0, time.time()
    with tempfile.TemporaryDirectory() as folder:
        pool = Pool(folder, seed)
        tried, known = collections.Counter(), collections.Counter()
        for expression in expressions(count, seed, pool):
            try:
                found = expression.difference()
            except Exception as error:  # noqa: BLE001
                found = f"FAILED {error!r}"
            tried.update(expression.families)
            errors += isinstance(getattr(expression, "expected", None), Exception)
            if isinstance(found, Known):
                known[found] += 1
            elif found:
                kinds[found[:60], expression.families[-1]].append((len(str(expression)), expression, found))
        pool.close()
    for (kind, family), found in sorted(kinds.items(), key=lambda item: -len(item[1])):
        print(f"\n=== {len(found)} x {family}: {kind}")
        for _, expression, words in sorted(found, key=lambda part: part[0])[:show]:
            print(words, '   ', expression.seed, expression.texts)
            if programs == 2 and not words.startswith("raises"):
                print("   ", expression.show())
            if programs == 1:
                print(expression)
    print(f"{count} expressions, {errors} with an error of NumPy, {sum(map(len, kinds.values()))} differences of {len(kinds)} kinds, {time.time() - began:.0f} s")
    print(dict(tried))
    print("Known differences:", dict(known.most_common()))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
