"""The gate: one answer for each request, whatever becomes of its body."""

import os
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pyhttp.errors import Disconnected, Misuse
from pyhttp.limits import Limits, Timeouts
from pyhttp.messages import Body, FileSlice, Response
from pyhttp.request import Request
from pyhttp.servers.base import BaseServer
from tests.helpers.servers import Entries, connect, echo, serving, wait_for
from tests.helpers.sockets import read_until_end, request
from tests.helpers.wire_client import Framing, WireClient

ServerClass = type[BaseServer]
SHORT = Timeouts(linger=0.3, drain=0.3, stop=0.3, send=0.3)
LARGE = 16 << 20
"""More than the buffers of a connection on this machine hold."""


class Opened:
    """An open file that counts its closes."""

    def __init__(self, path: Path) -> None:
        self._fd = os.open(path, os.O_RDONLY)
        self.closed = threading.Event()

    def fileno(self) -> int:
        return self._fd

    def close(self) -> None:
        if not self.closed.is_set():
            self.closed.set()
            os.close(self._fd)


class Items:
    """An iterable body that knows whether it was closed."""

    def __init__(self, *items: bytes | Exception | Callable[[], bytes]) -> None:
        self._items = iter(items)
        self.taken = 0
        self.closed = threading.Event()

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        item = next(self._items)
        self.taken += 1
        if isinstance(item, Exception):
            raise item
        return item if isinstance(item, bytes) else item()

    def close(self) -> None:
        self.closed.set()


def reset(client: WireClient) -> None:
    """Leave without a good-bye."""
    client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


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
        assert client.reply().content == b""  # the same body again: nothing is left of it, but the connection is


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


def test_F17_to_HTTP_1_0_a_body_that_fails_later_ends_early(server_class: ServerClass) -> None:
    body = Items(b"0123456789", RuntimeError("no second item"))
    with serving(server_class, lambda _: Response(200, {}, body)) as server, connect(server) as client:
        client.send(request(version="1.0"))
        reply = client.reply()
        assert reply.framing is Framing.CLOSE
        assert reply.get("Transfer-Encoding") is None


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
            reset(client)
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
        assert client.reply().get_all("Date") == (date,)
    with serving(server_class) as server, connect(server) as client:
        client.send(request())
        assert len(client.reply().get_all("Date")) == 1


# --- the request's content


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
        reply = client.reply()
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
        reset(client)
        wait_for(failed)
    assert not [record for record in caplog.records if record.exc_info]
