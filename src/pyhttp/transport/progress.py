"""RFC 9110 §3.4: the state of an exchange, between its request and its answer."""

from enum import Enum
from typing import Final

__all__ = ["ANSWERED", "OPEN", "Progress"]


class Progress(Enum):
    """The state of an exchange."""

    OPEN = "open"
    """A turn has to answer, or to name the thing that has to be awaited."""
    COLLECTING = "collecting"
    """Pending: a further turn goes on when all content is here."""
    WAITING = "waiting"
    """Pending: a further turn goes on when something other than the client is ready."""
    ANSWERED = "answered"
    """The head of the answer has been sent, or the handler has written to the socket itself."""


# For code that runs with every request: looking up a member of an Enum costs more than a global name.
OPEN: Final = Progress.OPEN
ANSWERED: Final = Progress.ANSWERED
