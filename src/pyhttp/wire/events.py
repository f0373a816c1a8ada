"""RFC 9112 §2.1: the events that a connection reports and takes, as a closed set of values.

The events are named tuples: a frozen dataclass takes seven times as long to define, and its values three times as long
to make.
"""

from enum import Enum, auto
from typing import NamedTuple

from pyhttp.messages import RequestHead
from pyhttp.semantics.fields import EMPTY, Headers

__all__ = [
    "Content",
    "ContentElsewhere",
    "EndOfMessage",
    "Event",
    "Informational",
    "Outgoing",
    "ResponseHead",
    "Signal",
]


class Content(NamedTuple):
    """Some octets of content, framing removed (RFC 9110 §6.4); never empty when received."""

    data: bytes


class EndOfMessage(NamedTuple):
    """The message is complete; `trailers` is its trailer section (RFC 9110 §6.5)."""

    trailers: Headers = EMPTY


class Signal(Enum):
    """The reason why there is no event now."""

    NEED_DATA = auto()
    """No event before `receive_data` or `receive_eof`."""
    PAUSED = auto()
    """This request is complete; the next one waits for `start_next_cycle`."""
    CLOSED = auto()
    """No request will follow: the peer ended the connection between requests, or the connection is to be closed."""


Event = RequestHead | Content | EndOfMessage | Signal


class Informational(NamedTuple):
    """An interim response without fields, such as 100 (RFC 9110 §15.2)."""

    status: int


class ResponseHead(NamedTuple):
    """Status line and header section of a final response, before its framing is chosen (RFC 9112 §6.3).

    `fields` are checked and hold neither Connection nor Transfer-Encoding; a Content-Length in them is true. `length`
    is the number of content octets; None where only the end of the content shows it. `close` asks for the end of the
    connection. An empty `reason` stands for the status's own phrase. `date` is a whole Date line, CRLF included, and
    goes first.
    """

    status: int
    fields: Headers
    length: int | None
    close: bool = False
    reason: str = ""
    date: bytes = b""


class ContentElsewhere(NamedTuple):
    """`length` octets of content that the caller itself sends from a file; only where the framing is a length."""

    length: int


Outgoing = Informational | ResponseHead | Content | ContentElsewhere | EndOfMessage
