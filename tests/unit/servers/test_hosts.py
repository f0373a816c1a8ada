"""Servers that answer for some hosts only (RFC 9110 §7.4): other hosts are refused before the handler."""

import logging
import socket
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from pyhttp import BaseHttpRequestHandler, BaseServer, PooledServer, Proxies, Request, Response, function_handler
from pyhttp.servers.processes import ProcessServer
from tests.helpers.servers import connect, serving, serving_by
from tests.helpers.sockets import read_until_end

HERE: Final = Proxies(headers=("127.0.0.0/8",))
HOSTS: Final = frozenset({"a.example", "::1"})


def asked(host: str, *lines: str, target: str = "/", version: str = "1.1") -> bytes:
    fields = "".join(f"{line}\r\n" for line in ((f"Host: {host}",) if host else ()) + lines)
    return f"GET {target} HTTP/{version}\r\n{fields}\r\n".encode()


ROWS: Final = {
    "an allowed host": (asked("a.example"), 200),
    "in capitals, with a port and a dot": (asked("A.Example.:8080"), 200),
    "an address": (asked("[0::1]:80"), 200),
    "another host": (asked("evil.example"), 421),
    "another address": (asked("127.0.0.1"), 421),
    "absolute form overrules Host": (asked("evil.example", target="http://a.example/"), 200),
    "absolute form of another host": (asked("a.example", target="http://evil.example/"), 421),
    "the server as a whole": (asked("evil.example").replace(b"GET /", b"OPTIONS *"), 421),
    "HTTP/1.0 without Host": (asked("", version="1.0"), 200),
    "HTTP/1.0 with another host": (asked("evil.example", version="1.0"), 421),
    "content that is on its way": (
        asked("evil.example", "Content-Length: 9").replace(b"GET", b"POST") + b"123456789",
        421,
    ),
    "content that waits": (
        asked("evil.example", "Content-Length: 9", "Expect: 100-continue").replace(b"GET", b"POST"),
        421,
    ),
    "what a stranger says of its host": (asked("evil.example", "Forwarded: for=192.0.2.1;host=a.example"), 421),
    "malformed": (asked("evil.example", "Bad Name: x"), 400),
}


@pytest.mark.parametrize("name", ROWS)
def test_another_host_never_gets_to_a_handler(server_class: type[BaseServer], name: str) -> None:
    sent, status = ROWS[name]
    called: list[str] = []

    def handler(got: Request) -> Response:
        called.append(got.host)
        return Response(200)

    with serving(server_class, handler, allowed_hosts=HOSTS) as server, connect(server) as client:
        client.send(sent)
        reply = client.reply()
        assert reply.status == status
        assert len(called) == (status == 200)
        assert reply.get_all("Connection") == (("close",) if status != 200 or b"HTTP/1.0" in sent else ())


@pytest.mark.parametrize("allowed", [None, frozenset({"*"}), frozenset({"*", "a.example"})])
def test_any_host_is_served_unless_told(server_class: type[BaseServer], allowed: frozenset[str] | None) -> None:
    with serving(server_class, allowed_hosts=allowed) as server, connect(server) as client:
        client.send(asked("evil.example"))
        assert client.reply().status == 200


def test_each_request_of_a_connection_is_looked_at(server_class: type[BaseServer]) -> None:
    with serving(server_class, allowed_hosts=HOSTS) as server, connect(server) as client:
        for _ in range(3):
            client.send(asked("a.example"))
            assert client.reply().status == 200
        client.send(asked("evil.example"))
        assert client.reply().status == 421


@pytest.mark.parametrize(
    ("host", "forwarded", "status"),
    [("pyhttp", "a.example", 200), ("a.example", "evil.example", 421), ("a.example", "", 200), ("pyhttp", "", 421)],
)
def test_the_host_is_the_one_that_a_trusted_proxy_was_asked_for(host: str, forwarded: str, status: int) -> None:
    lines = ("X-Forwarded-For: 192.0.2.1", *((f"X-Forwarded-Host: {forwarded}",) if forwarded else ()))
    with serving(BaseServer, proxies=HERE, allowed_hosts=HOSTS) as server, connect(server) as client:
        client.send(asked(host, *lines))
        assert client.reply().status == status


def test_a_handler_that_reads_the_socket_itself_gets_no_such_request() -> None:
    read: list[bytes] = []

    def factory(conn: socket.socket, _: object, __: object) -> None:
        read.append(conn.recv(100))
        conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    with serving_by(BaseServer, factory, allowed_hosts=HOSTS) as server, connect(server) as client:
        client.send(asked("evil.example"))
        assert client.reply().status == 421
        assert read == []


def test_page_and_log_say_what_to_add(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    handler = partial(BaseHttpRequestHandler, directory=tmp_path)
    with serving_by(BaseServer, handler, allowed_hosts=HOSTS) as server, connect(server) as client:
        client.send(asked("evil$(x).example", target="/a"))
        page = client.reply().content.decode()
    assert "evil" not in page
    assert page.count("--allow-host NAME") == 1
    assert "for any" in page
    ((level, line),) = [(each.levelno, each.getMessage()) for each in caplog.records if each.name == "pyhttp.error"]
    assert level == logging.WARNING
    assert line == (
        "127.0.0.1 \"GET /a\": 421 evil$(x).example is not a host of this server: --allow-host NAME allows one, '*' any"
    )


def test_the_processes_of_a_server_answer_for_the_same_hosts() -> None:
    handler = "tests.helpers.process_app:whoami"
    with ProcessServer("127.0.0.1", 0, handler, processes=1, allowed_hosts=HOSTS) as server:
        for host, status in (("a.example", b"200"), ("evil.example", b"421")):
            with socket.create_connection(server.addresses[0], timeout=60) as client:
                client.sendall(asked(host, "Connection: close"))
                assert read_until_end(client)[9:12] == status


def test_a_wrong_name_is_said_before_anything_is_bound() -> None:
    for build in (PooledServer, ProcessServer):
        with pytest.raises(ValueError, match=r"^allowed_hosts: 'a:80' is neither"):
            build("127.0.0.1", 0, function_handler(lambda _: Response(200)), allowed_hosts=frozenset({"a:80"}))
