"""The standard streams of the command: each is there, and one that cannot be written ends no server."""

import contextlib
import io
import os
import sys
from typing import Final, TextIO

__all__ = ["claim", "complain", "say", "settle"]

_MODES: Final = (os.O_RDONLY, os.O_RDONLY, os.O_WRONLY)
"""How the null device stands for each. Output that was closed is missed where something is said, and that is told on
standard error; nobody is left to miss that one."""


def claim() -> None:
    """Open on the null device what was closed when the process started: before a socket or a file takes its number.

    Names that do not fit a terminal's encoding are shown in escapes from here on.
    """
    for number, mode in enumerate(_MODES):
        try:
            os.fstat(number)
        except OSError:  # it is the lowest one free, and so the one that is opened next
            os.set_inheritable(os.open(os.devnull, mode), True)  # as the standard streams are
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
        OSError: It cannot be written: a full disk, a pipe without a reader, or closed when the process started.
    """
    sys.stdout.write(text)
    sys.stdout.flush()


def complain(text: str) -> None:
    """Write one line of ours to standard error; where that is not possible, there is nobody left to tell."""
    with contextlib.suppress(OSError):
        sys.stderr.write(f"pyhttp: {text}\n")
        sys.stderr.flush()


def settle() -> None:
    """At the end: give up what could not be written, else the interpreter meets it again and changes the exit code."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, stream.fileno())
            os.close(null)
