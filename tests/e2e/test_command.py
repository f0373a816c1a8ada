"""The installed command: it starts, says where, serves, and stops as it should."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from pyhttp import __version__
from tests.helpers.command import COMMAND, running

MODULE = (sys.executable, "-m", "pyhttp")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=False, timeout=10)


@pytest.mark.parametrize("command", [COMMAND, MODULE])
def test_it_serves_a_folder_and_says_where(command: Sequence[str], tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"hello")
    with running(str(tmp_path), "--port", "0", log=tmp_path / "log", command=command) as server:
        assert server.announcement.startswith(f"Serving {tmp_path}\n")
        assert server.urls[0] == f"http://127.0.0.1:{server.port}/"
        assert server.get("/a.txt") == (200, b"hello")
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(10) == 0
        assert '"GET /a.txt HTTP/1.1" 200 5' in server.log.read_text()


def test_L11_only_this_machine_is_served(tmp_path: Path) -> None:
    with running(str(tmp_path), "--port", "0", log=tmp_path / "log") as server:
        assert {url.rpartition(":")[0] for url in server.urls} <= {"http://127.0.0.1", "http://[::1]"}
        assert "ALL interfaces" not in server.announcement
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.2", server.port), timeout=10)


@pytest.mark.parametrize("kind", ["--pooled", "--threaded", "--single"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_L10_a_signal_ends_it_within_a_second_with_exit_code_0(
    number: signal.Signals, kind: str, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    with running(str(tmp_path), "--port", "0", kind, log=log) as server:
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as idle:
            idle.sendall(b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
            assert idle.recv(1000).startswith(b"HTTP/1.1 200 ")
            start = time.monotonic()
            server.process.send_signal(number)
            assert server.process.wait(10) == 0
            assert time.monotonic() - start < 1
            assert idle.recv(1) == b""
        assert log.read_text().count("\n") == 1


def test_L10_a_second_signal_ends_it_at_once(tmp_path: Path) -> None:
    scripts = tmp_path / "cgi-bin"
    scripts.mkdir()
    (scripts / "slow").write_text("#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'\nexec sleep 5\n")
    (scripts / "slow").chmod(0o755)
    with (
        running(str(tmp_path), "--port", "0", log=tmp_path / "log") as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=30) as client,
    ):
        client.sendall(b"GET /cgi-bin/slow HTTP/1.1\r\nHost: a\r\n\r\n")
        assert client.recv(1000).startswith(b"HTTP/1.1 200 ")
        server.process.send_signal(signal.SIGTERM)
        with pytest.raises(subprocess.TimeoutExpired):
            server.process.wait(0.3)
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(1) == -signal.SIGTERM


def test_an_exchange_in_progress_is_finished(tmp_path: Path) -> None:
    content = bytes(8_000_000)
    (tmp_path / "a.bin").write_bytes(content)
    with (
        running(str(tmp_path), "--port", "0", log=tmp_path / "log") as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=30) as client,
    ):
        client.sendall(b"GET /a.bin HTTP/1.1\r\nHost: a\r\n\r\n")
        received = client.recv(1000)
        server.process.send_signal(signal.SIGTERM)
        while data := client.recv(1 << 20):
            received += data
        assert received.partition(b"\r\n\r\n")[2] == content
        assert server.process.wait(10) == 0


def test_a_busy_port_is_told_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port: int = other.getsockname()[1]
        ended = run(str(tmp_path), "--port", str(port))
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith(f"pyhttp: port {port} is already in use")
    assert ended.stderr.count("\n") == 1


def test_a_missing_folder_is_told_in_one_line(tmp_path: Path) -> None:
    ended = run(str(tmp_path / "gone"))
    expected = f"pyhttp: cannot serve {tmp_path / 'gone'}: No such file or directory\n"
    assert (ended.returncode, ended.stdout, ended.stderr) == (1, "", expected)


def test_a_usage_error_exits_with_2() -> None:
    ended = run("--port", "http")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "Traceback" not in ended.stderr


def test_version() -> None:
    assert run("--version").stdout == f"pyhttp {__version__}\n"


def test_quiet(tmp_path: Path) -> None:
    with running(str(tmp_path), "--port", "0", "--quiet", log=tmp_path / "log") as server:
        assert server.get("/gone")[0] == 404
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(10) == 0
        assert "GET" not in server.log.read_text()
