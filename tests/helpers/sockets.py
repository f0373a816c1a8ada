"""Plain sockets for tests: pairs, and one that counts and gets its input piece by piece."""

import contextlib
import os
import socket
from collections.abc import Iterator, Sequence

__all__ = ["FedSocket", "Pair", "descriptors", "fed", "pair", "read_until_end", "request"]

Pair = tuple[socket.socket, socket.socket]


@contextlib.contextmanager
def pair() -> Iterator[Pair]:
    """Two connected sockets, ours and the peer's. No wait on the peer's socket is longer than ten seconds."""
    ours, theirs = socket.socketpair()
    theirs.settimeout(10)
    try:
        yield ours, theirs
    finally:
        ours.close()
        theirs.close()


class FedSocket(socket.socket):
    """A socket whose peer sends the next piece when the one before has been consumed.

    Attributes:
        calls: The number of times that it was read or looked at.
    """

    calls = 0
    pieces: Sequence[bytes] = ()
    peer: socket.socket

    def feed(self) -> None:
        """Let the peer send its next piece. An empty piece is the end of its stream."""
        if self.pieces:
            piece, self.pieces = self.pieces[0], self.pieces[1:]
            if piece:
                self.peer.sendall(piece)
            else:
                self.peer.shutdown(socket.SHUT_WR)

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        """Receive as a socket does."""
        self.calls += 1
        data = super().recv(bufsize, flags)
        if not flags & socket.MSG_PEEK:
            self.feed()
        return data


@contextlib.contextmanager
def fed(*pieces: bytes) -> Iterator[FedSocket]:
    """A socket that is fed with `pieces`. The first piece is there already."""
    with pair() as (ours, theirs):
        made = FedSocket(ours.family, ours.type, ours.proto, ours.detach())
        made.peer = theirs
        made.pieces = pieces
        made.feed()
        try:
            yield made
        finally:
            made.close()


def request(target: str = "/", *lines: str, method: str = "GET", content: bytes = b"", version: str = "1.1") -> bytes:
    """A request as bytes, with Host, and with Content-Length where there is content."""
    fields = ["Host: a", *lines, *([f"Content-Length: {len(content)}"] if content else [])]
    return "".join(f"{line}\r\n" for line in (f"{method} {target} HTTP/{version}", *fields, "")).encode() + content


def read_until_end(sock: socket.socket) -> bytes:
    """Everything up to the end of the stream. A reset counts as an end."""
    data = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := sock.recv(65536):
            data += piece
    return data


def descriptors() -> int:
    """The number of descriptors that this process has open."""
    return len(os.listdir("/proc/self/fd"))
