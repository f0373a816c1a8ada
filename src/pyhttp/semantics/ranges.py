"""RFC 9110 §14: range requests, for the unit "bytes"."""

from enum import Enum, auto
from itertools import pairwise
from typing import Final, NamedTuple

from pyhttp import abnf
from pyhttp.semantics.fields import parse_list

__all__ = ["Selection", "Span", "Unranged", "content_range", "select"]

_RANGES_SPECIFIER: Final = rb"[bB][yY][tT][eE][sS]=((?s:[^ \t].*|[ \t]+,.*))"
"""Of the unit "bytes", in any case (§14.1); white space may stand before a comma, but not before the first member."""

_BEYOND: Final = 20
"""Digits that no size of a file has; those behind them are never converted (9110-14.1.2-13b)."""


class Span(NamedTuple):
    """`length` bytes, at least one, from `start` on."""

    start: int
    length: int

    @property
    def last(self) -> int:
        """The position of the last byte, as Content-Range counts."""
        return self.start + self.length - 1


class Unranged(Enum):
    """Why no span was selected."""

    WHOLE = auto()
    """The field is ignored: 200 with everything."""
    UNSATISFIABLE = auto()
    """The field is valid and meets no byte: 416 (9110-14.2-13a)."""


Selection = tuple[Span, ...] | Unranged
"""The spans to send in a 206, in the order asked for and at least one (9110-14.2-11a); or why there is none."""


def select(value: str, length: int, limit: int, unordered: int) -> Selection:
    """What a Range field asks of a representation: ranges of bytes are wanted of origin servers (9110-14.2-3b).

    Ignored are other units (9110-14.2-5a), what breaks the grammar, too many ranges, and ranges that overlap
    (9110-14.2-6a, 9110-17.15-1b, safety lines G1 and G3). Ranges are never joined (9110-15.3.7.2-4a):
    those that touch stay two, as each gets the part it asked for.

    Args:
        value: The value of Range.
        length: Of the representation, in bytes.
        limit: The most ranges that are honoured.
        unordered: The most where they are not in ascending order.
    """
    match = abnf.text_pattern(_RANGES_SPECIFIER).fullmatch(value)
    members = parse_list(match.group(1)) if match else ()
    if not members or len(members) > limit:
        return Unranged.WHOLE
    spans: list[Span] = []
    for member in members:
        span = _span(member, length)
        if span is Unranged.WHOLE:
            return Unranged.WHOLE
        if isinstance(span, Span):
            spans.append(span)
    if not spans:
        return Unranged.UNSATISFIABLE
    if len(spans) > 1 and not _ascend(spans) and (len(members) > unordered or not _ascend(sorted(spans))):
        return Unranged.WHOLE
    return tuple(spans)


def _span(member: str, length: int) -> Span | Unranged:
    """One range-spec (§14.1.1, §14.1.2); WHOLE where it is invalid and spoils the field."""
    if not abnf.text_pattern(abnf.INT_RANGE).fullmatch(member):
        if not abnf.text_pattern(abnf.SUFFIX_RANGE).fullmatch(member):
            return Unranged.WHOLE
        suffix = min(_position(member[1:]), length)
        return Span(length - suffix, suffix) if suffix else Unranged.UNSATISFIABLE
    first, _, last = member.partition("-")
    if last and _magnitude(last) < _magnitude(first):
        return Unranged.WHOLE
    start = _position(first)
    if start >= length:
        return Unranged.UNSATISFIABLE
    end = min(_position(last) + 1, length) if last else length
    return Span(start, end - start)


def _magnitude(digits: str) -> tuple[int, str]:
    """What orders decimal numbers of any length as their values do."""
    digits = digits.lstrip("0")
    return len(digits), digits


def _position(digits: str) -> int:
    """The number, or another beyond every file where it is that long."""
    return int(digits.lstrip("0")[:_BEYOND] or "0")


def _ascend(spans: list[Span]) -> bool:
    """Whether each begins behind the one before: none share a byte, and their sum is no larger than the file."""
    return all(one.start + one.length <= next_.start for one, next_ in pairwise(spans))


def content_range(span: Span, length: int) -> str:
    """The value of Content-Range for a part of a representation: it has the complete length (9110-14.4-5a).

    No method here takes a part: the Content-Range of a request is read by no code (9110-14.4-4b).
    """
    return f"bytes {span.start}-{span.last}/{length}"
