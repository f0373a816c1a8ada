"""The memory of a connection that waits for its client: thousands of them have to be cheap (safety line D12).

The bounds are those of Python 3.11: objects of other interpreters have other sizes.
"""

import gc
import socket
import sys
import time
import tracemalloc
from contextlib import ExitStack

import pytest

from pyhttp.answering import Handler, function_handler
from pyhttp.messages import Response
from pyhttp.request import Request
from pyhttp.servers.base import BaseServer
from pyhttp.transport.feed import Feed
from pyhttp.transport.loop import Role
from pyhttp.transport.phases import Phase
from tests.counts.workloads import WORKLOADS
from tests.helpers.servers import PATIENCE

pytestmark = pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="the bounds are those of Python 3.11")

COUNT = 100
"""Fewer than a listener lets wait."""
MARGIN = 1.05
"""The tables that hold all connections grow by leaps, and small numbers take no memory."""
BROWSER = WORKLOADS["file"].head()
"""A request with the 13 field lines of a browser."""
LONG = BROWSER[:-2] + b"Cookie: " + b"a" * 4000 + b"\r\n\r\n"
"""A request whose header section is too long to be kept for the next request."""


def held(sent: bytes, handler: Handler, phase: Phase = Phase.IDLE) -> float:
    """Bytes of Python's memory for each connection whose client has sent `sent`, was answered by `handler`, and waits.

    Clients connect and send before anything is accepted, so that their own memory is no part of it.
    """
    server = BaseServer("127.0.0.1", 0, function_handler(handler), access_log=lambda _: None)
    loop, role = server._loop, Role(leads=True)
    connections = loop.registry.connections

    def serve(count: int) -> None:
        end = time.monotonic() + PATIENCE
        while len(connections) < count or any(conn.served < bool(sent) for conn in connections.values()):
            assert time.monotonic() < end
            loop.round(role)

    with ExitStack() as stack:
        stack.callback(server.close)

        def connect() -> None:
            client = stack.enter_context(socket.create_connection(server.addresses[0], timeout=PATIENCE))
            client.sendall(sent)

        connect()
        serve(1)  # the things that are made only once are made now
        for _ in range(COUNT):
            connect()
        gc.collect()
        tracemalloc.start()
        try:
            serve(1 + COUNT)
            gc.collect()
            memory, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert all(conn.phase is phase for conn in connections.values())
        assert len(connections) == 1 + COUNT
        return memory / COUNT


@pytest.mark.parametrize(
    ("sent", "content", "bound"),
    [
        pytest.param(b"", b"", 1126, id="nothing was asked"),
        pytest.param(BROWSER, b"x", 3364, id="a browser was answered"),
        pytest.param(BROWSER, b"x" * 20_000, 3396, id="in two pieces"),
        pytest.param(LONG, b"x", 1131, id="its section is not kept"),
    ],
)
def test_D12_an_idle_connection_holds_little(sent: bytes, content: bytes, bound: int) -> None:
    answer = Response(200, {}, content)
    assert held(sent, lambda _: answer) <= bound * MARGIN


def test_D12_a_connection_with_an_open_feed_holds_little() -> None:
    """The exchange that goes on, and all that its writer holds, are counted. An event has been sent."""
    feeds: list[Feed] = []

    def listen(_: Request) -> Response:
        feed = Feed()
        feed.send(b"data: first\n\n")
        feeds.append(feed)
        return Response(200, {"Content-Type": "text/event-stream"}, feed)

    assert held(BROWSER, listen, Phase.AWAIT) <= 6080 * MARGIN
