"""One connection as a whole: cycles, ends, errors, answers, and its properties in between."""

from typing import Final

import pytest

from pyhttp.errors import HTTPError, IncompleteRequest, MalformedRequest, Misuse
from pyhttp.limits import Limits
from pyhttp.messages import RequestHead
from pyhttp.semantics.fields import EMPTY, Headers
from pyhttp.wire.events import (
    Content,
    EndOfMessage,
    Event,
    Informational,
    Outgoing,
    ResponseHead,
    Signal,
)
from pyhttp.wire.server_connection import ServerConnection
from tests.helpers.feeding import LIMITS, fed_every_way, feed, refused

GET: Final = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
GET_1_0: Final = b"GET / HTTP/1.0\r\n\r\n"
HEAD: Final = b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n"
SIZED: Final = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n"
CHUNKED: Final = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
EXPECTING: Final = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"
OK: Final = ResponseHead(200, EMPTY, 2)
END: Final = EndOfMessage()


def connect(*data: bytes, limits: Limits = LIMITS, secure: bool = False) -> ServerConnection:
    connection = ServerConnection(limits, secure=secure)
    for segment in data:
        connection.receive_data(segment)
    return connection


def received(connection: ServerConnection) -> list[Event]:
    """The events up to the first signal, and that signal."""
    events = [connection.next_event()]
    while not isinstance(events[-1], Signal):
        events.append(connection.next_event())
    return events


def answer(connection: ServerConnection, *events: Outgoing) -> bytes:
    return b"".join(connection.send(event) for event in events)


def failed(*data: bytes, limits: Limits = LIMITS) -> ServerConnection:
    """A connection whose input was refused."""
    connection = connect(*data, limits=limits)
    with pytest.raises(HTTPError):
        received(connection)
    return connection


# --- content that goes elsewhere


def test_content_that_is_awaited_may_go_past_the_connection() -> None:
    connection = connect(SIZED, b"ab")
    assert connection.content_awaited == 0  # its head has not been read
    connection.next_event()
    assert connection.content_awaited == 0  # some of the content is here
    assert connection.next_event() == Content(b"ab")
    assert connection.content_awaited == 3
    connection.pass_content(2)
    assert (connection.content_awaited, connection.content_left) == (1, 1)
    connection.receive_data(b"c" + GET)
    assert connection.content_awaited == 0
    assert received(connection)[:2] == [Content(b"c"), END]
    assert connection.content_awaited == 0


@pytest.mark.parametrize("head", [CHUNKED, EXPECTING, GET])
def test_framed_content_is_not_awaited_as_it_is_nor_what_nobody_sends(head: bytes) -> None:
    connection = connect(head)
    connection.next_event()
    assert connection.content_awaited == 0


def test_content_of_a_refused_request_is_not_awaited() -> None:
    assert failed(EXPECTING.replace(b"100-continue", b"more")).content_awaited == 0


def test_F10_an_end_that_was_met_elsewhere_counts() -> None:
    connection = connect(SIZED)
    connection.next_event()
    connection.pass_content(0)
    assert connection.content_awaited == 0
    with pytest.raises(IncompleteRequest):
        connection.next_event()


# --- receiving


def test_a_request_without_content() -> None:
    connection = connect(GET)
    head, *rest = received(connection)
    assert head == RequestHead("GET", "/", "/", "", "a", "HTTP/1.1", Headers({"Host": "a"}))
    assert rest == [EndOfMessage(), Signal.PAUSED]
    assert (connection.request, connection.head_bytes) == (head, GET)
    assert (connection.buffered, connection.content_left, connection.persistent) == (0, 0, True)


def test_a_request_with_content_of_stated_length() -> None:
    connection = connect(SIZED + b"he")
    assert isinstance(connection.next_event(), RequestHead)
    assert connection.content_left == 5
    assert connection.next_event() == Content(b"he")
    assert connection.content_left == 3
    assert connection.next_event() is Signal.NEED_DATA
    connection.receive_data(b"lloGET")
    assert connection.next_event() == Content(b"llo")
    assert connection.content_left == 0
    assert received(connection) == [EndOfMessage(), Signal.PAUSED]
    assert connection.buffered == 3


def test_a_request_with_chunked_content() -> None:
    connection = connect(CHUNKED + b"5\r\nhello\r\n0\r\n")
    assert isinstance(connection.next_event(), RequestHead)
    assert connection.content_left is None
    assert received(connection) == [Content(b"hello"), Signal.NEED_DATA]
    assert connection.content_left is None
    connection.receive_data(b"A: b\r\n\r\n")
    assert received(connection) == [EndOfMessage(Headers({"A": "b"})), Signal.PAUSED]
    assert connection.content_left == 0


