"""A server's connection as a socket for its handler: octets that a handler reads and writes here bypass the gate.

Every method of `socket.socket` that moves octets, or that would leave traces after the turn, is overridden.
"""

import socket
from abc import abstractmethod
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, NoReturn

from pyhttp.errors import Misuse

if TYPE_CHECKING:
    from _socket import _CMSG, _CMSGArg
    from socket import _SendableFile

    from _typeshed import ReadableBuffer, WriteableBuffer

__all__ = ["SocketByHand"]

_FOR_EVER: Final = 2_000_000.0
"""Seconds: about the longest timeout of a socket. Without a timeout its descriptor would block, and the loop with
it."""


class SocketByHand(socket.socket):
    """The socket methods of a `Connection`.

    A read returns first the octets that the server has read already. Reads block with a timeout, whatever the handler
    asks for; the descriptor underneath stays non-blocking, for the loop.
    """

    __slots__ = ("_endless", "_patience", "_patience_changed")

    def _lend(self, patience: float) -> None:
        """Set the timeout with which each turn begins."""
        self._patience = min(patience, _FOR_EVER)
        self._patience_changed = self._endless = False
        super().settimeout(self._patience)

    @abstractmethod
    def about_to_block(self) -> None:
        """Note that the handler is about to wait."""

    @abstractmethod
    def _unread_octets(self) -> bytes:
        """The octets that the server has read and the handler has not; from now on the end of a message is unknown."""

    @abstractmethod
    def _leave(self, unread: bytes) -> None:
        """Put back the rest of the octets of `_unread_octets`."""

    @abstractmethod
    def _written(self) -> None:
        """Note that the handler is about to write: its octets are unknown, so that no answer can be added."""

    # --- timeouts

    def settimeout(self, value: float | None) -> None:
        """Set the timeout of this turn; None means the longest possible one."""
        self._patience_changed = True
        self._endless = value is None
        super().settimeout(_FOR_EVER if value is None else min(value, _FOR_EVER))

    def gettimeout(self) -> float | None:
        """The timeout of this turn."""
        return None if self._endless else super().gettimeout()

    def setblocking(self, flag: bool, /) -> None:
        """Do `settimeout` with None or 0."""
        self.settimeout(None if flag else 0.0)

    def getblocking(self) -> bool:
        """Whether the timeout is not 0."""
        return self.gettimeout() != 0.0

    # --- reading

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        """Return octets that were read before, then new ones; the connection closes after the turn."""
        if bufsize < 0:
            raise ValueError("bufsize must not be negative")
        unread = self._unread_octets()
        if not unread:
            self.about_to_block()
            return super().recv(bufsize, flags)
        if not flags & socket.MSG_PEEK:
            self._leave(unread[bufsize:])
        return unread[:bufsize]

    def recv_into(self, buffer: "WriteableBuffer", nbytes: int = 0, flags: int = 0, /) -> int:
        """Do `recv` into `buffer`; `makefile` reads by it."""
        target = memoryview(buffer).cast("B")
        data = self.recv(min(nbytes, len(target)) if nbytes else len(target), flags)
        target[: len(data)] = data
        return len(data)

    def recvfrom(self, bufsize: int, flags: int = 0, /) -> tuple[bytes, None]:
        """Do `recv`; a connected socket returns no address."""
        return self.recv(bufsize, flags), None

    def recvfrom_into(self, buffer: "WriteableBuffer", nbytes: int = 0, flags: int = 0, /) -> tuple[int, None]:
        """Do `recv_into`; a connected socket returns no address."""
        return self.recv_into(buffer, nbytes, flags), None

    def recvmsg(
        self,
        bufsize: int,
        ancbufsize: int = 0,  # noqa: ARG002 - there are no ancillary data
        flags: int = 0,
        /,
    ) -> tuple[bytes, list["_CMSG"], int, None]:
        """Do `recv` without ancillary data."""
        return self.recv(bufsize, flags), [], 0, None

    def recvmsg_into(
        self,
        buffers: Iterable["WriteableBuffer"],
        ancbufsize: int = 0,  # noqa: ARG002
        flags: int = 0,
        /,
    ) -> tuple[int, list["_CMSG"], int, None]:
        """Do `recv` into `buffers`, without ancillary data."""
        targets = [memoryview(buffer).cast("B") for buffer in buffers]
        data = memoryview(self.recv(sum(map(len, targets)), flags))
        count = len(data)
        for target in targets:
            part = data[: len(target)]
            target[: len(part)] = part
            data = data[len(part) :]
        return count, [], 0, None

    # --- writing

    def send(self, data: "ReadableBuffer", flags: int = 0, /) -> int:
        """Do the same as a socket; the connection closes after the turn."""
        self._written()
        return super().send(data, flags)

    def sendall(self, data: "ReadableBuffer", flags: int = 0, /) -> None:
        """Do the same as a socket; the connection closes after the turn."""
        self._written()
        super().sendall(data, flags)

    def sendto(self, data: "ReadableBuffer", *flags_and_address: object) -> int:
        """Do `send`: the peer of a connection is known, and the address is ignored."""
        flags = flags_and_address[0] if len(flags_and_address) > 1 else 0
        return self.send(data, flags if isinstance(flags, int) else 0)

    def sendmsg(
        self,
        buffers: Iterable["ReadableBuffer"],
        ancdata: Iterable["_CMSGArg"] = (),
        flags: int = 0,
        address: object = None,  # noqa: ARG002 - the peer of a connection is known
        /,
    ) -> int:
        """Do the same as a socket; the connection closes after the turn."""
        self._written()
        return super().sendmsg(buffers, ancdata, flags)

    def sendfile(self, file: "_SendableFile", offset: int = 0, count: int | None = None) -> int:
        """Do the same as a socket; the connection closes after the turn."""
        self._written()
        return super().sendfile(file, offset, count)

    # --- ending

    def sendmsg_afalg(self, *_: object, **__: object) -> NoReturn:
        """Refuse: the method is for sockets of the kernel's cryptography.

        Raises:
            Misuse: Always.
        """
        raise Misuse("sendmsg_afalg is not for a client's connection: use sendmsg, or answer by respond")

    def shutdown(self, how: int, /) -> None:
        """Do the same as a socket; the connection closes after the turn."""
        self._written()
        super().shutdown(how)

    def close(self) -> None:
        """End the connection now; when the turn ends, the owner of the connection releases its descriptor."""
        self._written()
        if self.fileno() >= 0:
            # The client may have left before.
            try:
                super().shutdown(socket.SHUT_RDWR)
            except OSError:
                return

    def dup(self) -> NoReturn:
        """Refuse: a duplicate would outlive the turn.

        Raises:
            Misuse: Always.
        """
        raise Misuse("a server's connection cannot be duplicated: it is the handler's for one turn only")

    def detach(self) -> NoReturn:
        """Refuse: the descriptor belongs to the server.

        Raises:
            Misuse: Always.
        """
        raise Misuse("the descriptor of a server's connection cannot be taken away")
