"""The report on the octets of a connection, as values; docs/explain.md describes them as JSON."""

from dataclasses import dataclass

__all__ = ["Field", "Framing", "Message", "Reading", "Refusal", "Request", "Response"]


@dataclass(frozen=True, slots=True)
class Field:
    """One field line, as the reader understands it."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Framing:
    """The end of the content of a message, and the reason for it."""

    kind: str
    """"none", "length", "chunked" or "until the end of the connection"."""
    why: str
    clause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """The part that requests and responses have in common."""

    offset: int
    """The offset of the first octet of the message, counted from the first octet of the connection."""
    end: int
    """The offset behind the last octet of the message, as far as it was read."""
    version: str
    fields: tuple[Field, ...]
    framing: Framing
    content: bytes
    """The content of the message, as far as it was read, framing removed."""
    trailers: tuple[Field, ...] = ()
    complete: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Request(Message):
    """A request whose head is valid."""

    method: str
    target: str
    form: str
    """The form of the target, one of the four."""
    authority: str
    """The host and port that the request asks for."""
    path: str
    query: str
    empty_line: bool
    """Whether the reader passed over an empty line before the request."""
    continued: bool
    """Whether the client waits for 100 (Continue), which is sent when the content is read."""
    persistent: bool
    """Whether the connection goes on behind the request."""
    persistence: str
    """The reason why the connection goes on, or ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Response(Message):
    """A response."""

    status: int
    reason: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """The reason why the octets are not read any further."""

    offset: int | None
    """The offset of the octet at fault; None where no single octet is at fault."""
    rule: str
    """The rule that is broken."""
    clause: str
    """The clause behind that rule."""
    status: int
    """The status that is sent; 0 where nothing is sent, as to a response."""
    phrase: str
    line: bytes
    """The line with the octet, or a part of that line."""
    line_offset: int
    """The offset of the beginning of `line`."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The reading of all octets of one direction of a connection."""

    octets: int
    messages: tuple[Request | Response, ...]
    refusal: Refusal | None
    unread: int
    """The number of octets behind the last message, or from the one at fault on, that nothing reads."""
