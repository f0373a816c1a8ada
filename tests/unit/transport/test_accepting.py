"""The admission of clients as long as there is room, and the way to make room."""

import contextlib
import errno
import os
import socket
from functools import partial
from pathlib import Path

import pytest

from pyhttp.limits import Limits
from pyhttp.messages import Response
from pyhttp.transport.channel import UNIX_CLIENT
from pyhttp.transport.fate import Fate
from pyhttp.transport.poller import READ
from pyhttp.transport.unix import listen_unix
from tests.helpers.fakes import Peer, World
from tests.helpers.listening import all_ended, answered, at_the_limit, join, listening
from tests.helpers.sockets import request


def test_clients_are_accepted_and_served() -> None:
    with listening() as (made, listener):
        peers = [join(made, listener) for _ in range(200)]
        made.work()
        assert len(made.registry.connections) == 200
        for peer in peers:
            peer.send(request())
        made.work()
        assert all(answered(peer) for peer in peers)


def test_one_event_accepts_a_bounded_number() -> None:
    with listening() as (made, listener):
        for _ in range(200):
            join(made, listener)
        made.loop._acceptor._at_once = 64
        for count in (64, 128, 192, 200):
            made.round()
            assert len(made.registry.connections) == count


def test_as_many_clients_are_accepted_as_seem_to_wait() -> None:
    with listening() as (made, listener):
        for _ in range(10):
            join(made, listener)
        for count in (1, 3, 7, 10):  # twice as many, as long as some wait again
            made.round()
            assert len(made.registry.connections) == count
        peer = join(made, listener)
        calls = listener.calls
        made.round()
        assert (len(made.registry.connections), listener.calls - calls) == (11, 2)  # one more of three were there
        for _ in range(3):  # a request is between one client and the next: so one is accepted for an event
            peer.send(request())
            made.round()
            peer, calls = join(made, listener), listener.calls
            made.round()
            assert listener.calls - calls == 1
        made.work()


def test_where_others_accept_too_one_event_accepts_one() -> None:
    """The process that wakes first would otherwise take all clients, and they would stay with it."""
    with listening(shared=True) as (made, listener):
        peers = [join(made, listener) for _ in range(3)]
        for count in range(1, 4):
            made.round()
            assert len(made.registry.connections) == count
        for peer in peers:
            peer.send(request())
        made.work()
        assert all(answered(peer) for peer in peers)


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM])
def test_L5_what_the_system_refuses_is_logged_once_a_second_and_costs_no_busy_loop(number: int) -> None:
    with listening() as (made, listener):
        listener.failures = [number] * 5
        peer = join(made, listener)
        began = made.clock.now
        for _ in range(50):
            made.round()
            if made.registry.connections:
                break
        assert 4 <= made.clock.now - began <= 6
        assert made.poller.calls["wait"] <= 12
        assert 1 <= len(made.employer.reports) <= 5
        assert os.strerror(number) in made.employer.reports[0]
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
        assert made.employer.reports == []


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
        assert made.employer.reports == []


def test_L2_where_nothing_can_be_shed_accepting_rests_until_something_ends() -> None:
    with listening(capacity=2) as (made, listener):
        made.employer.handler = lambda _: None
        busy = [join(made, listener) for _ in range(2)]
        for peer in busy:
            peer.send(request())
        made.work()
        assert len(made.employer.turns) == 2
        waiting = join(made, listener)
        waiting.send(request())
        made.work()
        assert made.employer.reports == ["the limit of connections is reached"]
        before = made.poller.calls["wait"]
        made.pass_time(10)
        assert made.poller.calls["wait"] - before <= 40
        assert len(made.employer.reports) <= 12
        made.finish(made.employer.turns[0], Response(200), seconds=None)
        busy[0].close()
        busy[1].read()
        made.work()
        made.round(2)
        made.work()
        # the client that waited has been accepted, and its request has been dispatched
        assert len(made.employer.turns) == 2
        for conn in list(made.employer.turns):
            made.finish(conn, Response(200))


def finish_all_at_once(made: World, began: float, waiting: Peer) -> None:
    """Every turn ends. The client that waited has been let in and is answered, and no pause had to pass for that."""
    made.work()
    for conn in list(made.employer.turns):
        made.finish(conn, Response(200))
    made.work()
    assert answered(waiting)
    assert made.clock.now == began


@pytest.mark.parametrize("seconds", [None, 0.0], ids=["a thread that gives back", "a thread that held"])
def test_L2_a_connection_that_becomes_idle_makes_room_at_once(seconds: float | None) -> None:
    with listening(capacity=2) as (made, listener):
        busy, waiting = at_the_limit(made, listener)
        began = made.clock.now
        made.finish(made.employer.turns[0], Response(200), seconds=seconds)
        assert made.poller.calls["wake"] == 1  # an exchange that ends on a thread is no event: the loop may be waiting
        made.round()
        made.work()
        assert answered(busy[0])
        assert busy[0].ended
        assert len(made.employer.turns) == 2
        finish_all_at_once(made, began, waiting)


