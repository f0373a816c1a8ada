"""RFC 9110 §3.4: how far an exchange is, between its request and its answer."""

from enum import Enum

__all__ = ["Progress"]


class Progress(Enum):
    """How far an exchange is."""

    OPEN = "open"
    """A turn has to answer, or to say what has to be awaited."""
    COLLECTING = "collecting"
    """Pending: a further turn goes on when all content is here."""
    WAITING = "waiting"
    """Pending: a further turn goes on when something else than the client is ready."""
    ANSWERED = "answered"
    """The head of the answer has been sent, or the handler has written to the socket itself."""
