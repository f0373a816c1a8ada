"""One connection to a server: any octets out, responses in, read strictly."""

import socket
from types import TracebackType
from typing import Self

from pyhttp.checking.reader import Late, Reply, read_reply

__all__ = ["Client", "pieces"]


class Client:
    """A client on a connected socket, whose timeout bounds every wait.

    With `bytewise`, octets are sent in segments of one byte; the middle of long data is sent in larger ones.
    """

    def __init__(self, sock: socket.socket, *, bytewise: bool = False) -> None:
        self._bytewise = bytewise
        self.sock: socket.socket = sock
        if sock.family != socket.AF_UNIX:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._held = bytearray()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self.sock.close()

    def send(self, data: bytes) -> None:
        """Send all of `data`; data that a closed peer does not take is lost, as on any network."""
        try:
            for piece in pieces(data) if self._bytewise else [data]:
                self.sock.sendall(piece)
        except (BrokenPipeError, ConnectionResetError):
            return  # the caller wants to read the answer that was sent before

    def half_close(self) -> None:
        """End the sending side."""
        try:
            self.sock.shutdown(socket.SHUT_WR)
        except OSError:
            return  # the peer has reset the connection already

    def more(self) -> bytes:
        """The next bytes of the peer; b"" when it has closed. Raises Late."""
        try:
            return self.sock.recv(65536)
        except TimeoutError:
            raise Late from None
        except ConnectionResetError:
            return b""

    def reply(self, method: str = "GET") -> Reply:
        """The next response; see `read_reply`."""
        return read_reply(self, self._held, method=method)

    def ended(self) -> bytes:
        """The rest of the peer's stream, up to its end; b"" when there is nothing but the end. Raises Late."""
        rest = bytearray(self._held)
        self._held.clear()
        while data := self.more():
            rest += data
        return bytes(rest)


def pieces(data: bytes, *, head: int = 2048, tail: int = 64, step: int = 997) -> list[bytes]:
    """`data` in pieces of one byte; beyond `head` and before `tail`, in pieces of `step`."""
    if len(data) <= head + tail:
        return [data[i : i + 1] for i in range(len(data))]
    middle = data[head:-tail]
    return [
        *(data[i : i + 1] for i in range(head)),
        *(middle[i : i + step] for i in range(0, len(middle), step)),
        *(data[i : i + 1] for i in range(len(data) - tail, len(data))),
    ]
