"""RFC 9112: the receiving side of a connection. Bytes in, events out."""

from collections.abc import Callable, Mapping
from typing import Final

from pyhttp.errors import ContentTooLarge, HTTPError, IncompleteRequest
from pyhttp.limits import Limits
from pyhttp.messages import RequestHead
from pyhttp.wire.buffer import ReceiveBuffer
from pyhttp.wire.chunked import ChunkedDecoder
from pyhttp.wire.events import Content, EndOfMessage, Event, Signal
from pyhttp.wire.expectation import expects_continue
from pyhttp.wire.framing import CHUNKED, Sized, request_framing
from pyhttp.wire.persistence import persists
from pyhttp.wire.request_head import HeadReader, Syntax, interpret
from pyhttp.wire.states import RECEIVED, Receiving
from pyhttp.wire.whole import LONGEST_KEPT, Section, match_head

__all__ = ["RequestReceiver"]

_AWAITING_HEAD: Final = Receiving.HEAD  # a global name costs less than a member of an Enum, or a pair in the table
_AFTER_HEAD: Final = RECEIVED[Receiving.HEAD, RequestHead]
_AFTER_CONTENT: Final = RECEIVED[Receiving.CONTENT, EndOfMessage]
_DEAF: Final = frozenset({Receiving.FAILED, Receiving.CLOSED})
_END: Final = EndOfMessage()


