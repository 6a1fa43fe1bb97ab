"""The stub of the package: current, and good enough for a strict check."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def test_the_stub_is_current():
    done = subprocess.run([sys.executable, ROOT / "stubs.py", "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("program", ["tests/typed.py", "examples/quickstart.py"])
def test_mypy_accepts(program, tmp_path):
    pytest.importorskip("mypy")
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", tmp_path, ROOT / program]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stdout


def test_mypy_finds_errors(tmp_path):
    pytest.importorskip("mypy")
    wrong = tmp_path / "wrong.py"
    wrong.write_text("import arrstore\narrstore.asarray([1]).mean(axis='x')\narrstore.hypot(1)\n")
    done = subprocess.run([sys.executable, "-m", "mypy", "--strict", "--cache-dir", tmp_path, wrong], capture_output=True, text=True)
    assert done.stdout.count("error:") == 2, done.stdout


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
