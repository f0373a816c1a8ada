"""A socket that handlers can write to, if they build their own answers."""

import contextlib
import socket
from typing import Final
from weakref import WeakSet

__all__ = ["SocketWriter", "was_written"]

_written: Final[WeakSet[socket.socket]] = WeakSet()


def was_written(sock: socket.socket) -> bool:
    """Whether a SocketWriter has written to `sock`, so that the octets sent there are unknown."""
    return sock in _written


class SocketWriter:
    """A writer to a socket, without a buffer of its own.

    On a server's connection it bypasses the gate: its octets are sent as they stand, and the connection closes after
    the handler's turn.

    Args:
        sock: An open, connected socket.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def write(self, data: bytes) -> int:
        """Send all of `data`, and return its length.

        Raises:
            OSError: The connection failed, or the socket's timeout passed.
        """
        _written.add(self._sock)
        self._sock.sendall(data)
        return len(data)

    def close(self) -> None:
        """Shut the connection down in both directions and close the socket; harmless when called twice."""
        # A peer that has left already, or an earlier close, leaves nothing to shut down.
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)
        self._sock.close()
