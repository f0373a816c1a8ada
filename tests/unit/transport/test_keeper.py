"""Phases of a connection and who owns it, step by step, on a fake clock and a fake poller."""

import itertools
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import pytest

from pyhttp.limits import Limits, Timeouts
from pyhttp.messages import FileSlice, Response
from pyhttp.request import Request
from pyhttp.transport.connection import Connection, Phase
from pyhttp.transport.poller import READ, WRITE
from tests.helpers.fakes import TIMEOUTS, Peer, World, world
from tests.helpers.sockets import descriptors, request

CHUNKED = "Transfer-Encoding: chunked"
LARGE: Final = bytes(4 << 20)


def later(_: Request) -> None:
    """Another thread answers."""


def now(conn: Connection) -> Phase:
    """Its phase at this moment."""
    return conn.phase


def statuses(received: bytes) -> list[int]:
    return [int(part[:3]) for part in received.split(b"HTTP/1.1 ")[1:]]


# --- phases


def test_a_connection_from_its_first_byte_to_its_next_request() -> None:
    with world() as made:
        peer, conn = made.connect()
        assert (now(conn), made.poller.armed[conn.fileno()]) == (Phase.IDLE, READ)
        peer.send(b"GET / HTTP")
        made.turn()
        assert now(conn) is Phase.HEAD
        peer.send(b"/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\na")
        made.turn()
        assert now(conn) is Phase.CONTENT
        peer.send(b"bc")
        made.turn()
        assert statuses(peer.read()) == [200]
        assert (now(conn), made.poller.armed[conn.fileno()]) == (Phase.IDLE, READ)


def test_the_rest_of_an_answer_awaits_the_socket() -> None:
    with world(lambda _: Response(200, {}, LARGE)) as made:
        peer, conn = made.connect()
        peer.send(request())
        made.turn()
        assert (now(conn), made.poller.armed[conn.fileno()]) == (Phase.SEND, WRITE)
        while now(conn) is Phase.SEND:
            peer.read()
            made.turn()
        peer.read()
        assert peer.received.endswith(LARGE)
        assert now(conn) is Phase.IDLE
        assert [status for _, status in made.service.ended] == [200]


