"""Time, readiness and a lock that a test controls."""

import select
import threading
from collections import Counter
from collections.abc import Callable

__all__ = ["FakeClock", "FakeLock", "FakePoller"]


class FakeClock:
    """A clock whose seconds pass when the test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class FakePoller:
    """A poller that delivers what is ready and armed, as long as it is. The clock moves on where nothing is ready.

    Attributes:
        armed: The events that are armed, by descriptor.
        calls: The calls of each method. "told" counts the calls of `arm` and `forget` that a kernel has to know.
        script: Called inside `arm`, before (False) and after (True) it takes effect, to act as other threads. Where
            the registry arms a connection it holds its lock, so that other threads can only `wait`. See `FakeLock`.
        refuse: The error that `arm` raises for a descriptor that is new to it, as a system that has no room does.
        until: The time at which the clock stops, however long the loop would wait.
        waiting: Called with the timeout as a wait begins. It does what other threads do then.
    """

    def __init__(self, clock: FakeClock) -> None:
        self.armed: dict[int, int] = {}
        self.calls: Counter[str] = Counter()
        self.script: Callable[[int, bool], None] | None = None
        self.waiting: Callable[[float], None] | None = None
        self.refuse: OSError | None = None
        self.until = float("inf")
        self.waker: int = -1
        self._clock = clock
        self._woken = False

    def arm(self, fd: int, mask: int) -> None:
        """Arm `fd`. A descriptor that is armed already is armed for something else from now on."""
        self.calls["arm"] += 1
        assert fd >= 0
        if self.refuse is not None and fd not in self.armed:
            raise self.refuse
        self.calls["told"] += self.armed.get(fd) != mask
        if self.script is not None:
            self.script(fd, False)
        self.armed[fd] = mask
        if self.script is not None:
            self.script(fd, True)

    def forget(self, fd: int) -> None:
        """Disarm `fd`."""
        self.calls["forget"] += 1
        self.calls["told"] += self.armed.pop(fd, None) is not None

    def ready(self) -> list[tuple[int, int]]:
        """The events that could be delivered now."""
        poll = select.poll()
        for fd, mask in self.armed.items():
            poll.register(fd, mask)
        return poll.poll(0)

    def wait(self, timeout: float) -> list[tuple[int, int]]:
        """Deliver what is ready. Else let `timeout` pass on the clock; it must not be infinite."""
        self.calls["wait"] += 1
        if self.waiting is not None:
            self.waiting(timeout)
        events = self.ready()
        if not events and not self._woken:
            until = min(self.until, self._clock.now + timeout)
            assert until < float("inf"), "the loop waits for ever"
            self._clock.now = max(self._clock.now, until)
        self._woken = False
        return events

    def wake(self) -> None:
        """End the current wait or the next one."""
        self.calls["wake"] += 1
        self._woken = True

    def close(self) -> None:
        """Mark the poller as closed. Nothing has to be released, and nothing may be delivered any more."""
        self.calls["close"] += 1
        self.armed.clear()


class FakeLock:
    """A lock that can be interrupted, and fails instead of waiting for itself.

    Attributes:
        script: Called just before (False) the lock is taken, and just after (True) it was released, to act as other
            threads. It is for code that takes the lock itself. Inside `FakePoller.arm` the lock is held.
        released: Called just after the lock has been released, before anything else can happen.
    """

    def __init__(self) -> None:
        self.script: Callable[[bool], None] | None = None
        self.released: Callable[[], None] | None = None
        self._lock = threading.Lock()
        self._holder = 0

    def __enter__(self) -> None:
        if self.script is not None:
            self.script(False)
        assert self._holder != threading.get_ident(), "a thread waits for itself"
        self._lock.acquire()
        self._holder = threading.get_ident()

    def __exit__(self, *exc_info: object) -> None:
        self._holder = 0
        self._lock.release()
        if self.released is not None:
            self.released()
        if self.script is not None:
            self.script(True)
