"""L6, D14: answers without an end of their own: they learn that the client has left, and that the server stops."""

import queue
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Final

import pytest

from pyhttp import BaseServer, Request, Response, Timeouts
from tests.helpers.crowd import reset, until, until_ended
from tests.helpers.servers import connect, serving
from tests.helpers.sockets import request
from tests.helpers.wire_client import WireClient
from tests.robustness.slowness import PATIENCE, ServerThreads, ordinary

pytestmark = pytest.mark.usefixtures("quiet")

AT_ONCE: Final = 2.0
"""Seconds in which something happens on a busy machine that happens at once."""
STOP: Final = 0.8
BEAT: Final = 0.02
"""Seconds between two items of a stream."""
LIFE: Final = 8.0
"""Seconds after which a stream ends in any case, so that it does not outlive a test that has failed."""


SILENT: Final = (b"",)
TICKING: Final = (b"tick ", b"")
PLAIN: Final = (b"tick ",)
"""The item that a stream yields at each beat. An empty item gives others their turn, even on a BaseServer."""


class Streams:
    """A handler of event streams. Each yields `beat` again and again. If it `asks`, it ends when the server stops."""

    def __init__(self, beat: tuple[bytes, ...], *, asks: bool) -> None:
        self._beat = beat
        self._asks = asks
        self._never = threading.Event()
        self._end = time.monotonic() + LIFE
        self.closed: queue.SimpleQueue[str] = queue.SimpleQueue()
        """The path of each stream that has been closed, or has ended."""

    def __call__(self, got: Request) -> Response:
        """The answer to a request. The answer for /small is short."""
        return Response(200, {}, b"hello" if got.path == "/small" else self._events(got))

    def _events(self, got: Request) -> Iterator[bytes]:
        try:
            yield b"begun "
            while time.monotonic() < self._end and not (self._asks and got.closing):
                self._never.wait(BEAT)
                yield from self._beat
            yield b"ended"
        finally:
            self.closed.put(got.path)


def streams_of(server_class: type[BaseServer]) -> int:
    """The number of streams in a test. Their beats take all the time of the only thread of a BaseServer."""
    return 1 if server_class is BaseServer else 5


@contextmanager
def listening(server: BaseServer, path: str = "/") -> Iterator[list[WireClient]]:
    """Clients that have begun to receive a stream."""
    with ExitStack() as stack:
        clients = [stack.enter_context(connect(server)) for _ in range(streams_of(type(server)))]
        for client in clients:
            client.sock.settimeout(PATIENCE)
            client.send(request(path))
        for client in clients:
            assert client.sock.recv(1, socket.MSG_PEEK) == b"H"
        yield clients


beats = pytest.mark.parametrize("beat", [SILENT, TICKING, PLAIN], ids=["silent", "ticking", "plain"])


@beats
def test_L6_a_stream_learns_that_its_client_has_left(server_class: type[BaseServer], beat: tuple[bytes, ...]) -> None:
    """L6: An empty item sends nothing. It only asks whether the client has left."""
    streams = Streams(beat, asks=False)
    with serving(server_class, streams, timeouts=Timeouts(stop=STOP)) as server, listening(server) as clients:
        assert streams.closed.empty()
        for client in clients:
            reset(client.sock)
        until(lambda: streams.closed.qsize() == len(clients), AT_ONCE)
        with connect(server) as other:
            other.send(request("/small"))
            assert other.reply().content == b"hello"


def test_L6_and_no_other_stream_notices(server_class: type[BaseServer]) -> None:
    """L6: Streams of other clients go on. On a BaseServer all streams take their turns with one that stays."""
    streams = Streams(SILENT, asks=False)
    with (
        serving(server_class, streams, timeouts=Timeouts(stop=STOP)) as server,
        listening(server, "/stays") as stay,
        listening(server, "/leaves") as leave,
    ):
        for client in leave:
            reset(client.sock)
        assert {streams.closed.get(timeout=PATIENCE) for _ in leave} == {"/leaves"}
        assert streams.closed.empty()
        for client in stay:
            reset(client.sock)
        assert {streams.closed.get(timeout=PATIENCE) for _ in stay} == {"/stays"}


def test_L3_silent_streams_delay_nobody(server_class: type[BaseServer]) -> None:
    """L3: A client that asks for something else is answered between two beats. Threads end with the streams."""
    threads = ServerThreads()
    streams = Streams(SILENT, asks=False)
    with serving(server_class, streams, timeouts=Timeouts(stop=STOP)) as server:
        with listening(server) as clients:
            if server_class is BaseServer:
                with connect(server) as other:
                    other.send(request("/small"))
                    assert other.reply().content == b"hello"
            else:
                ordinary(server, f"{len(clients)} silent streams")
        threads.check(server)


@beats
def test_D14_a_stream_that_asks_ends_when_the_server_stops(
    server_class: type[BaseServer], beat: tuple[bytes, ...]
) -> None:
    """D14: The stream ends with its own last item, long before the server would cut it."""
    streams = Streams(beat, asks=True)
    with serving(server_class, streams, timeouts=Timeouts(stop=10)) as server, listening(server) as clients:
        began = time.monotonic()
        server.close()
        assert time.monotonic() - began < AT_ONCE
        for client in clients:
            reply = client.reply()
            assert reply.complete
            assert reply.content.startswith(b"begun ")
            assert reply.content.endswith(b"ended")
        assert streams.closed.qsize() == len(clients)


@beats
def test_D14_a_stream_that_does_not_ask_is_cut_when_the_time_is_over(
    server_class: type[BaseServer], beat: tuple[bytes, ...]
) -> None:
    """D14: The stream is not cut before.

    The call of `close` returns soon after. The client sees that this was not the end of the stream, and the stream is
    closed.
    """
    streams = Streams(beat, asks=False)
    with serving(server_class, streams, timeouts=Timeouts(stop=STOP)) as server, listening(server) as clients:
        began = time.monotonic()
        server.close()
        assert STOP * 0.9 < time.monotonic() - began < STOP + 1
        for client in clients:
            received = until_ended(client.sock)
            assert b"begun " in received
            assert not received.endswith(b"0\r\n\r\n")
        until(lambda: streams.closed.qsize() == len(clients), AT_ONCE)
