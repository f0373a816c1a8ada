"""Every open connection of one server, and the rules of ownership.

An armed connection has no owner. The one thread that leads takes it, because of an event or of its deadline. From then
on the taker owns it, until it is armed again, handed over, or closed. Arming and taking exclude each other. So arming
is one step, however many descriptors it needs, and the last use by the thread that arms.

The poller goes on delivering the events for which a connection was last armed. Mostly no thread waits until the
connection is armed again, and then neither taking nor arming costs a system call. A thread may wait while a turn goes
on in another one. Then the first event makes the poller forget the connection, and arming registers it again.

Only the owner of a connection closes it. Other code may at most cut it; the event of the cut brings it to its owner.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Final

from pyhttp.transport.channel import Watched
from pyhttp.transport.client import Connection
from pyhttp.transport.employer import Employer
from pyhttp.transport.fate import CUT
from pyhttp.transport.feed import FeedContent
from pyhttp.transport.phases import FACTS, Happening, Phase, Steps
from pyhttp.transport.poller import LEFT, READ, WRITE, Poller
from pyhttp.transport.stopping import Stop

__all__ = ["Registry", "has_begun"]

_MASKS: Final = {phase: facts.armed_for for phase, facts in FACTS.items()}
_IDLE: Final = Phase.IDLE
_AWAIT: Final = Phase.AWAIT


def has_begun(conn: Connection) -> bool:
    """Whether the octets read ahead may be a request, or part of one: a CR alone is half of an empty line."""
    return conn.core.buffered > 1 or conn.core.receiving_head


class Registry:
    """The open connections.

    Args:
        employer: The server; it is told of the end of each exchange.
        poller: The poller in which connections are armed.
        stopping: Whether the server is stopping.
        horizon: Seconds within which every armed connection is looked at anyway; nearer deadlines are reported.
        clock: Returns monotonic seconds.
    """

    def __init__(
        self,
        employer: Employer,
        poller: Poller,
        stopping: Stop,
        horizon: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._employer = employer
        self._poller = poller
        self.stopping: Stop = stopping
        self._horizon = horizon
        self._clock = clock
        self._lock = threading.Lock()
        self.enter: Callable[[Connection, Happening], None] = Steps(employer.timeouts, clock).enter
        """Takes a connection to its next phase; for its owner."""
        self._watched: dict[int, Connection] = {}
        self.connections: dict[int, Connection] = {}
        """Every open connection by its descriptor. Removed, under the lock, just before the descriptor is closed."""
        self.by_serial: dict[int, Connection] = {}
        """Every open connection by its serial number, which is never used again."""
        self.near: deque[tuple[float, int]] = deque()
        """Deadlines nearer than the horizon, with the serials they belong to, for the thread that leads."""
        self.called: deque[int] = deque()
        """Serials of connections that should be looked at now, for the thread that leads."""
        self.waits_until: float = 0.0
        """The time at which the wait of the leading thread ends by itself; 0 where it does not wait. It is set before
        that thread reads `near` and `called`, which other threads fill before they read it."""
        self.room_wanted: bool = False
        """Whether accepting rests until there is room. The leading thread writes it before it reads `room_made`."""
        self.room_made: bool = False
        """Whether a connection was closed, or has become idle and could be shed. Written before `room_wanted` is
        read."""
        self.over: bool = False
        """Whether no thread leads any more: a connection armed now would be lost, so it is closed."""

    # --- by the owner

    def add(self, conn: Connection) -> None:
        """Add a client that has connected."""
        with self._lock:
            self.connections[conn.fileno()] = conn
            self.by_serial[conn.serial] = conn

    def arm(self, conn: Connection, watched: Watched | None = None) -> None:
        """Have `conn` taken at the event of its phase, at an event of `watched`, or at its deadline.

        A feed is not watched by the poller: it calls. That its client has ended its side is an event.

        This is the caller's last use: from now on the connection belongs to the thread that takes it.

        Raises:
            OSError: The system refuses to watch one more descriptor; the caller still owns the connection.
        """
        phase = conn.phase
        mask = _MASKS[phase]
        if phase is _IDLE and conn.core.buffer.data and has_begun(conn):
            mask |= WRITE  # input read ahead makes no event: readiness to write, which comes at once, takes its place
        elif mask == READ:
            mask |= conn.stream.wanted
        if watched is not None and phase is _AWAIT and isinstance(watched, FeedContent):
            mask |= LEFT
        deadline, clock = conn.deadline, self._clock
        now = conn.armed_at = clock()
        with self._lock:
            if self.over:
                raise OSError("no thread leads any more")
            try:
                if watched is not None:
                    self._watch(conn, watched.watched())
                self._poller.arm(conn.fileno(), mask)
            except OSError:
                self._unwatch(conn)
                raise
            conn.armed = True
            if watched is not None:
                self._listen(watched, conn)
        if deadline < now + self._horizon:
            self.near.append((deadline, conn.serial))
            if deadline < self.waits_until:
                self._poller.wake()

    def make_room(self) -> None:
        """Note that a connection has ended or become idle: a client that waits to be accepted may need the room."""
        self.room_made = True
        if self.room_wanted:
            self._poller.wake()

    def end_exchange(self, conn: Connection) -> None:
        """End the exchange of `conn`, if there is one."""
        exchange, conn.exchange = conn.exchange, None
        if exchange is None:
            return
        try:
            exchange.end()
        except BaseException as error:  # noqa: BLE001 - a user's iterator may raise anything when it is closed
            self._employer.report("the content of a response could not be closed", error)
        self._employer.exchange_ended(conn, exchange)

    def close(self, conn: Connection, *, reset: bool = False) -> None:
        """Close `conn`.

        Args:
            conn: The connection; its owner calls this.
            reset: Whether to drop octets that the client has not taken. A part of an answer is always dropped where
                only the end of the connection would show the end of the answer (RFC 9112 §8).
        """
        exchange = conn.exchange
        partial = conn.fate is CUT and exchange is not None and not (exchange.finished and not conn.outbox)
        reset = reset or (partial and conn.core.delimited_by_close)
        self.end_exchange(conn)
        self.enter(conn, Happening.OVER)
        with self._lock:
            number = conn.fileno()
            self.connections.pop(number, None)
            self.by_serial.pop(conn.serial, None)
            self._poller.forget(number)
            conn.release(reset=reset, partial=partial)
        self.make_room()
        if self.stopping.requested:  # a stop may have waited for this
            self._poller.wake()

    # --- by the thread that leads

    def take(self, events: Iterable[tuple[int, int]], taken: deque[tuple[Connection, bool]]) -> int:
        """Take the armed connections whose descriptors have these events; the caller owns them now.

        They are added to `taken`, with False, since no deadline has passed. Their number is returned.

        A connection that is not armed has an owner, or the event is an old one. In both cases the poller forgets it
        until it is armed again: an event that lasts would otherwise end every wait at once.
        """
        count = 0
        with self._lock:
            for fd, _ in events:
                conn = self.connections.get(fd) or self._watched.get(fd)
                if conn is None:
                    continue
                if not conn.armed:
                    self._poller.forget(fd)
                    continue
                conn.armed = False
                if conn.watched:
                    self._unwatch(conn)
                taken.append((conn, False))
                count += 1
        return count

    def take_one(self, conn: Connection, *, due: float | None = None) -> bool:
        """Take `conn` if it is armed, and its deadline not after `due`; False where the caller does not own it."""
        with self._lock:
            if not conn.armed or (due is not None and conn.deadline > due):
                return False
            conn.armed = False
            self._unwatch(conn)
            return True

    def take_queued(self, conn: Connection) -> bool:
        """Take `conn` from the queue, for its turn or the end of the server; False if another thread was first."""
        with self._lock:
            if conn.phase is not Phase.QUEUED:
                return False
            self.enter(conn, Happening.TAKEN)
            return True

    def _watch(self, conn: Connection, descriptors: tuple[int, ...]) -> None:
        """Let `conn` wait for these descriptors, too; called under the lock."""
        conn.watched = descriptors
        for fd in descriptors:
            self._watched[fd] = conn
            self._poller.arm(fd, READ)

    def _listen(self, watched: Watched, conn: Connection) -> None:
        """Have a feed call for `conn`, which is armed; called under the lock."""
        if isinstance(watched, FeedContent):
            if self.stopping.requested:  # else the leader will find it armed, and take it
                watched.end("stopped")
            watched.listen(self.call, conn.serial, behind=conn.phase is not _AWAIT)

    def _unwatch(self, conn: Connection) -> None:
        """Stop events of the other descriptors of `conn` while it has an owner; called under the lock."""
        for fd in conn.watched:
            if self._watched.pop(fd, None) is not None:
                self._poller.forget(fd)
        conn.watched = ()

    def end(self) -> None:
        """Close the poller and every connection without an owner: no thread leads any more.

        A thread with a turn closes its connection at the end of the turn.
        """
        with self._lock:
            self.over = True
        for conn in list(self.connections.values()):
            if self.take_one(conn) or self.take_queued(conn):
                conn.lower(CUT)
                self.close(conn)
        with self._lock:
            self._poller.close()

    # --- by any thread

    def call(self, serial: int) -> None:
        """Have a connection taken now, if it is armed: an owner of it would notice the event anyway."""
        self.called.append(serial)
        if self.waits_until:
            self._poller.wake()

    def cut(self) -> None:
        """Cut every connection, whatever thread owns it: the grace period of a stop is over.

        Where the end of a connection ends an answer, the cut is silent, or a part would look complete (safety line
        F17): the owner resets the connection.
        """
        with self._lock:  # no descriptor may be closed, and used again, in between
            for conn in self.connections.values():
                conn.stream.cut(silently=conn.core.delimited_by_close)
