"""Joins the register, the tests' citations and their results: `python -m tests.conformance.report`.

It runs the unit and conformance tests (or takes `--results FILE` of a run with the recorder) and writes
docs/conformance.md. It fails where the register claims something that no test shows. `--check` writes nothing and fails
where the document is stale.
"""

import argparse
import functools
import importlib
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Final

from pyhttp.checking.register import AREAS, STATEMENTS, Level, State, Statement
from pyhttp.checking.rows import all_rows
from pyhttp.checking.rows.model import Row
from tests.conformance.recorder import BADNESS
from tests.conformance.register import BINDING, SAFETY
from tests.conformance.test_safety_lines import OPEN

__all__ = ["main", "problems", "render", "with_totals"]

Results = Mapping[str, Mapping[str, str]]

ROOT: Final = Path(__file__).parents[2]
DOCUMENT: Final = ROOT / "docs" / "conformance.md"
README: Final = ROOT / "README.md"
CHOICES: Final = ROOT / "docs" / "choices.md"
TESTS: Final = ("tests/unit", "tests/conformance", "tests/fuzz", "tests/proof", "tests/e2e", "tests/robustness")
BUILT: Final = {
    "wire": "src/pyhttp/wire/server_connection.py",
    "files": "src/pyhttp/resources/files.py",
    "cgi": "src/pyhttp/cgi/gateway.py",
    "loop": "src/pyhttp/transport/loop.py",
}
"""An area is built when this module is there."""
_TITLES: Final = {
    "9110": "RFC 9110: HTTP Semantics",
    "9112": "RFC 9112: HTTP/1.1",
    "9111": "RFC 9111: HTTP Caching",
    "3986": "RFC 3986: Uniform Resource Identifier (URI): Generic Syntax",
    "6585": "RFC 6585: Additional HTTP Status Codes",
    "3875": "RFC 3875: The Common Gateway Interface (CGI) Version 1.1",
}
_NAMED: Final = 3
"""Tests named for one clause."""


def problems(results: Results, statements: Mapping[str, Statement] = STATEMENTS) -> Iterator[str]:
    """What is wrong: unknown ids, claims that no passing test shows, open ends of what is built, duties lost."""
    yield from _lost(statements)
    for cite in sorted(results.keys() - STATEMENTS.keys() - SAFETY.keys()):
        yield f"{cite}: no such id, cited by {', '.join(results[cite])}"
    for statement in statements.values():
        tests = results.get(statement.id, {})
        failed = sorted(test for test, outcome in tests.items() if outcome == "failed")
        if failed:
            yield f"{statement.id}: fails in {', '.join(failed)}"
        if statement.state is State.TESTED and "passed" not in tests.values():
            yield f"{statement.id}: said to be tested, and no test passes"
        if statement.level is Level.MUST and not _answered_for(statement, tests):
            yield f"{statement.id}: a {statement.keyword} that is {statement.state.value}, which nothing answers for"
        if statement.state is State.OPEN and (ROOT / BUILT[statement.area]).exists():
            yield f"{statement.id}: open, but {statement.area} is built ({statement.gist})"
    for identifier in SAFETY:
        if identifier not in OPEN and "passed" not in results.get(identifier, {}).values():
            yield f"{identifier}: no passing test ({SAFETY[identifier]})"


def _lost(statements: Mapping[str, Statement]) -> Iterator[str]:
    """How the register differs from the list of what binds."""
    for identifier in sorted(BINDING.keys() | statements.keys()):
        pinned, entry = BINDING.get(identifier), statements.get(identifier)
        if entry is None:
            yield f"{identifier}: binds ({pinned}), but the register has no such entry"
        elif entry.keyword != pinned:
            yield f"{identifier}: {entry.keyword} in the register, {pinned or 'nothing'} in binding.txt"


def _answered_for(statement: Statement, tests: Mapping[str, str]) -> bool:
    """Whether a MUST may be in its state. It is no choice. A page or a test shows what is left undone."""
    match statement.state:
        case State.CHOICE:
            return False
        case State.DELIBERATE:
            page = CHOICES.read_text(encoding="utf-8")
            return "passed" in tests.values() or re.search(rf"\b{re.escape(statement.id)}\b(?!\.\d)", page) is not None
        case State.TESTED | State.NOT_OFFERED | State.OTHER_PARTY | State.OPEN:
            return True


def _shown_by(tests: Mapping[str, str]) -> str:
    passed = sorted(test for test, outcome in tests.items() if outcome == "passed")
    named = passed[:_NAMED]
    rest = " and more" if len(passed) > len(named) else ""
    return "; ".join(f"[`{_cell(test)}`]({_link(_file(test))})" for test in named) + rest


def _file(test: str) -> Path:
    """The file of a test that the recorder names: the module of a row, or the file in front of the "::"."""
    if test.startswith("row "):
        return _row_files()[test]
    return ROOT / "tests" / test.partition("::")[0]


@functools.cache
def _row_files() -> dict[str, Path]:
    """The module of each row, by the recorder's name of the row. A group may have rows of several modules."""
    found: dict[Row, Path] = {}
    for path in Path(all_rows.__file__).parent.glob("*.py"):
        if path.stem != "all_rows":
            rows: tuple[Row, ...] = getattr(importlib.import_module(f"{all_rows.__package__}.{path.stem}"), "ROWS", ())
            found.update(dict.fromkeys(rows, ROOT / "src/pyhttp/checking/rows" / path.name))  # not a copy's path
    return {f"row {group}: {row.name}": found[row] for group, rows in all_rows.GROUPS.items() for row in rows}


