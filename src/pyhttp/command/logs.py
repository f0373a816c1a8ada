"""The logs of the command line: a line for each request, to a file or to standard error, by way of `logging`."""

import logging
import os
import sys
from collections.abc import Callable
from typing import Final, TextIO, assert_never

from pyhttp.command.values import LogFormat
from pyhttp.transport.access_log import AccessEntry, AccessLog, combined_format, common_format, json_format, write_line

__all__ = ["AccessFile", "access_log", "formatter", "set_up"]

_ACCESS: Final = logging.getLogger("pyhttp.access")
_ERROR: Final = logging.getLogger("pyhttp.error")
_COLOURS: Final = {2: "32", 3: "36", 4: "33", 5: "31"}
"""The colour of a status by its first digit, from the terminal's own palette: readable on light and dark alike."""


class AccessFile:
    """An access log: it appends a line for each entry to a file; `reopen` opens the file anew after it was moved away.

    Each line is one write to a descriptor in append mode. It needs no lock among threads and processes, and none of the
    forty calls that a line takes through `logging`.

    Args:
        path: The path of the file, which is created if needed.
        formatted: Makes a line of an entry, with a largest number of characters.
        longest: That number.

    Raises:
        OSError: The file cannot be opened.
    """

    def __init__(self, path: str, formatted: Callable[[AccessEntry, int], str], longest: int) -> None:
        self._path = path
        self._formatted = formatted
        self._longest = longest
        self._descriptor = self._open()

    def _open(self) -> int:
        return os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o666)

    def reopen(self) -> None:
        """Open the file anew; safe in a signal handler, which may have interrupted a line."""
        try:
            new = self._open()
        except OSError as error:  # lines go on into the old file
            self._complain(error)
            return
        # The number stays: another thread may be about to write to it, and must not write into a client's connection.
        os.dup2(new, self._descriptor, inheritable=False)
        os.close(new)

    def __call__(self, entry: AccessEntry) -> None:
        """Append the line of `entry`; a failure is reported to the operator, and fails no request (O3)."""
        data = (self._formatted(entry, self._longest) + "\n").encode("utf-8", "backslashreplace")
        try:
            while (written := os.write(self._descriptor, data)) < len(data):
                data = data[written:]
        except OSError as error:
            self._complain(error)

    def _complain(self, error: OSError) -> None:
        _ERROR.warning("cannot write the access log %s: %s", self._path, error)

    def close(self) -> None:
        """Close the file; no line may follow."""
        os.close(self._descriptor)


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
    access.setFormatter(logging.Formatter("%(message)s"))
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
    formatted = formatter(log_format)
    coloured = log_format is not LogFormat.JSON and sys.stderr.isatty() and not os.environ.get("NO_COLOR")

    def log(entry: AccessEntry) -> None:
        if _ACCESS.isEnabledFor(logging.INFO):
            line = formatted(entry, longest)
            write_line(_ACCESS, _paint(line, entry.status) if coloured else line)

    return log


def formatter(log_format: LogFormat) -> Callable[[AccessEntry, int], str]:
    """The function that writes a line in `log_format`."""
    match log_format:
        case LogFormat.COMMON:
            return common_format
        case LogFormat.COMBINED:
            return combined_format
        case LogFormat.JSON:
            return json_format
        case _:
            assert_never(log_format)


def _paint(line: str, status: int) -> str:
    """The line with its status in colour, behind the first `"` and a space: a client's `"` is escaped."""
    colour = _COLOURS.get(status // 100)
    return line.replace(f'" {status} ', f'" \x1b[{colour}m{status}\x1b[0m ', 1) if colour else line
