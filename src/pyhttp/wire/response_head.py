"""RFC 9112 §4, §5: the status line and header section of a response, as bytes."""

import functools

from pyhttp.errors import Misuse
from pyhttp.phrases import reason_phrase

__all__ = ["serialize_head", "status_line"]


@functools.cache
def status_line(status: int) -> bytes:
    """The status line; its version is ours (9110-6.2-7a) and no other (9110-6.2-7b).

    The version is the same whatever version and user agent the request had (9112-2.3-6a, 9112-2.3-6b). A status without
    a phrase of its own has an empty one (9112-4-1a); the SP stays (9112-4-9b).
    """
    return f"HTTP/1.1 {status} {reason_phrase(status)}\r\n".encode("ascii")


def serialize_head(status: int, *lines: bytes, reason: str = "") -> bytes:
    """A head by its grammar (9110-2.2-5a), with its empty line; an empty `reason` stands for the status's own phrase.

    Args:
        status: The status of the response.
        lines: Field lines, each with its CRLF, and no other lines (9112-5.2-3a); the first follows at once
            (9112-2.2-7a).
        reason: The reason phrase.

    Raises:
        Misuse: The reason holds a line end, which would split the response (RFC 9112 §11.1), even a CR alone
            (9112-2.2-4a), or is not ISO-8859-1.
    """
    line = _status_line(status, reason) if reason else status_line(status)
    return b"".join((line, *lines, b"\r\n"))


def _status_line(status: int, reason: str) -> bytes:
    """A status line with a reason phrase of its own."""
    if "\r" in reason or "\n" in reason:
        raise Misuse("the reason phrase of the response holds a line end")
    try:
        return f"HTTP/1.1 {status} {reason}\r\n".encode("latin-1")
    except UnicodeEncodeError as error:
        raise Misuse("the reason phrase of the response is not ISO-8859-1") from error
