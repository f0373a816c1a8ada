"""The log line about an exchange that did not go well: one line, safe whatever the client sent (O2, O3)."""

import contextlib
from typing import Final

from pyhttp.cgi.script_path import NotExecutable
from pyhttp.errors import Disconnected, HTTPError, WrongScheme
from pyhttp.hosts import HostNotAllowed
from pyhttp.log_escaping import in_line, in_quotes
from pyhttp.transport.access_log import ERROR, INFO, WARNING, ErrorLog
from pyhttp.transport.channel import Sink
from pyhttp.transport.client import Connection
from pyhttp.transport.exchange import Exchange
from pyhttp.transport.outbox import FileTruncatedError

__all__ = ["described", "report", "tell"]

_SHOWN: Final = 200
"""The number of characters of a request line in the error log."""


def tell(sink: Sink, exchange: Exchange, failure: BaseException | None, log: ErrorLog) -> None:
    """Log the error that left a turn, or the reason why there was none; a failing log does not fail the request (O3).

    Args:
        sink: The connection of the exchange.
        exchange: The exchange that has failed.
        failure: The exception; None where a handler has returned without an answer.
        log: A peer's faults are logged at the level INFO, but a mistaken scheme or host as a warning. Faults of this
            program are logged above that, with a traceback where there may be one.
    """
    with contextlib.suppress(Exception):
        match failure:
            case None:
                log.log(ERROR, "the handler gave no answer to %s", described(exchange))
            case Disconnected():
                pass  # the access line has the octets sent
            case FileTruncatedError():
                log.log(WARNING, "%s: %s", described(exchange), failure)
            case NotExecutable() | WrongScheme() | HostNotAllowed():  # the operator may have to do something about it
                log.log(WARNING, "%s: %d %s", _whole(sink, exchange), failure.status, in_line(failure.detail))
            case HTTPError():
                if log.isEnabledFor(INFO):
                    log.log(INFO, "%s: %d %s", _whole(sink, exchange), failure.status, in_line(failure.detail))
            case _:
                log.log(ERROR, "the handler of %s failed", described(exchange), exc_info=failure)


def report(log: ErrorLog, message: str, error: BaseException | None, level: int) -> None:
    """Log a line, with a traceback where there is an `error`; a failing log does not end the loop (safety line O3)."""
    with contextlib.suppress(Exception):
        if error is None:
            log.log(level, "%s", in_line(message))  # it may hold octets of a client (safety line O2)
        else:
            log.log(ERROR, "%s", message, exc_info=error)


def _whole(sink: Sink, exchange: Exchange) -> str:
    """The client, if it is known, and its request line, or the part of it that has arrived."""
    client = f"{sink.addr[0]} " if isinstance(sink, Connection) else ""
    core = sink.core
    received = core.head_bytes or core.refused or bytes(core.buffer.data[core.buffer.start :][:_SHOWN])
    line = received.partition(b"\r\n")[0].decode("latin-1")
    return client + (_short(line) if line and exchange.head is None else described(exchange))


def described(exchange: Exchange) -> str:
    """The request line, safe for one short line of a log."""
    head = exchange.head
    return "a malformed request" if head is None else _short(f"{head.method} {head.target}")


def _short(line: str) -> str:
    shown = in_quotes(line)
    return f'"{shown}"' if len(shown) <= _SHOWN else f'"{shown[:_SHOWN]}..."'
