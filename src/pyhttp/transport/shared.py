"""A listener that several processes serve: how many clients each of them has, so that none takes all."""

import os
import socket
from collections.abc import Callable
from typing import Final

__all__ = ["NONE", "Counts", "Seats", "SharedListener"]

NONE: Final = -1
"""What stands for no descriptor, and for no seat."""
_SEATS: Final = 1024
"""Processes that are counted: those that serve, and those that leave."""
_SIZE: Final = 4
_SLACK: Final = 2
_SHARE: Final = 8
"""One process may have two clients more than another, and one more for each so many."""


class Counts:
    """How many clients each process has. Each writes its own count alone, and a glance at the others' may be late.

    Args:
        descriptor: Of the memory.
    """

    def __init__(self, descriptor: int) -> None:
        import mmap  # noqa: PLC0415 - one of several processes needs it, and nobody else

        self._memory: mmap.mmap = mmap.mmap(descriptor, _SEATS * _SIZE)
        self._counts = memoryview(self._memory).cast("I")

    def tell(self, seat: int, count: int) -> None:
        """The process in `seat` has so many clients, and takes more."""
        self._counts[seat] = count + 1

    def leave(self, seat: int) -> None:
        """Nobody in `seat` takes clients."""
        self._counts[seat] = 0

    def least(self, seat: int) -> int | None:
        """The clients of the process that has the fewest, that in `seat` apart; None where there is no other."""
        others = [count - 1 for place, count in enumerate(self._counts) if count and place != seat]
        return min(others, default=None)

    def close(self) -> None:
        """Release the memory."""
        self._counts.release()
        self._memory.close()


class Seats:
    """Who has which count, for the process that starts the others.

    Attributes:
        memory: What those are to inherit; NONE where the system shares no memory so.
    """

    def __init__(self) -> None:
        self.memory: int = NONE
        self._counts: Counts | None = None
        self._free = list(range(_SEATS - 1, -1, -1))
        if hasattr(os, "memfd_create"):
            self.memory = os.memfd_create("pyhttp")
            os.truncate(self.memory, _SEATS * _SIZE)
            self._counts = Counts(self.memory)

    def take(self) -> int:
        """A seat for one more process; NONE where there is none."""
        return self._free.pop() if self._free else NONE

    def give_back(self, seat: int) -> None:
        """The process that had it has ended."""
        if seat != NONE:
            self._free.append(seat)
            if self._counts is not None:
                self._counts.leave(seat)

    def close(self) -> None:
        """Release the memory; those who have it keep it."""
        if self._counts is not None:
            self._counts.close()
            os.close(self.memory)
            self._counts, self.memory = None, NONE


class SharedListener(socket.socket):
    """A listener of one process of several.

    Attributes:
        counts: Of all of them; None where the system shares no memory.
        seat: That of this process.
        on_close: Called once the listener is closed.
    """

    counts: Counts | None = None
    seat: int = NONE
    on_close: Callable[[], None] | None = None

    def is_ahead(self, count: int) -> bool:
        """Whether another process should take the next client, this one having `count`."""
        if self.counts is None:
            return False
        self.counts.tell(self.seat, count)
        least = self.counts.least(self.seat)
        return least is not None and count > least + _SLACK + least // _SHARE

    def close(self) -> None:
        """Close, and tell."""
        super().close()
        tell, self.on_close = self.on_close, None
        if tell is not None:
            if self.counts is not None:
                self.counts.leave(self.seat)
            tell()
