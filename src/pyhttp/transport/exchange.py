"""RFC 9110 §3.4, §3.7: one exchange, a request and the one response to it, on any connection.

Here is the gate: `Exchange.respond` alone turns a Response into bytes and settles whether the connection may go on.
"""

import os
import time
from collections import deque
from collections.abc import Iterable
from typing import Final, Protocol

from pyhttp.errors import InternalError, Misuse
from pyhttp.limits import Limits
from pyhttp.messages import FileSlice, RequestHead, Response
from pyhttp.semantics.dates import format_date
from pyhttp.semantics.fields import EMPTY, Headers
from pyhttp.transport.outbox import Outbox
from pyhttp.wire.connection import ServerConnection
from pyhttp.wire.events import Content, ContentElsewhere, EndOfMessage, Informational, ResponseHead, Signal

__all__ = ["Channel", "Exchange"]

FIRST_PART: Final = 64 * 1024
"""Bytes of a file that leave with the head in one system call; below it a read costs less than a sendfile."""


class Channel(Protocol):
    """The connection an exchange takes place on. Its calls block the handler's thread, under deadlines."""

    @property
    def core(self) -> ServerConnection:
        """What parses its input and frames its output."""
        ...

    @property
    def outbox(self) -> Outbox:
        """Its unsent output."""
        ...

    @property
    def closing(self) -> bool:
        """Whether this exchange is to be the last, for a reason the connection or its server has."""
        ...

    def receive(self) -> None:
        """Wait for input and give it to the core, or the end of it.

        Raises:
            RequestTimeout: The peer was silent for too long, or too slow.
            OSError: The connection failed.
        """
        ...

    def about_to_block(self) -> None:
        """The handler is about to wait for something else than the peer."""
        ...

    def input_complete(self) -> None:
        """The last octet of the request has been parsed; what the core holds beyond it is the next one's."""
        ...

    def send_some(self) -> None:
        """Send what the socket takes now; the rest may wait for the end of the turn."""
        ...

    def send_all(self) -> None:
        """Send everything, waiting for the peer.

        Raises:
            TimeoutError: The peer does not read.
            OSError: The connection failed.
        """
        ...


