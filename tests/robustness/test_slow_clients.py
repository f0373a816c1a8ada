"""L1 to L4, D7 to D10: slow clients of every kind at once delay no other, and each is ended at its deadline."""

import queue
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from pyhttp import (
    BaseHttpRequestHandler,
    BaseServer,
    FileSlice,
    Limits,
    PooledServer,
    Request,
    Response,
    ThreadedServer,
    Timeouts,
    function_handler,
)
from tests.helpers.crowd import (
    crowd,
    latencies,
    raise_descriptor_limit,
    reset,
    statuses,
    tell,
    until,
    until_ended,
    usage,
)
from tests.helpers.servers import PATIENCE, SERVER_CLASSES, Entries, connect, echo, serving, serving_by, wait_for
from tests.helpers.sockets import request
from tests.helpers.tls import SECURE, Transport
from tests.robustness.launch import launched

MANY: Final = 200
LARGE: Final = 64 << 20
ENDED: Final = Timeouts(head=1.5, idle=3, content=1.5, send=1.5, send_rate=1e6, linger=0.5, drain=0.5)
"""A window's worth takes less than `send` at this rate, so that nothing else decides when a reader is given up."""
PROMPT: Final = 2.0
"""Seconds that an ordinary request may take here at worst; the test suite's own machine may be busy."""
IDLE: Final = 2000


def ordinary(server: BaseServer, what: str, target: str = "/small", times: int = 50) -> None:
    """Check that ordinary requests, each on a connection of its own, are answered promptly."""
    client = None if server.tls is None else SECURE.client
    median, worst = latencies(server.addresses[0], request(target), times, tls=client)
    tell(f"{type(server).__name__}, {what}: median {median * 1000:.1f} ms, worst {worst * 1000:.1f} ms")
    assert worst < PROMPT


def threads_allowed(server: BaseServer) -> int:
    """The number of threads of a server whose clients are all slow.

    One thread serves. A pool has its workers and one more.
    """
    return server.workers + 2 if isinstance(server, PooledServer) else 1


