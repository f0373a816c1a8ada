"""A listener that several processes serve: the number of clients of each one, so that no process takes all."""

import os
import socket
from collections.abc import Callable
from typing import Final

__all__ = ["NONE", "Counts", "Seats", "SharedListener"]

NONE: Final = -1
"""The number that stands for no descriptor, and for no seat."""
_SEATS: Final = 1024
"""The number of processes that can be counted: those that serve, and those that leave."""
_SIZE: Final = 4
_SLACK: Final = 2
_SHARE: Final = 8
"""One process may have two clients more than another, and one more for each so many."""


class Counts:
    """The number of clients of each process. Each process writes only its own count; a read of the others may be late.

    Args:
        descriptor: The descriptor of the shared memory.
    """

    def __init__(self, descriptor: int) -> None:
        import mmap  # noqa: PLC0415 - only one of several processes needs it

        self._memory: mmap.mmap = mmap.mmap(descriptor, _SEATS * _SIZE)
        self._counts = memoryview(self._memory).cast("I")

    def tell(self, seat: int, count: int) -> None:
        """Write the number of clients of the process in `seat`, which takes more."""
        self._counts[seat] = count + 1

    def leave(self, seat: int) -> None:
        """Write that no process in `seat` takes clients."""
        self._counts[seat] = 0

    def least(self, seat: int) -> int | None:
        """The fewest clients of a process, apart from that in `seat`; None where there is no other."""
        others = [count - 1 for place, count in enumerate(self._counts) if count and place != seat]
        return min(others, default=None)

    def close(self) -> None:
        """Release the memory."""
        self._counts.release()
        self._memory.close()


class Seats:
    """The seats of the processes, for the process that starts the others.

    Attributes:
        memory: The descriptor that the processes inherit; NONE where the system has no such shared memory.
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
        """A seat for one more process; NONE where no seat is free."""
        return self._free.pop() if self._free else NONE

    def give_back(self, seat: int) -> None:
        """Release the seat of a process that has ended."""
        if seat != NONE:
            self._free.append(seat)
            if self._counts is not None:
                self._counts.leave(seat)

    def close(self) -> None:
        """Release the memory; other processes keep theirs."""
        if self._counts is not None:
            self._counts.close()
            os.close(self.memory)
            self._counts, self.memory = None, NONE


class SharedListener(socket.socket):
    """A listener of one process of several.

    Attributes:
        counts: The counts of all processes; None where the system shares no memory.
        seat: The seat of this process.
        on_close: Called once the listener is closed.
    """

    counts: Counts | None = None
    seat: int = NONE
    on_close: Callable[[], None] | None = None

    def is_ahead(self, count: int) -> bool:
        """Whether another process should take the next client, if this one has `count`."""
        if self.counts is None:
            return False
        self.counts.tell(self.seat, count)
        least = self.counts.least(self.seat)
        return least is not None and count > least + _SLACK + least // _SHARE

    def close(self) -> None:
        """Close the listener, and call `on_close`."""
        super().close()
        tell, self.on_close = self.on_close, None
        if tell is not None:
            if self.counts is not None:
                self.counts.leave(self.seat)
            tell()
