"""The sending side of a connection, the known facts about its input, and that the work is linear."""

import sys
from collections import Counter
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import Final

import pytest

from pyhttp.errors import Misuse
from pyhttp.limits import Limits
from pyhttp.messages import RequestHead
from pyhttp.semantics.fields import EMPTY, Headers
from pyhttp.wire.events import (
    Content,
    ContentElsewhere,
    EndOfMessage,
    Event,
    Informational,
    Outgoing,
    ResponseHead,
    Signal,
)
from pyhttp.wire.server_connection import ServerConnection

GET: Final = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
CHUNKED: Final = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
END: Final = EndOfMessage()


def asked(data: bytes = GET) -> ServerConnection:
    """A connection whose request has arrived."""
    connection = ServerConnection(Limits())
    connection.receive_data(data)
    while not isinstance(connection.next_event(), Signal):
        pass
    return connection


def answer(connection: ServerConnection, *events: Outgoing) -> bytes:
    return b"".join(connection.send(event) for event in events)


@pytest.mark.parametrize(
    ("head", "length", "close", "expected", "persistent"),
    [
        (GET, 2, False, b"Content-Length: 2\r\n\r\nhi", True),
        (GET, 2, True, b"Content-Length: 2\r\nConnection: close\r\n\r\nhi", False),
        (GET, None, False, b"Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", True),
        (b"GET / HTTP/1.0\r\n\r\n", 2, False, b"Content-Length: 2\r\nConnection: close\r\n\r\nhi", False),
        (b"GET / HTTP/1.0\r\n\r\n", None, False, b"Connection: close\r\n\r\nhi", False),
        (
            b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
            2,
            False,
            b"Content-Length: 2\r\nConnection: keep-alive\r\n\r\nhi",
            True,
        ),
        (b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", None, False, b"Connection: close\r\n\r\nhi", False),
        (
            GET.replace(b"HTTP/1.1", b"HTTP/1.5"),
            None,
            False,
            b"Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
            True,
        ),
        (GET.replace(b"GET", b"HEAD"), 2, False, b"Content-Length: 2\r\n\r\n", True),
        (GET.replace(b"GET", b"HEAD"), None, False, b"\r\n", True),
    ],
)
@pytest.mark.clause("9112-9.6-1b", "9112-9.6-6b", "9112-6.1-13b", "9112-9.3-1b", "9110-2.2-5a")
def test_F16_an_answer(head: bytes, length: int | None, close: bool, expected: bytes, persistent: bool) -> None:
    """F16: an answer has the right framing and persistence for each kind of client."""
    connection = asked(head)
    sent = answer(connection, ResponseHead(200, EMPTY, length, close), Content(b"hi"), END)
    assert sent == b"HTTP/1.1 200 OK\r\n" + expected
    assert connection.persistent == persistent
    if persistent:
        connection.start_next_cycle()
        assert connection.next_event() is Signal.NEED_DATA


def test_content_may_leave_elsewhere() -> None:
    connection = asked()
    assert answer(connection, ResponseHead(200, EMPTY, 10), Content(b"ab")).endswith(b"ab")
    assert connection.send(ContentElsewhere(8)) == b""
    assert connection.send(END) == b""
    connection.start_next_cycle()


def test_content_of_stated_length_is_not_copied() -> None:
    connection = asked()
    connection.send(ResponseHead(200, EMPTY, 100))
    content = bytes(100)
    assert connection.send(Content(content)) is content


def test_interim_responses_come_before_the_final_one() -> None:
    connection = asked()
    assert connection.send(Informational(103)) == b"HTTP/1.1 103 Early Hints\r\n\r\n"
    for status in (100, 102, 199):
        assert connection.send(Informational(status)).startswith(b"HTTP/1.1 %d " % status)
    assert b" 200 " in connection.send(ResponseHead(200, EMPTY, 0))


@pytest.mark.parametrize("status", [99, 101, 200, 0])
def test_an_interim_status_is_interim(status: int) -> None:
    with pytest.raises(Misuse, match="interim"):
        asked().send(Informational(status))


@pytest.mark.clause("9110-15.2-1b")
def test_F14_no_interim_response_without_an_http_1_1_request() -> None:
    """F14: HTTP/1.0 gets no 1xx."""
    for connection in (asked(b"GET / HTTP/1.0\r\n\r\n"), ServerConnection(Limits())):
        with pytest.raises(Misuse, match=r"HTTP/1\.1"):
            connection.send(Informational(100))
        assert connection.send(ResponseHead(200, EMPTY, 0)).startswith(b"HTTP/1.1 200")


OUT_OF_TURN: Final[list[tuple[tuple[Outgoing, ...], Outgoing]]] = [
    ((), Content(b"")),
    ((), ContentElsewhere(0)),
    ((), END),
    ((ResponseHead(200, EMPTY, 0),), ResponseHead(200, EMPTY, 0)),
    ((ResponseHead(200, EMPTY, 0),), Informational(100)),
    ((ResponseHead(200, EMPTY, 0), END), Content(b"")),
    ((ResponseHead(200, EMPTY, 0), END), END),
    ((ResponseHead(200, EMPTY, 0), END), ResponseHead(200, EMPTY, 0)),
    ((ResponseHead(200, EMPTY, 0), END), Informational(100)),
    ((ResponseHead(200, EMPTY, 0), END), ContentElsewhere(0)),
]


@pytest.mark.parametrize(("before", "event"), OUT_OF_TURN)
def test_F12_an_event_out_of_turn_is_misuse(before: tuple[Outgoing, ...], event: Outgoing) -> None:
    """F12: there is no second answer, and nothing comes before or behind the answer."""
    connection = asked()
    answer(connection, *before)
    with pytest.raises(Misuse, match="not what comes next"):
        connection.send(event)


def test_F16_misuse_leaves_the_exchange_as_it_was() -> None:
    """F16: an event that breaks the framing does not count. The caller may still send the right event."""
    connection = asked()
    with pytest.raises(Misuse):
        connection.send(ResponseHead(200, Headers.parsed((("A", "b\r\nc"),)), 2))
    with pytest.raises(Misuse):
        connection.send(ResponseHead(100, EMPTY, 2))
    connection.send(ResponseHead(200, EMPTY, 2))
    with pytest.raises(Misuse):
        connection.send(Content(b"abc"))
    with pytest.raises(Misuse):
        connection.send(END)
    assert answer(connection, Content(b"ab"), END) == b"ab"
    connection.start_next_cycle()


def test_F17_a_response_that_is_cut_off_cannot_be_continued() -> None:
    """F17: without the last chunk there is no next cycle. The caller closes the connection."""
    connection = asked()
    assert answer(connection, ResponseHead(200, EMPTY, None), Content(b"ab")).endswith(b"2\r\nab\r\n")
    with pytest.raises(Misuse):
        connection.start_next_cycle()


# --- what is known


def test_a_head_is_being_received() -> None:
    connection = ServerConnection(Limits())
    seen: list[bool] = []
    events: list[Event] = []
    for octet in b"\r\n" + GET:
        connection.receive_data(bytes((octet,)))
        events.append(connection.next_event())
        seen.append(connection.receiving_head)
    assert isinstance(events[-1], RequestHead)
    assert seen == [False, False, *[True] * (len(GET) - 1), False]


def test_a_second_empty_line_is_a_head() -> None:
    connection = ServerConnection(Limits())
    connection.receive_data(b"\r\n\r")
    assert connection.next_event() is Signal.NEED_DATA
    assert connection.receiving_head
    connection = ServerConnection(Limits())
    connection.receive_data(b"G")
    assert connection.next_event() is Signal.NEED_DATA
    assert connection.receiving_head


def test_bytes_ahead_are_counted_and_handed_over() -> None:
    connection = asked(GET + b"GET / HT")
    assert connection.buffered == 8
    assert connection.take_buffered() == b"GET / HT"
    assert (connection.buffered, connection.take_buffered()) == (0, b"")
    answer(connection, ResponseHead(204, EMPTY, None), END)
    connection.start_next_cycle()
    assert not connection.receiving_head


@pytest.mark.parametrize("size", range(1, 40))
def test_bytes_handed_over_may_be_given_again(size: int) -> None:
    """The server only looks into a plain socket. It takes back bytes that it has not used, and looks at them again."""
    connection = ServerConnection(Limits())
    waiting = b"\r\n" + CHUNKED + b"2;a\r\nab\r\n1\r\nc\r\n0\r\nA: b\r\n\r\n" + GET
    events: list[Event] = []
    seen = 0
    while not (events and isinstance(events[-1], EndOfMessage)):
        seen += size
        connection.receive_data(waiting[:seen])
        while not isinstance(event := connection.next_event(), Signal):
            events.append(event)
        unused = connection.take_buffered()
        used = min(seen, len(waiting)) - len(unused)
        waiting = waiting[used:]
        seen -= used
    content = b"".join(event.data for event in events if isinstance(event, Content))
    assert (content, waiting[-len(GET) :]) == (b"abc", GET)


# --- linear work


def calls(work: Callable[[], object]) -> Counter[str]:
    """How often each function was called. Functions of C count, too."""
    counted: Counter[str] = Counter()

    def count(frame: FrameType, event: str, argument: object) -> None:
        if event == "c_call":
            counted[getattr(argument, "__name__", "")] += 1
        elif event == "call":
            counted[frame.f_code.co_name] += 1

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    return counted


def read_in(segments: list[bytes]) -> int:
    """Feed segments to a connection, and count the octets of content that came."""
    connection = ServerConnection(Limits())
    octets = 0
    for segment in segments:
        connection.receive_data(segment)
        while not isinstance(event := connection.next_event(), Signal):
            octets += len(event.data) if isinstance(event, Content) else 0
    return octets


def one_byte_chunks(count: int, segment: int) -> list[bytes]:
    data = CHUNKED + b"1\r\nx\r\n" * count + b"0\r\n\r\n"
    return [data[at : at + segment] for at in range(0, len(data), segment)]


def _note(results: list[int], data: bytes) -> None:
    results.append(read_in([data]))


def big_head(size: int) -> list[bytes]:
    lines = b"".join(b"X-%06d: %b\r\n" % (number, b"v" * 900) for number in range(size // 912))
    return [bytes((octet,)) for octet in b"GET / HTTP/1.1\r\nHost: a\r\n" + lines + b"\r\n"]


def test_S10_a_64_kib_head_in_one_byte_segments_is_linear_work() -> None:
    """S10: twice the octets cost twice the calls. One expression searches the whole only once."""
    half, whole = (calls(partial(read_in, big_head(size))) for size in (32 * 1024, 64 * 1024 - 40))
    assert whole.total() <= 2.1 * half.total()
    assert whole["match_head"] == 1
    assert whole["fullmatch"] <= 80  # one call for each line, and a few for the request line and Host


def test_L7_one_byte_chunks_are_linear_work() -> None:
    """L7: twice the chunks cost twice the calls, in large segments and in one-byte segments."""
    for segment, count in ((4096, 8000), (1, 500)):
        half, whole = (calls(partial(read_in, one_byte_chunks(chunks, segment))) for chunks in (count, 2 * count))
        assert whole.total() <= 2.1 * half.total()


def test_L7_chunks_that_are_there_whole_are_read_in_one_go() -> None:
    """L7: only chunk lines that need it are read by the grammar."""
    one_size = CHUNKED + b"a\r\n0123456789\r\n" * 500 + b"0\r\n\r\n"
    sizes = CHUNKED + b"".join(b"%x\r\n%b\r\n" % (size, b"x" * size) for size in range(1, 300)) + b"0\r\n\r\n"
    for data, octets in ((one_size, 5000), (sizes, 299 * 150)):
        results: list[int] = []
        counted = calls(partial(_note, results, data))
        assert results == [octets]
        assert counted["_read_size"] == 0


def test_L7_1_mib_of_one_byte_chunks_is_read() -> None:
    """L7: the content is read, whatever the size of the segments is."""
    assert read_in(one_byte_chunks(2**20, 65536)) == 2**20


@pytest.mark.clause("9110-7.8-14a")
@pytest.mark.parametrize("status", [200, 426])
@pytest.mark.parametrize(
    ("request_head", "close", "said"),
    [
        (GET, False, b"upgrade"),
        (GET, True, b"close, upgrade"),
        (b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", False, b"keep-alive, upgrade"),
        (b"GET / HTTP/1.0\r\n\r\n", False, b"close, upgrade"),
    ],
)
def test_whoever_sends_upgrade_lists_it_in_connection(
    status: int, request_head: bytes, close: bool, said: bytes
) -> None:
    fields = Headers({"Upgrade": "HTTP/2.0"})
    connection = asked(request_head)
    assert connection.send_whole(status, fields, 0, date=b"", close=close) is None
    sent = connection.send(ResponseHead(status, fields, 0, close))
    assert [line for line in sent.split(b"\r\n") if line.startswith(b"Connection")] == [b"Connection: " + said]
