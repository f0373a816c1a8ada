"""L13, O1, V7: thousands of requests of every kind, and nothing is left of them but one line each."""

from pathlib import Path

import pytest

from tests.helpers.crowd import tell
from tests.robustness.soak import KINDS, mixed_requests

COUNT = {"--pooled": 10_000, "--threaded": 5_000, "--single": 5_000}


@pytest.mark.parametrize("kind", KINDS)
def test_L13_mixed_requests_leave_nothing_but_a_line_each(kind: str, tmp_path: Path) -> None:
    """L13, O1, V7: The test sends 20,000 requests in all. The soak session sends a million."""
    (tmp_path / "folder").mkdir()
    growth = mixed_requests(tmp_path / "folder", kind, COUNT[kind])
    tell(f"{kind}: {growth.outcome.complete} answers, resident {growth.resident / 1024:+.0f} KiB")
    assert growth.faults == []
