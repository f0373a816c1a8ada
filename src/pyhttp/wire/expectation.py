"""RFC 9110 §10.1.1: Expect, and the 100 (Continue) that a client waits for."""

from typing import Protocol

from pyhttp.errors import ExpectationFailed
from pyhttp.messages import RequestHead
from pyhttp.wire.events import Informational

__all__ = ["Waiting", "expects_continue", "invitation"]


class Waiting(Protocol):
    """A connection whose client may wait for 100: a `ServerConnection`."""

    @property
    def awaiting_continue(self) -> bool:
        """Whether the client waits: it asked, and neither content nor an answer has moved yet."""
        ...

    def send(self, event: Informational, /) -> bytes:
        """The bytes that say `event`."""
        ...


def expects_continue(head: RequestHead, *, needless: bool = False) -> bool:
    """Whether the client waits for 100 (Continue) before it sends content.

    Args:
        head: The request.
        needless: Whether 100 would tell nothing, since content is there or none will come (9110-10.1.1-13.2a).

    Raises:
        ExpectationFailed: The client expects something else (9110-10.1.1-5a).
    """
    if "expect" not in head.headers.by_name:
        return False
    members = [member.lower() for member in head.headers.members("Expect")]
    if any(member != "100-continue" for member in members):
        raise ExpectationFailed("Expect: not 100-continue (RFC 9110 §10.1.1)")
    return bool(members) and not needless and head.version != "HTTP/1.0"  # 9110-10.1.1-13.1a


def invitation(connection: Waiting) -> bytes:
    """100 (Continue) for a client that waits for it (9110-10.1.1-14a), else nothing.

    It is asked for before the content is awaited (9110-10.1.1-16a). The answer itself is still owed behind it
    (9110-10.1.1-13.3a). One that comes in its place says whether the connection ends: it says close, since such a
    client may send its content or not (9110-10.1.1-13.4a).
    """
    return connection.send(Informational(100)) if connection.awaiting_continue else b""
