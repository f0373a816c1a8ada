"""Field values read without a regular expression, octet by octet: ranges, dates and entity tags, and paths.

The fuzz targets hold the real readers against them. Each rule is a statement of its own, as in `reference`.
"""

import datetime as dt
from typing import Final

from pyhttp.limits import Limits

__all__ = ["Tags", "byte_ranges", "date", "entity_tags", "segments"]

_DIGITS: Final = frozenset("0123456789")
_HEX: Final = frozenset("0123456789ABCDEFabcdef")
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_CYCLE: Final = dt.timedelta(days=146_097)
"""The days of 400 years, after which the calendar repeats."""
_EPOCH: Final = dt.datetime(1970, 1, 1)

Tags = list[tuple[bool, str]]
"""Whether each is weak, and what stands between its quotes."""


class _NoError(Exception):
    """The value breaks the grammar, or is one that the server takes for nothing."""


def _number(text: str, digits: int | None = None) -> int:
    """The value of a decimal number. It has exactly `digits` digits where they are given."""
    if not text or any(character not in _DIGITS for character in text):
        raise _NoError
    if digits is not None and len(text) != digits:
        raise _NoError
    return int(text)


# --- RFC 9110 §14.1, §14.2


def byte_ranges(value: str, length: int, limits: Limits) -> list[range] | None:
    """The positions that each range of a Range field meets, if any; None where the field is ignored."""
    if not length:
        return None
    try:
        wanted = [_range(member, length) for member in _ranges(value, limits)]
        met = [positions for positions in wanted if positions]
        _check_order(met, len(wanted), limits)
    except _NoError:
        return None
    return met


def _ranges(value: str, limits: Limits) -> list[str]:
    if value[:6].lower() != "bytes=":
        raise _NoError
    first, *more = value[6:].split(",")
    if not first:
        if not more:
            raise _NoError
    elif first != first.lstrip(" \t") and (first.strip(" \t") or not more):
        raise _NoError
    members = [member for member in (part.strip(" \t") for part in (first, *more)) if member]
    if not members:
        raise _NoError
    if len(members) > limits.ranges:
        raise _NoError
    return members


def _range(member: str, length: int) -> range:
    first, dash, last = member.partition("-")
    if not dash:
        raise _NoError
    if not first:
        return range(max(0, length - _number(last)), length)
    start = _number(first)
    if not last:
        return range(start, length)
    end = _number(last)
    if end < start:
        raise _NoError
    return range(start, min(end + 1, length))


def _check_order(met: list[range], members: int, limits: Limits) -> None:
    """G3: no octet is met twice. D20: the ranges are few where they do not ascend."""
    in_order = sorted(met, key=lambda positions: positions.start)
    for at, positions in enumerate(in_order[1:]):
        if positions.start <= in_order[at][-1]:
            raise _NoError
    if met != in_order and members > limits.unordered_ranges:
        raise _NoError


# --- RFC 9110 §5.6.7


def date(value: str, now: int) -> int | None:
    """The seconds since 1970 that an HTTP-date names; None where the value is none."""
    try:
        words = value.split(" ")
        if value[3:4] == ",":
            return _imf(words)
        if "," in value:
            return _rfc850(words, _EPOCH + dt.timedelta(seconds=now))
        return _asctime(words)
    except _NoError:
        return None


def _imf(words: list[str]) -> int:
    if len(words) != 6:
        raise _NoError
    if words[0] not in [f"{day[:3]}," for day in _DAYS]:
        raise _NoError
    if words[5] != "GMT":
        raise _NoError
    return _seconds(_number(words[3], 4), words[2], _number(words[1], 2), words[4])


def _asctime(words: list[str]) -> int:
    if words[2:3] == [""]:  # a space stands for the first digit of a day
        del words[2]
        _number(words[2] if len(words) > 2 else "", 1)
        words[2] = f"0{words[2]}"
    if len(words) != 5:
        raise _NoError
    if words[0] not in [day[:3] for day in _DAYS]:
        raise _NoError
    return _seconds(_number(words[4], 4), words[1], _number(words[2], 2), words[3])


