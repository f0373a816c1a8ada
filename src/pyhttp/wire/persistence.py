"""RFC 9112 §9.3: whether a connection persists after a request, as far as the request says."""

from typing import Final

from pyhttp.messages import RequestHead
from pyhttp.semantics.fields import Headers

__all__ = ["asks_to_persist", "persists"]

_USUAL: Final = frozenset({"keep-alive", "close"})
"""Options that clients write in exactly these octets."""


def persists(head: RequestHead) -> bool:
    """Whether the client is ready for another exchange on this connection."""
    return asks_to_persist(head.version, head.headers)


def asks_to_persist(version: str, headers: Headers) -> bool:
    """Whether a request with this version and header section asks for, or allows, another exchange.

    An HTTP/1.1 connection persists (9112-9.3-1b) until a request says close (9112-9.6-6a).

    Connection counts in HTTP/1.0 as well (9110-5.1-4c). Options that mean nothing here are ignored, and so are members
    that are no options. Fields about the connection that it does not list, such as Keep-Alive, are ignored as well
    (9110-7.6.1-10b).
    """
    value = headers.by_name.get("connection")
    if value is None:
        return version != "HTTP/1.0"
    if value in _USUAL:
        return value == "keep-alive"
    options = {option.lower() for option in headers.members("Connection")}
    return "close" not in options and (version != "HTTP/1.0" or "keep-alive" in options)
