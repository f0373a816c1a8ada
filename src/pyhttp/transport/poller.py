"""Readiness: the descriptors that can be read or written, reported as long as they can.

Every wait delivers an armed descriptor while it is ready, until it is armed for something else, or forgotten. So code
that is done with an event need not ask for the next one: the kernel delivers it anyway. Any thread arms and forgets,
each descriptor by one thread at a time; one thread at a time waits.
"""

import math
import select
import threading
from collections.abc import Mapping
from typing import Final, Protocol

from pyhttp.transport.alarm import Alarm

__all__ = [
    "LEFT",
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
LEFT: Final[int] = getattr(select, "POLLRDHUP", 0)
"""The peer has ended its side, even if octets are unread; on a system without this event it shows as data is sent."""

_LONGEST: Final = 2_000_000.0
"""Seconds, 23 days: the system counts milliseconds in 32 bits. A longer wait ends after this time without an event."""


class Poller(Protocol):
    """Readiness of descriptors."""

    @property
    def waker(self) -> int:
        """A descriptor: an octet written to it ends a `wait` as `wake` does."""
        ...

    def arm(self, fd: int, mask: int) -> None:
        """Deliver the events of `mask` (READ, WRITE and LEFT, or some of them, or none) on `fd` while they last.

        Errors and hang-ups are events of every mask.

        Raises:
            OSError: The system refuses to watch `fd`; it is watched as before, or not at all.
        """
        ...

    def forget(self, fd: int) -> None:
        """Deliver no event of `fd` until it is armed again; call it before `fd` is closed."""
        ...

    def wait(self, timeout: float) -> list[tuple[int, int]]:
        """Events as (fd, mask), maybe of descriptors forgotten meanwhile; empty after `timeout` seconds or a `wake`."""
        ...

    def wake(self) -> None:
        """End a `wait`, the present or the next one; from any thread or signal handler."""
        ...

    def close(self) -> None:
        """Release the poller's own descriptors."""
        ...


class EpollPoller:
    """`select.epoll`, level-triggered: O(1) for each event, whatever the number of descriptors."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._masks: dict[int, int] = {}
        """The events that the kernel delivers, by descriptor."""
        self._alarm = Alarm()
        self._alarm_fd = self._alarm.descriptor
        self._epoll.register(self._alarm_fd, select.EPOLLIN)
        self.waker: int = self._alarm.waker

    def arm(self, fd: int, mask: int) -> None:
        """Deliver the events of `mask`: without a system call if they are delivered already."""
        known = self._masks.get(fd)
        if known == mask:
            return
        if known is None:
            self._epoll.register(fd, mask)
        else:
            self._epoll.modify(fd, mask)
        self._masks[fd] = mask

    def forget(self, fd: int) -> None:
        """Deliver no event of `fd`."""
        if self._masks.pop(fd, None) is not None:
            # An explicit call is needed: a duplicate of the descriptor would keep it in the set after its close.
            self._epoll.unregister(fd)

    def wait(self, timeout: float) -> list[tuple[int, int]]:
        """Events, or none after `timeout` seconds or a `wake`."""
        longest = timeout if timeout < _LONGEST else _LONGEST  # noqa: FURB136 - `min` costs as much as all the rest
        events = self._epoll.poll(longest)
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
        self._masks.clear()
        self._epoll.close()
        self._alarm.close()


class PollPoller:
    """A poller on `select.poll`, where there is no epoll; each wait costs time for each armed descriptor."""

    def __init__(self) -> None:
        self._masks: dict[int, int] = {}
        self._lock = threading.Lock()
        self._waiting = False
        self._alarm = Alarm()
        self.waker: int = self._alarm.waker

    def arm(self, fd: int, mask: int) -> None:
        """Deliver the events of `mask`."""
        with self._lock:
            waits_without = self._waiting and self._masks.get(fd) != mask
            self._masks[fd] = mask
        if waits_without:
            self.wake()  # a running poll does not have it

    def forget(self, fd: int) -> None:
        """Deliver no event of `fd`."""
        with self._lock:
            self._masks.pop(fd, None)

    def wait(self, timeout: float) -> list[tuple[int, int]]:
        """Events, or none after `timeout` seconds or a `wake`."""
        poll = select.poll()
        alarm_fd = self._alarm.descriptor
        poll.register(alarm_fd, select.POLLIN)
        with self._lock:
            self._waiting = True
            for fd, mask in self._masks.items():
                poll.register(fd, mask)
        found = poll.poll(_milliseconds(timeout))
        with self._lock:
            self._waiting = False
            events = [event for event in found if event[0] in self._masks]
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
    """Do the same for several descriptors, each with its mask; a mask of 0 waits for failure and hang-up."""
    poll = select.poll()
    for fd, mask in masks.items():
        poll.register(fd, mask)
    return bool(poll.poll(_milliseconds(seconds)))


def _milliseconds(seconds: float | None) -> float | None:
    """The argument for `poll`, rounded up: a wait that ends early would need a second one."""
    return None if seconds is None else math.ceil(max(0.0, min(seconds, _LONGEST)) * 1000)
