"""RFC 9110 §14: range requests, for the unit "bytes"."""

from enum import Enum, auto
from itertools import pairwise
from typing import Final, NamedTuple

from pyhttp import abnf
from pyhttp.semantics.fields import parse_list

__all__ = ["ACCEPT_RANGES", "Selection", "Span", "Unranged", "content_range", "select"]

_RANGES_SPECIFIER: Final = rb"[bB][yY][tT][eE][sS]=((?s:[^ \t].*|[ \t]+,.*))"
"""A ranges-specifier of "bytes", in any case (§14.1); white space may stand before a comma, not before the first
member."""

ACCEPT_RANGES: Final = ("Accept-Ranges", "bytes")
"""The field that offers ranges. Where none are served, it is not sent, with "none" either (9110-14.3-8a)."""

_BEYOND: Final = 20
"""The number of digits that no file size has; further digits are never converted (9110-14.1.2-13b)."""


class Span(NamedTuple):
    """A run of `length` bytes, at least one, that begins at `start`."""

    start: int
    length: int

    @property
    def last(self) -> int:
        """The position of the last byte, as Content-Range counts."""
        return self.start + self.length - 1


class Unranged(Enum):
    """The reason why no span was selected."""

    WHOLE = auto()
    """The field is ignored: 200 with everything."""
    UNSATISFIABLE = auto()
    """The field is valid, and no byte is in its ranges: 416 (9110-14.2-13a) with the length (9110-14.4-11a,
    9110-15.5.17-3a)."""


Selection = tuple[Span, ...] | Unranged
"""The spans to send in a 206, in the order asked for and at least one (9110-14.2-11a); or the reason why there is
none."""


def select(value: str, length: int, limit: int, unordered: int) -> Selection:
    """The spans of a representation that a Range field asks for.

    A server need not support ranges (9110-14-2a), but an origin server ought to (9110-14.2-3b). The field counts for
    GET only (9110-14.2-4a). It is ignored (9110-14.2-3a) for an empty file (9110-14.2-7a), since a cache that fetches
    in slices would pass a 416 on. It is ignored as well if it has another unit (9110-14.2-5a), breaks the grammar, or
    has too many ranges, or ranges that overlap (9110-14.2-6a, 9110-17.15-1b, safety lines G1 and G3). Ranges are never
    joined (9110-15.3.7.2-4a): two ranges that touch stay two, so that each part is the one that was asked for.

    Args:
        value: The value of Range.
        length: The length of the representation, in bytes.
        limit: The largest number of ranges that is honoured.
        unordered: The same for ranges that are not in ascending order.
    """
    if not length:
        return Unranged.WHOLE
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
    """One range-spec (§14.1.1, §14.1.2); WHOLE where it is invalid, which makes the whole field invalid."""
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
    """A key that orders decimal numbers of any length by their values."""
    digits = digits.lstrip("0")
    return len(digits), digits


def _position(digits: str) -> int:
    """The number; for very many digits, another number that is also larger than every file."""
    return int(digits.lstrip("0")[:_BEYOND] or "0")


def _ascend(spans: list[Span]) -> bool:
    """Whether each span begins behind the one before: they share no byte, and their sum is no larger than the file."""
    return all(one.start + one.length <= next_.start for one, next_ in pairwise(spans))


def content_range(span: Span, length: int) -> str:
    """The value of Content-Range for a part of a representation: it has the complete length (9110-14.4-5a).

    No method here takes a part of a representation: no code reads the Content-Range of a request (9110-14.4-4b).
    """
    return f"bytes {span.start}-{span.last}/{length}"
