"""h11 on the other side: it agrees about every request that it made and every response that it got.

Messages that one of the two refuses are compared in `test_oracles.py`; here both follow the RFC, and have to understand
each other.
"""

import os
from typing import Final

import h11
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from pyhttp.limits import Limits
from pyhttp.semantics.fields import EMPTY, Headers
from pyhttp.wire.events import Content, EndOfMessage, ResponseHead, Signal
from pyhttp.wire.server_connection import ServerConnection
from tests.conformance.any_order import Exchange
from tests.conformance.asked import LIMITS, METHODS, OVER, PARTS, STATUSES, ask, listen, over, up_to
from tests.helpers.feeding import feed
from tests.helpers.wire_strategies import messages, splits

Fields = tuple[tuple[str, str], ...]

DRAWING: Final = (Phase.generate,)


def their_requests(data: bytes) -> list[tuple[bytes, bytes, list[tuple[bytes, bytes]], bytes]]:
    """Method, target, fields and content of each request as h11 reads them."""
    server = h11.Connection(h11.SERVER)
    server.receive_data(data)
    server.receive_data(b"")
    read: list[tuple[bytes, bytes, list[tuple[bytes, bytes]], bytes]] = []
    while True:
        event = server.next_event()
        if isinstance(event, h11.Request):
            read.append((event.method, event.target, list(event.headers), b""))
        elif isinstance(event, h11.Data):
            method, target, fields, content = read[-1]
            read[-1] = (method, target, fields, content + bytes(event.data))
        elif isinstance(event, h11.EndOfMessage):
            server.send(h11.Response(status_code=204, headers=[]))
            server.send(h11.EndOfMessage())
            if server.our_state is not h11.DONE:
                return read
            server.start_next_cycle()
        else:
            return read


@given(st.lists(messages(tight=True), min_size=1, max_size=3), st.data())
def test_V2_V3_a_right_request_is_read_as_h11_reads_it(pairs: list[tuple[bytes, bytes]], data: st.DataObject) -> None:
    """V2, V3: method, target, fields, content are the same, however split. h11 refuses BWS before chunk extensions."""
    stream = b"".join(request for request, _ in pairs)
    ours = feed([stream], eof=True)
    assert ours.error is None
    assert feed(data.draw(splits(stream)), eof=True) == ours
    theirs = their_requests(stream)
    # h11 keeps no connection of HTTP/1.0, whatever the client asks for.
    last = ours.requests[len(theirs) - 1]
    assert len(ours.requests) == len(theirs) or last.version == "HTTP/1.0"
    mine = [
        (
            request.method.encode(),
            request.target.encode(),
            [(name.lower().encode(), value.encode("latin-1")) for name, value in request.headers.lines],
            content,
        )
        for request, content in zip(ours.requests, ours.contents, strict=True)
    ]
    assert mine[: len(theirs)] == theirs
    assert ours.contents == tuple(content for _, content in pairs[: len(mine)])


@given(METHODS, STATUSES, PARTS, st.booleans(), st.booleans())
def test_F16_a_response_is_read_by_h11(method: str, status: int, parts: list[bytes], sized: bool, close: bool) -> None:
    """F16: the sender and a parser of another project agree about the content and its end."""
    asked = ask(method, "/", [], [], sized=True)
    connection = ServerConnection(Limits())
    connection.receive_data(asked.sent)
    while not isinstance(connection.next_event(), Signal):
        pass
    if status in {204, 205, 304}:
        parts = []
    length = sum(map(len, parts))
    fields: Fields = (("X-A", "\xe9 b"), ("Set-Cookie", "1"), ("Set-Cookie", "2"))
    data = connection.send(ResponseHead(status, Headers.parsed(fields), length if sized else None, close))
    data += b"".join(connection.send(Content(part)) for part in parts)
    data += connection.send(EndOfMessage())
    assert listen(asked, data + b"rest") == b"rest"
    assert (asked.status, bytes(asked.got)) == (status, b"" if method == "HEAD" else b"".join(parts))
    assert asked.answer_complete
    assert (asked.client.their_state is h11.DONE) == connection.persistent == (not close)


def in_any_order(data: st.DataObject) -> Exchange:
    """An exchange that has taken some steps, and has been finished."""
    exchange = Exchange(data.draw(st.sampled_from((1, 2, 2, 3)), "patience"))
    for _ in range(data.draw(st.integers(60, 120), "steps")):
        exchange.step(data)
    exchange.finish()
    return exchange


# The reduction of 120 steps takes minutes. It is worth the time in a search for a fault, but not in CI.
@settings(max_examples=120, report_multiple_bugs=False, phases=DRAWING if "CI" in os.environ else tuple(Phase))
@given(st.data())
def test_F11_F12_F13_F16_any_order_of_steps(data: st.DataObject) -> None:
    """F11, F12, F13, F16: requests, pipelined too, pieces of input, answers, errors, ends, and the next request."""
    in_any_order(data)


def test_most_orders_of_steps_read_several_requests() -> None:
    """Most orders do, and go on; half write content; one in ten then comes to an error, or to the end of its input.

    What Hypothesis draws first is simple, and depends on what else is loaded. Fewer runs would not show the shares.
    """
    exchanges: list[Exchange] = []

    @settings(max_examples=150, derandomize=True, database=None, phases=DRAWING)
    @given(st.data())
    def collect(data: st.DataObject) -> None:
        exchanges.append(in_any_order(data))

    collect()
    assert sum(exchange.read >= 2 for exchange in exchanges) >= 0.6 * len(exchanges)
    assert sum(exchange.cycles >= 1 for exchange in exchanges) >= 0.6 * len(exchanges)
    assert sum(any(asked.answered for asked in exchange.asked) for exchange in exchanges) >= 0.5 * len(exchanges)
    assert sum(exchange.error is not None and exchange.cycles >= 1 for exchange in exchanges) >= 0.1 * len(exchanges)


@pytest.mark.parametrize("limit", OVER)
def test_limits_are_those_of_every_cycle(limit: str) -> None:
    right = up_to(limit, 0)
    outcome = feed([right.sent * 3 + over(limit).sent], limits=LIMITS)
    assert outcome.contents[:3] == (right.content,) * 3
    assert outcome.error is not None
    assert outcome.error[0] is OVER[limit]


@pytest.mark.parametrize("version", [b"HTTP/1.0", b"HTTP/1.1"])
def test_F16_a_response_until_the_close_is_read_by_h11(version: bytes) -> None:
    """F16: without a length, HTTP/1.0 gets the end of the connection as the end of the content."""
    connection = ServerConnection(Limits())
    connection.receive_data(b"GET / " + version + b"\r\nHost: a\r\n\r\n")
    while not isinstance(connection.next_event(), Signal):
        pass
    data = connection.send(ResponseHead(200, EMPTY, None)) + connection.send(Content(b"abc"))
    data += connection.send(EndOfMessage())
    asked = ask("GET", "/", [], [], sized=True)
    listen(asked, data)
    assert asked.answer_complete == (version == b"HTTP/1.1")
    if version == b"HTTP/1.0":
        listen(asked, b"")
    assert (bytes(asked.got), asked.answer_complete) == (b"abc", True)
    assert (asked.client.their_state is h11.DONE) == (version == b"HTTP/1.1")
