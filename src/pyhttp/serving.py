"""One exchange from its request to its answer, and every way that can fail (RFC 9110 §15.5, §15.6).

Here an exception becomes a status: an HTTPError its own, whatever else a handler lets through a 500 with its traceback
in the log. Nothing is answered twice; what failed in the middle of its answer is cut (safety lines F17, R4).
"""

import contextlib
import logging
import socket
from collections.abc import Callable
from typing import Final, Protocol

from pyhttp.cgi.scripts import Scripts
from pyhttp.errors import Disconnected, HTTPError, InternalError, MissingRequest, RequestTimeout
from pyhttp.limits import Limits, Timeouts
from pyhttp.messages import Response
from pyhttp.request import Request
from pyhttp.resources.error_page import error_response
from pyhttp.transport.access_log import escape
from pyhttp.transport.connection import Address, Connection
from pyhttp.transport.exchange import Exchange
from pyhttp.transport.outbox import FileTruncatedError
from pyhttp.transport.plain import PlainChannel, open_channel
from pyhttp.transport.writer import was_written

__all__ = [
    "Handler",
    "HandlerFactory",
    "Surroundings",
    "answered_by_hand",
    "conclude",
    "function_handler",
    "serve",
    "tell",
]

ERROR_LOG: Final = logging.getLogger("pyhttp.error")
_SHOWN: Final = 200
"""Characters of a request line in the error log."""


class Handler(Protocol):
    """What answers requests: a function from a Request to a Response."""

    def __call__(self, request: Request, /) -> Response:
        """The response to `request`; an HTTPError it raises is answered with its status."""
        ...


class HandlerFactory(Protocol):
    """What a server calls for each request; to construct is to serve."""

    def __call__(self, conn: socket.socket, addr: Address, server: object, /) -> object:
        """Serve the request of `conn`; what is returned is forgotten."""
        ...


class Surroundings:
    """What a handler asks of its server, with defaults for what it lacks: `server` may be any object.

    Attributes:
        limits: Sizes and counts.
        timeouts: Deadlines.
        log: Where faults are told.
    """

    __slots__ = ("_server", "limits", "log", "timeouts")

    def __init__(self, server: object) -> None:
        limits: object = getattr(server, "limits", None)
        timeouts: object = getattr(server, "timeouts", None)
        log: object = getattr(server, "log", None)
        self._server = server
        self.limits: Limits = limits if isinstance(limits, Limits) else Limits()
        self.timeouts: Timeouts = timeouts if isinstance(timeouts, Timeouts) else Timeouts()
        self.log: logging.Logger = log if isinstance(log, logging.Logger) else ERROR_LOG

    @property
    def scripts(self) -> Scripts:
        """The server's count of running CGI scripts."""
        scripts: object = getattr(self._server, "scripts", None)
        return scripts if isinstance(scripts, Scripts) else Scripts(self.limits, self.timeouts)

    @property
    def closing(self) -> bool:
        """Whether the server is stopping."""
        return getattr(self._server, "closing", False) is True


def function_handler(handler: Handler) -> HandlerFactory:
    """A handler factory that answers each request with what `handler` returns for it."""

    def factory(conn: socket.socket, addr: Address, server: object, /) -> object:  # noqa: ARG001 - the factory's contract
        def answer(request: Request) -> None:
            request.exchange.respond(handler(request))

        serve(conn, Surroundings(server), answer)
        return handler

    return factory


def serve(conn: socket.socket, surroundings: Surroundings, answer: Callable[[Request], None]) -> None:
    """Have `answer` answer the request of a server's connection, or each request of any other socket to its end.

    On a server's connection exceptions pass through, to `BaseServer.finish_request`, which concludes the exchange.
    """
    if isinstance(conn, Connection):
        answer(Request(conn))
        return
    while _serve_plain(conn, surroundings, answer):
        pass
    # Whoever owns the socket closes it; the peer learns now that this was all, unless it has left already.
    with contextlib.suppress(OSError):
        conn.shutdown(socket.SHUT_WR)


