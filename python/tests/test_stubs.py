"""The stub of the package: current, and good enough for a strict check."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def test_the_stub_is_current():
    done = subprocess.run([sys.executable, ROOT / "stubs.py", "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


PROGRAMS = ["tests/typed.py", "examples/quickstart.py", "tests/typed_libraries.py"]


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """What mypy found out about NumPy and others."""
    return tmp_path_factory.mktemp("cache")


def check(program, folder, checker, cache):
    """What mypy or pyright finds in a program, in its strict mode. Libraries that are not installed are unknown to it."""
    command = [sys.executable, "-m", checker]
    if checker == "mypy":
        command += ["--strict", "--cache-dir", cache, program]
    else:
        # what a name of a store stands for depends on the file
        unknown = {f"reportUnknown{kind}Type": False for kind in ("Argument", "Member", "Variable")}
        (folder / "pyrightconfig.json").write_text(json.dumps({"typeCheckingMode": "strict", **unknown}))
        command += ["--pythonpath", sys.executable, "-p", folder]
        (folder / "program.py").write_text(Path(program).read_text())
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    if checker == "pyright" and " errors, " not in done.stdout:
        pytest.skip(f"SKIPPED: pyright did not start, it needs node and npm: {done.stdout or done.stderr}")
    return done.stdout


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_strict_checkers_accept(program, checker, tmp_path, cache):
    pytest.importorskip(checker, reason=f"SKIPPED: {checker} is not installed")
    if program == PROGRAMS[2]:
        for library in ("pandas", "xarray", "zarr"):
            pytest.importorskip(library, reason=f"SKIPPED: {library} is not installed")
    found = check(ROOT / program, tmp_path, checker, cache)
    assert "error: " not in found, found


@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_strict_checkers_find_errors(tmp_path, checker, cache):
    pytest.importorskip(checker, reason=f"SKIPPED: {checker} is not installed")
    wrong = tmp_path / "wrong.py"
    wrong.write_text("import arrstore\narrstore.asarray([1]).mean(axis='x')\narrstore.hypot(1)\n")
    folder = tmp_path / "check"
    folder.mkdir()
    found = check(wrong, folder, checker, cache)
    assert found.count("error: ") == 2, found


def test_every_type_of_the_stub_is_known():
    """mypy does not tell of errors in stubs of others: `slice` was a function of this package where a type was meant."""
    pytest.importorskip("pyright", reason="SKIPPED: pyright is not installed")
    # pyright looks for packages where the first `python` of the path has its own
    path = os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])
    command = [sys.executable, "-m", "pyright", "--verifytypes", "arrstore", "--ignoreexternal", "--outputjson"]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PATH": path})
    try:
        symbols = json.loads(done.stdout)["typeCompleteness"]["symbols"]
    except ValueError:
        pytest.skip(f"SKIPPED: pyright did not start, it needs node and npm: {done.stdout or done.stderr}")
    found = [problem for symbol in symbols for problem in symbol["diagnostics"] if problem["severity"] == "error"]
    assert len(symbols) > 500
    for file in ("arrstore/__init__.pyi", "arrstore/linalg.py"):
        assert [problem["message"] for problem in found if problem.get("file", "").endswith(file)] == []


def test_every_public_name_is_in_the_stub():
    import ast

    import arrstore

    tree = ast.parse((ROOT / "python/arrstore/__init__.pyi").read_text())
    names = {getattr(node, "name", None) or getattr(getattr(node, "target", None), "id", None) for node in tree.body}
    names |= {alias.asname for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert set(arrstore.__all__) <= names
    array = next(node for node in tree.body if getattr(node, "name", None) == "Array")
    members = {getattr(node, "name", None) for node in array.body}
    assert {name for name in dir(arrstore.Array) if not name.startswith("_")} <= members
