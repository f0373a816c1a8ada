"""Field sections: lookup without case, lines as they arrived, lists with quoted strings, and the work they cost."""

import copy
import gc
import json
import pickle
import sys
from collections.abc import Callable, MutableMapping
from types import FrameType
from typing import Final
from unittest.mock import ANY

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyhttp.errors import Misuse
from pyhttp.semantics.fields import EMPTY, OF_CONNECTION, Headers, is_field_name, is_field_value, list_value, parse_list

LINES: Final = [("Host", "a"), ("X-A", "1"), ("accept", "b, c"), ("x-a", "2")]

names = st.sampled_from(("A", "a", "B", "b", "X-Y", "x-y"))
values = st.text(st.characters(min_codepoint=0x21, max_codepoint=0xFF, exclude_characters="\x7f"), max_size=5)
sections = st.lists(st.tuples(names, values), max_size=6)


@pytest.mark.parametrize("name", ["Host", "x", "!#$%&'*+-.^_`|~09"])
def test_S5_a_field_name(name: str) -> None:
    assert is_field_name(name)


@pytest.mark.parametrize("name", ["", "a b", "a:", "a\r\n", "\xe9", "(", "a\n", " a", "\u0130"])
def test_S5_no_field_name(name: str) -> None:
    """S5: a field name is a token and nothing else."""
    assert not is_field_name(name)
    with pytest.raises(ValueError, match="not a field name"):
        Headers({name: "a"})


@pytest.mark.parametrize("value", ["", "a", "a b", "a\tb", "\x80\xff", "\x85", "\xa0a"])
def test_S6_a_field_value(value: str) -> None:
    assert is_field_value(value)
    assert Headers({"a": value})["A"] == value


@pytest.mark.clause("9112-2.2-4a", "9112-5.2-3a", "9110-5.5-5a")
@pytest.mark.parametrize(
    "value", [" a", "a ", "\ta", "a\t", " ", "a\nb", "a\r", "\x00", "\x7f", "\x0b", "\u0161", "a\r\n b"]
)
def test_S6_S11_no_field_value(value: str) -> None:
    """S6, S11: a value has no control, no white space at the ends, and no character beyond an octet."""
    assert not is_field_value(value)
    with pytest.raises(ValueError, match="value of Some-Name"):
        Headers([("Some-Name", value)])


def test_S11_only_pairs_of_text_are_fields() -> None:
    for text, named in (
        ('[["a", 1]]', "the value of a is a str, not int"),
        ('[[1, "a"]]', "a field name is a str, not int"),
    ):
        pairs: list[tuple[str, str]] = json.loads(text)
        with pytest.raises(TypeError, match=named):
            Headers(pairs)


@pytest.mark.clause("9110-5.1-4c", "9110-5.3-1a", "9110-5.5-4e")
def test_lookup_ignores_case_and_joins_lines() -> None:
    headers = Headers(LINES)
    assert (headers["HOST"], headers["x-A"], headers["Accept"]) == ("a", "1, 2", "b, c")
    assert headers.get_all("X-a") == ("1", "2")
    assert headers.get_all("Host") == ("a",)
    assert headers.get_all("None") == ()
    assert headers.get("none") is None
    assert (headers.get("HOST"), headers.get("X-A", "b"), headers.get("none", "b"), headers.get("none", 1)) == (
        *("a", "1, 2", "b"),
        1,
    )
    assert "HOST" in headers
    assert "none" not in headers
    assert not headers.__contains__(1)
    with pytest.raises(KeyError):
        headers["none"]


def test_a_section_is_a_mapping_that_keeps_its_lines() -> None:
    headers = Headers(LINES)
    assert headers.lines == tuple(LINES)
    assert list(headers) == ["host", "x-a", "accept"]
    assert len(headers) == 3
    assert dict(headers) == {"host": "a", "x-a": "1, 2", "accept": "b, c"}
    assert repr(headers) == f"Headers({LINES!r})"
    assert not EMPTY
    assert EMPTY.lines == ()


def test_a_section_is_made_of_pairs_a_mapping_or_another() -> None:
    pairs = Headers(LINES)
    assert Headers(pairs).lines == pairs.lines
    assert Headers({"A": "b"}).lines == (("A", "b"),)
    assert Headers(iter([("A", "b")])).lines == (("A", "b"),)
    assert Headers.parsed(iter(LINES)) == pairs
    assert Headers().lines == ()


def test_sections_are_equal_when_each_name_has_the_same_values_in_order() -> None:
    assert Headers([("A", "1"), ("B", "2")]) == Headers([("b", "2"), ("a", "1")])
    assert Headers([("A", "1"), ("a", "2")]) != Headers([("A", "2"), ("a", "1")])
    assert Headers([("A", "1"), ("a", "2")]) != Headers([("A", "1, 2")])
    assert Headers({"A": "1"}) != {"a": "1"}
    assert Headers({"A": "1"}) == ANY  # another type may define the comparison
    assert hash(Headers([("A", "1"), ("B", "2")])) == hash(Headers([("b", "2"), ("a", "1")]))


