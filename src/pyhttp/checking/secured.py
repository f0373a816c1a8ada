"""TLS for a client that may end one direction, as TCP and TLS 1.3 can; sockets of the `ssl` module cannot."""

import contextlib
import socket
import ssl
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

__all__ = ["TlsSocket"]


class TlsSocket(socket.socket):
    """A connected socket whose octets travel by TLS; `shutdown` ends one direction, as TCP and TLS 1.3 can.

    Attributes:
        truncated: Whether the other side has ended without the alert of TLS.
    """

    def __init__(self, sock: socket.socket, context: ssl.SSLContext, name: str) -> None:
        patience = sock.gettimeout()
        super().__init__(sock.family, sock.type, sock.proto, sock.detach())
        self.settimeout(patience)
        self._arrived, self._leaving = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls: ssl.SSLObject = context.wrap_bio(self._arrived, self._leaving, server_hostname=name)
        self._held = b""
        self._unsent = b""
        self._deaf = False
        self.truncated: bool = False

    def shake_hands(self) -> None:
        """Complete the handshake.

        Raises:
            OSError: The server refuses.
        """
        while True:
            try:
                self.tls.do_handshake()
            except ssl.SSLWantReadError:
                self._flush()
                self._feed()
            else:
                self._flush()
                return

    def start(self) -> None:
        """Send the client's hello only."""
        try:
            self.tls.do_handshake()
        except ssl.SSLWantReadError:
            self._flush()

    def recv(self, bufsize: int, _flags: int = 0, /) -> bytes:
        """The next octets of the other side, at most `bufsize`; b"" when it has ended."""
        if self._held:
            data, self._held = self._held[:bufsize], self._held[bufsize:]
            return data
        while True:
            try:
                return self.tls.read(bufsize)
            except ssl.SSLWantReadError:
                self._feed()
            except ssl.SSLZeroReturnError:  # both sides have ended in order
                return b""
            except ssl.SSLEOFError:
                self.truncated = True
                return b""

    def send(self, data: "ReadableBuffer", _flags: int = 0, /) -> int:
        """Send all of `data`."""
        view = memoryview(data)
        while view:
            view = view[self.tls.write(view) :]
            self._flush()
        return len(memoryview(data))

    def sendall(self, data: "ReadableBuffer", _flags: int = 0, /) -> None:
        """Send all of `data`."""
        self.send(data)

    def shutdown(self, how: int, /) -> None:
        """End this direction: by TLS, then by TCP."""
        self._hear()
        with contextlib.suppress(ssl.SSLWantReadError):  # the answer of the other side is read later
            self.tls.unwrap()
        self._flush()
        super().shutdown(how)

    def _hear(self) -> None:
        try:
            while data := self.tls.read(1 << 20):
                self._held += data
        except ssl.SSLError:
            return

    def _feed(self) -> None:
        data = super().recv(1 << 16)
        if data:
            self._arrived.write(data)
        else:
            self._arrived.write_eof()

    def _flush(self) -> None:
        self._unsent += self._leaving.read()
        while self._unsent:
            self._unsent = self._unsent[super().send(self._unsent) :]
