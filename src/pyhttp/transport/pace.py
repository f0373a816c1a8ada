"""How long a peer may take: silence and rate of content in either direction (safety lines D9, D10)."""

__all__ = ["Pace"]


class Pace:
    """Counts time spent waiting for a peer, and the bytes that moved meanwhile.

    A silence limit alone would let one byte now and then go on for ever, so that after the first `grace` seconds of
    waiting the bytes moved must make up for the rest at `rate` bytes per second.
    """

    __slots__ = ("_grace", "_moved", "_rate", "_waited")

    def __init__(self, grace: float, rate: float) -> None:
        self._grace = grace
        self._rate = rate
        self._waited = 0.0
        self._moved = 0

    def count(self, waited: float, moved: int) -> None:
        """`waited` seconds went by, then `moved` bytes did."""
        self._waited += waited
        self._moved += moved

    def allowance(self) -> float:
        """Seconds the next wait may take; 0 or less where the peer has been too slow already."""
        return min(self._grace, self._grace + self._moved / self._rate - self._waited)
