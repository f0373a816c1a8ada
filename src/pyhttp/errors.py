"""The errors as types: RFC 9110 §15.5, §15.6 (error statuses) and the misuse of this library.

Errors that only handlers raise, never this server itself, are in `refusals`. The trees have no common class::

    HTTPError                        the exchange is answered with its status
    StatusError                      the same, where the class states the status
    ├── BadRequest                   400
    │   └── MalformedRequest         400, closes: RFC 9112 or RFC 9110 §5 was broken
    │       ├── IncompleteRequest    400, closes: the peer ended before its request did
    │       │   └── MissingRequest   400, closes: the peer ended before its first byte
    │       └── WrongScheme          400, closes: HTTP without TLS where TLS is spoken, or the reverse
    ├── Forbidden                    403
    ├── NotFound                     404
    ├── MethodNotAllowed             405, carries Allow
    ├── NotAcceptable                406
    ├── RequestTimeout               408, closes
    ├── LengthRequired               411, closes
    ├── PreconditionFailed           412
    ├── ContentTooLarge              413, closes
    ├── TargetTooLong                414, closes
    ├── RangeNotSatisfiable          416, carries Content-Range
    ├── ExpectationFailed            417, closes
    ├── Misdirected                  421, closes
    ├── FieldsTooLarge               431, closes
    ├── InternalError                500, closes
    ├── MethodUnknown                501
    ├── CodingUnknown                501, closes
    ├── BadGateway                   502
    ├── Unavailable                  503, carries Retry-After
    ├── GatewayTimeout               504
    └── VersionNotSupported          505, closes

    Misuse                           a caller of this library broke its contract; never turns into a 4xx
    Disconnected                     the peer is gone, or does not read: no answer can reach it

The client sees the status and its reason phrase; ``detail`` is for the operator's log.
"""

from collections.abc import Iterable, Mapping
from typing import ClassVar

from pyhttp.arguments import Several, check_type, field_lines, texts
from pyhttp.phrases import reason_phrase

__all__ = [
    "BadGateway",
    "BadRequest",
    "CodingUnknown",
    "ContentTooLarge",
    "Disconnected",
    "ExpectationFailed",
    "FieldsTooLarge",
    "Forbidden",
    "GatewayTimeout",
    "HTTPError",
    "IncompleteRequest",
    "InternalError",
    "LengthRequired",
    "MalformedRequest",
    "MethodNotAllowed",
    "MethodUnknown",
    "Misdirected",
    "MissingRequest",
    "Misuse",
    "NotAcceptable",
    "NotFound",
    "PreconditionFailed",
    "RangeNotSatisfiable",
    "RequestTimeout",
    "StatusError",
    "TargetTooLong",
    "Unavailable",
    "VersionNotSupported",
    "WrongScheme",
]

FieldLines = Mapping[str, str] | Iterable[tuple[str, str]]
"""A mapping, or (name, value) pairs."""


class HTTPError(Exception):
    """A fault that has an HTTP status; if a handler does not catch it, it becomes the answer.

    Args:
        status: A status from 400 to 599.
        detail: The text for the attribute `detail`; the phrase of the status unless given.
        headers: Field lines of the answer, a mapping or (name, value) pairs.

    Attributes:
        status: The status code of the answer.
        must_close: True where the connection cannot go on after the answer (RFC 9112 §9.6).
        detail: One line for the operator's log; never sent to the client.
        headers: Field lines the answer must carry, such as Allow with 405.
        told: A text for the client in place of the usual meaning of the status; empty where that meaning will do.
        offset: The place of the octet that an error in a message is about, in the octets read; None for other errors.

    Raises:
        ValueError: `status` is not the status of an error.
        TypeError: `status` is no int; `headers` are neither a mapping nor pairs of texts.
    """

    status: int = 500
    must_close: ClassVar[bool] = False
    told: ClassVar[str] = ""
    offset: int | None = None

    def __init__(self, status: int, detail: str = "", *, headers: FieldLines = ()) -> None:
        check_type("status", status, int)
        if not 400 <= status <= 599:
            raise ValueError(f"status: an error has 400 to 599, not {status}")
        self.status = status
        self.detail: str = detail or reason_phrase(status)
        super().__init__(self.detail)
        self.headers: tuple[tuple[str, str], ...] = field_lines("headers", headers)


class StatusError(HTTPError):
    """An error whose class states its `status`, as all others do: only the detail is given, `NotFound("why")`."""

    def __init__(self, detail: str = "", *, headers: FieldLines = ()) -> None:
        super().__init__(self.status, detail, headers=headers)


class BadRequest(StatusError):
    """400: the request is well framed, but cannot be understood (RFC 9110 §15.5.1)."""

    status: int = 400


