"""RFC 9112: one connection as the server sees it. Bytes in, events out; events in, bytes out.

The states are in `wire.states`. Nothing here waits: a `Signal` says why there is no event.
"""

from collections.abc import Callable, Mapping
from typing import Final, assert_never

from pyhttp.errors import ContentTooLarge, HTTPError, IncompleteRequest, Misuse
from pyhttp.limits import Limits
from pyhttp.messages import RequestHead
from pyhttp.semantics.fields import EMPTY, Headers
from pyhttp.wire.buffer import ReceiveBuffer
from pyhttp.wire.chunked import ChunkedDecoder
from pyhttp.wire.events import (
    Content,
    ContentElsewhere,
    EndOfMessage,
    Event,
    Informational,
    Outgoing,
    ResponseHead,
    Signal,
)
from pyhttp.wire.expectation import expects_continue
from pyhttp.wire.framing import CHUNKED, Sized, UntilClose, request_framing
from pyhttp.wire.head import HeadReader, Syntax, interpret, match_head
from pyhttp.wire.memory import SectionMemory
from pyhttp.wire.persistence import persists
from pyhttp.wire.sender import ResponseSender
from pyhttp.wire.serializer import serialize_head, whole_head
from pyhttp.wire.states import RECEIVED, SENT, Receiving, Sending

__all__ = ["ServerConnection"]

# Looking up a member of an Enum, or a pair in the table, costs more than a global name.
_AWAITING_HEAD: Final = Receiving.HEAD
_AFTER_HEAD: Final = RECEIVED[Receiving.HEAD, RequestHead]
_AFTER_CONTENT: Final = RECEIVED[Receiving.CONTENT, EndOfMessage]
_OWING_HEAD: Final = Sending.HEAD
_SENT: Final = SENT[Sending.CONTENT, EndOfMessage]
_SHORT: Final = frozenset({204, 205})
"""Statuses with a framing of their own."""
_NO_RESPONSE: Final = ResponseSender(ResponseHead(204, (), None), "", "")
_DEAF: Final = frozenset({Receiving.FAILED, Receiving.CLOSED})
_END: Final = EndOfMessage()
_CLOSE: Final = (("Connection", "close"),)
_KEEP_ALIVE: Final = (("Connection", "keep-alive"),)


