"""The system calls for each request; skipped where `strace` is missing, or may not trace."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.counts.bounds import BOUNDS, verdict
from tests.counts.driving import site
from tests.counts.system_calls import count_system_calls, why_not
from tests.counts.workloads import WORKLOADS

pytestmark = pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="the bounds are those of Python 3.11")


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    if missing := why_not():
        pytest.skip(missing)
    with site() as made:
        yield made


@pytest.mark.parametrize("name", WORKLOADS)
def test_system_calls_are_as_the_bounds_say(name: str, folder: Path) -> None:
    workload = WORKLOADS[name]
    counts = count_system_calls(workload, folder)
    found = verdict("system calls", sum(counts.values()), BOUNDS[name].system_calls, min(workload.chance, 2))
    assert not found, f"{found} ({counts})"
