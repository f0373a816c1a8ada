"""A pytest plugin that runs the tests of a list only, in the list's order: a path of JSON in `CHOSEN_TESTS`."""

import json
import os
from pathlib import Path

import pytest

__all__ = ["pytest_collection_modifyitems"]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is not chosen."""
    chosen: list[str] = json.loads(Path(os.environ["CHOSEN_TESTS"]).read_text(encoding="utf-8"))
    place = {test: number for number, test in enumerate(chosen)}
    config.hook.pytest_deselected(items=[item for item in items if item.nodeid not in place])
    items[:] = sorted((item for item in items if item.nodeid in place), key=lambda item: place[item.nodeid])
