"""RFC 9110 §7.4: the hosts that a server answers for, its keyword `allowed_hosts=`.

Any page on the web can make its own name resolve to an address of this machine (DNS rebinding). The browser then takes
the server for that page's origin, and the page reads its answers. The host of such a request shows the attack.
"""

import socket
from collections.abc import Set as AbstractSet
from typing import Final, NamedTuple

from pyhttp.arguments import Several, check_type, texts
from pyhttp.errors import Misdirected

__all__ = ["ANY", "HostNotAllowed", "Hosts", "hosts_of", "is_loopback", "names_of", "of_this_machine"]

ANY: Final = "*"
"""A name that stands for every host."""
_BELOW: Final = "*."
"""The beginning of a name that stands for all names below it."""
_LOOPBACK: Final = ("127.0.0.0/8", "::1", "::ffff:127.0.0.0/104")
_LETTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_")
_REMEMBERED: Final = 64
"""The number of hosts that are remembered; clients of a server use few."""
_SHOWN: Final = 100
"""The number of characters of a host that the log shows."""
_REMEDY: Final = ": --allow-host NAME allows one, '*' any"
"""The text leaves out the host: a stranger has chosen it, and an operator may copy the text into a shell."""


class HostNotAllowed(Misdirected):
    """421 and closed: the host of the request is none of the server's (RFC 9110 §7.4, §15.5.20)."""

    told = "This server does not answer for this host. Its operator can allow it: --allow-host NAME, or '*' for any."


class _Network(NamedTuple):
    """The addresses with a common prefix."""

    family: int
    prefix: int
    shift: int
    """The number of bits behind the prefix."""

    def has(self, family: int, address: int) -> bool:
        """Whether an address is in the network."""
        return family == self.family and address >> self.shift == self.prefix


class Hosts(dict[str, str]):
    """The reasons why a server does not answer for a host, with or without a port; "" for a host that it answers for.

    A host is written as in `Request.host`. The case of letters (RFC 3986 §6.2.2.1), a port (3986-6.2.3-3b), and a dot
    at the end do not matter. No name server is asked. The type is a dict that fills itself: a look-up calls no
    function, which would otherwise be called for each request.

    Args:
        names: Names (``files.example``), ``*.example`` for all names below one, addresses, and networks. Letters may be
            of both cases; IPv6 addresses may be in brackets.

    Raises:
        ValueError: An item is none of these; the message names it.
    """

    def __init__(self, names: frozenset[str]) -> None:
        super().__init__()
        self._names: set[str] = set()
        self._above: list[str] = []
        self._networks: list[_Network] = []
        for name in names:
            self._add(name)

    def _add(self, name: str) -> None:
        network = _network(name)
        plain = name.lower().removesuffix(".")
        if network is not None:
            self._networks.append(network)
        elif not _is_name(plain.removeprefix(_BELOW)):
            raise ValueError(f"{name!r} is neither a host name without a port, nor *.NAME, nor an address, nor *")
        elif plain.startswith(_BELOW):
            self._above.append(plain.removeprefix("*"))
        else:
            self._names.add(plain)

    def __missing__(self, host: str) -> str:
        if len(self) >= _REMEMBERED:
            self.clear()
        # Only a request of HTTP/1.0 can be without a host, and no browser sends one.
        allowed = not host or self._has(_without_port(host.lower()))
        self[host] = reason = "" if allowed else f"{host[:_SHOWN]} is not a host of this server{_REMEDY}"
        return reason

    def _has(self, name: str) -> bool:
        address = _packed(name)
        if address is not None:
            return any(network.has(*address) for network in self._networks)
        name = name.removesuffix(".")
        return name in self._names or any(map(name.endswith, self._above))


def names_of(allowed: Several[str] | AbstractSet[str] | None) -> frozenset[str] | None:
    """The names in the argument `allowed_hosts` of a server; None where it is None.

    Raises:
        TypeError: The argument is neither a set of texts, nor a tuple or a list of them.
    """
    if isinstance(allowed, AbstractSet):
        for name in allowed:
            check_type("allowed_hosts", name, str)
        return frozenset(allowed)
    return None if allowed is None else frozenset(texts("allowed_hosts", allowed))


def hosts_of(allowed: frozenset[str] | None) -> Hosts | None:
    """The hosts of these names; None where a server answers for every host.

    Raises:
        ValueError: A name in it breaks the rule of `Hosts`.
    """
    if allowed is None:
        return None
    try:
        hosts = Hosts(allowed - {ANY})
    except ValueError as error:
        raise ValueError(f"allowed_hosts: {error}") from error
    return None if ANY in allowed else hosts


def _is_name(text: str) -> bool:
    return all(label and _LETTERS.issuperset(label) for label in text.split("."))


def _without_port(host: str) -> str:
    return host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]


def _network(name: str) -> _Network | None:
    """The network or address that `name` stands for; None for a name."""
    address, slash, length = name.partition("/")
    found = _packed(address.removeprefix("[").removesuffix("]") if address.startswith("[") else address)
    if found is None:
        return None
    family, number = found
    bits = 32 if family == socket.AF_INET else 128
    shift = bits - int(length) if slash and length.isdecimal() else 0 if not slash else -1
    if not 0 <= shift <= bits or number >> shift << shift != number:
        raise ValueError(f"{name!r} is not a network such as 10.0.0.0/8")
    return _Network(family, number >> shift, shift)


def _packed(text: str) -> tuple[int, int] | None:
    """The family and number of an address, such as four numbers (3986-3.2.2-3b); None where `text` is no address."""
    family = socket.AF_INET6 if ":" in text else socket.AF_INET
    try:
        return family, int.from_bytes(socket.inet_pton(family, text))
    except (OSError, ValueError):
        return None


def is_loopback(address: str) -> bool:
    """Whether only this machine can reach a listener at `address`."""
    return not Hosts(frozenset(_LOOPBACK))[f"[{address}]" if ":" in address else address]


def of_this_machine() -> frozenset[str]:
    """The hosts of requests for a server at loopback addresses: names that no page of a stranger can have."""
    name = socket.gethostname()
    own = {name} if _is_name(name.lower()) else set[str]()
    return frozenset({"localhost", "*.localhost", *_LOOPBACK, *own})
