"""L2 to L4: a slow client of any kind holds no thread, so that no other client waits for it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from pyhttp import BaseServer, HandlerFactory, Request, Response, Timeouts, function_handler
from tests.helpers.cgi_site import has_children
from tests.helpers.crowd import crowd, latencies, reset, statuses, until, until_ended
from tests.helpers.servers import serving_by
from tests.helpers.sockets import request
from tests.robustness.slowness import (
    PATIENCE,
    POURED,
    SLOW,
    Ended,
    Pouring,
    ServerThreads,
    asking_for,
    factory_of,
    ordinary,
    trickling,
)

pytestmark = pytest.mark.usefixtures("quiet")

PATIENT: Final = Timeouts(stop=2, script_kill=0.5, linger=0.5, drain=0.5)
"""Every deadline that a slow client has to fear is longer than the test."""
STRICT: Final = Timeouts(send=0.5, send_rate=1e6, stop=2, script_kill=0.5, linger=0.5, drain=0.5)
"""A slow reader is given up soon."""
AT_ONCE: Final = 2.0
"""Seconds in which something happens on a busy machine that happens at once."""
SIZE: Final = 100_000
"""Octets of an upload: more than a server reads ahead before it calls a handler."""
TRICKLE: Final = 200

reads = pytest.mark.parametrize("take", [0, TRICKLE], ids=["nothing", "trickle"])


@dataclass(frozen=True)
class Upload:
    """Content that is not sent to its end.

    It has a part that was sent, a part that comes now and then, and the rest.
    """

    begun: tuple[str, ...]
    content: bytes
    rest: bytes
    drip: bytes = b""

    def head(self, target: str) -> bytes:
        """All octets that have been sent."""
        return request(target, "Connection: close", *self.begun, method="POST") + self.content


LENGTH: Final = (f"Content-Length: {SIZE}",)
UPLOADS: Final = {
    "expects": Upload((*LENGTH, "Expect: 100-continue"), b"", bytes(SIZE)),
    "stalls": Upload(LENGTH, bytes(66_000), bytes(SIZE - 66_000)),
    "trickles": Upload(LENGTH, bytes(66_000), bytes(SIZE - 66_000), drip=bytes(10)),
    "chunked": Upload(
        ("Transfer-Encoding: chunked",),
        b"%x\r\n" % SIZE + bytes(70_000),
        bytes(SIZE - 70_000) + b"\r\n0\r\n\r\n",
    ),
}


@pytest.mark.parametrize("body", ["ranges", "iterable", "script"])
@reads
def test_L3_slow_readers_delay_nobody(server_class: type[BaseServer], busy_folder: Path, body: str, take: int) -> None:
    """L2, L3: The readers ask for several ranges, for an iterable without an end, or for a script's output."""
    threads, log = ServerThreads(), Ended()
    with (
        serving_by(server_class, factory_of(busy_folder), timeouts=PATIENT, access_log=log) as server,
        crowd(server.addresses[0], SLOW, asking_for(body), window=4096) as clients,
    ):
        with trickling(clients, take=take):
            ordinary(server, f"{SLOW} clients read {take or 'nothing'} of a body from {body}")
            threads.check(server)
        assert log.targets == []
    until(lambda: not has_children())


def spooled(folder: Path) -> HandlerFactory:
    """Handlers that call a function when all content is there."""

    def count(got: Request) -> Response:
        return Response(200, {}, str(len(got.body.read())).encode())

    return function_handler(count, content="spooled")


