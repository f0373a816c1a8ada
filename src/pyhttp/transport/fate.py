"""RFC 9112 §9.3, §9.6: the future of a connection, as one value.

Every reason against going on lowers it, and nothing raises it: the client's wish, a stop, a limit, a handler's fault,
or bytes moved past the gate. All code that asks about the future of a connection reads this value.
"""

from enum import IntEnum
from typing import Final

__all__ = ["CUT", "KEEP", "LAST", "Fate"]


class Fate(IntEnum):
    """The fate of a connection: the more reasons are against it, the lower."""

    CUT = 0
    """The connection ends at once: its client is gone or does not read, or an answer cannot be completed (safety line
    F17)."""
    LAST = 1
    """The answer of this exchange is completed; then the connection ends."""
    KEEP = 2
    """The next request may follow."""


# For code that runs with every request: looking up a member of an Enum costs more than a global name.
CUT: Final = Fate.CUT
LAST: Final = Fate.LAST
KEEP: Final = Fate.KEEP
