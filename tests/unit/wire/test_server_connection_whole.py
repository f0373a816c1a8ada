"""Requests and answers in one step: the same as event by event, on every input and in every state."""

from collections.abc import Iterable
from typing import Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pyhttp.errors import HTTPError, Misuse
from pyhttp.limits import Limits
from pyhttp.messages import RequestHead
from pyhttp.semantics.fields import EMPTY, Headers
from pyhttp.wire.events import ContentElsewhere, EndOfMessage, Event, ResponseHead, Signal
from pyhttp.wire.request_head import Syntax
from pyhttp.wire.server_connection import ServerConnection
from pyhttp.wire.whole import LONGEST_KEPT, Section, match_head
from tests.helpers.feeding import LIMITS
from tests.helpers.wire_strategies import broken_heads, messages, some_heads, splits

SMALL: Final = Limits(request_line=80, field_line=40, field_section=120, field_lines=4, content=30)
GET: Final = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
SIZED: Final = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n"
END: Final = EndOfMessage()
DATE: Final = b"Date: x\r\n"

Happened = Event | tuple[type[HTTPError], str]
Seen = tuple[object, ...]


def state(connection: ServerConnection, happened: Happened) -> Seen:
    """Something that happened, and all that is known behind it."""
    return (
        *(happened, connection.head_bytes, connection.persistent, connection.buffered, connection.content_left),
        *(connection.awaiting_continue, connection.known_method, connection.request, connection.receiving_head),
    )


def happening(connection: ServerConnection, data: bytes, *, whole: bool) -> Happened:
    """The next event. The end of a request without content comes with its head, as in one step."""
    if not whole:
        connection.receive_data(data)
    elif (request := connection.receive_whole(data)) is not None:
        return request
    try:
        event = connection.next_event()
        if isinstance(event, RequestHead) and connection.content_left == 0:
            assert connection.next_event() == END
    except HTTPError as error:
        return type(error), error.detail
    return event


def played(segments: Iterable[bytes], limits: Limits, *, whole: bool = False, forgets: bool = False) -> list[Seen]:
    """What becomes of segments. Each complete request is answered.

    Args:
        segments: The segments that arrive and are read one by one. Then the peer ends its side.
        limits: The limits of the connection.
        whole: Whether requests are taken in one step where that can be done.
        forgets: Whether the connection knows nothing of the head before.
    """
    connection = ServerConnection(limits)
    seen: list[Seen] = []
    for segment in (*segments, None):
        if segment is None:
            connection.receive_eof()
        rest = segment or b""
        while True:
            if forgets:
                connection._section = connection._last = None
            happened = happening(connection, rest, whole=whole)
            rest = b""
            seen.append(state(connection, happened))
            if happened is Signal.PAUSED:
                connection.send(ResponseHead(204, EMPTY, None))
                connection.send(END)
                connection.start_next_cycle()
            elif isinstance(happened, Signal) or len(happened) == 2:
                break
    return seen


@st.composite
def conversations(draw: st.DrawFn) -> list[bytes]:
    """Requests that come behind each other, in some pieces or each by itself."""
    anything = st.one_of(some_heads(), some_heads(), messages().map(lambda message: message[0]), broken_heads())
    requests = draw(st.lists(anything, min_size=1, max_size=5))
    return requests if draw(st.booleans()) else draw(splits(b"".join(requests)))


@given(conversations(), st.sampled_from((LIMITS, SMALL)))
@example([GET + GET, GET], LIMITS)
@example([GET, SIZED + b"ab", GET, GET], LIMITS)
@example([b"\r\n", GET, b"\r\n" + GET], LIMITS)
@example([b"GET / HTTP/1.1\r\n", b"Host: a\r\n\r\n" + GET[:3], GET[3:] + SIZED + b"ab" + GET], LIMITS)
def test_requests_in_one_step_are_the_same_as_event_by_event(segments: list[bytes], limits: Limits) -> None:
    by_events = played(segments, limits)
    assert played(segments, limits, whole=True) == by_events
    assert played(segments, limits, forgets=True) == by_events
    assert played(segments, limits, whole=True, forgets=True) == by_events


