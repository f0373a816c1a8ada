"""RFC 9112 §2.2: octets received and not yet consumed.

Cost: appending and taking are linear in the bytes appended and taken. A segment that arrives in an empty buffer is kept
as it is, and leaves without a copy when it is taken whole, which is how nearly every request head and every large
piece of content travels. Anything else goes through one bytearray, whose front moves in place.
"""

__all__ = ["ReceiveBuffer"]


class ReceiveBuffer:
    """A queue of bytes that parsers look into at `data[start:]`.

    Parsers read `data` and `start` and change neither; offsets they keep are counted from `start`, which moves.
    Nothing is left exactly when `data` is empty.
    """

    __slots__ = ("data", "start")

    def __init__(self) -> None:
        self.data: bytes | bytearray = b""
        self.start: int = 0

    def __len__(self) -> int:
        return len(self.data) - self.start

    def append(self, segment: bytes) -> None:
        """Add what was received."""
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
        """Remove and return the first `count` bytes, which are there."""
        data, start = self.data, self.start
        end = start + count
        if isinstance(data, bytes):
            taken = data[start:end]  # the very object when it is the whole
        else:
            with memoryview(data) as view:
                taken = bytes(view[start:end])
        self.skip(count)
        return taken

    def skip(self, count: int) -> None:
        """Forget the first `count` bytes, which are there."""
        self.start += count
        if self.start == len(self.data):
            self.data = b""
            self.start = 0

    def clear(self) -> None:
        """Forget everything, memory included."""
        self.data = b""
        self.start = 0
