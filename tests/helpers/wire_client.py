"""The client of `pyhttp check` for tests: it sends any bytes, reads responses strictly, and judges each by the laws."""

import re
import ssl
from collections.abc import Collection
from typing import Final

from pyhttp.checking.client import Client, pieces
from pyhttp.checking.laws import LAWS, broken_laws
from pyhttp.checking.play import Exchange
from pyhttp.checking.reader import BadReply, Ended, Framing, Late, Reply, Source, read_reply
from tests.helpers.tls import connected

__all__ = ["BadReply", "Ended", "Framing", "Late", "Reply", "Source", "WireClient", "judge", "pieces", "read_reply"]

_VERSION: Final = re.compile(rb" (HTTP/1\.[01])\r\n")
_OF_HANDLERS: Final = frozenset({"content has a type"})
"""Laws about what a function of a test says by itself, which the server passes on: the rows hold the laws for it."""
_OF_VERSIONS: Final = frozenset({"no Transfer-Encoding to HTTP/1.0", "the end of content is told"})
"""Laws that need to know which version the request had."""


class WireClient(Client):
    """One TCP connection to `host`:`port`, by TLS with the context `tls`. Every wait ends after `patience` seconds."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        patience: float = 5.0,
        bytewise: bool = False,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(connected((host, port), patience=patience, tls=tls), bytewise=bytewise)
        self._versions: set[bytes] = set()

    def send(self, data: bytes) -> None:
        """Send as the base class does, and remember the versions of the requests."""
        self._versions.update(_VERSION.findall(data))
        super().send(data)

    def reply(self, method: str = "GET", *, breaks: Collection[str] = ()) -> Reply:
        """The next response. See `read_reply`.

        Args:
            method: The method of the request.
            breaks: Names of the laws that this response breaks because of a handler or a script.

        Raises:
            AssertionError: The response breaks another law.
        """
        reply = super().reply(method)
        if reply.status >= 200:
            judge(reply, method, self._versions, breaks)
        return reply


def judge(reply: Reply, method: str, versions: Collection[bytes], breaks: Collection[str] = ()) -> None:
    """Check that a final response keeps the laws, except those in `breaks`. The requests had the `versions`."""
    assert {law.name for law in LAWS}.issuperset(breaks)
    apart = _OF_HANDLERS.union(breaks)
    if len(versions) != 1:
        apart |= _OF_VERSIONS
    version = max(versions, default=b"HTTP/1.1").decode()
    broken = {law.name for law, _ in broken_laws([Exchange(reply, method, version)])} - apart
    assert not broken, f"{sorted(broken)}: {reply.head!r}"
