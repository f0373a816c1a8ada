"""D10, D12, D14, L6: 2,000 open feeds in one process, with one thread that writes, and their ends."""

import select
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pytest

from pyhttp import BaseServer, Feed, PooledServer, Request, Response, Timeouts
from pyhttp.transport.phases import Phase
from tests.helpers.crowd import crowd, latencies, raise_descriptor_limit, reset, tell, until, until_ended
from tests.helpers.servers import connect, serving
from tests.helpers.sockets import descriptors, request
from tests.helpers.tls import server_context

pytestmark = pytest.mark.usefixtures("quiet")

MANY: Final = 2000
AT_ONCE: Final = 2.0
"""Seconds in which a busy machine does what takes less than one; a stop that waits for feeds takes ten."""
END: Final = b"0\r\n\r\n"


class Feeds:
    """A handler that gives each client a feed, except a client that asks for something small."""

    def __init__(self) -> None:
        self.open: list[Feed] = []
        self.limit = 65_536

    def __call__(self, got: Request) -> Response:
        if got.path == "/small":
            return Response(200, {}, b"hello")
        feed = Feed(limit=self.limit)
        self.open.append(feed)
        return Response(200, {"Content-Type": "text/event-stream"}, feed)

    def broadcast(self, event: bytes) -> int:
        """Send to all feeds, and return how many have taken the event."""
        return sum(feed.send(event) for feed in self.open)

    def reasons(self) -> set[str | None]:
        """The reasons for which the feeds are closed."""
        return {feed.closed for feed in self.open}


@contextmanager
def listening(server: BaseServer, feeds: Feeds, count: int, *, window: int = 0) -> Iterator[list[socket.socket]]:
    """Clients that each have an open feed. The argument `window` keeps their receive buffers small."""
    with crowd(server.addresses[0], count, request(), window=window) as clients:
        for client in clients:
            assert receive(client, b"\r\n\r\n").startswith(b"HTTP/1.1 200 ")
        assert len(feeds.open) == count
        yield clients


def receive(client: socket.socket, ending: bytes) -> bytes:
    received = b""
    while not received.endswith(ending):
        piece = client.recv(1 << 16)
        assert piece
        received += piece
    return received


def asked_for(server: BaseServer) -> int:
    """The number of connections for which the system asks whether the client is still there."""
    conns = [conn for conn in list(server._loop.registry.connections.values()) if conn.phase is Phase.AWAIT]
    return sum(bool(conn.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)) for conn in conns)


def idle_threads(server: BaseServer) -> int:
    """The number of threads that a server may keep though it has nothing to do."""
    return 1 + server.workers + 1 if isinstance(server, PooledServer) else 1


def test_D12_2000_feeds_cost_2000_descriptors_and_no_thread(server_class: type[BaseServer]) -> None:
    """L3, D14: One thread tells each feed of every event.

    Other clients are served meanwhile. A stop ends all feeds at once.
    """
    assert raise_descriptor_limit(3 * MANY)
    feeds = Feeds()
    threads = threading.active_count()
    with serving(server_class, feeds) as server:
        latencies(server.addresses[0], request("/small"), 5)
        before = descriptors()
        with listening(server, feeds, MANY) as clients:
            assert descriptors() <= before + 2 * MANY  # this process has both ends
            until(lambda: threading.active_count() <= threads + idle_threads(server))
            began = time.monotonic()
            for number in range(5):
                assert feeds.broadcast(b"data: %d\n\n" % number) == MANY
            for client in clients:
                receive(client, b"data: 4\n\n\r\n")
            took = time.monotonic() - began
            _, worst = latencies(server.addresses[0], request("/small"), 20)
            until(lambda: threading.active_count() <= threads + idle_threads(server))
            began = time.monotonic()
            server.close()
            stopped = time.monotonic() - began
            for client in clients:
                assert until_ended(client).endswith(END)
    tell(f"{server_class.__name__}: 10,000 events in {took:.2f} s, a stop in {stopped:.2f} s, others in {worst:.3f} s")
    assert stopped < AT_ONCE
    assert feeds.reasons() == {"stopped"}
    assert feeds.broadcast(b"late") == 0


@pytest.mark.parametrize("how", ["reset", "close"])
def test_L6_clients_that_vanish_are_noticed_though_nothing_is_sent(server_class: type[BaseServer], how: str) -> None:
    """L13: The server notices all clients at once, and nothing of them is left.

    Clients that stay get further events.
    """
    feeds = Feeds()
    with serving(server_class, feeds) as server:
        latencies(server.addresses[0], request("/small"), 5)
        before = descriptors()
        with listening(server, feeds, 300) as clients:
            gone, stay = clients[:299], clients[299]
            until(lambda: asked_for(server) == len(clients))  # hosts can vanish, too
            for client in gone:
                reset(client) if how == "reset" else client.close()
            until(lambda: sum(feed.closed == "left" for feed in feeds.open) == len(gone))
            assert feeds.broadcast(b"still") == 1
            receive(stay, b"still\r\n")
        until(lambda: descriptors() <= before)


