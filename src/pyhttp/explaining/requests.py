"""RFC 9112: the octets that a client sent, as the server reads them."""

from dataclasses import replace
from typing import Final, assert_never

from pyhttp.errors import HTTPError, IncompleteRequest
from pyhttp.explaining.model import Field, Framing, Reading, Refusal, Request
from pyhttp.explaining.refusals import located, refusal_of
from pyhttp.limits import Limits
from pyhttp.messages import RequestHead
from pyhttp.semantics.fields import EMPTY, Headers
from pyhttp.wire.events import Content, EndOfMessage, Informational, ResponseHead, Signal
from pyhttp.wire.framing import Chunked, NoContent, Sized, request_framing
from pyhttp.wire.server_connection import ServerConnection

__all__ = ["fields_of", "read_requests"]

_ANSWER: Final = ResponseHead(200, EMPTY, 0)


class _Reader:
    """A reader that feeds octets to a server's connection, answers each request, and notes where everything was."""

    def __init__(self, data: bytes, limits: Limits, *, secure: bool) -> None:
        self._data = data
        self._connection = ServerConnection(limits, secure=secure)
        self._connection.receive_data(data)
        self._requests: list[Request] = []
        self._done = 0

    @property
    def _at(self) -> int:
        """The offset behind the octets that were read; after an error, the end."""
        return len(self._data) - self._connection.buffered

    def read(self) -> Reading:
        """Read everything up to the end or the first error."""
        refusal: Refusal | None = None
        try:
            while self._request():
                pass
        except HTTPError as error:
            refusal = self._refusal(error)
        end = self._at if refusal is None else (len(self._data) if refusal.offset is None else refusal.offset)
        return Reading(len(self._data), tuple(self._requests), refusal, len(self._data) - end)

    def _request(self) -> bool:
        """Read one request and answer it; returns whether another may follow."""
        connection = self._connection
        begun = self._at
        head = self._next()
        if not isinstance(head, RequestHead):
            return False
        offset = self._at - len(connection.head_bytes)
        continued = connection.awaiting_continue
        if continued:
            connection.send(Informational(100))
        request = _begun(head, offset, self._at)
        self._requests.append(
            replace(request, continued=continued, empty_line=offset > begun, persistent=connection.persistent)
        )
        self._content()
        connection.send(_ANSWER)
        connection.send(EndOfMessage())
        if not connection.persistent:
            return False
        connection.start_next_cycle()
        return True

    def _content(self) -> None:
        """Read the content of the last request, and note it."""
        while True:
            event = self._next()
            request = self._requests[-1]
            match event:
                case Content(data):
                    self._requests[-1] = replace(request, content=request.content + data, end=self._at)
                case EndOfMessage(trailers):
                    self._requests[-1] = replace(request, trailers=fields_of(trailers), complete=True, end=self._at)
                    return
                case RequestHead() | Signal():  # content comes to its end, or to an error
                    raise AssertionError(event)
                case _:
                    assert_never(event)

    def _next(self) -> RequestHead | Content | EndOfMessage | Signal:
        """The next event; where more octets would have to arrive, the client has ended its side."""
        event = self._connection.next_event()
        if event is Signal.NEED_DATA:
            self._connection.receive_eof()
            event = self._connection.next_event()
        self._done = self._at
        return event

    def _refusal(self, error: HTTPError) -> Refusal:
        connection, total = self._connection, len(self._data)
        if connection.fault:
            return refusal_of(error, self._data, total - connection.fault, self._done)
        if isinstance(error, IncompleteRequest) or not connection.head_bytes:
            return refusal_of(error, self._data, None, self._done)
        begin = self._data.index(connection.head_bytes, self._done)
        return refusal_of(error, self._data, begin + located(error.detail, connection.head_bytes), begin)


def _begun(head: RequestHead, offset: int, end: int) -> Request:
    return Request(
        offset=offset,
        end=end,
        version=head.version,
        fields=fields_of(head.headers),
        framing=_framing(head),
        content=b"",
        method=head.method,
        target=head.target,
        form=_form(head.target),
        authority=head.authority,
        path=head.path,
        query=head.query,
        empty_line=False,
        continued=False,
        persistent=False,
        persistence=_persistence(head),
    )


def fields_of(headers: Headers) -> tuple[Field, ...]:
    """The lines of a field section."""
    return tuple(Field(name, value) for name, value in headers.lines)


def _form(target: str) -> str:
    """The form of an accepted target; a target in authority form is never accepted."""
    if target.startswith("/"):
        return "origin form (RFC 9112 §3.2.1)"
    return "asterisk form (RFC 9112 §3.2.4)" if target == "*" else "absolute form (RFC 9112 §3.2.2)"


def _framing(head: RequestHead) -> Framing:
    """The item of RFC 9112 §6.3 by which the content ends."""
    framing = request_framing(head)
    match framing:
        case Chunked():
            return Framing("chunked", "Transfer-Encoding: chunked", "RFC 9112 §6.3 item 4")
        case Sized(length):
            return Framing("length", f"Content-Length: {length}", "RFC 9112 §6.3 item 6")
        case NoContent() if "Content-Length" in head.headers:
            return Framing("none", "Content-Length: 0", "RFC 9112 §6.3 item 6")
        case NoContent():
            return Framing("none", "neither Transfer-Encoding nor Content-Length", "RFC 9112 §6.3 item 7")
        case _:
            assert_never(framing)


def _persistence(head: RequestHead) -> str:
    """The client's wish for the connection."""
    options = {option.lower() for option in head.headers.members("Connection")}
    if "close" in options:
        return "Connection: close (RFC 9112 §9.3)"
    if head.version == "HTTP/1.0":
        said = "with" if "keep-alive" in options else "without"
        return f"HTTP/1.0 {said} Connection: keep-alive (RFC 9112 §9.3)"
    return f"{head.version} without Connection: close (RFC 9112 §9.3)"


def read_requests(data: bytes, limits: Limits | None = None, *, secure: bool = False) -> Reading:
    """The octets of a client, as a server reads them.

    Args:
        data: Everything that came on one connection; then the client ended its side.
        limits: The limits of the server; None for the defaults.
        secure: Whether the connection is TLS, so that https targets are served.
    """
    return _Reader(data, limits or Limits(), secure=secure).read()
