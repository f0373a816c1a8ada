"""RFC 9112 §9: a client's connection as the loop keeps it and as a handler gets it."""

import socket
from typing import TYPE_CHECKING, Final

from pyhttp.errors import Disconnected, Misuse
from pyhttp.messages import RequestHead
from pyhttp.transport import waiting
from pyhttp.transport.by_hand import SocketByHand
from pyhttp.transport.channel import UNIX_CLIENT, Address, Watched, end_of
from pyhttp.transport.exchange import Exchange
from pyhttp.transport.fate import KEEP, Fate
from pyhttp.transport.outbox import Outbox
from pyhttp.transport.pace import Pace, Uptake
from pyhttp.transport.phases import Phase
from pyhttp.transport.progress import OPEN
from pyhttp.transport.setting import Setting
from pyhttp.transport.spool import Budget
from pyhttp.transport.stream import SocketStream, Stream
from pyhttp.transport.together import Together
from pyhttp.wire.server_connection import ServerConnection

if TYPE_CHECKING:
    from pyhttp.transport.proxied import Proxied

__all__ = ["Address", "Connection"]

_HEADS: Final = 16 * 1024
"""Octets of one read while a head is awaited: the system allocates so many, however few arrive."""


class Connection(SocketByHand):
    """A client's connection: a socket for its handler, blocking with a timeout, and the loop's record of it.

    `recv` returns first the octets that the loop has read: from the first byte of the head until a `Request` has taken
    it, and content after that. It does not stop at the end of the content. A handler that reads or writes here bypasses
    the framing, so its connection ends after its turn.

    Attributes:
        addr: The client's address; where a trusted proxy names it, that of the current request's client.
        proxied: The proxy's word about its client; None where the peer is no trusted proxy.
        serial: A number that no other connection of the server has.
        core: The protocol state, which parses its input and frames its output.
        outbox: Its unsent output.
        stream: The stream over its descriptor.
        phase, deadline: Its wait, changed by `Steps.enter` alone; and the end of the wait by force (monotonic clock).
        fate: The future of the connection; it is only ever lowered.
        armed, armed_at: Whether it has no owner until the loop takes it for an event or its deadline; and since when.
        watched, drained: Other descriptors it is armed for; the number of octets dropped in the current phase.
        served, exchange: The number of exchanges begun; the current one, None between requests.
        kept: A value that a handler has computed, and keeps here for the next request.
    """

    in_place: Final = False  # a loop goes on after each turn

    __slots__ = (
        "_content_pace",
        "_raw",
        "_sent_before",
        "_setting",
        "_taken",
        "_unread",
        "_uptake",
        "addr",
        "armed",
        "armed_at",
        "core",
        "deadline",
        "drained",
        "exchange",
        "fate",
        "kept",
        "outbox",
        "phase",
        "proxied",
        "serial",
        "served",
        "stream",
        "watched",
    )

    def __init__(
        self, sock: socket.socket, addr: Address, setting: Setting, serial: int, stream: Stream | None = None
    ) -> None:
        # These values need not be asked of the kernel, which would cost more than all the rest.
        family = socket.AF_INET6 if len(addr) == 4 else socket.AF_INET if addr is not UNIX_CLIENT else socket.AF_UNIX
        super().__init__(family, socket.SOCK_STREAM, sock.proto, sock.fileno())
        self._setting = setting
        self._lend(setting.timeouts.content)
        self.addr: Address = addr
        self.proxied: Proxied | None = None
        self.serial: int = serial
        self.core: ServerConnection = ServerConnection(setting.limits, secure=stream is not None)
        self.outbox: Outbox = Outbox()
        self.stream: Stream = SocketStream(sock) if stream is None else stream
        self.phase: Phase = Phase.IDLE if stream is None else Phase.HANDSHAKE
        self.fate: Fate = KEEP
        self.deadline: float = 0.0
        self.armed: bool = False
        self.armed_at: float = 0.0
        self.watched: tuple[int, ...] = ()
        self._content_pace: Pace | None = None
        self._uptake: Uptake | None = None
        self._sent_before = 0
        self.drained: int = 0
        self.served: int = 0
        self.exchange: Exchange | None = None
        self.kept: object = None
        self._raw: list[bytes] | None = None
        self._unread: bytes | None = None
        self._taken = False

    @property
    def content_pace(self) -> Pace:
        """The pace at which the content of the current request comes."""
        if self._content_pace is None:
            self._content_pace = Pace(self._setting.timeouts.content, self._setting.timeouts.content_rate)
        return self._content_pace

    @property
    def uptake(self) -> Uptake:
        """The pace at which the client takes the current answer, once that has to be waited for."""
        if self._uptake is None:
            timeouts = self._setting.timeouts
            self._uptake = Uptake(self.outbox, self.stream, timeouts.send, timeouts.send_rate, start=self._sent_before)
        return self._uptake

    # --- one exchange after another, for the loop

    def receive_whole(self, together: Together | None = None) -> bool:
        """Read once, while no part of a request is here; True if a whole one came, which has begun its exchange.

        The core gets all octets, the end of input included. `together` is for requests whose first octet made an event.

        Raises:
            BlockingIOError: No octet is here yet.
            OSError: The connection failed.
        """
        most = self._setting.limits.read_ahead
        data = self.stream.read(most if most < _HEADS else _HEADS)  # noqa: FURB136 - `min` costs more than a method
        head = self.core.receive_whole(data)
        if head is not None:
            self.begin_exchange(head, True).together = together
            return True
        if not data:
            self.core.receive_eof()
        return False

    def begin_exchange(self, head: RequestHead | None, whole: bool = False) -> Exchange:
        """Begin the exchange of a request that has arrived, or of input that is to be refused."""
        if self._patience_changed:
            self._lend(self._patience)
        self._raw = self._unread = None
        self._taken = False
        self.served += 1
        exchange = self.exchange = Exchange(self, head, self._setting.limits, whole)
        if self.proxied is not None:
            origin = exchange.origin = self.proxied.locate(head)
            self.addr = self.proxied.peer if origin is None else (origin.client, origin.port)
        self._content_pace = self._uptake = None
        self._sent_before = self.outbox.sent
        if not whole and head is not None and self.core.content_left != 0:
            # The request as received, in case its handler reads the socket itself.
            rest = self.core.take_buffered()
            self._raw = [self.core.head_bytes, rest]
            self.core.receive_data(rest)
        return exchange

    def fill(self, into: memoryview | None = None) -> int:
        """Read once without waiting, for the core; content that the core awaits without framing may go elsewhere.

        The number of bytes read is returned; 0 at the end of input.

        Raises:
            BlockingIOError: No octet is here yet.
            OSError: The connection failed.
        """
        if into is not None:
            count = self.stream.read_into(into)
            if self._raw is not None:
                self._raw.append(bytes(into[:count]))
            self.core.pass_content(count)
            return count
        data = self.stream.read(self._setting.limits.read_ahead)
        if not data:
            self.core.receive_eof()
            return 0
        if self._raw is not None:
            self._raw.append(data)
        self.core.receive_data(data)
        return len(data)

    def lower(self, fate: Fate) -> None:
        """Note a reason against going on."""
        self.fate = min(self.fate, fate)

    def release(self, *, reset: bool, partial: bool = False) -> None:
        """Close the descriptor, whether or not `makefile` objects live; the owner's last act."""
        self.outbox.discard()
        socket.socket.detach(self)
        self.stream.close(reset=reset, partial=partial)

    # --- the channel of its exchange

    @property
    def budget(self) -> Budget:
        """The budget for content that is kept."""
        return self._setting.budget

    @property
    def ends(self) -> tuple[tuple[str, int], tuple[str, int]]:
        """The host and port of the peer, and of this end."""
        peer, local = (self.addr, None) if self.proxied is None else (self.proxied.peer, self.proxied.local)
        return end_of(peer), end_of(local or self.getsockname())

    def about_to_block(self) -> None:
        """Note that the handler is about to wait; another thread should take care of the other clients."""
        self._setting.about_to_block()

    @property
    def closing(self) -> bool:
        """Whether the server is stopping."""
        return self._setting.closing

    def is_last(self) -> bool:
        """Whether no request follows, for a reason of the server: D11, or a stop with no request received meanwhile."""
        setting = self._setting
        return self.served >= setting.limits.requests_per_connection or (setting.closing and not self.has_input())

    def has_input(self) -> bool:
        """Whether more octets have arrived than the current request; it looks once where this is not known."""
        if self.core.buffered:
            return True
        if self.exchange is not None and not self.exchange.complete:
            return False
        try:
            return self.fill() > 0
        except OSError:  # no octet, or a client that is gone, which will be noticed
            return False

    def receive(self, into: memoryview | None = None) -> int:
        """Wait for input; raises as `waiting.receive` does."""
        return waiting.receive(self, into)

    def input_complete(self) -> None:
        """Do nothing: the core keeps early octets for the next exchange."""

    def send_some(self) -> None:
        """Send a bounded number of octets, without waiting; raises Disconnected, or as `Outbox.flush` does."""
        try:
            self.outbox.flush(self.stream, self._setting.limits.portion)
        except OSError as error:
            raise Disconnected(str(error)) from error

    def send_all(self) -> None:
        """Send everything, waiting for the client; raises as `waiting.send_all` does."""
        waiting.send_all(self)

    def wait_for(self, what: Watched) -> None:
        """Wait until `what` is ready, or due; raises Disconnected where the client is gone."""
        waiting.wait_for(self, what)

    # --- called by a handler on its socket

    def take_exchange(self) -> Exchange:
        """The parsed request, for `Request`.

        Raises:
            Misuse: There is no request, it was taken before, or the handler has read or written the socket itself.
        """
        exchange = self.exchange
        if exchange is None or self._taken or self._unread is not None or exchange.progress is not OPEN:
            raise Misuse("a connection has one request for each turn, and none once its bytes were read by recv()")
        self._taken = True
        self._raw = None  # from here on recv() returns content, and a long upload must not stay in memory
        return exchange

    def _unread_octets(self) -> bytes:
        """The bytes as received until a `Request` has taken the exchange; after that, content without framing."""
        self.lower(Fate.LAST)
        if self.exchange is not None and self.exchange.refusal is not None:
            raise self.exchange.refusal  # a handler may not accept what the server has refused
        if self._unread is None:
            if self.exchange is not None and self._taken:
                self._unread = self.exchange.content.take_early() + self.core.take_buffered()
            elif self._raw is not None:
                self._unread = b"".join(self._raw)
                self.core.take_buffered()
            else:
                self._unread = self.core.head_bytes + self.core.take_buffered()
        return self._unread

    def _leave(self, unread: bytes) -> None:
        self._unread = unread

    def _written(self) -> None:
        self.lower(Fate.LAST)
        if self.exchange is not None:
            self.exchange.answer_by_hand()
