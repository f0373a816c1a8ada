"""Where the command listens, and why it cannot where it cannot: one line, and what to do about it."""

import errno
import socket

from pyhttp.options import Options
from pyhttp.transport.listener import listen

__all__ = ["CannotServe", "explain", "open_listeners"]


class CannotServe(Exception):
    """The command ends with this line."""


def open_listeners(options: Options) -> list[socket.socket]:
    """The listening sockets that the options ask for.

    Raises:
        CannotServe: One of them cannot be had.
    """
    try:
        return listen(options.hosts, options.port, options.limits.backlog)
    except OSError as error:
        raise CannotServe(explain(error)) from error


def explain(error: OSError) -> str:
    """Why the server cannot listen, in one line, and what to do about it."""
    if isinstance(error, socket.gaierror):
        return f"cannot find an address for the host {error.filename}{_hint(str(error.filename))}"
    why = error.strerror or str(error)
    match error.errno:
        case errno.EADDRINUSE:
            return f"{why}; choose another port with --port, or --port 0 for any free one"
        case errno.EACCES:
            return f"{why}; ports from 1024 on need no permission"
        case errno.EADDRNOTAVAIL:
            return f"{why}; that is not an address of this machine"
        case errno.EINVAL if " fe80:" in why.lower() and "%" not in why:
            return f"{why}; a link-local address needs its interface, as in fe80::1%eth0"
        case _:
            return why


def _hint(host: str) -> str:
    """What may be wrong with a host that has no address."""
    address, _, zone = host.partition("%")
    if zone:
        return f"; is {zone} an interface of this machine?"
    if "[" in address or "/" in address or address.count(":") == 1:
        return "; write the address alone, and the port with --port"
    return ""
