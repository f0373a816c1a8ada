"""L2, L8: a request that has arrived is answered, although the server stops or needs its connection's place."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from pyhttp import BaseHttpRequestHandler, BaseServer, Limits, Request, Response, Timeouts
from tests.helpers.crowd import until
from tests.helpers.servers import Entries, serving, serving_by, wait_for
from tests.helpers.sockets import request
from tests.helpers.wire_client import Ended, WireClient

LARGE: Final = 16 << 20
"""The octets of an answer: more than the kernel holds for a client that does not read."""
SHORT: Final = Timeouts(linger=0.2)
HOLDS: Final = (Timeouts(), Timeouts(hold=1e-6))
each_hold = pytest.mark.parametrize("timeouts", HOLDS, ids=["", "unheld"])
"""Whether a thread that has answered awaits the next request itself."""


def client_of(server: BaseServer) -> WireClient:
    return WireClient(*server.addresses[0], patience=5)


def answers(client: WireClient, targets: str) -> None:
    """Check that each of `targets` is answered in turn, and that only the last answer says that it is the last."""
    for number, target in enumerate(targets, 1):
        reply = client.reply()
        assert (reply.status, reply.content) == (200, target.encode())
        assert reply.says_close is (number == len(targets))
    assert client.ended() == b""


def named(got: Request) -> Response:
    return Response(200, {}, got.path[1:].encode())


@contextmanager
def stopped(server: BaseServer) -> Iterator[None]:
    """Another thread requests a stop before the block begins. The call of `close` has returned at the end."""
    closing = threading.Thread(target=server.close)
    closing.start()
    until(lambda: server.closing)
    yield
    closing.join()


@pytest.mark.parametrize("targets", ["ab", "abc", "abcdefgh"])
def test_a_stop_by_the_handler_of_the_first(server_class: type[BaseServer], targets: str) -> None:
    """All requests arrive in one segment."""

    def handle(got: Request) -> Response:
        if got.path == "/a":
            server.close()
        return named(got)

    with serving(server_class, handle, timeouts=SHORT) as server, client_of(server) as client:
        client.send(b"".join(request(f"/{target}") for target in targets))
        answers(client, targets)


class Waiting:
    """A handler that answers with the target. The first request waits until the test lets it go on."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.go_on = threading.Event()

    def __call__(self, got: Request) -> Response:
        if got.path == "/a":
            self.begun.set()
            wait_for(self.go_on)
        return named(got)


@pytest.mark.parametrize("apart", [False, True], ids=["one_segment", "apart"])
@pytest.mark.parametrize("targets", ["ab", "abc"])
def test_a_stop_while_the_first_is_handled(server_class: type[BaseServer], targets: str, apart: bool) -> None:
    """Requests in segments of their own have also arrived, before there is a byte of the first answer."""
    handler = Waiting()
    with serving(server_class, handler, timeouts=SHORT) as server, client_of(server) as client:
        pipelined = [request(f"/{target}") for target in targets]
        client.send(pipelined[0] if apart else b"".join(pipelined))
        wait_for(handler.begun)
        if apart:
            for each in pipelined[1:]:
                client.send(each)
        with stopped(server):
            handler.go_on.set()
            answers(client, targets)


@pytest.mark.parametrize("apart", [False, True], ids=["one_segment", "apart"])
def test_content_that_has_arrived_with_it(server_class: type[BaseServer], apart: bool) -> None:
    """The whole request has arrived, with its content."""
    handler = Waiting()
    with serving(server_class, handler, timeouts=SHORT) as server, client_of(server) as client:
        second = request("/b", method="POST", content=b"x" * 1000)
        client.send(request("/a") + (b"" if apart else second))
        wait_for(handler.begun)
        if apart:
            client.send(second)
        with stopped(server):
            handler.go_on.set()
            answers(client, "ab")


@pytest.mark.parametrize("apart", [False, True], ids=["one_segment", "apart"])
def test_a_stop_while_the_first_answer_is_read(server_class: type[BaseServer], apart: bool, folder: Path) -> None:
    """The head of the first answer has left, and does not say that this answer is the last."""
    os.truncate(folder / "large", LARGE)
    handler = partial(BaseHttpRequestHandler, directory=folder)
    with serving_by(server_class, handler, timeouts=SHORT) as server, client_of(server) as client:
        client.send(request("/large") + (b"" if apart else request("/small")))
        assert client.sock.recv(1) == b"H"
        if apart:
            client.send(request("/small"))
        with stopped(server):
            started = bytearray(b"H")
            while b"\r\n\r\n" not in started:
                started += client.sock.recv(1)
            assert b"close" not in started
            left = LARGE
            while left:
                left -= len(client.sock.recv(min(left, 1 << 20)))
            reply = client.reply()
            assert reply.content == b"hello"
            assert reply.says_close
            assert client.ended() == b""


