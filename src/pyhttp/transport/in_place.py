"""Further turns done at once by the thread that waits: where there is no loop, or where a handler asks for it."""

import contextlib
import time
from typing import Final, Protocol

from pyhttp.errors import Disconnected, HTTPError
from pyhttp.transport.alarm import Alarm
from pyhttp.transport.answer import Answer
from pyhttp.transport.channel import Awaited, Channel
from pyhttp.transport.feed import FeedContent
from pyhttp.transport.incoming import Incoming
from pyhttp.transport.pace import TooSlow
from pyhttp.transport.progress import Progress

__all__ = ["finish"]

_LOOK: Final = 0.5
"""Seconds between two checks: that a feed's client has not ended its side, and that the server goes on; these make no
event."""


class Unfinished(Protocol):
    """An exchange that has not finished."""

    progress: Progress
    answer: Answer | None
    awaited: Awaited | None

    @property
    def content(self) -> Incoming:
        """The request's content."""
        ...

    def go_on(self) -> None:
        """Run a further turn."""
        ...


def finish(exchange: Unfinished, channel: Channel) -> None:
    """Wait for the pending work, and until the whole answer has been sent.

    Args:
        exchange: An exchange that is pending, or has an answer.
        channel: The connection of the exchange.

    Raises:
        OSError: The connection failed.
        Exception: A further turn has raised it.
    """
    try:
        _finish(exchange, channel)
    except TooSlow:
        if exchange.answer is not None:
            exchange.answer.drop()
        raise


def _finish(exchange: Unfinished, channel: Channel) -> None:
    while exchange.progress is not Progress.OPEN:
        channel.send_all()
        if exchange.progress is Progress.COLLECTING:
            _collect(exchange.content, channel)
            exchange.go_on()
        elif exchange.awaited is not None:
            channel.wait_for(exchange.awaited)
            if exchange.awaited.proceed():
                exchange.go_on()
        elif exchange.answer is None or exchange.answer.complete:
            return
        elif isinstance(exchange.answer.source, FeedContent):
            _follow(exchange.answer.source, exchange.answer, channel)
        elif exchange.answer.source is not None:
            channel.wait_for(exchange.answer.source)
            exchange.answer.pump()
        else:
            exchange.answer.pull()


def _collect(content: Incoming, channel: Channel) -> None:
    try:
        while not content.gather():
            channel.receive()
    except HTTPError as error:
        content.refuse(error)


class _Ear:
    """The place where a waiting thread hears of a feed; a `pyhttp.transport.channel.Watched`."""

    def __init__(self, alarm: Alarm) -> None:
        self._alarm = alarm

    def watched(self) -> tuple[int, ...]:
        """The descriptor that becomes readable when there is something to read."""
        return (self._alarm.descriptor,)

    def due(self) -> float:
        """The time of the next look at client and server."""
        return time.monotonic() + _LOOK

    def call(self, _: int) -> None:
        """Note that there is something to read."""
        self._alarm.ring()


def _follow(feed: FeedContent, answer: Answer, channel: Channel) -> None:
    """Send the octets written to a feed, up to its end.

    Raises:
        Disconnected: The client is gone, or too slow.
    """
    with contextlib.closing(Alarm()) as alarm:
        ear = _Ear(alarm)
        while answer.source is not None:
            channel.send_all()
            if channel.closing:
                feed.end("stopped")
            feed.listen(ear.call, 0, behind=False)
            channel.wait_for(ear)
            alarm.silence()
            if not _pump(answer) and channel.stream.half_closed():
                raise Disconnected("the client has left")


def _pump(answer: Answer) -> bool:
    """Send the octets of the source; returns whether it had octets, or its end."""
    before = answer.octets
    answer.pump()
    return answer.complete or answer.octets > before
