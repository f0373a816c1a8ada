"""Byte ranges, exhaustively for short files and against a model that counts bytes. G1, G2, G3, D20."""

import itertools
import re
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyhttp.limits import Limits
from pyhttp.semantics.ranges import Span, Unranged, content_range, select

LIMITS = (12, 3)
"""The limit of ranges in all, and of those that do not ascend."""
WHOLE, NONE = Unranged.WHOLE, Unranged.UNSATISFIABLE


def spans(*pairs: tuple[int, int]) -> tuple[Span, ...]:
    """Spans by first and last position."""
    return tuple(Span(first, last + 1 - first) for first, last in pairs)


def wanted(member: str, length: int) -> list[int] | None:
    """The model of one range-spec: the positions of the bytes that it means, or None where it is invalid."""
    first, dash, last = member.partition("-")
    if not dash or not re.fullmatch("[0-9]*", first + last) or not first + last:
        return None
    if not first:
        return list(range(length))[length - min(int(last), length) :]
    if last and int(last) < int(first):
        return None
    return [position for position in range(length) if int(first) <= position and (not last or position <= int(last))]


def model(members: list[str], length: int) -> tuple[Span, ...] | Unranged:
    """The model of a range-set without white space."""
    sets = [wanted(member, length) for member in members]
    if not length or len(sets) > LIMITS[0] or any(positions is None for positions in sets):
        return WHOLE
    met = [positions for positions in sets if positions]
    if not met:
        return NONE
    every = [position for positions in met for position in positions]
    if len(every) != len(set(every)):
        return WHOLE
    if every != sorted(every) and len(sets) > LIMITS[1]:
        return WHOLE
    return tuple(Span(positions[0], len(positions)) for positions in met)


@pytest.mark.clause("9110-14.2-7a", "9110-14.2-3a")
@pytest.mark.parametrize("value", ["bytes=0-", "bytes=-1", "bytes=-0", "bytes=0-0,1-1"])
def test_every_range_of_an_empty_file_is_ignored(value: str) -> None:
    assert select(value, 0, *LIMITS) is WHOLE


@pytest.mark.clause("9110-14.2-11a", "9110-14.2-13a")
@pytest.mark.parametrize("length", range(5))
def test_G2_every_first_last_and_suffix_of_a_short_file(length: int) -> None:
    numbers = ["", *map(str, range(7))]
    for first, last in itertools.product(numbers, numbers):
        member = f"{first}-{last}"
        found = select(f"bytes={member}", length, *LIMITS)
        assert found == model([member], length), (member, length)
        if isinstance(found, tuple):
            (span,) = found
            assert 0 <= span.start <= span.last < length
            assert content_range(span, length) == f"bytes {span.start}-{span.last}/{length}"


@pytest.mark.parametrize("length", range(5))
def test_G2_G3_every_pair_of_ranges_of_a_short_file(length: int) -> None:
    members = [f"{first}-{last}" for first in ["", *range(5)] for last in ["", *range(5)]]
    for pair in itertools.product(members, repeat=2):
        assert select("bytes=" + ",".join(pair), length, *LIMITS) == model(list(pair), length), (pair, length)


numbers = st.integers(0, 30).map(str) | st.integers(0, 10**40).map(str) | st.integers(0, 30).map(lambda n: f"000{n}")
members = st.builds("{}-{}".format, numbers | st.just(""), numbers | st.just("")) | st.sampled_from(
    ["-", "1", "a-b", "--1", "1-2-3", "+1-2", "1_0-", "0x1-2", "1 -2", "\u0661-2"]
)


@given(st.lists(members, min_size=1, max_size=14), st.integers(0, 32))
def test_G1_G3_sets_of_ranges_against_a_model(parts: list[str], length: int) -> None:
    assert select("bytes=" + ",".join(parts), length, *LIMITS) == model(parts, length)