class ServerConnection:
    """The server's side of one HTTP/1.1 connection, without I/O.

    Any split of the input gives the same events, content merged. After an error nothing is parsed any more: each
    further `next_event` raises it again (safety line F13), and an answer may still be sent, which closes.

    Args:
        limits: What the peer may send.
        secure: Whether the connection is TLS at this server, so that https targets are served.

    Attributes:
        buffer: What was received and no event has consumed; to be looked at only.
        request: The request of the current cycle; None until its head is complete and right.
        head_bytes: Its head exactly as received, without a skipped empty line; empty until it is complete.
        persistent: Whether another request may follow on this connection; settled once a response head was sent.
    """

    __slots__ = (
        "_decoder",
        "_empty_line_skipped",
        "_ended",
        "_error",
        "_expects",
        "_left",
        "_limits",
        "_memory",
        "_method",
        "_reader",
        "_receiving",
        "_response",
        "_secure",
        "_sending",
        "buffer",
        "head_bytes",
        "persistent",
        "request",
    )

    def __init__(self, limits: Limits, *, secure: bool = False) -> None:
        self._limits = limits
        self._secure = secure
        self.buffer: ReceiveBuffer = ReceiveBuffer()
        self._ended = False
        self._error: HTTPError | None = None
        self.persistent: bool = True
        self._memory: SectionMemory | None = None
        self._begin_cycle()

    def _begin_cycle(self) -> None:
        self._receiving = _AWAITING_HEAD
        self._sending = _OWING_HEAD
        self._empty_line_skipped = False
        self._reader: HeadReader | None = None
        self._decoder: ChunkedDecoder | None = None
        self._left = 0
        self._expects = False
        self._method = ""
        self._response = _NO_RESPONSE
        self.request: RequestHead | None = None
        self.head_bytes: bytes = b""

    # --- receiving

    def receive_data(self, data: bytes) -> None:
        """Take what the peer sent; after an error, and when no request is to follow, it is dropped."""
        if data and self._receiving not in _DEAF:
            self.buffer.append(data)
            self._expects = False  # content has begun to arrive (9110-10.1.1-13.2a)

    def receive_whole(self, data: bytes) -> RequestHead | None:
        """Take `data` as `receive_data` does, but at once where it is all of a request like the one before.

        Like it is a request whose field section is, octet for octet, the last one of this connection, and has nothing
        in it that needs more than a look at the request line: a browser asks for picture after picture so. The request
        is complete then.

        Args:
            data: What the peer sent while nothing of a request is here.

        Returns:
            The head of such a request; else None, and `next_event` goes on.
        """
        memory = self._memory
        if memory is not None and self._receiving is _AWAITING_HEAD and not self.buffer.data and self._reader is None:
            request = memory.recall(data)
            if request is not None and not self._empty_line_skipped:
                self._method = request.method
                self.request = request
                self.head_bytes = data
                self._receiving = _AFTER_CONTENT
                return request
        self.receive_data(data)
        return None

    def receive_eof(self) -> None:
        """Note that the peer ended its side; what it sent before still counts."""
        self._ended = True

    def next_event(self) -> Event:
        """What has been received next.

        Raises:
            HTTPError: The peer broke a rule or a limit; the same error from then on.
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
        self._receiving = RECEIVED[self._receiving, HTTPError]
        self.buffer.clear()
        self._expects = False
        self.persistent = False

    def _next_head(self) -> Event:
        if self.buffer.data:
            syntax = self._read_head()
            if syntax is not None:
                return self._begin_request(syntax)
        if not self._ended:
            return Signal.NEED_DATA
        if self.receiving_head:
            raise IncompleteRequest("the peer ended within a request head (RFC 9112 §8)")
        self._receiving = RECEIVED[self._receiving, Signal]
        self.persistent = False
        return Signal.CLOSED

    def _read_head(self) -> Syntax | None:
        """The next head, consumed, if it is complete."""
        buffer = self.buffer
        if self._reader is None:
            matched = match_head(buffer.data, buffer.start, self._limits)
            if matched is not None:
                self.head_bytes, syntax = matched
                buffer.skip(len(self.head_bytes))
                return syntax
        if not self._empty_line_skipped and buffer.data.startswith(b"\r\n", buffer.start):
            buffer.skip(2)  # 9112-2.2-6a: one; who sends more does not speak HTTP
            self._empty_line_skipped = True
            self._reader = None
            return self._read_head() if buffer.data else None
        if self._reader is None:
            self._reader = HeadReader(self._limits)
        read = self._reader.read(buffer.data, buffer.start)
        if read is not None:
            self.head_bytes = buffer.take(self._reader.size)
        return read

    def _begin_request(self, syntax: Syntax) -> RequestHead:
        """Check what joins the parts of a head, and prepare for the content it announces."""
        self._method = syntax[0]
        request = interpret(syntax, secure=self._secure)
        framing = request_framing(request)
        if framing is CHUNKED:
            self._decoder = ChunkedDecoder(self._limits)
        elif isinstance(framing, Sized):
            if framing.length > self._limits.content:
                raise ContentTooLarge(f"Content-Length: {framing.length}, over {self._limits.content}")
            self._left = framing.length
        if expects_continue(request):
            self._expects = self.content_left != 0 and not self.buffer
        self.persistent = persists(request)
        self.request = request
        self._receiving = _AFTER_HEAD
        return request

    def _next_content(self) -> Event:
        data = b""
        trailers: Headers | None = None
        if self._decoder is not None:
            data = self._decoder.decode(self.buffer)
            trailers = self._decoder.trailers
        elif self._left:
            data = self.buffer.take(min(self._left, len(self.buffer)))
            self._left -= len(data)
        else:
            trailers = EMPTY
        if data:
            return Content(data)
        if trailers is not None:
            self._receiving = _AFTER_CONTENT
            return EndOfMessage(trailers) if trailers else _END
        if self._ended:
            raise IncompleteRequest("the peer ended within the content of its request (RFC 9112 §8)")
        return Signal.NEED_DATA

    def _next_after(self) -> Event:
        """The request is complete, or none will follow."""
        return Signal.PAUSED if self.persistent else Signal.CLOSED

    # --- sending

    def send(self, event: Outgoing) -> bytes:
        """The bytes that say `event`; those of content whose length was stated are the very object given.

        A ResponseHead may be sent whenever none was: before a request is complete and after an error it closes.

        Raises:
            Misuse: It is not the turn of such an event, or it breaks the framing of its response; nothing may be sent.
        """
        after = SENT.get((self._sending, type(event)))
        if after is None:
            raise Misuse(f"{type(event).__name__} is not what comes next (sending: {self._sending.value})")
        data = self._write(event)
        self._sending = after
        return data

    def send_whole(self, status: int, fields: Headers, length: int, *, date: bytes, close: bool) -> bytes | None:
        """The head of a response whose content follows at once, in one step; None where it takes `send`.

        It takes `send` while the request is incomplete, for HTTP/1.0, and where a length is stated or none may be.

        Args:
            status: 200 to 599.
            fields: Checked; neither Connection nor Transfer-Encoding is among them.
            length: Octets of content, which the caller sends itself, or keeps for itself after HEAD.
            date: The field line of Date, or nothing where `fields` have one.
            close: Whether the connection is to end.

        Raises:
            Misuse: A field cannot be sent.
        """
        request = self.request
        if (
            request is None
            or self._receiving is not _AFTER_CONTENT
            or self._sending is not _OWING_HEAD
            or request.version == "HTTP/1.0"
            or status in _SHORT
            or "content-length" in fields.by_name
            or (status == 304 and length)
        ):
            return None
        keep = self.persistent and not close
        head = whole_head(status, date, fields, None if status == 304 else length, close=not keep)
        self.persistent = keep
        self._sending = _SENT
        return head

    def _write(self, event: Outgoing) -> bytes:
        if isinstance(event, ResponseHead):
            return self._write_head(event)
        if isinstance(event, Informational):
            return self._write_informational(event.status)
        match event:
            case Content():
                return self._response.content(event.data)
            case EndOfMessage():
                return self._response.end(event.trailers)
            case ContentElsewhere():
                self._response.elsewhere(event.length)
                return b""
            case _:
                assert_never(event)

    def _known_method(self) -> str:
        """The method, even of a request that was refused or is incomplete: an answer to HEAD has no content."""
        return self._method or ("" if self._reader is None else self._reader.method)

    def _write_informational(self, status: int) -> bytes:
        if not 100 <= status <= 199 or status == 101:  # Upgrade is ignored (safety line F15)
            raise Misuse(f"an interim response has a status of 100 to 199 but 101, not {status}")
        if self.request is None or self.request.version == "HTTP/1.0":
            raise Misuse("an interim response goes to an HTTP/1.1 request only (RFC 9110 §15.2)")
        self._expects = False
        return serialize_head(status, ())

    def _write_head(self, head: ResponseHead) -> bytes:
        request = self.request
        version = "" if request is None else request.version
        response = ResponseSender(head, self._known_method(), version)
        # A client that was not told to continue may send its content or not: what follows is unclear (safety line F14).
        keep = self.persistent and request is not None and not head.close and not self.awaiting_continue
        keep = keep and not isinstance(response.framing, UntilClose)
        connection = _CLOSE if not keep else _KEEP_ALIVE if version == "HTTP/1.0" else ()
        data = response.head(connection)
        self.persistent = keep
        self._expects = False
        self._response = response
        if request is None and self._receiving is Receiving.HEAD:
            self._receiving = RECEIVED[self._receiving, Signal]
            self.buffer.clear()
        return data

    # --- the next cycle

    def start_next_cycle(self) -> None:
        """Go on to the next request.

        Raises:
            Misuse: A message of this cycle is not complete, or the connection does not persist.
        """
        if self._receiving is not Receiving.DONE or self._sending is not Sending.DONE or not self.persistent:
            raise Misuse("no next cycle: a message is incomplete, or the connection is to close")
        request, memory = self.request, self._memory
        if request is not None and (memory is None or memory.headers is not request.headers):
            self._memory = SectionMemory.of(self.head_bytes, request, self._limits)
        self._begin_cycle()

    # --- what is known

    @property
    def receiving_head(self) -> bool:
        """Whether a head has begun to arrive and is incomplete, as of the last `next_event`; an empty line is none."""
        if self._receiving is not Receiving.HEAD or not self.buffer.data:
            return False
        # A CR, which is alone here, may still become an empty line.
        return self._empty_line_skipped or not self.buffer.data.startswith(b"\r", self.buffer.start)

    @property
    def buffered(self) -> int:
        """Bytes received that no event has consumed yet."""
        return len(self.buffer)

    def take_buffered(self) -> bytes:
        """Hand over what no event has consumed, and forget it; the caller may give it again later."""
        self._reader = None
        return self.buffer.take(len(self.buffer))

    @property
    def content_left(self) -> int | None:
        """Octets of content still to come out of `next_event`: None while chunked content is unfinished."""
        if self._decoder is not None and self._error is None and self._decoder.trailers is None:
            return None
        return 0 if self._error is not None else self._left

    @property
    def delimited_by_close(self) -> bool:
        """Whether only the end of the connection tells where the content of the answer ends (RFC 9112 §6.3)."""
        return isinstance(self._response.framing, UntilClose)

    @property
    def awaiting_continue(self) -> bool:
        """Whether the client waits for 100 (Continue): it asked, and neither content nor an answer has moved yet."""
        return self._expects


_NEXT: Final[Mapping[Receiving, Callable[[ServerConnection], Event]]] = {
    Receiving.HEAD: ServerConnection._next_head,  # noqa: SLF001 - the class's own table
    Receiving.CONTENT: ServerConnection._next_content,  # noqa: SLF001
    Receiving.DONE: ServerConnection._next_after,  # noqa: SLF001
    Receiving.CLOSED: ServerConnection._next_after,  # noqa: SLF001
}
"""How to go on in each state; in `Receiving.FAILED` the error is raised again."""
