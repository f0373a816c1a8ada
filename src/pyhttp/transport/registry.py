"""Every open connection of one server, and the two rules of who may end one.

Only the owner of a connection closes it. Anybody else may at most shut it down, and the event of that brings it to its
owner, who closes: a thread may be just about to arm it, and its descriptor's number must not belong to a stranger then.
"""

import socket
import threading
import time
from collections.abc import Callable

from pyhttp.transport.connection import Connection, Phase
from pyhttp.transport.poller import Poller
from pyhttp.transport.service import Service

__all__ = ["NEVER", "Registry"]

NEVER = float("inf")


class Registry:
    """The open connections.

    Args:
        service: Who is told of the end of an exchange.
        poller: Where connections are armed.
        clock: Monotonic seconds.
    """

    def __init__(self, service: Service, poller: Poller, clock: Callable[[], float] = time.monotonic) -> None:
        self._service = service
        self._poller = poller
        self._clock = clock
        self._lock = threading.Lock()
        self.connections: dict[int, Connection] = {}
        """Every open connection by its descriptor. Removed, under the lock, just before the descriptor is closed."""
        self.by_serial: dict[int, Connection] = {}
        """The same by serial number, which is never given to another."""
        self.room_wanted: bool = False
        """Accepting rests until there is room. Written by the thread that waits, before it looks at `room_made`."""
        self.room_made: bool = False
        """A connection was closed, or has become idle and could be shed. Written before `room_wanted` is looked at."""

    # --- by the owner

    def add(self, conn: Connection) -> None:
        """A client has connected."""
        self.connections[conn.fileno()] = conn
        self.by_serial[conn.serial] = conn

    def arm(self, conn: Connection, mask: int) -> None:
        """Wait for the next event of `conn`. The last touch: from here on it belongs to whoever gets that event."""
        conn.armed_at = self._clock()
        conn.armed = True
        self._poller.arm(conn.fileno(), mask)

    def make_room(self) -> None:
        """A connection has ended or become idle: whoever waits to be accepted, and a stop, may have waited for it."""
        self.room_made = True
        if self.room_wanted or self._service.closing:
            self._poller.wake()

    def end_exchange(self, conn: Connection) -> None:
        """The exchange of `conn`, if there is one, is over."""
        exchange, conn.exchange = conn.exchange, None
        if exchange is not None:
            exchange.ended = True
            self._service.exchange_ended(conn, exchange)

    def close(self, conn: Connection) -> None:
        """Close `conn`."""
        self.end_exchange(conn)
        conn.phase = Phase.CLOSED
        fd = conn.fileno()
        with self._lock:
            self.connections.pop(fd, None)
            self.by_serial.pop(conn.serial, None)
            self._poller.forget(fd)
            conn.release_descriptor()
        self.make_room()

    # --- by the thread that waits, on connections that are armed

    def expel(self, conn: Connection) -> None:
        """Have an armed connection end without a further word: the event of its shutdown closes it."""
        conn.phase = Phase.LINGER
        conn.deadline = NEVER
        _shut_down(conn)

    # --- by anybody

    def cut(self) -> None:
        """Shut every connection down, whoever owns it: the grace period of a stop is over."""
        with self._lock:  # so that no descriptor is closed, and given to somebody else, in between
            for conn in self.connections.values():
                conn.failed = True
                _shut_down(conn)


def _shut_down(conn: Connection) -> None:
    try:
        conn.shutdown(socket.SHUT_RDWR)
    except OSError:
        # It is not connected any more, which is what was wanted.
        return
