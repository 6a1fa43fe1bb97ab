"""NumPy's own tests of indices, shapes and sets on lazy arrays. `python numpy_suite/run.py` runs all of them."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

RUN = Path(__file__).parent / "numpy_suite" / "run.py"
#: Files that take a few seconds each.
FILES = [
    "_core/tests/test_indexing.py",
    "_core/tests/test_item_selection.py",
    "_core/tests/test_shape_base.py",
    "lib/tests/test_arraysetops.py",
    "lib/tests/test_index_tricks.py",
    "lib/tests/test_twodim_base.py",
]


def test_numpys_tests_pass():
    pytest.importorskip("hypothesis", reason="SKIPPED: hypothesis is not installed")
    if np.lib.NumpyVersion(np.__version__) < "2.5.0":
        pytest.skip("the list of expected failures is for NumPy 2.5")
    done = subprocess.run([sys.executable, RUN, *FILES], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    # each file has calls that we answered
    lines = done.stdout.splitlines()[: len(FILES)]
    assert all(int(line.rsplit("; ", 1)[1].split()[0]) > 100 for line in lines), done.stdout
