"""RFC 9110 §4.2.2: a client's connection over TLS, also as a socket for a handler."""

import contextlib
import socket
import ssl
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final
from weakref import ref

from pyhttp.errors import Disconnected
from pyhttp.transport.access_log import WARNING
from pyhttp.transport.client import Address, Connection
from pyhttp.transport.employer import Employer
from pyhttp.transport.poller import READ, WRITE, wait_until_ready
from pyhttp.transport.tls import TlsStream

if TYPE_CHECKING:
    from _socket import _CMSGArg
    from socket import _SendableFile

    from _typeshed import ReadableBuffer

__all__ = ["SecureConnection", "Securing"]

_COPY: Final = 64 * 1024


class Securing:
    """A maker of the connections of a server that speaks TLS.

    Args:
        context: A context for servers. The negotiated protocol is set here: HTTP/1.1 (RFC 7301).

    Attributes:
        context: The context; a new one counts for connections that begin after it.

    Raises:
        ValueError: The context is for clients, or allows versions older than TLS 1.2 (safety line X3).
        TypeError: The argument is no context.
    """

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = _checked(context)

    @property
    def context(self) -> ssl.SSLContext:
        """The context that secures connections."""
        return self._context

    @context.setter
    def context(self, context: ssl.SSLContext) -> None:
        self._context = _checked(context)

    def __call__(self, sock: socket.socket, addr: Address, employer: Employer, serial: int) -> Connection:
        """A connection that begins with its handshake."""

        def tell(what: str) -> None:
            conn = whose()
            client = addr if conn is None else conn.addr  # a proxy may have named the client meanwhile
            employer.report(f"{client[0]}: {what}", level=WARNING)

        conn = SecureConnection(sock, addr, employer, serial, TlsStream(sock, self._context, tell))
        whose = ref(conn)  # a strong reference would make a cycle with its stream
        return conn


def _checked(context: ssl.SSLContext) -> ssl.SSLContext:
    if not isinstance(context, ssl.SSLContext):
        raise TypeError(f"tls: an ssl.SSLContext, not {type(context).__name__}")
    if context.protocol is ssl.PROTOCOL_TLS_CLIENT:
        raise ValueError("tls: this context is for clients; a server's is ssl.create_default_context(CLIENT_AUTH)")
    if context.minimum_version < ssl.TLSVersion.TLSv1_2:
        raise ValueError(f"tls: minimum_version must be TLS 1.2 or later, not {context.minimum_version.name}")
    context.set_alpn_protocols(["http/1.1"])
    context.options |= ssl.OP_NO_RENEGOTIATION
    return context


class SecureConnection(Connection):
    """A `Connection` over TLS. To its handler it is the same socket: octets read and written by hand are content."""

    __slots__ = ()

    stream: TlsStream

    # --- reading

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        """Receive as a `Connection` does; MSG_PEEK is the only flag.

        Raises:
            Disconnected: The client has ended without the alert of TLS, and its octets may be a part.
        """
        if bufsize < 0:
            raise ValueError("bufsize must not be negative")
        unread = self._unread_octets()
        if not unread and bufsize:
            unread = self._wait_for_octets(bufsize)
        self._leave(unread if flags & socket.MSG_PEEK else unread[bufsize:])
        return unread[:bufsize]

    def _wait_for_octets(self, most: int) -> bytes:
        if self.stream.finished:
            raise Disconnected("nothing can be read after the end of TLS")
        until = self._until()
        while True:
            try:
                data = self.stream.read(most)
            except BlockingIOError:
                self._wait(READ, until)
            else:
                if not data and self.stream.truncated:
                    raise Disconnected("the client has ended without the closure alert of TLS")
                return data

    # --- writing

    def send(self, data: "ReadableBuffer", flags: int = 0, /) -> int:  # noqa: ARG002 - TLS has no flags
        """Send as a `Connection` does; after BlockingIOError or a timeout, the same octets have to be sent again."""
        self._written()
        view, until = memoryview(data).cast("B"), self._until()
        return self._send_some(view, until) if view else 0

    def sendall(self, data: "ReadableBuffer", flags: int = 0, /) -> None:  # noqa: ARG002
        """Do the same as a `Connection`."""
        self._written()
        view, until = memoryview(data).cast("B"), self._until()
        while view:
            view = view[self._send_some(view, until) :]

    def sendmsg(
        self,
        buffers: Iterable["ReadableBuffer"],
        ancdata: Iterable["_CMSGArg"] = (),  # noqa: ARG002 - TLS has none
        flags: int = 0,
        address: object = None,  # noqa: ARG002 - the peer of a connection is known
        /,
    ) -> int:
        """Do the same as a `Connection`."""
        return self.send(b"".join([memoryview(buffer).cast("B") for buffer in buffers]), flags)

    def sendfile(self, file: "_SendableFile", offset: int = 0, count: int | None = None) -> int:
        """Do the same as a `Connection`."""
        file.seek(offset)
        sent = 0
        while data := file.read(_COPY if count is None else min(_COPY, count - sent)):
            self.sendall(data)
            sent += len(data)
        return sent

    def _send_some(self, view: memoryview, until: float) -> int:
        while True:
            try:
                return self.stream.write((view,))
            except BlockingIOError:
                self._wait(WRITE, until)

    # --- ending

    def shutdown(self, how: int, /) -> None:
        """Shut down as a `Connection` does, after the end of our side of TLS."""
        if how not in {socket.SHUT_WR, socket.SHUT_RDWR}:
            super().shutdown(how)
            return
        self._written()
        until = self._until()
        while not self.stream.finish():
            self._wait(WRITE, until)
        if how == socket.SHUT_RDWR:
            with contextlib.suppress(OSError):  # the client may have ended as soon as it received our end
                super().shutdown(how)

    def close(self) -> None:
        """Close as a `Connection` does, after the end of our side of TLS, if there is room for it."""
        with contextlib.suppress(OSError):
            self.stream.finish()
        super().close()

    # --- waiting

    def _until(self) -> float:
        return time.monotonic() + (socket.socket.gettimeout(self) or 0.0)

    def _wait(self, mask: int, until: float) -> None:
        if not self.getblocking():
            raise BlockingIOError
        self.about_to_block()
        if not wait_until_ready(self.fileno(), mask, until - time.monotonic()):
            raise TimeoutError("timed out")
