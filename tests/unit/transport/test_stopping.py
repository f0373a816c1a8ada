"""A stop, from its request to its end: the requests that are still answered, the cuts, and their times."""

import threading
import time

import pytest

from pyhttp.messages import Response
from pyhttp.request import Request
from pyhttp.transport.loop import Role
from pyhttp.transport.phases import Phase
from pyhttp.transport.stopping import Stop
from tests.helpers.fakes import TIMEOUTS
from tests.helpers.listening import answered, at_the_limit, go_round, join, listening
from tests.helpers.sockets import request


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


def test_whoever_is_connected_may_ask_once_more_where_another_process_goes_on() -> None:
    with listening() as (made, listener):
        silent, idle = (join(made, listener) for _ in range(2))
        made.work()
        newcomer = join(made, listener)  # it waits to be accepted
        made.loop.stop(2.0)
        began = made.clock.now
        assert not made.loop._finished()
        assert listener.fileno() == -1
        for peer in (idle, newcomer):
            assert not peer.ended
            peer.send(request())
            made.work()
            assert b"\r\nConnection: close\r\n" in peer.read()
            peer.close()
        made.work()
        while not made.loop._finished():
            made.round()
        silent.read()
        assert silent.ended
        assert made.clock.now - began == pytest.approx(2.0)


def test_where_nobody_is_connected_nobody_is_waited_for() -> None:
    with listening() as (made, _):
        made.loop.stop(2.0)
        assert made.loop._finished()


def test_a_stop_ends_the_patience_of_another() -> None:
    now = 50.0
    stop = Stop(10, lambda: None, lambda: None, lambda: now)
    stop.request(3.0)
    assert stop.is_patient
    assert stop.act() == pytest.approx(3.0)
    stop.request(5.0)
    assert stop.act() == pytest.approx(3.0)
    now = 53.0
    assert not stop.is_patient
    assert stop.act() == pytest.approx(5.0)
    now = 51.0
    stop.request()
    assert not stop.is_patient
    assert stop.act() == pytest.approx(7.0)


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
            made.round()
            for peer in made.peers:
                peer.read()
                if peer.ended:
                    peer.close()
        assert idle.received == b""
        for peer in (asking, *queued):
            assert peer.received.startswith(b"HTTP/1.1 200 ")
            assert b"\r\nConnection: close\r\n" in peer.received
        assert made.clock.now == began


def test_L8_the_event_of_a_request_that_is_complete_just_before_the_stop_is_not_lost() -> None:
    with listening() as (made, listener):
        peer = join(made, listener)
        peer.send(b"GET / HT")
        made.work()
        began = made.clock.now
        peer.send(b"TP/1.1\r\nHost: a\r\n\r\n")
        made.loop.stop()
        assert not made.loop._finished()
        made.round()
        assert answered(peer)
        assert made.clock.now == began


def test_L8_half_an_empty_line_is_no_request_that_a_stop_waits_for() -> None:
    with listening() as (made, listener):
        peer = join(made, listener)
        peer.send(b"\r")
        made.work()
        made.loop.stop()
        assert made.loop._finished()
        peer.read()
        assert peer.ended


def test_L8_at_the_limit_nobody_is_accepted_for_the_stop() -> None:
    with listening(capacity=2) as (made, listener):
        busy, waiting = at_the_limit(made, listener)
        made.loop.stop()
        assert not made.loop._finished()
        assert len(made.registry.connections) == 2
        for conn in list(made.employer.turns):
            made.finish(conn, Response(200))
        made.work()
        assert all(answered(peer) for peer in busy)
        assert waiting.read() == b""
        assert waiting.ended


def test_L8_what_is_left_is_hurried_then_cut_then_left() -> None:
    with listening() as (made, listener):
        made.employer.handler = lambda _: None
        peer = join(made, listener)
        peer.send(request())
        made.work()
        (conn,) = made.employer.turns
        began = made.clock.now
        made.loop.stop()
        assert not made.loop.run(Role(leads=False))  # this is one round only
        while not made.loop._finished():
            since = made.clock.now - began
            assert made.employer.hurried == (since >= TIMEOUTS.stop - 2)
            assert made.loop.stopping.is_cut == conn.stream.departed() == (since >= TIMEOUTS.stop)
            go_round(made)
        assert TIMEOUTS.stop <= made.clock.now - began <= TIMEOUTS.stop + 1
        made.loop.close()
        assert conn.fileno() >= 0  # its handler still has it
        made.finish(conn, Response(200))
        assert conn.fileno() == -1
        assert not made.registry.connections


