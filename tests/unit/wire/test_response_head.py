"""Status lines and header sections as bytes."""

from http import HTTPStatus

import pytest

from pyhttp.errors import Misuse
from pyhttp.phrases import reason_phrase
from pyhttp.wire.response_head import serialize_head, status_line


@pytest.mark.clause("9110-6.2-7a", "9112-4-9b")
@pytest.mark.parametrize(
    ("status", "line"),
    [(200, b"200 OK"), (404, b"404 Not Found"), (100, b"100 Continue"), (299, b"299 "), (599, b"599 ")],
)
def test_the_status_line(status: int, line: bytes) -> None:
    """The line has our version, three digits, and a space even where the reason is empty."""
    assert status_line(status) == b"HTTP/1.1 " + line + b"\r\n"
    assert serialize_head(status) == b"HTTP/1.1 " + line + b"\r\n\r\n"


def test_every_registered_status_has_its_phrase() -> None:
    for status in HTTPStatus:
        assert serialize_head(status) == f"HTTP/1.1 {status.value} {reason_phrase(status)}\r\n\r\n".encode()


def test_a_reason_of_its_own_stands_instead() -> None:
    assert serialize_head(404, reason="Not here") == b"HTTP/1.1 404 Not here\r\n\r\n"


@pytest.mark.clause("9112-2.2-4a")
@pytest.mark.parametrize("reason", ["Not\r\nhere: x", "\r", "a\nb"])
def test_S11_a_reason_never_splits_a_response(reason: str) -> None:
    with pytest.raises(Misuse, match="line end"):
        serialize_head(404, reason=reason)


def test_a_reason_that_is_not_latin_1_is_a_fault() -> None:
    assert serialize_head(404, reason="\xe9") == b"HTTP/1.1 404 \xe9\r\n\r\n"
    with pytest.raises(Misuse, match="ISO-8859-1"):
        serialize_head(404, reason="\u0161")


def test_lines_follow_in_order() -> None:
    assert serialize_head(200, b"A: b\r\n", b"", b"C: d\r\n") == b"HTTP/1.1 200 OK\r\nA: b\r\nC: d\r\n\r\n"
