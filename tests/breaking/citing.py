"""A pytest plugin that runs only the tests that cite a clause: `-p tests.breaking.citing --citing 9112-6.1-4b`."""

import pytest

__all__ = ["pytest_addoption", "pytest_collection_modifyitems"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--citing", default="", metavar="IDS", help="those marked with one of these ids, joined by commas")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests that do not cite these ids. Of a test with parameters, only the marked cases stay."""
    named: str = config.getoption("--citing")
    wanted = set(named.split(","))
    kept = [item for item in items if any(wanted.intersection(mark.args) for mark in item.iter_markers("clause"))]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = kept