@pytest.mark.clause("9112-9.3.2-1b.2")
def test_F12_the_next_request_waits_for_its_turn() -> None:
    """F12: pipelined requests are read one at a time."""
    connection = connect(GET + SIZED + b"hello" + GET)
    methods = []
    for _ in range(3):
        head, *_, signal = received(connection)
        assert isinstance(head, RequestHead)
        methods.append(head.method)
        assert signal is Signal.PAUSED
        assert connection.next_event() is Signal.PAUSED
        answer(connection, OK, Content(b"hi"), END)
        connection.start_next_cycle()
        assert (connection.request, connection.head_bytes) == (None, b"")
    assert methods == ["GET", "POST", "GET"]
    assert connection.next_event() is Signal.NEED_DATA


def test_an_empty_line_may_stand_before_each_request() -> None:
    connection = connect(b"\r\n" + GET + b"\r\n" + GET)
    for _ in range(2):
        assert isinstance(received(connection)[0], RequestHead)
        assert connection.head_bytes == GET
        answer(connection, OK, Content(b"hi"), END)
        connection.start_next_cycle()


@pytest.mark.clause("9112-9.3-7b")
@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE", "OPTIONS"])
@pytest.mark.parametrize(
    "body", [b"Content-Length: 5\r\n\r\nhello", b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"]
)
def test_F11_the_next_request_begins_behind_the_content(method: str, body: bytes) -> None:
    """F11: content belongs to any method."""
    first = f"{method} / HTTP/1.1\r\nHost: a\r\n".encode() + body
    outcome = fed_every_way(first + GET)
    assert [request.method for request in outcome.requests] == [method, "GET"]
    assert outcome.content == b"hello"


def test_F11_the_answer_may_come_before_the_content() -> None:
    """F11: the handler does not read the content. The cycle ends when the content has been read away."""
    connection = connect(SIZED + b"he")
    connection.next_event()
    answer(connection, OK, Content(b"hi"), END)
    with pytest.raises(Misuse, match="no next cycle"):
        connection.start_next_cycle()
    connection.receive_data(b"llo" + GET)
    assert received(connection) == [Content(b"hello"), EndOfMessage(), Signal.PAUSED]
    connection.start_next_cycle()
    assert isinstance(connection.next_event(), RequestHead)


@pytest.mark.parametrize(
    "head",
    [GET.replace(b"Host", b"Connection: close\r\nHost"), GET_1_0, SIZED.replace(b"Host", b"Connection: close\r\nHost")],
)
@pytest.mark.clause("9112-9.6-6c")
def test_no_request_follows_the_last(head: bytes) -> None:
    connection = connect(head + b"hello"[: 5 if b"Length" in head else 0] + GET)
    *_, signal = received(connection)
    assert (signal, connection.persistent) == (Signal.CLOSED, False)
    data = answer(connection, OK, Content(b"hi"), END)
    assert b"Connection: close\r\n" in data
    with pytest.raises(Misuse):
        connection.start_next_cycle()
    assert connection.next_event() is Signal.CLOSED


# --- ends


def test_the_peer_may_end_between_requests() -> None:
    for data in (b"", b"\r\n", b"\r"):
        connection = connect(data)
        assert connection.next_event() is Signal.NEED_DATA
        connection.receive_eof()
        assert [connection.next_event() for _ in range(2)] == [Signal.CLOSED, Signal.CLOSED]
        assert not connection.persistent
        connection.receive_data(GET)
        assert (connection.next_event(), connection.buffered) == (Signal.CLOSED, 0 if data != b"\r" else 1)


def test_a_request_sent_before_the_end_counts() -> None:
    """A half-close after a complete request is no departure."""
    connection = connect(GET)
    connection.receive_eof()
    assert len(received(connection)) == 3
    assert connection.persistent
    answer(connection, OK, Content(b"hi"), END)
    connection.start_next_cycle()
    assert connection.next_event() is Signal.CLOSED


@pytest.mark.clause("9112-8-1a", "9112-6.3-2.6.1b")
@pytest.mark.parametrize(
    "data", [GET[:1], GET[:-1], GET[:16], SIZED + b"hell", CHUNKED, CHUNKED + b"5\r\nhello\r\n0\r\n"]
)
def test_F10_an_end_within_a_request_is_an_error(data: bytes) -> None:
    """F10: a request that is cut off is never complete."""
    outcome = feed([data], eof=True)
    assert outcome.error is not None
    assert outcome.error[0] is IncompleteRequest
    assert not any(isinstance(event, EndOfMessage) for event in outcome.events)
    assert outcome == feed([data[:-1], data[-1:]], eof=True)


# --- errors


@pytest.mark.clause("9112-2.2-9a")
@pytest.mark.parametrize(
    "data", [b"\0", b"GET /\r\n", GET + b"G@T / HTTP/1.1\r\n", CHUNKED + b"x\r\n", SIZED[:-4] + b"x\r\n\r\n"]
)
def test_F13_after_an_error_nothing_is_parsed(data: bytes) -> None:
    """F13: the error stays the same for ever, and data that arrives is dropped."""
    connection = connect(data)
    if data.startswith(GET):
        received(connection)
        answer(connection, OK, Content(b"hi"), END)
        connection.start_next_cycle()
    with pytest.raises(HTTPError) as first:
        received(connection)
    for _ in range(2):
        connection.receive_data(GET)
        with pytest.raises(HTTPError) as again:
            connection.next_event()
        assert again.value is first.value
    assert (connection.buffered, connection.content_left, connection.persistent) == (0, 0, False)
    assert (connection.awaiting_continue, connection.receiving_head) == (False, False)
    with pytest.raises(Misuse):
        connection.start_next_cycle()


def test_F13_an_error_may_be_answered_and_closes() -> None:
    """F13: there is one answer, which says that the connection ends."""
    connection = failed(b"GET /\r\n")
    data = answer(connection, ResponseHead(400, Headers.parsed((("A", "b"),)), 2), Content(b"no"), END)
    assert data == b"HTTP/1.1 400 Bad Request\r\nA: b\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno"
    with pytest.raises(MalformedRequest):
        connection.next_event()


def test_an_error_within_content_may_come_after_the_answer_began() -> None:
    connection = connect(CHUNKED + b"1\r\na\r\n")
    connection.next_event()
    head = connection.send(ResponseHead(200, EMPTY, None))
    assert b"close" not in head
    connection.receive_data(b"x\r\n")
    assert connection.next_event() == Content(b"a")
    with pytest.raises(MalformedRequest):
        connection.next_event()
    assert connection.send(Content(b"b")) == b"1\r\nb\r\n"
    assert connection.send(END) == b"0\r\n\r\n"
    assert not connection.persistent
    with pytest.raises(Misuse):
        connection.start_next_cycle()


@pytest.mark.clause("9110-9.3.2-1a")
@pytest.mark.parametrize(
    "data",
    [
        b"HEAD / HTTP/1.1\r\n\r\n",
        b"HEAD / HTTP/1.1\r\nA : b\r\n",
        b"HEAD /# HTTP/1.1\r\n",
        b"HEAD / HTTP/2.0\r\n",
        b"HEAD * HTTP/1.1\r\nHost: a\r\n\r\n",
        b"HEAD / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
        b"HEAD / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
        b"HEAD / HTTP/1.1\r\nHost: a\r\n" + b"A: b\r\n" * 100,
    ],
)
def test_an_error_answer_to_head_has_no_content(data: bytes) -> None:
    """The method of a request that was refused is known once its request line was well formed."""
    for connection in (failed(data), failed(data[:8], data[8:])):
        sent = answer(connection, ResponseHead(400, EMPTY, 2), Content(b"no"), END)
        assert sent == b"HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\nConnection: close\r\n\r\n"


def test_an_answer_may_come_before_the_head_is_complete() -> None:
    """Such an answer is a 408 or a 503. Nothing is parsed behind it, and the connection closes."""
    for data, content in ((b"", b"no"), (b"GET / HTTP/1.1\r\nHo", b"no"), (b"HEAD / HTTP/1.1\r\nHo", b"")):
        connection = connect(data)
        assert connection.next_event() is Signal.NEED_DATA
        sent = answer(connection, ResponseHead(408, EMPTY, 2), Content(b"no"), END)
        assert sent.endswith(b"Connection: close\r\n\r\n" + content)
        connection.receive_data(b"st: a\r\n\r\n")
        assert (connection.next_event(), connection.buffered, connection.persistent) == (Signal.CLOSED, 0, False)


@pytest.mark.clause("9110-15.5.14-1b")
def test_D5_content_over_its_limit_is_refused_at_the_head() -> None:
    """D5: the content is refused by its length, before any of it has arrived."""
    assert refused(SIZED.replace(b"5", b"6"), limits=Limits(content=5)) == 413
    assert feed([SIZED], limits=Limits(content=5)).status is None


@pytest.mark.clause("9110-7.4-3a", "9110-7.4-3b")
def test_https_is_served_where_the_connection_is_secure() -> None:
    data = b"GET https://a/ HTTP/1.1\r\nHost: a\r\n\r\n"
    assert refused(data) == 421
    assert fed_every_way(data, secure=True).request.authority == "a"


@pytest.mark.clause("9110-7.8-2b", "9110-7.8-14b")
@pytest.mark.parametrize("version", ["1.0", "1.1"])
@pytest.mark.parametrize("protocol", ["h2c", "websocket", "HTTP/2.0, x"])
def test_F15_upgrade_is_ignored(protocol: str, version: str) -> None:
    """F15: there is no 101, and the answer does not mention the upgrade. The bytes are read as before."""
    fields = f"Host: a\r\nConnection: keep-alive, upgrade\r\nUpgrade: {protocol}\r\n"
    upgrade = f"GET / HTTP/{version}\r\n{fields}\r\n".encode()
    assert len(fed_every_way(upgrade + GET).requests) == 2
    connection = connect(upgrade)
    received(connection)
    with pytest.raises(Misuse):
        connection.send(Informational(101))
    assert b"upgrade" not in answer(connection, OK, Content(b"hi"), END).lower()


# --- 100 (Continue)


@pytest.mark.clause("9110-10.1.1-14a", "9110-10.1.1-16a")
def test_F14_a_client_waits_until_it_is_told_to_continue() -> None:
    """F14: 100 is sent when the content is about to be read, once."""
    connection = connect(EXPECTING)
    assert not connection.awaiting_continue
    connection.next_event()
    assert connection.next_event() is Signal.NEED_DATA
    assert connection.awaiting_continue
    assert connection.send(Informational(100)) == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert not connection.awaiting_continue
    connection.receive_data(b"hello")
    assert received(connection) == [Content(b"hello"), EndOfMessage(), Signal.PAUSED]
    assert b"close" not in connection.send(OK)


@pytest.mark.clause("9110-10.1.1-13.2a", "9110-10.1.1-13.1a")
@pytest.mark.parametrize(
    "data",
    [
        EXPECTING + b"h",
        EXPECTING.replace(b"1.1", b"1.0"),
        EXPECTING.replace(b"Length: 5", b"Length: 0"),
        EXPECTING.replace(b"Content-Length: 5\r\n", b""),
        SIZED,
        EXPECTING.replace(b"Content-Length: 5", b"Transfer-Encoding: chunked") + b"5",
    ],
)
def test_F14_nobody_waits(data: bytes) -> None:
    """F14: content has begun to arrive, there is no content, or the version is HTTP/1.0."""
    connection = connect(data)
    connection.next_event()
    assert not connection.awaiting_continue


def test_F14_content_that_arrives_ends_the_waiting() -> None:
    connection = connect(EXPECTING)
    connection.next_event()
    connection.receive_data(b"h")
    assert not connection.awaiting_continue
    assert b"close" not in connection.send(OK)


@pytest.mark.clause("9110-10.1.1-13.4a")
def test_F14_a_final_status_instead_closes() -> None:
    """F14: content that arrives anyway is never a request."""
    connection = connect(EXPECTING)
    connection.next_event()
    assert answer(connection, OK, Content(b"hi"), END).count(b"Connection: close\r\n") == 1
    assert not connection.awaiting_continue
    connection.receive_data(b"hello" + GET)
    assert received(connection) == [Content(b"hello"), EndOfMessage(), Signal.CLOSED]


def test_F14_another_expectation_is_417() -> None:
    assert refused(EXPECTING.replace(b"100-continue", b"miracles")) == 417


def test_F14_an_end_of_the_peer_ends_the_waiting() -> None:
    connection = connect(EXPECTING)
    connection.next_event()
    connection.receive_eof()
    with pytest.raises(IncompleteRequest):
        connection.next_event()
    assert not connection.awaiting_continue


@pytest.mark.parametrize(
    ("data", "kept"),
    [
        (b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", b"GET / HTTP/1.1"),
        (b"GET /\x00", b"GET /\x00"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\nsecret", b""),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nsecret\r\n", b""),
    ],
)
def test_O4_of_what_was_refused_the_first_line_of_its_head_is_kept_and_no_content(data: bytes, kept: bytes) -> None:
    connection = ServerConnection(Limits())
    connection.receive_data(data)
    with pytest.raises(MalformedRequest):
        list(iter(connection.next_event, Signal.NEED_DATA))
    assert connection.refused == kept
