"""The rows of `pyhttp check`, as a whole."""

import pytest

from pyhttp.checking.rows.model import Answer, Kept, Send, refused, row
from tests.helpers.rows import SNAPSHOT, describe


def test_the_rows_are_what_the_transcripts_say() -> None:
    """Where a row was changed on purpose, `python -m tests.helpers.rows` writes the transcripts anew.

    The difference of the file shows what servers are asked now.
    """
    assert describe().splitlines() == SNAPSHOT.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize(
    ("cites", "goes_on"),
    [
        ("9112-2.2-9a", False),
        ("9112-6.1-15b", False),
        ("9112-6.1-16a", False),
        ("9112-6.3-2.4.3a", False),
        ("9112-6.3-2.5.1a", False),
        ("9112-6.3-2.5.1b", False),
        ("9112-7.1-5c", True),
        ("9112-7.1-5c 9112-6.1-16a", False),
    ],
)
def test_after_an_error_another_server_may_go_on_where_no_statement_asks_for_the_end(cites: str, goes_on: bool) -> None:
    others = refused("x", cites, b"GET /echo HTTP/1.1\r\n\r\n").or_else
    assert any(Kept() in steps for steps in others) is goes_on


@pytest.mark.parametrize(("status", "needs"), [(399, {"echo"}), (400, set())])
def test_a_refusal_has_the_status_of_an_error(status: int, needs: set[str]) -> None:
    assert row("x", "F1", Send(b"GET /echo HTTP/1.1\r\n\r\n"), Answer(500, also=(status,))).needs == needs
