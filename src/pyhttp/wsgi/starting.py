"""PEP 3333, "The start_response() Callable": status and header section of an application's answer, checked at once."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final, NamedTuple

from pyhttp.phrases import reason_phrase
from pyhttp.semantics.content_length import parse_content_length
from pyhttp.semantics.fields import Headers, is_field_value

__all__ = ["Start", "started"]

_STATUS: Final = re.compile("([2-5][0-9][0-9])(?: (.*))?", re.DOTALL)
_HOP_BY_HOP: Final = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "trailers",
        "transfer-encoding",
        "upgrade",
    }
)
"""Fields about the connection, which only the server may describe ("Other HTTP Features")."""
_LENGTHLESS: Final = frozenset({204, 304})
"""Statuses whose Content-Length is dropped: in a 204 it is wrong (RFC 9110 §8.6), and frameworks state 0 in both."""


class Start(NamedTuple):
    """The arguments of `start_response`, checked."""

    status: int
    reason: str
    """Empty where the phrase is the one that the status has anyway."""
    headers: Headers
    length: int | None
    """The Content-Length; None for none."""


def started(status: str, fields: Iterable[tuple[str, str]]) -> Start:
    """The beginning of an answer, from the arguments of `start_response`; equal ones are kept for later answers.

    Raises:
        ValueError: The status is not three digits, of a final response, with a reason phrase. Or a field breaks the
            grammar, or is about the connection; or Content-Length is not one number.
        TypeError: The status, a name, or a value is no str.
    """
    if fields.__class__ is list:
        try:
            return _kept(status, tuple(fields))
        except TypeError:  # a pair that is a list, for instance, cannot be looked up
            return _started(status, fields)
    return _started(status, fields)


def _started(status: str, fields: Iterable[tuple[str, str]]) -> Start:
    code, reason = _parsed(status)
    headers = _checked(fields)
    names = headers.by_name
    if not _HOP_BY_HOP.isdisjoint(names):
        wrong = ", ".join(sorted(_HOP_BY_HOP.intersection(names)))
        raise ValueError(f"start_response: {wrong} is about the connection, which is the server's (PEP 3333)")
    if "content-length" not in names:
        return Start(code, reason, headers, None)
    if code in _LENGTHLESS:
        lines = [line for line in headers.lines if line[0].lower() != "content-length"]
        return Start(code, reason, Headers.parsed(lines), None)
    try:
        return Start(code, reason, headers, parse_content_length(headers.get_all("Content-Length")))
    except ValueError as error:
        raise ValueError(f"start_response: {error}: {names['content-length'][:200]!r}") from error


_kept: Final = lru_cache(maxsize=128)(_started)


@lru_cache(maxsize=64)
def _parsed(status: str) -> tuple[int, str]:
    if not isinstance(status, str):
        raise TypeError(f"start_response: the status is a str, not {type(status).__name__}")
    found = _STATUS.fullmatch(status)
    reason = "" if found is None or found[2] is None else found[2].strip(" \t")
    if found is None or (reason and not is_field_value(reason)):  # the same characters (RFC 9112 §4)
        raise ValueError(f"start_response: the status is like '200 OK', of a final response, not {status!r}")
    code = int(found[1])
    return code, "" if reason == reason_phrase(code) else reason


def _checked(fields: Iterable[tuple[str, str]]) -> Headers:
    try:
        return Headers(fields)
    except ValueError:  # white space around a value is no part of it (RFC 9110 §5.5), and other servers let it pass
        return Headers([(name, value.strip(" \t")) for name, value in fields])
