"""Run a part of the collected tests: `TEST_PART=1/2 pytest -p tests.helpers.parts` runs every second one.

So tests that mostly wait can run in parts side by side. Neighbours, which are of one kind and take about as long, are
in different parts, and so all parts take about as long.
"""

import os
from collections.abc import Sequence
from typing import TypeVar

import pytest

__all__ = ["part_of", "pytest_collection_modifyitems"]

Item = TypeVar("Item")


def part_of(items: Sequence[Item], part: str) -> list[Item]:
    """The items that are in `part`, such as 1/2. Each item is in exactly one of the parts."""
    number, _, count = part.partition("/")
    if not 1 <= int(number) <= int(count):
        raise ValueError(f"part {part}: there is none")
    return list(items[int(number) - 1 :: int(count)])


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests that are in other parts."""
    chosen = part_of(items, os.environ["TEST_PART"])
    ours = set(chosen)
    config.hook.pytest_deselected(items=[item for item in items if item not in ours])
    items[:] = chosen
