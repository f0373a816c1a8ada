"""RFC 9112 §9: the steps after a turn: sending, awaiting, draining, and the end or the next request.

The owner of the connection calls every method. If a method returns True, a turn is due, and the caller still owns the
connection. Otherwise it has been armed or closed, and the caller must not use it any more.
"""

import time
from collections.abc import Callable
from typing import Final, assert_never

from pyhttp.errors import HTTPError
from pyhttp.transport.channel import Watched
from pyhttp.transport.client import Connection
from pyhttp.transport.deadlines import NEVER
from pyhttp.transport.employer import Employer
from pyhttp.transport.exchange import Exchange
from pyhttp.transport.fate import CUT, KEEP, LAST
from pyhttp.transport.feeding import end_feed, feed_of, is_too_slow, next_look, stays, watch_out
from pyhttp.transport.gathering import Gathering
from pyhttp.transport.outbox import FileTruncatedError
from pyhttp.transport.phases import Happening, Phase
from pyhttp.transport.progress import ANSWERED, Progress
from pyhttp.transport.registry import Registry
from pyhttp.wire.events import Informational
from pyhttp.wire.persistence import persists

__all__ = ["Settler"]

_NEXT: Final = Happening.NEXT
_ASK_AFTER: Final = 1.0
"""Seconds between two looks at a waiting client: a client whose answer comes sooner is not disturbed."""
_CONTINUE: Final = 100
"""The one interim response that every client understands."""


