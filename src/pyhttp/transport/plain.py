"""Exchanges on a socket that is not a server's connection: a `socketpair` in a test, an accepted socket in a script.

No octet beyond a request is taken from the socket, so that the next reader finds the next request there. The code looks
first (MSG_PEEK), and consumes only the octets that turn out to belong to the request.
"""

import os
import socket
import threading
import time
from typing import Final
from weakref import WeakKeyDictionary

from pyhttp.errors import Disconnected, HTTPError, IncompleteRequest, MalformedRequest, MissingRequest, RequestTimeout
from pyhttp.limits import Limits, Timeouts
from pyhttp.messages import RequestHead
from pyhttp.transport.channel import Watched, end_of
from pyhttp.transport.exchange import Exchange
from pyhttp.transport.fate import Fate
from pyhttp.transport.outbox import Outbox
from pyhttp.transport.pace import Pace, TooSlow, Uptake
from pyhttp.transport.poller import READ, WRITE, wait_until_any, wait_until_ready
from pyhttp.transport.spool import Budget
from pyhttp.transport.stream import SocketStream
from pyhttp.wire.events import Content, EndOfMessage, Signal
from pyhttp.wire.server_connection import ServerConnection

__all__ = ["PlainChannel", "Position", "open_channel"]


class Position:
    """The place up to which a plain socket has been read.

    Attributes:
        core: The protocol state of the current request; it knows where the request ends.
        looked_at: The number of octets that the core was given and that are still in the socket.
    """

    __slots__ = ("core", "looked_at")

    def __init__(self, core: ServerConnection) -> None:
        self.core: ServerConnection = core
        self.looked_at: int = 0


_unread: Final[WeakKeyDictionary[socket.socket, Position]] = WeakKeyDictionary()
_lock: Final = threading.Lock()
"""Guards `_unread`: the position of each plain socket that is in the middle of a request's content."""


