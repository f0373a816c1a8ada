"""The application that the rows need, as a pure function: see docs/conformance-application.md.

`reads(path)` returns how much content is read before the answer, and `respond` returns the answer. Adapters for our
server, for the core and for other servers make handlers of them, so that a row means the same everywhere.
"""

import json
from dataclasses import dataclass
from enum import Enum, auto
from http import HTTPStatus
from typing import Final

__all__ = ["FILE", "Asked", "Reads", "Told", "reads", "respond"]

FILE: Final = b"0123456789abcdef" * 6400
"""The content of `/file`: 100 KiB, more than one write of a socket buffer in one piece."""

_STREAM: Final = (b"one\n", b"two\n", b"three\n")
_PHRASES: Final = {int(status): status.phrase for status in HTTPStatus}
_TEXT: Final = ("Content-Type", "text/plain")


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, as far as an application sees it."""

    method: str
    target: str
    path: str
    query: str
    version: str
    authority: str
    fields: tuple[tuple[str, str], ...]
    content: bytes = b""
    trailers: tuple[tuple[str, str], ...] = ()
    host: str = ""
    client: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """An answer. `pieces` is None where the whole content is `content`; else it comes in pieces, its length unknown."""

    status: int
    fields: tuple[tuple[str, str], ...] = ()
    content: bytes = b""
    pieces: tuple[bytes, ...] | None = None
    fails: bool = False
    """The application fails: at once, or, with pieces, after the last of them."""


_MISSING: Final = Told(404, (_TEXT,), b"no such path\n")
_FIXED: Final = {
    "/": Told(200, (_TEXT,), b"root\n"),
    "/ignore": Told(200, (_TEXT,), b"ignored\n"),
    "/late": Told(200, (_TEXT,), pieces=(b"first\n",)),
    "/stream": Told(200, (_TEXT,), pieces=_STREAM),
    "/file": Told(200, (_TEXT,), FILE),
    "/empty": Told(200, (_TEXT,)),
    "/unchanged": Told(304, (("ETag", '"x"'),)),
    "/fail": Told(200, fails=True),
    "/fail-late": Told(200, (_TEXT,), pieces=(b"begun\n",), fails=True),
    "/short": Told(200, (_TEXT, ("Content-Length", "10")), pieces=(b"12345",)),
    "/split": Told(200, (("X-Split", "a\r\nX-Injected: b"),), b"split\n"),
}


class Reads(Enum):
    """The amount of content that the application reads before it answers."""

    ALL = auto()
    NONE = auto()
    SOME = auto()
    """One byte."""
    LATE = auto()
    """No content first, then all of it after the head of the answer has left."""


def reads(path: str) -> Reads:
    """The amount of content of a request for `path` that is read first."""
    match path:
        case "/some":
            return Reads.SOME
        case "/late":
            return Reads.LATE
        case "/echo" | "*":
            return Reads.ALL
        case _:
            return Reads.NONE


def respond(asked: Asked) -> Told:
    """The answer to a request; `asked.content` is the content read by the rule of `reads`."""
    path = asked.path
    if path in {"/echo", "*"}:
        return Told(200, (("Content-Type", "application/json"),), _report(asked))
    if path == "/some":
        return Told(200, (_TEXT,), b"read " + asked.content[:1] + b"\n")
    if path.startswith("/status/") and path[8:].isdigit() and len(path) == 11:
        return _bare(int(path[8:]))
    return _FIXED.get(path, _MISSING)


def _bare(status: int) -> Told:
    if status in {204, 205, 304}:
        return Told(status)
    phrase = _PHRASES.get(status, "unregistered")
    return Told(status, (_TEXT,), f"{phrase}\n".encode())


def _report(asked: Asked) -> bytes:
    report = {
        "method": asked.method,
        "target": asked.target,
        "path": asked.path,
        "query": asked.query,
        "version": asked.version,
        "authority": asked.authority,
        "fields": asked.fields,
        "content": asked.content.decode("latin-1"),
        "trailers": asked.trailers,
        "host": asked.host,
        "client": asked.client,
    }
    return json.dumps(report).encode("ascii")
