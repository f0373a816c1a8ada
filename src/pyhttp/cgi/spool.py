"""RFC 3875 §4.2: a request's content, received whole before the script starts.

So CONTENT_LENGTH is exact whatever the framing was (3875-4.2-5a), a slow upload holds no process, and the script's
standard input is a file: it may be read early, late, in part or never, and nobody can wait for anybody.
"""

import io
import os
import threading
from typing import Final, Protocol

from pyhttp.errors import Unavailable
from pyhttp.limits import Limits

__all__ = ["Budget", "ContentReader", "Spool", "SpoolFull"]

PIECE: Final = 64 * 1024


class ContentReader(Protocol):
    """What is asked of a request's content."""

    def read(self, size: int, /) -> bytes | None:
        """Up to `size` octets, waiting for some; ``b""`` at the end.

        Raises:
            HTTPError: The content is malformed, incomplete, too large or too slow.
        """
        ...


class SpoolFull(Unavailable):
    """503 and closed: there is no room for more content of requests (safety line D22)."""

    must_close = True


class Budget:
    """Bytes that all spools of a server may hold at once (safety line D22).

    Args:
        size: How many.
    """

    __slots__ = ("_left", "_lock")

    def __init__(self, size: int) -> None:
        self._left = size
        self._lock = threading.Lock()

    def take(self, count: int) -> None:
        """Count `count` bytes in.

        Raises:
            SpoolFull: They are too many.
        """
        with self._lock:
            if count > self._left:
                raise SpoolFull("no room to spool the content of another request")
            self._left -= count

    def give(self, count: int) -> None:
        """Count `count` bytes out."""
        with self._lock:
            self._left += count


class Spool:
    """The content of one request: in memory up to a size, beyond it in a temporary file without a name.

    Constructing one receives the content.

    Args:
        content: Where it comes from; None where there is none.
        limits: `spool_memory` is the size.
        budget: What it counts against until it is closed.

    Attributes:
        length: Octets of content.

    Raises:
        HTTPError: As `content` raises.
        SpoolFull: There is no room.
    """

    __slots__ = ("_budget", "_file", "length")

    def __init__(self, content: ContentReader | None, limits: Limits, budget: Budget) -> None:
        self._budget = budget
        self._file: io.FileIO | None = None
        self.length: int = 0
        try:
            while content is not None and (data := content.read(PIECE)):
                budget.take(len(data))
                self.length += len(data)
                self._add(data, limits.spool_memory)
        except BaseException:
            self.close()
            raise

    def descriptor(self) -> int | None:
        """The content as an open file that stands at its beginning; None where it is empty."""
        if self._file is None:
            return None
        self._file.seek(0)
        return self._file.fileno()

    def close(self) -> None:
        """Give everything back; harmless when called twice."""
        if self._file is not None:
            self._file.close()
        self._budget.give(self.length)
        self.length = 0

    def _add(self, data: bytes, memory: int) -> None:
        """Write `data` where the content, `length` octets with it, belongs."""
        try:
            if self._file is None:
                self._file = _memory_file() if self.length <= memory else _disk_file()
            elif self.length > memory >= self.length - len(data):
                self._file = _moved(self._file)
            _write(self._file, data)
        except OSError as error:  # ENOSPC, EDQUOT, EMFILE: the machine's own limit came first
            raise SpoolFull(f"the content of a request cannot be spooled: {error}") from error


def _memory_file() -> io.FileIO:
    """A file without a name, in memory where the system can."""
    if not hasattr(os, "memfd_create"):
        return _disk_file()
    return io.FileIO(os.memfd_create("pyhttp-content"), "r+b")


def _disk_file() -> io.FileIO:
    """A temporary file without a name, for its owner only (safety line C5)."""
    import tempfile  # noqa: PLC0415 - much to load, for what is seldom needed

    return tempfile.TemporaryFile(buffering=0)


def _moved(file: io.FileIO) -> io.FileIO:
    """A file on disk with the content of `file`, which is closed."""
    with file:
        disk = _disk_file()
        file.seek(0)
        while data := file.read(PIECE):
            _write(disk, data)
    return disk


def _write(file: io.FileIO, data: bytes) -> None:
    """Write all of `data`: a nearly full disk takes a part."""
    left = memoryview(data)
    while left:
        left = left[file.write(left) :]
