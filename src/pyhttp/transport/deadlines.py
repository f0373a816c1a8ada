"""The times of the next look at each connection: one heap entry for each, whatever happens to it meanwhile.

A connection's deadline is an attribute that its owner sets without a call. The heap only has the time at which the
leader looks at it next, which is at most `horizon` seconds ahead. A nearer deadline gets an entry of its own, which is
used once.
"""

import heapq
from collections.abc import Iterator
from itertools import count
from typing import Final

__all__ = ["NEVER", "Deadlines"]

NEVER: Final = float("inf")


class Deadlines:
    """A schedule of looks at connections, private to the leader; each operation costs O(log n).

    Entries refer to connections by number: references would keep the closed ones in memory until their entry is due.

    Args:
        horizon: The shortest configured timeout, in seconds.

    Attributes:
        next_look: The time of the next look; `NEVER` where nothing is scheduled.
    """

    def __init__(self, horizon: float) -> None:
        self._horizon = horizon
        self._heap: list[tuple[float, int, bool]] = []
        self._serials = count(1)
        self.next_look: float = NEVER

    def new_serial(self) -> int:
        """A number that no other connection has."""
        return next(self._serials)

    def look(self, serial: int, deadline: float, now: float) -> None:
        """Look at connection `serial` at its deadline, or at the horizon if that is sooner, and again after that."""
        self._push(min(deadline, now + self._horizon), serial, again=True)

    def look_once(self, deadline: float, serial: int) -> None:
        """Look at connection `serial` at a deadline nearer than the horizon, besides all other looks."""
        self._push(deadline, serial, again=False)

    def _push(self, time: float, serial: int, *, again: bool) -> None:
        heapq.heappush(self._heap, (time, serial, again))
        self.next_look = self._heap[0][0]

    def due(self, now: float) -> Iterator[tuple[int, bool]]:
        """The serials to look at now, and whether each is to be looked at again; they leave the schedule."""
        while self.next_look <= now:
            _, serial, again = heapq.heappop(self._heap)
            self.next_look = self._heap[0][0] if self._heap else NEVER
            yield serial, again