@pytest.mark.clause("9110-14.2-5a", "9110-14.2-3a", "9110-14.2-6a")
@pytest.mark.parametrize(
    "value",
    [
        "",
        "bytes",
        "bytes=",
        "bytes=,",
        "bytes= , ,",
        "bytes=-",
        "bytes=5",
        "bytes=2-1",
        "bytes=10-9",
        "bytes=100-99",
        "bytes=+1-2",
        "bytes=-+1",
        "bytes=--1",
        "bytes=1_0-20",
        "bytes=0x1-0x2",
        "bytes=\u0661-\u0662",
        "bytes=1 - 2",
        "bytes=1 -2",
        "bytes= 0-1",
        "bytes =0-1",
        " bytes=0-1",
        "bytes=0-1;x",
        "bytes=0-0 1-1",
        "bytes=0-0,x",
        'bytes="0-0"',
        "items=0-1",
        "bytesx=0-1",
        "bytes:0-1",
        "=0-1",
    ],
)
def test_G1_what_is_not_the_grammar_is_ignored(value: str) -> None:
    assert select(value, 10, *LIMITS) is WHOLE


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("bytes=0-0", spans((0, 0))),
        ("bytes=0-", spans((0, 9))),
        ("bytes=-1", spans((9, 9))),
        ("bytes=-99", spans((0, 9))),
        ("bytes=5-99", spans((5, 9))),
        ("BYTES=0-0", spans((0, 0))),
        ("Bytes=0-0", spans((0, 0))),
        ("bytes=0-0,", spans((0, 0))),
        ("bytes=,0-0", spans((0, 0))),
        ("bytes= ,0-0", spans((0, 0))),
        ("bytes=0-0 , 2-3\t,\t5-", spans((0, 0), (2, 3), (5, 9))),
        ("bytes=5-,0-0", spans((5, 9), (0, 0))),
        ("bytes=0-0,-1", spans((0, 0), (9, 9))),
        ("bytes=0-4,5-9", spans((0, 4), (5, 9))),
        ("bytes=00000-00", spans((0, 0))),
        ("bytes=0-0,99-", spans((0, 0))),
        (f"bytes=0-{10**30}", spans((0, 9))),
        (f"bytes=-{10**30}", spans((0, 9))),
        (f"bytes=3-{'9' * 8000}", spans((3, 9))),
    ],
)
def test_what_is_selected(value: str, expected: tuple[Span, ...]) -> None:
    assert select(value, 10, *LIMITS) == expected


@pytest.mark.clause("9110-14.1.2-13b", "9110-15.5.17-3a")
@pytest.mark.parametrize(
    "value",
    [
        "bytes=10-",
        "bytes=10-10",
        "bytes=-0",
        "bytes=99-",
        "bytes=10-,-0",
        f"bytes={10**30}-",
        f"bytes={'9' * 8000}-",
        f"bytes={10**30}-{10**30}",
    ],
)
def test_G1_what_meets_no_byte_is_unsatisfiable(value: str) -> None:
    assert select(value, 10, *LIMITS) is NONE


def test_G1_numbers_beyond_every_file_are_compared_exactly() -> None:
    assert select(f"bytes={10**30 + 1}-{10**30}", 10, *LIMITS) is WHOLE
    assert select(f"bytes={10**30}-0{10**30 + 1}", 10, *LIMITS) is NONE


@pytest.mark.clause("9110-14.1.2-13b")
def test_G1_positions_are_exact_in_the_largest_file_there_can_be() -> None:
    """G1: a number that a signed 64-bit count holds is a position. A longer number is behind every end."""
    length = 2**63 - 1
    assert select(f"bytes={length - 1}-", length, *LIMITS) == (Span(length - 1, 1),)
    assert select(f"bytes=-{length - 1}", length, *LIMITS) == (Span(1, length - 1),)
    assert select(f"bytes=0000{length - 1}-{10**19}", length, *LIMITS) == (Span(length - 1, 1),)
    for beyond in (10**19, 10**20, 10**30):
        assert select(f"bytes={beyond}-", length, *LIMITS) is NONE
        assert select(f"bytes=0-{beyond}", length, *LIMITS) == (Span(0, length),)


@pytest.mark.clause("9110-17.15-1b", "9110-14.2-6a")
@pytest.mark.parametrize("value", ["bytes=0-1,1-2", "bytes=0-,-1", "bytes=3-5,0-3", "bytes=0-9,0-9", "bytes=-3,-2"])
def test_G3_overlapping_ranges_are_ignored(value: str) -> None:
    assert select(value, 10, *LIMITS) is WHOLE


def places(numbers: Iterable[int]) -> str:
    """A Range field of one octet at each place."""
    return "bytes=" + ",".join(f"{place}-{place}" for place in numbers)


def test_D20_so_many_ranges_in_order_and_no_more() -> None:
    limits = Limits()
    most = range(0, 2 * limits.ranges, 2)
    found = select(places(most), 1000, limits.ranges, limits.unordered_ranges)
    assert found == spans(*((place, place) for place in most))
    assert select(places(most) + ",999-", 1000, limits.ranges, limits.unordered_ranges) is WHOLE
    assert select(places(most) + ",,", 1000, limits.ranges, limits.unordered_ranges) == found


def test_D20_fewer_out_of_order() -> None:
    limits = Limits()
    most = range(2 * limits.unordered_ranges, 0, -2)
    found = select(places(most), 1000, limits.ranges, limits.unordered_ranges)
    assert found == spans(*((place, place) for place in most))
    for more in (range(most.start + 2, 0, -2), [*range(10, 40, 2), 0]):
        assert select(places(more), 1000, limits.ranges, limits.unordered_ranges) is WHOLE


def test_ranges_that_touch_stay_apart() -> None:
    assert select("bytes=0-1,2-3,4-", 10, *LIMITS) == spans((0, 1), (2, 3), (4, 9))
