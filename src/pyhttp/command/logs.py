"""The logs of the command: a line for each request and for each error, to standard error.

They are written here, without `logging`: loading that takes a thirteenth of the command's start, and a line through it
takes twice as long. So an application's set-up of `logging` does not change them.
"""

import contextlib
import os
import sys
from typing import Final

from pyhttp.command.values import LogFormat
from pyhttp.transport.access_file import FORMATS
from pyhttp.transport.access_log import INFO, WARNING, AccessEntry, AccessLog, log_to

__all__ = ["ErrorLines", "access_log", "set_up"]

_COLOURS: Final = {2: "32", 3: "36", 4: "33", 5: "31"}
"""The colour of a status by its first digit, from the terminal's own palette: readable on light and dark alike."""


def set_up(*, verbose: bool) -> None:
    """Have the errors of servers written to standard error, and to no other place.

    Args:
        verbose: Whether faults of clients are logged as well, with the reason for each answer to an error.
    """
    log_to(ErrorLines(INFO if verbose else WARNING))  # a client's fault has its access line


class ErrorLines:
    """The log for errors, a `pyhttp.transport.access_log.ErrorLog`.

    Args:
        least: The least level of a line that is written, as in `logging`.
    """

    def __init__(self, least: int) -> None:
        self._least = least

    def isEnabledFor(self, level: int, /) -> bool:  # noqa: N802 - its name in `logging`
        """Whether lines of this level are written."""
        return level >= self._least

    def log(self, level: int, msg: str, /, *args: object, exc_info: BaseException | None = None) -> None:
        """Write a line, and a traceback, if its level is high enough."""
        if level >= self._least:
            _write(f"pyhttp: {msg % args if args else msg}{'' if exc_info is None else _trace(exc_info)}")


def _trace(error: BaseException) -> str:
    """The traceback on further lines; the error alone where the system is too short of files to load the module."""
    try:
        from traceback import format_exception  # noqa: PLC0415 - seldom needed

        return "\n" + "".join(format_exception(error)).rstrip("\n")
    except Exception:  # noqa: BLE001 - the line is written in any case
        return f": {error!r}"


def _write(line: str) -> None:
    """Write a line; one that cannot be written is dropped, as there is no other place (O3)."""
    with contextlib.suppress(OSError, ValueError):  # ValueError: the stream has been closed
        sys.stderr.write(line + "\n")
        sys.stderr.flush()


def access_log(log_format: LogFormat, longest: int) -> AccessLog:
    """A function that writes an entry as a line of at most `longest` characters.

    Statuses have colours on a terminal only.
    """
    formatted = FORMATS[log_format.value]
    coloured = log_format is not LogFormat.JSON and sys.stderr.isatty() and not os.environ.get("NO_COLOR")

    def log(entry: AccessEntry) -> None:
        line = formatted(entry, longest)
        _write(_paint(line, entry.status) if coloured else line)

    return log


def _paint(line: str, status: int) -> str:
    """The line with its status in colour, behind the first `"` and a space: a client's `"` is escaped."""
    colour = _COLOURS.get(status // 100)
    return line.replace(f'" {status} ', f'" \x1b[{colour}m{status}\x1b[0m ', 1) if colour else line
