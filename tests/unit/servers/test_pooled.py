"""PooledServer: the number of threads, the leader, and the queue."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Final

import pytest

from pyhttp.answering import function_handler
from pyhttp.limits import Timeouts
from pyhttp.messages import Response
from pyhttp.request import Request
from pyhttp.servers import pooled
from pyhttp.servers.pooled import PooledServer
from pyhttp.transport.alarm import Alarm
from pyhttp.transport.client import Connection
from pyhttp.transport.loop import Loop, Role
from pyhttp.transport.stopping import LAST
from tests.helpers.fakes import later, world
from tests.helpers.servers import PATIENCE, connect, echo, serving, taken_together, wait_for
from tests.helpers.sockets import request
from tests.helpers.wire_client import WireClient

LONG: Final = 1000


class Gate:
    """A handler that stays at /stay until it is let through. It echoes otherwise."""

    def __init__(self) -> None:
        self.arrived = threading.Semaphore(0)
        self.open = threading.Event()
        self.threads: list[str] = []

    def __call__(self, got: Request) -> Response:
        self.threads.append(threading.current_thread().name)
        if got.path.startswith("/stay"):
            self.arrived.release()
            wait_for(self.open)
        return echo(got)

    def wait_for(self, count: int) -> None:
        for _ in range(count):
            assert self.arrived.acquire(timeout=PATIENCE)


def pool(gate: Gate, workers: int, timeouts: Timeouts | None = None) -> PooledServer:
    return PooledServer("127.0.0.1", 0, function_handler(gate), workers=workers, timeouts=timeouts)


def asking(server: PooledServer, path: str) -> WireClient:
    client = connect(server)
    client.send(request(path))
    return client


def wait_until_queued(server: PooledServer, count: int) -> None:
    until = time.monotonic() + PATIENCE
    while len(server._waiting) < count:
        assert time.monotonic() < until
        time.sleep(0.001)


def test_a_pool_needs_a_worker() -> None:
    with pytest.raises(ValueError, match="workers"):
        PooledServer("127.0.0.1", 0, workers=0)


def test_threads_are_started_as_they_are_needed_and_no_more_than_that() -> None:
    gate = Gate()
    with pool(gate, 4) as server:
        assert len(server._threads) <= 1  # this is the thread that leads
        with asking(server, "/") as client:
            assert client.reply().status == 200
        assert len(server._threads) == 2  # the other thread is the one that would take the lead
        clients = [asking(server, f"/stay/{n}") for n in range(4)]
        gate.wait_for(4)
        assert len(server._threads) == 5
        gate.open.set()
        for client in clients:
            assert client.reply().status == 200
            client.close()


def test_answers_that_leave_together_wait_for_no_long_handler() -> None:
    gate = Gate()
    with taken_together() as take, pool(gate, 2) as server:
        *quick, slow = [asking(server, "/") for _ in range(9)]
        for client in [*quick, slow]:
            assert client.reply().status == 200
        take(9)
        for n, client in enumerate(quick):
            client.send(request(f"/{n}"))
        slow.send(request("/stay"))
        gate.wait_for(1)
        for n, client in enumerate(quick):
            assert client.reply().content == f"GET /{n} ".encode()
        gate.open.set()
        assert slow.reply().status == 200
        for client in [*quick, slow]:
            client.close()


def test_L2_with_all_workers_busy_requests_wait_in_order_and_the_loop_goes_on() -> None:
    gate = Gate()
    with pool(gate, 2, Timeouts(head=0.3)) as server:
        busy = [asking(server, f"/stay/{n}") for n in range(2)]
        gate.wait_for(2)
        waiting = []
        for n in range(6):
            waiting.append(asking(server, f"/{n}"))
            wait_until_queued(server, n + 1)
        assert len(server._threads) == 3
        with connect(server) as slow:
            slow.send(b"GET / HT")
            assert slow.reply().status == 408
        with connect(server) as bad:
            bad.send(b"nonsense\r\n\r\n")
            assert bad.reply().status == 400
        gate.open.set()
        for n, client in enumerate(waiting):
            assert client.reply().content == f"GET /{n} ".encode()
        for client in [*busy, *waiting]:
            client.close()


def test_L2_who_waited_first_is_served_first() -> None:
    """One thread takes the requests that wait, so that no request overtakes another one."""
    gate, paths = Gate(), []

    def handler(got: Request) -> Response:
        paths.append(got.path)
        return gate(got)

    with PooledServer("127.0.0.1", 0, function_handler(handler), workers=1) as server:
        clients = [asking(server, "/stay")]
        gate.wait_for(1)
        for n in range(5):
            clients.append(asking(server, f"/{n}"))
            wait_until_queued(server, n + 1)
        gate.open.set()
        for client in clients:
            assert client.reply().status == 200
            client.close()
    assert paths == ["/stay", *(f"/{n}" for n in range(5))]


def test_who_was_closed_while_it_waited_is_not_handled(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stop closes the connections in the queue.

    No thread handles them afterwards, by whichever way it looks at the queue.
    """
    handled: list[object] = []
    monkeypatch.setattr(PooledServer, "finish_request", lambda *given: handled.append(given))
    monkeypatch.setattr(Loop, "run", lambda *_: False)
    with world(later) as made, contextlib.closing(pool(Gate(), 2)) as server:
        peer, conn = made.connect()
        peer.send(request())
        made.work()
        made.keeper.queue(conn)
        assert made.registry.take_queued(conn)
        made.registry.close(conn)
        made.employer.turns.remove(conn)
        server._run_queued(Role(leads=False), conn)
        server._waiting.append(conn)
        server._free = 1
        server._lead(Role(leads=True))
        assert not server._waiting
    assert handled == []