def test_D10_clients_that_do_not_read_are_dropped_and_delay_nobody(server_class: type[BaseServer]) -> None:
    """The limit of their feeds drops these clients. It bounds what they make the server keep."""
    feeds = Feeds()
    with (
        serving(server_class, feeds, timeouts=Timeouts(send=60)) as server,
        listening(server, feeds, 20) as clients,
    ):
        reader, slow = clients[0], feeds.open[1:]
        event = bytes(20_000)
        while any(feed.closed is None for feed in slow):
            assert feeds.open[0].send(event)
            for feed in slow:
                feed.send(event)
            receive(reader, b"\r\n")
        assert {feed.closed for feed in slow} == {"too slow"}
        for client in clients[1:]:
            assert not until_ended(client).endswith(END)
        assert feeds.open[0].closed is None
        latencies(server.addresses[0], request("/small"), 5)


def test_D10_those_that_stop_reading_are_dropped_by_the_clock(server_class: type[BaseServer]) -> None:
    """The feeds of these clients have room for far more."""
    feeds = Feeds()
    feeds.limit = 64 << 20
    with (
        serving(server_class, feeds, timeouts=Timeouts(send=1, send_rate=10_000)) as server,
        listening(server, feeds, 5, window=4096) as clients,
    ):
        assert feeds.broadcast(bytes(32 << 20)) == 5
        until(lambda: feeds.reasons() == {"too slow"})
        for client in clients:
            assert not until_ended(client).endswith(END)


def test_events_come_whole_and_in_order_whoever_writes_them(server_class: type[BaseServer]) -> None:
    """Several threads write to the same feeds, as fast as they can, while their clients read."""
    feeds = Feeds()
    feeds.limit = 16 << 20
    events, writers = 500, 4
    with serving(server_class, feeds) as server, listening(server, feeds, 10) as clients:

        def write(name: int) -> None:
            for number in range(events):
                feeds.broadcast(b"%d:%d\n" % (name, number))

        threads = [threading.Thread(target=write, args=(name,)) for name in range(writers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for feed in feeds.open:
            feed.close()
        for client in clients:
            lines = dechunked(receive(client, b"\r\n" + END)).split()
            for name in range(writers):
                mine = [int(line.partition(b":")[2]) for line in lines if line.startswith(b"%d:" % name)]
                assert mine == list(range(events))


def dechunked(data: bytes) -> bytes:
    content = b""
    while data:
        line, _, data = data.partition(b"\r\n")
        size = int(line, 16)
        content += data[:size]
        data = data[size + 2 :]
    return content


def test_a_connection_serves_on_behind_a_feed(server_class: type[BaseServer]) -> None:
    feeds = Feeds()
    with serving(server_class, feeds) as server, connect(server) as client:
        for path in ("/", "/"):
            client.send(request(path))
            until(lambda: bool(feeds.open))
            feed = feeds.open.pop()
            assert feed.send(b"event")
            feed.close()
            reply = client.reply()
            assert (reply.content, reply.complete) == (b"event", True)
        client.send(request("/small"))
        assert client.reply().content == b"hello"


@pytest.mark.parametrize("how", ["leaves", "stays"])
def test_so_it_is_by_tls(server_class: type[BaseServer], how: str) -> None:
    feeds = Feeds()
    with (
        serving(server_class, feeds, tls=server_context(), timeouts=Timeouts(send=0.3)) as server,
        connect(server) as client,
    ):
        client.send(request())
        until(lambda: bool(feeds.open))
        began = time.monotonic()
        while time.monotonic() - began < 0.7:  # this is twice as long as octets may wait for their client
            assert feeds.broadcast(b"event") == 1
            assert select.select([client.sock], [], [], 0.1)[0] == [client.sock]
            client.sock.recv(1000)
        if how == "leaves":
            client.close()
            until(lambda: feeds.reasons() == {"left"})
        else:
            server.close()
            assert feeds.reasons() == {"stopped"}
            assert client.ended().endswith(END)


def test_a_silent_feed_takes_no_time(server_class: type[BaseServer]) -> None:
    """The threads of the server compute next to nothing, since nothing arms or looks again and again."""
    feeds = Feeds()
    with serving(server_class, feeds) as server, listening(server, feeds, 100) as clients:
        feeds.broadcast(b"event")
        for client in clients:
            receive(client, b"event\r\n")
        began = time.process_time()
        assert select.select(clients, [], [], 1.0)[0] == []
        assert time.process_time() - began < 0.2
