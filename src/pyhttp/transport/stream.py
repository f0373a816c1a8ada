"""The one way of octets to and from a client: only here its descriptor is read and written.

Behind it is a plain socket, or TLS (`tls`). The other code that moves octets - the outbox, a connection, a handler's
thread that waits - uses only these operations of a socket.
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
"""The errors of `sendfile` for a file system from which files cannot be sent."""
_RESET: Final = struct.pack("ii", 1, 0)
"""SO_LINGER: on, for no time."""
_SEGMENTS: Final = 2
"""The segments in which a client's progress shows: it may announce room for one and a half at once."""
_COUNT: Final = bytes(struct.calcsize("i"))
_KEEP: Final = getattr(socket, "MSG_MORE", 0)
"""Linux keeps such octets for others to follow, but no longer than its shortest time to a retransmission, 200 ms."""
_TCP: Final = socket.IPPROTO_TCP
_NO_DELAY: Final = socket.TCP_NODELAY


class Stream(Protocol):
    """Octets to and from one client. No call waits."""

    @property
    def secure(self) -> bool:
        """Whether the octets travel by TLS (RFC 9110 §4.2.2)."""
        ...

    @property
    def wanted(self) -> int:
        """The readiness, besides READ, that announces input: octets that are held here make no event (line X5)."""
        ...

    def begin(self) -> "Stream":
        """Do one step before the first octet; returns the stream to go on with, a plain one for a client without TLS.

        Raises:
            BlockingIOError: The client has to send more first.
            OSError: The connection failed.
        """
        ...

    def read(self, most: int) -> bytes:
        """Up to `most` octets; ``b""`` at the end of input.

        Raises:
            BlockingIOError: No octet is here yet.
            OSError: The connection failed.
        """
        ...

    def read_into(self, buffer: memoryview) -> int:
        """Read octets into `buffer`; returns their number, 0 at the end of input."""
        ...

    def peek(self, most: int) -> bytes:
        """The next octets, as they are on the wire and before all others; they stay there. Otherwise as `read`."""
        ...

    def skip(self, count: int) -> None:
        """Take `count` octets that `peek` has shown."""
        ...

    def write(self, pieces: Sequence[Piece]) -> int:
        """Send octets from the beginning of `pieces`, as many as can be sent now; returns their number.

        The next call goes on behind them: with the same octets as far as these were not sent.

        Raises:
            BlockingIOError: No octet can be sent.
            OSError: The connection failed.
        """
        ...

    def write_kept(self, data: bytes) -> int:
        """Write as `write` does, but leave it to the system to keep the octets: up to `push`, or for about 200 ms.

        A system that cannot do this sends them at once.
        """
        ...

    def push(self) -> None:
        """Have octets leave that `write_kept` has written; harmless at any time, even after `close`."""
        ...

    def write_file(self, descriptor: int, offset: int, count: int) -> int:
        """Send up to `count` octets of an open file; returns their number, 0 where the file has ended."""
        ...

    def untaken(self) -> int:
        """The number of octets written that the client has yet to take."""
        ...

    def step(self) -> int:
        """The number of octets by which `untaken` falls at once, however steadily the client reads."""
        ...

    def departed(self) -> bool:
        """Whether the client is known to be gone; a client that has only ended its own side is not."""
        ...

    def half_closed(self) -> bool:
        """Whether the client is known to have ended its own side; it may be gone as well."""
        ...

    def finish(self) -> bool:
        """End our side; octets written before still arrive. False where the client has yet to take the end."""
        ...

    def cut(self, *, silently: bool = False) -> None:
        """End both directions, which makes an event; code that does not own the connection may call this, too.

        Args:
            silently: Whether the client must not see an orderly end; the owner will reset the connection.
        """
        ...

    def close(self, *, reset: bool, partial: bool = False) -> None:
        """Release the descriptor, and the connection with it, even if another process holds the descriptor.

        Args:
            reset: Whether the client must not take its octets for the whole (RFC 9112 §8).
            partial: Whether the octets are not the whole: an end that could look orderly is not sent.
        """
        ...


