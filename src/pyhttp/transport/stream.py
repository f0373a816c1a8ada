"""The one seam through which octets move to and from a client: here alone its descriptor is read and written.

A plain socket stands behind it, or TLS (`tls`). Whoever asks for less than the loop does - the outbox, a connection, a
handler's thread that waits - knows nothing of sockets beyond these operations.
"""

import contextlib
import errno
import fcntl
import os
import select
import socket
import struct
import termios
from collections.abc import Sequence
from typing import Final, Protocol, Self

__all__ = ["Piece", "SocketStream", "Stream"]

Piece = bytes | memoryview

_COPY: Final = 64 * 1024
_NOT_SENDABLE: Final = frozenset({errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP})
"""What `sendfile` says of a file system that files cannot be sent from."""
_RESET: Final = struct.pack("ii", 1, 0)
"""SO_LINGER: on, for no time."""
_SEGMENTS: Final = 2
"""In which a client's progress shows: it may announce room for one and a half at once."""
_COUNT: Final = bytes(struct.calcsize("i"))


class Stream(Protocol):
    """Octets to and from one client. Nothing here waits."""

    @property
    def secure(self) -> bool:
        """Whether they travel by TLS (RFC 9110 §4.2.2)."""
        ...

    @property
    def wanted(self) -> int:
        """The readiness that input has to be awaited by besides READ: what is held here makes no event (line X5)."""
        ...

    def begin(self) -> "Stream":
        """What has to come before the first octet: the stream to go on with, a plain one where the client means that.

        Raises:
            BlockingIOError: More is needed of the client.
            OSError: The connection failed.
        """
        ...

    def read(self, most: int) -> bytes:
        """Up to `most` octets; ``b""`` at the end of input.

        Raises:
            BlockingIOError: There are none yet.
            OSError: The connection failed.
        """
        ...

    def read_into(self, buffer: memoryview) -> int:
        """The same into `buffer`: how many octets; 0 at the end of input."""
        ...

    def peek(self, most: int) -> bytes:
        """What comes next, as it is on the wire and in front of all else; it stays there. Otherwise as `read`."""
        ...

    def skip(self, count: int) -> None:
        """Take `count` octets that `peek` has shown."""
        ...

    def write(self, pieces: Sequence[Piece]) -> int:
        """Send from the beginning of `pieces` what can be sent now; how many octets that were.

        The next call goes on behind them: with the same octets as far as these were not sent.

        Raises:
            BlockingIOError: None at all.
            OSError: The connection failed.
        """
        ...

    def write_file(self, descriptor: int, offset: int, count: int) -> int:
        """The same for `count` octets of an open file; 0 where the file has ended."""
        ...

    def untaken(self) -> int:
        """Octets written that the client has yet to take."""
        ...

    def step(self) -> int:
        """Octets by which `untaken` falls at once, however steadily the client reads."""
        ...

    def departed(self) -> bool:
        """Whether the client is known to be gone; one that has ended its own side only is not."""
        ...

    def half_closed(self) -> bool:
        """Whether the client is known to have ended its own side; it may be gone as well."""
        ...

    def finish(self) -> bool:
        """Say that nothing more is sent; what is written still arrives. False where the client has yet to take that."""
        ...

    def cut(self, *, silently: bool = False) -> None:
        """End both directions, which makes an event; for whoever does not own the connection, too.

        Args:
            silently: Whether the client must not take that for an orderly end; its owner will reset the connection.
        """
        ...

    def close(self, *, reset: bool, partial: bool = False) -> None:
        """Release the descriptor, and the connection with it, whoever else may hold the descriptor.

        Args:
            reset: Whether the client must not take what it got for the whole (RFC 9112 §8).
            partial: Whether that is not the whole: an end that could be taken for an orderly one is not said.
        """
        ...


class SocketStream:
    """A plain socket, which is non-blocking underneath whatever its owner thinks.

    Args:
        sock: Closed by `close`.
    """

    secure: Final = False
    wanted: Final = 0
    """The system tells of everything."""

    __slots__ = ("_fd", "_sock")

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._fd = sock.fileno()

    def begin(self) -> Self:
        """As `Stream` has it: nothing has to come before."""
        return self

    def read(self, most: int) -> bytes:
        """As `Stream` has it."""
        return os.read(self._fd, most)

    def read_into(self, buffer: memoryview) -> int:
        """As `Stream` has it."""
        return os.readv(self._fd, (buffer,))

    def peek(self, most: int) -> bytes:
        """As `Stream` has it."""
        return self._sock.recv(most, socket.MSG_PEEK | socket.MSG_DONTWAIT)

    def skip(self, count: int) -> None:
        """As `Stream` has it."""
        os.read(self._fd, count)

    def write(self, pieces: Sequence[Piece]) -> int:
        """As `Stream` has it."""
        return os.write(self._fd, pieces[0]) if len(pieces) == 1 else os.writev(self._fd, pieces)

    def write_file(self, descriptor: int, offset: int, count: int) -> int:
        """As `Stream` has it."""
        try:
            return os.sendfile(self._fd, descriptor, offset, count)
        except OSError as error:
            if error.errno not in _NOT_SENDABLE:
                raise
        data = os.pread(descriptor, min(count, _COPY), offset)
        return os.write(self._fd, data) if data else 0

    def untaken(self) -> int:
        """As `Stream` has it, by the length of the socket's queue, where the system tells.

        It is asked for where a client has to be waited for, and never else. A low-water mark for what is not sent
        (TCP_NOTSENT_LOWAT) would wake the server 17 times as often for a client that reads slowly.
        """
        try:
            (count,) = struct.unpack("i", fcntl.ioctl(self._fd, termios.TIOCOUTQ, _COUNT))
        except OSError:  # then what the system took has to count
            return 0
        return int(count)

    def step(self) -> int:
        """As `Stream` has it: a receiver announces new room by whole segments (RFC 9293 §3.8.6.2.2)."""
        try:
            return _SEGMENTS * self._sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG)
        except OSError:  # not TCP
            return 0

    def departed(self) -> bool:
        """As `Stream` has it."""
        return self._shows(0)

    def half_closed(self) -> bool:
        """As `Stream` has it: where the system tells before all that was sent has been read, as Linux does."""
        return self._shows(getattr(select, "POLLRDHUP", 0))

    def _shows(self, mask: int) -> bool:
        poll = select.poll()
        poll.register(self._fd, mask)
        return bool(poll.poll(0))

    def finish(self) -> bool:
        """As `Stream` has it."""
        # A client that has left already has nothing more to be told.
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_WR)
        return True

    def cut(self, *, silently: bool = False) -> None:
        """As `Stream` has it."""
        try:  # noqa: SIM105 - a context manager costs three calls for each connection
            self._sock.shutdown(socket.SHUT_RD if silently else socket.SHUT_RDWR)
        except OSError:
            pass  # it is not connected any more, which is what was wanted

    def close(self, *, reset: bool, partial: bool = False) -> None:  # noqa: ARG002 - TCP has one orderly end
        """As `Stream` has it: a child that was forked meanwhile holds the descriptor, too, and knows nothing of it."""
        if reset:
            self.spoil()
        else:
            self.cut()
        self._sock.close()

    def spoil(self) -> None:
        """Have whoever closes the socket reset the connection."""
        with contextlib.suppress(OSError):
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
