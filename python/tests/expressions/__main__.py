"""`python -m expressions COUNT SEED`: tries expressions, and shows the shortest program of each kind of difference. Ctrl-C ends
it early.
"""

import collections
import sys
import tempfile
import time

from .arrays import Pool
from .campaign import expressions
from .known import Known


def main(count=10_000, seed=0):
    kinds, known, tried = collections.defaultdict(list), collections.Counter(), collections.Counter()
    errors, done, began = 0, 0, time.time()
    with tempfile.TemporaryDirectory() as folder:
        pool = Pool(folder, seed)
        try:
            for done, expression in enumerate(expressions(count, seed, pool), 1):
                found = expression.difference()
                tried.update(expression.families)
                errors += isinstance(expression.expected, Exception)
                if isinstance(found, Known):
                    known[found] += 1
                elif found:
                    kinds[found[:60], expression.families[-1]].append((expression, found))
        except KeyboardInterrupt:
            pass
        for (_, family), found in sorted(kinds.items(), key=lambda item: -len(item[1])):
            expression, words = min(found, key=lambda pair: len(str(pair[0])))
            print(f"\n=== {len(found)} x {family}: {words}\n# expression {expression.seed}\n{expression}\n# {expression.show()}")
        pool.close()
    print(f"\n{done} expressions, {errors} with an error of NumPy, {time.time() - began:.0f} s")
    print(f"Families: {dict(tried.most_common())}")
    print(f"Known differences: {sum(known.values())}", *(f"  {n} x {why}" for why, n in known.most_common()), sep="\n")
    print(f"Other differences: {sum(map(len, kinds.values()))} of {len(kinds)} kinds")
    return 1 if kinds else 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
