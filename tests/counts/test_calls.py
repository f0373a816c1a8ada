"""The calls of Python and C functions for each request: exact, and so the same on a busy machine.

The bounds are those of Python 3.11: other interpreters count differently.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.counts.bounds import BOUNDS, verdict
from tests.counts.calls import count_calls
from tests.counts.driving import site
from tests.counts.workloads import FUNCTION, WORKLOADS

pytestmark = pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="the bounds are those of Python 3.11")


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with site() as made:
        yield made


@pytest.mark.parametrize("name", WORKLOADS)
def test_calls_are_as_the_bounds_say(name: str, folder: Path) -> None:
    workload, bounds = WORKLOADS[name], BOUNDS[name]
    calls = count_calls(workload, folder)
    chance = workload.chance
    found = (
        verdict("calls of Python functions", sum(calls.python.values()), bounds.python_calls, chance),
        verdict("calls of C functions", sum(calls.c.values()), bounds.c_calls, chance),
    )
    assert not any(found), "; ".join(filter(None, found))


def test_what_is_called_once_for_a_request_is_counted_once(folder: Path) -> None:
    calls = count_calls(WORKLOADS[FUNCTION], folder, in_order=True)
    answer, write = ("__main__:_prepare_function.<locals>." + name for name in ("answer", "write"))
    assert calls.python[answer] == calls.python[write] == 1
    assert calls.c[write, "TextIOWrapper.write"] == 1
    names = [line.strip() for line in calls.in_order]
    assert names.index(answer) < names.index(write)
    assert names.index(write) + 1 == names.index("> TextIOWrapper.write")