def test_L4_one_turn_sends_a_bounded_amount(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(LARGE)
    file = path.open("rb")
    with world(lambda _: Response(200, {}, FileSlice(file, 0, len(LARGE))), limits=Limits(turn=10_000)) as made:
        peer, conn = made.connect()
        peer.send(request())
        made.turn()
        while now(conn) is Phase.SEND:
            before = conn.outbox.sent
            made.turn()
            assert conn.outbox.sent - before <= 10_000
            peer.read()
        assert len(peer.received) > len(LARGE)
    assert file.closed


def test_bytes_read_ahead_raise_an_event_of_their_own() -> None:
    with world() as made:
        peer, conn = made.connect()
        peer.send(request("/1") + request("/2") + b"GET /3")
        made.turn()
        assert made.poller.armed[conn.fileno()] == READ | WRITE
        made.turn()
        made.turn()
        assert (now(conn), made.poller.armed[conn.fileno()]) == (Phase.HEAD, READ)
        assert statuses(peer.read()) == [200, 200]


def test_F12_what_is_read_ahead_is_bounded_however_much_is_pipelined() -> None:
    limits = Limits(read_ahead=1000)
    with world(limits=limits) as made:
        peer, conn = made.connect()
        one = request("/x")
        peer.send(one * 1000)
        while made.poller.ready():
            made.turn()
            assert conn.core.buffered <= 1000 + len(one)
            peer.read()
        assert statuses(peer.received) == [200] * 999 + [200]


def test_L1_content_read_ahead_is_bounded() -> None:
    with world(later) as made:
        peer, conn = made.connect()
        peer.send(request("/", "Content-Length: 1000000", method="POST"))
        while now(conn) is not Phase.TURN:
            peer.send(bytes(8192))
            made.work()
        assert conn.exchange is not None
        assert sum(map(len, conn.exchange._early)) <= 2 * Limits().read_ahead
        made.finish(conn, Response(200))


def test_D15_unread_content_is_drained_by_the_loop() -> None:
    def ignore(_: Request) -> Response:
        return Response(200)

    with world(ignore, limits=Limits(read_ahead=1000)) as made:
        peer, conn = made.connect()
        peer.send(request("/", CHUNKED, method="POST") + b"2000\r\n" + bytes(2000))
        made.turn(3)
        assert now(conn) is Phase.DRAIN
        deadline = conn.deadline
        peer.send(bytes(0x2000 - 2000) + b"\r\n0\r\n\r\n" + request("/2"))
        made.turn()
        assert now(conn) is Phase.DRAIN
        assert conn.deadline == deadline  # not renewed
        made.work()
        assert statuses(peer.read()) == [200, 200]
        assert now(conn) is Phase.IDLE


def test_D15_a_drain_has_a_size_and_a_deadline() -> None:
    def ignore(_: Request) -> Response:
        return Response(200)

    limits = Limits(read_ahead=1000, drain=5000)
    with world(ignore, limits=limits) as made:
        for more in (bytes(6000), b""):
            peer, conn = made.connect()
            peer.send(request("/", CHUNKED, method="POST") + b"20000\r\n" + bytes(2000))
            made.turn(3)
            assert now(conn) is Phase.DRAIN
            peer.send(more)
            made.work()
            assert now(conn) is (Phase.LINGER if more else Phase.DRAIN)
            made.pass_time(4)
            assert statuses(peer.read()) == [200]
            assert peer.ended
            assert now(conn) is Phase.CLOSED


def test_L12_after_an_error_the_answer_can_be_read_and_input_is_read_away() -> None:
    with world() as made:
        peer, conn = made.connect()
        peer.send(b"nonsense\r\n\r\n" + bytes(1000))
        made.turn()
        assert now(conn) is Phase.LINGER
        peer.send(bytes(1000))
        made.turn()
        assert statuses(peer.read()) == [400]
        assert peer.ended
        peer.close()
        made.turn()
        assert now(conn) is Phase.CLOSED
        assert made.service.reports == ["192.0.2.1: 400 " + made.service.reports[0].partition(" 400 ")[2]]


def test_D16_a_lingering_close_has_a_size_and_a_deadline() -> None:
    for more in (bytes(100_000), b""):
        with world() as made:
            peer, conn = made.connect()
            peer.send(b"nonsense\r\n\r\n")
            made.turn()
            peer.send(more)
            made.work()
            assert now(conn) is (Phase.CLOSED if more else Phase.LINGER)
            made.pass_time(2.01)
            assert now(conn) is Phase.CLOSED


def test_an_event_is_a_hint_only() -> None:
    """Nothing is there to read: the connection waits again, its deadlines as they were."""
    with world(lambda _: Response(200), limits=Limits(read_ahead=1000)) as made:
        for sent, phase in (
            (b"", Phase.IDLE),
            (b"GET", Phase.HEAD),
            (request("/", "Content-Length: 5"), Phase.CONTENT),
            (b"nonsense\r\n\r\n", Phase.LINGER),
            (request("/", CHUNKED) + b"2000\r\n" + bytes(2000), Phase.DRAIN),
        ):
            peer, conn = made.connect()
            peer.send(sent)
            made.work()
            assert now(conn) is phase
            deadline = conn.deadline
            made.clock.now += 0.5
            made.loop._collect([(conn.fileno(), READ)])
            del made.poller.armed[conn.fileno()]
            made.loop.keeper.advance(made.loop._delivered.popleft())
            assert now(conn) is phase
            assert conn.deadline == deadline
            assert made.poller.armed[conn.fileno()] == READ
            peer.close()


@pytest.mark.parametrize("phase", [Phase.QUEUED, Phase.TURN, Phase.CLOSED])
def test_an_event_of_a_connection_that_is_somebody_elses_changes_nothing(phase: Phase) -> None:
    with world(later) as made:
        peer, conn = made.connect()
        peer.send(request())
        made.turn()
        before, conn.phase = conn.phase, phase
        made.loop.keeper.advance(conn)
        assert now(conn) is phase
        conn.phase = before
        made.finish(conn, Response(200))


# --- deadlines


@pytest.mark.parametrize(
    ("sent", "seconds", "answered"),
    [
        (b"", 15, []),
        (b"\r\n", 15, []),
        (b"GET / HT", 20, [408]),
        (b"\r\nGET / HT", 20, [408]),
        (request("/", "Content-Length: 5", method="POST") + b"ab", 20, [408]),
        (request("/", CHUNKED, method="POST") + b"5\r\nab", 20, [408]),
        (request("/"), 15, [200]),
    ],
)
def test_D7_D8_D9_a_silent_client_is_ended_at_its_deadline(sent: bytes, seconds: float, answered: list[int]) -> None:
    with world() as made:
        peer, conn = made.connect()
        peer.send(sent)
        made.work()
        made.pass_time(seconds - 0.01)
        assert not peer.ended
        made.pass_time(0.02)
        made.work()
        peer.read()
        assert peer.ended
        assert statuses(peer.received) == answered
        made.pass_time(TIMEOUTS.linger + 0.01)
        assert now(conn) is Phase.CLOSED
        assert [status for _, status in made.service.ended] == answered


def drip(made: World, peer: Peer, seconds: float) -> float:
    """Send a byte each second; the time when that ended the connection."""
    began = made.clock.now
    while not peer.ended and made.clock.now < began + seconds:
        peer.send(b"a")
        made.work()
        made.pass_time(1)
        peer.read()
    return made.clock.now - began


def test_D7_a_head_that_drips_is_ended_20_seconds_after_its_first_byte() -> None:
    with world() as made:
        peer, _ = made.connect()
        peer.send(b"GET / HTTP/1.1\r\nX: ")
        made.work()
        assert 20 <= drip(made, peer, 100) <= 21
        assert statuses(peer.received) == [408]


def test_D7_a_head_that_comes_byte_by_byte_with_each_turn_is_ended_too() -> None:
    """It is never found waiting: each look at the deadlines comes when its event has been delivered."""
    with world() as made:
        peer, conn = made.connect()
        peer.send(b"GET / HTTP/1.1\r\nX: ")
        made.turn()
        for _ in range(100):
            peer.send(b"a")
            made.clock.now += 1
            made.turn()
            peer.read()
        assert statuses(peer.received) == [408]
        assert now(conn) is not Phase.HEAD


def test_D9_content_that_drips_is_ended_by_its_rate() -> None:
    with world() as made:
        peer, _ = made.connect()
        peer.send(request("/", "Content-Length: 10000", method="POST"))
        made.work()
        assert 20 <= drip(made, peer, 100) <= 25
        assert statuses(peer.received) == [408]


def test_D9_content_at_the_rate_goes_on() -> None:
    with world() as made:
        peer, _ = made.connect()
        peer.send(request("/", "Content-Length: 50000", method="POST"))
        for _ in range(100):
            peer.send(bytes(500))
            made.work()
            made.pass_time(0.9)
        made.work()
        assert statuses(peer.read()) == [200]


def test_D10_a_client_that_does_not_read_is_ended_and_one_that_reads_slowly_is_not() -> None:
    with world(lambda _: Response(200, {}, LARGE)) as made:
        silent, silent_conn = made.connect()
        slow, slow_conn = made.connect()
        for peer in (silent, slow):
            peer.send(request())
        made.work()
        for _ in range(40):
            slow.read(60_000)
            made.work()
            made.pass_time(1)
        assert now(silent_conn) is Phase.CLOSED
        assert now(slow_conn) is Phase.SEND
        assert any("does not read" in line for line in made.service.reports)
        while now(slow_conn) is Phase.SEND:
            slow.read()
            made.work()
        slow.read()
        assert slow.received.endswith(LARGE)


def test_D10_a_client_that_reads_a_little_now_and_then_is_ended_by_its_rate() -> None:
    with world(lambda _: Response(200, {}, LARGE)) as made:
        peer, conn = made.connect()
        peer.send(request())
        made.work()
        for _ in range(200):
            peer.read(10)
            made.work()
            made.pass_time(1)
        assert now(conn) is Phase.CLOSED


def test_a_408_that_cannot_be_sent_is_no_fault() -> None:
    with world() as made:
        peer, conn = made.connect()
        peer.send(b"GET")
        made.turn()
        fd = conn.fileno()
        mask = made.poller.armed.pop(fd)  # its event is on its way, but has not been delivered
        peer.close()
        made.clock.now += 21
        made.loop._expire(made.clock.now)
        made.poller.armed[fd] = mask
        made.work()
        assert now(conn) is Phase.CLOSED


# --- faults


@pytest.mark.parametrize("stage", ["read", "send"])
def test_L6_a_client_that_resets_is_forgotten(stage: str) -> None:
    before = descriptors()
    with world(lambda _: Response(200, {}, LARGE)) as made:
        peer, conn = made.connect()
        peer.send(request() if stage == "send" else b"GET / HT")
        made.turn()
        peer.close()
        made.work()
        assert now(conn) is Phase.CLOSED
        assert not made.loop.registry.connections
    assert descriptors() <= before


def test_a_client_that_left_before_its_half_close(monkeypatch: pytest.MonkeyPatch) -> None:
    """Handlers end on threads of their own: an error there has nobody to catch it, and leaves the connection behind."""

    def not_connected(_: Connection, how: int) -> None:
        raise OSError(107, "Transport endpoint is not connected")

    for seconds in (None, 0.0, 5.0):
        with world(later) as made:
            peer, conn = made.connect()
            peer.send(request("/", "Content-Length: 100000", method="POST") + bytes(70_000))
            made.work()
            peer.close()
            with monkeypatch.context() as patched:
                patched.setattr(Connection, "shutdown", not_connected)
                end_turn(made, conn, seconds)
            assert now(conn) is Phase.CLOSED


def end_turn(made: World, conn: Connection, seconds: float | None) -> None:
    """End a turn whose handler found the client gone."""
    made.service.turns.remove(conn)
    assert conn.exchange is not None
    if seconds is None:
        made.loop.keeper.settle(conn)
    else:
        assert not made.loop.keeper.await_next(conn, seconds)


def test_a_fault_of_ours_costs_one_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    with world() as made:
        peer, conn = made.connect()
        other, _ = made.connect()
        with monkeypatch.context() as patched:
            patched.setattr(Connection, "fill", lambda _: 1 // 0)
            peer.send(request())
            made.turn()
        assert now(conn) is Phase.CLOSED
        assert made.service.reports == ["a connection is lost to a fault of the server"]
        other.send(request())
        made.work()
        assert statuses(other.read()) == [200]


def test_L5_a_descriptor_that_cannot_be_watched_is_closed() -> None:
    with world() as made:
        made.poller.refuse = OSError(28, "No space left on device")
        with pytest.raises(KeyError):
            made.connect()
        made.poller.refuse = None
        peer, _ = made.connect()
        peer.send(request())
        made.work()
        assert statuses(peer.read()) == [200]
        assert made.peers[0].read() == b""
        assert made.peers[0].ended


def test_a_process_request_that_fails_is_answered_503() -> None:
    def fail(_: Request) -> Response:
        raise ZeroDivisionError

    with world(fail) as made:
        peer, _ = made.connect()
        peer.send(request())
        made.work()
        assert statuses(peer.read()) == [503]
        assert made.service.reports[0] == "process_request failed"


# --- a thread that holds its connection


def held(made: World, sent: bytes) -> tuple[Peer, Connection]:
    peer, conn = made.connect()
    peer.send(sent)
    made.work()
    assert made.service.turns == [conn]
    conn.held = True
    return peer, conn


def test_a_thread_goes_on_with_a_request_that_is_there() -> None:
    with world(later) as made:
        peer, conn = held(made, request("/1") + request("/2"))
        made.finish(conn, Response(200), seconds=0.05)
        assert made.service.turns == [conn]
        peer.send(request("/3"))
        made.finish(conn, Response(201), seconds=5.0)
        assert made.service.turns == [conn]
        made.finish(conn, Response(202), seconds=0.001)
        assert made.service.turns == []
        assert (now(conn), conn.armed) == (Phase.IDLE, True)
        assert statuses(peer.read()) == [200, 201, 202]


def test_a_thread_gives_back_what_is_incomplete() -> None:
    with world(later) as made:
        for sent, phase in ((b"GET", Phase.HEAD), (request("/", "Content-Length: 5", method="POST"), Phase.CONTENT)):
            peer, conn = held(made, request("/1") + sent)
            made.finish(conn, Response(200), seconds=0.001)
            assert (now(conn), conn.armed) == (phase, True)
            peer.close()
            made.work()


def test_a_thread_that_gives_back_at_once_leaves_a_request_in_the_buffer_to_the_loop() -> None:
    with world(later) as made:
        peer, conn = held(made, request("/1") + request("/2"))
        made.finish(conn, Response(200), seconds=0.0)
        assert made.poller.armed[conn.fileno()] == READ | WRITE
        made.turn()
        assert made.service.turns == [conn]
        made.finish(conn, Response(200))
        assert statuses(peer.read()) == [200, 200]


def test_a_thread_refuses_what_is_malformed() -> None:
    with world(later) as made:
        peer, conn = held(made, request("/1") + b"nonsense\r\n\r\n")
        made.finish(conn, Response(200), seconds=5.0)
        assert statuses(peer.read()) == [200, 400]
        assert now(conn) is Phase.LINGER


def test_a_thread_closes_what_has_ended() -> None:
    with world(later) as made:
        peer, conn = held(made, request("/1"))
        peer.sock.shutdown(1)
        made.finish(conn, Response(200), seconds=5.0)
        assert now(conn) is Phase.CLOSED
        assert statuses(peer.read()) == [200]


def test_a_thread_leaves_an_unsent_rest_to_the_loop() -> None:
    with world(later) as made:
        peer, conn = held(made, request("/1"))
        made.finish(conn, Response(200, {}, LARGE), seconds=5.0)
        assert now(conn) is Phase.SEND
        while now(conn) is Phase.SEND:
            peer.read()
            made.turn()
        peer.read()
        assert peer.received.endswith(LARGE)


def test_a_thread_that_is_woken_for_nothing_gives_back(monkeypatch: pytest.MonkeyPatch) -> None:
    with world(later) as made:
        _, conn = held(made, request("/1"))
        monkeypatch.setattr("pyhttp.transport.keeper.wait_until_ready", lambda *_: True)
        made.finish(conn, Response(200), seconds=5.0)
        assert (now(conn), conn.armed) == (Phase.IDLE, True)


def test_a_thread_whose_client_failed_closes(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Connection) -> int:
        raise ConnectionResetError

    with world(later) as made:
        peer, conn = held(made, request("/1"))
        peer.send(b"G")
        with monkeypatch.context() as patched:
            patched.setattr(Connection, "fill", fail)
            made.finish(conn, Response(200), seconds=5.0)
        assert now(conn) is Phase.CLOSED


# --- races: what the leader does while another thread gives a connection back


Step = Callable[[World, Connection], None]


def nothing(made: World, conn: Connection) -> None:
    """The leader sleeps."""


def expire(made: World, conn: Connection) -> None:
    made.loop._expire(made.clock.now + 1_000_000)


def deliver(made: World, conn: Connection) -> None:
    made.loop._collect(made.poller.wait(0))
    while made.loop._delivered:
        made.loop.keeper.advance(made.loop._delivered.popleft())


def expire_deliver(made: World, conn: Connection) -> None:
    """The connection is expired, its end delivered, and its number given to a newcomer."""
    expire(made, conn)
    deliver(made, conn)
    made.connect()


def deliver_expire(made: World, conn: Connection) -> None:
    """A batch is taken, and the deadline looked at, before the batch is served."""
    made.loop._collect(made.poller.wait(0))
    expire(made, conn)
    while made.loop._delivered:
        made.loop.keeper.advance(made.loop._delivered.popleft())


def shed(made: World, conn: Connection) -> None:
    made.loop._make_room()


def stop(made: World, conn: Connection) -> None:
    made.loop.stop()
    made.loop._finished()


def stop_deliver(made: World, conn: Connection) -> None:
    stop(made, conn)
    deliver(made, conn)


def cut(made: World, conn: Connection) -> None:
    made.loop.registry.cut()


def cut_deliver(made: World, conn: Connection) -> None:
    cut(made, conn)
    deliver(made, conn)
    made.connect()


STEPS: Final[tuple[Step, ...]] = (
    nothing,
    expire,
    deliver,
    expire_deliver,
    deliver_expire,
    shed,
    stop,
    stop_deliver,
    cut,
    cut_deliver,
)
BUSY = Timeouts(head=20, idle=15, content=20, send=30, stop=10, drain=2, linger=2)
GIVEN_BACK: Final[dict[str, tuple[bytes, Response, float | None]]] = {
    "idle": (request("/1"), Response(200, {}, b"answer"), None),
    "idle, by a thread that holds it": (request("/1"), Response(200, {}, b"answer"), 0.0),
    "idle, with a request in the buffer": (request("/1") + request("/2"), Response(200, {}, b"answer"), None),
    "part of a head": (request("/1") + b"GET /2 HT", Response(200, {}, b"answer"), 0.001),
    "part of content": (request("/1") + request("/2", "Content-Length: 9"), Response(200, {}, b"answer"), 0.001),
    "unsent": (request("/1"), Response(200, {}, LARGE), None),
    "unread content": (request("/1", CHUNKED) + b"2000\r\n" + bytes(2000), Response(200, {}, b"answer"), None),
    "to be closed": (request("/1", "Content-Length: 200000") + bytes(2000), Response(200, {}, b"answer"), None),
}


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("given_back", GIVEN_BACK)
def test_while_a_thread_gives_a_connection_back(given_back: str, step: Step, after: bool) -> None:
    """One owner at any time: nothing is armed twice, closed twice, left open, or done to a stranger's connection."""
    sent, response, seconds = GIVEN_BACK[given_back]
    before = descriptors()
    with world(later, limits=Limits(read_ahead=1000), timeouts=BUSY) as made:
        peer, conn = made.connect()
        peer.send(sent)
        made.work()
        assert made.service.turns == [conn]
        fd, done = conn.fileno(), itertools.count()

        def script(armed: int, took_effect: bool) -> None:
            if armed == fd and took_effect is after and next(done) == 0:
                made.poller.script = None
                step(made, conn)

        made.poller.script = script
        made.finish(conn, response, seconds=seconds)
        assert next(done) >= 1
        strangers = made.peers[1:]
        for stranger in strangers:
            stranger.send(request("/stranger"))
        for _ in range(200):
            made.work()
            for each in made.peers:
                each.read()
            for turn in list(made.service.turns):
                made.finish(turn, Response(200, {}, b"again"))
        if not made.loop.stopping:
            assert all(stranger.received.endswith(b"again") for stranger in strangers)
            assert not any(stranger.ended for stranger in strangers)
        if step in {nothing, deliver} and given_back != "to be closed":
            assert peer.received.startswith(b"HTTP/1.1 200 ")
            assert peer.received.endswith(b"again") or b"answer" in peer.received or given_back == "unsent"
    assert now(conn) is Phase.CLOSED
    assert all(each.ended for each in made.peers)
    assert descriptors() <= before
    assert len(made.service.ended) == len({id(exchange) for exchange, _ in made.service.ended})


# --- work


def test_the_work_of_a_request_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A keep-alive request costs one delivery, one read, one write and one arming."""
    counted = dict.fromkeys(("read", "writev"), 0)
    read, writev = os.read, os.writev

    def counting_read(fd: int, count: int) -> bytes:
        counted["read"] += 1
        return read(fd, count)

    def counting_writev(fd: int, buffers: Sequence[bytes]) -> int:
        counted["writev"] += 1
        return writev(fd, buffers)

    monkeypatch.setattr(os, "read", counting_read)
    monkeypatch.setattr(os, "writev", counting_writev)
    with world() as made:
        peer, _ = made.connect()
        peer.send(request())
        made.work()
        peer.read()
        made.poller.calls.clear()
        counted.update(read=0, writev=0)
        for _ in range(100):
            peer.send(request())
            made.turn()
            assert statuses(peer.read()) == [200]
        assert made.poller.calls == {"wait": 100, "arm": 100}
        assert counted == {"read": 100, "writev": 100}


def test_a_connection_that_cannot_be_shut_down_is_not_connected_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    def not_connected(_: Connection, how: int) -> None:
        raise OSError(107, "Transport endpoint is not connected")

    with world() as made:
        peer, conn = made.connect()
        with monkeypatch.context() as patched:
            patched.setattr(Connection, "shutdown", not_connected)
            made.loop.registry.expel(conn)
        peer.close()
        made.work()
        assert now(conn) is Phase.CLOSED


def test_a_descriptor_is_released_once() -> None:
    with world() as made:
        peer, conn = made.connect()
        peer.close()
        made.work()
        conn.release_descriptor()
        assert conn.fileno() == -1
