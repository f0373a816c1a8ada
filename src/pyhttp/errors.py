"""What can go wrong, as types: RFC 9110 §15.5, §15.6 (error statuses) and the misuse of this library.

Trees that never meet::

    HTTPError                        the exchange is answered with its status
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
    Disconnected                     the peer is gone, or does not read: there is nobody to answer

The client sees the status and its reason phrase; ``detail`` is for the operator's log.
"""

from http import HTTPStatus
from typing import ClassVar, Final

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
    "TargetTooLong",
    "Unavailable",
    "VersionNotSupported",
    "WrongScheme",
]


RENAMED: Final = {
    413: "Content Too Large",
    414: "URI Too Long",
    416: "Range Not Satisfiable",
    422: "Unprocessable Content",
}
"""Names that RFC 9110 gave and older Python versions do not know yet: answers are the same on every version."""


class HTTPError(Exception):
    """A fault that has an HTTP status.

    Attributes:
        status: The status code the exchange is answered with.
        must_close: True where the connection cannot go on after the answer (RFC 9112 §9.6).
        told: What the client is told instead of what the status commonly means; empty where that will do.
        detail: One line for the operator's log; never sent to the client.
        fields: Field lines the answer must carry, such as Allow with 405.
    """

    status: ClassVar[HTTPStatus] = HTTPStatus.INTERNAL_SERVER_ERROR
    must_close: ClassVar[bool] = False
    told: ClassVar[str] = ""

    def __init__(self, detail: str = "", *, fields: tuple[tuple[str, str], ...] = ()) -> None:
        self.detail: str = detail or RENAMED.get(self.status) or self.status.phrase
        super().__init__(self.detail)
        self.fields = fields


class BadRequest(HTTPError):
    """400: the request is well framed, but cannot be understood (RFC 9110 §15.5.1)."""

    status = HTTPStatus.BAD_REQUEST


class MalformedRequest(BadRequest):
    """400 and closed: the message breaks the grammar or its framing, so what follows it cannot be trusted."""

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


class Forbidden(HTTPError):
    """403: understood and refused (RFC 9110 §15.5.4)."""

    status = HTTPStatus.FORBIDDEN


class NotFound(HTTPError):
    """404: nothing here, or nothing the server is willing to show (RFC 9110 §15.5.5)."""

    status = HTTPStatus.NOT_FOUND


class MethodNotAllowed(HTTPError):
    """405: a known method this resource does not offer; `allow` becomes the Allow field (RFC 9110 §15.5.6)."""

    status = HTTPStatus.METHOD_NOT_ALLOWED

    def __init__(self, detail: str = "", *, allow: tuple[str, ...]) -> None:
        super().__init__(detail, fields=(("Allow", ", ".join(allow)),))


class NotAcceptable(HTTPError):
    """406: the request excludes every form the resource has; `fields` may say what they vary by (RFC 9110 §15.5.7)."""

    status = HTTPStatus.NOT_ACCEPTABLE


class RequestTimeout(HTTPError):
    """408 and closed: the request did not arrive in time (RFC 9110 §15.5.9)."""

    status = HTTPStatus.REQUEST_TIMEOUT
    must_close = True


class LengthRequired(HTTPError):
    """411 and closed: content of unstated length is refused (RFC 9110 §15.5.12)."""

    status = HTTPStatus.LENGTH_REQUIRED
    must_close = True


class PreconditionFailed(HTTPError):
    """412: a condition in the request does not hold (RFC 9110 §15.5.13)."""

    status = HTTPStatus.PRECONDITION_FAILED


class ContentTooLarge(HTTPError):
    """413 and closed: more content than `Limits.content` (RFC 9110 §15.5.14)."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    must_close = True


class TargetTooLong(HTTPError):
    """414 and closed: a request line longer than `Limits.request_line` (RFC 9110 §15.5.15)."""

    status = HTTPStatus.REQUEST_URI_TOO_LONG
    must_close = True


class RangeNotSatisfiable(HTTPError):
    """416: a valid Range that meets no byte of a representation of `length` bytes (RFC 9110 §15.5.17)."""

    status = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE

    def __init__(self, detail: str = "", *, length: int) -> None:
        super().__init__(detail, fields=(("Content-Range", f"bytes */{length}"),))


class ExpectationFailed(HTTPError):
    """417 and closed: an expectation other than 100-continue (RFC 9110 §15.5.18)."""

    status = HTTPStatus.EXPECTATION_FAILED
    must_close = True


class Misdirected(HTTPError):
    """421 and closed: a target this connection cannot serve, such as https on a plain one (9110-7.4-3b)."""

    status = HTTPStatus.MISDIRECTED_REQUEST
    must_close = True


class FieldsTooLarge(HTTPError):
    """431 and closed: a field line or section over its limit (RFC 6585 §5)."""

    status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
    must_close = True


class InternalError(HTTPError):
    """500 and closed: a fault of ours or of a handler (RFC 9110 §15.6.1)."""

    status = HTTPStatus.INTERNAL_SERVER_ERROR
    must_close = True


class MethodUnknown(HTTPError):
    """501: a method the server does not recognise (RFC 9110 §15.6.2)."""

    status = HTTPStatus.NOT_IMPLEMENTED


class CodingUnknown(HTTPError):
    """501 and closed: a transfer coding the server does not implement (RFC 9112 §6.1)."""

    status = HTTPStatus.NOT_IMPLEMENTED
    must_close = True


class BadGateway(HTTPError):
    """502: a script's output is malformed or missing (RFC 9110 §15.6.3)."""

    status = HTTPStatus.BAD_GATEWAY


class Unavailable(HTTPError):
    """503: over a limit for now; `retry_after` seconds become Retry-After (RFC 9110 §15.6.4)."""

    status = HTTPStatus.SERVICE_UNAVAILABLE

    def __init__(self, detail: str = "", *, retry_after: int = 1) -> None:
        super().__init__(detail, fields=(("Retry-After", str(retry_after)),))


class GatewayTimeout(HTTPError):
    """504: a script said nothing in time (RFC 9110 §15.6.5)."""

    status = HTTPStatus.GATEWAY_TIMEOUT


class VersionNotSupported(HTTPError):
    """505 and closed: a major version other than 1 (RFC 9110 §15.6.6)."""

    status = HTTPStatus.HTTP_VERSION_NOT_SUPPORTED
    must_close = True


class Misuse(RuntimeError):
    """The library was called against its contract: a second response, content beyond the stated length, and so on."""


class Disconnected(ConnectionError):
    """The peer has reset or left the connection, or has not read its response in time; no answer can reach it."""
