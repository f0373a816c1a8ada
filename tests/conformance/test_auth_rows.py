"""RFC 9110 §11, RFC 7617, RFC 3875 §4.1.1, §4.1.11: a folder for its users alone, through a socket."""

import base64
import os
import re
import socket
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from pyhttp import (
    AccessEntry,
    BaseHttpRequestHandler,
    BaseServer,
    BasicAuth,
    HandlerFactory,
    PooledServer,
    Request,
    Response,
    Site,
    ThreadedServer,
    function_handler,
)
from pyhttp.auth import PasswordHash
from pyhttp.wsgi import wsgi_handler
from tests.helpers.sockets import pair, read_until_end
from tests.helpers.untyped import untyped
from tests.helpers.wire_client import Reply, WireClient

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

NAME, PASSWORD = "jö rg", "pä:ss"


def users() -> BasicAuth:
    """One user. The salt is new, since hashed passwords are counted for each value of BasicAuth."""
    return BasicAuth(((NAME, str(PasswordHash.of(PASSWORD, os.urandom(16), n=2, r=1))),), "a folder")


def basic(name: str, password: str) -> str:
    return "Authorization: Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


RIGHT: Final = basic(NAME, PASSWORD)


class World:
    """A server of a folder with one user, and its access lines."""

    def __init__(self, server: BaseServer, entries: list[AccessEntry]) -> None:
        self.server = server
        self.entries = entries

    def noted(self) -> set[str]:
        """End the server. The result is the users of all access lines."""
        self.server.close()
        return {entry.user for entry in self.entries}

    def ask(self, target: str, *lines: str, method: str = "GET", host: str = "Host: a\r\n") -> Reply:
        fields = "".join(f"{line}\r\n" for line in (*lines, "Connection: close"))
        with WireClient(*self.server.addresses[0]) as client:
            client.send(f"{method} {target} HTTP/1.1\r\n{host}{fields}\r\n".encode("latin-1"))
            return client.reply(method)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("users")
    (root / "a.txt").write_text("content")
    (root / "404.html").write_text("a page of the folder")
    (root / "sub").mkdir()
    (root / "sub" / "secret").touch()
    (root / "cgi-bin").mkdir()
    script = root / "cgi-bin" / "x"
    script.write_text("#!/bin/sh\ntouch ran\necho Content-Type: text/plain\necho\nexport LC_ALL=C\nenv | sort\n")
    script.chmod(0o755)
    return root


@pytest.fixture(params=[BaseServer, ThreadedServer, PooledServer])
def world(request: pytest.FixtureRequest, root: Path) -> Iterator[World]:
    yield from serve(request.param, root, Site(auth=users()))


def serve(kind: type[BaseServer], root: Path, site: Site) -> Iterator[World]:
    yield from serve_by(kind, partial(BaseHttpRequestHandler, directory=root, site=site))


def serve_by(kind: type[BaseServer], handler: HandlerFactory) -> Iterator[World]:
    entries: list[AccessEntry] = []
    with kind("127.0.0.1", 0, handler, access_log=entries.append) as server:
        yield World(server, entries)


EVERYTHING: Final = ("/a.txt", "/", "/sub", "/sub/", "/missing", "/cgi-bin/x", "/cgi-bin/missing", "/../x", "/%00")


@pytest.mark.clause("9110-11.4-3a", "9110-11.6.1-3a", "9110-11.5-5a", "9110-11.2-4a")
@pytest.mark.parametrize("target", EVERYTHING)
def test_nothing_of_the_folder_is_told_without_credentials(world: World, target: str) -> None:
    replies = [world.ask(target, method=method) for method in ("GET", "HEAD", "POST", "OPTIONS", "DELETE", "X")]
    for reply in replies:
        assert (reply.status, reply.reason) == (401, "Unauthorized")
        assert reply.get_all("WWW-Authenticate") == ('Basic realm="a folder", charset="UTF-8"',)
        assert reply.get("Cache-Control") == "no-store"
        assert reply.get("Location") is None
        assert reply.get("Allow") is None
    assert replies[1].content == b""
    assert {reply.content for reply in replies[2:]} == {replies[0].content}
    assert b"secret" not in replies[0].content
    assert b"page of the folder" not in replies[0].content


@pytest.mark.clause("3875-3.1-3a")
def test_no_script_runs_without_credentials(world: World, root: Path) -> None:
    ran = root / "cgi-bin" / "ran"
    ran.unlink(missing_ok=True)
    assert world.ask("/cgi-bin/x", basic(NAME, "wrong")).status == 401
    assert not ran.exists()
    assert world.ask("/cgi-bin/x", RIGHT).status == 200
    assert ran.exists()


