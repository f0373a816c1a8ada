"""RFC 9112 §9: the way of a connection from one phase to the next, up to the turn of a handler.

The owner of the connection calls every method, on any thread. When the method returns, the connection has been armed,
handed over or closed, and the caller must not use it any more.
"""

import time
from collections.abc import Callable
from enum import Enum, auto
from typing import Final, assert_never

from pyhttp.errors import HTTPError, RequestTimeout, Unavailable, WrongScheme
from pyhttp.messages import RequestHead
from pyhttp.transport.beginning import Beginner
from pyhttp.transport.client import Connection
from pyhttp.transport.employer import Employer
from pyhttp.transport.exchange import Exchange
from pyhttp.transport.fate import Fate
from pyhttp.transport.phases import Happening, Phase
from pyhttp.transport.progress import Progress
from pyhttp.transport.registry import Registry
from pyhttp.transport.settling import Settler
from pyhttp.transport.together import Together
from pyhttp.wire.events import Signal

__all__ = ["Arrived", "Keeper"]


def _late() -> RequestTimeout:
    return RequestTimeout("the request did not arrive in time")


class Arrived(Enum):
    """The meaning of the octets received so far."""

    REQUEST = auto()
    """A request that can be handled."""
    PART = auto()
    """A part of a request, or nothing."""
    END = auto()
    """The end of the connection."""


_REQUEST: Final = Arrived.REQUEST
_PART: Final = Arrived.PART
_END: Final = Arrived.END
_IDLE: Final = Phase.IDLE
_READY: Final = Happening.READY
_RECEIVING: Final = frozenset({Phase.IDLE, Phase.HEAD, Phase.CONTENT})


