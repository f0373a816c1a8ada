"""The command as the first process of a container: in a process namespace of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.command import COMMAND, Running, running

CONTAINER = ("unshare", "--pid", "--fork", "--mount-proc", "--kill-child")
HEAD = 'print("Content-Type: text/plain\\n", flush=True)'
ORPHANS = f"""#!{sys.executable} -SE
import os
for _ in range(9):
    child = os.fork()
    if not child:
        os._exit(0)
    os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
{HEAD}
"""
"""It leaves nine behind, all of them dead already."""
ZOMBIES = f"""#!{sys.executable} -SE
import glob
{HEAD}
print(sum("State:\\tZ" in open(each).read() for each in glob.glob("/proc/[0-9]*/status")))
"""


@pytest.fixture
def container(tmp_path: Path) -> Iterator[Running]:
    if subprocess.run([*CONTAINER, "true"], check=False, capture_output=True).returncode:
        pytest.skip("this user may not make process namespaces")
    scripts = tmp_path / "site" / "cgi-bin"
    scripts.mkdir(parents=True)
    for name, text in (
        ("orphans", ORPHANS),
        ("zombies", ZOMBIES),
        ("hangs", "#!/bin/sh\necho Content-Type: a/b\necho\nexec sleep 60\n"),
    ):
        (scripts / name).write_text(text)
        (scripts / name).chmod(0o755)
    command = (*CONTAINER, *COMMAND)
    with running(str(tmp_path / "site"), "-p", "0", log=tmp_path / "log", command=command) as server:
        yield server


def tell(container: Running, number: signal.Signals) -> None:
    """Send a signal to the first process."""
    outside = container.process.pid
    os.kill(int(Path(f"/proc/{outside}/task/{outside}/children").read_text()), number)


def is_listening(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def test_orphans_are_reaped(container: Running) -> None:
    assert container.get("/cgi-bin/orphans") == (200, b"")
    limit = time.monotonic() + 10
    while (found := container.get("/cgi-bin/zombies")) != (200, b"0\n"):
        assert time.monotonic() < limit, found


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_L10_a_signal_stops_it(container: Running, number: signal.Signals) -> None:
    tell(container, number)
    assert container.process.wait(10) == 0


def test_L10_a_second_signal_ends_it_at_once(container: Running) -> None:
    with socket.create_connection(("127.0.0.1", container.port), timeout=30) as client:
        client.sendall(b"GET /cgi-bin/hangs HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert client.recv(1000).startswith(b"HTTP/1.1 200 ")
        tell(container, signal.SIGTERM)
        while is_listening(container.port):  # the loop ends when the server has acted on the first signal
            pass
        tell(container, signal.SIGTERM)
        assert container.process.wait(5) == 128 + signal.SIGTERM
