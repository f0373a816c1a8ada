"""The end of a turn that has raised, or given no answer."""

import socket
import threading
from collections.abc import Callable

from pyhttp import answering, telling
from pyhttp.errors import Disconnected, HTTPError
from pyhttp.messages import Response
from pyhttp.request import Request
from pyhttp.transport.access_log import INFO, ErrorLog
from pyhttp.transport.client import Connection
from pyhttp.transport.exchange import Exchange

__all__ = ["conclude_turn"]


def conclude_turn(
    conn: socket.socket,
    exchange: Exchange | None,
    failure: BaseException | None,
    log: ErrorLog,
    answer: Callable[[HTTPError, Request], Response],
) -> bool:
    """See that the exchange has an answer, or is pending; the arguments are those of `answering.conclude`.

    Returns:
        Whether to stop: on the main thread, Ctrl+C hit a handler, by a signal handler that is not ours.
    """
    if not isinstance(conn, Connection) or exchange is None:
        if failure is not None:
            telling.report(log, "the handler failed", failure, INFO)
        return False
    if isinstance(failure, ConnectionError) and conn.stream.departed():
        failure = Disconnected(str(failure))  # the handler itself read or wrote, and the client had left
    interrupted = answering.conclude(conn, exchange, failure, log, answer)
    return interrupted and threading.current_thread() is threading.main_thread()
