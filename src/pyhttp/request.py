"""RFC 9112 §3 to §7: one request, read from a connection of a server or from any open socket."""

import io
import socket
from dataclasses import dataclass, field
from typing import Final, Self

from pyhttp.errors import ContentTooLarge
from pyhttp.limits import Limits, Timeouts
from pyhttp.messages import RequestHead
from pyhttp.semantics.content_length import parse_content_length
from pyhttp.semantics.cookies import parse_cookies
from pyhttp.semantics.fields import EMPTY, Headers
from pyhttp.semantics.references import unescaped
from pyhttp.transport.body import ContentStream
from pyhttp.transport.client import Connection
from pyhttp.transport.exchange import Exchange
from pyhttp.transport.plain import open_channel
from pyhttp.wire.request_target import scheme_of

__all__ = ["Request"]

_NO_HEAD: Final = RequestHead("", "", "", "", "", "", EMPTY)
_BUFFER: Final = 256 * 1024
"""The number of octets of content that one read of the socket may bring. Each read lets other threads run, which costs
more than the read."""


@dataclass(init=False, eq=False, slots=True)
class Request:
    """One request.

    On a server's connection, as a handler gets it, a `Request` has the head that was parsed there. On any other
    connected socket it reads one head, and not a byte more: the next `Request` there is the next request.

    Args:
        conn: A connected socket.
        limits: For a socket that is not a server's connection; the defaults unless given.
        timeouts: As `limits`.

    A request that a server refuses, for instance a malformed one, has a turn, too: Request then raises the error.

    Raises:
        MissingRequest: The peer closed the connection before the first byte.
        IncompleteRequest: The peer closed the connection in the middle of the request.
        HTTPError: The request is malformed, over a limit, or late; `status` is the status for the answer.
        Disconnected: The peer is gone.
        Misuse: The connection's request was taken before.
    """

    method: str
    """The method token, case-sensitive (9110-9.1)."""
    target: str
    """The request-target as received (RFC 9112 §3.2)."""
    path: str
    """The path, still encoded, without query; "*" for the asterisk form."""
    query: str
    """The query, still encoded; empty where there is none."""
    version: str
    """The version as received, such as "HTTP/1.1"."""
    headers: Headers
    """The header section."""
    authority: str
    """The host and port that the client asked for (RFC 9110 §7.2); may be empty in HTTP/1.0."""
    head: RequestHead = field(repr=False)
    """All of these as one value, from which they came."""
    exchange: Exchange = field(repr=False)
    """The exchange that this request began; `exchange.respond` is the gate."""
    _body: io.BufferedReader | None = field(repr=False)

    def __init__(self, conn: socket.socket, *, limits: Limits | None = None, timeouts: Timeouts | None = None) -> None:
        if isinstance(conn, Connection):
            exchange = conn.take_exchange()
        else:
            exchange = open_channel(conn, limits or Limits(), timeouts or Timeouts()).open_exchange()
        if exchange.refusal is not None:
            raise exchange.refusal
        self._fill(exchange, exchange.head)

    @classmethod
    def of(cls, exchange: Exchange) -> Self:
        """The request of an exchange; without method, target and fields where its head could not be parsed."""
        request = cls.__new__(cls)
        request._fill(exchange, exchange.head)  # noqa: SLF001 - an alternative constructor
        return request

    def redirected(self, head: RequestHead) -> Self:
        """Another request within the same exchange, without content, to be handled instead (RFC 3875 §6.2.2)."""
        request = type(self).__new__(type(self))
        request._fill(self.exchange, head)  # noqa: SLF001 - an alternative constructor
        request._body = io.BufferedReader(io.BytesIO())  # noqa: SLF001
        return request

    def _fill(self, exchange: Exchange, head: RequestHead | None) -> None:
        head = head or _NO_HEAD
        self.head = head
        self.method, self.target, self.path, self.query, self.authority, self.version, self.headers = head
        self.exchange = exchange
        self._body = None

    @property
    def body(self) -> io.BufferedReader:
        """The content as a readable binary stream, framing removed; empty where there is none.

        The first read sends `100 (Continue)` to a client that waits for it (RFC 9110 §10.1.1). Reads raise an HTTPError
        where the content is malformed, incomplete, too large, or too slow.
        """
        if self._body is None:
            self._body = io.BufferedReader(ContentStream(self.exchange), _BUFFER)
        return self._body

    def content(self, limit: int) -> bytes:
        """All content that has not been read yet; `body` then begins with it again.

        Args:
            limit: The largest number of octets.

        Raises:
            ContentTooLarge: The content is larger. Where Content-Length says so, nothing is read.
            HTTPError: As for `body`.
        """
        stated = self.headers.get_all("Content-Length") if self._body is None else ()
        if stated and (length := parse_content_length(stated)) > limit:  # nothing is raised: the head was taken
            raise ContentTooLarge(f"the content has {length} octets, and the handler takes {limit}")
        kept = io.BytesIO()
        while piece := self.body.read1(_BUFFER):
            kept.write(piece)
            if kept.tell() > limit:
                raise ContentTooLarge(f"the content has more than the {limit} octets that the handler takes")
        kept.seek(0)
        self._body = io.BufferedReader(kept)
        return kept.getvalue()

    @property
    def decoded_path(self) -> str:
        """The path as text: each escape is decoded once as UTF-8, with U+FFFD for errors; for files, `path` is safer.

        An escaped slash looks like any other slash here, and dot segments stay.
        """
        return unescaped(self.path.encode("latin-1")).decode("utf-8", "replace")

    @property
    def query_items(self) -> tuple[tuple[str, str], ...]:
        """The query as the fields of a form: (name, value) pairs in their order, decoded.

        A name without "=" has the value "". The query is read as browsers write it, and as the URL Standard says
        (§5.1): "+" is a space, and escapes are UTF-8, with U+FFFD for other octets. `dict(request.query_items)` has the
        last value of each name.
        """
        from urllib.parse import parse_qsl  # noqa: PLC0415 - a server of files alone never needs it

        return tuple(parse_qsl(self.query, keep_blank_values=True))

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies by name, as they were sent: not decoded. Of several with one name it has the first (RFC 6265).

        Browsers send the cookie with the longest path first.
        """
        return parse_cookies(self.headers.get_all("Cookie"))

    @property
    def client(self) -> tuple[str, int]:
        """The address and port of the client: of the peer, or of the client that a trusted proxy names.

        A trusted proxy may give "unknown" or an identifier, such as "_hidden", instead of an address (RFC 7239 §6); the
        port is 0 where it does not give one.
        """
        origin = self.exchange.origin
        return self.exchange.channel.ends[0] if origin is None else (origin.client, origin.port)

    @property
    def local(self) -> tuple[str, int]:
        """The address and port that the client has connected to, if known; else those of this end of the connection."""
        return self.exchange.channel.ends[1]

    @property
    def scheme(self) -> str:
        """The scheme of the target URI, "https" or "http" (RFC 9110 §7.1), or that of a request to a trusted proxy.

        The scheme of an absolute form is the client's choice: "http" over TLS is served, too.
        """
        origin = self.exchange.origin
        if origin is None or not origin.scheme:
            return scheme_of(self.target, secure=self.exchange.channel.stream.secure)
        return origin.scheme

    @property
    def host(self) -> str:
        """The host and port of the target URI: `authority`, or the host that a trusted proxy was asked for."""
        origin = self.exchange.origin
        return self.authority if origin is None or not origin.host else origin.host

    @property
    def trailers(self) -> Headers:
        """The trailer section (RFC 9110 §6.5), apart from the headers; empty until all content has been read."""
        return self.exchange.content.trailers

    @property
    def closing(self) -> bool:
        """Whether the server is stopping: an answer without an end, such as an event stream, should then end."""
        return self.exchange.channel.closing
