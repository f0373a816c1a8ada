"""The report on the octets of a server."""

import pytest

from pyhttp.explaining.model import Response
from pyhttp.explaining.responses import read_responses

OK = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    ("data", "method", "kind", "item", "content"),
    [
        (OK + b"Content-Length: 2\r\n\r\nhi", "GET", "length", 6, b"hi"),
        (OK + b"Content-Length: 2\r\n\r\n", "HEAD", "none", 1, b""),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", "GET", "chunked", 4, b"hi"),
        (OK + b"\r\nhi", "GET", "until the end of the connection", 8, b"hi"),
        (b"HTTP/1.1 304 Not Modified\r\n\r\n", "GET", "none", 1, b""),
    ],
)
def test_why_content_ends(data: bytes, method: str, kind: str, item: int, content: bytes) -> None:
    reading = read_responses(data, (method,))
    (response,) = reading.messages
    assert (response.framing.kind, response.framing.clause) == (kind, f"RFC 9112 §6.3 item {item}")
    assert (response.content, response.complete, response.end) == (content, True, len(data))
    assert (reading.refusal, reading.unread) == (None, 0)


def test_an_interim_response_answers_no_request() -> None:
    data = b"HTTP/1.1 100 Continue\r\n\r\n" + OK + b"Content-Length: 9\r\n\r\n" + OK + b"Content-Length: 2\r\n\r\nhi"
    reading = read_responses(data, ("HEAD",))
    statuses = [(one.status, one.content) for one in reading.messages if isinstance(one, Response)]
    assert statuses == [(100, b""), (200, b""), (200, b"hi")]


def test_what_is_no_response_is_told_behind_what_was_read() -> None:
    good = OK + b"Content-Length: 2\r\n\r\nhi"
    reading = read_responses(good + OK + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n")
    assert reading.refusal is not None
    assert (len(reading.messages), reading.refusal.clause, reading.refusal.line_offset) == (1, "9112-6.2-2a", len(good))
    assert reading.unread == reading.octets - len(good)


def test_what_is_cut_off_is_told() -> None:
    reading = read_responses(OK + b"Content-Length: 9\r\n\r\nhi")
    assert [message.complete for message in reading.messages] == [False]
    assert reading.refusal is not None
    assert reading.refusal.rule == "the content is cut off"
