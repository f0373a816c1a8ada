"""An answer in one step: the same octets, and the same state after it, as step by step."""

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyhttp.errors import HTTPError, Misuse
from pyhttp.semantics.fields import EMPTY, Headers
from pyhttp.wire.connection import ServerConnection
from pyhttp.wire.events import ContentElsewhere, EndOfMessage, ResponseHead
from tests.helpers.feeding import LIMITS

SENT: Final = (
    b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    b"GET / HTTP/1.9\r\nHost: a\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab",
)
NOT_SO: Final = (
    b"GET / HTTP/1.0\r\n\r\n",
    b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\na",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\n",
    b"GET / HTTP/1.1\r\n\r\n",
    b"",
)
FIELDS: Final = (EMPTY, Headers({"Content-Type": "text/plain", "X": "\xe9"}), Headers([("A", "b"), ("a", "c")]))
DATE: Final = ("Date", "Sun, 06 Nov 1994 08:49:37 GMT")


def after(sent: bytes) -> ServerConnection:
    """A connection whose request has been received, as far as it has arrived."""
    connection = ServerConnection(LIMITS)
    connection.receive_data(sent)
    try:
        for _ in range(3):
            connection.next_event()
    except HTTPError:
        pass
    return connection


def state(connection: ServerConnection) -> tuple[object, ...]:
    """What anybody may ask after an answer."""
    try:
        connection.start_next_cycle()
        goes_on = True
    except Misuse:
        goes_on = False
    return goes_on, connection.persistent, connection.delimited_by_close, connection.awaiting_continue


@given(
    st.sampled_from(SENT),
    st.integers(200, 599),
    st.sampled_from(FIELDS),
    st.sampled_from((0, 1, 1024, 2**40)),
    st.booleans(),
    st.booleans(),
)
def test_it_says_what_the_general_way_says(
    sent: bytes, status: int, fields: Headers, length: int, close: bool, dated: bool
) -> None:
    whole, general = after(sent), after(sent)
    date = b"Date: " + DATE[1].encode() + b"\r\n" if dated else b""
    head = whole.send_whole(status, fields, length, date=date, close=close)
    if head is None:
        assert status in {204, 205} or (status == 304 and length)
        assert state(whole) == state(general)
        return
    lines = (DATE, *fields.lines) if dated else fields.lines
    expected = general.send(ResponseHead(status, lines, length, close))
    if not sent.startswith(b"HEAD") and status != 304:
        expected += general.send(ContentElsewhere(length))
    assert head == expected + general.send(EndOfMessage())
    assert state(whole) == state(general)


@pytest.mark.parametrize("sent", NOT_SO)
def test_what_is_out_of_the_ordinary_goes_step_by_step(sent: bytes) -> None:
    connection = after(sent)
    before = (connection.persistent, connection.awaiting_continue)
    assert connection.send_whole(200, EMPTY, 0, date=b"", close=False) is None
    assert (connection.persistent, connection.awaiting_continue) == before
    connection.send(ResponseHead(200, (), 0))  # its turn is still to come


def test_so_does_an_answer_that_states_its_length() -> None:
    assert after(SENT[0]).send_whole(200, Headers({"Content-Length": "1"}), 1, date=b"", close=False) is None


def test_there_is_one_answer() -> None:
    connection = after(SENT[0])
    assert connection.send_whole(200, EMPTY, 0, date=b"", close=False)
    assert connection.send_whole(200, EMPTY, 0, date=b"", close=False) is None
    with pytest.raises(Misuse):
        connection.send(ResponseHead(200, (), 0))


@pytest.mark.parametrize("value", ["a\r\nb", "a\nb", "a\rb", "\u20ac"])
def test_R1_a_field_that_would_split_the_answer_is_refused(value: str) -> None:
    connection = after(SENT[0])
    with pytest.raises(Misuse):
        connection.send_whole(200, Headers.parsed([("X", value)]), 0, date=b"", close=False)
    assert connection.send_whole(200, EMPTY, 0, date=b"", close=False)  # nothing was said
