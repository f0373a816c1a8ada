"""Every open connection of one server, and the rules of whose it is.

A connection that is armed is nobody's. The one thread that leads takes it, because of an event or of its deadline; from
then on it is the taker's, until it is armed again, handed over, or closed. Arming and taking exclude each other, so
that arming is one step however many descriptors it needs, and the last touch of whoever arms.

The poller goes on delivering what a connection was last armed for. Mostly nobody waits until it is armed again, and
then neither taking nor arming costs a system call. Where somebody does, because a turn goes on in another thread, the
first event has the poller forget the connection, and arming makes it known again.

Only the owner of a connection closes it. Anybody else may at most cut it, and the event of that brings it to its owner.
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
    """Whether what was read ahead may be a request, or part of one: a CR alone is half of an empty line."""
    return conn.core.buffered > 1 or conn.core.receiving_head


class Registry:
    """The open connections.

    Args:
        employer: Who is told of the end of an exchange.
        poller: Where connections are armed.
        stopping: Whether the server is stopping.
        horizon: Seconds within which every armed connection is looked at anyway; a deadline that is nearer is told.
        clock: Monotonic seconds.
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
        """The same by serial number, which is never given to another."""
        self.near: deque[tuple[float, int]] = deque()
        """Deadlines nearer than the horizon, with the serials they belong to, for the thread that leads."""
        self.called: deque[int] = deque()
        """Serials of connections that somebody wants looked at now, for the thread that leads."""
        self.waits_until: float = 0.0
        """When the wait of the thread that leads ends by itself. 0 where it does not wait. Set before it looks at
        `near` and `called`, which others fill before they look at this."""
        self.room_wanted: bool = False
        """Accepting rests until there is room. Written by the thread that leads, before it looks at `room_made`."""
        self.room_made: bool = False
        """A connection was closed, or has become idle and could be shed. Written before `room_wanted` is looked at."""
        self.over: bool = False
        """Whether nobody leads any more: what would be armed is lost, and so closed."""

    # --- by the owner

    def add(self, conn: Connection) -> None:
        """A client has connected."""
        with self._lock:
            self.connections[conn.fileno()] = conn
            self.by_serial[conn.serial] = conn

    def arm(self, conn: Connection, watched: Watched | None = None) -> None:
        """Have `conn` taken when what its phase waits for happens, or something that is `watched`, or at its deadline.

        A feed is not watched by the poller: it calls, and that its client has ended its side is an event.

        The last touch: from here on it belongs to whoever takes it.

        Raises:
            OSError: The system refuses to watch one more descriptor; it is the caller's as before.
        """
        phase = conn.phase
        mask = _MASKS[phase]
        if phase is _IDLE and conn.core.buffer.data and has_begun(conn):
            mask |= WRITE  # what was read ahead makes no event: readiness to write, which is there at once, stands in
        elif mask == READ:
            mask |= conn.stream.wanted
        if watched is not None and phase is _AWAIT and isinstance(watched, FeedContent):
            mask |= LEFT
        deadline, serial = conn.deadline, conn.serial
        now = conn.armed_at = self._clock()
        with self._lock:
            if self.over:
                raise OSError("nobody leads any more")
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
            self.near.append((deadline, serial))
            if deadline < self.waits_until:
                self._poller.wake()

    def make_room(self) -> None:
        """A connection has ended or become idle: whoever waits to be accepted may have waited for it."""
        self.room_made = True
        if self.room_wanted:
            self._poller.wake()

    def end_exchange(self, conn: Connection) -> None:
        """The exchange of `conn`, if there is one, is over."""
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
            conn: By its owner.
            reset: Whether to drop what the client has not taken. A part of an answer is dropped anyway where only the
                end of the connection would tell the end of the answer (RFC 9112 §8).
        """
        exchange = conn.exchange
        partial = conn.fate is CUT and exchange is not None and not (exchange.finished and not conn.outbox)
        reset = reset or (partial and conn.core.delimited_by_close)
        self.end_exchange(conn)
        self.enter(conn, Happening.OVER)
        with self._lock:
            self.connections.pop(conn.fileno(), None)
            self.by_serial.pop(conn.serial, None)
            self._poller.forget(conn.fileno())
            conn.release(reset=reset, partial=partial)
        self.make_room()
        if self.stopping.requested:  # a stop may have waited for it
            self._poller.wake()

    # --- by the thread that leads

    def take(self, events: Iterable[tuple[int, int]]) -> list[Connection]:
        """The armed connections whose descriptors have these events; they are the caller's now.

        A connection that is not armed is somebody's, or the event is an old one. Either way the poller forgets it until
        it is armed again: what has happened, and lasts, would end every wait at once meanwhile.
        """
        taken = []
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
                taken.append(conn)
        return taken

    def take_one(self, conn: Connection, *, due: float | None = None) -> bool:
        """Take `conn` if it is armed, and its deadline not after `due`; False where it is not the caller's."""
        with self._lock:
            if not conn.armed or (due is not None and conn.deadline > due):
                return False
            conn.armed = False
            self._unwatch(conn)
            return True

    def take_queued(self, conn: Connection) -> bool:
        """By the thread that has found `conn` in the queue, or ends the server: False where another one was first."""
        with self._lock:
            if conn.phase is not Phase.QUEUED:
                return False
            self.enter(conn, Happening.TAKEN)
            return True

    def _watch(self, conn: Connection, descriptors: tuple[int, ...]) -> None:
        """Under the lock: `conn` waits for these, too."""
        conn.watched = descriptors
        for fd in descriptors:
            self._watched[fd] = conn
            self._poller.arm(fd, READ)

    def _listen(self, watched: Watched, conn: Connection) -> None:
        """Under the lock, `conn` being armed: have a feed call for it."""
        if isinstance(watched, FeedContent):
            if self.stopping.requested:  # if not, the leader will find it armed, and take it
                watched.end("stopped")
            watched.listen(self.call, conn.serial, behind=conn.phase is not _AWAIT)

    def _unwatch(self, conn: Connection) -> None:
        """Under the lock: what `conn` waits for besides its client makes no event while it is somebody's."""
        for fd in conn.watched:
            if self._watched.pop(fd, None) is not None:
                self._poller.forget(fd)
        conn.watched = ()

    def end(self) -> None:
        """Nobody leads any more: close every connection that nobody has, and the poller.

        Whoever still has a turn closes the connection at the end of that.
        """
        with self._lock:
            self.over = True
        for conn in list(self.connections.values()):
            if self.take_one(conn) or self.take_queued(conn):
                conn.lower(CUT)
                self.close(conn)
        with self._lock:
            self._poller.close()

    # --- by anybody

    def call(self, serial: int) -> None:
        """Have a connection taken now, if it is armed: whoever has it would have found what there is."""
        self.called.append(serial)
        if self.waits_until:
            self._poller.wake()

    def cut(self) -> None:
        """Cut every connection, whoever owns it: the grace period of a stop is over.

        Where the end of a connection ends an answer, nothing is said, or a part would pass for the whole (safety line
        F17): its owner resets it.
        """
        with self._lock:  # so that no descriptor is closed, and given to somebody else, in between
            for conn in self.connections.values():
                conn.stream.cut(silently=conn.core.delimited_by_close)
