"""RFC 9112 §2.2, §2.3, §3: line ends, the request line, versions."""

from typing import Final

from pyhttp.checking.rows.model import CANARY, Answer, Closed, Kept, Row, Seen, Send, head, refused, row, served

__all__ = ["ROWS"]

_HOST: Final = b"Host: a\r\n\r\n"

_LINE_ENDS: Final = (
    refused(
        "LF ends the request line", "9112-2.2-3a 9110-2.4-2a S1", b"GET /echo HTTP/1.1\nHost: a\r\n\r\n", or_served=True
    ),
    refused("LF ends a field line", "9112-2.2-3a S1", b"GET /echo HTTP/1.1\r\nX: 1\nHost: a\r\n\r\n", or_served=True),
    refused("LF ends the head", "9112-2.2-3a S1", b"GET /echo HTTP/1.1\r\nHost: a\r\n\n", or_served=True),
    refused("LF ends every line", "9112-2.2-3a S1", b"GET /echo HTTP/1.1\nHost: a\n\n", or_served=True),
    refused("CR ends the request line", "9112-2.2-4b S1", b"GET /echo HTTP/1.1\rHost: a\r\n\r\n"),
    refused("CR within the target", "9112-2.2-4b 9112-3-3a S1", b"GET /echo\r?x HTTP/1.1\r\n" + _HOST),
    refused("CR twice before LF", "9112-2.2-4b S1", b"GET /echo HTTP/1.1\r\r\nHost: a\r\n\r\n", or_served=True),
    refused("two empty lines first", "9112-2.2-6a S2", b"\r\n\r\nGET /echo HTTP/1.1\r\n" + _HOST, or_served=True),
    refused("CR ends the head", "9112-2.2-4b S1", b"GET /echo HTTP/1.1\r\nHost: a\r\n\r\r\n", or_served=True),
)

