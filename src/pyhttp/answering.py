"""One exchange from its request to its answer, and all its failures (RFC 9110 §15.5, §15.6).

This is the only place where an exception becomes an answer. An HTTPError becomes an answer with its own status. Any
other exception that leaves a turn becomes a 500, with its traceback in the log. An answer to an error leaves by the
door that the exchange has for it, so that it has everything that a site adds to its answers. No request is answered
twice; an answer that failed in the middle is cut (safety lines F17, R4).
"""

import contextlib
import socket
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Literal, Protocol

from pyhttp.arguments import check_callable, check_type, name_of, takes
from pyhttp.errors import Disconnected, HTTPError, InternalError, MissingRequest, RequestTimeout
from pyhttp.messages import Response
from pyhttp.request import Request
from pyhttp.resources.status_responses import error_response
from pyhttp.surroundings import Surroundings
from pyhttp.telling import described, tell
from pyhttp.transport.access_log import ERROR, ErrorLog
from pyhttp.transport.channel import Sink
from pyhttp.transport.client import Address, Connection
from pyhttp.transport.exchange import Exchange
from pyhttp.transport.fate import Fate
from pyhttp.transport.outbox import FileTruncatedError
from pyhttp.transport.plain import open_channel
from pyhttp.transport.progress import Progress
from pyhttp.transport.writer import was_written

if TYPE_CHECKING:
    from pyhttp.auth import BasicAuth

__all__ = [
    "Handler",
    "HandlerFactory",
    "conclude",
    "error_answer",
    "function_handler",
    "returned",
    "serve_plain",
]


class Handler(Protocol):
    """A function from a Request to a Response, which answers requests."""

    def __call__(self, request: Request, /) -> Response:
        """The response to `request`; an HTTPError it raises is answered with its status."""
        ...


class HandlerFactory(Protocol):
    """A callable that a server calls for each request; to construct is to serve."""

    def __call__(self, conn: socket.socket, addr: Address, server: object, /) -> object:
        """Serve the request of `conn`; the returned value is ignored."""
        ...


def function_handler(
    handler: Handler, *, content: Literal["streamed", "spooled"] = "streamed", auth: "BasicAuth | None" = None
) -> HandlerFactory:
    """A handler factory that answers each request with the response that `handler` returns for it.

    Args:
        handler: Called for each request.
        content: "streamed" calls `handler` while content may still be on its way; reading then waits for content.
            "spooled" calls it when all content has been received, in memory or in a temporary file, so that a slow
            upload holds no thread.
        auth: The users who may have any answer but 401, as in `Site.auth`; None: everybody.

    Raises:
        ValueError: `content` is neither of the two.
        TypeError: `handler` cannot be called, or not with a request alone, or is a coroutine function; `auth` is no
            `BasicAuth`.
    """
    _check_handler(handler)
    if content not in {"streamed", "spooled"}:
        raise ValueError(f'content: "streamed" or "spooled", not {content!r}')

    def answer(exchange: Exchange) -> None:
        if exchange.refusal is not None:
            raise exchange.refusal
        response = handler(Request.of(exchange))
        if response.__class__ is not Response:
            response = returned(response)
        exchange.respond(response, ends_turn=True)

    def answer_later(exchange: Exchange) -> None:
        def go_on() -> None:
            exchange.content.collected()
            answer(exchange)

        if exchange.refusal is not None:
            raise exchange.refusal
        exchange.collect(go_on)

    chosen = _for_users(auth, answer_later if content == "spooled" else answer)

    def factory(conn: socket.socket, addr: Address, server: object, /) -> object:  # noqa: ARG001 - the factory's contract
        if isinstance(conn, Connection):
            chosen(conn.take_exchange())
        else:
            serve_plain(conn, server, chosen)
        return handler

    return factory


def _for_users(auth: "BasicAuth | None", answer: Callable[[Exchange], None]) -> Callable[[Exchange], None]:
    if auth is None:
        return answer
    from pyhttp import guard  # noqa: PLC0415 - most handlers are for everybody
    from pyhttp.auth import BasicAuth  # noqa: PLC0415

    check_type("auth", auth, BasicAuth)
    return partial(guard.answer_admitted, auth, answer)


def _check_handler(handler: object) -> None:
    """Check that `handler` is a function from a Request, as far as this can be known.

    Raises:
        TypeError: It is no such function.
    """
    from inspect import iscoroutinefunction  # noqa: PLC0415 - see `pyhttp.first_steps`

    check_callable("handler", handler)
    if not takes(handler, 1):
        raise TypeError(f"handler: called with a Request alone, which {name_of(handler)} does not take")
    if iscoroutinefunction(handler):
        raise TypeError(f"handler: {name_of(handler)} is a coroutine function, which would never be awaited; write def")


def returned(answer: object) -> Response:
    """The value that a handler has returned, if it is a response.

    Raises:
        TypeError: The value is no response.
    """
    if isinstance(answer, Response):
        return answer
    what = "None" if answer is None else f"a value of type {type(answer).__name__}"
    close: Callable[[], object] | None = getattr(answer, "close", None)
    if close is not None:
        close()  # a coroutine that is never awaited would warn
    raise TypeError(f"the handler returned {what}: it must return a Response")


