"""Helpers for tests of a stop: handlers without an end, a server in a thread of its own, and the time that it has."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from pyhttp import BaseServer, Request, Response, Timeouts
from tests.helpers.servers import PATIENCE
from tests.helpers.wire_client import WireClient

__all__ = ["END", "STOP", "Handling", "Run", "client_of", "ends", "in_time", "served"]

STOP: Final = Timeouts(stop=0.5, script_kill=0.3)
END: Final = STOP.stop + 1 + 0.25
"""The last part is for the machine of the tests, which is shared."""
LONG: Final = 25.0
"""The seconds that a handler or script takes if it is not ended."""


def client_of(server: BaseServer) -> WireClient:
    return WireClient(*server.addresses[0], patience=10)


class Handling:
    """A handler that runs in its own Python code until the test ends."""

    def __init__(self) -> None:
        self.release = threading.Event()
        self.begun = threading.Semaphore(0)
        self.threads: list[threading.Thread] = []

    def __call__(self, got: Request) -> Response:
        if got.path == "/":
            return Response(200)
        self.threads.append(threading.current_thread())
        self.begun.release()
        self.release.wait(LONG)
        return Response(200, {}, b"too late")


@dataclass
class Run:
    """A server, and the thread in which it serves. The thread belongs to the test."""

    server: BaseServer
    thread: threading.Thread

    def is_over(self) -> bool:
        """Whether `serve_forever` has returned."""
        return not self.thread.is_alive()


@contextmanager
def served(server: BaseServer, handling: Handling | None = None) -> Iterator[Run]:
    """Serve by `server` in a thread of its own. At the end its handlers are released, and everything has ended."""
    run = Run(server, threading.Thread(target=server.serve_forever, daemon=True))
    run.thread.start()
    try:
        yield run
    finally:
        if handling is not None:
            handling.release.set()
        server.close()
        run.thread.join(PATIENCE)
        assert run.is_over()


@contextmanager
def in_time() -> Iterator[None]:
    """Check that the block takes no longer than a stop may."""
    began = time.monotonic()
    yield
    taken = time.monotonic() - began
    assert taken < END, f"it took {taken:.2f} s"


def ends(run: Run) -> None:
    """Check that `close` returns in time, and that `serve_forever` has returned by then."""
    with in_time():
        run.server.close()
        run.thread.join(END)
    assert run.is_over()
