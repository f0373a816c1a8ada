"""ThreadedServer: its threads, and their lives."""

import logging
import socket
import threading
import time

import pytest

from pyhttp.answering import function_handler
from pyhttp.limits import Limits, Timeouts
from pyhttp.messages import Response
from pyhttp.request import Request
from pyhttp.servers.base import BaseServer
from pyhttp.servers.threaded import ThreadedServer, ThreadingMixin
from pyhttp.transport.client import Address
from tests.helpers.servers import PATIENCE, connect, echo, serving, wait_for
from tests.helpers.sockets import request
from tests.helpers.wire_client import WireClient


def threads_of(server: BaseServer) -> list[threading.Thread]:
    assert isinstance(server, ThreadedServer)
    return server._threads


def until_forgotten(server: BaseServer) -> None:
    """Wait until all threads have left the list."""
    for thread in list(threads_of(server)):
        thread.join(PATIENCE)
    assert threads_of(server) == []


class Gate:
    """A handler that stays until it is let through."""

    def __init__(self) -> None:
        self.arrived = threading.Semaphore(0)
        self.open = threading.Event()
        self.paths: list[str] = []

    def __call__(self, got: Request) -> Response:
        self.paths.append(got.path)
        self.arrived.release()
        wait_for(self.open)
        return echo(got)

    def wait_for(self, count: int) -> None:
        for _ in range(count):
            assert self.arrived.acquire(timeout=PATIENCE)


def test_it_is_the_mixin_and_the_base_and_nothing_else() -> None:
    assert ThreadedServer.__bases__ == (ThreadingMixin, BaseServer)
    assert {name for name in vars(ThreadedServer) if not name.startswith("__")} <= {"_abc_impl"}


def test_the_list_of_threads_is_declared_on_the_class_and_made_for_each_instance() -> None:
    assert "_threads" in ThreadingMixin.__annotations__
    assert not hasattr(ThreadingMixin, "_threads")
    first, second = (ThreadedServer("127.0.0.1", 0) for _ in range(2))
    assert first._threads == []
    assert first._threads is not second._threads
    first.close()
    second.close()


def test_running_threads_are_in_the_list_and_finished_ones_are_forgotten() -> None:
    gate = Gate()
    with serving(ThreadedServer, gate) as server:
        clients = [connect(server) for _ in range(5)]
        for client in clients:
            client.send(request())
        gate.wait_for(5)
        running = list(threads_of(server))
        assert len(running) == 5
        assert all(thread.is_alive() for thread in running)
        assert {(thread.name, thread.daemon) for thread in running} == {("pyhttp-handler", True)}
        gate.open.set()
        for client in clients:
            assert client.reply().status == 200
        until_forgotten(server)
        for client in clients:
            client.send(request())
            assert client.reply().status == 200  # the loop has the connections, and finds another thread for each
            client.close()


def test_L9_close_joins_the_threads() -> None:
    gate = Gate()
    with serving(ThreadedServer, gate) as server, connect(server) as client:
        client.send(request())
        gate.wait_for(1)
        running = list(threads_of(server))
        closing = threading.Thread(target=server.close)
        closing.start()
        gate.open.set()
        assert client.reply().status == 200
        client.close()
        closing.join()
        assert not any(thread.is_alive() for thread in running)


def test_close_does_not_wait_for_idle_connections() -> None:
    with serving(ThreadedServer) as server:
        silent, served, held = (connect(server) for _ in range(3))
        served.send(request())
        served.reply()
        until = time.monotonic() + PATIENCE
        held.send(request("/", "Connection: close"))
        held.reply()
        began = time.monotonic()
        server.close()
        assert time.monotonic() < until
        assert time.monotonic() - began < Timeouts().stop
        for client in (silent, served, held):
            assert client.ended() == b""
            client.close()


