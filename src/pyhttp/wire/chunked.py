"""RFC 9112 §7.1: the chunked transfer coding, both ways."""

import functools
import re
from enum import Enum, auto
from typing import Final, assert_never

from pyhttp import abnf
from pyhttp.errors import ContentTooLarge, HTTPError, MalformedRequest
from pyhttp.limits import Limits
from pyhttp.semantics.fields import EMPTY, Headers
from pyhttp.wire.buffer import ReceiveBuffer
from pyhttp.wire.faults import at, move
from pyhttp.wire.field_lines import FieldSection
from pyhttp.wire.line import LineFinder

__all__ = ["ChunkedDecoder", "encode_chunk", "encode_last_chunk"]

_NOT_IN_TRAILERS: Final = frozenset(
    {
        *("transfer-encoding", "content-length", "trailer", "host", "connection", "keep-alive", "te", "upgrade"),
        *("proxy-connection", "expect", "max-forwards", "cache-control", "pragma", "range"),
        *("if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "if-range"),
        *("authorization", "proxy-authorization", "cookie", "content-encoding", "content-type", "content-range"),
    }
)
"""Fields of framing, routing, request modifiers, authentication and content format: a trailer section is too late for
them (RFC 9110 §6.5.1)."""


_HEXDIGITS: Final = b"0123456789abcdefABCDEF"


@functools.cache
def _line_pattern() -> re.Pattern[bytes]:
    return re.compile(b"(" + abnf.CHUNK_SIZE + b")(?:" + abnf.CHUNK_EXT + b")")


@functools.cache
def _forbidden() -> re.Pattern[bytes]:
    return re.compile(abnf.NO_FIELD_OCTET)


class _Part(Enum):
    """The part of the coding that the next octet belongs to."""

    SIZE = auto()
    DATA = auto()
    DATA_END = auto()
    TRAILERS = auto()
    END = auto()


class ChunkedDecoder:
    """A decoder that removes the coding from one message (9112-7.1-4a).

    Content comes merged: as much as has arrived. An error is raised after the content before it has been given, however
    the input was split.

    Args:
        limits: `content`, `chunk_line`, `chunk_extensions` and the limits of a field section are kept.

    Attributes:
        trailers: The trailer section, once `complete`. It is kept (9112-7.1.2-3a) as a value of its own
            (9110-6.5.2-3a), apart from the header section (9110-6.5-2a, 9112-7.1.2-3b), and is never merged into it
            (9110-6.5.1-3d, 9112-7.1.2-3c). It is empty where the message has none (9112-7.1-1a). Fields that may not
            stand in a trailer section are left out.
    """

    __slots__ = ("_error", "_extensions", "_finder", "_left", "_limits", "_part", "_room", "_section", "trailers")

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._part = _Part.SIZE
        self._left = 0
        self._room = limits.content
        self._extensions = limits.chunk_extensions
        # Most messages need neither of these.
        self._finder: LineFinder | None = None
        self._section: FieldSection | None = None
        self._error: HTTPError | None = None
        self.trailers: Headers | None = None

    def decode(self, buffer: ReceiveBuffer) -> bytes:
        """The content that has arrived; empty when more is needed, or when the message is complete (`trailers` is set).

        Raises:
            MalformedRequest: The coding is broken; or a chunk line, or all extensions together, are over their limit.
            ContentTooLarge: A chunk would bring the content over its limit.
            FieldsTooLarge: The trailer section is over its limit.
        """
        pieces: list[bytes | bytearray] = []
        data, start = buffer.data, buffer.start
        position = start
        if self._error is not None:
            move(self._error, start)
            raise self._error
        try:
            while (after := self._step(data, position, pieces)) > position:
                position = after
        except HTTPError as error:
            # Content before the error is given first; the error comes with the next call.
            if not pieces:
                raise
            self._error = error
            move(error, -position)  # the octets that are left begin there; the receiver asks once more
        buffer.skip(position - start)
        return b"".join(pieces)

    def _read_whole_chunks(self, data: bytes | bytearray, position: int, pieces: list[bytes | bytearray]) -> int:
        """Read the chunks without extensions that have arrived whole; other chunks are rare, and go step by step."""
        room = self._room
        longest = min(16, self._limits.chunk_line) + 2
        line: bytes | bytearray = b"\n"  # most senders repeat one size: a line like the last one is not read again
        size = 0
        while True:
            if data.startswith(line, position):
                begin = position + len(line)
            else:
                end = data.find(b"\r\n", position, position + longest)
                digits = data[position:end]
                if end <= position or digits.strip(_HEXDIGITS):
                    break
                size = int(digits, 16)
                begin = end + 2
                line = data[position:begin]
            end = begin + size
            if size > room or data[end : end + 2] != b"\r\n" or not size:
                break
            room -= size
            pieces.append(data[begin:end])
            position = end + 2
        self._room = room
        if data.startswith(b"0\r\n\r\n", position):
            self.trailers = EMPTY
            self._part = _Part.END
            position += 5
        return position

    def _step(self, data: bytes | bytearray, position: int, pieces: list[bytes | bytearray]) -> int:
        """Read one part, or as much of it as has arrived; returns the offset behind the octets used."""
        match self._part:
            case _Part.SIZE:
                after = self._read_whole_chunks(data, position, pieces)
                if after == position:
                    return self._read_size(data, position)
                self._finder = None
                return after
            case _Part.DATA:
                piece = data[position : position + self._left]
                if piece:
                    pieces.append(piece)
                    self._left -= len(piece)
                    if not self._left:
                        self._part = _Part.DATA_END
                return position + len(piece)
            case _Part.DATA_END:
                return self._read_data_end(data, position)
            case _Part.TRAILERS:
                return self._read_trailers(data, position)
            case _Part.END:
                return position
            case _:
                assert_never(self._part)

    def _read_size(self, data: bytes | bytearray, start: int) -> int:
        if self._finder is None:
            self._finder = LineFinder(_forbidden())
        end = self._finder.find(data, start, self._limits.chunk_line, "chunk line", _too_long)
        if end < 0:
            return start
        match = _line_pattern().fullmatch(data, start, end)
        if match is None:
            rule = "chunk line: not a size of 1 to 16 digits with extensions (RFC 9112 §7.1)"
            raise at(MalformedRequest(rule), _where_no_line(data, start, end))
        size_end = match.end(1)  # extensions are skipped (9112-7.1.1-4a)
        self._extensions -= end - size_end
        if self._extensions < 0:
            raise at(MalformedRequest("chunk extensions: over the limit for a message (9112-7.1.1-4b)"), size_end)
        size = int(data[start:size_end], 16)  # which has no bounds; its digits have (9112-7.1-5c)
        if size > self._room:
            raise at(ContentTooLarge(f"content: more than {self._limits.content} octets (RFC 9110 §15.5.14)"), start)
        self._room -= size
        self._left = size
        self._part = _Part.DATA if size else _Part.TRAILERS
        return end + 2

    def _read_data_end(self, data: bytes | bytearray, start: int) -> int:
        found = bytes(data[start : start + 2])
        if found == b"\r\n":
            self._part = _Part.SIZE
            return start + 2
        if found not in b"\r":
            where = start + found.startswith(b"\r")
            raise at(MalformedRequest("chunk data: not followed by CRLF (RFC 9112 §7.1)"), where)
        return start

    def _read_trailers(self, data: bytes | bytearray, start: int) -> int:
        if self._section is None:
            self._section = FieldSection(self._limits)
        end, complete = self._section.read(data, start)
        if complete:
            lines = self._section.headers.lines
            self.trailers = Headers.parsed(line for line in lines if line[0].lower() not in _NOT_IN_TRAILERS)
            self._part = _Part.END
        return end


def _too_long(what: str) -> HTTPError:
    return MalformedRequest(f"{what} (9112-7.1.1-4b)")


def _where_no_line(data: bytes | bytearray, start: int, end: int) -> int:
    """The offset at which a chunk line breaks its rule: behind the part that is right."""
    size = re.compile(abnf.CHUNK_SIZE).match(data, start, end)
    return start if size is None else size.end()


def encode_chunk(data: bytes) -> bytes:
    """One chunk; empty for empty data, since an empty chunk would end the message."""
    return b"%x\r\n%b\r\n" % (len(data), data) if data else b""


def encode_last_chunk(trailers: Headers) -> bytes:
    """The last chunk and the trailer section (RFC 9112 §7.1.2)."""
    return b"0\r\n%b\r\n" % trailers.wire
