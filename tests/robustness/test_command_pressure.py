"""L2, L5, L8 to L10: the command itself with hardly any descriptors, and stopped in the middle of its work."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import pytest

from tests.helpers.command import Running, running
from tests.helpers.crowd import (
    connected,
    cpu_seconds,
    crowd,
    latencies,
    reset,
    statuses,
    tell,
    until,
    until_ended,
    usage,
)
from tests.helpers.sockets import request
from tests.helpers.wire_client import WireClient

MODULE: Final = (sys.executable, "-m", "pyhttp", "--allow-host", "a")
FEW: Final = ("sh", "-c", 'ulimit -n 64; exec "$@"', "sh", *MODULE)
KINDS: Final = ("--pooled", "--threaded", "--single")
LARGE: Final = 16 << 20
"""The octets of an answer: more than the kernel holds for a client that does not read."""
SCRIPT: Final = "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\nbegun '\nsleep 1\nprintf ended\n"


@contextmanager
def command(folder: Path, *options: str, words: tuple[str, ...] = MODULE) -> Iterator[tuple[Running, tuple[str, int]]]:
    with running(
        str(folder), "--port", "0", "--host", "127.0.0.1", *options, log=folder / "log", command=words
    ) as made:
        yield made, ("127.0.0.1", made.port)


@pytest.mark.parametrize("kind", KINDS)
def test_L5_with_64_descriptors_and_200_connections_it_survives_and_serves_again(kind: str, folder: Path) -> None:
    """L2, L5, D12: The command computes next to nothing while downloads that no client reads saturate it."""
    with command(folder, kind, words=FEW) as (server, address):
        process = server.process.pid
        latencies(address, request("/small"), 5)
        before = usage(process)
        with crowd(address, 200, request("/large"), window=4096) as clients:
            until(lambda: usage(process)[0] >= 50)
            began, computed = time.monotonic(), cpu_seconds(process)
            time.sleep(1)  # the test measures the work in this time
            share = (cpu_seconds(process) - computed) / (time.monotonic() - began)
            tell(f"{kind}: {share:.1%} of a processor with {usage(process)[0]} descriptors")
            assert share < 0.1
            assert usage(process)[0] <= 64
            for client in clients:
                reset(client)
        until(lambda: usage(process)[0] <= before[0])
        latencies(address, request("/small"), 20)
        with crowd(address, 200, request("/small")) as clients:  # idle connections make room
            latencies(address, request("/small"), 5)
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(15) == 0
    assert "Traceback" not in (folder / "log").read_text()


@pytest.fixture
def scripted(folder: Path) -> Path:
    """A folder with a script that takes a second, and a file that takes some time."""
    os.truncate(folder / "large", LARGE)
    (folder / "cgi-bin").mkdir()
    (folder / "cgi-bin" / "slow").write_text(SCRIPT)
    (folder / "cgi-bin" / "slow").chmod(0o755)
    return folder


@pytest.mark.parametrize("kind", KINDS)
def test_L8_stopped_under_load_it_finishes_what_it_has_begun(kind: str, scripted: Path) -> None:
    """L8, L10: Downloads and scripts end whole.

    Idle connections are closed. No new client is served. The exit code is 0.
    """
    scripts = 1 if kind == "--single" else 4
    with command(scripted, kind) as (server, address), ExitStack() as stack:
        idle = stack.enter_context(crowd(address, 100, request("/small")))
        for each in idle:
            assert each.recv(1000).startswith(b"HTTP/1.1 200 ")
        downloads = [stack.enter_context(WireClient(*address, patience=15)) for _ in range(8)]
        for client in downloads:
            client.send(request("/large"))
        for client in downloads:
            assert client.sock.recv(1, socket.MSG_PEEK) == b"H"
        running_scripts = [stack.enter_context(WireClient(*address, patience=15)) for _ in range(scripts)]
        for client in running_scripts:
            client.send(request("/cgi-bin/slow"))
        for client in running_scripts:
            assert client.sock.recv(1, socket.MSG_PEEK) == b"H"
        server.process.send_signal(signal.SIGTERM)
        assert {until_ended(each) for each in idle} == {b""}
        with pytest.raises(OSError, match="refused"):
            connected(address).close()
        assert [client.reply().content for client in running_scripts] == [b"begun ended"] * scripts
        for client in downloads:
            reply = client.reply()
            assert reply.complete
            assert len(reply.content) == LARGE
            assert client.ended() == b""
        assert server.process.wait(15) == 0
    log = (scripted / "log").read_text()
    assert log.count("\n") == 100 + 8 + scripts
    assert "Traceback" not in log


@pytest.mark.parametrize("kind", KINDS)
def test_L10_a_second_signal_ends_it_at_once(kind: str, folder: Path) -> None:
    with command(folder, kind) as (server, address), connected(address, window=4096) as client:
        client.sendall(request("/large"))
        assert client.recv(1) == b"H"
        server.process.send_signal(signal.SIGTERM)
        until(lambda: refused(address))
        assert server.process.poll() is None
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(5) != 0


@pytest.mark.parametrize("kind", KINDS)
def test_C11_a_second_signal_ends_scripts_too(kind: str, scripted: Path) -> None:
    """L10, C11: The second signal even ends a script that ignores SIGTERM."""
    script = scripted / "cgi-bin" / "stubborn"
    script.write_text(
        "#!/bin/sh\ntrap '' TERM\necho Content-Type: text/plain\necho\necho $$ 0\nwhile :; do sleep 1; done\n"
    )
    script.chmod(0o755)
    with command(scripted, kind) as (server, address), WireClient(*address, patience=15) as client:
        client.send(request("/cgi-bin/stubborn"))
        until(lambda: client.sock.recv(1000, socket.MSG_PEEK).endswith(b"0\n\r\n"))
        number = int(client.sock.recv(1000).split()[-2])
        until(lambda: ended_by_signals(server.process))
        assert server.process.returncode == -signal.SIGTERM
        until(lambda: gone(number))


def ended_by_signals(process: subprocess.Popen[str]) -> bool:
    """Send one more signal, and return whether the process has ended."""
    process.send_signal(signal.SIGTERM)
    return process.poll() is not None


def gone(process: int) -> bool:
    """Whether a process has ended. A zombie has ended, too."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


def refused(address: tuple[str, int]) -> bool:
    """Whether nothing listens at the address any more."""
    try:
        connected(address).close()
    except ConnectionRefusedError:
        return True
    return False


@pytest.mark.parametrize("kind", KINDS)
def test_L9_its_port_is_free_at_once(kind: str, folder: Path) -> None:
    """The port is free in whatever state the last connections are left."""
    with command(folder, kind) as (server, address):
        latencies(address, request("/small", "Connection: close"), 3)
        with connected(address) as client:
            client.sendall(request("/small"))
            assert statuses(client.recv(1000)) == [200]
            server.process.send_signal(signal.SIGTERM)
            assert server.process.wait(15) == 0
            again = ("--host", "127.0.0.1", "--port", str(address[1]))
            with running(str(folder), *again, kind, log=folder / "second", command=MODULE) as second:
                assert second.get("/small") == (200, b"hello")
