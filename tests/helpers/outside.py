"""Things that an exchange may wait for, and sources of an answer, controlled by a test: pipes behind Protocols."""

import os
from collections.abc import Iterable, Iterator

from pyhttp.errors import HTTPError
from pyhttp.messages import Response
from pyhttp.request import Request

__all__ = ["Items", "Pending", "Tap"]


class Pending:
    """An Awaited with one descriptor or more, and a time.

    Args:
        due: The time on the clock of the test.
        descriptors: The number of descriptors that are watched. The last one is what `fire` makes readable.

    Attributes:
        fired: Whether the exchange may go on when it looks next.
        closed: How often it was closed.
        looks: How often `proceed` was asked.
    """

    def __init__(self, due: float = 1e9, descriptors: int = 1) -> None:
        self._pipes = [os.pipe2(os.O_NONBLOCK) for _ in range(descriptors)]
        self._due = due
        self.fired = False
        self.closed = 0
        self.looks = 0

    def watched(self) -> tuple[int, ...]:
        """The reading ends of the pipes."""
        return tuple(reader for reader, _ in self._pipes)

    def due(self) -> float:
        """The time that the constructor was given."""
        return self._due

    def ring(self) -> None:
        """Make all descriptors readable, though the exchange cannot go on yet."""
        for _, writer in self._pipes:
            os.write(writer, b"!")

    def fire(self) -> None:
        """Let the exchange go on."""
        self.fired = True
        self.ring()

    def proceed(self) -> bool:
        """True if `fire` was called. Descriptors that `ring` made readable are empty again."""
        self.looks += 1
        if not self.fired:
            for reader, _ in self._pipes:
                try:
                    os.read(reader, 100)
                except BlockingIOError:
                    continue
        return self.fired

    def delay(self, request: Request) -> None:
        """Act as a handler that answers when this was fired."""

        def go_on() -> None:
            self.close()
            request.exchange.respond(Response(200, {}, b"answer"))

        request.exchange.wait_for(self, go_on)

    def close(self) -> None:
        """Release the descriptors."""
        self.closed += 1
        for pipe in self._pipes:
            for fd in pipe:
                os.close(fd)
        self._pipes.clear()


class Tap:
    """A Source whose output is what was poured in.

    Attributes:
        closed: How often it was closed.
        failure: The error that `read` raises.
    """

    def __init__(self, due: float = 1e9) -> None:
        self._reader, self._writer = os.pipe2(os.O_NONBLOCK)
        self._due = due
        self.closed = 0
        self.failure: HTTPError | None = None

    @property
    def is_open(self) -> bool:
        """Whether more data may come."""
        return self._writer >= 0

    def pour(self, data: bytes) -> None:
        """Make `data` ready, as far as there is room."""
        os.write(self._writer, data)

    def end(self) -> None:
        """End the source. No more data will come."""
        if self._writer >= 0:
            os.close(self._writer)
            self._writer = -1

    def watched(self) -> tuple[int, ...]:
        """The reading end of the pipe."""
        return (self._reader,)

    def due(self) -> float:
        """The time that the constructor was given."""
        return self._due

    def read(self) -> bytes | None:
        """The octets that are there, or None where there are none."""
        if self.failure is not None:
            raise self.failure
        try:
            return os.read(self._reader, 65536)
        except BlockingIOError:
            return None

    def close(self) -> None:
        """Release the descriptors. A second call does nothing."""
        self.closed += 1
        self.end()
        if self._reader >= 0:
            os.close(self._reader)
            self._reader = -1


class Items:
    """An iterable body that knows how far it was read, and how often it was closed."""

    def __init__(self, items: Iterable[bytes]) -> None:
        self._items = iter(items)
        self.taken = 0
        self.closed = 0

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        item = next(self._items)
        self.taken += 1
        return item

    def close(self) -> None:
        """Count the call."""
        self.closed += 1
