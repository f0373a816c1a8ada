"""RFC 9112 §2.1, §3, §5: the head of a request, from bytes to a value.

Two ways read a head. `whole` takes one that is right, in origin form, and arrived whole. Any other goes through
`HeadReader`, line by line, which raises the first error as soon as it is certain. Both come from `abnf`.
"""

from typing import Final

from pyhttp.errors import MalformedRequest, MethodNotAllowed
from pyhttp.limits import Limits
from pyhttp.messages import RequestHead
from pyhttp.semantics.fields import Headers
from pyhttp.wire.field_lines import FieldSection
from pyhttp.wire.request_line import RequestLine
from pyhttp.wire.request_target import authority_of, split_target

__all__ = ["REFUSED", "HeadReader", "Syntax", "interpret"]

Syntax = tuple[str, str, str, Headers]
"""Method, request-target, version and header section: syntactically right, not yet looked at together."""

REFUSED: Final = frozenset({"CONNECT", "TRACE"})
"""Methods that this server never performs: CONNECT is for proxies (9110-9.3.6-6c). A script is not asked
(3875-4.3.4-2a)."""
_EVERYWHERE: Final = ("GET", "HEAD", "OPTIONS")


class HeadReader:
    """Reads a head line by line, as it arrives."""

    __slots__ = ("_line", "_read", "_section")

    def __init__(self, limits: Limits) -> None:
        self._line = RequestLine(limits)
        self._section = FieldSection(limits)
        self._read = 0

    @property
    def method(self) -> str:
        """The method token, once the request line's syntax is known; empty before."""
        return self._line.method

    @property
    def size(self) -> int:
        """Octets of complete lines read so far: those of the head once `read` gave it."""
        return self._read

    def read(self, data: bytes | bytearray, start: int) -> Syntax | None:
        """The head that begins at `start`; None while it is incomplete, and nothing acts on it (9110-5.3-6a).

        Raises:
            HTTPError: The first error, as soon as it is certain; see `RequestLine.read` and `FieldSection.read`.
        """
        if not self._line.version:
            end = self._line.read(data, start)
            if end < 0:
                return None
            self._read = end - start
        end, complete = self._section.read(data, start + self._read)
        self._read = end - start
        if not complete:
            return None
        return self._line.method, self._line.target, self._line.version, self._section.headers


def interpret(syntax: Syntax, *, secure: bool = False) -> RequestHead:
    """The request that a head makes, its parts meaning what the RFC says (9110-2.4-1a), by the rules that join them.

    What is invalid here is refused and not repaired (9110-2.4-2a), for every client alike: none is known to need a
    workaround (9110-2.2-7b). Content-Location is read by no code (9110-8.7-9c).

    Raises:
        MalformedRequest: Target, Host or Content-Type break a rule.
        Misdirected: The target's scheme is not served here.
        MethodNotAllowed: CONNECT and TRACE, which this server never performs (safety line S3).
    """
    method, target, version, headers = syntax
    path, query, of_target = split_target(method, target, secure=secure)
    authority = authority_of(version, headers, of_target)
    if "content-type" in headers.repeated:
        raise MalformedRequest("Content-Type: more than one line (9110-5.3-3a)")
    if method in REFUSED:
        raise MethodNotAllowed(f"{method} is refused (RFC 9110 §9.3.6, §9.3.8)", allow=_EVERYWHERE)
    return RequestHead(method, target, path, query, authority, version, headers)
