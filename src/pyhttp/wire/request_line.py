"""RFC 9112 §3: the request line: read when it did not arrive whole, and explained when it is wrong."""

import functools
import re
from typing import Final

from pyhttp import abnf
from pyhttp.errors import HTTPError, MalformedRequest, TargetTooLong, VersionNotSupported, WrongScheme
from pyhttp.limits import Limits
from pyhttp.wire.faults import at, move
from pyhttp.wire.line import LineFinder
from pyhttp.wire.request_target import check_target

__all__ = ["RequestLine"]

_HANDSHAKE: Final = b"\x16"
"""The first octet of a TLS record of a handshake (RFC 8446 §5.1)."""
_LOOKS_LIKE_TLS: Final = (
    "request line: octet 0x16 at offset 0 (RFC 9112 §2.2), which looks like a TLS handshake:"
    " https:// was used on this http:// port"
)
METHOD_ROOM: Final = 64
"""D1: a request has a space within so many octets. No method is so long: a method for
501 is never refused by this (9112-3-4b)."""


@functools.cache
def _forbidden() -> re.Pattern[bytes]:
    return re.compile(abnf.NO_REQUEST_LINE_OCTET)


@functools.cache
def _method() -> re.Pattern[bytes]:
    return re.compile(abnf.METHOD)


@functools.cache
def _version() -> re.Pattern[bytes]:
    return re.compile(abnf.HTTP_VERSION)


def _too_long(what: str) -> HTTPError:
    return TargetTooLong(f"{what} (9112-3-4c)")


class RequestLine:
    """The request line of a head that arrives in pieces.

    Attributes:
        method: The method token; empty until the syntax of the line is known.
        target: The request-target as received.
        version: The version as received, with major version 1.
    """

    __slots__ = ("_finder", "_limit", "method", "target", "version")

    def __init__(self, limits: Limits) -> None:
        self._finder = LineFinder(_forbidden())
        self._limit = limits.request_line
        self.method: str = ""
        self.target: str = ""
        self.version: str = ""

    def read(self, data: bytes | bytearray, start: int) -> int:
        """Read the line; returns the offset behind it, or -1 while it is incomplete.

        Raises:
            MalformedRequest: The line breaks the grammar (9112-3.2-4a, 9112-2.2-9a) and is not mended (9112-3.2-4b); or
                it has no space within its first 64 octets.
            WrongScheme: The client sends a TLS handshake instead.
            TargetTooLong: The line is longer than `Limits.request_line` (9112-3-4c).
            VersionNotSupported: The major version is not 1.
        """
        if data.startswith(_HANDSHAKE, start):
            raise at(WrongScheme(_LOOKS_LIKE_TLS), start)
        if len(data) - start >= METHOD_ROOM <= self._limit:
            self._check_method_room(data, start)
        end = self._finder.find(data, start, self._limit, "request line", _too_long)
        if end < 0:
            return -1
        try:
            self._parse(bytes(data[start:end]))
        except HTTPError as error:
            move(error, start)
            raise
        return end + 2

    def _check_method_room(self, data: bytes | bytearray, start: int) -> None:
        end = start + METHOD_ROOM
        # An octet that may stand in no line would be found first; the end of this line has such octets.
        if data.find(b" ", start, end) < 0 and _forbidden().search(data, start, end) is None:
            raise at(MalformedRequest(f"request line: no space within {METHOD_ROOM} octets (RFC 9112 §3)"), end - 1)

    def _parse(self, line: bytes) -> None:
        if not line:  # the receiver has skipped one: a client that sends more does not speak HTTP
            raise at(MalformedRequest("request line: empty, and not the first empty line (RFC 9112 §2.2)"), 0)
        parts = line.split(b" ")  # at single spaces only (9112-3-3a); HTTP/0.9 has one (9112-C.1-1b)
        if len(parts) != 3:
            where = len(b" ".join(parts[:3])) if len(parts) > 3 else len(line)
            raise at(MalformedRequest(f"request line: {len(parts) - 1} spaces instead of 2 (RFC 9112 §3)"), where)
        method, target, version = parts
        of_target = len(method) + 1
        of_version = of_target + len(target) + 1
        if _method().fullmatch(method) is None:
            token = _method().match(method)
            where = 0 if token is None else token.end()
            raise at(MalformedRequest("request line: the method is not a token (RFC 9110 §9.1)"), where)
        if _version().fullmatch(version) is None:
            raise at(MalformedRequest("request line: malformed version (RFC 9112 §2.3)"), of_version)
        self.method = method.decode("ascii")
        if not version.startswith(b"HTTP/1"):  # a later minor version is served like 1.1 (9110-6.2-8a)
            named = version.decode("ascii")
            raise at(VersionNotSupported(f"request line: {named} is not served (RFC 9110 §2.5)"), of_version)
        self.target = target.decode("ascii")
        self.version = version.decode("ascii")
        try:
            check_target(self.target)
        except HTTPError as error:
            move(error, of_target)
            raise
