"""The ownership of connections: taking, arming, closing, and the deadlines that are reported."""

import itertools
from collections import deque

import pytest

from pyhttp.messages import Response
from pyhttp.transport.client import Connection
from pyhttp.transport.fate import Fate
from pyhttp.transport.phases import FACTS, Happening, Phase
from pyhttp.transport.poller import READ, WRITE
from pyhttp.transport.stream import SocketStream
from tests.helpers.fakes import TIMEOUTS, Peer, World, later, now, statuses, world
from tests.helpers.outside import Items, Pending
from tests.helpers.sockets import descriptors, request

HORIZON = 2.0
"""The shortest of the deadlines in `TIMEOUTS`, which are those for draining and lingering."""


def pend(made: World, pending: Pending) -> tuple[Peer, Connection]:
    """A connection that is armed for several descriptors."""
    made.employer.handler = pending.delay
    peer, conn = made.connect()
    peer.send(request())
    made.work()
    assert (now(conn), conn.armed) == (Phase.AWAIT, True)
    return peer, conn


# --- taking


def taken_by(made: World, events: list[tuple[int, int]]) -> list[Connection]:
    """What these events make the registry take; none of it is late."""
    taken: deque[tuple[Connection, bool]] = deque()
    assert made.registry.take(events, taken) == len(taken)
    assert not any(late for _, late in taken)
    return [conn for conn, _ in taken]


def test_who_takes_a_connection_has_it_alone() -> None:
    with world() as made:
        _, conn = made.connect()
        assert taken_by(made, [(conn.fileno(), 1), (conn.fileno(), 1)]) == [conn]
        assert taken_by(made, [(conn.fileno(), 1)]) == []
        assert not made.registry.take_one(conn)
        assert not conn.armed
        made.registry.arm(conn)
        assert made.registry.take_one(conn)
        assert taken_by(made, [(conn.fileno(), 1)]) == []
        made.registry.arm(conn)


def test_what_nobody_has_registered_is_nobodys() -> None:
    with world() as made:
        assert taken_by(made, [(12345, 1)]) == []


@pytest.mark.parametrize("late", [-0.001, 0.0, 0.001])
def test_a_connection_is_taken_at_its_deadline_and_not_before(late: float) -> None:
    with world() as made:
        _, conn = made.connect()
        assert made.registry.take_one(conn, due=conn.deadline + late) == (late >= 0)
        if late >= 0:
            made.registry.arm(conn)


def test_several_descriptors_of_one_connection_in_one_batch_are_one_event() -> None:
    pending = Pending(descriptors=3)
    with world() as made:
        peer, conn = pend(made, pending)
        watched = pending.watched()
        pending.fire()
        events = made.poller.wait(0)
        assert {fd for fd, _ in events} == set(watched)
        made.loop._take([*events, (conn.fileno(), READ)])
        assert [taken for taken, _ in made.loop._taken] == [conn]
        assert (conn.watched, made.poller.armed.keys() & set(watched)) == ((), set())
        made.serve_taken()
        assert statuses(peer.read()) == [200]
        assert taken_by(made, [(fd, 1) for fd in watched]) == []


def test_an_event_of_what_was_watched_before_means_nothing() -> None:
    """The number of the descriptor may belong to something else by now."""
    pending = Pending()
    with world() as made:
        _, conn = pend(made, pending)
        (fd,) = pending.watched()
        assert taken_by(made, [(fd, 1)]) == [conn]
        assert taken_by(made, [(fd, 1)]) == []
        made.keeper.advance(conn)
        assert taken_by(made, [(fd, 1)]) == [conn]
        made.keeper.advance(conn)


def test_a_connection_in_the_queue_is_taken_once() -> None:
    with world(later) as made:
        peer, conn = made.connect()
        peer.send(request())
        made.work()
        assert not made.keeper.unqueue(conn)
        made.keeper.queue(conn)
        assert taken_by(made, [(conn.fileno(), 1)]) == []
        assert made.keeper.unqueue(conn)
        assert not made.keeper.unqueue(conn)
        made.finish(conn, Response(200))


# --- arming


def test_arming_is_for_what_the_phase_waits_for() -> None:
    with world() as made:
        _, conn = made.connect()
        for phase in (Phase.IDLE, Phase.HEAD, Phase.SEND, Phase.LINGER):
            assert made.registry.take_one(conn)
            vars_of(conn, phase)
            made.registry.arm(conn)
            assert made.poller.armed[conn.fileno()] == FACTS[phase].armed_for
        assert made.registry.take_one(conn)
        vars_of(conn, Phase.IDLE)
        conn.core.receive_data(b"GET")
        made.registry.arm(conn)
        assert made.poller.armed[conn.fileno()] == READ | WRITE


def vars_of(conn: Connection, phase: Phase) -> None:
    """Pretend that the connection is in `phase`."""
    conn.phase = phase


