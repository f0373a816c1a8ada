"""The clock of a stop: it is kept by whoever looks at it, since the thread that leads may be in a handler (L8)."""

import _thread
import contextlib
import threading
import time
from collections.abc import Callable
from typing import Final

__all__ = ["LAST", "Stop"]

LAST: Final = 0.2
"""Seconds that closing everything may take, once nobody is waited for any more."""

_HURRY: Final = 2.0
"""Seconds before the end of the grace period at which scripts are asked to end: as long as they may take for it."""
_SOON: Final = 0.01
"""Seconds after which to look again."""
_AFTER_CUT: Final = 0.5
"""Seconds that cut connections have to come back from their handlers, on top of the grace period: with what closing
takes, less than the one second that safety line L8 allows."""


class Stop:
    """What is to be done at which moment after a stop was requested; each thing is done once. For any thread.

    Args:
        grace: Seconds for the exchanges in progress.
        hurry: Called shortly before these are over.
        cut: Called when they are.
        clock: Monotonic seconds.

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
        """Begin; from a signal handler, too, so that no lock is taken.

        Args:
            patience: Seconds in which clients that are connected may still ask, each once. The least one counts.
        """
        until = self._clock() + patience
        if not self.requested:
            self._since = until - patience
            self._patient_until = until
            self.requested = True
        self._patient_until = min(self._patient_until, until)

    @property
    def is_patient(self) -> bool:
        """Whether clients that are connected may still ask."""
        return self._clock() < self._patient_until

    def end_at_once(self) -> None:
        """Wait for nobody any more; from a signal handler, too."""
        self._at_once = True
        self.request()

    def act(self) -> float:
        """Do what is due: seconds until there is more to do, 0 where all is over and nobody is waited for any more."""
        while True:
            if not self._lock.acquire(blocking=False):
                # Somebody else looks: maybe the very code that a signal handler, which calls this, has interrupted.
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
        """By whoever waits for the end that `ended` tells of: see that it comes in time (safety line L8)."""
        while (seconds := self.act()) > 0:
            if ended.wait(min(seconds, threading.TIMEOUT_MAX)):
                return
        ended.wait(LAST)  # what is left is a handler's own, and must not keep whoever waits

    def keep_aside(self, ended: threading.Event) -> None:
        """The same in a thread of its own; where none is to be had, the loop keeps the clock, later maybe."""
        # No Thread object, since a signal may have come in the middle of starting one.
        with contextlib.suppress(RuntimeError):
            _thread.start_new_thread(self.keep, (ended,))
