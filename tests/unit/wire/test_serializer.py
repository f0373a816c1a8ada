"""Status lines and header sections as bytes."""

from http import HTTPStatus

import pytest

from pyhttp.errors import Misuse
from pyhttp.semantics.statuses import reason_phrase
from pyhttp.wire.serializer import serialize_head


@pytest.mark.clause("9110-6.2-7a", "9112-4-9b")
@pytest.mark.parametrize(
    ("status", "line"),
    [(200, b"200 OK"), (404, b"404 Not Found"), (100, b"100 Continue"), (299, b"299 "), (599, b"599 ")],
)
def test_the_status_line(status: int, line: bytes) -> None:
    """Our version, three digits, and a space even where the reason is empty."""
    assert serialize_head(status, ()) == b"HTTP/1.1 " + line + b"\r\n\r\n"


def test_every_registered_status_has_its_phrase() -> None:
    for status in HTTPStatus:
        assert serialize_head(status, ()) == f"HTTP/1.1 {status.value} {reason_phrase(status)}\r\n\r\n".encode()


def test_a_reason_of_its_own_stands_instead() -> None:
    assert serialize_head(404, (), "Not here") == b"HTTP/1.1 404 Not here\r\n\r\n"


def test_S11_a_reason_never_splits_a_response() -> None:
    with pytest.raises(Misuse, match="line end"):
        serialize_head(404, (), "Not\r\nhere: x")


@pytest.mark.clause("9110-5.6.3-2b", "9112-2.2-7a")
def test_fields_in_order_with_one_space() -> None:
    fields = (("A", "b"), ("c", ""), ("A", "\xe9\xff"))
    assert serialize_head(200, fields) == b"HTTP/1.1 200 OK\r\nA: b\r\nc: \r\nA: \xe9\xff\r\n\r\n"


@pytest.mark.clause("9112-2.2-4a", "9112-5.2-3a")
@pytest.mark.parametrize("bad", ["a\r\nB: c", "a\rb", "a\nb", "\r\n\r\nbody"])
def test_S11_a_response_is_never_split(bad: str) -> None:
    """S11: a line end in a name or value is a fault of ours, found before the first byte is sent."""
    for fields in ((("A", bad),), ((bad, "a"),)):
        with pytest.raises(Misuse, match="line end"):
            serialize_head(200, fields)


def test_S11_what_is_not_latin_1_is_a_fault() -> None:
    with pytest.raises(Misuse, match="ISO-8859-1"):
        serialize_head(200, (("A", "\u0161"),))