class PlainChannel:
    """The channel of one exchange on a plain socket."""

    in_place: Final = True
    """There is no loop after a turn, so the thread waits for everything."""

    def __init__(
        self, sock: socket.socket, position: Position, limits: Limits, timeouts: Timeouts, *, closing: bool
    ) -> None:
        self.core: ServerConnection = position.core
        self.outbox: Outbox = Outbox()
        self.stream: SocketStream = SocketStream(sock)
        self.fate: Fate = Fate.KEEP
        self.budget: Budget = Budget(limits.spool)
        self.closing: bool = closing
        self._sock = sock
        self._limits = limits
        self._timeouts = timeouts
        self._position = position
        self._pace = Pace(timeouts.content, timeouts.content_rate)
        self._uptake = Uptake(self.outbox, self.stream, timeouts.send, timeouts.send_rate)

    def lower(self, fate: Fate) -> None:
        """Note a reason against going on."""
        self.fate = min(self.fate, fate)

    @property
    def ends(self) -> tuple[tuple[str, int], tuple[str, int]]:
        """The host and port of the peer, as long as it is there, and of this end."""
        try:
            peer: object = self._sock.getpeername()
        except OSError:
            peer = None
        return end_of(peer), end_of(self._sock.getsockname())

    def is_last(self) -> bool:
        """Whether the exchange is to be the last on its connection."""
        return self.closing

    def open_exchange(self) -> Exchange:
        """Read the head of a request, to its last byte and no further.

        Raises:
            MissingRequest: The peer ended before its first byte.
            HTTPError: The head is malformed, incomplete, over a limit or late.
            Disconnected: The peer is gone.
        """
        exchange = Exchange(self, self._receive_head(), self._limits)
        if self.core.content_left == 0:
            exchange.content.drain()  # there is no content: only its end is noted
        else:
            with _lock:
                _unread[self._sock] = self._position
        return exchange

    def refuse(self, error: HTTPError) -> Exchange:
        """An exchange for the answer to a head that could not be read."""
        exchange = Exchange(self, None, self._limits)
        exchange.refusal = error
        return exchange

    def finish(self) -> Fate:
        """Read and drop unread content after an answer; KEEP when another request may follow on this socket.

        CUT means that only a reset of the connection can show the end; the owner of the socket makes it.
        """
        if self.fate is Fate.CUT and self.core.delimited_by_close:
            self.stream.spoil()  # the part that was sent must not look complete (RFC 9112 §8)
            return Fate.CUT
        if self.fate is not Fate.KEEP:
            return Fate.LAST
        try:
            with _lock:
                incomplete = self._sock in _unread
            if incomplete:
                self.drain(self._limits.drain)
        except (HTTPError, Disconnected):
            # The answer has been sent; further octets on the socket cannot be trusted, or do not come.
            return Fate.LAST
        return Fate.KEEP

    def _receive_head(self) -> RequestHead:
        until: float | None = None
        while True:
            match self.core.next_event():
                case RequestHead() as head:
                    self._leave_the_rest()
                    return head
                case Signal.NEED_DATA:
                    pass
                case _:
                    raise MissingRequest("the peer closed the connection before sending a request")
            self._receive(self._timeouts.idle if until is None else until - time.monotonic())
            until = until or time.monotonic() + self._timeouts.head

    def receive(self, into: memoryview | None = None) -> int:  # noqa: ARG002 - octets looked at go to the core
        """Wait for content and give it to the core; `into` stays unused.

        Raises:
            RequestTimeout: The peer was silent for too long, or too slow.
            Disconnected: The peer is gone.
        """
        began = time.monotonic()
        received = self._receive(self._pace.allowance())
        self._pace.count(time.monotonic() - began, received)
        return 0

    def about_to_block(self) -> None:
        """Do nothing: no other client depends on this thread."""

    def input_complete(self) -> None:
        """Leave octets beyond the request in the socket."""
        self._leave_the_rest()
        with _lock:
            _unread.pop(self._sock, None)

    def drain(self, most: int) -> None:
        """Drop the rest of the content, at most `most` octets.

        Raises:
            MalformedRequest: The rest is longer, or the content is malformed.
            IncompleteRequest: The peer was never asked for it, or ended early.
        """
        if self.core.awaiting_continue:
            raise IncompleteRequest("the client was never asked for the content of the previous request")
        left = most
        while left >= 0:
            match self.core.next_event():
                case Content(data):
                    left -= len(data)
                case EndOfMessage():
                    return self.input_complete()
                case _:
                    self.receive()
        raise MalformedRequest("the previous request has more content than is read and dropped")

    def send_some(self) -> None:
        """Send everything: there is no loop that would send the rest."""
        self.send_all()

    def send_all(self) -> None:
        """Send everything, waiting for the peer.

        Raises:
            Disconnected: The peer is gone, does not read, or too slowly.
            FileTruncatedError: A file ended early.
        """
        while self.outbox:
            began = time.monotonic()
            self._wait(WRITE, self._uptake.patience())
            self._flush()
            if self.outbox and not self._uptake.keeps_up(time.monotonic() - began):
                raise TooSlow("the peer does not read its response")

    def wait_for(self, what: Watched) -> None:
        """Wait until it is time to look at `what`.

        Raises:
            Disconnected: The peer is gone.
        """
        masks = {self._sock.fileno(): 0} | dict.fromkeys(what.watched(), READ)
        wait_until_any(masks, what.due() - time.monotonic())
        if self.stream.departed():
            raise Disconnected("the peer has left")

    def _flush(self) -> None:
        """Send the octets that the socket takes now, whether or not its owner has made it blocking."""
        fd = self._sock.fileno()
        blocking = os.get_blocking(fd)
        os.set_blocking(fd, False)
        try:
            self.outbox.flush(self.stream, self._limits.portion)
        except OSError as error:
            raise Disconnected(str(error)) from error
        finally:
            os.set_blocking(fd, blocking)

    def _receive(self, seconds: float) -> int:
        """Consume the octets looked at, which belong to the request, since more are needed; look at the next ones."""
        self._consume(self._position.looked_at)
        allowed = self._sock.gettimeout()
        if not self._wait(READ, seconds if allowed is None else min(allowed, seconds)):
            raise RequestTimeout("the request did not arrive in time")
        try:
            data = self._sock.recv(self._limits.read_ahead, socket.MSG_PEEK)
        except OSError as error:
            raise Disconnected(str(error)) from error
        if not data:
            self.core.receive_eof()
        self._position.looked_at = len(data)
        self.core.receive_data(data)
        return len(data)

    def _wait(self, mask: int, seconds: float) -> bool:
        fd = self._sock.fileno()
        if fd < 0:
            raise Disconnected("the socket has been closed here")
        return wait_until_ready(fd, mask, seconds)

    def _leave_the_rest(self) -> None:
        """Consume the looked-at octets that the core has used; it forgets the others, which stay in the socket."""
        self._consume(self._position.looked_at - len(self.core.take_buffered()))

    def _consume(self, count: int) -> None:
        """Take octets that were looked at out of the socket."""
        self._position.looked_at = 0
        while count > 0:
            try:
                count -= len(self._sock.recv(count)) or count  # another reader here is responsible for missing octets
            except OSError as error:
                raise Disconnected(str(error)) from error


def open_channel(sock: socket.socket, limits: Limits, timeouts: Timeouts, *, closing: bool = False) -> PlainChannel:
    """A channel for the next request on `sock`, behind any unread content of the request before it.

    Args:
        sock: A connected socket; its own timeout, if shorter, replaces a deadline.
        limits: Sizes.
        timeouts: Deadlines.
        closing: Whether the exchange is to be the last on its connection.

    Raises:
        HTTPError: The content of the request before is malformed, incomplete, over the limit or late.
        Disconnected: The peer is gone.
    """
    with _lock:
        before = _unread.get(sock)
    if before is not None:
        PlainChannel(sock, before, limits, timeouts, closing=closing).drain(limits.content)
    return PlainChannel(sock, Position(ServerConnection(limits)), limits, timeouts, closing=closing)