@given(sections)
def test_checked_and_parsed_sections_are_the_same(lines: list[tuple[str, str]]) -> None:
    """The lines of a parser give the same section as the pairs."""
    made = Headers(lines)
    for end in ("", "\r"):
        split = Headers.split([f"{name}:\t{value} {end}" for name, value in lines])
        assert (split.lines, split.by_name, split.repeated) == (made.lines, made.by_name, made.repeated)
        assert (split.lines, split, hash(split)) == (made.lines, made, hash(made))
    parsed = Headers.parsed(lines)
    assert (parsed.lines, parsed.by_name, parsed.repeated) == (made.lines, made.by_name, made.repeated)


@given(sections)
def test_the_index_holds_what_the_lines_say(lines: list[tuple[str, str]]) -> None:
    headers = Headers(lines)
    for name in {name.lower() for name, _ in lines}:
        expected = tuple(value for other, value in lines if other.lower() == name)
        assert headers.get_all(name) == expected
        assert headers.by_name[name] == headers[name] == ", ".join(expected)
        assert headers.repeated.get(name) == (expected if len(expected) > 1 else None)


@pytest.mark.clause("9110-5.5-3b")
def test_S7_only_sp_and_htab_are_no_part_of_a_value() -> None:
    """S7: 0x85 and 0xA0 are part of a value."""
    assert Headers.split(["A: \x85b\xa0\t", "B:", "C:a:b"]).lines == (("A", "\x85b\xa0"), ("B", ""), ("C", "a:b"))


@pytest.mark.parametrize("octets", [b"", b"User-agent: \x85b\xa0\t\r\nHOST:\r\nuser-Agents:a:b\r\n\r\n"])
def test_lines_are_as_received_whatever_is_kept(octets: bytes) -> None:
    headers = Headers.split(["User-agent: \x85b\xa0\t\r", "HOST:\r", "user-Agents:a:b\r"], octets)
    assert headers.lines == (("User-agent", "\x85b\xa0"), ("HOST", ""), ("user-Agents", "a:b"))
    assert dict(headers) == {"user-agent": "\x85b\xa0", "host": "", "user-agents": "a:b"}
    assert Headers.split([], b"\r\n").lines == Headers.split([]).lines == ()


def test_nobody_can_change_a_section() -> None:
    """The next request of the connection may be given the same section."""
    for headers in (Headers(LINES), Headers.split(["A: b"]), EMPTY):
        assert not isinstance(headers.by_name, MutableMapping)
        assert not isinstance(headers.repeated, MutableMapping)


@pytest.mark.parametrize("headers", [Headers(LINES), Headers.split(["A: b", "C: d"]), EMPTY])
def test_a_section_can_be_copied_and_pickled(headers: Headers) -> None:
    for other in (copy.copy(headers), copy.deepcopy(headers), pickle.loads(pickle.dumps(headers))):
        assert isinstance(other, Headers)
        assert (other.lines, other.by_name, other.repeated) == (headers.lines, headers.by_name, headers.repeated)


# --- on the wire


@pytest.mark.clause("9110-5.6.3-2b", "9112-2.2-7a")
def test_fields_in_order_with_one_space() -> None:
    fields = (("A", "b"), ("c", ""), ("A", "\xe9\xff"))
    headers = Headers(fields)
    assert headers.wire == b"A: b\r\nc: \r\nA: \xe9\xff\r\n"
    assert headers.wire is headers.wire
    assert Headers.split(["B: a", "A: b"]).wire == b"B: a\r\nA: b\r\n"
    assert EMPTY.wire == b""


@pytest.mark.clause("9112-2.2-4a", "9112-5.2-3a")
@pytest.mark.parametrize("bad", ["a\r\nB: c", "a\rb", "a\nb", "\r\n\r\nbody"])
def test_S11_a_response_is_never_split(bad: str) -> None:
    """S11: a line end in a name or value is a fault of ours, found before the first byte is sent."""
    for fields in ((("A", bad),), ((bad, "a"),)):
        with pytest.raises(Misuse, match="line end"):
            _ = Headers.parsed(fields).wire


def test_S11_what_is_not_latin_1_is_a_fault() -> None:
    with pytest.raises(Misuse, match="ISO-8859-1"):
        _ = Headers.parsed((("A", "\u0161"),)).wire


# --- lists


@pytest.mark.clause("9110-5.6.1.2-1b", "9110-5.6.1.2-1c", "9110-5.6.4-3b")
@pytest.mark.parametrize(
    ("value", "members"),
    [
        ("", ()),
        (",", ()),
        (" , ,\t", ()),
        ("a", ("a",)),
        ("a,b", ("a", "b")),
        ("a , b", ("a", "b")),
        ("x,yx", ("x", "yx")),
        ('x, "x"x', ("x", '"x"x')),
        (",a,,b,", ("a", "b")),
        ('"a,b", c', ('"a,b"', "c")),
        ('"a\\",b", c', ('"a\\",b"', "c")),
        ('a="b,c";d, e', ('a="b,c";d', "e")),
        ('"a, b', ('"a, b',)),
        ('a, "b\\', ("a", '"b\\')),
        ('""', ('""',)),
        (' "" , ', ('""',)),
        ("\xa0a", ("\xa0a",)),
        ('"a""b,c",d', ('"a""b,c"', "d")),
    ],
)
def test_a_list_is_split_outside_of_quoted_strings(value: str, members: tuple[str, ...]) -> None:
    assert parse_list(value) == members