def test_L3_slow_heads_stalled_content_and_slow_readers_at_once(
    server_class: type[BaseServer], transport: Transport, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """L3, L4, D7, D9, D10: Threads stay at the configured number. The status tells each client what it did."""
    many = MANY // 4 if transport.secure else MANY  # a handshake also takes time of the clients
    before = threading.active_count()
    factory = partial(BaseHttpRequestHandler, directory=folder)
    entries = Entries()
    stalled = request("/small", "Content-Length: 1000", method="POST") + b"abc"
    with (
        serving_by(server_class, factory, timeouts=ENDED, access_log=entries, tls=transport.server) as server,
        crowd(server.addresses[0], many, b"GET /small HTTP/1.1\r\nX: ", tls=transport.client) as heads,
        crowd(server.addresses[0], many, stalled, tls=transport.client) as contents,
        crowd(server.addresses[0], many, request("/large"), window=4096, tls=transport.client) as readers,
    ):
        ordinary(server, f"{3 * many} slow clients")
        until(lambda: threading.active_count() - before <= threads_allowed(server))
        assert {tuple(statuses(until_ended(client))) for client in heads} == {(408,)}
        assert {tuple(statuses(until_ended(client))) for client in contents} == {(408,)}
        downloads = sum(entries.next().target == "/large" for _ in range(3 * many + 50))
        assert downloads == many  # each download has ended, before a client has read a byte
        for client in readers:
            received = until_ended(client)
            # A record of TLS is read as a whole or not at all, and has no room in so small a window.
            assert received.startswith(b"HTTP/1.1 200 ") or (transport.secure and not received)
            assert len(received) < LARGE
        ordinary(server, "they have ended", times=10)
    assert not [record for record in caplog.records if record.exc_info]


def test_D8_idle_connections_are_ended_without_a_word(server_class: type[BaseServer], transport: Transport) -> None:
    with (
        serving(server_class, timeouts=Timeouts(idle=0.5), tls=transport.server) as server,
        crowd(server.addresses[0], MANY, tls=transport.client) as silent,
        crowd(server.addresses[0], MANY, request(), tls=transport.client) as served,
    ):
        assert {until_ended(client) for client in silent} == {b""}
        assert {tuple(statuses(until_ended(client))) for client in served} == {(200,)}


def test_D7_a_head_renewed_byte_by_byte_is_ended(server_class: type[BaseServer], transport: Transport) -> None:
    with (
        serving(server_class, timeouts=Timeouts(head=0.5), tls=transport.server) as server,
        crowd(server.addresses[0], 20, b"GET / HTTP/1.1\r\nX: ", tls=transport.client) as clients,
    ):
        done = threading.Event()

        def drip() -> None:
            while not done.wait(0.02):
                for client in clients:
                    try:
                        client.send(b"a")
                    except OSError:
                        return

        dripping = threading.Thread(target=drip)
        dripping.start()
        try:
            assert {tuple(statuses(client.recv(100))) for client in clients} == {(408,)}
        finally:
            done.set()
            dripping.join()


class Gate:
    """A handler that hangs at /hang until the gate is opened. For other paths, it echoes."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.inside = threading.Semaphore(0)

    def __call__(self, got: Request) -> Response:
        if got.path == "/hang":
            self.inside.release()
            wait_for(self.open)
        return echo(got)


@pytest.mark.parametrize("kind", [ThreadedServer, PooledServer])
def test_L3_content_that_stalls_late_and_handlers_that_hang_delay_nobody(
    kind: type[BaseServer], transport: Transport, caplog: pytest.LogCaptureFixture
) -> None:
    gate = Gate()
    late = request("/", "Content-Length: 1000000", method="POST") + bytes(100_000)
    with (
        serving(kind, gate, timeouts=Timeouts(content=1.5, linger=0.5), tls=transport.server) as server,
        crowd(server.addresses[0], 10, late, tls=transport.client) as contents,
        crowd(server.addresses[0], 10, request("/hang"), tls=transport.client) as hanging,
    ):
        for _ in hanging:
            assert gate.inside.acquire(timeout=PATIENCE)
        ordinary(server, "10 stall late, 10 handlers hang", "/")
        assert {tuple(statuses(client.recv(100))) for client in contents} == {(408,)}
        gate.open.set()
        assert {tuple(statuses(client.recv(1000))) for client in hanging} == {(200,)}
    assert not [record for record in caplog.records if record.exc_info]


@pytest.mark.parametrize("kind", [ThreadedServer, PooledServer])
def test_L2_with_every_worker_in_a_handler_the_loop_goes_on(kind: type[BaseServer], folder: Path) -> None:
    """Accepting, deadlines and downloads need no worker. Complete requests wait, and no thread is added."""
    gate = Gate()
    arrived: queue.SimpleQueue[str] = queue.SimpleQueue()

    def handle(got: Request) -> Response:
        if got.path == "/large":
            return Response(200, {}, FileSlice((folder / "large").open("rb"), 0, LARGE))
        arrived.put(got.path)
        return gate(got)

    handler = function_handler(handle)
    server = (
        PooledServer("127.0.0.1", 0, handler, workers=3, timeouts=ENDED)
        if kind is PooledServer
        else kind("127.0.0.1", 0, handler, limits=Limits(threads=3), timeouts=ENDED)
    )
    address = server.addresses[0]
    before = threading.active_count()
    with server, connect(server) as downloading:
        downloading.send(request("/large"))
        assert downloading.sock.recv(1) == b"H"
        with crowd(address, 3, request("/hang")) as hanging:
            for _ in hanging:
                assert gate.inside.acquire(timeout=PATIENCE)
            with crowd(address, 10, request("/waits")) as waiting, crowd(address, 10, b"GET / HT") as heads:
                size = 1
                while size < LARGE:
                    size += len(downloading.sock.recv(1 << 20))
                assert {tuple(statuses(client.recv(100))) for client in heads} == {(408,)}
                assert arrived.qsize() == 3
                assert threading.active_count() - before <= (
                    5 if kind is PooledServer else 4
                )  # the pool has a thread of its own that serves
                gate.open.set()
                assert {tuple(statuses(client.recv(1000))) for client in [*waiting, *hanging]} == {(200,)}


def test_L2_beyond_the_limit_of_connections_idle_ones_make_room(
    server_class: type[BaseServer], transport: Transport
) -> None:
    with (
        serving(server_class, limits=Limits(connections=20), tls=transport.server) as server,
        crowd(server.addresses[0], 20, request(), tls=transport.client) as idle,
    ):
        assert {tuple(statuses(client.recv(1000))) for client in idle} == {(200,)}
        ordinary(server, "20 of 20 connections idle", "/")
        assert any(until_ended(client) == b"" for client in idle[:1])


@pytest.fixture(params=SERVER_CLASSES, ids=lambda kind: str(kind.__name__))
def idle_server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[int, tuple[str, int]]]:
    """A server in a process of its own, whose idle connections may wait for a minute."""
    (tmp_path / "small").write_text("hello")
    with launched(request.param.__name__, tmp_path, idle=60.0) as made:
        yield made


def test_L1_two_thousand_idle_connections_are_held(idle_server: tuple[int, tuple[str, int]]) -> None:
    """L1, L3: Each connection costs the server less than 4 KiB of resident memory, and delays no other client."""
    process, address = idle_server
    if not raise_descriptor_limit(IDLE + 500):
        pytest.skip("too few descriptors are allowed here")
    latencies(address, request("/small"), 20)
    _, threads, resident = usage(process)
    with crowd(address, IDLE, request("/small")) as clients:
        for client in clients:
            assert client.recv(1000).startswith(b"HTTP/1.1 200 ")
        median, worst = latencies(address, request("/small"), 50)
        descriptors, _, resident_now = usage(process)
        each = (resident_now - resident) / IDLE
        tell(f"{each:.0f} bytes each; median {median * 1000:.1f} ms, worst {worst * 1000:.1f} ms")
        assert descriptors >= IDLE
        assert each < 4096
        until(lambda: usage(process)[1] <= max(threads, 4))  # the threads of the last requests stay for a moment
        assert worst < PROMPT
        for client in clients[::100]:
            client.sendall(request("/small"))
            assert client.recv(1000).startswith(b"HTTP/1.1 200 ")
    until(lambda: usage(process)[0] < 50)


def test_L1_what_a_client_states_takes_no_memory(idle_server: tuple[int, tuple[str, int]]) -> None:
    """Fifty clients that state a gigabyte and send 60 KiB of it only cost the memory for what they have sent."""
    process, address = idle_server
    stated = request("/small", "Content-Length: 1000000000", method="POST") + bytes(60_000)
    latencies(address, request("/small"), 20)
    resident = usage(process)[2]
    with crowd(address, 50, stated) as clients:
        latencies(address, request("/small"), 20)
        assert (usage(process)[2] - resident) / len(clients) < 512 * 1024
        for client in clients:
            reset(client)
    until(lambda: usage(process)[0] < 50)
