"""Listening at a path of the file system: whose it is, and that it is gone when the server is."""

import contextlib
import errno
import os
import socket
import stat
from typing import Final

from pyhttp.transport.listener import BACKLOG

__all__ = ["UnixListener", "listen_unix"]

_BUSY: Final = "another server listens there"
_STALE: Final = frozenset({errno.ECONNREFUSED, errno.ENOENT})
"""What a connection attempt says of a socket that nobody listens at."""


class UnixListener(socket.socket):
    """A listening socket at a path, which is removed when the socket is closed."""

    path: str = ""
    """Where it listens; empty until it does."""
    made: os.stat_result
    """What `lstat` said of that path then."""

    def close(self) -> None:
        """Remove the path, unless another file is there by now, and close the socket."""
        if self.path and self.fileno() >= 0:
            # First: the number of its file stays taken as long as the socket is open.
            _remove(self.path, self.made)
        super().close()


def listen_unix(path: str, mode: int = 0o660, backlog: int = BACKLOG) -> socket.socket:
    """A bound, listening, non-blocking socket at `path`, one of the `sockets` of a server; closing it removes the path.

    A socket that a server has left behind is replaced. Until `mode` has been set nobody can connect.

    Args:
        path: Of the socket; its folder is there.
        mode: Its permissions: whoever may write to it may connect.
        backlog: How many clients may wait to be accepted.

    Raises:
        FileExistsError: Something that is no socket is there.
        OSError: Somebody listens at it (EADDRINUSE), or it cannot be made.
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
        listener.setblocking(False)
        undo.pop_all()
        return listener


def _remove_stale(path: str) -> None:
    """Remove a socket that nobody listens at.

    Raises:
        FileExistsError: It is something else.
        OSError: Somebody listens, or it cannot be found out.
    """
    there = os.lstat(path)
    if not stat.S_ISSOCK(there.st_mode):
        raise FileExistsError(errno.EEXIST, "there is a file that is no socket", path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)  # a live server whose queue is full is not waited for
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
        path: Of the socket.
        made: What `lstat` said of it.
    """
    with contextlib.suppress(FileNotFoundError):
        if os.path.samestat(os.lstat(path), made):
            os.unlink(path)
