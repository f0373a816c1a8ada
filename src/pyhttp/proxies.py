"""The proxies whose word about their clients is believed, the keyword `proxies=` of a server; and that word."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from pyhttp.arguments import AsTuple, texts

if TYPE_CHECKING:
    import ipaddress

__all__ = ["Networks", "Origin", "Proxies"]

_UNIX: Final = "unix"
"""The name for the clients of Unix sockets."""
_UNIX_CLIENT: Final = "unix:"
"""The address of such a client."""


@dataclass(frozen=True, slots=True)
class Networks:
    """A set of addresses.

    Args:
        names: Networks (``10.0.0.0/8``), addresses, and ``unix`` for the clients of Unix sockets.

    Raises:
        ValueError: An item is none of these; the message names it.
    """

    names: tuple[str, ...]
    _parsed: "tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]" = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        parsed = tuple([_network(name) for name in self.names if name != _UNIX])
        object.__setattr__(self, "_parsed", parsed)

    def __contains__(self, address: str) -> bool:
        """Whether an address is in the set."""
        import ipaddress  # noqa: PLC0415 - see _network

        if address == _UNIX_CLIENT:
            return _UNIX in self.names
        try:
            found = ipaddress.ip_address(address)
        except ValueError:  # an identifier, or "unknown"
            return False
        if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
            found = found.ipv4_mapped  # an IPv4 client of a socket for both
        return any(found in network for network in self._parsed)


def _network(name: str) -> "ipaddress.IPv4Network | ipaddress.IPv6Network":
    import ipaddress  # noqa: PLC0415 - most servers have no proxy in front

    try:
        return ipaddress.ip_network(name)
    except ValueError as error:
        raise ValueError(f"{name!r} is neither a network such as 10.0.0.0/8, nor an address, nor unix") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxies:
    """The proxies in front of a server whose word about their clients is believed. No other client is believed.

    Each parameter is a tuple or a list of networks (``"10.0.0.0/8"``), addresses, and ``"unix"`` for the clients of
    Unix sockets; it is kept as a tuple.

    Raises:
        TypeError: A parameter is neither, or not of texts; the message names it.
        ValueError: An item is none of these; the message names the parameter.
    """

    headers: AsTuple[str] = AsTuple()
    """Proxies that name the client of each request: by Forwarded (RFC 7239), or by X-Forwarded-For, -Proto and
    -Host."""
    protocol: AsTuple[str] = AsTuple()
    """Proxies that name the client of each connection: by a header of the PROXY protocol, version 1 or 2. It has to be
    there."""

    def __post_init__(self) -> None:
        for parameter, given in (("headers", self.headers), ("protocol", self.protocol)):
            names = texts(f"Proxies.{parameter}", given)
            object.__setattr__(self, parameter, names)
            try:
                Networks(names)
            except ValueError as error:
                raise ValueError(f"Proxies.{parameter}: {error}") from error


class Origin(NamedTuple):
    """The origin of a request, as told by the proxy that received it from there."""

    client: str
    """The address of the client, or the identifier that the proxy has put in its place."""
    port: int
    """The client's port; 0 where it is not known."""
    scheme: str = ""
    """The scheme of the request that the proxy received, in lower case; empty where the proxy does not say."""
    host: str = ""
    """The Host of that request; empty where the proxy does not say."""
