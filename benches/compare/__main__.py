"""Times arrstore side by side with its peers and writes the tables of benches/README.md.

    pip install numpy numexpr dask zarr blosc2
    cargo build --release --workspace
    python benches/compare DIR [TABLE ...]          DIR takes about 30 GB; data are made when missing
    python benches/compare DIR from_python          arrstore's Python package, beside NumPy; 8 GB, and `pip install ./python`

Every job runs in a process of its own, two threads each, in turn with the others, and the best of some rounds counts.
Imports and opening are not counted. Answers are compared before times count. `OPENBLAS_CORETYPE` and
`OPENBLAS_L2_SIZE` are removed from the environment, for they can halve a peer's BLAS.
"""
import os
import sys

for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    os.environ.pop(name, None)

from data import prepare  # noqa: E402
from running import Runner  # noqa: E402
from tables import TABLES  # noqa: E402

README = os.path.join("benches", "README.md")


def put(name, lines):
    """Puts a table in its place in the text."""
    with open(README) as file:
        text = file.read()
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    before, rest = text.split(begin)
    after = rest.split(end)[1]
    with open(README, "w") as file:
        file.write(before + begin + "\n".join(lines) + "\n" + end + after)


def main(folder, names):
    needs = [getattr(TABLES[name], "needs", None) for name in names or TABLES]
    prepare(folder, None if None in needs else set().union(*needs))
    for name in names or TABLES:
        print(f"\n{name}", flush=True)
        put(name, list(TABLES[name](Runner(folder))))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
