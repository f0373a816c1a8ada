"""RFC 3875 §3.4, §6.1: the scripts of one server: their number, their queue, and their end when the server stops."""

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
"""A limit of the system: the value in force, and the largest value allowed."""


class Group(Protocol):
    """A running script with all its processes."""

    def terminate(self) -> None:
        """Ask the group to end, without waiting."""
        ...

    def destroy(self) -> None:
        """End the group, without waiting."""
        ...

    def kill(self) -> None:
        """End the group, and reap it."""
        ...


_G = TypeVar("_G", bound=Group)


class RunningScripts:
    """The state that the scripts of one server share. Safe for use from several threads.

    Args:
        limits: The number of `scripts` at once (safety line D18), and the bounds of their output and standard error.
        timeouts: `script` and `script_run`, the deadlines of a script's output (3875-6.1-3a), after which it is ended
            with its whole group (3875-6.1-3b); `script_wait` and `script_kill` (safety lines D17, D18, C11).

    Attributes:
        descriptors: The limit of open descriptors for scripts, where this process has raised its own.
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
        """The number of scripts that have a place: those started and not yet reaped, and those about to be started."""
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
        """Note that a script with a place has started; it counts until `forget`."""
        with self._lock:
            self._starting -= 1
            self._running.add(group)
        if self.stopping:  # `stop` was called before it was known
            group.terminate()

    def give_back(self, place: "Place") -> None:
        """Release `place`, which is not needed, or not any more."""
        with self._lock:
            if place.granted:
                place.granted = False
                self._starting -= 1
                self._tell()
            elif place in self._line:
                self._line.remove(place)
            place.leave()

    def forget(self, group: Group) -> None:
        """Note that `group` has been reaped; harmless when called twice."""
        with self._lock:
            self._running.discard(group)
            self._tell()

    def stop(self) -> None:
        """Start no more scripts, and send SIGTERM to each group (safety line C11); `close` does the rest, and waits."""
        with self._lock:
            if self._stopped is None:
                self._stopped = time.monotonic()
            running = tuple(self._running)
            for place in self._line:
                place.call()
        for group in running:
            group.terminate()

    def close(self, patience: float | None = None) -> None:
        """Stop, send SIGKILL to the groups left `script_kill` seconds after SIGTERM, and reap all; harmless twice.

        Args:
            patience: The longest time in seconds until SIGKILL; None where only `script_kill` counts.
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
        """Call `close` before the process ends, with a short wait: a script that is just starting becomes known."""
        self.close(_MOMENT)

    def destroy(self) -> None:
        """Send SIGKILL to all groups, without waiting: for a signal handler."""
        for group in tuple(self._running):
            group.destroy()

    def _tell(self) -> None:
        """Give free places to the queue; called under the lock."""
        while self._line and self.running < self.limits.scripts and self._stopped is None:
            place = self._line.popleft()
            self._starting += 1
            place.granted = True
            place.call()
        if self._stopped is not None:
            self._changed.notify_all()


class Place:
    """A script's place among the running ones, or in the queue for one: a request awaits it before its script starts.

    Args:
        scripts: The scripts of the server.
        until: The end of the wait, on the monotonic clock.

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
        """Wait in the queue: the descriptor of `watched` becomes readable at `call`.

        Raises:
            Unavailable: No descriptor is left.
        """
        try:
            self._bell = os.pipe()
        except OSError as error:
            raise Unavailable(f"no request can be put in line: {error}") from error

    def call(self) -> None:
        """Report that the place is granted, or never will be."""
        if self._bell is not None:
            os.write(self._bell[1], b"\0")

    def leave(self) -> None:
        """Close the descriptors: no code watches them any more."""
        bell, self._bell = self._bell, None
        for descriptor in bell or ():
            os.close(descriptor)

    # --- for the request

    def watched(self) -> tuple[int, ...]:
        """The descriptor that becomes readable at `call`."""
        return () if self._bell is None else self._bell[:1]

    def due(self) -> float:
        """The end of the wait."""
        return self._until

    def proceed(self) -> bool:
        """Whether the wait is over, with or without success."""
        return self.granted or self._scripts.stopping or time.monotonic() >= self._until

    def close(self) -> None:
        """Give the place back, unless a script has taken it; harmless when called twice."""
        if self.granted or self._bell is not None:  # without a bell no other call grants it
            self._scripts.give_back(self)

    def start(self, start: Callable[[], _G]) -> _G:
        """Start a script by `start` in this place.

        Raises:
            Unavailable: The wait was in vain, or the server stops.
            HTTPError: The exception of `start`.
        """
        try:
            self._demand()
            group = start()
        except BaseException:
            self.close()
            raise
        self.granted = False
        self._scripts.started(group)
        self.close()  # the script has the place now: only the bell is left to close
        return group

    def _demand(self) -> None:
        if self._scripts.stopping:
            raise Unavailable("the server is stopping")
        if not self.granted:
            raise Unavailable(f"{self._scripts.limits.scripts} scripts are running already")
