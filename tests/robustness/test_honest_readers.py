"""D10: a client that reads is served, however slowly its socket reports it; one that does not is given up.

Deadlines and least rates are scaled together, and every kind of server and of body is tried at once: the test measures
a stretch of time.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import repeat
from pathlib import Path
from typing import Final

import pytest

from pyhttp import BaseServer, Request, Response, Timeouts, function_handler
from tests.helpers.cgi_site import has_children
from tests.helpers.crowd import connected, until, until_ended
from tests.helpers.servers import connect, wait_for
from tests.helpers.sockets import request
from tests.helpers.tls import Transport
from tests.robustness.slowness import (
    BODIES,
    PATIENCE,
    POURED,
    Ended,
    asking_for,
    every_server,
    factory_of,
    proxied,
    trickling,
)

pytestmark = pytest.mark.usefixtures("quiet")

LENIENT: Final = Timeouts(send=1.0, send_rate=500, stop=2, script_kill=0.5)
"""A client that reads 20 kB/s is forty times faster than it has to be."""
DEMANDING: Final = Timeouts(send=0.5, send_rate=1e6, stop=2, script_kill=0.5)
"""The largest segment takes less than `send` at this rate, so that nothing but `send` decides."""
READ: Final = 4.5
"""Seconds that honest clients read for: several times as long as may pass without progress."""

read_20_kb_per_second = partial(trickling, take=1000, every=0.05)


@contextmanager
def asking(servers: list[BaseServer], transport: Transport) -> Iterator[list[socket.socket]]:
    """A client of each server for each kind of body."""
    with ExitStack() as stack:
        clients: list[socket.socket] = []
        for server in servers:
            for body in BODIES:
                client = stack.enter_context(connected(server.addresses[0], tls=transport.client))
                client.sendall(asking_for(body, f"{body}-{type(server).__name__}"))
                clients.append(client)
        yield clients


def test_D10_who_reads_steadily_is_served(busy_folder: Path, transport: Transport) -> None:
    """D10: The client is served, although its socket is writable only when a large part of a large buffer is free."""
    log = Ended()
    with (
        every_server(factory_of(busy_folder), LENIENT, log, transport) as servers,
        asking(servers, transport) as clients,
    ):
        with read_20_kb_per_second(clients):
            log.nothing_for(READ)
        for client in clients:
            client.settimeout(PATIENCE)
            assert client.recv(1)
    until(lambda: not has_children())


def test_D10_so_is_who_reads_through_a_proxy(busy_folder: Path) -> None:
    """D10: The proxy takes much at once, and then nothing for longer than `send`."""
    log = Ended()
    with every_server(factory_of(busy_folder), LENIENT, log) as servers, ExitStack() as stack:
        clients = [
            stack.enter_context(proxied(server.addresses[0], asking_for(body, f"{body}-{type(server).__name__}")))
            for server in servers
            for body in ("file", "iterable")
        ]
        with read_20_kb_per_second(clients):
            log.nothing_for(READ)


@pytest.mark.parametrize("take", [0, 100], ids=["nothing", "trickle"])
def test_D10_who_stops_reading_is_given_up(busy_folder: Path, take: int, transport: Transport) -> None:
    """D10: This happens in bounded time, whatever is sent.

    It also happens to a client that reads far below the least rate.
    """
    log = Ended()
    with (
        every_server(factory_of(busy_folder), DEMANDING, log, transport) as servers,
        asking(servers, transport) as clients,
    ):
        for client in clients:
            client.settimeout(PATIENCE)
            assert client.recv(100_000)
        with trickling(clients, take=take):
            until(lambda: len(log.targets) == len(clients), PATIENCE)
        for client in clients:
            assert len(until_ended(client)) < POURED
        until(lambda: not has_children(), PATIENCE)


def test_D10_the_least_rate_counts_over_the_whole_of_an_iterable() -> None:
    """D10: The client takes each item in time, but all items together too slowly."""
    item, log = bytes(4000), Ended()
    timeouts = Timeouts(send=2.0, send_rate=8e6, stop=2)

    def pour(got: Request) -> Response:
        return Response(200, {}, repeat(item))

    with every_server(function_handler(pour), timeouts, log) as servers, ExitStack() as stack:
        clients = [stack.enter_context(connected(server.addresses[0])) for server in servers]
        for client in clients:
            client.sendall(request())
        # At two megabytes per second, a third of the largest buffer becomes free within `send`. This is a quarter of
        # the least rate.
        with trickling(clients, take=100_000, every=0.05):
            until(lambda: len(log.targets) == len(clients), PATIENCE)


def test_D10_who_has_nothing_to_receive_is_not_slow() -> None:
    """D10: an event stream may be silent for longer than `send`, and its client is not to blame."""
    speak, log = threading.Event(), Ended()

    def wait(got: Request) -> Response:
        def events() -> Iterator[bytes]:
            yield b"one "
            wait_for(speak)
            yield b"two"

        return Response(200, {}, events())

    with every_server(function_handler(wait), DEMANDING, log) as servers, ExitStack() as stack:
        clients = [stack.enter_context(connect(server)) for server in servers]
        try:
            for client in clients:
                client.send(request())
            log.nothing_for(4 * DEMANDING.send)
        finally:
            speak.set()
        for client in clients:
            reply = client.reply()
            assert reply.complete
            assert reply.content == b"one two"
