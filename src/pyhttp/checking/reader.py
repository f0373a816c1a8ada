"""RFC 9112 §4 to §7, from the other side: a strict reader of responses.

It shares no code with the server. `read_reply` takes its bytes from a `Source`: a socket, or memory.
"""

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, Protocol

__all__ = ["BadReply", "Ended", "Framing", "Late", "Reply", "Source", "read_reply"]

_STATUS_LINE: Final = re.compile(rb"(HTTP/[0-9]\.[0-9]) ([1-5][0-9][0-9]) ([\t\x20-\x7e\x80-\xff]*)")
_FIELD_LINE: Final = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*")
_CHUNK_LINE: Final = re.compile(rb"([0-9A-Fa-f]{1,16})")
_LENGTH: Final = re.compile(rb"[0-9]{1,19}")
_HEAD_BOUND: Final = 256 * 1024


class BadReply(Exception):
    """The octets are no response: they break the grammar or their own framing."""


class Ended(Exception):
    """The stream ended before a response began."""


class Late(Exception):
    """No octets came in the time that the reader waits."""


class Source(Protocol):
    """The origin of the bytes of responses."""

    def more(self) -> bytes:
        """The next bytes, at least one; b"" at the end of the stream. Raises Late."""
        ...


class Framing(Enum):
    """The way in which the end of a response's content is marked (RFC 9112 §6.3)."""

    NONE = auto()
    LENGTH = auto()
    CHUNKED = auto()
    CLOSE = auto()


@dataclass(frozen=True, slots=True)
class Reply:
    """One response, as read."""

    version: str
    status: int
    reason: str
    fields: tuple[tuple[str, str], ...]
    framing: Framing
    content: bytes
    trailers: tuple[tuple[str, str], ...] = ()
    complete: bool = True
    head: bytes = b""

    def get_all(self, name: str) -> tuple[str, ...]:
        """The value of each field line called `name`, in order."""
        return tuple(value for key, value in self.fields if key.lower() == name.lower())

    def get(self, name: str) -> str | None:
        """The joined value of a field, None where there is none."""
        values = self.get_all(name)
        return ", ".join(values) if values else None

    @property
    def options(self) -> tuple[str, ...]:
        """The options of Connection, in lower case."""
        return tuple(part.strip().lower() for value in self.get_all("Connection") for part in value.split(","))

    @property
    def says_close(self) -> bool:
        """Whether the response announces the end of the connection."""
        return "close" in self.options


class _Buffer:
    """The bytes of a source, taken line by line or by count."""

    def __init__(self, source: Source, held: bytearray) -> None:
        self._source = source
        self._held = held

    def _grow(self) -> bool:
        data = self._source.more()
        self._held += data
        return bool(data)

    def line(self) -> bytes:
        """The bytes before the next CRLF."""
        while (end := self._held.find(b"\r\n")) < 0:
            if len(self._held) > _HEAD_BOUND:
                raise BadReply("a line without end")
            if not self._grow():
                raise EOFError
        line = bytes(self._held[:end])
        del self._held[: end + 2]
        if b"\r" in line or b"\n" in line:
            raise BadReply(f"a CR or LF on its own in the line {line[:80]!r}")
        return line

    def at_least_one(self) -> bool:
        """Whether there is another byte."""
        return bool(self._held) or self._grow()

    def take(self, count: int) -> bytes:
        """Exactly `count` bytes, fewer where the stream ends."""
        while len(self._held) < count and self._grow():
            pass
        data = bytes(self._held[:count])
        del self._held[:count]
        return data

    def rest(self) -> bytes:
        """Everything up to the end of the stream."""
        while self._grow():
            pass
        data = bytes(self._held)
        self._held.clear()
        return data


def read_reply(source: Source, held: bytearray, *, method: str = "GET") -> Reply:
    """Read one response to a request with `method`; further octets stay in `held`.

    Raises:
        Ended: The stream ended before the first byte.
        BadReply: The response breaks the grammar, or states two lengths.
        Late: The response did not come, or not as a whole.
    """
    buffer = _Buffer(source, held)
    if not buffer.at_least_one():
        raise Ended
    try:
        line = buffer.line()
        fields, head = _field_section(buffer)
    except EOFError:
        raise BadReply(f"the stream ended within a head: {bytes(held)[:80]!r}") from None
    match = _STATUS_LINE.fullmatch(line)
    if match is None:
        raise BadReply(f"not a status line: {line[:80]!r}")
    status = int(match[2])
    framing, length = _framing(method, status, fields)
    content, trailers, complete = _content(buffer, framing, length)
    return Reply(
        version=match[1].decode("ascii"),
        status=status,
        reason=match[3].decode("latin-1"),
        fields=fields,
        framing=framing,
        content=content,
        trailers=trailers,
        complete=complete,
        head=line + b"\r\n" + head,
    )


def _field_section(buffer: _Buffer) -> tuple[tuple[tuple[str, str], ...], bytes]:
    fields: list[tuple[str, str]] = []
    raw = bytearray()
    while line := buffer.line():
        match = _FIELD_LINE.fullmatch(line)
        if match is None:
            raise BadReply(f"not a field line: {line[:80]!r}")
        fields.append((match[1].decode("ascii"), match[2].decode("latin-1")))
        raw += line + b"\r\n"
    return tuple(fields), bytes(raw)


def _framing(method: str, status: int, fields: tuple[tuple[str, str], ...]) -> tuple[Framing, int]:
    """The framing by RFC 9112 §6.3 for a client; anything doubtful is an error."""
    codings = [value for name, value in fields if name.lower() == "transfer-encoding"]
    lengths = [value for name, value in fields if name.lower() == "content-length"]
    if codings and lengths:
        raise BadReply("both Transfer-Encoding and Content-Length (9112-6.2-2a)")
    if codings and codings != ["chunked"]:
        raise BadReply(f"Transfer-Encoding: {codings!r}")
    if lengths and (len(lengths) > 1 or _LENGTH.fullmatch(lengths[0].encode("latin-1")) is None):
        raise BadReply(f"Content-Length: {lengths!r}")
    if status < 200 or status in {204, 304} or method == "HEAD":
        return Framing.NONE, 0
    if codings:
        return Framing.CHUNKED, 0
    if lengths:
        return Framing.LENGTH, int(lengths[0])
    return Framing.CLOSE, 0


def _content(buffer: _Buffer, framing: Framing, length: int) -> tuple[bytes, tuple[tuple[str, str], ...], bool]:
    match framing:
        case Framing.NONE:
            return b"", (), True
        case Framing.LENGTH:
            content = buffer.take(length)
            return content, (), len(content) == length
        case Framing.CLOSE:
            return buffer.rest(), (), True
        case Framing.CHUNKED:
            return _chunks(buffer)


def _chunks(buffer: _Buffer) -> tuple[bytes, tuple[tuple[str, str], ...], bool]:
    content = bytearray()
    try:
        while size := _chunk_size(buffer):
            data = buffer.take(size)
            content += data
            if len(data) < size:
                return bytes(content), (), False
            if buffer.line() != b"":
                raise BadReply("bytes between chunk data and its CRLF")
        trailers, _ = _field_section(buffer)
    except EOFError:
        return bytes(content), (), False
    return bytes(content), trailers, True


def _chunk_size(buffer: _Buffer) -> int:
    line = buffer.line()
    match = _CHUNK_LINE.fullmatch(line)
    if match is None:
        raise BadReply(f"not a chunk line: {line[:80]!r}")
    return int(match[1], 16)