def serve_plain(conn: socket.socket, server: object, answer: Callable[[Exchange], None]) -> None:
    """Have `answer` answer each request of a socket that is not a server's connection, refused requests too.

    An exception of `answer` is answered here; on a server's connection, `BaseServer.finish_request` does that.
    """
    surroundings = Surroundings(server)
    fate = Fate.KEEP
    while fate is Fate.KEEP:
        fate = _serve_plain(conn, surroundings, answer)
    if fate is Fate.LAST:
        # The owner of the socket closes it; the peer learns now that no answer will follow, unless it has left already.
        with contextlib.suppress(OSError):
            conn.shutdown(socket.SHUT_WR)


def _serve_plain(sock: socket.socket, surroundings: Surroundings, answer: Callable[[Exchange], None]) -> Fate:
    """Serve one request of a plain socket; returns the connection's fate after that."""
    try:
        channel = open_channel(sock, surroundings.limits, surroundings.timeouts, closing=surroundings.closing)
    except (HTTPError, OSError):
        return Fate.LAST  # the octets behind the last request cannot be trusted, or the peer is gone
    try:
        exchange = channel.open_exchange()
    except (MissingRequest, Disconnected):
        return Fate.LAST  # the peer sends nothing more, or cannot receive
    except HTTPError as error:
        if isinstance(error, RequestTimeout) and not channel.core.receiving_head:
            return Fate.LAST  # an idle peer has asked nothing, and gets no answer (safety line D8)
        exchange = channel.refuse(error)
    failure: BaseException | None = None
    try:
        answer(exchange)
    except Exception as error:  # noqa: BLE001 - it becomes the answer, here as in finish_request
        failure = error
    except BaseException:  # meant for the owner: no answer is sent, but a script ends
        _end(exchange, surroundings.log)
        raise
    if was_written(sock):
        exchange.answer_by_hand()
        channel.lower(Fate.LAST)
    interrupted = conclude(channel, exchange, failure, surroundings.log, error_answer)
    failure = None  # it refers to this frame
    _end(exchange, surroundings.log)
    if interrupted:
        raise KeyboardInterrupt
    return channel.finish()


def error_answer(error: HTTPError, request: Request) -> Response:
    """The answer to an error, unless a server has another: in the look of the handler, else plainly."""
    look = request.exchange.look
    return error_response(error, headers=request.headers) if look is None else look(error)


def _end(exchange: Exchange, log: ErrorLog) -> None:
    try:
        exchange.end()
    except Exception as error:
        with contextlib.suppress(Exception):
            log.log(ERROR, "the content of the answer to %s could not be closed", described(exchange), exc_info=error)


def conclude(
    sink: Sink,
    exchange: Exchange,
    failure: BaseException | None,
    log: ErrorLog,
    answer: Callable[[HTTPError, Request], Response],
) -> bool:
    """End a turn: see that its exchange has an answer, or is pending, and that a connection that cannot go on does not.

    Args:
        sink: The connection of the exchange.
        exchange: The exchange whose turn has returned or raised.
        failure: The exception that the turn raised.
        log: The log for faults; a fault of this program is logged with its traceback.
        answer: Makes the answer to an error of a request.

    Returns:
        Whether a KeyboardInterrupt was raised meanwhile, which on the main thread is a wish to stop.
    """
    interrupted = isinstance(failure, KeyboardInterrupt)
    if failure is None and exchange.progress is not Progress.OPEN:
        return interrupted
    failure = failure or exchange.refusal
    tell(sink, exchange, failure, log)
    if isinstance(failure, Disconnected | FileTruncatedError):
        sink.lower(Fate.CUT)
    elif exchange.progress is Progress.ANSWERED:
        # Sent octets cannot be taken back: a complete answer stands, an incomplete one is cut.
        sink.lower(Fate.LAST if exchange.finished else Fate.CUT)
    else:
        error = failure if isinstance(failure, HTTPError) else InternalError("the handler failed")
        interrupted |= _answer_error(sink, exchange, error, log, answer)
        error.__traceback__ = None  # it refers to frames that refer to the connection, which may refer to it
    return interrupted


def _answer_error(
    sink: Sink,
    exchange: Exchange,
    error: HTTPError,
    log: ErrorLog,
    answer: Callable[[HTTPError, Request], Response],
) -> bool:
    """Answer with `error`: by the door of the exchange, else without it, else plainly. See `conclude`."""
    interrupted = False
    exchange.give_up_waiting()
    request = Request.of(exchange)
    for door, made_by in ((exchange.door, answer), (exchange.respond, answer), (exchange.respond, _fault_answer)):
        if door is None:
            continue
        if error.must_close:
            sink.lower(Fate.LAST)
        try:
            door(made_by(error, request))
        except Disconnected:
            break  # there is no reader for the answer
        except BaseException as fault:
            # The cause may be a field that a handler's own error asks for, and that cannot be sent (safety line S11).
            interrupted |= isinstance(fault, KeyboardInterrupt)
            with contextlib.suppress(Exception):
                log.log(ERROR, "the error of %s cannot be answered as it is", described(exchange), exc_info=fault)
            if exchange.progress is Progress.ANSWERED:
                break
            error = InternalError("the error cannot be answered as it is")
        else:
            if exchange.progress is not Progress.OPEN:
                return interrupted
    sink.lower(Fate.CUT)
    return interrupted


def _fault_answer(error: HTTPError, request: Request) -> Response:
    return error_response(error, headers=request.headers)
