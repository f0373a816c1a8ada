"""RFC 9112 §6: where the content of a request ends."""

from typing import Final

from tests.conformance.rows.model import (
    CANARY,
    Answer,
    Closed,
    HalfClose,
    Kept,
    Row,
    Seen,
    Send,
    head,
    refused,
    row,
    served,
)

__all__ = ["ROWS"]


def _post(*lines: str, path: str = "/echo", version: str = "HTTP/1.1", method: str = "POST") -> bytes:
    return head(f"{method} {path} {version}", "Host: a", *lines)


_CHUNKED: Final = b"5\r\nhello\r\n0\r\n\r\n"

_LENGTHS: Final = (
    served(
        "content", "9110-2.4-1a F3", _post("Content-Length: 5") + b"hello", Answer(200, seen=Seen(content=b"hello"))
    ),
    served("no content", "9110-2.4-1a", _post("Content-Length: 0"), Answer(200, seen=Seen(content=b""))),
    served(
        "no length means no content", "9110-2.4-1a F11", _post(), Answer(200, seen=Seen(content=b"")), or_refused=(411,)
    ),
    served(
        "leading zeros",
        "9110-8.6-10b F3",
        _post("Content-Length: 0000000000000000000000000000005") + b"hello",
        Answer(200, seen=Seen(content=b"hello")),
        or_refused=(400,),
    ),
    served(
        "content that looks like a request",
        "9112-9.3-7b F11",
        _post(f"Content-Length: {len(CANARY)}") + CANARY,
        Answer(200, seen=Seen(content=CANARY)),
    ),
    served(
        "content of every byte",
        "9112-2.2-2a",
        _post("Content-Length: 256") + bytes(range(256)),
        Answer(200, seen=Seen(content=bytes(range(256)))),
    ),
    *(
        refused(
            f"Content-Length: {value!r}",
            "9112-6.3-2.5.1a 9112-6.3-2.5.1b F3",
            _post(f"Content-Length:{value}") + b"hello",
        )
        for value in (
            "",
            " ",
            " +5",
            " -5",
            " 5_0",
            " 0x5",
            " 5 5",
            " 5.0",
            " 5e0",
            " five",
            " \xb5",
            " \xb2",
            " 5;",
            ' "5"',
        )
    ),
    refused(
        "a digit beyond ASCII",
        "9112-6.3-2.5.1b F3",
        b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: " + "\u0665".encode() + b"\r\n\r\nhello",
    ),
    refused(
        "a length beyond 64 bits",
        "9110-8.6-10b F3",
        _post("Content-Length: 18446744073709551621") + b"hello",
        also=(413,),
        or_awaited=True,
    ),
    refused(
        "a length beyond 63 bits",
        "9110-8.6-10b F3",
        _post("Content-Length: 9223372036854775808") + b"hello",
        also=(413,),
        or_awaited=True,
    ),
    refused(
        "a length of 1000 digits",
        "9110-8.6-10b F3",
        _post("Content-Length: " + "9" * 1000) + b"hello",
        also=(413,),
        or_awaited=True,
    ),
    refused(
        "a length over the limit",
        "9110-15.5.14-1b 9110-15.5.14-1b.2 9110-17.5-4a D5 F3",
        _post("Content-Length: 9223372036854775807") + b"hello",
        413,
        also=(400,),
        or_served=False,
    ),
    refused("two lengths", "9112-6.3-2.5.1b F2", _post("Content-Length: 5", "Content-Length: 6") + b"hello"),
    refused(
        "two equal lengths",
        "9110-8.6-13a.2 9112-6.3-2.5.1a F2",
        _post("Content-Length: 5", "Content-Length: 5") + b"hello",
        or_served=True,
    ),
    refused("a list of equal lengths", "9110-8.6-13a.2 F2", _post("Content-Length: 5, 5") + b"hello", or_served=True),
    refused("a list of two lengths", "9112-6.3-2.5.1b F2", _post("Content-Length: 5, 6") + b"hello"),
    refused("a length and a comma", "9112-6.3-2.5.1a F2", _post("Content-Length: 5,") + b"hello", or_served=True),
)

