"""L8, L10: Ctrl+C, by Python's default: exchanges in progress end, then KeyboardInterrupt is raised."""

import os
import signal
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import pytest

from tests.helpers.crowd import connected, latencies, until
from tests.helpers.sockets import request
from tests.helpers.wire_client import Ended, Reply, WireClient
from tests.robustness.alone import KINDS, alone

LARGE: Final = 16 << 20
"""The octets of an answer: more than the kernel holds for a client that does not read."""
STOP: Final = 3.0

each_kind = pytest.mark.parametrize("kind", KINDS)


@each_kind
def test_an_idle_server_ends_at_once(kind: str, folder: Path) -> None:
    """Idle connections do not hold the server."""
    with alone(kind, folder, stop=STOP) as server, server.client() as client, server.client() as silent:
        client.send(request("/small"))
        assert client.reply().content == b"hello"
        server.signal(signal.SIGINT)
        assert server.says(STOP / 2) == "interrupted"
        assert client.ended() == silent.ended() == b""
        assert server.refuses()


@each_kind
def test_a_server_without_any_client_ends_at_once(kind: str, folder: Path) -> None:
    with alone(kind, folder, stop=STOP) as server:
        latencies(server.address, request("/small"), 1)  # the server serves by now
        server.signal(signal.SIGINT)
        assert server.says(STOP / 2) == "interrupted"


@each_kind
def test_a_download_in_progress_is_completed(kind: str, folder: Path) -> None:
    os.truncate(folder / "large", LARGE)
    with alone(kind, folder, stop=2 * STOP) as server, server.client() as client:
        client.send(request("/large"))
        assert client.sock.recv(1) == b"H"
        server.signal(signal.SIGINT)
        until(server.refuses)
        rest = client.ended()
        assert rest.endswith(bytes(1000))
        assert len(rest) > LARGE
        assert server.says(STOP) == "interrupted"


def answer(client: WireClient) -> Reply | None:
    """The answer, or None where the connection ended without one."""
    try:
        return client.reply()
    except Ended:
        return None


@each_kind
@pytest.mark.parametrize("count", [1, 3])
def test_what_other_threads_handle_is_answered(kind: str, count: int, folder: Path) -> None:
    """Requests of the main thread are answered, too. A wish to stop raises no exception in the middle of a handler."""
    with alone(kind, folder, stop=STOP) as server, ExitStack() as stack:
        if kind == "BaseServer":
            count = 1
        clients = [stack.enter_context(server.client()) for _ in range(count)]
        for client in clients:
            client.send(request("/waits?0.5"))
        names = [server.says() for _ in clients]
        server.signal(signal.SIGINT)
        assert server.says(STOP + 1) == "interrupted"
        for client in clients:
            client.sock.settimeout(0.3)  # the server has sent all its answers by now
        replies = [answer(client) for client in clients]
        whole = [reply for reply in replies if reply is not None and reply.status == 200]
        assert [reply.content for reply in whole if reply.content != b"main"] == [b"other"] * names.count("other")
        assert all(reply is None or reply.status in {200, 500} for reply in replies)
        assert server.refuses()


@each_kind
def test_a_handler_that_goes_on_is_left_behind(kind: str, folder: Path) -> None:
    """The client of the handler is cut, and the server ends in time.

    If the handler is on the main thread, the server ends as soon as a second signal comes.
    """
    with alone(kind, folder, stop=0.5) as server, ExitStack() as stack:
        clients = [stack.enter_context(server.client()) for _ in range(1 if kind == "BaseServer" else 3)]
        for client in clients:
            client.send(request("/waits?25"))
            server.says()
        server.signal(signal.SIGINT)
        if kind == "BaseServer":
            assert not server.has_spoken(0.5 + 1)
            assert clients[0].ended() == b""
            server.signal(signal.SIGINT)
        assert server.says(0.5 + 1) == "interrupted"
        for client in clients:
            assert answer(client) is None


@each_kind
def test_a_second_one_ends_it_at_once(kind: str, folder: Path) -> None:
    """A download is in progress, and handlers run in other threads."""
    os.truncate(folder / "large", LARGE)
    with (
        alone(kind, folder, stop=60) as server,
        connected(server.address, window=4096) as reader,
        server.client() as first,
        server.client() as second,
    ):
        reader.sendall(request("/large"))
        assert reader.recv(1) == b"H"
        for client in () if kind == "BaseServer" else (first, second):
            client.send(request("/waits?60"))
            server.says()
        server.signal(signal.SIGINT)
        until(server.refuses)
        assert not server.has_spoken(0.3), "the first one has ended it"
        server.signal(signal.SIGINT)
        assert server.says(2) == "interrupted"
        assert server.process.stdin is not None
        server.process.stdin.close()
        assert server.process.wait(2) == 0


@each_kind
def test_it_may_come_at_any_moment(kind: str, folder: Path) -> None:
    """The signal comes between any two lines of the server's own code.

    No client takes a part of an answer for the whole.
    """
    with alone(kind, folder, stop=STOP) as server:
        received: list[Reply] = []
        done = threading.Event()

        def ask() -> None:
            while not done.is_set():
                try:
                    with server.client() as client:
                        for _ in range(20):
                            client.sock.sendall(request("/small"))
                            received.append(client.reply())
                except (OSError, Ended):
                    continue

        threads = [threading.Thread(target=ask) for _ in range(3)]
        for thread in threads:
            thread.start()
        until(lambda: len(received) > 50)
        server.signal(signal.SIGINT)
        try:
            assert server.says(STOP + 1) == "interrupted"
        finally:
            done.set()
            for thread in threads:
                thread.join()
        for reply in received:
            assert reply.status == 500 or not reply.complete or (reply.status, reply.content) == (200, b"hello")
