"""RFC 9112 §2.2: octets received and not yet consumed.

Cost: appending and taking are linear in the bytes appended and taken. A segment that arrives in an empty buffer is kept
as it is. It leaves without a copy when it is taken whole, as nearly every request head and every large piece of content
is. Any other bytes go through one bytearray, whose front moves in place.
"""

__all__ = ["ReceiveBuffer"]


class ReceiveBuffer:
    """A queue of bytes that parsers look into at `data[start:]`.

    Parsers read `data` and `start` and change neither. The offsets that they keep are counted from `start`, which
    moves. `data` is empty exactly when no byte is left.
    """

    __slots__ = ("data", "start")

    def __init__(self) -> None:
        self.data: bytes | bytearray = b""
        self.start: int = 0

    def __len__(self) -> int:
        return len(self.data) - self.start

    def append(self, segment: bytes) -> None:
        """Add the received bytes."""
        if not self.data:
            self.data = segment
            return
        if isinstance(self.data, bytes):
            with memoryview(self.data) as view:
                self.data = bytearray(view[self.start :])
        else:
            del self.data[: self.start]
        self.start = 0
        self.data += segment

    def take(self, count: int) -> bytes:
        """Remove and return the first `count` bytes; the buffer holds at least that many."""
        data, start = self.data, self.start
        end = start + count
        if isinstance(data, bytes):
            taken = data[start:end]  # the same object when it is the whole
        else:
            with memoryview(data) as view:
                taken = bytes(view[start:end])
        self.skip(count)
        return taken

    def skip(self, count: int) -> None:
        """Forget the first `count` bytes; the buffer holds at least that many."""
        self.start += count
        if self.start == len(self.data):
            self.data = b""
            self.start = 0

    def clear(self) -> None:
        """Forget everything, and free the memory."""
        self.data = b""
        self.start = 0
