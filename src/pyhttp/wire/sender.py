"""RFC 9112 §6, RFC 9110 §8.6: one response as bytes that keep to their framing."""

from typing import assert_never

from pyhttp.errors import Misuse
from pyhttp.semantics.content_length import parse_content_length
from pyhttp.semantics.fields import Headers
from pyhttp.wire.chunked import encode_chunk, encode_last_chunk
from pyhttp.wire.events import ResponseHead
from pyhttp.wire.framing import Chunked, Framing, NoContent, Sized, UntilClose, framing_line, response_framing
from pyhttp.wire.response_head import serialize_head

__all__ = ["ResponseSender"]


class ResponseSender:
    """A writer of one final response.

    Args:
        head: The status, fields and length of the response.
        method: The method of the request; empty where it is not known.
        version: The version of the request; empty where it is not known.

    Raises:
        Misuse: The status is not final, or a length is not true.

    Attributes:
        framing: The way in which the client will find the end of the content.
    """

    __slots__ = ("_head", "_left", "_method", "_stated", "framing")

    def __init__(self, head: ResponseHead, method: str, version: str) -> None:
        if not 200 <= head.status <= 599:
            raise Misuse(f"a final response has a status of 200 to 599, not {head.status}")
        self._head = head
        self._method = method
        self._stated = _stated_length(head.fields)
        self._left = 0
        length = head.length if self._stated is None else self._stated
        framing = response_framing(method, version, head.status, length)
        self.framing: Framing = framing
        if isinstance(framing, Sized):
            self._left = framing.length
            if head.length not in {None, self._left} or self._stated not in {None, self._left}:
                raise Misuse(f"content of {head.length} octets, stated as {self._stated}, in a {head.status} response")
        elif self._stated is not None and head.status == 204:
            raise Misuse("a 204 response has no Content-Length (RFC 9110 §8.6)")

    def head(self, connection: bytes) -> bytes:
        """The status line and header section, with the fields that show where the content ends.

        Args:
            connection: The line about the future of the connection, or nothing.

        Raises:
            Misuse: A field cannot be sent.
        """
        head = self._head
        framing = framing_line(self.framing, head.status, head.length) if self._stated is None else b""
        return serialize_head(head.status, head.date, head.fields.wire, framing, connection, reason=head.reason)

    def content(self, data: bytes) -> bytes:
        """Some content in its framing.

        Raises:
            Misuse: The content is longer than stated, or the status allows none.
        """
        match self.framing:
            case Sized():
                self.elsewhere(len(data))
                return data
            case Chunked():
                return encode_chunk(data)
            case UntilClose():
                return data
            case NoContent():
                if data and self._method != "HEAD":
                    raise Misuse(f"a {self._head.status} response has no content")
                return b""
            case _:
                assert_never(self.framing)

    def elsewhere(self, octets: int) -> None:
        """Count content that the caller itself sends.

        Raises:
            Misuse: The framing is not a length, or the content is longer than stated.
        """
        if not isinstance(self.framing, Sized):
            raise Misuse("content can leave elsewhere only where the framing is a length")
        if not 0 <= octets <= self._left:
            raise Misuse(f"content of {octets} octets where {self._left} are left of those stated")
        self._left -= octets

    def end(self, trailers: Headers) -> bytes:
        """The end of the message; trailers are dropped where the framing has no place for them (RFC 9110 §6.5).

        Raises:
            Misuse: Less content was sent than stated.
        """
        if self._left:
            raise Misuse(f"the response ends {self._left} octets before its stated length")
        return encode_last_chunk(trailers) if isinstance(self.framing, Chunked) else b""


def _stated_length(fields: Headers) -> int | None:
    """The Content-Length among `fields`, which the caller has checked."""
    lines = fields.get_all("Content-Length")
    return parse_content_length(lines) if lines else None
