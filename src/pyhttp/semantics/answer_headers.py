"""RFC 9110 §5: the headers of answers, as programs give them: the same again and again.

They are checked and written once, if they are short, and kept for the next answer. A section with a cookie belongs to
one client, and is not kept.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from pyhttp.semantics.fields import Headers

__all__ = ["Fields", "headers_of", "typed_headers"]

Fields = Mapping[str, str] | Iterable[tuple[str, str]]
"""A mapping, or (name, value) pairs."""

_KEPT: Final[dict[tuple[tuple[str, str], ...], Headers]] = {}
_MOST: Final = 64
_LONGEST: Final = 512
"""Octets of a section that is kept."""


def headers_of(fields: Fields) -> Headers:
    """The headers that a program gives for an answer.

    Raises:
        TypeError, ValueError: As for `Headers`.
    """
    if not isinstance(fields, dict):
        return fields if isinstance(fields, Headers) else Headers(fields)
    lines = tuple(fields.items())
    try:
        kept = _KEPT.get(lines)
    except TypeError:  # a value cannot be hashed: it is no text, which is said below
        kept = None
    if kept is not None:
        return kept
    headers = Headers(lines)
    if len(headers.wire) <= _LONGEST and "set-cookie" not in headers.by_name:
        if len(_KEPT) >= _MOST:
            _KEPT.clear()
        _KEPT[lines] = headers
    return headers


def typed_headers(media_type: str, fields: Fields) -> Headers:
    """The same with a Content-Type, unless they have one."""
    if not fields:
        return headers_of({"Content-Type": media_type})
    given = Headers(fields)
    return given if "content-type" in given.by_name else Headers.parsed((("Content-Type", media_type), *given.lines))
