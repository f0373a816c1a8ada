"""Answers that leave together: the time for which they are kept, the write, and failed connections."""

import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from pyhttp.errors import BadRequest, Disconnected
from pyhttp.messages import Response
from pyhttp.request import Request
from pyhttp.transport.client import Connection
from pyhttp.transport.exchange import Exchange
from pyhttp.transport.gathering import Gathering, PassedOn
from pyhttp.transport.loop import Role
from pyhttp.transport.phases import Phase
from pyhttp.transport.stream import Piece, SocketStream
from tests.helpers.channels import FakeStream
from tests.helpers.fakes import Peer, World, world
from tests.helpers.sockets import request

COUNT = 4


@contextmanager
def gathering() -> Iterator[World]:
    """A loop that keeps answers while requests wait behind them, however long ago their requests began."""
    with world() as made:
        made.loop.gathers = True
        yield made


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No machine is so slow that answers leave sooner."""
    monkeypatch.setattr("pyhttp.transport.gathering._LONGEST", 60.0)


def asking(made: World, count: int = COUNT) -> list[tuple[Peer, Connection]]:
    """`count` clients, each of which has sent a request."""
    pairs = [made.connect() for _ in range(count)]
    for peer, _ in pairs:
        peer.send(request())
    return pairs


def test_answers_of_a_round_leave_behind_its_last_request() -> None:
    with gathering() as made:
        peers = [peer for peer, _ in asking(made)]
        seen = []

        def look(_: Request) -> Response:
            seen.append(sum(len(peer.read()) > 0 for peer in peers))
            return Response(200, {}, b"here")

        made.employer.handler = look
        made.round()
        assert seen == [0] * COUNT
        for peer in peers:
            peer.read()
            assert peer.received.startswith(b"HTTP/1.1 200 ")
            assert peer.received.endswith(b"here")
        assert made.employer.entries[0].sent == len(b"here")


def test_all_have_left_before_one_of_their_connections_is_gone_on_with(monkeypatch: pytest.MonkeyPatch) -> None:
    with gathering() as made:
        peers = [peer for peer, _ in asking(made)]
        seen: list[int] = []

        def look(_: Connection, __: Exchange) -> None:
            seen.append(sum(len(peer.read() + peer.received) > 0 for peer in peers))

        monkeypatch.setattr(made.employer, "exchange_ended", look)
        made.employer.handler = lambda _: Response(200)
        made.round()
        assert seen == [1, COUNT, COUNT, COUNT]  # nothing waits behind the last request: its answer is not kept


def test_a_loop_that_does_not_gather_sends_each_at_once() -> None:
    with world() as made:
        peers = [peer for peer, _ in asking(made)]
        seen = []

        def look(_: Request) -> Response:
            seen.append(sum(len(peer.read() + peer.received) > 0 for peer in peers))
            return Response(200)

        made.employer.handler = look
        made.round()
        assert seen == list(range(COUNT))


def test_an_answer_that_nothing_waits_behind_leaves_at_once() -> None:
    with gathering() as made:
        _, conn = asking(made, 1)[0]
        kept: list[object] = []

        def look(_: Request) -> Response:
            kept.append(conn.outbox.gathered)
            return Response(200)

        made.employer.handler = look
        made.round()
        assert kept == [None]
        assert conn.phase is Phase.IDLE


def test_an_answer_in_several_pieces_is_not_kept() -> None:
    with gathering() as made:
        pairs = asking(made, 2)
        seen = []

        def look(_: Request) -> Response:
            seen.append(max(len(peer.read()) for peer, _ in pairs))
            return Response(200, {}, bytes(100_000))

        made.employer.handler = look
        made.round()
        assert seen[0] == 0
        assert seen[1] > 0


def test_errors_are_gathered_too() -> None:
    with gathering() as made:
        peers = [peer for peer, _ in asking(made, 2)]

        def refuse(_: Request) -> Response:
            raise BadRequest("no")

        made.employer.handler = refuse
        made.round()
        assert all(b" 400 " in peer.read() for peer in peers)


def test_a_client_that_has_left_costs_the_others_nothing() -> None:
    with gathering() as made:
        pairs = asking(made)

        def leave(_: Request) -> Response:
            if not pairs[0][0].ended:
                pairs[0][0].read()
                pairs[0][0].close()
            return Response(200)

        made.employer.handler = leave
        made.work()
        assert all(b" 200 " in peer.read() for peer, _ in pairs[1:])
        assert pairs[0][1].phase is Phase.CLOSED
        assert len(made.employer.ended) == COUNT


def test_what_the_client_does_not_take_is_sent_when_it_does() -> None:
    with gathering() as made:
        pairs = asking(made, 2)
        content = bytes(range(256)) * 60
        made.employer.handler = lambda _: Response(200, {}, content)
        # So little fits that the answer has to wait for its reader.
        pairs[0][1].setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
        made.round()
        phases = [pairs[0][1].phase]
        for _ in range(100):
            pairs[0][0].read()
            made.work()
        assert pairs[0][0].received.endswith(content)
        assert [*phases, pairs[0][1].phase] == [Phase.SEND, Phase.IDLE]


def test_the_next_leader_sends_what_a_long_turn_would_keep() -> None:
    with gathering() as made:
        pairs = asking(made, 3)
        seen: list[int] = []

        def long(_: Request) -> Response:
            seen.append(sum(len(peer.read() + peer.received) > 0 for peer, _ in pairs))
            if len(seen) == 2:
                assert made.loop.run(Role(leads=False)) is False  # the standby does so, and finds the place open
            return Response(200)

        made.employer.handler = long
        made.round()
        assert seen == [0, 0, 1]


@pytest.mark.parametrize(("by_system", "phase"), [(False, Phase.SEND), (True, Phase.IDLE)])
def test_a_turn_whose_answer_is_kept_has_ended(by_system: bool, phase: Phase) -> None:
    """If the system keeps it, its connection has been gone on with."""
    with gathering() as made:
        made.loop.passed_on = PassedOn() if by_system else None
        conns = [conn for _, conn in asking(made, 2)]
        seen: list[Phase] = []

        def look(_: Request) -> Response:
            seen.extend(conn.phase for conn in conns)
            return Response(200)

        made.employer.handler = look
        made.round()
        assert seen == [Phase.TURN, Phase.IDLE, phase, Phase.TURN]


def test_a_leader_that_has_lost_the_lead_keeps_nothing() -> None:
    with gathering() as made:
        pairs = asking(made)
        leader = Role(leads=True)

        def lose(_: Request) -> Response:
            leader.leads = False
            return Response(200)

        made.employer.handler = lose
        made.loop.round(leader)
        assert sum(b" 200 " in peer.read() for peer, _ in pairs) == 1
        made.work()


def test_a_queued_turn_is_answered_by_its_own_thread() -> None:
    """That thread goes round no loop. If it kept an answer, no loop would send the answer."""
    with gathering() as made:
        peer, conn = asking(made, 2)[0]
        made.employer.handler = lambda _: None
        made.round()
        made.keeper.queue(conn)
        assert made.keeper.unqueue(conn)
        made.employer.end(conn, lambda got: got.exchange.respond(Response(200, {}, b"here"), ends_turn=True))
        made.keeper.settle(conn)
        assert peer.read().endswith(b"here")
        made.employer.handler = lambda _: Response(200)


def test_what_is_kept_when_nobody_leads_any_more_is_closed() -> None:
    with world() as made:
        _, conn = made.connect()
        assert made.registry.take_one(conn)
        made.loop.gathering.kept.append(conn)
        made.loop.close()
        assert conn.phase is Phase.CLOSED
        assert not made.loop.gathering.kept


@pytest.mark.parametrize("ago", [0.0, 61.0])
def test_an_answer_is_kept_for_so_long(ago: float) -> None:
    settled: list[Connection] = []
    with world() as made:
        _, conn = made.connect()
        conn.outbox.gathered = b""
        assert conn.outbox.gather(conn.stream, b"HTTP/1.1 200 OK\r\n", b"\r\n")
        kept = Gathering(settled.append, lambda _, error: pytest.fail(str(error)))
        kept.add(conn, time.monotonic() - ago)
        assert settled == ([conn] if ago else [])
        assert list(kept.kept) == ([] if ago else [conn])


def test_a_client_that_is_known_to_be_gone_is_lost() -> None:
    lost: list[BaseException] = []
    with world() as made:
        peer, conn = made.connect()
        conn.outbox.gathered = b""
        assert conn.outbox.gather(conn.stream, b"HTTP/1.1 200 OK\r\n", b"\r\n")
        peer.close()
        kept = Gathering(lambda _: pytest.fail("nothing was sent"), lambda _, error: lost.append(error))
        kept.add(conn, time.monotonic())
        kept.send()
        assert [type(error) for error in lost] == [Disconnected]
        made.work()


def test_an_interrupt_loses_no_connection() -> None:
    settled: list[Connection] = []

    def settle(conn: Connection) -> None:
        settled.append(conn)
        if len(settled) == 2:
            raise KeyboardInterrupt

    with world() as made:
        conns = [made.connect()[1] for _ in range(COUNT)]
        kept = Gathering(settle, lambda _, error: pytest.fail(str(error)))
        for conn in conns:
            conn.outbox.gathered = b""
            assert conn.outbox.gather(conn.stream, b"HTTP/1.1 200 OK\r\n", b"\r\n")
            kept.add(conn, time.monotonic())
        with pytest.raises(KeyboardInterrupt):
            kept.send()
        assert [*settled, *kept.kept] == conns


# --- kept by the system


class Told:
    """The writes and pushes of all streams, in their order."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls: list[str] = []
        write = SocketStream.write

        def at_once(stream: SocketStream, pieces: Sequence[Piece]) -> int:
            self.calls.append("at once")
            return write(stream, pieces)

        def kept(stream: SocketStream, data: bytes) -> int:
            self.calls.append("kept")
            return write(stream, (data,))

        monkeypatch.setattr(SocketStream, "write", at_once)
        monkeypatch.setattr(SocketStream, "write_kept", kept)
        monkeypatch.setattr(SocketStream, "push", lambda _: self.calls.append("pushed"))