def _link(path: Path) -> str:
    return os.path.relpath(path, DOCUMENT.parent)


def _home(statement: Statement) -> str:
    home = statement.home
    return f"[{home}]({_link(ROOT / 'src' / 'pyhttp' / home)})" if home else ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _totals() -> Iterator[str]:
    counts = Counter((statement.level, statement.state) for statement in STATEMENTS.values())
    states = [state for state in State if any(counts[level, state] for level in Level)]
    yield "| | " + " | ".join(state.value for state in states) + " | all |"
    yield "|---" * (len(states) + 2) + "|"
    for level in Level:
        row = [counts[level, state] for state in states]
        yield f"| {level.name} | " + " | ".join(map(str, row)) + f" | {sum(row)} |"
    sums = [sum(counts[level, state] for level in Level) for state in states]
    yield "| all | " + " | ".join(map(str, sums)) + f" | {sum(sums)} |"


def _section(statements: Iterable[Statement], results: Results) -> Iterator[str]:
    yield "| id | | statement | state | home | shown by, or why |"
    yield "|---|---|---|---|---|---|"
    for one in statements:
        tests = _shown_by(results.get(one.id, {}))
        reason = _cell(one.reason)
        why = "; ".join(part for part in (reason, tests) if part)
        yield f"| {one.id} | {one.keyword} | {_cell(one.gist)} | {one.state.value} | {_home(one)} | {why} |"


def _name(statement: Statement) -> str:
    return statement.section.partition("-")[2]


def render(results: Results) -> str:
    """The document."""
    lines = [
        "# Conformance, statement by statement",
        "",
        "This page has every normative statement of six RFCs that binds an HTTP/1.1 origin server with files and CGI,",
        "or permits it something that it has to decide on. The statements are in our words. Each has what became of it",
        "and the tests that show it. An id names RFC, section, paragraph and sentence. `nox -s compliance` writes this",
        "page from the register (`src/pyhttp/checking/register.toml`) and the results of the tests. It fails where the",
        "two disagree.",
        "",
        "- *tested*: a test shows it.",
        "- *choice*: the RFC permits something, and the page says what pyhttp does.",
        "- *not offered*: a duty of servers that offer something which pyhttp does not.",
        "- *other party*: a duty of the author of the handler or the script.",
        "- *deliberate*: not done as asked, and why.",
        "",
        "The *home* of a statement is the module that fulfils it. The id stands there, at the function or the line",
        "that does so.",
        "",
        *_totals(),
        "",
    ]
    for rfc, statements in groupby(STATEMENTS.values(), key=lambda one: one.id.partition("-")[0]):
        lines += [f"## {_TITLES[rfc]}", ""]
        for section, members in groupby(statements, key=_name):
            lines += [f"### §{section}", "", *_section(members, results), ""]
    lines += ["## What is promised beside the RFCs", "", "| id | promise | shown by |", "|---|---|---|"]
    for identifier, promise in SAFETY.items():
        shown = OPEN.get(identifier) or _shown_by(results.get(identifier, {}))
        lines.append(f"| {identifier} | {_cell(promise)} | {shown} |")
    return "\n".join([*lines, ""])


def with_totals(readme: str) -> str:
    """The README with the totals of today between its two marks."""
    before, begin, rest = readme.partition("<!-- totals -->\n")
    _, end, after = rest.partition("<!-- end of totals -->")
    return "".join((before, begin, "\n", *(f"{line}\n" for line in _totals()), "\n", end, after))


def _run_tests(*, collect_only: bool) -> Results:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "results.json")
        command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.conformance.recorder", *TESTS]
        command += ["--collect-only"] if collect_only else []
        subprocess.run(command, cwd=ROOT, env={**os.environ, "TEST_RESULTS": str(path)}, check=False)
        return _read(path)


def _read(*paths: Path) -> Results:
    merged: dict[str, dict[str, str]] = {}
    for path in paths:
        results: dict[str, dict[str, str]] = json.loads(path.read_text(encoding="utf-8"))
        for cite, tests in results.items():
            known = merged.setdefault(cite, {})
            for test, outcome in tests.items():  # some of its cases may have run elsewhere: the worst outcome counts
                known[test] = max(known.get(test, "passed"), outcome, key=BADNESS.__getitem__)
    return merged


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or check the document. The exit code is 1 where something is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance.report", description=__doc__)
    parser.add_argument(
        "--results", nargs="+", default=[], metavar="FILE", help="of runs with the recorder; else the tests are run"
    )
    parser.add_argument(
        "--collect",
        action="store_true",
        help="take every test for passed, without running it: writes what will be true",
    )
    parser.add_argument("--check", action="store_true", help="write nothing; fail where the document is stale")
    options = parser.parse_args(arguments)
    given: list[str] = options.results
    results = _read(*map(Path, given)) if given else _run_tests(collect_only=options.collect)
    wrong = list(problems(results))
    for path, text in ((DOCUMENT, render(results)), (README, with_totals(README.read_text(encoding="utf-8")))):
        if not options.check:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            wrong.append(f"{path.relative_to(ROOT)} is stale: run `nox -s compliance`")
    sys.stdout.writelines(f"{line}\n" for line in wrong)
    sys.stdout.write(f"{len(STATEMENTS)} statements, {len(SAFETY)} promises, {len(wrong)} problems\n")
    return int(bool(wrong))


assert set(BUILT) == set(AREAS)

if __name__ == "__main__":
    sys.exit(main())
