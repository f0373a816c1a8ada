"""RFC 3875 §3.4: a script's standard error, line by line into the operator's log, bounded (safety lines D19, O2)."""

import re
from collections.abc import Callable
from typing import Final

from pyhttp.errors import HTTPError
from pyhttp.limits import Limits

__all__ = ["ErrorLog", "safe"]

_UNSAFE: Final = re.compile(r"[\x00-\x08\x0a-\x1f\\\x7f-\x9f]")


class ErrorLog:
    """Takes bytes, logs lines, each with the script's name before it.

    Args:
        log: Takes one line.
        name: SCRIPT_NAME.
        limits: `script_stderr` bytes are logged at most, in lines of `log_line`.
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
        # A line without end is not waited for beyond what would be shown of it; the rest of it is another line.
        if len(self._line) >= self._longest:
            self.end()
        if self._left == 0:
            self.end()
            self.say("more on its standard error is not logged")

    def end(self) -> None:
        """No more will come: log the line that was begun."""
        line, self._line = self._line, b""
        if line:
            self._write(line)

    def say(self, text: str) -> None:
        """Log a remark of the server about the script, which may quote it."""
        self._log(f"{safe(self._name)}: {safe(text)}")

    def say_ended(self, status: int) -> None:
        """Log how the script ended: its exit status, or the number of a signal, negative."""
        self.say(f"ended by signal {-status}" if status < 0 else f"exit status {status}")

    def blame(self, error: HTTPError) -> None:
        """Log what the script did wrong, for whoever wrote it; the client learns a status at most."""
        if error.status >= 500:
            self.say(error.detail)

    def _write(self, line: bytes) -> None:
        for start in range(0, len(line), self._longest):
            piece = line[start : start + self._longest].removesuffix(b"\r")
            self.say(piece.decode("utf-8", "backslashreplace"))


def safe(text: str) -> str:
    r"""Controls and ``\`` as ``\xNN``: no text of a program starts a line of its own, or moves a terminal's cursor."""
    return _UNSAFE.sub(lambda found: f"\\x{ord(found.group()):02x}", text)
