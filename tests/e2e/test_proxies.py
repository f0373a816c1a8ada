"""pyhttp behind nginx, HAProxy and Caddy, with exactly the configurations of docs/proxies.md."""

import contextlib
import http.client
import json
import re
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Final, Self
from urllib.parse import urljoin

import pytest

from tests.helpers.command import Running, running
from tests.helpers.crowd import until
from tests.helpers.programs import need
from tests.helpers.proxies import Setup, caddy, free_port, haproxy, nginx, setup

CLIENT: Final = "127.0.0.9"
"""The address of the clients in these tests. The proxies, and the tests themselves, are at 127.0.0.1."""
SPOOFED: Final = {
    "Forwarded": "for=192.0.2.66;proto=https;host=evil.example",
    "X-Forwarded-For": "192.0.2.66",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "evil.example",
}
VARIABLES: Final = ("REMOTE_ADDR", "REQUEST_SCHEME", "SERVER_NAME", "SERVER_PORT", "HTTPS")
SCRIPT: Final = "#!/bin/sh\necho Content-Type: text/plain\necho\n" + "".join(f"echo ${name}\n" for name in VARIABLES)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder with a file, a subfolder, and a script that tells who its client is."""
    top = tmp_path / "site"
    (top / "cgi-bin").mkdir(parents=True)
    (top / "sub folder").mkdir()
    (top / "sub folder" / "a.txt").write_text("hello")
    (top / "a.txt").write_text("hello")
    script = top / "cgi-bin" / "who"
    script.write_text(SCRIPT)
    script.chmod(0o755)
    return top


def ask(port: int, path: str, fields: dict[str, str] | None = None) -> tuple[int, str, bytes]:
    """Status, Location and content of one GET from `CLIENT`."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30, source_address=(CLIENT, 0))
    with contextlib.closing(connection):
        connection.request("GET", path, headers={"Host": "www.example", **(fields or {})})
        response = connection.getresponse()
        return response.status, response.headers.get("Location", ""), response.read()


def who(port: int, fields: dict[str, str] | None = None) -> list[str]:
    """The client, scheme and host that a script is told."""
    status, _, content = ask(port, "/cgi-bin/who", fields)
    assert status == 200
    return content.decode().split("\n")[: len(VARIABLES)]


def placed(heading: str, site: Path) -> tuple[Setup, int]:
    """The set-up of a section on ports that are free, and the proxy's own port."""
    found, port = setup(heading), free_port()
    listens = {
        "listen 80;": f"listen 127.0.0.1:{port};",
        "bind :80\n": f"bind 127.0.0.1:{port}\n",
        "www.example {\n": f"http://www.example:{port} {{\n    bind 127.0.0.1\n",  # there is no certificate here
    }
    changes = {old: new for old, new in listens.items() if old in found.configuration}
    for documented in (8001, 8002)[: len(found.commands)]:
        free = free_port()
        changes |= {f"127.0.0.1:{documented}": f"127.0.0.1:{free}", f"--port {documented}": f"--port {free}"}
    return found.replaced({"/srv/www": str(site), **changes}), port


@contextlib.contextmanager
def started(commands: Sequence[Sequence[str]], folder: Path, *further: str) -> Iterator[list[Running]]:
    """Every pyhttp of a set-up."""
    with contextlib.ExitStack() as stack:
        yield [
            stack.enter_context(running(*command, *further, log=folder / f"log-{number}"))
            for number, command in enumerate(commands)
        ]


def clients(servers: Sequence[Running], path: str) -> list[list[str]]:
    """The clients that have asked each server for `path`, by its access log."""
    line = re.compile(rf'^(\S+) - - \[.*\] "GET {re.escape(path)} ', re.MULTILINE)
    return [line.findall(each.log.read_text()) for each in servers]


Proxy = Callable[[str, Path, int], contextlib.AbstractContextManager[None]]


