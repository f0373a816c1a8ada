"""Field lines as many clients send them: they are taken apart once, and held once (RFC 9112 §5).

White space around a value is no part of it. Only SP and HTAB are white space (safety line S7). White space within a
value stays as it is (9110-5.6.3-4b).
"""

from collections.abc import Callable
from typing import Final

__all__ = ["AROUND", "NAMES", "folded"]

_COMMON: Final = (
    "accept",
    "accept-encoding",
    "accept-language",
    "authorization",
    "cache-control",
    "connection",
    "content-length",
    "content-type",
    "cookie",
    "dnt",
    "host",
    "if-modified-since",
    "if-none-match",
    "origin",
    "pragma",
    "priority",
    "range",
    "referer",
    "sec-ch-ua",
    "sec-ch-ua-mobile",
    "sec-ch-ua-platform",
    "sec-fetch-dest",
    "sec-fetch-mode",
    "sec-fetch-site",
    "sec-fetch-user",
    "te",
    "transfer-encoding",
    "upgrade-insecure-requests",
    "user-agent",
    "via",
    "x-forwarded-for",
    "x-forwarded-proto",
)
NAMES: Final = {spelling: name for name in _COMMON for spelling in (name, name.title())}
"""Names in lower case, by their usual spellings."""
_ALIKE: Final = frozenset(
    {
        *("accept", "accept-encoding", "accept-language", "cache-control", "connection", "content-type", "dnt", "host"),
        *(
            "pragma",
            "priority",
            "sec-ch-ua",
            "sec-ch-ua-mobile",
            "sec-ch-ua-platform",
            "sec-fetch-dest",
            "sec-fetch-mode",
        ),
        *("sec-fetch-site", "sec-fetch-user", "te", "transfer-encoding", "upgrade-insecure-requests", "user-agent"),
    }
)
"""Fields that tell what kind of client asks, of which site, and how. Lines of no other field are remembered, since they
may be secret: by the time that an answer takes, one client would learn what another one has sent."""
_MOST: Final = 512
_LONGEST: Final = 256
AROUND: Final = " \t\r"
"""White space that may stand around a value in a checked line; no CR is left within a value."""


class _Lines(dict[str, tuple[str, str]]):
    """Name, in lower case, and value of each line; a line that is not there is taken apart."""

    def __missing__(self, line: str) -> tuple[str, str]:
        name, _, value = line.partition(":")
        name = NAMES.get(name) or name.lower()
        pair = name, value.strip(AROUND)
        if name in _ALIKE and len(line) <= _LONGEST:
            if len(self) >= _MOST:
                self.clear()
            self[line] = pair
        return pair


folded: Final[Callable[[str], tuple[str, str]]] = _Lines().__getitem__
"""The name, in lower case, and the value of a field line that a parser has checked; it may still have its CR."""
