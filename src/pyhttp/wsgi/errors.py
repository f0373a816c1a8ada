"""PEP 3333, "Input and Error Streams": the lines that an application writes to `wsgi.errors` go into the log."""

import contextlib
import threading
from collections.abc import Iterable

from pyhttp.log_escaping import in_line
from pyhttp.transport.access_log import WARNING, ErrorLog, loggers

__all__ = ["ErrorLines"]


class _Begun(threading.local):
    """The text of an unfinished line that the calling thread has written."""

    text: str = ""


class ErrorLines:
    """A text stream to write to, for any thread: each line becomes a warning of the logger "pyhttp.error"."""

    __slots__ = ("_begun", "_log")

    def __init__(self) -> None:
        self._log: ErrorLog = loggers()[0]
        self._begun = _Begun()

    def write(self, text: str, /) -> int:
        """Log the lines that `text` completes, and keep the rest for the next call."""
        *lines, self._begun.text = (self._begun.text + text).split("\n")
        for line in lines:
            self._tell(line)
        return len(text)

    def writelines(self, texts: Iterable[str], /) -> None:
        """Write each of `texts`."""
        for text in texts:
            self.write(text)

    def flush(self) -> None:
        """Log a line that has no end yet."""
        line, self._begun.text = self._begun.text, ""
        if line:
            self._tell(line)

    def _tell(self, line: str) -> None:
        # The line may hold text from a client (safety line O2); a failing sink must not fail a request (O3).
        with contextlib.suppress(Exception):
            self._log.log(WARNING, "%s", in_line(line))
