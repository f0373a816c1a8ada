"""The wait of a handler's thread for its client: under the same deadlines as the loop (safety lines D9, D10)."""

import time
from typing import Protocol

from pyhttp.errors import Disconnected, RequestTimeout
from pyhttp.transport.channel import Watched
from pyhttp.transport.outbox import Outbox
from pyhttp.transport.pace import Pace, TooSlow, Uptake
from pyhttp.transport.poller import READ, WRITE, wait_until_any, wait_until_ready
from pyhttp.transport.stream import Stream

__all__ = ["receive", "send_all", "wait_for"]


class Client(Protocol):
    """A connection of the server."""

    @property
    def content_pace(self) -> Pace:
        """The pace at which the content of the current request comes."""
        ...

    @property
    def uptake(self) -> Uptake:
        """The pace at which the client takes the current answer."""
        ...

    @property
    def outbox(self) -> Outbox:
        """The unsent output."""
        ...

    @property
    def stream(self) -> Stream:
        """The stream over its descriptor."""
        ...

    def fileno(self) -> int:
        """The descriptor."""
        ...

    def fill(self, into: memoryview | None = None) -> int:
        """Read once without waiting; returns the number of octets."""
        ...

    def send_some(self) -> None:
        """Send the octets that the socket takes now."""
        ...

    def about_to_block(self) -> None:
        """Say that the handler is about to wait."""
        ...


def receive(client: Client, into: memoryview | None = None) -> int:
    """Wait for input, for the core or a buffer; returns the number of octets.

    Raises:
        RequestTimeout: The client was silent for too long, or too slow (safety line D9).
        Disconnected: The client is gone.
    """
    while True:
        try:
            received = client.fill(into)
        except BlockingIOError:
            client.about_to_block()
            began = time.monotonic()
            ready = wait_until_ready(client.fileno(), READ, client.content_pace.allowance())
            client.content_pace.count(time.monotonic() - began, 0)
            if not ready:
                raise RequestTimeout("the content of the request did not arrive in time") from None
        except OSError as error:
            raise Disconnected(str(error)) from error
        else:
            client.content_pace.count(0.0, received)
            return received


def send_all(client: Client) -> None:
    """Send everything, waiting for the client.

    Raises:
        Disconnected: The client is gone, does not read, or too slowly (safety line D10).
    """
    while True:
        client.send_some()
        if not client.outbox:
            return
        client.about_to_block()
        began = time.monotonic()
        wait_until_ready(client.fileno(), WRITE, client.uptake.patience())
        if not client.uptake.keeps_up(time.monotonic() - began):
            raise TooSlow("the client does not read its response")


def wait_for(client: Client, what: Watched) -> None:
    """Wait until `what` is ready, or due.

    Raises:
        Disconnected: The client is gone.
    """
    client.about_to_block()
    masks = {client.fileno(): 0} | dict.fromkeys(what.watched(), READ)
    wait_until_any(masks, what.due() - time.monotonic())
    if client.stream.departed():
        raise Disconnected("the client has left")
