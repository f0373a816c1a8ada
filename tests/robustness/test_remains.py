"""L13: an exchange that has ended, in any way, leaves nothing that only the garbage collector could find."""

import asyncio
import gc
import logging
import weakref
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Final

import pytest

from pyhttp import BaseHttpRequestHandler, BaseServer, Connection, NotFound, Request, Response, Timeouts
from tests.helpers.crowd import until
from tests.helpers.servers import serving, serving_by
from tests.helpers.sockets import request
from tests.helpers.wire_client import WireClient

QUICK: Final = Timeouts(head=0.2, content=0.2, linger=0.2)


@pytest.fixture(autouse=True)
def _no_collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Switch off the garbage collector and the log of errors. A record of that log would keep a traceback."""
    monkeypatch.setattr(logging.getLogger("pyhttp.error"), "disabled", True)
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.collect()


Fault = type[BaseException]


class Ballast:
    """A large object that a handler has in a local name."""

    def __init__(self, kept: "Kept") -> None:
        self.content = bytearray(20 << 20)
        kept.append(weakref.ref(self))


Kept = list["weakref.ref[Ballast]"]


def alive(kept: Kept) -> int:
    """The number of these objects that are left."""
    return sum(ref() is not None for ref in kept)


def fails_in_handler(kept: Kept, fault: Fault) -> Response:
    ballast = Ballast(kept)
    assert ballast.content
    raise fault("of the handler")  # a local name for the error would make a cycle in the handler itself


def fails_in_iterator(kept: Kept, fault: Fault) -> Response:
    def items() -> Iterator[bytes]:
        ballast = Ballast(kept)
        yield bytes(ballast.content[:10])
        raise fault("of the handler")

    return Response(200, {}, items())


def fails_in_a_chain(kept: Kept, fault: Fault) -> Response:
    try:
        return fails_in_handler(kept, ValueError)
    except ValueError as error:
        raise fault("of the handler") from error


def ends_well(kept: Kept, fault: Fault) -> Response:
    ballast = Ballast(kept)
    return Response(200, {}, bytes(ballast.content[:10]))


FAULTS: Final[tuple[Fault, ...]] = (ValueError, NotFound, asyncio.CancelledError)
Failing = Callable[[Kept, Fault], Response]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("failing", [fails_in_handler, fails_in_iterator, fails_in_a_chain, ends_well])
@pytest.mark.parametrize("by_class", [False, True], ids=["function", "class"])
def test_what_only_a_failed_frame_had_is_freed(
    server_class: type[BaseServer], fault: Fault, failing: Failing, by_class: bool
) -> None:
    """There are 15 requests of 20 MiB each. One or two of them at most are in the memory, and none in the end."""
    kept: Kept = []
    peak = 0

    def handle(got: Request) -> Response:
        return failing(kept, fault)

    class Answering(BaseHttpRequestHandler):
        def handle(self) -> None:
            self.respond(handle(self.request))

    with serving_by(server_class, Answering) if by_class else serving(server_class, handle) as server:
        for _ in range(15):
            with WireClient(*server.addresses[0]) as client:
                client.send(request("/", "Connection: close"))
                assert client.reply().status in {200, 404, 500}
                client.ended()
            peak = max(peak, alive(kept))
        until(lambda: not alive(kept), 1)
    assert len(kept) == 15
    assert peak <= 2


def connections() -> int:
    """The number of connections of servers, open or not."""
    return sum(issubclass(type(each), Connection) for each in gc.get_objects())


ENDS: Final = {
    "malformed": b"bad\r\n\r\n",
    "bad_field": request("/", "bad field: x"),
    "bad_length": request("/", "Content-Length: x"),
    "too_long": b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\n",
    "coding": request("/", "Transfer-Encoding: gzip", method="POST"),
    "bad_chunk": request("/", "Transfer-Encoding: chunked", method="POST") + b"x\r\n",
    "late_head": b"GET / HT",
    "late_content": request("/", "Content-Length: 10", method="POST"),
    "fault": request("/fault"),
    "not_found": request("/not-found"),
    "answered": request("/", "Connection: close"),
    "kept": request("/"),
    "nothing": b"",
}


def answer(got: Request) -> Response:
    if got.path == "/fault":
        raise ValueError("of the handler")
    if got.path == "/not-found":
        raise NotFound
    return Response(200, {}, got.body.read())


@pytest.mark.parametrize("sent", ENDS.values(), ids=ENDS)
def test_no_connection_is_left(server_class: type[BaseServer], sent: bytes) -> None:
    """There are 20 clients of each kind. Each client goes when all have their answers."""
    before = connections()
    with serving(server_class, answer, timeouts=QUICK) as server:
        with ExitStack() as stack:
            clients = [stack.enter_context(WireClient(*server.addresses[0])) for _ in range(20)]
            for client in clients:
                client.send(sent)
            for client in clients:
                assert not sent or client.reply().status
        until(lambda: connections() <= before, 2)
