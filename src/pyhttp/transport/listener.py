"""The listeners of a server: from names to bound sockets, with no look-up that can be avoided."""

import contextlib
import errno
import os
import socket
from collections.abc import Sequence
from typing import Final, NamedTuple

from pyhttp.arguments import Several, check_several, check_type, texts
from pyhttp.limits import Limits

__all__ = ["BACKLOG", "Listener", "address_of", "adopt", "connection_capacity", "is_shared", "listen", "url_of"]

BACKLOG: Final = Limits().backlog
"""The number of clients of a listener that may wait to be accepted, unless given."""


UNIX: Final = "unix:"


class Endpoint(NamedTuple):
    """The address to which one listener is bound, without its port."""

    family: int
    host: str
    scope: int = 0
    """The index of the interface of a link-local IPv6 address (RFC 4007 §6), else 0."""


_LOOPBACK: Final = (Endpoint(socket.AF_INET, "127.0.0.1"), Endpoint(socket.AF_INET6, "::1"))
_EVERY_IPV4: Final = Endpoint(socket.AF_INET, "0.0.0.0")  # noqa: S104 - bound only where it is asked for
_EVERY_IPV6: Final = Endpoint(socket.AF_INET6, "::")
_ABSENT: Final = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT})
_SAME_PORT_TRIES: Final = 16


class Listener(socket.socket):
    """A listening socket that this program has opened."""

    opener: int = 0
    """The number of the process that has opened it: a copy of that process may accept clients from it, too."""


def is_shared(listener: socket.socket) -> bool:
    """Whether another process may hold `listener`, too, as far as this can be known."""
    return not isinstance(listener, Listener) or listener.opener != os.getpid()


def listen(host: str | Several[str], port: int, backlog: int = BACKLOG) -> list[socket.socket]:
    """Bound, listening, non-blocking sockets for `host`, one or several, and `port`: the `sockets` of a server.

    "localhost" means 127.0.0.1 and ::1, literally; a machine without IPv6 is no error. An empty host means all
    interfaces, and so does "::", which includes IPv4, as in other programs. Any other name is resolved once, here. A
    link-local address names its interface, such as "fe80::1%eth0". Port 0 picks a free port, the same for each address.

    Args:
        host: One host or several; an address that several of them mean is bound once.
        port: A port from 0 to 65535.
        backlog: The number of clients of each socket that may wait to be accepted.

    Raises:
        OSError: An address, which the message names, cannot be bound, or a name is unknown (socket.gaierror).
        ValueError: The port is out of range.
        TypeError: `host` is neither a text, nor a tuple or a list of texts.
    """
    if not 0 <= port <= 65535:
        raise ValueError(f"port: 0 to 65535, not {port}")
    hosts = (host,) if isinstance(host, str) else texts("host", host)
    groups = [_addresses(each, port) for each in hosts]
    tries = 0
    while True:
        try:
            return _bind_all(groups, port, backlog)
        except OSError as error:
            # With port 0 the port picked for the first address may be taken on the second: pick again.
            tries += 1
            if port or error.errno != errno.EADDRINUSE or tries == _SAME_PORT_TRIES:
                raise


def _addresses(host: str, port: int) -> list[Endpoint]:
    match host:
        case "localhost":
            return list(_LOOPBACK)
        case "":
            return [_EVERY_IPV4, _EVERY_IPV6]
        case "::":  # two listeners: with one for both, IPv4 clients have mapped addresses in log and scripts
            return [_EVERY_IPV6, _EVERY_IPV4]
        case _:
            return _looked_up(host, port)


def _looked_up(host: str, port: int) -> list[Endpoint]:
    # For a name in octets the tables of Unicode are not loaded, which take a fortieth of the command's start.
    name = host.encode() if host.isascii() else host
    try:
        found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (socket.gaierror, UnicodeError) as error:  # UnicodeError: a name that cannot be encoded for a look-up
        why = error.strerror if isinstance(error, socket.gaierror) else str(error)
        raise socket.gaierror(socket.EAI_NONAME, why, host) from error
    return list(dict.fromkeys(_resolved(int(family), address) for family, _, _, _, address in found))


