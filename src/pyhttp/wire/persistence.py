"""RFC 9112 §9.3, §9.6, RFC 9110 §7.6.1: whether a connection persists, and what Connection says of it."""

from typing import Final

from pyhttp.messages import RequestHead
from pyhttp.semantics.fields import Headers

__all__ = ["asks_to_persist", "connection_line", "persists"]

_USUAL: Final = frozenset({"keep-alive", "close"})
"""Options that clients write in exactly these octets."""


def persists(head: RequestHead) -> bool:
    """Whether the client is ready for another exchange on this connection."""
    return asks_to_persist(head.version, head.headers)


def asks_to_persist(version: str, headers: Headers) -> bool:
    """Whether a request with this version and header section asks for, or allows, another exchange.

    An HTTP/1.1 connection persists (9112-9.3-1b) until a request says close (9112-9.6-6a). What follows that one is
    never processed (9112-9.6-6c).

    Connection counts in HTTP/1.0 as well (9110-5.1-4c). Options that mean nothing here are ignored, and so are members
    that are no options. Fields about the connection that it does not list, such as Keep-Alive, are ignored as well
    (9110-7.6.1-10b). Upgrade, which it lists, is ignored (9110-7.8-2b, safety line F15), also in HTTP/1.0, where the
    RFC demands it (9110-7.8-14b).
    """
    value = headers.by_name.get("connection")
    if value is None:
        return version != "HTTP/1.0"
    if value in _USUAL:
        return value == "keep-alive"
    options = {option.lower() for option in headers.members("Connection")}
    return "close" not in options and (version != "HTTP/1.0" or "keep-alive" in options)


def connection_line(version: str, *, keep: bool, upgrade: bool = False) -> bytes:
    """The Connection field for a client of this version, which is "" where it is not known.

    Where the connection ends, the field says close (9112-9.6-1b), also to a client that has said it (9112-9.6-6b).
    After that answer the connection does end (9112-9.6-7a), and nothing that follows is processed (9112-9.6-7b). A
    response with Upgrade lists it here (9110-7.8-14a). There is no other field to list (9110-7.6.1-4a), and no field
    about anything else is listed (9110-7.6.1-9a).
    """
    more = b", upgrade" if upgrade else b""
    if not keep:
        return b"Connection: close%b\r\n" % more
    if version == "HTTP/1.0":
        return b"Connection: keep-alive%b\r\n" % more
    return b"Connection: upgrade\r\n" if upgrade else b""
