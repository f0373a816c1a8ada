"""The report on the octets of a client."""

import pytest

from pyhttp.checking.rows.all_rows import ROWS
from pyhttp.checking.rows.model import Answer, Row, Send
from pyhttp.explaining.model import Field, Reading, Request
from pyhttp.explaining.requests import read_requests
from pyhttp.limits import Limits

GOOD = b"GET /a?b HTTP/1.1\r\nHost: h\r\n\r\n"
TRACE = b"TRACE / HTTP/1.1\r\nHost: a\r\n\r\n"


def sole(data: bytes) -> Request:
    reading = read_requests(data)
    (request,) = reading.messages
    assert isinstance(request, Request)
    assert (reading.refusal, reading.unread) == (None, 0)
    return request


def marked(reading: Reading, data: bytes) -> bytes:
    """The octets from the octet at fault on."""
    assert reading.refusal is not None
    assert reading.refusal.offset is not None
    return data[reading.refusal.offset :]


def test_a_request_in_its_parts() -> None:
    request = sole(GOOD)
    assert (request.method, request.target, request.version) == ("GET", "/a?b", "HTTP/1.1")
    assert (request.path, request.query, request.authority) == ("/a", "b", "h")
    assert (request.offset, request.end, request.complete) == (0, len(GOOD), True)
    assert request.fields == (Field("Host", "h"),)


@pytest.mark.parametrize(
    ("target", "form"),
    [("/", "origin"), ("http://x/", "absolute"), ("*", "asterisk")],
)
def test_the_form_of_a_target(target: str, form: str) -> None:
    assert sole(f"OPTIONS {target} HTTP/1.1\r\nHost: a\r\n\r\n".encode()).form.startswith(f"{form} form (RFC 9112 §3.2")


@pytest.mark.parametrize(
    ("line", "content", "kind", "item", "seen"),
    [
        ("Content-Length: 5", b"hello", "length", 6, b"hello"),
        ("Content-Length: 0", b"", "none", 6, b""),
        ("X: y", b"", "none", 7, b""),
        ("Transfer-Encoding: chunked", b"3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n", "chunked", 4, b"hello"),
    ],
)
def test_why_content_ends(line: str, content: bytes, kind: str, item: int, seen: bytes) -> None:
    request = sole(f"POST / HTTP/1.1\r\nHost: a\r\n{line}\r\n\r\n".encode() + content)
    assert (request.framing.kind, request.framing.clause) == (kind, f"RFC 9112 §6.3 item {item}")
    assert request.content == seen


def test_trailers() -> None:
    data = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: 1\r\nHost: b\r\n\r\n"
    assert sole(data).trailers == (Field("X", "1"),)


@pytest.mark.parametrize(
    ("version", "line", "persistent", "why"),
    [
        ("HTTP/1.1", "X: y", True, "HTTP/1.1 without Connection: close"),
        ("HTTP/1.1", "Connection: Close, x", False, "Connection: close"),
        ("HTTP/1.0", "X: y", False, "HTTP/1.0 without Connection: keep-alive"),
        ("HTTP/1.0", "Connection: keep-alive", True, "HTTP/1.0 with Connection: keep-alive"),
    ],
)
def test_why_a_connection_goes_on(version: str, line: str, persistent: bool, why: str) -> None:
    request = sole(f"GET / {version}\r\nHost: a\r\n{line}\r\n\r\n".encode())
    assert request.persistent is persistent
    assert request.persistence.startswith(why)


def test_what_follows_the_last_request_is_never_read() -> None:
    closing = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    reading = read_requests(GOOD + closing + GOOD)
    assert [message.offset for message in reading.messages] == [0, len(GOOD)]
    assert (reading.refusal, reading.unread) == (None, len(GOOD))


def test_an_empty_line_between_requests_is_told() -> None:
    reading = read_requests(GOOD + b"\r\n" + GOOD)
    requests = [one for one in reading.messages if isinstance(one, Request)]
    assert [(one.offset, one.empty_line) for one in requests] == [(0, False), (len(GOOD) + 2, True)]


@pytest.mark.parametrize(("content", "waits"), [(b"", True), (b"hello", False)])
def test_whether_100_is_sent(content: bytes, waits: bool) -> None:
    head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"
    (request,) = read_requests(head + content).messages
    assert isinstance(request, Request)
    assert request.continued is waits


@pytest.mark.parametrize(
    ("data", "status", "clause", "behind"),
    [
        (b"GET / HTTP/1.1\nHost: a\r\n\r\n", 400, "RFC 9112 §2.2", b"\nHost: a\r\n\r\n"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, "RFC 9112 §3.2", b"Host: b\r\n\r\n"),
        (b"GET / HTTP/1.1\r\n\r\n", 400, "RFC 9112 §3.2", b"\r\n"),
        (b"GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400, "RFC 9112 §3.2.4", b"* HTTP/1.1\r\nHost: a\r\n\r\n"),
        (
            b"TRACE / HTTP/1.1\r\nHost: a\r\n\r\n",
            405,
            "RFC 9110 §9.3.6, §9.3.8",
            b"TRACE / HTTP/1.1\r\nHost: a\r\n\r\n",
        ),
        (b"GET / HTTP/1.1\r\nHost: a\r\nExpect: x\r\n\r\n", 417, "RFC 9110 §10.1.1", b"Expect: x\r\n\r\n"),
        (b"\x16\x03\x01", 400, "RFC 9112 §2.2", b"\x16\x03\x01"),
    ],
)
def test_what_is_refused_and_where(data: bytes, status: int, clause: str, behind: bytes) -> None:
    for before in (b"", GOOD):
        reading = read_requests(before + data)
        assert reading.refusal is not None
        assert (reading.refusal.status, reading.refusal.clause) == (status, clause)
        assert marked(reading, before + data) == behind
        assert len(reading.messages) == bool(before)
        assert reading.unread == len(behind)


def test_an_error_within_content_keeps_what_came_before() -> None:
    data = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nx\r\n"
    reading = read_requests(data)
    (request,) = reading.messages
    assert (request.content, request.complete) == (b"hello", False)
    assert marked(reading, data) == b"x\r\n"


@pytest.mark.parametrize("data", [b"GET / HTT", GOOD[:-1], b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx"])
def test_what_ends_too_early_is_refused_at_its_end(data: bytes) -> None:
    reading = read_requests(GOOD + data)
    assert reading.refusal is not None
    assert (reading.refusal.offset, reading.refusal.status, reading.unread) == (None, 400, 0)
    assert reading.refusal.clause == "RFC 9112 §8"


def test_limits_and_tls_are_those_of_the_server() -> None:
    reading = read_requests(GOOD, Limits(request_line=10))
    assert reading.refusal is not None
    assert (reading.refusal.status, reading.refusal.offset) == (414, 10)
    data = b"GET https://a/ HTTP/1.1\r\nHost: a\r\n\r\n"
    assert read_requests(data).refusal is not None
    assert read_requests(data, secure=True).refusal is None


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_refusal_of_the_rows_names_its_clause_and_its_octet(row: Row) -> None:
    """The explanation tells what the server does: it names the first error among the answers."""
    data = b"".join(step.data for step in row.steps if isinstance(step, Send))
    reading = read_requests(data)
    if reading.refusal is None:
        return
    assert reading.refusal.clause
    assert reading.refusal.offset is not None or reading.refusal.clause == "RFC 9112 §8"
    errors = [step.status for step in row.steps if isinstance(step, Answer) and step.status >= 400]
    if reading.refusal.offset is not None and not row.extra_needs and errors:
        assert reading.refusal.status in errors
