"""RFC 9110 §6.4: a request's content as a readable binary stream, framing removed, memory bounded."""

import io
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

__all__ = ["ContentSource", "ContentStream"]

_LARGE: Final = 16 * 1024
"""The number of octets of a buffer from which a read of the socket straight into it pays."""


class ContentSource(Protocol):
    """The source of the octets, such as an Exchange."""

    def read_content(self) -> bytes:
        """The next octets, waiting for them; ``b""`` at the end."""
        ...

    def read_content_into(self, buffer: memoryview) -> int:
        """Read the next octets into `buffer`; returns their number, or 0 where `read_content` has to be asked."""
        ...


class ContentStream(io.RawIOBase):
    """The content of one request. `read(n)` returns as soon as there are some octets, and ``b""`` at the end.

    Reads raise an `HTTPError` where the content is malformed, incomplete, too large or too slow: content that ended
    early never looks complete (safety line F10).
    """

    def __init__(self, source: ContentSource) -> None:
        super().__init__()
        self._source = source
        self._piece = memoryview(b"")

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        """Read some octets into `buffer`; 0 at the end."""
        target = memoryview(buffer).cast("B")
        if not self._piece:
            # Octets that the system copies into `buffer` itself need no memory, and no second copy.
            if len(target) >= _LARGE and (count := self._source.read_content_into(target)):
                return count
            self._piece = memoryview(self._source.read_content())
        count = min(len(target), len(self._piece))
        target[:count] = self._piece[:count]
        self._piece = self._piece[count:]
        return count
