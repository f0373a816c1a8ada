"""RFC 9110 §9: the known methods, and those that a resource of files offers."""

from typing import Final

from pyhttp.errors import MethodNotAllowed, MethodUnknown

__all__ = ["FILE_METHODS", "check_method"]

_KNOWN: Final = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"})
"""The methods of RFC 9110 §9.3 and RFC 5789; method tokens are case-sensitive (9110-9.1)."""

FILE_METHODS: Final = ("GET", "HEAD", "OPTIONS")
"""The methods of files and listings: GET and HEAD (9110-9.1-9a), and of all others OPTIONS alone (9110-9.1-9b)."""


def check_method(method: str, offered: tuple[str, ...] = FILE_METHODS) -> None:
    """Refuse a method that the target resource does not offer.

    Raises:
        MethodUnknown: 501, the server does not know the method (9110-9.1-10c).
        MethodNotAllowed: 405, the server knows the method, and the resource does not offer it (9110-9.1-10d); carries
            Allow.
    """
    if method in offered:
        return
    if method not in _KNOWN:
        raise MethodUnknown(f"the method {method!r} is not known")
    raise MethodNotAllowed(f"{method} is not for this resource, which takes {', '.join(offered)}", allow=offered)
