"""Every test ends, and so does everything that it has started, however the tests themselves were started.

Tests that are started in the background, or by nohup, ignore signals, and so do their children; but signals that tests
send have to arrive. A test that hangs fails, by an exception in its own code, so that its `finally` ends what it has
begun.
"""

import faulthandler
import os
import signal
import sys
import threading
from collections.abc import Generator
from types import FrameType
from typing import Final

import pytest

__all__ = ["pytest_configure", "pytest_runtest_protocol", "pytest_sessionfinish"]

SECONDS: Final = float(os.environ.get("TEST_SECONDS", "300"))
"""The seconds that one test may take. The longest takes less than a tenth of it on an idle machine."""
AGAIN: Final = 30.0
"""Seconds after which it is told again: a server takes what is raised in its handler for the handler's fault."""
PATIENCE: Final = 2.0
"""Seconds for threads to end that are there when all tests are over."""


def pytest_configure(config: pytest.Config) -> None:
    """Give signals the meaning that they have in a terminal. A program that a test starts has the default actions."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGALRM, signal.SIGHUP, signal.SIGINT, signal.SIGTERM})
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, _terminated)
    signal.signal(signal.SIGALRM, _late)


def _terminated(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt  # a signal that ends the tests also ends their servers


def _late(number: int, frame: FrameType | None) -> None:
    faulthandler.dump_traceback(file=sys.__stderr__ or 2)
    pytest.fail(f"it has taken more than {SECONDS:g} s")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol() -> Generator[None, object, object]:
    """Limit the time of a test and of its set-up."""
    signal.setitimer(signal.ITIMER_REAL, SECONDS, AGAIN)
    try:
        return (yield)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """End the process in any case. The interpreter would wait for a thread that a late test has left."""
    session.config.add_cleanup(lambda: _leave(int(session.exitstatus)))


def _leave(status: int) -> None:
    others = [each for each in threading.enumerate() if not each.daemon and each is not threading.current_thread()]
    for thread in others:
        thread.join(PATIENCE)
    if any(thread.is_alive() for thread in others):
        sys.stdout.flush()
        os._exit(status or 1)
