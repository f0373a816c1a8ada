"""The loop: accepting under pressure, stopping, handing the lead over; and a model of everything clients may do."""

import contextlib
import errno
import os
import socket
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from pyhttp.limits import Limits, Timeouts
from pyhttp.messages import FileSlice, Response
from pyhttp.request import Request
from pyhttp.transport.connection import Connection, Phase
from pyhttp.transport.loop import Role
from tests.helpers.fakes import TIMEOUTS, Peer, World, world
from tests.helpers.sockets import descriptors, request

LARGE: Final = bytes(2 << 20)


class Listener(socket.socket):
    """A listener that fails as it is told to.

    Attributes:
        failures: What `accept` raises next; nothing is raised where it is empty.
        full: Whether no descriptor is left.
    """

    failures: list[int]
    full: Callable[[], bool]

    def accept(self) -> tuple[socket.socket, tuple[str, int]]:
        """As a socket does, after its failures."""
        if self.full():
            raise OSError(errno.EMFILE, "full")
        if self.failures:
            number = self.failures.pop(0)
            raise OSError(number, os.strerror(number))
        return super().accept()


@contextlib.contextmanager
def listening(
    *, capacity: int = 1000, timeouts: Timeouts = TIMEOUTS, limits: Limits | None = None
) -> Iterator[tuple[World, Listener]]:
    """A loop with a listener; `join` connects to it."""
    listener = Listener(socket.AF_INET, socket.SOCK_STREAM)
    listener.failures = []
    listener.full = lambda: False
    listener.bind(("127.0.0.1", 0))
    listener.listen(300)
    listener.setblocking(False)
    made_by = world(listeners=[listener], capacity=capacity, timeouts=timeouts, limits=limits)
    with listener, made_by as made:
        yield made, listener


def join(made: World, listener: Listener) -> Peer:
    """One more client, which the loop has yet to accept."""
    sock = socket.create_connection(listener.getsockname())
    peer = Peer(sock)
    made.peers.append(peer)
    return peer


def answered(peer: Peer) -> bool:
    return peer.read().startswith(b"HTTP/1.1 200 ")


# --- accepting


def test_clients_are_accepted_and_served() -> None:
    with listening() as (made, listener):
        peers = [join(made, listener) for _ in range(200)]
        made.work()
        assert len(made.loop.registry.connections) == 200
        for peer in peers:
            peer.send(request())
        made.work()
        assert all(answered(peer) for peer in peers)


def test_one_event_accepts_a_bounded_number() -> None:
    with listening() as (made, listener):
        for _ in range(100):
            join(made, listener)
        made.turn()
        assert len(made.loop.registry.connections) == 64
        made.turn()
        assert len(made.loop.registry.connections) == 100


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM])
def test_L5_what_the_system_refuses_is_logged_once_a_second_and_costs_no_busy_loop(number: int) -> None:
    with listening() as (made, listener):
        listener.failures = [number] * 5
        peer = join(made, listener)
        began = made.clock.now
        for _ in range(50):
            made.turn()
            if made.loop.registry.connections:
                break
        assert 4 <= made.clock.now - began <= 6
        assert made.poller.calls["wait"] <= 12
        assert 1 <= len(made.service.reports) <= 5
        assert os.strerror(number) in made.service.reports[0]
        peer.send(request())
        made.work()
        assert answered(peer)


@pytest.mark.parametrize("number", [errno.ECONNABORTED, errno.EINTR, errno.EPROTO])
def test_L5_a_client_that_left_before_it_was_accepted_costs_nothing(number: int) -> None:
    with listening() as (made, listener):
        listener.failures = [number] * 3
        peer = join(made, listener)
        peer.send(request())
        made.work()
        assert answered(peer)
        assert made.service.reports == []


def test_L2_under_pressure_idle_connections_go_first_and_then_the_oldest_heads() -> None:
    with listening(capacity=4) as (made, listener):
        peers = [join(made, listener) for _ in range(4)]
        made.work()
        peers[0].send(b"GET /0")
        peers[1].send(b"GET /1")
        made.work()
        for _ in range(2):
            peers.append(join(made, listener))
            made.work()
            peers[-1].send(b"GET /")
            made.work()
        for peer in peers:
            peer.read()
        assert [peer.ended for peer in peers] == [False, False, True, True, False, False]
        peers.append(join(made, listener))
        made.work()
        for peer in peers:
            peer.read()
        assert [peer.ended for peer in peers] == [True, False, True, True, False, False, False]
        assert made.service.reports == []


