"""A listener at a path of the file system: its permissions, and its removal with the server."""

import contextlib
import errno
import os
import socket
import stat
from typing import Final

from pyhttp.transport.listener import BACKLOG, Listener

__all__ = ["UnixListener", "listen_unix"]

_BUSY: Final = "another server listens there"
_STALE: Final = frozenset({errno.ECONNREFUSED, errno.ENOENT})
"""The errors of a connection attempt to a socket without a listener."""


class UnixListener(Listener):
    """A listening socket at a path, which is removed when the socket is closed."""

    path: str = ""
    """The path of the socket; empty until it listens."""
    made: os.stat_result
    """The result of `lstat` for that path at the beginning."""

    def close(self) -> None:
        """Remove the path, unless another file is there by now, and close the socket."""
        if self.path and self.fileno() >= 0:
            # The path goes first: the number of its file stays in use as long as the socket is open.
            _remove(self.path, self.made)
        super().close()


def listen_unix(path: str, mode: int = 0o660, backlog: int = BACKLOG) -> socket.socket:
    """A bound, listening, non-blocking socket at `path`, one of the `sockets` of a server; closing it removes the path.

    A socket that a server has left behind is replaced. Until `mode` has been set, no client can connect.

    Args:
        path: The path of the socket; its folder exists.
        mode: The permissions: a user who may write to the socket may connect.
        backlog: The number of clients that may wait to be accepted.

    Raises:
        FileExistsError: A file that is no socket is there.
        OSError: Another server listens at it (EADDRINUSE), or it cannot be made.
    """
    with contextlib.ExitStack() as undo:
        listener = undo.enter_context(UnixListener(socket.AF_UNIX, socket.SOCK_STREAM))
        try:
            listener.bind(path)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            _remove_stale(path)
            listener.bind(path)
        listener.path, listener.made = os.path.abspath(path), os.lstat(path)
        os.chmod(path, mode)
        listener.listen(backlog)
        listener.opener = os.getpid()
        listener.setblocking(False)
        undo.pop_all()
        return listener


def _remove_stale(path: str) -> None:
    """Remove a socket without a listener.

    Raises:
        FileExistsError: The file is no socket.
        OSError: Another server listens there, or this cannot be found out.
    """
    there = os.lstat(path)
    if not stat.S_ISSOCK(there.st_mode):
        raise FileExistsError(errno.EEXIST, "there is a file that is no socket", path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)  # no wait for a live server whose queue is full
        try:
            probe.connect(path)
        except OSError as error:
            if error.errno not in _STALE:
                raise OSError(errno.EADDRINUSE, _BUSY, path) from error
        else:
            raise OSError(errno.EADDRINUSE, _BUSY, path)
    _remove(path, there)


def _remove(path: str, made: os.stat_result) -> None:
    """Remove the socket at `path`, unless another file is there by now.

    Args:
        path: The path of the socket.
        made: The earlier result of `lstat` for it.
    """
    with contextlib.suppress(FileNotFoundError):
        if os.path.samestat(os.lstat(path), made):
            os.unlink(path)
