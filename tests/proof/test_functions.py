"""The decisions of functions behind the patterns: enumerated, against a second reading.

Some rules are in no pattern: a number's size, a calendar, a list whose members are separated outside of quotes. Here
each function is compared with the plainest reading of the RFC, for every short input, or for every day.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise, product
from typing import Final

import pytest

from pyhttp.errors import HTTPError
from pyhttp.messages import RequestHead
from pyhttp.semantics.content_length import parse_content_length
from pyhttp.semantics.dates import parse_date
from pyhttp.semantics.fields import Headers, parse_list
from pyhttp.semantics.ranges import Span, Unranged, select
from pyhttp.semantics.references import uri_reference
from pyhttp.wire.framing import CHUNKED, request_framing
from tests.proof.automata import Forwards
from tests.proof.programs import program_of
from tests.proof.proofs import GRAMMAR

BEGINNINGS: Final = tuple(
    before + octet for before in ("", "/", "//", "a:", "?", "#", "//a@", "//[") for octet in map(chr, range(256))
)
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
OCTETS: Final = tuple(map(chr, range(256)))


def words(letters: str | tuple[str, ...], most: int) -> Iterator[str]:
    """Every text of at most `most` letters."""
    for length in range(most + 1):
        for word in product(letters, repeat=length):
            yield "".join(word)


def takes(rule: str) -> Forwards:
    """The automaton of a rule."""
    return Forwards(program_of(GRAMMAR.tree(rule)))


def content_length(value: str) -> int | None:
    """What pyhttp makes of a Content-Length; None where it refuses."""
    try:
        return parse_content_length((value,))
    except ValueError:
        return None


@pytest.mark.clause("9112-6.3-2.5.1b")
def test_content_length_is_digits_of_a_number_that_63_bits_hold() -> None:
    grammar = takes("Content-Length")
    for value in words(OCTETS, 2):
        right = grammar.accepts(grammar.read(value.encode("latin-1")))
        assert content_length(value) == (int(value) if right else None), value
    for number in (2**63 - 2, 2**63 - 1, 2**63, 2**63 + 1, 10**19 - 1, 10**19, 2**64, 2**64 + 1, 10**4300):
        for zeros in (0, 1, 40, 5000):
            value = "0" * zeros + (str(number) if number < 10**100 else "1" + "0" * 4300)
            assert content_length(value) == (number if number < 2**63 else None), value


def framing(value: str) -> object:
    """What a request with a Transfer-Encoding of this value is framed by; None where it is refused."""
    headers = Headers.parsed((("Transfer-Encoding", value),))
    try:
        return request_framing(RequestHead("POST", "/", "/", "", "a", "HTTP/1.1", headers))
    except HTTPError:
        return None


@pytest.mark.clause("9112-6.3-2.4.3a")
def test_the_only_transfer_coding_is_chunked_alone_in_any_case() -> None:
    """F4: a value that is one octet away from it, or lists a coding beside it, frames nothing."""
    grammar, listed = takes("only-chunked"), takes("transfer-codings")
    cased = list(product(*((letter, letter.upper()) for letter in "chunked")))
    near = {"".join(letters) for letters in cased} | {""}
    for at in range(len("chunked") + 1):
        before, after = "chunked"[:at], "chunked"[at:]
        near |= {before + octet + rest for octet in OCTETS for rest in (after, after[1:])} | {before + after[1:]}
    near |= {", ".join(codings) for codings in product(("chunked", "gzip", "CHUNKED", "", "chunked;a=b"), repeat=2)}
    for value in near:
        octets = value.encode("latin-1")
        assert (framing(value) is CHUNKED) == grammar.accepts(grammar.read(octets)), value
        assert framing(value) is None or listed.accepts(listed.read(octets)), value


def members(value: str) -> list[str]:
    """The members by RFC 9110 §5.6.1.2, octet by octet. A string that is never closed runs to the end."""
    found, quoted, escaped = [""], False, False
    for octet in value:
        if octet == "," and not quoted:
            found.append("")
            continue
        found[-1] += octet
        if escaped:
            escaped = False
        elif quoted and octet == "\\":
            escaped = True
        elif octet == '"':
            quoted = not quoted
    return [member.strip(" \t") for member in found if member.strip(" \t")]


def test_lists_are_parted_at_commas_outside_of_strings() -> None:
    for value in words('a,"\\ \t;', 6):
        assert list(parse_list(value)) == members(value), value


def test_any_location_becomes_a_reference_and_a_reference_stays() -> None:
    grammar = takes("URI-reference")
    for text in (*words("a:/?#%[]@4\\,", 4), *BEGINNINGS):
        octets = uri_reference(text).encode("latin-1")
        assert grammar.accepts(grammar.read(octets)), text
        if grammar.accepts(grammar.read(text.encode("latin-1"))):
            assert octets == text.encode("latin-1"), text


def spans_of(value: str, length: int) -> tuple[Span, ...] | Unranged:
    """RFC 9110 §14.1.2: what each member selects, unless two share an octet. The grammar takes the value."""
    spans: list[Span] = []
    for member in value.removeprefix("bytes=").split(","):
        first, dash, last = member.strip(" \t").partition("-")
        if not dash:
            continue  # an empty member
        if not first:
            start, end = max(0, length - int(last)), length
        else:
            if last and int(last) < int(first):
                return Unranged.WHOLE
            start, end = int(first), min(int(last) + 1, length) if last else length
        if start < end:
            spans.append(Span(start, end - start))
    if any(one.start + one.length > other.start for one, other in pairwise(sorted(spans))):
        return Unranged.WHOLE
    return tuple(spans) or Unranged.UNSATISFIABLE


def test_ranges_are_those_of_the_grammar() -> None:
    """G1: every other value is ignored."""
    grammar = takes("bytes-ranges")
    for word in words("019-, a", 6):
        value = f"bytes={word}".rstrip(" ")  # a field value has no white space at its end
        right = grammar.accepts(grammar.read(value.encode("ascii")))
        expected = spans_of(value, 10) if right else Unranged.WHOLE
        assert select(value, 10, limit=100, unordered=100) == expected, value


def stated(year: int, month: int, day: int, time_of_day: str, weekday: int) -> tuple[str, str]:
    """A date in the two formats with four digits of a year."""
    name, of_month = DAYS[weekday], MONTHS[month - 1]
    return (
        f"{name}, {day:02} {of_month} {year:04} {time_of_day} GMT",
        f"{name} {of_month} {day:2} {time_of_day} {year:04}",
    )


def seconds_of(year: int, month: int, day: int) -> int | None:
    """The seconds of a day by the calendar of the standard library; None where there is no such day."""
    try:
        return (datetime(year, month, day, tzinfo=UTC) - EPOCH) // timedelta(seconds=1)
    except ValueError:
        return None


def test_dates_have_the_calendar_of_400_years() -> None:
    """The calendar repeats after them. The parser is asked for 32 days of each month."""
    for year, month, day in product(range(1800, 2200), range(1, 13), range(32)):
        expected = seconds_of(year, month, day)
        for text in stated(year, month, day, "00:00:00", day % 7):
            assert parse_date(text, 0) == expected, text


def test_each_year_has_its_leap_day_or_none() -> None:
    for year, (month, day) in product(range(1, 10_000), ((1, 1), (2, 28), (2, 29), (3, 1), (12, 31))):
        text, _ = stated(year, month, day, "00:00:00", 0)
        assert parse_date(text, 0) == seconds_of(year, month, day), text


def test_dates_of_two_digits_are_at_most_50_years_ahead() -> None:
    now = datetime(2026, 7, 1, tzinfo=UTC)
    seconds = (now - EPOCH) // timedelta(seconds=1)
    for digits, month, day in product(range(100), range(1, 13), range(1, 29)):
        year = 2000 + digits
        if (year, month, day) > (now.year + 50, now.month, now.day):
            year -= 100
        text = f"{DAYS[0]}day, {day:02}-{MONTHS[month - 1]}-{digits:02} 00:00:00 GMT"
        assert parse_date(text, seconds) == seconds_of(year, month, day), text


def test_a_day_has_every_second_up_to_the_leap_second() -> None:
    for hour, minute, second in product(range(100), (0, 1, 58, 59, 60, 99), (0, 1, 58, 59, 60, 61, 99)):
        right = hour < 24 and minute < 60 and (second < 60 or (hour, minute, second) == (23, 59, 60))
        text = f"Thu, 01 Jan 1970 {hour:02}:{minute:02}:{second:02} GMT"
        assert parse_date(text, 0) == (hour * 3600 + minute * 60 + second if right else None), text
