"""The sans-I/O core with the application on top, as a peer: without socket, thread or clock."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final, assert_never

from pyhttp.checking.application import Asked, Reads, Told, reads, respond
from pyhttp.errors import HTTPError
from pyhttp.limits import Limits
from pyhttp.messages import RequestHead, Response
from pyhttp.semantics.fields import EMPTY, Headers
from pyhttp.wire.events import Content, EndOfMessage, Informational, Outgoing, ResponseHead, Signal
from pyhttp.wire.server_connection import ServerConnection
from tests.helpers.wire_client import Late, Reply, pieces, read_reply

__all__ = ["NOT_ITS_OWN", "CorePeer"]

NOT_ITS_OWN: Final = frozenset({"deadlines", "client", "hosts", "fields-believed", "proxy-header"})
"""The needs of a row that no core meets: a clock, an address, and settings of a server."""

_ERROR: Final = (("Content-Type", "text/plain"),)


class CorePeer:
    """A connection to the core. What the core sends is read back at once; what it does not send now never comes.

    It plays the part of the transport: answers at the time the application wants, reads unread content away up to
    `Limits.drain`, and closes after an answer that says so.
    """

    def __init__(self, *, bytewise: bool = False) -> None:
        self._limits = Limits()
        self._core = ServerConnection(self._limits)
        self._out = bytearray()
        self._held = bytearray()
        self._bytewise = bytewise
        self._closed = False
        self._head: RequestHead | None = None
        self._content = bytearray()
        self._answered = False
        self._pending: Iterator[bytes] | None = None

    # --- the client's side

    def send(self, data: bytes) -> None:
        """Give the core `data` and let it work."""
        for piece in pieces(data) if self._bytewise else [data]:
            if self._closed:
                return
            self._core.receive_data(piece)
            self._work()

    def half_close(self) -> None:
        """Give the core the end of its input."""
        if not self._closed:
            self._core.receive_eof()
            self._work()

    def more(self) -> bytes:
        """What the core has sent."""
        data = bytes(self._out)
        self._out.clear()
        if not data and not self._closed:
            raise Late
        return data

    def reply(self, method: str = "GET") -> Reply:
        """The next response."""
        return read_reply(self, self._held, method=method)

    def ended(self) -> bytes:
        """What comes before the end."""
        rest = bytes(self._held) + bytes(self._out)
        self._held.clear()
        self._out.clear()
        if not self._closed:
            raise Late
        return rest

    # --- the server's side

    def _emit(self, event: Outgoing) -> None:
        self._out += self._core.send(event)

    def _work(self) -> None:
        """Take events until the core needs more input."""
        try:
            while not self._closed and self._step():
                pass
        except HTTPError as error:
            self._fail(error)

    def _step(self) -> bool:
        """Take one event. The result is False when nothing more can be done now."""
        match self._core.next_event():
            case RequestHead() as head:
                self._begin(head)
            case Content(data):
                self._content += data
                if self._head is not None and reads(self._head.path) is Reads.SOME:
                    self._answer()
            case EndOfMessage(trailers):
                self._answer(trailers)
                self._finish()
            case Signal.NEED_DATA:
                if self._core.awaiting_continue and not self._answered:
                    self._emit(Informational(100))
                return False
            case Signal.PAUSED:
                self._core.start_next_cycle()
            case Signal.CLOSED:
                self._closed = True
            case unexpected:
                assert_never(unexpected)
        return True

    def _begin(self, head: RequestHead) -> None:
        self._head, self._answered = head, False
        self._content.clear()
        if reads(head.path) in {Reads.NONE, Reads.LATE}:
            self._answer()

    def _answer(self, trailers: Headers = EMPTY) -> None:
        head = self._head
        if self._answered or head is None:
            return
        self._answered = True
        told = respond(_asked(head, bytes(self._content), trailers))
        if told.fails and told.pieces is None:
            self._simple(500)
            return
        try:
            self._respond(told)
        except ValueError:  # the application's fields break the grammar (safety line S11)
            self._simple(500)

    def _respond(self, told: Told) -> None:
        response = Response(told.status, told.fields, iter(told.pieces) if told.pieces is not None else told.content)
        self._send_head(told.status, response.headers.lines, response.length)
        if self._head is not None and reads(self._head.path) is Reads.LATE:
            self._pending = iter(told.pieces or ())
            self._late_head()
            return
        for piece in told.pieces if told.pieces is not None else (told.content,):
            if piece:
                self._emit(Content(piece))
        if told.fails or (response.length is not None and told.pieces is not None):
            self._closed = True  # the answer is cut off: the application failed, or ended before its own length
        else:
            self._emit(EndOfMessage())
        self._after_head()

    def _late_head(self) -> None:
        for piece in self._pending or ():
            self._emit(Content(piece))

    def _after_head(self) -> None:
        if not self._core.persistent and self._core.content_left != 0:
            self._closed = True

    def _send_head(
        self, status: int, fields: tuple[tuple[str, str], ...], length: int | None, *, close: bool = False
    ) -> None:
        now = datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
        left = self._core.content_left
        too_much = left is not None and left - self._core.buffered > self._limits.drain
        close = close or too_much or self._core.awaiting_continue
        self._emit(ResponseHead(status, Headers.parsed((("Date", now), *fields)), length, close))

    def _simple(self, status: int, fields: tuple[tuple[str, str], ...] = ()) -> None:
        content = f"{status}\n".encode()
        self._answered = True
        self._send_head(status, (*_ERROR, *fields), len(content), close=True)
        self._emit(Content(content))
        self._emit(EndOfMessage())
        self._closed = True

    def _fail(self, error: HTTPError) -> None:
        if self._answered:  # the fault is in content that is not read: the answer stands, the connection ends
            self._closed = True
        else:
            self._simple(error.status, error.headers)

    def _finish(self) -> None:
        if self._pending is not None:
            self._emit(Content(f"{len(self._content)}\n".encode()))
            self._emit(EndOfMessage())
            self._pending = None
        if self._core.persistent:
            self._core.start_next_cycle()
            self._head, self._answered = None, False
        else:
            self._closed = True


def _asked(head: RequestHead, content: bytes, trailers: Headers) -> Asked:
    return Asked(
        method=head.method,
        target=head.target,
        path=head.path,
        query=head.query,
        version=head.version,
        authority=head.authority,
        fields=head.headers.lines,
        content=content,
        trailers=trailers.lines,
    )
