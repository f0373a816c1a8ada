"""Where the command line's logs go: a line for each request, and errors, by way of `logging`."""

import io
import logging
import os
import sys
from collections.abc import Callable
from typing import Final, assert_never

from pyhttp.limits import Limits
from pyhttp.options import LogFormat
from pyhttp.transport.access_log import AccessEntry, AccessLog, combined_format, common_format, json_format

__all__ = ["ReopenedFile", "access_log", "formatter", "set_up"]

_ACCESS: Final = logging.getLogger("pyhttp.access")
_ERROR: Final = logging.getLogger("pyhttp.error")
_LONGEST: Final = Limits().log_line
_COLOURS: Final = {2: "32", 3: "36", 4: "33", 5: "31"}
"""Of a status by its first digit, as the terminal's own palette has it: readable on light and dark alike."""


class ReopenedFile(logging.Handler):
    """Appends lines to a file, and opens it anew after `reopen`, so that it can be moved away.

    Raises:
        OSError: The file cannot be opened.
    """

    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path
        self._wanted = False
        self._stream = self._open()

    def _open(self) -> io.TextIOWrapper:
        return open(self._path, "a", encoding="utf-8", errors="backslashreplace", buffering=1)

    def reopen(self) -> None:
        """Have the next line open the file anew; safe in a signal handler, which may have interrupted a line."""
        self._wanted = True

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        try:
            if self._wanted:
                self._wanted = False
                stream, self._stream = self._stream, self._open()
                stream.close()
            self._stream.write(self.format(record) + "\n")
        except (OSError, ValueError) as error:  # a full disk must not fail a request (safety line O3)
            _ERROR.warning("cannot write the access log %s: %s", self._path, error)

    def close(self) -> None:
        """Close the file."""
        self._stream.close()
        super().close()


def set_up(*, quiet: bool, access_file: str) -> ReopenedFile | None:
    """Send errors to standard error, and access lines there or to a file; nothing goes anywhere else.

    Raises:
        OSError: The file cannot be opened.
    """
    file = ReopenedFile(access_file) if access_file else None
    access = file or logging.StreamHandler(sys.stderr)
    access.setFormatter(logging.Formatter("%(message)s"))
    _direct(_ACCESS, access, logging.WARNING if quiet else logging.INFO)
    errors = logging.StreamHandler(sys.stderr)
    errors.setFormatter(logging.Formatter("pyhttp: %(message)s"))
    _direct(_ERROR, errors, logging.WARNING)  # what clients do wrong has its access line
    return file


def _direct(logger: logging.Logger, handler: logging.Handler, level: int) -> None:
    logger.handlers[:] = [handler]
    logger.setLevel(level)
    logger.propagate = False


def access_log(log_format: LogFormat, *, to_file: bool) -> AccessLog:
    """What turns an entry into a line of the logger "pyhttp.access"; statuses have colours on a terminal only."""
    formatted = formatter(log_format)
    coloured = (
        log_format is not LogFormat.JSON and not to_file and sys.stderr.isatty() and not os.environ.get("NO_COLOR")
    )

    def log(entry: AccessEntry) -> None:
        if _ACCESS.isEnabledFor(logging.INFO):
            line = formatted(entry, _LONGEST)
            line = _paint(line, entry.status) if coloured else line
            # `info` would look through the stack for the line of code that calls it, which is always this one.
            _ACCESS.handle(logging.LogRecord(_ACCESS.name, logging.INFO, __file__, 0, line, None, None))

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
    """The status in its colour. It follows the first `"` that a space follows: those of the client are escaped."""
    colour = _COLOURS.get(status // 100)
    return line.replace(f'" {status} ', f'" \x1b[{colour}m{status}\x1b[0m ', 1) if colour else line
