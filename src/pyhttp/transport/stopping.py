"""The clock of a stop: every thread that looks keeps it, since the thread that leads may be in a handler (L8)."""

import _thread
import contextlib
import threading
import time
from collections.abc import Callable
from typing import Final

__all__ = ["LAST", "Stop"]

LAST: Final = 0.2
"""Seconds that closing everything may take, once no wait is left."""

_HURRY: Final = 2.0
"""Seconds before the end of the grace period at which scripts are asked to end: the time that they may take for it."""
_SOON: Final = 0.01
"""Seconds after which to look again."""
_AFTER_CUT: Final = 0.5
"""Seconds for cut connections to return from their handlers, after the grace period. With the time for closing, it is
less than the one second that safety line L8 allows."""


class Stop:
    """The acts after a request to stop, each done once at its moment. For any thread.

    Args:
        grace: Seconds for the exchanges in progress.
        hurry: Called shortly before that time is over.
        cut: Called when it is over.
        clock: Returns monotonic seconds.

    Attributes:
        requested: Whether a stop was requested.
        is_cut: Whether the grace period is over.
    """

    def __init__(
        self,
        grace: float,
        hurry: Callable[[], None],
        cut: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._grace = grace
        self._acts = [(max(grace / 2, grace - _HURRY), hurry), (grace, cut)]
        self._clock = clock
        self._lock = threading.Lock()
        self._since = 0.0
        self._patient_until = 0.0
        self._at_once = False
        self.requested: bool = False
        self.is_cut: bool = False

    def request(self, patience: float = 0.0) -> None:
        """Begin the stop; a signal handler may call this, so that no lock is taken.

        Args:
            patience: Seconds in which connected clients may still send a request, each one. The least patience counts.
        """
        until = self._clock() + patience
        if not self.requested:
            self._since = until - patience
            self._patient_until = until
            self.requested = True
        self._patient_until = min(self._patient_until, until)

    @property
    def is_patient(self) -> bool:
        """Whether connected clients may still send a request."""
        return self._clock() < self._patient_until

    def end_at_once(self) -> None:
        """Stop without any further wait; a signal handler may call this."""
        self._at_once = True
        self.request()

    def act(self) -> float:
        """Do the acts that are due; returns the seconds until the next one, or 0 at the end of all waits."""
        while True:
            if not self._lock.acquire(blocking=False):
                # Another call holds the lock: maybe the very code that a signal handler, which makes this call, has
                # interrupted.
                return _SOON
            try:
                now = self._clock()
                passed = float("inf") if self._at_once else now - self._since
                if not self._acts:
                    return max(0.0, self._grace + _AFTER_CUT - passed)
                moment, act = self._acts[0]
                if passed < moment:
                    patience = self._patient_until - now
                    return min(moment - passed, patience) if patience > 0 else moment - passed
                del self._acts[0]
                self.is_cut = not self._acts
            finally:
                self._lock.release()
            act()

    def keep(self, ended: threading.Event) -> None:
        """Keep the clock until `ended`, for a thread that waits for it, so that it comes in time (safety line L8)."""
        while (seconds := self.act()) > 0:
            if ended.wait(min(seconds, threading.TIMEOUT_MAX)):
                return
        ended.wait(LAST)  # only a handler is left, and it must not keep the caller

    def keep_aside(self, ended: threading.Event) -> None:
        """Keep the clock in a thread of its own; without a thread the loop keeps it, perhaps later."""
        # No Thread object is used, since a signal may have come in the middle of starting a thread.
        with contextlib.suppress(RuntimeError):
            _thread.start_new_thread(self.keep, (ended,))
