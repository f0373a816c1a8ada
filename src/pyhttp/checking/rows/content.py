"""RFC 9112 §6, §8, §9.3: content of any method, content that is cut off, and content that no code reads."""

from typing import Final

from pyhttp.checking.rows.model import CANARY, Answer, Closed, HalfClose, Kept, Row, Seen, Send, head, row, served

__all__ = ["ROWS"]


def _post(*lines: str, path: str = "/echo", method: str = "POST") -> bytes:
    return head(f"{method} {path} HTTP/1.1", "Host: a", *lines)


_CHUNKED: Final = b"5\r\nhello\r\n0\r\n\r\n"

_METHODS: Final = (
    *(
        served(
            f"content on {method}",
            f"{cite} 9112-9.3-7b F11",
            _post("Content-Length: 5", method=method) + b"hello",
            Answer(200, seen=Seen(method=method)),
            or_refused=(400, 405, 501),
        )
        for method, cite in (
            ("GET", "9110-9.3.1-6c"),
            ("DELETE", "9110-9.3.5-6c"),
            ("PUT", "9110-2.4-1a"),
            ("PROPFIND", "9110-2.4-1a"),
        )
    ),
    row(
        "content on HEAD",
        "9110-9.3.2-3c 9110-9.3.2-1a 9112-9.3-7b F11 F16",
        Send(_post("Content-Length: 5", method="HEAD") + b"hello"),
        Answer(200, method="HEAD"),
        Kept(),
        or_else=[(Send(_post("Content-Length: 5", method="HEAD") + b"hello"), Answer(400, method="HEAD"), Closed())],
    ),
    served(
        "chunked content on GET",
        "9110-9.3.1-6c 9112-9.3-7b F11",
        _post("Transfer-Encoding: chunked", method="GET") + _CHUNKED,
        Answer(200, seen=Seen(method="GET")),
        or_refused=(400,),
    ),
)


def _cut_off(name: str, cites: str, data: bytes) -> Row:
    """A row for a client that ends its side too early: no success, then the end; an answer is not required."""
    return row(
        name,
        f"9112-6.3-2.6.1b 9112-8-1a 9112-9.3.1-1b F10 {cites}".rstrip(),
        Send(data),
        HalfClose(),
        Answer(400, also=(408, 500)),
        Closed(),
        or_else=[(Send(data), HalfClose(), Closed())],
    )


_CUT: Final = (
    _cut_off("content cut off", "", _post("Content-Length: 10") + b"hello"),
    _cut_off("content missing", "", _post("Content-Length: 10")),
    _cut_off("a chunk cut off", "", _post("Transfer-Encoding: chunked") + b"a\r\nhello"),
    _cut_off("chunk data without its CRLF", "", _post("Transfer-Encoding: chunked") + b"5\r\nhello"),
    _cut_off("no last chunk", "", _post("Transfer-Encoding: chunked") + b"5\r\nhello\r\n"),
    _cut_off("no end of the trailer section", "", _post("Transfer-Encoding: chunked") + b"5\r\nhello\r\n0\r\n"),
    _cut_off("half of the last CRLF", "", _post("Transfer-Encoding: chunked") + b"5\r\nhello\r\n0\r\n\r"),
    _cut_off("a head cut off", "9110-5.3-6a", b"GET /echo HTTP/1.1\r\nHost: a\r\n"),
    _cut_off("a request line cut off", "9110-5.3-6a", b"GET /ec"),
    _cut_off("a head cut off in its last CRLF", "9110-5.3-6a", b"GET /echo HTTP/1.1\r\nHost: a\r\n\r"),
    row("nothing at all", "9112-9.3.1-1b 9112-9.5-2b L6", HalfClose(), Closed()),
    row("an empty line and nothing more", "9112-9.3.1-1b 9112-9.5-2b", Send(b"\r\n"), HalfClose(), Closed()),
    row(
        "a whole request and then the end",
        "9112-9.3.1-1b C11",
        Send(_post("Content-Length: 5") + b"hello"),
        HalfClose(),
        Answer(200, seen=Seen(content=b"hello")),
        Closed(),
    ),
    row(
        "two requests and then the end",
        "9112-9.3.1-1b 9112-9.3.2-1b.2",
        Send(CANARY * 2),
        HalfClose(),
        Answer(200),
        Answer(200, seen=Seen(method="GET", query="canary")),
        Closed(),
        or_else=[(Send(CANARY * 2), HalfClose(), Answer(200), Closed()), (Send(CANARY * 2), HalfClose(), Closed())],
    ),
    row("the end after an answer", "9112-9.5-2b 9112-9.3.1-1b", Send(CANARY), Answer(200), HalfClose(), Closed()),
    row(
        "a request cut off behind a whole one",
        "9112-8-1a F10",
        Send(CANARY + b"GET /echo HTT"),
        HalfClose(),
        Answer(200),
        Answer(400),
        Closed(),
        or_else=[(Send(CANARY + b"GET /echo HTT"), HalfClose(), Answer(200), Closed())],
    ),
)

_BROKEN: Final = b"zz\r\nhello\r\n0\r\n\r\n" + CANARY

_UNREAD: Final = (
    served("content nobody reads", "9112-9.3-7b F11", _post("Content-Length: 5", path="/ignore") + b"hello"),
    served("chunks nobody reads", "9112-9.3-7b F11", _post("Transfer-Encoding: chunked", path="/ignore") + _CHUNKED),
    served(
        "a request within content nobody reads",
        "9112-9.3-7b F11",
        _post(f"Content-Length: {len(CANARY)}", path="/ignore") + CANARY,
    ),
    served(
        "content of which one byte is read",
        "9112-9.3-7b F11",
        _post("Content-Length: 5", path="/some") + b"hello",
        Answer(200, content=b"read h\n"),
    ),
    served(
        "content nobody reads, not found",
        "9112-9.3-7b F11",
        _post("Content-Length: 5", path="/status/404") + b"hello",
        Answer(404),
    ),
    served(
        "content nobody reads, 304",
        "9112-9.3-7b F11",
        _post("Content-Length: 5", path="/unchanged", method="GET") + b"hello",
        Answer(304),
        or_refused=(400,),
    ),
    served(
        "content read after the head of the answer",
        "9112-9.3-7b F11",
        _post("Content-Length: 5", path="/late") + b"hello",
        Answer(200, content=b"first\n5\n"),
    ),
    row(
        "content nobody reads comes late",
        "9112-9.3-7b F11",
        Send(_post("Content-Length: 5", path="/ignore")),
        Answer(200),
        Send(b"hello"),
        Kept(),
        or_else=[(Send(_post("Content-Length: 5", path="/ignore")), Answer(200), Closed())],
        needs="early",
    ),
    row(
        "more content than anybody drains",
        "9112-9.3-7b 9112-9.6-7b F11 D15",
        Send(_post("Content-Length: 1000000", path="/ignore") + CANARY * 2000),
        Answer(200),
        Closed(),
        needs="drain-limit",
    ),
    row(
        "broken chunks that nobody reads",
        "9112-9.3-7b F11 F13",
        Send(_post("Transfer-Encoding: chunked", path="/ignore")),
        Answer(200),
        Send(_BROKEN),
        Closed(),
        or_else=[
            (
                Send(_post("Transfer-Encoding: chunked", path="/ignore")),
                Answer(200),
                Send(_BROKEN),
                Answer(400),
                Closed(),
            )
        ],
        needs="early",
    ),
)

ROWS: Final[tuple[Row, ...]] = (*_METHODS, *_CUT, *_UNREAD)
