"""RFC 9110 §15.5, RFC 6585: errors that only handlers can find; this server itself raises none of them.

All are subclasses of StatusError::

    ├── Unauthorized                 401, carries WWW-Authenticate
    ├── PaymentRequired              402
    ├── Conflict                     409
    ├── Gone                         410
    ├── UnsupportedMediaType         415, may carry Accept
    ├── UnprocessableContent         422
    ├── UpgradeRequired              426, carries Upgrade
    ├── PreconditionRequired         428
    └── TooManyRequests              429, may carry Retry-After

407 and 511 have no class: they are for proxies and for networks that intercept, not for origin servers.
"""

from pyhttp.errors import StatusError

__all__ = [
    "Conflict",
    "Gone",
    "PaymentRequired",
    "PreconditionRequired",
    "TooManyRequests",
    "Unauthorized",
    "UnprocessableContent",
    "UnsupportedMediaType",
    "UpgradeRequired",
]


class Unauthorized(StatusError):
    """401: the request lacks valid credentials; `challenge` becomes WWW-Authenticate.

    Args:
        detail: The text for the log.
        challenge: A challenge such as `Basic realm="notes", charset="UTF-8"`; several are separated by commas.

    Raises:
        ValueError: `challenge` is empty: the field has to be sent.
    """

    status: int = 401

    def __init__(self, detail: str = "", *, challenge: str) -> None:
        if not challenge:
            raise ValueError('challenge: a 401 has at least one, such as Basic realm="notes" (RFC 9110 §15.5.2)')
        super().__init__(detail, headers=(("WWW-Authenticate", challenge),))


class PaymentRequired(StatusError):
    """402: reserved; used for a resource that has to be paid for (RFC 9110 §15.5.3)."""

    status: int = 402


class Conflict(StatusError):
    """409: the request does not fit the present state of the resource (RFC 9110 §15.5.10)."""

    status: int = 409


class Gone(StatusError):
    """410: the resource was here and will not come back (RFC 9110 §15.5.11)."""

    status: int = 410


class UnsupportedMediaType(StatusError):
    """415: the format of the content is not accepted; `accept` becomes Accept (RFC 9110 §15.5.16, §12.5.1).

    Args:
        detail: The text for the log.
        accept: The media types that are accepted, such as `application/json`; empty: the answer does not say.
    """

    status: int = 415

    def __init__(self, detail: str = "", *, accept: str = "") -> None:
        super().__init__(detail, headers=(("Accept", accept),) if accept else ())


class UnprocessableContent(StatusError):
    """422: the content is well formed and of the right type, but cannot be carried out (RFC 9110 §15.5.21)."""

    status: int = 422


class UpgradeRequired(StatusError):
    """426: the request is refused over this protocol; `upgrade` becomes Upgrade (RFC 9110 §15.5.22).

    Args:
        detail: The text for the log.
        upgrade: The protocols, such as `websocket`.

    Raises:
        ValueError: `upgrade` is empty: the field has to be sent.
    """

    status: int = 426

    def __init__(self, detail: str = "", *, upgrade: str) -> None:
        if not upgrade:
            raise ValueError("upgrade: a 426 names at least one protocol (RFC 9110 §15.5.22)")
        super().__init__(detail, headers=(("Upgrade", upgrade),))


class PreconditionRequired(StatusError):
    """428: the request has to be conditional, for instance by If-Match (RFC 6585 §3)."""

    status: int = 428


class TooManyRequests(StatusError):
    """429: too many requests in a while (RFC 6585 §4).

    Args:
        detail: The text for the log.
        retry_after: Seconds that become Retry-After; None: the answer does not say.
    """

    status: int = 429

    def __init__(self, detail: str = "", *, retry_after: int | None = None) -> None:
        super().__init__(detail, headers=() if retry_after is None else (("Retry-After", str(retry_after)),))
