"""D7, L2 to L4 behind a proxy: connections without their PROXY header delay no other, and end at their deadline."""

import contextlib
import socket
from collections.abc import Iterator
from typing import Final

import pytest

from pyhttp import BaseServer, Limits, Proxies, Timeouts
from tests.helpers.crowd import crowd, until, until_ended
from tests.helpers.servers import connect, serving
from tests.helpers.sockets import request

MANY: Final = 200
HERE: Final = Proxies(protocol=("127.0.0.0/8",))
FAR: Final = Timeouts(head=600, idle=600)
"""Deadlines that are no help."""
LINE: Final = b"PROXY TCP4 203.0.113.7 203.0.113.80 5000 80\r\n"
BINARY: Final = b"\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c"


@contextlib.contextmanager
def silent(server: BaseServer, count: int) -> Iterator[list[socket.socket]]:
    """Connections that have sent no octet of their header, or a part of it."""
    with contextlib.ExitStack() as stack:
        clients: list[socket.socket] = []
        for sent in (b"", LINE[:1], LINE[:-1], BINARY):
            clients += stack.enter_context(crowd(server.addresses[0], count // 4, sent))
        yield clients


def is_open(client: socket.socket) -> bool:
    """Whether the server has left the connection open."""
    client.setblocking(False)
    try:
        return bool(client.recv(1))
    except BlockingIOError:
        return True


def test_L3_a_header_that_does_not_come_delays_nobody(server_class: type[BaseServer]) -> None:
    """All silent connections are there before and after.

    So a client that is answered in between has waited for none.
    """
    with serving(server_class, timeouts=FAR, proxies=HERE) as server, silent(server, MANY) as clients:
        for _ in range(10):
            with connect(server) as client:
                client.send(LINE + request() + request("/next", "Connection: close"))
                assert [client.reply().status, client.reply().status] == [200, 200]
                assert client.ended() == b""
        assert all(is_open(client) for client in clients)


def test_L2_a_header_that_does_not_come_takes_no_room(server_class: type[BaseServer]) -> None:
    limits = Limits(connections=20)
    with (
        serving(server_class, limits=limits, timeouts=FAR, proxies=HERE) as server,
        silent(server, 20),
        connect(server) as client,
    ):
        client.send(LINE + request())
        assert client.reply().status == 200


def test_D7_a_header_that_does_not_come_ends_the_connection(
    server_class: type[BaseServer], caplog: pytest.LogCaptureFixture
) -> None:
    timeouts = Timeouts(head=0.3, idle=600)
    with serving(server_class, timeouts=timeouts, proxies=HERE) as server, silent(server, MANY) as clients:
        assert [until_ended(client) for client in clients] == [b""] * MANY
        lines = [each.getMessage() for each in caplog.records if each.name == "pyhttp.error"]
        assert lines == ["127.0.0.1: the PROXY header did not arrive in time"] * MANY


def test_L8_a_stop_does_not_wait_for_a_header(server_class: type[BaseServer]) -> None:
    with serving(server_class, timeouts=FAR, proxies=HERE) as server, silent(server, 20) as clients:
        server.close()
        until(lambda: not any(is_open(client) for client in clients))
