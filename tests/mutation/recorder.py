"""A pytest plugin that names each test to coverage while it runs, and writes how long each took."""

import json
import os
from collections.abc import Generator
from pathlib import Path
from time import perf_counter

import coverage
import pytest

__all__ = ["pytest_runtest_protocol", "pytest_sessionfinish"]

_times: dict[str, float] = {}


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """What runs from a test's first fixture to its last counts as the test's."""
    if running := coverage.Coverage.current():
        running.switch_context(item.nodeid)
    os.environ["TEST_OF_COVERAGE"] = item.nodeid
    began = perf_counter()
    try:
        return (yield)
    finally:
        _times[item.nodeid] = perf_counter() - began


def pytest_sessionfinish() -> None:
    """Write the times in seconds, by test."""
    Path(os.environ["TIMES_OF_TESTS"]).write_text(json.dumps(_times), encoding="utf-8")
