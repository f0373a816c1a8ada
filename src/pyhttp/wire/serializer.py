"""RFC 9112 §4, §5: status line and header section of a response, as bytes."""

import functools

from pyhttp.errors import Misuse
from pyhttp.semantics.statuses import reason_phrase

__all__ = ["serialize_head"]


@functools.cache
def _status_line(status: int) -> str:
    """The version is ours, whatever the request had (9110-6.2-7a); the SP stays without a reason (9112-4-9b)."""
    return f"HTTP/1.1 {status} {reason_phrase(status)}\r\n"


def serialize_head(status: int, fields: tuple[tuple[str, str], ...], reason: str = "") -> bytes:
    """A head, empty line included; the status's own phrase stands where `reason` is empty.

    Raises:
        Misuse: A field holds a line end, which would split the response (RFC 9112 §11.1), or is not ISO-8859-1.
    """
    line = f"HTTP/1.1 {status} {reason}\r\n" if reason else _status_line(status)
    head = line + "".join([f"{name}: {value}\r\n" for name, value in fields]) + "\r\n"
    if head.count("\r") != len(fields) + 2 or head.count("\n") != len(fields) + 2:
        raise Misuse("a field of the response holds a line end")
    try:
        return head.encode("latin-1")
    except UnicodeEncodeError as error:
        raise Misuse("a field of the response is not ISO-8859-1") from error
