"""The shared state of the scripts of one server: places, the queue for them, and their end. D18, C11, L8, L9."""

import os
import select
import threading
import time

import pytest

from pyhttp.cgi.running import Place, RunningScripts
from pyhttp.errors import InternalError, Unavailable
from pyhttp.limits import Limits, Timeouts
from tests.helpers.sockets import descriptors


class FakeGroup:
    """A group that ends when it was told to end often enough."""

    def __init__(self, scripts: RunningScripts, *, stubborn: bool = False) -> None:
        self.scripts = scripts
        self.stubborn = stubborn
        self.told: list[str] = []

    def terminate(self) -> None:
        self.told.append("TERM")
        if not self.stubborn:
            self.scripts.forget(self)

    def destroy(self) -> None:
        self.told.append("destroy")

    def kill(self) -> None:
        self.told.append("KILL")
        self.scripts.forget(self)


def make(count: int = 2, *, kill: float = 0.05, wait: float = 60.0) -> RunningScripts:
    return RunningScripts(Limits(scripts=count), Timeouts(script_kill=kill, script_wait=wait))


def start(scripts: RunningScripts, *, stubborn: bool = False) -> FakeGroup:
    """Start one more script."""
    return scripts.reserve().start(lambda: FakeGroup(scripts, stubborn=stubborn))


def refused(place: Place, scripts: RunningScripts, reason: str) -> bool:
    """Whether no script can be started in `place`, which is given back."""
    with pytest.raises(Unavailable, match=reason) as raised:
        place.start(lambda: FakeGroup(scripts))
    return raised.value.headers == (("Retry-After", "1"),)


def is_called(place: Place) -> bool:
    """Whether a descriptor that a waiter for `place` watches has become readable."""
    return bool(select.select(place.watched(), [], [], 0)[0])


def test_D18_so_many_at_once() -> None:
    scripts = make()
    first = start(scripts)
    start(scripts)
    assert scripts.running == 2
    assert refused(scripts.reserve(), scripts, "2 scripts are running already")
    scripts.forget(first)
    scripts.forget(first)
    assert scripts.running == 1
    start(scripts)
    assert scripts.running == 2


def test_D18_what_is_reserved_counts_and_is_started_without_a_wait() -> None:
    scripts = make(1)
    place = scripts.reserve()
    assert (place.granted, place.proceed(), place.watched()) == (True, True, ())
    assert scripts.running == 1
    waiting = scripts.reserve()
    assert (waiting.granted, waiting.proceed()) == (False, False)
    place.start(lambda: FakeGroup(scripts))
    place.close()  # the script has taken it
    assert (scripts.running, waiting.proceed()) == (1, False)
    waiting.close()


def test_D18_who_does_not_wait_need_not_be_called() -> None:
    place = make().reserve()
    place.call()
    place.leave()
    assert (place.proceed(), place.watched()) == (True, ())
    place.close()


def test_D18_what_cannot_be_started_does_not_count() -> None:
    scripts = make(1)

    def fail() -> FakeGroup:
        raise InternalError

    with pytest.raises(InternalError):
        scripts.reserve().start(fail)
    assert scripts.running == 0
    start(scripts)


def test_D18_what_cannot_be_started_leaves_its_place_to_the_next() -> None:
    scripts = make(1)
    place, waiting = scripts.reserve(), scripts.reserve()

    def fail() -> FakeGroup:
        raise InternalError

    with pytest.raises(InternalError):
        place.start(fail)
    assert is_called(waiting)
    waiting.start(lambda: FakeGroup(scripts))
    assert (scripts.running, waiting.watched()) == (1, ())


def test_D18_further_ones_wait_in_order() -> None:
    scripts = make(1)
    running = start(scripts)
    line = [scripts.reserve() for _ in range(3)]
    assert [is_called(place) for place in line] == [False] * 3
    scripts.forget(running)
    assert [(place.proceed(), is_called(place)) for place in line] == [(True, True), (False, False), (False, False)]
    assert scripts.running == 1
    second = line[0].start(lambda: FakeGroup(scripts))
    scripts.forget(second)
    assert [place.granted for place in line[1:]] == [True, False]
    for place in line:
        place.close()
    assert scripts.running == 0


def test_D18_the_wait_is_bounded() -> None:
    scripts = make(1, wait=0.05)
    running = start(scripts)
    before = time.monotonic()
    place = scripts.reserve()
    assert before + 0.05 <= place.due() <= time.monotonic() + 0.05
    assert not place.proceed()
    select.select(place.watched(), [], [], max(0.0, place.due() - time.monotonic()))
    assert place.proceed()
    assert refused(place, scripts, "1 scripts are running already")
    scripts.forget(running)
    assert scripts.running == 0


