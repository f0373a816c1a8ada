"""The octets that have still to be sent: bytes and parts of files, in order (RFC 9112 §6.3, one response).

Writing never blocks here: the caller decides whether to wait for the socket, or to leave that to the loop. The files
belong to the caller; they are not closed here.
"""

from collections import deque
from typing import Final, Literal

from pyhttp.errors import Disconnected
from pyhttp.messages import FileSlice
from pyhttp.transport.stream import Piece, Stream

__all__ = ["FileTruncatedError", "Outbox"]

_PIECES_AT_ONCE: Final = 64
_NOTHING: Final[deque[Piece | FileSlice]] = deque(maxlen=0)
"""An empty queue: it is shared, and nothing can be put into it. An empty deque has 760 octets, and most outboxes never
need one of their own."""
_SEEK: Final = 64 * 1024
"""Octets that a disk reads in the time that it takes to find a place in a file. Each part of a file counts as so many
more, so that many short parts take no longer than a long one (safety line L4)."""
_JOINED: Final = 16 * 1024
"""The largest content that is copied behind its head: for so few octets a copy costs less than to send two pieces."""


class FileTruncatedError(Exception):
    """A file has fewer bytes than were announced; the response cannot be completed (safety line W2)."""


class Outbox:
    """The unsent rest of one connection's output.

    Attributes:
        sent: The number of bytes that have left so far, over the life of the connection.
        unsent: The number of bytes that have yet to leave.
        gathered: An answer that has ended its turn, and leaves with the answers of others (`gathering`); ``b""`` while
            there is none; False where the system is to keep it; None where an answer would leave at once.
    """

    __slots__ = ("_pieces", "gathered", "sent", "unsent")

    def __init__(self) -> None:
        self._pieces: deque[Piece | FileSlice] = _NOTHING
        self.sent: int = 0
        self.unsent: int = 0
        self.gathered: bytes | Literal[False] | None = None

    def __bool__(self) -> bool:
        """Whether there are unsent bytes."""
        return bool(self._pieces or self.gathered)

    def add(self, data: Piece) -> None:
        """Queue `data` at the end."""
        if data:
            if self._pieces is _NOTHING:
                self._pieces = deque()
            self._pieces.append(data)
            self.unsent += len(data)

    def add_file(self, part: FileSlice) -> None:
        """Queue a part of a file at the end; the file has to stay open until the part has left."""
        if part.length:
            if self._pieces is _NOTHING:
                self._pieces = deque()
            self._pieces.append(part)
            self.unsent += part.length

    def send(self, stream: Stream, head: bytes, content: bytes, kept: bool = False) -> None:
        """Send head and content behind the queue, without waiting; octets that the stream does not take now are queued.

        Where `kept` is true, the system keeps a short answer up to `Stream.push`.

        Raises:
            Disconnected: The client is gone.
        """
        if self._pieces or len(content) > _JOINED:
            self._send_behind(stream, head, content)
            return
        data = head + content
        try:
            written = stream.write_kept(data) if kept else stream.write((data,))
        except BlockingIOError:
            written = 0  # the caller waits
        except OSError as error:
            self.add(data)
            raise Disconnected(str(error)) from error
        self.sent += written
        if written < len(data):
            self.add(memoryview(data)[written:])

    def gather(self, stream: Stream, head: bytes, content: bytes) -> bool:
        """Have head and content leave with the answers of others; False where they are too long for that.

        They are kept here for `send_gathered`, or by the system up to `Stream.push`.

        Raises:
            Disconnected: The client is gone.
        """
        if self._pieces or len(content) > _JOINED:
            return False
        if self.gathered is False:
            self.send(stream, head, content, kept=True)
            return True
        self.gathered = head + content
        self.unsent = len(self.gathered)
        return True

    def send_gathered(self, stream: Stream, kept: bool = False) -> None:
        """Send the gathered answer, as `send` does.

        Raises:
            Disconnected: The client is gone.
        """
        data, self.gathered = self.gathered, None
        self.unsent = 0
        self.send(stream, data or b"", b"", kept)

    def _send_behind(self, stream: Stream, head: bytes, content: bytes) -> None:
        self.add(head)
        self.add(content)
        try:
            self.flush(stream, self.unsent)
        except OSError as error:
            raise Disconnected(str(error)) from error

    def flush(self, stream: Stream, budget: int) -> int:
        """Send without waiting, until empty, until the stream takes no more, or until `budget` bytes have left.

        Each part of a file takes some of the budget in addition to its bytes; at least one piece is sent.

        Returns:
            The number of bytes that left; 0 where the stream took none.

        Raises:
            FileTruncatedError: A file ended early.
            OSError: The connection failed.
        """
        before = self.sent
        try:
            while self._pieces and (left := budget - self.sent + before) > 0:
                first = self._pieces[0]
                if isinstance(first, FileSlice):
                    self._write_file(stream, first, left)
                    budget -= _SEEK
                else:
                    self._write_bytes(stream, first)
        except BlockingIOError:
            pass  # the caller waits
        if not self._pieces:
            self._pieces = _NOTHING
        return self.sent - before

    def discard(self) -> None:
        """Forget the unsent bytes."""
        self._pieces = _NOTHING
        self.gathered = None
        self.unsent = 0

    def _write_bytes(self, stream: Stream, first: Piece) -> None:
        """Send the pieces before the next part of a file, or some of them."""
        pieces: list[Piece] = [first]
        for index in range(1, min(len(self._pieces), _PIECES_AT_ONCE)):
            further = self._pieces[index]
            if isinstance(further, FileSlice):
                break
            pieces.append(further)
        written = left = stream.write(pieces)
        for piece in pieces:
            if left < len(piece):
                if left:
                    self._pieces[0] = memoryview(piece)[left:]
                break
            left -= len(piece)
            self._pieces.popleft()
        self._count(written)

    def _write_file(self, stream: Stream, part: FileSlice, budget: int) -> None:
        written = stream.write_file(part.file.fileno(), part.offset, min(part.length, budget))
        if written == 0:
            raise FileTruncatedError(f"a file ended {part.length} bytes before its announced length")
        if written == part.length:
            self._pieces.popleft()
        else:
            self._pieces[0] = FileSlice(part.file, part.offset + written, part.length - written)
        self._count(written)

    def _count(self, written: int) -> None:
        self.sent += written
        self.unsent -= written
