"""Entity tags and the validators of files."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pyhttp.semantics.dates import EARLIEST
from pyhttp.semantics.validators import EntityTag, Validators, parse_entity_tag, parse_entity_tags, validators_of_file

SECOND = 1_000_000_000
OLD = 1_700_000_000 * SECOND + 123_456_789
NOW = OLD + 3600 * SECOND

opaque_tags = st.text(st.sampled_from("!#$%,\\/W abc\x7e\x80\xff".replace(" ", "")), max_size=6)
entity_tags = st.builds(EntityTag, opaque_tags, st.booleans())


def model_of_tags(value: str) -> tuple[EntityTag, ...] | None:
    """One character at a time: what the list rule of §5.6.1 and the grammar of §8.8.3 say."""
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


@pytest.mark.clause("9110-8.8.3.1-3a", "9110-8.8.2.1-1a")
def test_W7_a_file_has_a_tag_of_size_and_time_and_a_date() -> None:
    found = validators_of_file(1024, OLD, NOW)
    assert found == Validators(EntityTag(f"400-{OLD:x}"), 1_700_000_000)
    assert validators_of_file(1025, OLD, NOW).etag != found.etag
    assert validators_of_file(1024, OLD + 1, NOW).etag != found.etag
    assert validators_of_file(1024, OLD, NOW + SECOND) == found


def test_each_coding_has_a_tag_of_its_own() -> None:
    tags = {validators_of_file(9, OLD, NOW, coding=coding).etag.opaque for coding in ("", "gzip", "br", "zstd")}
    assert len(tags) == 4


@pytest.mark.clause("9110-8.8.3-7b", "9110-8.8.1-7a", "9110-8.8.1-7b")
@pytest.mark.parametrize(
    ("modified", "age", "weak"),
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
    modified: int, age: int, weak: bool
) -> None:
    tag = validators_of_file(9, modified, modified + age).etag
    assert tag.weak is weak
    # What was sent within the tick never matches what the strong tag stands for later.
    assert tag.matches_weakly(validators_of_file(9, modified, modified + 3600 * SECOND).etag) is not weak


@pytest.mark.clause("9110-8.8.2.1-4a", "9110-8.8.2.1-4b", "9110-8.8.2.1-3a")
def test_no_date_is_later_than_now() -> None:
    assert validators_of_file(9, NOW + 86_400 * SECOND, NOW).modified == NOW // SECOND


def test_a_time_that_no_date_can_say_is_left_out() -> None:
    assert validators_of_file(9, (EARLIEST - 1) * SECOND, NOW).modified is None
    assert validators_of_file(9, EARLIEST * SECOND, NOW).modified == EARLIEST
    assert validators_of_file(9, -1, NOW).modified == -1


@given(st.integers(0, 2**63), st.integers(-(2**63), 2**63 - 1), st.integers(0, 2**63 - 1))
@pytest.mark.clause("9110-8.8.3-3.1b")
def test_the_tag_of_any_file_is_valid_and_without_backslash(size: int, modified: int, now: int) -> None:
    tag = validators_of_file(size, modified, now).etag
    assert parse_entity_tag(str(tag)) == tag
    assert "\\" not in tag.opaque
