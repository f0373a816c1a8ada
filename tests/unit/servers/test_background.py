"""The state of what serves once, on one thread at a time."""

import threading
from typing import Final

import pytest

from pyhttp.servers.background import InBackground
from tests.helpers.servers import PATIENCE

TAKEN: Final = r"^the server is serving already, or has been closed$"


class Serving(InBackground):
    """It serves until it is closed, and knows the thread that has served."""

    def __init__(self) -> None:
        super().__init__()
        self.thread: threading.Thread | None = None
        self.closed = 0
        self.begun = threading.Event()

    def serve_forever(self) -> None:
        self._begin()
        self.thread = threading.current_thread()
        self.begun.set()
        self._ended.wait()

    def close(self) -> None:
        self.closed += 1
        self._ended.set()


class Runner(threading.Thread):
    """A thread that does not run, and counts who waits for it."""

    joined = 0

    def join(self, timeout: float | None = None) -> None:
        assert timeout is None
        self.joined += 1


def test_a_subclass_says_how_to_serve_and_to_close() -> None:
    with pytest.raises(NotImplementedError):
        InBackground().serve_forever()
    with pytest.raises(NotImplementedError):
        InBackground().close()


def test_a_block_serves_on_a_thread_of_its_own_that_ends_with_it() -> None:
    serving = Serving()
    with serving as entered:
        assert entered is serving
        runner = serving._runner
        assert runner is not None
        assert (runner.name, runner.daemon, runner.is_alive()) == ("pyhttp-server", True, True)
        assert not serving._inside()
        assert serving.begun.wait(PATIENCE)
    assert serving.thread is runner
    assert not runner.is_alive()
    assert serving.closed == 1


@pytest.mark.parametrize(
    ("runner", "ended", "begins", "enters"),
    [
        (None, False, True, True),
        (None, True, False, False),
        (threading.current_thread(), False, True, False),
        (threading.current_thread(), True, False, False),
        (Runner(), False, False, False),
        (Runner(), True, False, False),
    ],
)
def test_who_may_begin(runner: threading.Thread | None, ended: bool, begins: bool, enters: bool) -> None:
    serving = Serving()
    serving._runner = runner
    if ended:
        serving._ended.set()
    if not enters:
        with pytest.raises(RuntimeError, match=TAKEN):
            serving.__enter__()
    if begins:
        serving._begin()
        assert serving._runner is threading.current_thread()
        assert serving._inside()
    else:
        with pytest.raises(RuntimeError, match=TAKEN):
            serving._begin()
        assert serving._runner is runner


class Unending(Serving):
    """It is told to end, and does not."""

    def close(self) -> None:
        self.closed += 1


@pytest.mark.parametrize(("made", "joined"), [(Serving, 1), (Unending, 0)])
def test_a_block_waits_for_its_thread_where_the_server_has_ended(made: type[Serving], joined: int) -> None:
    serving, runner = made(), Runner()
    serving._runner = runner
    serving.__exit__()
    assert (serving.closed, runner.joined) == (1, joined)


class Here(Serving):
    """It is its own thread."""

    def _inside(self) -> bool:
        return True


def test_a_block_does_not_wait_for_itself_or_for_nobody() -> None:
    runner, here = Runner(), Here()
    here._runner = runner
    here.__exit__()
    assert (here.closed, runner.joined) == (1, 0)
    never = Serving()
    never.__exit__()
    assert never.closed == 1