@given(st.lists(st.one_of(some_heads(), st.just(GET)), min_size=2, max_size=6))
@example([GET, GET])
def test_a_request_on_an_old_connection_is_the_same_as_on_a_new_one(requests: list[bytes]) -> None:
    connection = ServerConnection(LIMITS)
    for data in requests:
        new = ServerConnection(LIMITS)
        request = new.receive_whole(data)
        if request is None:
            continue
        assert connection.receive_whole(data) == request
        assert state(connection, request) == state(new, request)
        if not connection.persistent:
            return
        assert connection.send_whole(200, EMPTY, 0, date=b"", close=False) is not None
        connection.start_next_cycle()


def test_a_request_in_one_step() -> None:
    connection = ServerConnection(LIMITS)
    request = connection.receive_whole(GET + GET[:5])
    assert request == RequestHead("GET", "/", "/", "", "a", "HTTP/1.1", Headers({"Host": "a"}))
    assert connection.request is request
    assert (connection.head_bytes, connection.buffered, connection.content_left) == (GET, 5, 0)
    assert connection.next_event() is Signal.PAUSED
    assert connection.receive_whole(GET[5:]) is None
    assert connection.buffered == len(GET)
    assert (
        connection.send_whole(304, EMPTY, 0, date=DATE, close=False) == b"HTTP/1.1 304 Not Modified\r\nDate: x\r\n\r\n"
    )
    connection.start_next_cycle()
    assert connection.receive_whole(GET) is None  # the request that came before must be taken first
    assert connection.next_event() == request
    assert connection.next_event() == EndOfMessage()
    assert connection.buffered == len(GET)


def test_the_fields_of_the_request_before_are_known() -> None:
    """A section that was read once serves as long as the client repeats it, even if nothing else is the same."""
    connection = ServerConnection(LIMITS)
    first = connection.receive_whole(GET)
    assert first is not None
    for data, known in ((b"POST /a?b HTTP/1.1" + GET[14:], True), (GET[:-2] + b"A: b\r\n\r\n", False), (GET, False)):
        connection.send_whole(200, EMPTY, 0, date=b"", close=False)
        connection.start_next_cycle()
        request = connection.receive_whole(data)
        assert request is not None
        assert (request.headers is first.headers) is known


def test_the_same_head_again_is_the_same_request() -> None:
    """Behind another head, nothing is left of the first. The other fields may say something else of the connection."""
    connection = ServerConnection(LIMITS)
    for data, same in ((GET, False), (GET, True), (SIZED + b"ab", False), (GET, False), (GET, True), (GET[:-1], False)):
        before = connection._last
        request = connection.receive_whole(data)
        assert (before is not None and request is before[1]) is same
        assert (request is not None) is (data == GET)
        if request is None:
            events = [connection.next_event() for _ in range(3 if data.startswith(SIZED) else 1)]
            assert (events[-1] is Signal.NEED_DATA) is (data == GET[:-1])
            if events[-1] is Signal.NEED_DATA:
                return
            connection.send_whole(200, EMPTY, 0, date=b"", close=False)
            connection.start_next_cycle()
            continue
        assert request == RequestHead("GET", "/", "/", "", "a", "HTTP/1.1", Headers({"Host": "a"}))
        assert (connection.persistent, connection.head_bytes) == (True, GET)
        connection.send_whole(200, EMPTY, 0, date=b"", close=False)
        connection.start_next_cycle()


@pytest.mark.parametrize("spare", [0, 1])
def test_a_long_head_is_not_kept_between_requests(spare: int) -> None:
    data = b"GET /%b HTTP/1.1\r\nHost: a\r\n\r\n"
    data = data % (b"b" * (LONGEST_KEPT + spare - len(data) + 2))
    connection = ServerConnection(LIMITS)
    first = connection.receive_whole(data)
    assert first is not None
    connection.send_whole(200, EMPTY, 0, date=b"", close=False)
    connection.start_next_cycle()
    second = connection.receive_whole(data)
    assert second == first
    assert (second is first) is (spare == 0)