class SocketStream:
    """A plain socket, which is non-blocking underneath, whatever its owner has set.

    Args:
        sock: The socket; `close` closes it.
    """

    secure: Final = False
    wanted: Final = 0
    """The system reports all input."""

    __slots__ = ("_fd", "_sock")

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._fd = sock.fileno()

    def begin(self) -> Self:
        """Do nothing: a plain socket needs no step before the first octet."""
        return self

    def read(self, most: int) -> bytes:
        """See `Stream`."""
        return os.read(self._fd, most)

    def read_into(self, buffer: memoryview) -> int:
        """See `Stream`."""
        return os.readv(self._fd, (buffer,))

    def peek(self, most: int) -> bytes:
        """See `Stream`."""
        return self._sock.recv(most, socket.MSG_PEEK | socket.MSG_DONTWAIT)

    def skip(self, count: int) -> None:
        """See `Stream`."""
        os.read(self._fd, count)

    def write(self, pieces: Sequence[Piece]) -> int:
        """See `Stream`."""
        return os.write(self._fd, pieces[0]) if len(pieces) == 1 else os.writev(self._fd, pieces)

    def write_kept(self, data: bytes) -> int:
        """See `Stream`."""
        return self._sock.send(data, _KEEP)

    def push(self) -> None:
        """See `Stream`: to ask for no delay, even if none is allowed already, sends what is kept."""
        try:  # noqa: SIM105 - a context manager costs three calls for each answer
            self._sock.setsockopt(_TCP, _NO_DELAY, 1)
        except OSError:
            pass  # not TCP, or closed, and then nothing is kept

    def write_file(self, descriptor: int, offset: int, count: int) -> int:
        """See `Stream`."""
        try:
            return os.sendfile(self._fd, descriptor, offset, count)
        except OSError as error:
            if error.errno not in _NOT_SENDABLE:
                raise
        data = os.pread(descriptor, min(count, _COPY), offset)
        return os.write(self._fd, data) if data else 0

    def untaken(self) -> int:
        """See `Stream`; it is the length of the socket's queue, where the system reports that.

        It is called only where a client has to be waited for. A low-water mark for unsent octets (TCP_NOTSENT_LOWAT)
        would wake the server 17 times as often for a client that reads slowly.
        """
        try:
            (count,) = struct.unpack("i", fcntl.ioctl(self._fd, termios.TIOCOUTQ, _COUNT))
        except OSError:  # then the octets that the system took have to count
            return 0
        return int(count)

    def step(self) -> int:
        """See `Stream`: a receiver announces new room by whole segments (RFC 9293 §3.8.6.2.2)."""
        try:
            return _SEGMENTS * self._sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG)
        except OSError:  # not TCP
            return 0

    def departed(self) -> bool:
        """See `Stream`."""
        return self._shows(0)

    def half_closed(self) -> bool:
        """See `Stream`: where the system reports it before all octets have been read, as Linux does."""
        return self._shows(getattr(select, "POLLRDHUP", 0))

    def _shows(self, mask: int) -> bool:
        poll = select.poll()
        poll.register(self._fd, mask)
        return bool(poll.poll(0))

    def finish(self) -> bool:
        """See `Stream`."""
        # A client that has left already gets no end.
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_WR)
        return True

    def cut(self, *, silently: bool = False) -> None:
        """See `Stream`."""
        try:  # noqa: SIM105 - a context manager costs three calls for each connection
            self._sock.shutdown(socket.SHUT_RD if silently else socket.SHUT_RDWR)
        except OSError:
            pass  # it is not connected any more, which is the wanted state

    def close(self, *, reset: bool, partial: bool = False) -> None:  # noqa: ARG002 - TCP has one orderly end
        """See `Stream`: a child that was forked meanwhile may hold the descriptor, too."""
        if reset:
            self.spoil()
        else:
            self.cut()
        self._sock.close()

    def spoil(self) -> None:
        """Make the close of the socket reset the connection."""
        with contextlib.suppress(OSError):
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