_CODINGS: Final = (
    served(
        "chunked in any case",
        "9112-6.1-4a F4",
        _post("Transfer-Encoding: ChunKED") + _CHUNKED,
        Answer(200, seen=Seen(content=b"hello")),
    ),
    *(
        refused(f"Transfer-Encoding: {value}", cites, _post(f"Transfer-Encoding: {value}") + _CHUNKED, 400, also=(501,))
        for value, cites in (
            ("gzip", "9112-6.3-2.4.3a F4"),
            ("identity", "9112-6.3-2.4.3a F4"),
            ("chunked, gzip", "9112-6.3-2.4.3a F4"),
            ("chunked, identity", "9112-6.3-2.4.3a F4"),
            ("chunked, chunked", "9112-6.1-4a F4"),
            ("chunked;q=1", "9112-7.1-6b F4"),
            ('"chunked"', "9112-6.3-2.4.3a F4"),
            ("chunkedx", "9112-6.3-2.4.3a F4"),
            ("xchunked", "9112-6.3-2.4.3a F4"),
            ("chun ked", "9112-6.3-2.4.3a F4"),
            ("chunked\xa0", "9112-6.3-2.4.3a F4 S7"),
        )
    ),
    refused("an empty Transfer-Encoding", "9112-6.3-2.4.3a F4", _post("Transfer-Encoding:") + _CHUNKED, also=(501,)),
    refused("chunked and a comma", "F4", _post("Transfer-Encoding: chunked,") + _CHUNKED, or_served=True),
    refused("a comma and chunked", "F4", _post("Transfer-Encoding: , chunked") + _CHUNKED, or_served=True),
    refused(
        "chunked twice, in two lines",
        "F4",
        _post("Transfer-Encoding: chunked", "Transfer-Encoding: chunked") + _CHUNKED,
        also=(501,),
    ),
    refused("gzip, chunked", "9112-6.1-11a F4", _post("Transfer-Encoding: gzip, chunked") + _CHUNKED, 501, also=(400,)),
    refused(
        "a coding nobody knows, then chunked",
        "9112-6.1-11a F4",
        _post("Transfer-Encoding: xyz, chunked") + _CHUNKED,
        501,
        also=(400,),
    ),
    refused(
        "the same in two lines",
        "9112-6.1-11a F4",
        _post("Transfer-Encoding: xyz", "Transfer-Encoding: chunked") + _CHUNKED,
        501,
        also=(400,),
    ),
)

_BOTH_CITES: Final = "9112-6.1-15a 9112-6.1-15b 9112-6.3-2.3.1b F1"


def _both(name: str, *lines: str) -> Row:
    """A request with both length fields: refused, or served by its chunks and closed; never kept."""
    data = _post(*lines) + _CHUNKED
    by_chunks = (Send(data + CANARY), Answer(200, seen=Seen(content=b"hello")), Closed())
    return row(name, _BOTH_CITES, Send(data + CANARY), Answer(400), Closed(), or_else=[by_chunks])


_BOTH: Final = (
    _both("Content-Length, then Transfer-Encoding", "Content-Length: 5", "Transfer-Encoding: chunked"),
    _both("Transfer-Encoding, then Content-Length", "Transfer-Encoding: chunked", "Content-Length: 5"),
    _both("both lengths equal", "Content-Length: 15", "Transfer-Encoding: chunked"),
    _both("Content-Length: 0 beside chunked", "Content-Length: 0", "Transfer-Encoding: chunked"),
    refused(
        "an invalid length beside chunked",
        "9112-6.1-15b F1",
        _post("Content-Length: x", "Transfer-Encoding: chunked") + _CHUNKED,
    ),
    refused(
        "a length beside a coding nobody knows",
        "9112-6.1-15b F1",
        _post("Content-Length: 5", "Transfer-Encoding: xyz") + b"hello",
        also=(501,),
    ),
    refused(
        "Transfer-Encoding in HTTP/1.0",
        "9112-6.1-16a F5",
        _post("Transfer-Encoding: chunked", "Connection: keep-alive", version="HTTP/1.0") + _CHUNKED,
    ),
    refused(
        "Transfer-Encoding and Content-Length in HTTP/1.0",
        "9112-6.1-16a F1 F5",
        _post("Content-Length: 5", "Transfer-Encoding: chunked", "Connection: keep-alive", version="HTTP/1.0")
        + _CHUNKED,
    ),
)

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
    """The client ends its side too early: no success, then the end; an answer is not a must."""
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
        Send(_post() + CANARY),
        HalfClose(),
        Answer(200),
        Answer(200, seen=Seen(query="canary")),
        Closed(),
        or_else=[(Send(_post() + CANARY), HalfClose(), Answer(200), Closed())],
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
        Send(b"zz\r\nhello\r\n0\r\n\r\n" + CANARY),
        Closed(),
        needs="early",
    ),
)

ROWS: Final[tuple[Row, ...]] = (*_LENGTHS, *_CODINGS, *_BOTH, *_METHODS, *_CUT, *_UNREAD)
