"""The times at which a process is started, and ended by force."""

import errno
import os
import select
from collections.abc import Iterator
from unittest import mock

import pytest

from pyhttp.servers import supervising
from pyhttp.servers.process import Process
from pyhttp.servers.supervising import Supervisor
from pyhttp.transport.alarm import Alarm


class Clock:
    """Seconds that pass when the test says so."""

    now = 1000.0

    def monotonic(self) -> float:
        return self.now


class Fake(Process):
    """A stand-in for a process. It does nothing, and has no process.

    Attributes:
        done: The things that were asked of it.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.descriptor, self.theirs = os.pipe()
        self.began = clock.now
        self.is_ready = self.is_asked = self.is_closed = False
        self.kill_at = float("inf")
        self.done: list[str] = []

    @property
    def pid(self) -> int:
        return 7

    def says(self, word: bytes) -> None:
        os.write(self.theirs, word)

    def dies(self) -> None:
        os.close(self.theirs)
        self.theirs = -1

    def leave(self) -> None:
        self.is_asked = True
        self.done.append("leave")

    def stop(self) -> None:
        self.is_asked = True
        self.done.append("stop")

    def end(self) -> None:
        self.done.append("end")

    def end_late(self, now: float) -> None:
        if now >= self.kill_at:
            self.done.append("kill")
            self.dies()

    def reap(self) -> str:
        os.close(self.descriptor)
        if self.theirs >= 0:
            self.dies()
        return "somehow"


class World:
    """A supervisor, whose processes are fakes.

    Attributes:
        made: The processes that were started.
        failing: Whether no process can be started.
    """

    def __init__(self, count: int, clock: Clock) -> None:
        self.clock = clock
        self.made: list[Fake] = []
        self.failing = False
        self.reports: list[str] = []
        self.closed = 0
        self.supervisor = Supervisor(count, self.start, self.reports.append, self.close)

    def start(self) -> Process:
        if self.failing:
            raise OSError(errno.EAGAIN, "no more")
        self.made.append(Fake(self.clock))
        return self.made[-1]

    def close(self) -> None:
        self.closed += 1

    def turn(self) -> None:
        """Do what is due, and hear what has been said."""
        now = self.clock.now
        self.supervisor._fill(now)
        self.supervisor._renew()
        self.supervisor._listen(0)

    def wait(self) -> float:
        """Seconds until there is something to do."""
        return self.supervisor._next_look() - self.clock.now


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    clock = Clock()
    monkeypatch.setattr(supervising, "time", clock)
    made = World(2, clock)
    yield made
    made.supervisor.close()


def serve(world: World) -> None:
    world.turn()
    for process in world.made:
        process.says(b"R")
    world.turn()


@pytest.mark.parametrize(
    ("order", "stops", "done"), [("stop", True, []), ("renew", False, []), ("end_at_once", True, ["end"])]
)
def test_an_order_is_noticed_at_once(world: World, order: str, stops: bool, done: list[str]) -> None:
    supervisor = world.supervisor
    world.turn()
    assert not select.select([supervisor.alarm.descriptor], [], [], 0)[0]
    getattr(supervisor, order)()
    assert select.select([supervisor.alarm.descriptor], [], [], 0)[0]
    assert supervisor.stopping is stops
    assert [process.done for process in world.made] == [done] * 2
    supervisor._listen(0)
    assert not select.select([supervisor.alarm.descriptor], [], [], 0)[0]


@pytest.mark.parametrize(("seconds", "waited"), [(0.5, 501), (0.0, 1), (-3.0, 1), (float("inf"), None)])
def test_a_wait_ends_when_there_is_something_to_do_and_not_before(
    world: World, monkeypatch: pytest.MonkeyPatch, seconds: float, waited: float | None
) -> None:
    poll = mock.Mock()
    poll.poll.return_value = []
    monkeypatch.setattr(select, "poll", lambda: poll)
    world.supervisor._listen(seconds)
    assert poll.poll.mock_calls == [mock.call(waited)]


def test_whoever_stops_fills_no_place(world: World) -> None:
    serve(world)
    world.made[0].dies()
    world.turn()
    assert world.wait() == 0
    world.supervisor.stop()
    assert world.wait() == float("inf")
    world.made[1].dies()
    world.supervisor.run()
    assert len(world.made) == 2


def test_the_first_end_is_made_good_at_once_and_further_ones_later_and_later(world: World) -> None:
    serve(world)
    waits = []
    for _ in range(12):
        world.made[-1].dies()
        world.turn()
        waits.append(world.wait())
        world.clock.now += world.wait()
        world.turn()
        world.made[-1].says(b"R")
        world.turn()
    assert waits == [0, 0.25, 0.5, 1, 2, 4, 8, 16, 30, 30, 30, 30]
    world.clock.now += 10
    world.made[-1].dies()
    world.turn()
    assert world.wait() == 0
    assert world.reports == ["process 7 ended somehow; another one takes its place"] * 13
    assert len(world.made) == 14


def test_what_cannot_be_started_is_tried_again_later_and_later(world: World) -> None:
    serve(world)
    world.failing = True
    world.made[-1].dies()
    world.turn()
    waits = []
    for _ in range(3):
        world.turn()
        waits.append(world.wait())
        world.clock.now += world.wait()
    assert waits == [0.25, 0.5, 1]
    assert world.reports[1:] == ["cannot start a process: no more"] * 3
    world.failing = False
    world.turn()
    assert len(world.made) == 3


def test_each_is_replaced_when_the_one_before_it_has_been(world: World) -> None:
    serve(world)
    first, second = world.made
    world.supervisor.renew()
    world.turn()
    world.turn()
    assert len(world.made) == 3
    assert first.done == []
    world.made[2].says(b"R")
    world.turn()
    assert first.done == ["leave"]
    world.turn()
    assert len(world.made) == 4
    assert second.done == []
    world.made[3].says(b"R")
    world.turn()
    world.turn()
    assert (first.done, second.done, len(world.made)) == (["leave"], ["leave"], 4)
    first.dies()
    second.dies()
    world.turn()
    world.turn()
    assert (world.reports, len(world.made)) == ([], 4)


def test_one_that_is_missing_is_replaced_by_a_renewal_at_once(world: World) -> None:
    serve(world)
    world.supervisor._places[0].failures = 8
    world.made[0].dies()
    world.turn()
    assert world.wait() == 30
    world.supervisor.renew()
    world.turn()
    world.turn()
    assert len(world.made) == 4  # one is in its place, and one is in the place of the other process
    assert world.supervisor._places[0].holder in world.made[2:]


def test_one_that_has_replaced_another_begins_with_no_short_lives(world: World) -> None:
    serve(world)
    world.supervisor._places[0].failures = 8
    world.supervisor.renew()
    world.turn()
    world.made[2].says(b"R")
    world.turn()
    world.made[2].dies()
    world.turn()
    assert world.wait() == 0


def test_one_that_lets_nobody_in_any_more_is_replaced_before_it_has_ended(world: World) -> None:
    serve(world)
    world.made[0].says(b"C")
    world.turn()
    world.turn()
    assert len(world.made) == 3
    world.made[0].dies()
    world.turn()
    assert world.reports == []


def test_the_listeners_are_closed_when_nobody_lets_anybody_in_any_more(world: World) -> None:
    serve(world)
    world.supervisor.stop()
    supervisor = world.supervisor
    supervisor._stop_all()
    assert [process.done for process in world.made] == [["stop"], ["stop"]]
    world.made[0].says(b"C")
    supervisor._listen(0)
    supervisor._listen(0)
    supervisor._stop_all()
    assert world.closed == 0
    world.made[1].says(b"C")
    supervisor._listen(0)
    supervisor._stop_all()
    supervisor._stop_all()
    assert world.closed == 1
    assert [process.done for process in world.made] == [["stop"], ["stop"]]


def test_who_does_not_end_in_time_is_ended_by_force(world: World) -> None:
    world.turn()
    world.made[0].kill_at = world.clock.now + 5
    assert world.wait() == 5
    world.made[1].dies()
    world.supervisor.stop()
    world.clock.now += 5
    world.supervisor.run()
    assert world.made[0].done == ["stop", "kill"]
    assert world.supervisor.processes == {}


def test_where_the_first_one_ends_before_it_serves_all_end(world: World) -> None:
    world.turn()
    world.made[0].dies()
    world.turn()
    world.made[1].dies()
    with pytest.raises(RuntimeError, match="the processes cannot serve: the first one ended somehow"):
        world.supervisor.run()
    assert world.made[1].done == ["stop"]


def test_a_supervisor_begins_with_nothing(world: World) -> None:
    assert not world.supervisor.stopping
    assert world.supervisor.processes == {}
    world.turn()
    world.turn()
    assert len(world.made) == 2  # no renewal was asked for
    assert [process.done for process in world.made] == [[], []]


def rings(world: World) -> bool:
    return bool(select.select([world.supervisor.alarm.descriptor], [], [], 0)[0])


@pytest.mark.parametrize("missing", [False, True])
def test_a_renewal_that_has_taken_a_step_looks_for_the_next_one_at_once(world: World, missing: bool) -> None:
    serve(world)
    if missing:
        world.supervisor._places[0].failures = 8
        world.made[0].dies()
        world.turn()
    world.supervisor.renew()
    world.supervisor.alarm.silence()
    world.supervisor._renew()
    assert rings(world)
    assert world.wait() == (-world.clock.now if missing else float("inf"))


class Enough(Exception):
    """The end of a run."""


@pytest.mark.parametrize("seconds", [5.0, 0.5])
def test_it_sleeps_until_the_next_end_by_force(world: World, monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    waits: list[float] = []

    def listen(seconds: float) -> None:
        waits.append(seconds)
        raise Enough

    world.turn()
    world.made[0].kill_at = world.clock.now + seconds
    world.made[1].kill_at = world.clock.now + 100
    monkeypatch.setattr(world.supervisor, "_listen", listen)
    with pytest.raises(Enough):
        world.supervisor.run()
    assert waits == [seconds]


def test_each_round_fills_places_and_takes_a_step_of_a_renewal(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def listen(_: float) -> None:
        raise Enough

    monkeypatch.setattr(world.supervisor, "_listen", listen)
    for wanted in (2, 3, 3):
        with pytest.raises(Enough):
            world.supervisor.run()
        assert len(world.made) == wanted
        world.supervisor.renew()


def test_what_cannot_be_started_ends_no_renewal(world: World) -> None:
    serve(world)
    world.failing = True
    world.supervisor.renew()
    world.turn()
    world.turn()
    world.turn()
    assert world.reports == ["cannot start a process: no more"] * 2
    assert [process.done for process in world.made] == [[], []]
    world.failing = False
    world.supervisor.renew()
    world.turn()
    world.made[2].says(b"R")
    world.turn()
    assert [process.done for process in world.made] == [["leave"], [], []]


def test_meanwhile_a_renewal_does_not_mind_what_others_say_or_how_they_end(world: World) -> None:
    serve(world)
    world.supervisor.renew()
    world.turn()
    world.made[1].says(b"R")
    world.turn()
    assert [process.done for process in world.made] == [[], [], []]
    world.made[1].dies()
    world.turn()
    assert world.reports == ["process 7 ended somehow; another one takes its place"]
    world.made[2].says(b"R")
    world.turn()
    assert world.made[0].done == ["leave"]
    world.turn()
    assert len(world.made) == 5  # the next successor runs, and one in the place of the process that ended


@pytest.mark.parametrize("stops", [False, True])
def test_a_new_process_that_ends_before_it_serves_ends_the_renewal(world: World, stops: bool) -> None:
    serve(world)
    world.supervisor.renew()
    world.turn()
    world.made[2].dies()
    if stops:
        world.supervisor.stop()
    world.supervisor._listen(0)
    world.supervisor._listen(0)
    told = [] if stops else ["the processes stay as they are: a new one ended somehow before it served"]
    assert world.reports == told
    world.supervisor._renew()
    assert len(world.made) == 3
    assert [process.done for process in world.made[:2]] == [[], []]
    assert world.wait() == float("inf")


def test_at_last_what_is_left_is_ended_by_force_and_forgotten(world: World) -> None:
    serve(world)
    world.supervisor.close()
    assert [process.done for process in world.made] == [["kill"], ["kill"]]
    assert world.supervisor.processes == {}
    world.supervisor.alarm = Alarm()  # the end of the test closes it