def test_L8_clients_that_would_go_on_for_ever_are_cut_by_the_loop_itself() -> None:
    with listening() as (made, listener):
        made.employer.handler = lambda _: Response(200, {}, bytes(32 << 20))
        slow = join(made, listener)
        slow.send(request())
        made.work()
        began = made.clock.now
        made.loop.stop()
        while not made.loop._finished():
            go_round(made)
        assert TIMEOUTS.stop <= made.clock.now - began <= TIMEOUTS.stop + 0.1
        assert made.employer.statuses == [200]


def test_L8_what_the_loop_has_taken_when_it_is_cut_is_closed_and_not_served() -> None:
    with listening() as (made, listener):
        seen: list[str] = []

        def handler(got: Request) -> Response | None:
            seen.append(got.path)
            return Response(200) if got.path == "/second" else None

        made.employer.handler = handler
        first, second = join(made, listener), join(made, listener)
        first.send(request("/first"))
        made.work()
        second.send(request("/second"))
        made.loop.stop()
        made.clock.now += TIMEOUTS.stop
        assert not made.loop._finished()  # this takes the last connections, and cuts
        assert made.loop.stopping.is_cut
        made.round()
        assert seen == ["/first"]
        assert second.read() == b""
        assert second.ended
        made.finish(made.employer.turns[0], Response(200))
        assert made.loop._finished()


def test_L8_a_request_that_had_arrived_behind_another_is_answered_by_a_stop() -> None:
    """Two requests come in one segment. The stop comes during the first answer."""
    with listening() as (made, listener):
        made.employer.handler = lambda got: None if got.path == "/1" else Response(200, {}, b"second")
        peer = join(made, listener)
        peer.send(request("/1") + request("/2"))
        made.work()
        made.loop.stop()
        assert not made.loop._finished()
        made.finish(made.employer.turns[0], Response(200, {}, b"first"))
        assert not made.loop._finished()
        made.work()
        first, _, second = peer.read().partition(b"first")
        assert b"Connection: close" not in first
        assert b"\r\nConnection: close\r\n" in second
        assert second.endswith(b"second")


def test_L8_a_request_that_arrives_at_an_idle_connection_just_as_it_is_to_end_is_answered() -> None:
    with listening() as (made, listener):
        peer, quiet = join(made, listener), join(made, listener)
        made.work()
        made.loop.stop()

        def arrive(_: float | None) -> None:
            made.poller.waiting = None
            peer.send(request())

        made.poller.waiting = arrive
        while not made.loop._finished():
            made.round()
            peer.read()
            if peer.ended:
                peer.close()
        assert b"\r\nConnection: close\r\n" in peer.received
        assert quiet.read() == b""
        assert quiet.ended


def test_L8_an_idle_connection_whose_request_shows_at_the_last_look_is_spared() -> None:
    with listening() as (made, listener):
        peer, quiet = join(made, listener), join(made, listener)
        made.work()
        made.loop.stop()
        made.loop._last_taken = True  # it is as if the last connections were taken a moment ago
        peer.send(request())
        assert not made.loop._finished()
        assert made.registry.connections.keys() == {made.loop._taken[0][0].fileno()}
        made.round()
        assert b"\r\nConnection: close\r\n" in peer.read()
        assert quiet.read() == b""
        assert quiet.ended
        peer.close()
        made.work()
        assert made.loop._finished()


def test_a_stop_that_meets_a_connection_between_its_turn_and_its_arming_does_not_wait_for_it() -> None:
    """The loop looks just before the lock is taken to arm the connection.

    The connection is still the thread's then, and its arming is told.
    """
    with listening() as (made, listener):
        made.employer.handler = lambda _: None
        peer = join(made, listener)
        peer.send(request())
        made.work()
        (conn,) = made.employer.turns
        began = made.clock.now

        def stop(released: bool) -> None:
            if not released and conn.phase is Phase.IDLE:
                made.lock.script = None
                made.loop.stop()
                assert not made.loop._finished()

        made.lock.script = stop
        made.finish(conn, Response(200))
        assert made.lock.script is None
        while not made.loop._finished():
            made.round()
        assert made.clock.now == began


