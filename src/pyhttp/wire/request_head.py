"""RFC 9112 §2.1, §3, §5: the head of a request, from bytes to a value.

There are two ways to read a head. `whole` takes a valid head in origin form that arrived whole. Any other head goes
through `HeadReader`, line by line, which raises the first error as soon as it is certain. Both use the rules of `abnf`.
"""

from typing import Final

from pyhttp.errors import MalformedRequest, MethodNotAllowed
from pyhttp.limits import Limits
from pyhttp.messages import RequestHead
from pyhttp.semantics.authority import authority_of
from pyhttp.semantics.fields import Headers
from pyhttp.semantics.methods import REFUSED
from pyhttp.wire.field_lines import FieldSection
from pyhttp.wire.request_line import RequestLine
from pyhttp.wire.request_target import split_target

__all__ = ["HeadReader", "Syntax", "interpret"]

Syntax = tuple[str, str, str, Headers]
"""Method, request-target, version and header section: each is valid by its syntax, but not yet checked against the
others."""

_EVERYWHERE: Final = ("GET", "HEAD", "OPTIONS")


class HeadReader:
    """A reader of a head: line by line, as the lines arrive."""

    __slots__ = ("_line", "_read", "_section")

    def __init__(self, limits: Limits) -> None:
        self._line = RequestLine(limits)
        self._section = FieldSection(limits)
        self._read = 0

    @property
    def method(self) -> str:
        """The method token; empty until the syntax of the request line is known."""
        return self._line.method

    @property
    def size(self) -> int:
        """The number of octets of complete lines read so far: those of the whole head, once `read` has returned it."""
        return self._read

    def read(self, data: bytes | bytearray, start: int) -> Syntax | None:
        """The head that begins at `start`; None while it is incomplete: no code acts on a part of it (9110-5.3-6a).

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
    """The request that a head stands for: its parts have the meaning of the RFC (9110-2.4-1a), also together.

    An invalid head is refused and not repaired (9110-2.4-2a), for every client alike: no client is known to need a
    workaround (9110-2.2-7b). No code reads Content-Location (9110-8.7-9c).

    Raises:
        MalformedRequest: The target, Host or Content-Type breaks a rule.
        Misdirected: The target's scheme is not served here.
        MethodNotAllowed: The method is CONNECT or TRACE, which this server never performs (safety line S3).
    """
    method, target, version, headers = syntax
    path, query, of_target = split_target(method, target, secure=secure)
    authority = authority_of(version, headers, of_target)
    # What a client must not send; that this server does not send it is in `with_site_fields`.
    if "content-type" in headers.repeated:
        raise MalformedRequest("Content-Type: more than one line (RFC 9110 §5.3)")
    if method in REFUSED:
        raise MethodNotAllowed(f"{method} is refused (RFC 9110 §9.3.6, §9.3.8)", allow=_EVERYWHERE)
    return RequestHead(method, target, path, query, authority, version, headers)
