"""RFC 9112 §2.1, §3, §5: a request head in origin form that arrived whole, as nearly every head does.

One expression validates the head, and only splitting is left to do. A head that it does not match goes through
`HeadReader`, which accepts these and the other forms, and says what is wrong.

Clients repeat their header section with every request of a connection. Octets equal to those of the section before are
not read again. A connection looks at its own last section only, since sections hold secrets. `RequestReceiver`
remembers the request of a head that is repeated as a whole.
"""

import functools
import re
from typing import Final

from pyhttp import abnf
from pyhttp.limits import Limits
from pyhttp.messages import RequestHead
from pyhttp.semantics.authority import is_host
from pyhttp.semantics.fields import Headers
from pyhttp.semantics.methods import REFUSED
from pyhttp.wire.persistence import asks_to_persist
from pyhttp.wire.request_head import Syntax

__all__ = ["LONGEST_KEPT", "Section", "match_head"]

Section = tuple[bytes, Headers, str, bool]
"""A header section that broke no rule of RFC 9112 §5 and no limit: its octets, with the empty line; its value; the Host
of an ordinary request with this section, empty where such a request is not ordinary; and whether such a request
persists."""

LONGEST_KEPT: Final = 2048
"""The largest number of octets of a section, or head, kept between requests: a longer one would cost an idle connection
too much."""


@functools.cache
def _head_pattern() -> re.Pattern[bytes]:
    return re.compile(abnf.REQUEST_HEAD)


@functools.cache
def _line_pattern() -> re.Pattern[str]:
    return re.compile(abnf.text(abnf.REQUEST_LINE))


def match_head(
    data: bytes | bytearray, start: int, limits: Limits, known: Section | None = None
) -> tuple[bytes, RequestHead | Syntax, Section] | None:
    """The complete and valid head at `start`: its octets, its meaning, and its section; None where there is none.

    The meaning is a request where that is ordinary: HTTP/1.1, no content, no expectation. Then it has no fault that
    `interpret` would have to find. Otherwise it is a value from which `interpret` makes the request.

    Args:
        data: The octets that have arrived.
        start: The offset of the head's beginning.
        limits: The limits of a head, D1 to D4.
        known: A section that was read under the same limits.
    """
    whole = None if known is None else _match_known(data, start, limits, known)
    if whole is not None:
        head, request_line, section = whole
    else:
        match = _head_pattern().match(data, start)
        if match is None:
            return None
        head = match[0]
        lines = head.decode("latin-1").split("\n")  # each still has its CR, which is removed with the white space
        request_line = lines[0][:-1]
        field_lines = lines[1:-2]
        size = len(head)
        if (
            len(field_lines) > limits.field_lines
            or size > limits.request_line
            or size > limits.field_line
            or size > limits.field_section
        ) and _over_a_limit(size, request_line, field_lines, limits):
            return None
        octets = head[len(request_line) + 2 :]
        section = _section(octets, Headers.split(field_lines, octets))
    method, target, version = request_line.split(" ")
    _, headers, authority, _ = section
    if not authority or version == "HTTP/1.0" or method in REFUSED:
        return head, (method, target, version, headers), section
    path, _, query = target.partition("?")
    request = tuple.__new__(RequestHead, (method, target, path, query, authority, version, headers))
    return head, request, section


def _match_known(
    data: bytes | bytearray, start: int, limits: Limits, known: Section
) -> tuple[bytes, str, Section] | None:
    """The head at `start`, its request line and its section, if the section is the known one."""
    end = data.find(b"\r\n", start)
    octets = known[0]
    if not data.startswith(octets, end + 2) or not 0 <= end - start <= limits.request_line:
        return None
    request_line = data[start:end].decode("latin-1")
    if _line_pattern().fullmatch(request_line) is None:
        return None
    head = data[start : end + 2 + len(octets)]
    return head if isinstance(head, bytes) else bytes(head), request_line, known


def _over_a_limit(size: int, request_line: str, field_lines: list[str], limits: Limits) -> bool:
    """Whether a part of a large head is over its limit (D1 to D4)."""
    return (
        len(request_line) > limits.request_line
        or len(field_lines) > limits.field_lines
        or size - len(request_line) - 4 > limits.field_section  # with the CRLF of each line, without the empty one
        or any(len(line) - 1 > limits.field_line for line in field_lines)  # without the CR
    )


def _section(octets: bytes, headers: Headers) -> Section:
    """The section with the properties that it has without its request."""
    fields = headers.by_name
    if (
        "content-length" in fields
        or "transfer-encoding" in fields
        or "expect" in fields
        or headers.repeated
        or "host" not in fields
        or not is_host(fields["host"])
    ):
        return octets, headers, "", False
    persistent = "connection" not in fields or asks_to_persist("HTTP/1.1", headers)
    return octets, headers, fields["host"], persistent
