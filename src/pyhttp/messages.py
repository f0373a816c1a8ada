"""RFC 9110 §6: messages as frozen values, checked when they are built."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol, Self

from pyhttp.contents import Body, FileSlice, OpenFile, Source, Written, check_body, check_item, close_body, octets
from pyhttp.semantics.answer_headers import Fields, headers_of, typed_headers
from pyhttp.semantics.content_length import parse_content_length
from pyhttp.semantics.fields import OF_CONNECTION, Headers, is_field_value
from pyhttp.semantics.references import uri_reference

if TYPE_CHECKING:
    from pyhttp.semantics.set_cookie import Cookie

__all__ = [
    "Body",
    "FileAnswer",
    "FileSlice",
    "OpenFile",
    "RequestHead",
    "Response",
    "Source",
    "Written",
    "check_item",
    "close_body",
    "give_file_answer",
]

CONTENT_FORBIDDEN: Final = frozenset({204, 205, 304})
"""Final statuses whose response has no content (9110-15.3.5, 9110-15.3.6-3a, 9110-15.4.5)."""

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
"""The statuses of redirects (RFC 9110 §15.4)."""


class RequestHead(NamedTuple):
    """A request line and header section that broke no rule of RFC 9112 §3 and §5.

    The type is a named tuple, since a value is made for every request and a frozen dataclass takes three times as long.
    For the same reason the value of an ordinary request is made by `tuple.__new__`, which takes half of the time.
    """

    method: str
    """The method token, case-sensitive (9110-9.1)."""
    target: str
    """The request-target as received (RFC 9112 §3.2)."""
    path: str
    """The path, still encoded and without query; "/" where an absolute form has none, "*" for the asterisk form."""
    query: str
    """The text behind the first "?", still encoded; empty where there is none."""
    authority: str
    """The host and port asked for: of the absolute form, else of Host (9112-3.2.2-8a); may be empty in HTTP/1.0."""
    version: str
    """The version as received: "HTTP/1.0", "HTTP/1.1", or a later minor version, which is treated as 1.1 (9110-2.5)."""
    headers: Headers

    @property
    def announces_content(self) -> bool:
        """Whether the request has content, even if it is empty (RFC 9112 §6)."""
        fields = self.headers.by_name
        return "content-length" in fields or "transfer-encoding" in fields


class FilePath(Protocol):
    """A path as an object, such as a `pathlib.Path`."""

    def __fspath__(self) -> str:
        """The path as text."""
        ...


class Asked(Protocol):
    """An object that has the head of a request, such as a Request."""

    @property
    def head(self) -> RequestHead:
        """The head."""
        ...


Lines = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, init=False)
class Response:
    """A final response: a value that the gate sends once (RFC 9110 §15, §6.4).

    The gate adds Date and the framing. Content is `bytes`, a `FileSlice`, a tuple of both, an iterable of bytes that is
    sent item by item, or a `Feed` that other threads write. ``b""`` means "no content" for 204, 205 and 304. The head
    leaves with the first item, even an empty one, and before the first octets of a feed. The items of an iterable are
    checked one by one: a first item that is not `bytes` is answered with 500, a later one ends the connection.
    Characters that may not stand in the URI reference of a Location are percent-encoded (RFC 9110 §10.2.2).

    Args:
        status: A status from 200 to 599.
        headers: A mapping, or (name, value) pairs.
        body: The content.
        reason: The reason phrase (RFC 9112 §4); the status's own where it is empty.

    Raises:
        ValueError: The status is outside of 200 to 599; a field name or value, or the reason, breaks the grammar; a
            field is about the connection, such as Connection or Transfer-Encoding; the Content-Length is not true; or
            there is content where the status allows none.
        TypeError: A value is of a wrong type, such as text for a body; the message says what to write.
    """

    status: int
    headers: Headers
    body: Body
    reason: str

    def __init__(
        self,
        status: int,
        headers: Fields = (),
        body: Body = b"",
        *,
        reason: str = "",
    ) -> None:
        if status.__class__ is not int:
            if not isinstance(status, int):
                raise TypeError(f"status: an int, not {type(status).__name__}")
            status = int(status)
        if not 200 <= status <= 599:
            raise ValueError(f"status: a final response has 200 to 599, not {status!r}")
        if body.__class__ is not bytes:
            check_body(body)
        checked = headers if headers.__class__ is Headers else headers_of(headers)
        if status in CONTENT_FORBIDDEN and body != b"":
            raise ValueError(f"body: a {status} response has no content")
        if reason and not is_field_value(reason):  # the same characters (RFC 9112 §4)
            raise ValueError(f"reason: {reason!r} is not a reason phrase")
        if checked.steers:
            checked = _steered(status, checked, body)
        keep = object.__setattr__  # a frozen value has no other way; looked up once
        keep(self, "status", status)
        keep(self, "headers", checked)
        keep(self, "body", body)
        keep(self, "reason", reason)

    @classmethod
    def text(cls, text: str, status: int = 200, headers: Fields = ()) -> Self:
        """Plain text, as UTF-8."""
        return cls(status, typed_headers("text/plain; charset=utf-8", headers), text.encode())

    @classmethod
    def html(cls, html: str, status: int = 200, headers: Fields = ()) -> Self:
        """A page, as UTF-8; texts in it have to be escaped before, for instance by `html.escape`."""
        return cls(status, typed_headers("text/html; charset=utf-8", headers), html.encode())

    @classmethod
    def json(cls, value: object, status: int = 200, headers: Fields = ()) -> Self:
        """A value as JSON (RFC 8259), and a line end.

        Raises:
            TypeError: The value contains a type that `json` does not know.
            ValueError: The value contains a number that JSON does not have, such as NaN.
        """
        from json import dumps  # noqa: PLC0415 - a server of files alone never needs it

        written = dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return cls(status, typed_headers("application/json", headers), f"{written}\n".encode())

    @classmethod
    def redirect(cls, location: str, status: int = 303, headers: Fields = ()) -> Self:
        """A redirect (RFC 9110 §15.4), with a line of text that names the target.

        Args:
            location: A URI reference; characters that may not stand in one are percent-encoded, as UTF-8.
            status: 303 makes the client fetch it by GET, as after a form; 307 and 308 repeat the request; 301 and 308
                are permanent.
            headers: Further fields.

        Raises:
            ValueError: `status` is not the status of a redirect.
        """
        if status not in _REDIRECTS:
            raise ValueError(f"status: a redirect has 301, 302, 303, 307 or 308, not {status!r}")
        said = [("Location", location.encode().decode("latin-1")), *Headers(headers).lines]
        return cls(status, typed_headers("text/plain; charset=utf-8", said), f"See {location}\n".encode())

    @classmethod
    def file(
        cls, path: str | FilePath, request: Asked | None = None, *, content_type: str = "", headers: Fields = ()
    ) -> Self:
        """A file, with its validators; or 304, or the ranges asked for, as the conditions of `request` demand.

        Args:
            path: The path of the file. It is the program's own, never a client's: the file is sent even behind a link.
            request: The request; for GET and HEAD its Range and conditions count. Else the whole file is sent.
            content_type: The media type; unless given, the name tells it, else the beginning of the file.
            headers: Further fields, such as Content-Disposition; fields that the file itself decides may not be among
                them.

        Raises:
            NotFound: There is no regular file at the path.
            HTTPError: The file may not be read, a condition does not hold, or the file has none of the ranges.
            ValueError: A header may not be set.
        """
        found = _answers[0](path, None if request is None else request.head, content_type, Headers(headers).lines)
        return cls(found.status, found.headers, found.body)

    def with_cookies(self, *cookies: "Cookie") -> Self:
        """The same response, which also sets cookies."""
        from pyhttp.semantics.set_cookie import lines_of  # noqa: PLC0415 - whoever has a cookie has loaded it

        headers = Headers.parsed((*self.headers.lines, *lines_of(cookies)))
        return type(self)(self.status, headers, self.body, reason=self.reason)

    @property
    def length(self) -> int | None:
        """The number of octets of content; None where only the end of an iterable shows it."""
        match self.body:
            case bytes():
                return len(self.body)
            case FileSlice():
                return self.body.length
            case tuple():
                return octets(self.body)
            case _:
                stated = self.headers.get_all("Content-Length")
                return parse_content_length(stated) if stated else None

    def close(self) -> None:
        """Release the content; the gate does so for every Response that it is given."""
        close_body(self.body)


class FileAnswer(Protocol):
    """A function that answers with a file: this layer does not open files."""

    def __call__(
        self,
        path: str | FilePath,
        head: RequestHead | None,
        content_type: str,
        lines: Lines,
    ) -> Response:
        """Answer as `Response.file` says."""
        ...


_answers: Final[list[FileAnswer]] = []


def give_file_answer(answer: FileAnswer) -> None:
    """Set the function by which `Response.file` answers; the layer that opens files does so once."""
    _answers[:] = [answer]


def _with_reference(headers: Headers) -> Headers:
    """The same headers, with a Location that is a URI reference."""
    return Headers.parsed(
        (name, uri_reference(value) if name.lower() == "location" else value) for name, value in headers.lines
    )


def _steered(status: int, headers: Headers, body: Body) -> Headers:
    """`headers` with fields about the message, checked, with a Location that is a URI reference."""
    fields = headers.by_name
    for name in OF_CONNECTION:  # no call of a set's method: many answers state a length
        if name in fields:
            raise ValueError(f"headers: {name.title()} is about the connection, which is the gate's (RFC 9110 §7.6.1)")
    # Nearly always the field states the length of the octets at hand.
    if "content-length" in fields and (
        body.__class__ is not bytes or fields["content-length"] != str(len(body)) or status == 204
    ):
        _check_content_length(status, headers, body)
    return _with_reference(headers) if "location" in fields else headers


def _check_content_length(status: int, headers: Headers, body: Body) -> None:
    """Refuse a wrong Content-Length: a sender states one only when it is correct (RFC 9110 §8.6)."""
    stated = headers.get_all("Content-Length")
    try:
        value = parse_content_length(stated)
    except ValueError as error:
        raise ValueError(f"headers: {error}: {', '.join(stated)[:200]!r}") from error
    if status == 204:
        raise ValueError("headers: a 204 response has no Content-Length (RFC 9110 §8.6)")
    if status == 304:  # there the field describes the representation that was not sent
        return
    match body:
        case bytes() | FileSlice():
            actual = octets((body,))
        case tuple():
            actual = octets(body)
        case _:
            return
    if value != actual:
        raise ValueError(f"headers: Content-Length is {value}, the body has {actual} bytes")
