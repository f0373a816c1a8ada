"""TLS for tests: a certificate authority of their own, and clients on sockets that may end one direction."""

import contextlib
import functools
import socket
import ssl
from typing import TYPE_CHECKING, Final, NamedTuple

import trustme

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

__all__ = [
    "NAME",
    "PLAIN",
    "SECURE",
    "TlsSocket",
    "Transport",
    "authority",
    "certificate_and_key",
    "client_context",
    "connected",
    "server_context",
]

NAME: Final = "127.0.0.1"
"""Whom the certificates are for, beside localhost."""


@functools.cache
def authority() -> trustme.CA:
    """Whom the clients of the tests trust."""
    return trustme.CA()


def server_context(*, fresh: bool = False) -> ssl.SSLContext:
    """A new context of a server, with a certificate for this machine, which may be a `fresh` one."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    (_certificate.__wrapped__() if fresh else _certificate()).configure_cert(context)
    return context


@functools.cache
def _certificate() -> trustme.LeafCert:
    return authority().issue_cert("localhost", NAME, "::1")


def certificate_and_key(*, fresh: bool = False) -> bytes:
    """Such a certificate and its key as a file has them."""
    return (_certificate.__wrapped__() if fresh else _certificate()).private_key_and_cert_chain_pem.bytes()


@functools.cache
def client_context(*alpn: str) -> ssl.SSLContext:
    """A context of a client that trusts those certificates, and would like to speak `alpn`."""
    context = ssl.create_default_context()
    authority().configure_trust(context)
    if alpn:
        context.set_alpn_protocols(alpn)
    return context


class Transport(NamedTuple):
    """How clients and server talk: the context of each; None for both where that is without TLS."""

    secure: bool

    @property
    def server(self) -> ssl.SSLContext | None:
        """For `tls=` of a server."""
        return server_context() if self.secure else None

    @property
    def client(self) -> ssl.SSLContext | None:
        """For `tls=` of a client."""
        return client_context() if self.secure else None


PLAIN: Final = Transport(secure=False)
SECURE: Final = Transport(secure=True)


class TlsSocket(socket.socket):
    """A connected socket whose octets travel by TLS; `shutdown` ends one direction, as TCP and TLS 1.3 can.

    Attributes:
        truncated: Whether the other side has ended without saying so in TLS.
    """

    def __init__(self, sock: socket.socket, context: ssl.SSLContext | None = None) -> None:
        patience = sock.gettimeout()
        super().__init__(sock.family, sock.type, sock.proto, sock.detach())
        self.settimeout(patience)
        self._arrived, self._leaving = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = (context or client_context()).wrap_bio(self._arrived, self._leaving, server_hostname=NAME)
        self._held = b""
        self._unsent = b""
        self._deaf = False
        self.truncated = False

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
        """Say hello, and go no further."""
        try:
            self.tls.do_handshake()
        except ssl.SSLWantReadError:
            self._flush()

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
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

    def send(self, data: "ReadableBuffer", flags: int = 0, /) -> int:
        view = memoryview(data)
        while view:
            view = view[self.tls.write(view) :]
            self._flush()
        return len(memoryview(data))

    def sendall(self, data: "ReadableBuffer", flags: int = 0, /) -> None:
        self.send(data)

    def shutdown(self, how: int, /) -> None:
        self._hear()
        with contextlib.suppress(ssl.SSLWantReadError):  # what the other side says to that is read later
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


def connected(
    address: tuple[str, int], *, patience: float = 15.0, window: int = 0, tls: ssl.SSLContext | None = None
) -> socket.socket:
    """A new connection, by TLS with the context `tls`; `window` keeps its receive buffer small."""
    client = socket.socket()
    try:
        client.settimeout(patience)
        if window:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
        client.connect(address)
        if tls is not None:
            client = secured = TlsSocket(client, tls)
            secured.shake_hands()
    except OSError:
        client.close()
        raise
    return client
