"""The installed command with several processes."""

import http.client
import os
import re
import select
import signal
import socket
import threading
from pathlib import Path
from typing import Final, Self

import pytest

from tests.helpers.command import COMMAND, Running, running
from tests.helpers.crowd import until
from tests.helpers.tls import TlsSocket, certificate_and_key, client_context, connected

LINE: Final = re.compile(r'127\.0\.0\.1 - - \[[^]]+\] "GET /a\.txt\?\d+-x{900} HTTP/1\.1" 200 5')


def site(folder: Path) -> str:
    """A folder with a file, and with a script that names the process that has started it."""
    (folder / "site" / "cgi-bin").mkdir(parents=True)
    (folder / "site" / "a.txt").write_text("hello")
    script = folder / "site" / "cgi-bin" / "who"
    script.write_text("#!/bin/sh\necho Content-Type: text/plain\necho\necho $PPID")
    script.chmod(0o755)
    return str(folder / "site")


def workers(server: Running, count: int, *, but: frozenset[int] = frozenset()) -> frozenset[int]:
    """The processes that serve, when `count` of them have answered. The processes in `but` do not count."""
    found: set[int] = set()
    for _ in range(10_000):
        found.add(int(server.get("/cgi-bin/who")[1]))
        if len(found - but) == count:
            return frozenset(found - but)
    pytest.fail(f"{found}")


def wait_until_ended(pids: frozenset[int]) -> None:
    for pid in pids:
        try:
            descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        ended = poll.poll(60_000)
        os.close(descriptor)
        assert ended, f"{pid} runs"


class Clients:
    """Four clients. Each request has a connection of its own, and its target says which request it was."""

    def __init__(self, server: Running, each: int) -> None:
        self._server = server
        self._each = each
        self._threads = [threading.Thread(target=self._run, args=[number]) for number in range(4)]
        self.halfway = threading.Semaphore(0)
        self.failures: list[Exception] = []

    def _run(self, number: int) -> None:
        for count in range(self._each):
            try:
                assert self._server.get(f"/a.txt?{number * self._each + count}-{'x' * 900}") == (200, b"hello")
            except (OSError, http.client.HTTPException, AssertionError) as error:
                self.failures.append(error)
            if count == self._each // 2:
                self.halfway.release()

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        for thread in self._threads:
            thread.join()


def test_all_requests_are_answered_and_all_lines_are_whole_while_all_processes_are_replaced(tmp_path: Path) -> None:
    log, old = tmp_path / "access.log", tmp_path / "old.log"
    arguments = ("--bind", "127.0.0.1", "-p", "0", "--processes", "2", "--access-log", str(log))
    with running(site(tmp_path), *arguments, log=tmp_path / "log") as server:
        before = workers(server, 2)
        assert server.process.pid not in before
        with Clients(server, 2500) as clients:
            for _ in range(4):
                assert clients.halfway.acquire(timeout=60)
            log.rename(old)
            server.process.send_signal(signal.SIGHUP)
            after = workers(server, 2, but=before)
            wait_until_ended(before)
        assert clients.failures == []
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(60) == 0
        wait_until_ended(after)
    lines = [line for each in (old, log) for line in each.read_text().splitlines() if "/cgi-bin/who" not in line]
    assert [line for line in lines if not LINE.fullmatch(line)] == []
    assert sorted(int(line.partition("?")[2].partition("-")[0]) for line in lines) == list(range(10_000))
    assert log.read_text()
    assert (tmp_path / "log").read_text() == ""


def wait_until_refused(port: int) -> None:
    for _ in range(100_000):
        with socket.socket() as late:
            if late.connect_ex(("127.0.0.1", port)):
                return
    pytest.fail("who comes now is not refused")


def test_L10_a_terminals_signal_stops_all_in_order(tmp_path: Path) -> None:
    folder, log = site(tmp_path), tmp_path / "log"
    for name in ("began", "go"):
        os.mkfifo(tmp_path / name)
    script = Path(folder) / "cgi-bin" / "long"
    script.write_text(f"#!/bin/sh\necho > {tmp_path}/began\ncat {tmp_path}/go\n")
    script.chmod(0o755)
    arguments = ("--bind", "127.0.0.1", "-p", "0", "--processes", "2", "--quiet")
    with running(folder, *arguments, log=log, alone=True) as server:
        pids = workers(server, 2)
        with socket.create_connection(("127.0.0.1", server.port), timeout=60) as client:
            client.sendall(b"GET /cgi-bin/long HTTP/1.1\r\nHost: localhost\r\n\r\n")
            (tmp_path / "began").read_text()
            os.killpg(server.process.pid, signal.SIGINT)
            wait_until_refused(server.port)
            (tmp_path / "go").write_text("Content-Type: text/plain\n\nfinished")
            answer = b""
            while data := client.recv(1000):
                answer += data
        # The answer is chunked where the end of the script came a moment after its output.
        assert answer.endswith((b"\r\n\r\nfinished", b"\r\nfinished\r\n0\r\n\r\n"))
        assert server.process.wait(60) == 0
        wait_until_ended(pids)
    assert log.read_text() == ""


