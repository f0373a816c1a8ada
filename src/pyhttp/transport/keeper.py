"""RFC 9112 §9: what becomes of a connection, from one phase to the next.

Every method is called by the owner of the connection, and may be called on any thread. Arming is the last touch: once
the poller has been asked, the connection belongs to whoever gets its event, so nothing is read from it afterwards.
Only `expire` works on a connection that is armed, on the one thread that waits.
"""

import os
import socket
import time
from collections.abc import Callable
from enum import Enum, auto
from typing import assert_never

from pyhttp.errors import Disconnected, HTTPError, RequestTimeout, Unavailable
from pyhttp.messages import RequestHead
from pyhttp.transport.connection import Connection, Phase
from pyhttp.transport.exchange import Exchange
from pyhttp.transport.outbox import FileTruncatedError
from pyhttp.transport.pace import Pace
from pyhttp.transport.poller import READ, WRITE, wait_until_ready
from pyhttp.transport.registry import Registry
from pyhttp.transport.service import Service
from pyhttp.wire.events import Signal
from pyhttp.wire.persistence import persists

__all__ = ["Keeper"]


def _late() -> RequestTimeout:
    return RequestTimeout("the request did not arrive in time")


class _Progress(Enum):
    READY = auto()
    MORE = auto()
    OVER = auto()


