"""The loop's extra work for a feed's connection, which may be silent for a long time.

So the loop has to look for a client that has left, or stopped reading (safety lines D10, L6).
"""

import contextlib
import math
import socket
from typing import Final

from pyhttp.transport.client import Connection
from pyhttp.transport.feed import FeedContent, FeedEnd

__all__ = ["end_feed", "feed_of", "is_too_slow", "next_look", "stays", "watch_out"]

_PROBES: Final = 3


def feed_of(conn: Connection) -> FeedContent | None:
    """The feed that a connection sends, in any phase."""
    exchange = conn.exchange
    answer = None if exchange is None else exchange.answer
    source = None if answer is None else answer.source
    return source if isinstance(source, FeedContent) else None


def end_feed(conn: Connection, reason: FeedEnd) -> None:
    """End the feed, if the connection sends one."""
    feed = feed_of(conn)
    if feed is not None:
        feed.end(reason)


def is_too_slow(conn: Connection) -> bool:
    """Whether the connection sends a feed for which its client is too slow."""
    feed = feed_of(conn)
    return feed is not None and feed.closed == "too slow"


def stays(conn: Connection, now: float) -> bool:
    """Whether the client of a feed is still there and reads, as far as can be known; True for all other clients.

    A client that has ended its side counts as gone once it has received all octets: a browser leaves like this, and no
    sent octet would show whether a client only listens.
    """
    feed = feed_of(conn)
    if feed is None or conn.outbox:
        return True
    if conn.stream.half_closed():
        return False
    if conn.uptake.glance(now):
        return True
    feed.end("too slow")
    return False


def next_look(conn: Connection) -> float:
    """The time at which to ask `stays`, even without an event."""
    return math.inf if feed_of(conn) is None else conn.uptake.next_glance()


def watch_out(sock: socket.socket, seconds: float) -> None:
    """Have the system ask a silent client's host whether it is still there, and fail the connection if not.

    Args:
        sock: The connection; if it is no TCP socket, its client cannot vanish unnoticed.
        seconds: The length of silence before the system asks, and then again while it asks.
    """
    with contextlib.suppress(OSError, AttributeError):  # some systems have other names for it
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, math.ceil(seconds))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, math.ceil(seconds / _PROBES))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, _PROBES)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