def _resolved(family: int, address: Sequence[str | int | bytes]) -> Endpoint:
    return Endpoint(family, str(address[0]), int(address[3]) if len(address) > 3 else 0)


def _bind_all(groups: list[list[Endpoint]], port: int, backlog: int) -> list[socket.socket]:
    """The listeners for all addresses; a group has the addresses of one host."""
    with contextlib.ExitStack() as undo:
        bound: dict[Endpoint, socket.socket] = {}
        for group in groups:
            for address in group:
                if address in bound:
                    continue
                try:
                    listener = undo.enter_context(_listener(address, port, backlog))
                except OSError as error:
                    # One family is enough on a machine that lacks the other.
                    if error.errno in _ABSENT and (
                        not bound.keys().isdisjoint(group) or address.family != group[-1].family
                    ):
                        continue
                    raise
                port = listener.getsockname()[1]
                bound[address] = listener
        undo.pop_all()
        return list(bound.values())


def _listener(address: Endpoint, port: int, backlog: int) -> socket.socket:
    with contextlib.ExitStack() as undo:
        try:
            listener = undo.enter_context(Listener(address.family, socket.SOCK_STREAM))
            listener.opener = os.getpid()
            _bind(listener, address, port, backlog)
        except OSError as error:
            host = _zoned(address.host, address.scope)
            raise OSError(error.errno, f"cannot listen on {host} port {port}: {error.strerror or error}") from error
        undo.pop_all()
        return listener


def _bind(listener: socket.socket, address: Endpoint, port: int, backlog: int) -> None:
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if listener.family == socket.AF_INET6:
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind((address.host, port, 0, address.scope))
    else:
        listener.bind((address.host, port))
    listener.listen(backlog)
    listener.setblocking(False)


def adopt(sockets: Sequence[socket.socket]) -> list[socket.socket]:
    """The listening sockets that other code has opened, ready for a server.

    Raises:
        ValueError: A socket does not listen.
        TypeError: They are no tuple or list of sockets.
    """
    check_several("sockets", sockets, "sockets", "(socket,)")
    for each in sockets:
        check_type("sockets", each, socket.socket)
        if not each.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            raise ValueError(f"sockets: {each} does not listen")
        each.setblocking(False)
    return list(sockets)


def connection_capacity(limit: int) -> int:
    """The connections at once: `limit`, or the descriptor limit less a reserve for files (safety line D12)."""
    import resource  # noqa: PLC0415 - a library of the system, loaded when a server is built

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return limit
    return max(1, min(limit, soft - min(64, soft // 4)))


def address_of(listener: socket.socket) -> tuple[str, int]:
    """The host and port to which a listener is bound; a link-local address has its zone, "fe80::1%eth0".

    A Unix socket has "unix:" and its path as host, and 0 as port; "@" begins the name of one without a file.
    """
    name = listener.getsockname()
    if listener.family == socket.AF_UNIX:
        return f"{UNIX}{os.fsdecode(name).replace(chr(0), '@', 1)}", 0
    return _zoned(str(name[0]), int(name[3]) if len(name) > 3 else 0), int(name[1])


def _zoned(host: str, scope: int) -> str:
    if not scope or "%" in host:
        return host
    try:
        return f"{host}%{socket.if_indextoname(scope)}"
    except OSError:  # the interface has gone meanwhile
        return f"{host}%{scope}"


def url_of(host: str, port: int, *, secure: bool = False) -> str:
    """The URL for a result of `address_of`; a zone's percent sign is escaped, as curl reads it (RFC 6874 §2).

    A Unix socket has no URL: its host, "unix:" and the path, is returned.
    """
    if host.startswith(UNIX):
        return host
    shown = host.replace("%", "%25")
    return f"{'https' if secure else 'http'}://{f'[{shown}]' if ':' in shown else shown}:{port}/"
