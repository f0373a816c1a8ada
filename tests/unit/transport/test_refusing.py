"""Requests whose turn cannot begin, and faults: their cost, and the client that has to bear it."""

import pytest

from pyhttp.errors import Unavailable
from pyhttp.messages import Response
from pyhttp.transport.client import Address, Connection
from pyhttp.transport.phases import Phase
from tests.helpers.fakes import later, now, statuses, world
from tests.helpers.sockets import descriptors, request

LARGE = bytes(4 << 20)

# --- refusing


def test_L12_after_an_error_the_answer_can_be_read_and_input_is_read_away() -> None:
    with world() as made:
        peer, conn = made.connect()
        peer.send(b"nonsense\r\n\r\n" + bytes(1000))
        made.round()
        assert now(conn) is Phase.LINGER
        peer.send(bytes(1000))
        made.round()
        assert statuses(peer.read()) == [400]
        assert peer.ended
        peer.close()
        made.round()
        assert now(conn) is Phase.CLOSED
        assert [error.status for error in made.employer.refusals] == [400]


def test_a_refusal_is_the_last_answer_and_says_so() -> None:
    with world() as made:
        peer, _ = made.connect()
        peer.send(b"nonsense\r\n\r\n" + request())
        made.work()
        assert b"Connection: close\r\n" in peer.read()
        assert statuses(peer.received) == [400]


def test_a_refusal_is_answered_by_the_employer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A site can thus say of a refusal what it says of every answer."""
    with world() as made:
        monkeypatch.setattr(made.employer, "error_response", lambda error, _: Response(error.status, {"X-Site": "1"}))
        peer, _ = made.connect()
        peer.send(b"nonsense\r\n\r\n")
        made.work()
        assert b"X-Site: 1\r\n" in peer.read()


def test_a_408_that_cannot_be_sent_is_no_fault() -> None:
    with world() as made:
        peer, conn = made.connect()
        peer.send(b"GET")
        made.round()
        peer.close()
        made.clock.now += 21
        made.take_due()  # its event is on its way, but has not been delivered
        made.serve_taken()
        assert now(conn) is Phase.CLOSED
        assert made.employer.statuses == [408]


# --- faults


@pytest.mark.parametrize("stage", ["read", "send"])
def test_L6_a_client_that_resets_is_forgotten(stage: str) -> None:
    before = descriptors()
    with world(lambda _: Response(200, {}, LARGE)) as made:
        peer, conn = made.connect()
        peer.send(request() if stage == "send" else b"GET / HT")
        made.round()
        peer.close()
        made.work()
        assert now(conn) is Phase.CLOSED
        assert not made.registry.connections
    assert descriptors() <= before


def test_a_fault_of_ours_costs_one_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    with world() as made:
        peer, conn = made.connect()
        other, _ = made.connect()
        with monkeypatch.context() as patched:
            patched.setattr(Connection, "receive_whole", lambda *_: 1 // 0)
            peer.send(request())
            made.round()
        assert now(conn) is Phase.CLOSED
        assert made.employer.reports == ["a connection is lost to a fault of the server"]
        other.send(request())
        made.work()
        assert statuses(other.read()) == [200]


def test_a_fault_of_ours_at_a_deadline_costs_one_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    with world() as made:
        peer, conn = made.connect()
        peer.send(b"GET")
        made.work()
        with monkeypatch.context() as patched:
            patched.setattr(made.employer, "finish_request", lambda *_: 1 // 0)
            made.pass_time(20)
        assert now(conn) is Phase.CLOSED
        assert made.employer.reports[-1] == "a connection is lost to a fault of the server"


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
        assert made.employer.reports == []


@pytest.mark.parametrize("fault", [ZeroDivisionError(), Unavailable("no thread can be started")], ids=repr)
def test_a_process_request_that_fails_is_answered_503(fault: Exception) -> None:
    with world() as made:
        made.employer.failing = fault
        peer, conn = made.connect()
        peer.send(request())
        made.work()
        assert statuses(peer.read()) == [503]
        assert now(conn) is Phase.LINGER
        failed = isinstance(fault, ZeroDivisionError)
        assert made.employer.reports == (["process_request failed"] if failed else [])
        assert [error.detail for error in made.employer.refusals] == [
            "no handler could be started" if failed else str(fault)
        ]


def test_a_process_request_that_fails_after_it_has_handed_the_turn_on_changes_nothing() -> None:
    """The turn belongs to another thread by now, or to the queue."""
    with world(later) as made:
        process_request = made.employer.process_request

        def hand_on(conn: Connection, addr: Address) -> None:
            process_request(conn, addr)
            made.keeper.queue(conn)
            raise ZeroDivisionError

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(made.employer, "process_request", hand_on)
            peer, conn = made.connect()
            peer.send(request())
            made.work()
        assert now(conn) is Phase.QUEUED
        assert made.keeper.unqueue(conn)
        made.finish(conn, Response(200))
        assert statuses(peer.read()) == [200]
