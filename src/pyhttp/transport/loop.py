"""The loop: accepts, waits, expires, and hands what happened to the keeper. It never waits for a single client.

One thread at a time is in `turn`. Idle connections, slow heads, slow readers and content that stalls early cost a
descriptor and nothing else.
"""

import contextlib
import errno
import socket
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from pyhttp.transport.connection import Connection, Phase
from pyhttp.transport.deadlines import Deadlines
from pyhttp.transport.keeper import Keeper
from pyhttp.transport.poller import READ, Poller
from pyhttp.transport.registry import NEVER, Registry
from pyhttp.transport.service import Service

__all__ = ["Loop", "Role"]

_ACCEPTS_AT_ONCE: Final = 64
_ACCEPT_PAUSE: Final = 1.0
"""Seconds until a listener is tried again although no connection has ended: others may use up the system, too."""
_AFTER_CUT: Final = 0.8
"""Seconds that cut connections have to come back from their handlers, on top of the grace period: with what closing
takes, less than the one second that safety line L8 allows."""
_HURRY: Final = 1.0
"""Seconds before the end of the grace period at which scripts are asked to end."""
_EXHAUSTED: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class Role:
    """What one thread is to the loop.

    Attributes:
        leads: Whether it is the one thread that waits. Read and written by that thread only.
    """

    __slots__ = ("leads",)

    def __init__(self, *, leads: bool) -> None:
        self.leads: bool = leads


