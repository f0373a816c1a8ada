"""L1, L3: a timeout that a handler sets on its connection counts for one turn, and never for the server."""

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from pyhttp import BaseHttpRequestHandler, BaseServer, FileSlice, Response, Timeouts
from tests.helpers.crowd import connected
from tests.helpers.servers import serving_by
from tests.helpers.sockets import request
from tests.helpers.wire_client import Late, WireClient

LARGE: Final = 64 << 20


def client_of(server: BaseServer) -> WireClient:
    return WireClient(*server.addresses[0], patience=5)


def block(conn: socket.socket) -> None:
    conn.setblocking(True)


def never(conn: socket.socket) -> None:
    conn.settimeout(None)


def soon(conn: socket.socket) -> None:
    conn.settimeout(0.01)


def at_once(conn: socket.socket) -> None:
    conn.setblocking(False)


SETTERS: Final[tuple[tuple[Callable[[socket.socket], None], float | None], ...]] = (
    (block, None),
    (never, None),
    (soon, 0.01),
    (at_once, 0.0),
)
each_setter = pytest.mark.parametrize(
    ("change", "told"), SETTERS, ids=["setblocking-True", "None", "0.01", "setblocking-False"]
)


@each_setter
def test_a_timeout_holds_for_one_turn(
    server_class: type[BaseServer], change: Callable[[socket.socket], None], told: float | None
) -> None:
    """The timeout can be read within the turn. The next turn and other connections find the default."""
    seen: list[float | None] = []

    class Setting(BaseHttpRequestHandler):
        def handle(self) -> None:
            seen.append(self.conn.gettimeout())
            if self.request.path == "/set":
                change(self.conn)
            seen.append(self.conn.gettimeout())
            self.respond(Response(200, {}, self.request.body.read()))

    timeouts = Timeouts(content=7.0)
    with serving_by(server_class, Setting, timeouts=timeouts) as server, client_of(server) as client:
        for target in ("/set", "/", "/set", "/"):
            client.send(request(target, method="POST", content=b"x" * 100_000))
            assert len(client.reply().content) == 100_000
        with client_of(server) as other:
            other.send(request())
            assert other.reply().status == 200
    assert seen == [7.0, told, 7.0, 7.0, 7.0, told, 7.0, 7.0, 7.0, 7.0]


@each_setter
@pytest.mark.parametrize("kind", ["bytes", "file"])
def test_a_client_that_does_not_read_holds_nobody(
    server_class: type[BaseServer],
    change: Callable[[socket.socket], None],
    told: float | None,
    kind: str,
    folder: Path,
) -> None:
    """The server sends as always, whatever timeout the handler has set for itself."""

    class Setting(BaseHttpRequestHandler):
        def handle(self) -> None:
            if self.request.path == "/small":
                self.respond(Response(200, {}, b"hello"))
                return
            change(self.conn)
            body = bytes(LARGE) if kind == "bytes" else FileSlice((folder / "large").open("rb"), 0, LARGE)
            self.respond(Response(200, {}, body))

    with (
        serving_by(server_class, Setting) as server,
        connected(server.addresses[0], window=4096) as reader,
        client_of(server) as client,
    ):
        reader.sendall(request("/large"))
        assert reader.recv(1) == b"H"
        for _ in range(3):
            client.send(request("/small"))
            assert client.reply().content == b"hello"
        left = 1 << 20
        while left > 0:
            left -= len(reader.recv(65536))


@each_setter
def test_content_has_its_deadline_all_the_same(
    server_class: type[BaseServer], change: Callable[[socket.socket], None], told: float | None
) -> None:
    """`Request.body` waits for a client within `Timeouts.content`, not within what the handler has set for `recv`."""

    class Setting(BaseHttpRequestHandler):
        def handle(self) -> None:
            change(self.conn)
            self.respond(Response(200, {}, self.request.body.read()))

    with serving_by(server_class, Setting, timeouts=Timeouts(content=0.25)) as server, client_of(server) as client:
        client.send(request("/", "Content-Length: 200000", method="POST") + bytes(100_000))
        try:
            assert client.reply().status == 408
        except Late:
            pytest.fail("the handler waits for ever")
