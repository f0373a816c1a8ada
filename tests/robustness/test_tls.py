"""X1, L1 to L4 by TLS: half a handshake delays no client and takes no room; the cost of a client is bounded."""

import contextlib
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from pyhttp import BaseServer, Limits, Timeouts
from tests.helpers.crowd import crowd, raise_descriptor_limit, tell, until, usage
from tests.helpers.servers import SERVER_CLASSES, connect, serving
from tests.helpers.sockets import request
from tests.helpers.tls import SECURE, client_context
from tests.helpers.wire_client import WireClient
from tests.robustness.launch import launched

MANY: Final = 200
FAR: Final = Timeouts(handshake=600, idle=600, head=600)
"""Deadlines that are no help."""
IDLE: Final = 500


def hello() -> bytes:
    """The first octets of a client."""
    arrived, leaving = ssl.MemoryBIO(), ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        client_context().wrap_bio(arrived, leaving, server_hostname="localhost").do_handshake()
    return leaving.read()


@contextlib.contextmanager
def half_open(address: tuple[str, int], count: int) -> Iterator[list[socket.socket]]:
    """Clients in the middle of a handshake. They have sent nothing, a part of their first message, or all of it."""
    whole = hello()
    with contextlib.ExitStack() as stack:
        clients: list[socket.socket] = []
        for said in (b"", whole[:1], whole[:-1], whole):
            clients += stack.enter_context(crowd(address, count // 4, said))
        yield clients


def is_open(client: socket.socket) -> bool:
    """Whether the server has left the connection open."""
    client.setblocking(False)
    try:
        return bool(client.recv(1 << 16))  # the server's part of the handshake
    except BlockingIOError:
        return True


def test_X1_half_a_handshake_delays_nobody(server_class: type[BaseServer]) -> None:
    """All half-open clients are there before and after. So a client that is answered in between has waited for none."""
    with (
        serving(server_class, timeouts=FAR, tls=SECURE.server) as server,
        half_open(server.addresses[0], MANY) as clients,
    ):
        for _ in range(10):
            with connect(server) as client:
                client.send(request() + request("/next", "Connection: close"))
                assert [client.reply().status, client.reply().status] == [200, 200]
                assert client.ended() == b""
        assert all(is_open(client) for client in clients)


def test_L2_half_a_handshake_takes_no_room_from_a_client(server_class: type[BaseServer]) -> None:
    with (
        serving(server_class, limits=Limits(connections=20), timeouts=FAR, tls=SECURE.server) as server,
        half_open(server.addresses[0], 20),
        connect(server) as client,
    ):
        client.send(request())
        assert client.reply().status == 200


def test_L2_requests_without_tls_and_garbage_end_and_are_not_many_lines(
    server_class: type[BaseServer], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    with serving(server_class, tls=SECURE.server) as server, connect(server) as client:
        for said, status in ((request(), b"400"), (b"\x00" * 100, b"")):
            with crowd(server.addresses[0], 50, said) as clients:
                for each in clients:
                    with contextlib.suppress(ConnectionResetError):
                        assert each.recv(1 << 16)[9:12] == status
        client.send(request())
        assert client.reply().status == 200
    assert len([record for record in caplog.records if record.name == "pyhttp.error"]) == 100
    assert not any(record.exc_info for record in caplog.records)


@pytest.fixture(params=SERVER_CLASSES, ids=lambda kind: str(kind.__name__))
def secure_server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[int, tuple[str, int]]]:
    """A server in a process of its own that speaks TLS."""
    (tmp_path / "small").write_text("hello")
    with (tmp_path / "large").open("wb") as file:
        file.truncate(64 << 20)
    with launched(request.param.__name__, tmp_path, idle=60.0, secure=True) as made:
        yield made


def test_L1_idle_connections_by_tls_are_held(secure_server: tuple[int, tuple[str, int]]) -> None:
    """L1: OpenSSL keeps some 20 KiB for each connection. No thread is held."""
    process, address = secure_server
    raise_descriptor_limit(IDLE + 500)

    def ask(client: socket.socket) -> None:
        client.sendall(request("/small"))
        assert client.recv(1000).startswith(b"HTTP/1.1 200 ")

    with crowd(address, 20, tls=SECURE.client) as clients:
        for client in clients:
            ask(client)
    _, threads, resident = usage(process)
    with crowd(address, IDLE, tls=SECURE.client) as clients:
        for client in clients:
            ask(client)
        until(lambda: usage(process)[1] <= max(threads, 4))
        each = (usage(process)[2] - resident) / IDLE
        tell(f"{each:.0f} bytes each")
        assert each < 32 * 1024
        for client in clients[::50]:
            ask(client)
    until(lambda: usage(process)[0] < 50)


def test_L4_clients_that_do_not_read_cost_a_portion_each(secure_server: tuple[int, tuple[str, int]]) -> None:
    """L4: The server reads a file of 64 MiB only as far as the client takes it."""
    process, address = secure_server
    with crowd(address, 20, request("/large"), tls=SECURE.client) as clients:
        for client in clients:
            assert client.recv(10)
    resident = usage(process)[2]
    with crowd(address, 50, request("/large"), tls=SECURE.client) as clients:
        with WireClient(*address, tls=SECURE.client) as other:
            other.send(request("/small"))
            assert other.reply().content == b"hello"
        each = (usage(process)[2] - resident) / len(clients)
        tell(f"{each:.0f} bytes each")
        assert each < 256 * 1024
    until(lambda: usage(process)[0] < 50)
