"""RFC 9110 §6, RFC 9112 §6: one response on its way out, and the source of the rest of its content.

Bytes and parts of files go into the outbox at once. The items of an iterable are taken in turns of a handler's thread,
as long as the client keeps up. The thread that serves the connection reads a source when it is ready.
"""

import os
import time
from collections.abc import Callable, Iterator
from enum import Enum, auto
from typing import Final

from pyhttp.errors import Disconnected, InternalError
from pyhttp.limits import Limits
from pyhttp.messages import FileSlice, Response, Source, Written, check_item
from pyhttp.semantics.dates import date_line
from pyhttp.transport.channel import Sink
from pyhttp.transport.fate import KEEP, LAST
from pyhttp.transport.feed import FeedContent
from pyhttp.transport.pace import TooSlow
from pyhttp.wire.events import Content, ContentElsewhere, EndOfMessage, ResponseHead

__all__ = ["Answer", "frame_whole"]

FIRST_PART: Final = 64 * 1024
"""Bytes of a file that leave with the head in one system call; a read of fewer bytes costs less than a sendfile."""
_ITEMS_AT_ONCE: Final = 256
"""Items of an iterable taken in one turn, so that many small ones do not keep others waiting."""


def frame_whole(sink: Sink, response: Response, head_only: bool) -> tuple[bytes, bytes] | None:
    """An answer that can leave in one step, as nearly all can: its head, and its content as bytes; else None.

    The caller sends it at once, since its Date is the present time; the framing counts
    it as sent.

    Args:
        sink: The connection for the answer; its request has been received.
        response: The answer.
        head_only: Whether the content is not sent, as for HEAD.
    """
    content = response.body
    if not isinstance(content, bytes) or response.reason:
        return None
    fields = response.headers
    date = b"" if fields.steers and "date" in fields.by_name else date_line(int(time.time()))
    close = sink.fate is not KEEP or sink.is_last()
    head = sink.core.send_whole(response.status, fields, len(content), date, close)
    if head is None:
        return None
    if not sink.core.persistent:
        sink.lower(LAST)
    return head, b"" if head_only else content


class _Ended(Enum):
    """The mark behind the last item; None could be an item, though a wrong one."""

    ENDED = auto()


_ENDED: Final = _Ended.ENDED


