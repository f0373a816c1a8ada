"""What one connection remembers of its last request: a short way to the same result."""

from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyhttp.errors import HTTPError
from pyhttp.limits import Limits
from pyhttp.messages import RequestHead
from pyhttp.wire.connection import ServerConnection
from pyhttp.wire.events import Content, EndOfMessage, ResponseHead
from pyhttp.wire.memory import SectionMemory
from tests.helpers.feeding import LIMITS
from tests.helpers.wire_strategies import broken_heads, heads, messages

SECTION: Final = b"Host: a\r\nCookie: secret\r\nCookie: other\r\n\r\n"
FIRST: Final = b"GET /first?x HTTP/1.1\r\n" + SECTION


def answered(connection: ServerConnection, data: bytes) -> object:
    """What came of `data`, by the general way; then everything is answered and the next cycle begun, if that may be."""
    try:
        head = connection.next_event()
        content = b""
        while isinstance(event := connection.next_event(), Content):
            content += event.data
    except HTTPError as error:
        return type(error), str(error)
    known = (head, content, event, connection.head_bytes, connection.persistent, connection.awaiting_continue)
    if not isinstance(event, EndOfMessage):
        return known, connection.buffered
    connection.send(ResponseHead(200, (), 0))
    connection.send(EndOfMessage())
    if connection.persistent:
        connection.start_next_cycle()
    return known, connection.persistent, connection.buffered, len(data)


def remembering(first: bytes = FIRST, limits: Limits = LIMITS) -> ServerConnection:
    """A connection that has had one request."""
    connection = ServerConnection(limits)
    assert connection.receive_whole(first) is None
    answered(connection, first)
    return connection


def asked(connection: ServerConnection, data: bytes) -> object:
    """The same as `answered`, with the short way tried first."""
    head = connection.receive_whole(data)
    if head is None:
        return answered(connection, data)
    known = (head, b"", EndOfMessage(), connection.head_bytes, connection.persistent, connection.awaiting_continue)
    assert connection.content_left == 0
    connection.send(ResponseHead(200, (), 0))
    connection.send(EndOfMessage())
    if connection.persistent:
        connection.start_next_cycle()
    return known, connection.persistent, connection.buffered, len(data)


