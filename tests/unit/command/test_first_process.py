"""The parent of a server as the first process of a container, on a fake system."""

import os
import signal
import sys
from collections import deque
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from pyhttp.command import cli
from pyhttp.command.first_process import stand_in

CHILD = 4711
BY_A_PROCESS, BY_THE_SYSTEM = 0, 0x80


class System:
    """What the parent is told.

    Attributes:
        signals: The signals that come in turn, each with its origin.
        ended: The processes that ended in turn, with their statuses. A 0 says that no further one has ended now.
        passed_on: The signals that the child got.
    """

    def __init__(self) -> None:
        self.signals: deque[tuple[signal.Signals, int]] = deque()
        self.ended: deque[tuple[int, int]] = deque()
        self.passed_on: list[tuple[int, int]] = []
        self.child = CHILD


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch) -> Iterator[System]:
    told = System()

    def wait(awaited: set[signal.Signals]) -> SimpleNamespace:
        number, origin = told.signals.popleft()
        assert number in awaited
        return SimpleNamespace(si_signo=number, si_code=origin)

    monkeypatch.setattr(os, "fork", lambda: told.child)
    monkeypatch.setattr(os, "kill", lambda process, number: told.passed_on.append((process, number)))
    monkeypatch.setattr(os, "waitpid", lambda process, options: told.ended.popleft())
    monkeypatch.setattr(signal, "sigwaitinfo", wait)
    handler, mask = signal.getsignal(signal.SIGCHLD), signal.pthread_sigmask(signal.SIG_BLOCK, ())
    yield told
    signal.signal(signal.SIGCHLD, handler)
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)


@pytest.mark.parametrize(("status", "code"), [(0, 0), (2 << 8, 2), (signal.SIGTERM, 128 + signal.SIGTERM)])
def test_it_reaps_orphans_and_ends_as_its_child_does(system: System, status: int, code: int) -> None:
    system.signals += [(signal.SIGCHLD, BY_THE_SYSTEM), (signal.SIGCHLD, BY_THE_SYSTEM)]
    system.ended += [(5, 0), (6, 9), (0, 0), (7, 0), (CHILD, status)]
    assert stand_in() == code
    assert not system.ended


def test_L10_it_passes_signals_on_unless_a_terminal_has_done_so(system: System) -> None:
    system.signals += [
        (signal.SIGHUP, BY_A_PROCESS),
        (signal.SIGINT, BY_THE_SYSTEM),
        (signal.SIGINT, BY_A_PROCESS),
        (signal.SIGTERM, BY_A_PROCESS),
        (signal.SIGCHLD, BY_THE_SYSTEM),
    ]
    system.ended += [(CHILD, 0)]
    assert stand_in() == 0
    assert system.passed_on == [(CHILD, number) for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)]


def test_the_child_goes_on_with_the_signals_as_they_were(system: System) -> None:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    system.child = 0
    assert stand_in() is None
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == before


@pytest.mark.parametrize(("meant", "then"), [("1", str(os.getpid())), ("2", "2")])
def test_sockets_that_were_passed_on_to_it_are_the_childs(
    system: System, monkeypatch: pytest.MonkeyPatch, meant: str, then: str
) -> None:
    system.child = 0
    monkeypatch.setenv("LISTEN_PID", meant)
    assert stand_in() is None
    assert os.environ["LISTEN_PID"] == then


def test_only_the_command_as_the_first_process_has_such_a_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "stand_in", lambda: 42)
    monkeypatch.setattr(sys, "argv", ["pyhttp", "--version"])
    with pytest.raises(SystemExit):
        cli.main()
    monkeypatch.setattr(os, "getpid", lambda: 1)
    assert cli.main() == 42
    with pytest.raises(SystemExit):
        cli.main(["--version"])
