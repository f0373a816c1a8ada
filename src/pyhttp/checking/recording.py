"""A client that records both sides of a conversation, and limits its waits."""

import socket
import time
from dataclasses import dataclass
from enum import Enum
from typing import Final

from pyhttp.checking.client import Client
from pyhttp.checking.reader import Late

__all__ = ["Recorder", "Said", "Side"]

_MOST: Final = 4 << 20
"""The largest number of octets that are read on one connection."""
_PATIENCES: Final = 10
"""The largest number of waits, one after the other, on a connection."""


class Side(Enum):
    """A side of the connection."""

    CLIENT = "sent"
    SERVER = "received"


@dataclass(frozen=True, slots=True)
class Said:
    """The octets of one side before the other side sent some; empty octets mean the end of its direction."""

    side: Side
    data: bytes


class Recorder(Client):
    """A recording client on a connected socket.

    Attributes:
        said: The recorded octets, in their order.
        late: Whether a wait ended in vain.
    """

    def __init__(self, sock: socket.socket, *, bytewise: bool = False) -> None:
        super().__init__(sock, bytewise=bytewise)
        self.said: list[Said] = []
        self.late: bool = False
        self._heard = 0
        self._end = time.monotonic() + _PATIENCES * (sock.gettimeout() or 0.0)

    def _note(self, side: Side, data: bytes) -> None:
        if data and self.said and self.said[-1].side is side and self.said[-1].data:
            data = self.said.pop().data + data
        self.said.append(Said(side, data))

    def send(self, data: bytes) -> None:
        """Send all of `data`, and record it."""
        self._note(Side.CLIENT, data)
        super().send(data)

    def half_close(self) -> None:
        """End the sending side."""
        self._note(Side.CLIENT, b"")
        super().half_close()

    def ended(self) -> bytes:
        """Return b"" where the server ends its side, else the first octets that come before that. Raises Late."""
        return bytes(self._held) or self.more()

    def more(self) -> bytes:
        """The next octets of the server; b"" when it has closed. Raises Late."""
        if self._heard > _MOST or time.monotonic() > self._end:
            self.late = True
            raise Late
        try:
            data = super().more()
        except Late:
            self.late = True
            raise
        self._heard += len(data)
        self._note(Side.SERVER, data)
        return data
