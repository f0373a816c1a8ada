"""RFC 3875 §6.1: what a running script says, awaited under deadlines and logged where it is an error.

One wait watches everything at once - output, standard error, the script's own end, the client's departure - so that
nothing of it is looked for in intervals.
"""

import math
import os
import select
import time
from typing import Final

from pyhttp.cgi.error_log import ErrorLog
from pyhttp.cgi.process import Process
from pyhttp.cgi.scripts import Scripts
from pyhttp.errors import Disconnected

__all__ = ["PIECE", "ScriptPipes"]

PIECE: Final = 64 * 1024
"""What a pipe holds."""
_LONGEST: Final = 2**31 - 1
"""Milliseconds that `poll` takes."""


class ScriptPipes:
    """Reads a script's output, and ends it.

    Args:
        process: The script; closed by `close`.
        scripts: Deadlines, and whether the server stops.
        errors: Takes its standard error.
        client: The client's socket, whose reset or hang-up ends the wait; None where there is none.
    """

    def __init__(self, process: Process, scripts: Scripts, errors: ErrorLog, client: int | None) -> None:
        self._process = process
        self._scripts = scripts
        self._errors = errors
        self._client = client
        self._poll = select.poll()
        self._poll.register(process.output, select.POLLIN)
        self._poll.register(process.errors, select.POLLIN)
        if process.exit is not None:
            self._poll.register(process.exit, select.POLLIN)
        if client is not None:
            # Neither input nor a half-close: a client may shut down its sending side and await the answer.
            self._poll.register(client, 0)
        self._errors_end = False
        self._left: float | None = None
        self._hung_up = False
        self._at_end = False
        self._closed = False

    def read(self, deadline: float) -> bytes | None:
        """The next octets of output, once there are some; ``b""`` at its end, None where the deadline comes first.

        Output ends with its pipe, or where the script has gone and others that hold the pipe have been silent for
        `script_kill` seconds.

        Args:
            deadline: On the monotonic clock.

        Raises:
            Disconnected: The client has left.
        """
        while not self._at_end:
            if self._hung_up:  # nobody writes any more: what is left is there, and needs no wait
                return self._read_output()
            now, end = time.monotonic(), self._end_of_silence()
            if now >= end:
                break
            piece = self._turn(min(deadline, end) - now)
            if piece is not None:
                return piece
            if now >= deadline:
                return None
        return b""

    def ends_within(self, seconds: float) -> bool:
        """Wait so long at most for the script's own end, and for nothing else: its output stays in the pipe.

        Who waits for everything is woken several times within a millisecond by a script that is soon over, which costs
        more than the wait.

        Returns:
            Whether it has ended; False where the system cannot tell.
        """
        if self._left is not None:
            return True
        if self._process.exit is None:
            return False
        only = select.poll()
        only.register(self._process.exit, select.POLLIN)
        return bool(only.poll(_milliseconds(seconds)))

    def finish(self, until: float) -> int | None:
        """Wait for the script's own end, and drop what else it says.

        Args:
            until: How long at most, on the monotonic clock.

        Returns:
            How it ended, negative for a signal; None where it has not.
        """
        if self._closed:
            return self._process.ended()
        if self._client is not None:  # it may have all it came for
            self._poll.unregister(self._client)
            self._client = None
        while self._left is None and not (self._at_end and self._process.exit is None):
            if (seconds := until - time.monotonic()) <= 0:
                break
            self._turn(seconds)
        if self._process.exit is None:
            self._process.wait(max(0.0, until - time.monotonic()))
        return self._process.ended()

    def close(self) -> None:
        """End the script, if it has not ended, and give everything back; harmless when called twice."""
        if self._closed:
            return
        self._closed = True
        if not self._errors_end:
            self._read_errors()  # what a pipe holds is read in one piece
        self._errors.end()
        self._process.close()

    def _end_of_silence(self) -> float:
        """Until when others than the script are listened to; forever while it is there itself."""
        if self._left is None:
            return math.inf
        return self._left + (0.0 if self._scripts.stopping else self._scripts.timeouts.script_kill)

    def _turn(self, seconds: float) -> bytes | None:
        """Wait once: the output that came, ``b""`` for its end, None where something else came or the time is over."""
        ready = dict(self._poll.poll(_milliseconds(seconds)))
        process = self._process
        if self._client in ready:
            raise Disconnected("the client has left while a script ran")
        if process.errors in ready:
            self._read_errors()
        if process.exit in ready:
            self._poll.unregister(process.exit)
            self._left = time.monotonic()
        if process.output not in ready:
            return None
        self._hung_up = bool(ready[process.output] & select.POLLHUP)
        return self._read_output()

    def _read_output(self) -> bytes:
        data = os.read(self._process.output, PIECE)
        if not data:
            self._poll.unregister(self._process.output)
            self._at_end = True
        elif self._left is not None:
            self._left = time.monotonic()
        return data

    def _read_errors(self) -> None:
        """Log what stands in the error pipe."""
        try:
            data = os.read(self._process.errors, PIECE)
        except BlockingIOError:
            return
        self._errors.receive(data)
        if not data:
            self._poll.unregister(self._process.errors)
            self._errors_end = True


def _milliseconds(seconds: float) -> int:
    return min(math.ceil(max(0.0, seconds) * 1000), _LONGEST)
