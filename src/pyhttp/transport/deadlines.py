"""When to look at a connection again: one heap entry for each, whatever happens to it meanwhile.

A connection's deadline is an attribute that its owner sets without a lock; the heap only says when the leader looks at
it next, and that is never later than `horizon` seconds ahead, so that a deadline that moves closer is met all the same.
"""

import heapq
from collections.abc import Iterator
from itertools import count

__all__ = ["Deadlines"]


class Deadlines:
    """A schedule of looks at connections, private to the leader; each operation costs O(log n).

    Entries refer to connections by number: references would keep the closed ones in memory until their entry is due.

    Args:
        horizon: Seconds; the shortest configured timeout.
    """

    def __init__(self, horizon: float) -> None:
        self._horizon = horizon
        self._heap: list[tuple[float, int]] = []
        self._serials = count(1)

    def new_serial(self) -> int:
        """A number that no other connection has."""
        return next(self._serials)

    def look(self, serial: int, deadline: float, now: float) -> None:
        """Look at connection `serial` at its deadline, or at the horizon if that is sooner."""
        heapq.heappush(self._heap, (min(deadline, now + self._horizon), serial))

    def due(self, now: float) -> Iterator[int]:
        """The serials to look at now; each leaves the schedule."""
        while self._heap and self._heap[0][0] <= now:
            yield heapq.heappop(self._heap)[1]

    def next_look(self) -> float | None:
        """The time of the next look; None where nothing is scheduled."""
        return self._heap[0][0] if self._heap else None
