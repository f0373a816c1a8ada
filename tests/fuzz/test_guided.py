"""Each fuzz target for a bounded time, with coverage as the guide, from the corpus. V2, V4, F13."""

import os
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import pytest

from tests.fuzz.run import fuzz
from tests.fuzz.seeds import CORPUS
from tests.fuzz.targets import TARGETS

pytestmark = pytest.mark.skipif(
    find_spec("atheris") is None and not os.environ.get("CI"), reason="there is no atheris: `pip install atheris`"
)
GUIDED: Final = 2 if os.environ.get("FUZZ_SECONDS") else 1
"""Seconds for each target; to start costs one more."""
EXECUTED: Final = re.compile(r"stat::number_of_executed_units: (\d+)")


@pytest.mark.parametrize("target", TARGETS)
def test_guided_input_of(target: str, tmp_path: Path) -> None:
    found = tmp_path / "found"
    found.mkdir()
    result = fuzz(target, GUIDED, tmp_path, found, CORPUS / target)
    assert result.returncode == 0, result.stdout[-4000:]
    executed = EXECUTED.search(result.stdout)
    assert executed is not None
    assert int(executed[1]) > len(list((CORPUS / target).iterdir())), "it only plays the corpus"
    assert "no interesting inputs were found" not in result.stdout, "nothing tells which way an input went"
