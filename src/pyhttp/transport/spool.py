"""RFC 9112 §6: a request's content, kept until all of it is here.

It is held in memory up to a size, and beyond that in a temporary file without a name. So a slow upload holds neither a
thread nor a process, and its length is known whatever the framing was.
"""

import io
import os
import threading
from collections import deque
from collections.abc import Callable
from typing import Final

from pyhttp.errors import Unavailable
from pyhttp.limits import Limits

__all__ = ["Budget", "Spool", "SpoolFull"]

_PIECE: Final = 64 * 1024


class SpoolFull(Unavailable):
    """503 and closed: there is no room for more content of requests (safety line D22)."""

    must_close = True


class Budget:
    """The number of bytes that all spools of a server may hold at once (safety line D22).

    Args:
        size: The number of bytes.
    """

    __slots__ = ("_left", "_lock")

    def __init__(self, size: int) -> None:
        self._left = size
        self._lock = threading.Lock()

    def take(self, count: int) -> None:
        """Add `count` bytes to the use.

        Raises:
            SpoolFull: The use would be too large.
        """
        with self._lock:
            if count > self._left:
                raise SpoolFull("no room to keep the content of another request")
            self._left -= count

    def give(self, count: int) -> None:
        """Take `count` bytes from the use."""
        with self._lock:
            self._left += count


class Spool:
    """The content of one request.

    Args:
        limits: `spool_memory` is the size up to which the content is held in memory.
        budget: The budget that the content uses until it is closed.

    Attributes:
        length: The number of octets of content.
    """

    __slots__ = ("_budget", "_file", "_memory", "_pieces", "length")

    def __init__(self, limits: Limits, budget: Budget) -> None:
        self._budget = budget
        self._memory = limits.spool_memory
        self._pieces: deque[bytes] = deque()
        self._file: io.FileIO | None = None
        self.length: int = 0

    def add(self, data: bytes) -> None:
        """Add `data` at the end.

        Raises:
            SpoolFull: There is no room.
        """
        self._budget.take(len(data))
        self.length += len(data)
        self._pieces.append(data)
        if self.length > self._memory:
            self._move(_disk_file)

    def read(self) -> bytes:
        """The next octets, for a reader that reads them once; ``b""`` at the end."""
        if self._file is not None:
            return self._file.read(_PIECE)
        return self._pieces.popleft() if self._pieces else b""

    def rewind(self) -> None:
        """Make `read` begin at the beginning, after all has been added."""
        if self._file is not None:
            self._file.seek(0)

    def descriptor(self) -> int | None:
        """The content as an open file at its beginning; None where it is empty.

        Raises:
            SpoolFull: The system has no room for the file.
        """
        if not self.length:
            return None
        self._move(_memory_file)
        self.rewind()
        return None if self._file is None else self._file.fileno()

    def close(self) -> None:
        """Release all resources; harmless when called twice."""
        self._pieces.clear()
        if self._file is not None:
            self._file.close()
        self._budget.give(self.length)
        self.length = 0

    def _move(self, make: Callable[[], io.FileIO]) -> None:
        """Write the octets in memory into the file."""
        try:
            if self._file is None:
                self._file = make()
            while self._pieces:
                _write(self._file, self._pieces.popleft())
        except OSError as error:  # ENOSPC, EDQUOT, EMFILE: the machine's own limit came first
            raise SpoolFull(f"the content of a request cannot be kept: {error}") from error


def _memory_file() -> io.FileIO:
    """A file without a name, in memory where the system can."""
    if not hasattr(os, "memfd_create"):
        return _disk_file()
    return io.FileIO(os.memfd_create("pyhttp-content"), "r+b")


def _disk_file() -> io.FileIO:
    """A temporary file without a name, for its owner only (safety line C5)."""
    import tempfile  # noqa: PLC0415 - slow to load, and seldom needed

    return tempfile.TemporaryFile(buffering=0)


def _write(file: io.FileIO, data: bytes) -> None:
    """Write all of `data`: a nearly full disk takes a part."""
    left = memoryview(data)
    while left:
        left = left[file.write(left) :]
