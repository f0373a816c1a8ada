"""RFC 3875 §3.4, §6.1: the scripts of one server: how many run at once, who is next, and their end when it stops."""

import os
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Final, Protocol, TypeVar

from pyhttp.errors import Unavailable
from pyhttp.limits import Limits, Timeouts

__all__ = ["Bounds", "Group", "Place", "RunningScripts"]

_MOMENT: Final = 0.2
"""Seconds."""

Bounds = tuple[int, int]
"""A limit of the system: what is in force, and how far that may be raised."""


class Group(Protocol):
    """A running script with all its processes."""

    def terminate(self) -> None:
        """Ask it to end; never waits."""
        ...

    def destroy(self) -> None:
        """End it; never waits."""
        ...

    def kill(self) -> None:
        """End it, and reap it."""
        ...


_G = TypeVar("_G", bound=Group)


class RunningScripts:
    """What the scripts of one server share. Safe for use from several threads.

    Args:
        limits: `scripts` at once (safety line D18), and what bounds their output and standard error.
        timeouts: `script`, `script_run`, `script_wait` and `script_kill` (safety lines D17, D18, C11).

    Attributes:
        descriptors: The limit of open descriptors that scripts have, where this process has raised its own.
    """

    def __init__(self, limits: Limits, timeouts: Timeouts) -> None:
        self.limits: Final = limits
        self.timeouts: Final = timeouts
        self.descriptors: Bounds | None = None
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._starting = 0
        self._running: set[Group] = set()
        self._line: deque[Place] = deque()
        self._stopped: float | None = None

    @property
    def running(self) -> int:
        """How many have a place: those that have been started and not yet reaped, and those about to be."""
        return self._starting + len(self._running)

    @property
    def stopping(self) -> bool:
        """Whether `stop` has been called."""
        return self._stopped is not None

    def reserve(self) -> "Place":
        """A place for one more script, or one in the line for it (safety line D18).

        Raises:
            Unavailable: The server stops, or has no descriptor left for the line.
        """
        with self._lock:
            if self._stopped is not None:
                raise Unavailable("the server is stopping")
            place = Place(self, time.monotonic() + self.timeouts.script_wait)
            if not self._line and self.running < self.limits.scripts:
                self._starting += 1
                place.granted = True
            else:
                place.queue()
                self._line.append(place)
            return place

    def started(self, group: Group) -> None:
        """One of those about to be started has been; it counts until `forget`."""
        with self._lock:
            self._starting -= 1
            self._running.add(group)
        if self.stopping:  # `stop` came too early to know of it
            group.terminate()

    def give_back(self, place: "Place") -> None:
        """`place` is not wanted, or not any more."""
        with self._lock:
            if place.granted:
                place.granted = False
                self._starting -= 1
                self._tell()
            elif place in self._line:
                self._line.remove(place)
            place.leave()

    def forget(self, group: Group) -> None:
        """`group` has been reaped; harmless when called twice."""
        with self._lock:
            self._running.discard(group)
            self._tell()

    def stop(self) -> None:
        """Start no more, and send SIGTERM to each group (safety line C11). Returns at once; `close` does the rest."""
        with self._lock:
            if self._stopped is None:
                self._stopped = time.monotonic()
            running = tuple(self._running)
            for place in self._line:
                place.call()
        for group in running:
            group.terminate()

    def close(self, patience: float | None = None) -> None:
        """Stop, send SIGKILL to what is left `script_kill` seconds after SIGTERM, and reap all; harmless twice.

        Args:
            patience: Seconds until SIGKILL at most; None where only `script_kill` counts.
        """
        self.stop()
        with self._lock:
            seconds = self.timeouts.script_kill - (time.monotonic() - (self._stopped or 0.0))
            if patience is not None:
                seconds = min(seconds, patience)
            self._changed.wait_for(lambda: not self.running, max(0.0, seconds))
            running = tuple(self._running)
        for group in running:
            group.kill()

    def end_at_once(self) -> None:
        """`close` within a moment, so that one that is just being started is known: the process is about to end."""
        self.close(_MOMENT)

    def destroy(self) -> None:
        """SIGKILL to what runs, waiting for none of it: for a signal handler."""
        for group in tuple(self._running):
            group.destroy()

    def _tell(self) -> None:
        """Under the lock: a place has become free."""
        while self._line and self.running < self.limits.scripts and self._stopped is None:
            place = self._line.popleft()
            self._starting += 1
            place.granted = True
            place.call()
        if self._stopped is not None:
            self._changed.notify_all()


class Place:
    """A script's place among those that run, or in the line for one: what a request awaits before its script starts.

    Args:
        scripts: Of which server.
        until: When the wait ends, on the monotonic clock.

    Attributes:
        granted: Whether the script may be started; changed under the lock of `scripts`.
    """

    def __init__(self, scripts: RunningScripts, until: float) -> None:
        self._scripts = scripts
        self._until = until
        self._bell: tuple[int, int] | None = None
        self.granted: bool = False

    # --- under the lock of the scripts

    def queue(self) -> None:
        """It has to wait: `watched` will tell when it is called.

        Raises:
            Unavailable: No descriptor is left.
        """
        try:
            self._bell = os.pipe()
        except OSError as error:
            raise Unavailable(f"no request can be put in line: {error}") from error

    def call(self) -> None:
        """It is granted, or never will be."""
        if self._bell is not None:
            os.write(self._bell[1], b"\0")

    def leave(self) -> None:
        """Nobody looks at it any more."""
        bell, self._bell = self._bell, None
        for descriptor in bell or ():
            os.close(descriptor)

    # --- for the request

    def watched(self) -> tuple[int, ...]:
        """Becomes readable when it is called."""
        return () if self._bell is None else self._bell[:1]

    def due(self) -> float:
        """When the wait ends."""
        return self._until

    def proceed(self) -> bool:
        """Whether the wait is over, well or not."""
        return self.granted or self._scripts.stopping or time.monotonic() >= self._until

    def close(self) -> None:
        """Give it back, unless a script has taken it; harmless when called twice."""
        if self.granted or self._bell is not None:  # without a bell nobody else grants it
            self._scripts.give_back(self)

    def start(self, start: Callable[[], _G]) -> _G:
        """Start a script by `start` in this place.

        Raises:
            Unavailable: The wait was in vain, or the server stops.
            HTTPError: What `start` raises.
        """
        try:
            self._demand()
            group = start()
        except BaseException:
            self.close()
            raise
        self.granted = False
        self._scripts.started(group)
        self.close()  # the place is the script's now: only the bell is left
        return group

    def _demand(self) -> None:
        if self._scripts.stopping:
            raise Unavailable("the server is stopping")
        if not self.granted:
            raise Unavailable(f"{self._scripts.limits.scripts} scripts are running already")