def test_a_connection_that_cannot_be_armed_is_its_owners_as_before() -> None:
    before = descriptors()
    pending = Pending(descriptors=2)
    with world() as made:
        peer, conn = pend(made, pending)
        assert made.registry.take_one(conn)
        made.poller.forget(conn.fileno())
        arms = itertools.count()

        def script(_: int, took_effect: bool) -> None:
            if not took_effect and next(arms) == 1:  # this is the second of three armings
                raise OSError(28, "No space left on device")

        made.poller.script = script
        with pytest.raises(OSError, match="No space"):
            made.registry.arm(conn, pending)
        made.poller.script = None
        assert (conn.armed, conn.watched, made.poller.armed) == (False, (), {})
        assert taken_by(made, [(fd, 1) for fd in pending.watched()]) == []
        made.registry.arm(conn, pending)
        peer.close()
    assert descriptors() <= before


def test_what_cannot_be_armed_after_a_turn_is_closed() -> None:
    with world(later) as made:
        peer, conn = made.connect()
        peer.send(request())
        made.work()
        peer.send(request())
        made.work()  # a request that comes during the turn makes the poller forget the connection
        made.poller.refuse = OSError(28, "No space left on device")
        made.finish(conn, Response(200))
        made.poller.refuse = None
        assert now(conn) is Phase.CLOSED
        assert (made.employer.statuses, made.employer.reports) == ([200], [])


def test_what_would_be_armed_when_nobody_leads_any_more_is_closed() -> None:
    """A thread ends its turn after the server has ended: an armed connection would be there for ever."""
    with world(later) as made:
        peer, conn = made.connect()
        peer.send(request())
        made.work()
        made.loop.close()
        assert made.registry.over
        made.registry.enter(conn, Happening.SEND)
        with pytest.raises(OSError, match="no thread leads"):
            made.registry.arm(conn)
        assert not conn.armed
        made.finish(conn, Response(200))
        assert now(conn) is Phase.CLOSED
        assert statuses(peer.read()) == [200]
        assert peer.ended


# --- deadlines that are near


@pytest.mark.parametrize(("seconds", "told"), [(HORIZON - 0.1, True), (HORIZON, False), (HORIZON + 0.1, False)])
def test_a_deadline_nearer_than_the_horizon_is_told(seconds: float, told: bool) -> None:
    with world() as made:
        _, conn = made.connect()
        assert made.registry.take_one(conn)
        conn.deadline = made.clock.now + seconds
        made.registry.arm(conn)
        assert list(made.registry.near) == ([(conn.deadline, conn.serial)] if told else [])


@pytest.mark.parametrize(("until", "wakes"), [(0.0, 0), (0.5, 0), (1.5, 1), (float("inf"), 1)])
def test_a_near_deadline_wakes_a_leader_who_waits_longer(until: float, wakes: int) -> None:
    with world() as made:
        _, conn = made.connect()
        assert made.registry.take_one(conn)
        conn.deadline = made.clock.now + 1
        made.registry.waits_until = made.clock.now + until if until else 0.0
        made.registry.arm(conn)
        assert made.poller.calls["wake"] == wakes


def test_a_deadline_that_is_told_while_the_leader_waits_is_kept() -> None:
    with world(later) as made:
        peer, conn = made.connect()
        peer.send(request())
        made.work()
        soon = made.clock.now + 0.25
        pending = Pending(due=soon)

        def waiting(timeout: float) -> None:
            """Another thread arms, while the leader is inside the wait."""
            made.poller.waiting = None
            assert timeout > 0.25
            pend_for(made, conn, pending)
            pending.fired = True

        made.poller.waiting = waiting
        made.round()
        assert made.poller.calls["wake"] == 1
        assert (now(conn), pending.looks) == (Phase.AWAIT, 1)
        made.round()
        assert made.clock.now == soon
        assert statuses(peer.read()) == [200]


def pend_for(made: World, conn: Connection, pending: Pending) -> None:
    """End a turn that was left to the test. It ends with something to wait for."""
    made.employer.end(conn, pending.delay)
    made.keeper.settle(conn)


# --- closing


def test_a_descriptor_is_released_once() -> None:
    with world() as made:
        peer, conn = made.connect()
        fd = conn.fileno()
        peer.close()
        made.work()
        assert fd not in made.registry.connections
        assert conn.serial not in made.registry.by_serial
        assert fd not in made.poller.armed
        conn.release(reset=False)
        assert conn.fileno() == -1


def test_a_connection_is_forgotten_before_its_number_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    with world() as made:
        peer, conn = made.connect()
        fd = conn.fileno()
        close = SocketStream.close

        def closing(stream: SocketStream, *, reset: bool, partial: bool = False) -> None:
            assert fd not in made.registry.connections
            assert fd not in made.poller.armed
            close(stream, reset=reset)

        monkeypatch.setattr(SocketStream, "close", closing)
        peer.close()
        made.work()
        assert now(conn) is Phase.CLOSED