def test_a_stop_before_it_is_read(server_class: type[BaseServer]) -> None:
    """The request has arrived on an idle connection while a handler kept the only thread busy."""
    handler = Waiting()
    with (
        serving(server_class, handler, timeouts=SHORT) as server,
        client_of(server) as client,
        client_of(server) as other,
    ):
        other.send(request("/x"))
        assert other.reply().status == 200
        client.send(request("/a"))
        wait_for(handler.begun)
        other.send(request("/b"))
        with stopped(server):
            handler.go_on.set()
            answers(client, "a")
            assert other.reply().content == b"b"  # other kinds of servers may have answered it before the stop
            assert other.ended() == b""


# --- room


@each_hold
def test_what_has_arrived_before_a_newcomer_is_answered(server_class: type[BaseServer], timeouts: Timeouts) -> None:
    """Two connections are the limit.

    One is in its handler, one is idle until its next request comes. Then a third one comes.
    """
    handler = Waiting()
    limits = Limits(connections=2)
    with (
        serving(server_class, handler, limits=limits, timeouts=timeouts) as server,
        client_of(server) as other,
        client_of(server) as client,
    ):
        other.send(request("/x"))
        assert other.reply().status == 200
        client.send(request("/a"))
        wait_for(handler.begun)
        other.send(request("/b"))
        with client_of(server) as newcomer:
            newcomer.send(request("/c"))
            handler.go_on.set()
            assert [each.reply().content for each in (other, newcomer, client)] == [b"b", b"c", b"a"]


@each_hold
@pytest.mark.parametrize("apart", [False, True], ids=["one_segment", "apart"])
def test_pipelined_requests_are_not_shed_between_two_answers(
    server_class: type[BaseServer], timeouts: Timeouts, apart: bool
) -> None:
    """There is room for one connection only. A newcomer waits from before the first answer."""
    handler = Waiting()
    limits = Limits(connections=1)
    with serving(server_class, handler, limits=limits, timeouts=timeouts) as server, client_of(server) as client:
        rest = request("/b") + request("/c")
        client.send(request("/a") + (b"" if apart else rest))
        wait_for(handler.begun)
        with client_of(server) as newcomer:
            newcomer.send(request("/n"))
            if apart:
                client.send(rest)
            handler.go_on.set()
            assert [client.reply().content for _ in range(3)] == [b"a", b"b", b"c"]
            assert newcomer.reply().content == b"n"


@each_hold
def test_who_has_always_one_more_request_on_its_way_is_never_shed(
    server_class: type[BaseServer], timeouts: Timeouts
) -> None:
    """The next request arrives before each answer. So this connection is never idle, though others want its place."""
    arrived = threading.Semaphore(0)

    def handle(got: Request) -> Response:
        if got.path.startswith("/next"):
            assert arrived.acquire(timeout=5)
        return named(got)

    done = threading.Event()

    def come_and_go() -> None:
        while not done.is_set():
            try:
                with client_of(server) as client:
                    client.sock.sendall(request("/n"))
                    client.reply()
            except (OSError, Ended):
                continue  # the server has shed this newcomer in its turn

    limits, entries = Limits(connections=2, requests_per_connection=1_000_000), Entries()
    with serving(server_class, handle, limits=limits, timeouts=timeouts, access_log=entries) as server:
        newcomers = [threading.Thread(target=come_and_go) for _ in range(2)]
        with client_of(server) as client:
            client.send(request("/next0"))
            for thread in newcomers:
                thread.start()
            try:
                began = time.monotonic()
                number = 0
                while time.monotonic() - began < 1:
                    number += 1
                    client.send(request(f"/next{number}"))
                    arrived.release()
                    assert client.reply().content == b"next%d" % (number - 1)
                arrived.release()
                assert client.reply().content == b"next%d" % number
            finally:
                arrived.release()
                done.set()
                for thread in newcomers:
                    thread.join()
    assert any(entry.target == "/n" for entry in entries.rest())
