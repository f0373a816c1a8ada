"""RFC 9110 §3.4, §3.7: one exchange, a request and the one response to it, on any connection.

Here is the gate: `Exchange.respond` alone turns a Response into bytes. Between the request and its answer an exchange
may be pending: its turn has ended, nothing of it holds a thread, and a further turn goes on when what is awaited is
there.
"""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from pyhttp.errors import HTTPError, Misuse
from pyhttp.limits import Limits
from pyhttp.messages import RequestHead, Response
from pyhttp.transport.answer import Answer, frame_whole
from pyhttp.transport.channel import Awaited, Channel
from pyhttp.transport.fate import Fate
from pyhttp.transport.in_place import finish
from pyhttp.transport.incoming import Incoming
from pyhttp.transport.progress import ANSWERED, OPEN, Progress

if TYPE_CHECKING:
    from pyhttp.proxies import Origin

__all__ = ["Exchange"]


class Exchange:
    """One request and its response.

    Args:
        channel: The connection it takes place on.
        head, limits, whole: As the attributes.

    Attributes:
        channel: The connection it takes place on.
        head: The request's head; None where it could not be parsed and only an error can be the answer.
        limits: How much is put aside, kept, and sent at once, and what else the server bounds.
        whole: Whether the request has no content, so that all of it has been received.
        progress: How far it is.
        continues: Whether its next turn is one of `go_on`, since the handler has had its first.
        ended: Whether it is over.
        started: When the request began to be handled, on the monotonic clock.
        status: The status of the answer; 0 where there is none through the gate.
        octets: Of content, framing not counted, given to the outbox by an answer in one step; `answer` counts its own.
        answer: The answer, once its head has been sent; None for one sent in one step, or written by hand.
        awaited: What is awaited while it is `WAITING`.
        ask_at: When the client is looked at, and may be asked whether it is still there; 0 before anything is awaited.
        origin: Where the request comes from, as a trusted proxy says; None where the peer is the client.
        look: What the handler makes of an error; None stands for what anybody would.
        door: How the answer to an error leaves; None stands for the gate.
        add_fields: Makes of a response the one that is sent; None where a site has nothing to say of every answer.
        user: Whose credentials the request had; "" where nobody asked for any.
        refusal: Why the request is not handled, which its turn raises, for the door; None for one that is.
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

    @property
    def content(self) -> Incoming:
        """The request's content."""
        if self._content is None:  # few requests have any
            self._content = Incoming(self.channel, self.limits, complete=self.whole)
        return self._content

    @property
    def complete(self) -> bool:
        """Whether the whole request has been received."""
        return self.whole or self.content.complete

    @property
    def finished(self) -> bool:
        """Whether nothing of the answer is to be made any more; some of it may be unsent."""
        return self.progress is ANSWERED and (self.answer is None or self.answer.complete)

    def read_content(self) -> bytes:
        """The next octets of the content, waiting for them; ``b""`` at its end. Misuse at the end of the exchange."""
        if self.ended:
            raise Misuse("the content of a request cannot be read after its exchange has ended")
        return self.content.read()

    def read_content_into(self, buffer: memoryview) -> int:
        """The same, straight into `buffer`: how many octets came; 0 where `read_content` is to be asked."""
        return 0 if self.ended else self.content.read_into(buffer)

    def about_to_block(self) -> None:
        """Say that the handler is about to wait: a server whose leading thread runs it has another one take over."""
        self.channel.about_to_block()

    # --- pending

    def collect(self, then: Callable[[], None]) -> None:
        """Have `then` go on when all content of the request has been received; `content.collected` has it.

        Where it is here already, `then` is called at once, else in a further turn, and this one is to end.

        Raises:
            Misuse: The exchange has an answer, or is pending.
        """
        self._demand_open()
        if self.content.collect():
            then()
        else:
            self._suspend(Progress.COLLECTING, then)

    def wait_for(self, awaited: Awaited, then: Callable[[], None]) -> None:
        """Have `then` go on when `awaited` lets it: at once, or in a further turn, and this one is to end.

        What is awaited is closed by the end of the exchange at the latest, whatever `then` does with it.

        Raises:
            Misuse: The exchange has an answer, or is pending; what should be awaited is closed.
        """
        try:
            self._demand_open()
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
        """What is pending will not go on: an error is answered instead."""
        if self.progress is not ANSWERED:
            self.progress = OPEN
        self._let_go()

    def go_on(self) -> None:
        """A further turn: what was pending goes on, or the items of an answer; one that is refused raises why."""
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

        What the client does not take at once leaves after the turn: an iterable body may be read on when the code that
        called this has long returned.

        Args:
            response: The final response.
            wait: Whether to return only when all of it has been sent, which holds the thread.
            ends_turn: Whether nothing of others' code follows in this turn: then the answer may leave with others.

        Raises:
            Misuse: There is an answer already, or the exchange is pending, or has ended.
            TypeError: It is no Response.
            OSError: The connection failed.
        """
        if response.__class__ is not Response and not isinstance(response, Response):
            raise TypeError(f"respond: a Response, not {type(response).__name__}")
        if self.add_fields is not None:
            response = self.add_fields(response)
        channel = self.channel
        waits = wait or channel.in_place
        head_only = self.head is not None and self.head.method == "HEAD"
        if self.whole and not waits and self.progress is OPEN and not self.ended:
            framed = frame_whole(channel, response, head_only)
            if framed is not None:
                head, content = framed
                self.progress, self.status, self.octets = ANSWERED, response.status, len(content)
                if not ends_turn or channel.outbox.gathered is None or not channel.outbox.gather(head, content):
                    channel.outbox.send(channel.stream, head, content)
                return
        answer: Answer | None = None
        try:
            self._demand_open()
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
        """The handler writes to the connection itself: nobody knows what, so that no answer can be added.

        Raises:
            HTTPError: The request is refused.
        """
        if self.refusal is not None:
            raise self.refusal
        if self.progress is not ANSWERED:
            self.give_up_waiting()
            self.progress = ANSWERED

    def _demand_open(self) -> None:
        if self.ended or self.progress is ANSWERED:
            raise Misuse("an exchange has one response; a second one was given")
        if self.progress is not OPEN:
            raise Misuse("the exchange is pending: what was asked for last has to go on first")

    def finish_in_place(self) -> None:
        """Wait for what is pending, and until all of the answer has been sent; raises what a further turn raises."""
        finish(self, self.channel)

    def end(self) -> None:
        """It is over: give back what it holds. Harmless when called twice.

        Raises:
            Exception: What closing the content of the answer raises.
        """
        self.ended = True
        # They know the handler, or frames, which may know it.
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
        """Nothing is awaited any more."""
        self.awaited = self._resume = None
        self.continues = self.answer is not None
        held, self._held = self._held, ()
        for awaited in held:
            awaited.close()
