"""Safety lines that a client, or an operator, can observe at a running server."""

import contextlib
import logging
import socket
import struct
import threading
import time

import pytest

from pyhttp import (
    AccessEntry,
    BaseServer,
    Forbidden,
    Limits,
    PooledServer,
    Request,
    Response,
    ThreadedServer,
    Timeouts,
    function_handler,
)
from pyhttp.transport.listener import listen
from tests.helpers.wire_client import Ended, WireClient

SERVERS = (BaseServer, ThreadedServer, PooledServer)
GET = b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n"

each_server = pytest.mark.parametrize("kind", SERVERS)


def hello(request: Request) -> Response:
    return Response(200, {"Content-Type": "text/plain"}, b"hello")


def refuse(request: Request) -> Response:
    raise Forbidden


@each_server
def test_D11_the_last_answer_of_a_connection_says_close(kind: type[BaseServer]) -> None:
    limits = Limits(requests_per_connection=2)
    with (
        kind("127.0.0.1", 0, function_handler(hello), limits=limits) as server,
        WireClient(*server.addresses[0]) as client,
    ):
        client.send(GET * 3)
        assert not client.reply().says_close
        assert client.reply().says_close
        with pytest.raises(Ended):
            client.reply()


def test_D13_the_kernel_holds_as_many_connections_as_the_limit_says() -> None:
    (listener,) = listen("127.0.0.1", 0, backlog=17)
    with listener:
        # For a listening socket Linux tells the bound of its queue where other sockets have tcpi_sacked.
        information = listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 32)
        assert struct.unpack("I", information[28:32]) == (17,)
    assert Limits().backlog == 128


@each_server
def test_L12_an_answer_arrives_whole_although_content_was_left_unread(kind: type[BaseServer]) -> None:
    """A close with input unread would send a reset, which takes the answer away from the client."""
    content = bytes(50_000)
    head = f"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: {10 * len(content)}\r\n\r\n".encode()
    with (
        kind("127.0.0.1", 0, function_handler(refuse), limits=Limits(drain=1, content=1)) as server,
        socket.create_connection(server.addresses[0][:2], timeout=10) as client,
    ):
        client.sendall(head + content)
        received = b""
        while data := client.recv(65536):
            received += data
        assert received.startswith(b"HTTP/1.1 413 ")
        assert b"\r\nConnection: close\r\n" in received


@each_server
def test_D16_the_lingering_close_has_an_end(kind: type[BaseServer]) -> None:
    timeouts = Timeouts(linger=0.2)
    with (
        kind("127.0.0.1", 0, function_handler(hello), timeouts=timeouts) as server,
        socket.create_connection(server.addresses[0][:2], timeout=10) as client,
    ):
        client.sendall(b"not HTTP\r\n\r\n")
        while client.recv(65536):
            pass
        start = time.monotonic()
        with contextlib.suppress(ConnectionError):
            while time.monotonic() - start < 5:
                client.sendall(b"?")
        assert time.monotonic() - start < 5


def test_D14_a_stop_waits_for_an_exchange_in_progress() -> None:
    entered, leave = threading.Event(), threading.Event()

    def slow(request: Request) -> Response:
        entered.set()
        leave.wait(10)
        return hello(request)

    server = ThreadedServer("127.0.0.1", 0, function_handler(slow), timeouts=Timeouts(linger=0.2))
    with server, WireClient(*server.addresses[0]) as client:
        client.send(GET)
        assert entered.wait(10)
        closing = threading.Thread(target=server.close)
        closing.start()
        leave.set()
        reply = client.reply()
        assert reply.content == b"hello"
        assert reply.says_close
        closing.join()


def test_D14_a_stop_waits_no_longer_than_it_may() -> None:
    entered, leave = threading.Event(), threading.Event()

    def stuck(request: Request) -> Response:
        entered.set()
        leave.wait(30)
        return hello(request)

    server = ThreadedServer("127.0.0.1", 0, function_handler(stuck), timeouts=Timeouts(stop=0.2, linger=0.2))
    with server, WireClient(*server.addresses[0]) as client:
        client.send(GET)
        assert entered.wait(10)
        start = time.monotonic()
        server.close()
        assert time.monotonic() - start < 5
        leave.set()


@each_server
def test_O3_a_failing_sink_fails_no_request(kind: type[BaseServer]) -> None:
    entries: list[AccessEntry] = []

    def fail(entry: AccessEntry) -> None:
        entries.append(entry)
        raise OSError("no space left for the log")

    with (
        kind("127.0.0.1", 0, function_handler(hello), access_log=fail) as server,
        WireClient(*server.addresses[0]) as client,
    ):
        for _ in range(2):
            client.send(GET)
            assert client.reply().content == b"hello"
    assert len(entries) == 2


@each_server
def test_O4_credentials_cookies_and_content_are_not_logged(
    kind: type[BaseServer], caplog: pytest.LogCaptureFixture
) -> None:
    def fail(request: Request) -> Response:
        raise RuntimeError("a fault of the handler, with a traceback in the log")

    def answer(request: Request) -> Response:
        request.body.read()
        return Response(200, {"Set-Cookie": "session=secret"}, b"secret")

    request = (
        b"POST /a HTTP/1.1\r\nHost: a\r\nAuthorization: Basic secret\r\nCookie: session=secret\r\n"
        b"Content-Length: 6\r\n\r\nsecret"
    )
    with caplog.at_level(logging.DEBUG):
        for handler, status in ((answer, 200), (fail, 500), (refuse, 403)):
            with (
                kind("127.0.0.1", 0, function_handler(handler)) as server,
                WireClient(*server.addresses[0]) as client,
            ):
                client.send(request)
                assert client.reply().status == status
    assert '"POST /a HTTP/1.1" 403' in caplog.text
    assert "a fault of the handler" in caplog.text
    assert "secret" not in caplog.text
