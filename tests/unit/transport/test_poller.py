"""Both pollers keep the same promises."""

import math
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from pyhttp.transport.poller import (
    READ,
    WRITE,
    EpollPoller,
    Poller,
    PollPoller,
    create_poller,
    wait_until_any,
    wait_until_ready,
)

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture(params=[EpollPoller, PollPoller])
def poller(request: pytest.FixtureRequest) -> Iterator[Poller]:
    factory: Callable[[], Poller] = request.param
    made = factory()
    yield made
    made.close()


@pytest.fixture
def pair() -> Iterator[Pair]:
    ours, theirs = socket.socketpair()
    yield ours, theirs
    ours.close()
    theirs.close()


def test_an_armed_descriptor_is_delivered_as_long_as_it_is_ready(poller: Poller, pair: Pair) -> None:
    ours, theirs = pair
    poller.arm(ours.fileno(), READ)
    assert poller.wait(0) == []
    theirs.send(b"x")
    for _ in range(3):
        assert poller.wait(5) == [(ours.fileno(), READ)]
        poller.arm(ours.fileno(), READ)
    ours.recv(1)
    assert poller.wait(0) == []


def test_a_forgotten_descriptor_is_silent_until_it_is_armed_again(poller: Poller, pair: Pair) -> None:
    """The descriptor is silent whatever happens to it meanwhile. No mask can hide its end, which is silent, too."""
    ours, theirs = pair
    poller.arm(ours.fileno(), READ)
    theirs.send(b"x")
    poller.forget(ours.fileno())
    theirs.close()
    assert poller.wait(0) == []
    poller.arm(ours.fileno(), READ)
    assert [fd for fd, _ in poller.wait(5)] == [ours.fileno()]


def test_a_mask_of_nothing_delivers_the_end_only(poller: Poller, pair: Pair) -> None:
    ours, theirs = pair
    theirs.send(b"x")
    poller.arm(ours.fileno(), READ | WRITE)
    poller.arm(ours.fileno(), 0)
    theirs.shutdown(socket.SHUT_WR)
    assert poller.wait(0) == []
    theirs.close()
    assert [fd for fd, _ in poller.wait(5)] == [ours.fileno()]


