"""What one way is in which another parser and ours part: by its clause, and by the shape of the message."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Final

__all__ = [
    "ALL",
    "BODY",
    "CHUNKED",
    "H11",
    "HOST",
    "HTTPTOOLS",
    "IPV6",
    "WAITRESS",
    "Divergence",
    "Part",
    "Right",
    "Side",
    "differ",
    "get",
    "pieces",
    "they_refuse",
    "we_refuse",
]

H11: Final = ("h11",)
HTTPTOOLS: Final = ("httptools",)
WAITRESS: Final = ("waitress",)
ALL: Final = ("h11", "httptools", "waitress")

IPV6: Final = rb"\[(?![^\]]*(?::::|::[^\]]*::|[^:]:\]))(?!:[^:])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}\]"
_HEAD: Final = re.compile(rb"[\s\S]*?\n\r?\n")
_CODED: Final = re.compile(rb"\ntransfer-encoding:", re.IGNORECASE)
_SIZE: Final = re.compile(rb"[ \t]*([0-9a-fA-F]{1,16})")
_TRAILERS: Final = re.compile(rb"\r\n|[\s\S]*?\r\n\r\n")
_ROUNDS: Final = 9
"""How often a shape may stand in a message."""


class Side(Enum):
    """Which side refuses, if one does."""

    WE_REFUSE = "we refuse"
    THEY_REFUSE = "they refuse"
    DIFFER = "both take it, and differ"


class Right(Enum):
    """Which reading the RFC asks for."""

    OURS = "ours"
    EITHER = "either"


class Part(Enum):
    """The part of a message in which a shape stands."""

    FRONT = "white space in front of the request line"
    HEAD = "the head"
    CHUNK_LINE = "a line that begins a chunk"
    TRAILERS = "the trailer section"
    DATA = "anything else"


def pieces(data: bytes) -> Iterator[tuple[Part, bytes]]:
    """The parts of a message, as far as they can be told apart. No code here asks the parser that is tested."""
    front = len(data) - len(data.lstrip())
    yield Part.FRONT, data[:front]
    match = _HEAD.match(data, front)
    head = data[front:] if match is None else match[0]
    yield Part.HEAD, head
    at = front + len(head)
    while at < len(data) and _CODED.search(head):
        end = data.find(b"\n", at) + 1 or len(data)
        line, at = data[at:end], end
        yield Part.CHUNK_LINE, line
        size = _SIZE.match(line)
        if size is None and line.strip():
            break
        length = -2 if size is None else int(size[1], 16)
        if not length:
            trailers = _TRAILERS.match(data, at)
            end = len(data) if trailers is None else trailers.end()
            yield Part.TRAILERS, data[at:end]
            at = end
            break
        yield Part.DATA, data[at : at + length + 2]
        at += length + 2
    yield Part.DATA, data[at:]


@dataclass(frozen=True, slots=True)
class Divergence:
    """One way in which readings part."""

    side: Side
    name: str
    parsers: tuple[str, ...]
    cite: str
    right: Right
    sample: bytes
    shape: bytes
    """A pattern for what the message has that they part about, in any case."""
    instead: bytes
    """The text that replaces it, so that both agree. It may name groups of the shape."""
    part: Part = Part.HEAD

    def mended(self, data: bytes) -> bytes | None:
        """The message without the divergence; None where the divergence is not in it."""
        mended = b"".join(self._mend(piece) if part is self.part else piece for part, piece in pieces(data))
        return None if mended == data else mended

    def _mend(self, piece: bytes) -> bytes:
        pattern = re.compile(self.shape, re.IGNORECASE)
        for _ in range(_ROUNDS):
            piece = pattern.sub(self.instead, piece)
        return piece


we_refuse: Final = partial(Divergence, Side.WE_REFUSE)
they_refuse: Final = partial(Divergence, Side.THEY_REFUSE)
differ: Final = partial(Divergence, Side.DIFFER)


def get(*lines: bytes, target: bytes = b"/", version: bytes = b"HTTP/1.1", method: bytes = b"GET") -> bytes:
    """The head of a sample."""
    return b"\r\n".join((method + b" " + target + b" " + version, *lines, b"", b""))


HOST: Final = b"Host: a"
CHUNKED: Final = b"Transfer-Encoding: chunked"
BODY: Final = b"5\r\nhello\r\n0\r\n\r\n"
