"""What further turns do elsewhere, done at once by the thread that waits: where there is no loop, or a handler asks."""

from typing import Protocol

from pyhttp.errors import HTTPError
from pyhttp.transport.answer import Answer
from pyhttp.transport.channel import Awaited, Channel
from pyhttp.transport.incoming import Incoming
from pyhttp.transport.progress import Progress

__all__ = ["finish"]


class Unfinished(Protocol):
    """An exchange."""

    progress: Progress
    answer: Answer | None
    awaited: Awaited | None

    @property
    def content(self) -> Incoming:
        """The request's content."""
        ...

    def go_on(self) -> None:
        """A further turn."""
        ...


def finish(exchange: Unfinished, channel: Channel) -> None:
    """Wait for what is pending, and until all of the answer has been sent.

    Args:
        exchange: It is pending, or has an answer.
        channel: The connection it takes place on.

    Raises:
        OSError: The connection failed.
        Exception: What a further turn raises.
    """
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
