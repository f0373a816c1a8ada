"""The logs of the command line: a line for each request, to a file or to standard error, by way of `logging`."""

import logging
import os
import sys
from typing import Final, TextIO

from pyhttp.command.values import LogFormat
from pyhttp.transport.access_file import FORMATS
from pyhttp.transport.access_log import AccessEntry, AccessLog, write_line

__all__ = ["access_log", "set_up"]

_ACCESS: Final = logging.getLogger("pyhttp.access")
_ERROR: Final = logging.getLogger("pyhttp.error")
_COLOURS: Final = {2: "32", 3: "36", 4: "33", 5: "31"}
"""The colour of a status by its first digit, from the terminal's own palette: readable on light and dark alike."""


class _Stream(logging.StreamHandler[TextIO]):
    """A handler for standard error; it drops a line that cannot be written, as there is no other place (O3)."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - its name in `logging`
        """Do nothing: the inherited method would try to write a traceback to the same stream."""


def set_up(*, quiet: bool, verbose: bool) -> None:
    """Send errors and access lines to standard error, and to no other place.

    Args:
        quiet: Whether access lines are dropped.
        verbose: Whether faults of clients are logged as well, with the reason for each answer to an error.
    """
    access = _Stream(sys.stderr)
    _direct(_ACCESS, access, logging.WARNING if quiet else logging.INFO)
    errors = _Stream(sys.stderr)
    errors.setFormatter(logging.Formatter("pyhttp: %(message)s"))
    # A client's fault has its access line.
    _direct(_ERROR, errors, logging.INFO if verbose else logging.WARNING)


def _direct(logger: logging.Logger, handler: logging.Handler, level: int) -> None:
    logger.handlers[:] = [handler]
    logger.disabled = False  # a loaded application may have set up `logging` for itself alone
    logger.setLevel(level)
    logger.propagate = False


def access_log(log_format: LogFormat, longest: int) -> AccessLog:
    """A function that writes an entry as a line of the logger "pyhttp.access", of at most `longest` characters.

    Statuses have colours on a terminal only.
    """
    formatted = FORMATS[log_format.value]
    coloured = log_format is not LogFormat.JSON and sys.stderr.isatty() and not os.environ.get("NO_COLOR")

    def log(entry: AccessEntry) -> None:
        if _ACCESS.isEnabledFor(logging.INFO):
            line = formatted(entry, longest)
            write_line(_ACCESS, _paint(line, entry.status) if coloured else line)

    return log


def _paint(line: str, status: int) -> str:
    """The line with its status in colour, behind the first `"` and a space: a client's `"` is escaped."""
    colour = _COLOURS.get(status // 100)
    return line.replace(f'" {status} ', f'" \x1b[{colour}m{status}\x1b[0m ', 1) if colour else line
