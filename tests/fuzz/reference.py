"""A request parser without regular expressions: the rules of the RFCs, one by one, octet by octet.

It is slow and gives no reasons; the fuzz targets compare the real one with it. It makes our choices as well. Each rule
is a statement of its own, so that a test can tell whether random input has broken each rule.
"""

import ipaddress
from dataclasses import dataclass
from typing import Final

from pyhttp.limits import Limits

__all__ = ["Fields", "Read", "field_section", "members", "read"]

_TCHAR: Final = frozenset(b"!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
_HEX: Final = frozenset(b"0123456789ABCDEFabcdef")
_DIGIT: Final = frozenset(b"0123456789")
_HOST: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+;=")
_SCHEME: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-.")
_VALUE: Final = frozenset((*b"\t", *range(0x20, 0x7F), *range(0x80, 0x100)))
_TARGET: Final = frozenset(range(0x21, 0x7F)) - frozenset(b"#")

Fields = list[tuple[bytes, bytes]]


class _NoError(Exception):
    """The input is no request that the server serves, or not a whole one."""


@dataclass(frozen=True, slots=True)
class Read:
    """A request: names of fields in lower case; `end` is where the next one begins."""

    method: bytes
    target: bytes
    version: bytes
    fields: Fields
    content: bytes
    trailers: Fields
    end: int


def _line(data: bytes, at: int, longest: int) -> tuple[bytes, int]:
    """The line at `at` and where the next one begins."""
    line = bytearray()
    while True:
        if at + 1 >= len(data):
            raise _NoError
        if len(line) > longest:
            raise _NoError
        if data[at] == 13 and data[at + 1] == 10:
            return bytes(line), at + 2
        if data[at] in b"\r\n\0":
            raise _NoError
        line.append(data[at])
        at += 1


def _trim(value: bytes) -> bytes:
    while value[:1] in (b" ", b"\t"):
        value = value[1:]
    while value[-1:] in (b" ", b"\t"):
        value = value[:-1]
    return value


def _is_token(data: bytes) -> bool:
    return bool(data) and all(octet in _TCHAR for octet in data)


def _fields(data: bytes, at: int, limits: Limits) -> tuple[Fields, int]:
    """The field section at `at` with its empty line."""
    fields: Fields = []
    begin = at
    while True:
        line, at = _line(data, at, limits.field_line)
        if not line:
            return fields, at
        if at - begin > limits.field_section:
            raise _NoError
        name, colon, value = line.partition(b":")
        if not colon:
            raise _NoError
        if not _is_token(name):
            raise _NoError
        if any(octet not in _VALUE for octet in value):
            raise _NoError
        fields.append((name.lower(), _trim(value)))
        if len(fields) > limits.field_lines:
            raise _NoError


def _is_number(data: bytes) -> bool:
    return bool(data) and all(octet in _DIGIT for octet in data)


def _is_host(value: bytes) -> bool:
    """Whether the value is uri-host [ ":" port ] with a host that is not empty."""
    if value.startswith(b"["):
        literal, bracket, rest = value[1:].partition(b"]")
        if not bracket or not _is_ipv6(literal):
            return False
        return not rest or (rest.startswith(b":") and _is_port(rest[1:]))
    host, colon, port = value.partition(b":")
    return bool(host) and _is_escaped(host, _HOST) and (not colon or _is_port(port))


def _is_port(data: bytes) -> bool:
    return not data or (_is_number(data) and len(data) <= 5)


def _is_ipv6(literal: bytes) -> bool:
    if b"%" in literal or not literal.isascii():
        return False
    try:
        ipaddress.IPv6Address(literal.decode("ascii"))
    except ValueError:
        return False
    return True


def _is_escaped(data: bytes, allowed: frozenset[int]) -> bool:
    """Whether all octets are allowed, and two hex digits follow every percent sign."""
    at = 0
    while at < len(data):
        if data[at] == 37:
            if len(data) < at + 3 or data[at + 1] not in _HEX or data[at + 2] not in _HEX:
                return False
            at += 3
        elif data[at] in allowed:
            at += 1
        else:
            return False
    return True


def _check_target(method: bytes, target: bytes) -> None:
    """Refuse all but the forms that this method may use without TLS. CONNECT is refused elsewhere."""
    if target.startswith(b"/"):
        if not _is_escaped(target, _TARGET):
            raise _NoError
    elif target == b"*":
        if method != b"OPTIONS":
            raise _NoError
    else:
        scheme, separator, rest = target.partition(b"://")
        if not separator:
            raise _NoError
        if scheme.lower() != b"http":
            raise _NoError
        if not _is_absolute(rest):
            raise _NoError


def _is_absolute(rest: bytes) -> bool:
    """Whether `rest` is an authority, a path and a query."""
    end = min((at for at in (rest.find(b"/"), rest.find(b"?")) if at >= 0), default=len(rest))
    return _is_host(rest[:end]) and _is_escaped(rest[end:], _TARGET)


def _request_line(data: bytes, at: int, limits: Limits) -> tuple[bytes, bytes, bytes, int]:
    line, at = _line(data, at, limits.request_line)
    parts = line.split(b" ")
    if len(parts) != 3:
        raise _NoError
    method, target, version = parts
    if not _is_token(method):
        raise _NoError
    if len(method) > 63:
        raise _NoError
    if method in {b"CONNECT", b"TRACE"}:
        raise _NoError
    if len(version) != 8 or not version.startswith(b"HTTP/1."):
        raise _NoError
    if version[7] not in _DIGIT:
        raise _NoError
    _check_target(method, target)
    return method, target, version, at


def _get(fields: Fields, name: bytes) -> list[bytes]:
    return [value for key, value in fields if key == name]


def _check_fields(version: bytes, fields: Fields) -> None:
    hosts = _get(fields, b"host")
    if len(hosts) > 1:
        raise _NoError
    if not hosts and version != b"HTTP/1.0":
        raise _NoError
    if not all(map(_is_host, hosts)):
        raise _NoError
    if len(_get(fields, b"content-type")) > 1:
        raise _NoError
    for value in _get(fields, b"expect"):
        if any(member.lower() != b"100-continue" for member in members(value)):
            raise _NoError


def members(value: bytes) -> list[bytes]:
    """The members of a list without the empty ones. Commas within quoted strings do not separate."""
    found: list[bytes] = []
    member = bytearray()
    quoted = escaped = False
    for octet in value:
        if octet == 44 and not quoted:
            found.append(bytes(member))
            member.clear()
            continue
        member.append(octet)
        if escaped:
            escaped = False
        elif quoted and octet == 92:
            escaped = True
        elif octet == 34:
            quoted = not quoted
    return [part for part in map(_trim, (*found, bytes(member))) if part]


def _content(data: bytes, at: int, version: bytes, fields: Fields, limits: Limits) -> tuple[bytes, Fields, int]:
    codings, lengths = _get(fields, b"transfer-encoding"), _get(fields, b"content-length")
    if codings:
        if lengths:
            raise _NoError
        if version == b"HTTP/1.0":
            raise _NoError
        if [coding.lower() for coding in codings] != [b"chunked"]:
            raise _NoError
        return _chunks(data, at, limits)
    if not lengths:
        return b"", [], at
    if len(lengths) > 1:
        raise _NoError
    if not _is_number(lengths[0]):
        raise _NoError
    length = int(lengths[0].lstrip(b"0")[:20] or b"0")
    if length > limits.content:
        raise _NoError
    if at + length > len(data):
        raise _NoError
    return data[at : at + length], [], at + length


def _chunks(data: bytes, at: int, limits: Limits) -> tuple[bytes, Fields, int]:
    """Chunked content at `at`: what it holds, its whole trailer section, its end."""
    content = bytearray()
    extensions = 0
    while True:
        line, at = _line(data, at, limits.chunk_line)
        size, length = _chunk_line(line)
        extensions += length
        if extensions > limits.chunk_extensions:
            raise _NoError
        if not size:
            break
        if len(content) + size > limits.content:
            raise _NoError
        if at + size + 2 > len(data):
            raise _NoError
        if data[at + size : at + size + 2] != b"\r\n":
            raise _NoError
        content += data[at : at + size]
        at += size + 2
    trailers, at = _fields(data, at, limits)
    return bytes(content), trailers, at


def _chunk_line(line: bytes) -> tuple[int, int]:
    """The size of a chunk, and the length of the extensions."""
    digits = 0
    while digits < len(line) and line[digits] in _HEX:
        digits += 1
    if not digits:
        raise _NoError
    if digits > 16:
        raise _NoError
    if not _are_extensions(line[digits:]):
        raise _NoError
    return int(line[:digits], 16), len(line) - digits


def _are_extensions(text: bytes) -> bool:
    """Whether `text` is *( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] )."""
    while text:
        text = _trim_left(text)
        if not text.startswith(b";"):
            return False
        text = _trim_left(text[1:])
        rest = _after_token(text)
        if len(rest) == len(text):
            return False
        text = rest
        if _trim_left(text).startswith(b"="):
            text = _trim_left(_trim_left(text)[1:])
            rest = _after_quoted(text) if text.startswith(b'"') else _after_token(text)
            if len(rest) == len(text):
                return False
            text = rest
    return True


def _trim_left(text: bytes) -> bytes:
    while text[:1] in (b" ", b"\t"):
        text = text[1:]
    return text


def _after_token(text: bytes) -> bytes:
    while text and text[0] in _TCHAR:
        text = text[1:]
    return text


def _after_quoted(text: bytes) -> bytes:
    """What follows a quoted string; all of `text` where it never ends."""
    at = 1
    while at < len(text):
        if text[at] == 34:
            return text[at + 1 :]
        if text[at] == 92:
            at += 1
        if at >= len(text) or text[at] not in _VALUE:
            return text
        at += 1
    return text


def field_section(data: bytes, limits: Limits) -> tuple[Fields, int] | None:
    """The field section that `data` begins with, and its end; None where there is none that is whole and good."""
    try:
        return _fields(data, 0, limits)
    except _NoError:
        return None


def read(data: bytes, limits: Limits) -> Read | None:
    """The first request in `data`; None where there is none that is whole and good."""
    try:
        at = 2 if data.startswith(b"\r\n") else 0
        method, target, version, at = _request_line(data, at, limits)
        fields, at = _fields(data, at, limits)
        _check_fields(version, fields)
        content, trailers, end = _content(data, at, version, fields, limits)
    except _NoError:
        return None
    return Read(method, target, version, fields, content, trailers, end)
