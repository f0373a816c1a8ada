"""A site's fields for every answer are in every answer, and an overridden `respond` sees each of them."""

import os
import socket
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from pyhttp import (
    BaseHttpRequestHandler,
    BaseServer,
    HTTPError,
    Limits,
    Request,
    Response,
    Site,
    ThreadedServer,
    Timeouts,
    Unavailable,
    function_handler,
)
from pyhttp.transport.client import Address
from tests.helpers.servers import connect, echo, serving_by
from tests.helpers.sockets import pair, read_until_end, request
from tests.helpers.wire_client import Reply

SITE: Final = Site(
    cors=True,
    headers=(("X-Site", "mine"), ("Cache-Control", "max-age=7"), ("Content-Language", "de"), ("Vary", "Cookie")),
)
TIMEOUTS: Final = Timeouts(head=0.2, content=0.2, script=0.3)
LIMITS: Final = Limits(content=1000)


class Handler(BaseHttpRequestHandler):
    """A handler that adds a field to every answer by itself."""

    def handle(self) -> None:
        if self.request.path == "/fails":
            raise ZeroDivisionError
        super().handle()

    def respond(self, response: Response, *, wait: bool = False) -> None:
        lines = (*response.headers.lines, ("X-Seen", self.request.method or "-"))
        super().respond(Response(response.status, lines, response.body, reason=response.reason), wait=wait)


class Full(BaseServer):
    """A server that can start no thread."""

    def process_request(self, conn: socket.socket, addr: Address) -> None:
        raise Unavailable("no thread can be started")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "a.txt").write_text("hello")
    os.utime(tmp_path / "a.txt", (1_000_000_000, 1_000_000_000))
    (tmp_path / "folder").mkdir()
    (tmp_path / "cgi-bin").mkdir()
    for name, text in {
        "plain": 'printf "Content-Type: text/plain\\n\\nhello"',
        "own": 'printf "Status: 200\\nX-Site: script\\nVary: Accept\\nAccess-Control-Allow-Origin: a\\n\\n"',
        "nph-plain": 'printf "HTTP/1.1 200 OK\\r\\nContent-Type: text/plain\\r\\n\\r\\nhello"',
        "mute": ":",
        "late": "exec sleep 60",
        "again": 'printf "Location: /a.txt\\n\\n"',
    }.items():
        script = tmp_path / "cgi-bin" / name
        script.write_text(f"#!/bin/sh\n{text}\n")
        script.chmod(0o755)
    return tmp_path


ETAG: Final = "If-Modified-Since: Sun, 09 Sep 2001 01:46:40 GMT"
ROWS: Final = {
    "file": (200, request("/a.txt")),
    "head": (200, request("/a.txt", method="HEAD")),
    "range": (206, request("/a.txt", "Range: bytes=1-2")),
    "ranges": (206, request("/a.txt", "Range: bytes=0-0,2-2")),
    "not modified": (304, request("/a.txt", ETAG)),
    "listing": (200, request("/")),
    "JSON": (200, request("/", "Accept: application/json")),
    "redirect": (301, request("/folder")),
    "options": (204, request("*", method="OPTIONS")),
    "preflight": (204, request("/a.txt", "Origin: http://a", "Access-Control-Request-Method: GET", method="OPTIONS")),
    "control character": (400, request("/%00")),
    "cgi folder": (403, request("/cgi-bin/")),
    "absent": (404, request("/absent")),
    "method": (405, request("/a.txt", method="POST")),
    "none acceptable": (406, request("/a.txt", "Accept-Encoding: identity;q=0")),
    "precondition": (412, request("/a.txt", 'If-Match: "x"')),
    "range not satisfiable": (416, request("/a.txt", "Range: bytes=9-")),
    "unknown method": (501, request("/a.txt", method="BREW")),
    "handler fails": (500, request("/fails")),
    "script": (200, request("/cgi-bin/plain")),
    "nph": (200, request("/cgi-bin/nph-plain")),
    "local redirect": (200, request("/cgi-bin/again")),
    "script says nothing": (502, request("/cgi-bin/mute")),
    "script is late": (504, request("/cgi-bin/late")),
    "malformed": (400, b"nonsense\r\n\r\n"),
    "malformed chunk": (400, request("/cgi-bin/plain", "Transfer-Encoding: chunked", method="POST") + b"x\r\n"),
    "no host": (400, b"GET / HTTP/1.1\r\n\r\n"),
    "late head": (408, b"GET / HT"),
    "late content": (408, request("/cgi-bin/plain", "Content-Length: 9", method="POST")),
    "large content": (413, request("/cgi-bin/plain", "Content-Length: 9999", method="POST")),
    "long target": (414, request("/" + "a" * 9000)),
    "expectation": (417, request("/", "Expect: tea")),
    "elsewhere": (421, request("https://a/")),
    "host": (421, request("/", "X-A: b").replace(b"Host: a", b"Host: b")),
    "long fields": (431, request("/", "X: " + "a" * 9000)),
    "unknown coding": (501, request("/", "Transfer-Encoding: tea, chunked", method="POST")),
    "version": (505, b"GET / HTTP/2.0\r\n\r\n"),
}