class Keeper:
    """Moves connections from phase to phase.

    Args:
        service: Whom requests are given to.
        registry: Where connections are kept, armed and closed.
        clock: Monotonic seconds.
    """

    def __init__(self, service: Service, registry: Registry, clock: Callable[[], float] = time.monotonic) -> None:
        self._service = service
        self._registry = registry
        self._clock = clock

    # --- events, delivered to the owner

    def adopt(self, conn: Connection) -> None:
        """A client has connected: await its first byte (safety line D8)."""
        self._registry.add(conn)
        conn.deadline = self._clock() + self._service.timeouts.idle
        try:
            self._registry.arm(conn, READ)
        except OSError as error:
            # The system refuses to watch one more descriptor (safety line L5).
            self._lose(conn, error)

    def advance(self, conn: Connection) -> None:
        """Something happened on `conn`, or may have."""
        try:
            match conn.phase:
                case Phase.IDLE | Phase.HEAD | Phase.CONTENT:
                    self._read(conn)
                case Phase.SEND if conn.exchange is not None:
                    self._send(conn, conn.exchange)
                case Phase.DRAIN if conn.exchange is not None:
                    self._drain(conn, conn.exchange)
                case Phase.LINGER:
                    self._linger(conn)
                case Phase.QUEUED | Phase.TURN | Phase.SEND | Phase.DRAIN | Phase.CLOSED:
                    pass  # whoever owns it will see for itself
                case unexpected:
                    assert_never(unexpected)
        except Exception as error:  # noqa: BLE001 - a fault of ours costs this connection, never the server
            self._lose(conn, error)

    def _lose(self, conn: Connection, error: Exception) -> None:
        """The owner of `conn` could not go on with it."""
        match error:
            case OSError():
                pass  # the client is gone (a reset, say): the access line shows what was sent
            case FileTruncatedError():
                self._service.report(f"{conn.addr[0]}: {error}")
            case _:
                self._service.report("a connection is lost to a fault of the server", error)
        self._registry.close(conn)

    def _read(self, conn: Connection) -> None:
        try:
            # What was read ahead with the request before comes first, or it would grow and grow (safety line F12).
            progress = self._parse(conn) if conn.phase is Phase.IDLE and conn.core.buffered else _Progress.MORE
            if progress is _Progress.MORE and self._fill(conn):
                progress = self._parse(conn)
        except HTTPError as error:
            self.refuse(conn, error)
            return
        match progress:
            case _Progress.READY:
                self.dispatch(conn)
            case _Progress.MORE:
                self._await_more(conn)
            case _Progress.OVER:
                self._registry.close(conn)
            case unexpected:
                assert_never(unexpected)

    def _fill(self, conn: Connection) -> bool:
        """Read once; False where there was nothing to read."""
        try:
            received = conn.fill()
        except BlockingIOError:
            received = None
        if conn.phase is Phase.CONTENT:
            conn.pace.count(self._clock() - conn.armed_at, received or 0)
        return received is not None

    def _parse(self, conn: Connection) -> _Progress:
        """Take what has arrived: a request that can be handled, part of one, or the end of the connection.

        Raises:
            HTTPError: The request is to be refused.
        """
        core, exchange = conn.core, conn.exchange
        if exchange is None:
            match core.next_event():
                case RequestHead() as head:
                    exchange = conn.begin_exchange(head)
                    if core.content_left != 0:
                        conn.keep_raw()
                case Signal.NEED_DATA:
                    return _Progress.MORE
                case _:
                    return _Progress.OVER
        # A client that waits for 100 (Continue) sends nothing before the handler reads (9110-10.1.1-14a).
        return _Progress.READY if core.awaiting_continue or exchange.read_ahead() else _Progress.MORE

    def _await_more(self, conn: Connection) -> None:
        """Part of a request is here; its deadline counts from its first byte and is not renewed (safety line D7)."""
        now = self._clock()
        if conn.exchange is not None:
            conn.phase = Phase.CONTENT
            conn.deadline = now + conn.pace.allowance()
        elif conn.core.receiving_head and conn.phase is not Phase.HEAD:
            conn.phase = Phase.HEAD
            conn.deadline = now + self._service.timeouts.head
        if conn.deadline <= now:
            # Whoever sends a byte for each turn of the loop is never found waiting: the deadline counts all the same.
            self.refuse(conn, _late())
        else:
            self._registry.arm(conn, READ)

    def dispatch(self, conn: Connection) -> None:
        """A request is ready: hand it over; 503 where that fails (RFC 9110 §15.6.4)."""
        conn.phase = Phase.TURN
        conn.held = False
        try:
            self._service.dispatch(conn)
        except Unavailable as error:
            if conn.phase is Phase.TURN:
                self.refuse(conn, error)
        except Exception as error:  # noqa: BLE001 - a user's process_request may raise anything; the loop must go on
            self._service.report("process_request failed", error)
            if conn.phase is Phase.TURN:
                self.refuse(conn, Unavailable("no handler could be started"))

    def refuse(self, conn: Connection, error: HTTPError) -> None:
        """Answer a request that no handler has seen with `error`, and end the connection."""
        self._service.report(f"{conn.addr[0]}: {error.status.value} {error.detail}")
        exchange = conn.exchange or conn.begin_exchange(None)
        try:
            exchange.respond(self._service.error_response(error), close=True)
        except Disconnected:
            # There is no reader for the answer.
            self._registry.close(conn)
            return
        self.settle(conn)

    # --- after a turn

    def settle(self, conn: Connection) -> None:
        """The handler is done, or the request was refused: send what is left, then go on or end."""
        try:
            self._settle(conn)
        except Exception as error:  # noqa: BLE001 - as in `advance`
            self._lose(conn, error)

    def _settle(self, conn: Connection) -> None:
        exchange = conn.exchange
        if conn.failed or exchange is None or exchange.broken:
            self._registry.close(conn)
        elif conn.outbox:
            conn.phase = Phase.SEND
            conn.pace = Pace(self._service.timeouts.send, self._service.timeouts.send_rate)
            conn.deadline = self._clock() + conn.pace.allowance()
            self._registry.arm(conn, WRITE)
        else:
            self._conclude(conn, exchange)

    def await_next(self, conn: Connection, seconds: float) -> bool:
        """For a thread that holds its connection: True when the next request is ready for it within `seconds`.

        Otherwise the connection has been given back to the loop, or closed, and must not be touched any more.
        """
        exchange = conn.exchange
        reusable = exchange is not None and exchange.complete and not exchange.broken and self._reusable(conn, exchange)
        if conn.failed or conn.outbox or not reusable:
            self.settle(conn)
            return False
        until = time.monotonic() + seconds  # for a whole head: one byte now and then does not keep the thread (D7, D8)
        try:
            self._start_next(conn)
            if seconds <= 0:
                self._await_idle(conn)
                return False
            while True:
                match self._parse(conn):
                    case _Progress.READY:
                        conn.phase = Phase.TURN
                        return True
                    case _Progress.OVER:
                        self._registry.close(conn)
                        return False
                    case _Progress.MORE:
                        if not self._wait_and_fill(conn, until - time.monotonic()):
                            self._give_back(conn)
                            return False
                    case unexpected:
                        assert_never(unexpected)
        except HTTPError as error:
            self.refuse(conn, error)
        except Exception as error:  # noqa: BLE001 - as in `advance`
            self._lose(conn, error)
        return False

    def _wait_and_fill(self, conn: Connection, seconds: float) -> bool:
        if not wait_until_ready(conn.fileno(), READ, seconds):
            return False
        try:
            conn.fill()
        except BlockingIOError:
            return False  # woken for nothing: let the loop wait
        return True

    def _give_back(self, conn: Connection) -> None:
        """Let the loop await the rest of what the thread has begun to await."""
        if conn.exchange is not None or conn.core.receiving_head:
            self._await_more(conn)
        else:
            self._await_idle(conn)

    def _reusable(self, conn: Connection, exchange: Exchange) -> bool:
        return bool(exchange.status) and conn.core.persistent and not exchange.last and not conn.used

    def _conclude(self, conn: Connection, exchange: Exchange) -> None:
        """All output has left."""
        if not self._reusable(conn, exchange):
            self._end(conn, exchange)
            return
        conn.read_away = 0
        conn.deadline = self._clock() + self._service.timeouts.drain
        self._skip_content(conn, exchange)

    def _skip_content(self, conn: Connection, exchange: Exchange) -> None:
        """Go on with the next request, behind the content that the handler has left unread (9112-9.3-7b)."""
        try:
            exchange.skip_content()
        except HTTPError as error:
            # The answer has been sent; what follows on the connection cannot be trusted (safety line F13).
            self._service.report(f"{conn.addr[0]}: unread content is malformed: {error.detail}")
            self._end(conn, exchange)
            return
        if exchange.complete:
            self._start_next(conn)
            self._await_idle(conn)
        else:
            conn.phase = Phase.DRAIN
            self._registry.arm(conn, READ)

    def _start_next(self, conn: Connection) -> None:
        self._registry.end_exchange(conn)
        conn.core.start_next_cycle()
        conn.phase = Phase.IDLE
        conn.deadline = self._clock() + self._service.timeouts.idle

    def _await_idle(self, conn: Connection) -> None:
        """Between requests. Bytes read ahead raise no event, so that readiness to write stands in for theirs."""
        if self._service.closing and not conn.core.buffered:
            self._registry.close(conn)
            return
        self._registry.arm(conn, READ | WRITE if conn.core.buffered else READ)
        self._registry.make_room()  # nobody has seen this one idle yet

    def _end(self, conn: Connection, exchange: Exchange) -> None:
        """No request will follow: close, by way of a half-close where the client may still be sending (9112 §9.6)."""
        head = exchange.head
        may_send = not exchange.complete or bool(conn.core.buffered) or conn.used or head is None or persists(head)
        self._registry.end_exchange(conn)
        if not may_send:
            self._registry.close(conn)
            return
        conn.shutdown(socket.SHUT_WR)
        conn.core.take_buffered()
        conn.phase = Phase.LINGER
        conn.read_away = 0
        conn.deadline = self._clock() + self._service.timeouts.linger
        self._registry.arm(conn, READ)

    # --- phases that are the loop's alone

    def _send(self, conn: Connection, exchange: Exchange) -> None:
        sent = conn.outbox.flush(conn.fileno(), self._service.limits.turn)
        now = self._clock()
        conn.pace.count(now - conn.armed_at, sent)
        if conn.outbox:
            conn.deadline = now + conn.pace.allowance()
            self._registry.arm(conn, WRITE)
        else:
            self._conclude(conn, exchange)

    def _drain(self, conn: Connection, exchange: Exchange) -> None:
        try:
            conn.read_away += conn.fill()
        except BlockingIOError:
            self._registry.arm(conn, READ)
            return
        if conn.read_away > self._service.limits.drain:
            self._end(conn, exchange)
        else:
            self._skip_content(conn, exchange)

    def _linger(self, conn: Connection) -> None:
        try:
            data = os.read(conn.fileno(), self._service.limits.read_ahead)
        except BlockingIOError:
            self._registry.arm(conn, READ)
            return
        conn.read_away += len(data)
        if not data or conn.read_away > self._service.limits.linger:
            self._registry.close(conn)
        else:
            self._registry.arm(conn, READ)

    # --- by the thread that waits, on connections that are armed

    def expire(self, conn: Connection) -> None:
        """The deadline of an armed connection has passed."""
        match conn.phase:
            case Phase.HEAD | Phase.CONTENT:
                self._time_out(conn)
            case Phase.SEND if conn.exchange is not None:
                self._service.report(f"{conn.addr[0]}: the client does not read its response")
                conn.exchange.broken = True
                self._registry.expel(conn)
            case _:
                self._registry.expel(conn)

    def _time_out(self, conn: Connection) -> None:
        """408 to a head or content that is late; the event of its end, or one more deadline, ends the connection."""
        error = _late()
        self._service.report(f"{conn.addr[0]}: {error.status.value} {error.detail}")
        exchange = conn.exchange or conn.begin_exchange(None)
        try:
            exchange.respond(self._service.error_response(error), close=True)
            conn.shutdown(socket.SHUT_WR)
        except OSError:
            # The client is gone: the event that says so is on its way, and closes.
            pass
        self._registry.end_exchange(conn)
        conn.outbox.discard()
        conn.phase = Phase.LINGER
        conn.read_away = 0
        conn.deadline = self._clock() + self._service.timeouts.linger
