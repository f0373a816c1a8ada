"""RFC 9112 §6: the length of the content of a message."""

from typing import Final, NamedTuple, assert_never

from pyhttp.errors import CodingUnknown, HTTPError, MalformedRequest
from pyhttp.messages import RequestHead
from pyhttp.semantics.content_length import parse_content_length

__all__ = [
    "CHUNKED",
    "NO_CONTENT",
    "UNTIL_CLOSE",
    "Chunked",
    "Framing",
    "NoContent",
    "Sized",
    "UntilClose",
    "framing_line",
    "request_framing",
    "response_framing",
]


class NoContent:
    """The message ends with its head."""

    __slots__ = ()


class Sized(NamedTuple):
    """`length` octets follow the head."""

    length: int


class Chunked:
    """The chunked coding delimits the content (RFC 9112 §7.1)."""

    __slots__ = ()


class UntilClose:
    """The end of the connection ends the content; responses only."""

    __slots__ = ()


Framing = NoContent | Sized | Chunked | UntilClose

NO_CONTENT: Final = NoContent()
CHUNKED: Final = Chunked()
UNTIL_CLOSE: Final = UntilClose()


def request_framing(head: RequestHead) -> NoContent | Sized | Chunked:
    """The framing of a request, by the list of RFC 9112 §6.3 in its order.

    The method does not matter. Content of GET (9110-9.3.1-6c), HEAD (9110-9.3.2-3c) and DELETE (9110-9.3.5-6c) is read
    like any other, and no code of this server relies on it.

    Raises:
        MalformedRequest: The length is not clear, or not safe.
        CodingUnknown: An unknown transfer coding, properly delimited by chunked (9112-6.1-11a).
    """
    headers = head.headers
    fields = headers.by_name
    # Items 1 and 2 are about responses.
    if "transfer-encoding" in fields:
        # Item 3. Such a request could be an attack (9112-6.3-2.3.1b). A server may refuse it (9112-6.1-15a), and this
        # one does. The refusal ends the connection (9112-6.1-15b, safety line F1).
        if "content-length" in fields:
            raise MalformedRequest("Transfer-Encoding beside Content-Length (RFC 9112 §6.1)")
        if head.version == "HTTP/1.0":
            raise MalformedRequest("Transfer-Encoding in HTTP/1.0 (9112-6.1-16a)")
        # Item 4. The coding has no parameters (9112-7.1-6b).
        if fields["transfer-encoding"].lower() != "chunked":
            raise _wrong_coding(headers.members("Transfer-Encoding"))
        return CHUNKED  # understood (9112-6.1-4a), and removed before other code sees the content (9112-6.1-8b)
    if "content-length" in fields:
        # Items 5 and 6. What is no length cannot be recovered from, a list of equal ones included (9112-6.3-2.5.1a).
        try:
            length = parse_content_length(headers.get_all("Content-Length"))
        except ValueError as error:
            wrong = str(error)
        else:
            return Sized(length) if length else NO_CONTENT
        # Raised here, not there: the connection keeps the error, whose cause would keep the frames of the connection.
        raise MalformedRequest(wrong)  # 9112-6.3-2.5.1b
    # Item 7. Item 8 is about responses. A client need not state a length: chunked content is accepted (9112-6.3-5a).
    return NO_CONTENT


def _wrong_coding(codings: tuple[str, ...]) -> HTTPError:
    """The error for codings other than a single chunked, by the rule they break (safety line F4)."""
    names = [coding.lower() for coding in codings]
    if len(names) > 1 and names[-1] == "chunked" and "chunked" not in names[:-1]:
        return CodingUnknown(f"Transfer-Encoding: {', '.join(names)} (9112-6.1-11a)")
    return MalformedRequest("Transfer-Encoding: not chunked alone, last and once (9112-6.3-2.4.3a)")


def response_framing(method: str, version: str, status: int, length: int | None) -> Framing:
    """The framing of a response, by the list of RFC 9112 §6.3 in its order.

    Args:
        method: The method of the request; empty where it is not known.
        version: The version of the request; empty where it is not known.
        status: The status of the response.
        length: The number of octets of content; None where only the end of the content shows it.
    """
    # Item 1: no coding is stated for HEAD, 1xx, 204 and 304 (9112-6.1-9a, 9112-6.1-10a), and in an answer to HEAD no
    # content follows the head (9110-9.3.2-1a). A 205 has no content either, but states a length of 0 (9110-15.3.6-3a).
    if method == "HEAD" or status < 200 or status in {204, 304}:
        return NO_CONTENT
    # Item 2 is about CONNECT, which never succeeds here; items 3 to 5 are about recipients.
    if status == 205:
        return Sized(0)
    # Item 6: the length, if it is known. Else the content is chunked, if the client can read that (9112-6.3-3a).
    if length is not None:
        return Sized(length)
    # Item 4: chunked once (9112-6.1-4b), and only for a client that understands it (9112-6.1-13b).
    if version not in {"", "HTTP/1.0"}:
        return CHUNKED
    # Item 8.
    return UNTIL_CLOSE


def framing_line(framing: Framing, status: int, length: int | None) -> bytes:
    """Content-Length where the length is known (9110-8.6-9a), or Transfer-Encoding, never both (9112-6.2-2a).

    Args:
        framing: Of a response that does not state its length itself.
        status: Of the response.
        length: As for `response_framing`.
    """
    match framing:
        case Sized():
            length = framing.length
        case Chunked():
            return b"Transfer-Encoding: chunked\r\n"
        case NoContent():
            length = _length_unsent(status, length)
        case UntilClose():
            length = None
        case _:
            assert_never(framing)
    return b"" if length is None else b"Content-Length: %d\r\n" % length


def _length_unsent(status: int, length: int | None) -> int | None:
    """The length of the content that is not sent, as a 200 would have it; a 204 has none (9110-8.6-8a).

    It is stated in an answer to HEAD (9110-8.6-6a, 9110-8.6-6a.2), and in a 304 whose content has a length above 0.
    The 304 of a file has no such content (9110-8.6-7a, 9110-8.6-7a.2).
    """
    if status == 204 or (status == 304 and not length):
        return None
    return length
