"""`respond` hands its body over and returns, unless it has to wait until the whole answer has been sent."""

import threading
from collections.abc import Iterator
from typing import Final

import pytest

from pyhttp import BaseHttpRequestHandler, BaseServer, HandlerFactory, Response, Timeouts
from tests.helpers.crowd import connected, reset, until_ended
from tests.helpers.servers import serving_by, wait_for
from tests.helpers.sockets import request
from tests.robustness.slowness import PATIENCE

pytestmark = pytest.mark.usefixtures("quiet")

BLOCK: Final = bytes(64 * 1024)
COUNT: Final = 160
"""Blocks of an answer, which is larger than what the kernel holds for a client."""
MOMENT: Final = 0.3
"""Seconds in which a handler would return that did not wait."""


class Resource:
    """A resource that gives an iterator its items as long as it is open.

    It knows whether the turn of its handler is over.
    """

    def __init__(self) -> None:
        self.closed = False
        self.returned = threading.Event()

    def blocks(self) -> Iterator[bytes]:
        """The blocks of its content."""
        for _ in range(COUNT):
            if self.closed:
                raise ValueError("it has been closed")
            yield BLOCK

    def close(self) -> None:
        """Close the resource."""
        self.closed = True


def waiting(resource: Resource) -> HandlerFactory:
    """Handlers that close their resource when `respond` of the exchange, or their own, has returned."""

    class Handler(BaseHttpRequestHandler):
        def handle(self) -> None:
            response = Response(200, {}, resource.blocks())
            try:
                if self.request.path == "/exchange":
                    self.request.exchange.respond(response, wait=True)
                else:
                    self.respond(response, wait=True)
            finally:
                resource.close()
                resource.returned.set()

    return Handler


def handing_over(resource: Resource) -> HandlerFactory:
    """Handlers that leave their resource to the iterator."""

    class Handler(BaseHttpRequestHandler):
        def handle(self) -> None:
            self.respond(Response(200, {}, resource.blocks()))
            resource.returned.set()

    return Handler


@pytest.mark.parametrize("path", ["/exchange", "/respond"])
def test_respond_that_waits_returns_when_all_has_been_sent(server_class: type[BaseServer], path: str) -> None:
    resource = Resource()
    with (
        serving_by(server_class, waiting(resource), timeouts=Timeouts(stop=2)) as server,
        connected(server.addresses[0], window=4096) as client,
    ):
        client.sendall(request(path, "Connection: close"))
        assert client.recv(1) == b"H"
        assert not resource.returned.wait(MOMENT)
        received = until_ended(client)
        assert len(received) > COUNT * len(BLOCK)
        assert received.endswith(b"0\r\n\r\n")
        wait_for(resource.returned)


@pytest.mark.parametrize("path", ["/exchange", "/respond"])
def test_it_returns_when_the_client_has_left(server_class: type[BaseServer], path: str) -> None:
    resource = Resource()
    with (
        serving_by(server_class, waiting(resource), timeouts=Timeouts(stop=2)) as server,
        connected(server.addresses[0], window=4096) as client,
    ):
        client.sendall(request(path))
        assert client.recv(100).startswith(b"HTTP/1.1 200 ")
        reset(client)
        assert resource.returned.wait(PATIENCE)


def test_respond_that_does_not_wait_hands_the_body_over(server_class: type[BaseServer]) -> None:
    """The handler is over before its client has read, and the client receives everything."""
    resource = Resource()
    with (
        serving_by(server_class, handing_over(resource), timeouts=Timeouts(stop=2)) as server,
        connected(server.addresses[0], window=4096) as client,
    ):
        client.sendall(request("/", "Connection: close"))
        assert client.recv(1) == b"H"
        assert resource.returned.wait(PATIENCE)
        received = until_ended(client)
        assert len(received) > COUNT * len(BLOCK)
        assert received.endswith(b"0\r\n\r\n")
