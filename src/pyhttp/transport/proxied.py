"""What a trusted proxy says of its clients: once for a connection, by the PROXY protocol, or with each request."""

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
"""Octets looked at for a header; none is longer."""
_SHOWN: Final = 200
"""Characters of what is wrong with a field, which may be the client's own words."""


class Trust:
    """Whom one server believes what they say of their clients.

    Args:
        proxies: Their networks.
        tell: Told of a field that is not as it has to be, in one line.
    """

    def __init__(self, proxies: Proxies, tell: Callable[[str], object]) -> None:
        self.headers: Networks = Networks(proxies.headers)
        self.protocol: Networks = Networks(proxies.protocol)
        self.tell: Callable[[str], object] = tell

    def of(self, peer: Address) -> "Proxied | None":
        """What a connection with `peer` is to remember; None where `peer` is not believed."""
        return Proxied(self, peer) if peer[0] in self.protocol or peer[0] in self.headers else None


class Proxied:
    """What is known of a connection whose peer is a proxy.

    Attributes:
        peer: Who has sent what is received: the proxy, or the client that a PROXY header has named in its place.
        local: Where that client has connected to; None where nobody has said so.
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
        """Read more of the PROXY header; whether it is complete. What follows it is left where it is.

        Raises:
            ProxyHeaderError: There is none, or it is malformed, or ends early.
            Disconnected: The peer has ended without a word.
            BlockingIOError: Nothing more has come yet.
        """
        arrived = stream.peek(_AT_ONCE)
        if not arrived:
            if self._received:
                raise ProxyHeaderError("the connection ended within its PROXY header")
            raise Disconnected("the connection ended before its PROXY header")  # a look whether somebody listens
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
            # Whoever passes connections on does not write fields: these are the client's.
            self._believed = self.peer[0] in self._trust.headers
        return True

    def locate(self, head: RequestHead | None) -> Origin | None:
        """Where a request comes from; None where that is `peer`, or nobody says it rightly."""
        if head is None or not self._believed:
            return None
        try:
            return origin(head.headers, self._trust.headers)
        except ForwardedError as error:
            self._trust.tell(f"{self.peer[0]}: the fields about the client are ignored: {error}"[:_SHOWN])
            return None
