"""RFC 9112 §9: what becomes of a connection, from one phase to the next, up to the turn of a handler.

Every method is called by the owner of the connection, and may be called on any thread. When it returns, the connection
has been armed, handed over or closed, and must not be touched any more.
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
from pyhttp.wire.events import Signal

__all__ = ["Arrived", "Keeper"]


def _late() -> RequestTimeout:
    return RequestTimeout("the request did not arrive in time")


class Arrived(Enum):
    """What the octets received so far are."""

    REQUEST = auto()
    """A request that can be handled."""
    PART = auto()
    """Part of one, or nothing."""
    END = auto()
    """The end of the connection."""


_REQUEST: Final = Arrived.REQUEST
_PART: Final = Arrived.PART
_END: Final = Arrived.END
_IDLE: Final = Phase.IDLE
_READY: Final = Happening.READY
_RECEIVING: Final = frozenset({Phase.IDLE, Phase.HEAD, Phase.CONTENT})


class Keeper:
    """Awaits requests, and has them handled.

    Args:
        employer: Whom requests are given to.
        registry: Where connections are kept, armed and closed.
        clock: Monotonic seconds.
    """

    def __init__(self, employer: Employer, registry: Registry, clock: Callable[[], float] = time.monotonic) -> None:
        self._employer = employer
        self._clock = clock
        self.registry: Registry = registry
        self.settler: Settler = Settler(employer, registry, clock)
        self.settle: Callable[[Connection], None] = self.settler.settle
        """A turn has ended; for its thread."""
        self._beginner = Beginner(employer, registry, clock)

    def adopt(self, conn: Connection) -> float:
        """A client has connected: await its first byte (safety line D8), or what comes before that; until when."""
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
        """Something happened on `conn`, or may have; or its deadline has passed."""
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
        """It is late: an orderly end, by an answer where a request has begun (9112-9.5-2a)."""
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
        """In `PROXY` and `HANDSHAKE`: go on with that; a request may come right behind it."""
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
                arrived = _REQUEST if conn.receive_whole() else self.parse(conn)
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
        """Take what has arrived, some of which was there before.

        Raises:
            HTTPError: The request is to be refused.
        """
        # What was read ahead with the request before comes first, or it would grow and grow (safety line F12).
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
        """Take what has arrived.

        Raises:
            HTTPError: The request is to be refused.
        """
        core, exchange = conn.core, conn.exchange
        if exchange is None:
            match core.next_event():
                case RequestHead() as head if core.content_left == 0:
                    core.next_event()  # the end of the request, which is here with its head
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
        # A client that waits for 100 (Continue) sends nothing before the handler reads (9110-10.1.1-14a).
        return _REQUEST if core.awaiting_continue or exchange.content.read_ahead() else _PART

    def await_more(self, conn: Connection) -> None:
        """Part of a request is here; its deadline counts from its first byte and is not renewed (safety line D7)."""
        now = self._clock()
        exchange = conn.exchange
        if exchange is not None:
            if conn.phase is not Phase.CONTENT:
                self.registry.enter(conn, Happening.HEADED)
            conn.deadline = now + conn.content_pace.allowance()
        elif conn.core.receiving_head and conn.phase is not Phase.HEAD:
            self.registry.enter(conn, Happening.BEGUN)
        # Whoever sends a byte for each round of the loop is never found waiting: the deadline counts all the same.
        if conn.deadline > now:
            self.registry.arm(conn)
        elif exchange is not None:
            self._refuse_content(conn, exchange)
        else:
            self.refuse(conn, _late())

    def _refuse_content(self, conn: Connection, exchange: Exchange) -> None:
        """Content is late. Where a handler has asked for it, it is the handler's to say so."""
        if exchange.progress is Progress.COLLECTING:
            exchange.content.refuse(_late())
            self.dispatch(conn)
        else:
            self.refuse(conn, _late())

    # --- handing over

    def dispatch(self, conn: Connection) -> None:
        """A turn is due: have it run; 503 where that fails (RFC 9110 §15.6.4)."""
        self.registry.enter(conn, _READY)
        try:
            self._employer.process_request(conn, conn.addr)
        except Unavailable as error:
            self._end_turn(conn, error)
        except Exception as error:  # noqa: BLE001 - a user's process_request may raise anything; the loop must go on
            self._employer.report("process_request failed", error)
            self._end_turn(conn, Unavailable("no handler could be started"))

    def refuse(self, conn: Connection, error: HTTPError) -> None:
        """Have a request that is not handled answered with `error`, and end the connection."""
        self.registry.enter(conn, _READY)
        self._end_turn(conn, error)

    def _end_turn(self, conn: Connection, error: HTTPError) -> None:
        """Have a turn run here and now, unless it is somebody else's meanwhile, with nothing to do but to refuse.

        It needs no thread: so what is wrong is answered however busy handlers are.
        """
        if conn.phase is Phase.TURN:
            self.mark_refused(conn, error)
            self._employer.finish_request(conn, conn.addr)

    def mark_refused(self, conn: Connection, error: HTTPError) -> None:
        """Have the turn of `conn` raise `error`, as its handler is built or goes on, for the handler's own look."""
        exchange = conn.exchange or conn.begin_exchange(None)
        exchange.refusal = exchange.refusal or error
        error.__traceback__ = None  # it knows the frames that know the connection, which knows it
        conn.lower(Fate.LAST)

    def queue(self, conn: Connection) -> None:
        """No thread is free for the turn of `conn`; it is the queue's now."""
        conn.outbox.gathered = None  # the thread that runs it then goes round no loop
        self.registry.enter(conn, Happening.QUEUED)

    def unqueue(self, conn: Connection) -> bool:
        """A thread is free; False where a stop has closed the connection meanwhile."""
        return self.registry.take_queued(conn)
