"""RFC 9112 §6: the end of the content of a request."""

from typing import Final

from pyhttp.checking.rows.model import (
    CANARY,
    Answer,
    Closed,
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
        or_awaited=True,
    ),
    refused(
        "a length beyond 63 bits",
        "9110-8.6-10b F3",
        _post("Content-Length: 9223372036854775808") + b"hello",
        or_awaited=True,
    ),
    refused(
        "a length of 1000 digits",
        "9110-8.6-10b F3",
        _post("Content-Length: " + "9" * 1000) + b"hello",
        or_awaited=True,
    ),
    refused(
        "a length over the limit",
        "9110-15.5.14-1b 9110-15.5.14-1b.2 9110-17.5-4a D5 F3",
        _post("Content-Length: 9223372036854775807") + b"hello",
        413,
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
            ("chunked, chunked", "F4"),
            ("chunked;q=1", "9112-7.1-6b F4"),
            ('"chunked"', "9112-6.3-2.4.3a F4"),
            ("chunkedx", "9112-6.3-2.4.3a F4"),
            ("xchunked", "9112-6.3-2.4.3a F4"),
            ("chun ked", "9112-6.3-2.4.3a F4"),
            ("chunked\xa0", "9112-6.3-2.4.3a F4 S7"),
        )
    ),
    refused("an empty Transfer-Encoding", "F4", _post("Transfer-Encoding:") + _CHUNKED),
    refused("chunked and a comma", "F4", _post("Transfer-Encoding: chunked,") + _CHUNKED, or_served=True),
    refused("a comma and chunked", "F4", _post("Transfer-Encoding: , chunked") + _CHUNKED, or_served=True),
    refused(
        "chunked twice, in two lines",
        "F4",
        _post("Transfer-Encoding: chunked", "Transfer-Encoding: chunked") + _CHUNKED,
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
    """A row for a request with both length fields: refused, or served by its chunks and closed; never kept."""
    data = _post(*lines) + _CHUNKED
    by_chunks = (Send(data + CANARY), Answer(200, seen=Seen(content=b"hello")), Closed())
    return row(name, _BOTH_CITES, Send(data + CANARY), Answer(400), Closed(), or_else=[by_chunks])


def _old(name: str, cites: str, *lines: str) -> Row:
    """A row for chunked content in HTTP/1.0: refused, or the end of the connection behind its answer."""
    fields = (*lines, "Transfer-Encoding: chunked", "Connection: keep-alive")
    data = _post(*fields, version="HTTP/1.0") + _CHUNKED + CANARY
    served_and_closed = (Send(data), Answer(200, version="HTTP/1.0"), Closed())
    return row(name, f"9112-6.1-16a {cites}", Send(data), Answer(400), Closed(), or_else=[served_and_closed])


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
    ),
    _old("Transfer-Encoding in HTTP/1.0", "F5"),
    _old("Transfer-Encoding and Content-Length in HTTP/1.0", "F1 F5", "Content-Length: 5"),
)

ROWS: Final[tuple[Row, ...]] = (*_LENGTHS, *_CODINGS, *_BOTH)
