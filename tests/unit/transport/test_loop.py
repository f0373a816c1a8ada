"""The loop: the connections that it takes, their order, and the leader."""

import pytest

from pyhttp.limits import Timeouts
from pyhttp.messages import Response
from pyhttp.request import Request
from pyhttp.transport.loop import Role
from pyhttp.transport.phases import Phase
from tests.helpers.fakes import FakeClock, world
from tests.helpers.listening import answered
from tests.helpers.sockets import request

# --- the lead


def test_a_leader_that_has_lost_the_lead_leaves_what_was_delivered_to_the_next() -> None:
    with world() as made:
        peers = [made.connect()[0] for _ in range(3)]
        leader, next_leader = Role(leads=True), Role(leads=True)

        def lose(got: Request) -> Response:
            leader.leads = False
            return Response(200, {}, got.path.encode())

        made.employer.handler = lose
        for peer in peers:
            peer.send(request())
        assert made.loop.run(leader) is False
        assert [answered(peer) for peer in peers].count(True) == 1
        waits = made.poller.calls["wait"]
        made.loop.round(next_leader)
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

        made.employer.handler = slow
        first.send(request())
        second.send(request())
        made.loop.round(leader)
        assert conn.phase is Phase.IDLE
        made.employer.handler = lambda _: Response(200)
        made.round()
        assert answered(second)


def test_a_leader_that_lost_the_lead_over_something_late_leaves_the_rest_late() -> None:
    with world() as made:
        peers = [made.connect()[0] for _ in range(2)]
        for peer in peers:
            peer.send(b"GET / HT")
        made.work()
        made.clock.now += 21
        leader = Role(leads=False)
        assert made.loop.run(leader) is False
        assert [b"HTTP/1.1 408 " in peer.read() for peer in peers].count(True) == 1
        made.round()
        assert all(b"HTTP/1.1 408 " in peer.read() + peer.received for peer in peers)


# --- what is late, and what is not


def test_input_that_is_here_is_not_late() -> None:
    """The input is not late, however long a handler has kept the loop from looking."""
    with world() as made:
        peer, _ = made.connect()
        peer.send(b"GET / HT")
        made.work()
        made.clock.now += 1000
        peer.send(b"TP/1.1\r\nHost: a\r\n\r\n")
        made.round()
        assert answered(peer)


def test_D7_what_is_late_is_refused_in_the_round_that_finds_it() -> None:
    with world() as made:
        peer, _ = made.connect()
        peer.send(b"GET / HT")
        made.work()
        made.pass_time(19.9)
        assert peer.read() == b""
        made.pass_time(0.2)
        assert peer.read().startswith(b"HTTP/1.1 408 ")


def test_what_has_gone_is_not_looked_for() -> None:
    with world() as made:
        peer, _ = made.connect()
        peer.close()
        made.work()
        other, _ = made.connect()
        made.pass_time(14)
        assert not other.ended


def test_what_has_gone_does_not_hide_who_is_late_at_the_same_time() -> None:
    with world() as made:
        gone, _ = made.connect()
        _, conn = made.connect()
        gone.close()
        made.work()
        made.clock.now += 16
        made.take_due()
        assert list(made.loop._taken) == [(conn, True)]


def test_a_deadline_that_was_renewed_is_looked_at_again() -> None:
    with world() as made:
        peer, conn = made.connect()
        for _ in range(5):
            made.pass_time(10)
            peer.send(request())
            made.work()
            assert answered(peer)
        made.pass_time(14)
        assert made.registry.connections
        made.pass_time(1.1)
        assert not made.registry.connections
        assert conn.phase is Phase.CLOSED


def test_a_connection_that_a_thread_has_is_not_late_and_is_looked_at_once_it_is_back() -> None:
    with world(lambda _: None) as made:
        peer, conn = made.connect()
        peer.send(request())
        made.work()
        made.pass_time(100)
        assert made.employer.turns == [conn]
        made.finish(conn, Response(200))
        made.pass_time(14.9)
        assert answered(peer)
        assert conn.armed
        made.pass_time(0.2)
        assert not made.registry.connections


