"""F17, C11: an answer that ends early is seen to end early, and leaves nothing in memory.

RFC 9112 §8: where the end of the connection is the end of the content, only a reset shows that a part is missing.
"""

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from pyhttp import BaseHttpRequestHandler, BaseServer, Request, Response, Timeouts
from tests.helpers.crowd import connected
from tests.helpers.servers import serving, serving_by
from tests.helpers.sockets import request
from tests.helpers.wire_client import WireClient
from tests.robustness.alone import KINDS, alone

START: Final = "#!/bin/sh\necho Content-Type: text/plain\n"
STATED: Final = frozenset({"killed_of_a_length", "short", "short_later"})
"""The bodies whose clients know from a length, in any version, that something is missing."""
SCRIPTS: Final = {
    "killed": "echo\necho begun\nkill -9 $$\n",
    "killed_later": "echo\necho begun\nsleep 0.2\nkill -9 $$\n",
    "killed_of_a_length": "echo Content-Length: 100\necho\necho begun\nkill -9 $$\n",
    "short": "echo Content-Length: 100\necho\necho begun\n",
    "short_later": "echo Content-Length: 100\necho\necho begun\nsleep 0.2\n",
    "silent": "echo\necho begun\nexec sleep 30\n",
}
QUICK: Final = Timeouts(script=0.5, script_kill=0.3)


def received_until_reset(server: BaseServer, sent: bytes) -> bytes:
    """The octets that come before the connection is reset. This fails where the stream ends as if all were well."""
    data = bytearray()
    with connected(server.addresses[0]) as client:
        client.settimeout(5)
        client.sendall(sent)
        try:
            while piece := client.recv(65536):
                data += piece
        except ConnectionResetError:
            return bytes(data)
    pytest.fail(f"an orderly end after {bytes(data[-20:])!r}")


def is_cut(server: BaseServer, target: str, version: str = "1.1") -> bool:
    """Whether a client can see from the framing that something is missing."""
    with WireClient(*server.addresses[0]) as client:
        client.send(request(target, version=version))
        return not client.reply().complete


@pytest.fixture
def scripts(folder: Path) -> Path:
    (folder / "cgi-bin").mkdir()
    for name, text in SCRIPTS.items():
        path = folder / "cgi-bin" / name
        path.write_text(START + text)
        path.chmod(0o755)
    return folder


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_that_breaks_off(server_class: type[BaseServer], name: str, scripts: Path) -> None:
    """The script breaks off by a signal, ends before the length that it has stated, or is silent for too long."""
    handler = partial(BaseHttpRequestHandler, directory=scripts)
    with serving_by(server_class, handler, timeouts=QUICK) as server:
        assert is_cut(server, f"/cgi-bin/{name}")
        if name in STATED:
            assert is_cut(server, f"/cgi-bin/{name}", "1.0")
        else:
            received_until_reset(server, request(f"/cgi-bin/{name}", version="1.0"))
            received_until_reset(server, request(f"/cgi-bin/{name}", "Connection: keep-alive", version="1.0"))


@pytest.mark.parametrize("count", [1, 2, 100])
def test_an_iterator_that_fails(server_class: type[BaseServer], count: int) -> None:
    def items() -> Iterator[bytes]:
        for _ in range(count):
            yield b"x" * 1000
        raise ValueError("no more")

    def handle(got: Request) -> Response:
        return Response(200, {}, items() if got.path == "/fails" else b"whole")

    with serving(server_class, handle) as server:
        received_until_reset(server, request("/fails", version="1.0"))
        assert is_cut(server, "/fails")
        assert not is_cut(server, "/")


def test_an_iterator_that_ends_ends_in_order(server_class: type[BaseServer]) -> None:
    """The opposite of a cut is a whole answer, which is never reset."""

    def handle(got: Request) -> Response:
        return Response(200, {}, iter([b"x" * 1000] * 100))

    with serving(server_class, handle) as server:
        for _ in range(20):
            with connected(server.addresses[0]) as client:
                client.sendall(request("/", version="1.0"))
                data = bytearray()
                while piece := client.recv(65536):
                    data += piece
            assert data.endswith(b"\r\n\r\n" + b"x" * 100_000)


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_a_file_that_shrinks_while_it_is_sent(server_class: type[BaseServer], version: str, folder: Path) -> None:
    with (
        serving_by(server_class, partial(BaseHttpRequestHandler, directory=folder)) as server,
        connected(server.addresses[0], window=4096) as client,
    ):
        client.settimeout(5)
        client.sendall(request("/large", "Connection: close", version=version))
        assert client.recv(1) == b"H"
        os.truncate(folder / "large", 100_000)
        left = 64 << 20
        while piece := client.recv(1 << 20):
            left -= len(piece)
        assert left > 0  # the stated length tells this in either version


# --- children of a handler


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fork", ["/os", "/multiprocessing"])
def test_a_child_keeps_no_connection_open(kind: str, fork: str, folder: Path) -> None:
    """The connection of the child's own client ends with the exchange. Other open connections end in their time."""
    with alone(kind, folder, idle=0.5) as server, server.client() as idle, server.client() as client:
        idle.send(request("/small"))
        assert idle.reply().status == 200
        client.send(request(fork, "Connection: close"))
        assert client.reply().status == 200
        client.sock.settimeout(2)
        assert client.ended() == b""
        idle.sock.settimeout(3)
        assert idle.ended() == b""


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fork", ["/os", "/multiprocessing"])
def test_a_child_keeps_no_port(kind: str, fork: str, folder: Path) -> None:
    """When the server has closed, no client can connect, and another server can use the port."""
    with alone(kind, folder) as server:
        with server.client() as client:
            client.send(request(fork, "Connection: close"))
            assert client.reply().status == 200
        server.process.terminate()
        assert server.says() == "ended"
        assert server.refuses()
        with BaseServer(*server.address) as again, WireClient(*again.addresses[0]) as client:
            client.send(request("/", version="1.0"))
            assert client.reply().status
