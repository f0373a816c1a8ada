"""A process as its parent sees it."""

import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from pyhttp.servers import process
from pyhttp.servers.process import Process
from pyhttp.transport.shared import Seats


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
