"""Servers that run during a test, and a check that nothing is left of them."""

import contextlib
import gc
import queue
import ssl
import threading
from collections.abc import Callable, Iterator
from typing import Final
from unittest import mock

import pytest

from pyhttp.answering import Handler, HandlerFactory, function_handler
from pyhttp.limits import Limits, Timeouts
from pyhttp.messages import Response
from pyhttp.proxies import Proxies
from pyhttp.request import Request
from pyhttp.servers.base import BaseServer
from pyhttp.servers.pooled import PooledServer
from pyhttp.servers.threaded import ThreadedServer
from pyhttp.transport.access_log import AccessEntry, AccessLog
from pyhttp.transport.poller import EpollPoller
from tests.helpers.sockets import descriptors
from tests.helpers.tls import client_context
from tests.helpers.wire_client import WireClient

__all__ = [
    "SERVER_CLASSES",
    "Entries",
    "connect",
    "echo",
    "nothing_left",
    "serving",
    "serving_by",
    "taken_together",
    "wait_for",
]

SERVER_CLASSES: Final[tuple[type[BaseServer], ...]] = (BaseServer, ThreadedServer, PooledServer)
"""Every kind of server; what holds for one holds for all, unless its name says otherwise."""

PATIENCE: Final = 15.0
"""Seconds after which a test that waits has failed; nothing here is expected to take one."""


class Entries:
    """An access log whose entries a test can wait for."""

    def __init__(self) -> None:
        self._entries: queue.SimpleQueue[AccessEntry] = queue.SimpleQueue()

    def __call__(self, entry: AccessEntry) -> None:
        self._entries.put(entry)

    def next(self) -> AccessEntry:
        """The next entry. This raises queue.Empty where none comes."""
        return self._entries.get(timeout=PATIENCE)

    def rest(self) -> list[AccessEntry]:
        """The entries that are there and have not been taken."""
        return [self._entries.get() for _ in range(self._entries.qsize())]


def echo(request: Request) -> Response:
    """Answer with method, target and content."""
    return Response(200, {}, f"{request.method} {request.target} ".encode() + request.body.read())


@contextlib.contextmanager
def serving_by(
    server_class: type[BaseServer],
    factory: HandlerFactory,
    *,
    limits: Limits | None = None,
    timeouts: Timeouts | None = None,
    proxies: Proxies | None = None,
    allowed_hosts: frozenset[str] | None = None,
    access_log: AccessLog | None = None,
    tls: ssl.SSLContext | None = None,
) -> Iterator[BaseServer]:
    """A server on a port of its own whose handlers are made by `factory`."""
    server = server_class(
        "127.0.0.1",
        0,
        factory,
        limits=limits,
        timeouts=timeouts,
        tls=tls,
        proxies=proxies,
        allowed_hosts=allowed_hosts,
        access_log=access_log,
    )
    with server:
        yield server


@contextlib.contextmanager
def serving(
    server_class: type[BaseServer],
    handler: Handler = echo,
    *,
    limits: Limits | None = None,
    timeouts: Timeouts | None = None,
    proxies: Proxies | None = None,
    allowed_hosts: frozenset[str] | None = None,
    access_log: AccessLog | None = None,
    tls: ssl.SSLContext | None = None,
) -> Iterator[BaseServer]:
    """A server on a port of its own that answers by `handler`."""
    factory = function_handler(handler)
    with serving_by(
        server_class,
        factory,
        limits=limits,
        timeouts=timeouts,
        proxies=proxies,
        allowed_hosts=allowed_hosts,
        access_log=access_log,
        tls=tls,
    ) as server:
        yield server


def connect(server: BaseServer) -> WireClient:
    """A client of `server`, by TLS where the server speaks TLS."""
    host, port = server.addresses[0]
    return WireClient(host, port, patience=PATIENCE, tls=None if server.tls is None else client_context())


@contextlib.contextmanager
def taken_together() -> Iterator[Callable[[int], None]]:
    """Within the block, a loop that begins to wait finds several clients at once, in their order.

    The function of the block tells the number of clients.
    """
    wait, wanted = EpollPoller.wait, 0

    def wait_for_all(self: EpollPoller, seconds: float) -> list[tuple[int, int]]:
        nonlocal wanted
        events = wait(self, seconds)
        while 0 < len(events) < wanted:
            events = wait(self, seconds)
        wanted = 0 if events else wanted
        return sorted(events)

    def take(count: int) -> None:
        nonlocal wanted
        wanted = count

    with mock.patch.object(EpollPoller, "wait", wait_for_all):
        yield take


def wait_for(event: threading.Event) -> None:
    """Wait until `event` is set."""
    assert event.wait(PATIENCE), "what was waited for has not happened"


@contextlib.contextmanager
def nothing_left() -> Iterator[None]:
    """Check that descriptors and threads are as before when the block ends."""
    before, threads = descriptors(), set(threading.enumerate())
    yield
    for thread in set(threading.enumerate()) - threads:
        thread.join(PATIENCE)
    assert set(threading.enumerate()) <= threads
    if descriptors() > before:
        gc.collect()
    assert descriptors() <= before


@pytest.fixture(params=SERVER_CLASSES, ids=lambda server_class: str(server_class.__name__))
def server_class(request: pytest.FixtureRequest) -> type[BaseServer]:
    """Each kind of server in turn."""
    made: type[BaseServer] = request.param
    return made
