"""A process as its parent sees it."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from pyhttp.servers import process
from pyhttp.servers.child import CLOSED, END, LEAVE, READY, STOP
from pyhttp.servers.process import Process
from pyhttp.transport.shared import Seats
from tests.helpers.servers import PATIENCE


@pytest.fixture
def seats() -> Iterator[Seats]:
    made = Seats()
    yield made
    assert sorted(made._free) == list(range(len(made._free)))
    assert len(made._free) == 1024
    made.close()


def test_where_none_can_be_started_nothing_is_left(monkeypatch: pytest.MonkeyPatch, seats: Seats) -> None:
    monkeypatch.setattr(sys, "executable", "/missing/python")
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    with pytest.raises(FileNotFoundError):
        Process(b"", [], seats, 1.0)
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == before


def test_one_that_ends_before_it_has_read_what_it_serves_is_heard_of(
    monkeypatch: pytest.MonkeyPatch, seats: Seats
) -> None:
    monkeypatch.setattr(process, "_BOOT", "raise SystemExit(3)")
    made = Process(bytes(1 << 20), [], seats, 1.0)
    assert not made.hear()
    made.leave()  # no process hears this
    assert made.reap() == "with exit status 3"


def test_one_that_has_closed_everything_and_runs_on_is_ended_by_force(
    monkeypatch: pytest.MonkeyPatch, seats: Seats
) -> None:
    monkeypatch.setattr(process, "_BOOT", "import os, time; os.closerange(0, 100); time.sleep(1000)")
    monkeypatch.setattr(process, "_OVER", 0.05)
    made = Process(b"", [], seats, 1.0)
    assert not made.hear()
    assert made.reap() == "by SIGKILL"


def test_it_is_given_its_time(monkeypatch: pytest.MonkeyPatch, seats: Seats) -> None:
    monkeypatch.setattr(process, "_BOOT", "import sys; sys.stdin.read()")
    made = Process(b"", [], seats, 1000.0)
    made.stop()
    made.end_late(made.began + 900)
    with pytest.raises(subprocess.TimeoutExpired):
        made._popen.wait(0)
    assert made.began + 1000 < made.kill_at < made.began + 1100
    made.end_late(made.kill_at)
    assert made.reap() == "by SIGKILL"


class Clock:
    """A time that does not pass."""

    def monotonic(self) -> float:
        return 50.0


@pytest.mark.parametrize(
    ("order", "word", "seconds"), [(Process.leave, LEAVE, 1001), (Process.stop, STOP, 1001), (Process.end, END, 1)]
)
def test_an_order_is_one_word_and_gives_time_to_end(
    monkeypatch: pytest.MonkeyPatch, seats: Seats, order: Callable[[Process], None], word: bytes, seconds: float
) -> None:
    monkeypatch.setattr(process, "time", Clock())
    monkeypatch.setattr(process, "_BOOT", "import os, sys; os.write(int(sys.argv[2]), os.read(0, 9))")
    made = Process(b"", [], seats, 1000.0)
    assert (made.began, made.is_ready, made.is_asked, made.is_closed) == (50, False, False, False)
    assert made.kill_at == float("inf")
    order(made)
    assert made.is_asked
    assert made.kill_at == 50 + seconds
    assert os.read(made.descriptor, 9) == word
    made.stop()
    assert made.kill_at == 50 + seconds  # a later order gives no more time
    assert not made.hear()
    assert made.reap() == "with exit status 0"


def test_what_it_has_said_stays_true(monkeypatch: pytest.MonkeyPatch, seats: Seats) -> None:
    monkeypatch.setattr(process, "_BOOT", "import os, sys\nwhile os.write(int(sys.argv[2]), os.read(0, 2)): pass")
    made = Process(b"", [], seats, 1.0)
    states = []
    for words in (b"?", READY, b"?", CLOSED, b"?"):
        made._write(words)
        assert made.hear()
        states.append((made.is_ready, made.is_closed))
    assert states == [(False, False), (True, False), (True, False), (True, True), (True, True)]
    assert not made.is_asked
    made._popen.kill()
    assert not made.hear()
    assert made.is_ready
    assert made.reap() == "by SIGKILL"


@pytest.mark.parametrize(
    ("program", "how"),
    [
        ("pass", "with exit status 0"),
        ("raise SystemExit(1)", "with exit status 1"),
        ("import os; os.kill(os.getpid(), 10)", "by SIGUSR1"),
    ],
)
def test_the_way_it_ended_is_told(monkeypatch: pytest.MonkeyPatch, seats: Seats, program: str, how: str) -> None:
    monkeypatch.setattr(process, "_BOOT", program)
    made = Process(b"", [], seats, 1.0)
    assert not made.hear()
    assert made.reap() == how


def test_it_is_ended_by_force_at_its_time_and_no_sooner(monkeypatch: pytest.MonkeyPatch, seats: Seats) -> None:
    monkeypatch.setattr(process, "_BOOT", "import sys; sys.stdin.read()")
    made = Process(b"", [], seats, 1.0)
    done: list[str] = []
    with monkeypatch.context() as patched:
        patched.setattr(made._popen, "kill", lambda: done.append("killed"))
        made.end_late(made.began + 1e9)  # there is no such time yet
        made.kill_at = made.began + 5
        made.end_late(made.began + 4.999)
        assert done == []
        made.end_late(made.began + 5)
        assert done == ["killed"]
    made._popen.kill()
    assert made._popen.wait(PATIENCE) == -signal.SIGKILL
    made.reap()
