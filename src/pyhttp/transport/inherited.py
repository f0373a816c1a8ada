"""Sockets that a service manager has opened, and messages to the manager: sd_listen_fds(3), sd_notify(3)."""

import contextlib
import errno
import os
import socket
from collections.abc import MutableMapping
from typing import Final

__all__ = ["inherited_listeners", "listener_of", "notify"]

_FIRST: Final = 3
"""The descriptor of the first socket that is passed on."""
_VARIABLES: Final = ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PIDFDID")


def inherited_listeners(environment: MutableMapping[str, str] | None = None) -> list[socket.socket]:
    """Listening sockets that a service manager has passed on, for a server's `sockets`; empty where there are none.

    The variables about them are removed from the environment: no child may take them for its own.

    Args:
        environment: The variables with LISTEN_PID and LISTEN_FDS, if there are any; unless given, those of the process.

    Raises:
        OSError: A descriptor is not open, or is no listening stream socket.
        ValueError: A variable is no number.
    """
    environment = os.environ if environment is None else environment
    stated = [environment.pop(name, "") for name in _VARIABLES]
    try:
        process, count = int(stated[0] or "0"), int(stated[1] or "0")
    except ValueError as error:
        raise ValueError(f"LISTEN_PID and LISTEN_FDS: numbers, not {stated[0]!r} and {stated[1]!r}") from error
    if process != os.getpid():
        return []
    with contextlib.ExitStack() as opened:
        listeners = [opened.enter_context(listener_of(fd)) for fd in range(_FIRST, _FIRST + count)]
        opened.pop_all()
        return listeners


def listener_of(descriptor: int) -> socket.socket:
    """The listening socket of a descriptor, ready for a server; no child inherits it.

    Raises:
        OSError: The descriptor is not open, or is no listening stream socket; the message says which.
    """
    try:
        listener = socket.socket(fileno=descriptor)
    except OSError as error:
        raise OSError(
            error.errno, f"descriptor {descriptor} is no listening stream socket: {error.strerror}"
        ) from error
    is_stream = listener.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE) == socket.SOCK_STREAM
    if not is_stream or not listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        listener.detach()  # it belongs to other code
        raise OSError(errno.EINVAL, f"descriptor {descriptor} is no listening stream socket")
    listener.set_inheritable(False)
    listener.setblocking(False)
    return listener


def notify(state: str, environment: MutableMapping[str, str] = os.environ) -> None:
    """Send a message to the service manager, where one wants it.

    Args:
        state: The message, such as ``READY=1``.
        environment: The variables with NOTIFY_SOCKET, if there is one.

    Raises:
        OSError: The message cannot be sent.
    """
    path = environment.get("NOTIFY_SOCKET", "")
    if not path:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.setblocking(False)  # no wait for a manager that does not listen
        sender.sendto(state.encode(), "\0" + path[1:] if path[0] == "@" else path)