@pytest.mark.parametrize("spare", [0, 1])
def test_a_long_section_is_not_kept_between_requests(spare: int) -> None:
    """An idle connection costs no more for what its client once sent."""
    rest = b"Host: a\r\nA: %b\r\n\r\n"
    rest = rest % (b"b" * (LONGEST_KEPT + spare - len(rest) + 2))
    connection = ServerConnection(LIMITS)
    first = connection.receive_whole(b"GET / HTTP/1.1\r\n" + rest)
    assert first is not None
    connection.send_whole(200, EMPTY, 0, date=b"", close=False)
    connection.start_next_cycle()
    second = connection.receive_whole(b"GET / HTTP/1.1\r\n" + rest)
    assert second == first
    assert (second.headers is first.headers) is (spare == 0)


def test_S10_a_head_that_came_in_part_is_not_looked_at_as_a_whole_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """S10: the octets of a head that is read line by line are looked at once."""
    looks: list[int] = []

    def look(
        data: bytes | bytearray, start: int, limits: Limits, known: Section | None
    ) -> tuple[bytes, RequestHead | Syntax, Section] | None:
        looks.append(len(data))
        return match_head(data, start, limits, known)

    monkeypatch.setattr("pyhttp.wire.receiver.match_head", look)
    connection = ServerConnection(LIMITS)
    events: list[Event] = []
    for octet in GET:
        assert connection.receive_whole(bytes((octet,))) is None
        events.append(connection.next_event())
    assert events[-1] == RequestHead("GET", "/", "/", "", "a", "HTTP/1.1", Headers({"Host": "a"}))
    assert looks == [1, 1]


# --- answers