def _serve_plain(sock: socket.socket, surroundings: Surroundings, answer: Callable[[Request], None]) -> bool:
    """Serve one request of a plain socket; True when another may follow."""
    channel: PlainChannel | None = None
    exchange: Exchange | None = None
    try:
        channel = open_channel(sock, surroundings.limits, surroundings.timeouts, closing=surroundings.closing)
        exchange = channel.open_exchange()
        answer(Request.of(exchange))
    except (MissingRequest, Disconnected):
        return False  # the peer has nothing more to say, or cannot hear
    except Exception as error:  # noqa: BLE001 - it becomes the answer, here as in finish_request
        if channel is None:
            return False  # what follows the request before cannot be trusted
        if exchange is None and isinstance(error, RequestTimeout) and not channel.core.receiving_head:
            return False  # an idle peer gets no answer to what it has not asked (safety line D8)
        exchange = exchange or channel.refusal()
        conclude(exchange, error, surroundings.log, by_hand=answered_by_hand(sock))
    else:
        conclude(exchange, None, surroundings.log, by_hand=answered_by_hand(sock))
    return not exchange.last and not exchange.broken and channel.finish()


def answered_by_hand(conn: socket.socket) -> bool:
    """Whether a handler has written to the connection itself, so that no answer can be added."""
    return conn.by_hand if isinstance(conn, Connection) else was_written(conn)


def conclude(exchange: Exchange, error: BaseException | None, log: logging.Logger, *, by_hand: bool) -> None:
    """Give the exchange an answer if it has none, and mark it broken if its answer was not completed.

    Args:
        exchange: One whose handler has returned or raised.
        error: What the handler raised.
        log: Where a fault is told, with its traceback where it is ours.
        by_hand: Whether the handler has written to the connection itself, so that nothing can be added to it.
    """
    if error is None and exchange.status:
        return
    # What has been sent cannot be taken back: a complete answer stands, an incomplete one is cut.
    exchange.last = True
    if error is None and by_hand:
        return
    exchange.broken |= isinstance(error, Disconnected | FileTruncatedError)
    tell(exchange, error, log)
    if not (exchange.status or exchange.broken or by_hand):
        _answer(exchange, error if isinstance(error, HTTPError) else InternalError("the handler failed"), log)


def tell(exchange: Exchange, error: BaseException | None, log: logging.Logger) -> None:
    """Log what a handler let through; a failing sink does not fail the request (safety line O3)."""
    with contextlib.suppress(Exception):
        _log(exchange, error, log)


def _log(exchange: Exchange, error: BaseException | None, log: logging.Logger) -> None:
    match error:
        case None:
            log.error("the handler gave no answer to %s", _described(exchange))
        case Disconnected():
            pass  # the access line shows what was sent
        case FileTruncatedError():
            log.warning("%s: %s", _described(exchange), error)
        case HTTPError():
            log.info("%s: %d %s", _described(exchange), error.status, escape(error.detail))
        case _:
            log.error("the handler of %s failed", _described(exchange), exc_info=error)


def _answer(exchange: Exchange, error: HTTPError, log: logging.Logger) -> None:
    try:
        response = error_response(error)
    except ValueError as fault:
        # A field that a handler's own error asks for cannot be sent (safety line S11).
        with contextlib.suppress(Exception):
            log.error("the error of %s cannot be answered as it is", _described(exchange), exc_info=fault)  # noqa: TRY400
        error = InternalError("a field of the error cannot be sent")
        response = error_response(error)
    exchange.last = error.must_close
    try:
        exchange.respond(response, close=error.must_close)
    except Disconnected:
        exchange.broken = True  # there is no reader for the answer


def _described(exchange: Exchange) -> str:
    """The request line, safe for one short line of a log (safety line O3)."""
    head = exchange.head
    if head is None:
        return "a malformed request"
    shown = ascii(f"{head.method} {head.target}")
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}..."
