"""Clients that leave by an orderly close while they wait for a script, and clients that only end their side.

TCP reports both alike. C11, D18.
"""

import os
import socket
import struct
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from pyhttp import BaseHttpRequestHandler, BaseServer, Limits, PooledServer, ThreadedServer, Timeouts
from pyhttp.transport.stream import SocketStream
from tests.helpers.cgi_site import CgiSite
from tests.helpers.wire_client import WireClient

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
SLOW = ("echo $$ >> pids", "read word < go", "echo 'Content-Type: text/plain'; echo; echo body")


class Looks:
    """The number of times that a server has looked whether a client has ended its side."""

    def __init__(self) -> None:
        self._count = threading.Semaphore(0)

    def half_closed(self, stream: SocketStream) -> bool:
        found = HALF_CLOSED(stream)
        self._count.release()
        return found

    def wait_for(self, count: int) -> None:
        for _ in range(count):
            assert self._count.acquire(timeout=10)


HALF_CLOSED = SocketStream.half_closed


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Looks:
    made = Looks()

    def half_closed(stream: SocketStream) -> bool:
        return made.half_closed(stream)

    monkeypatch.setattr(SocketStream, "half_closed", half_closed)
    return made


@pytest.fixture
def cgi(tmp_path: Path) -> CgiSite:
    root = tmp_path / "www"
    root.mkdir()
    site = CgiSite(root)
    site.sh("quick", "echo 'Content-Type: text/plain'; echo; echo quick")
    site.sh("slow", *SLOW)
    (site.bin / "go").touch()
    return site


@pytest.fixture(params=[BaseServer, ThreadedServer, PooledServer])
def server(request: pytest.FixtureRequest, cgi: CgiSite, monkeypatch: pytest.MonkeyPatch) -> Iterator[BaseServer]:
    monkeypatch.setattr("pyhttp.transport.settling._ASK_AFTER", 0.1)
    factory = partial(BaseHttpRequestHandler, directory=str(cgi.root))
    limits, timeouts = Limits(scripts=4), Timeouts(script_wait=60.0, script_kill=0.3)
    with request.param("127.0.0.1", 0, factory, limits=limits, timeouts=timeouts) as serving:
        yield serving


def hold(cgi: CgiSite) -> None:
    """Let the slow script wait for a word from now on."""
    (cgi.bin / "go").unlink()
    os.mkfifo(cgi.bin / "go")


def asking(server: BaseServer, name: str, version: str = "HTTP/1.1") -> WireClient:
    client = WireClient(*server.addresses[0])
    client.send(f"GET /cgi-bin/{name} {version}\r\nHost: a\r\n\r\n".encode())
    return client


def demand_final(client: WireClient) -> None:
    """Wait for the answer. Nothing may come before it."""
    data = b""
    while not data.endswith(b"\r\n\r\nbody\n"):
        piece = client.sock.recv(1000)
        assert piece, data
        data += piece
    assert data.startswith(b"HTTP/1.1 200 OK\r\n")


def until(server: BaseServer, running: int) -> None:
    limit = time.monotonic() + 10
    while server.scripts.running != running:
        assert time.monotonic() < limit, server.scripts.running
        threading.Event().wait(0.01)


def test_C11_who_closes_in_order_makes_room_for_others(server: BaseServer, cgi: CgiSite) -> None:
    """An impatient client sends as many requests as scripts may run, and as many again that wait in line."""
    hold(cgi)
    for _ in range(8):
        asking(server, "slow").sock.close()
    with asking(server, "quick") as client:
        assert client.reply().content == b"quick\n"
    until(server, 0)


def test_C11_who_has_only_stopped_sending_gets_its_answer(server: BaseServer, cgi: CgiSite) -> None:
    """The answer comes after one interim response, however long it takes."""
    hold(cgi)
    with asking(server, "slow") as client:
        client.half_close()
        assert client.sock.recv(len(CONTINUE), socket.MSG_WAITALL) == CONTINUE
        (cgi.bin / "go").write_text("\n")
        demand_final(client)


def test_who_goes_on_listening_and_sending_is_not_asked(server: BaseServer, cgi: CgiSite, looks: Looks) -> None:
    hold(cgi)
    with asking(server, "slow") as client:
        looks.wait_for(3)
        (cgi.bin / "go").write_text("\n")
        demand_final(client)


@pytest.mark.clause("9110-15.2-1b")
def test_C11_a_client_of_http_1_0_cannot_be_asked(server: BaseServer, cgi: CgiSite, looks: Looks) -> None:
    hold(cgi)
    with asking(server, "slow", "HTTP/1.0") as client:
        client.half_close()
        looks.wait_for(1)
        (cgi.bin / "go").write_text("\n")
        demand_final(client)


def test_C11_a_reset_is_noticed_at_once(server: BaseServer, cgi: CgiSite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pyhttp.transport.settling._ASK_AFTER", 60.0)
    hold(cgi)
    client = asking(server, "slow")
    until(server, 1)
    client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.sock.close()
    until(server, 0)
