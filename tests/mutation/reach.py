"""Which tests run a line. One run of all tests under coverage tells it; a fault is then shown to those tests only.

The run shows as well that the tests pass without a fault. Programs that a test starts count as the test's.
"""

import json
import os
import subprocess
import sys
from collections.abc import Collection, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final

import coverage

from tests.mutation.copies import ROOT

__all__ = ["PYTEST", "Reach"]

PYTEST: Final = ("pytest", "-x", "-q", "-p", "no:cacheprovider")
_LONGEST: Final = 3600
"""Seconds for all tests under coverage."""
_WORDS: Final = 2000
"""Characters of what tests say that are told where they fail without a fault."""
_SETTINGS: Final = """\
[run]
source_pkgs = pyhttp
concurrency = thread
parallel = true
patch = subprocess
disable_warnings = no-data-collected,module-not-imported,module-not-measured
context = ${TEST_OF_COVERAGE-}
"""


class Reach:
    """The tests that run each line of the source, quickest files first."""

    def __init__(self, folder: Path, tests: Sequence[str]) -> None:
        """Run the tests and keep what they reach in a folder.

        Raises:
            RuntimeError: A test fails.
        """
        settings, times = folder / "coverage.ini", folder / "times.json"
        settings.write_text(_SETTINGS, encoding="utf-8")
        data_file = folder / "reach"
        environment = {**os.environ, "CI": "1", "TIMES_OF_TESTS": str(times), "COVERAGE_FILE": str(data_file)}
        command = ["-m", "coverage", "run", f"--rcfile={settings}", "-m", *PYTEST, "-p", "tests.mutation.recorder"]
        ran = subprocess.run(
            [sys.executable, *command, *tests],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            timeout=_LONGEST,
            check=False,
        )
        if ran.returncode:
            said = (ran.stdout + ran.stderr).decode(errors="replace")[-_WORDS:]
            raise RuntimeError(f"the tests fail without any fault:\n{said}")
        whole = coverage.Coverage(data_file=str(data_file), config_file=str(settings))
        whole.combine([str(folder)])
        self._data = whole.get_data()
        self._times: dict[str, float] = json.loads(times.read_text(encoding="utf-8"))
        self._contexts = lru_cache(maxsize=8)(self._data.contexts_by_lineno)

    def of(self, module: Path, lines: Collection[int]) -> list[str]:
        """The ids of the tests that run one of a module's lines. Those of quick files are first."""
        by_line = self._contexts(str(module))
        found = {test for line in lines for test in by_line.get(line, ()) if test in self._times}
        took: dict[str, float] = {}
        for test in found:
            took[_file(test)] = took.get(_file(test), 0) + self._times[test]
        return sorted(found, key=lambda test: (took[_file(test)], _file(test)))

    def seconds(self, tests: Collection[str]) -> float:
        """How long the tests took together."""
        return sum(self._times[test] for test in tests)


def _file(test: str) -> str:
    return test.partition("::")[0]