_EMPTY_LINES: Final = (
    served("an empty line first", "9112-2.2-6a S2", b"\r\nGET /echo HTTP/1.1\r\n" + _HOST),
    row(
        "an empty line between two requests",
        "9112-2.2-6a S2",
        Send(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello\r\n" + CANARY),
        Answer(200, seen=Seen(content=b"hello")),
        Answer(200, seen=Seen(method="GET", query="canary", content=b"")),
        Kept(),
    ),
    refused(
        "LF alone as an empty line first", "9112-2.2-3a S1 S2", b"\nGET /echo HTTP/1.1\r\n" + _HOST, or_served=True
    ),
)

_PARTS: Final = (
    refused(
        "two spaces after the method", "9112-3-3a 9112-3.2-4a S2", b"GET  /echo HTTP/1.1\r\n" + _HOST, or_served=True
    ),
    refused(
        "two spaces after the target", "9112-3-3a 9112-3.2-4a S2", b"GET /echo  HTTP/1.1\r\n" + _HOST, or_served=True
    ),
    refused("a tab after the method", "9112-3-3a S2", b"GET\t/echo HTTP/1.1\r\n" + _HOST, or_served=True),
    refused("a tab after the target", "9112-3-3a S2", b"GET /echo\tHTTP/1.1\r\n" + _HOST, or_served=True),
    refused("a form feed after the target", "9112-3-3a S2", b"GET /echo\x0cHTTP/1.1\r\n" + _HOST, or_served=True),
    refused("a space before the method", "9112-3-3a S2", b" GET /echo HTTP/1.1\r\n" + _HOST, or_served=True),
    refused("a space after the version", "9112-3-3a S2", b"GET /echo HTTP/1.1 \r\n" + _HOST, or_served=True),
    refused("a space within the target", "9112-3.2-4a 9112-3.2-4b S2", b"GET /echo?a b HTTP/1.1\r\n" + _HOST),
    refused("no target", "9112-2.2-9a S2", b"GET HTTP/1.1\r\n" + _HOST),
    refused("an empty target", "9112-2.2-9a S2", b"GET  HTTP/1.1\r\n" + _HOST),
    refused("no method", "9112-2.2-9a S2", b"/echo HTTP/1.1\r\n" + _HOST),
    refused("a fourth part", "9112-2.2-9a S2", b"GET /echo HTTP/1.1 x\r\n" + _HOST),
    refused("a method that is no token", "9112-2.2-9a S3", b"G@T /echo HTTP/1.1\r\n" + _HOST),
    refused("a method of bytes beyond ASCII", "9112-2.2-9a S3", b"G\xc3\x84T /echo HTTP/1.1\r\n" + _HOST),
    refused("NUL in the method", "9112-2.2-9a S3", b"G\0T /echo HTTP/1.1\r\n" + _HOST),
)

_GARBAGE: Final = (
    refused("words", "9112-2.2-9a S2", b"hello there\r\n\r\n"),
    refused("a TLS handshake", "9112-2.2-9a S2", b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03\r\n\r\n"),
    refused("zeros", "9112-2.2-9a S2", b"\0" * 64 + b"\r\n\r\n"),
    refused("a response", "9112-2.2-9a S2", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
    refused(
        "64 bytes without a space",
        "9112-2.2-9a 9110-2.3-1a D1",
        b"x" * 100 + b" /echo HTTP/1.1\r\n" + _HOST,
        also=(501, 405, 404, 200),
    ),
)

_VERSIONS: Final = (
    refused("HTTP/0.9", "9112-C.1-1b S2", b"GET /echo\r\n\r\n"),
    refused("HTTP/0.9 without an empty line", "9112-C.1-1b S2", b"GET /echo\r\n"),
    refused("version in lower case", "9112-2.2-9a S4", b"GET /echo http/1.1\r\n" + _HOST),
    refused("two digits", "9112-2.2-9a S4", b"GET /echo HTTP/1.10\r\n" + _HOST),
    refused("two major digits", "9112-2.2-9a S4", b"GET /echo HTTP/01.1\r\n" + _HOST),
    refused("no minor digit", "9112-2.2-9a S4", b"GET /echo HTTP/1.\r\n" + _HOST),
    refused("no dot", "9112-2.2-9a S4", b"GET /echo HTTP/11\r\n" + _HOST),
    refused("a comma for the dot", "9112-2.2-9a S4", b"GET /echo HTTP/1,1\r\n" + _HOST),
    refused("a sign", "9112-2.2-9a S4", b"GET /echo HTTP/1.+1\r\n" + _HOST),
    refused("a digit beyond ASCII", "9112-2.2-9a S4", "GET /echo HTTP/1.\u0661\r\n".encode() + _HOST),
    refused("another protocol", "9112-2.2-9a S4", b"GET /echo ICY/1.1\r\n" + _HOST),
    refused("HTTP/2.0", "9110-15.6.6-1c S4", b"GET /echo HTTP/2.0\r\n" + _HOST, 505),
    refused("HTTP/0.9 as a version", "9112-C.1-1b S4", b"GET /echo HTTP/0.9\r\n" + _HOST, 505),
    refused("HTTP/3.0", "9110-15.6.6-1c S4", b"GET /echo HTTP/3.0\r\n" + _HOST, 505),
    served(
        "HTTP/1.2",
        "9110-6.2-8a 9112-2.3-6a 9112-2.3-6b S4",
        head("GET /echo HTTP/1.2", "Host: a"),
        or_refused=(505, 400),
    ),
    served("HTTP/1.9", "9110-6.2-8a S4", head("GET /echo HTTP/1.9", "Host: a"), or_refused=(505, 400)),
    row(
        "HTTP/1.0",
        "9110-6.2-7a 9112-2.3-6b",
        Send(b"GET /echo HTTP/1.0\r\nHost: a\r\n\r\n"),
        Answer(200, version="HTTP/1.0", seen=Seen(method="GET")),
        Closed(),
    ),
)

_METHODS: Final = (
    served(
        "a method in lower case is another method",
        "S3 9110-2.4-1a",
        head("get /echo HTTP/1.1", "Host: a"),
        Answer(200, also=(501, 405, 400), seen=Seen(method="get")),
        or_refused=(400, 405, 501),
    ),
    served(
        "a method of one's own",
        "S3",
        head("X-REPORT.1~ /echo HTTP/1.1", "Host: a"),
        Answer(200, also=(501, 405, 400), seen=Seen(method="X-REPORT.1~")),
        or_refused=(400, 405, 501),
    ),
)

ROWS: Final[tuple[Row, ...]] = (*_LINE_ENDS, *_EMPTY_LINES, *_PARTS, *_GARBAGE, *_VERSIONS, *_METHODS)
