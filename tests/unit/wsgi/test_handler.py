"""PEP 3333: an application behind each kind of server, and on a socket that is not a server's connection."""

import io
import logging
import socket
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from wsgiref.simple_server import demo_app
from wsgiref.util import request_uri
from wsgiref.validate import validator

import pytest

from pyhttp.limits import Limits
from pyhttp.proxies import Proxies
from pyhttp.servers.base import BaseServer
from pyhttp.servers.pooled import PooledServer
from pyhttp.servers.threaded import ThreadedServer
from pyhttp.transport.client import Address
from pyhttp.wsgi import wsgi_handler
from tests.helpers.servers import connect, nothing_left, server_class, serving_by, wait_for
from tests.helpers.sockets import pair, read_until_end, request
from tests.helpers.tls import PLAIN, SECURE, Transport
from tests.helpers.untyped import untyped
from tests.helpers.wsgi import TEXT, Closable, answering, asked, environ_of, serving_app

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

__all__ = ["server_class"]

CHUNKED = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"


LARGE = b"one\n" * 50_000
"""The octets of content: more than the server reads ahead of a handler."""


def echo(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    start_response("200 OK", TEXT)
    length: str = environ.get("CONTENT_LENGTH", "none")
    yield f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']} {length} ".encode()
    while data := environ["wsgi.input"].read(65536):
        yield data


@pytest.mark.parametrize("target", ["/", "/%C3%A9?a=b"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_wsgiref_finds_nothing_wrong(server_class: type[BaseServer], method: str, target: str) -> None:
    with serving_app(validator(demo_app), server_class=server_class) as client:
        for _ in range(2):
            client.send(request(target, method=method, content=b"abc" if method == "POST" else b""))
            reply = client.reply(method)
            assert reply.status == 200
            assert reply.content.startswith(b"" if method == "HEAD" else b"Hello world!")


def test_wsgiref_finds_nothing_wrong_with_what_is_read_and_written() -> None:
    def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        stream = environ["wsgi.input"]
        read = [stream.readline(), stream.read(3), *stream.readlines(2), *stream]
        print("told", file=environ["wsgi.errors"])
        environ["wsgi.errors"].flush()
        write = start_response("200 OK", TEXT)
        write(b"|".join(read))
        return iter([b"", b"!"])

    reply = asked(validator(app), method="POST", content=b"1\n234\n5\n67\n8")
    assert reply.content == b"1\n|234|\n|5\n|67\n|8!"


class TestContent:
    def test_reading_ends_with_the_content(self) -> None:
        with serving_app(echo) as client:
            client.send(request("/a", method="POST", content=b"abc") + request("/b", method="PUT", content=b"d"))
            assert client.reply().content == b"POST /a 3 abc"
            assert client.reply().content == b"PUT /b 1 d"

    def test_spooled_content_has_a_length_whatever_its_framing(self, server_class: type[BaseServer]) -> None:
        with serving_app(echo, server_class=server_class) as client:
            client.send(CHUNKED + b"2\r\nab\r\n1\r\nc\r\n0\r\n\r\n")
            assert client.reply().content == b"POST / 3 abc"

    def test_streamed_content_has_the_one_that_is_stated(self) -> None:
        with serving_app(echo, content="streamed") as client:
            client.send(CHUNKED + b"2\r\nab\r\n1\r\nc\r\n0\r\n\r\n")
            assert client.reply().content == b"POST / none abc"
            client.send(request(method="POST", content=b"abc"))
            assert client.reply().content == b"POST / 3 abc"

    def test_an_application_is_called_when_spooled_content_is_here(self) -> None:
        called = threading.Event()

        def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
            called.set()
            return echo(environ, start_response)

        sent = request(method="POST", content=LARGE)
        with serving_app(app) as client, serving_app(app, content="streamed") as other:
            client.send(sent[:-1])
            other.send(sent[:-1])
            wait_for(called)
            called.clear()
            client.send(sent[-1:])
            assert client.reply().content.endswith(LARGE)
            assert called.is_set()

    def test_large_content_is_spooled_to_a_file(self) -> None:
        content = bytes(range(256)) * 4096
        limits = Limits(spool_memory=1000)
        with serving_by(PooledServer, wsgi_handler(echo), limits=limits) as server, connect(server) as client:
            client.send(request(method="POST", content=content))
            assert client.reply().content == b"POST / %d %b" % (len(content), content)

    def test_both_ways_at_once(self) -> None:
        def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterator[bytes]:
            start_response("200 OK", TEXT)
            yield from environ["wsgi.input"]

        with serving_app(app, content="streamed") as client:
            client.send(request(method="POST", content=LARGE)[:-4])
            got = b""
            while b"one\n" not in got:
                got += client.more()
            client.send(LARGE[-4:])
            while b"\r\n0\r\n\r\n" not in got:
                got += client.more()

    def test_malformed_content_is_refused(self) -> None:
        with serving_app(echo) as client, serving_app(echo, content="streamed") as other:
            for each in (client, other):
                each.send(CHUNKED + b"zz\r\n")
                assert each.reply().status == 400

    def test_no_other_process_calls_it_unless_that_is_said(self) -> None:
        assert environ_of()["wsgi.multiprocess"] is False

    def test_none(self) -> None:
        found = environ_of()
        assert found.keys().isdisjoint({"CONTENT_LENGTH", "CONTENT_TYPE"})
        assert found["read"] == b""

    def test_of_a_stated_length(self) -> None:
        found = environ_of("/", "Content-Type: a/b", method="POST", content=b"abc")
        assert (found["CONTENT_LENGTH"], found["CONTENT_TYPE"], found["read"]) == ("3", "a/b", b"abc")

    def test_of_no_octets(self) -> None:
        assert environ_of("/", "Content-Length: 0", method="POST")["CONTENT_LENGTH"] == "0"


def test_the_server_as_a_whole_is_no_path_of_the_application() -> None:
    assert asked(answering([b"never"]), "*", method="OPTIONS").status == 204


def test_a_request_that_is_refused_is_not_given_to_the_application() -> None:
    with serving_app(answering([b"never"])) as client:
        client.send(b"GET / HTTP/1.1\r\n\r\n")
        assert client.reply().status == 400


def test_what_is_not_below_the_mount_is_not_found() -> None:
    with serving_app(answering([b"here"]), script_name="/caf\xe9") as client:
        client.send(request("/caf%C3%A9/a") + request("/b"))
        assert client.reply().content == b"here"
        assert client.reply().status == 404


def url(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    start_response("200 OK", TEXT)
    return [f"{request_uri(environ)} of {environ['REMOTE_ADDR']} {environ['SERVER_PORT']}".encode()]


@pytest.mark.parametrize("transport", [PLAIN, SECURE])
def test_X4_the_scheme_is_that_of_the_connection(transport: Transport) -> None:
    with serving_by(PooledServer, wsgi_handler(url), tls=transport.server) as server, connect(server) as client:
        client.send(request("/a?b"))
        scheme = "https" if transport.secure else "http"
        port = server.addresses[0][1]
        assert client.reply().content == f"{scheme}://a/a?b of 127.0.0.1 {port}".encode()


SEQUENCE = (
    *(request("/a?b", "X: y"), request("/a?b", "X: y"), request("/%C3%A9", "X: y"), request("/a", "X: z")),
    *(request("http://other:8/a", "X: z"), request("/a", "X: z"), request("/a", "X: z", method="POST", content=b"abc")),
    *(b"GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n", request("/", "Cookie: a", "Cookie: b")),
)
"""Requests that are like the one before in their line, in their fields, in both, or in neither."""


def test_what_a_connection_remembers_changes_no_environ() -> None:
    """The request before may be any request, and its application may have changed its environ in any way."""
    seen: list[dict[str, object]] = []

    def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        seen.append({**environ, "REMOTE_PORT": "", "wsgi.input": environ["wsgi.input"].read()})
        environ.clear()
        start_response("200 OK", TEXT)
        return [b""]

    with serving_by(PooledServer, wsgi_handler(app)) as server, connect(server) as old:
        for sent in (*SEQUENCE, *(one for one in SEQUENCE for _ in range(4))):  # from the third on, environs are ready
            with connect(server) as new:
                for client in (new, old):
                    client.send(sent)
                    assert client.reply().status == 200
            first, second = seen[-2:]
            assert first == second
    assert len(seen) == 10 * len(SEQUENCE)


def test_each_application_of_a_connection_has_its_own_environ() -> None:
    first, second = (wsgi_handler(url, script_name=name) for name in ("/a", ""))
    turns = iter((first, first, second, first))

    def factory(conn: socket.socket, addr: Address, server: object, /) -> object:
        return next(turns)(conn, addr, server)

    with serving_by(PooledServer, factory) as server, connect(server) as client:
        for path, status in (("/a/b", 200), ("/b", 404), ("/b", 200), ("/b", 404)):
            client.send(request(path))
            assert client.reply().status == status


def test_a_trusted_proxy_says_who_the_client_is_and_what_it_has_asked_for() -> None:
    proxies = Proxies(headers=("127.0.0.1",))
    forwarded = "Forwarded: for=192.0.2.1;proto=https;host=shop.example"
    with serving_by(PooledServer, wsgi_handler(url), proxies=proxies) as server, connect(server) as client:
        client.send(request("/a", forwarded))
        assert client.reply().content == b"https://shop.example/a of 192.0.2.1 443"
    with serving_by(PooledServer, wsgi_handler(url)) as server, connect(server) as client:
        client.send(request("/a", forwarded))
        assert client.reply().content.startswith(b"http://a/a of 127.0.0.1 ")


@pytest.mark.parametrize("transport", [PLAIN, SECURE])
def test_a_file_is_sent_whatever_the_transport(transport: Transport, tmp_path: Path) -> None:
    content = LARGE * 100  # more octets than are under way at once
    (tmp_path / "file").write_bytes(content)

    def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        start_response("200 OK", TEXT)
        wrapped: Iterable[bytes] = environ["wsgi.file_wrapper"]((tmp_path / "file").open("rb"))
        return wrapped

    with serving_by(PooledServer, wsgi_handler(app), tls=transport.server) as server, connect(server) as client:
        client.send(request())
        assert client.reply().content == content


def test_a_socket_that_no_server_keeps() -> None:
    with pair() as (ours, theirs):
        theirs.sendall(request(method="POST", content=b"abc") + request("/2"))
        theirs.shutdown(socket.SHUT_WR)
        wsgi_handler(echo)(ours, ("127.0.0.1", 1), None)
        answers = read_until_end(theirs)
    assert answers.count(b"HTTP/1.1 200 OK") == 2
    assert b"\r\nabc\r\n" in answers


def test_the_applications_exception_is_answered_with_500(caplog: pytest.LogCaptureFixture) -> None:
    def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        start_response("200 OK", TEXT)
        raise ZeroDivisionError("of the application")

    caplog.set_level(logging.ERROR, "pyhttp.error")
    assert asked(app).status == 500
    assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [ZeroDivisionError]


def test_nothing_of_a_call_is_left(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x" * 100_000)

    def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        start_response("200 OK", TEXT)
        file = (tmp_path / "file").open("rb")
        wrapped: Iterable[bytes] = environ["wsgi.file_wrapper"](file)
        return wrapped

    with nothing_left(), serving_app(app) as client:
        client.send(request())
        assert client.reply().content == b"x" * 100_000
        client.send(request(method="HEAD"))
        assert client.reply("HEAD").get("Content-Length") == "100000"
        client.send(request())
        assert client.more()  # the client leaves in the middle of the content


class TestArguments:
    def test_an_application_can_be_called(self) -> None:
        with pytest.raises(TypeError, match="app: a callable"):
            untyped(wsgi_handler)(io)

    def test_content_is_spooled_or_streamed(self) -> None:
        with pytest.raises(ValueError, match="content:"):
            untyped(wsgi_handler)(echo, content="whole")

    @pytest.mark.parametrize("name", ["shop", "/", "/shop/"])
    def test_a_mount_begins_with_a_slash_and_does_not_end_in_one(self, name: str) -> None:
        with pytest.raises(ValueError, match="script_name:"):
            wsgi_handler(echo, script_name=name)

    def test_a_mount_is_text(self) -> None:
        with pytest.raises(TypeError, match="script_name:"):
            untyped(wsgi_handler)(echo, script_name=b"/shop")


def test_a_result_is_closed_in_every_outcome(server_class: type[BaseServer]) -> None:
    def failing() -> Iterator[bytes]:
        yield b"begun"
        raise ZeroDivisionError

    for items in ([b"a", b"b"], [], failing()):
        result = Closable(items)
        asked(answering(result), "/", "Connection: close")
        assert result.closed == 1


LAST = b"."


class OfThread(threading.local):
    """What a framework keeps for the request of a thread."""

    request = ""


OF_THREAD = OfThread()


@pytest.mark.parametrize("writes", [False, True])
@pytest.mark.parametrize("kind", [PooledServer, ThreadedServer])
def test_what_is_kept_for_a_thread_stays_up_to_the_last_item(kind: type[BaseServer], writes: bool) -> None:
    """The first client reads its answer only when others have been answered, so its items are made in between."""

    def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        target: str = environ["PATH_INFO"]
        write = start_response("200 OK", TEXT)
        OF_THREAD.request = target
        if writes:
            write(b"begun ")

        def items() -> Iterator[bytes]:
            for _ in range(20 if target == "/slow" else 1):
                yield OF_THREAD.request.encode() * 100_000
            yield LAST

        return items()

    with serving_by(kind, wsgi_handler(app)) as server, connect(server) as slow:
        slow.send(request("/slow"))
        for number in range(8):
            with connect(server) as other:
                other.send(request(f"/{number}"))
                assert other.reply().content.endswith(f"/{number}".encode() + LAST)
        content = slow.reply().content.removeprefix(b"begun ")
    assert content == b"/slow" * 2_000_000 + LAST


def test_a_server_of_one_thread_holds_it_for_no_client() -> None:
    """Its application is called in between, so it must not keep a request in a place of its thread."""

    def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        start_response("200 OK", TEXT)
        return (b"x" * 1_000_000 for _ in range(20 if environ["PATH_INFO"] == "/slow" else 2))

    with serving_by(BaseServer, wsgi_handler(app)) as server, connect(server) as slow, connect(server) as other:
        slow.send(request("/slow"))
        other.send(request("/other"))
        assert len(other.reply().content) == 2_000_000
        assert len(slow.reply().content) == 20_000_000