def test_a_thread_stays_while_requests_keep_coming() -> None:
    names: list[int] = []

    def handler(got: Request) -> Response:
        names.append(threading.get_ident())
        return echo(got)

    with serving(ThreadedServer, handler, timeouts=Timeouts(hold=5)) as server, connect(server) as client:
        for _ in range(20):
            client.send(request())
            client.reply()
        assert len(set(names)) == 1
        assert len(threads_of(server)) == 1


def test_D8_a_thread_lingers_for_a_moment_only() -> None:
    with serving(ThreadedServer, timeouts=Timeouts(hold=0.01)) as server, connect(server) as client:
        client.send(request())
        client.reply()
        until_forgotten(server)
        client.send(request())
        assert client.reply().status == 200


def test_L2_requests_beyond_the_limit_of_threads_wait_in_order() -> None:
    gate = Gate()
    with serving(ThreadedServer, gate, limits=Limits(threads=2)) as server:
        first = [connect(server) for _ in range(2)]
        for n, client in enumerate(first):
            client.send(request(f"/{n}"))
        gate.wait_for(2)
        queued = []
        for n in range(2, 8):
            client = connect(server)
            client.send(request(f"/{n}"))
            queued.append(client)
            wait_until_queued(server, n - 1)
        assert len(threads_of(server)) == 2
        with connect(server) as other:
            other.send(b"nonsense\r\n\r\n")
            assert other.reply().status == 400  # the loop goes on
        gate.open.set()
        for n, client in enumerate(first + queued):
            assert client.reply().content == f"GET /{n} ".encode()
            client.close()
        assert sorted(gate.paths[:2]) == ["/0", "/1"]
        assert sorted(gate.paths[2:]) == [f"/{n}" for n in range(2, 8)]
        assert gate.paths[2] in {"/2", "/3"}


def wait_until_queued(server: BaseServer, count: int) -> None:
    assert isinstance(server, ThreadedServer)
    until = time.monotonic() + PATIENCE
    while len(server._waiting) < count:
        assert time.monotonic() < until
        time.sleep(0.001)


def test_D12_a_lingering_thread_does_not_starve_those_that_wait() -> None:
    """There are one thread and three clients that keep sending. Each client gets its turns."""
    with serving(ThreadedServer, limits=Limits(threads=1), timeouts=Timeouts(hold=0.02)) as server:
        clients = [connect(server) for _ in range(3)]
        began = time.monotonic()
        for n in range(20):
            for client in clients:
                client.send(request(f"/{n}"))
            for client in clients:
                assert client.reply().content == f"GET /{n} ".encode()
        assert time.monotonic() - began < PATIENCE
        for client in clients:
            client.close()


def test_a_pipelined_request_behind_one_that_is_given_back_at_once_is_answered() -> None:
    """The rest of a read lies in a buffer, about which no event tells."""
    gate = Gate()
    server_of_one = serving(ThreadedServer, gate, limits=Limits(threads=1))
    with server_of_one as server, connect(server) as client, connect(server) as other:
        client.send(request("/1") + request("/2") + request("/3"))
        gate.wait_for(1)
        other.send(request("/other"))
        wait_until_queued(server, 1)
        gate.open.set()
        for n in (1, 2, 3):
            assert client.reply().content == f"GET /{n} ".encode()
        assert other.reply().content == b"GET /other "


def test_D7_a_head_that_drips_does_not_keep_its_thread() -> None:
    with serving(ThreadedServer, timeouts=Timeouts(hold=0.1, head=0.4)) as server, connect(server) as client:
        client.send(request())
        assert client.reply().status == 200
        dripping = threading.Event()

        def drip() -> None:
            client.send(b"GET / HTTP/1.1\r\nX: ")
            while not dripping.wait(0.01):
                client.send(b"a")

        thread = threading.Thread(target=drip)
        thread.start()
        try:
            until_forgotten(server)
            assert client.reply().status == 408
        finally:
            dripping.set()
            thread.join()


def refuse(_: threading.Thread) -> None:
    raise RuntimeError("can't start new thread")


