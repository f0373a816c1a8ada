"""Clients that are slow in every way, requests beside them, and the content that they read."""

import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Final

from pyhttp import AccessEntry, BaseHttpRequestHandler, BaseServer, HandlerFactory, PooledServer, Response, Timeouts
from tests.helpers.crowd import Address, connected, latencies, tell, until
from tests.helpers.servers import SERVER_CLASSES, Entries, serving_by
from tests.helpers.sockets import request
from tests.helpers.tls import PLAIN, Transport

__all__ = [
    "BODIES",
    "PATIENCE",
    "POURED",
    "SLOW",
    "Ended",
    "Pouring",
    "ServerThreads",
    "asking_for",
    "every_server",
    "factory_of",
    "ordinary",
    "proxied",
    "trickling",
    "write_scripts",
]

MEDIAN: Final = 0.020
"""The seconds that half of the ordinary requests take at most, beside any slow clients."""
WORST: Final = 0.500
"""Seconds that none of them takes."""
REQUESTS: Final = 50
SLOW: Final = 64
"""Slow clients at once: more than a pool has workers, and more than scripts may run."""
PATIENCE: Final = 5.0
"""Seconds after which a wait has failed that should be over in much less than one."""

ORDINARY: Final = frozenset({"/small", "/cgi-bin/count"})
"""The target of ordinary requests, beside slow clients."""
BLOCK: Final = bytes(64 * 1024)
POURED: Final = 8_000_000
"""Octets of the script's output: more than the kernel holds for a client that does not read."""
SCRIPTS: Final = {
    "count": "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'\nexec wc -c\n",
    "pours": f"#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'\nexec head -c {POURED} /dev/zero\n",
}
BODIES: Final[Mapping[str, tuple[str, ...]]] = {
    "file": ("/large",),
    "ranges": ("/large", "Range: bytes=0-16000000,16000002-32000000"),
    "iterable": ("/endless",),
    "script": ("/cgi-bin/pours",),
}
"""Target and field lines that ask for each kind of body; all of them are larger than what the kernel holds."""


def asking_for(body: str, mark: str = "") -> bytes:
    """A request for a kind of body, with a query by which its access line is known."""
    target, *lines = BODIES[body]
    return request(f"{target}?{mark or body}", *lines)


def write_scripts(folder: Path, scripts: Mapping[str, str] = SCRIPTS) -> None:
    """Put `scripts` into the folder whose scripts are run."""
    place = folder / "cgi-bin"
    place.mkdir(exist_ok=True)
    for name, text in scripts.items():
        (place / name).write_text(text)
        (place / name).chmod(0o755)


class Pouring:
    """A maker of iterables without an end. It knows how many of them have been closed."""

    def __init__(self) -> None:
        self._closed: queue.SimpleQueue[None] = queue.SimpleQueue()

    @property
    def closed(self) -> int:
        """The number of iterables that have been closed."""
        return self._closed.qsize()

    def blocks(self) -> Iterator[bytes]:
        """One iterable without an end."""
        try:
            while True:
                yield BLOCK
        finally:
            self._closed.put(None)


def factory_of(folder: Path, pour: Callable[[], Iterator[bytes]] | None = None) -> HandlerFactory:
    """Handlers for `folder`, and for /endless. The content of /endless is what `pour` makes."""
    make = pour or Pouring().blocks

    class Handler(BaseHttpRequestHandler):
        def handle(self) -> None:
            if self.request.path == "/endless":
                self.respond(Response(200, {}, make()))
            else:
                super().handle()

    return partial(Handler, directory=folder)


class Ended(Entries):
    """An access log that knows the exchanges that have ended, without ordinary requests.

    A client cannot know this. It receives what the kernel holds for it later, and the end behind that.
    """

    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.statuses: set[int] = set()

    def __call__(self, entry: AccessEntry) -> None:
        """Note that an exchange has ended."""
        if entry.target not in ORDINARY:
            self.statuses.add(entry.status)
            self.targets.append(entry.target)

    def nothing_for(self, seconds: float) -> None:
        """Check that no exchange ends for this time."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            assert not self.targets, f"ended {end - time.monotonic():.1f} s too early: {', '.join(self.targets)}"
            time.sleep(0.02)


@contextmanager
def every_server(
    factory: HandlerFactory, timeouts: Timeouts, log: Ended, transport: Transport = PLAIN
) -> Iterator[list[BaseServer]]:
    """One server of each kind. A test that takes long uses all of them at the same time."""
    with ExitStack() as stack:
        yield [
            stack.enter_context(serving_by(kind, factory, timeouts=timeouts, access_log=log, tls=transport.server))
            for kind in SERVER_CLASSES
        ]


class ServerThreads:
    """The threads that servers have started since this was made. Threads of slow clients are left out."""

    def __init__(self) -> None:
        self._before = set(threading.enumerate())

    @property
    def count(self) -> int:
        """The number of these threads."""
        started = set(threading.enumerate()) - self._before
        return sum(not isinstance(thread, _OfClients) for thread in started)

    def check(self, server: BaseServer) -> None:
        """Check that slow clients hold no thread. The loop has one, a pool has its workers, and other threads end."""
        allowed = server.workers + 2 if isinstance(server, PooledServer) else 1
        until(lambda: self.count <= allowed, PATIENCE)


def ordinary(server: BaseServer, what: str, target: str = "/small") -> None:
    """Check that ordinary requests, each on a connection of its own, are as prompt as without other clients."""
    median, worst = latencies(server.addresses[0], request(target), REQUESTS)
    tell(f"{type(server).__name__}, {what}: median {median * 1000:.1f} ms, worst {worst * 1000:.1f} ms")
    assert median < MEDIAN
    assert worst < WORST


class _OfClients(threading.Thread):
    """A thread of slow clients."""


@contextmanager
def _until_done(work: Callable[[threading.Event], None]) -> Iterator[None]:
    done = threading.Event()
    thread = _OfClients(target=work, args=(done,))
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


@contextmanager
def trickling(
    clients: Sequence[socket.socket], *, take: int = 0, give: bytes = b"", every: float = 0.02
) -> Iterator[None]:
    """Within the block each client takes up to `take` octets and sends `give`, again and again.

    By default it does neither. No other code may use the clients within the block.
    """

    def trickle(done: threading.Event) -> None:
        while not done.wait(every):
            for client in clients:
                with suppress(OSError):  # there is nothing to receive, or the other end has left
                    if give:
                        client.send(give)
                    if take:
                        client.recv(take)

    waits = [client.gettimeout() for client in clients]
    for client in clients:
        client.settimeout(0)
    try:
        with _until_done(trickle):
            yield
    finally:
        for client, wait in zip(clients, waits, strict=True):
            client.settimeout(wait)


@contextmanager
def proxied(address: Address, asked: bytes) -> Iterator[socket.socket]:
    """The client of a proxy. It receives the answer of the server behind the proxy.

    The proxy takes as much as comes at once. Then it takes nothing until its client has taken most of that.
    """
    with connected(address) as upstream, ExitStack() as stack:
        client, downstream = socket.socketpair()
        stack.enter_context(client)
        stack.enter_context(downstream)
        upstream.sendall(asked)

        def forward(done: threading.Event) -> None:
            with suppress(OSError):
                while not done.is_set() and (data := upstream.recv(1 << 16)):
                    downstream.sendall(data)

        with _until_done(forward):
            try:
                yield client
            finally:
                for each in (client, upstream):
                    with suppress(OSError):
                        each.shutdown(socket.SHUT_RDWR)