@pytest.mark.parametrize("upload", UPLOADS.values(), ids=UPLOADS)
@pytest.mark.parametrize("make", [factory_of, spooled], ids=["script", "spooled"])
def test_L3_slow_writers_delay_nobody(
    server_class: type[BaseServer], busy_folder: Path, upload: Upload, make: Callable[[Path], HandlerFactory]
) -> None:
    """L2, L3, D9: The loop collects content for a script or for a function that asks for that. It may still end well.

    Scripts that wait for content do not count as running (D18), so that other scripts can run.
    """
    threads = ServerThreads()
    with (
        serving_by(server_class, make(busy_folder), timeouts=PATIENT) as server,
        crowd(server.addresses[0], SLOW, upload.head("/cgi-bin/count")) as clients,
    ):
        with trickling(clients, give=upload.drip):
            ordinary(server, f"{SLOW} uploads stall")
            threads.check(server)
            latencies(server.addresses[0], request("/cgi-bin/count"), 3)
        for client in clients[:3]:
            client.settimeout(PATIENCE)
            client.sendall(upload.rest)
            received = until_ended(client)
            assert statuses(received) == ([200] if upload.content else [100, 200])
            assert str(SIZE).encode() in received
    until(lambda: not has_children())


@reads
def test_D10_scripts_whose_clients_do_not_read_make_room_for_others(
    server_class: type[BaseServer], busy_folder: Path, take: int
) -> None:
    """D10, D18: There are four times as many scripts as may run. Each is stopped when its client has been given up."""
    log = Ended()
    with (
        serving_by(server_class, factory_of(busy_folder), timeouts=STRICT, access_log=log) as server,
        crowd(server.addresses[0], SLOW, asking_for("script"), window=4096) as clients,
    ):
        with trickling(clients, take=take):
            ordinary(server, f"{SLOW} clients read {take or 'nothing'} and are given up")
            latencies(server.addresses[0], request("/cgi-bin/count"), 1)
            until(lambda: len(log.targets) == SLOW, PATIENCE)
            assert log.statuses == {200}  # each script had its turn
        assert all(len(until_ended(client)) < POURED for client in clients[:3])
        until(lambda: not has_children(), PATIENCE)


def test_L6_an_iterable_is_closed_when_its_client_leaves(server_class: type[BaseServer], busy_folder: Path) -> None:
    """L6: The iterable is closed at once, although the server has enough to send and asks the iterable for nothing."""
    pouring = Pouring()
    factory = factory_of(busy_folder, pouring.blocks)
    with (
        serving_by(server_class, factory, timeouts=PATIENT) as server,
        crowd(server.addresses[0], SLOW, asking_for("iterable"), window=4096) as clients,
    ):
        for client in clients:
            client.settimeout(PATIENCE)
            assert client.recv(1) == b"H"
        assert pouring.closed == 0
        for client in clients[: SLOW // 2]:
            reset(client)
        until(lambda: pouring.closed == SLOW // 2, AT_ONCE)
        ordinary(server, "half of the clients have left")
        assert pouring.closed == SLOW // 2
        for client in clients[SLOW // 2 :]:
            reset(client)
        until(lambda: pouring.closed == SLOW, AT_ONCE)


@reads
def test_D10_an_iterable_is_closed_when_its_client_is_given_up(
    server_class: type[BaseServer], busy_folder: Path, take: int
) -> None:
    pouring = Pouring()
    factory = factory_of(busy_folder, pouring.blocks)
    with (
        serving_by(server_class, factory, timeouts=STRICT) as server,
        crowd(server.addresses[0], SLOW, asking_for("iterable"), window=4096) as clients,
        trickling(clients, take=take),
    ):
        until(lambda: pouring.closed == SLOW, PATIENCE)


def test_D14_an_iterable_is_closed_when_the_server_stops(server_class: type[BaseServer], busy_folder: Path) -> None:
    """D14: The iterable is closed, although its client reads nothing."""
    pouring = Pouring()
    with (
        serving_by(server_class, factory_of(busy_folder, pouring.blocks), timeouts=Timeouts(stop=0.5)) as server,
        crowd(server.addresses[0], 8, asking_for("iterable"), window=4096) as clients,
    ):
        for client in clients:
            client.settimeout(PATIENCE)
            assert client.recv(1) == b"H"
        server.close()
        until(lambda: pouring.closed == len(clients), AT_ONCE)