REQUESTS: Final = (
    *(b"", b"GET / HT", GET, b"HEAD" + GET[3:], GET.replace(b"1.1", b"1.5"), GET.replace(b"1.1", b"1.0")),
    *(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
    *(SIZED, SIZED + b"a", SIZED + b"ab", SIZED + b"ab" + GET, b"GET /\r\n", b"HEAD / HTTP/1.1\r\n\r\n"),
    *(SIZED.replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n"), b"HEAD / HTTP/1.0\r\n\r\n"),
    SIZED.replace(b"Content-Length: 2", b"Transfer-Encoding: chunked") + b"1\r\na\r\n0\r\n\r\n",
)
STATUSES: Final = (0, 99, 100, 101, 199, 200, 204, 205, 206, 304, 404, 599, 600)
FIELDS: Final = (
    *(EMPTY, Headers({"ETag": '"a"', "A": "\xe9"}), Headers({"content-length": "2"})),
    *(Headers.parsed((("A", "b\r\nC: d"),)), Headers.parsed((("A", "\u0161"),))),
)


def asked(data: bytes) -> ServerConnection:
    connection = ServerConnection(LIMITS)
    connection.receive_data(data)
    try:
        while not isinstance(connection.next_event(), Signal):
            pass
    except HTTPError:
        pass
    return connection


def answered(connection: ServerConnection, head: ResponseHead) -> bytes | str:
    """The answer by events, or why there is none."""
    try:
        data = connection.send(head)
    except Misuse as error:
        return str(error)
    if head.status != 304 and connection.known_method != "HEAD":
        assert connection.send(ContentElsewhere(head.length or 0)) == b""
    assert connection.send(END) == b""
    return data


def behind(connection: ServerConnection) -> tuple[object, ...]:
    """What is known of a connection, and what it still takes."""
    known = (connection.persistent, connection.delimited_by_close, connection._receiving, connection._sending)
    refused: list[str] = []
    for act in (lambda: connection.send(END), connection.start_next_cycle):
        try:
            act()
        except Misuse as error:
            refused.append(str(error))
    return (*known, *refused, connection.request)


@given(
    *(
        st.sampled_from(REQUESTS),
        st.sampled_from(STATUSES),
        st.sampled_from(FIELDS),
        st.sampled_from((-1, 0, 2, 10**12)),
    ),
    *(st.sampled_from((b"", DATE)), st.booleans()),
)
def test_F16_an_answer_in_one_step_is_the_same_as_event_by_event(
    data: bytes, status: int, fields: Headers, length: int, date: bytes, close: bool
) -> None:
    """F16: the two are the same where the one step gives an answer. Where it gives none, nothing has changed."""
    one, other = asked(data), asked(data)
    before = state(one, Signal.PAUSED)
    head = ResponseHead(status, fields, length, close, date=date)
    sent: bytes | str | None
    try:
        sent = one.send_whole(status, fields, length, date=date, close=close)
    except Misuse as error:
        sent = str(error)
    if not isinstance(sent, bytes):
        assert state(one, Signal.PAUSED) == before
    if sent is not None:
        assert sent == answered(other, head)
        assert behind(one) == behind(other)


@pytest.mark.parametrize(
    ("data", "status", "length", "fields", "expected"),
    [
        (GET, 200, 2, {}, b"200 OK\r\nDate: x\r\nContent-Length: 2\r\n\r\n"),
        (GET, 404, 0, {"A": "b"}, b"404 Not Found\r\nDate: x\r\nA: b\r\nContent-Length: 0\r\n\r\n"),
        (b"HEAD" + GET[3:], 200, 2, {}, b"200 OK\r\nDate: x\r\nContent-Length: 2\r\n\r\n"),
        (GET, 304, 0, {}, b"304 Not Modified\r\nDate: x\r\n\r\n"),
        (SIZED + b"ab", 599, 0, {}, b"599 \r\nDate: x\r\nContent-Length: 0\r\n\r\n"),
        (
            b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
            *(200, 2, {}, b"200 OK\r\nDate: x\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\n"),
        ),
        (b"GET / HTTP/1.0\r\n\r\n", 200, 2, {}, b"200 OK\r\nDate: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\n"),
        (GET, 304, 2, {}, None),
        (GET, 204, 0, {}, None),
        (GET, 205, 0, {}, None),
        (GET, 199, 0, {}, None),
        (GET, 600, 0, {}, None),
        (GET, 200, -1, {}, None),
        (GET, 200, 2, {"Content-Length": "2"}, b"200 OK\r\nDate: x\r\nContent-Length: 2\r\n\r\n"),
        (GET, 200, 2, {"Content-Length": "3"}, None),
        (GET, 304, 0, {"Content-Length": "3"}, None),
        (SIZED + b"a", 200, 0, {}, None),
        (SIZED, 200, 0, {}, None),
        (b"", 200, 0, {}, None),
        (b"GET /\r\n", 400, 0, {}, None),
    ],
)
def test_which_answers_go_in_one_step(
    data: bytes, status: int, length: int, fields: dict[str, str], expected: bytes | None
) -> None:
    sent = asked(data).send_whole(status, Headers(fields), length, date=DATE, close=False)
    assert sent == (None if expected is None else b"HTTP/1.1 " + expected)


def test_F12_no_second_answer_in_one_step() -> None:
    """F12: there is also no answer in one step behind a head that was sent already."""
    connection = asked(GET)
    connection.send(ResponseHead(200, EMPTY, 0))
    assert connection.send_whole(200, EMPTY, 0, date=b"", close=False) is None
    connection = asked(GET)
    assert connection.send_whole(200, EMPTY, 2, date=b"", close=True) is not None
    assert not connection.persistent
    assert connection.send_whole(200, EMPTY, 2, date=b"", close=True) is None
    with pytest.raises(Misuse, match="not what comes next"):
        connection.send(ResponseHead(200, EMPTY, 0))
