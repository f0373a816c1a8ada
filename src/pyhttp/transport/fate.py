"""RFC 9112 §9.3, §9.6: what is to become of a connection, as one value.

Whatever speaks against going on - the client's wish, a stop, a limit, a handler's fault, bytes moved behind the gate's
back - lowers it; nothing raises it. Who wants to know looks here and nowhere else.
"""

from enum import IntEnum
from typing import Final

__all__ = ["CUT", "KEEP", "LAST", "Fate"]


class Fate(IntEnum):
    """The more there is against a connection, the lower."""

    CUT = 0
    """It ends at once: its client is gone or does not read, or an answer cannot be completed (safety line F17)."""
    LAST = 1
    """The answer of this exchange is completed; nothing follows it on the connection."""
    KEEP = 2
    """The next request may follow."""


# For what runs with every request: looking up a member of an Enum costs more than a global name.
CUT: Final = Fate.CUT
LAST: Final = Fate.LAST
KEEP: Final = Fate.KEEP
