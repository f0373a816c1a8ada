"""A server in a process of its own, for acts that the process of the tests must avoid: to get signals, and to fork.

Its handlers and its main thread report events on standard output, a word or two on each line.
"""

import contextlib
import multiprocessing
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Final

from pyhttp import BaseHttpRequestHandler, Response, Timeouts
from tests.helpers.servers import SERVER_CLASSES
from tests.helpers.wire_client import WireClient

__all__ = ["KINDS", "Alone", "alone"]

KINDS: Final = tuple(each.__name__ for each in SERVER_CLASSES)
PATIENCE: Final = 8.0


@dataclass(frozen=True, slots=True)
class Alone:
    """A server that serves in the main thread of its process until it is signalled."""

    process: subprocess.Popen[bytes]
    address: tuple[str, int]

    def says(self, within: float = PATIENCE) -> str:
        """The next line that it says. This fails when there is none in time."""
        assert self.has_spoken(within), f"it has said nothing for {within:.1f} s"
        assert self.process.stdout is not None
        return self.process.stdout.readline().decode().strip()

    def has_spoken(self, within: float) -> bool:
        """Whether the server has said something within this time."""
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], within)
        return bool(ready)

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    def client(self) -> WireClient:
        """A client of the server."""
        return WireClient(*self.address, patience=PATIENCE)

    def refuses(self) -> bool:
        """Whether nothing listens at its address any more."""
        try:
            self.client().close()
        except ConnectionRefusedError:
            return True
        return False


@contextlib.contextmanager
def alone(kind: str, folder: Path, *, stop: float = 10.0, idle: float = 15.0) -> Iterator[Alone]:
    """A server of the class `kind` that serves `folder`. Its process ends with the block."""
    command = [sys.executable, "-m", "tests.robustness.alone", kind, str(folder), str(stop), str(idle)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, bufsize=0) as process:
        try:
            assert process.stdout is not None
            yield Alone(process, ("127.0.0.1", int(process.stdout.readline())))
        finally:
            process.kill()


def _say(words: str) -> None:
    os.write(1, f"{words}\n".encode())


_PIPE: Final = os.pipe()
"""The pipe whose end a child waits for. The child lives as long as this process keeps the other end."""


def _live_on() -> None:
    reading, writing = _PIPE
    os.close(writing)
    os.read(reading, 1)
    os._exit(0)


class _Handler(BaseHttpRequestHandler):
    def handle(self) -> None:
        """Wait in Python code, or leave a child behind. For other paths, serve the folder."""
        name = "main" if threading.current_thread() is threading.main_thread() else "other"
        match self.request.path:
            case "/waits":
                _say(name)
                threading.Event().wait(float(self.request.query))
            case "/os":
                if os.fork() == 0:
                    _live_on()
            case "/multiprocessing":
                multiprocessing.get_context("fork").Process(target=_live_on, daemon=True).start()
            case _:
                super().handle()
                return
        self.respond(Response(200, {}, name.encode()))


def main() -> None:
    """Serve, say how that ended, and stay until standard input ends."""
    kind, folder, stop, idle = sys.argv[1:]
    (server_class,) = (each for each in SERVER_CLASSES if each.__name__ == kind)
    timeouts = Timeouts(stop=float(stop), idle=float(idle), script_kill=0.3, linger=0.2)
    server = server_class("127.0.0.1", 0, partial(_Handler, directory=folder), timeouts=timeouts)

    def terminate(number: int, frame: FrameType | None) -> None:
        server.close()

    signal.signal(signal.SIGTERM, terminate)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    _say(str(server.addresses[0][1]))
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        _say("interrupted")
    else:
        _say("ended")
    sys.stdin.read()


if __name__ == "__main__":
    main()
