"""RFC 3875 §3.4: the lines of a script's standard error, for the operator's log, bounded (safety lines D19, O2)."""

from collections.abc import Callable

from pyhttp.errors import HTTPError
from pyhttp.limits import Limits
from pyhttp.log_escaping import in_line

__all__ = ["ErrorLog"]


class ErrorLog:
    """A sink for bytes that logs them as lines, each with the script's name before it.

    Args:
        log: Logs one line.
        name: The SCRIPT_NAME of the script.
        limits: At most `script_stderr` bytes are logged, in lines of `log_line`.
    """

    __slots__ = ("_left", "_line", "_log", "_longest", "_name")

    def __init__(self, log: Callable[[str], None], name: str, limits: Limits) -> None:
        self._log = log
        self._name = name
        self._longest = limits.log_line
        self._left = limits.script_stderr
        self._line = b""

    def receive(self, data: bytes) -> None:
        """Take the next bytes."""
        if self._left == 0:
            return
        kept = data[: self._left]
        self._left -= len(kept)
        *lines, self._line = (self._line + kept).split(b"\n")
        for line in lines:
            self._write(line)
        # A line without end is logged as soon as it fills a line of the log; the rest of it is another line.
        if len(self._line) >= self._longest:
            self.end()
        if self._left == 0:
            self.end()
            self.say("more on its standard error is not logged")

    def end(self) -> None:
        """Log the line that was begun: no more bytes will come."""
        line, self._line = self._line, b""
        if line:
            self._write(line)

    def say(self, text: str) -> None:
        """Log a remark of the server about the script; it may quote the script."""
        self._log(f"{in_line(self._name)}: {in_line(text)}")

    def say_ended(self, status: int) -> None:
        """Log the end of the script: its exit status, or the number of a signal, negative."""
        self.say(f"ended by signal {-status}" if status < 0 else f"exit status {status}")

    def blame(self, error: HTTPError) -> None:
        """Log the script's fault, for its author; the client learns at most a status."""
        if error.status >= 500:
            self.say(error.detail)

    def _write(self, line: bytes) -> None:
        for start in range(0, len(line), self._longest):
            piece = line[start : start + self._longest].removesuffix(b"\r")
            self.say(piece.decode("utf-8", "backslashreplace"))
