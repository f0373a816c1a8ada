"""A process that serves, as the one that has started it sees it."""

import contextlib
import os
import pickle
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Final

from pyhttp.servers.child import CLOSED, END, LEAVE, READY, SIGNALS, STOP
from pyhttp.transport.shared import NONE, Seats

__all__ = ["Process"]

_BOOT: Final = (
    "import pickle, sys; source = open(int(sys.argv.pop(1)), 'rb'); sys.path[:] = pickle.load(source);"
    " from pyhttp.servers.child import work; work(source)"
)
_OVER: Final = 1.0
"""Seconds that a process may take beyond its grace period."""
_AT_ONCE: Final = 1.0
"""Seconds that it may take to end its scripts."""


class Process:
    """A running process of ours: a fresh interpreter, since a copy of one with threads is none that can be relied on.

    Its standard input is its life line, which ends with us however we end.

    Args:
        plan: What it serves.
        sockets: The listeners it serves.
        seats: Where all tell how many clients they have.
        grace: Seconds that its exchanges may take, once it is to stop.

    Attributes:
        descriptor: Readable when it has said something, or has ended.
        began: When, on the monotonic clock.
        is_ready: Whether it serves, or has served.
        is_asked: Whether it was told to end.
        is_closed: Whether it lets nobody in any more.
        kill_at: When it is ended by force.

    Raises:
        OSError: It cannot be started.
    """

    descriptor: int

    def __init__(self, plan: bytes, sockets: Sequence[socket.socket], seats: Seats, grace: float) -> None:
        self._grace = grace
        self.began: float = time.monotonic()
        self.is_ready: bool = False
        self.is_asked: bool = False
        self.is_closed: bool = False
        self.kill_at: float = float("inf")
        with contextlib.ExitStack() as theirs, contextlib.ExitStack() as undo:
            self.descriptor, report = os.pipe()
            theirs.callback(os.close, report)
            undo.callback(os.close, self.descriptor)
            source, ours = os.pipe()
            theirs.callback(os.close, source)
            undo.callback(os.close, ours)
            self._seats, self._seat = seats, seats.take()
            undo.callback(seats.give_back, self._seat)
            listeners = [each.fileno() for each in sockets]
            self._popen = _start([source, report, seats.memory, *listeners], self._seat)
            undo.pop_all()
        # One that has ended already reads nothing; that it has ended will be heard.
        with contextlib.suppress(BrokenPipeError), open(ours, "wb") as pipe:
            pipe.write(pickle.dumps(sys.path) + plan)

    @property
    def pid(self) -> int:
        """Its number."""
        return self._popen.pid

    def hear(self) -> bool:
        """Note what it has said; False when it has ended."""
        words = os.read(self.descriptor, 16)
        self.is_ready |= READY in words
        self.is_closed |= CLOSED in words
        return bool(words)

    def leave(self) -> None:
        """Have it let nobody in any more and end, when those who are connected have had time for one more request."""
        self._end_within(self._grace + _OVER)
        self._write(LEAVE)

    def stop(self) -> None:
        """Have it stop as a server does that is closed."""
        self._end_within(self._grace + _OVER)
        self._write(STOP)

    def end(self) -> None:
        """Have it end now, and its scripts; from a signal handler, too."""
        self._end_within(_AT_ONCE)
        self._write(END)

    def end_late(self, now: float) -> None:
        """End it by force, if it is time."""
        if now >= self.kill_at:
            self._popen.kill()

    def _end_within(self, seconds: float) -> None:
        self.is_asked = True
        self.kill_at = min(self.kill_at, time.monotonic() + seconds)

    def _write(self, word: bytes) -> None:
        # As above.
        with contextlib.suppress(BrokenPipeError):
            if self._popen.stdin is not None:
                os.write(self._popen.stdin.fileno(), word)

    def reap(self) -> str:
        """Take note of its end, which has been heard of or is forced now: how it ended, in words."""
        try:
            status = self._popen.wait(_OVER)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            status = self._popen.wait()
        if self._popen.stdin is not None:
            self._popen.stdin.close()
        os.close(self.descriptor)
        self._seats.give_back(self._seat)
        return f"by {signal.Signals(-status).name}" if status < 0 else f"with exit status {status}"


def _start(passed: Sequence[int], seat: int) -> "subprocess.Popen[bytes]":
    source, report, memory, *listeners = passed
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)  # a child begins with our mask
    try:
        # -P: what lies in the working directory, which may be the one that is served, is no module of ours
        return subprocess.Popen(  # noqa: S603 - this very interpreter
            [sys.executable, "-P", "-c", _BOOT, *map(str, (source, report, memory, seat, *listeners))],
            bufsize=0,
            stdin=subprocess.PIPE,
            pass_fds=[each for each in passed if each != NONE],
        )
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
