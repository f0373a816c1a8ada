"""Other parsers as second opinions: h11, httptools and waitress read what ours reads (V3)."""

import pytest

from pyhttp.checking.register import STATEMENTS
from tests.conformance.oracles.divergences import DIVERGENCES, Divergence, Right, compare, differing, named
from tests.conformance.oracles.messages import CANARY, requests
from tests.conformance.oracles.readers import READERS, Taken, ours
from tests.conformance.oracles.session import DOCUMENT, Unnamed, divergences, document, main

MESSAGES = 3000
"""For each run of the suite; `nox -s oracles` compares 500,000."""


def test_V3_every_divergence_has_a_name() -> None:
    found = [one for data in requests(1, MESSAGES) for one in divergences(data) if isinstance(one, Unnamed)]
    assert found == []


@pytest.mark.parametrize(
    ("entry", "parser"),
    [
        pytest.param(entry, parser, id=f"{parser}: {entry.name}", marks=pytest.mark.clause(entry.cite))
        for entry in DIVERGENCES
        for parser in entry.parsers
    ],
)
def test_V3_a_named_divergence_still_exists(entry: Divergence, parser: str) -> None:
    data = entry.sample + CANARY
    found = compare(ours(data), READERS[parser](data))
    assert found is not None
    assert named(parser, *found, entry.sample) is entry


@pytest.mark.parametrize("entry", DIVERGENCES, ids=lambda entry: f"{entry.parsers[0]}: {entry.name}")
def test_an_entry_is_about_a_statement(entry: Divergence) -> None:
    assert entry.cite in STATEMENTS
    assert entry.right in Right


def test_the_messages_are_worth_comparing() -> None:
    """A quarter of them at least is taken by each parser, so that agreement says something."""
    taken = dict.fromkeys((*READERS, "ours"), 0)
    for data in requests(2, 500):
        for name, read in (*READERS.items(), ("ours", ours)):
            taken[name] += isinstance(read(data + CANARY), Taken)
    assert all(count > 125 for count in taken.values()), taken


def test_the_document_is_up_to_date() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == document()


def test_what_differs_is_told() -> None:
    one = Taken(b"GET", b"/", b"HTTP/1.1", b"", 10, (), ())
    other = Taken(b"GET", b"/x", b"HTTP/1.1", b"", 11, None, ())
    assert differing(one, other) == "target,end"
    assert differing(one, one) == ""


def test_the_session_reports(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--messages", "50", "--seed", "3"]) == 0
    assert "50 messages" in capsys.readouterr().out
