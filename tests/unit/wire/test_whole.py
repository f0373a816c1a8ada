"""Heads that arrived whole: the accepted ones are those of the careful reader, and a known section changes nothing."""

from typing import Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pyhttp.errors import HTTPError
from pyhttp.limits import Limits
from pyhttp.messages import RequestHead
from pyhttp.semantics.fields import Headers
from pyhttp.wire.expectation import expects_continue
from pyhttp.wire.framing import NO_CONTENT, request_framing
from pyhttp.wire.persistence import persists
from pyhttp.wire.request_head import HeadReader, Syntax, interpret
from pyhttp.wire.whole import Section, match_head
from tests.helpers.wire_strategies import broken_heads, heads, some_heads

LIMITS: Final = Limits()
SMALL: Final = Limits(request_line=80, field_line=40, field_section=120, field_lines=4)
GET: Final = b"GET / HTTP/1.1\r\n"
ANY_HEAD: Final = st.one_of(some_heads(), heads(), broken_heads())


def fast(data: bytes, limits: Limits, known: Section | None = None) -> tuple[RequestHead | Syntax, Section] | None:
    matched = match_head(data, 0, limits, known)
    if matched is None:
        return None
    head, found, section = matched
    assert data.startswith(head)
    assert head.endswith(section[0])
    return found, section


def careful(data: bytes, limits: Limits) -> tuple[Syntax, int] | None:
    reader = HeadReader(limits)
    try:
        syntax = reader.read(data, 0)
    except HTTPError:
        return None
    if syntax is None:
        return None
    assert data[: reader.size].endswith(b"\r\n\r\n")
    return syntax, reader.size