def test_L2_where_nothing_can_be_shed_accepting_rests_until_something_ends() -> None:
    with listening(capacity=2) as (made, listener):
        made.service.handler = lambda _: None
        busy = [join(made, listener) for _ in range(2)]
        for peer in busy:
            peer.send(request())
        made.work()
        assert len(made.service.turns) == 2
        waiting = join(made, listener)
        waiting.send(request())
        made.work()
        assert made.service.reports == ["the limit of connections is reached"]
        before = made.poller.calls["wait"]
        made.pass_time(10)
        assert made.poller.calls["wait"] - before <= 40
        assert len(made.service.reports) <= 12
        made.finish(made.service.turns[0], Response(200), seconds=None)
        busy[0].close()
        busy[1].read()
        made.work()
        made.turn(2)
        made.work()
        assert len(made.service.turns) == 2  # the one that waited has been accepted, and its request dispatched
        for conn in list(made.service.turns):
            made.finish(conn, Response(200))


def at_the_limit(made: World, listener: Listener) -> tuple[list[Peer], Peer]:
    """Two clients whose handlers run, all that is allowed, and a third one that the loop has no room for."""
    made.service.handler = lambda _: None
    busy = [join(made, listener) for _ in range(2)]
    for peer in busy:
        peer.send(request())
    made.work()
    waiting = join(made, listener)
    waiting.send(request())
    made.work()
    assert len(made.service.turns) == 2
    return busy, waiting


def finish_all_at_once(made: World, began: float, waiting: Peer) -> None:
    """Every turn ends; the one that waited has been let in and is answered, and no pause had to pass for that."""
    made.work()
    for conn in list(made.service.turns):
        made.finish(conn, Response(200))
    made.work()
    assert answered(waiting)
    assert made.clock.now == began


@pytest.mark.parametrize("seconds", [None, 0.0], ids=["a thread that gives back", "a thread that held"])
def test_L2_a_connection_that_becomes_idle_makes_room_at_once(seconds: float | None) -> None:
    with listening(capacity=2) as (made, listener):
        busy, waiting = at_the_limit(made, listener)
        began = made.clock.now
        made.finish(made.service.turns[0], Response(200), seconds=seconds)
        assert made.poller.calls["wake"] == 1  # an exchange that ends on a thread is no event: the loop may be waiting
        made.turn()
        made.work()
        assert answered(busy[0])
        assert busy[0].ended
        assert len(made.service.turns) == 2
        finish_all_at_once(made, began, waiting)


def test_L2_a_connection_that_another_thread_closes_makes_room_at_once() -> None:
    with listening(capacity=2) as (made, listener):
        busy, waiting = at_the_limit(made, listener)
        began = made.clock.now
        busy[0].close()
        made.service.turns[0].failed = True
        made.finish(made.service.turns[0], Response(200))
        assert made.poller.calls["wake"] == 1
        made.turn()
        finish_all_at_once(made, began, waiting)


