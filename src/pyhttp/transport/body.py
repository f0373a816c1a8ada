"""RFC 9110 §6.4: a request's content as a readable binary stream, framing removed, memory bounded."""

import io
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

__all__ = ["ContentSource", "ContentStream"]


class ContentSource(Protocol):
    """Where the octets come from; an Exchange is one."""

    def read_content(self) -> bytes:
        """The next octets, waiting for them; ``b""`` at the end."""
        ...


class ContentStream(io.RawIOBase):
    """The content of one request. `read(n)` returns as soon as there are some octets, and ``b""`` at the end.

    Reads raise an `HTTPError` where the content is malformed, incomplete, too large or too slow: content that ended
    early is never taken for complete (safety line F10).
    """

    def __init__(self, source: ContentSource) -> None:
        super().__init__()
        self._source = source
        self._piece = memoryview(b"")

    def readable(self) -> bool:
        """True."""
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        """Read some octets into `buffer`; 0 at the end."""
        if not self._piece:
            self._piece = memoryview(self._source.read_content())
        target = memoryview(buffer).cast("B")
        count = min(len(target), len(self._piece))
        target[:count] = self._piece[:count]
        self._piece = self._piece[count:]
        return count
