"""RFC 3986 §2.1, §4.1, RFC 9110 §10.2.2: percent-encoding, and URI references, as in Location."""

import re
from typing import Final

from pyhttp import abnf

__all__ = ["ESCAPES", "unescaped", "uri_reference"]

ESCAPES: Final = tuple(f"%{octet:02X}" for octet in range(256))
"""The escape of each octet: all that we write have upper-case digits (3986-2.1-3c)."""

_STRAY_PERCENT: Final = b"%(?!" + abnf.HEXDIG + abnf.HEXDIG + b")"
_PCHAR: Final = rb"%0-9A-Za-z\-._~!$&'()*+,;=:@"
_NOT_OF_PATHS: Final = _STRAY_PERCENT + b"|[^" + _PCHAR + b"/]"
_NOT_OF_QUERIES: Final = _STRAY_PERCENT + b"|[^" + _PCHAR + b"/?]"
_NOT_OF_AUTHORITIES: Final = _STRAY_PERCENT + b"|[^" + _PCHAR + rb"\[\]]"
"""The characters that have to be escaped in each part (RFC 3986 §3)."""


def unescaped(octets: bytes) -> bytes:
    """`octets` with each escape decoded once, by digits of both cases (3986-6.2.2.1-1a); a "%" without two stays."""
    return re.sub(abnf.PCT_ENCODED, _octet, octets) if b"%" in octets else octets


def _octet(match: re.Match[bytes]) -> bytes:
    return bytes((int(match[0][1:], 16),))


def uri_reference(text: str) -> str:
    """The reference that `text` means; `text` may hold characters that have to be percent-encoded (RFC 3986 §2.1).

    A valid reference stays as it is. Spaces, quotes, backslashes, brackets outside of an address, a "%" without two
    digits, and octets beyond ASCII become escapes. A first segment that only looks like a scheme gets ``./`` before it
    (§4.2). So all readers of the result see the same place.

    Args:
        text: A field value, each character one octet.
    """
    before, mark, fragment = text.partition("#")
    before, question, query = before.partition("?")
    found = abnf.text_pattern(abnf.SCHEME + rb":").match(before)
    scheme = found[0] if found else ""
    path, authority = before[len(scheme) :], ""
    if path.startswith("//"):
        authority, slash, path = path[2:].partition("/")
        authority, path = f"//{_authority(authority)}", slash + path
    elif not scheme and ":" in path.partition("/")[0]:
        path = f"./{path}"
    path = _escaped(path, _NOT_OF_PATHS)
    query, fragment = _escaped(query, _NOT_OF_QUERIES), _escaped(fragment, _NOT_OF_QUERIES)
    return f"{scheme}{authority}{path}{question}{query}{mark}{fragment}"


def _authority(text: str) -> str:
    """The authority (§3.2); where `text` is none, it becomes one name: the characters that divide are escaped."""
    escaped = _escaped(text, _NOT_OF_AUTHORITIES)
    if abnf.text_pattern(abnf.AUTHORITY).fullmatch(escaped):
        return escaped
    return re.sub(r"[\[\]:@]", _escape, escaped)


def _escaped(text: str, unfit: bytes) -> str:
    return abnf.text_pattern(unfit).sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    return ESCAPES[ord(match[0])]
