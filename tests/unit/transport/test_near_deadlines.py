"""A deadline before the leader's next look is reported to the leader, at any moment of its wait."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from pyhttp.request import Request
from pyhttp.transport.client import Connection
from tests.helpers.fakes import World, later, world
from tests.helpers.guarded import Ending, Owners, end_turn, guarded
from tests.helpers.outside import Pending
from tests.helpers.sockets import request


def soon(seconds: float) -> Ending:
    """A handler that awaits something that is ready when its time has come, and makes no event."""

    def ending(asked: Request) -> None:
        pending = Pending(due=1000.0 + seconds)
        pending.delay(asked)
        pending.fired = True

    return ending


@contextmanager
def in_turns(count: int) -> Iterator[tuple[World, Owners, list[Connection]]]:
    """A world with connections whose turns were left to the test."""
    with guarded() as owners, world(later) as made:
        made.lock.released = owners.released
        conns = []
        for _ in range(count):
            peer, conn = made.connect()
            peer.send(request())
            conns.append(conn)
        made.work()
        assert made.employer.turns == conns
        yield made, owners, conns


@pytest.mark.parametrize("told_before", [0, 1, 2])
def test_near_deadlines_are_told_while_the_leader_is_about_to_wait(told_before: int) -> None:
    """The leader waits no longer than the nearest deadline, whatever it has seen already."""
    with in_turns(2) as (made, owners, conns):
        began = made.clock.now
        due = list(zip(conns, (0.75, 0.25), strict=True))

        def tell(what: list[tuple[Connection, float]]) -> None:
            for conn, seconds in what:
                end_turn(made, owners, conn, soon(seconds))

        def waiting(_: float) -> None:
            made.poller.waiting = None
            tell(due[told_before:])

        tell(due[:told_before])
        made.poller.waiting = waiting
        looks = set()
        while made.clock.now < began + 0.75:
            made.round()
            looks.add(made.clock.now - began)
        assert {0.25, 0.75} <= looks <= {0.0, 0.25, 0.75}
        assert [b"answer" in peer.read() for peer in made.peers] == [True, True]


class Near(deque[tuple[float, int]]):
    """The near deadlines. Another thread is at work whenever they are looked at, or when one is put there."""

    def __init__(self, moment: str, other: Callable[[], None]) -> None:
        super().__init__()
        self._moment = moment
        self._other = other
        self._looks = 0

    def _reach(self, moment: str) -> None:
        if moment == self._moment:
            self._moment = ""
            self._other()

    def __bool__(self) -> bool:
        self._looks += 1
        self._reach(f"before look {self._looks}")
        found = len(self) > 0
        self._reach(f"after look {self._looks}")
        return found

    def append(self, item: tuple[float, int], /) -> None:
        self._reach("before it is put there")
        super().append(item)
        self._reach("after it was put there")


@pytest.mark.parametrize("moment", ["before look 1", "after look 1", "before look 2", "after look 2"])
def test_a_near_deadline_is_told_around_each_look_of_the_leader(moment: str) -> None:
    """The leader says until when it waits, then looks.

    A thread tells a deadline, then looks until when the leader waits.
    """
    with in_turns(1) as (made, owners, (conn,)):
        began = made.clock.now
        made.registry.near = Near(moment, lambda: end_turn(made, owners, conn, soon(0.25)))
        while made.clock.now == began:
            made.round()
        assert made.clock.now - began == 0.25
        assert b"answer" in made.peers[0].read()


@pytest.mark.parametrize("moment", ["before it is put there", "after it was put there"])
def test_the_leader_looks_around_the_telling_of_a_near_deadline(moment: str) -> None:
    with in_turns(1) as (made, owners, (conn,)):
        began = made.poller.until = made.clock.now

        def other() -> None:
            with owners.acting("leader"):
                made.round(2)

        made.registry.near = Near(moment, other)
        end_turn(made, owners, conn, soon(0.25))
        made.poller.until = float("inf")
        while made.clock.now == began:
            made.round()
        assert made.clock.now - began == 0.25
        assert b"answer" in made.peers[0].read()


def test_a_leader_who_does_not_wait_is_not_woken() -> None:
    with in_turns(1) as (made, owners, (conn,)):
        made.poller.until = made.clock.now
        made.round(2)
        end_turn(made, owners, conn, soon(0.25))
        assert made.poller.calls["wake"] == 0
        made.poller.until = float("inf")
