"""Where other parsers and ours part ways: every one by name, with the statement it is about and who is right.

"ours": the RFC leaves no choice, and the other parser makes another one. "either": the RFC allows both. There is no
"theirs", which would be a fault of ours. Each entry has a sample; a test shows that the divergence still exists.
"""

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final

from tests.conformance.oracles.readers import Outcome, Refused, Taken

__all__ = ["DIVERGENCES", "Divergence", "Right", "Side", "compare", "differing", "named"]

_COMPARED: Final = ("method", "target", "version", "content", "end", "fields", "trailers")
H11: Final = ("h11",)
HTTPTOOLS: Final = ("httptools",)
WAITRESS: Final = ("waitress",)
ALL: Final = ("h11", "httptools", "waitress")


class Side(Enum):
    """Who refuses, if anybody."""

    WE_REFUSE = "we refuse"
    THEY_REFUSE = "they refuse"
    DIFFER = "both take it, and differ"


class Right(Enum):
    """Whose reading the RFC asks for."""

    OURS = "ours"
    EITHER = "either"


@dataclass(frozen=True, slots=True)
class Divergence:
    """One way in which readings part."""

    name: str
    parsers: tuple[str, ...]
    side: Side
    reason: str
    """A pattern for the refusal, or for the list of what differs."""
    cite: str
    right: Right
    sample: bytes
    needs: bytes = b""
    """A pattern for something that is in every message where this explains the divergence, in any case."""


def differing(one: Taken, other: Taken) -> str:
    """What differs between two readings, separated by commas; what a parser does not tell does not count."""
    pairs = ((name, getattr(one, name), getattr(other, name)) for name in _COMPARED)
    return ",".join(name for name, a, b in pairs if a is not None and b is not None and a != b)


def compare(ours: Outcome, theirs: Outcome) -> tuple[Side, str] | None:
    """None where they agree; a message that both refuse is one they agree about."""
    match ours, theirs:
        case Refused(why), Taken():
            return Side.WE_REFUSE, why
        case Taken(), Refused(why):
            return Side.THEY_REFUSE, why
        case Taken(), Taken() if what := differing(ours, theirs):
            return Side.DIFFER, what
        case _:
            return None


def named(parser: str, side: Side, reason: str, data: bytes) -> Divergence | None:
    """The entry that explains a divergence."""
    for entry in DIVERGENCES:
        about = parser in entry.parsers and side is entry.side and re.match(entry.reason, reason)
        if about and re.search(entry.needs, data, re.IGNORECASE):
            return entry
    return None


def _get(*lines: bytes, target: bytes = b"/", version: bytes = b"HTTP/1.1", method: bytes = b"GET") -> bytes:
    return b"\r\n".join((method + b" " + target + b" " + version, *lines, b"", b""))


_HOST: Final = b"Host: a"
_CHUNKED: Final = b"Transfer-Encoding: chunked"
_BODY: Final = b"5\r\nhello\r\n0\r\n\r\n"


def _we(
    name: str,
    reason: str,
    cite: str,
    right: Right,
    sample: bytes,
    parsers: tuple[str, ...] = ALL,
) -> Divergence:
    return Divergence(name, parsers, Side.WE_REFUSE, reason, cite, right, sample)


