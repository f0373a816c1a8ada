"""One connection in any order of steps: clients of h11 on one side, the core on the other; both agree at every step.

Steps that are drawn blindly hardly ever come to a second request. So each has a weight, and is drawn only where it is
possible; a request is wrong, or the input ends, only behind some requests that are right.
"""

from collections import deque
from collections.abc import Callable
from typing import Final

import pytest
from hypothesis import strategies as st

from pyhttp.errors import HTTPError, IncompleteRequest, Misuse
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
from tests.conformance.asked import LIMITS, PARTS, RIGHT, STATUSES, WRONG, Asked, ask, listen

__all__ = ["Exchange"]

SIZES: Final = st.one_of(st.integers(1, 40), st.just(1000))
CLOSE: Final = st.sampled_from((False,) * 15 + (True,))

Step = Callable[[st.DataObject], None]


class Exchange:
    """What each of the two sides knows.

    Args:
        patience: How many requests come before one may be wrong or ask for the end, and before the input may end.
    """

    def __init__(self, patience: int) -> None:
        self.patience = patience
        self.server = ServerConnection(LIMITS)
        self.to_server = bytearray()
        self.to_client = bytearray()
        self.asked: list[Asked] = []
        self.waiting: deque[Asked] = deque()
        """Requests whose answers the client has not read to the end."""
        self.arriving = 0
        """Octets that have arrived or will."""
        self.read = 0
        """Requests whose head the server has read."""
        self.cycles = 0
        """How often the server has gone on."""
        self.content = bytearray()
        self.request_complete = False
        self.left: int | None = None
        self.answering = False
        self.answer_complete = False
        self.last_asked = False
        self.ended = False
        self.error: HTTPError | None = None

    # --- steps

    def step(self, data: st.DataObject) -> None:
        """Take one of the steps that are possible."""
        data.draw(st.sampled_from(self.possible()), "step")(data)
        self.check()

    def possible(self) -> list[Step]:
        """The steps that are possible. Each stands in the list as often as its weight says."""
        asks = not (self.last_asked or self.ended)
        ripe = len(self.asked) >= self.patience
        known = self.server.request is not None
        refused = self.error is not None
        answers = self.answering and not self.answer_complete
        steps: tuple[tuple[int, bool, Step], ...] = (
            (4, asks and len(self.asked) < self.read + 4, self.make_a_request),
            (2, asks and ripe, self.make_the_last_request),
            (1, ripe and not self.ended, self.end),
            (6, bool(self.to_server), self.deliver_to_the_server),
            (3, bool(self.to_client), self.deliver_to_the_client),
            (6, not self.request_complete and not refused, self.read_events),
            (1, True, self.read_events),
            (6, known and self.server.awaiting_continue, self.tell_to_continue),
            (6, (known or refused) and not self.answering, self.begin_an_answer),
            (6, answers and self.left != 0, self.answer_some_content),
            (6, answers and not self.left, self.end_the_answer),
            (12, self.may_go_on, self.go_on),
            (1, True, self.misuse),
        )
        return [step for weight, possible, step in steps if possible for _ in range(weight)]

    @property
    def may_go_on(self) -> bool:
        return self.answer_complete and self.request_complete and self.server.persistent

    # --- the client

    def make_a_request(self, data: st.DataObject) -> None:
        self.make(data.draw(RIGHT, "request"))

    def make(self, asked: Asked) -> None:
        self.asked.append(asked)
        self.waiting.append(asked)
        self.to_server += asked.sent
        self.arriving += len(asked.sent)

    def make_the_last_request(self, data: st.DataObject) -> None:
        """Make a request that is wrong, or says that it is the last one. No request follows it."""
        last = st.builds(lambda parts: ask("POST", "/", parts, [("Connection", "close")], sized=True), PARTS)
        asked = data.draw(st.one_of(WRONG, WRONG, last), "last request")
        self.make(asked)
        self.last_asked = True

    def end(self, data: st.DataObject) -> None:
        """End the input behind what was sent, or earlier."""
        lost = data.draw(st.one_of(st.just(0), st.integers(0, len(self.to_server))), "lost")
        del self.to_server[len(self.to_server) - lost :]
        self.arriving -= lost
        self.ended = True
        if not self.to_server:
            self.server.receive_eof()

    def deliver_to_the_server(self, data: st.DataObject) -> None:
        size = data.draw(SIZES, "octets")
        before = self.server.buffered
        piece = bytes(self.to_server[:size])
        del self.to_server[:size]
        self.server.receive_data(piece)
        assert self.server.buffered in {before + len(piece), 0, before}
        if self.ended and not self.to_server:
            self.server.receive_eof()

    def deliver_to_the_client(self, data: st.DataObject) -> None:
        self.deliver(data.draw(SIZES, "octets"))

    def deliver(self, size: int) -> None:
        piece = bytes(self.to_client[:size])
        del self.to_client[:size]
        while piece:
            asked = self.waiting[0]
            piece = listen(asked, piece)
            if asked.answer_complete:
                self.waiting.popleft()

    # --- the server reads

    def read_events(self, data: st.DataObject) -> None:
        for _ in range(data.draw(st.sampled_from((1, 5)), "events")):
            try:
                event = self.server.next_event()
            except HTTPError as error:
                self.note_error(error)
                return
            assert self.error is None
            self.note(event)

    @property
    def current(self) -> Asked:
        """The request that is read or answered."""
        return self.asked[self.read - (self.server.request is not None)]

    def octets(self, requests: int) -> int:
        """The number of octets of the first `requests` requests."""
        return sum(len(asked.sent) for asked in self.asked[:requests])

    def arrives_whole(self, asked: Asked) -> bool:
        return self.octets(self.asked.index(asked) + 1) <= self.arriving

    def note(self, event: Event) -> None:
        match event:
            case RequestHead():
                self.read += 1
                asked = self.current
                assert (event.method, event.target) == (asked.method, asked.target)
                assert self.server.persistent == (not asked.close)
            case Content(data):
                self.content += data
                assert self.current.content.startswith(self.content)
            case EndOfMessage():
                asked = self.current
                assert asked.refusal is None
                assert self.arrives_whole(asked)
                assert asked.content == self.content
                assert self.server.content_left == 0
                self.request_complete = True
            case Signal.CLOSED:
                assert not self.server.persistent
                # A message has said close, or all that arrives was read.
                assert (
                    self.request_complete or sum(len(asked.sent) for asked in self.asked[: self.read]) == self.arriving
                )
            case Signal.PAUSED:
                assert self.request_complete
            case Signal.NEED_DATA:
                assert not self.request_complete

    def note_error(self, error: HTTPError) -> None:
        """Only a request that is wrong or cut off is refused, with its error. The error then stays the same."""
        if self.error is None:
            assert not self.request_complete
            asked = self.current
            if isinstance(error, IncompleteRequest):
                assert self.ended
                assert not self.to_server
                assert not self.arrives_whole(asked) or asked.refusal is not None
            else:
                assert type(error) is asked.refusal
            self.error = error
        assert error is self.error
        assert not self.server.persistent
        assert self.server.buffered == 0

    # --- the server answers

    def tell_to_continue(self, data: st.DataObject) -> None:
        self.to_client += self.server.send(Informational(100))
        assert not self.server.awaiting_continue

    def begin_an_answer(self, data: st.DataObject) -> None:
        asked = self.current
        status, close = data.draw(STATUSES, "status"), data.draw(CLOSE, "close")
        length = data.draw(st.one_of(st.none(), st.integers(1, 40), st.integers(0, 40)), "length")
        if self.server.request is None and asked.method == "HEAD":
            length = 0  # the server may not have seen the method
        if status in {204, 205, 304}:
            length = None
        keep = self.server.persistent and not (close or self.server.awaiting_continue)
        self.to_client += self.server.send(ResponseHead(status, Headers.parsed((("X", "y"),)), length, close))
        self.answering = True
        self.left = 0 if status in {204, 205, 304} or asked.method == "HEAD" else length
        assert self.server.persistent == (keep and self.error is None)

    def answer_some_content(self, data: st.DataObject) -> None:
        piece = data.draw(st.binary(min_size=1, max_size=40), "content")
        if self.left is not None:
            piece = piece[: self.left]
            self.left -= len(piece)
        if self.left is not None and data.draw(st.booleans(), "elsewhere"):
            assert self.server.send(ContentElsewhere(len(piece))) == b""
            self.to_client += piece
        else:
            self.to_client += self.server.send(Content(piece))
        self.current.answered += piece

    def end_the_answer(self, data: st.DataObject) -> None:
        self.to_client += self.server.send(EndOfMessage())
        self.answer_complete = True

    def go_on(self, data: st.DataObject) -> None:
        before = self.server.buffered
        self.server.start_next_cycle()
        assert self.server.buffered == before
        self.cycles += 1
        self.content.clear()
        self.request_complete = self.answering = self.answer_complete = False

    def misuse(self, data: st.DataObject) -> None:
        """An event whose turn it is not is refused, and changes nothing."""
        head = ResponseHead(200, EMPTY, 1)
        wrong: list[Outgoing]
        if self.answering and not self.answer_complete:
            over = ContentElsewhere(1 if self.left is None else self.left + 1)
            wrong = [head, Informational(102), over, *([EndOfMessage()] if self.left else [])]
        else:
            wrong = [Content(b"x"), ContentElsewhere(1), EndOfMessage(), *([head] if self.answering else [])]
        event = data.draw(st.sampled_from(wrong), "misuse")
        with pytest.raises(Misuse):
            self.server.send(event)
        if not self.may_go_on:
            with pytest.raises(Misuse):
                self.server.start_next_cycle()

    # --- always

    def check(self) -> None:
        """Check what holds behind every step."""
        for asked in self.asked:
            assert asked.answered.startswith(asked.got)
            if asked.answer_complete:
                assert asked.answered == asked.got
        known = self.server.request is not None
        assert not (self.server.receiving_head and known)
        assert self.server.content_left == 0 or known
        assert bool(self.server.head_bytes) or not known

    def finish(self) -> None:
        """Every answer that was sent to its end arrives to its end, and nothing is left over."""
        self.deliver(len(self.to_client))
        if self.answer_complete and self.server.delimited_by_close and self.waiting:
            listen(self.waiting[0], b"")
        answered = self.cycles + self.answer_complete
        assert all(asked.answer_complete for asked in self.asked[:answered])
        self.check()