def look_on(made: World, told: Told) -> None:
    """Have each request answered, with a note of the call for it."""

    def look(_: Request) -> Response:
        told.calls.append("called")
        return Response(200, {}, b"here")

    made.employer.handler = look


def test_the_system_keeps_the_answers_of_a_round_up_to_its_last(monkeypatch: pytest.MonkeyPatch) -> None:
    with world() as made:
        made.loop.passed_on = PassedOn()
        told = Told(monkeypatch)
        look_on(made, told)
        pairs = asking(made, 3)
        made.round()
        assert told.calls == ["called", "kept", "called", "kept", "called", "at once", "pushed", "pushed"]
        assert [conn.phase for _, conn in pairs] == [Phase.IDLE] * 3
        assert len(made.employer.entries) == 3
        told.calls.clear()
        pairs[0][0].send(request())
        made.round()
        assert told.calls == ["called", "at once"]  # nothing waits behind it


def test_answers_leave_at_once_for_a_while_after_a_long_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pyhttp.transport.gathering._WARY", 1)
    monkeypatch.setattr("pyhttp.transport.gathering._LONGEST", 0.001)
    with world() as made:
        made.loop.passed_on = PassedOn()
        told = Told(monkeypatch)

        def look(_: Request) -> Response:
            told.calls.append("called")
            made.clock.now += 0.005
            return Response(200)

        made.employer.handler = look
        pairs = asking(made, 3)
        kept, last = ["called", "kept", "pushed"], ["called", "at once"]
        for expected in (kept + kept + last, last + last + last, kept + kept + last):
            made.round()
            assert told.calls == expected
            told.calls.clear()
            for peer, _ in pairs:
                peer.send(request())