@pytest.mark.parametrize(("heading", "proxy"), [("nginx", nginx), ("HAProxy", haproxy), ("Caddy", caddy)])
def test_logs_and_scripts_have_the_real_client_whatever_it_says_of_itself(
    heading: str, proxy: Proxy, site: Path, tmp_path: Path
) -> None:
    made, port = placed(heading, site)
    with started(made.commands, tmp_path) as servers, proxy(made.configuration, tmp_path, port):
        for fields in (None, SPOOFED, {"X-Forwarded-For": '"'}, {"Forwarded": 'for="'}):
            for _ in servers:
                assert who(port, fields) == [CLIENT, "http", "www.example", "80", ""]
        until(lambda: clients(servers, "/cgi-bin/who") == [[CLIENT] * 4] * 2)
        assert not any("ignored" in each.log.read_text() for each in servers)


def established(port: int) -> int:
    """The number of connections that a server on `port` holds."""
    entries = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(entry[1].endswith(f":{port:04X}") and entry[3] == "01" for entry in entries)


def test_nginx_keeps_its_connections(site: Path, tmp_path: Path) -> None:
    made, port = placed("nginx", site)
    with started(made.commands, tmp_path) as servers, nginx(made.configuration, tmp_path, port):
        for _ in range(20):
            assert ask(port, "/a.txt")[0] == 200
        assert [established(each.port) for each in servers] == [1, 1]


def test_a_folder_below_a_prefix_stays_there(site: Path, tmp_path: Path) -> None:
    made, port = placed("nginx", site)
    prefix = setup("nginx, below a prefix").configuration
    whole = made.configuration.replace("    location / {", f"{prefix}    location / {{")
    assert prefix in whole
    with started(made.commands, tmp_path), nginx(whole, tmp_path, port):
        asked = "/files/sub%20folder"
        status, location, _ = ask(port, asked)
        assert status == 301
        listing = urljoin(asked, location)
        assert listing == "/files/sub%20folder/"
        status, _, page = ask(port, listing)
        assert status == 200
        links = [urljoin(listing, found) for found in re.findall('href="([^"]*)"', page.decode())]
        assert "/files/sub%20folder/a.txt" in links
        assert all(link.startswith("/files/") for link in links if not link.startswith("data:"))
        assert ask(port, "/files/sub%20folder/a.txt")[2] == b"hello"


@pytest.mark.parametrize("version", ["send-proxy-v2", "send-proxy"])
@pytest.mark.parametrize("mode", ["mode tcp", "mode http"])
def test_a_proxy_header_says_who_the_client_is(version: str, mode: str, site: Path, tmp_path: Path) -> None:
    made, port = placed("HAProxy, by the PROXY protocol", site)
    whole = made.replaced({"send-proxy-v2": version, "mode tcp": mode})
    with started(made.commands, tmp_path) as servers, haproxy(whole.configuration, tmp_path, port):
        for fields in (None, SPOOFED):
            assert who(port, fields) == [CLIENT, "http", "www.example", str(port), ""]
        until(lambda: clients(servers, "/cgi-bin/who") == [[CLIENT] * 2])
        # the server does not complain of what the health checks send
        assert "pyhttp:" not in servers[0].log.read_text()
        with socket.create_connection(("127.0.0.1", servers[0].port), timeout=30) as client:
            client.sendall(b"GET /a.txt HTTP/1.1\r\nHost: a\r\n\r\n")
            with contextlib.suppress(ConnectionResetError):
                assert client.recv(1000) == b""
        until(lambda: "127.0.0.1: the connection does not begin with a PROXY header" in servers[0].log.read_text())
        command = [need("curl"), "-s", "--haproxy-protocol", f"{servers[0].urls[0]}a.txt"]
        assert subprocess.run(command, capture_output=True, check=True, timeout=30).stdout == b"hello"


def test_whoever_is_not_named_is_believed_nothing_and_every_format_has_the_client(site: Path, tmp_path: Path) -> None:
    options = ("--port", "0", "-v", "--log-format", "json", "--proxy-headers", f"10.0.0.0/8,{CLIENT}")
    fields = {"X-Forwarded-For": "203.0.113.7"}
    with running(str(site), *options, log=tmp_path / "log") as server:
        assert ask(server.port, "/none", fields)[0] == 404
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        with contextlib.closing(connection):
            connection.request("GET", "/none", headers=fields)
            assert connection.getresponse().status == 404
        until(lambda: server.log.read_text().count("\n") == 4)
        lines = server.log.read_text().splitlines()
        assert [json.loads(line)["client"] for line in lines if line[0] == "{"] == ["203.0.113.7", "127.0.0.1"]
        told = [line for line in lines if line[0] != "{"]
        assert told[0].startswith('pyhttp: 203.0.113.7 "GET /none": 404')
        assert told[1].startswith('pyhttp: 127.0.0.1 "GET /none": 404')


