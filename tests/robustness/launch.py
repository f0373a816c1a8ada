"""A server of a given class and idle deadline in a process of its own, whose memory is not the test's."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from pyhttp import BaseHttpRequestHandler, Limits, Timeouts
from tests.helpers.servers import SERVER_CLASSES

__all__ = ["launched"]


@contextmanager
def launched(kind: str, folder: Path, *, idle: float) -> Iterator[tuple[int, tuple[str, int]]]:
    """Process and address of a server of the class `kind`, ended with the block."""
    command = [sys.executable, "-m", "tests.robustness.launch", kind, str(folder), str(idle)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline())
            yield process.pid, ("127.0.0.1", port)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            try:
                assert process.wait(20) == 0
            finally:
                process.kill()


def main() -> None:
    """Serve until standard input ends."""
    kind, folder, idle = sys.argv[1:]
    (server_class,) = (each for each in SERVER_CLASSES if each.__name__ == kind)
    handler = partial(BaseHttpRequestHandler, directory=folder)
    timeouts = Timeouts(idle=float(idle), content=float(idle))
    with server_class("127.0.0.1", 0, handler, limits=Limits(connections=20_000), timeouts=timeouts) as server:
        print(server.addresses[0][1], flush=True)  # noqa: T201 - read by whoever launched it
        sys.stdin.read()


if __name__ == "__main__":
    main()