class Loop:
    """Waits for all connections of one server.

    Args:
        service: Whom requests are given to.
        listeners: Bound, listening, non-blocking sockets; closed by the loop.
        poller: Closed by `close`.
        capacity: Connections at once (safety line D12).
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        service: Service,
        listeners: Sequence[socket.socket],
        poller: Poller,
        capacity: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._service = service
        self._poller = poller
        self._clock = clock
        self._capacity = capacity
        self._listeners = {listener.fileno(): listener for listener in listeners}
        self._resting: set[int] = set()
        self._resume_at = 0.0
        self._complained_at = float("-inf")
        timeouts = service.timeouts
        self._deadlines = Deadlines(
            min(
                timeouts.head,
                timeouts.idle,
                timeouts.content,
                timeouts.send,
                timeouts.drain,
                timeouts.linger,
            )
        )
        self._delivered: deque[Connection] = deque()
        self._victims: deque[Connection] = deque()
        self._stop_requested = False
        self._stopping_since: float | None = None
        self._hurried = False
        self._cut_at: float | None = None
        self.registry: Registry = Registry(service, poller, clock)
        self.keeper: Keeper = Keeper(service, self.registry, clock)
        for fd in self._listeners:
            poller.arm(fd, READ)

    # --- for the server

    @property
    def stopping(self) -> bool:
        """Whether `stop` was called."""
        return self._stop_requested

    def stop(self) -> None:
        """End `run` as soon as the exchanges in progress have ended; from any thread or signal handler."""
        self._stop_requested = True
        self._poller.wake()

    def run(self, role: Role) -> bool:
        """Turn until stopped: then let exchanges end within the grace period, and cut what is left (safety line L8).

        Returns:
            False where the calling thread has lost the lead meanwhile, and somebody else runs the loop.
        """
        while not self._finished():
            self.turn(role)
            if not role.leads:
                return False
        return True

    def close(self) -> None:
        """Close listeners, connections and poller; for the thread that ran the loop, when nothing else runs."""
        self._close_listeners()
        for conn in list(self.registry.connections.values()):
            if conn.phase is Phase.TURN:
                conn.failed = True  # its handler did not come back in time; its own finish_request closes it
            else:
                self.registry.close(conn)
        self._poller.close()

    # --- one turn

    def turn(self, role: Role) -> None:
        """Wait for events, expire what is due, and serve each event, unless the lead is lost over one of them.

        Input that is here already is not late, however long a handler has kept the loop from looking: so the events
        are taken first.
        """
        now = self._clock()
        self._resume(now)
        if not self._delivered:
            self._collect(self._poller.wait(self._patience(now)))
        self._expire(self._clock())
        while self._delivered:
            self.keeper.advance(self._delivered.popleft())
            if not role.leads:
                return  # what was delivered is the next leader's now

    def _collect(self, events: list[tuple[int, int]]) -> None:
        """Take delivery of a whole batch before any of it is served: who has its event is armed no more."""
        for fd, _ in events:
            if (conn := self.registry.connections.get(fd)) is not None:
                conn.armed = False
                self._delivered.append(conn)
        for fd, _ in events:
            if (listener := self._listeners.get(fd)) is not None:
                self._accept(fd, listener)

    def _patience(self, now: float) -> float | None:
        """Seconds to wait at most; None where nothing is due at any time."""
        times = [
            moment
            for moment in (
                self._deadlines.next_look(),
                self._resume_at if self._resting else None,
                self._stop_deadline(),
            )
            if moment is not None
        ]
        return max(0.0, min(times) - now) if times else None

    def _expire(self, now: float) -> None:
        for serial in self._deadlines.due(now):
            conn = self.registry.by_serial.get(serial)
            if conn is None:
                continue
            if conn.armed and conn.deadline <= now:
                self.keeper.expire(conn)
            self._deadlines.look(serial, conn.deadline if conn.armed else NEVER, now)

    # --- accepting

    def _accept(self, fd: int, listener: socket.socket) -> None:
        if not self._resting:
            self.registry.room_made = False  # what becomes free from here on counts, should there be no room
        for accepted in range(_ACCEPTS_AT_ONCE):
            if len(self.registry.connections) >= self._capacity:
                if accepted:
                    break  # nobody is expelled for a client that may not be there: the next event will tell
                if not self._make_room():
                    self._rest(fd, "the limit of connections is reached")
                    return
            try:
                sock, addr = listener.accept()
            except BlockingIOError:
                break
            except OSError as error:
                if error.errno in _EXHAUSTED:
                    if accepted:
                        break  # as above: the system may say so although nobody waits
                    self._make_room()
                    self._rest(fd, f"cannot accept: {error.strerror}")
                    return
                continue  # the client has gone before it was accepted, or a signal came: the next one, please
            self._welcome(sock, addr)
        self._poller.arm(fd, READ)

    def _welcome(self, sock: socket.socket, addr: tuple[str, int]) -> None:
        # Where it was reset already, its first read will tell.
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        serial = self._deadlines.new_serial()
        conn = Connection(sock, addr, self._service, serial)
        # The descriptor becomes non-blocking for the loop and stays blocking, with this timeout, for a handler.
        conn.settimeout(self._service.timeouts.content)
        self.keeper.adopt(conn)
        self._deadlines.look(serial, conn.deadline, self._clock())

    def _rest(self, fd: int, reason: str) -> None:
        """Stop accepting until a connection ends or becomes idle, or the pause is over; never in a busy loop (L5)."""
        now = self._clock()
        self._resting.add(fd)
        self._resume_at = now + _ACCEPT_PAUSE
        self.registry.room_wanted = True
        if now - self._complained_at >= 1.0:
            self._complained_at = now
            self._service.report(reason)

    def _resume(self, now: float) -> None:
        if self._resting and (now >= self._resume_at or self.registry.room_made):
            self.registry.room_wanted = self.registry.room_made = False
            for fd in self._resting:
                self._poller.arm(fd, READ)
            self._resting.clear()

    def _make_room(self) -> bool:
        """Expel a connection idle between requests, else the oldest part of a head (safety line L2)."""
        if not self._victims:
            waiting = [conn for conn in list(self.registry.connections.values()) if conn.armed]
            idle = [conn for conn in waiting if conn.phase is Phase.IDLE]
            heads = [conn for conn in waiting if conn.phase is Phase.HEAD]
            self._victims.extend((idle or heads)[:_ACCEPTS_AT_ONCE])
        while self._victims:
            conn = self._victims.popleft()
            if conn.armed and conn.phase in {Phase.IDLE, Phase.HEAD}:
                self.registry.expel(conn)
                return True
        return False

    # --- stopping

    def _finished(self) -> bool:
        """Whether a stop is complete; begins one that was requested, and cuts when its time is over."""
        if not self._stop_requested:
            return False
        now = self._clock()
        if self._stopping_since is None:
            self._stopping_since = now
            self._take_last()
        for conn in list(self.registry.connections.values()):
            if conn.armed and conn.phase is Phase.IDLE:
                self.registry.expel(conn)
        if not self.registry.connections:
            return True
        grace = self._service.timeouts.stop
        if not self._hurried and now >= self._stopping_since + grace - min(_HURRY, grace / 2):
            self._hurried = True
            self._service.hurry()
        if self._cut_at is None and now >= self._stopping_since + grace:
            self._cut_at = now
            self.registry.cut()
        return self._cut_at is not None and now >= self._cut_at + _AFTER_CUT

    def _take_last(self) -> None:
        """Accept who had connected before the stop, and take delivery of what had arrived: both are still answered."""
        for listener in self._listeners.values():
            # Nobody is left, or the system allows no more: in both cases that was the last one.
            with contextlib.suppress(OSError):
                while len(self.registry.connections) < self._capacity:
                    self._welcome(*listener.accept())
        self._close_listeners()
        while events := self._poller.wait(0):
            self._collect(events)

    def _stop_deadline(self) -> float | None:
        if self._stopping_since is None:
            return None
        if self._cut_at is not None:
            return self._cut_at + _AFTER_CUT
        grace = self._service.timeouts.stop
        return self._stopping_since + (grace if self._hurried else grace - min(_HURRY, grace / 2))

    def _close_listeners(self) -> None:
        for fd, listener in self._listeners.items():
            self._poller.forget(fd)
            listener.close()
        self._listeners.clear()
        self._resting.clear()