# --- several hosts

HOSTS: Final = {"10.0.0.11": "127.0.0.2", "10.0.0.12": "127.0.0.3", "10.0.0.13": "127.0.0.4", "10.0.0.1 ": "127.0.0.1 "}
"""The fields of the page, and ours."""


class Asking:
    """Clients that ask without a pause, each on a connection of its own, until they are told to stop."""

    def __init__(self, port: int, count: int) -> None:
        self._port = port
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(count)]
        self.answered = 0
        self.failures: list[str] = []

    def _ask(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        with contextlib.closing(connection):
            while not self._over.is_set():
                try:
                    connection.request("GET", "/a.txt", headers={"Host": "www.example"})
                    response = connection.getresponse()
                    found = (response.status, response.read())
                except (OSError, http.client.HTTPException) as error:
                    self.failures.append(repr(error))
                    connection.close()
                    continue
                if found == (200, b"hello"):
                    self.answered += 1
                else:
                    self.failures.append(repr(found))

    def has_had(self, count: int) -> bool:
        """Whether `count` requests have been answered, or one request has failed."""
        return self.answered >= count or bool(self.failures)

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(60)


def up(folder: Path) -> int:
    """The number of servers that HAProxy takes for sound."""
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(folder / "haproxy.socket"))
        client.sendall(b"show stat\n")
        said = b""
        while piece := client.recv(65536):
            said += piece
    servers = [line.split(",") for line in said.decode().splitlines() if line.startswith("pyhttp,")]
    return sum(fields[17].startswith("UP") for fields in servers if fields[1] != "BACKEND")


def test_hosts_are_replaced_one_by_one_and_no_request_fails(site: Path, tmp_path: Path) -> None:
    port, common = free_port(), free_port("127.0.0.2")
    ports = {":8888": f":{common}", "--port 8888": f"--port {common}", "bind :80": f"bind 127.0.0.1:{port}"}
    made = setup("Several hosts").replaced({"/srv/www": str(site), **ports, **HOSTS})
    with contextlib.ExitStack() as stack:
        servers = stack.enter_context(started(made.commands, tmp_path))
        stack.enter_context(haproxy(made.configuration, tmp_path, port))
        until(lambda: up(tmp_path) == len(servers))
        with Asking(port, 4) as asking:
            for number, command in enumerate(made.commands):
                until(partial(asking.has_had, asking.answered + 100))
                server = servers[number]
                server.process.send_signal(signal.SIGTERM)
                assert server.process.wait(30) == 0
                assert served(server.log)
                until(lambda: up(tmp_path) == len(servers) - 1)
                log = tmp_path / f"again-{number}"
                servers[number] = stack.enter_context(running(*command, log=log))
                until(lambda: up(tmp_path) == len(servers))
                until(partial(served, log))
        assert asking.failures == []


def children(process: int) -> set[int]:
    """The processes that the server has started."""
    found = [thread.read_text().split() for thread in Path(f"/proc/{process}/task").glob("*/children")]
    return {int(pid) for each in found for pid in each}


def replaced(server: Running, before: set[int]) -> bool:
    """Whether two other processes serve by now."""
    now = children(server.process.pid)
    return len(now) == 2 and not now & before


def test_processes_are_replaced_and_no_request_of_ten_thousand_fails(site: Path, tmp_path: Path) -> None:
    made, port = placed("HAProxy", site)
    with contextlib.ExitStack() as stack:
        servers = stack.enter_context(started(made.commands, tmp_path, "--processes", "2", "--quiet"))
        stack.enter_context(haproxy(made.configuration, tmp_path, port))
        until(lambda: up(tmp_path) == len(servers))
        with Asking(port, 4) as asking:
            while not asking.has_had(10_000):
                for server in servers:
                    before = children(server.process.pid)
                    server.process.send_signal(signal.SIGHUP)
                    until(partial(replaced, server, before), 60)
        assert asking.failures == []


def served(log: Path) -> bool:
    """Whether clients have been answered."""
    return "200 5" in log.read_text()
