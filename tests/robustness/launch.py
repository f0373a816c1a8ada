"""A server of a given class and idle deadline in a process of its own, whose memory is not the test's."""

import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from pyhttp import BaseHttpRequestHandler, Limits, Timeouts
from tests.helpers.servers import SERVER_CLASSES
from tests.helpers.tls import certificate_and_key

__all__ = ["launched"]


@contextmanager
def launched(kind: str, folder: Path, *, idle: float, secure: bool = False) -> Iterator[tuple[int, tuple[str, int]]]:
    """Process and address of a server of the class `kind`, which ends with the block. It speaks TLS if `secure`."""
    command = [sys.executable, "-m", "tests.robustness.launch", kind, str(folder), str(idle)]
    if secure:
        pem = folder / "certificate"
        pem.write_bytes(certificate_and_key())
        command.append(str(pem))
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
    kind, folder, idle, *pem = sys.argv[1:]
    (server_class,) = (each for each in SERVER_CLASSES if each.__name__ == kind)
    handler = partial(BaseHttpRequestHandler, directory=folder)
    timeouts = Timeouts(idle=float(idle), content=float(idle))
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH) if pem else None
    if tls is not None:
        tls.load_cert_chain(pem[0])
    limits = Limits(connections=20_000)
    with server_class("127.0.0.1", 0, handler, limits=limits, timeouts=timeouts, tls=tls) as server:
        print(server.addresses[0][1], flush=True)  # noqa: T201 - read by whoever launched it
        sys.stdin.read()


if __name__ == "__main__":
    main()
