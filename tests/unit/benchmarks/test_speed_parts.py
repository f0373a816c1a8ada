"""The loop with the least work for a file answers like the servers."""

import re
import socket
from functools import partial
from pathlib import Path

from benchmarks.speed.apps.answers import HELLO
from benchmarks.speed.apps.parts import answer, file_of, hello
from pyhttp import AccessFile, BaseHttpRequestHandler, BaseServer, Response
from pyhttp.limits import Limits
from pyhttp.wire.server_connection import ServerConnection

REQUEST = b"GET /a.html HTTP/1.1\r\nHost: a\r\n\r\n"


def without_time(octets: bytes) -> bytes:
    """The answer without what a moment changes: its date, and whether the file may change again unnoticed."""
    return re.sub(rb'W/("[0-9a-f]+)-new"', rb'\1"', re.sub(rb"\r\nDate: [^\r]*", b"", octets))


def test_a_request_gets_what_a_server_answers(tmp_path: Path) -> None:
    root, log = tmp_path / "root", tmp_path / "log"
    root.mkdir()
    (root / "a.html").write_text("text")
    ours, theirs = socket.socketpair()
    access, respond = AccessFile(log), partial(file_of, str(root))
    core = ServerConnection(Limits())
    answers: list[bytes] = []
    with ours, theirs:
        for _ in range(2):  # the connection is kept
            theirs.send(REQUEST)
            answers.append(without_time(answer(ours, "127.0.0.1", core, respond, access)))
        theirs.shutdown(socket.SHUT_WR)
        assert answer(ours, "127.0.0.1", core, respond, access) == b""
    access.close()
    handler = partial(BaseHttpRequestHandler, directory=str(root))
    with BaseServer("127.0.0.1", 0, handler) as server, socket.create_connection(server.addresses[0]) as client:
        client.send(REQUEST)
        assert answers == [without_time(client.recv(4096))] * 2
    assert [line.partition('"')[2] for line in log.read_text().splitlines()] == ['GET /a.html HTTP/1.1" 200 4'] * 2


def test_so_does_the_one_for_a_function(tmp_path: Path) -> None:
    ours, theirs = socket.socketpair()
    access, core = AccessFile(tmp_path / "log"), ServerConnection(Limits())
    with ours, theirs:
        theirs.send(REQUEST)
        made = without_time(answer(ours, "127.0.0.1", core, hello, access))
    access.close()
    with (
        BaseServer("127.0.0.1", 0, handler=lambda _: Response(200, {"Content-Type": "text/plain"}, HELLO)) as server,
        socket.create_connection(server.addresses[0]) as client,
    ):
        client.send(REQUEST)
        assert made == without_time(client.recv(4096))
    assert '"GET /a.html HTTP/1.1" 200 1024' in (tmp_path / "log").read_text()
