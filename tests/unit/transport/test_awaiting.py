"""The waits of an exchange or its answer for other things than its client; on a fake clock and a fake poller."""

import socket
from typing import Final

import pytest

from pyhttp.errors import BadGateway
from pyhttp.messages import Response
from pyhttp.transport.client import Connection
from pyhttp.transport.fate import Fate
from pyhttp.transport.phases import Phase
from pyhttp.transport.poller import READ, WRITE
from tests.helpers.fakes import TIMEOUTS, Peer, later, now, statuses, world
from tests.helpers.outside import Pending, Tap
from tests.helpers.sockets import descriptors, request

CHUNKED = "Transfer-Encoding: chunked"
LARGE: Final = bytes(4 << 20)


# --- what comes from outside


def test_a_source_is_sent_as_it_comes_and_holds_no_turn() -> None:
    tap = Tap()
    with world(lambda _: Response(200, {}, tap)) as made:
        peer, conn = made.connect()
        peer.send(request())
        made.work()
        assert (now(conn), conn.armed) == (Phase.AWAIT, True)
        assert made.poller.armed == {conn.fileno(): 0, tap.watched()[0]: READ}
        for piece in (b"first", b"second"):
            tap.pour(piece)
            made.work()
            assert piece in peer.read()
            assert now(conn) is Phase.AWAIT
        tap.end()
        made.work()
        assert peer.read().endswith(b"0\r\n\r\n")
        assert now(conn) is Phase.IDLE
        assert tap.closed >= 1
        assert list(made.poller.armed) == [conn.fileno()]


def test_a_source_is_read_no_faster_than_its_client_takes_it() -> None:
    tap = Tap()
    with world(lambda _: Response(200, {}, tap)) as made:
        peer, conn = made.connect()
        peer.send(request())
        made.work()
        while now(conn) is not Phase.SEND:
            tap.pour(bytes(60_000))
            made.round()
        assert made.poller.armed == {conn.fileno(): WRITE}
        tap.pour(bytes(60_000))
        made.work()
        assert conn.outbox.unsent <= 70_000
        while now(conn) is Phase.SEND:
            peer.read()
            made.work()
        assert now(conn) is Phase.AWAIT
        tap.end()
        made.work()
        assert now(conn) is Phase.IDLE


@pytest.mark.parametrize("how", ["fails", "loses its client", "has a client that does not read", "is late"])
def test_a_source_ends_with_its_connection(how: str) -> None:
    before = descriptors()
    tap = Tap(due=1000.0 + 5)
    with world(lambda _: Response(200, {}, tap)) as made:
        peer, conn = made.connect()
        peer.send(request())
        made.work()
        match how:
            case "fails":
                tap.failure = BadGateway("ended early")
                tap.pour(b"!")
            case "loses its client":
                peer.close()
            case "is late":
                tap.failure = BadGateway("late")
                made.pass_time(4.99)
                assert now(conn) is Phase.AWAIT
                made.pass_time(0.02)
            case _:
                while now(conn) is Phase.AWAIT:
                    tap.pour(bytes(60_000))
                    made.round()
                made.pass_time(TIMEOUTS.send + 0.1)
        made.work()
        assert now(conn) is Phase.CLOSED
        assert tap.closed >= 1
        assert made.employer.statuses == [200]
        assert not peer.read().endswith(b"0\r\n\r\n")
    assert descriptors() <= before


@pytest.mark.parametrize("count", [1, 3])
def test_what_is_awaited_holds_no_turn(count: int) -> None:
    pending = Pending(descriptors=count)
    with world(pending.delay) as made:
        peer, conn = made.connect()
        peer.send(request("/1") + request("/2"))
        made.work()
        assert (now(conn), conn.armed) == (Phase.AWAIT, True)
        assert made.poller.armed == {conn.fileno(): 0} | dict.fromkeys(pending.watched(), READ)
        pending.ring()
        made.work()
        assert (now(conn), pending.looks) == (Phase.AWAIT, 2)
        made.employer.handler = lambda _: Response(201)
        pending.fire()
        made.work()
        assert statuses(peer.read()) == [200, 201]
        assert pending.closed


def asked(peer: Peer) -> int:
    """The number of interim responses that have come."""
    return peer.read().count(b"HTTP/1.1 100 Continue\r\n\r\n")


def test_C11_who_has_ended_its_side_is_asked_once_whether_it_is_still_there() -> None:
    pending = Pending()
    with world(pending.delay) as made:
        peer, conn = made.connect()
        peer.send(request())
        made.work()
        made.pass_time(1.1)
        assert asked(peer) == 0
        peer.sock.shutdown(socket.SHUT_WR)
        made.pass_time(0.5)
        assert asked(peer) == 0
        made.pass_time(0.6)
        assert asked(peer) == 1
        made.pass_time(10.0)
        assert (asked(peer), now(conn)) == (0, Phase.AWAIT)
        pending.fire()
        made.work()
        assert statuses(peer.read()) == [200]


def test_C11_who_does_not_bear_the_question_is_gone() -> None:
    pending = Pending()
    with world(pending.delay) as made:
        peer, conn = made.connect()
        peer.send(request())
        made.work()
        peer.sock.shutdown(socket.SHUT_RDWR)
        made.pass_time(1.1)
        assert (now(conn), pending.closed) == (Phase.CLOSED, True)


def test_what_is_awaited_is_looked_at_when_it_is_due() -> None:
    pending = Pending(due=1000.0 + 1.5)  # this is nearer than the horizon
    with world(pending.delay) as made:
        peer, conn = made.connect()
        peer.send(request())
        made.work()
        made.pass_time(0.9)
        assert pending.looks == 1
        made.pass_time(0.5)
        assert pending.looks == 2  # the loop looks for the client once a second
        pending.fired = True
        made.pass_time(0.2)
        assert pending.looks == 3
        assert statuses(peer.read()) == [200]
        assert now(conn) is Phase.IDLE


def test_what_is_awaited_ends_when_the_client_leaves() -> None:
    pending = Pending()
    with world(pending.delay) as made:
        peer, conn = made.connect()
        peer.send(request())
        made.work()
        peer.close()
        made.work()
        assert now(conn) is Phase.CLOSED
        assert pending.closed == 1
        assert made.employer.statuses == [0]


def test_a_turn_without_an_answer_is_a_fault_of_whoever_runs_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    with world(later) as made:
        _, conn = made.connect()
        made.peers[0].send(request())
        made.work()
        made.employer.turns.remove(conn)
        told: list[BaseException | None] = []
        monkeypatch.setattr(made.employer, "report", lambda _, error=None: told.append(error))
        made.keeper.settle(conn)
        assert now(conn) is Phase.CLOSED
        assert isinstance(told[0], RuntimeError)
        assert isinstance(conn, Connection)
        assert conn.fate is Fate.CUT