@pytest.mark.parametrize("announced", [True, False])
def test_a_handler_that_stays_loses_the_lead(announced: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if announced:
        monkeypatch.setattr(pooled, "_LOOK", LONG)  # only the announcement can have the lead taken over
    gate, arrived = Gate(), threading.Event()

    def handler(got: Request) -> Response:
        if announced and got.path == "/stay":
            got.exchange.about_to_block()
        arrived.set()
        return gate(got)

    with PooledServer("127.0.0.1", 0, function_handler(handler), workers=2) as server:
        with asking(server, "/stay") as staying:
            wait_for(arrived)
            with asking(server, "/") as client:
                assert client.reply().status == 200
            gate.open.set()
            assert staying.reply().status == 200
        server._bell.ring()


def test_a_turn_wakes_the_standby_that_sleeps() -> None:
    """After a rest the standby sleeps without a timer.

    Unless it is woken, a handler that stays keeps all clients waiting.
    """
    gate = Gate()
    with pool(gate, 2) as server:
        with asking(server, "/") as first:
            assert first.reply().status == 200
        until = time.monotonic() + PATIENCE
        while not server._parked:
            assert time.monotonic() < until
            time.sleep(0.001)
        with asking(server, "/stay") as staying:
            gate.wait_for(1)
            with asking(server, "/") as client:
                assert client.reply().status == 200
            gate.open.set()
            assert staying.reply().status == 200


def test_quick_handlers_run_where_they_were_found() -> None:
    gate = Gate()
    with pool(gate, 8) as server, connect(server) as client:
        for _ in range(50):
            client.send(request())
            client.reply()
        assert len(server._threads) == 2


def test_idle_threads_end_but_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pooled, "_IDLE", 0.05)
    gate = Gate()
    with pool(gate, 6) as server:
        clients = [asking(server, f"/stay/{n}") for n in range(6)]
        gate.wait_for(6)
        gate.open.set()
        for client in clients:
            assert client.reply().status == 200
            client.close()
        until = time.monotonic() + PATIENCE
        while len(server._threads) > 2:
            assert time.monotonic() < until
            time.sleep(0.01)
        with asking(server, "/") as client:
            assert client.reply().status == 200