def answer(root: Path, sent: bytes, server_class: type[BaseServer] = BaseServer) -> Reply:
    """The answer of a server whose handler is `Handler`."""
    handler = partial(Handler, directory=root, site=SITE)
    with (
        serving_by(server_class, handler, limits=LIMITS, timeouts=TIMEOUTS, allowed_hosts=frozenset({"a"})) as server,
        connect(server) as client,
    ):
        client.send(sent)
        return client.reply(sent.partition(b" ")[0].decode())


@pytest.mark.parametrize("name", ROWS)
def test_an_answer_carries_what_its_site_says(root: Path, name: str) -> None:
    status, sent = ROWS[name]
    got = answer(root, sent)
    assert got.status == status
    assert got.get_all("X-Site") == ("mine",)
    assert got.get_all("Access-Control-Allow-Origin") == ("*",)
    assert len(got.get_all("Access-Control-Expose-Headers")) == 1
    assert got.get_all("Cache-Control") == ("max-age=7",)
    assert "Cookie" in got.get_all("Vary")
    assert got.get_all("Content-Language") == (() if status == 304 else ("de",))  # 9110-15.4.5-4a
    assert len(got.get_all("X-Seen")) == 1


def test_so_does_the_503_of_a_server_without_threads(root: Path) -> None:
    got = answer(root, request("/a.txt"), Full)
    assert (got.status, got.get("X-Site"), got.get("X-Seen")) == (503, "mine", "GET")


def test_so_does_an_answer_on_a_socket_that_no_server_keeps(root: Path) -> None:
    with pair() as (ours, theirs):
        theirs.sendall(request("/a.txt") + b"nonsense\r\n\r\n")
        Handler(ours, ("192.0.2.1", 1), None, root, site=SITE)
        received = read_until_end(theirs)
    assert received.count(b"HTTP/1.1 ") == received.count(b"X-Site: mine\r\n") == received.count(b"X-Seen") == 2


def test_what_a_script_says_itself_stays(root: Path) -> None:
    got = answer(root, request("/cgi-bin/own"))
    assert got.get_all("X-Site") == ("script",)
    assert got.get_all("Access-Control-Allow-Origin") == ("a",)
    assert got.get_all("Access-Control-Expose-Headers") == ()
    assert got.get_all("Vary") == ("Accept", "Cookie")
    assert got.get_all("Cache-Control") == ("max-age=7",)


def test_a_respond_that_fails_costs_its_own_look_but_not_the_sites(root: Path) -> None:
    class Failing(BaseHttpRequestHandler):
        def respond(self, response: Response, *, wait: bool = False) -> None:
            raise ZeroDivisionError

    with serving_by(BaseServer, partial(Failing, directory=root, site=SITE)) as server, connect(server) as client:
        client.send(b"nonsense\r\n\r\n")
        got = client.reply()
    assert (got.status, got.get_all("X-Site")) == (500, ("mine",))


def test_a_function_has_the_servers_own_page_for_what_it_does_not_see() -> None:
    with serving_by(BaseServer, function_handler(echo)) as server, connect(server) as client:
        client.send(b"nonsense\r\n\r\n")
        got = client.reply()
    assert (got.status, got.get("X-Site")) == (400, None)


@pytest.mark.parametrize("read", [True, False])
def test_a_refused_request_is_nothing_to_be_read_or_answered_by_hand(read: bool) -> None:
    """A handler that knows only sockets is called, and the error tells it why the request was refused."""

    def by_hand(conn: socket.socket, addr: Address, server: object) -> None:
        if read:
            conn.recv(1000)
        conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    with serving_by(BaseServer, by_hand) as server, connect(server) as client:
        client.send(b"nonsense\r\n\r\n")
        assert client.reply().status == 400


def test_a_handler_that_does_not_look_leaves_a_refused_request_refused() -> None:
    with serving_by(BaseServer, lambda *_: None) as server, connect(server) as client:
        client.send(b"nonsense\r\n\r\n")
        assert client.reply().status == 400


class Branded(ThreadedServer):
    """A server whose errors have a look of their own, whatever the handler is."""

    def error_response(self, error: HTTPError, request: Request) -> Response:
        usual = super().error_response(error, request)
        usual.close()
        said = f"{error.detail} {request.method}:{request.path} {usual.headers['Content-Type']}"
        return Response(error.status, {"Content-Type": "text/plain"}, said.encode())


@pytest.mark.parametrize("accept", ["text/html", "application/json", "*/*"])
def test_the_look_of_errors_is_the_servers_for_functions_and_folders_alike(tmp_path: Path, accept: str) -> None:
    def fail(asked: Request) -> Response:
        raise HTTPError(404, asked.path)

    usual = {"text/html": "text/html; charset=utf-8", "application/json": "application/problem+json"}
    for factory in (partial(Handler, directory=tmp_path), function_handler(fail)):
        with serving_by(Branded, factory) as server, connect(server) as client:
            client.send(request("/lost", f"Accept: {accept}") + b"bad\r\n\r\n")
            lost, bad = client.reply(), client.reply()
            kind = usual.get(accept, "text/plain; charset=utf-8")
            assert (lost.status, lost.content.decode().partition(" GET")[2]) == (404, f":/lost {kind}")
            assert (bad.status, bad.content.decode().partition(" : ")[2]) == (400, "text/plain; charset=utf-8")
