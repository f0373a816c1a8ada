"""RFC 3875 §3.4, §6.1: the scripts of one server: how many run at once, and their end when the server stops."""

import threading
import time
from collections.abc import Callable
from typing import Final, Protocol, TypeVar

from pyhttp.cgi.spool import Budget
from pyhttp.errors import Unavailable
from pyhttp.limits import Limits, Timeouts

__all__ = ["Group", "Scripts"]


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


class Scripts:
    """What the scripts of one server share. Safe for use from several threads.

    Args:
        limits: `scripts` at once (safety line D18), and what bounds their content, output and standard error.
        timeouts: `script`, `script_run` and `script_kill` (safety lines D17, C11).

    Attributes:
        budget: What the content of all requests is spooled against (safety line D22).
    """

    def __init__(self, limits: Limits, timeouts: Timeouts) -> None:
        self.limits: Final = limits
        self.timeouts: Final = timeouts
        self.budget: Final = Budget(limits.spool)
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._starting = 0
        self._running: set[Group] = set()
        self._stopped: float | None = None

    @property
    def running(self) -> int:
        """How many have been started and not yet reaped."""
        return self._starting + len(self._running)

    @property
    def stopping(self) -> bool:
        """Whether `stop` has been called."""
        return self._stopped is not None

    def admit(self) -> None:
        """Refuse early, before content is received.

        Raises:
            Unavailable: The server stops, or as many run as may.
        """
        if self._stopped is not None:
            raise Unavailable("the server is stopping")
        if self.running >= self.limits.scripts:
            raise Unavailable(f"{self.limits.scripts} scripts are running already")

    def start(self, start: Callable[[], _G]) -> _G:
        """Start one more by `start` and count it until `forget`.

        Raises:
            Unavailable: As `admit`.
            HTTPError: What `start` raises.
        """
        with self._lock:
            self.admit()
            self._starting += 1
        group: _G | None = None
        try:
            group = start()
        finally:
            with self._lock:
                self._starting -= 1
                if group is not None:
                    self._running.add(group)
                self._tell()
        if self.stopping:  # `stop` came too early to know of it
            group.terminate()
        return group

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
        for group in running:
            group.terminate()

    def close(self) -> None:
        """Stop, send SIGKILL to what is left `script_kill` seconds after SIGTERM, and reap all; harmless twice."""
        self.stop()
        with self._lock:
            since = time.monotonic() - (self._stopped or 0.0)
            self._changed.wait_for(lambda: not self.running, max(0.0, self.timeouts.script_kill - since))
            running = tuple(self._running)
        for group in running:
            group.kill()

    def destroy(self) -> None:
        """SIGKILL to what runs, waiting for none of it: for a signal handler whose process is about to end."""
        for group in tuple(self._running):
            group.destroy()

    def _tell(self) -> None:
        """Let `close` look again; under the lock."""
        if self._stopped is not None:
            self._changed.notify_all()
