"""Runs NumPy's own tests with arrstore in NumPy's place: `python python/tests/numpy_suite/run.py [FILE ...]`.

The tests are those of the installed NumPy, without those that it marks as slow; they need hypothesis. `expected.txt` lists the tests that fail, with reasons. The run
fails if another test does. With `--numpy`, NumPy alone answers, which shows that the tests themselves pass.
"""

import argparse
import collections
import concurrent.futures
import fnmatch
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
NUMPY = Path(np.__file__).parent
#: The longest first.
CORE = (
    "multiarray umath ufunc strings numeric scalarmath indexing indexerrors item_selection umath_complex umath_accuracy shape_base einsum"
    " function_base half datetime nep50_promotions array_coercion records regression"
)
LIB = (
    "function_base nanfunctions arraysetops shape_base index_tricks twodim_base histograms arraypad stride_tricks type_check ufunclike"
    " regression"
)
FILES = [
    *(f"_core/tests/test_{name}.py" for name in CORE.split()),
    *(f"lib/tests/test_{name}.py" for name in LIB.split()),
    "linalg/tests/test_linalg.py",
]
#: Kinds of reasons in expected.txt.
GROUPS = {"absent": "not in lazy arrays", "differs": "on purpose", "fault": "faults", "harness": "counted or looked at by the test"}


def expected():
    """Patterns of tests that fail, each with its group and reason."""
    found, group, reason = [], None, None
    for line in (HERE / "expected.txt").read_text().splitlines():
        line = line.strip()
        if line.startswith("[") and "]" in line.split(" ")[0]:
            group, reason = line[1:].split("] ", 1)
            if group not in GROUPS:
                raise SystemExit(f"expected.txt: expected one of {', '.join(GROUPS)}, found {group}")
        elif line and not line.startswith("#"):
            found.append((line, group, reason))
    return found


def run(file, folder, numpy_alone):
    """The results of one file, as the plugin writes them, and what pytest said at the end."""
    results = folder / (file.replace("/", "-") + ".jsonl")
    command = [sys.executable, "-m", "pytest", "-p", "plugin", "-p", "no:cacheprovider", "-c", os.devnull, f"--rootdir={NUMPY}"]
    command += ["-q", "--tb=no", "-W", "ignore", "-m", "not slow", f"--suite-results={results}", str(NUMPY / file)]
    command += ["--suite-numpy"] if numpy_alone else []
    environment = {**os.environ, "PYTHONPATH": str(HERE), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    rows = [json.loads(line) for line in results.read_text().splitlines()] if results.exists() else []
    if done.returncode not in (0, 1) or not rows:
        raise SystemExit(f"{file}: pytest ended with {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return rows


def matches(test, pattern):
    # brackets are part of names
    return fnmatch.fnmatchcase(test, pattern.replace("[", "[[]"))


def judge(row, patterns, used):
    """The group of a failed test, or None if it is not expected to fail."""
    for pattern, group, _ in patterns:
        if matches(row["test"], pattern):
            used.add(pattern)
            return group
    return None


def count(rows, patterns, used):
    """How many tests of a file ended in which way, and those that failed without being expected to."""
    counts, surprises = collections.Counter(), []
    for row in rows:
        if row["outcome"] == "skipped":
            counts["skipped"] += 1
        elif row["outcome"] == "failed":
            group = judge(row, patterns, used)
            counts[group or "new"] += 1
            if group is None:
                surprises.append(row)
        elif row["calls"] == 0:
            counts["without a call of ours"] += 1
        elif row["outcome"] == "xfailed":
            counts["skipped"] += 1
        else:
            counts["passed"] += 1
        counts["calls"] += row["calls"]
    return counts, surprises


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", default=FILES, help="files of tests, such as lib/tests/test_arraypad.py")
    parser.add_argument("-j", "--jobs", type=int, default=2, help="files that run at the same time (default: 2)")
    parser.add_argument("--numpy", action="store_true", help="NumPy alone answers")
    parser.add_argument("--keep", type=Path, help="a folder for the results, a line of JSON for each test")
    arguments = parser.parse_args()
    for file in arguments.files:
        if not (NUMPY / file).exists():
            raise SystemExit(f"{NUMPY / file} is not there: expected a NumPy with its tests, as its wheels have them")
    if importlib.util.find_spec("hypothesis") is None:
        raise SystemExit("NumPy's tests need hypothesis: pip install hypothesis")
    patterns, used = expected(), set()
    total, surprises = collections.Counter(), []
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
            everything = pool.map(lambda file: run(file, folder, arguments.numpy), arguments.files)
            for file, rows in zip(arguments.files, everything, strict=True):
                counts, new = count(rows, patterns, used)
                total += counts
                surprises += new
                print(f"{file}: {say(counts)}", flush=True)
    print(f"\nNumPy {np.__version__}, all: {say(total)}")
    for row in surprises:
        print(f"\nnew: {row['test']}")
        for kind, call, what in row["differences"][:3]:
            print(f"  {kind}: {call}\n    {what}")
        if row["error"]:
            print(f"  {row['error'].strip().splitlines()[0]}")
    if arguments.files == FILES and not arguments.numpy:
        for pattern in [pattern for pattern, _, _ in patterns if pattern not in used]:
            print(f"expected to fail, but did not: {pattern}")
    failed = sum(total[name] for name in (*GROUPS, "new"))
    print(f"{total['passed']} passed, {failed} failed")
    sys.exit(1 if surprises else 0)


def say(counts):
    names = ["passed", *GROUPS, "new", "without a call of ours", "skipped"]
    return ", ".join(f"{counts[name]} {name}" for name in names if counts[name]) + f"; {counts['calls']} calls"


if __name__ == "__main__":
    main()