def test_the_server_as_a_whole_and_an_absolute_form_are_no_way_round(world: World) -> None:
    assert world.ask("*", method="OPTIONS").status == 401
    assert world.ask("http://a/a.txt").status == 401
    assert world.ask("*", RIGHT, method="OPTIONS").status == 204
    assert world.ask("http://a/a.txt", RIGHT).status == 200


@pytest.mark.clause("9110-11.4-3a", "9110-11.6.1-3a")
@pytest.mark.parametrize(
    "lines",
    [
        (basic(NAME, "wrong"),),
        (basic("nobody", PASSWORD),),
        (basic(NAME, ""),),
        ("Authorization: Basic",),
        ("Authorization: Basic !",),
        ("Authorization: Basic YTpi\xe9",),
        (RIGHT.replace("Basic", "Bearer"),),
        (RIGHT, RIGHT),
        (RIGHT + ", " + RIGHT.removeprefix("Authorization: "),),
        (RIGHT.replace("Authorization", "Proxy-Authorization"),),
    ],
)
def test_what_does_not_let_in(world: World, lines: tuple[str, ...]) -> None:
    reply = world.ask("/a.txt", *lines)
    assert reply.status == 401
    assert reply.get("WWW-Authenticate") == 'Basic realm="a folder", charset="UTF-8"'
    assert world.noted() == {""}


def test_the_right_credentials_let_in_and_are_noted(world: World) -> None:
    for _ in range(2):
        assert world.ask("/a.txt", RIGHT).content == b"content"
        assert world.ask("/a.txt", RIGHT.replace("Basic", "bAsIC"), method="HEAD").status == 200
        assert world.ask("/missing", RIGHT).content == b"a page of the folder"
        assert world.ask("/sub", RIGHT).get("Location") == "sub/"
        assert b"secret" in world.ask("/sub/", RIGHT).content
    assert world.noted() == {NAME}


def test_on_one_connection_each_request_is_asked(world: World) -> None:
    with WireClient(*world.server.addresses[0]) as client:
        for lines in (f"{RIGHT}\r\n", "", f"{RIGHT}\r\n"):
            client.send(f"GET /a.txt HTTP/1.1\r\nHost: a\r\n{lines}\r\n".encode("latin-1"))
            assert client.reply("GET").status == (200 if lines else 401)


def test_a_malformed_request_is_told_what_is_wrong_and_no_more(world: World) -> None:
    reply = world.ask("/a.txt", RIGHT, host="")
    assert (reply.status, reply.get("WWW-Authenticate")) == (400, None)


@pytest.mark.clause("3875-4.1.1-2a", "3875-4.1.11-3a", "3875-9.2-1a")
def test_a_script_learns_the_user_and_not_the_password(world: World) -> None:
    shown = world.ask("/cgi-bin/x", RIGHT).content.decode()
    assert re.findall("^(?:AUTH_TYPE|REMOTE_USER|HTTP_AUTHORIZATION)=.*", shown, re.MULTILINE) == [
        "AUTH_TYPE=Basic",
        f"REMOTE_USER={NAME}",
    ]


def test_a_script_gets_the_field_where_the_operator_says_so(root: Path) -> None:
    site = Site(auth=users(), cgi_auth=True, cgi_env=("REMOTE_USER=x", "AUTH_TYPE=y"))
    for world in serve(BaseServer, root, site):
        shown = world.ask("/cgi-bin/x", RIGHT).content.decode()
        assert "HTTP_AUTHORIZATION=Basic " in shown
        assert f"REMOTE_USER={NAME}\n" in shown
        assert "AUTH_TYPE=Basic\n" in shown


def test_a_preflight_has_no_credentials_and_is_answered_without_a_look(root: Path) -> None:
    (root / "cgi-bin" / "ran").unlink(missing_ok=True)
    asked = ("Origin: http://b", "Access-Control-Request-Method: GET")
    for world in serve(BaseServer, root, Site(auth=users(), cors=True)):
        replies = [world.ask(target, *asked, method="OPTIONS") for target in EVERYTHING]
        assert {(reply.status, reply.get("Allow")) for reply in replies} == {(204, "GET, HEAD, OPTIONS")}
        assert all("Authorization" in str(reply.get("Access-Control-Allow-Headers")) for reply in replies)
        assert world.ask("/a.txt", *asked).status == 401
        assert world.ask("/a.txt", method="OPTIONS").status == 401
        assert world.ask("/a.txt").get("Access-Control-Allow-Origin") == "*"
        assert world.ask("/a.txt", RIGHT).status == 200
    assert not (root / "cgi-bin" / "ran").exists()


