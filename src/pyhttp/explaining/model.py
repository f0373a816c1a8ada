"""What is told of the octets of a connection, as values; docs/explain.md has them as JSON."""

from dataclasses import dataclass

__all__ = ["Field", "Framing", "Message", "Reading", "Refusal", "Request", "Response"]


@dataclass(frozen=True, slots=True)
class Field:
    """One field line, as it is read."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Framing:
    """Where the content of a message ends, and why."""

    kind: str
    """"none", "length", "chunked" or "until the end of the connection"."""
    why: str
    clause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What requests and responses have in common."""

    offset: int
    """Where its first octet is, counted from the first of the connection."""
    end: int
    """The offset behind its last octet, as far as it was read."""
    version: str
    fields: tuple[Field, ...]
    framing: Framing
    content: bytes
    """Its content, as far as it was read, framing removed."""
    trailers: tuple[Field, ...] = ()
    complete: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Request(Message):
    """A request whose head is right."""

    method: str
    target: str
    form: str
    """Which of the four forms the target has."""
    authority: str
    """Host and port that it asks for."""
    path: str
    query: str
    empty_line: bool
    """Whether an empty line before it was passed over."""
    continued: bool
    """Whether the client waits for 100 (Continue), which is sent when the content is read."""
    persistent: bool
    """Whether the connection goes on behind it."""
    persistence: str
    """Why it does, or does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Response(Message):
    """A response."""

    status: int
    reason: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the octets are not read any further."""

    offset: int | None
    """The octet at fault; None where it is about no single one."""
    rule: str
    """What is wrong."""
    clause: str
    """The clause behind that."""
    status: int
    """What goes out; 0 where nothing does, as to a response."""
    phrase: str
    line: bytes
    """The line that the octet stands in, or a part of it."""
    line_offset: int
    """Where that begins."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How all octets of one direction of a connection are read."""

    octets: int
    messages: tuple[Request | Response, ...]
    refusal: Refusal | None
    unread: int
    """How many octets behind the last message, or the one at fault, nobody reads."""
