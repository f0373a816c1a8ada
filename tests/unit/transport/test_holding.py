"""A thread that keeps its connection for a moment after a turn."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from pyhttp.errors import Disconnected
from pyhttp.limits import Limits
from pyhttp.messages import Response
from pyhttp.transport.client import Connection
from pyhttp.transport.fate import Fate
from pyhttp.transport.holding import hold
from pyhttp.transport.phases import Phase
from pyhttp.transport.poller import READ, WRITE
from tests.helpers.fakes import Peer, World, later, now, statuses, world
from tests.helpers.outside import Items, Pending
from tests.helpers.sockets import request

LARGE = bytes(4 << 20)
LONG = 5.0
"""Seconds that no test waits: what is awaited is there."""


def held(made: World, sent: bytes) -> tuple[Peer, Connection]:
    """A connection in a turn that was left to the test."""
    peer, conn = made.connect()
    peer.send(sent)
    made.work()
    assert made.employer.turns == [conn]
    return peer, conn


# --- the next request


def test_a_thread_goes_on_with_a_request_that_is_there() -> None:
    with world(later) as made:
        peer, conn = held(made, request("/1") + request("/2"))
        made.finish(conn, Response(200), seconds=0.05)
        assert made.employer.turns == [conn]
        assert now(conn) is Phase.TURN
        peer.send(request("/3"))
        made.finish(conn, Response(201), seconds=LONG)
        assert made.employer.turns == [conn]
        made.finish(conn, Response(202), seconds=0.001)
        assert made.employer.turns == []
        assert (now(conn), conn.armed) == (Phase.IDLE, True)
        assert statuses(peer.read()) == [200, 201, 202]


def test_D8_a_thread_holds_its_connection_for_a_moment_only() -> None:
    with world(later) as made:
        _, conn = held(made, request("/1"))
        made.employer.answer(conn, Response(200))
        began = time.monotonic()
        assert not hold(made.keeper, conn, 0.02)
        assert 0.02 <= time.monotonic() - began < 2


def test_D7_a_byte_now_and_then_does_not_keep_the_thread() -> None:
    with world(later) as made:
        peer, conn = held(made, request("/1"))
        made.employer.answer(conn, Response(200))
        over = threading.Event()

        def drip() -> None:
            peer.send(b"GET /")
            while not over.wait(0.004):
                peer.send(b"x")

        thread = threading.Thread(target=drip)
        thread.start()
        began = time.monotonic()
        try:
            assert not hold(made.keeper, conn, 0.05)
        finally:
            over.set()
            thread.join()
        assert time.monotonic() - began < 2
        assert (now(conn), conn.armed) == (Phase.HEAD, True)


@pytest.mark.parametrize(
    ("sent", "phase"),
    [(b"", Phase.IDLE), (b"GET", Phase.HEAD), (request("/", "Content-Length: 5", method="POST"), Phase.CONTENT)],
)
def test_a_thread_gives_back_what_is_incomplete(sent: bytes, phase: Phase) -> None:
    with world(later) as made:
        peer, conn = held(made, request("/1") + sent)
        made.finish(conn, Response(200), seconds=0.001)
        assert (now(conn), conn.armed) == (phase, True)
        assert made.poller.armed[conn.fileno()] == READ
        peer.close()
        made.work()
        assert now(conn) is Phase.CLOSED


def test_a_thread_that_gives_back_at_once_leaves_a_request_in_the_buffer_to_the_loop() -> None:
    with world(later) as made:
        peer, conn = held(made, request("/1") + request("/2"))
        made.finish(conn, Response(200), seconds=0.0)
        assert made.poller.armed[conn.fileno()] == READ | WRITE
        made.round()
        assert made.employer.turns == [conn]
        made.finish(conn, Response(200))
        assert statuses(peer.read()) == [200, 200]


def test_a_thread_refuses_what_is_malformed() -> None:
    with world(later) as made:
        peer, conn = held(made, request("/1") + b"nonsense\r\n\r\n")
        made.finish(conn, Response(200), seconds=LONG)
        assert statuses(peer.read()) == [200, 400]
        assert now(conn) is Phase.LINGER


def test_a_thread_closes_what_has_ended() -> None:
    with world(later) as made:
        peer, conn = held(made, request("/1"))
        peer.sock.shutdown(socket.SHUT_WR)
        made.finish(conn, Response(200), seconds=LONG)
        assert now(conn) is Phase.CLOSED
        assert statuses(peer.read()) == [200]


@pytest.mark.parametrize("fate", [Fate.LAST, Fate.CUT])
def test_a_thread_holds_nothing_that_ends(fate: Fate) -> None:
    with world(later) as made:
        peer, conn = held(made, request("/1") + request("/2"))
        conn.lower(fate)
        made.finish(conn, Response(200), seconds=LONG)
        assert now(conn) is {Fate.LAST: Phase.LINGER, Fate.CUT: Phase.CLOSED}[fate]
        assert made.employer.turns == []
        assert statuses(peer.read()) == [200]


def test_a_thread_leaves_unread_content_to_the_loop() -> None:
    with world(later, limits=Limits(read_ahead=1000)) as made:
        sent = request("/1", "Content-Length: 9000", method="POST") + bytes(2000)
        peer, conn = held(made, sent)
        made.finish(conn, Response(200), seconds=LONG)
        assert (now(conn), conn.armed) == (Phase.DRAIN, True)
        assert statuses(peer.read()) == [200]


def test_a_thread_leaves_an_unsent_rest_to_the_loop() -> None:
    with world(later) as made:
        peer, conn = held(made, request("/1"))
        made.finish(conn, Response(200, {}, LARGE), seconds=LONG)
        assert now(conn) is Phase.SEND
        while now(conn) is Phase.SEND:
            peer.read()
            made.round()
        peer.read()
        assert peer.received.endswith(LARGE)


def test_a_thread_that_is_woken_for_nothing_gives_back(monkeypatch: pytest.MonkeyPatch) -> None:
    with world(later) as made:
        _, conn = held(made, request("/1"))
        monkeypatch.setattr("pyhttp.transport.holding.wait_until_ready", lambda *_: True)
        made.finish(conn, Response(200), seconds=LONG)
        assert (now(conn), conn.armed) == (Phase.IDLE, True)


def test_a_thread_whose_client_failed_closes(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Connection) -> int:
        raise ConnectionResetError

    with world(later) as made:
        peer, conn = held(made, request("/1"))
        peer.send(b"G")
        with monkeypatch.context() as patched:
            patched.setattr(Connection, "fill", fail)
            made.finish(conn, Response(200), seconds=LONG)
        assert now(conn) is Phase.CLOSED


def test_a_fault_of_ours_costs_a_thread_one_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    with world(later) as made:
        _, conn = held(made, request("/1"))
        with monkeypatch.context() as patched:
            patched.setattr(made.keeper, "parse", lambda _: 1 // 0)
            made.finish(conn, Response(200), seconds=LONG)
        assert now(conn) is Phase.CLOSED
        assert made.employer.reports == ["a connection is lost to a fault of the server"]


# --- what is pending, and what is read on


def pend(made: World, pending: Pending) -> tuple[Peer, Connection]:
    """A connection whose turn has ended with something to wait for. Its thread is still there."""
    peer, conn = held(made, request())
    made.employer.end(conn, pending.delay)
    return peer, conn


def test_a_thread_awaits_what_is_soon_there() -> None:
    """A script that is soon over is an example. There is no event and no arming."""
    pending = Pending(due=time.monotonic() + 1000)
    with world(later) as made:
        peer, conn = pend(made, pending)
        arms = made.poller.calls["arm"]
        timer = threading.Timer(0.01, pending.fire)
        timer.start()
        assert hold(made.keeper, conn, LONG)
        timer.join()
        assert (now(conn), made.poller.calls["arm"]) == (Phase.TURN, arms)
        made.employer.process_request(conn, conn.addr)
        assert statuses(peer.read()) == [200]
        assert pending.closed


@pytest.mark.parametrize("how", ["nothing comes", "something comes that is not enough", "the client leaves"])
def test_a_thread_gives_back_what_is_still_awaited(how: str) -> None:
    pending = Pending(due=time.monotonic() + 1000)
    with world(later) as made:
        peer, conn = pend(made, pending)
        if how == "the client leaves":
            peer.close()
        elif how != "nothing comes":
            pending.ring()
        began = time.monotonic()
        assert not hold(made.keeper, conn, LONG if how == "the client leaves" else 0.01)
        assert time.monotonic() - began < 2
        assert (now(conn), conn.armed) == (Phase.AWAIT, True)
        if how == "the client leaves":
            made.work()
            assert (now(conn), pending.closed) == (Phase.CLOSED, 1)
        else:
            pending.fire()
            made.work()
            assert statuses(peer.read()) == [200]


def test_a_thread_that_awaits_something_sleeps_meanwhile() -> None:
    pending = Pending(due=time.monotonic() + 1000)
    with world(later) as made:
        peer, conn = pend(made, pending)
        looks = pending.looks
        assert not hold(made.keeper, conn, 0.05)
        assert pending.looks - looks <= 2
        pending.fire()
        made.work()
        assert statuses(peer.read()) == [200]


def test_a_thread_awaits_nothing_for_a_client_that_is_cut() -> None:
    pending = Pending(due=time.monotonic() + 1000)
    with world(later) as made:
        _, conn = pend(made, pending)
        conn.lower(Fate.CUT)
        began = time.monotonic()
        assert not hold(made.keeper, conn, LONG)
        assert time.monotonic() - began < 2
        assert (now(conn), pending.closed) == (Phase.CLOSED, 1)


def test_a_thread_reads_an_iterable_on_whose_client_keeps_up() -> None:
    items = Items([b"a", b""] * 3)
    with world(later) as made:
        peer, conn = held(made, request("/1"))
        arms = made.poller.calls["arm"]
        made.employer.answer(conn, Response(200, {}, items))
        assert items.taken == 2
        assert hold(made.keeper, conn, LONG)
        assert (now(conn), made.poller.calls["arm"]) == (Phase.TURN, arms)
        made.employer.process_request(conn, conn.addr)  # the end of this turn leaves the connection to the loop
        assert items.taken == 4
        made.work()
        assert peer.read().endswith(b"0\r\n\r\n")
        assert items.closed


def test_a_thread_leaves_an_iterable_to_the_loop_whose_client_is_behind() -> None:
    items = Items(bytes(100_000) for _ in range(100))
    with world(later) as made:
        _, conn = held(made, request("/1"))
        made.finish(conn, Response(200, {}, items), seconds=LONG)
        assert (now(conn), conn.armed) == (Phase.SEND, True)
        assert items.taken < 20


def test_a_thread_whose_iterable_fails_closes() -> None:
    def failing() -> Iterator[bytes]:
        yield b""
        raise Disconnected

    with world(later) as made:
        _, conn = held(made, request("/1"))
        made.finish(conn, Response(200, {}, failing()), seconds=LONG)
        made.work()
        assert now(conn) is Phase.CLOSED
