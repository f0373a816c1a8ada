"""A thread that keeps its connection for a moment after a turn: mostly the next request follows at once.

To start a thread costs more than most requests; to wake one costs as much.
"""

import time

from pyhttp.errors import HTTPError
from pyhttp.transport.client import Connection
from pyhttp.transport.exchange import Exchange
from pyhttp.transport.fate import Fate
from pyhttp.transport.keeper import Arrived, Keeper
from pyhttp.transport.phases import Happening
from pyhttp.transport.poller import READ, wait_until_any, wait_until_ready
from pyhttp.transport.progress import Progress

__all__ = ["hold"]


def hold(keeper: Keeper, conn: Connection, seconds: float) -> bool:
    """Keep `conn` after a turn, on its thread: True when its next turn is due within `seconds`, for the caller.

    Otherwise the connection has been given back to the loop, or closed, and the caller must not use it any more.
    """
    exchange = conn.exchange
    if seconds <= 0 or exchange is None or conn.outbox or conn.fate is Fate.CUT:
        keeper.settle(conn)
        return False
    until = time.monotonic() + seconds
    try:
        if exchange.progress is Progress.WAITING:
            return _hold_waiting(keeper, conn, exchange, until)
        if exchange.finished and exchange.complete and conn.fate is Fate.KEEP:
            return _hold_idle(keeper, conn, until)
    except Exception as error:  # noqa: BLE001 - a fault of ours costs this connection, never the thread
        keeper.settler.lose(conn, error)
        return False
    if exchange.progress is Progress.ANSWERED and exchange.answer is not None and exchange.answer.has_items:
        keeper.registry.enter(conn, Happening.HOLD)
        keeper.registry.enter(conn, Happening.READY)
        return True
    keeper.settle(conn)
    return False


def _hold_waiting(keeper: Keeper, conn: Connection, exchange: Exchange, until: float) -> bool:
    """Wait for the thing that a pending exchange awaits, for instance a script that ends soon."""
    awaited = exchange.awaited
    while awaited is not None and (now := time.monotonic()) < until:
        masks = {conn.fileno(): 0} | dict.fromkeys(awaited.watched(), READ)
        wait_until_any(masks, min(until, awaited.due()) - now)
        if conn.stream.departed():
            break  # the loop will see it, too
        if awaited.proceed():
            keeper.registry.enter(conn, Happening.HOLD)
            keeper.registry.enter(conn, Happening.READY)
            return True
    keeper.settle(conn)
    return False


def _hold_idle(keeper: Keeper, conn: Connection, until: float) -> bool:
    """Wait for the next request; `until` is for a whole head: single bytes do not keep the thread (D7, D8)."""
    keeper.settler.start_next(conn, Happening.HOLD)
    while True:
        try:
            arrived = keeper.parse(conn)
        except HTTPError as error:
            keeper.mark_refused(conn, error)
            arrived = Arrived.REQUEST
        match arrived:
            case Arrived.REQUEST:
                keeper.registry.enter(conn, Happening.READY)
                return True
            case Arrived.END:
                keeper.registry.close(conn)
                return False
            case Arrived.PART:
                if not _wait_and_fill(conn, until - time.monotonic()):
                    _give_back(keeper, conn)
                    return False


def _wait_and_fill(conn: Connection, seconds: float) -> bool:
    if not conn.stream.wanted and not wait_until_ready(conn.fileno(), READ, seconds):
        return False
    try:
        conn.fill()
    except BlockingIOError:
        return False  # woken without need: let the loop wait
    return True


def _give_back(keeper: Keeper, conn: Connection) -> None:
    """Let the loop wait for the rest of the input that the thread has begun to await."""
    if conn.exchange is not None or conn.core.receiving_head:
        keeper.await_more(conn)
    else:
        keeper.registry.enter(conn, Happening.NEXT)
        keeper.settler.await_next(conn)
