"""RFC 9112 §2.2: the end of a line of a message. Only CRLF is one; a CR or LF alone is an error (safety line S1)."""

import re
from collections.abc import Callable
from typing import Final, Protocol

from pyhttp.errors import HTTPError, MalformedRequest
from pyhttp.wire.faults import at

__all__ = ["LineFinder"]

_NAMES: Final = {0x00: "NUL", 0x09: "HTAB", 0x0A: "a bare LF", 0x0D: "a bare CR"}


class Forbidden(Protocol):
    """A compiled pattern that finds an octet that may not stand in a line."""

    def search(self, data: bytes | bytearray, start: int, end: int, /) -> re.Match[bytes] | None:
        """The first such octet from `start` on and before `end`."""


class LineFinder:
    """A finder of one line end after another; it looks at no byte twice, and makes no text of them (9112-2.2-2a).

    An error is raised as soon as it is certain, and is the same however the input was split: the first of an octet that
    may not stand in the line and a line that is longer than it may be.

    Args:
        forbidden: Matches each octet that may not stand in a line; CR and LF are among them.
    """

    __slots__ = ("_forbidden", "_seen")

    def __init__(self, forbidden: Forbidden) -> None:
        self._forbidden = forbidden
        self._seen = 0

    def find(
        self, data: bytes | bytearray, start: int, longest: int, what: str, too_long: Callable[[str], HTTPError]
    ) -> int:
        """The offset of the CRLF that ends the line at `start`, or -1 when it has not arrived yet.

        Args:
            data: The octets that have arrived.
            start: The offset of the line's beginning; the line stays the same until its end was found.
            longest: The number of octets that the line may have without its CRLF.
            what: The name of the line, for the operator's log.
            too_long: Makes the error for a longer line.

        Raises:
            MalformedRequest: The line holds a forbidden octet; a bare CR (9112-2.2-4b) or LF (9112-2.2-3a) is one.
            HTTPError: The line is too long.
        """
        begin = start + self._seen
        last = start + longest
        end = data.find(b"\r\n", begin, last + 2)
        # A final CR may be the first half of the line's end.
        arrived = end if end >= 0 else len(data) - data.endswith(b"\r", begin)
        known = min(arrived, last)
        found = self._forbidden.search(data, begin, known)
        if found is not None:
            octet = data[found.start()]
            name = _NAMES.get(octet, f"octet 0x{octet:02x}")
            raise at(
                MalformedRequest(f"{what}: {name} at offset {found.start() - start} (RFC 9112 §2.2)"), found.start()
            )
        if arrived > last:
            raise at(too_long(f"{what}: longer than {longest} octets"), last)
        self._seen = known - start if end < 0 else 0
        return end