def test_closing_makes_room_and_wakes_who_waits_for_it() -> None:
    with world() as made:
        peer, _ = made.connect()
        made.registry.room_made = False
        peer.close()
        made.work()
        assert (made.registry.room_made, made.poller.calls["wake"]) == (True, 0)
        peer, _ = made.connect()
        made.registry.room_wanted = True
        peer.close()
        made.work()
        assert made.poller.calls["wake"] == 1


@pytest.mark.parametrize("closes", [False, True])
def test_a_turn_that_ends_makes_room_and_ends_the_wait_for_it_or_a_stop(closes: bool) -> None:
    with world(later) as made:
        for waits in ("", "for room", "for the end"):
            peer, conn = made.connect()
            peer.send(request())
            made.work()
            made.poller.calls.clear()
            made.registry.room_made, made.registry.room_wanted = False, waits == "for room"
            made.employer.answer(conn, Response(200))
            if waits == "for the end":
                made.loop.stop()
            if closes:
                conn.lower(Fate.CUT)
            made.keeper.settle(conn)
            assert now(conn) is (Phase.CLOSED if closes or waits == "for the end" else Phase.IDLE)
            assert made.registry.room_made
            assert made.poller.calls["wake"] == {"": 0, "for room": 1, "for the end": 2}[waits]


@pytest.mark.parametrize("fate", [Fate.CUT, Fate.LAST])
@pytest.mark.parametrize("version", ["1.0", "1.1"])
@pytest.mark.parametrize("whole", [False, True])
def test_a_part_is_reset_where_the_end_would_end_it_and_the_whole_is_not(
    monkeypatch: pytest.MonkeyPatch, fate: Fate, version: str, whole: bool
) -> None:
    resets: list[bool] = []
    close = SocketStream.close

    def noting(stream: SocketStream, *, reset: bool, partial: bool = False) -> None:
        resets.append(reset)
        close(stream, reset=reset)

    monkeypatch.setattr(SocketStream, "close", noting)
    with world(later) as made:
        peer, conn = made.connect()
        peer.send(request(version=version))
        made.work()
        made.employer.answer(conn, Response(200, {}, Items([b"a", b"b"] if whole else [b"a", b"", b"b"])))
        conn.lower(fate)
        made.registry.close(conn)
        assert resets == [fate is Fate.CUT and version == "1.0" and not whole]


def test_an_exchange_ends_once() -> None:
    with world(later) as made:
        peer, conn = made.connect()
        peer.send(request())
        made.work()
        made.employer.answer(conn, Response(200))
        made.registry.end_exchange(conn)
        made.registry.end_exchange(conn)
        made.registry.close(conn)
        assert made.employer.statuses == [200]


# --- the end


def test_the_end_closes_what_nobody_has_and_leaves_the_rest_to_its_owners() -> None:
    with world(later) as made:
        peers = [made.connect()[0] for _ in range(4)]
        for peer in peers[1:]:
            peer.send(request())
        made.work()
        queued, in_turn, idle = made.employer.turns[0], made.employer.turns[1:], made.registry
        made.keeper.queue(queued)
        made.employer.turns.remove(queued)
        made.registry.end()
        assert now(queued) is Phase.CLOSED
        assert list(idle.connections.values()) == in_turn
        assert not made.keeper.unqueue(queued)
        for conn in list(in_turn):
            made.finish(conn, Response(200))
        assert made.registry.connections == {}
        assert [statuses(peer.read()) for peer in peers] == [[], [], [200], [200]]


def test_a_cut_reaches_every_connection_and_closes_none() -> None:
    with world(later) as made:
        (idle, _), (busy, conn) = made.connect(), made.connect()
        busy.send(request())
        made.work()
        made.registry.cut()
        assert len(made.registry.connections) == 2
        for peer in (idle, busy):
            peer.read()
            assert peer.ended
        made.work()
        assert list(made.registry.connections.values()) == [conn]
        made.finish(conn, Response(200))
        assert now(conn) is Phase.CLOSED


def test_a_cut_of_what_is_not_connected_any_more_is_none() -> None:
    with world() as made:
        peer, conn = made.connect()
        peer.close()
        made.registry.cut()
        made.work()
        assert now(conn) is Phase.CLOSED


def test_a_phase_is_entered_on_the_clock_of_the_loop() -> None:
    with world() as made:
        _, conn = made.connect()
        made.registry.take_one(conn)
        made.clock.now += 100
        made.registry.enter(conn, Happening.BEGUN)
        assert conn.deadline == made.clock.now + TIMEOUTS.head
        made.registry.arm(conn)
