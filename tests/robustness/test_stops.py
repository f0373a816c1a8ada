"""L8, L9, C11: any stop, whatever runs, ends within `Timeouts.stop` and one second."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from pyhttp import (
    BaseHttpRequestHandler,
    BaseServer,
    PooledServer,
    Request,
    Response,
    ThreadedServer,
    function_handler,
)
from tests.helpers.cgi_site import has_children
from tests.helpers.crowd import until
from tests.helpers.servers import PATIENCE, wait_for
from tests.helpers.sockets import request
from tests.helpers.wire_client import WireClient
from tests.robustness.alone import KINDS, alone
from tests.robustness.stopping import END, STOP, Handling, Run, client_of, ends, in_time, served

HEAD: Final = "#!/bin/sh\necho Content-Type: text/plain\necho\necho begun\n"


@pytest.mark.parametrize("begins", [False, True], ids=["silent", "begun"])
@pytest.mark.parametrize("stubborn", [False, True], ids=["", "stubborn"])
def test_scripts_are_ended(server_class: type[BaseServer], begins: bool, stubborn: bool, folder: Path) -> None:
    """A script is ended, whatever part of its answer has come. It is also ended where it ignores SIGTERM."""
    script, told = folder / "cgi-bin" / "script", folder / "cgi-bin" / "told"
    script.parent.mkdir()
    head = HEAD if begins else "#!/bin/sh\n"
    waits = "trap '' TERM\necho > told\nwhile :; do sleep 0.1; done\n" if stubborn else "echo > told\nexec sleep 25\n"
    script.write_text(head + waits)
    script.chmod(0o755)
    handler = partial(BaseHttpRequestHandler, directory=folder)
    server = server_class("127.0.0.1", 0, handler, timeouts=STOP)
    with served(server) as run, client_of(server) as client:
        client.send(request("/cgi-bin/script"))
        until(told.exists)
        ends(run)
        assert b"0\r\n\r\n" not in client.ended()
        until(lambda: not has_children())


Make = Callable[[Handling], BaseServer]


def threaded(handling: Handling) -> BaseServer:
    return ThreadedServer("127.0.0.1", 0, function_handler(handling), timeouts=STOP)


def pooled(handling: Handling) -> BaseServer:
    return PooledServer("127.0.0.1", 0, function_handler(handling), timeouts=STOP)


def pooled_with_two(handling: Handling) -> BaseServer:
    return PooledServer("127.0.0.1", 0, function_handler(handling), timeouts=STOP, workers=2)


@pytest.mark.parametrize("count", [1, 2, 5])
@pytest.mark.parametrize("make", [threaded, pooled, pooled_with_two])
def test_handlers_are_left_behind(make: Make, count: int) -> None:
    """There is one request, which the serving thread may have taken itself, or several, or more than can be handled."""
    handling = Handling()
    server = make(handling)
    with ExitStack() as stack, served(server, handling) as run:
        clients = [stack.enter_context(client_of(server)) for _ in range(count)]
        for number, client in enumerate(clients):
            client.send(request("/long"))
            assert (make is pooled_with_two and number >= 2) or handling.begun.acquire(timeout=PATIENCE)
        with in_time():
            ends(run)
            assert [client.ended() for client in clients] == [b""] * count


@pytest.mark.parametrize("make", [threaded, pooled])
def test_the_serving_thread_is_not_kept_by_what_it_took_after_others(make: Make) -> None:
    handling = Handling()
    server = make(handling)
    with ExitStack() as stack, served(server, handling) as run:
        for number in range(6):
            client = stack.enter_context(client_of(server))
            client.send(request("/" if number < 3 else "/long"))
            assert client.reply().status == 200 if number < 3 else handling.begun.acquire(timeout=PATIENCE)
        ends(run)


@contextmanager
def held(handling: Handling) -> Iterator[tuple[Run, WireClient, WireClient, WireClient]]:
    """A `BaseServer` that a handler holds, and three clients.

    The first is the client of the handler. One is idle, and one has sent another request meanwhile.
    """
    server = BaseServer("127.0.0.1", 0, function_handler(handling), timeouts=STOP)
    with (
        served(server, handling) as run,
        client_of(server) as client,
        client_of(server) as idle,
        client_of(server) as asks,
    ):
        for each in (idle, asks):
            each.send(request("/"))
            assert each.reply().status == 200
        client.send(request("/long"))
        assert handling.begun.acquire(timeout=PATIENCE)
        asks.send(request("/long"))
        yield run, client, idle, asks


def test_a_handler_on_the_only_thread_keeps_that_but_no_client() -> None:
    """The handler keeps neither its own client nor other clients that had connected."""
    with held(Handling()) as (run, *clients):
        with in_time():
            run.server.close()
            assert [client.ended() for client in clients] == [b""] * 3
        assert not run.is_over()


def test_nobody_connects_any_more_while_a_handler_keeps_the_only_thread() -> None:
    """A client that the system has connected meanwhile is let go. In the end no client can connect."""
    with held(Handling()) as (run, *_), client_of(run.server) as late:
        late.send(request("/"))
        with in_time():
            run.server.close()
            assert late.ended() == b""
        with pytest.raises(ConnectionRefusedError):
            client_of(run.server)


def test_closed_by_the_handler_that_goes_on(server_class: type[BaseServer]) -> None:
    """Inside a handler, `close` only requests the stop. No other call of `close` is there to complete it."""
    handling, closed = Handling(), threading.Event()

    def handle(got: Request) -> Response:
        server.close()
        server.close()
        closed.set()
        return handling(got)

    server = server_class("127.0.0.1", 0, function_handler(handle), timeouts=STOP)
    with served(server, handling) as run, client_of(server) as client:
        client.send(request("/long"))
        wait_for(closed)
        with in_time():
            assert client.ended() == b""
            if server_class is not BaseServer:
                run.thread.join(END)
                assert run.is_over()


def test_closed_by_several_at_once(server_class: type[BaseServer]) -> None:
    """All calls of `close` return in time, and so does a later call."""
    handling = Handling()
    server = server_class("127.0.0.1", 0, function_handler(handling), timeouts=STOP)
    with served(server, handling) as run, client_of(server) as client:
        client.send(request("/long"))
        assert handling.begun.acquire(timeout=PATIENCE)
        threads = [threading.Thread(target=server.close) for _ in range(4)]
        with in_time():
            for thread in threads:
                thread.start()
            server.close()
            for thread in threads:
                thread.join(PATIENCE)
            assert client.ended() == b""
        with in_time():
            server.close()
        assert run.is_over() or server_class is BaseServer


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("target", ["/cgi-bin/script", "/waits?25"])
def test_closed_by_a_signal(kind: str, target: str, folder: Path) -> None:
    """The signal handler runs on the thread that serves, between two requests or in the middle of one."""
    script = folder / "cgi-bin" / "script"
    script.parent.mkdir()
    script.write_text(HEAD + "exec sleep 25\n")
    script.chmod(0o755)
    with alone(kind, folder, stop=STOP.stop) as server, server.client() as client:
        client.send(request(target))
        assert client.sock.recv(1) == b"H" if target.startswith("/cgi") else server.says()
        with in_time():
            server.signal(signal.SIGTERM)
            assert b"0\r\n\r\n" not in client.ended()
            assert (kind, target) == ("BaseServer", "/waits?25") or server.says(END) == "ended"
