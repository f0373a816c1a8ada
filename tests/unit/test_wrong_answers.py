"""A handler's value that is no answer: 500 for the client, and one log entry with the reason for its author."""

import array
import logging
import os
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from typing import Final

import pytest

from pyhttp import BaseHttpRequestHandler, BaseServer, HandlerFactory, Request, Response, function_handler
from pyhttp.transport.client import Address
from tests.helpers.servers import Entries, connect, serving_by
from tests.helpers.sockets import request
from tests.helpers.untyped import said_to_be_bytes, untyped


def never_awaited(_: Request) -> Awaitable[Response]:
    async def later() -> Response:
        return Response(200)

    return later()


def generator(_: Request) -> Iterator[bytes]:
    yield b"text"


WRONG: Final[dict[str, tuple[Callable[[Request], object], str]]] = {
    "nothing": (lambda _: None, "the handler returned None: it must return a Response"),
    "text": (lambda _: "text", "the handler returned a value of type str: it must return a Response"),
    "generator": (generator, "the handler returned a value of type generator"),
    "coroutine": (never_awaited, "the handler returned a value of type coroutine"),
    "text as content": (lambda _: Response(200, {}, said_to_be_bytes("text")), "write text.encode()"),
    "items of text": (lambda _: Response(200, {}, (said_to_be_bytes("a") for _ in range(2))), "yields bytes, not str"),
    "items of nothing": (
        lambda _: Response(200, {}, (said_to_be_bytes(None) for _ in range(2))),
        "bytes, not NoneType",
    ),
    "items of pairs": (
        lambda _: Response(200, {}, (said_to_be_bytes(memoryview(array.array("H", [1]))) for _ in range(2))),
        "yields bytes, not memoryview",
    ),
}


def answers(
    factory: HandlerFactory, caplog: pytest.LogCaptureFixture, server_class: type[BaseServer] = BaseServer
) -> tuple[bytes, list[logging.LogRecord], int]:
    """What a client gets, what is logged, and the status of the access line."""
    entries = Entries()
    with serving_by(server_class, factory, access_log=entries) as server, connect(server) as client:
        client.send(request("/", "Connection: close"))
        received = client.ended()
        status = entries.next().status
    return received, [record for record in caplog.records if record.exc_info], status


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_answer_is_500_and_told_once(name: str, caplog: pytest.LogCaptureFixture) -> None:
    handler, message = WRONG[name]

    def factory(conn: socket.socket, addr: Address, server: object) -> object:
        return made(conn, addr, server)

    made = untyped(untyped(function_handler)(handler))
    received, faults, status = answers(factory, caplog)
    assert received.startswith(b"HTTP/1.1 500 ")
    assert status == 500
    assert [message in str(fault.exc_info and fault.exc_info[1]) for fault in faults] == [True]


@pytest.mark.parametrize("given", [None, "text", b"bytes"])
def test_so_is_what_is_given_to_respond(given: object, caplog: pytest.LogCaptureFixture) -> None:
    class Handler(BaseHttpRequestHandler):
        def handle(self) -> None:
            untyped(self.respond)(given)

    received, faults, _ = answers(Handler, caplog)
    assert received.startswith(b"HTTP/1.1 500 ")
    assert [str(fault.exc_info and fault.exc_info[1]) for fault in faults] == [
        f"respond: a Response, not {type(given).__name__}"
    ]


@pytest.mark.parametrize("wrong", ["text", None, bytearray(b"a")])
def test_a_wrong_item_in_the_middle_ends_the_connection(wrong: object, caplog: pytest.LogCaptureFixture) -> None:
    """The client can tell that the content is not complete. The author can tell why."""

    def items() -> Iterator[bytes]:
        yield b"first"
        yield said_to_be_bytes(wrong)

    received, faults, status = answers(function_handler(lambda _: Response(200, {}, items())), caplog)
    assert received.startswith(b"HTTP/1.1 200 ")
    assert received.endswith(b"5\r\nfirst\r\n")
    assert status == 200
    assert ["an iterable yields bytes, not" in str(fault.exc_info and fault.exc_info[1]) for fault in faults] == [True]


SILENT: Final = """
from pyhttp import BaseServer, function_handler
import http.client
def fail(request):
    raise ValueError("what the author has to see")
with BaseServer("127.0.0.1", 0, function_handler(fail)) as server:
    host, port = server.addresses[0]
    client = http.client.HTTPConnection(host, port, timeout=10)
    client.request("GET", "/")
    print(client.getresponse().status)
    client.close()
"""


def test_a_handler_that_fails_is_told_where_nobody_has_set_up_a_log() -> None:
    """The last resort of `logging` writes the failure to standard error once. No access line goes there."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ran = subprocess.run(
        [sys.executable, "-c", SILENT], capture_output=True, text=True, timeout=30, check=True, env=environment
    )
    assert ran.stdout == "500\n"
    assert ran.stderr.count("ValueError: what the author has to see") == 1
    assert ran.stderr.startswith('the handler of "GET /" failed\nTraceback ')
    assert ran.stderr.splitlines()[-1] == "ValueError: what the author has to see"
