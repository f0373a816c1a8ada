"""One response: its framing fields, and content that keeps to them."""

import pytest

from pyhttp.errors import Misuse
from pyhttp.semantics.fields import EMPTY, Headers
from pyhttp.wire.events import ResponseHead
from pyhttp.wire.framing import Sized
from pyhttp.wire.sender import ResponseSender

CL = "Content-Length"


def sender(
    status: int, length: int | None, *fields: tuple[str, str], method: str = "GET", version: str = "HTTP/1.1"
) -> ResponseSender:
    return ResponseSender(ResponseHead(status, Headers.parsed(fields), length), method, version)


def lines(response: ResponseSender, connection: bytes = b"") -> list[bytes]:
    return response.head(connection).split(b"\r\n")[1:-2]


@pytest.mark.clause(
    "9112-6.2-2a",
    "9112-6.3-3a",
    "9110-8.6-6a",
    "9110-8.6-7a",
    "9110-8.6-8a",
    "9110-8.6-9a",
    "9112-6.1-10a",
    "9110-15.3.6-3a",
)
@pytest.mark.parametrize(
    ("method", "version", "status", "length", "stated", "expected"),
    [
        ("GET", "HTTP/1.1", 200, 5, None, [b"Content-Length: 5"]),
        ("GET", "HTTP/1.1", 200, 0, None, [b"Content-Length: 0"]),
        ("GET", "HTTP/1.1", 200, None, None, [b"Transfer-Encoding: chunked"]),
        ("GET", "HTTP/1.1", 200, 5, "5", [b"Content-Length: 5"]),
        ("GET", "HTTP/1.1", 200, None, "5", [b"Content-Length: 5"]),
        ("GET", "HTTP/1.0", 200, None, "5", [b"Content-Length: 5"]),
        ("GET", "HTTP/1.0", 200, 5, None, [b"Content-Length: 5"]),
        ("GET", "HTTP/1.0", 200, None, None, []),
        ("", "", 400, 5, None, [b"Content-Length: 5"]),
        ("", "", 400, None, None, []),
        ("HEAD", "HTTP/1.1", 200, 5, None, [b"Content-Length: 5"]),
        ("HEAD", "HTTP/1.1", 200, 0, None, [b"Content-Length: 0"]),
        ("HEAD", "HTTP/1.1", 200, None, None, []),
        ("HEAD", "HTTP/1.1", 200, 0, "5", [b"Content-Length: 5"]),
        ("HEAD", "HTTP/1.1", 204, 0, None, []),
        ("HEAD", "HTTP/1.1", 304, 0, None, []),
        ("HEAD", "", 400, 7, None, [b"Content-Length: 7"]),
        ("GET", "HTTP/1.1", 204, 0, None, []),
        ("GET", "HTTP/1.1", 204, None, None, []),
        ("GET", "HTTP/1.1", 304, 0, None, []),
        ("GET", "HTTP/1.1", 304, None, None, []),
        ("GET", "HTTP/1.1", 304, 5, None, [b"Content-Length: 5"]),
        ("GET", "HTTP/1.1", 304, 0, "5", [b"Content-Length: 5"]),
        ("GET", "HTTP/1.1", 205, None, None, [b"Content-Length: 0"]),
        ("GET", "HTTP/1.1", 205, 0, None, [b"Content-Length: 0"]),
        ("GET", "HTTP/1.1", 205, 0, "0", [b"Content-Length: 0"]),
    ],
)
def test_F16_the_framing_fields(
    method: str, version: str, status: int, length: int | None, stated: str | None, expected: list[bytes]
) -> None:
    """F16: an answer has exactly one framing, or none where it has no content."""
    fields = () if stated is None else ((CL, stated),)
    response = sender(status, length, *fields, method=method, version=version)
    assert lines(response, b"Connection: close\r\n") == [*expected, b"Connection: close"]
    assert lines(response) == expected


def test_a_stated_length_may_be_spelled_in_any_case() -> None:
    assert lines(sender(200, 5, ("A", "b"), ("content-length", "5"))) == [b"A: b", b"content-length: 5"]


def test_only_content_length_states_a_length() -> None:
    """Another field with a name of the same length says nothing about the framing."""
    assert lines(sender(200, 5, ("X-Total-Number", "7"))) == [b"X-Total-Number: 7", b"Content-Length: 5"]


@pytest.mark.parametrize("status", [0, 100, 199, 600, 1000, -200])
def test_a_final_status_is_final(status: int) -> None:
    with pytest.raises(Misuse, match="status"):
        sender(status, 0)
    for final in (200, 599):
        assert sender(final, 0).framing == Sized(0)


@pytest.mark.parametrize(
    ("status", "length", "stated"),
    [(200, 5, "6"), (200, 0, "6"), (205, 5, None), (205, 0, "5"), (205, None, "5"), (204, 0, "0")],
)
def test_a_length_that_is_not_true_is_misuse(status: int, length: int | None, stated: str | None) -> None:
    with pytest.raises(Misuse):
        sender(status, length, *(() if stated is None else ((CL, stated),)))


def test_sized_content_is_the_very_object() -> None:
    response = sender(200, 10)
    content = bytes(6)
    assert response.content(content) is content
    response.elsewhere(4)
    assert response.end(EMPTY) == b""


def test_F16_sized_content_keeps_to_its_length() -> None:
    """F16: Content-Length equals the octets sent."""
    response = sender(200, 3)
    with pytest.raises(Misuse, match="4 octets where 3 are left"):
        response.content(b"abcd")
    with pytest.raises(Misuse):
        response.elsewhere(4)
    with pytest.raises(Misuse):
        response.elsewhere(-1)
    assert response.content(b"ab") == b"ab"
    with pytest.raises(Misuse, match="1 octets before"):
        response.end(EMPTY)
    assert response.content(b"") == b""
    response.elsewhere(1)
    assert response.end(EMPTY) == b""


def test_chunked_content() -> None:
    response = sender(200, None)
    assert response.content(b"abc") == b"3\r\nabc\r\n"
    assert response.content(b"") == b""
    with pytest.raises(Misuse, match="elsewhere"):
        response.elsewhere(1)
    assert response.end(Headers({"A": "b"})) == b"0\r\nA: b\r\n\r\n"


@pytest.mark.clause("9110-6.5.1-5a")
def test_content_until_the_close() -> None:
    response = sender(200, None, version="HTTP/1.0")
    assert response.content(b"abc") == b"abc"
    with pytest.raises(Misuse):
        response.elsewhere(1)
    assert response.end(Headers({"A": "b"})) == b""


@pytest.mark.clause("9110-9.3.2-1a")
def test_F16_head_gets_no_octets_where_get_would() -> None:
    """F16: the code path of a GET serves HEAD."""
    response = sender(200, 3, method="HEAD")
    assert response.content(b"abc") == b""
    with pytest.raises(Misuse):
        response.elsewhere(3)
    assert response.end(EMPTY) == b""


@pytest.mark.parametrize("status", [204, 304])
def test_F16_a_status_without_content_gets_none(status: int) -> None:
    response = sender(status, None)
    assert response.content(b"") == b""
    with pytest.raises(Misuse, match="no content"):
        response.content(b"a")
    assert response.end(EMPTY) == b""


def test_F16_a_205_has_no_octets() -> None:
    response = sender(205, 0)
    with pytest.raises(Misuse):
        response.content(b"a")
    assert response.end(EMPTY) == b""
