"""What the scripts of one server share. D18, C11, L8, L9."""

import threading
import time

import pytest

from pyhttp.cgi.scripts import Scripts
from pyhttp.errors import InternalError, Unavailable
from pyhttp.limits import Limits, Timeouts


class FakeGroup:
    """A group that ends when it is told so often enough."""

    def __init__(self, scripts: Scripts, *, stubborn: bool = False) -> None:
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


def make(count: int = 2, kill: float = 0.05) -> Scripts:
    return Scripts(Limits(scripts=count), Timeouts(script_kill=kill))


def test_D18_so_many_at_once() -> None:
    scripts = make()
    first = scripts.start(lambda: FakeGroup(scripts))
    scripts.admit()
    scripts.start(lambda: FakeGroup(scripts))
    assert scripts.running == 2
    for refused in (scripts.admit, lambda: scripts.start(lambda: FakeGroup(scripts))):
        with pytest.raises(Unavailable) as raised:
            refused()
        assert raised.value.fields == (("Retry-After", "1"),)
    scripts.forget(first)
    scripts.forget(first)
    assert scripts.running == 1
    scripts.start(lambda: FakeGroup(scripts))


def test_D18_what_cannot_be_started_does_not_count() -> None:
    scripts = make(1)

    def fail() -> FakeGroup:
        raise InternalError

    with pytest.raises(InternalError):
        scripts.start(fail)
    scripts.start(lambda: FakeGroup(scripts))


def test_C11_destroy_waits_for_nothing_though_its_own_thread_holds_the_lock() -> None:
    scripts = make(kill=60.0)
    group = scripts.start(lambda: FakeGroup(scripts, stubborn=True))
    with scripts._lock:  # as in a signal handler
        scripts.destroy()
    assert group.told == ["destroy"]


def test_C11_stop_asks_all_to_end_and_starts_no_more() -> None:
    scripts = make(kill=60.0)
    groups = [scripts.start(lambda: FakeGroup(scripts, stubborn=True)) for _ in range(2)]
    assert not scripts.stopping
    scripts.stop()
    assert scripts.stopping
    assert [group.told for group in groups] == [["TERM"], ["TERM"]]
    with pytest.raises(Unavailable):
        scripts.admit()
    with pytest.raises(Unavailable):
        scripts.start(lambda: FakeGroup(scripts))


def test_C11_close_kills_what_is_left() -> None:
    scripts = make()
    tame = scripts.start(lambda: FakeGroup(scripts))
    wild = scripts.start(lambda: FakeGroup(scripts, stubborn=True))
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
    wild = scripts.start(lambda: FakeGroup(scripts, stubborn=True))
    scripts.stop()
    stopped = time.monotonic()
    scripts.close()
    assert 0.2 <= time.monotonic() - stopped < 0.35
    assert wild.told[-1] == "KILL"


def test_close_waits_no_longer_than_the_last_script() -> None:
    scripts = make(kill=60.0)
    group = scripts.start(lambda: FakeGroup(scripts, stubborn=True))
    timer = threading.Timer(0.05, scripts.forget, (group,))
    timer.start()
    scripts.close()
    timer.join()
    assert "KILL" not in group.told


def test_C11_what_is_being_started_when_the_server_stops_is_ended_too() -> None:
    """`stop` does not wait for a start in progress, and `close` does."""
    scripts = make(kill=60.0)

    def start() -> FakeGroup:
        scripts.stop()
        assert scripts.running == 1
        closer.start()
        return FakeGroup(scripts)

    closer = threading.Thread(target=scripts.close)
    group = scripts.start(start)
    closer.join()
    assert (group.told, scripts.running) == (["TERM"], 0)
