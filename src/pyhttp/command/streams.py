"""The standard streams of the command: all of them exist, and a failure to write ends no server."""

import contextlib
import io
import os
import sys
from typing import Final, TextIO

__all__ = ["claim", "complain", "say", "settle"]

_MODES: Final = (os.O_RDONLY, os.O_RDONLY, os.O_WRONLY)
"""The mode of the null device for each stream. Closed standard output is opened for reading, so that a write fails and
is reported on standard error. A failure of standard error cannot be reported."""


def claim() -> None:
    """Open the null device for each stream that was closed at the start, before a socket or a file gets its number.

    From then on, characters that a terminal's encoding lacks are shown as escapes.
    """
    for number, mode in enumerate(_MODES):
        try:
            os.fstat(number)
        except OSError:  # it is the lowest free number, and so the next one that is used
            os.set_inheritable(os.open(os.devnull, mode), True)  # like the standard streams
    sys.stdout = _writable(sys.stdout, 1)
    sys.stderr = _writable(sys.stderr, 2)


def _writable(stream: TextIO | None, number: int) -> TextIO:
    if stream is None:  # it was closed
        stream = open(number, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - it lasts as long as the process
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")
    return stream


def say(text: str) -> None:
    """Write to standard output, now.

    Raises:
        OSError: The text cannot be written: a full disk, a pipe without a reader, or a stream closed at the start.
    """
    sys.stdout.write(text)
    sys.stdout.flush()


def complain(text: str) -> None:
    """Write one line of ours to standard error; a failure is ignored, since there is no other place to report."""
    with contextlib.suppress(OSError):
        sys.stderr.write(f"pyhttp: {text}\n")
        sys.stderr.flush()


def settle() -> None:
    """Drop unwritten output at the end, else the interpreter tries again and changes the exit code."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, stream.fileno())
            os.close(null)