@pytest.mark.parametrize("before", [True, False], ids=["before it is wanted", "after"])
def test_L2_room_made_just_as_accepting_comes_to_rest_is_not_missed(
    before: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    with listening(capacity=2) as (made, listener):
        busy, waiting = at_the_limit(made, listener)

        def end_one(*_: object) -> bool:
            if not busy[0].ended:
                busy[0].close()
                made.service.turns[0].failed = True
                made.finish(made.service.turns[0], Response(200))
            return False

        with monkeypatch.context() as patch:
            patch.setattr(made.loop if before else made.service, "_make_room" if before else "report", end_one)
            while not busy[0].ended:
                made.turn()
        began = made.clock.now
        made.turn()
        finish_all_at_once(made, began, waiting)


def test_L5_exhaustion_sheds_an_idle_connection_so_that_the_next_can_come() -> None:
    with listening() as (made, listener):
        idle = join(made, listener)
        made.work()
        listener.failures = [errno.EMFILE]
        peer = join(made, listener)
        began = made.clock.now
        made.work()
        idle.read()
        assert idle.ended
        made.turn()
        peer.send(request())
        made.work()
        assert answered(peer)
        assert made.clock.now == began  # the end of the idle one was enough: no pause had to pass


def test_L5_exhaustion_sheds_one_idle_connection_for_one_client() -> None:
    with listening() as (made, listener):
        idle = [join(made, listener) for _ in range(3)]
        for peer in idle:
            peer.send(request())
        made.work()
        made.turn()
        listener.full = lambda: len(made.loop.registry.connections) >= 3
        newcomer = join(made, listener)
        newcomer.send(request())
        made.work()
        made.turn()
        made.work()
        assert answered(newcomer)
        for peer in idle:
            peer.read()
        assert [peer.ended for peer in idle] == [True, False, False]


def test_L5_what_the_system_refuses_twice_within_a_second_is_logged_once() -> None:
    with listening() as (made, listener):
        idle = [join(made, listener) for _ in range(2)]
        made.work()
        listener.failures = [errno.EMFILE] * 2
        join(made, listener)
        made.work()
        made.turn()
        made.work()
        assert listener.failures == []
        assert len(made.service.reports) == 1
        for peer in idle:
            peer.read()
        assert all(peer.ended for peer in idle)


def test_the_work_of_idle_connections_is_counted() -> None:
    """Ten thousand seconds of 50 connections that idle and are renewed: a look at each now and then, no more."""
    with listening() as (made, listener):
        peers = [join(made, listener) for _ in range(50)]
        made.work()
        made.poller.calls.clear()
        for _ in range(10):
            for peer in peers:
                peer.send(request())
            made.work()
            made.pass_time(10)
            for peer in peers:
                assert answered(peer)
        assert made.poller.calls["arm"] == 500
        assert made.poller.calls["wait"] <= 10 * (5 + 50 + 10)


# --- stopping


def test_L8_a_stop_closes_the_listener_and_idle_connections_at_once() -> None:
    with listening() as (made, listener):
        idle, head = join(made, listener), join(made, listener)
        made.work()
        head.send(b"GET / HT")
        made.work()
        began = made.clock.now
        made.loop.stop()
        assert not made.loop._finished()
        made.work()
        idle.read()
        assert idle.ended
        assert listener.fileno() == -1
        head.send(b"TP/1.1\r\nHost: a\r\n\r\n")
        made.work()
        assert b"\r\nConnection: close\r\n" in head.read()
        head.close()
        made.work()
        assert made.loop._finished()
        assert made.clock.now == began


def test_L8_who_has_connected_or_asked_before_the_stop_is_still_answered() -> None:
    with listening() as (made, listener):
        idle, asking = (join(made, listener) for _ in range(2))
        made.work()
        asking.send(request("/asked"))
        queued = [join(made, listener) for _ in range(3)]
        for peer in queued:
            peer.send(request("/queued"))
        made.loop.stop()
        began = made.clock.now
        while not made.loop._finished():
            made.turn()
            for peer in made.peers:
                peer.read()
                if peer.ended:
                    peer.close()
        assert idle.received == b""
        for peer in (asking, *queued):
            assert peer.received.startswith(b"HTTP/1.1 200 ")
            assert b"\r\nConnection: close\r\n" in peer.received
        assert made.clock.now == began


def test_L8_at_the_limit_nobody_is_accepted_for_the_stop() -> None:
    with listening(capacity=2) as (made, listener):
        busy, waiting = at_the_limit(made, listener)
        made.loop.stop()
        assert not made.loop._finished()
        assert len(made.loop.registry.connections) == 2
        for conn in list(made.service.turns):
            made.finish(conn, Response(200))
        made.work()
        assert all(answered(peer) for peer in busy)
        assert waiting.read() == b""
        assert waiting.ended


def test_L8_what_is_left_is_hurried_then_cut_then_left() -> None:
    with listening() as (made, listener):
        made.service.handler = lambda _: None
        peer = join(made, listener)
        peer.send(request())
        made.work()
        (conn,) = made.service.turns
        began = made.clock.now
        made.loop.stop()
        assert not made.loop.run(Role(leads=False))  # one turn only
        while not made.loop._finished():
            since = made.clock.now - began
            assert made.service.hurried == (since >= TIMEOUTS.stop - 1)
            assert conn.failed == (since >= TIMEOUTS.stop)
            made.turn()
        assert TIMEOUTS.stop <= made.clock.now - began <= TIMEOUTS.stop + 1
        made.loop.close()
        assert conn.fileno() >= 0  # its handler still has it
        made.finish(conn, Response(200))
        assert conn.fileno() == -1
        assert not made.loop.registry.connections


def test_a_stop_that_meets_a_connection_between_its_turn_and_its_arming_does_not_wait_for_it() -> None:
    with listening() as (made, listener):
        made.service.handler = lambda _: None
        peer = join(made, listener)
        peer.send(request())
        made.work()
        (conn,) = made.service.turns
        began = made.clock.now

        def script(_: int, took_effect: bool) -> None:
            if not took_effect:
                made.poller.script = None
                conn.armed = False  # as it was a moment ago, when the loop looked
                made.loop.stop()
                assert not made.loop._finished()
                conn.armed = True

        made.poller.script = script
        made.finish(conn, Response(200))
        while not made.loop._finished():
            made.turn()
        assert made.clock.now == began


# --- the lead


def test_a_leader_that_has_lost_the_lead_leaves_what_was_delivered_to_the_next() -> None:
    with world() as made:
        peers = [made.connect()[0] for _ in range(3)]
        leader, next_leader = Role(leads=True), Role(leads=True)

        def lose(got: Request) -> Response:
            leader.leads = False
            return Response(200, {}, got.path.encode())

        made.service.handler = lose
        for peer in peers:
            peer.send(request())
        assert made.loop.run(leader) is False
        assert [answered(peer) for peer in peers].count(True) == 1
        waits = made.poller.calls["wait"]
        made.loop.turn(next_leader)
        assert [len(peer.received) > 0 or answered(peer) for peer in peers].count(True) == 3
        assert made.poller.calls["wait"] == waits


def test_a_delivered_connection_is_not_expired_before_it_is_served() -> None:
    with world() as made:
        first, _ = made.connect()
        second, conn = made.connect()
        leader = Role(leads=True)

        def slow(got: Request) -> Response:
            leader.leads = False
            made.clock.now += 1000  # the handler takes its time, and another thread leads on
            return Response(200)

        made.service.handler = slow
        first.send(request())
        second.send(request())
        made.loop.turn(leader)
        assert conn.phase is Phase.IDLE
        made.service.handler = lambda _: Response(200)
        made.turn()
        assert answered(second)


# --- a model: whatever clients do, and whenever


PATHS: Final = ("/small", "/large", "/file", "/unread", "/thread", "/held")


def content_of(serial: int, path: str) -> bytes:
    """Unique for each request."""
    text = f"<{serial} {path}>".encode()
    return text * 20_000 if path in {"/large", "/file"} else text


class Client:
    """What the model knows of one client."""

    def __init__(self, peer: Peer, conn: Connection) -> None:
        self.peer = peer
        self.conn = conn
        self.to_send = b""
        self.expected: list[bytes] = []
        self.asked = 0


class Clients(RuleBasedStateMachine):
    """Connects, sends in pieces, reads slowly, half-closes, leaves, lets time pass: in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.before = descriptors()
        self.stack = contextlib.ExitStack()
        timeouts = Timeouts(head=20, idle=15, content=20, send=30, stop=10, drain=2, linger=2)
        limits = Limits(read_ahead=2000, drain=5000, turn=100_000)
        self.world = self.stack.enter_context(world(self.handle, limits=limits, timeouts=timeouts, capacity=6))
        self.clients: list[Client] = []
        self.everyone: list[Client] = []
        self.file = Path("/proc/self/fd")

    def handle(self, got: Request) -> Response | None:
        if got.path in {"/thread", "/held"}:
            return None
        if got.path != "/unread":
            assert got.body.read() == b"x" * int(got.headers.get("Content-Length", "0"))
        return self.respond(got)

    def respond(self, got: Request) -> Response:
        data = content_of(int(got.query), got.path)
        if got.path != "/file":
            return Response(200, {}, data)
        number = os.memfd_create("file")
        os.write(number, data)
        return Response(200, {}, FileSlice(os.fdopen(number, "rb"), 0, len(data)))

    # --- clients

    @rule()
    def connect(self) -> None:
        if len(self.world.loop.registry.connections) < 6:
            client = Client(*self.world.connect())
            self.clients.append(client)
            self.everyone.append(client)

    @precondition(lambda self: self.clients)
    @rule(data=st.data(), path=st.sampled_from(PATHS), size=st.sampled_from([0, 1, 1900, 4000]))
    def ask(self, data: st.DataObject, path: str, size: int) -> None:
        client = data.draw(st.sampled_from(self.clients))
        client.asked += 1
        number = len(self.everyone) * 1000 + client.asked
        client.to_send += request(f"{path}?{number}", f"Content-Length: {size}", method="POST") + b"x" * size
        client.expected.append(content_of(number, path))

    @precondition(lambda self: self.clients)
    @rule(data=st.data(), size=st.sampled_from([1, 50, 500, 10_000]))
    def send(self, data: st.DataObject, size: int) -> None:
        client = data.draw(st.sampled_from(self.clients))
        piece, client.to_send = client.to_send[:size], client.to_send[size:]
        with contextlib.suppress(BlockingIOError):
            client.peer.send(piece)

    @precondition(lambda self: self.clients)
    @rule(data=st.data(), size=st.sampled_from([100, 100_000, 1 << 22]))
    def read(self, data: st.DataObject, size: int) -> None:
        data.draw(st.sampled_from(self.clients)).peer.read(size)

    @precondition(lambda self: self.clients)
    @rule(data=st.data())
    def half_close(self, data: st.DataObject) -> None:
        client = data.draw(st.sampled_from(self.clients))
        with contextlib.suppress(OSError):
            client.peer.sock.shutdown(socket.SHUT_WR)
        self.clients.remove(client)

    @precondition(lambda self: self.clients)
    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        client = data.draw(st.sampled_from(self.clients))
        client.peer.close()
        self.clients.remove(client)

    # --- the server

    @rule(times=st.integers(1, 5))
    def turn(self, times: int) -> None:
        for _ in range(times):
            if self.world.loop.registry.connections:
                self.world.turn()

    @rule(seconds=st.sampled_from([0.5, 1.9, 5, 14.9, 31]))
    def time_passes(self, seconds: float) -> None:
        """A stall of the whole machine: nothing is looked at meanwhile."""
        self.world.clock.now += seconds

    @precondition(lambda self: self.world.service.turns)
    @rule(data=st.data())
    def handler_ends(self, data: st.DataObject) -> None:
        conn = data.draw(st.sampled_from(self.world.service.turns))
        got = self.world.service.requests[conn.serial]
        self.world.finish(conn, self.respond(got), seconds=None if got.path == "/thread" else 0.0)

    @rule()
    def pressure(self) -> None:
        self.world.loop._make_room()

    # --- what always holds

    @invariant()
    def every_connection_has_one_owner(self) -> None:
        registry, turns = self.world.loop.registry, self.world.service.turns
        for fd, conn in registry.connections.items():
            assert conn.fileno() == fd
            assert conn.armed == (fd in self.world.poller.armed)
            assert conn.armed != (conn in turns)
            assert conn.phase is not Phase.CLOSED
        assert self.world.poller.armed.keys() <= registry.connections.keys()
        assert {conn.serial for conn in registry.connections.values()} == registry.by_serial.keys()

    @invariant()
    def no_fault_was_told(self) -> None:
        assert not [line for line in self.world.service.reports if "fault" in line or "failed" in line]

    @invariant()
    def answers_are_right_and_in_order(self) -> None:
        for client in self.everyone:
            rest = client.peer.received
            for expected in client.expected:
                if not rest.startswith(b"HTTP/1.1 200 "):
                    break
                head, _, rest = rest.partition(b"\r\n\r\n")
                assert f"Content-Length: {len(expected)}".encode() in head or not rest
                assert rest[: len(expected)] == expected[: len(rest)]
                rest = rest[len(expected) :]
            assert not rest or b"HTTP/1.1 408 ".startswith(rest[:13]) or len(rest) < 13 or rest[:9] == b"HTTP/1.1 "

    def teardown(self) -> None:
        for conn in list(self.world.service.turns):
            got = self.world.service.requests[conn.serial]
            self.world.finish(conn, self.respond(got))
        self.stack.close()
        self.answers_are_right_and_in_order()
        started = {exchange for exchange, _ in self.world.service.ended}
        assert all(exchange.ended for exchange in started)
        assert descriptors() <= self.before


TestClients = Clients.TestCase
TestClients.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


# --- faults at the seam between the loop and the system


class Seam:
    """`os.read`, `os.write`, `os.writev` and `os.sendfile` as they are, but for the faults that are drawn."""

    def __init__(self, faults: Sequence[str], patch: pytest.MonkeyPatch) -> None:
        self._faults = list(faults)
        self.resets = 0
        self._read, self._write, self._writev, self._sendfile = os.read, os.write, os.writev, os.sendfile
        for name in ("read", "write", "writev", "sendfile"):
            patch.setattr(os, name, getattr(self, name))

    def _fault(self) -> str:
        fault = self._faults.pop(0) if self._faults else "none"
        if fault == "again":
            raise BlockingIOError
        if fault == "reset":
            self.resets += 1
            raise ConnectionResetError
        return fault

    def read(self, fd: int, count: int) -> bytes:
        return self._read(fd, 1 if self._fault() == "short" else count)

    def write(self, fd: int, data: bytes) -> int:
        return self._write(fd, data[:1] if self._fault() == "short" else data)

    def writev(self, fd: int, buffers: Sequence[bytes]) -> int:
        return self._writev(fd, [buffers[0][:1]] if self._fault() == "short" else buffers)

    def sendfile(self, fd: int, source: int, offset: int, count: int) -> int:
        return self._sendfile(fd, source, offset, 1 if self._fault() == "short" else count)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("seam") / "file"
    path.write_bytes(os.urandom(300_000))
    return path


@given(faults=st.lists(st.sampled_from(["none", "none", "short", "again", "reset"]), max_size=60))
@settings(max_examples=150, deadline=None)
def test_faults_at_the_seam_lose_no_byte_and_leave_nothing(folder: Path, faults: list[str]) -> None:
    """Short reads and writes, EAGAIN and ECONNRESET at any call: a right prefix, complete without a reset."""
    data = folder.read_bytes()
    before = descriptors()

    def handle(got: Request) -> Response:
        match got.path:
            case "/file":
                return Response(200, {}, FileSlice(folder.open("rb"), 0, len(data)))
            case "/echo":
                return Response(200, {}, got.body.read())
            case _:
                return Response(200, {}, b"small")

    asked = (("/small", b""), ("/echo", b"content" * 30), ("/file", b""), ("/ignored", b"x" * 50), ("/small", b""))
    expected = [{"/file": data, "/echo": content}.get(path, b"small") for path, content in asked]
    with world(handle) as made:
        peer, conn = made.connect()
        with pytest.MonkeyPatch.context() as patch:
            seam = Seam(faults, patch)
            peer.send(b"".join(request(path, method="POST", content=content) for path, content in asked))
            while made.poller.ready():
                made.turn()
                peer.read()
                if not peer.ended and conn.phase is Phase.CLOSED:
                    peer.read()
        assert conn.phase is (Phase.CLOSED if seam.resets else Phase.IDLE)
        assert [status for _, status in made.service.ended].count(200) <= len(asked)
    rest, complete = peer.received, 0
    for content in expected:
        _, _, rest = rest.partition(b"\r\n\r\n")
        assert rest[: len(content)] == content[: len(rest)]
        complete += len(rest) >= len(content) > 0
        rest = rest[len(content) :]
    assert rest == b""
    assert complete == len(expected) or seam.resets
    assert descriptors() <= before
