"""The steps before the first request of a connection: the word of a proxy about its client, and the TLS handshake.

The owner of the connection calls every method.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from pyhttp.errors import WrongScheme
from pyhttp.transport.access_log import WARNING
from pyhttp.transport.client import Connection
from pyhttp.transport.employer import Employer
from pyhttp.transport.phases import Happening, Phase
from pyhttp.transport.registry import Registry

if TYPE_CHECKING:
    from pyhttp.transport.introducing import Introducer

__all__ = ["Beginner"]


class Beginner:
    """A guide for connections up to their first request.

    Args:
        employer: The server of the connections.
        registry: The registry that arms and closes them.
        clock: Returns monotonic seconds.

    Attributes:
        introduces: Whether there are proxies that name their clients.
    """

    def __init__(self, employer: Employer, registry: Registry, clock: Callable[[], float]) -> None:
        self._employer = employer
        self._registry = registry
        self._clock = clock
        self._introducer: Introducer | None = None
        if employer.proxies is not None and (employer.proxies.headers or employer.proxies.protocol):
            from pyhttp.transport import introducing  # noqa: PLC0415 - most servers have no proxy in front

            self._introducer = introducing.Introducer(employer.proxies, employer, registry, clock)
        self.introduces: bool = self._introducer is not None

    def welcome(self, conn: Connection) -> None:
        """Set up a connection that begins with more than requests, and the deadline of its handshake (line X1)."""
        if conn.phase is Phase.HANDSHAKE:
            conn.deadline = self._clock() + self._employer.timeouts.handshake
        if self._introducer is not None:
            self._introducer.begin(conn)

    def advance(self, conn: Connection) -> bool:
        """Go on in `PROXY` and `HANDSHAKE`: more octets may be here.

        Returns:
            Whether the first request is awaited, and may be here. Otherwise the connection has been armed or closed,
            and the caller must not use it any more.

        Raises:
            WrongScheme: A request has come without TLS, and is to be refused without TLS; the caller still owns the
                connection.
            OSError: The connection failed; the caller still owns it.
        """
        if conn.phase is Phase.PROXY and not (self._introducer is not None and self._introducer.advance(conn)):
            return False
        return conn.phase is Phase.IDLE or self._shake_hands(conn)

    def _shake_hands(self, conn: Connection) -> bool:
        try:
            stream = conn.stream.begin()
        except BlockingIOError:
            self._registry.arm(conn)
            return False
        if not stream.secure:
            conn.stream = stream
            raise WrongScheme("HTTP without TLS (http://), on a port that speaks TLS")
        self._registry.enter(conn, Happening.SECURED)
        return True

    def expire(self, conn: Connection) -> None:
        """Act on a deadline that has passed in `PROXY` and `HANDSHAKE`."""
        if conn.phase is Phase.PROXY and self._introducer is not None:
            self._introducer.expire(conn)
            return
        self._employer.report(f"{conn.addr[0]}: the TLS handshake was not complete in time", level=WARNING)
        self._registry.close(conn)
