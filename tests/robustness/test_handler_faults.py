"""F17, R4: an exception of a handler costs its client an answer, and the server nothing."""

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Final, NoReturn

import pytest

from pyhttp import (
    BaseHttpRequestHandler,
    BaseServer,
    HTTPError,
    Limits,
    PooledServer,
    Request,
    Response,
    ThreadedServer,
    Timeouts,
    function_handler,
)
from tests.helpers.servers import serving, serving_by, wait_for
from tests.helpers.sockets import request
from tests.helpers.wire_client import Ended, WireClient

Fault = type[BaseException]


class Alien(BaseException):
    """An error of no known kind."""


FAULTS: Final[tuple[Fault, ...]] = (
    ValueError,
    asyncio.CancelledError,
    GeneratorExit,
    SystemExit,
    KeyboardInterrupt,  # only the main thread is interrupted, and these handlers run on others
    pytest.fail.Exception,
    Alien,
)
each_fault = pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: str(fault.__name__))


def client_of(server: BaseServer) -> WireClient:
    return WireClient(*server.addresses[0], patience=5)


def get(server: BaseServer, target: str = "/") -> int:
    """The status of a request on a connection of its own."""
    with client_of(server) as client:
        client.send(request(target))
        return client.reply().status


def told_once(caplog: pytest.LogCaptureFixture, fault: Fault) -> bool:
    """Whether the log has one error, with the traceback of `fault`."""
    told = [record.exc_info for record in caplog.records if record.levelno >= logging.ERROR]
    return [info[0] if info else None for info in told] == [fault]


@each_fault
def test_a_function_that_fails_is_answered_500(
    server_class: type[BaseServer], fault: Fault, caplog: pytest.LogCaptureFixture
) -> None:
    def handle(got: Request) -> Response:
        if got.path == "/fails":
            raise fault
        return Response(200)

    with serving(server_class, handle) as server:
        assert [get(server, target) for target in ("/fails", "/", "/")] == [500, 200, 200]
    assert told_once(caplog, fault)


@each_fault
def test_a_handler_class_that_fails_is_answered_500(
    server_class: type[BaseServer], fault: Fault, caplog: pytest.LogCaptureFixture
) -> None:
    class Failing(BaseHttpRequestHandler):
        def handle(self) -> None:
            if self.request.path == "/fails":
                raise fault
            self.respond(Response(200))

    with serving_by(server_class, Failing) as server:
        assert [get(server, target) for target in ("/fails", "/", "/")] == [500, 200, 200]
    assert told_once(caplog, fault)


@each_fault
def test_a_fault_after_the_answer_leaves_it_whole(
    server_class: type[BaseServer], fault: Fault, caplog: pytest.LogCaptureFixture
) -> None:
    class Failing(BaseHttpRequestHandler):
        def handle(self) -> None:
            self.respond(Response(200, {}, b"whole"))
            if self.request.path == "/fails":
                raise fault

    with serving_by(server_class, Failing) as server:
        with client_of(server) as client:
            client.send(request("/fails"))
            assert client.reply().content == b"whole"
            assert client.ended() == b""
        assert get(server) == 200
    assert told_once(caplog, fault)


@each_fault
@pytest.mark.parametrize("before", [0, 1, 3])
def test_an_iterator_that_fails_is_500_before_its_first_item_and_a_cut_later(
    server_class: type[BaseServer], fault: Fault, before: int, caplog: pytest.LogCaptureFixture
) -> None:
    def items() -> Iterator[bytes]:
        for _ in range(before):
            yield b"item"
        raise fault

    def handle(got: Request) -> Response:
        return Response(200, {}, items() if got.path == "/fails" else b"")

    with serving(server_class, handle) as server:
        with client_of(server) as client:
            client.send(request("/fails"))
            reply = client.reply()
            assert (reply.status, reply.complete) == ((200, False) if before else (500, True))
            assert client.ended() == b""
        assert get(server) == 200
    assert told_once(caplog, fault)


@each_fault
def test_an_iterator_that_fails_to_close_fails_nobody_else(server_class: type[BaseServer], fault: Fault) -> None:
    class Items:
        def __iter__(self) -> Iterator[bytes]:
            return iter([b"item"])

        def close(self) -> NoReturn:
            raise fault

    def handle(got: Request) -> Response:
        return Response(200, {}, Items() if got.path == "/fails" else b"")

    with serving(server_class, handle) as server:
        assert [get(server, target) for target in ("/fails", "/", "/")] == [200, 200, 200]


def threaded_by_one(handle: Callable[[Request], Response]) -> BaseServer:
    return ThreadedServer("127.0.0.1", 0, function_handler(handle), limits=Limits(threads=1))


def pooled_with_one(handle: Callable[[Request], Response]) -> BaseServer:
    return PooledServer("127.0.0.1", 0, function_handler(handle), workers=1)


@each_fault
@pytest.mark.parametrize("make", [threaded_by_one, pooled_with_one])
def test_the_queue_behind_a_handler_that_fails_goes_on(
    make: Callable[[Callable[[Request], Response]], BaseServer], fault: Fault
) -> None:
    started, go_on = threading.Event(), threading.Event()

    def handle(got: Request) -> Response:
        if got.path == "/fails":
            started.set()
            wait_for(go_on)
            raise fault
        return Response(200)

    with make(handle) as server, client_of(server) as failing, ExitStack() as stack:
        failing.send(request("/fails"))
        wait_for(started)
        clients = [stack.enter_context(client_of(server)) for _ in range(3)]
        for number, client in enumerate(clients):
            client.send(request("/fails" if number == 1 else "/"))
        with client_of(server) as refused:  # the loop refuses this request, and has seen the others before
            refused.send(b"bad\r\n\r\n")
            assert refused.reply().status == 400
        go_on.set()
        assert failing.reply().status == 500
        assert [client.reply().status for client in clients] == [200, 500, 200]
        stack.close()
        assert get(server) == 200


class Mute(BaseServer):
    """A server whose own error responses fail."""

    fault: Fault = RuntimeError

    def error_response(self, error: HTTPError, request: Request) -> Response:
        raise self.fault


class MuteThreaded(ThreadedServer, Mute):
    """The same server with threads."""


class MutePooled(PooledServer, Mute):
    """The same server with a pool."""


@pytest.mark.parametrize("fault", [RuntimeError, OSError, asyncio.CancelledError])
@pytest.mark.parametrize("sent", [b"bad\r\n\r\n", request("/", "Content-Length: x"), b"GET / HT"])
@pytest.mark.parametrize("kind", [Mute, MuteThreaded, MutePooled])
def test_an_error_response_that_fails_ends_one_connection(
    kind: type[Mute], sent: bytes, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A refused request stays refused. Such a request is malformed, or does not arrive in time."""
    monkeypatch.setattr(kind, "fault", fault)
    with serving(kind, timeouts=Timeouts(head=0.2)) as server:
        for _ in range(2):
            with client_of(server) as client:
                client.send(sent)
                try:
                    assert client.reply().status in {400, 408, 500}
                except Ended:
                    continue
                assert client.ended() == b""
        assert get(server) == 200
