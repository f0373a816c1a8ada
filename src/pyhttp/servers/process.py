"""A process that serves, as its parent sees it."""

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
"""Seconds that a process may take to end its scripts."""


class Process:
    """A running child process: a fresh interpreter, since a copy of one with threads is not reliable.

    Its standard input is its life line, which ends with the parent, whatever ends that.

    Args:
        plan: The plan of its server.
        sockets: The listeners that it serves.
        seats: The shared memory with the number of clients of each process.
        grace: Seconds that its exchanges may take after a request to stop.

    Attributes:
        descriptor: Readable when the process has sent a word, or has ended.
        began: The time of its start, on the monotonic clock.
        is_ready: Whether it serves, or has served.
        is_asked: Whether it was told to end.
        is_closed: Whether it accepts no clients any more.
        kill_at: The time at which it is ended by force.

    Raises:
        OSError: The process cannot be started.
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
        # A process that has ended already reads nothing; its end will be noticed.
        with contextlib.suppress(BrokenPipeError), open(ours, "wb") as pipe:
            pipe.write(pickle.dumps(sys.path) + plan)

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._popen.pid

    def hear(self) -> bool:
        """Read its words; False when it has ended."""
        words = os.read(self.descriptor, 16)
        self.is_ready |= READY in words
        self.is_closed |= CLOSED in words
        return bool(words)

    def leave(self) -> None:
        """Tell it to accept no clients any more, and to end after its clients had time for one more request."""
        self._end_within(self._grace + _OVER)
        self._write(LEAVE)

    def stop(self) -> None:
        """Tell it to stop like a server that is closed."""
        self._end_within(self._grace + _OVER)
        self._write(STOP)

    def end(self) -> None:
        """Tell it to end now, and to end its scripts; this also works from a signal handler."""
        self._end_within(_AT_ONCE)
        self._write(END)

    def end_late(self, now: float) -> None:
        """End the process by force, if it is time."""
        if now >= self.kill_at:
            self._popen.kill()

    def _end_within(self, seconds: float) -> None:
        self.is_asked = True
        self.kill_at = min(self.kill_at, time.monotonic() + seconds)

    def _write(self, word: bytes) -> None:
        # A process that has ended already reads nothing.
        with contextlib.suppress(BrokenPipeError):
            if self._popen.stdin is not None:
                os.write(self._popen.stdin.fileno(), word)

    def reap(self) -> str:
        """Wait for its end, which was noticed or is forced now; returns the way it ended, in words."""
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
        # -P: files in the working directory, which may be the served one, are no modules of ours
        return subprocess.Popen(  # noqa: S603 - the same interpreter
            [sys.executable, "-P", "-c", _BOOT, *map(str, (source, report, memory, seat, *listeners))],
            bufsize=0,
            stdin=subprocess.PIPE,
            pass_fds=[each for each in passed if each != NONE],
        )
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