_LINES: Final = (
    _we(
        "LF ends the request line",
        "400 request line: a bare LF",
        "9112-2.2-3a",
        Right.EITHER,
        b"GET / HTTP/1.1\nHost: a\r\n\r\n",
        H11,
    ),
    _we(
        "LF alone is the request line's end and the head's",
        "400 request line: a bare LF",
        "9112-2.2-9a",
        Right.OURS,
        b"GET / HTTP/1.1\n\r\n\r\n",
        WAITRESS,
    ),
    _we(
        "two empty lines first",
        "400 request line: empty",
        "9112-2.2-6a",
        Right.EITHER,
        b"\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        HTTPTOOLS,
    ),
    _we(
        "LF ends an HTTP/0.9 request line",
        "400 request line: a bare LF",
        "9112-C.1-1b",
        Right.OURS,
        b"GET /\n\r\n",
        HTTPTOOLS,
    ),
    _we(
        "LF ends a field line",
        "400 field line: a bare LF",
        "9112-2.2-3a",
        Right.EITHER,
        b"GET / HTTP/1.1\r\nHost: a\n\r\n",
        H11,
    ),
    _we(
        "LF in a trailer section",
        "400 field line: a bare LF",
        "9112-2.2-9a",
        Right.OURS,
        _get(_HOST, _CHUNKED) + b"0\r\n\\\n\r\n\r\n",
        WAITRESS,
    ),
    _we(
        "CR in a request line",
        "400 request line: a bare CR",
        "9112-2.2-4b",
        Right.OURS,
        b"GET / HTTP/1.1\r\r\nHost: a\r\n\r\n",
        WAITRESS,
    ),
    _we(
        "CR before a request line",
        "400 request line: a bare CR",
        "9112-2.2-4b",
        Right.OURS,
        b"\rGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        HTTPTOOLS,
    ),
    _we(
        "CR in a trailer section",
        "400 field line: a bare CR",
        "9112-2.2-4b",
        Right.OURS,
        _get(_HOST, _CHUNKED) + b"0\r\nX: 1\r\r\n\r\n",
        WAITRESS,
    ),
    _we(
        "NUL in a request line",
        "400 request line: NUL",
        "9112-3.2-4a",
        Right.OURS,
        b"GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n",
        WAITRESS,
    ),
    _we(
        "a tab in a request line",
        "400 request line: HTAB",
        "9112-3-3a",
        Right.EITHER,
        b"GET /\t HTTP/1.1\r\nHost: a\r\n\r\n",
        WAITRESS,
    ),
    _we(
        "a control character in a request line",
        "400 request line: octet 0x",
        "9112-3.2-4a",
        Right.OURS,
        b"GET /\x7f HTTP/1.1\r\nHost: a\r\n\r\n",
        WAITRESS,
    ),
    _we(
        "a space behind the version",
        r"400 request line: (?![01] )\d+ spaces",
        "9112-3-3a",
        Right.EITHER,
        b"GET / HTTP/1.1 \r\nHost: a\r\n\r\n",
        WAITRESS,
    ),
    _we(
        "two spaces between the parts",
        r"400 request line: (?![01] )\d+ spaces",
        "9112-3-3a",
        Right.EITHER,
        b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
        HTTPTOOLS,
    ),
    _we(
        "an HTTP/0.9 request line",
        "400 request line: [01] spaces",
        "9112-C.1-1b",
        Right.OURS,
        b"GET /\r\n\r\n",
        (*HTTPTOOLS, *WAITRESS),
    ),
    _we(
        "a space before the method",
        "400 request line: the method is not a token",
        "9112-3-3a",
        Right.EITHER,
        b" GET /\r\n\r\n",
        WAITRESS,
    ),
    _we(
        "two spaces and no other",
        "400 request line: malformed version",
        "9112-C.1-1b",
        Right.OURS,
        b"GET  /xHTTP/1.0\r\n\r\n",
        HTTPTOOLS,
    ),
    _we(
        "no version",
        "400 request line: malformed version",
        "9112-C.1-1b",
        Right.OURS,
        b"GET / \r\nHost: a\r\n\r\n",
        WAITRESS,
    ),
    _we(
        "another major version",
        "505 request line: HTTP/[02-9]",
        "9110-15.6.6-1c",
        Right.OURS,
        _get(_HOST, version=b"HTTP/2.0"),
    ),
)

_TARGETS: Final = (
    _we(
        "none of the four forms",
        "400 request-target: none of the four forms",
        "9112-3.2-4a",
        Right.OURS,
        _get(_HOST, target=b"http:///x"),
    ),
    _we(
        "a character that no target has", "400 request-target: '", "9112-3.2-4a", Right.OURS, _get(_HOST, target=b"/%")
    ),
    _we(
        "asterisk form without OPTIONS",
        "400 request-target: asterisk form with",
        "9112-3.2-4a",
        Right.OURS,
        _get(_HOST, target=b"*"),
    ),
    _we(
        "authority form without CONNECT",
        "400 request-target: authority form with",
        "9112-3.2-4a",
        Right.OURS,
        _get(_HOST, target=b"a:80"),
        (*H11, *WAITRESS),
    ),
    _we(
        "CONNECT without authority",
        "400 request-target: CONNECT wants",
        "9110-9.3.6-4a",
        Right.OURS,
        _get(_HOST, method=b"CONNECT"),
        (*H11, *WAITRESS),
    ),
    _we(
        "a scheme that is not served here",
        "421 request-target: scheme",
        "9110-7.4-3a",
        Right.OURS,
        _get(_HOST, target=b"ftp://a/"),
    ),
    _we(
        "CONNECT",
        "405 CONNECT",
        "9110-9.3.6-6c",
        Right.EITHER,
        _get(_HOST, target=b"a:80", method=b"CONNECT"),
        (*H11, *WAITRESS),
    ),
    _we("TRACE", "405 TRACE", "9110-9.3.8-1b", Right.EITHER, _get(_HOST, method=b"TRACE")),
)

