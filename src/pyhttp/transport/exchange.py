"""RFC 9110 §3.4, §3.7: one exchange, a request and the one response to it, on any connection.

This is the gate: only `Exchange.respond` turns a Response into bytes. Between the request and its answer an exchange
may be pending. Then its turn has ended, it holds no thread, and a further turn goes on when the awaited thing is ready.
"""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from pyhttp.errors import HTTPError, Misuse
from pyhttp.limits import Limits
from pyhttp.messages import RequestHead, Response
from pyhttp.transport.answer import Answer, frame_whole
from pyhttp.transport.channel import Awaited, Channel
from pyhttp.transport.fate import LAST, Fate
from pyhttp.transport.in_place import finish
from pyhttp.transport.incoming import Incoming
from pyhttp.transport.progress import ANSWERED, OPEN, Progress
from pyhttp.transport.together import Together

if TYPE_CHECKING:
    from pyhttp.proxies import Origin

__all__ = ["Exchange"]


class Exchange:
    """One request and its response.

    Args:
        channel, head, limits, whole: The values of the attributes.

    Attributes:
        channel: The connection of the exchange.
        head: The request's head; None where it could not be parsed and only an error can be the answer.
        limits: The limits for content that is put aside, kept, or sent at once, and the other limits of the server.
        whole: Whether the request has no content, so that it has been received as a whole, by a loop.
        progress: The step that it has reached.
        continues: Whether its next turn is one of `go_on`, since the handler has had its first.
        ended: Whether it is over.
        started: The time when the handling began, on the monotonic clock.
        status: The status of the answer; 0 where none went through the gate.
        octets: The octets of content, without framing, of an answer in one step; `answer` counts its own.
        answer: The answer, once its head has been sent; None for one that was sent in one step, or written by hand.
        awaited: The awaited thing while the exchange is `WAITING`.
        ask_at: The time of the next check that the client is still there; 0 before the exchange awaits something.
        origin: The origin of the request, by a trusted proxy; None where the peer is the client.
        look, door: Makes, and sends, the handler's answer to an error; None for the plain answer, and for the gate.
        add_fields: Adds a site's fields to each response; None where there are none.
        user: The user whose credentials the request had; "" where none were asked for.
        together: What requests that arrived together with this one have found; None where no other may know.
        refusal: The error for a refused request, which its turn raises, for the door; None for a request to handle.
    """

    __slots__ = (
        "_content",
        "_held",
        "_resume",
        "add_fields",
        "answer",
        "ask_at",
        "awaited",
        "channel",
        "continues",
        "door",
        "ended",
        "head",
        "limits",
        "look",
        "octets",
        "origin",
        "progress",
        "refusal",
        "started",
        "status",
        "together",
        "user",
        "whole",
    )

    def __init__(self, channel: Channel, head: RequestHead | None, limits: Limits, whole: bool = False) -> None:
        self.channel: Channel = channel
        self.limits: Limits = limits
        self.whole: bool = whole
        self._content: Incoming | None = None
        self._resume: Callable[[], None] | None = None
        self._held: tuple[Awaited, ...] = ()
        self.head: RequestHead | None = head
        self.progress: Progress = OPEN
        self.continues: bool = False
        self.ended: bool = False
        self.started: float = time.monotonic()
        self.status: int = 0
        self.octets: int = 0
        self.answer: Answer | None = None
        self.awaited: Awaited | None = None
        self.ask_at: float = 0.0
        self.origin: Origin | None = None
        self.look: Callable[[HTTPError], Response] | None = None
        self.door: Callable[[Response], None] | None = None
        self.add_fields: Callable[[Response], Response] | None = None
        self.refusal: HTTPError | None = None
        self.user: str = ""
        self.together: Together | None = None

    @property
    def content(self) -> Incoming:
        """The request's content."""
        if self._content is None:  # few requests have content
            self._content = Incoming(self.channel, self.limits, complete=self.whole)
        return self._content

    @property
    def complete(self) -> bool:
        """Whether the whole request has been received."""
        return self.whole or self.content.complete

    @property
    def finished(self) -> bool:
        """Whether the answer has been made completely; some of it may be unsent."""
        return self.progress is ANSWERED and (self.answer is None or self.answer.complete)

    def read_content(self) -> bytes:
        """The next octets of the content, waiting for them; ``b""`` at its end. Misuse at the end of the exchange."""
        if self.ended:
            raise Misuse("the content of a request cannot be read after its exchange has ended")
        return self.content.read()

    def read_content_into(self, buffer: memoryview) -> int:
        """Read the next octets into `buffer`; returns their number, or 0 where `read_content` has to be asked."""
        return 0 if self.ended else self.content.read_into(buffer)

    def about_to_block(self) -> None:
        """Say that the handler is about to wait: if a server's leading thread runs it, another thread takes over."""
        self.channel.about_to_block()

    # --- pending

    def collect(self, then: Callable[[], None]) -> None:
        """Have `then` go on when all content has been received: at once, or in a further turn, and this one has to end.

        `content.collected` returns the content. Misuse is raised where the exchange has an answer, or is pending.
        """
        self.demand_open()
        if self.content.collect():
            then()
        else:
            self._suspend(Progress.COLLECTING, then)

    def demand_open(self) -> None:
        """Raise Misuse where the exchange has an answer, or is pending."""
        if self.ended or self.progress is ANSWERED:
            raise Misuse("an exchange has one response; a second one was given")
        if self.progress is not OPEN:
            raise Misuse("the exchange is pending: the last collect or wait_for has to go on first")

    def wait_for(self, awaited: Awaited, then: Callable[[], None]) -> None:
        """Have `then` go on when `awaited` allows it: at once, or in a further turn, and this one has to end.

        `awaited` is closed at the latest by the end of the exchange, whatever `then` does with it.

        Raises:
            Misuse: The exchange has an answer, or is pending; `awaited` is closed.
        """
        try:
            self.demand_open()
        except Misuse:
            awaited.close()
            raise
        self._held += (awaited,)
        if awaited.proceed():
            then()
        else:
            self.awaited = awaited
            self._suspend(Progress.WAITING, then)

    def _suspend(self, progress: Progress, then: Callable[[], None]) -> None:
        self.progress = progress
        self.continues = True
        self._resume = then
        if self.channel.in_place:
            self.finish_in_place()

    def give_up_waiting(self) -> None:
        """Stop waiting: an error is answered instead."""
        if self.progress is not ANSWERED:
            self.progress = OPEN
        self._let_go()

    def go_on(self) -> None:
        """Run a further turn, of the pending work or of an answer's items; a refused exchange raises its error."""
        if self.refusal is not None:
            raise self.refusal
        if self.answer is not None:
            self.answer.pull()
            return
        then, self._resume, self.awaited = self._resume, None, None
        self.progress = OPEN
        if then is not None:
            then()

    # --- the response

    def respond(self, response: Response, *, wait: bool = False, ends_turn: bool = False) -> None:
        """Send `response` as the one answer of this exchange, and close its body in every outcome.

        Octets that the client does not take at once leave after the turn: an iterable body may still be read when the
        code that called this has returned.

        Args:
            response: The final response.
            wait: Whether to return only when the whole answer has been sent, which holds the thread.
            ends_turn: Whether no code of others follows in this turn: then the answer may leave with others.

        Raises:
            Misuse: There is an answer already; or the exchange is pending, or has ended.
            TypeError: `response` is no Response.
            OSError: The connection failed.
        """
        if response.__class__ is not Response and not isinstance(response, Response):
            raise TypeError(f"respond: a Response, not {type(response).__name__}")
        if self.add_fields is not None:
            response = self.add_fields(response)
        channel = self.channel
        head_only = self.head is not None and self.head.method == "HEAD"
        if self.whole and not wait and self.progress is OPEN and not self.ended:
            framed = frame_whole(channel, response, head_only)
            if framed is not None:
                head, content = framed
                self.progress, self.status, self.octets = ANSWERED, response.status, len(content)
                outbox, stream = channel.outbox, channel.stream
                if not ends_turn or outbox.gathered is None or not outbox.gather(stream, head, content):
                    outbox.send(stream, head, content, ends_turn and channel.fate is LAST)  # its end follows at once
                return
        waits, answer = wait or channel.in_place, None
        try:
            self.demand_open()
            answer = Answer(channel, response, self.limits, head_only=head_only)
            try:
                answer.begin()
            finally:
                if answer.started:
                    self.answer, self.progress, self.status = answer, ANSWERED, response.status
                    self.continues = True
            if waits:
                self.finish_in_place()
        finally:
            if answer is None:
                response.close()
            elif waits or not answer.started:
                answer.close()

    def be_last(self) -> None:
        """Have the connection end after this exchange."""
        self.channel.lower(Fate.LAST)

    def answer_by_hand(self) -> None:
        """Note that the handler writes to the connection itself: so no answer can be added.

        Raises:
            HTTPError: The request is refused.
        """
        if self.refusal is not None:
            raise self.refusal
        if self.progress is not ANSWERED:
            self.give_up_waiting()
            self.progress = ANSWERED

    def finish_in_place(self) -> None:
        """Wait for the pending work, and until the whole answer has been sent; raises as a further turn does."""
        finish(self, self.channel)

    def end(self) -> None:
        """End the exchange: release all that it holds. Harmless when called twice.

        Raises:
            Exception: Closing the content of the answer has raised it.
        """
        self.ended = True
        # These refer to the handler, or to frames, which may refer to the exchange.
        self.look = self.door = self.add_fields = self.refusal = None
        try:
            if self.answer is not None:
                self.answer.close()
        finally:
            if self._held or self.continues:
                self._let_go()
            if self._content is not None:
                self._content.close()

    def _let_go(self) -> None:
        """Release the awaited things."""
        self.awaited = self._resume = None
        self.continues = self.answer is not None
        held, self._held = self._held, ()
        for awaited in held:
            awaited.close()