def test_members_come_from_each_line_by_itself() -> None:
    """A string that is never closed hides nothing of the lines behind it."""
    assert Headers([("A", "a, b"), ("a", '"c'), ("A", "d,")]).members("a") == ("a", "b", '"c', "d")
    assert Headers().members("a") == ()


@given(st.text(st.sampled_from('ab ,\t"\\'), max_size=20))
def test_a_list_without_commas_has_one_member_at_most(value: str) -> None:
    members = parse_list(value)
    assert all(member and member == member.strip(" \t") for member in members)
    if "," not in value:
        assert len(members) <= 1
    if '"' not in value:
        assert members == tuple(part.strip(" \t") for part in value.split(",") if part.strip(" \t"))


def calls(work: Callable[[], object]) -> int:
    """How many functions were called. Functions of C count, too."""
    count = 0

    def add(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    gc.disable()  # a collection in between has calls of its own: of finalizers, and of its callbacks
    sys.setprofile(add)
    try:
        work()
    finally:
        sys.setprofile(None)
        gc.enable()
    return count


@pytest.mark.parametrize("line", ["X: y", "X:" + "y" * 600, 'X: "a,b", c'])
def test_S10_storage_and_lookup_cost_linear_work(line: str) -> None:
    """S10: twice the lines of one name cost twice the calls. A look-up does not cost them again."""
    half, whole = [line] * 50, [line] * 100
    assert calls(lambda: Headers.split(whole).lines) <= 2 * calls(lambda: Headers.split(half).lines)
    headers = Headers.split(whole)
    assert calls(lambda: headers["x"]) <= 5
    assert calls(lambda: headers.members("X")) <= 2 * calls(lambda: Headers.split(half).members("X"))


def test_a_further_line_gives_what_all_lines_together_would() -> None:
    before = Headers([("A", "1"), ("b", "2"), ("a", "3")])
    after = before.plus("Content-Range", "bytes 0-1/2")
    assert after.lines == (*before.lines, ("Content-Range", "bytes 0-1/2"))
    whole = Headers.parsed(after.lines)
    assert (after, after.wire, after.repeated, after.by_name) == (whole, whole.wire, whole.repeated, whole.by_name)
    assert "content-range" not in before


@pytest.mark.parametrize(
    ("name", "steers"),
    [("Content-Length", True), ("location", True), ("DATE", True), ("Content-Type", False), ("X-Date", False)],
)
def test_whether_fields_steer_their_message(name: str, steers: bool) -> None:
    plain = Headers({"A": "b"})
    assert not plain.steers
    for headers in (
        Headers([("A", "b"), (name, "1")]),
        Headers.parsed([("A", "b"), (name, "1")]),
        Headers.split(["A: b", f"{name}: 1"]),
        Headers.split(["A: b", f"{name}: 1", "A: c"]),
        plain.plus(name, "1"),
        Headers({name: "1"}).plus("A", "b"),
    ):
        assert headers.steers is steers


@pytest.mark.clause("9110-5.6.1.1-1a")
def test_a_list_that_is_sent_has_no_empty_member() -> None:
    assert list_value(["a", "", "b"]) == "a, b"
    assert list_value([]) == ""


def test_which_fields_steer_the_connection_or_the_answer() -> None:
    steering = (
        *("connection", "content-length", "date", "keep-alive", "location", "proxy-connection", "te"),
        *("transfer-encoding", "upgrade"),
    )
    for name in (*steering, *[f"x-{name}" for name in steering], *[f"{name}-x" for name in steering]):
        assert Headers({name.title(): "1"}).steers is (name in steering), name


def test_which_fields_are_about_the_message() -> None:
    """Those about the connection are the server's alone; a handler may send the others, which are checked."""
    assert sorted(OF_CONNECTION) == ["connection", "keep-alive", "proxy-connection", "te", "transfer-encoding"]
    for name in (*OF_CONNECTION, "content-length", "date", "location", "upgrade"):
        for headers in (Headers({name.title(): "x"}), Headers.parsed([(name, "x")]), EMPTY.plus(name, "x")):
            assert headers.steers
    others = {"Host": "a", "Trailer": "x", "Expires": "x", "Content-Location": "x"}
    assert not Headers(others).steers
    assert not Headers.parsed(others.items()).steers
    assert not EMPTY.plus("Host", "a").steers


@pytest.mark.parametrize("lines", [["A: \t xbx\t \r"], ["A: \t xbx\t \r", "a:xcx"]], ids=["once", "again"])
def test_white_space_around_a_value_is_none_of_it(lines: list[str]) -> None:
    expected = [("A", "xbx"), ("a", "xcx")][: len(lines)]
    assert list(Headers.split(lines).lines) == expected
