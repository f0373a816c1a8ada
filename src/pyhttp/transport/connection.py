"""RFC 9112 §9: a client's connection as the loop keeps it and as a handler gets it."""

import os
import socket
import time
from enum import Enum, auto
from typing import TYPE_CHECKING, NoReturn, Protocol

from pyhttp.errors import Disconnected, Misuse, RequestTimeout
from pyhttp.limits import Limits, Timeouts
from pyhttp.messages import RequestHead
from pyhttp.transport.exchange import Exchange
from pyhttp.transport.outbox import Outbox
from pyhttp.transport.pace import Pace
from pyhttp.transport.poller import READ, WRITE, wait_until_ready
from pyhttp.wire.connection import ServerConnection

if TYPE_CHECKING:
    from socket import _SendableFile

    from _typeshed import ReadableBuffer, WriteableBuffer

__all__ = ["Address", "Connection", "Host", "Phase"]

Address = tuple[str, int] | tuple[str, int, int, int]
"""A socket address of IPv4 or IPv6."""


class Phase(Enum):
    """What a connection is waiting for, and so who owns it."""

    IDLE = auto()
    """No byte of a head yet; the loop's."""
    HEAD = auto()
    """Part of a head; the loop's."""
    CONTENT = auto()
    """A head, and less of its content than a handler is started for; the loop's."""
    QUEUED = auto()
    """A request for which there is no thread; the queue's."""
    TURN = auto()
    """A handler runs; its thread's, until `finish_request` ends."""
    SEND = auto()
    """The rest of a response; the loop's."""
    DRAIN = auto()
    """Unread content is read away so that the connection can go on (safety line D15); the loop's."""
    LINGER = auto()
    """Half-closed; input is read away so that the client receives the answer (9112-9.6-1b); the loop's."""
    CLOSED = auto()
    """Nobody's."""


class Host(Protocol):
    """What a connection needs of the server it belongs to."""

    @property
    def limits(self) -> Limits:
        """Its limits."""
        ...

    @property
    def timeouts(self) -> Timeouts:
        """Its deadlines."""
        ...

    @property
    def closing(self) -> bool:
        """Whether it is stopping, so that each answer is the last on its connection."""
        ...

    def about_to_block(self) -> None:
        """The calling handler is about to wait; somebody else should see to the other clients."""
        ...


