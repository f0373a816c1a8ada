"""Several processes at one listener: none takes all clients, and none leaves them to an absent one."""

import os
import socket
from collections.abc import Iterator

import pytest

from pyhttp.transport import accepting
from pyhttp.transport.shared import NONE, Counts, Seats, SharedListener
from tests.helpers.listening import listening


@pytest.fixture
def counts() -> Iterator[Counts]:
    seats = Seats()
    made = Counts(seats.memory)
    yield made
    made.close()
    seats.close()


def test_closed_counts_hold_no_memory() -> None:
    seats = Seats()
    made = Counts(seats.memory)
    made.close()
    assert made._memory.closed
    seats.close()


@pytest.mark.parametrize(
    ("others", "least"), [({}, None), ({3: 5}, 5), ({3: 5, 1000: 4}, 4), ({3: 0, 4: 9}, 0)], ids=str
)
def test_the_least_of_the_others_counts(counts: Counts, others: dict[int, int], least: int | None) -> None:
    counts.tell(0, 1)
    for seat, count in others.items():
        counts.tell(seat, count)
    assert counts.least(0) == least
    for seat in others:
        counts.leave(seat)
    assert counts.least(0) is None


@pytest.mark.parametrize(
    ("own", "other", "ahead"),
    [(2, 0, False), (3, 0, True), (9, 7, False), (10, 7, True), (103, 90, False), (104, 90, True), (0, 50, False)],
)
def test_who_has_more_clients_than_another_is_ahead(counts: Counts, own: int, other: int, ahead: bool) -> None:
    counts.tell(1, other)
    with SharedListener() as listener:
        listener.counts, listener.seat = counts, 0
        assert listener.is_ahead(own) == ahead
    assert counts.least(1) == own  # the other processes know the number now


def test_a_process_alone_is_never_ahead(counts: Counts) -> None:
    with SharedListener() as listener:
        assert not listener.is_ahead(1000)
        listener.counts, listener.seat = counts, 0
        assert not listener.is_ahead(1000)


def test_one_that_has_closed_its_listener_counts_no_more(counts: Counts) -> None:
    told: list[int] = []
    listener = SharedListener()
    listener.counts, listener.seat, listener.on_close = counts, 4, lambda: told.append(listener.fileno())
    listener.is_ahead(7)
    assert counts.least(0) == 7
    listener.close()
    listener.close()
    assert counts.least(0) is None
    assert told == [-1]


def test_seats_are_given_once_and_again() -> None:
    seats = Seats()
    taken = [seats.take() for _ in range(1025)]
    assert taken == [*range(1024), NONE]
    seats.give_back(NONE)
    seats.give_back(7)
    assert seats.take() == 7
    seats.close()
    seats.close()


def test_a_system_without_such_memory_counts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "memfd_create")
    seats = Seats()
    assert seats.memory == NONE
    seats.give_back(seats.take())
    seats.close()


def listener_of(counts: Counts) -> SharedListener:
    """The listener of the process on the first seat."""
    shared = SharedListener(socket.AF_INET, socket.SOCK_STREAM)
    shared.bind(("127.0.0.1", 0))
    shared.listen()
    shared.setblocking(False)
    shared.counts, shared.seat = counts, 0
    return shared


def test_the_next_client_is_left_to_another_process_for_a_moment_and_once(counts: Counts) -> None:
    shared = listener_of(counts)
    counts.tell(1, 0)
    with listening(shared=True, others=[shared]) as (made, _):
        clients = [socket.create_connection(shared.getsockname()) for _ in range(5)]
        began = made.clock.now
        while len(made.registry.connections) < 3:
            made.round()
        assert made.clock.now == began  # until then the process is not ahead
        made.round()
        assert made.poller.armed[shared.fileno()] == 0
        assert len(made.registry.connections) == 3
        while len(made.registry.connections) < 4:
            made.round()
        assert made.clock.now - began == pytest.approx(0.002)
        while len(made.registry.connections) < 5:
            made.round()
        assert made.clock.now - began == pytest.approx(0.004)
        assert made.employer.reports == []
        for client in clients:
            client.close()
        made.work()


def test_the_look_whether_a_client_still_waits_takes_no_time(counts: Counts, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float | None] = []
    shared = listener_of(counts)
    counts.tell(1, 0)
    monkeypatch.setattr(accepting, "wait_until_ready", lambda _fd, _mask, seconds: waits.append(seconds))
    with listening(capacity=0, shared=True, others=[shared]) as (made, _):
        acceptor = made.loop._acceptor
        acceptor._stepped_back = True
        acceptor.resting.add(shared.fileno())
        acceptor.resume(acceptor.resume_at)
        assert (waits, acceptor._stepped_back) == ([0], False)


def test_a_client_that_another_process_has_taken_is_no_reason_to_take_the_next(counts: Counts) -> None:
    """A client that becomes idle is no reason either, unless no client is accepted for lack of room."""
    shared = listener_of(counts)
    counts.tell(1, 0)
    with listening(shared=True, others=[shared]) as (made, _):
        clients = [socket.create_connection(shared.getsockname()) for _ in range(4)]
        while len(made.registry.connections) < 3:
            made.round()
        for _ in range(3):
            made.round()
            began = made.clock.now
            assert made.poller.armed[shared.fileno()] == 0
            taken, _ = shared.accept()
            taken.close()
            made.registry.room_made = True
            while made.poller.armed[shared.fileno()] == 0:
                made.round()
            assert made.clock.now - began >= 0.002
            clients.append(socket.create_connection(shared.getsockname()))
        assert len(made.registry.connections) == 3
        for client in clients:
            client.close()
        made.work()
