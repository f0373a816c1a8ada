"""The listeners of the command, and the reason where it cannot listen: in one line, with a remedy."""

import contextlib
import errno
import socket
from collections.abc import Sequence
from typing import Final

from pyhttp.command.options import Options
from pyhttp.hosts import is_loopback, of_this_machine
from pyhttp.transport.inherited import inherited_listeners, listener_of
from pyhttp.transport.listener import address_of, listen

__all__ = ["CannotServe", "allowed_hosts", "explain", "open_listeners"]


_HOST: Final = "localhost"
_PORT: Final = 8888


class CannotServe(Exception):
    """An error that ends the command; the text is one line."""


def open_listeners(options: Options) -> list[socket.socket]:
    """The listening sockets that the options ask for.

    Raises:
        CannotServe: A socket cannot be opened.
    """
    with contextlib.ExitStack() as opened:
        listeners = _inherited(options.descriptors)
        for each in listeners:
            opened.enter_context(each)
        listeners += [opened.enter_context(_at(path, options)) for path in options.unix]
        if options.hosts or options.port is not None or not listeners:
            listeners += _by_tcp(options)
        opened.pop_all()
        return listeners


def _inherited(descriptors: Sequence[int]) -> list[socket.socket]:
    try:
        return [*inherited_listeners(), *map(listener_of, descriptors)]
    except (OSError, ValueError) as error:
        raise CannotServe(f"cannot listen: {getattr(error, 'strerror', None) or error}") from error


def _by_tcp(options: Options) -> list[socket.socket]:
    port = _PORT if options.port is None else options.port
    try:
        return listen(options.hosts or _HOST, port, options.limits.backlog)
    except OSError as error:
        raise CannotServe(explain(error)) from error


def _at(path: str, options: Options) -> socket.socket:
    from pyhttp.transport.unix import listen_unix  # noqa: PLC0415 - few starts need it

    try:
        return listen_unix(path, options.unix_mode, options.limits.backlog)
    except OSError as error:
        raise CannotServe(f"cannot listen at {path}: {error.strerror or error}") from error


def explain(error: OSError) -> str:
    """The reason why a port cannot be opened, in one line, with a remedy."""
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
    """A possible error in a host that has no address."""
    address, _, zone = host.partition("%")
    if zone:
        return f"; is {zone} an interface of this machine?"
    if "[" in address or "/" in address or address.count(":") == 1:
        return "; write the address alone, and the port with --port"
    return ""


def allowed_hosts(options: Options, listeners: Sequence[socket.socket]) -> frozenset[str] | None:
    """The hosts that the command answers for; None for any.

    Where only this machine can ask, and for itself, no other host can be meant. But a stranger's page could ask by a
    name of its own. Proxies may pass on any Host.
    """
    own = options.proxies is None and all(is_loopback(address_of(each)[0]) for each in listeners)
    allowed = options.allowed_hosts | of_this_machine() if own else options.allowed_hosts
    return allowed or None
