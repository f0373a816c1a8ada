"""RFC 9112 §4, §5: status line and header section of a response, as bytes."""

import functools

from pyhttp.errors import Misuse
from pyhttp.semantics.fields import Headers
from pyhttp.semantics.statuses import reason_phrase

__all__ = ["serialize_head"]


@functools.cache
def _status_line(status: int) -> str:
    """The version is ours, whatever the request had (9110-6.2-7a); the SP stays without a reason (9112-4-9b)."""
    return f"HTTP/1.1 {status} {reason_phrase(status)}\r\n"


@functools.cache
def _status_octets(status: int) -> bytes:
    return _status_line(status).encode("ascii")


def whole_head(status: int, date: bytes, fields: Headers, length: int | None, *, close: bool) -> bytes:
    """The head of a response that is sent in one step, as `serialize_head` would write it.

    Args:
        status: Of the response.
        date: The field line of Date, or nothing.
        fields: The response's own.
        length: What Content-Length says, if there is to be one.
        close: Whether the connection ends.

    Raises:
        Misuse: As `serialize_head`.
    """
    stated = b"" if length is None else b"Content-Length: %d\r\n" % length
    connection = b"Connection: close\r\n" if close else b""
    return b"%b%b%b%b%b\r\n" % (_status_octets(status), date, fields.wire, stated, connection)


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
