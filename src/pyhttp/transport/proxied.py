"""The word of a trusted proxy about its clients: once for a connection, by the PROXY protocol, or with each request."""

from collections.abc import Callable
from typing import Final

from pyhttp.errors import Disconnected
from pyhttp.messages import RequestHead
from pyhttp.proxies import Networks, Origin, Proxies
from pyhttp.semantics.forwarded import ForwardedError, origin
from pyhttp.transport.channel import Address
from pyhttp.transport.stream import Stream
from pyhttp.wire.proxy_header import ProxyHeaderError, parse_proxy_header

__all__ = ["Proxied", "Trust"]

_AT_ONCE: Final = 8 * 1024
"""The number of octets that are looked at for a header; no header is longer."""
_SHOWN: Final = 200
"""The number of characters of an error about a field; the client may have written them."""


class Trust:
    """The proxies whose word about their clients one server believes.

    Args:
        proxies: The networks of the proxies.
        tell: Called with a line about a malformed field.
    """

    def __init__(self, proxies: Proxies, tell: Callable[[str], object]) -> None:
        self.headers: Networks = Networks(proxies.headers)
        self.protocol: Networks = Networks(proxies.protocol)
        self.tell: Callable[[str], object] = tell

    def of(self, peer: Address) -> "Proxied | None":
        """The record for a connection with `peer`; None where `peer` is not believed."""
        return Proxied(self, peer) if peer[0] in self.protocol or peer[0] in self.headers else None


class Proxied:
    """The known facts about a connection whose peer is a proxy.

    Attributes:
        peer: The sender of the octets: the proxy, or the client that a PROXY header has named in its place.
        local: The address that this client has connected to; None where no header names it.
        awaited: Whether the PROXY header is still to come.
    """

    __slots__ = ("_believed", "_received", "_trust", "awaited", "local", "peer")

    def __init__(self, trust: Trust, peer: Address) -> None:
        self._trust = trust
        self._received = b""
        self.peer: Address = peer
        self.local: Address | None = None
        self.awaited: bool = peer[0] in trust.protocol
        self._believed = peer[0] in trust.headers

    def introduce(self, stream: Stream) -> bool:
        """Read more of the PROXY header; returns whether it is complete. Octets behind it stay in the stream.

        Raises:
            ProxyHeaderError: There is no header, or it is malformed, or ends early.
            Disconnected: The peer has ended before the first octet.
            BlockingIOError: No further octet has come yet.
        """
        arrived = stream.peek(_AT_ONCE)
        if not arrived:
            if self._received:
                raise ProxyHeaderError("the connection ended within its PROXY header")
            raise Disconnected("the connection ended before its PROXY header")  # a check that a server listens
        received = self._received + arrived
        header = parse_proxy_header(received)
        if header is None:
            stream.skip(len(arrived))  # or it would be an event again
            self._received = received
            return False
        stream.skip(header.length - len(self._received))
        self.awaited = False
        self._received = b""
        if header.source is not None:
            self.peer, self.local = header.source, header.destination
            # A proxy that passes on connections does not write fields: the fields are the client's.
            self._believed = self.peer[0] in self._trust.headers
        return True

    def locate(self, head: RequestHead | None) -> Origin | None:
        """The origin of a request; None where it is `peer`, or where no valid field names it."""
        if head is None or not self._believed:
            return None
        try:
            return origin(head.headers, self._trust.headers)
        except ForwardedError as error:
            self._trust.tell(f"{self.peer[0]}: the fields about the client are ignored: {error}"[:_SHOWN])
            return None
