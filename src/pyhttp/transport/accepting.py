"""Letting clients in, as long as there is room; and making room where there is none (safety lines D12, L2, L5)."""

import contextlib
import errno
import socket
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from pyhttp.transport.channel import UNIX_CLIENT, Address
from pyhttp.transport.client import Connection
from pyhttp.transport.deadlines import Deadlines
from pyhttp.transport.employer import Employer
from pyhttp.transport.keeper import Keeper
from pyhttp.transport.phases import Phase
from pyhttp.transport.poller import READ, Poller, wait_until_ready
from pyhttp.transport.registry import has_begun
from pyhttp.transport.shared import SharedListener

__all__ = ["Acceptor", "Connect"]

Connect = Callable[[socket.socket, Address, Employer, int], Connection]
"""Makes a connection of a client's socket, its address, the server it belongs to, and a serial number."""

_AT_ONCE: Final = 64
_PAUSE: Final = 1.0
"""Seconds until a listener is tried again although no connection has ended: others may use up the system, too."""
_STEP_BACK: Final = 0.002
"""Seconds for which a process that has more clients than another leaves those who wait to that."""
_PARTS: Final = frozenset({Phase.PROXY, Phase.HANDSHAKE, Phase.HEAD})
"""In which something has begun to arrive that nobody works on yet."""
_EXHAUSTED: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class Acceptor:
    """The listeners of one server, for the thread that leads.

    Args:
        employer: Told why nobody is let in.
        listeners: Bound, listening, non-blocking sockets; closed by `close`.
        poller: Where they are armed.
        keeper: Has the connections.
        deadlines: When they are looked at.
        capacity: Connections at once.
        clock: Monotonic seconds.
        connect: Makes connections of clients.
        shared: Whether others may hold the listeners, too: then they are closed, and nothing else is done to them.
    """

    def __init__(
        self,
        employer: Employer,
        listeners: Sequence[socket.socket],
        poller: Poller,
        keeper: Keeper,
        *,
        deadlines: Deadlines,
        capacity: int,
        clock: Callable[[], float],
        connect: Connect,
        shared: bool,
    ) -> None:
        self._employer = employer
        self._poller = poller
        self._keeper = keeper
        self._registry = keeper.registry
        self._deadlines = deadlines
        self._capacity = capacity
        self._clock = clock
        self._connect = connect
        self._shared = shared
        self._stepped_back = False
        self._at_once = 1 if shared else _AT_ONCE  # who takes all that wait leaves none to the others
        self._listeners = {listener.fileno(): listener for listener in listeners}
        self._unix = {fd for fd, listener in self._listeners.items() if listener.family == socket.AF_UNIX}
        self.resting: set[int] = set()
        """The listeners that nobody is accepted from, for now."""
        self.resume_at: float = 0.0
        """When they are to be tried again at the latest."""
        self._complained_at = float("-inf")
        self._victims: deque[Connection] = deque()
        self.spared: deque[Connection] = deque()
        """Connections that were taken to make room, and whose next request turned out to be here."""
        for fd in self._listeners:
            poller.arm(fd, READ)

    def accept(self, fd: int) -> None:
        """Let in who waits at the listener `fd`, if it is one."""
        if (listener := self._listeners.get(fd)) is not None and not (self._shared and self._steps_back(fd, listener)):
            self._accept(fd, listener)

    def _accept(self, fd: int, listener: socket.socket) -> None:
        if not self.resting:
            self._registry.room_made = False  # what becomes free from here on counts, should there be no room
        for accepted in range(self._at_once):
            if len(self._registry.connections) >= self._capacity:
                if accepted:
                    break  # nobody is shed for a client that may not be there: the next event will tell
                if not self._shed():
                    self._rest(fd, "the limit of connections is reached")
                    return
            try:
                sock, addr = listener.accept()
            except BlockingIOError:
                break
            except OSError as error:
                if error.errno not in _EXHAUSTED:
                    continue  # the client has gone before it was accepted, or a signal came: the next one, please
                if accepted:
                    break  # as above: the system may say so although nobody waits
                self._shed()
                self._rest(fd, f"cannot accept: {error.strerror}")
                return
            self.welcome(sock, UNIX_CLIENT if fd in self._unix else addr)

    def welcome(self, sock: socket.socket, addr: Address) -> None:
        """A client has connected."""
        if addr is not UNIX_CLIENT:
            try:  # noqa: SIM105 - a context manager costs three calls for each connection
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            except OSError:
                pass  # where it was reset already, its first read will tell
        serial = self._deadlines.new_serial()
        deadline = self._keeper.adopt(self._connect(sock, addr, self._employer, serial))
        self._deadlines.look(serial, deadline, self._clock())

    def resume(self, now: float) -> None:
        """Try again, if it is time or there is room."""
        if now >= self.resume_at or (self._registry.room_made and not self._stepped_back):
            self._registry.room_wanted = self._registry.room_made = False
            if self._stepped_back:  # for a client whom another process may have let in meanwhile
                self._stepped_back = any(wait_until_ready(fd, READ, 0) for fd in self.resting)
            for fd in self.resting:
                self._poller.arm(fd, READ)
            self.resting.clear()

    def accept_last(self) -> None:
        """Let in who had connected before a stop, as far as there is room, and close the listeners.

        Not more of them than can have waited: others may connect as fast as they are let in.
        """
        for fd, listener in self._listeners.items():
            # Nobody is left, or the system allows no more: in both cases that was the last one.
            with contextlib.suppress(OSError):
                for _ in range(self._employer.limits.backlog + 1):
                    if len(self._registry.connections) >= self._capacity:
                        break
                    sock, addr = listener.accept()
                    self.welcome(sock, UNIX_CLIENT if fd in self._unix else addr)
        self.close()

    def turn_away(self) -> None:
        """By anybody: have the system refuse whoever connects, and whoever has connected and was not let in yet.

        Where others hold the listeners, too, such as a service manager, they are theirs, and so are their clients.
        """
        for listener in [] if self._shared else list(self._listeners.values()):
            # Some systems know no such thing as the shutdown of a listener.
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the listeners, whoever else holds their descriptors: a child that was forked knows nothing of them."""
        self.turn_away()
        for fd, listener in self._listeners.items():
            self._poller.forget(fd)
            listener.close()
        self._listeners.clear()
        self.resting.clear()

    def _steps_back(self, fd: int, listener: socket.socket) -> bool:
        """Leave who waits to a process with fewer clients, for a moment and once: it may have other things to do."""
        self._stepped_back = (
            not self._stepped_back
            and isinstance(listener, SharedListener)
            and listener.is_ahead(len(self._registry.connections))
        )
        if self._stepped_back:
            self._poller.arm(fd, 0)
            self.resting.add(fd)
            self.resume_at = self._clock() + _STEP_BACK
        return self._stepped_back

    def _rest(self, fd: int, reason: str) -> None:
        """Stop accepting until a connection ends or becomes idle, or the pause is over; never in a busy loop (L5)."""
        now = self._clock()
        self._poller.arm(fd, 0)  # not forgotten: arming it anew could fail, and nobody would be let in any more
        self.resting.add(fd)
        self.resume_at = now + _PAUSE
        self._registry.room_wanted = True
        if now - self._complained_at >= 1.0:
            self._complained_at = now
            self._employer.report(reason)

    def _shed(self) -> bool:
        """End a connection idle between requests, else the oldest part of a head, or what awaits one (line L2)."""
        if not self._victims:
            waiting = [conn for conn in list(self._registry.connections.values()) if conn.armed]
            idle = [conn for conn in waiting if conn.phase is Phase.IDLE]
            parts = [conn for conn in waiting if conn.phase in _PARTS]
            self._victims.extend((idle or parts)[:_AT_ONCE])
        while self._victims:
            conn = self._victims.popleft()
            if not (conn.phase is Phase.IDLE or conn.phase in _PARTS) or not self._registry.take_one(conn):
                continue
            if self.end_if_idle(conn):
                return True
        return False

    def end_if_idle(self, conn: Connection) -> bool:
        """Close a connection just taken that has no request; one whose next request has arrived is spared."""
        if conn.phase in _PARTS or (conn.phase is Phase.IDLE and not (conn.has_input() and has_begun(conn))):
            self._registry.close(conn)
            return True
        self.spared.append(conn)
        return False
