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
from pyhttp.errors import Disconnected, GatewayTimeout

__all__ = ["ScriptPipes"]

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
        self._at_end = False
        self._closed = False

    def read(self, deadline: float) -> bytes:
        """The next octets of output, as soon as there are some; ``b""`` at its end.

        Output ends with its pipe, or where the script has gone and others that hold the pipe have been silent for
        `script_kill` seconds.

        Args:
            deadline: On the monotonic clock.

        Raises:
            GatewayTimeout: It has passed.
            Disconnected: The client has left.
        """
        while not self._at_end:
            until = deadline
            if self._left is not None:
                patience = 0.0 if self._scripts.stopping else self._scripts.timeouts.script_kill
                until = min(deadline, self._left + patience)
            if time.monotonic() >= until:
                if self._left is not None:
                    break
                raise GatewayTimeout("a script was silent for too long")
            piece = self._turn(until)
            if piece is not None:
                return piece
        return b""

    def finish(self) -> int | None:
        """Wait for the script's own end, `script_kill` seconds at most, and drop what else it says.

        Returns:
            How it ended, negative for a signal; None where it has not.
        """
        if self._closed:
            return self._process.ended()
        if self._client is not None:  # it may have all it came for
            self._poll.unregister(self._client)
            self._client = None
        until = time.monotonic() + self._scripts.timeouts.script_kill
        while self._left is None and not (self._at_end and self._process.exit is None):
            if time.monotonic() >= until:
                break
            self._turn(until)
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

    def _turn(self, until: float) -> bytes | None:
        """Wait once: the output that came, ``b""`` for its end, None where something else came or the time is over."""
        seconds = max(0.0, until - time.monotonic())
        ready = {descriptor for descriptor, _ in self._poll.poll(min(math.ceil(seconds * 1000), _LONGEST))}
        if self._client in ready:
            raise Disconnected("the client has left while a script ran")
        if self._process.errors in ready:
            self._read_errors()
        if self._process.exit is not None and self._process.exit in ready:
            self._poll.unregister(self._process.exit)
            self._left = time.monotonic()
        return self._read_output() if self._process.output in ready else None

    def _read_output(self) -> bytes:
        data = os.read(self._process.output, PIECE)
        if not data:
            self._poll.unregister(self._process.output)
            self._at_end = True
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
