"""RFC 9110 §6.4, §10.1.1: the content of one request, as it comes, put aside, or kept until all of it is here."""

from collections import deque

from pyhttp.errors import HTTPError, Misuse
from pyhttp.limits import Limits
from pyhttp.semantics.fields import EMPTY, Headers
from pyhttp.transport.channel import Channel
from pyhttp.transport.spool import Spool
from pyhttp.wire.events import Content, EndOfMessage, Signal
from pyhttp.wire.expectation import invitation

__all__ = ["Incoming"]


class Incoming:
    """The content of one request.

    Args:
        channel: The connection of the content.
        limits: The limits for content that is put aside, and that is kept in memory.
        complete: Whether there is no content, the whole request having been received.

    Attributes:
        complete: Whether the whole request has been received.
        trailers: The trailer section, once complete.
    """

    __slots__ = ("_channel", "_early", "_early_size", "_failure", "_limits", "_spool", "complete", "trailers")

    def __init__(self, channel: Channel, limits: Limits, *, complete: bool = False) -> None:
        self._channel = channel
        self._limits = limits
        self._early: deque[bytes] = deque()
        self._early_size = 0
        self._spool: Spool | None = None
        self._failure: HTTPError | None = None
        self.complete: bool = complete
        self.trailers: Headers = EMPTY

    def read(self) -> bytes:
        """The next octets, waiting for them; ``b""`` at the end.

        The first wait sends `100 Continue` to a client that asked for it.

        Raises:
            HTTPError: The content is malformed, incomplete, too large or too slow.
            OSError: The connection failed.
        """
        if self._failure is not None:
            raise self._failure  # the kept part is not the whole (safety line F10)
        if self._spool is not None:
            return self._spool.read()
        if self._early:
            return self._early.popleft()
        while not self.complete:
            if (data := self._next()) is not None:
                return data
            if self._invite():
                self._channel.send_all()
            self._channel.receive()
        return b""

    def read_into(self, buffer: memoryview) -> int:
        """Read the next octets straight from the connection into `buffer`, waiting for them; returns their number.

        It returns 0 where `read` has to be asked: at the end, and for content that is framed, put aside, or cannot be
        read.

        Raises:
            HTTPError: As for `read`.
            OSError: The connection failed.
        """
        awaited = self._channel.core.content_awaited
        if not awaited or self._early or self._spool is not None or self._failure is not None:
            return 0
        return self._channel.receive(buffer[:awaited])

    def read_ahead(self) -> bool:
        """Put aside the content that has arrived; True when that is all, or as much as the loop waits for.

        Raises:
            HTTPError: The content is malformed.
        """
        while not self.complete and (data := self._next()) is not None:
            if data:
                self._early.append(data)
                self._early_size += len(data)
        return self.complete or self._early_size >= self._limits.read_ahead

    def take_early(self) -> bytes:
        """Return all that `read_ahead` has put aside, and forget it."""
        early = b"".join(self._early)
        self._early.clear()
        return early

    def drain(self) -> None:
        """Drop the content that has arrived.

        Raises:
            HTTPError: The content is malformed.
        """
        self._early.clear()
        while not self.complete and self._next() is not None:
            pass

    # --- the whole content

    def collect(self) -> bool:
        """Keep content that arrives from now on, and invite a client that waits to continue; True where all is here.

        After that, or when it is to be refused, `collected` returns or raises.
        """
        if self._spool is None:
            self._spool = Spool(self._limits, self._channel.budget)
        if self._invite():
            self._channel.send_some()
        return self.gather()

    def gather(self) -> bool:
        """Keep the content that has arrived; True when that is all, or it is to be refused."""
        spool = self._spool
        if spool is None or self._failure is not None:
            return True
        try:
            while self._early:
                spool.add(self._early.popleft())
            while not self.complete and (data := self._next()) is not None:
                if data:
                    spool.add(data)
        except HTTPError as error:
            self.refuse(error)
            return True
        return self.complete

    def refuse(self, error: HTTPError) -> None:
        """Note that the rest will not come, or not in time."""
        self._failure = error.with_traceback(None)

    def collected(self) -> Spool:
        """The whole content; the end of the exchange closes it.

        Raises:
            HTTPError: The content is malformed, incomplete, too large or too slow, or there was no room for it.
            Misuse: No content was collected.
        """
        if self._failure is not None:
            raise self._failure
        if self._spool is None:
            raise Misuse("no content was collected")
        self._spool.rewind()
        return self._spool

    def close(self) -> None:
        """Release the kept content; harmless when called twice."""
        self._failure = None
        if self._spool is not None:
            self._spool.close()

    def _invite(self) -> bool:
        """Put `100 Continue` into the outbox for a client that waits, before a read."""
        line = invitation(self._channel.core)
        if line:
            self._channel.outbox.add(line)
        return bool(line)

    def _next(self) -> bytes | None:
        """The next octets, ``b""`` when they end the request, None when more input is needed."""
        match self._channel.core.next_event():
            case Content(data):
                return data
            case EndOfMessage(trailers):
                self.trailers = trailers
                self.complete = True
                self._channel.input_complete()
                return b""
            case Signal.NEED_DATA:
                return None
            case unexpected:
                raise Misuse(f"content was expected, not {unexpected!r}")