class RequestReceiver:
    """A reader of the requests of one connection, one at a time.

    Args:
        limits: The limits for the input of the peer.
        secure: Whether the connection is TLS at this server, so that https targets are served.

    Attributes:
        buffer: The octets that were received and not consumed by an event; other code only reads it.
        request: The request of the current cycle; None until its head is complete and valid.
        head_bytes: The head of `request` exactly as received, without a skipped empty line; empty until it is complete.
        persistent: Whether another request may follow, as far as the receiving side knows.
        refused: The first line, as far as it has arrived, of a head that was refused before it was complete.
        fault: For an error about one octet: the number of octets received from that one on; 0 for other errors.
    """

    __slots__ = (
        "_decoder",
        "_empty_line_skipped",
        "_ended",
        "_error",
        "_expects",
        "_last",
        "_left",
        "_limits",
        "_method",
        "_reader",
        "_receiving",
        "_section",
        "_secure",
        "buffer",
        "fault",
        "head_bytes",
        "persistent",
        "refused",
        "request",
    )

    def __init__(self, limits: Limits, *, secure: bool = False) -> None:
        self._limits = limits
        self._secure = secure
        self.buffer: ReceiveBuffer = ReceiveBuffer()
        self._section: Section | None = None
        # The request line, and the request that `_section` makes with it.
        self._last: tuple[bytes, RequestHead] | None = None
        self._ended = False
        self._error: HTTPError | None = None
        self.refused: bytes = b""
        self.fault: int = 0
        self.persistent: bool = True
        self._await_head()

    def _await_head(self) -> None:
        """Forget a request, but keep its section and an ordinary head: the next request may be alike."""
        self._receiving = _AWAITING_HEAD
        self._empty_line_skipped = False
        self._reader: HeadReader | None = None
        self._decoder: ChunkedDecoder | None = None
        self._left = 0
        self._expects = False
        self._method = ""
        self.request: RequestHead | None = None
        self.head_bytes: bytes = b""
        if self._section is not None and len(self._section[0]) > LONGEST_KEPT:
            self._section = self._last = None

    def receive_data(self, data: bytes) -> None:
        """Take octets from the peer; after an error, or when no request is to follow, they are dropped."""
        if data and self._receiving not in _DEAF:
            self.buffer.append(data)
            self._expects = False  # content has begun to arrive

    def receive_whole(self, data: bytes) -> RequestHead | None:
        """Take octets from the peer, and the request at once where they are first and begin with an ordinary request.

        Most requests are ordinary; for them one step takes the place of a head and an end from `next_event`. None means
        that the data is kept, and `next_event` has to be asked. No error is raised here.
        """
        fresh = self._receiving is _AWAITING_HEAD and self._reader is None and not self.buffer.data
        last, section = self._last, self._section
        if fresh and last is not None and section is not None and data == last[0] + section[0]:
            head, request = data, last[1]  # a client that polls sends the same again and again
        else:
            matched = match_head(data, 0, self._limits, section) if fresh else None
            if matched is None:
                self.receive_data(data)
                return None
            head, found, section = matched
            self._section, self._last = section, None  # so `next_event` does not read it again
            if not isinstance(found, RequestHead):
                self.receive_data(data)
                return None
            request = found
            if len(head) < len(data):
                self.buffer.append(data)
                self.buffer.skip(len(head))
            if section[3] and len(head) <= LONGEST_KEPT:
                self._last = head[: -len(section[0])], request
        self.head_bytes, self.request, self.persistent = head, request, section[3]
        self._receiving = _AFTER_CONTENT
        return request

    @property
    def content_awaited(self) -> int:
        """The number of content octets that come next as they are, if none is here: `pass_content` may stand for them.

        It is 0 where framing is between them, where the client waits for 100 (Continue), and where the input has ended.
        """
        if self._receiving is not _AFTER_HEAD or self.buffer.data or self._expects or self._ended:
            return 0
        return self._left

    def pass_content(self, count: int) -> None:
        """Note that `count` octets of `content_awaited` went to their reader directly; 0 means the end of input."""
        self._left -= count
        self._ended = not count

    def receive_eof(self) -> None:
        """Note that the peer ended its side; octets that it sent before still count."""
        self._ended = True

    def next_event(self) -> Event:
        """The next event of the octets received.

        Raises:
            HTTPError: The peer broke a rule or a limit; each later call raises the same error.
        """
        if self._error is not None:
            raise self._error.with_traceback(None)
        try:
            return _NEXT[self._receiving](self)
        except HTTPError as error:
            self._fail(error)
            raise

    def _fail(self, error: HTTPError) -> None:
        self._error = error
        if not self.head_bytes:
            self.refused = bytes(self.buffer.data[self.buffer.start :][:LONGEST_KEPT]).partition(b"\r\n")[0]
        self._receiving = RECEIVED[self._receiving, HTTPError]
        self.fault = 0 if error.offset is None else len(self.buffer.data) - error.offset
        self.buffer.clear()
        self._expects = False
        self.persistent = False

    def _next_head(self) -> Event:
        buffer = self.buffer
        if buffer.data:
            if self._reader is None:
                matched = match_head(buffer.data, buffer.start, self._limits, self._section)
                if matched is not None:
                    return self._take_head(matched)
            if (event := self._read_head()) is not None:
                return event
        if not self._ended:
            return Signal.NEED_DATA
        if self.receiving_head:
            raise IncompleteRequest("the peer ended within a request head (RFC 9112 §8)")
        self._receiving = RECEIVED[self._receiving, Signal]
        self.persistent = False
        return Signal.CLOSED

    def _read_head(self) -> Event | None:
        """Go on with a head that is incomplete or wrong; None where more octets have to arrive."""
        buffer = self.buffer
        if not self._empty_line_skipped and buffer.data.startswith(b"\r\n", buffer.start):
            buffer.skip(2)  # one empty line, in front of a request line (9112-2.2-6a)
            self._empty_line_skipped = True
            self._reader = None
            return self._next_head()
        self._reader = self._reader or HeadReader(self._limits)
        if (syntax := self._reader.read(buffer.data, buffer.start)) is None:
            return None
        self.head_bytes = buffer.take(self._reader.size)
        return self._begin_request(syntax)

    def _take_head(self, matched: tuple[bytes, RequestHead | Syntax, Section]) -> RequestHead:
        """Consume a head that arrived whole."""
        (self.head_bytes, found, self._section), self._last = matched, None
        self.buffer.skip(len(self.head_bytes))
        if not isinstance(found, RequestHead):
            return self._begin_request(found)
        self.request, self.persistent = found, self._section[3]
        self._receiving = _AFTER_HEAD
        return found

    def _begin_request(self, syntax: Syntax) -> RequestHead:
        """Check the parts of a head against each other, and prepare for the content that the head announces."""
        self._method = syntax[0]
        request = interpret(syntax, secure=self._secure)
        framing = request_framing(request)
        if framing is CHUNKED:
            self._decoder = ChunkedDecoder(self._limits)
        elif isinstance(framing, Sized):
            if framing.length > self._limits.content:
                raise ContentTooLarge(f"Content-Length: over {self._limits.content} (RFC 9110 §15.5.14)")
            self._left = framing.length
        self._expects = expects_continue(request, needless=self.content_left == 0 or bool(self.buffer))
        self.request, self.persistent = request, persists(request)
        self._receiving = _AFTER_HEAD
        return request

    def _next_content(self) -> Event:
        if self._decoder is not None:
            data = self._decoder.decode(self.buffer)
        elif self._left:
            self._left -= len(data := self.buffer.take(min(self._left, len(self.buffer))))
        else:
            self._receiving = _AFTER_CONTENT
            return _END
        if data:
            return Content(data)
        if self._decoder is not None and self._decoder.trailers is not None:
            self._receiving = _AFTER_CONTENT
            return EndOfMessage(self._decoder.trailers)
        if self._ended:  # answered where an answer can be sent (9112-8-1a); the connection ends (9112-6.3-2.6.1b)
            raise IncompleteRequest("the peer ended within the content of its request (RFC 9112 §8)")
        return Signal.NEED_DATA

    def _next_after(self) -> Event:
        """The request is complete, or none will follow."""
        return Signal.PAUSED if self.persistent else Signal.CLOSED

    @property
    def receiving_head(self) -> bool:
        """Whether a head has begun to arrive and is incomplete, by the last `next_event`; an empty line is no head."""
        if self._receiving is not Receiving.HEAD or not self.buffer.data:
            return False
        # A CR, which is alone here, may still become an empty line.
        return self._empty_line_skipped or not self.buffer.data.startswith(b"\r", self.buffer.start)

    @property
    def buffered(self) -> int:
        """The number of bytes received that no event has consumed yet."""
        return len(self.buffer)

    def take_buffered(self) -> bytes:
        """Hand over the bytes that no event has consumed, and forget them; the caller may give them again later."""
        self._reader = None
        return self.buffer.take(len(self.buffer))

    @property
    def content_left(self) -> int | None:
        """The number of content octets that `next_event` still has to give; None within chunked content."""
        if self._decoder is not None and self._error is None and self._decoder.trailers is None:
            return None
        return 0 if self._error is not None else self._left

    @property
    def known_method(self) -> str:
        """The method, even of a request that was refused or is incomplete; empty where it is not known."""
        if self.request is not None:
            return self.request.method
        return self._method or ("" if self._reader is None else self._reader.method)

    @property
    def awaiting_continue(self) -> bool:
        """Whether the client waits for 100 (Continue): it asked, and neither content nor an answer was sent since."""
        return self._expects


_NEXT: Final[Mapping[Receiving, Callable[[RequestReceiver], Event]]] = {
    Receiving.HEAD: RequestReceiver._next_head,  # noqa: SLF001 - the class's own table
    Receiving.CONTENT: RequestReceiver._next_content,  # noqa: SLF001
    Receiving.DONE: RequestReceiver._next_after,  # noqa: SLF001
    Receiving.CLOSED: RequestReceiver._next_after,  # noqa: SLF001
}
"""The way to go on in each state; in `Receiving.FAILED` the error is raised again."""
