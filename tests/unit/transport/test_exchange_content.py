"""The content of requests on every server: handlers that read it or do not, and clients that never send it."""

import threading
from collections.abc import Callable

import pytest

from pyhttp.errors import Disconnected, Misuse
from pyhttp.limits import Limits, Timeouts
from pyhttp.messages import Response
from pyhttp.request import Request
from pyhttp.servers.base import BaseServer
from tests.helpers.channels import reset
from tests.helpers.servers import connect, echo, serving, wait_for
from tests.helpers.sockets import read_until_end, request

ServerClass = type[BaseServer]
SHORT = Timeouts(linger=0.3, drain=0.3, stop=0.3)

EXPECT = ("Expect: 100-continue",)


def test_F14_continue_is_sent_once_the_content_is_read(server_class: ServerClass) -> None:
    with serving(server_class) as server, connect(server) as client:
        client.send(request("/", *EXPECT, "Content-Length: 3", method="POST"))
        assert client.reply().status == 100
        client.send(b"abc" + request("/next"))
        assert client.reply().content == b"POST / abc"
        assert client.reply().content == b"GET /next "


def test_F14_continue_is_not_sent_where_content_has_come_already(server_class: ServerClass) -> None:
    with serving(server_class) as server, connect(server) as client:
        client.send(request("/", *EXPECT, method="POST", content=b"abc"))
        assert client.reply().content == b"POST / abc"


def test_F14_a_final_answer_instead_closes_and_content_is_never_a_request(server_class: ServerClass) -> None:
    handled: list[str] = []

    def handler(got: Request) -> Response:
        handled.append(got.path)
        return Response(403)

    with serving(server_class, handler, timeouts=SHORT) as server, connect(server) as client:
        smuggled = request("/smuggled")
        client.send(request("/", *EXPECT, f"Content-Length: {len(smuggled)}", method="POST"))
        reply = client.reply(breaks=("errors explain themselves",))
        assert (reply.status, reply.says_close) == (403, True)
        client.send(smuggled + request("/next"))
        assert client.ended() == b""
    assert handled == ["/"]


def test_F14_HTTP_1_0_gets_no_100(server_class: ServerClass) -> None:
    with serving(server_class) as server, connect(server) as client:
        client.send(request("/", *EXPECT, method="POST", content=b"abc", version="1.0"))
        assert client.reply().content == b"POST / abc"


def ignore(_: Request) -> Response:
    return Response(200, {}, b"ignored")


def unchanged(_: Request) -> Response:
    return Response(304, {"ETag": '"x"'})


def some(got: Request) -> Response:
    return Response(200, {}, got.body.read(1))


@pytest.mark.parametrize("handler", [ignore, unchanged, some])
@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE", "POST"])
@pytest.mark.parametrize("framing", ["sized", "chunked"])
@pytest.mark.parametrize("at_once", [True, False])
def test_F11_unread_content_is_read_away_before_the_next_request(
    handler: Callable[[Request], Response], method: str, framing: str, at_once: bool
) -> None:
    content = request("/smuggled") * 100
    head = f"Content-Length: {len(content)}" if framing == "sized" else "Transfer-Encoding: chunked"
    body = content if framing == "sized" else b"%x\r\n%b\r\n0\r\n\r\n" % (len(content), content)
    seen: list[str] = []

    def watched(got: Request) -> Response:
        seen.append(got.path)
        return handler(got)

    with serving(BaseServer, watched) as server, connect(server) as client:
        first = request("/", head, method=method)
        if at_once:
            client.send(first + body + request("/next"))
        else:
            client.send(first)
            client.send(body)
            client.send(request("/next"))
        client.reply(method)
        client.reply()
    assert seen == ["/", "/next"]


@pytest.mark.parametrize("size", [1, 1000, 65_536, 300_000, -1])
def test_F11_large_content_is_read_in_pieces_of_any_size_up_to_the_next_request(
    server_class: ServerClass, size: int
) -> None:
    content = bytes(range(256)) * 2000

    def handler(got: Request) -> Response:
        return Response(200, {}, b"".join(iter(lambda: got.body.read(size), b"")))

    with serving(server_class, handler) as server, connect(server) as client:
        client.send(request("/", method="POST", content=content) + request("/next", method="POST", content=b"more"))
        assert client.reply().content == content
        assert client.reply().content == b"more"


