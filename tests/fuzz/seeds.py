"""The seeds of fuzzing: the octets of the conformance rows, requests by the grammar, and the corpus.

`corpus/TARGET/` has a few short inputs, which take all known ways through the target, and each input that broke it.
Every test run plays them.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pyhttp.checking.rows.all_rows import ROWS
from pyhttp.checking.rows.model import Send
from tests.conformance.oracles.messages import requests

__all__ = ["CORPUS", "DICTIONARY", "found", "seeds"]

_HERE: Final = Path(__file__).parent
CORPUS: Final = _HERE / "corpus"
DICTIONARY: Final = _HERE / "http.dict"
_OUTPUTS: Final = (
    b"Content-Type: a/b\r\n\r\nbody",
    b"Content-Type:a/b\nContent-Length: 4\n\nbody",
    b"Status: 404 Not Found\nX-Y: z\nContent-Type: a/b\n\n",
    b"Location: /a?b\n\n",
    b"Location: http://a/\r\nStatus: 302 Found\r\nContent-Type: a/b\r\n\r\nbody",
    b"Set-Cookie: a=b\nTransfer-Encoding: chunked\nConnection: close\nStatus: 204\n\n",
    b"Content-Type: a/b\n folded\n\n",
    b"HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nContent-Length: 4\r\n\r\nbody",
    b'HTTP/1.0 304 X\nETag: "a"\n\n',
)


_SIGNATURE: Final = b"\r\n\r\n\x00\r\nQUIT\n"
_INTRODUCTIONS: Final = (
    b"PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\nGET",
    b"PROXY TCP6 2001:db8::1 ::ffff:1.2.3.4 0 65535\r\n",
    b"PROXY UNKNOWN\r\n",
    b"PROXY UNKNOWN x y\r\n\r\n",
    _SIGNATURE + b"\x21\x11\x00\x0c" + bytes(range(12)),
    _SIGNATURE + b"\x21\x21\x00\x28" + bytes(range(40)) + b"\x16\x03\x01",
    _SIGNATURE + b"\x20\x00\x00\x00",
)
_APART: Final = {
    "byte_ranges": (b"bytes=0-", b"bytes=-1", b"bytes=0-0, 2-3", b"bytes=9-1", b"BYTES=1-2,,-3"),
    "proxy_header": _INTRODUCTIONS,
    "date": (
        b"Sun, 06 Nov 1994 08:49:37 GMT",
        b"Sunday, 06-Nov-94 08:49:37 GMT",
        b"Sun Nov  6 08:49:37 1994",
        b"Tue, 29 Feb 2000 23:59:60 GMT",
        b"Sun, 31 Nov 1994 24:00:00 GMT",
    ),
    "entity_tags": (b'"x"', b'W/"x", "a,b"', b', "",', b'"x', b'"x" "y"', b"*"),
    "forwarded": (
        b"192.0.2.7",
        b"10.0.0.1, [2001:db8::1]:80, unknown",
        b"for=192.0.2.43;proto=https;host=a.example, for=10.0.0.1",
        b'for="[2001:DB8:cafe::17]:4711";by=_x;secret="a\\"b"',
        b'For="_gazonk:_port"; proto=http',
        b'for="',
    ),
}
"""The inputs that are no part of a request, or only seldom."""


def found(target: str) -> list[bytes]:
    """The corpus of a target."""
    folder = CORPUS / target
    return [path.read_bytes() for path in sorted(folder.iterdir())] if folder.is_dir() else []


def seeds(target: str) -> list[bytes]:
    """Inputs to begin with: the corpus, and parts of requests that suit the target."""
    return [*found(target), *_parts(target)]


def _parts(target: str) -> Iterator[bytes]:
    if target in _APART:
        yield from _APART[target]
        return
    if target == "script_output":
        yield from (kind + output for output in _OUTPUTS for kind in (b"\x80", b"\x81"))
        return
    for data in _requests():
        head, _, content = data.partition(b"\r\n\r\n")
        line, *fields = head.split(b"\r\n")
        match target:
            case "request":
                yield b"\x80" + data
            case "chunked" if b"chunked" in head:
                yield b"\x80" + content
            case "target" | "path" if line.count(b" ") == 2:
                yield line.split(b" ")[1]
            case "field_section":
                yield b"\r\n".join((*fields, b"", b"")) + content
            case "host":
                yield from (field[6:] for field in fields if field.startswith(b"Host: "))
            case "members":
                yield from (field.partition(b":")[2] for field in fields if b"," in field or b'"' in field)
            case _:
                continue


def _requests() -> Iterator[bytes]:
    for row in ROWS:
        data = b"".join(step.data for step in row.steps if isinstance(step, Send))
        if len(data) < 2000:
            yield data
    yield from requests(5, 200)