def test_L2_a_connection_that_another_thread_closes_makes_room_at_once() -> None:
    with listening(capacity=2) as (made, listener):
        busy, waiting = at_the_limit(made, listener)
        began = made.clock.now
        busy[0].close()
        made.employer.turns[0].lower(Fate.CUT)
        made.finish(made.employer.turns[0], Response(200))
        assert made.poller.calls["wake"] == 1
        made.round()
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
                made.employer.turns[0].lower(Fate.CUT)
                made.finish(made.employer.turns[0], Response(200))
            return False

        with monkeypatch.context() as patch:
            patch.setattr(made.loop._acceptor if before else made.employer, "_shed" if before else "report", end_one)
            while not busy[0].ended:
                made.round()
        began = made.clock.now
        made.round()
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
        made.round()
        peer.send(request())
        made.work()
        assert answered(peer)
        assert made.clock.now == began  # the end of the idle connection was enough: no pause had to pass


def test_L5_exhaustion_sheds_one_idle_connection_for_one_client() -> None:
    with listening() as (made, listener):
        idle = [join(made, listener) for _ in range(3)]
        for peer in idle:
            peer.send(request())
        made.work()
        made.round()
        listener.full = lambda: len(made.registry.connections) >= 3
        newcomer = join(made, listener)
        newcomer.send(request())
        made.work()
        made.round()
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
        made.round()
        made.work()
        assert listener.failures == []
        assert len(made.employer.reports) == 1
        for peer in idle:
            peer.read()
        assert all(peer.ended for peer in idle)


def test_L5_why_no_client_is_accepted_is_told_once_a_second() -> None:
    with listening() as (made, listener):
        for now, told in [(1000.0, 1), (1000.5, 1), (1001.0, 2), (1001.5, 2), (1002.0, 3)]:
            made.clock.now = now
            made.loop._acceptor._rest(listener.fileno(), "full")
            assert made.employer.reports == ["full"] * told


def test_the_work_of_idle_connections_is_counted() -> None:
    """50 connections idle and are renewed for a hundred seconds.

    There is a look at each now and then, and no more.
    """
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
        assert made.poller.calls["told"] == 0
        assert made.poller.calls["wait"] <= 10 * (5 + 50 + 10)


# --- letting in


def test_L5_a_client_that_the_poller_has_no_room_for_is_let_go() -> None:
    with listening() as (made, listener):
        peer = join(made, listener)
        made.poller.refuse = OSError(errno.ENOSPC, "no room")
        made.work()
        made.poller.refuse = None
        peer.read()
        assert peer.ended
        assert not made.registry.connections
        peer = join(made, listener)
        peer.send(request())
        made.work()
        made.work()
        assert answered(peer)


def test_L5_a_listener_at_rest_makes_no_event_and_can_always_be_tried_again() -> None:
    with listening(capacity=2) as (made, listener):
        at_the_limit(made, listener)
        acceptor = made.loop._acceptor
        assert made.poller.armed[listener.fileno()] == 0
        assert made.poller.ready() == []  # this is so although a client waits there
        made.poller.refuse = OSError(errno.ENOSPC, "no room")
        acceptor.resume(acceptor.resume_at)
        made.poller.refuse = None
        assert made.poller.armed[listener.fileno()] == READ
        for conn in list(made.employer.turns):
            made.finish(conn, Response(200))
        made.work()
        for conn in list(made.employer.turns):
            made.finish(conn, Response(200))


def test_L5_behind_a_client_that_left_the_next_one_is_let_in_by_the_same_event() -> None:
    with listening() as (made, listener):
        made.loop._acceptor._at_once = 2
        listener.failures = [errno.ECONNABORTED]
        join(made, listener)
        made.round()
        assert len(made.registry.connections) == 1


def test_nagle_is_off() -> None:
    with listening() as (made, listener):
        join(made, listener)
        made.work()
        (conn,) = made.registry.connections.values()
        assert conn.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert conn.addr == made.peers[0].sock.getsockname()


def test_a_timeout_that_the_program_sets_for_all_sockets_keeps_no_call_waiting() -> None:
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(60.0)
    try:
        with listening() as (made, listener):
            peer = join(made, listener)
            made.work()
            (conn,) = made.registry.connections.values()
            calls = [partial(conn.stream.write_kept, bytes(1 << 24))] * 2  # the first one fills the socket
            with contextlib.suppress(BlockingIOError):
                calls[0]()
            for call in (calls[1], partial(conn.stream.peek, 1)):
                with pytest.raises(BlockingIOError):
                    call()
            peer.close()
            made.work()
    finally:
        socket.setdefaulttimeout(before)


def test_what_is_no_listener_is_not_accepted_from() -> None:
    with listening() as (made, listener):
        join(made, listener)
        made.loop._acceptor.accept(-5)
        assert not made.registry.connections