def test_too_many_wrong_passwords_are_put_off(root: Path) -> None:
    for world in serve(BaseServer, root, Site(auth=users())):
        assert world.ask("/a.txt", RIGHT).status == 200
        replies = [world.ask("/a.txt", basic(NAME, str(number))) for number in range(60)]
        late = [reply for reply in replies if reply.status == 503]
        assert late
        assert {reply.get("Retry-After") for reply in late} == {"1"}
        assert {reply.status for reply in replies} == {401, 503}
        assert world.ask("/a.txt", RIGHT).status == 200
        assert world.ask("/a.txt").status == 401


# --- functions and applications

calls: Final[list[str]] = []
"""The user that was let in, for each call."""


def tell(request: Request) -> Response:
    calls.append(request.exchange.user)
    return Response(200, {}, request.body.read())


def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    user: str = environ["REMOTE_USER"]
    calls.append(user.encode("latin-1").decode())
    assert environ["AUTH_TYPE"] == "Basic"
    assert "HTTP_AUTHORIZATION" not in environ
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [environ["wsgi.input"].read()]


GUARDED: Final[dict[str, Callable[[BasicAuth], HandlerFactory]]] = {
    "function": lambda auth: function_handler(tell, auth=auth),
    "function, spooled": lambda auth: function_handler(tell, content="spooled", auth=auth),
    "application": lambda auth: wsgi_handler(app, auth=auth),
    "application, streamed": lambda auth: wsgi_handler(app, content="streamed", auth=auth),
}


@pytest.fixture(params=GUARDED)
def guarded(request: pytest.FixtureRequest) -> HandlerFactory:
    calls.clear()
    made: str = request.param
    return GUARDED[made](users())


@pytest.mark.clause("9110-11.4-3a", "9110-11.6.1-3a", "9110-11.5-5a")
@pytest.mark.parametrize("kind", [BaseServer, ThreadedServer, PooledServer])
def test_functions_and_applications_are_called_for_users_alone(kind: type[BaseServer], guarded: HandlerFactory) -> None:
    wrong = [(), ("Authorization: Basic !",), (RIGHT, RIGHT)]
    for world in serve_by(kind, guarded):
        for target, method in (("/", "GET"), ("/a?b", "HEAD"), ("/", "POST"), ("/", "X"), ("*", "OPTIONS")):
            for lines in wrong:
                reply = world.ask(target, *lines, method=method)
                assert reply.status == 401
                assert reply.get("WWW-Authenticate") == 'Basic realm="a folder", charset="UTF-8"'
        assert {world.ask("/", basic(*each)).status for each in ((NAME, "x"), ("nobody", PASSWORD))} == {401}
        assert calls == []


@pytest.mark.clause("3875-4.1.1-2a", "3875-4.1.11-3a")
def test_functions_and_applications_learn_the_user(guarded: HandlerFactory) -> None:
    for world in serve_by(PooledServer, guarded):
        with WireClient(*world.server.addresses[0]) as client:
            for lines in (f"{RIGHT}\r\n", "", f"{RIGHT}\r\n"):
                head = f"POST /a HTTP/1.1\r\nHost: a\r\n{lines}Transfer-Encoding: chunked\r\n\r\n"
                client.send(head.encode("latin-1") + b"5\r\nhello\r\n0\r\n\r\n")
                reply = client.reply("POST")
                assert (reply.status, reply.content == b"hello") == ((200, True) if lines else (401, False))
        assert world.ask("/a", RIGHT, host="").status == 400
        assert calls == [NAME, NAME]
        assert world.noted() == {NAME, ""}


def test_content_of_who_is_not_let_in_is_not_asked_for(guarded: HandlerFactory) -> None:
    for world in serve_by(PooledServer, guarded):
        with WireClient(*world.server.addresses[0]) as client:
            client.send(b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
            assert client.reply("POST").status == 401
        assert calls == []


def test_a_socket_that_no_server_keeps_is_asked_as_well(guarded: HandlerFactory) -> None:
    with pair() as (ours, theirs):
        asked = f"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n{RIGHT}\r\n\r\nx"
        theirs.sendall(b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n" + asked.encode("latin-1"))
        theirs.shutdown(socket.SHUT_WR)
        guarded(ours, ("192.0.2.1", 5), None)
        ours.close()
        answers = read_until_end(theirs)
    assert re.findall(rb"HTTP/1\.1 (\d+) ", answers) == [b"401", b"200"]
    assert calls == [NAME]


def test_auth_is_a_basic_auth() -> None:
    with pytest.raises(TypeError, match="auth: BasicAuth, not str"):
        untyped(function_handler)(tell, auth="users")
    with pytest.raises(TypeError, match="auth: BasicAuth, not str"):
        untyped(wsgi_handler)(app, auth="users")
