"""Each safety line has a test, or waits for a thing that is named here.

A test shows a line by its id: in its name, between underscores and before anything else, in its docstring or its
module's, or among the `cites` of a conformance row.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from pyhttp.checking.rows.all_rows import GROUPS
from tests.conformance.register import SAFETY

TESTS: Final = Path(__file__).parents[1]
AN_ID: Final = re.compile(r"(?<![A-Za-z0-9])[A-Z][0-9]{1,2}(?![A-Za-z0-9])")

OPEN: Final = {
    "V6": "the mutation session",
}
"""The lines that no test shows yet, and what each waits for. The change that brings the test deletes the entry."""


def cited_by(path: Path) -> Iterator[tuple[str, str]]:
    """(id, test) for each citation in one test file."""
    module = ast.parse(path.read_text(encoding="utf-8"))
    functions = [
        node for node in ast.walk(module) if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]
    name = str(path.relative_to(TESTS))
    for identifier in AN_ID.findall(ast.get_docstring(module) or ""):
        yield identifier, name
    for function in functions:
        text = f"{function.name.replace('_', ' ')}\n{ast.get_docstring(function) or ''}"
        for identifier in AN_ID.findall(text):
            yield identifier, f"{name}::{function.name}"


def all_citations() -> dict[str, set[str]]:
    """The tests and rows that cite each id."""
    citations: dict[str, set[str]] = {}
    for path in TESTS.rglob("test_*.py"):
        for identifier, test in cited_by(path):
            citations.setdefault(identifier, set()).add(test)
    for group, rows in GROUPS.items():
        for row in rows:
            for cite in row.cites:
                citations.setdefault(cite, set()).add(f"rows {group}: {row.name}")
    return citations


CITATIONS: Final = all_citations()


@pytest.mark.parametrize("identifier", SAFETY)
def test_V1_a_line_has_a_test_or_waits_for_something(identifier: str) -> None:
    assert bool(CITATIONS.get(identifier)) != bool(OPEN.get(identifier)), f"{identifier} ({SAFETY[identifier]}) is " + (
        "both open and cited" if identifier in OPEN else "neither cited by a test nor listed as open"
    )


def test_what_is_open_exists() -> None:
    assert OPEN.keys() <= SAFETY.keys()


def test_what_is_cited_exists() -> None:
    unknown = {cite: tests for cite, tests in CITATIONS.items() if AN_ID.fullmatch(cite) and cite not in SAFETY}
    assert unknown == {}
