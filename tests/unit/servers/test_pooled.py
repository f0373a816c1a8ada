"""PooledServer: who leads, who stands by, and who waits."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from pyhttp.limits import Limits, Timeouts
from pyhttp.messages import Response
from pyhttp.request import Request
from pyhttp.servers import pooled
from pyhttp.servers.pooled import PooledServer
from pyhttp.serving import Handler, function_handler
from pyhttp.transport.connection import Address
from tests.helpers.servers import PATIENCE, connect, echo, wait_for
from tests.helpers.sockets import request

NEVER = 3600.0


class Gate:
    """A handler that stays in `/slow` until it is let through, announced or not."""

    def __init__(self, *, announced: bool = False) -> None:
        self.arrived = threading.Semaphore(0)
        self.open = threading.Event()
        self.announced = announced
        self.order: list[str] = []

    def __call__(self, got: Request) -> Response:
        self.order.append(got.path)
        if got.path.startswith("/slow"):
            if self.announced:
                got.exchange.about_to_block()
            self.arrived.release()
            wait_for(self.open)
        return echo(got)

    def wait_for(self, count: int) -> None:
        for _ in range(count):
            assert self.arrived.acquire(timeout=PATIENCE)


@contextmanager
def pool(handler: Handler, workers: int, timeouts: Timeouts | None = None) -> Iterator[PooledServer]:
    factory = function_handler(handler)
    server = PooledServer("127.0.0.1", 0, factory, workers=workers, timeouts=timeouts, limits=Limits())
    with server:
        yield server


def fetch(server: PooledServer, path: str) -> bytes:
    with connect(server) as client:
        client.send(request(path))
        return client.reply().content


def test_workers_must_be_positive() -> None:
    with pytest.raises(ValueError, match="workers"):
        PooledServer(workers=0)


def test_threads_are_started_when_they_are_needed_and_no_more_than_workers_beside_the_first() -> None:
    gate = Gate()
    with pool(gate, workers=2) as server:
        assert server._threads == []
        assert fetch(server, "/fast") == b"GET /fast "
        assert len(server._threads) == 1  # to stand by
        slow = [connect(server) for _ in range(2)]
        for client in slow:
            client.send(request("/slow"))
        gate.wait_for(2)
        assert len(server._threads) == 2
        gate.open.set()
        for client in slow:
            assert client.reply().content == b"GET /slow "
            client.close()


@pytest.mark.parametrize("announced", [False, True])
def test_L4_a_handler_that_stays_delays_nobody(announced: bool) -> None:
    gate = Gate(announced=announced)
    with pool(gate, workers=4) as server, connect(server) as slow:
        slow.send(request("/slow"))
        gate.wait_for(1)
        for n in range(20):
            assert fetch(server, f"/{n}") == b"GET /%d " % n
        gate.open.set()
        assert slow.reply().content == b"GET /slow "


def test_an_announcement_hands_the_lead_over_without_a_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pooled, "_LOOK", NEVER)
    gate = Gate(announced=True)
    with pool(gate, workers=2) as server, connect(server) as slow:
        slow.send(request("/slow"))
        gate.wait_for(1)
        assert fetch(server, "/fast") == b"GET /fast "
        gate.open.set()
        assert slow.reply().content == b"GET /slow "


def test_L2_with_all_workers_busy_requests_wait_in_order_and_the_leader_leads_on() -> None:
    gate = Gate()
    with pool(gate, workers=2, timeouts=Timeouts(head=0.2)) as server:
        busy = [connect(server) for _ in range(2)]
        for client in busy:
            client.send(request("/slow"))
        gate.wait_for(2)
        waiting = []
        for n in range(5):
            waiting.append(connect(server))
            waiting[-1].send(request(f"/{n}"))
            until = time.monotonic() + PATIENCE
            while len(server._waiting) <= n and time.monotonic() < until:
                threading.Event().wait(0.001)
        with connect(server) as late:  # accepted and timed out, although no worker is free
            late.send(b"GET / HT")
            assert late.reply().status == 408
        assert gate.order == ["/slow", "/slow"]
        gate.open.set()
        for n, client in enumerate(waiting):
            assert client.reply().content == b"GET /%d " % n
            client.close()
        # Two workers take them from one queue: each begins before any that is more than one place behind it.
        begun = [int(path[1:]) for path in gate.order[2:]]
        assert all(abs(place - n) <= 1 for place, n in enumerate(begun))
        for client in busy:
            assert client.reply().content == b"GET /slow "
            client.close()


def test_one_worker_is_enough() -> None:
    gate = Gate()
    with pool(gate, workers=1) as server, connect(server) as slow, connect(server) as fast:
        slow.send(request("/slow"))
        gate.wait_for(1)
        fast.send(request("/fast"))
        gate.open.set()
        assert slow.reply().content == b"GET /slow "
        assert fast.reply().content == b"GET /fast "


def test_sleeping_threads_end_and_the_last_free_one_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pooled, "_IDLE", 0.01)
    gate = Gate()
    with pool(gate, workers=4) as server:
        slow = [connect(server) for _ in range(4)]
        for client in slow:
            client.send(request("/slow"))
        gate.wait_for(4)
        assert len(server._threads) == 4
        gate.open.set()
        for client in slow:
            client.reply()
            client.close()
        until = time.monotonic() + PATIENCE
        while len(server._threads) > 2 and time.monotonic() < until:
            threading.Event().wait(0.005)
        assert len(server._threads) <= 2  # one that leads and one that stands by, where the first has come to sleep
        assert fetch(server, "/fast") == b"GET /fast "


def test_L5_where_no_thread_can_be_started_the_leader_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    with pool(echo, workers=4) as server:

        def refuse(self: threading.Thread) -> None:
            raise RuntimeError("can't start new thread")

        monkeypatch.setattr(threading.Thread, "start", refuse)
        assert fetch(server, "/a") == b"GET /a "
        assert fetch(server, "/b") == b"GET /b "
        assert server._threads == []
        monkeypatch.undo()


def test_it_stops_while_everybody_sleeps_stands_by_or_works() -> None:
    gate = Gate()
    with pool(gate, workers=3, timeouts=Timeouts(stop=5)) as server:
        slow = connect(server)
        slow.send(request("/slow"))
        gate.wait_for(1)
        fetch(server, "/fast")
        stopper = threading.Thread(target=server.close)
        stopper.start()
        gate.open.set()
        assert slow.reply().content == b"GET /slow "
        stopper.join(PATIENCE)
        assert not stopper.is_alive()
        slow.close()
    assert server._threads == []


def test_a_request_finished_by_hand_on_another_thread() -> None:
    class Handed(PooledServer):
        def process_request(self, conn: socket.socket, addr: Address) -> None:
            threading.Thread(target=self.finish_request, args=(conn, addr)).start()

    server = Handed("127.0.0.1", 0, function_handler(echo), workers=1)
    with server:
        assert fetch(server, "/x") == b"GET /x "


def test_many_clients_at_once_get_their_own_answers() -> None:
    def handler(got: Request) -> Response:
        if got.path.endswith("7"):
            threading.Event().wait(0.006)
        return echo(got)

    wrong: list[bytes] = []
    with pool(handler, workers=4) as server:

        def client(number: int) -> None:
            with connect(server) as mine:
                for n in range(50):
                    mine.send(request(f"/{number}-{n}"))
                    if (content := mine.reply().content) != b"GET /%d-%d " % (number, n):
                        wrong.append(content)

        clients = [threading.Thread(target=client, args=(number,)) for number in range(8)]
        for thread in clients:
            thread.start()
        for thread in clients:
            thread.join()
    assert wrong == []
