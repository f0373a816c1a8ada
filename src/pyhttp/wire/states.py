"""RFC 9112 §9: the states of a connection, as one table.

Each of the two directions has a state. On the receiving side a pair that is not in the table cannot happen. On the
sending side it is the caller's fault (`Misuse`). Two rules stand beside the table. `start_next_cycle` takes both sides
from their last state to their first, if the connection persists. An answer without a request ends the receiving side.
"""

from collections.abc import Callable, Mapping
from enum import Enum
from typing import ClassVar, Final

from pyhttp.errors import HTTPError
from pyhttp.messages import RequestHead
from pyhttp.wire.events import Content, ContentElsewhere, EndOfMessage, Informational, ResponseHead, Signal

__all__ = ["RECEIVED", "SENT", "Receiving", "Sending"]


class Receiving(Enum):
    """The things that the peer may send next."""

    HEAD = "head"
    """A request head, or the end of the connection."""
    CONTENT = "content"
    """Content of the request, or its end."""
    DONE = "done"
    """The request is complete; further octets wait."""
    CLOSED = "closed"
    """No request will follow."""
    FAILED = "failed"
    """The input broke a rule and is not parsed any more (safety line F13)."""

    __hash__: ClassVar[Callable[[object], int]] = object.__hash__  # members are unique objects; Enum's own hash is slow


class Sending(Enum):
    """The things that the server may send next."""

    HEAD = "head"
    """Interim responses, after which the head of the final one still has to come."""
    CONTENT = "content"
    """Content of the response, or its end."""
    DONE = "done"
    """The response is complete."""

    __hash__: ClassVar[Callable[[object], int]] = object.__hash__


RECEIVED: Final[Mapping[tuple[Receiving, type[object]], Receiving]] = {
    (Receiving.HEAD, RequestHead): Receiving.CONTENT,
    (Receiving.HEAD, HTTPError): Receiving.FAILED,
    (Receiving.HEAD, Signal): Receiving.CLOSED,
    (Receiving.CONTENT, Content): Receiving.CONTENT,
    (Receiving.CONTENT, EndOfMessage): Receiving.DONE,
    (Receiving.CONTENT, HTTPError): Receiving.FAILED,
}
"""The state after each thing received; `Signal` stands for the end of the connection."""

SENT: Final[Mapping[tuple[Sending, type[object]], Sending]] = {
    (Sending.HEAD, Informational): Sending.HEAD,
    (Sending.HEAD, ResponseHead): Sending.CONTENT,
    (Sending.CONTENT, Content): Sending.CONTENT,
    (Sending.CONTENT, ContentElsewhere): Sending.CONTENT,
    (Sending.CONTENT, EndOfMessage): Sending.DONE,
}
"""The state after each thing sent."""