class Kept(FakeStream):
    """A stream that counts what is pushed."""

    pushed = 0

    def push(self) -> None:
        self.pushed += 1


@contextmanager
def kept() -> Iterator[tuple[PassedOn, Connection, Kept]]:
    """The answer of a connection; its round began at 1000."""
    with world() as made:
        _, conn = made.connect()
        stream, passed_on, real = Kept(), PassedOn(), conn.stream
        conn.stream = stream
        assert passed_on.begin(1000.0)
        yield passed_on, conn, stream
        conn.stream = real


@pytest.mark.parametrize(
    ("seconds", "pushed", "wary"),
    [(0.0, 0, False), (0.0009, 0, False), (0.0012, 1, False), (0.0039, 1, False), (0.0042, 1, True), (-9.0, 0, False)],
)
def test_the_system_keeps_an_answer_for_so_long(
    seconds: float, pushed: int, wary: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pyhttp.transport.gathering._LONGEST", 0.001)
    with kept() as (passed_on, conn, stream):
        conn.armed_at = 1000.0 + seconds
        passed_on.add(conn)
        assert stream.pushed == pushed
        assert [passed_on.begin(2000.0) for _ in range(101)] == [not wary] * 100 + [True]
        passed_on.send()
        assert stream.pushed == 1


def test_the_time_of_the_next_answer_begins_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pyhttp.transport.gathering._LONGEST", 0.001)
    with kept() as (passed_on, conn, stream):
        for at, pushed in ((1000.0015, 1), (1000.002, 1), (1000.003, 3)):
            conn.armed_at = at
            passed_on.add(conn)
            assert stream.pushed == pushed, at