def test_L5_where_no_thread_can_be_started_the_request_is_refused(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(ThreadedServer) as server:
        with monkeypatch.context() as patched:
            patched.setattr(threading.Thread, "start", refuse)
            for _ in range(2):
                with connect(server) as client:
                    client.send(request())
                    reply = client.reply()
                    assert reply.status == 503
                    assert reply.says_close
        with connect(server) as client:
            client.send(request())
            assert client.reply().status == 200
    assert not [record for record in caplog.records if record.exc_info]


def test_L5_where_no_further_thread_can_be_started_the_request_waits_for_a_running_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gate = Gate()
    with serving(ThreadedServer, gate) as server, connect(server) as first, connect(server) as second:
        first.send(request("/1"))
        gate.wait_for(1)
        with monkeypatch.context() as patched:
            patched.setattr(threading.Thread, "start", refuse)
            second.send(request("/2"))
            wait_until_queued(server, 1)
        gate.open.set()
        assert first.reply().content == b"GET /1 "
        assert second.reply().content == b"GET /2 "


def test_R4_an_interrupt_in_a_handlers_thread_is_a_fault_like_others(caplog: pytest.LogCaptureFixture) -> None:
    """This interrupt is not the user's. An interrupt of the user comes to the main thread."""

    def fail(_: Request) -> Response:
        raise KeyboardInterrupt

    with serving(ThreadedServer, fail) as server:
        for _ in range(2):
            with connect(server) as client:
                client.send(request())
                assert client.reply().status == 500
        until_forgotten(server)
    assert [record.exc_info is not None for record in caplog.records if record.levelno >= logging.ERROR] == [True, True]


def test_L8_a_queued_request_is_closed_when_the_grace_period_is_over() -> None:
    gate = Gate()
    limits, timeouts = Limits(threads=1), Timeouts(stop=0.1)
    clients: list[WireClient] = []
    with serving(ThreadedServer, gate, limits=limits, timeouts=timeouts) as server:
        for n in range(2):
            clients.append(connect(server))
            clients[-1].send(request(f"/{n}"))
            if n == 0:
                gate.wait_for(1)
        wait_until_queued(server, 1)
        server.close()
        gate.open.set()
    for client in clients:
        assert client.ended() == b""
        client.close()
    assert gate.paths == ["/0"]


def test_L8_a_queued_request_that_was_cut_is_not_handled() -> None:
    gate = Gate()
    limits, timeouts = Limits(threads=1), Timeouts(stop=0.1)
    made = serving(ThreadedServer, gate, limits=limits, timeouts=timeouts)
    with made as server, connect(server) as busy, connect(server) as queued:
        busy.send(request("/0"))
        gate.wait_for(1)
        queued.send(request("/1"))
        wait_until_queued(server, 1)
        closing = threading.Thread(target=server.close)
        closing.start()
        until = time.monotonic() + PATIENCE
        while not server._loop.stopping.is_cut:
            assert time.monotonic() < until
            time.sleep(0.001)
        gate.open.set()
        assert queued.ended() == b""
        closing.join()
    assert gate.paths == ["/0"]


def test_threaded_process_request_can_be_overridden() -> None:
    addresses: list[object] = []

    class Mine(ThreadedServer):
        def threaded_process_request(self, conn: socket.socket, addr: Address) -> None:
            addresses.append(addr)
            super().threaded_process_request(conn, addr)

    with serving(Mine) as server, connect(server) as client:
        client.send(request())
        assert client.reply().status == 200
    assert len(addresses) == 1


def test_the_default_handler_serves_the_working_directory(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path_factory.mktemp("folder")
    (folder / "a.txt").write_text("hello")
    monkeypatch.chdir(folder)
    with ThreadedServer("127.0.0.1", 0) as server, connect(server) as client:
        client.send(request("/a.txt"))
        assert client.reply().content == b"hello"
    assert function_handler(echo) is not function_handler(echo)
