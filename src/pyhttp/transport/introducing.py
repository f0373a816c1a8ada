"""The step before the first request of a trusted proxy's connection: the proxy names its client.

The owner of the connection calls every method.
"""

from collections.abc import Callable
from functools import partial

from pyhttp.proxies import Proxies
from pyhttp.transport.access_log import WARNING
from pyhttp.transport.client import Connection
from pyhttp.transport.employer import Employer
from pyhttp.transport.phases import Happening
from pyhttp.transport.proxied import Trust
from pyhttp.transport.registry import Registry
from pyhttp.wire.proxy_header import ProxyHeaderError

__all__ = ["Introducer"]


class Introducer:
    """A reader of the words of proxies about their clients.

    Args:
        proxies: The proxies that are believed.
        employer: The server; it logs proxies that break the protocol.
        registry: The registry that arms and closes connections.
        clock: Returns monotonic seconds.
    """

    def __init__(self, proxies: Proxies, employer: Employer, registry: Registry, clock: Callable[[], float]) -> None:
        self._tell = partial(employer.report, level=WARNING)
        self._trust = Trust(proxies, self._tell)
        self._registry = registry
        self._clock = clock

    def begin(self, conn: Connection) -> None:
        """Begin with a connection: if it is of a proxy with a PROXY header, wait for the header first."""
        conn.proxied = self._trust.of(conn.addr)
        if conn.proxied is not None and conn.proxied.awaited:
            self._registry.enter(conn, Happening.PROXIED)

    def advance(self, conn: Connection) -> bool:
        """Go on in `PROXY`: more of the header may be here.

        Returns:
            Whether the header is complete, so that the first request, or the handshake, is awaited. Otherwise the
            connection has been armed or closed, and the caller must not use it any more.
        """
        complete = False
        try:
            if conn.proxied is not None and conn.proxied.introduce(conn.stream):
                complete, conn.addr = True, conn.proxied.peer  # log lines about the handshake need it, too
        except BlockingIOError:
            pass
        except ProxyHeaderError as error:
            self._reject(conn, str(error))
            return False
        if complete:
            self._registry.enter(conn, Happening.GREETED if conn.stream.secure else Happening.INTRODUCED)
        elif conn.deadline > self._clock():
            self._registry.arm(conn)
        else:  # a proxy that sends an octet for each round of the loop never makes it wait
            self.expire(conn)
        return complete

    def expire(self, conn: Connection) -> None:
        """Act on a deadline that has passed in `PROXY`."""
        self._reject(conn, "the PROXY header did not arrive in time")

    def _reject(self, conn: Connection, reason: str) -> None:
        """Close the connection: the proxy must not count as its own client, so none of its octets is a request."""
        self._tell(f"{conn.addr[0]}: {reason}")
        self._registry.close(conn)
