"""Readiness: which descriptors can be read or written, one shot at a time.

A descriptor is armed for one event; once that is delivered it is silent until armed again. That makes the one who armed
it last its only owner, so several threads may use one poller: any of them arms, one at a time waits.
"""

import contextlib
import math
import select
import socket
import threading
from collections.abc import Mapping
from typing import Final, Protocol

__all__ = [
    "READ",
    "WRITE",
    "EpollPoller",
    "PollPoller",
    "Poller",
    "create_poller",
    "wait_until_any",
    "wait_until_ready",
]

READ: Final = select.POLLIN
WRITE: Final = select.POLLOUT

_LONGEST: Final = 2_000_000.0
"""Seconds, 23 days: the system counts milliseconds in 32 bits. Whoever wants to wait longer is woken for nothing."""


class Poller(Protocol):
    """One-shot readiness of descriptors."""

    def arm(self, fd: int, mask: int) -> None:
        """Deliver the next event of `mask` (READ, WRITE) on `fd` once; errors and hang-ups always count."""
        ...

    def forget(self, fd: int) -> None:
        """Deliver nothing more for `fd`; to be called before it is closed."""
        ...

    def wait(self, timeout: float | None) -> list[tuple[int, int]]:
        """Events as (fd, mask); empty after `timeout` seconds (None: no end) or a `wake`."""
        ...

    def wake(self) -> None:
        """End a `wait`, present or next; from any thread or signal handler."""
        ...

    def close(self) -> None:
        """Release the poller's own descriptors."""
        ...


class _Alarm:
    """A socket pair whose one end becomes readable: `signal.set_wakeup_fd` takes it too, unlike an eventfd."""

    def __init__(self) -> None:
        self.receiver, self._sender = socket.socketpair()
        self.receiver.setblocking(False)
        self._sender.setblocking(False)

    def ring(self) -> None:
        # A full buffer wakes as well as a further byte; after close there is nobody to wake.
        with contextlib.suppress(OSError):
            self._sender.send(b"\0")

    def silence(self) -> None:
        # Nothing left to read is what this loop is for.
        with contextlib.suppress(BlockingIOError):
            while self.receiver.recv(4096):
                pass

    def close(self) -> None:
        self.receiver.close()
        self._sender.close()


class EpollPoller:
    """`select.epoll` with EPOLLONESHOT: O(1) for each event, whatever the number of descriptors."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._registered: set[int] = set()
        self._alarm = _Alarm()
        self._alarm_fd = self._alarm.receiver.fileno()
        self._epoll.register(self._alarm_fd, select.EPOLLIN)

    def arm(self, fd: int, mask: int) -> None:
        """Deliver the next event of `mask` once."""
        if fd in self._registered:
            self._epoll.modify(fd, mask | select.EPOLLONESHOT)
        else:
            self._registered.add(fd)  # before it can be delivered, and forgotten by whoever takes it
            try:
                self._epoll.register(fd, mask | select.EPOLLONESHOT)
            except OSError:
                self._registered.discard(fd)
                raise

    def forget(self, fd: int) -> None:
        """Deliver nothing more for `fd`."""
        if fd in self._registered:
            self._registered.discard(fd)
            # Explicitly, since a duplicate of the descriptor would keep it in the set after its close.
            self._epoll.unregister(fd)

    def wait(self, timeout: float | None) -> list[tuple[int, int]]:
        """Events, or none after `timeout` seconds or a `wake`."""
        events = self._epoll.poll(None if timeout is None else min(timeout, _LONGEST))
        for event in events:
            if event[0] == self._alarm_fd:
                self._alarm.silence()
                events.remove(event)
                break
        return events

    def wake(self) -> None:
        """End a `wait`."""
        self._alarm.ring()

    def close(self) -> None:
        """Release the descriptors of the poller."""
        self._registered.clear()
        self._epoll.close()
        self._alarm.close()


class PollPoller:
    """The same on `select.poll`, where there is no epoll; each wait costs time for each armed descriptor."""

    def __init__(self) -> None:
        self._armed: dict[int, int] = {}
        self._lock = threading.Lock()
        self._waiting = False
        self._alarm = _Alarm()

    def arm(self, fd: int, mask: int) -> None:
        """Deliver the next event of `mask` once."""
        with self._lock:
            self._armed[fd] = mask
            waiting = self._waiting
        if waiting:
            self.wake()  # a poll in progress does not know the newcomer

    def forget(self, fd: int) -> None:
        """Deliver nothing more for `fd`."""
        with self._lock:
            self._armed.pop(fd, None)

    def wait(self, timeout: float | None) -> list[tuple[int, int]]:
        """Events, or none after `timeout` seconds or a `wake`."""
        poll = select.poll()
        alarm_fd = self._alarm.receiver.fileno()
        poll.register(alarm_fd, select.POLLIN)
        with self._lock:
            self._waiting = True
            for fd, mask in self._armed.items():
                poll.register(fd, mask)
        found = poll.poll(_milliseconds(timeout))
        with self._lock:
            self._waiting = False
            events = [(fd, mask) for fd, mask in found if self._armed.pop(fd, None) is not None]
        if any(fd == alarm_fd for fd, _ in found):
            self._alarm.silence()
        return events

    def wake(self) -> None:
        """End a `wait`."""
        self._alarm.ring()

    def close(self) -> None:
        """Release the descriptors of the poller."""
        self._alarm.close()


def create_poller() -> Poller:
    """The best poller of this system."""
    return EpollPoller() if hasattr(select, "epoll") else PollPoller()


def wait_until_ready(fd: int, mask: int, seconds: float | None) -> bool:
    """Block the calling thread until `fd` is ready for `mask`, or has failed; False after `seconds` (None: no end)."""
    return wait_until_any({fd: mask}, seconds)


def wait_until_any(masks: Mapping[int, int], seconds: float | None) -> bool:
    """The same for several descriptors, each with its mask; a mask of 0 waits for failure and hang-up."""
    poll = select.poll()
    for fd, mask in masks.items():
        poll.register(fd, mask)
    return bool(poll.poll(_milliseconds(seconds)))


def _milliseconds(seconds: float | None) -> float | None:
    """What `poll` takes, rounded up: a wait that ends early would be followed by one for nothing."""
    return None if seconds is None else math.ceil(max(0.0, min(seconds, _LONGEST)) * 1000)
