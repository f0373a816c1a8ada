"""The admission of clients as long as there is room, and the way to make room (safety lines D12, L2, L5)."""

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
"""A function that makes a connection of a client's socket, its address, its server, and a serial number."""

_AT_ONCE: Final = 64
"""The most clients that are accepted for one event."""
_PAUSE: Final = 1.0
"""Seconds until a listener is tried again although no connection has ended: other programs may use up the system,
too."""
_STEP_BACK: Final = 0.002
"""Seconds for which a process that has more clients than another leaves waiting clients to that one."""
_PARTS: Final = frozenset({Phase.PROXY, Phase.HANDSHAKE, Phase.HEAD})
"""Phases in which something may have begun to arrive that no thread works on yet."""
_EXHAUSTED: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class Acceptor:
    """The listeners of one server, for the thread that leads.

    Args:
        employer: The server; it gets the reason why no client is admitted.
        listeners: Bound, listening, non-blocking sockets; closed by `close`.
        poller: The poller in which they are armed.
        keeper: The keeper of the connections.
        deadlines: The schedule of looks at them.
        capacity: The number of connections at once.
        clock: Returns monotonic seconds.
        connect: Makes connections of clients.
        shared: Whether other processes may hold the listeners, too: then they are only closed.
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
        self._at_once = 1
        self.pressed: bool = False
        """Whether the last events were of a listener, too; the loop unsets it."""
        self._listeners = {listener.fileno(): listener for listener in listeners}
        self._unix = {fd for fd, listener in self._listeners.items() if listener.family == socket.AF_UNIX}
        self.resting: set[int] = set()
        """The listeners from which no client is accepted for now."""
        self.resume_at: float = 0.0
        """The latest time at which they are to be tried again."""
        self._complained_at = float("-inf")
        self._victims: deque[Connection] = deque()
        self.spared: deque[Connection] = deque()
        """Connections that were taken to make room, and whose next request turned out to have arrived."""
        for fd in self._listeners:
            poller.arm(fd, READ)

    def accept(self, fd: int) -> None:
        """Admit the clients that wait at the listener `fd`, if it is one."""
        listener = self._listeners.get(fd)
        if listener is None or (self._shared and self._steps_back(fd, listener)):
            return
        # Mostly one client waits, and a second call would find none. If more wait when the loop looks again, twice as
        # many are accepted. Where other processes accept, too, a process that took several would leave none to them.
        if self.pressed and not self._shared and self._at_once < _AT_ONCE:
            self._at_once *= 2
        self.pressed = True
        self._accept(fd, listener)

    def _accept(self, fd: int, listener: socket.socket) -> None:
        if not self.resting:
            self._registry.room_made = False  # room that becomes free from here on counts, if there is none now
        for accepted in range(self._at_once):
            if len(self._registry.connections) >= self._capacity:
                if accepted:
                    return  # no client is shed for one that may not be there: an event will tell
                if not self._shed():
                    self._rest(fd, "the limit of connections is reached")
                    return
            try:
                sock, addr = listener.accept()
            except BlockingIOError:
                self._at_once = max(1, accepted)
                return
            except OSError as error:
                if error.errno not in _EXHAUSTED:
                    continue  # the client has gone before it was accepted, or a signal came: go on with the next
                if accepted:
                    return  # as above: the system may report this although no client waits
                self._shed()
                self._rest(fd, f"cannot accept: {error.strerror}")
                return
            self.welcome(sock, UNIX_CLIENT if fd in self._unix else addr)

    def welcome(self, sock: socket.socket, addr: Address) -> None:
        """Adopt a client that has connected."""
        if sock.gettimeout() is not None:  # the program has set one for all sockets, and no call of ours may wait
            sock.setblocking(False)
        if addr is not UNIX_CLIENT:
            try:  # noqa: SIM105 - a context manager costs three calls for each connection
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            except OSError:
                pass  # if it was reset already, its first read will fail
        serial = self._deadlines.new_serial()
        deadline = self._keeper.adopt(self._connect(sock, addr, self._employer, serial))
        self._deadlines.look(serial, deadline, self._clock())

    def resume(self, now: float) -> None:
        """Accept from resting listeners again, if it is time or there is room."""
        if now >= self.resume_at or (self._registry.room_made and not self._stepped_back):
            self._registry.room_wanted = self._registry.room_made = False
            if self._stepped_back:  # another process may have admitted the client meanwhile
                self._stepped_back = any(wait_until_ready(fd, READ, 0) for fd in self.resting)
            for fd in self.resting:
                self._poller.arm(fd, READ)
            self.resting.clear()

    def accept_last(self) -> None:
        """Admit clients that had connected before a stop, as far as there is room, and close the listeners.

        No more of them are admitted than can have waited: new ones may connect as fast as they are admitted.
        """
        for fd, listener in self._listeners.items():
            # No client is left, or the system allows no more: in both cases that was the last one.
            with contextlib.suppress(OSError):
                for _ in range(self._employer.limits.backlog + 1):
                    if len(self._registry.connections) >= self._capacity:
                        break
                    sock, addr = listener.accept()
                    self.welcome(sock, UNIX_CLIENT if fd in self._unix else addr)
        self.close()

    def turn_away(self) -> None:
        """Have the system refuse clients that connect, or have connected and were not admitted; from any thread.

        Where others hold the listeners, too, such as a service manager, the listeners and their clients are left to
        them.
        """
        for listener in [] if self._shared else list(self._listeners.values()):
            # Some systems cannot shut down a listener.
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the listeners, whatever process holds their descriptors, too: a forked child knows nothing of them."""
        self.turn_away()
        for fd, listener in self._listeners.items():
            self._poller.forget(fd)
            listener.close()
        self._listeners.clear()
        self.resting.clear()

    def _steps_back(self, fd: int, listener: socket.socket) -> bool:
        """Leave waiting clients to a process with fewer clients, for a moment and once: that process may be busy."""
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
        self._poller.arm(fd, 0)  # it stays registered: to arm it anew could fail, and end all admission
        self.resting.add(fd)
        self.resume_at = now + _PAUSE
        self._registry.room_wanted = True
        if now - self._complained_at >= 1.0:
            self._complained_at = now
            self._employer.report(reason)

    def _shed(self) -> bool:
        """End a connection that is idle between requests, else the oldest with a part of a head, or none (L2)."""
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