LINES: Final = st.sampled_from(
    (
        *(b"GET / HTTP/1.1\r\n", b"GET /b?c=%20 HTTP/1.1\r\n", b"HEAD /?? HTTP/1.1\r\n", b"M-SEARCH // HTTP/1.1\r\n"),
        *(b"GET  / HTTP/1.1\r\n", b"GET / HTTP/1.0\r\n", b"GET / HTTP/2.0\r\n", b"GET /%2 HTTP/1.1\r\n", b"GET /\r\n"),
        *(
            b"GET http://b/c HTTP/1.1\r\n",
            b"OPTIONS * HTTP/1.1\r\n",
            b"CONNECT a:1 HTTP/1.1\r\n",
            b"TRACE / HTTP/1.1\r\n",
        ),
        *(
            b"GET /a#b HTTP/1.1\r\n",
            b"\r\nGET / HTTP/1.1\r\n",
            b"GET / HTTP/1.1\n",
            b"\r\n",
            b"",
            b"GET /\xe9 HTTP/1.1\r\n",
        ),
        *(b"X" * 63 + b" / HTTP/1.1\r\n", b"X" * 64 + b" / HTTP/1.1\r\n", b"GET /" + b"y" * 90 + b" HTTP/1.1\r\n"),
        *(b"GET / HTTP/1.1\r\nA: b\r\n", b"GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n"),
    )
)
SECTIONS: Final = st.sampled_from(
    (
        *(
            SECTION,
            b"Host: a\r\n\r\n",
            b"host:b\r\nConnection: close\r\n\r\n",
            b"Host: a\r\nConnection: keep-alive\r\n\r\n",
        ),
        *(
            b"Host: a\r\nContent-Length: 0\r\n\r\n",
            b"Host: a\r\nContent-Length: 3\r\n\r\nabc",
            b"Host: a b\r\n\r\n",
            b"\r\n",
        ),
        *(b"Host: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"Host: a\r\nHost: a\r\n\r\n", b"Host: a\r\n"),
        *(
            b"Host: a\r\nExpect: 100-continue\r\n\r\n",
            b"Host: a\r\nExpect: x\r\n\r\n",
            b"Host: a\r\n\r\nGET / HTTP/1.1\r\n",
        ),
    )
)
SENT: Final = st.one_of(
    st.builds(lambda line, section: line + section, LINES, SECTIONS),
    heads(),
    broken_heads(),
    messages().map(lambda pair: pair[0]),
)


@settings(max_examples=400)
@given(
    st.lists(SENT, min_size=1, max_size=6), st.sampled_from((LIMITS, Limits(request_line=80), Limits(field_section=60)))
)
def test_it_gives_what_the_general_way_gives(sent: list[bytes], limits: Limits) -> None:
    """Whatever was sent on a connection, and in whatever order."""
    short, general = ServerConnection(limits), ServerConnection(limits)
    for data in sent:
        outcome = asked(short, data)
        general.receive_data(data)
        assert outcome == answered(general, data)
        if not general.persistent or general.buffered:
            return


def test_the_same_fields_need_a_look_at_the_request_line_alone() -> None:
    connection = remembering()
    data = b"HEAD /second HTTP/1.1\r\n" + SECTION
    head = connection.receive_whole(data)
    assert isinstance(head, RequestHead)
    assert (head.method, head.target, head.path, head.query) == ("HEAD", "/second", "/second", "")
    assert (head.authority, head.version) == ("a", "HTTP/1.1")
    assert head.headers.get_all("Cookie") == ("secret", "other")
    assert connection.head_bytes is data
    assert connection.request is head


def test_the_authority_is_that_of_host_whatever_the_target_before_said() -> None:
    connection = remembering(b"GET http://elsewhere/ HTTP/1.1\r\nHost: a\r\n\r\n")
    head = connection.receive_whole(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert head is not None
    assert head.authority == "a"


def test_the_last_request_is_what_is_remembered() -> None:
    connection = remembering()
    other = b"GET / HTTP/1.1\r\nHost: b\r\n\r\n"
    answered_first = asked(connection, other)
    assert answered_first == answered(remembering_with(other), other)
    head = connection.receive_whole(other)
    assert head is not None
    assert head.authority == "b"


def remembering_with(data: bytes) -> ServerConnection:
    connection = ServerConnection(LIMITS)
    connection.receive_data(data)
    return connection


@pytest.mark.parametrize(
    "section", [b"Host: a\r\nContent-Length: 0\r\n\r\n", b"Host: a\r\nExpect: 100-continue\r\n\r\n"]
)
def test_what_announces_content_is_not_remembered(section: bytes) -> None:
    data = b"GET / HTTP/1.1\r\n" + section
    assert remembering(data).receive_whole(data) is None


@pytest.mark.parametrize("before", [b"\r", b"GET /"])
def test_nothing_is_recalled_while_something_else_is_here(before: bytes) -> None:
    connection = remembering()
    connection.receive_data(before)
    assert connection.receive_whole(FIRST) is None
    with pytest.raises(HTTPError):
        connection.next_event()


@pytest.mark.parametrize("looked", [False, True])
def test_an_empty_line_may_stand_before_and_one_only(looked: bool) -> None:
    connection = remembering()
    connection.receive_data(b"\r\n")
    if looked:
        connection.next_event()
    assert connection.receive_whole(FIRST) is None
    assert isinstance(connection.next_event(), RequestHead)


def test_a_request_that_is_not_yet_answered_is_followed_by_nothing() -> None:
    connection = remembering()
    assert connection.receive_whole(FIRST) is not None
    assert connection.receive_whole(FIRST) is None
    assert connection.buffered == len(FIRST)


def test_nothing_is_known_of_a_request_of_http_1_0() -> None:
    head = b"GET / HTTP/1.0\r\nHost: a\r\n\r\n"
    request = remembering_with(head).next_event()
    assert isinstance(request, RequestHead)
    assert SectionMemory.of(head, request, LIMITS) is None