@pytest.mark.parametrize("framing", ["sized", "chunked"])
def test_D15_more_unread_content_than_the_limit_closes(server_class: ServerClass, framing: str) -> None:
    content = bytes(200_000)
    head = f"Content-Length: {len(content)}" if framing == "sized" else "Transfer-Encoding: chunked"
    body = content if framing == "sized" else b"%x\r\n%b\r\n0\r\n\r\n" % (len(content), content)
    seen: list[str] = []

    def handler(got: Request) -> Response:
        seen.append(got.path)
        return Response(200)

    limits = Limits(read_ahead=4096)
    with serving(server_class, handler, timeouts=SHORT, limits=limits) as server, connect(server) as client:
        client.send(request("/", head, method="POST") + body + request("/next"))
        reply = client.reply()
        assert reply.status == 200
        assert reply.says_close or framing == "chunked"
        assert read_until_end(client.sock) == b""
    assert seen == ["/"]


def test_D15_unread_content_that_stalls_closes(server_class: ServerClass) -> None:
    with serving(server_class, ignore, timeouts=SHORT) as server, connect(server) as client:
        client.send(request("/", "Transfer-Encoding: chunked", method="POST") + b"10000\r\n" + bytes(65536))
        assert client.reply().content == b"ignored"
        assert client.ended() == b""


def test_F13_unread_content_that_is_malformed_closes(server_class: ServerClass) -> None:
    def handler(got: Request) -> Response:
        assert got.path == "/"
        return Response(200)

    limits, timeouts = Limits(read_ahead=1000), Timeouts(linger=0.3)
    with serving(server_class, handler, timeouts=timeouts, limits=limits) as server, connect(server) as client:
        client.send(request("/", "Transfer-Encoding: chunked", method="POST") + b"7d0\r\n" + bytes(2000))
        assert client.reply().status == 200
        client.send(b"\r\nx\r\n" + request("/next"))
        assert client.ended() == b""


def test_F10_content_that_ends_early_is_answered_400(server_class: ServerClass) -> None:
    with serving(server_class) as server, connect(server) as client:
        client.send(request("/", "Content-Length: 10", method="POST") + b"abc")
        client.half_close()
        assert client.reply().status == 400


def test_content_cannot_be_read_when_the_exchange_is_over(server_class: ServerClass) -> None:
    kept: list[Request] = []

    def handler(got: Request) -> Response:
        kept.append(got)
        return echo(got)

    with serving(server_class, handler) as server, connect(server) as client:
        client.send(request("/1", method="POST", content=b"abc"))
        client.reply()
        client.send(request("/2"))
        client.reply()
        with pytest.raises(Misuse):
            kept[0].exchange.read_content()
        with pytest.raises(Misuse):
            kept[0].exchange.respond(Response(200))


def test_D9_a_long_upload_that_stalls_is_answered_408(server_class: ServerClass) -> None:
    with serving(server_class, timeouts=Timeouts(content=0.2)) as server, connect(server) as client:
        client.send(request("/", "Content-Length: 100000", method="POST") + bytes(70_000))
        reply = client.reply()
        assert (reply.status, reply.says_close) == (408, True)


def test_a_client_that_resets_during_its_upload_is_no_fault(
    server_class: ServerClass, caplog: pytest.LogCaptureFixture
) -> None:
    started, failed = threading.Event(), threading.Event()

    def handler(got: Request) -> Response:
        started.set()
        try:
            return echo(got)
        except Disconnected:
            failed.set()
            raise

    with serving(server_class, handler) as server:
        client = connect(server)
        client.send(request("/", "Content-Length: 100000", method="POST") + bytes(70_000))
        wait_for(started)
        reset(client.sock)
        wait_for(failed)
    assert not [record for record in caplog.records if record.exc_info]
