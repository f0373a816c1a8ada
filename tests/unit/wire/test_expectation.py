"""The expectations of a client."""

import pytest

from pyhttp.errors import ExpectationFailed
from pyhttp.messages import RequestHead
from pyhttp.semantics.fields import Headers
from pyhttp.wire.events import Informational
from pyhttp.wire.expectation import expects_continue, invitation


def ask(*values: str, version: str = "HTTP/1.1") -> bool:
    fields = Headers([("Expect", value) for value in values])
    return expects_continue(RequestHead("POST", "/", "/", "", "a", version, fields))


@pytest.mark.clause("9110-10.1.1-14a", "9110-10.1.1-13.1a")
@pytest.mark.parametrize(
    "values", [("100-continue",), ("100-Continue",), ("100-CONTINUE", "100-continue"), (",100-continue",)]
)
def test_F14_100_continue_in_any_case_and_not_in_1_0(values: tuple[str, ...]) -> None:
    """F14: HTTP/1.0 gets no 1xx."""
    assert ask(*values)
    assert ask(*values, version="HTTP/1.2")
    assert not ask(*values, version="HTTP/1.0")


@pytest.mark.parametrize("values", [(), ("",), (",",)])
def test_nothing_is_expected(values: tuple[str, ...]) -> None:
    assert not ask(*values)


@pytest.mark.clause("9110-10.1.1-5a")
@pytest.mark.parametrize(
    "values",
    [
        ("200-ok",),
        ("100-continue, x",),
        ("100-continue", "x"),
        ("100-continue=1",),
        ("100-continue;a",),
        ('"100-continue"',),
    ],
)
def test_F14_anything_else_is_417(values: tuple[str, ...]) -> None:
    """F14: this holds for any version, since the server knows no way to meet another expectation."""
    for version in ("HTTP/1.0", "HTTP/1.1"):
        with pytest.raises(ExpectationFailed):
            ask(*values, version=version)


@pytest.mark.clause("9110-10.1.1-13.2a")
def test_nothing_is_awaited_where_100_would_tell_nothing() -> None:
    head = RequestHead("POST", "/", "/", "", "a", "HTTP/1.1", Headers({"Expect": "100-continue"}))
    assert not expects_continue(head, needless=True)


class _Client:
    """A client that waits for 100, or that does not wait."""

    def __init__(self, *, waits: bool) -> None:
        self.awaiting_continue = waits

    def send(self, event: Informational, /) -> bytes:
        return b"%d" % event.status


@pytest.mark.clause("9110-10.1.1-14a")
@pytest.mark.parametrize(("waits", "said"), [(True, b"100"), (False, b"")])
def test_F14_who_waits_is_invited(*, waits: bool, said: bytes) -> None:
    assert invitation(_Client(waits=waits)) == said
