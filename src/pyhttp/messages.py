"""RFC 9110 §6: messages as frozen values, checked when they are built."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol, runtime_checkable

from pyhttp.semantics.fields import Headers, is_field_value
from pyhttp.semantics.references import uri_reference

__all__ = ["Body", "FileSlice", "OpenFile", "RequestHead", "Response", "Source", "Written", "check_item", "close_body"]

CONTENT_FORBIDDEN: Final = frozenset({204, 205, 304})
"""Final statuses whose response has no content (9110-15.3.5, 9110-15.3.6-3a, 9110-15.4.5)."""

_GATE_FIELDS: Final = ("transfer-encoding", "connection")


class RequestHead(NamedTuple):
    """A request line and header section that broke no rule of RFC 9112 §3 and §5.

    A named tuple, since one is made for every request and a frozen dataclass takes three times as long. For the same
    reason an ordinary one is made by `tuple.__new__`, which takes half of the time.
    """

    method: str
    """The method token, case-sensitive (9110-9.1)."""
    target: str
    """The request-target as received (RFC 9112 §3.2)."""
    path: str
    """Its path, still encoded and without query; "/" where an absolute form has none, "*" for the asterisk form."""
    query: str
    """What follows the first "?", still encoded; empty where there is none."""
    authority: str
    """Host and port asked for: of the absolute form, else of Host (9112-3.2.2-8a); empty in HTTP/1.0 without either."""
    version: str
    """As received: "HTTP/1.0", "HTTP/1.1", or a later minor version, which is treated as 1.1 (9110-2.5)."""
    headers: Headers

    @property
    def announces_content(self) -> bool:
        """Whether the request has content, be it empty (RFC 9112 §6)."""
        fields = self.headers.by_name
        return "content-length" in fields or "transfer-encoding" in fields


@runtime_checkable
class OpenFile(Protocol):
    """What a FileSlice needs of an open file; its owner may be any object with these two methods."""

    def fileno(self) -> int:
        """The open descriptor."""

    def close(self) -> None:
        """Close it; harmless when called twice."""


@dataclass(frozen=True, slots=True)
class FileSlice:
    """`length` bytes of an open regular file from `offset` on, as the content of a Response.

    Whoever sends the Response closes the file, in every outcome.

    Raises:
        ValueError: `offset` or `length` is negative.
    """

    file: OpenFile
    offset: int
    length: int

    def __post_init__(self) -> None:
        if self.offset < 0 or self.length < 0:
            raise ValueError(f"FileSlice: offset and length must not be negative: {self.offset}, {self.length}")

    def close(self) -> None:
        """Close the file; harmless when called twice."""
        self.file.close()


@runtime_checkable
class Source(Protocol):
    """Content that comes from outside, a process say: it is read when it is there, and no thread waits for it.

    Whoever sends the Response closes the source, in every outcome.
    """

    def watched(self) -> tuple[int, ...]:
        """Descriptors; when one of them is readable, `read` is to be called."""

    def due(self) -> float:
        """When `read` is to be called at the latest, on the monotonic clock."""

    def read(self) -> bytes | None:
        """The next octets without waiting; None where there are none now, ``b""`` at the end.

        Raises:
            HTTPError: It ended before it was complete, or is late.
        """

    def close(self) -> None:
        """End it; harmless when called twice."""


@runtime_checkable
class Written(Protocol):
    """Content that somebody writes while it is sent; a Feed is such."""

    def reader(self) -> Source:
        """What it is read from, by whoever sends the Response, and closed by.

        Raises:
            Misuse: It has a reader already.
        """

    def discard(self) -> None:
        """The Response is not sent, or is over: if nobody reads the content, nobody will."""


Body = bytes | FileSlice | tuple[bytes | FileSlice, ...] | Iterable[bytes] | Source | Written


def close_body(body: Body) -> None:
    """Release what a response body holds: the files of its parts, a source, or an iterator that can be closed."""
    if isinstance(body, tuple):
        for part in body:
            close_body(part)
        return
    if body.__class__ is not FileSlice and isinstance(body, Written):  # most bodies that get here are files
        body.discard()
        return
    close: Callable[[], object] | None = getattr(body, "close", None)
    if close is not None:
        close()


def _octets(parts: tuple[bytes | FileSlice, ...]) -> int:
    return sum([len(part) if isinstance(part, bytes) else part.length for part in parts])


@dataclass(frozen=True, slots=True, init=False)
class Response:
    """A final response: a value that the gate sends once (RFC 9110 §15, §6.4).

    The gate adds Date and the framing. Content is `bytes`, a `FileSlice`, a tuple of both, an iterable of bytes that is
    sent as it comes, or a `Feed` that other threads write; ``b""`` is "no content" for 204, 205 and 304. The head
    leaves with the first item, even an empty one, and before what a feed will have. What an iterable yields is looked
    at as it comes: a first item that is not `bytes` is answered with 500, a later one ends the connection. What may not
    stand in the URI reference of a Location is percent-encoded (RFC 9110 §10.2.2).

    Args:
        status: 200 to 599.
        headers: A mapping, or (name, value) pairs.
        body: The content.
        reason: The reason phrase (RFC 9112 §4); the status's own where it is empty.

    Raises:
        ValueError: A status outside 200-599; a field name or value, or a reason, that breaks the grammar;
            Transfer-Encoding or Connection, which are the gate's; a Content-Length that is not true; content where the
            status allows none.
        TypeError: A value of a wrong type, such as text for a body; the message says what to write.
    """

    status: int
    headers: Headers
    body: Body
    reason: str

    def __init__(
        self,
        status: int,
        headers: Mapping[str, str] | Iterable[tuple[str, str]] = (),
        body: Body = b"",
        *,
        reason: str = "",
    ) -> None:
        if status.__class__ is not int and not isinstance(status, int):
            raise TypeError(f"status: an int, not {type(status).__name__}")
        if not 200 <= status <= 599:
            raise ValueError(f"status: a final response has 200 to 599, not {status!r}")
        if body.__class__ is not bytes:
            _check_body(body)
        checked = Headers(headers) if isinstance(headers, dict) or not isinstance(headers, Headers) else headers
        fields = checked.by_name
        for name in _GATE_FIELDS:
            if name in fields:
                raise ValueError(f"headers: {name.title()} belongs to the connection and is set by the gate")
        if status in CONTENT_FORBIDDEN and body != b"":
            raise ValueError(f"body: a {status} response has no content")
        if reason and not is_field_value(reason):  # the same characters (RFC 9112 §4)
            raise ValueError(f"reason: {reason!r} is not a reason phrase")
        if "content-length" in fields:
            _check_content_length(status, checked, body)
        if "location" in fields:
            checked = _with_reference(checked)
        keep = object.__setattr__  # a frozen value has no other way; looked up once
        keep(self, "status", int(status))
        keep(self, "headers", checked)
        keep(self, "body", body)
        keep(self, "reason", reason)

    @property
    def length(self) -> int | None:
        """Octets of content; None where only the end of an iterable will tell."""
        match self.body:
            case bytes():
                return len(self.body)
            case FileSlice():
                return self.body.length
            case tuple():
                return _octets(self.body)
            case _:
                stated = self.headers.get("Content-Length")
                return None if stated is None else int(stated)

    def close(self) -> None:
        """Release the content; the gate does so for every Response that it is given."""
        close_body(self.body)


def _with_reference(headers: Headers) -> Headers:
    """The same with a Location that is a URI reference."""
    return Headers.parsed(
        (name, uri_reference(value) if name.lower() == "location" else value) for name, value in headers.lines
    )


_INSTEAD: Final[tuple[tuple[type[object], str], ...]] = (
    (str, "text.encode()"),
    (bytearray, "bytes(body)"),
    (memoryview, "bytes(body)"),
    (Mapping, "json.dumps(body).encode()"),
    (type(None), 'b"", or leave it out'),
)
"""What to write for values that are no content, though some of them are iterables."""


def _check_body(body: object) -> None:
    """See that a body is one, as far as that can be told before it is read.

    Raises:
        TypeError: It is not, or one of the items that are there.
    """
    if isinstance(body, bytes | FileSlice):
        return
    wrong = next((write for kind, write in _INSTEAD if isinstance(body, kind)), None)
    if wrong is not None:
        raise TypeError(f"body: bytes, not {type(body).__name__}: write {wrong}")
    if isinstance(body, tuple):
        for part in body:
            if not isinstance(part, bytes | FileSlice):
                raise TypeError(f"body: a part of a tuple is bytes or a FileSlice, not {type(part).__name__}")
    elif isinstance(body, list):
        for item in body:
            check_item(item)
    elif not hasattr(body, "__iter__") and not isinstance(body, Source | Written):
        raise TypeError(f"body: bytes, or what yields bytes, not {type(body).__name__}")


def check_item(item: object) -> None:
    """See that an item of an iterable body is one.

    Raises:
        TypeError: It is not.
    """
    if not isinstance(item, bytes):
        hint = ": write item.encode()" if isinstance(item, str) else ""
        raise TypeError(f"body: an iterable yields bytes, not {type(item).__name__}{hint}")


def _check_content_length(status: int, headers: Headers, body: Body) -> None:
    """A sender states a Content-Length only when it is correct (RFC 9110 §8.6)."""
    stated = headers.get_all("Content-Length")
    value = stated[0]
    if len(stated) > 1 or not (value.isascii() and value.isdigit()):
        raise ValueError(f"headers: Content-Length is one decimal number (RFC 9110 §8.6), not {', '.join(stated)!r}")
    if status == 204:
        raise ValueError("headers: a 204 response has no Content-Length (RFC 9110 §8.6)")
    if status == 304:  # there it describes the representation that was not sent
        return
    match body:
        case bytes() | FileSlice():
            actual = _octets((body,))
        case tuple():
            actual = _octets(body)
        case _:
            return
    if int(value) != actual:
        raise ValueError(f"headers: Content-Length is {value}, the body has {actual} bytes")
