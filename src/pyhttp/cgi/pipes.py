"""RFC 3875 §6.1: the output of a running script, read without waiting, and its errors, which are logged.

The code that serves the connection watches the descriptors: output, standard error and the script's own end.
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
"""The capacity of a pipe."""
_DROPPED_AT_ONCE: Final = 16
_LOOK: Final = 0.02
"""Seconds between two looks where the system does not report the end of a process."""


class ScriptPipes:
    """A reader of a script's output, which also notices the script's end.

    Args:
        process: The script; closed by `close`.
        scripts: The deadlines, and whether the server stops.
        errors: The log for the script's standard error.

    Attributes:
        status: The exit status of the script, negative for a signal; None while it runs.
        heard: The time of its last output, or of its start, on the monotonic clock.
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
        """The descriptors that become readable when there is something to read, or to notice."""
        process = self._process
        found = [] if self._at_end else [process.output]
        if not self._errors_end:
            found.append(process.errors)
        return (*found, *self.exit())

    def exit(self) -> tuple[int, ...]:
        """The descriptor that becomes readable when the script ends; none after that, or if the system has none."""
        exit_ = self._process.exit
        return () if exit_ is None or self.status is not None else (exit_,)

    def due(self) -> float:
        """The time at which to read even if no descriptor is readable."""
        if self.status is None:
            return math.inf if self._process.exit is not None else time.monotonic() + _LOOK
        return math.inf if self._at_end else self._end_of_silence()

    def has_ended(self) -> bool:
        """Whether the script has ended; other processes may still hold its pipes."""
        if self.status is None and (status := self._process.ended()) is not None:
            self.status = status
            self._ended_at = time.monotonic()
        return self.status is not None

    def read(self) -> bytes | None:
        """The next octets of output; None where there are none now, ``b""`` at their end.

        Output ends with its pipe; or after the script's end, when other processes hold the pipe and have been silent
        for `script_kill` seconds.
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
        """Read a bounded amount of the output that is there, and forget it."""
        for _ in range(_DROPPED_AT_ONCE):
            if not self.read():
                return

    def close(self, patience: float = 0.0) -> None:
        """End the script, if it has not ended, and release all resources; harmless when called twice.

        Where the script has ended, other processes may be about to release its pipes: they have their time of silence
        for it.

        Args:
            patience: Seconds in which the script may still end by itself.
        """
        if self._closed:
            return
        self._closed = True
        if self.has_ended():
            self.drop()  # this finds the end of the pipe
            patience = max(patience, self._end_of_silence() - time.monotonic())
        self._read_errors()  # one read empties a pipe
        self._errors.end()
        self._process.close(patience, released=self._released and self._errors_end)

    def _end_of_silence(self) -> float:
        """The time until which output of processes other than the script counts."""
        return max(self.heard, self._ended_at) + (0.0 if self._scripts.stopping else self._scripts.timeouts.script_kill)

    def _notice(self) -> None:
        """Log the octets in the error pipe, and check whether the script has ended."""
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
