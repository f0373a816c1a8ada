"""RFC 9110 §10.1.1: Expect."""

from pyhttp.errors import ExpectationFailed
from pyhttp.messages import RequestHead

__all__ = ["expects_continue"]


def expects_continue(head: RequestHead) -> bool:
    """Whether the client waits for 100 (Continue) before it sends content.

    Raises:
        ExpectationFailed: The client expects something else (9110-10.1.1-5a).
    """
    if "expect" not in head.headers.by_name:
        return False
    members = [member.lower() for member in head.headers.members("Expect")]
    if any(member != "100-continue" for member in members):
        raise ExpectationFailed("Expect: not 100-continue (RFC 9110 §10.1.1)")
    return bool(members) and head.version != "HTTP/1.0"  # 9110-10.1.1-13.1a
