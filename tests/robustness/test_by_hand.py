"""R4, F17: a handler's use of its connection as a socket ends with its turn, and is never a second answer."""

import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

import pytest

from pyhttp import (
    BaseHttpRequestHandler,
    BaseServer,
    Connection,
    Disconnected,
    Misuse,
    Response,
)
from pyhttp.requests import SocketWriter
from tests.helpers.servers import serving_by
from tests.helpers.sockets import request
from tests.helpers.wire_client import WireClient

ANSWER: Final = b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nby hand"
UNDATED: Final = ("a Date on 2xx, 3xx and 4xx",)
"""The law that it breaks: what a handler writes itself has no Date unless the handler writes one."""
POST: Final = request("/by-hand", method="POST", content=b"content")
NEXT: Final = request("/next")


def client_of(server: BaseServer) -> WireClient:
    return WireClient(*server.addresses[0], patience=5)


def recvmsg_into(conn: socket.socket) -> bytes:
    first, second = bytearray(10), bytearray(1 << 16)
    length, _, _, _ = conn.recvmsg_into([first, second])
    return bytes(first + second)[:length]


def recvfrom_into(conn: socket.socket) -> bytes:
    buffer = bytearray(1 << 16)
    return bytes(buffer[: conn.recvfrom_into(buffer)[0]])


def recv_into(conn: socket.socket) -> bytes:
    buffer = bytearray(1 << 16)
    return bytes(buffer[: conn.recv_into(buffer)])


READERS: Final[dict[str, Callable[[socket.socket], bytes]]] = {
    "recv": lambda conn: conn.recv(1 << 16),
    "recv_into": recv_into,
    "recvfrom": lambda conn: conn.recvfrom(1 << 16)[0],
    "recvfrom_into": recvfrom_into,
    "recvmsg": lambda conn: conn.recvmsg(1 << 16)[0],
    "recvmsg_into": recvmsg_into,
}


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize(
    ("taken", "by_hand"),
    [(False, True), (True, False), (True, True)],  # a handler without a Request has no respond
    ids=["raw-by_hand", "content-respond", "content-by_hand"],
)
def test_reading_yields_the_request_and_ends_the_connection(
    server_class: type[BaseServer], name: str, taken: bool, by_hand: bool
) -> None:
    """Each way of reading gives what `recv` gives.

    This is all of the request, or the content behind a head that a `Request` has taken.
    """
    seen: list[bytes] = []

    class Raw(BaseHttpRequestHandler):
        def handle(self) -> None:
            seen.append(READERS[name](self.conn))
            if by_hand:
                self.conn.sendall(ANSWER)
            else:
                self.respond(Response(200, {}, b"by hand"))

    def raw(conn: socket.socket, addr: object, server: object) -> object:
        seen.append(READERS[name](conn))
        conn.sendall(ANSWER)
        return conn

    with serving_by(server_class, Raw if taken else raw) as server, client_of(server) as client:
        client.send(POST)
        assert client.reply(breaks=UNDATED).content == b"by hand"
        client.send(NEXT)
        assert client.ended() == b""
    assert seen == [b"content" if taken else POST]


def sendfile(conn: socket.socket, data: bytes, folder: Path) -> None:
    (folder / "answer").write_bytes(data)
    with (folder / "answer").open("rb") as file:
        conn.sendfile(file)


def write_file(conn: socket.socket, data: bytes, folder: Path) -> None:
    with conn.makefile("wb") as file:
        file.write(data)


WRITERS: Final[dict[str, Callable[[socket.socket, bytes, Path], object]]] = {
    "send": lambda conn, data, _: conn.send(data),
    "sendall": lambda conn, data, _: conn.sendall(data),
    "sendfile": sendfile,
    "sendmsg": lambda conn, data, _: conn.sendmsg([data[:5], data[5:]]),
    "sendto": lambda conn, data, _: conn.sendto(data, conn.getpeername()),
    "sendto_flags": lambda conn, data, _: conn.sendto(data, 0, conn.getpeername()),
    "makefile": write_file,
    "SocketWriter": lambda conn, data, _: SocketWriter(conn).write(data),
}


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("then", ["returns", "responds", "raises"])
def test_writing_is_the_answer(
    server_class: type[BaseServer], name: str, then: str, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The server adds nothing to the answer. The next request, which is pipelined behind this one, is not answered."""
    refused: list[Misuse] = []

    class Writing(BaseHttpRequestHandler):
        def handle(self) -> None:
            WRITERS[name](self.conn, ANSWER, folder)
            if then == "raises":
                raise ValueError("a fault after the answer")
            if then == "responds":
                try:
                    self.respond(Response(200, {}, b"again"))
                except Misuse as error:
                    refused.append(error)

    with serving_by(server_class, Writing) as server:
        with client_of(server) as client:
            client.send(POST + NEXT)
            assert client.ended() == ANSWER
        with client_of(server) as client:
            client.send(NEXT)
            assert client.reply(breaks=UNDATED).content == b"by hand"
    assert len(refused) == (2 if then == "responds" else 0)
    assert bool([record for record in caplog.records if record.exc_info]) is (then == "raises")


@pytest.mark.parametrize("how", [socket.SHUT_RD, socket.SHUT_WR, socket.SHUT_RDWR], ids=["read", "write", "both"])
@pytest.mark.parametrize("answered", [False, True], ids=["", "answered"])
def test_a_shutdown_ends_the_connection(server_class: type[BaseServer], how: int, answered: bool) -> None:
    """The server adds nothing where no answer can be sent. It does not answer the next request on the connection."""

    class Shutting(BaseHttpRequestHandler):
        def handle(self) -> None:
            if self.request.path == "/next":
                self.respond(Response(200, {}, b"next"))
                return
            if answered:
                self.conn.sendall(ANSWER)
            self.conn.shutdown(how)
            if how == socket.SHUT_RD and not answered:
                with suppress(Disconnected):
                    self.respond(Response(200, {}, b"once"))

    with serving_by(server_class, Shutting) as server:
        with client_of(server) as client:
            client.send(request("/shuts") + NEXT)
            received = client.ended()
        if answered:
            assert received == ANSWER
        elif how == socket.SHUT_RD:
            assert received == b"" or (received.count(b"HTTP/1.1") == 1 and received.endswith(b"once"))
        else:
            assert received == b""
        with client_of(server) as client:
            client.send(NEXT)
            assert client.reply().content == b"next"


MOVES_NO_BYTES: Final = {
    **dict.fromkeys(("accept", "bind", "connect", "connect_ex", "listen"), "refused by the system once connected"),
    **dict.fromkeys(("family", "type", "proto", "getpeername", "getsockname"), "tells what it is"),
    **dict.fromkeys(("getblocking", "gettimeout", "timeout", "getsockopt", "get_inheritable"), "tells what was set"),
    **dict.fromkeys(("setblocking", "settimeout", "set_inheritable", "setsockopt"), "sets how, moves nothing"),
    "fileno": "a number; who uses it by the system's own calls has left the library",
    "makefile": "reads by recv_into, writes by send",
}
"""The public names of a socket that a server's connection may have as they are, and why."""


@pytest.mark.parametrize("name", [name for name in dir(socket.socket) if not name.startswith("_")])
def test_each_name_of_a_socket_is_ours_or_moves_no_bytes(name: str) -> None:
    """The method `sendmsg_afalg` also writes to any socket."""
    theirs: object = getattr(socket.socket, name)
    ours: object = getattr(Connection, name)
    assert ours is not theirs or name in MOVES_NO_BYTES, f"{name} goes round the gate"
