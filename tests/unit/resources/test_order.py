"""The order of the entries of a listing."""

import random
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pyhttp.resources.entries import Entry
from pyhttp.resources.order import Column, Order, parameters
from pyhttp.semantics.dates import EARLIEST, LATEST


def entry(name: str, size: int = 0, modified: int = 0, *, directory: bool = False) -> Entry:
    return Entry(name, is_directory=directory, mark="", size=size, modified=modified)


def ordered(entries: list[Entry], query: str = "") -> list[str]:
    random.Random(4).shuffle(entries)
    return [one.name for one in Order.of(query).sorted(entries)]


def test_names_in_natural_order_without_case() -> None:
    expected = [
        "0",
        "00",
        "01",
        "1",
        "2",
        "10",
        "a",
        "A1",
        "a2",
        "A10",
        "a10b",
        "B",
        "img1-2",
        "img1-10",
        "img02",
        "ß",
        "sst",
        "ü",
    ]
    # "ß" folds to "ss", which stands before "sst".
    assert ordered([entry(name) for name in expected]) == expected


@given(
    st.lists(
        st.text(st.sampled_from("00129aAbß٣-.: ") | st.characters(exclude_characters="/"), min_size=1), unique=True
    )
)
@example(["1234567890", "9", ":", ":1", "a", ".", "0", "00", "000a", "0:"])
def test_names_sorted_together_are_in_the_order_of_each_alone(names: list[str]) -> None:
    def key(name: str) -> tuple[str, str]:
        return re.sub("0*([0-9]+)", lambda found: f"{len(found[1]):03}{found[1]}", name.casefold()), name

    assert ordered([entry(name) for name in names]) == sorted(names, key=key)


def test_folders_come_first_in_every_order() -> None:
    entries = [entry("a", 5, 5), entry("z", directory=True), entry("b", directory=True), entry("0", 9, 9)]
    assert ordered(entries) == ["b", "z", "0", "a"]
    assert ordered(entries, "order=desc") == ["z", "b", "a", "0"]
    assert ordered(entries, "sort=size&order=desc") == ["b", "z", "0", "a"]
    assert ordered(entries, "sort=date") == ["b", "z", "a", "0"]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("sort=size", ["c", "a", "b", "d"]),
        ("sort=size&order=desc", ["d", "a", "b", "c"]),
        ("sort=date", ["d", "c", "a", "b"]),
        ("sort=date&order=desc", ["b", "a", "c", "d"]),
        ("sort=name", ["a", "b", "c", "d"]),
        ("sort=name&order=desc", ["d", "c", "b", "a"]),
        ("order=desc", ["d", "c", "b", "a"]),
        ("sort=Size", ["a", "b", "c", "d"]),
        ("sort=%73ize", ["a", "b", "c", "d"]),
        ("sort=size&sort=name&order=down&&x", ["a", "b", "c", "d"]),
    ],
)
def test_the_query_says_the_order_and_names_decide_between_equals(query: str, names: list[str]) -> None:
    assert ordered([entry("a", 2, 7), entry("b", 2, 8), entry("c", 1, 6), entry("d", 3, 5)], query) == names


@pytest.mark.parametrize("query", ["", "order=desc", "sort=size", "sort=size&order=desc", "sort=date&order=desc"])
def test_keys_with_their_names_are_in_the_same_order(query: str) -> None:
    """The order is the same for numbers of any size and for names of any characters."""
    entries = [
        entry(name, size, modified, directory=directory)
        for name in ("a1", "a01", "a\u0301", "a", "~")
        for size, modified in ((0, EARLIEST), (9, -1), (10, 0), (2**63, LATEST))
        for directory in (False, True)
    ]
    order = Order.of(query)
    pairs = sorted([(*pair,) for pair in zip(order.keys(entries), entries, strict=True)], reverse=order.reverse)
    texts = sorted([f"{key}\0{one.name}" for key, one in pairs], reverse=order.reverse)
    assert [key for key, _ in pairs] == [text.partition("\0")[0] for text in texts]
    sizes = [one.size for one in order.sorted(entries) if not one.is_directory]
    if "size" in query:
        assert sizes == sorted(sizes, reverse=order.descending)


def test_a_heading_leads_to_the_other_direction_or_to_what_people_look_for_first() -> None:
    by_name, by_size = Order(), Order(Column.SIZE, descending=True)
    assert [by_name.direction_for(column) for column in Column] == ["desc", "desc", "desc"]
    assert [by_size.direction_for(column) for column in Column] == ["asc", "asc", "desc"]


@pytest.mark.parametrize("order", [Order(column, descending) for column in Column for descending in (False, True)])
def test_an_order_has_one_query_and_the_usual_one_has_none(order: Order) -> None:
    assert Order.of(order.query) == order
    assert (order.query == "") is (order == Order())


def test_parameters() -> None:
    assert parameters("a=1&b=2=3&a=4&c") == {"a": "4", "b": "2=3", "c": ""}
    assert parameters("") == {}


@pytest.mark.parametrize(
    ("query", "keys"),
    [
        ("", ["0b012", "1a0210"]),
        ("order=desc", ["1b012", "0a0210"]),
        ("sort=size", ["000000000000000000000b012", "100000000000000000005a0210"]),
        ("sort=size&order=desc", ["099999999999999999999b012", "199999999999999999994a0210"]),
        ("sort=date", ["000000000000000000001b012", "100000000000000000000a0210"]),
        ("sort=date&order=desc", ["099999999999999999998b012", "199999999999999999999a0210"]),
    ],
)
def test_a_key_has_the_group_the_number_and_the_name(query: str, keys: list[str]) -> None:
    entries = [entry("B2", 0, EARLIEST + 1, directory=True), entry("a10", 5, EARLIEST)]
    assert Order.of(query).keys(entries) == keys
