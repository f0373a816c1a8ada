"""The time that a peer may take: silence and rate of content in either direction (safety lines D9, D10)."""

import math
from typing import Final

from pyhttp.errors import Disconnected
from pyhttp.transport.outbox import Outbox
from pyhttp.transport.stream import Stream

__all__ = ["Pace", "TooSlow", "Uptake"]

_LOOKS: Final = 4.0
"""The number of looks, within the time of a silence, at the octets that a client has taken."""


class TooSlow(Disconnected):
    """The client does not read its answer."""


class Pace:
    """A count of the time spent waiting for a peer over one message, and of the bytes that moved meanwhile.

    A silence limit alone would let single bytes keep a connection for ever. So after the first `grace` seconds of
    waiting the bytes moved must make up for the rest at `rate` bytes per second.

    Args:
        grace: The time without a rate, in seconds.
        rate: The least rate, in bytes per second.

    Attributes:
        silence: The seconds that may go by without a byte.
    """

    __slots__ = ("_moved", "_rate", "_silent", "_waited", "silence")

    def __init__(self, grace: float, rate: float) -> None:
        self._rate = rate
        self.silence: float = grace
        self._waited = 0.0
        self._silent = 0.0
        self._moved = 0

    def count(self, waited: float, moved: int) -> None:
        """Count `waited` seconds, and `moved` bytes after them."""
        self._waited += waited
        self._moved += moved
        self._silent = 0.0 if moved else self._silent + waited

    def allow_for(self, step: int) -> None:
        """Note that progress shows in steps of so many bytes: silence may last as long as one at the least rate."""
        self.silence = max(self.silence, step / self._rate)

    def allowance(self) -> float:
        """The seconds that the next wait may take; 0 or less where the peer has been too slow already."""
        return min(self.silence - self._silent, self.silence + self._moved / self._rate - self._waited)


class Uptake:
    """The way a client takes its answer: the octets it has taken count, not the socket's readiness (safety line D10).

    A client that takes octets makes no event while the socket's queue is still long, so that it has to be looked for.

    Args:
        outbox: The outbox, which counts the octets written.
        stream: The stream, which knows how many of them have not been taken.
        grace, rate: As for `Pace`.
        start: The number of octets that the outbox had sent before the answer.
    """

    __slots__ = ("_glanced", "_grace", "_mark", "_outbox", "_pace", "_seen", "_step", "_stream", "_waits_since")

    def __init__(self, outbox: Outbox, stream: Stream, grace: float, rate: float, *, start: int = 0) -> None:
        self._outbox = outbox
        self._stream = stream
        self._grace = grace
        self._pace = Pace(grace, rate)
        self._seen = start
        self._step = 0
        self._mark = -math.inf
        self._glanced = -math.inf
        self._waits_since = math.inf

    def patience(self) -> float:
        """The longest wait in seconds before `keeps_up` is asked."""
        return min(self._pace.allowance(), self._grace / _LOOKS)

    def keeps_up(self, waited: float) -> bool:
        """Whether the client keeps up, after so many seconds of waiting since the last look."""
        self._pace.count(waited, self._count_taken())
        return self._pace.allowance() > 0

    def glance(self, now: float) -> bool:
        """Whether the client keeps up when all has been written, and octets may wait in the system; looks at times.

        Only silence counts. It begins with a look that finds octets older than the last look still waiting, and none
        taken since. A client that is sent little owes no rate, and octets may be on their way at any look.
        """
        if now - self._glanced < self._grace / _LOOKS:
            return True
        mark, self._mark, self._glanced = self._mark, self._outbox.sent, now
        moved = self._count_taken()
        self._pace.count(0.0, moved)
        self._waits_since = math.inf if moved or self._seen >= mark else min(self._waits_since, now)
        return now - self._waits_since < self._pace.silence

    def next_glance(self) -> float:
        """The time of the next look: never, where the client is known to have taken everything."""
        return math.inf if self._seen >= self._outbox.sent else self._glanced + self._grace / _LOOKS

    def _count_taken(self) -> int:
        """The number of octets that the client has taken since the last look."""
        if not self._step:
            self._step = self._stream.step() or 1
            self._pace.allow_for(self._step)
        seen = self._seen
        self._seen = max(seen, self._outbox.sent - self._stream.untaken())
        return self._seen - seen
