"""The gate on every server: one answer for each request, whatever its body does."""

import os
import socket
import threading
from pathlib import Path

import pytest

from pyhttp.errors import Misuse
from pyhttp.limits import Timeouts
from pyhttp.messages import Body, FileSlice, Response
from pyhttp.request import Request
from pyhttp.servers.base import BaseServer
from pyhttp.transport.client import Address, Connection
from tests.helpers.channels import Items, Opened, reset
from tests.helpers.servers import Entries, connect, serving, serving_by, wait_for
from tests.helpers.sockets import request

ServerClass = type[BaseServer]
SHORT = Timeouts(linger=0.3, drain=0.3, stop=0.3, send=0.3, send_rate=1_000_000)
LARGE = 16 << 20
"""The octets of content: more than the buffers of a connection on this machine hold."""


@pytest.fixture
def large(tmp_path: Path) -> Path:
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(LARGE)
    return path


# --- bodies that come as they come


def test_items_are_sent_as_they_come_and_the_head_with_the_first(server_class: ServerClass) -> None:
    go_on = threading.Event()

    def later() -> bytes:
        wait_for(go_on)
        return b"second"

    body = Items(b"first", b"", later)
    with serving(server_class, lambda _: Response(200, {}, body)) as server, connect(server) as client:
        client.send(request())
        data = b""
        while not data.endswith(b"5\r\nfirst\r\n"):
            data += client.more()
        go_on.set()
        while not data.endswith(b"6\r\nsecond\r\n0\r\n\r\n"):
            data += client.more()
        wait_for(body.closed)
        client.send(request())
        # the same body is sent again: nothing is left of it, but the connection is still there
        assert client.reply().content == b""


def test_an_empty_first_item_sends_the_head_at_once(server_class: ServerClass) -> None:
    go_on = threading.Event()

    def later() -> bytes:
        wait_for(go_on)
        return b"x"

    body = Items(b"", later)
    with serving(server_class, lambda _: Response(200, {}, body)) as server, connect(server) as client:
        client.send(request())
        assert client.more().endswith(b"\r\n\r\n")
        go_on.set()
        assert client.more().startswith(b"1\r\nx\r\n")


def test_a_body_whose_first_item_fails_is_a_500(server_class: ServerClass, caplog: pytest.LogCaptureFixture) -> None:
    body = Items(RuntimeError("no first item"), b"second")
    with serving(server_class, lambda _: Response(200, {}, body), timeouts=SHORT) as server, connect(server) as client:
        client.send(request())
        reply = client.reply()
        assert reply.status == 500
        assert client.ended() == b""
        wait_for(body.closed)
    assert caplog.text.count("Traceback") == 1