_FIELDS: Final = (
    _we("no Host", "400 Host: missing", "9112-3.2-6a", Right.OURS, _get(), (*HTTPTOOLS, *WAITRESS)),
    _we("no Host in HTTP/1.2", "400 Host: missing", "9112-3.2-6a", Right.OURS, _get(version=b"HTTP/1.2"), H11),
    _we(
        "two Hosts",
        "400 Host: more than one line",
        "9112-3.2-6a",
        Right.OURS,
        _get(_HOST, _HOST),
        (*HTTPTOOLS, *WAITRESS),
    ),
    _we("a Host that is none", "400 Host: not a host", "9112-3.2-6a", Right.OURS, _get(b"Host: u@a")),
    _we(
        "two Content-Types",
        "400 Content-Type: more than one",
        "9110-5.3-3a",
        Right.EITHER,
        _get(_HOST, b"Content-Type: a/b", b"Content-Type: c/d"),
    ),
    _we("another expectation", "417 Expect", "9110-10.1.1-5a", Right.EITHER, _get(_HOST, b"Expect: 200-ok")),
    _we(
        "a folded line",
        "400 field line: begins with white space",
        "9112-5.2-4a",
        Right.EITHER,
        _get(_HOST, b"X: 1", b" 2"),
        (*H11, *WAITRESS),
    ),
    _we(
        "a control character in a value",
        "400 field line: octet 0x",
        "9110-5.5-5b",
        Right.EITHER,
        _get(_HOST, b"X: \x07"),
        H11,
    ),
    _we(
        "a control character in a trailer field",
        "400 field line: octet 0x",
        "9110-5.5-5b",
        Right.EITHER,
        _get(_HOST, _CHUNKED) + b"0\r\nX: \x07\r\n\r\n",
        WAITRESS,
    ),
    _we(
        "NUL in a trailer field",
        "400 field line: NUL",
        "9110-5.5-5a",
        Right.OURS,
        _get(_HOST, _CHUNKED) + b"0\r\nX: \0\r\n\r\n",
        WAITRESS,
    ),
    _we(
        "a trailer field without colon",
        "400 field line: no colon",
        "9112-2.2-9a",
        Right.OURS,
        _get(_HOST, _CHUNKED) + b"0\r\nX\r\n\r\n",
        WAITRESS,
    ),
    _we(
        "a trailer field without name",
        "400 field line: empty field name",
        "9112-2.2-9a",
        Right.OURS,
        _get(_HOST, _CHUNKED) + b"0\r\n: 1\r\n\r\n",
        WAITRESS,
    ),
    _we(
        "a space before the colon of a trailer field",
        "400 field line: white space before the colon",
        "9112-5.1-2c",
        Right.OURS,
        _get(_HOST, _CHUNKED) + b"0\r\nX : 1\r\n\r\n",
        WAITRESS,
    ),
    _we(
        "a trailer field whose name is no token",
        "400 field name: octet",
        "9112-2.2-9a",
        Right.OURS,
        _get(_HOST, _CHUNKED) + b"0\r\nX;: 1\r\n\r\n",
        WAITRESS,
    ),
)

_FRAMING: Final = (
    _we(
        "equal lengths in two lines",
        "400 Content-Length: more than one line",
        "9110-8.6-13a.2",
        Right.EITHER,
        _get(_HOST, b"Content-Length: 0", b"Content-Length: 0"),
        H11,
    ),
    _we(
        "equal lengths in a list",
        "400 Content-Length: not a decimal number",
        "9110-8.6-13a.2",
        Right.EITHER,
        _get(_HOST, b"Content-Length: 0, 0"),
        H11,
    ),
    _we(
        "both lengths",
        "400 Transfer-Encoding beside Content-Length",
        "9112-6.1-15a",
        Right.EITHER,
        _get(_HOST, _CHUNKED, b"Content-Length: 5") + _BODY,
        (*H11, *WAITRESS),
    ),
    _we(
        "Transfer-Encoding in HTTP/1.0",
        "400 Transfer-Encoding in HTTP/1.0",
        "9112-6.1-16a",
        Right.OURS,
        _get(_HOST, _CHUNKED, version=b"HTTP/1.0") + b"0\r\n\r\n",
    ),
    _we(
        "an empty coding",
        "400 Transfer-Encoding: not chunked alone",
        "9112-6.3-2.4.3a",
        Right.OURS,
        _get(_HOST, b"Transfer-Encoding:"),
        WAITRESS,
    ),
    _we(
        "a comma before chunked",
        "400 Transfer-Encoding: not chunked alone",
        "9110-5.6.1.2-1b",
        Right.EITHER,
        _get(_HOST, b"Transfer-Encoding: ,chunked") + _BODY,
        HTTPTOOLS,
    ),
    Divergence(
        "a coding of a later minor version is not read",
        WAITRESS,
        Side.WE_REFUSE,
        "501 Transfer-Encoding",
        "9110-6.2-8a",
        Right.OURS,
        _get(_HOST, b"Transfer-Encoding: gzip, chunked", version=b"HTTP/1.2") + _BODY,
        rb"HTTP/1\.[2-9]\r\n",
    ),
    _we(
        "another coding under chunked",
        "501 Transfer-Encoding",
        "9112-6.1-11a",
        Right.OURS,
        _get(_HOST, b"Transfer-Encoding: gzip, chunked") + _BODY,
        HTTPTOOLS,
    ),
)

