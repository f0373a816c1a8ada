"""What comes in front of the first request where a trusted proxy has connected: who its client is.

Every method is called by the owner of the connection.
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
    """Has proxies say who their clients are.

    Args:
        proxies: Who is believed.
        employer: Told of those who do not say it rightly.
        registry: Where connections are armed and closed.
        clock: Monotonic seconds.
    """

    def __init__(self, proxies: Proxies, employer: Employer, registry: Registry, clock: Callable[[], float]) -> None:
        self._tell = partial(employer.report, level=WARNING)
        self._trust = Trust(proxies, self._tell)
        self._registry = registry
        self._clock = clock

    def begin(self, conn: Connection) -> None:
        """Somebody has connected; a proxy that is to say for whom, by a PROXY header, does so first of all."""
        conn.proxied = self._trust.of(conn.addr)
        if conn.proxied is not None and conn.proxied.awaited:
            self._registry.enter(conn, Happening.PROXIED)

    def advance(self, conn: Connection) -> bool:
        """In `PROXY`: more of the header may be here.

        Returns:
            Whether it is complete, and the first request awaited, or the handshake. Else the connection has been armed
            or closed, and must not be touched any more.
        """
        complete = False
        try:
            if conn.proxied is not None and conn.proxied.introduce(conn.stream):
                complete, conn.addr = True, conn.proxied.peer  # lines about the handshake have it, too
        except BlockingIOError:
            pass
        except ProxyHeaderError as error:
            self._reject(conn, str(error))
            return False
        if complete:
            self._registry.enter(conn, Happening.GREETED if conn.stream.secure else Happening.INTRODUCED)
        elif conn.deadline > self._clock():
            self._registry.arm(conn)
        else:  # whoever sends an octet for each round of the loop is never found waiting
            self.expire(conn)
        return complete

    def expire(self, conn: Connection) -> None:
        """In `PROXY`: time is up."""
        self._reject(conn, "the PROXY header did not arrive in time")

    def _reject(self, conn: Connection, reason: str) -> None:
        """The proxy must not be taken for its client, so nothing that it has sent is a request."""
        self._tell(f"{conn.addr[0]}: {reason}")
        self._registry.close(conn)
