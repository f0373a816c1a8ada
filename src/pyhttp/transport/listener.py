"""Where a server listens: names to bound sockets, without looking up anything that need not be."""

import contextlib
import errno
import socket
from typing import Final

__all__ = ["connection_capacity", "listen"]

_LOOPBACK: Final = ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))
_ABSENT: Final = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT})
_SAME_PORT_TRIES: Final = 16


def listen(host: str, port: int, backlog: int) -> list[socket.socket]:
    """Bound, listening, non-blocking sockets for `host` and `port`.

    "localhost" means 127.0.0.1 and ::1, literally; a machine without IPv6 is no error. An empty host means all
    interfaces. Any other name is resolved once, here. Port 0 picks a free port, the same for each address.

    Raises:
        OSError: An address cannot be bound, or the name is unknown (socket.gaierror).
        OverflowError: The port is not in 0-65535.
    """
    wanted = _addresses(host, port)
    tries = 0
    while True:
        try:
            return _bind_all(wanted, port, backlog)
        except OSError as error:
            # With port 0 the port picked for the first address may be taken on the second: pick again.
            tries += 1
            if port or error.errno != errno.EADDRINUSE or tries == _SAME_PORT_TRIES:
                raise


def _addresses(host: str, port: int) -> list[tuple[int, str]]:
    if host == "localhost":
        return [(int(family), address) for family, address in _LOOPBACK]
    if not host:
        return [(int(socket.AF_INET), "0.0.0.0"), (int(socket.AF_INET6), "::")]  # noqa: S104 - asked for
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    return list(dict.fromkeys((int(family), str(address[0])) for family, _, _, _, address in found))


def _bind_all(wanted: list[tuple[int, str]], port: int, backlog: int) -> list[socket.socket]:
    with contextlib.ExitStack() as bound:
        listeners: list[socket.socket] = []
        for family, address in wanted:
            try:
                listener = bound.enter_context(_listener(family, address, port, backlog))
            except OSError as error:
                # One family of a machine that lacks the other is enough.
                if error.errno in _ABSENT and len(wanted) > 1 and (listeners or family != wanted[-1][0]):
                    continue
                raise
            port = listener.getsockname()[1]
            listeners.append(listener)
        bound.pop_all()
        return listeners


def _listener(family: int, address: str, port: int, backlog: int) -> socket.socket:
    with contextlib.ExitStack() as undo:
        listener = undo.enter_context(socket.socket(family, socket.SOCK_STREAM))
        _bind(listener, address, port, backlog)
        undo.pop_all()
        return listener


def _bind(listener: socket.socket, address: str, port: int, backlog: int) -> None:
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if listener.family == socket.AF_INET6:
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    listener.bind((address, port))
    listener.listen(backlog)
    listener.setblocking(False)


def connection_capacity(limit: int) -> int:
    """Connections at once: `limit`, or what the descriptor limit allows less a reserve for files (safety line D12)."""
    import resource  # noqa: PLC0415 - a library of the system, loaded when a server is built

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return limit
    return max(1, min(limit, soft - min(64, soft // 4)))


def address_of(listener: socket.socket) -> tuple[str, int]:
    """The address a listener is bound to."""
    host, port = listener.getsockname()[:2]
    return (str(host), int(port))