def _rfc850(words: list[str], now: dt.datetime) -> int:
    if len(words) != 4:
        raise _NoError
    if words[0] not in [f"{day}," for day in _DAYS]:
        raise _NoError
    if words[3] != "GMT":
        raise _NoError
    parts = words[1].split("-")
    if len(parts) != 3:
        raise _NoError
    day, month, digits = _number(parts[0], 2), parts[1], _number(parts[2], 2)
    latest = (now.year + 50, now.month, now.day, now.hour, now.minute, now.second)
    for year in range(latest[0], latest[0] - 200, -1):
        if year % 100 == digits and (year, _month(month), day, *_clock(words[2])) <= latest:
            return _seconds(year, month, day, words[2])
    raise AssertionError("a year of each two digits is among 200")


def _month(name: str) -> int:
    if name not in _MONTHS:
        raise _NoError
    return _MONTHS.index(name) + 1


def _clock(text: str) -> tuple[int, int, int]:
    parts = text.split(":")
    if len(parts) != 3:
        raise _NoError
    hour, minute, second = (_number(part, 2) for part in parts)
    if hour > 23:
        raise _NoError
    if minute > 59:
        raise _NoError
    if second > 60:
        raise _NoError
    if second == 60 and (hour, minute) != (23, 59):
        raise _NoError
    return hour, minute, second


def _seconds(year: int, month: str, day: int, clock: str) -> int:
    hour, minute, second = _clock(clock)
    cycles = 1 if year < 400 else 0  # the standard library knows no year 0
    try:
        midnight = dt.datetime(year + 400 * cycles, _month(month), day)
    except ValueError:
        raise _NoError from None
    days = (midnight - _EPOCH - cycles * _CYCLE).days
    return days * 86_400 + hour * 3600 + minute * 60 + second


# --- RFC 9110 §8.8.3, §5.6.1


def entity_tags(value: str) -> Tags | None:
    """The entity tags of a list; None where the value is no list of them."""
    found: Tags = []
    rest = value
    try:
        while True:
            rest = rest.lstrip(" \t")
            if rest and not rest.startswith(","):
                tag, rest = _entity_tag(rest)
                found.append(tag)
                rest = rest.lstrip(" \t")
            if not rest:
                return found
            if not rest.startswith(","):
                raise _NoError
            rest = rest[1:]
    except _NoError:
        return None


def _entity_tag(text: str) -> tuple[tuple[bool, str], str]:
    """The tag that a text begins with, and what follows it."""
    weak = text.startswith("W/")
    if weak:
        text = text[2:]
    if not text.startswith('"'):
        raise _NoError
    opaque, quote, rest = text[1:].partition('"')
    if not quote:
        raise _NoError
    if any(character <= " " or character == "\x7f" or character > "\xff" for character in opaque):
        raise _NoError
    return (weak, opaque), rest


# --- RFC 3986 §3.3, §2.4


def segments(path: str) -> list[bytes] | None:
    """The decoded segments of a request's path without the empty ones; None where no file is looked for."""
    path, _, _ = path.partition("?")
    try:
        if not path.startswith("/"):
            raise _NoError
        return [segment for segment in map(_segment, path.split("/")) if segment]
    except _NoError:
        return None


def _segment(text: str) -> bytes:
    decoded = bytearray()
    while text:
        if text[0] == "%":
            if len(text) < 3 or text[1] not in _HEX or text[2] not in _HEX:
                raise _NoError
            octet, text = int(text[1:3], 16), text[3:]
        else:
            octet, text = ord(text[0]), text[1:]
            if not 0x21 <= octet <= 0x7E:
                raise _NoError
            if octet == 0x23:  # the fragment's sign, which no request has
                raise _NoError
        if octet < 0x20 or octet == 0x7F:
            raise _NoError
        if octet == 0x2F:
            raise _NoError
        decoded.append(octet)
    if decoded == b".":
        raise _NoError
    if decoded == b"..":
        raise _NoError
    return bytes(decoded)
