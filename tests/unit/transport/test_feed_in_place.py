"""Feeds where a thread waits: on a socket without a loop, and for `respond(..., wait=True)`."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Final

import pytest

from pyhttp.errors import Disconnected
from pyhttp.limits import Limits, Timeouts
from pyhttp.messages import Response
from pyhttp.transport.exchange import Exchange
from pyhttp.transport.feed import Feed
from pyhttp.transport.plain import open_channel
from tests.helpers.channels import Met, met
from tests.helpers.sockets import descriptors, pair, request

QUICK: Final = Timeouts(send=0.05, send_rate=1e6)
END: Final = b"0\r\n\r\n"


class Ongoing:
    """An exchange whose answer is being sent by a thread that waits.

    Attributes:
        failures: The errors that this thread has met.
    """

    def __init__(self, exchange: Exchange, peer: socket.socket, met: Met | None) -> None:
        self.feed = Feed()
        self.peer = peer
        self.met = met
        self.failures: list[Exception] = []
        self._exchange = exchange
        self._thread = threading.Thread(target=self._respond)

    def start(self) -> None:
        self._thread.start()

    def _respond(self) -> None:
        try:
            self._exchange.respond(Response(200, {}, self.feed), wait=True)
        except Disconnected as error:
            self.failures.append(error)

    def join(self) -> None:
        """Wait until the thread waits no more."""
        self._thread.join(15)
        assert not self._thread.is_alive()

    def receive(self, ending: bytes) -> bytes:
        """The octets that come, up to `ending`."""
        received = b""
        while not received.endswith(ending):
            piece = self.peer.recv(1000)
            assert piece
            received += piece
        return received


@contextmanager
def _plain() -> Iterator[Ongoing]:
    with pair() as (ours, theirs):
        theirs.sendall(request())
        exchange = open_channel(ours, Limits(), QUICK).open_exchange()
        yield Ongoing(exchange, theirs, None)
        exchange.end()


@contextmanager
def _kept() -> Iterator[Ongoing]:
    with met(timeouts=QUICK) as made:
        yield Ongoing(made.begin(request()), made.peer, made)


Begin = Callable[[], AbstractContextManager[Ongoing]]


@pytest.fixture(params=[_plain, _kept], ids=["plain", "kept"])
def ongoing(request: pytest.FixtureRequest) -> Iterator[Ongoing]:
    """An exchange on a plain socket, and one on a connection whose handler waits. Nothing is left of either."""
    begin: Begin = request.param
    before = descriptors()
    with begin() as made:
        made.start()
        yield made
        made.feed.close()
        made.join()
    assert descriptors() <= before


def test_in_place_a_feed_is_sent_as_it_is_written(ongoing: Ongoing) -> None:
    assert ongoing.receive(b"\r\n\r\n").startswith(b"HTTP/1.1 200 ")
    for piece in (b"one", b"two"):
        assert ongoing.feed.send(piece)
        assert ongoing.receive(piece + b"\r\n") == b"3\r\n" + piece + b"\r\n"
    ongoing.feed.close()
    assert ongoing.receive(b"\r\n\r\n") == END
    ongoing.join()
    assert ongoing.failures == []
    assert ongoing.feed.closed == "closed"


@pytest.mark.parametrize("half", [False, True])
def test_in_place_a_client_that_leaves_is_noticed(ongoing: Ongoing, half: bool) -> None:
    ongoing.receive(b"\r\n\r\n")
    if half:
        ongoing.peer.shutdown(socket.SHUT_WR)
    else:
        ongoing.peer.close()
    ongoing.join()
    assert len(ongoing.failures) == 1
    assert ongoing.feed.closed == "left"


def test_D10_in_place_a_client_that_does_not_read_is_dropped(ongoing: Ongoing) -> None:
    ongoing.receive(b"\r\n\r\n")
    while ongoing.feed.send(bytes(60_000)):
        pass
    assert ongoing.feed.closed == "too slow"
    ongoing.join()
    assert len(ongoing.failures) == 1


@pytest.mark.parametrize("begin", [_plain, _kept], ids=["plain", "kept"])
@pytest.mark.parametrize("early", [False, True])
def test_D10_in_place_so_it_is_by_the_clock(begin: Begin, early: bool) -> None:
    """The feed has more than the system's buffers take, and is far from its limit.

    The octets are there at once, or later.
    """
    with begin() as made:
        made.feed = Feed(limit=1 << 30)
        if early:
            assert made.feed.send(bytes(16 << 20))
        made.start()
        if not early:
            made.receive(b"\r\n\r\n")
            assert made.feed.send(bytes(16 << 20))
        made.join()
        assert made.feed.closed == "too slow"
        assert len(made.failures) == 1


def test_D14_in_place_a_stop_ends_a_feed() -> None:
    with _kept() as made:
        made.start()
        made.receive(b"\r\n\r\n")
        assert made.met is not None
        made.met.setting.closing = True
        assert made.receive(b"\r\n\r\n") == END
        made.join()
    assert (made.feed.closed, made.failures) == ("stopped", [])