def test_a_cut_on_the_way_closes_what_was_taken() -> None:
    with world() as made:
        peer, conn = made.connect()
        peer.send(request())
        made.loop._take(made.poller.wait(0))
        made.loop.close()
        assert conn.phase is Phase.CLOSED
        assert peer.read() == b""
        assert peer.ended
        made.loop.stop()


# --- deadlines nearer than the horizon


class Due:
    """Something awaited that is due at a time of the fake clock. It lets the exchange go on then."""

    def __init__(self, clock: FakeClock, seconds: float) -> None:
        self.clock = clock
        self.until = clock.now + seconds
        self.looks: list[float] = []

    def watched(self) -> tuple[int, ...]:
        return ()

    def due(self) -> float:
        return self.until

    def proceed(self) -> bool:
        self.looks.append(self.clock.now)
        return self.clock.now >= self.until

    def close(self) -> None:
        """There is nothing to give back."""


@pytest.mark.parametrize("seconds", [0.1, 1.9, 2.5, 30])
def test_a_deadline_is_met_however_near_it_is(seconds: float) -> None:
    with world() as made:
        due: list[Due] = []

        def handler(got: Request) -> None:
            due.append(Due(made.clock, seconds))
            got.exchange.wait_for(due[0], lambda: got.exchange.respond(Response(200)))

        made.employer.handler = handler
        peer, _ = made.connect()
        peer.send(request())
        made.work()
        made.pass_time(seconds - 0.01)
        assert peer.read() == b""
        made.pass_time(0.02)
        assert answered(peer)
        looks = due[0].looks
        assert (looks[0], looks[-1]) == (due[0].until - seconds, due[0].until)
        assert len(looks) <= 2 + seconds  # there is one look a second, when the loop looks for the client, too


def test_the_shortest_time_that_a_phase_lasts_is_the_longest_between_two_looks() -> None:
    for timeouts, horizon in (
        (Timeouts(), 2),
        (Timeouts(linger=0.5), 0.5),
        (Timeouts(drain=0.5), 0.5),
        (Timeouts(head=0.5), 0.5),
        (Timeouts(idle=0.5), 0.5),
        (Timeouts(content=0.5), 0.5),
        (Timeouts(send=2), 0.5),
    ):
        with world(timeouts=timeouts) as made:
            assert made.registry._horizon == horizon


def test_it_is_known_until_when_the_leader_waits() -> None:
    with world() as made:
        known: list[tuple[float, float]] = []
        made.poller.waiting = lambda timeout: known.append((made.registry.waits_until, timeout))
        made.loop._poller.wake()
        made.round()
        assert known == [(float("inf"), float("inf"))]
        assert made.registry.waits_until == 0.0
        made.connect()
        began = made.clock.now
        made.round()
        assert known[1:] == [(began + 2, 2)]
        assert made.registry.waits_until == 0.0
        made.poller.waiting = None


# --- the end


def test_a_loop_without_connections_ends_at_once() -> None:
    with world() as made:
        made.loop.stop()
        assert made.poller.calls["wake"] == 1
        assert made.loop.run(made.role)
        assert made.poller.calls["wait"] == 1  # this is the last look at what had arrived
        made.loop.close()
        assert made.poller.calls["close"] == 1


def test_without_a_stop_the_loop_never_ends() -> None:
    with world() as made:
        peer, conn = made.connect()
        leader = Role(leads=True)
        phases: list[Phase] = []

        def waiting(_: float) -> None:
            phases.append(conn.phase)
            made.loop._poller.wake()
            if len(phases) == 2:
                peer.close()
            leader.leads = len(phases) < 5

        made.poller.waiting = waiting
        assert not made.loop.run(leader)
        assert phases == [Phase.IDLE, Phase.IDLE, Phase.CLOSED, Phase.CLOSED, Phase.CLOSED]
        made.poller.waiting = None