def test_D18_who_does_not_want_it_any_more_leaves_the_line() -> None:
    scripts = make(1)
    running = start(scripts)
    before = descriptors()
    line = [scripts.reserve() for _ in range(3)]
    line[1].close()
    line[1].close()
    scripts.forget(running)
    line[0].close()
    line[0].close()
    assert [place.granted for place in line] == [False, False, True]
    assert scripts.running == 1
    line[2].close()
    assert (scripts.running, descriptors()) == (0, before)


def test_L5_without_descriptors_nobody_is_put_in_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> tuple[int, int]:
        raise OSError("Too many open files")

    scripts = make(1)
    running = start(scripts)
    with monkeypatch.context() as patched:
        patched.setattr(os, "pipe", fail)
        with pytest.raises(Unavailable, match="Too many open files"):
            scripts.reserve()
    scripts.forget(running)
    assert start(scripts).told == []


def test_C11_destroy_waits_for_nothing_though_its_own_thread_holds_the_lock() -> None:
    scripts = make(kill=60.0)
    group = start(scripts, stubborn=True)
    with scripts._lock:  # as in a signal handler
        scripts.destroy()
    assert group.told == ["destroy"]


def test_C11_stop_asks_all_to_end_and_starts_no_more() -> None:
    scripts = make(kill=60.0)
    groups = [start(scripts, stubborn=True) for _ in range(2)]
    assert not scripts.stopping
    scripts.stop()
    assert scripts.stopping
    assert [group.told for group in groups] == [["TERM"], ["TERM"]]
    with pytest.raises(Unavailable, match="stopping"):
        scripts.reserve()


def test_C11_a_stop_calls_all_who_wait_and_nobody_is_next() -> None:
    scripts = make(1, kill=60.0)
    running = start(scripts, stubborn=True)
    line = [scripts.reserve() for _ in range(2)]
    scripts.stop()
    scripts.stop()
    assert [(place.proceed(), is_called(place)) for place in line] == [(True, True)] * 2
    scripts.forget(running)
    assert [place.granted for place in line] == [False, False]
    for place in line:
        assert refused(place, scripts, "stopping")
    assert scripts.running == 0


def test_C11_a_place_is_of_no_use_after_a_stop() -> None:
    scripts = make()
    place = scripts.reserve()
    scripts.stop()
    assert refused(place, scripts, "stopping")
    assert scripts.running == 0


def test_C11_close_kills_what_is_left() -> None:
    scripts = make()
    tame = start(scripts)
    wild = start(scripts, stubborn=True)
    started = time.monotonic()
    scripts.close()
    assert time.monotonic() - started >= 0.05
    assert (tame.told, wild.told) == (["TERM"], ["TERM", "KILL"])
    assert scripts.running == 0


def test_L9_close_twice_and_without_scripts_takes_no_time() -> None:
    scripts = make(kill=60.0)
    scripts.close()
    scripts.close()


def test_L8_the_time_since_stop_counts() -> None:
    scripts = make(kill=0.2)
    wild = start(scripts, stubborn=True)
    scripts.stop()
    stopped = time.monotonic()
    scripts.close()
    assert 0.2 <= time.monotonic() - stopped < 0.35
    assert wild.told[-1] == "KILL"


@pytest.mark.parametrize(("kill", "patience"), [(60.0, 0.05), (0.05, 60.0)])
def test_L8_close_has_the_patience_of_its_caller_at_most(kill: float, patience: float) -> None:
    scripts = make(kill=kill)
    wild = start(scripts, stubborn=True)
    started = time.monotonic()
    scripts.close(patience)
    assert 0.05 <= time.monotonic() - started < 5
    assert wild.told == ["TERM", "KILL"]


def test_close_waits_no_longer_than_the_last_script() -> None:
    scripts = make(kill=60.0)
    group = start(scripts, stubborn=True)
    timer = threading.Timer(0.05, scripts.forget, (group,))
    timer.start()
    scripts.close()
    timer.join()
    assert "KILL" not in group.told


def test_C11_what_is_being_started_when_the_server_stops_is_ended_too() -> None:
    """`stop` does not wait for a start in progress, and `close` does."""
    scripts = make(kill=60.0)

    def begin() -> FakeGroup:
        scripts.stop()
        assert scripts.running == 1
        closer.start()
        return FakeGroup(scripts)

    closer = threading.Thread(target=scripts.close)
    group = scripts.reserve().start(begin)
    closer.join()
    assert (group.told, scripts.running) == (["TERM"], 0)
