"""The steps after a turn: sending, and the items of an iterable; on a fake clock and a fake poller."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from pyhttp.limits import Limits, Timeouts
from pyhttp.messages import FileSlice, Response
from pyhttp.transport.phases import Phase
from pyhttp.transport.poller import WRITE
from tests.helpers.fakes import TIMEOUTS, World, now, statuses, world
from tests.helpers.outside import Items
from tests.helpers.sockets import request

CHUNKED = "Transfer-Encoding: chunked"
LARGE: Final = bytes(4 << 20)


# --- sending


def test_the_rest_of_an_answer_awaits_the_socket() -> None:
    with world(lambda _: Response(200, {}, LARGE)) as made:
        peer, conn = made.connect()
        peer.send(request())
        made.round()
        assert (now(conn), made.poller.armed[conn.fileno()]) == (Phase.SEND, WRITE)
        while now(conn) is Phase.SEND:
            peer.read()
            made.round()
        peer.read()
        assert peer.received.endswith(LARGE)
        assert now(conn) is Phase.IDLE
        assert made.employer.statuses == [200]


def test_L4_one_turn_sends_a_bounded_amount(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(LARGE)
    file = path.open("rb")
    with world(lambda _: Response(200, {}, FileSlice(file, 0, len(LARGE))), limits=Limits(portion=10_000)) as made:
        peer, conn = made.connect()
        peer.send(request())
        made.round()
        while now(conn) is Phase.SEND:
            before = conn.outbox.sent
            made.round()
            assert conn.outbox.sent - before <= 10_000
            peer.read()
        assert len(peer.received) > len(LARGE)
    assert file.closed


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
        assert any("does not read" in line for line in made.employer.reports)
        while now(slow_conn) is Phase.SEND:
            slow.read()
            made.work()
        slow.read()
        assert slow.received.endswith(LARGE)


def test_D10_a_client_that_does_not_read_is_ended_at_its_deadline() -> None:
    with world(lambda _: Response(200, {}, LARGE)) as made:
        peer, conn = made.connect()
        peer.send(request())
        made.work()
        made.pass_time(TIMEOUTS.send - 0.1)
        assert now(conn) is Phase.SEND
        made.pass_time(0.2)
        assert now(conn) is Phase.CLOSED


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


def test_D10_each_answer_is_judged_by_itself() -> None:
    """A client has taken the answer before as fast as it came. This gives the client no time for the next answer."""
    timeouts = Timeouts(head=100, idle=100, send=30, send_rate=50_000)
    with world(lambda _: Response(200, {}, LARGE), timeouts=timeouts) as made:
        peer, conn = made.connect()
        peer.send(request())
        made.work()
        while now(conn) is Phase.SEND:
            peer.read()
            made.work()
        peer.send(request())
        made.work()
        for _ in range(3):
            made.pass_time(14)
            peer.read(40_000)
        assert now(conn) is Phase.CLOSED


def test_D10_a_client_is_judged_by_what_it_takes_not_by_readiness() -> None:
    """Half of the client's queue stays full, so that there is no event.

    The octets that it has taken meanwhile count all the same.
    """
    with world(lambda _: Response(200, {}, LARGE)) as made:
        peer, conn = made.connect()
        conn.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        peer.send(request())
        made.work()
        events = made.poller.calls["arm"]
        taken = conn.outbox.sent - conn.stream.untaken()
        for _ in range(8):
            peer.read(40_000)
            assert not made.poller.ready()
            made.pass_time(TIMEOUTS.send / 2)
        assert now(conn) is Phase.SEND
        assert conn.outbox.sent - conn.stream.untaken() - taken > 200_000
        assert made.poller.calls["arm"] - events < 8 * 4


def test_a_file_that_is_shortened_on_the_way_ends_the_connection(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(LARGE)
    file = path.open("rb")
    with world(lambda _: Response(200, {}, FileSlice(file, 0, len(LARGE)))) as made:
        peer, conn = made.connect()
        peer.send(request())
        made.work()
        path.write_bytes(b"")
        peer.read()
        made.work()
        assert now(conn) is Phase.CLOSED
        assert "announced" in made.employer.reports[0]
    assert file.closed


# --- the items of an iterable


def test_an_iterable_is_read_on_in_turns_as_far_as_its_client_takes_it() -> None:
    items = Items(bytes(100_000) for _ in range(100))
    with world(lambda _: Response(200, {}, items)) as made:
        peer, conn = made.connect()
        peer.send(request())
        made.work()
        assert (now(conn), conn.armed) == (Phase.SEND, True)
        taken = items.taken
        assert taken <= 10
        made.pass_time(3)
        assert items.taken == taken
        while now(conn) is not Phase.IDLE:
            peer.read()
            made.work()
            assert len(conn.outbox._pieces) <= 2
        peer.read()
        assert items.taken == 100
        assert items.closed
        assert peer.received.endswith(b"\r\n0\r\n\r\n")


def test_L4_one_turn_takes_a_bounded_amount_of_an_iterable() -> None:
    items = Items(bytes(400) for _ in range(100))
    with world(lambda _: Response(200, {}, items), limits=Limits(portion=1000)) as made:
        peer, _ = made.connect()
        peer.send(request())
        for turns in range(1, 10):
            made.round()
            assert items.taken == 3 * turns


def test_other_clients_have_their_turns_between_those_of_an_iterable() -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield b"x" * 100

    with world(lambda asked: Response(200, {}, endless()) if asked.path == "/" else Response(204)) as made:
        stream, _ = made.connect()
        other, _ = made.connect()
        stream.send(request())
        made.round()
        for served in range(1, 20):
            other.send(request("/other"))
            stream.read()
            made.round(2)
            other.read()
            assert statuses(other.received) == [204] * served
        stream.close()
        made.work()


@pytest.mark.parametrize("silent", [False, True], ids=["with items", "with nothing to say"])
def test_an_iterable_is_closed_at_once_when_its_client_leaves(*, silent: bool) -> None:
    items = Items(iter(lambda: b"" if silent else bytes(50_000), None))
    with world(lambda _: Response(200, {}, items)) as made:
        peer, conn = made.connect()
        peer.send(request())
        made.round(5)
        assert items.closed == 0
        peer.close()
        made.work()
        assert now(conn) is Phase.CLOSED
        assert items.closed
        assert made.employer.statuses == [200]


def test_an_iterable_is_closed_within_a_turn_when_its_client_does_not_read() -> None:
    """The code at the end of a handler's generator is Python code of a handler. No thread of ours may run it."""
    phases: list[Phase] = []
    made: World

    def items() -> Iterator[bytes]:
        try:
            while True:
                yield bytes(100_000)
        finally:
            phases.extend(conn.phase for conn in made.registry.connections.values())

    with world(lambda _: Response(200, {}, items())) as made:
        peer, conn = made.connect()
        peer.send(request())
        made.work()
        made.pass_time(TIMEOUTS.send + 0.1)
        assert now(conn) is Phase.CLOSED
        assert phases == [Phase.TURN]
        assert made.employer.statuses == [200]


def test_an_iterable_that_fails_cuts_its_answer() -> None:
    def items() -> Iterator[bytes]:
        yield b"begun"
        raise RuntimeError

    with world(lambda _: Response(200, {}, items())) as made:
        peer, conn = made.connect()
        peer.send(request() + request())
        made.work()
        assert now(conn) is Phase.CLOSED
        assert statuses(peer.read()) == [200]
        assert not peer.received.endswith(b"0\r\n\r\n")
        assert peer.ended


def test_an_iterable_whose_close_fails_costs_nothing_else() -> None:
    class Bad(Items):
        def close(self) -> None:
            raise ZeroDivisionError

    with world(lambda _: Response(200, {}, Bad([b"a", b"b"]))) as made:
        peer, conn = made.connect()
        peer.send(request() * 2)
        made.work()
        assert statuses(peer.read()) == [200, 200]
        assert now(conn) is Phase.IDLE
        assert made.employer.reports == ["the content of a response could not be closed"] * 2
