"""The server that is checked, and connections to it: TCP, TLS, or a Unix socket."""

import functools
import socket
import ssl
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from pyhttp.checking.secured import TlsSocket

__all__ = ["CannotCheck", "Server", "parse_server"]

_UNIX = "unix:"
_PORTS = {"http": 80, "https": 443}


class CannotCheck(Exception):
    """The server cannot be checked; the text gives the reason in one line."""


@dataclass(frozen=True, slots=True)
class Server:
    """The address of a server."""

    host: str
    """A name or an address; for a Unix socket its path."""
    port: int
    secure: bool = False
    """Whether it speaks TLS."""
    unix: bool = False

    @property
    def url(self) -> str:
        """The address in its usual form."""
        if self.unix:
            return f"{_UNIX}{self.host}"
        return f"{'https' if self.secure else 'http'}://{self.authority}/"

    @property
    def authority(self) -> str:
        """The host and port, as in a Host field."""
        if self.unix:
            return "localhost"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS["https" if self.secure else "http"] else f"{host}:{self.port}"

    def addresses(self) -> list[tuple[socket.AddressFamily, tuple[str, int] | tuple[str, int, int, int] | str]]:
        """The addresses by which it may be reached.

        Raises:
            CannotCheck: The name has no address.
        """
        if self.unix:
            return [(socket.AF_UNIX, self.host)]
        try:
            found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise CannotCheck(f"{self.host}: {error}") from error
        return [(family, _address(sockaddr)) for family, _, _, _, sockaddr in found]

    def is_local(self) -> bool:
        """Whether it is on this machine: each address of it is a loopback address, or it is a Unix socket.

        Raises:
            CannotCheck: The name has no address.
        """
        return all(isinstance(address, str) or _is_loopback(address[0]) for _, address in self.addresses())

    def connect(self, patience: float) -> socket.socket:
        """A new connection, whose waits each end after `patience` seconds.

        Raises:
            OSError: No connection can be made.
            CannotCheck: The name has no address.
        """
        failure: OSError | None = None
        for family, address in self.addresses():
            sock = socket.socket(family)
            try:
                sock.settimeout(patience)
                sock.connect(address)
                return self._secured(sock) if self.secure else sock
            except OSError as error:
                sock.close()
                failure = failure or error
        raise failure or OSError("no address")

    def _secured(self, sock: socket.socket) -> socket.socket:
        secured = TlsSocket(sock, _context(), self.host)
        try:
            secured.shake_hands()
        except OSError:
            secured.close()
            raise
        return secured


@functools.cache
def _context() -> ssl.SSLContext:
    """A context that accepts any certificate: no secret is sent, and a server under test has its own certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _address(sockaddr: tuple[object, ...]) -> tuple[str, int] | tuple[str, int, int, int]:
    host, port, *rest = sockaddr
    if rest:
        return str(host), int(str(port)), int(str(rest[0])), int(str(rest[1]))
    return str(host), int(str(port))


def _is_loopback(host: str) -> bool:
    address = ip_address(host.partition("%")[0])
    mapped = getattr(address, "ipv4_mapped", None)
    return bool(mapped.is_loopback if mapped is not None else address.is_loopback)


def parse_server(text: str) -> Server:
    """The server that `text` names: http://HOST:PORT, https://HOST:PORT, HOST:PORT or unix:PATH.

    Raises:
        ValueError: The text names no server.
    """
    if text.startswith(_UNIX):
        if text == _UNIX:
            raise ValueError("unix: needs a path behind it")
        return Server(text.removeprefix(_UNIX), 0, unix=True)
    parts = urlsplit(text if "://" in text else f"http://{text}")
    if parts.scheme not in _PORTS:
        raise ValueError(f"{text}: not http://HOST:PORT, https://HOST:PORT or unix:PATH")
    if not parts.hostname or parts.username is not None:
        raise ValueError(f"{text}: no host to ask")
    if parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise ValueError(f"{text}: a server is checked, not a resource; leave out what is behind the port")
    try:
        port = parts.port
    except ValueError:
        raise ValueError(f"{text}: the port is no number up to 65535") from None
    return Server(parts.hostname, port or _PORTS[parts.scheme], secure=parts.scheme == "https")
