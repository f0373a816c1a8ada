"""TLS for tests: a certificate authority of their own, and clients on sockets that may end one direction."""

import functools
import socket
import ssl
from typing import Final, NamedTuple

import trustme

import pyhttp.checking.secured

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
"""The hosts of the certificates, besides localhost."""


@functools.cache
def authority() -> trustme.CA:
    """The authority that the clients of the tests trust."""
    return trustme.CA()


def server_context(*, fresh: bool = False) -> ssl.SSLContext:
    """A new context of a server, with a certificate for this machine. The certificate may be a `fresh` one."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    (_certificate.__wrapped__() if fresh else _certificate()).configure_cert(context)
    return context


@functools.cache
def _certificate() -> trustme.LeafCert:
    return authority().issue_cert("localhost", NAME, "::1")


def certificate_and_key(*, fresh: bool = False) -> bytes:
    """A certificate for this machine and its key, in the format of a file."""
    return (_certificate.__wrapped__() if fresh else _certificate()).private_key_and_cert_chain_pem.bytes()


@functools.cache
def client_context(*alpn: str) -> ssl.SSLContext:
    """A context of a client that trusts those certificates, and offers the protocols `alpn`."""
    context = ssl.create_default_context()
    authority().configure_trust(context)
    if alpn:
        context.set_alpn_protocols(alpn)
    return context


class Transport(NamedTuple):
    """The transport between clients and server: the context of each side, or None for both without TLS."""

    secure: bool

    @property
    def server(self) -> ssl.SSLContext | None:
        """The value for `tls=` of a server."""
        return server_context() if self.secure else None

    @property
    def client(self) -> ssl.SSLContext | None:
        """The value for `tls=` of a client."""
        return client_context() if self.secure else None


PLAIN: Final = Transport(secure=False)
SECURE: Final = Transport(secure=True)


class TlsSocket(pyhttp.checking.secured.TlsSocket):
    """A socket of the same kind, for a client that trusts our certificates."""

    def __init__(self, sock: socket.socket, context: ssl.SSLContext | None = None) -> None:
        super().__init__(sock, context or client_context(), NAME)


def connected(
    address: tuple[str, int], *, patience: float = 15.0, window: int = 0, tls: ssl.SSLContext | None = None
) -> socket.socket:
    """A new connection, by TLS with the context `tls`. The argument `window` keeps its receive buffer small."""
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
