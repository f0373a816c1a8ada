"""Every rule has one home: a module of the package that cites it."""

import re
from pathlib import Path
from typing import Final

import pytest

from pyhttp.checking.register import AT_HOME, STATEMENTS, Statement
from pyhttp.checking.rows.all_rows import GROUPS
from tests.conformance.report import DOCUMENT, render

PACKAGE: Final = Path(__file__).parents[2] / "src" / "pyhttp"
AT_ONE: Final = [statement for statement in STATEMENTS.values() if statement.home]


def _cites(module: str, statement: Statement) -> bool:
    """Whether a module cites the id, or is the home of the whole section, with which its docstring then begins."""
    rfc, _, section = statement.section.partition("-")
    begins = rf'"""RFC {rfc} §{re.escape(section)}(?![.\w]*\w)'
    cites = rf"(?<![\w.-]){re.escape(statement.id)}(?![.\w]*\w)"
    return re.match(begins, module) is not None or re.search(cites, module) is not None


def test_every_rule_has_a_home() -> None:
    assert [one.id for one in STATEMENTS.values() if one.state in AT_HOME and not one.home] == []


@pytest.mark.parametrize("statement", AT_ONE, ids=lambda statement: statement.id)
def test_a_home_cites_what_it_is_the_home_of(statement: Statement) -> None:
    assert _cites((PACKAGE / statement.home).read_text(encoding="utf-8"), statement)


@pytest.mark.parametrize(
    ("module", "cites"),
    [
        ('"""RFC 9112 §7.1: the chunked coding."""', True),
        ('"""RFC 9112 §7.1, §7.2: codings."""', True),
        ('"""The chunked coding."""\n# decoded (9112-7.1-4a)\n', True),
        ('"""The chunked coding, RFC 9112 §7.1."""', False),
        ('"""RFC 9112 §7: codings."""', False),
        ('"""RFC 9112 §7.1.1: extensions."""', False),
        ('"""RFC 9112 §7.12: not that one."""', False),
        ("# 9112-7.1-4a.2", False),
        ("# 9112-7.1-4", False),
    ],
)
def test_what_a_citation_is(module: str, cites: bool) -> None:
    assert _cites(module, STATEMENTS["9112-7.1-4a"]) is cites


def test_the_document_links_homes_and_tests_that_exist() -> None:
    rows = [f"row {group}: {row.name}" for group, rows in GROUPS.items() for row in rows[-1:]]
    tests = [*rows, "conformance/test_homes.py::test_what_a_citation_is"]
    results = {identifier: {test: "passed"} for identifier, test in zip(STATEMENTS, tests, strict=False)}
    document = render(results)
    links = re.findall(r"\]\((\.\./[^)]+)\)", document)
    assert len(links) == len(AT_ONE) + len(tests)
    assert all((DOCUMENT.parent / link).is_file() for link in links)
    (name,) = [row for row in rows if row.startswith("row framing: ")]  # its last rows are those of another module
    assert f"[`{name}`](../src/pyhttp/checking/rows/content.py)" in document