def test_D8_a_client_that_connects_and_says_nothing_is_looked_at_in_time() -> None:
    with listening() as (made, listener):
        peer = join(made, listener)
        made.work()
        made.pass_time(14.9)
        assert all_ended([peer]) == [False]
        made.pass_time(0.2)
        assert all_ended([peer]) == [True]


def test_D12_no_more_than_the_capacity_is_let_in_by_one_event() -> None:
    with listening(capacity=3) as (made, listener):
        made.loop._acceptor._at_once = 5
        for _ in range(5):
            join(made, listener)
        made.round()
        assert len(made.registry.connections) == 3
        made.work()
        assert len(made.registry.connections) == 3


# --- resting


def test_L5_a_listener_that_rests_is_tried_again_after_the_pause_and_not_before() -> None:
    with listening(capacity=2) as (made, listener):
        at_the_limit(made, listener)
        acceptor = made.loop._acceptor
        resume_at = acceptor.resume_at
        assert acceptor.resting
        assert resume_at <= made.clock.now + 1
        arms = made.poller.calls["arm"]
        acceptor.resume(resume_at - 0.01)
        assert (made.poller.calls["arm"], acceptor.resume_at, len(acceptor.resting)) == (arms, resume_at, 1)
        acceptor.resume(resume_at)
        assert (made.poller.calls["arm"], len(acceptor.resting)) == (arms + 1, 0)
        acceptor.resume(resume_at + 10)
        assert made.poller.calls["arm"] == arms + 1
        made.work()
        for conn in list(made.employer.turns):
            made.finish(conn, Response(200))


def test_L2_room_made_while_one_listener_rests_is_not_forgotten_by_the_event_of_another() -> None:
    other = socket.create_server(("127.0.0.1", 0))
    other.setblocking(False)
    with other, listening(capacity=2, others=[other]) as (made, listener):
        busy, waiting = at_the_limit(made, listener)
        made.employer.turns[0].lower(Fate.CUT)
        made.finish(made.employer.turns[0], Response(200))
        began = made.clock.now
        made.loop._acceptor.accept(other.fileno())  # no client is there: the event was told for nothing
        assert made.registry.room_made
        made.round()
        finish_all_at_once(made, began, waiting)
        assert all_ended(busy)[0]


# --- the end of listening


def test_L8_a_closed_listener_lets_nobody_in_though_somebody_else_holds_its_descriptor() -> None:
    """A child that was forked in a handler holds such a descriptor."""
    with listening() as (made, listener):
        address = listener.getsockname()
        child = os.dup(listener.fileno())
        try:
            made.loop._acceptor.close()
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(address)
            assert not made.loop._acceptor.resting
            assert not made.poller.armed
        finally:
            os.close(child)


def test_L8_a_system_that_knows_no_shutdown_of_listeners_closes_them_all_the_same() -> None:
    with listening() as (made, listener):
        listener.shutdown(socket.SHUT_RDWR)
        made.loop._acceptor.close()
        made.loop._acceptor.close()
        assert listener.fileno() == -1


def test_L8_the_last_who_had_connected_are_let_in_as_far_as_the_system_allows() -> None:
    with listening() as (made, listener):
        for _ in range(3):
            join(made, listener)
        listener.full = lambda: len(made.registry.connections) >= 2
        made.loop._acceptor.accept_last()
        assert len(made.registry.connections) == 2
        assert listener.fileno() == -1


def test_L8_the_last_round_before_a_stop_has_an_end() -> None:
    """New clients that connect as fast as others are let in do not keep the server from stopping."""
    with listening(limits=Limits(backlog=5)) as (made, listener):
        accept = listener.accept

        def accept_and_join() -> tuple[socket.socket, tuple[str, int]]:
            join(made, listener)
            return accept()

        join(made, listener)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(type(listener), "accept", lambda _: accept_and_join())
            made.loop._acceptor.accept_last()
        assert len(made.registry.connections) == 6
        assert listener.fileno() == -1


@pytest.mark.parametrize("last", [False, True], ids=["while it serves", "before a stop"])
def test_a_client_of_a_unix_socket_has_its_address(last: bool, tmp_path: Path) -> None:
    unix = listen_unix(str(tmp_path / "s"))
    with unix, socket.socket(socket.AF_UNIX) as client, listening(others=[unix]) as (made, listener):
        client.connect(str(tmp_path / "s"))
        join(made, listener)
        if last:
            made.loop._acceptor.accept_last()
        else:
            made.work()
        addresses = {conn.addr for conn in made.registry.connections.values()}
        assert addresses == {UNIX_CLIENT, made.peers[0].sock.getsockname()}


def test_a_client_is_let_in_though_others_were_taken_before_and_wait_for_their_turn() -> None:
    with listening() as (made, listener):
        peer, conn = made.connect()
        peer.send(request())
        made.loop._take([(conn.fileno(), READ)])
        join(made, listener)
        made.loop._take([(listener.fileno(), READ)])
        assert len(made.registry.connections) == 2
        made.serve_taken()
