"""RFC 9110 §9: the known methods, and those that a resource of files offers."""

from typing import Final

from pyhttp.errors import MethodNotAllowed, MethodUnknown
from pyhttp.semantics.fields import list_value

__all__ = ["FILE_METHODS", "REFUSED", "allow_value", "check_method"]

_KNOWN: Final = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"})
"""The methods of RFC 9110 §9.3 and RFC 5789; method tokens are case-sensitive (9110-9.1)."""

FILE_METHODS: Final = ("GET", "HEAD", "OPTIONS")
"""The methods of files and listings: GET and HEAD (9110-9.1-9a), and of all others OPTIONS alone (9110-9.1-9b)."""

REFUSED: Final = frozenset({"CONNECT", "TRACE"})
"""Methods that this server never performs: CONNECT is for proxies (9110-9.3.6-6c). A script is not asked
(3875-4.3.4-2a)."""


def allow_value(methods: tuple[str, ...]) -> str:
    """The value of Allow: what a resource offers.

    The answer to OPTIONS has it (9110-9.3.7-4a), and of what is no 405 that alone (9110-10.2.1-5b.2). Max-Forwards
    counts for nothing, as this server is the last one (9110-7.6.2-5a).
    """
    return list_value(methods)


def check_method(method: str, offered: tuple[str, ...] = FILE_METHODS) -> None:
    """Refuse a method that the target resource does not offer.

    Raises:
        MethodUnknown: 501, the server does not know the method (9110-9.1-10c).
        MethodNotAllowed: 405, the server knows the method, and the resource does not offer it (9110-9.1-10d). The
            answer has Allow (9110-10.2.1-5b), which lists the offered methods (9110-15.5.6-1b).
    """
    if method in offered:
        return
    if method not in _KNOWN:
        raise MethodUnknown(f"the method {method!r} is not known")
    raise MethodNotAllowed(f"{method} is not for this resource, which takes {', '.join(offered)}", allow=offered)
