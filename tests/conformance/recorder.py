"""A pytest plugin that records the ids that tests cite, and their outcomes: `-p tests.conformance.recorder`.

The file named by TEST_RESULTS gets a JSON object: id -> test -> "passed", "skipped" or "failed". A test with several
parameters, or a row that is played in several ways, is there once, with its worst outcome. With `--collect-only` no
test runs, and every test counts as passed.
"""

import json
import os
import re
from collections.abc import Generator
from pathlib import Path
from typing import Final

import pytest

from pyhttp.checking.rows.all_rows import GROUPS
from pyhttp.checking.rows.model import Row
from tests.conformance.register import SAFETY

__all__ = ["BADNESS", "Results", "pytest_configure"]

Results = dict[str, dict[str, str]]

BADNESS: Final = {"passed": 0, "skipped": 1, "failed": 2}
"""The worst of several outcomes of a test counts."""
_AN_ID: Final = re.compile(r"(?<![A-Za-z0-9])[A-Z][0-9]{1,2}(?![A-Za-z0-9])")
_GROUP_OF: Final = {row: group for group, rows in GROUPS.items() for row in rows}


def _label(item: pytest.Item) -> str:
    """The name of a test in the report. A row has its own name; another test has its file and function."""
    if isinstance(item, pytest.Function) and hasattr(item, "callspec"):
        row: object = item.callspec.params.get("row")
        if isinstance(row, Row):
            return f"row {_GROUP_OF[row]}: {row.name}"
    return item.nodeid.partition("[")[0].removeprefix("tests/")


def _cites(item: pytest.Item) -> set[str]:
    """The ids that a test cites: clauses by marker; safety lines by marker, name or docstring."""
    cites: set[str] = set()
    for mark in item.iter_markers("clause"):
        cites.update(map(str, mark.args))
    if isinstance(item, pytest.Function):
        module: str = item.module.__doc__ or ""
        text = "\n".join((item.originalname.replace("_", " "), item.function.__doc__ or "", module))
        cites.update(found for found in _AN_ID.findall(text) if found in SAFETY)
    return cites


class _Recorder:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._results: Results = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        if report.when == "call" or report.outcome != "passed":
            for cite in _cites(item):
                tests = self._results.setdefault(cite, {})
                label = _label(item)
                tests[label] = max(tests.get(label, "passed"), report.outcome, key=BADNESS.__getitem__)
        return report

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Note, with --collect-only, the results that there will be where every test passes."""
        if session.config.option.collectonly:
            for item in session.items:
                for cite in _cites(item):
                    self._results.setdefault(cite, {})[_label(item)] = "passed"

    def pytest_sessionfinish(self) -> None:
        self._path.write_text(json.dumps(self._results, indent=1, sort_keys=True), encoding="utf-8")


def pytest_configure(config: pytest.Config) -> None:
    """Record the results where TEST_RESULTS names a file."""
    if path := os.environ.get("TEST_RESULTS"):
        config.pluginmanager.register(_Recorder(Path(path)), "pyhttp-recorder")
