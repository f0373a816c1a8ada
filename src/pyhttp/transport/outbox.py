"""What is to be sent and has not been: segments in memory, then the rest of a file (RFC 9112 §6.3, one response).

Writing never blocks here: the caller decides whether to wait for the socket, or to leave that to the loop.
"""

import errno
import os
from collections import deque
from typing import Final

from pyhttp.messages import FileSlice

__all__ = ["FileTruncatedError", "Outbox"]

_SEGMENTS_AT_ONCE: Final = 64
_COPY: Final = 64 * 1024


class FileTruncatedError(Exception):
    """A file has fewer bytes than were announced; the response cannot be completed (safety line W2)."""


class Outbox:
    """The unsent rest of one connection's output.

    Attributes:
        sent: Bytes that have left so far, over the life of the connection.
    """

    __slots__ = ("_file", "_left", "_offset", "_segments", "sent")

    def __init__(self) -> None:
        self._segments: deque[bytes | memoryview] = deque()
        self._file: FileSlice | None = None
        self._offset = 0
        self._left = 0
        self.sent: int = 0

    def __bool__(self) -> bool:
        """Whether anything is unsent."""
        return bool(self._segments) or self._file is not None

    @property
    def unsent(self) -> int:
        """Bytes that have yet to leave."""
        return sum(map(len, self._segments)) + (self._left if self._file is not None else 0)

    def add(self, data: bytes) -> None:
        """Queue `data` behind what is there; not behind a file."""
        if data:
            self._segments.append(data)

    def add_file(self, part: FileSlice) -> None:
        """Queue the rest of a file behind the segments; the outbox closes it in every outcome."""
        self._file = part
        self._offset, self._left = part.offset, part.length

    def flush(self, fd: int, budget: int) -> int:
        """Send without waiting, until empty, until the socket is full, or until `budget` bytes have left.

        Returns:
            The bytes that left; 0 where the socket took none.

        Raises:
            FileTruncatedError: The file ended early.
            OSError: The connection failed.
        """
        before = self.sent
        try:
            while (spent := self.sent - before) < budget:
                if self._segments:
                    self.sent += self._write_segments(fd)
                elif self._file is not None:
                    self.sent += self._write_file(fd, self._file, budget - spent)
                else:
                    break
        except BlockingIOError:
            pass  # the socket is full: the caller waits for it
        return self.sent - before

    def discard(self) -> None:
        """Forget what is unsent and close the file."""
        self._segments.clear()
        self._close_file()

    def _write_segments(self, fd: int) -> int:
        segments = self._segments
        if len(segments) == 1:
            written = os.write(fd, segments[0])
        else:
            written = os.writev(fd, [segments[i] for i in range(min(len(segments), _SEGMENTS_AT_ONCE))])
        left = written
        while segments and left >= len(segments[0]):
            left -= len(segments.popleft())
        if left:
            segments[0] = memoryview(segments[0])[left:]
        return written

    def _write_file(self, fd: int, part: FileSlice, budget: int) -> int:
        source = part.file.fileno()
        amount = min(self._left, budget)
        try:
            written = os.sendfile(fd, source, self._offset, amount)
        except OSError as error:
            # Some file systems cannot be sent from (EINVAL, ENOSYS); reading and writing does the same.
            if error.errno not in {errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP}:
                raise
            written = os.write(fd, data) if (data := os.pread(source, min(amount, _COPY), self._offset)) else 0
        if written == 0:
            raise FileTruncatedError(f"a file ended {self._left} bytes before its announced length")
        self._offset += written
        self._left -= written
        if self._left == 0:
            self._close_file()
        return written

    def _close_file(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