class MalformedRequest(BadRequest):
    """400 and closed: the message breaks the grammar or its framing, so the octets behind it cannot be trusted."""

    must_close = True


class IncompleteRequest(MalformedRequest):
    """400 and closed: the peer ended the connection before its request was complete (RFC 9112 §8)."""


class MissingRequest(IncompleteRequest):
    """400 and closed: the peer ended the connection before the first byte of a request."""


class WrongScheme(MalformedRequest):
    """400 and closed: HTTP without TLS to a port that speaks TLS, or TLS to one that does not.

    Only the client of the first kind can read the answer.
    """

    told = "This port speaks TLS: ask for an address that begins with https:// instead of http://."


class Forbidden(StatusError):
    """403: the request is understood and refused (RFC 9110 §15.5.4)."""

    status: int = 403


class NotFound(StatusError):
    """404: there is nothing at the path for now (9110-15.5.11-1b), or nothing the server will show (9110-15.5.4-3a)."""

    status: int = 404


class MethodNotAllowed(StatusError):
    """405: a known method that this resource does not offer; `allow` becomes Allow (RFC 9110 §15.5.6)."""

    status: int = 405

    def __init__(self, detail: str = "", *, allow: Several[str]) -> None:
        super().__init__(detail, headers=(("Allow", ", ".join(texts("allow", allow))),))


class NotAcceptable(StatusError):
    """406: the request excludes every form of the resource; `headers` may say how these vary (RFC 9110 §15.5.7)."""

    status: int = 406


class RequestTimeout(StatusError):
    """408 and closed: the request did not arrive in time (RFC 9110 §15.5.9)."""

    status: int = 408
    must_close = True


class LengthRequired(StatusError):
    """411 and closed: content of unstated length is refused (RFC 9110 §15.5.12)."""

    status: int = 411
    must_close = True


class PreconditionFailed(StatusError):
    """412: a condition in the request does not hold (RFC 9110 §15.5.13)."""

    status: int = 412


class ContentTooLarge(StatusError):
    """413 and closed (9110-15.5.14-1b.2): content over `Limits.content`; the rest is not read (9110-15.5.14-1b)."""

    status: int = 413
    must_close = True


class TargetTooLong(StatusError):
    """414 and closed: a request line longer than `Limits.request_line` (RFC 9110 §15.5.15)."""

    status: int = 414
    must_close = True


class RangeNotSatisfiable(StatusError):
    """416: Range names no byte of the resource; the answer states `length` (RFC 9110 §15.5.17)."""

    status: int = 416

    def __init__(self, detail: str = "", *, length: int) -> None:
        super().__init__(detail, headers=(("Content-Range", f"bytes */{length}"),))


class ExpectationFailed(StatusError):
    """417 and closed: an expectation other than 100-continue (RFC 9110 §15.5.18)."""

    status: int = 417
    must_close = True


class Misdirected(StatusError):
    """421 and closed: a target this connection cannot serve, such as https on a plain one (9110-7.4-3b)."""

    status: int = 421
    must_close = True


class FieldsTooLarge(StatusError):
    """431 and closed: a field line or section over its limit; the log says which one (6585-5-2)."""

    status: int = 431
    must_close = True


class InternalError(StatusError):
    """500 and closed: a fault of this server or of a handler (RFC 9110 §15.6.1)."""

    status: int = 500
    must_close = True


class MethodUnknown(StatusError):
    """501: a method the server does not recognise (RFC 9110 §15.6.2)."""

    status: int = 501


class CodingUnknown(StatusError):
    """501 and closed: a transfer coding the server does not implement (RFC 9112 §6.1)."""

    status: int = 501
    must_close = True


class BadGateway(StatusError):
    """502: a script's output is malformed or missing (RFC 9110 §15.6.3)."""

    status: int = 502


class Unavailable(StatusError):
    """503: a limit is reached for now; `retry_after` seconds become Retry-After (9110-15.6.4-1b)."""

    status: int = 503

    def __init__(self, detail: str = "", *, retry_after: int = 1) -> None:
        super().__init__(detail, headers=(("Retry-After", str(retry_after)),))


class GatewayTimeout(StatusError):
    """504: a script sent nothing in time (RFC 9110 §15.6.5)."""

    status: int = 504


class VersionNotSupported(StatusError):
    """505 and closed: a major version other than 1 (RFC 9110 §15.6.6)."""

    status: int = 505
    must_close = True


class Misuse(RuntimeError):
    """A call of the library against its contract: a second response, content beyond the stated length, and so on."""


class Disconnected(ConnectionError):
    """The peer has reset or left the connection, or has not read its response in time; no answer can reach it."""