class Answer:
    """The response of one exchange.

    Args:
        sink: The connection for the answer.
        response: The response; `close` closes it.
        limits: The limits for the octets that leave at once.
        head_only: Whether the content is not sent, as for HEAD.

    Attributes:
        started: Whether its head has been given to the outbox.
        complete: Whether the whole answer has been given to the outbox.
        octets: The number of octets of content given to the outbox.
        source: The source of the rest of the content, if that comes from outside.
    """

    __slots__ = (
        "_closed",
        "_head_only",
        "_items",
        "_limits",
        "_response",
        "_sink",
        "complete",
        "octets",
        "source",
        "started",
    )

    def __init__(self, sink: Sink, response: Response, limits: Limits, *, head_only: bool) -> None:
        self._sink = sink
        self._response = response
        self._limits = limits
        self._head_only = head_only
        self._items: Iterator[bytes] | None = None
        self._closed = False
        self.source: Source | None = None
        self.started: bool = False
        self.complete: bool = False
        self.octets: int = 0

    @property
    def has_items(self) -> bool:
        """Whether an iterator of a handler's has still to be read, or closed."""
        return self._items is not None and not self.complete

    def begin(self) -> None:
        """Send the head, and content with it. An error before that can still be answered (safety line R4).

        Raises:
            InternalError: A file was truncated before an octet was sent.
            Misuse: Another answer sends this `Written` content.
            TypeError: The first item of an iterable is not bytes.
            Disconnected: The client is gone.
        """
        match body := self._response.body:
            case bytes():
                self._send_parts((body,), None)
            case FileSlice():
                self._send_parts((body,), body)
            case tuple():
                self._send_parts(body, next((part for part in body if isinstance(part, FileSlice)), None))
            case Source():
                self._begin_reading(body)
            case Written():
                self.source = body.reader()
                if self._head_only:
                    self.source.close()
                    self._send_parts((), None)
                else:
                    self._begin_reading(self.source)
            case _ if self._head_only:
                self._send_parts((), None)
            case _:
                self._sink.about_to_block()  # an iterator may wait for its content
                self._items = iter(body)
                item = next(self._items, _ENDED)
                if item.__class__ is not bytes and item is not _ENDED:
                    check_item(item)  # before the head: the error can still be answered
                self._send_head()
                self._take(item)

    def pull(self) -> None:
        """Take further items; called by the thread of a turn.

        Raises:
            TypeError: An item is not bytes.
            Disconnected: The client is gone.
        """
        if self._items is not None:
            self._sink.about_to_block()
            self._take(next(self._items, _ENDED))

    def pump(self) -> None:
        """Read the octets that the source has, without waiting.

        Raises:
            HTTPError: The source failed.
            Disconnected: The client is gone.
        """
        read = 0  # read, not sent: an answer to HEAD sends no content, however much a script writes
        self._sink.send_some()
        while self.source is not None and not self._sink.outbox and read < self._limits.portion:
            data = self.source.read()
            if data is None:
                return
            read += len(data)
            self._pass_on(data)
            self._sink.send_some()

    def drop(self) -> None:
        """Tell the writer of the content that the client is too slow."""
        if isinstance(self.source, FeedContent):
            self.source.end("too slow")

    def close(self) -> None:
        """Release the content, once; at the latest at the end of the exchange, in every outcome."""
        if self._closed:
            return
        self._closed = True
        items, source = self._items, self.source
        self._items = self.source = None
        try:
            if items is not None and items is not self._response.body:
                close: Callable[[], object] | None = getattr(items, "close", None)
                if close is not None:
                    close()
        finally:
            if source is not None and source is not self._response.body:
                source.close()
            self._response.close()

    # --- head, content, end

    def _begin_reading(self, source: Source) -> None:
        self._send_head()
        self.source = source
        try:
            self._pass_on(source.read())  # octets that are there leave with the head
            self.pump()
        except TooSlow:
            self.drop()
            raise

    def _send_head(self) -> None:
        sink, response = self._sink, self._response
        headers = response.headers
        date = b"" if "date" in headers.by_name else date_line(int(time.time()))  # also in a 5xx
        close = sink.fate is not KEEP or self._unread_too_long() or sink.is_last()
        head = ResponseHead(response.status, headers, response.length, close, response.reason, date)
        sink.outbox.add(sink.core.send(head))
        self.started = True
        if not sink.core.persistent:
            sink.lower(LAST)

    def _unread_too_long(self) -> bool:
        """Whether more content is on its way than would be read and dropped to keep the connection (D15)."""
        left = self._sink.core.content_left
        return left is not None and left > self._limits.drain and left - self._sink.core.buffered > self._limits.drain

    def _send_parts(self, parts: tuple[bytes | FileSlice, ...], file: FileSlice | None) -> None:
        """Send content that is known; `file` is its first part of a file."""
        sink = self._sink
        if self._head_only:
            parts, file = (), None
        first = b"" if file is None else _beginning(file)
        self._send_head()
        for part in parts:
            if isinstance(part, bytes):
                self._add(part)
            elif part is file and len(first) == part.length:
                self._add(first)
            elif part is file:
                self._add(first)
                self._add_file(FileSlice(part.file, part.offset + len(first), part.length - len(first)))
            else:
                self._add_file(part)
        self._end()
        sink.send_some()

    def _take(self, item: bytes | _Ended) -> None:
        """Send `item` and further items, until the client is behind or others are due."""
        sink, items, octets, count = self._sink, self._items, 0, 0
        while item is not _ENDED and items is not None:
            if item.__class__ is not bytes:
                check_item(item)
            if item:
                self._add(item)
            elif sink.stream.departed():  # a client that leaves goes unnoticed while nothing is sent
                raise Disconnected("the client has left")
            sink.send_some()
            octets += len(item)
            count += 1
            if sink.outbox or not item or octets >= self._limits.portion or count == _ITEMS_AT_ONCE:
                return
            item = next(items, _ENDED)
        self._end()
        sink.send_some()

    def _pass_on(self, data: bytes | None) -> None:
        """Send the octets from a source."""
        if data:
            self._add(data)
        elif data is not None:
            self.source = None
            self._end()

    def _add(self, data: bytes) -> None:
        if data and (framed := self._sink.core.send(Content(data))):
            self._sink.outbox.add(framed)
            self.octets += len(data)

    def _add_file(self, part: FileSlice) -> None:
        self._sink.outbox.add_file(part)
        self._sink.core.send(ContentElsewhere(part.length))
        self.octets += part.length

    def _end(self) -> None:
        self._sink.outbox.add(self._sink.core.send(EndOfMessage()))
        self.complete = True


def _beginning(part: FileSlice) -> bytes:
    """The beginning of a file, which leaves with the head.

    Raises:
        InternalError: The file has no octets left.
    """
    first = os.pread(part.file.fileno(), min(part.length, FIRST_PART), part.offset)
    if not first and part.length:
        raise InternalError("the file was truncated before it could be sent")
    return first
