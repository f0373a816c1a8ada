"""The unit files of docs/systemd.md, run like systemd runs them: with its sockets, its variables, its signals."""

import contextlib
import http.client
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from tests.helpers.command import COMMAND, running

PAGE: Final = (Path(__file__).parents[2] / "docs" / "systemd.md").read_text(encoding="utf-8")
OPENING, SOCKET, ACTIVATED = re.findall(r"```ini\n# /etc/systemd/system/pyhttp\.\w+\n(.*?)```", PAGE, re.DOTALL)
START: Final = """
import os, sys
sockets = [int(number) for number in sys.argv[1].split(",")]
for number, descriptor in enumerate(sockets, 100):
    os.dup2(descriptor, number)
for number in range(len(sockets)):
    os.dup2(100 + number, 3 + number)
    os.close(100 + number)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(sockets)), LISTEN_FDNAMES="a:b")
os.execvp(sys.argv[2], sys.argv[2:])
"""
"""The steps of systemd between a fork and the start of a service with sockets."""


def setting(unit: str, name: str) -> str:
    """The one value of a setting."""
    (value,) = re.findall(rf"^{name}=(.*)$", unit, re.MULTILINE)
    assert isinstance(value, str)
    return value


def command_of(unit: str, **replaced: str) -> list[str]:
    """The command that a unit starts, with other paths and a free port."""
    words = shlex.split(setting(unit, "ExecStart"))
    assert words[0] == "/usr/bin/pyhttp"
    return [*COMMAND, *(replaced.get(word.rpartition("/")[2], word) for word in words[1:])]


class Manager(socket.socket):
    """A socket that receives what a service tells of itself."""

    def __init__(self, path: Path) -> None:
        super().__init__(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.bind(str(path))
        self.settimeout(30)

    def told(self) -> str:
        return self.recv(1000).decode()


@contextlib.contextmanager
def service(
    command: Sequence[str], manager: Path, sockets: Sequence[socket.socket] = ()
) -> Iterator[subprocess.Popen[str]]:
    """A service as systemd starts it."""
    numbers = [each.fileno() for each in sockets]
    starting = [sys.executable, "-c", START, ",".join(map(str, numbers))] if numbers else []
    environment = os.environ | {"NOTIFY_SOCKET": str(manager)}
    with subprocess.Popen(
        [*starting, *command], env=environment, pass_fds=numbers, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def get(address: tuple[str, int] | str, target: str) -> bytes:
    with socket.socket(socket.AF_UNIX if isinstance(address, str) else socket.AF_INET) as client:
        client.settimeout(30)
        client.connect(address)
        client.sendall(f"GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        with http.client.HTTPResponse(client) as response:
            response.begin()
            return response.read()


def test_a_service_that_opens_its_port(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("hello")
    assert {setting(unit, "Type") for unit in (OPENING, ACTIVATED)} == {"notify"}
    assert {setting(unit, "KillMode") for unit in (OPENING, ACTIVATED)} == {"mixed"}
    log = tmp_path / "access.log"
    command = command_of(OPENING, **{"80": "0", "access.log": str(log), "www": str(tmp_path)})
    with Manager(tmp_path / "notify") as manager, service(command, tmp_path / "notify") as process:
        assert manager.told() == "READY=1"
        assert process.stdout is not None
        announced = ""
        while "\nStop with " not in announced:
            announced += process.stdout.readline()
        (port,) = set(re.findall(r":(\d+)/$", announced, re.MULTILINE))
        assert get(("127.0.0.1", int(port)), "/a.txt") == b"hello"
        log.rename(tmp_path / "old.log")
        assert setting(OPENING, "ExecReload") == "/bin/kill -HUP $MAINPID"
        process.send_signal(signal.SIGHUP)
        assert get(("127.0.0.1", int(port)), "/a.txt") == b"hello"
        process.send_signal(signal.SIGTERM)
        assert manager.told() == "STOPPING=1"
        assert process.wait(30) == 0
    assert (tmp_path / "old.log").read_text().count('"GET /a.txt') + log.read_text().count('"GET /a.txt') == 2
    assert log.exists()


def test_a_service_whose_sockets_systemd_opens(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("hello")
    assert re.findall(r"^ListenStream=(.*)$", SOCKET, re.MULTILINE) == ["80", "/run/pyhttp.sock"]
    path = str(tmp_path / "s")
    command = command_of(ACTIVATED, www=str(tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as port, socket.socket(socket.AF_UNIX) as unix:
        unix.bind(path)
        unix.listen()
        address: tuple[str, int] = port.getsockname()
        for _ in range(2):  # the sockets stay open, and the next start serves them
            with (
                Manager(tmp_path / "notify") as manager,
                # this client connects before the service starts
                socket.create_connection(address, timeout=30) as early,
                service(command, tmp_path / "notify", [port, unix]) as process,
            ):
                early.sendall(b"GET /a.txt HTTP/1.1\r\nHost: localhost\r\n\r\n")
                assert manager.told() == "READY=1"
                assert get(address, "/a.txt") == b"hello"
                assert get(path, "/a.txt") == b"hello"
                assert early.recv(1000).startswith(b"HTTP/1.1 200 ")
                process.send_signal(signal.SIGTERM)
                assert manager.told() == "STOPPING=1"
                announced, _ = process.communicate(timeout=30)
            assert f"\n  http://127.0.0.1:{address[1]}/\n  unix:{path}\n" in announced
            assert process.returncode == 0
            (tmp_path / "notify").unlink()
        assert Path(path).is_socket()


def test_another_managers_descriptor_is_served(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as port:
        log, number = tmp_path / "log", port.fileno()
        with running(str(tmp_path), "--fd", str(number), log=log, descriptors=[number]) as server:
            assert server.port == port.getsockname()[1]
            assert server.get("/")[0] == 200
            server.process.send_signal(signal.SIGTERM)
            assert server.process.wait(30) == 0
        with socket.create_connection(port.getsockname(), timeout=30):
            port.accept()[0].close()  # the socket stays open


def test_a_manager_that_cannot_be_told_ends_nothing(tmp_path: Path) -> None:
    log = tmp_path / "log"
    command = ["env", f"NOTIFY_SOCKET={tmp_path}/missing", *COMMAND]
    with running(str(tmp_path), "--port", "0", log=log, command=command) as server:
        assert server.get("/")[0] == 200
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(30) == 0
    assert log.read_text().startswith("pyhttp: cannot tell the service manager: No such file or directory\n")