def test_L8_the_loop_ends_in_time_though_nothing_happens() -> None:
    """The loop waits no longer than until the next thing that a stop has to do."""
    with listening() as (made, listener):
        made.employer.handler = lambda _: None
        peer = join(made, listener)
        peer.send(request())
        made.work()
        made.loop.stop()
        waits: list[float] = []

        def note(timeout: float) -> None:
            made.clock.now += 0.0001
            waits.append(timeout)

        made.poller.waiting = note
        began = made.clock.now
        assert made.loop.run(made.role)
        made.poller.waiting = None
        assert TIMEOUTS.stop <= made.clock.now - began <= TIMEOUTS.stop + 1
        assert len(waits) < 20
        made.loop.close()
        made.finish(made.employer.turns[0], Response(200))


# --- the clock


class Acts:
    """A stop with a clock of its own. It notes what it has done at which time."""

    def __init__(self, grace: float) -> None:
        self.now = 50.0
        self.done: list[tuple[str, float]] = []
        self.stop = Stop(grace, lambda: self.did("hurry"), lambda: self.did("cut"), lambda: self.now)

    def did(self, what: str) -> None:
        self.done.append((what, self.now))

    def act(self, now: float) -> float:
        self.now = 50.0 + now
        return self.stop.act()


def test_nothing_is_requested_at_first() -> None:
    acts = Acts(10)
    assert (acts.stop.requested, acts.stop.is_cut) == (False, False)
    acts.stop.request()
    assert acts.stop.requested


@pytest.mark.parametrize(("grace", "hurry"), [(10, 8), (4, 2), (3, 1.5), (0.2, 0.1)])
def test_L8_each_thing_is_done_once_at_its_time(grace: float, hurry: float) -> None:
    acts = Acts(grace)
    acts.stop.request()
    assert acts.act(0) == pytest.approx(hurry)
    assert acts.act(hurry / 2) == pytest.approx(hurry / 2)
    assert acts.done == []
    assert acts.act(hurry + 0.001) == pytest.approx(grace - hurry - 0.001)
    assert acts.act(hurry + 0.002) == pytest.approx(grace - hurry - 0.002)
    assert acts.done == [("hurry", 50 + hurry + 0.001)]
    assert not acts.stop.is_cut
    assert acts.act(grace + 0.01) == pytest.approx(0.49)
    assert acts.stop.is_cut
    assert acts.act(grace + 0.3) == pytest.approx(0.2)
    assert [what for what, _ in acts.done] == ["hurry", "cut"]
    assert acts.act(grace + 0.5001) == 0
    assert acts.act(grace + 100) == 0
    assert len(acts.done) == 2


def test_L8_what_is_late_is_done_at_once_and_in_its_order() -> None:
    acts = Acts(10)
    acts.stop.request()
    assert acts.act(100) == 0
    assert acts.done == [("hurry", 150), ("cut", 150)]


def test_L8_a_second_request_does_not_begin_anew() -> None:
    acts = Acts(10)
    acts.stop.request()
    acts.now += 6
    acts.stop.request()
    assert acts.act(8) == pytest.approx(2)


def test_L8_many_threads_keep_the_clock_and_each_thing_is_done_once() -> None:
    for _ in range(50):
        assert done_by_four_threads() == ["hurry", "cut"]


def done_by_four_threads() -> list[str]:
    done: list[str] = []
    stop = Stop(0.02, lambda: done.append("hurry"), lambda: done.append("cut"))
    start = threading.Barrier(4)

    def watch() -> None:
        start.wait()
        while not stop.is_cut:
            time.sleep(min(0.001, stop.act()))

    threads = [threading.Thread(target=watch) for _ in range(4)]
    stop.request()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return done


def test_L8_what_is_done_takes_no_lock_that_somebody_else_waits_for() -> None:
    """Hurrying scripts may take time; the cut must not wait for that."""
    acts = Acts(10)
    inner: list[float] = []
    acts.stop = Stop(10, lambda: inner.append(acts.act(10)), lambda: acts.did("cut"), lambda: acts.now)
    acts.stop.request()
    assert acts.act(8) == pytest.approx(0.5)
    assert inner == [pytest.approx(0.5)]
    assert acts.done == [("cut", 60)]


def test_L8_who_meets_another_look_at_the_clock_is_to_look_again_soon() -> None:
    """A signal handler that has interrupted that look is an example."""
    soon: list[float] = []

    def interrupted() -> float:
        if stop.requested:
            soon.append(stop.act())
        return 50.0

    stop = Stop(10, lambda: None, lambda: None, interrupted)
    stop.request()
    assert stop.act() == pytest.approx(8)
    assert soon == [0.01]
