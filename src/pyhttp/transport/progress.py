"""RFC 9110 §3.4: how far an exchange is, between its request and its answer."""

from enum import Enum
from typing import Final

__all__ = ["ANSWERED", "OPEN", "Progress"]


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


# For what runs with every request: looking up a member of an Enum costs more than a global name.
OPEN: Final = Progress.OPEN
ANSWERED: Final = Progress.ANSWERED
