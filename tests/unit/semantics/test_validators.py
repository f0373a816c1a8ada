"""Entity tags and the validators of files."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pyhttp.semantics.validators import (
    EntityTag,
    FileVersion,
    Validators,
    parse_entity_tag,
    parse_entity_tags,
    validators_of_file,
)

SECOND = 1_000_000_000
OLD = 1_700_000_000 * SECOND + 123_456_789
NOW = OLD + 3600 * SECOND
FIRST = 631_152_000
"""The start of 1990."""

opaque_tags = st.text(st.sampled_from("!#$%,\\/W abc\x7e\x80\xff".replace(" ", "")), max_size=6)
entity_tags = st.builds(EntityTag, opaque_tags, st.booleans())


def model_of_tags(value: str) -> tuple[EntityTag, ...] | None:
    """The tags of a value, read one character at a time by the list rule of §5.6.1 and the grammar of §8.8.3."""
    tags: list[EntityTag] = []
    rest = value
    expecting = True
    while True:
        rest = rest.lstrip(" \t")
        if not rest:
            return tuple(tags)
        if rest[0] == ",":
            expecting, rest = True, rest[1:]
            continue
        weak = rest.startswith("W/")
        rest = rest[2:] if weak else rest
        if not expecting or not rest.startswith('"') or '"' not in rest[1:]:
            return None
        opaque, _, rest = rest[1:].partition('"')
        if any(character <= " " or character == "\x7f" or character > "\xff" for character in opaque):
            return None
        tags.append(EntityTag(opaque, weak))
        expecting = False


@given(entity_tags)
def test_a_tag_is_read_as_it_was_written(tag: EntityTag) -> None:
    assert parse_entity_tag(str(tag)) == tag
    assert parse_entity_tags(str(tag)) == (tag,)


@given(st.lists(entity_tags), st.lists(st.sampled_from([",", " , ", ",,", "\t,\t ,"]), min_size=1))
def test_a_list_of_tags_is_read_whatever_separates_them(tags: list[EntityTag], separators: list[str]) -> None:
    value = "".join(str(tag) + separators[place % len(separators)] for place, tag in enumerate(tags))
    assert parse_entity_tags(value) == tuple(tags)


@given(st.text(st.sampled_from('"W/,ab\\ \t\x7f\x80'), max_size=14))
@example('"a""b"')
@example('"a" "b"')
@example('W/ "a"')
@example('w/"a"')
@example('"a')
@example("*")
@example("")
def test_tags_against_a_model(value: str) -> None:
    assert parse_entity_tags(value) == model_of_tags(value)
    alone = model_of_tags(value)
    single = alone is not None and len(alone) == 1 and value == value.strip(" \t,")
    assert parse_entity_tag(value) == (alone[0] if alone and single else None)


def test_commas_and_backslashes_are_characters_of_a_tag() -> None:
    assert parse_entity_tags(r'"a,b", W/"c\", "\"') == (EntityTag("a,b"), EntityTag("c\\", weak=True), EntityTag("\\"))


@pytest.mark.parametrize(
    ("one", "other", "strongly", "weakly"),
    [
        ('W/"1"', 'W/"1"', False, True),
        ('W/"1"', 'W/"2"', False, False),
        ('W/"1"', '"1"', False, True),
        ('"1"', '"1"', True, True),
        ('"1"', '"2"', False, False),
    ],
)
def test_the_table_of_comparisons(one: str, other: str, strongly: bool, weakly: bool) -> None:
    first, second = parse_entity_tag(one), parse_entity_tag(other)
    assert first is not None
    assert second is not None
    assert first.matches_strongly(second) is strongly
    assert second.matches_strongly(first) is strongly
    assert first.matches_weakly(second) is weakly
    assert second.matches_weakly(first) is weakly


def version(size: int = 9, modified: int = OLD, changed: int = OLD, device: int = 2049, inode: int = 7) -> FileVersion:
    return size, modified, changed, device, inode


def tag_of(of: FileVersion, now: int = NOW, coding: str = "") -> EntityTag:
    tag = validators_of_file(of, now, coding=coding).etag
    assert tag is not None
    return tag


@pytest.mark.clause("9110-8.8.3.1-3a", "9110-8.8.2.1-1a")
def test_a_file_has_a_strong_tag_and_a_date() -> None:
    found = validators_of_file(version(), NOW)
    assert found == Validators(tag_of(version()), 1_700_000_000)
    assert not tag_of(version()).weak
    assert validators_of_file(version(), NOW + SECOND) == found


def test_whatever_differs_makes_another_tag() -> None:
    others = [version(10), version(9, OLD + 1), version(9, OLD, OLD + 1), version(device=2050), version(inode=8)]
    assert len({tag_of(other) for other in (version(), *others)}) == 6


@pytest.mark.clause("9110-8.8.1-7a")
@pytest.mark.parametrize(
    ("now", "made"), [(NOW, True), (OLD, False), (OLD, True)], ids=["made", "changed lately", "both"]
)
def test_whatever_differs_makes_another_weak_tag(now: int, made: bool) -> None:
    """A weak tag does not stand for any content of the file: a client that holds the old content gets the new one."""
    others = [version(10), version(9, OLD + 1), version(9, OLD, OLD + 1), version(device=2050), version(inode=8)]
    tags = [
        validators_of_file(each, now, coding="gzip" if made else "", made=made).etag for each in (version(), *others)
    ]
    assert all(tag is not None and tag.weak for tag in tags)
    assert len({tag and tag.opaque for tag in tags}) == 6


def test_the_tag_is_the_same_in_every_process() -> None:
    """A client goes on with its content after the server was started again."""
    assert str(tag_of(version())) == '"19ad940b3408d4d5"'


def test_W7_no_number_of_the_file_can_be_read_in_its_tag() -> None:
    inode, device = 0x1234ABCD5678, 0xFEDC
    tag = tag_of(version(0x51235, inode=inode, device=device)).opaque
    for number in (0x51235, OLD, inode, device):
        assert f"{number:x}" not in tag
        assert str(number) not in tag
    assert len(tag) == 16  # fewer bits than went in: many files have it, so that a trial of all cannot tell which


def test_each_coding_has_a_tag_of_its_own() -> None:
    assert len({tag_of(version(), coding=coding) for coding in ("", "gzip", "br", "zstd")}) == 4


@pytest.mark.clause("9110-8.8.3-7b", "9110-8.8.1-7a", "9110-8.8.1-7b")
@pytest.mark.parametrize("which", ["modified", "changed", "both"])
@pytest.mark.parametrize(
    ("time", "age", "weak"),
    [
        (OLD, 0, True),
        (OLD, 10_000_000, True),
        (OLD, 10_000_001, False),
        (OLD, -5 * SECOND, True),
        (1_700_000_000 * SECOND, 2 * SECOND, True),
        (1_700_000_000 * SECOND, 2 * SECOND + 1, False),
    ],
)
def test_a_file_changed_within_the_last_tick_has_a_weak_tag_of_another_text(
    which: str, time: int, age: int, weak: bool
) -> None:
    long_ago = OLD - 3600 * SECOND
    of = version(9, long_ago if which == "changed" else time, long_ago if which == "modified" else time)
    tag = tag_of(of, time + age)
    assert tag.weak is weak
    # Content that was sent within the tick never matches the content for which the strong tag stands later.
    assert tag.matches_weakly(tag_of(of, time + 3600 * SECOND)) is not weak


@pytest.mark.clause("9110-8.8.2.1-4a", "9110-8.8.2.1-4b", "9110-8.8.2.1-3a")
def test_no_date_is_later_than_now() -> None:
    assert validators_of_file(version(9, NOW + 86_400 * SECOND), NOW).modified == NOW // SECOND


@pytest.mark.parametrize("seconds", [-(2**40), -1, 0, 1, 315_532_800, 499_162_500, FIRST - 1])
def test_a_date_before_there_was_a_web_is_none(seconds: int) -> None:
    """Stores and archives that have no date set 1970, the start of 1980 or 26 October 1985."""
    assert validators_of_file(version(9, seconds * SECOND), NOW) == Validators(tag_of(version(9, seconds * SECOND)))


def test_a_date_that_may_be_one_is_told() -> None:
    assert validators_of_file(version(9, FIRST * SECOND), NOW).modified == FIRST


@given(*[st.integers(-(2**63), 2**63 - 1)] * 5, st.integers(0, 2**63 - 1))
@pytest.mark.clause("9110-8.8.3-3.1b")
def test_the_tag_of_any_file_is_valid_and_without_backslash(
    size: int, modified: int, changed: int, device: int, inode: int, now: int
) -> None:
    tag = tag_of((size, modified, changed, device, inode), now)
    assert parse_entity_tag(str(tag)) == tag
    assert "\\" not in tag.opaque