class Keeper:
    """A keeper that awaits requests, and has them handled.

    Args:
        employer: The server that gets the requests.
        registry: The registry that keeps, arms and closes connections.
        clock: Returns monotonic seconds.
    """

    def __init__(self, employer: Employer, registry: Registry, clock: Callable[[], float] = time.monotonic) -> None:
        self._employer = employer
        self._clock = clock
        self.registry: Registry = registry
        self.settler: Settler = Settler(employer, registry, clock)
        self.settle: Callable[[Connection], None] = self.settler.settle
        """Settle a connection whose turn has ended; for the turn's thread."""
        self._beginner = Beginner(employer, registry, clock)
        self.together: Together | None = None
        """For the requests of this round, if there are several, an event has told of each, and they may share."""
        self.waited_from: float = 0.0
        """When the wait began that told of them."""

    def adopt(self, conn: Connection) -> float:
        """Await a new client's first byte (safety line D8), or the steps before it; returns the deadline."""
        self.registry.add(conn)
        conn.deadline = self._clock() + self._employer.timeouts.idle
        if conn.phase is not _IDLE or self._beginner.introduces:
            self._beginner.welcome(conn)
        deadline = conn.deadline
        try:
            self.registry.arm(conn)
        except OSError as error:
            # The system refuses to watch one more descriptor (safety line L5).
            self.settler.lose(conn, error)
        return deadline

    def advance(self, conn: Connection, late: bool = False) -> None:
        """Go on with `conn` after an event, a possible event, or its deadline."""
        try:
            if late:
                self._expire(conn)
            elif conn.phase in _RECEIVING:
                self._receive(conn)
            else:
                self._advance(conn)
        except Exception as error:  # noqa: BLE001 - a fault of ours costs this connection, never the server
            self.settler.lose(conn, error)

    def _advance(self, conn: Connection) -> None:
        exchange = conn.exchange
        match conn.phase:
            case Phase.SEND if exchange is not None:
                if self.settler.send(conn, exchange):
                    self.dispatch(conn)
            case Phase.AWAIT if exchange is not None:
                if self.settler.proceed(conn, exchange):
                    self.dispatch(conn)
            case Phase.DRAIN if exchange is not None:
                self.settler.drain(conn, exchange)
            case Phase.PROXY | Phase.HANDSHAKE:
                self._begin(conn)
            case Phase.NOTIFY:
                self.settler.finish(conn)
            case Phase.LINGER:
                self.settler.linger(conn)
            case phase:
                raise RuntimeError(f"a connection was armed in phase {phase}")

    def _expire(self, conn: Connection) -> None:
        """Act on a deadline: an orderly end, by an answer where a request has begun."""
        exchange = conn.exchange
        match conn.phase:
            case Phase.HEAD:
                self.refuse(conn, _late())
            case Phase.CONTENT if exchange is not None:
                self._refuse_content(conn, exchange)
            case Phase.DRAIN if exchange is not None:
                self.settler.end(conn, exchange)
            case Phase.SEND | Phase.AWAIT:
                self._advance(conn)
            case Phase.PROXY | Phase.HANDSHAKE:
                self._beginner.expire(conn)
            case _:
                self.registry.close(conn)

    # --- receiving

    def _begin(self, conn: Connection) -> None:
        """Go on in `PROXY` and `HANDSHAKE`; a request may follow at once."""
        try:
            begun = self._beginner.advance(conn)
        except WrongScheme as error:
            self.refuse(conn, error)
            return
        if begun:
            self._receive(conn)

    def _receive(self, conn: Connection) -> None:
        try:
            if conn.phase is _IDLE and not conn.core.buffer.data:
                together = self.together
                if together is not None and (conn.armed_at > self.waited_from or conn.stream.secure):
                    together = None  # the event may have been of octets read meanwhile, or of TLS
                arrived = _REQUEST if conn.receive_whole(together) else self.parse(conn)
            else:
                arrived = self._read_on(conn)
        except BlockingIOError:
            arrived = _PART
        except HTTPError as error:
            self.refuse(conn, error)
            return
        if arrived is _REQUEST:
            self.dispatch(conn)
        elif arrived is _PART:
            self.await_more(conn)
        elif arrived is _END:
            self.registry.close(conn)
        else:
            assert_never(arrived)

    def _read_on(self, conn: Connection) -> Arrived:
        """Take the octets that have arrived, after those that were there before.

        Raises:
            HTTPError: The request is to be refused.
        """
        # Octets that were read ahead with the last request come first, else their number would grow (safety line F12).
        arrived = self.parse(conn) if conn.phase is _IDLE else _PART
        if arrived is _PART and self._fill(conn):
            arrived = self.parse(conn)
        return arrived

    def _fill(self, conn: Connection) -> bool:
        """Read once; False where there was nothing to read."""
        try:
            received = conn.fill()
        except BlockingIOError:
            received = None
        if conn.phase is Phase.CONTENT:
            conn.content_pace.count(self._clock() - conn.armed_at, received or 0)
        return received is not None

    def parse(self, conn: Connection) -> Arrived:
        """Parse the octets that have arrived.

        Raises:
            HTTPError: The request is to be refused.
        """
        core, exchange = conn.core, conn.exchange
        if exchange is None:
            match core.next_event():
                case RequestHead() as head if core.content_left == 0:
                    core.next_event()  # the end of the request, which has arrived with its head
                    conn.begin_exchange(head, whole=True)
                    return _REQUEST
                case RequestHead() as head:
                    exchange = conn.begin_exchange(head)
                case Signal.NEED_DATA:
                    return _PART
                case _:
                    return _END
        if exchange.progress is Progress.COLLECTING:
            return _REQUEST if exchange.content.gather() else _PART
        # A client that waits for 100 (Continue) sends nothing before the handler reads.
        return _REQUEST if core.awaiting_continue or exchange.content.read_ahead() else _PART

    def await_more(self, conn: Connection) -> None:
        """Wait for the rest of a request; the deadline counts from its first byte and is not renewed (D7)."""
        now = self._clock()
        exchange = conn.exchange
        if exchange is not None:
            if conn.phase is not Phase.CONTENT:
                self.registry.enter(conn, Happening.HEADED)
            conn.deadline = now + conn.content_pace.allowance()
        elif conn.core.receiving_head and conn.phase is not Phase.HEAD:
            self.registry.enter(conn, Happening.BEGUN)
        # A client that sends a byte for each round of the loop never makes it wait: the deadline counts all the same.
        if conn.deadline > now:
            self.registry.arm(conn)
        elif exchange is not None:
            self._refuse_content(conn, exchange)
        else:
            self.refuse(conn, _late())

    def _refuse_content(self, conn: Connection, exchange: Exchange) -> None:
        """Refuse content that is late; where a handler has asked for it, the handler's turn raises the error."""
        if exchange.progress is Progress.COLLECTING:
            exchange.content.refuse(_late())
            self.dispatch(conn)
        else:
            self.refuse(conn, _late())

    # --- handing over

    def dispatch(self, conn: Connection) -> None:
        """Have the turn of `conn` run; 503 where that fails (RFC 9110 §15.6.4)."""
        self.registry.enter(conn, _READY)
        try:
            self._employer.process_request(conn, conn.addr)
        except Unavailable as error:
            self._end_turn(conn, error)
        except Exception as error:  # noqa: BLE001 - a user's process_request may raise anything; the loop must go on
            self._employer.report("process_request failed", error)
            self._end_turn(conn, Unavailable("no handler could be started"))

    def refuse(self, conn: Connection, error: HTTPError) -> None:
        """Answer a request that is not handled with `error`, and end the connection."""
        self.registry.enter(conn, _READY)
        self._end_turn(conn, error)

    def _end_turn(self, conn: Connection, error: HTTPError) -> None:
        """Run a turn that only refuses, here and now, unless another thread owns it meanwhile.

        It needs no thread of its own: so the error is answered however busy handlers are.
        """
        if conn.phase is Phase.TURN:
            self.mark_refused(conn, error)
            self._employer.finish_request(conn, conn.addr)

    def mark_refused(self, conn: Connection, error: HTTPError) -> None:
        """Have the turn of `conn` raise `error`, as its handler is built or goes on, for the handler's own look."""
        exchange = conn.exchange or conn.begin_exchange(None)
        exchange.refusal = exchange.refusal or error
        error.__traceback__ = None  # it refers to frames that refer to the connection, which refers to it
        conn.lower(Fate.LAST)

    def queue(self, conn: Connection) -> None:
        """Queue the turn of `conn`, since no thread is free."""
        conn.outbox.gathered = None  # the thread that later runs it goes round no loop
        self.registry.enter(conn, Happening.QUEUED)

    def unqueue(self, conn: Connection) -> bool:
        """Take the turn of `conn` from the queue, for a free thread; False where a stop has closed the connection."""
        return self.registry.take_queued(conn)
