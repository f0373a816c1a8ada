"""h11 on the other side: it agrees about every request it made and every response it was sent.

What each of the two refuses is compared in `test_oracles.py`; here both are right, and have to understand each other.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Final

import h11
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from pyhttp.errors import HTTPError, IncompleteRequest, MalformedRequest
from pyhttp.limits import Limits
from pyhttp.messages import RequestHead
from pyhttp.semantics.fields import EMPTY, Headers
from pyhttp.wire.events import Content, ContentElsewhere, EndOfMessage, Informational, ResponseHead, Signal
from pyhttp.wire.server_connection import ServerConnection
from tests.helpers.feeding import feed
from tests.helpers.wire_strategies import messages, splits

Fields = tuple[tuple[str, str], ...]

METHODS: Final = st.sampled_from(("GET", "HEAD", "POST", "DELETE", "PROPFIND"))
STATUSES: Final = st.sampled_from((200, 201, 204, 205, 206, 301, 304, 404, 500, 599))
PARTS: Final = st.lists(st.binary(max_size=30), max_size=3)


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
    """V2, V3: the same method, target, fields and content, however split; h11 refuses BWS before chunk extensions."""
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


@dataclass(slots=True)
class Asked:
    """A request that a client of h11 made."""

    client: h11.Connection
    method: str
    target: str
    version: str
    content: bytes
    close: bool
    answered: bytes = b""
    status: int = 0
    got: bytearray = field(default_factory=bytearray)
    answer_complete: bool = False


def ask(
    method: str, target: str, parts: list[bytes], fields: list[tuple[str, str]], *, sized: bool
) -> tuple[Asked, bytes]:
    """A request by h11: as a value and as bytes."""
    client = h11.Connection(h11.CLIENT)
    lines = [("Host", "a"), *fields]
    content = b"".join(parts)
    if parts:
        lines.append(("Content-Length", str(len(content))) if sized else ("Transfer-Encoding", "chunked"))
    sent = client.send(h11.Request(method=method, target=target, headers=lines)) or b""
    for part in parts:
        sent += client.send(h11.Data(data=part)) or b""
    sent += client.send(h11.EndOfMessage()) or b""
    return Asked(client, method, target, "HTTP/1.1", content, ("Connection", "close") in fields), sent


def listen(asked: Asked, data: bytes) -> bytes:
    """Give the client what was sent to it; what it leaves is behind its response."""
    asked.client.receive_data(data)
    while True:
        event = asked.client.next_event()
        if isinstance(event, h11.Response):
            asked.status = event.status_code
        elif isinstance(event, h11.Data):
            asked.got += event.data
        elif isinstance(event, h11.EndOfMessage):
            asked.answer_complete = True
            return asked.client.trailing_data[0]
        elif not isinstance(event, h11.InformationalResponse):
            return b""


@given(METHODS, STATUSES, PARTS, st.booleans(), st.booleans())
def test_F16_a_response_is_read_by_h11(method: str, status: int, parts: list[bytes], sized: bool, close: bool) -> None:
    """F16: the serializer and a parser of another make agree about the content and its end."""
    asked, sent = ask(method, "/", [], [], sized=True)
    connection = ServerConnection(Limits())
    connection.receive_data(sent)
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


class Exchange(RuleBasedStateMachine):
    """Any order of requests, pipelined too, pieces of input, answers and ends: both sides agree at every step."""

    def __init__(self) -> None:
        super().__init__()
        self.server = ServerConnection(Limits())
        self.to_server = bytearray()
        self.to_client = bytearray()
        self.asked: list[Asked] = []
        self.waiting: deque[Asked] = deque()
        """Requests whose answers the client has not read to the end."""
        self.read = 0
        """Requests whose head the server has read."""
        self.content = bytearray()
        self.request_complete = False
        self.left: int | None = None
        self.answering = False
        self.answer_complete = False
        self.ended = False
        self.broken = False
        self.failed = False
        self.last_asked = False

    # --- the client

    @precondition(lambda self: not self.last_asked and not self.ended and not self.broken)
    @rule(
        method=METHODS,
        resource=st.sampled_from(("/", "/a?b", "http://b/c", "//x/%20")),
        parts=PARTS,
        sized=st.booleans(),
        extra=st.sampled_from(([], [], [("Connection", "close")], [("Expect", "100-continue")], [("Upgrade", "h2c")])),
    )
    def make_a_request(
        self, method: str, resource: str, parts: list[bytes], sized: bool, extra: list[tuple[str, str]]
    ) -> None:
        asked, sent = ask(method, resource, parts, extra, sized=sized)
        self.asked.append(asked)
        self.waiting.append(asked)
        self.to_server += sent
        self.last_asked = asked.close

    @precondition(lambda self: not self.last_asked and not self.ended and not self.broken)
    @rule(garbage=st.sampled_from((b"\x00", b"GET /\r\n", b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", b"\r\n\r\n\r\n")))
    def send_garbage(self, garbage: bytes) -> None:
        self.to_server += garbage
        self.broken = True

    @precondition(lambda self: not self.ended)
    @rule()
    def end(self) -> None:
        self.ended = True
        if not self.to_server:
            self.server.receive_eof()

    @precondition(lambda self: self.to_server)
    @rule(size=st.one_of(st.integers(1, 40), st.just(1000)))
    def deliver_to_the_server(self, size: int) -> None:
        before = self.server.buffered
        piece = bytes(self.to_server[:size])
        del self.to_server[:size]
        self.server.receive_data(piece)
        assert self.server.buffered in {before + len(piece), 0, before}
        if self.ended and not self.to_server:
            self.server.receive_eof()

    @precondition(lambda self: self.to_client)
    @rule(size=st.one_of(st.integers(1, 40), st.just(1000)))
    def deliver_to_the_client(self, size: int) -> None:
        piece = bytes(self.to_client[:size])
        del self.to_client[:size]
        while piece:
            asked = self.waiting[0]
            piece = listen(asked, piece)
            if asked.answer_complete:
                self.waiting.popleft()

    # --- the server

    @rule()
    def read_an_event(self) -> None:
        try:
            event = self.server.next_event()
        except HTTPError as error:
            self.refused(error)
            return
        assert not self.failed
        match event:
            case RequestHead():
                asked = self.asked[self.read]
                self.read += 1
                assert (event.method, event.target) == (asked.method, asked.target)
                assert self.server.persistent == (not asked.close)
            case Content(data):
                self.content += data
                assert self.asked[self.read - 1].content.startswith(self.content)
            case EndOfMessage():
                assert self.asked[self.read - 1].content == self.content
                assert self.server.content_left == 0
                self.request_complete = True
            case Signal.CLOSED:
                assert not self.server.persistent
            case Signal.PAUSED:
                assert self.request_complete
            case _:
                assert not self.request_complete

    def refused(self, error: HTTPError) -> None:
        """Only what is broken or cut off is refused."""
        assert self.broken or self.ended
        assert isinstance(error, MalformedRequest)
        assert isinstance(error, IncompleteRequest) <= self.ended
        self.failed = True

    @property
    def request_known(self) -> bool:
        return self.server.request is not None

    @precondition(lambda self: self.request_known and self.server.awaiting_continue)
    @rule()
    def tell_to_continue(self) -> None:
        self.to_client += self.server.send(Informational(100))
        assert not self.server.awaiting_continue

    @precondition(lambda self: self.request_known and not self.answering)
    @rule(status=STATUSES, length=st.one_of(st.none(), st.integers(0, 40)), close=st.booleans())
    def begin_an_answer(self, status: int, length: int | None, close: bool) -> None:
        if status in {204, 205, 304}:
            length = None
        waited = self.server.awaiting_continue
        self.to_client += self.server.send(ResponseHead(status, Headers.parsed((("X", "y"),)), length, close))
        self.answering = True
        asked = self.asked[self.read - 1]
        self.left = 0 if status in {204, 205, 304} or asked.method == "HEAD" else length
        if close or waited or asked.close or self.failed:
            assert not self.server.persistent

    @precondition(lambda self: self.answering and not self.answer_complete and self.left != 0)
    @rule(data=st.binary(min_size=1, max_size=40), elsewhere=st.booleans())
    def answer_some_content(self, data: bytes, elsewhere: bool) -> None:
        piece = data if self.left is None else data[: self.left]
        if self.left is not None:
            self.left -= len(piece)
        if elsewhere and self.left is not None:
            assert self.server.send(ContentElsewhere(len(piece))) == b""
            self.to_client += piece
        else:
            self.to_client += self.server.send(Content(piece))
        self.asked[self.read - 1].answered += piece

    @precondition(lambda self: self.answering and not self.answer_complete and not self.left)
    @rule()
    def end_the_answer(self) -> None:
        self.to_client += self.server.send(EndOfMessage())
        self.answer_complete = True

    @precondition(
        lambda self: self.answer_complete and self.request_complete and self.server.persistent and not self.failed
    )
    @rule()
    def go_on(self) -> None:
        self.server.start_next_cycle()
        self.content.clear()
        self.request_complete = self.answering = self.answer_complete = False

    # --- always

    @invariant()
    def answers_arrive_as_they_were_given(self) -> None:
        for asked in self.asked:
            assert asked.answered.startswith(asked.got)
            if asked.answer_complete:
                assert asked.answered == asked.got

    @invariant()
    def what_is_known_fits_together(self) -> None:
        assert not (self.server.receiving_head and self.server.request)
        assert self.server.content_left == 0 or self.request_known
        assert bool(self.server.head_bytes) or not self.request_known

    def teardown(self) -> None:
        """Whatever was answered to the end arrives to the end, and nothing is left over."""
        self.deliver_everything()
        answered = self.read if self.answer_complete else max(0, self.read - 1)
        assert all(asked.answer_complete for asked in self.asked[:answered])

    def deliver_everything(self) -> None:
        while self.to_client:
            piece = bytes(self.to_client)
            self.to_client.clear()
            while piece:
                asked = self.waiting[0]
                piece = listen(asked, piece)
                if asked.answer_complete:
                    self.waiting.popleft()


def test_F11_F12_F13_F16_any_order_of_steps() -> None:
    """F11, F12, F13, F16: the machine above, taking random steps."""
    run_state_machine_as_test(Exchange, settings=settings(max_examples=60, stateful_step_count=40, deadline=None))


@pytest.mark.parametrize("version", [b"HTTP/1.0", b"HTTP/1.1"])
def test_F16_a_response_until_the_close_is_read_by_h11(version: bytes) -> None:
    """F16: without a length, HTTP/1.0 gets the end of the connection as the end of the content."""
    connection = ServerConnection(Limits())
    connection.receive_data(b"GET / " + version + b"\r\nHost: a\r\n\r\n")
    while not isinstance(connection.next_event(), Signal):
        pass
    data = connection.send(ResponseHead(200, EMPTY, None)) + connection.send(Content(b"abc"))
    data += connection.send(EndOfMessage())
    asked, _ = ask("GET", "/", [], [], sized=True)
    listen(asked, data)
    assert asked.answer_complete == (version == b"HTTP/1.1")
    if version == b"HTTP/1.0":
        listen(asked, b"")
    assert (bytes(asked.got), asked.answer_complete) == (b"abc", True)
    assert (asked.client.their_state is h11.DONE) == (version == b"HTTP/1.1")
