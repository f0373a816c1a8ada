"""Four parsers behind one function each, which reads the first request in some bytes."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from io import BufferedIOBase
from typing import Final, Protocol

import h11
import httptools

from pyhttp.errors import HTTPError
from pyhttp.limits import Limits
from pyhttp.messages import RequestHead
from pyhttp.wire.events import Content, EndOfMessage
from pyhttp.wire.server_connection import ServerConnection

__all__ = [
    "READERS",
    "Fields",
    "Outcome",
    "Reader",
    "Refused",
    "Taken",
    "in_a_mapping",
    "ours",
]

Fields = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Taken:
    """A request that a parser took for complete and good."""

    method: bytes
    target: bytes
    version: bytes
    content: bytes
    end: int
    """The place where the next request begins, by the parser."""
    fields: Fields | None
    """Names in lower case; None where the parser does not keep them apart."""
    trailers: Fields | None
    mapping: dict[bytes, bytes] | None = None
    """All values of each name, as `in_a_mapping` gives them, where `fields` is None."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A request that a parser did not take, or whose end it never saw."""

    why: str


Outcome = Taken | Refused
Reader = Callable[[bytes], Outcome]


def ours(data: bytes) -> Outcome:
    """Read a message with our own core."""
    core = ServerConnection(Limits())
    core.receive_data(data)
    core.receive_eof()
    content = bytearray()
    head: RequestHead | None = None
    try:
        while True:
            match core.next_event():
                case RequestHead() as head:
                    pass
                case Content(part):
                    content += part
                case EndOfMessage(trailers) if head is not None:
                    return Taken(
                        head.method.encode("latin-1"),
                        head.target.encode("latin-1"),
                        head.version.encode("latin-1"),
                        bytes(content),
                        len(data) - core.buffered,
                        _encoded(head.headers.lines),
                        _encoded(trailers.lines),
                    )
                case signal:
                    return Refused(f"{signal}")
    except HTTPError as error:
        return Refused(f"{error.status:d} {error.detail}")


def _encoded(lines: tuple[tuple[str, str], ...]) -> Fields:
    return tuple((name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in lines)


def read_h11(data: bytes) -> Outcome:
    """Read a message with h11, as a server."""
    connection = h11.Connection(h11.SERVER)
    content = bytearray()
    request: h11.Request | None = None
    try:
        connection.receive_data(data)
        while True:
            event = connection.next_event()
            if isinstance(event, h11.Request):
                request = event
            elif isinstance(event, h11.Data):
                content += event.data
            elif isinstance(event, h11.EndOfMessage) and request is not None:
                return Taken(
                    request.method,
                    request.target,
                    b"HTTP/" + request.http_version,
                    bytes(content),
                    len(data) - len(connection.trailing_data[0]),
                    tuple((bytes(name), bytes(value)) for name, value in request.headers),
                    tuple((bytes(name), bytes(value)) for name, value in event.headers),
                )
            else:
                return Refused(f"{event}")
    except h11.RemoteProtocolError as error:
        return Refused(str(error))


class _Collector:
    """What httptools tells of one message."""

    def __init__(self) -> None:
        self.target = b""
        self.content = b""
        self.sections: list[list[tuple[bytes, bytes]]] = [[], []]
        self.section = 0
        self.done = False

    def on_url(self, url: bytes) -> None:
        self.target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.sections[self.section].append((name.lower(), value))

    def on_headers_complete(self) -> None:
        self.section = 1

    def on_body(self, body: bytes) -> None:
        self.content += body

    def on_message_complete(self) -> None:
        self.done = True


def read_httptools(data: bytes) -> Outcome:
    """Read a message with httptools (llhttp), byte by byte, since it does not tell where a message ends."""
    collector = _Collector()
    parser = httptools.HttpRequestParser(collector)
    try:
        for at in range(len(data)):
            parser.feed_data(data[at : at + 1])
            if collector.done:
                return Taken(
                    parser.get_method(),
                    collector.target,
                    b"HTTP/" + parser.get_http_version().encode("ascii"),
                    collector.content,
                    at + 1,
                    tuple(collector.sections[0]),
                    tuple(collector.sections[1]),
                )
    except httptools.HttpParserUpgrade:
        return Refused("upgrade")
    except httptools.HttpParserError as error:
        return Refused(str(error))
    return Refused("incomplete")


class _WaitressError(Protocol):
    body: str


class _WaitressParser(Protocol):
    """The parser of waitress, as far as it is used here. waitress ships no types."""

    completed: bool
    empty: bool
    error: _WaitressError | None
    command: str
    request_uri: str
    version: str
    headers: dict[str, str]

    def received(self, data: bytes) -> int: ...
    def get_body_stream(self) -> BufferedIOBase: ...
    def close(self) -> None: ...


_WAITRESS: Final[Callable[[object], _WaitressParser]] = import_module("waitress.parser").HTTPRequestParser
_ADJUSTMENTS: Final[object] = import_module("waitress.adjustments").Adjustments()


_OF_FRAMING: Final = frozenset({b"TRANSFER_ENCODING", b"CONTENT_LENGTH"})


def in_a_mapping(fields: Fields) -> dict[bytes, bytes]:
    """All values of each name, as waitress has them. The fields of framing, which waitress changes, are left out."""
    mapping: dict[bytes, bytes] = {}
    for name, value in fields:
        key = name.upper().replace(b"-", b"_")
        if key not in _OF_FRAMING:
            mapping[key] = mapping[key] + b", " + value if key in mapping else value
    return mapping


def read_waitress(data: bytes) -> Outcome:
    """Read a message with waitress, which is pure Python and keeps fields in a mapping."""
    parser = _WAITRESS(_ADJUSTMENTS)
    end = 0
    try:
        while end < len(data) and not parser.completed:
            taken = parser.received(data[end:])
            end += taken
            if not taken:
                break
    except ValueError as error:  # from the library with which waitress splits targets
        return Refused(f"crash: {error}")
    if parser.error is not None or not parser.completed or parser.empty:
        return Refused("incomplete" if parser.error is None else parser.error.body)
    try:
        body = parser.get_body_stream().read()
    finally:
        parser.close()
    return Taken(
        parser.command.encode("latin-1"),
        parser.request_uri.encode("latin-1"),
        b"HTTP/" + parser.version.encode("latin-1"),
        body,
        end,
        None,
        None,
        in_a_mapping(tuple((key.encode("latin-1"), text.encode("latin-1")) for key, text in parser.headers.items())),
    )


READERS: Final[dict[str, Reader]] = {
    "h11": read_h11,
    "httptools": read_httptools,
    "waitress": read_waitress,
}
