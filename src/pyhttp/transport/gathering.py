"""Answers that leave together (RFC 9112 §9): the answers of one round of the loop, one write behind the other.

The program of a client mostly sleeps until its answer comes. To wake it costs more than to answer a request for a file.
Where answers follow each other closely, the program is still awake for the next one. So an answer is kept for up to a
millisecond while other requests wait behind it, and it is sent before the loop waits for anything.

At a long turn, another thread sends what is kept. Where there is none, the system keeps the answers instead: it sends
them by itself after a fifth of a second, whatever the turn does.
"""

import socket
import time
from collections import deque
from collections.abc import Callable
from typing import Final

from pyhttp.transport.client import Connection
from pyhttp.transport.fate import LAST
from pyhttp.transport.stream import Stream

__all__ = ["SYSTEM_KEEPS", "Gathering", "PassedOn"]

SYSTEM_KEEPS: Final = hasattr(socket, "MSG_MORE")
"""Whether the system can keep answers."""
_LONGEST: Final = 0.001
"""The most seconds for which an answer is kept while short turns follow."""
_LONG: Final = 0.004
"""Seconds after which some turn has not been short."""
_WARY: Final = 100
"""Rounds in which answers leave at once after that: a handler that has been slow may soon be slow again."""


class Gathering:
    """The connections whose answers are kept. Each belongs to the thread that takes it out of here.

    Attributes:
        kept: The connections, in the order of their answers.

    Args:
        settle: The function that goes on with a connection, whose answer has been sent as far as its client takes it.
        lose: The function that ends a connection that has failed.
    """

    def __init__(self, settle: Callable[[Connection], None], lose: Callable[[Connection, BaseException], None]) -> None:
        self._settle = settle
        self._lose = lose
        self.kept: deque[Connection] = deque()
        self._since = 0.0

    def add(self, conn: Connection, started: float) -> None:
        """Keep the answer of `conn`; send all answers, where the first of them has been kept for long enough.

        Args:
            conn: A connection of the caller, with an answer in its outbox.
            started: The start of the handling of its request, on the monotonic clock.
        """
        if not self.kept:
            self._since = started
        self.kept.append(conn)
        if time.monotonic() - self._since > _LONGEST:
            self.send()

    def send(self) -> None:
        """Send all kept answers, on any thread; then go on with their connections.

        All are sent before one is gone on with: between two answers, a client's program has no time to fall asleep.
        """
        sent: deque[Connection] = deque()
        while (conn := self.take()) is not None:
            try:
                conn.outbox.send_gathered(conn.stream, conn.fate is LAST)  # its end follows soon
            except OSError as error:
                self._lose(conn, error)
            else:
                sent.append(conn)
        try:
            while sent:
                self._settle(sent.popleft())
        finally:
            self.kept.extend(sent)  # an interrupt came: the end of the loop closes them

    def take(self) -> Connection | None:
        """Take out one connection, now of the caller; None where there is none, or another thread was first."""
        try:
            return self.kept.popleft()
        except IndexError:
            return None


class PassedOn:
    """The answers of one round that the system keeps; their connections have been gone on with."""

    def __init__(self) -> None:
        self._streams: list[Stream] = []
        self._since = 0.0
        self._wary = 0

    def begin(self, at: float) -> bool:
        """Begin a round, at the time `at`; returns whether the system is to keep its answers."""
        if self._wary:
            self._wary -= 1
            return False
        self._since = at
        return True

    def add(self, conn: Connection) -> None:
        """Note that a turn of `conn` has ended; send the answers, if they have been kept for long enough."""
        self._streams.append(conn.stream)
        passed = conn.armed_at - self._since  # less than nothing, where it has not been armed again
        if passed > _LONGEST:
            if passed > _LONG:
                self._wary = _WARY
            self._since = conn.armed_at
            self.send()

    def send(self) -> None:
        """Send the answers; on any thread."""
        try:
            while True:
                self._streams.pop(0).push()
        except IndexError:
            pass  # there are no more, or another thread was first
