"""RFC 3875 §6.1: what a running script says, read without waiting, and logged where it is an error.

Whoever serves the connection watches the descriptors: output, standard error and the script's own end.
"""

import math
import os
import time
from typing import Final

from pyhttp.cgi.error_log import ErrorLog
from pyhttp.cgi.process import Process
from pyhttp.cgi.running import RunningScripts

__all__ = ["PIECE", "ScriptPipes"]

PIECE: Final = 64 * 1024
"""What a pipe holds."""
_DROPPED_AT_ONCE: Final = 16
_LOOK: Final = 0.02
"""Seconds between looks where the system does not tell the end of a process."""


class ScriptPipes:
    """Reads a script's output, and notices its end.

    Args:
        process: The script; closed by `close`.
        scripts: Deadlines, and whether the server stops.
        errors: Takes its standard error.

    Attributes:
        status: How the script ended, negative for a signal; None while it runs.
        heard: When it last said something, or was started, on the monotonic clock.
    """

    def __init__(self, process: Process, scripts: RunningScripts, errors: ErrorLog) -> None:
        self._process = process
        self._scripts = scripts
        self._errors = errors
        self._errors_end = False
        self._at_end = False
        self._released = False
        self._ended_at = math.inf
        self._closed = False
        self.status: int | None = None
        self.heard: float = time.monotonic()

    def watched(self) -> tuple[int, ...]:
        """What becomes readable when there is something to read, or to notice."""
        process = self._process
        found = [] if self._at_end else [process.output]
        if not self._errors_end:
            found.append(process.errors)
        return (*found, *self.exit())

    def exit(self) -> tuple[int, ...]:
        """What becomes readable when the script ends; nothing where it has ended, or the system does not tell."""
        exit_ = self._process.exit
        return () if exit_ is None or self.status is not None else (exit_,)

    def due(self) -> float:
        """When to read even if nothing is readable."""
        if self.status is None:
            return math.inf if self._process.exit is not None else time.monotonic() + _LOOK
        return math.inf if self._at_end else self._end_of_silence()

    def has_ended(self) -> bool:
        """Whether the script has ended; others may still hold its pipes."""
        if self.status is None and (status := self._process.ended()) is not None:
            self.status = status
            self._ended_at = time.monotonic()
        return self.status is not None

    def read(self) -> bytes | None:
        """The next octets of output; None where there are none now, ``b""`` at their end.

        Output ends with its pipe, or where the script has gone and others that hold the pipe have been silent for
        `script_kill` seconds.
        """
        if self._at_end:
            self._notice()
            return b""
        try:
            data = os.read(self._process.output, PIECE)
        except BlockingIOError:
            self._notice()
            self._at_end = self.status is not None and time.monotonic() >= self._end_of_silence()
            return b"" if self._at_end else None
        if data:
            self.heard = time.monotonic()
        else:
            self._at_end = self._released = True
            self._notice()
        return data

    def drop(self) -> None:
        """Read what is there, but a bounded amount of it, and forget it."""
        for _ in range(_DROPPED_AT_ONCE):
            if not self.read():
                return

    def close(self, patience: float = 0.0) -> None:
        """End the script, if it has not ended, and give everything back; harmless when called twice.

        Where it has ended, others may be about to let go of its pipes: they have their time of silence for it.

        Args:
            patience: Seconds in which it may still end by itself.
        """
        if self._closed:
            return
        self._closed = True
        if self.has_ended():
            self.drop()  # so that the end of the pipe is seen
            patience = max(patience, self._end_of_silence() - time.monotonic())
        self._read_errors()  # what a pipe holds is read in one piece
        self._errors.end()
        self._process.close(patience, released=self._released and self._errors_end)

    def _end_of_silence(self) -> float:
        """Until when others than the script are listened to."""
        return max(self.heard, self._ended_at) + (0.0 if self._scripts.stopping else self._scripts.timeouts.script_kill)

    def _notice(self) -> None:
        """Log what stands in the error pipe, and see whether the script has ended."""
        self._read_errors()
        self.has_ended()

    def _read_errors(self) -> None:
        if self._errors_end:
            return
        try:
            data = os.read(self._process.errors, PIECE)
        except BlockingIOError:
            return
        if data:
            self._errors.receive(data)
        else:
            self._errors_end = True