class Exchange:
    """One request and its response.

    Attributes:
        head: The request's head; None where it could not be parsed and only an error can be the answer.
        status: The status of the answer; 0 until `respond` has begun to send it.
        complete: Whether the whole request has been received.
        broken: Whether the answer was cut short, so that the connection must end at once (safety line F17).
        last: Whether nothing may follow on the connection although the answer is complete: its handler went wrong.
        trailers: The trailer section, once complete.
        started: When the request began to be handled, on the monotonic clock.
        content_sent: Octets of the answer's content handed to the outbox, framing not counted.
    """

    __slots__ = (
        "_channel",
        "_early",
        "_early_size",
        "_limits",
        "broken",
        "complete",
        "content_sent",
        "ended",
        "head",
        "last",
        "started",
        "status",
        "trailers",
    )

    def __init__(self, channel: Channel, head: RequestHead | None, limits: Limits) -> None:
        self._channel = channel
        self._limits = limits
        self._early: deque[bytes] = deque()
        self._early_size = 0
        self.head: RequestHead | None = head
        self.status: int = 0
        self.complete: bool = False
        self.ended: bool = False
        self.broken: bool = False
        self.last: bool = False
        self.trailers: Headers = EMPTY
        self.started: float = time.monotonic()
        self.content_sent: int = 0

    # --- the request's content

    def read_content(self) -> bytes:
        """The next octets of content, waiting for them; ``b""`` at its end.

        The first wait sends `100 Continue` to a client that asked for it (9110-10.1.1-14a).

        Raises:
            HTTPError: The content is malformed, incomplete, too large or too slow.
            OSError: The connection failed.
            Misuse: The exchange has ended.
        """
        if self.ended:
            raise Misuse("the content of a request cannot be read after its exchange has ended")
        if self._early:
            return self._early.popleft()
        while not self.complete:
            if (data := self._next_content()) is not None:
                return data
            if self._channel.core.awaiting_continue:
                self._channel.outbox.add(self._channel.core.send(Informational(100)))
                self._channel.send_all()
            self._channel.receive()
        return b""

    def take_early_content(self) -> bytes:
        """All content that `read_ahead` has put aside, and forget it."""
        early = b"".join(self._early)
        self._early.clear()
        return early

    def read_ahead(self) -> bool:
        """Put aside the content that has arrived; True when it is complete, or as much as the loop waits for.

        Raises:
            HTTPError: The content is malformed.
        """
        while not self.complete and (data := self._next_content()) is not None:
            if data:
                self._early.append(data)
                self._early_size += len(data)
        return self.complete or self._early_size >= self._limits.read_ahead

    def skip_content(self) -> None:
        """Drop the content that has arrived (9112-9.3-7b).

        Raises:
            HTTPError: The content is malformed.
        """
        self._early.clear()
        while not self.complete and self._next_content() is not None:
            pass

    def _next_content(self) -> bytes | None:
        """Octets of content, ``b""`` when that ends the request, None when more input is needed."""
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

    def about_to_block(self) -> None:
        """Say that the handler is about to wait, for a process or another machine.

        A server that runs handlers on the thread which serves everybody else has another thread take over at once.
        """
        self._channel.about_to_block()

    # --- the response

    def respond(self, response: Response, *, close: bool = False) -> None:
        """Send `response` as the one answer of this exchange, and close its body in every outcome.

        What a `bytes` or FileSlice body leaves unsent when the socket is full goes on after the handler's turn.

        Args:
            response: The final response.
            close: Whether the connection must end after it.

        Raises:
            Misuse: There is an answer already, or the exchange has ended.
            OSError: The connection failed.
        """
        handed_over = False
        try:
            if self.status or self.ended:
                raise Misuse("an exchange has one response; a second one was given")
            match response.body:
                case bytes():
                    self._send_head(response, close)
                    self._send_whole(response.body)
                case FileSlice():
                    handed_over = self._send_file(response, response.body, close)
                case _:
                    self._send_items(response, response.body, close)
        finally:
            if not handed_over:
                response.close()

    def _send_head(self, response: Response, close: bool) -> None:
        """Serialize the head; from here on there is an answer."""
        core = self._channel.core
        fields = response.headers.lines
        if "Date" not in response.headers:  # 9110-6.6.1-6a
            fields = (("Date", format_date(int(time.time()))), *fields)
        close = close or self._channel.closing or core.awaiting_continue or self._unread_too_long()
        self._channel.outbox.add(
            core.send(ResponseHead(response.status, fields, response.length, close, response.reason))
        )
        self.status = response.status

    def _unread_too_long(self) -> bool:
        """Whether more content is on its way than would be read away to keep the connection (safety line D15)."""
        if self.complete:
            return False
        core = self._channel.core
        left = core.content_left
        return left is not None and left - core.buffered > self._limits.drain

    def _content_allowed(self) -> bool:
        return self.head is None or self.head.method != "HEAD"

    def _send_whole(self, content: bytes) -> None:
        core, outbox = self._channel.core, self._channel.outbox
        if content and self._content_allowed() and (data := core.send(Content(content))):
            outbox.add(data)
            self.content_sent += len(content)
        outbox.add(core.send(EndOfMessage()))
        self._channel.send_some()

    def _send_file(self, response: Response, part: FileSlice, close: bool) -> bool:
        """Send the first part with the head, and leave the rest, if any, to the outbox: True when that has the file."""
        if not self._content_allowed() or part.length == 0:
            self._send_head(response, close)
            self._send_whole(b"")
            return False
        core, outbox = self._channel.core, self._channel.outbox
        first = os.pread(part.file.fileno(), min(part.length, FIRST_PART), part.offset)
        if not first:  # nothing has been sent: this can still be said
            raise InternalError("the file was truncated before it could be sent")
        self._send_head(response, close)
        outbox.add(core.send(Content(first)))
        if rest := part.length - len(first):
            outbox.add_file(FileSlice(part.file, part.offset + len(first), rest))
            core.send(ContentElsewhere(rest))
        self.content_sent += part.length
        core.send(EndOfMessage())
        self._channel.send_some()
        return rest > 0

    def _send_items(self, response: Response, items: Iterable[bytes], close: bool) -> None:
        """Send content as it comes; the first item is awaited before the head, so that its failure can be a 500."""
        if not self._content_allowed():
            self._send_head(response, close)
            self._send_whole(b"")
            return
        core, outbox = self._channel.core, self._channel.outbox
        self._channel.about_to_block()  # who yields content has to get it from somewhere
        iterator = iter(items)
        item = next(iterator, None)
        self._send_head(response, close)
        self.broken = True  # until the last item has left
        while item is not None:
            if item:
                outbox.add(core.send(Content(item)))
                self.content_sent += len(item)
            self._channel.send_all()
            item = next(iterator, None)
        outbox.add(core.send(EndOfMessage()))
        self.broken = False
        self._channel.send_some()
