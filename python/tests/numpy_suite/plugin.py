"""Counts what the tests of NumPy did with arrays of ours, and writes a line of JSON for each."""

import json

import judge
import pytest
import rewrite
import substitute

rewrite.install()


def pytest_addoption(parser):
    parser.addoption("--suite-results", help="the file of results, a line of JSON for each test")
    parser.addoption("--suite-numpy", action="store_true", help="NumPy alone answers")


def pytest_configure(config):
    path = config.getoption("--suite-results")
    config.suite_results = open(path, "w") if path else None


def pytest_unconfigure(config):
    if config.suite_results:
        config.suite_results.close()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item):
    # modules are imported and parameters made before, with NumPy alone
    item.suite_record = judge.begin()
    substitute.active = not item.config.getoption("--suite-numpy")
    yield
    substitute.active = False


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    results = item.config.suite_results
    if results is None or not (report.when == "call" or report.outcome != "passed"):
        return
    record = item.suite_record
    line = {
        "test": item.nodeid,
        "outcome": "xfailed" if hasattr(report, "wasxfail") else report.outcome,
        "calls": record.calls,
        "left": dict(record.left),
        "differences": record.differences,
        "error": str(call.excinfo.value)[:2000] if call.excinfo and report.outcome == "failed" else None,
    }
    results.write(json.dumps(line) + "\n")
    results.flush()