@given(ANY_HEAD, st.sampled_from((LIMITS, SMALL)))
@example(GET + b"A: b\r\n\r\n", Limits(field_section=6))
@example(GET + b"A: b\r\n\r\n", Limits(field_section=5))
@example(GET + b"A: b\r\n\r\n", Limits(request_line=14))
@example(GET + b"A: b\r\n\r\n", Limits(request_line=13))
@example(GET + b"A: b\r\n\r\n", Limits(field_line=4))
@example(GET + b"A: b\r\n\r\n", Limits(field_line=3))
@example(GET + b"A: b\r\nC: d\r\n\r\n", Limits(field_lines=2))
@example(GET + b"A: b\r\nC: d\r\n\r\n", Limits(field_lines=1))
@example(GET + b"A: b\r\nC: d\r\n\r\n", Limits(field_lines=2, field_line=4, field_section=12))
@example(b"a" * 64 + b" / HTTP/1.1\r\n\r\n", LIMITS)
@example(b"GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", LIMITS)
@example(b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", LIMITS)
def test_both_ways_take_the_same_heads(data: bytes, limits: Limits) -> None:
    """The fast expression and the careful reader accept the same set of origin forms, and read the same in it."""
    taken, right = fast(data, limits), careful(data, limits)
    if taken is None:
        assert right is None or not right[0][1].startswith("/")
        return
    assert right is not None
    found, (octets, headers, authority, persistent) = taken
    syntax, size = right
    assert (headers, headers.lines) == (syntax[3], syntax[3].lines)
    assert data[:size].partition(b"\r\n")[2] == octets
    if not isinstance(found, RequestHead):
        assert found == syntax
        return
    assert found == interpret(syntax)
    assert (request_framing(found), expects_continue(found)) == (NO_CONTENT, False)
    assert (authority, persistent) == (found.authority, persists(found))


@given(ANY_HEAD, ANY_HEAD, st.sampled_from((LIMITS, SMALL)))
@example(GET + b"A: b\r\n\r\n", GET + b"C: d\r\nA: b\r\n\r\n", LIMITS)
@example(GET + b"A: b\r\n\r\n", b"GET /\r\nA: b\r\n\r\n", LIMITS)
@example(GET + b"A: b\r\n\r\n", b"A: b\r\n\r\n", LIMITS)
@example(b"GET / HTTP/1.0\r\n\r\n", GET + b"A: b\r\n\r\n", LIMITS)
@example(GET + b"A: b\r\n\r\n", b"GET / HTTP/1.1\rXA: b\r\n\r\n", LIMITS)
@example(GET + b"A: b\r\n\r\n", b"GET /a HTTP/1.1\r\nA: b\r\n\r\n", Limits(request_line=14))
@example(GET + b"A: b\r\n\r\n", b"GET /a HTTP/1.1\r\nA: b\r\n\r\nGET", Limits(request_line=15))
def test_a_known_section_changes_nothing(before: bytes, data: bytes, limits: Limits) -> None:
    first = match_head(before, 0, limits)
    known = None if first is None else first[2]
    assert match_head(data, 0, limits, known) == match_head(data, 0, limits)


def test_a_known_section_is_not_read_again() -> None:
    first = match_head(GET + b"Host: a\r\n\r\n", 0, LIMITS)
    assert first is not None
    for data in (b"POST /a?b HTTP/1.1\r\nHost: a\r\n\r\nGET", bytearray(b"POST /a?b HTTP/1.1\r\nHost: a\r\n\r\n")):
        again = match_head(data, 0, LIMITS, first[2])
        assert again is not None
        head, request, section = again
        assert (head, section) == (data[:31], first[2])
        assert section is first[2]
        assert isinstance(head, bytes)
        assert request == RequestHead("POST", "/a?b", "/a", "b", "a", "HTTP/1.1", first[2][1])


@pytest.mark.parametrize(
    ("data", "ordinary"),
    [
        (GET + b"Host: a\r\n\r\n", True),
        (b"POST /a?b HTTP/1.5\r\nhost: a\r\n\r\n", True),
        (GET + b"Host: a\r\nConnection: close\r\n\r\n", True),
        (b"GET / HTTP/1.0\r\nHost: a\r\n\r\n", False),
        (b"TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", False),
        (b"CONNECT / HTTP/1.1\r\nHost: a\r\n\r\n", False),
        (GET + b"Host: a b\r\n\r\n", False),
        (GET + b"A: b\r\n\r\n", False),
        (GET + b"Host: a\r\nA: b\r\nA: c\r\n\r\n", False),
        (GET + b"Host: a\r\nExpect: x\r\n\r\n", False),
        (GET + b"Host: a\r\nContent-Length: 0\r\n\r\n", False),
        (GET + b"Host: a\r\nTransfer-Encoding: chunked\r\n\r\n", False),
    ],
)
def test_an_ordinary_request_needs_no_other_look(data: bytes, ordinary: bool) -> None:
    matched = match_head(data, 0, LIMITS)
    assert matched is not None
    assert isinstance(matched[1], RequestHead) is ordinary
    assert matched[2][2:] == (("a", b"close" not in data) if ordinary or b"Host: a\r\n\r\n" in data else ("", False))
    if not ordinary:
        assert matched[1] == HeadReader(LIMITS).read(data, 0)


def test_a_head_within_other_bytes() -> None:
    head = GET + b"A: b\r\n\r\n"
    for data in (b"..." + head + b"...", bytearray(b"..." + head + b"...")):
        matched = match_head(data, 3, LIMITS)
        assert matched is not None
        assert matched[0] == head
        assert matched[1] == ("GET", "/", "HTTP/1.1", Headers([("A", "b")]))
        reader = HeadReader(LIMITS)
        assert reader.read(data, 3) == matched[1]
        assert (reader.size, reader.method) == (len(head), "GET")
        assert match_head(data, 3, LIMITS, matched[2]) == matched
        assert match_head(data, 3, Limits(request_line=14), matched[2]) == matched
        assert match_head(data, 3, Limits(request_line=13), matched[2]) is None


def test_a_known_section_before_the_head_is_none_of_it() -> None:
    first = match_head(GET + b"A: b\r\n\r\n", 0, LIMITS)
    assert first is not None
    data = b"?A: b\r\n\r\nGET / HTTP/1.1?"
    assert match_head(data, data.index(b"GET"), LIMITS, first[2]) is None


def test_a_whole_head_is_not_copied() -> None:
    head = GET + b"A: b\r\n\r\n"
    matched = match_head(head, 0, LIMITS)
    assert matched is not None
    assert matched[0] is head
    again = match_head(head, 0, LIMITS, matched[2])
    assert again is not None
    assert again[0] is head