def test_L10_a_second_signal_ends_all_and_the_scripts_at_once(tmp_path: Path) -> None:
    folder, log = site(tmp_path), tmp_path / "log"
    os.mkfifo(tmp_path / "began")
    script = Path(folder) / "cgi-bin" / "long"
    script.write_text(f"#!/bin/sh\ntrap '' TERM\necho $$ > {tmp_path}/began\nsleep 1000\n")
    script.chmod(0o755)
    arguments = ("--bind", "127.0.0.1", "-p", "0", "--processes", "2", "--timeout", "stop=1000")
    with running(folder, *arguments, log=log) as server:
        pids = workers(server, 2)
        with socket.create_connection(("127.0.0.1", server.port), timeout=60) as client:
            client.sendall(b"GET /cgi-bin/long HTTP/1.1\r\nHost: localhost\r\n\r\n")
            long = int((tmp_path / "began").read_text())
            server.process.send_signal(signal.SIGTERM)
            wait_until_refused(server.port)  # the first signal has arrived
            server.process.send_signal(signal.SIGTERM)
            assert server.process.wait(60) == -signal.SIGTERM
            assert client.recv(12) in {b"", b"HTTP/1.1 503"}
        wait_until_ended(pids | {long})


def certificate_of(port: int) -> bytes:
    """The certificate by which one request is answered."""
    with connected(("127.0.0.1", port), tls=client_context()) as client:
        client.sendall(b"GET /a.txt HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert client.recv(1000).startswith(b"HTTP/1.1 200 ")
        assert isinstance(client, TlsSocket)
        return client.tls.getpeercert(binary_form=True) or b""


def test_all_speak_tls_and_new_ones_by_the_new_certificate(tmp_path: Path) -> None:
    pem = tmp_path / "pem"
    pem.write_bytes(certificate_and_key())
    arguments = ("--bind", "127.0.0.1", "-p", "0", "--processes", "2", "--tls-cert", str(pem))
    with running(site(tmp_path), *arguments, log=tmp_path / "log") as server:
        assert server.urls == [f"https://127.0.0.1:{server.port}/"]
        before = certificate_of(server.port)
        pem.write_bytes(certificate_and_key(fresh=True))
        server.process.send_signal(signal.SIGHUP)
        until(lambda: all(certificate_of(server.port) != before for _ in range(8)))


APPLICATION: Final = """
import os
def app(environ, start_response):
    start_response("200 OK", [])
    return [f"VERSION {os.getpid()} {environ['wsgi.multiprocess']}".encode()]
"""


def asked(address: str | tuple[str, int]) -> str:
    with socket.socket(socket.AF_UNIX if isinstance(address, str) else socket.AF_INET) as client:
        client.settimeout(30)
        client.connect(address)
        client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        return client.makefile("rb").read().partition(b"\r\n\r\n")[2].decode()


def test_each_process_loads_the_application_and_a_new_one_as_it_is_then(tmp_path: Path) -> None:
    module, path, log = tmp_path / "several_app.py", str(tmp_path / "s"), tmp_path / "log"
    module.write_text(APPLICATION.replace("VERSION", "first"))
    command = ("env", "-C", str(tmp_path), *COMMAND)
    arguments = ("--processes", "2", "--unix", path, "--bind", "127.0.0.1", "--port", "0", "--quiet")
    with running("wsgi", "several_app:app", *arguments, log=log, command=command) as server:
        addresses: list[str | tuple[str, int]] = [path, ("127.0.0.1", server.port)]
        assert server.announcement.startswith(f"Serving several_app:app\n  unix:{path}\n")

        def answers(version: str) -> set[str]:
            found: set[str] = set()
            for address in addresses * 5_000:
                found.add(asked(address))
                if sum(each.startswith(version) for each in found) == 2:
                    return found
            pytest.fail(f"{found}")

        told = [each.split() for each in answers("first")]
        assert {(version, multiprocess) for version, _, multiprocess in told} == {("first", "True")}
        assert str(server.process.pid) not in {pid for _, pid, _ in told}
        module.write_text(APPLICATION.replace("VERSION", "the-second"))
        server.process.send_signal(signal.SIGHUP)
        answers("the-second")
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(60) == 0
    assert not Path(path).exists()
    assert log.read_text() == ""
