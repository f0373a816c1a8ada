"""The listeners of the installed command beside a port: Unix sockets."""

import signal
import socket
import stat
import subprocess
from pathlib import Path

from tests.helpers.command import COMMAND, running
from tests.helpers.programs import need


def curl(path: Path, target: str, *options: str) -> bytes:
    command = [need("curl"), "--silent", "--show-error", "--fail", *options, "--unix-socket", str(path)]
    return subprocess.run([*command, f"http://site.test{target}"], capture_output=True, check=True, timeout=30).stdout


def refused(*arguments: str) -> str:
    done = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 1
    return done.stderr


def test_a_unix_socket_is_served_and_is_gone_in_the_end(tmp_path: Path) -> None:
    site, path, log = tmp_path / "site", tmp_path / "s", tmp_path / "log"
    (site / "cgi-bin").mkdir(parents=True)
    (site / "a.txt").write_text("hello")
    script = site / "cgi-bin" / "who"
    script.write_text("#!/bin/sh\necho Content-Type: text/plain\necho\necho $REMOTE_ADDR $SERVER_NAME $SERVER_PORT")
    script.chmod(0o755)
    with running(str(site), "--unix", str(path), "--unix-mode", "600", log=log) as server:
        assert f"\n  unix:{path}\n" in server.announcement
        assert "http:" not in server.announcement
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert curl(path, "/a.txt") == b"hello"
        assert curl(path, "/cgi-bin/who") == b"127.0.0.1 site.test 80\n"
        assert "another server listens there" in refused(str(site), "--unix", str(path))
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(30) == 0
    assert not path.exists()
    assert [line.split()[0] for line in log.read_text().splitlines()] == ["unix:", "unix:"]


def test_a_socket_that_a_killed_server_has_left_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "s"
    for _ in range(2):
        with running(str(tmp_path), "--unix", str(path), "--bind", "127.0.0.1", "-p", "0", log=tmp_path / "log") as one:
            assert curl(path, "/").startswith(b"<!DOCTYPE html>")
            assert one.get("/")[0] == 200
            one.process.kill()
            one.process.wait()
        assert path.is_socket()
    with socket.socket(socket.AF_UNIX) as client:
        assert client.connect_ex(str(path)) != 0
    path.unlink()
    path.write_text("precious")
    assert refused(str(tmp_path), "--unix", str(path)).endswith("there is a file that is no socket\n")
    assert path.read_text() == "precious"


def test_a_proxy_at_a_unix_socket_says_who_its_clients_are(tmp_path: Path) -> None:
    path, log = tmp_path / "s", tmp_path / "log"
    script = tmp_path / "cgi-bin" / "who"
    script.parent.mkdir()
    script.write_text("#!/bin/sh\necho Content-Type: text/plain\necho\necho $REMOTE_ADDR $SERVER_NAME $SERVER_PORT")
    script.chmod(0o755)
    said = ["-H", "X-Forwarded-For: 203.0.113.7", "-H", "X-Forwarded-Proto: https"]
    with running(str(tmp_path), "--unix", str(path), "--proxy-headers", "unix", log=log) as server:
        assert curl(path, "/cgi-bin/who", *said) == b"203.0.113.7 site.test 443\n"
        assert curl(path, "/cgi-bin/who") == b"127.0.0.1 site.test 80\n"
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(30) == 0
    assert [line.split()[0] for line in log.read_text().splitlines()] == ["203.0.113.7", "unix:"]