@pytest.mark.parametrize("allowed", [0, 1])
def test_L5_where_no_thread_can_be_started_one_does_everything(allowed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread that leads does everything.

    Where not even that thread can be started, the thread that serves does it.
    """
    started: list[threading.Thread] = []
    start = threading.Thread.start

    def refuse(thread: threading.Thread) -> None:
        if thread.name == "pyhttp-worker":
            if len(started) == allowed:
                raise RuntimeError("can't start new thread")
            started.append(thread)
        start(thread)

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        with pool(Gate(), 4) as server:
            for _ in range(2):
                with asking(server, "/") as client:
                    assert client.reply().status == 200
            assert server._threads == started


def test_a_foreign_thread_may_process_a_connections_request() -> None:
    """A thread that does not lead has no place to open."""
    seen: list[str] = []

    class Elsewhere(PooledServer):
        def process_request(self, conn: socket.socket, addr: tuple[str, int] | tuple[str, int, int, int]) -> None:
            threading.Thread(target=super().process_request, args=(conn, addr), name="elsewhere").start()

    def handler(got: Request) -> Response:
        seen.append(threading.current_thread().name)
        return echo(got)

    with serving(Elsewhere, handler) as server, connect(server) as client:
        for _ in range(5):
            client.send(request())
            assert client.reply().status == 200
    assert set(seen) == {"elsewhere"}


def test_a_queued_request_that_finds_a_free_thread_is_run_by_the_leader() -> None:
    """This happens after a start of a thread that failed and a start that did not."""
    gate = Gate()
    with pool(gate, 2) as server:
        busy = [asking(server, f"/stay/{n}") for n in range(2)]
        gate.wait_for(2)
        with asking(server, "/queued") as queued:
            wait_until_queued(server, 1)
            gate.open.set()
            assert queued.reply().status == 200
        for client in busy:
            assert client.reply().status == 200
            client.close()


def test_a_fault_of_the_loop_ends_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """This is better than a server that accepts and never answers."""
    died: list[object] = []
    monkeypatch.setattr(threading, "excepthook", died.append)
    gate = Gate()
    server = pool(gate, 2)
    serving_thread = threading.Thread(target=server.serve_forever)
    real = Loop.round

    def fail(loop: Loop, role: Role) -> None:
        if gate.threads:
            raise ZeroDivisionError
        real(loop, role)

    monkeypatch.setattr(Loop, "round", fail)
    serving_thread.start()
    with asking(server, "/stay") as client:
        gate.wait_for(1)
        until = time.monotonic() + PATIENCE
        while not server._over:
            assert time.monotonic() < until
            time.sleep(0.001)
        gate.open.set()
        serving_thread.join(PATIENCE)
        assert not serving_thread.is_alive()
        assert client.ended() == b""
    server.close()
    assert died


INTERRUPTED: Final = """
import threading, time, pyhttp
def handler(request):
    time.sleep(0.1 if request.path == "/slow" else 0)
    return pyhttp.Response(200)
server = pyhttp.PooledServer("127.0.0.1", 0, pyhttp.function_handler(handler), workers=8)
print(server.addresses[0][1], flush=True)
try:
    server.serve_forever()
except KeyboardInterrupt:
    print(threading.active_count(), len(__import__("os").listdir("/proc/self/fd")), flush=True)
"""


@pytest.mark.parametrize("slow", [0, 1, 5])
def test_L9_an_interrupt_of_serve_forever_ends_every_thread(slow: int) -> None:
    """People end `http.server` by Ctrl+C. It ends every thread, whichever thread leads by then."""
    with subprocess.Popen([sys.executable, "-c", INTERRUPTED], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            address = ("127.0.0.1", int(process.stdout.readline()))
            # a client that has been answered knows that the server serves, and may be interrupted
            asked = ["/slow"] * slow or ["/"]
            clients = [socket.create_connection(address, timeout=PATIENCE) for _ in asked]
            for client, path in zip(clients, asked, strict=True):
                client.sendall(request(path))
            for client in clients:
                assert client.recv(1000).startswith(b"HTTP/1.1 200 ")
            process.send_signal(signal.SIGINT)
            threads, open_now = process.stdout.readline().split()
            assert int(threads) == 1
            assert int(open_now) <= 4
            assert process.wait(PATIENCE) == 0
            for client in clients:
                client.close()
        finally:
            process.kill()


def test_the_turns_of_a_connection_end_on_one_thread_at_a_time() -> None:
    """There are many clients, and handlers that stay for a moment or not. Each answer is right, and no client waits."""
    inside: dict[int, int] = {}

    def handler(got: Request) -> Response:
        assert os.getpid() > 0
        conn = got.exchange.channel
        assert isinstance(conn, Connection)
        assert inside.setdefault(conn.serial, 0) == 0
        inside[conn.serial] += 1
        time.sleep(0.006 if got.query.endswith("3") else 0)
        inside[conn.serial] -= 1
        return echo(got)

    with PooledServer("127.0.0.1", 0, function_handler(handler), workers=3) as server:

        def work(number: int) -> None:
            with connect(server) as client:
                for n in range(60):
                    client.send(request(f"/?{number}-{n}"))
                    right.append(client.reply().content == f"GET /?{number}-{n} ".encode())

        right: list[bool] = []
        threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert right == [True] * 480


def test_a_handler_that_hangs_does_not_keep_the_process() -> None:
    """The threads of a pool are daemons: the interpreter does not wait for them."""
    with pool(Gate(), 2) as server, connect(server) as client:
        client.send(request())
        client.reply()
        assert [thread.daemon for thread in server._threads] == [True] * len(server._threads) != []


def test_after_a_second_interrupt_the_leader_has_a_moment_to_leave() -> None:
    waits: list[float | None] = []

    class Interrupted(Alarm):
        """An alarm that an interrupt comes into, and that the end of the loop rings next."""

        def wait(self, seconds: float | None = None) -> None:
            waits.append(seconds)
            if len(waits) == 1:
                raise KeyboardInterrupt
            vars(server)["_over"] = True

    server = pool(Gate(), 2)
    alarm = Interrupted()
    with pytest.raises(KeyboardInterrupt):
        server._await_end(alarm)
    alarm.close()
    server.close()
    first, second = waits
    assert first is None
    assert second is not None
    assert 0 < second <= LAST


# --- the standby


class Bell:
    """A bell that rings as the test says, and lets something happen while a thread waits for it."""

    def __init__(self, *during: Callable[[], bool]) -> None:
        self.during = list(during)
        self.waits: list[float] = []

    def ring(self) -> None:
        """No thread hears it."""

    def wait(self, seconds: float = -1) -> bool:
        self.waits.append(seconds)
        return self.during.pop(0)()


@contextlib.contextmanager
def standby(*, is_open: bool) -> Iterator[PooledServer]:
    """A pool that serves no client. Its leader runs a handler or waits."""
    server = pool(Gate(), 2)
    if not is_open:
        assert server._place.acquire(blocking=False)
    yield server
    server.close()


def wait_as(server: PooledServer, *during: Callable[[], bool]) -> list[float]:
    """Stand by for the lead until it is taken. The result is the waits that this takes."""
    bell = Bell(*during)
    vars(server)["_bell"] = bell
    assert server._stand_by()
    assert bell.during == []
    assert server._place.locked()
    assert not server._parked
    return bell.waits


def test_the_standby_takes_a_place_that_is_open_from_one_look_to_the_next() -> None:
    with standby(is_open=True) as server:
        assert wait_as(server, lambda: False) == [pooled._LOOK]


def test_a_ring_says_nothing_about_how_long_a_turn_is() -> None:
    """The bell rang for something that has been seen already. Less than a look has passed."""
    with standby(is_open=True) as server:
        assert wait_as(server, lambda: True, lambda: True, lambda: False) == [pooled._LOOK] * 3


def test_a_handler_that_announces_its_wait_is_not_looked_at_twice() -> None:
    def announce() -> bool:
        server._urgent = True
        return True

    with standby(is_open=True) as server:
        assert wait_as(server, announce) == [pooled._LOOK]
        assert not server._urgent


def test_quick_turns_keep_their_place() -> None:
    def turn() -> bool:
        server._turns += 1
        return False

    with standby(is_open=True) as server:
        assert wait_as(server, turn, turn, turn, lambda: False) == [pooled._LOOK] * 4


def test_where_nothing_is_run_the_standby_sleeps_until_something_is() -> None:
    def begin_turn() -> bool:
        assert server._parked
        server._turns += 1
        server._place.release()
        return True

    with standby(is_open=False) as server:
        assert wait_as(server, lambda: False, begin_turn, lambda: False) == [pooled._LOOK, -1, pooled._LOOK]


def test_a_turn_that_begins_as_the_standby_goes_to_sleep_is_seen() -> None:
    """The leader has counted the turn, and looked just before the standby said that it sleeps."""

    class Pool(PooledServer):
        @property
        def _parked(self) -> bool:
            return self._says_parked

        @_parked.setter
        def _parked(self, value: bool) -> None:
            self._says_parked = value
            if value:
                self._turns += 1
                self._place.release()

    server = Pool("127.0.0.1", 0, function_handler(echo))
    assert server._place.acquire(blocking=False)
    assert wait_as(server, lambda: False, lambda: False, lambda: False) == [pooled._LOOK] * 3
    server.close()


def test_the_standby_leaves_when_the_server_is_over() -> None:
    with standby(is_open=False) as server:
        server._over = True
        assert not server._stand_by()
