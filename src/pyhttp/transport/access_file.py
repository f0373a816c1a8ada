"""An access log in a file, without `logging`: one write for each line (safety lines O1, O3)."""

import os
from collections.abc import Callable, Mapping
from typing import Final, Literal

from pyhttp.arguments import check_type
from pyhttp.limits import Limits
from pyhttp.transport.access_log import WARNING, AccessEntry, combined_format, common_format, json_format, loggers

__all__ = ["FORMATS", "AccessFile", "Format"]

Format = Callable[[AccessEntry, int], str]
"""A function that writes the line of an entry, without its end, with at most so many characters."""

FORMATS: Final[Mapping[str, Format]] = {
    "common": common_format,
    "combined": combined_format,
    "json": json_format,
}
"""The formats that have a name."""
_LONGEST: Final = Limits().log_line


class AccessFile:
    """An access log: it appends a line for each entry to a file; `reopen` opens the file anew after it was moved away.

    Each line is one write to a descriptor in append mode. It needs no lock among threads and processes, and none of the
    forty calls that a line takes through `logging`.

    Args:
        path: The path of the file, which is created if needed.
        log_format: "common", "combined" or "json"; or a function from an entry and the largest number of characters to
            a line.
        longest: That number.

    Raises:
        OSError: The file cannot be opened.
        TypeError, ValueError: `log_format` is none of these.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        log_format: Literal["common", "combined", "json"] | Format = "common",
        *,
        longest: int = _LONGEST,
    ) -> None:
        self._path = os.fspath(path)
        self._formatted = _format(log_format)
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
        error_log, _ = loggers()
        error_log.log(WARNING, "cannot write the access log %s: %s", self._path, error)

    def close(self) -> None:
        """Close the file; no line may follow."""
        os.close(self._descriptor)


def _format(log_format: str | Format) -> Format:
    if not isinstance(log_format, str):
        if not callable(log_format):
            check_type("log_format", log_format, str, hint="or a function from an entry and a number to a line")
        return log_format
    if log_format not in FORMATS:
        raise ValueError(f"log_format: {', '.join(FORMATS)} or a function, not {log_format!r}")
    return FORMATS[log_format]
