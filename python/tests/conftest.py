"""Stores and arrays for the tests."""

import os
import re

import numpy as np
import pytest

import arrstore

# SciPy looks at it when it is first imported
os.environ.setdefault("SCIPY_ARRAY_API", "1")


#: How a skip says that a library is missing. CI installs neither PyTorch nor Ray: they are too large.
_MISSING = re.compile(r"could not import|not installed|need pytest-asyncio")
_TOO_LARGE = re.compile(r"\b(torch|ray)\b")


def _missing(config):
    """The reasons of skips that ARRSTORE_REQUIRE=1 does not allow."""
    if os.environ.get("ARRSTORE_REQUIRE", "0") == "0":
        return []
    reports = config.pluginmanager.get_plugin("terminalreporter").stats.get("skipped", [])
    reasons = {report.longrepr[2] for report in reports if isinstance(report.longrepr, tuple)}
    return sorted(reason for reason in reasons if _MISSING.search(reason) and not _TOO_LARGE.search(reason))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session, exitstatus):
    if exitstatus == 0 and _missing(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter, config):
    for reason in _missing(config):
        terminalreporter.line(f"ARRSTORE_REQUIRE=1 lets no test be skipped for want of a library: {reason}", red=True)


@pytest.hookimpl(tryfirst=True)
def pytest_itemcollected(item):
    """Under pytest-run-parallel, tests with a file of their own run in one thread, as the file has one writer and all threads
    of a test get the same; so do tests with a setting that holds in the thread of its fixture alone.
    """
    if {"path", "store", "tmp_path", "monkeypatch", "dispatch"} & set(getattr(item, "fixturenames", ())):
        item.add_marker(pytest.mark.thread_unsafe(reason="the test has a file or a setting of its own"))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "x.arrs"


@pytest.fixture
def store(path):
    with arrstore.open(path, "w") as store:
        store["t"] = np.arange(12.0).reshape(3, 4)
        yield store


def same(found, expected):
    """Whether two arrays have the same type, shape and elements, NaN included."""
    found, expected = np.asarray(found), np.asarray(expected)
    assert found.dtype == expected.dtype
    assert found.shape == expected.shape
    np.testing.assert_array_equal(found, expected)


def lazy(found):
    """Whether a result, or each of several, is a lazy array."""
    return all(isinstance(part, arrstore.Array) for part in (found if isinstance(found, tuple) else (found,)))


def close(found, expected):
    """As `same`, with the last bits free: the library's functions are at least as exact as NumPy's. Takes several results,
    too.
    """
    if isinstance(expected, tuple):
        for one, other in zip(found, expected, strict=True):
            close(one, other)
        return
    found, expected = np.asarray(found), np.asarray(expected)
    assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
    tolerance = {"e": 2e-3, "f": 1e-6, "F": 1e-6}.get(expected.dtype.char, 1e-13)
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)
