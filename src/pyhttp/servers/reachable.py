"""The addresses by which other devices reach a server: a person can type them there, and a camera can read them."""

import socket
from collections.abc import Callable, Sequence
from typing import Final

from pyhttp.transport.listener import UNIX, url_of

__all__ = ["EVERYWHERE", "device_urls", "own_address", "shown_urls"]

EVERYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - recognised here, not bound
"""The address by which this machine reaches a listener on all interfaces."""
_FAR: Final = {"0.0.0.0": (socket.AF_INET, "192.0.2.1"), "::": (socket.AF_INET6, "2001:db8::1")}  # noqa: S104 - as above
"""For each of them an address of no real network: these are for examples (RFC 5737, RFC 3849)."""


def own_address(everywhere: str) -> str:
    """The address by which other machines see this one; "" where it is in no network.

    The system is asked for the interface by which a packet would leave. No packet leaves.

    Args:
        everywhere: The address of all interfaces, which shows the version of IP.
    """
    family, far = _FAR[everywhere]
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as asking:
            asking.connect((far, 9))
            found: str = asking.getsockname()[0]
    except OSError:  # no network, or no such version of IP
        return ""
    return found


def device_urls(
    addresses: Sequence[tuple[str, int]], *, secure: bool = False, find: Callable[[str], str] = own_address
) -> list[str]:
    """The URLs for typing on another device: those of IPv4 first, which are shorter.

    Args:
        addresses: The addresses of the listeners.
        secure: Whether the server speaks TLS.
        find: As `own_address`.
    """
    found = [(find(host) if host in EVERYWHERE else host, port) for host, port in addresses]
    typed = [(host, port) for host, port in found if _is_typed(host)]
    typed.sort(key=lambda address: ":" in address[0])
    return list(dict.fromkeys([url_of(*address, secure=secure) for address in typed]))


def _is_typed(host: str) -> bool:
    """Whether an address means this machine elsewhere, too, without the name of an interface."""
    if not host or "%" in host or host.startswith((UNIX, "127.", "169.254.")):
        return False
    return host != "::1" and not host.lower().startswith("fe80:")


def shown_urls(
    addresses: Sequence[tuple[str, int]], *, secure: bool = False, find: Callable[[str], str] = own_address
) -> list[str]:
    """The URLs by which a server is reached: from this machine and, where it listens on all interfaces, from others.

    Args:
        addresses: The addresses of the listeners.
        secure: Whether the server speaks TLS.
        find: As `own_address`.
    """
    here = [url_of(EVERYWHERE.get(host, host), port, secure=secure) for host, port in addresses]
    return list(dict.fromkeys([*here, *device_urls(addresses, secure=secure, find=find)]))