class Kernel:
    """An epoll that counts what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, int]] = []

    def register(self, _: int, mask: int) -> None:
        self.told.append(("register", mask))

    def modify(self, _: int, mask: int) -> None:
        self.told.append(("modify", mask))

    def unregister(self, _: int) -> None:
        self.told.append(("unregister", 0))

    def close(self) -> None:
        """There is nothing to release."""


def test_the_kernel_is_told_nothing_that_it_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = Kernel()
    monkeypatch.setattr("select.epoll", lambda: kernel)
    made = EpollPoller()
    kernel.told.clear()
    for mask in (READ, READ, READ | WRITE, READ | WRITE, 0, 0, READ):
        made.arm(99, mask)
    assert kernel.told == [("register", READ), ("modify", READ | WRITE), ("modify", 0), ("modify", READ)]
    kernel.told.clear()
    made.forget(99)
    made.forget(99)
    made.arm(99, READ)
    assert kernel.told == [("unregister", 0), ("register", READ)]
    made.close()


def test_a_number_that_a_child_still_holds_can_be_armed_for_somebody_else(poller: Poller, pair: Pair) -> None:
    """The child has the old socket under its number. The events of that socket do not matter here."""
    ours, theirs = pair
    number = ours.fileno()
    child = os.dup(number)
    new, other = socket.socketpair()
    try:
        poller.arm(number, READ)
        poller.forget(number)
        os.dup2(new.fileno(), number)
        poller.arm(number, READ)
        theirs.send(b"x")
        assert poller.wait(0) == []
        other.send(b"x")
        assert poller.wait(5) == [(number, READ)]
        poller.forget(number)
    finally:
        os.close(child)
        new.close()
        other.close()


def test_only_what_is_armed_for_is_delivered(poller: Poller, pair: Pair) -> None:
    ours, theirs = pair
    theirs.send(b"x")
    poller.arm(ours.fileno(), WRITE)
    assert poller.wait(5) == [(ours.fileno(), WRITE)]
    poller.arm(ours.fileno(), READ | WRITE)
    assert poller.wait(5) == [(ours.fileno(), READ | WRITE)]


def test_the_end_of_input_is_delivered_as_readable(poller: Poller, pair: Pair) -> None:
    ours, theirs = pair
    poller.arm(ours.fileno(), READ)
    theirs.close()
    ((fd, mask),) = poller.wait(5)
    assert fd == ours.fileno()
    assert mask & READ


def test_a_shutdown_by_another_thread_ends_the_silence_of_an_armed_descriptor(poller: Poller, pair: Pair) -> None:
    ours, _ = pair
    poller.arm(ours.fileno(), READ)
    ours.shutdown(socket.SHUT_RDWR)
    assert [fd for fd, _ in poller.wait(5)] == [ours.fileno()]


def test_a_forgotten_descriptor_is_delivered_no_more(poller: Poller, pair: Pair) -> None:
    ours, theirs = pair
    duplicate = os.dup(ours.fileno())
    try:
        poller.arm(ours.fileno(), READ)
        poller.forget(ours.fileno())
        poller.forget(ours.fileno())
        ours.close()
        theirs.send(b"x")
        assert poller.wait(0) == []
    finally:
        os.close(duplicate)


def test_a_descriptor_number_can_be_armed_again_after_it_was_forgotten(poller: Poller, pair: Pair) -> None:
    ours, theirs = pair
    poller.arm(ours.fileno(), READ)
    poller.forget(ours.fileno())
    poller.arm(ours.fileno(), READ)
    theirs.send(b"x")
    assert poller.wait(5) == [(ours.fileno(), READ)]


def test_wake_ends_the_next_wait_and_only_that(poller: Poller) -> None:
    poller.wake()
    poller.wake()
    assert poller.wait(math.inf) == []
    began = time.monotonic()
    assert poller.wait(0.01) == []
    assert time.monotonic() - began >= 0.009


def test_wake_from_another_thread_ends_a_wait_without_end(poller: Poller) -> None:
    thread = threading.Thread(target=poller.wake)
    thread.start()
    assert poller.wait(math.inf) == []
    thread.join()


def test_another_thread_may_arm_while_one_waits(poller: Poller, pair: Pair) -> None:
    ours, theirs = pair
    theirs.send(b"x")
    arming = threading.Thread(target=poller.arm, args=(ours.fileno(), READ))
    arming.start()
    until = time.monotonic() + 5
    events: list[tuple[int, int]] = []
    while not events and time.monotonic() < until:
        events = poller.wait(5)
    arming.join()
    assert events == [(ours.fileno(), READ)]


def test_wake_after_close_is_harmless(poller: Poller) -> None:
    poller.close()
    poller.wake()


def test_epoll_is_taken_where_there_is_one() -> None:
    made = create_poller()
    assert isinstance(made, EpollPoller)
    made.close()


def test_waiting_for_one_descriptor(pair: Pair) -> None:
    ours, theirs = pair
    assert wait_until_ready(ours.fileno(), WRITE, None)
    assert not wait_until_ready(ours.fileno(), READ, 0.001)
    assert not wait_until_ready(ours.fileno(), READ, -1)
    theirs.send(b"x")
    assert wait_until_ready(ours.fileno(), READ, 5)


def test_waiting_for_any_of_several_descriptors(pair: Pair) -> None:
    ours, theirs = pair
    assert not wait_until_any({}, 0)
    assert not wait_until_any({ours.fileno(): READ, theirs.fileno(): READ}, 0.001)
    assert wait_until_any({ours.fileno(): READ, theirs.fileno(): WRITE}, None)
    ours.send(b"x")
    assert wait_until_any({ours.fileno(): READ, theirs.fileno(): READ}, 5)


def test_a_mask_of_nothing_waits_for_the_end_only(pair: Pair) -> None:
    ours, theirs = pair
    theirs.send(b"x")
    theirs.shutdown(socket.SHUT_WR)
    assert not wait_until_any({ours.fileno(): 0}, 0)
    theirs.close()
    assert wait_until_any({ours.fileno(): 0}, 5)


ENDLESS = [2**31 / 1000, 2**31, 1e15, 1e300]
"""Seconds; more than the system can count as milliseconds in 32 bits."""


@pytest.mark.parametrize("seconds", ENDLESS)
def test_a_wait_may_be_as_long_as_anybody_wants(poller: Poller, seconds: float) -> None:
    """Such a wait used to end the loop."""
    poller.wake()
    assert poller.wait(seconds) == []


@pytest.mark.parametrize("seconds", ENDLESS)
def test_a_thread_may_wait_as_long_as_it_wants(pair: Pair, seconds: float) -> None:
    ours, theirs = pair
    assert wait_until_ready(ours.fileno(), WRITE, seconds)
    thread = threading.Thread(target=theirs.send, args=(b"x",))
    thread.start()
    assert wait_until_any({ours.fileno(): READ}, seconds)
    thread.join()


@pytest.mark.parametrize("seconds", [0.0101, 0.0109])
def test_a_wait_does_not_end_before_its_time(pair: Pair, seconds: float) -> None:
    began = time.monotonic()
    assert not wait_until_ready(pair[0].fileno(), READ, seconds)
    assert time.monotonic() - began >= seconds


def test_where_there_is_no_epoll_there_is_poll(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("select.epoll")
    made = create_poller()
    assert isinstance(made, PollPoller)
    made.close()


def test_L5_a_descriptor_that_cannot_be_watched_is_the_callers_and_can_be_armed_later(pair: Pair) -> None:
    made = EpollPoller()
    ours, theirs = pair
    number = os.open(os.devnull, os.O_RDONLY)
    with pytest.raises(OSError, match="not permitted"):
        made.arm(number, READ)
    made.forget(number)
    os.dup2(ours.fileno(), number)
    made.arm(number, READ)
    theirs.send(b"x")
    assert made.wait(5) == [(number, READ)]
    made.close()
    os.close(number)


@pytest.mark.parametrize("before", [None, READ, WRITE])
def test_arming_while_another_thread_polls_ends_a_poll_that_does_not_know(
    pair: Pair, monkeypatch: pytest.MonkeyPatch, before: int | None
) -> None:
    made = PollPoller()
    if before is not None:
        made.arm(pair[0].fileno(), before)
    monkeypatch.setattr(made, "_waiting", True)
    wakes: list[bool] = []
    monkeypatch.setattr(made, "wake", lambda: wakes.append(True))
    made.arm(pair[0].fileno(), READ)
    assert len(wakes) == (before != READ)
    made.close()


def test_what_is_forgotten_while_another_thread_polls_is_not_delivered(pair: Pair) -> None:
    made = PollPoller()
    ours, theirs = pair
    made.arm(ours.fileno(), READ)
    theirs.send(b"x")
    polled: list[list[tuple[int, int]]] = []
    thread = threading.Thread(target=lambda: polled.append(made.wait(5)))
    with made._lock:
        thread.start()
        made._masks.pop(ours.fileno())
    made.wake()
    thread.join()
    assert polled == [[]]
    made.close()
