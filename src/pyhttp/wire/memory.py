"""RFC 9112 §2.1: what a connection remembers of its last request, since the next nearly always has the same fields.

Nothing is remembered beyond the connection: what stands in a field section, cookies say, is nobody else's, and nobody
can tell by the time that an answer takes what others have sent.
"""

import functools
import re
from typing import Final, Self

from pyhttp import abnf
from pyhttp.limits import Limits
from pyhttp.messages import RequestHead
from pyhttp.semantics.fields import Headers

__all__ = ["SectionMemory"]

_VERSION: Final = "HTTP/1.1"
_TELLING: Final = frozenset({"content-length", "transfer-encoding", "expect"})
"""Fields that say that more than a head is to come."""
_REFUSED: Final = frozenset({"CONNECT", "TRACE"})


@functools.cache
def _request_line() -> re.Pattern[bytes]:
    return re.compile(abnf.TCHAR + rb"{1,63}+ " + abnf.ORIGIN_FORM + rb" HTTP/1\.1" + abnf.CRLF)


class SectionMemory:
    """A header section that was found right, and in which nothing speaks of content.

    Attributes:
        headers: It.
    """

    __slots__ = ("_authority", "_longest", "_octets", "headers")

    def __init__(self, octets: bytes, headers: Headers, limits: Limits) -> None:
        self._octets = octets
        self._authority = headers.by_name["host"]
        self._longest = limits.request_line + 2
        self.headers: Headers = headers

    @classmethod
    def of(cls, head: bytes, request: RequestHead, limits: Limits) -> Self | None:
        """What is worth remembering of a request, after which another may follow; None where that is nothing.

        Args:
            head: The octets of its head.
            request: The request.
            limits: Those that it was read under.
        """
        if request.version != _VERSION or not _TELLING.isdisjoint(request.headers.by_name):
            return None
        return cls(head[head.index(b"\n") + 1 :], request.headers, limits)

    def recall(self, data: bytes) -> RequestHead | None:
        """The request that `data` is, if it is a request line in origin form before the same header section.

        That says all: the rules that join the parts of a head (RFC 9112 §3.2, §6.3) have been seen to hold, and a
        request line of another form is a matter of the parser.
        """
        end = len(data) - len(self._octets)
        if not (0 < end <= self._longest and data.endswith(self._octets)):
            return None
        if _request_line().fullmatch(data, 0, end) is None:
            return None
        method, target, _ = data[:end].decode("ascii").split(" ")
        if method in _REFUSED:
            return None
        path, _, query = target.partition("?")
        return RequestHead(method, target, path, query, self._authority, _VERSION, self.headers)