@pytest.mark.parametrize("fields", [{}, {"Content-Length": "20"}], ids=["chunked", "sized"])
def test_F17_a_body_that_fails_later_cuts_the_connection(
    server_class: ServerClass, fields: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    body = Items(b"0123456789", RuntimeError("no second item"))
    with serving(server_class, lambda _: Response(200, fields, body)) as server, connect(server) as client:
        client.send(request() + request("/next"))
        reply = client.reply()
        assert not reply.complete
        assert reply.content == b"0123456789"
        wait_for(body.closed)
    assert caplog.text.count("Traceback") == 1


def read_all(sock: socket.socket) -> bytes:
    data = b""
    while piece := sock.recv(1000):
        data += piece
    return data


def test_F17_to_HTTP_1_0_a_body_that_fails_later_ends_early(server_class: ServerClass) -> None:
    """RFC 9112 §8: only the end of the connection tells the end of the content. It must not be an orderly end."""
    body = Items(b"0123456789", RuntimeError("no second item"))
    with serving(server_class, lambda _: Response(200, {}, body)) as server, connect(server) as client:
        client.send(request(version="1.0"))
        data = client.sock.recv(1000)
        with pytest.raises(ConnectionResetError):
            data += read_all(client.sock)
        head, _, content = data.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 ")
        assert b"Transfer-Encoding" not in head
        assert content == b"0123456789"


@pytest.mark.parametrize(
    ("items", "complete"),
    [((b"01234",), False), ((b"01234", b"56789x"), False), ((b"01234", b"56789"), True)],
    ids=["short", "long", "exact"],
)
def test_F16_a_stated_length_is_kept_or_the_connection_cut(
    server_class: ServerClass, items: tuple[bytes, ...], complete: bool
) -> None:
    body = Items(*items)
    with serving(server_class, lambda _: Response(200, {"Content-Length": "10"}, body)) as server:
        with connect(server) as client:
            client.send(request())
            reply = client.reply()
        assert reply.complete == complete
        assert len(reply.content) <= 10
        wait_for(body.closed)


@pytest.mark.parametrize("method", ["HEAD", "GET"])
def test_F16_a_body_is_closed_whether_it_is_sent_or_not(server_class: ServerClass, method: str, large: Path) -> None:
    items, opened = Items(b"abc"), Opened(large)
    bodies: dict[str, Body] = {"/items": items, "/file": FileSlice(opened, 0, 100_000)}
    with serving(server_class, lambda got: Response(200, {}, bodies[got.path])) as server, connect(server) as client:
        client.send(request("/items", method=method) + request("/file", method=method))
        first, second = client.reply(method), client.reply(method)
        assert second.get("Content-Length") == "100000"
        assert len(second.content) == (0 if method == "HEAD" else 100_000)
        assert first.content == (b"" if method == "HEAD" else b"abc")
        wait_for(items.closed)
        wait_for(opened.closed)
        assert items.taken == (0 if method == "HEAD" else 1)


def twice(got: Request, body: Body) -> None:
    got.exchange.respond(Response(200))
    with pytest.raises(Misuse):
        got.exchange.respond(Response(200, {}, body))


@pytest.mark.parametrize("kind", ["items", "file"])
def test_a_body_is_closed_when_the_gate_refuses_it(server_class: ServerClass, kind: str, large: Path) -> None:
    items, opened = Items(b"abc"), Opened(large)
    body: Body = items if kind == "items" else FileSlice(opened, 0, 100_000)

    def handler(got: Request) -> Response:
        twice(got, body)
        return Response(200)

    with serving(server_class, handler, timeouts=SHORT) as server, connect(server) as client:
        client.send(request())
        assert client.reply().status == 200
        assert client.ended() == b""  # a second answer is a fault of the handler: nothing follows
    assert (items.closed if kind == "items" else opened.closed).is_set()
    opened.close()


def test_a_body_is_closed_when_its_client_resets(server_class: ServerClass, large: Path) -> None:
    opened = Opened(large)
    endless = Items(*(lambda: bytes(100_000) for _ in range(1000)))
    bodies: dict[str, Body] = {"/items": endless, "/file": FileSlice(opened, 0, LARGE)}
    entries = Entries()
    with serving(server_class, lambda got: Response(200, {}, bodies[got.path]), access_log=entries) as server:
        for path, closed in (("/file", opened.closed), ("/items", endless.closed)):
            client = connect(server)
            client.send(request(path))
            assert client.sock.recv(10)
            reset(client.sock)
            wait_for(closed)
            entry = entries.next()
            assert (entry.target, entry.status) == (path, 200)
            assert entry.sent < LARGE


def test_D10_a_body_is_closed_when_its_client_does_not_read(server_class: ServerClass, large: Path) -> None:
    opened = Opened(large)
    endless = Items(*(lambda: bytes(100_000) for _ in range(1000)))
    bodies: dict[str, Body] = {"/items": endless, "/file": FileSlice(opened, 0, LARGE)}
    with serving(server_class, lambda got: Response(200, {}, bodies[got.path]), timeouts=SHORT) as server:
        for path, closed in (("/file", opened.closed), ("/items", endless.closed)):
            with connect(server) as client:
                client.send(request(path))
                wait_for(closed)


def test_a_body_is_closed_when_the_server_stops(server_class: ServerClass, large: Path) -> None:
    opened = Opened(large)
    handler_done = threading.Event()

    def handler(_: Request) -> Response:
        handler_done.set()
        return Response(200, {}, FileSlice(opened, 0, LARGE))

    with serving(server_class, handler, timeouts=SHORT) as server, connect(server) as client:
        client.send(request())
        wait_for(handler_done)
        assert client.sock.recv(1)
        server.close()
        wait_for(opened.closed)


def test_an_iterator_inside_a_with_block_is_right_where_respond_waits(server_class: ServerClass, large: Path) -> None:
    after: list[bool] = []

    def handler(got: Request) -> None:
        with large.open("rb") as file:
            got.exchange.respond(Response(200, {}, iter(lambda: file.read(100_000), b"")), wait=True)
        after.append(got.exchange.finished)

    def factory(conn: socket.socket, addr: Address, server: object, /) -> object:
        assert isinstance(conn, Connection)
        handler(Request(conn))
        return handler

    with serving_by(server_class, factory, timeouts=SHORT) as server, connect(server) as client:
        client.send(request())
        assert len(client.reply().content) == LARGE
    assert after == [True]


def test_L4_the_rest_of_a_large_answer_is_sent_after_the_handlers_turn(server_class: ServerClass, large: Path) -> None:
    entries = Entries()

    def handler(got: Request) -> Response:
        if got.path == "/":
            return Response(200)
        return Response(200, {}, FileSlice(Opened(large), 0, LARGE))

    with serving(server_class, handler, access_log=entries) as server, connect(server) as slow:
        slow.send(request("/large"))
        assert slow.sock.recv(1) == b"H"
        with connect(server) as other:
            other.send(request("/"))
            assert other.reply().status == 200
            assert entries.next().target == "/"
        slow._held += b"H"
        reply = slow.reply()
        assert len(reply.content) == LARGE
        assert entries.next().sent == LARGE
        slow.send(request("/"))
        assert slow.reply().status == 200


def test_W2_a_file_that_shrinks_on_its_way_cuts_the_connection(server_class: ServerClass, large: Path) -> None:
    opened = Opened(large)
    with serving(server_class, lambda _: Response(200, {}, FileSlice(opened, 0, LARGE))) as server:
        with connect(server) as client:
            client.send(request() + request())
            client._held += client.sock.recv(1)
            os.truncate(large, 1000)
            reply = client.reply()
        assert not reply.complete
        wait_for(opened.closed)


def test_W2_a_file_that_is_empty_by_now_is_a_500(server_class: ServerClass, large: Path) -> None:
    opened = Opened(large)
    os.truncate(large, 0)
    answer = Response(200, {}, FileSlice(opened, 0, LARGE))
    with serving(server_class, lambda _: answer) as server, connect(server) as client:
        client.send(request())
        assert client.reply().status == 500
    assert opened.closed.is_set()


def test_an_empty_slice_is_an_empty_answer(server_class: ServerClass, large: Path) -> None:
    opened = Opened(large)
    answer = Response(200, {}, FileSlice(opened, 5, 0))
    with serving(server_class, lambda _: answer) as server, connect(server) as client:
        client.send(request())
        assert client.reply().get("Content-Length") == "0"
    assert opened.closed.is_set()


def test_the_gate_adds_the_date_unless_there_is_one(server_class: ServerClass) -> None:
    date = "Sun, 06 Nov 1994 08:49:37 GMT"
    with serving(server_class, lambda _: Response(200, {"Date": date})) as server, connect(server) as client:
        client.send(request())
        assert client.reply(breaks=("Date is now",)).get_all("Date") == (date,)
    with serving(server_class) as server, connect(server) as client:
        client.send(request())
        assert len(client.reply().get_all("Date")) == 1