class Settler:
    """A settler that takes connections from the end of a turn to the next.

    Args:
        employer: The server of the connections.
        registry: The registry that arms and closes them.
        clock: Returns monotonic seconds.
    """

    def __init__(self, employer: Employer, registry: Registry, clock: Callable[[], float] = time.monotonic) -> None:
        self._employer = employer
        self._registry = registry
        self._clock = clock
        self.gathering: Gathering = Gathering(self.settle, self.lose)
        """The connections whose answers leave together."""

    def settle(self, conn: Connection) -> None:
        """Send the unsent octets after a turn or a refusal, then go on or end."""
        try:
            exchange = conn.exchange
            if conn.fate is CUT or exchange is None or self._registry.over:
                self._registry.close(conn)
            elif exchange.progress is ANSWERED and exchange.answer is None and not conn.outbox.unsent:
                self._conclude(conn, exchange)  # it was answered in one step, as nearly all are
            elif conn.outbox.gathered:
                self._registry.enter(conn, Happening.SEND)
                self.gathering.add(conn, exchange.started)
            elif conn.outbox.unsent or self._go_on(conn, exchange):
                # A further turn is due, but others have theirs before it: readiness to write brings it.
                self._await_client(conn)
        except Exception as error:  # noqa: BLE001 - a fault of ours costs this connection, never the server
            self.lose(conn, error)

    def lose(self, conn: Connection, error: BaseException) -> None:
        """Close `conn` after an error in its handling."""
        if not isinstance(error, OSError):  # a client has gone: its access line has the details
            self._employer.report("a connection is lost to a fault of the server", error)
        conn.lower(CUT)
        self._registry.close(conn)

    def _go_on(self, conn: Connection, exchange: Exchange) -> bool:
        """Go on when no octet is unsent."""
        match exchange.progress:
            case Progress.ANSWERED:
                answer = exchange.answer
                if answer is None or answer.complete:
                    self._conclude(conn, exchange)
                elif answer.source is not None:
                    self._await(conn, answer.source, next_look(conn))
                else:
                    return True
            case Progress.COLLECTING:
                return self._collect(conn, exchange)
            case Progress.WAITING if exchange.awaited is not None:
                if not exchange.ask_at:
                    exchange.ask_at = self._clock() + _ASK_AFTER
                self._await(conn, exchange.awaited, exchange.ask_at)
            case Progress.OPEN | Progress.WAITING:
                raise RuntimeError("a turn has ended without an answer")  # the code that runs turns prevents this
            case _:
                assert_never(exchange.progress)
        return False

    # --- the client takes unsent octets

    def _await_client(self, conn: Connection) -> None:
        if conn.phase is not Phase.SEND:
            self._registry.enter(conn, Happening.SEND)
        conn.deadline = self._clock() + conn.uptake.patience()
        self._registry.arm(conn, feed_of(conn))

    def send(self, conn: Connection, exchange: Exchange) -> bool:
        """Go on in `SEND`: the client may take more octets, or it is time to see whether it has."""
        keeps_up = conn.uptake.keeps_up(self._clock() - conn.armed_at)
        try:
            conn.outbox.flush(conn.stream, self._employer.limits.portion)
        except OSError:
            return self._cut(conn, exchange)
        except FileTruncatedError as error:
            self._employer.report(f"{conn.addr[0]}: {error}")
            return self._cut(conn, exchange)
        if conn.outbox and not keeps_up:
            end_feed(conn, "too slow")
        if conn.outbox and (not keeps_up or is_too_slow(conn)):
            return self._cut(conn, exchange, reset=True)
        if conn.outbox:
            self._await_client(conn)
            return False
        return self._go_on(conn, exchange)

    def _cut(self, conn: Connection, exchange: Exchange, *, reset: bool = False) -> bool:
        """End an incomplete answer; True if that needs a turn, as the end of a handler's iterator runs its code."""
        conn.lower(CUT)
        if reset:
            self._employer.report(f"{conn.addr[0]}: the client does not read its response")
        if exchange.answer is not None and exchange.answer.has_items:
            return True
        self._registry.close(conn, reset=reset)
        return False

    # --- the exchange waits for something else

    def _collect(self, conn: Connection, exchange: Exchange) -> bool:
        if exchange.content.gather():
            return True
        if conn.phase is not Phase.CONTENT:
            self._registry.enter(conn, Happening.COLLECT)
        conn.deadline = self._clock() + conn.content_pace.allowance()
        self._registry.arm(conn)
        return False

    def _await(self, conn: Connection, watched: Watched, until: float) -> None:
        if conn.phase is not Phase.AWAIT:
            if feed_of(conn) is not None:
                watch_out(conn, self._employer.timeouts.send)
            self._registry.enter(conn, Happening.AWAIT)
        conn.deadline = min(watched.due(), until)
        self._registry.arm(conn, watched)

    def proceed(self, conn: Connection, exchange: Exchange) -> bool:
        """Go on in `AWAIT`: the awaited thing may be ready, or due; or the client has left."""
        if conn.stream.departed():
            return self._cut(conn, exchange)
        if exchange.awaited is not None:
            if exchange.awaited.proceed():
                return True
            if self._clock() >= exchange.ask_at:
                self._ask(conn, exchange)
        elif exchange.answer is not None and not (self._pump(exchange) and stays(conn, self._clock())):
            return self._cut(conn, exchange, reset=is_too_slow(conn))
        if conn.outbox:
            self._await_client(conn)
            return False
        return self._go_on(conn, exchange)

    def _ask(self, conn: Connection, exchange: Exchange) -> None:
        """Ask a client that has ended its side whether it is still there, once.

        The client may have left, or may await its answer in this way; TCP reports both alike. An interim response shows
        which: a client that awaits a final response drops it (RFC 9110 §15.2). A host that no longer has the socket
        open answers with a reset.

        Raises:
            Disconnected: The client is known to be gone.
        """
        if not conn.stream.half_closed():
            exchange.ask_at = self._clock() + _ASK_AFTER
            return
        exchange.ask_at = NEVER
        head = exchange.head
        if head is not None and head.version != "HTTP/1.0" and exchange.complete:  # 9110-15.2-1b
            conn.outbox.add(conn.core.send(Informational(_CONTINUE)))
            conn.send_some()

    def _pump(self, exchange: Exchange) -> bool:
        """Send octets from the source; False where that has failed."""
        try:
            if exchange.answer is not None:
                exchange.answer.pump()
        except (HTTPError, OSError):  # the source has logged its error, and the access line has the rest
            return False
        return True

    # --- the answer has been sent

    def _conclude(self, conn: Connection, exchange: Exchange) -> None:
        conn.drained = 0
        if conn.fate is not KEEP:
            self.end(conn, exchange)
        elif exchange.whole or exchange.complete:
            self._registry.end_exchange(conn)  # as `start_next` does
            conn.core.start_next_cycle()
            self._registry.enter(conn, _NEXT)
            self.await_next(conn)
        else:
            self._drain(conn, exchange)

    def drain(self, conn: Connection, exchange: Exchange) -> None:
        """Go on in `DRAIN`: more of the unread content may be here."""
        try:
            conn.drained += conn.fill()
        except BlockingIOError:
            self._registry.arm(conn)
            return
        if conn.drained > self._employer.limits.drain:
            self.end(conn, exchange)
        else:
            self._drain(conn, exchange)

    def _drain(self, conn: Connection, exchange: Exchange) -> None:
        """Go on with the next request, behind the content that the handler has left unread."""
        content = exchange.content
        try:
            content.drain()
        except HTTPError as error:
            # The answer has been sent; further octets on the connection cannot be trusted (safety line F13).
            self._employer.report(f"{conn.addr[0]}: unread content is malformed: {error.detail}")
            error.__traceback__ = None
            self.end(conn, exchange)
            return
        if content.complete:
            self.start_next(conn, _NEXT)
            self.await_next(conn)
            return
        if conn.phase is not Phase.DRAIN:
            self._registry.enter(conn, Happening.DRAIN)
        self._registry.arm(conn)

    def start_next(self, conn: Connection, happening: Happening) -> None:
        """End the exchange, and take its connection to the phase after `happening`."""
        self._registry.end_exchange(conn)
        conn.core.start_next_cycle()
        self._registry.enter(conn, happening)

    def await_next(self, conn: Connection) -> None:
        """Await the next request, in `IDLE`."""
        if self._registry.stopping.requested and not conn.has_input():
            self._registry.close(conn)
            return
        self._registry.arm(conn)
        self._registry.room_made = True  # this one has just become idle
        if self._registry.room_wanted:
            self._registry.make_room()

    def end(self, conn: Connection, exchange: Exchange) -> None:
        """Close, as no request will follow; by a half-close where the client may still be sending (9112 §9.6)."""
        if conn.fate is KEEP:
            conn.lower(LAST)
        head, whole = exchange.head, exchange.whole or exchange.complete
        ends_itself = exchange.status and whole and head is not None and not persists(head)
        self._registry.end_exchange(conn)
        # The client's end of TLS may be on its way: closing now could reset octets that it has yet to read (RFC 9112
        # §9.6).
        if ends_itself and not conn.core.buffered and not conn.stream.secure:
            self._registry.close(conn)
            return
        conn.core.take_buffered()
        conn.drained = 0
        self.finish(conn)

    def finish(self, conn: Connection) -> None:
        """End our side, in `NOTIFY` once more; then wait for the client's end."""
        if conn.stream.finish():
            self._registry.enter(conn, Happening.LAST)
        elif conn.phase is not Phase.NOTIFY:
            self._registry.enter(conn, Happening.NOTIFY)
        self._registry.arm(conn)

    def linger(self, conn: Connection) -> None:
        """Drop octets that still come, in `LINGER`, so that the client receives the answer (safety line D16)."""
        try:
            data = conn.stream.read(self._employer.limits.read_ahead)
        except BlockingIOError:
            self._registry.arm(conn)
            return
        conn.drained += len(data)
        if not data or conn.drained > self._employer.limits.linger:
            self._registry.close(conn)
        else:
            self._registry.arm(conn)