class Connection(socket.socket):
    """A client's connection: a socket for its handler, blocking with a timeout, and the loop's record of it.

    `recv` yields first what the loop has read: from the first byte of the head until a `Request` has taken it, content
    after that; it does not stop at the end of the content. A handler that reads or writes here itself goes round the
    framing, so its connection ends after its turn. The descriptor is non-blocking underneath, for the loop.

    Attributes:
        addr: The client's address.
        phase: What it waits for.
        armed: True from just before the poller is asked until its event is delivered.
        deadline: When the phase ends by force, on the monotonic clock.
        held: Whether a thread keeps the connection after `finish_request`, to await the next request itself.
        exchange: The current one; None between requests.
    """

    __slots__ = (
        "_host",
        "_raw",
        "_taken",
        "_unread",
        "_used",
        "_wrote",
        "addr",
        "armed",
        "armed_at",
        "core",
        "deadline",
        "exchange",
        "failed",
        "held",
        "outbox",
        "pace",
        "phase",
        "read_away",
        "serial",
        "served",
    )

    def __init__(self, sock: socket.socket, addr: Address, host: Host, serial: int) -> None:
        # The family, type and protocol are passed on since asking the kernel for them costs more than all the rest.
        super().__init__(sock.family, sock.type, sock.proto, sock.detach())
        self._host = host
        self.addr: Address = addr
        self.serial: int = serial
        self.core: ServerConnection = ServerConnection(host.limits)
        self.outbox: Outbox = Outbox()
        self.phase: Phase = Phase.IDLE
        self.armed: bool = False
        self.armed_at: float = 0.0
        self.deadline: float = 0.0
        self.pace: Pace = Pace(host.timeouts.content, host.timeouts.content_rate)
        self.read_away: int = 0
        self.served: int = 0
        self.held: bool = False
        self.failed: bool = False
        self.exchange: Exchange | None = None
        self._raw: list[bytes] | None = None
        self._unread: bytes | None = None
        self._taken = False
        self._used = False
        self._wrote = False

    # --- one exchange after another, for the loop

    def begin_exchange(self, head: RequestHead | None) -> Exchange:
        """A request has arrived, or something that is to be refused."""
        self._raw = self._unread = None
        self._taken = False
        self.served += 1
        exchange = self.exchange = Exchange(self, head, self._host.limits)
        self.pace = Pace(self._host.timeouts.content, self._host.timeouts.content_rate)
        return exchange

    def keep_raw(self) -> None:
        """Remember the request as received, in case that its handler reads the socket itself."""
        rest = self.core.take_buffered()
        self._raw = [self.core.head_bytes, rest]
        self.core.receive_data(rest)

    def fill(self) -> int:
        """Read once without waiting and give what came to the core, the end of input included.

        Returns:
            The bytes read; 0 at the end of input.

        Raises:
            BlockingIOError: There is nothing yet.
            OSError: The connection failed.
        """
        data = os.read(self.fileno(), self._host.limits.read_ahead)
        if not data:
            self.core.receive_eof()
            return 0
        if self._raw is not None:
            self._raw.append(data)
        self.core.receive_data(data)
        return len(data)

    @property
    def used(self) -> bool:
        """Whether the handler read or wrote the socket itself, so that nobody knows where a message ends."""
        return self._used

    @property
    def by_hand(self) -> bool:
        """Whether the handler wrote to the socket itself or closed it, so that no answer can be added."""
        return self._wrote

    def release_descriptor(self) -> None:
        """Close the descriptor, living `makefile` objects or not; the owner's last act."""
        self.outbox.discard()
        if (fd := super().detach()) >= 0:
            os.close(fd)

    # --- the channel of its exchange

    @property
    def closing(self) -> bool:
        """Whether the current exchange is the last one: the server stops, D11 is reached, or the handler broke in."""
        return self._host.closing or self.served >= self._host.limits.requests_per_connection or self._used

    def receive(self) -> None:
        """Wait for input and give it to the core.

        Raises:
            RequestTimeout: The client was silent for too long, or too slow (safety line D9).
            Disconnected: The client is gone.
        """
        while True:
            try:
                self.pace.count(0.0, self.fill())
            except BlockingIOError:
                if not self._wait(READ, self.pace):
                    raise RequestTimeout("the content of the request did not arrive in time") from None
            except OSError as error:
                raise Disconnected(str(error)) from error
            else:
                return

    def about_to_block(self) -> None:
        """Tell the server that the handler is about to wait."""
        self._host.about_to_block()

    def input_complete(self) -> None:
        """Nothing to do: the core keeps what came early for the next exchange."""

    def send_some(self) -> None:
        """Send what the socket takes now, but a bounded amount.

        Raises:
            Disconnected: The client is gone.
            FileTruncatedError: A file ended early.
        """
        try:
            self.outbox.flush(self.fileno(), self._host.limits.turn)
        except OSError as error:
            raise Disconnected(str(error)) from error

    def send_all(self) -> None:
        """Send everything, waiting for the client.

        Raises:
            Disconnected: The client is gone, does not read, or too slowly (safety line D10).
        """
        pace = Pace(self._host.timeouts.send, self._host.timeouts.send_rate)
        while True:
            before = self.outbox.sent
            self.send_some()
            if not self.outbox:
                return
            pace.count(0.0, self.outbox.sent - before)
            if not self._wait(WRITE, pace):
                raise Disconnected("the client does not read its response")

    def _wait(self, mask: int, pace: Pace) -> bool:
        """Wait for the client as long as its pace allows; False when that was too long."""
        self._host.about_to_block()
        began = time.monotonic()
        ready = wait_until_ready(self.fileno(), mask, pace.allowance())
        pace.count(time.monotonic() - began, 0)
        return ready

    # --- what a handler may do with it as a socket

    def take_exchange(self) -> Exchange:
        """The parsed request, for `Request`.

        Raises:
            Misuse: There is none, it was taken before, or the handler has read the socket itself.
        """
        if self.exchange is None or self._taken or self._used:
            raise Misuse("a connection has one request for each turn, and none once its bytes were read by recv()")
        self._taken = True
        self._raw = None  # from here on recv() yields content, and a long upload must not be remembered
        return self.exchange

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        """Up to `bufsize` bytes: what the loop has read, then what comes; the connection closes after the turn."""
        if bufsize < 0:
            raise ValueError("bufsize must not be negative")
        unread = self._read_raw()
        if not unread:
            self._host.about_to_block()
            return super().recv(bufsize, flags)
        if not flags & socket.MSG_PEEK:
            self._unread = unread[bufsize:]
        return unread[:bufsize]

    def recv_into(self, buffer: "WriteableBuffer", nbytes: int = 0, flags: int = 0, /) -> int:
        """As `recv`, into `buffer`; `makefile` reads by it."""
        target = memoryview(buffer).cast("B")
        data = self.recv(min(nbytes, len(target)) if nbytes else len(target), flags)
        target[: len(data)] = data
        return len(data)

    def send(self, data: "ReadableBuffer", flags: int = 0, /) -> int:
        """As a socket does; the connection closes after the turn."""
        self._used = self._wrote = True
        return super().send(data, flags)

    def sendall(self, data: "ReadableBuffer", flags: int = 0, /) -> None:
        """As a socket does; the connection closes after the turn."""
        self._used = self._wrote = True
        super().sendall(data, flags)

    def sendfile(self, file: "_SendableFile", offset: int = 0, count: int | None = None) -> int:
        """As a socket does; the connection closes after the turn."""
        self._used = self._wrote = True
        return super().sendfile(file, offset, count)

    def dup(self) -> NoReturn:
        """Refused: a duplicate would outlive the turn.

        Raises:
            Misuse: Always.
        """
        raise Misuse("a server's connection cannot be duplicated: it is the handler's for one turn only")

    def detach(self) -> NoReturn:
        """Refused: the descriptor is the server's.

        Raises:
            Misuse: Always.
        """
        raise Misuse("the descriptor of a server's connection cannot be taken away")

    def close(self) -> None:
        """End the connection now; its descriptor is released when the turn ends, by the owner of the connection."""
        self._used = self._wrote = True
        if self.fileno() >= 0:
            # The client may have left before.
            try:
                self.shutdown(socket.SHUT_RDWR)
            except OSError:
                return

    def _read_raw(self) -> bytes:
        """What the loop has read and the handler has not, as the bytes it was; content without framing once taken."""
        self._used = True
        if self._unread is None:
            if self.exchange is not None and self._taken:
                self._unread = self.exchange.take_early_content() + self.core.take_buffered()
            elif self._raw is not None:
                self._unread = b"".join(self._raw)
                self.core.take_buffered()
            else:
                self._unread = self.core.head_bytes + self.core.take_buffered()
        return self._unread