_CHUNKS: Final = (
    _we(
        "a malformed extension",
        "400 chunk line: not a size",
        "9112-7.1.1-4a",
        Right.OURS,
        _get(_HOST, _CHUNKED) + b"5;\r\nhello\r\n0\r\n\r\n",
        H11,
    ),
    _we(
        "an extension without its value",
        "400 chunk line: not a size",
        "9112-7.1.1-4a",
        Right.OURS,
        _get(_HOST, _CHUNKED) + b"5;a=\r\nhello\r\n0\r\n\r\n",
        HTTPTOOLS,
    ),
    _we(
        "a chunk without size",
        "400 chunk line: not a size",
        "9112-7.1-4a",
        Right.OURS,
        _get(_HOST, _CHUNKED) + b"\r\n0\r\n\r\n",
        WAITRESS,
    ),
    _we(
        "LF in a chunk line",
        "400 chunk line: a bare LF",
        "9112-2.2-9a",
        Right.OURS,
        _get(_HOST, _CHUNKED) + b"0\n\r\n\r\n",
        WAITRESS,
    ),
    Divergence(
        "malformed chunks of a later minor version are not read",
        WAITRESS,
        Side.WE_REFUSE,
        "400 (chunk|field)|431|413",
        "9110-6.2-8a",
        Right.OURS,
        _get(_HOST, _CHUNKED, version=b"HTTP/1.2") + b"5\r\nhelloworld",
        rb"HTTP/1\.[2-9]\r\n",
    ),
    _we(
        "CR in a chunk extension",
        "400 chunk line: a bare CR",
        "9112-2.2-4b",
        Right.OURS,
        _get(_HOST, _CHUNKED) + b"5;a\r\r\nhello\r\n0\r\n\r\n",
        H11,
    ),
    _we(
        "a control character in a chunk extension",
        "400 chunk line: (octet 0x|NUL)",
        "9112-7.1.1-4a",
        Right.OURS,
        _get(_HOST, _CHUNKED) + b"5;\x0b\r\nhello\r\n0\r\n\r\n",
        H11,
    ),
)

_THEY: Final = (
    Divergence(
        "a space before an extension",
        H11,
        Side.THEY_REFUSE,
        "illegal chunk header",
        "9110-5.6.3-5c",
        Right.OURS,
        _get(_HOST, _CHUNKED) + b"5 ;a\r\nhello\r\n0\r\n\r\n",
    ),
    Divergence(
        "a space before an extension",
        HTTPTOOLS,
        Side.THEY_REFUSE,
        "Invalid character in chunk size",
        "9110-5.6.3-5c",
        Right.OURS,
        _get(_HOST, _CHUNKED) + b"5 ;a\r\nhello\r\n0\r\n\r\n",
    ),
    Divergence(
        "a space before an extension",
        WAITRESS,
        Side.THEY_REFUSE,
        "Invalid chunk size",
        "9110-5.6.3-5c",
        Right.OURS,
        _get(_HOST, _CHUNKED) + b"5 ;a\r\nhello\r\n0\r\n\r\n",
    ),
    Divergence(
        "spaces within an extension",
        HTTPTOOLS,
        Side.THEY_REFUSE,
        "Invalid character in chunk extensions",
        "9110-5.6.3-5c",
        Right.OURS,
        _get(_HOST, _CHUNKED) + b"5; a = b\r\nhello\r\n0\r\n\r\n",
    ),
    Divergence(
        "spaces within an extension",
        WAITRESS,
        Side.THEY_REFUSE,
        "Invalid chunk extension",
        "9110-5.6.3-5c",
        Right.OURS,
        _get(_HOST, _CHUNKED) + b"5; a = b\r\nhello\r\n0\r\n\r\n",
    ),
    Divergence(
        "an empty line first",
        H11,
        Side.THEY_REFUSE,
        "no request line received",
        "9112-2.2-6a",
        Right.OURS,
        b"\r\n" + _get(_HOST),
    ),
    Divergence(
        "a method it does not know",
        HTTPTOOLS,
        Side.THEY_REFUSE,
        "Invalid method encountered|Expected space after method",
        "9110-9.1-9b",
        Right.EITHER,
        _get(_HOST, method=b"X"),
    ),
    Divergence(
        "PRI",
        HTTPTOOLS,
        Side.THEY_REFUSE,
        "Expected HTTP/2 Connection Preface",
        "9110-9.1-9b",
        Right.EITHER,
        _get(_HOST, method=b"PRI"),
    ),
    Divergence(
        "a later minor version",
        HTTPTOOLS,
        Side.THEY_REFUSE,
        "Invalid HTTP version",
        "9110-6.2-8a",
        Right.OURS,
        _get(_HOST, version=b"HTTP/1.2"),
    ),
    Divergence(
        "a tab behind chunked",
        HTTPTOOLS,
        Side.THEY_REFUSE,
        "Request has invalid `Transfer-Encoding`",
        "9110-5.5-3b",
        Right.OURS,
        _get(_HOST, _CHUNKED + b"\t") + _BODY,
    ),
    Divergence(
        "a trailer field called Transfer-Encoding",
        HTTPTOOLS,
        Side.THEY_REFUSE,
        "Invalid `Transfer-Encoding` header value",
        "9110-6.5.1-3d",
        Right.OURS,
        _get(_HOST, _CHUNKED) + b"0\r\nTransfer-Encoding: x\r\n\r\n",
    ),
    Divergence(
        "a trailer field called Transfer-Encoding",
        H11,
        Side.THEY_REFUSE,
        "Only Transfer-Encoding: chunked is supported|multiple Transfer-Encoding",
        "9110-6.5.1-3d",
        Right.OURS,
        _get(_HOST, _CHUNKED) + b"0\r\nTransfer-Encoding: x\r\n\r\n",
    ),
    Divergence(
        "a trailer field called Content-Length",
        HTTPTOOLS,
        Side.THEY_REFUSE,
        "Content-Length can't be present",
        "9110-6.5.1-3d",
        Right.OURS,
        _get(_HOST, _CHUNKED) + b"0\r\nContent-Length: 3\r\n\r\n",
    ),
    Divergence(
        "a trailer field called Content-Length",
        H11,
        Side.THEY_REFUSE,
        "bad Content-Length|conflicting Content-Length",
        "9110-6.5.1-3d",
        Right.OURS,
        _get(_HOST, _CHUNKED) + b"0\r\nContent-Length: x\r\n\r\n",
    ),
    Divergence(
        "an upgrade is taken at its word",
        HTTPTOOLS,
        Side.THEY_REFUSE,
        "upgrade$",
        "9110-7.8-2b",
        Right.EITHER,
        _get(_HOST, b"Connection: Upgrade", b"Upgrade: h2c"),
    ),
    Divergence(
        "a method in lower case",
        WAITRESS,
        Side.THEY_REFUSE,
        "Malformed HTTP method",
        "9110-9.1-9b",
        Right.EITHER,
        _get(_HOST, method=b"get"),
    ),
)

_DIFFER: Final = (
    Divergence(
        "chunked put into lower case",
        H11,
        Side.DIFFER,
        "fields(,trailers)?$",
        "9110-2.4-1a",
        Right.EITHER,
        _get(_HOST, b"Transfer-Encoding: CHUNKED") + _BODY,
        b"chunked",
    ),
    Divergence(
        "trailer fields about framing and routing are dropped by us",
        ("h11", "httptools"),
        Side.DIFFER,
        "trailers$",
        "9112-7.1.2-3a",
        Right.EITHER,
        _get(_HOST, _CHUNKED) + b"0\r\nHost: b\r\n\r\n",
        b"chunked",
    ),
    Divergence(
        "white space behind a value is kept",
        HTTPTOOLS,
        Side.DIFFER,
        "fields(,trailers)?$",
        "9110-5.5-3b",
        Right.OURS,
        _get(_HOST, b"X: 1 "),
    ),
    Divergence(
        "chunks of a later minor version are not read",
        WAITRESS,
        Side.DIFFER,
        "(content,)?end$",
        "9110-6.2-8a",
        Right.OURS,
        _get(_HOST, _CHUNKED, version=b"HTTP/1.2") + _BODY,
        rb"HTTP/1\.[2-9]\r\n",
    ),
)

DIVERGENCES: Final = (*_LINES, *_TARGETS, *_FIELDS, *_FRAMING, *_CHUNKS, *_THEY, *_DIFFER)
