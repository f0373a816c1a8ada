"""A loop without luck: a fake clock, a fake poller that counts and can be interrupted, and a service that records.

Connections are real socket pairs, so that readiness, end of stream and resets are the system's own.
"""

import select
import socket
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from pyhttp.errors import Disconnected, HTTPError
from pyhttp.limits import Limits, Timeouts
from pyhttp.messages import Response
from pyhttp.request import Request
from pyhttp.transport.connection import Connection
from pyhttp.transport.exchange import Exchange
from pyhttp.transport.loop import Loop, Role

__all__ = ["FakeClock", "FakePoller", "FakeService", "Peer", "World", "world"]

TIMEOUTS = Timeouts(head=20, idle=15, content=20, send=30, stop=10, drain=2, linger=2)


class FakeClock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class FakePoller:
    """Delivers what is ready and armed, at once; where nothing is, the clock moves on instead of the test.

    Attributes:
        armed: What is armed, by descriptor.
        calls: How often each method was called.
        script: Called inside `arm`, before (False) and after (True) it takes effect: what other threads do then.
    """

    def __init__(self, clock: FakeClock) -> None:
        self.armed: dict[int, int] = {}
        self.calls: Counter[str] = Counter()
        self.script: Callable[[int, bool], None] | None = None
        self.refuse: OSError | None = None
        self._clock = clock
        self._woken = False

    def arm(self, fd: int, mask: int) -> None:
        """Arm `fd`; twice without a delivery between is an error of the caller."""
        self.calls["arm"] += 1
        assert fd >= 0
        assert fd not in self.armed, "armed twice without a delivery in between"
        if self.refuse is not None:
            raise self.refuse
        if self.script is not None:
            self.script(fd, False)
        self.armed[fd] = mask
        if self.script is not None:
            self.script(fd, True)

    def forget(self, fd: int) -> None:
        """Disarm `fd`."""
        self.calls["forget"] += 1
        self.armed.pop(fd, None)

    def ready(self) -> list[tuple[int, int]]:
        """What could be delivered now."""
        poll = select.poll()
        for fd, mask in self.armed.items():
            poll.register(fd, mask)
        return poll.poll(0)

    def wait(self, timeout: float | None) -> list[tuple[int, int]]:
        """Deliver what is ready; else let `timeout` pass on the clock, which must not be for ever."""
        self.calls["wait"] += 1
        events = self.ready()
        for fd, _ in events:
            del self.armed[fd]
        if not events and not self._woken:
            assert timeout is not None, "the loop waits for ever"
            self._clock.now += timeout
        self._woken = False
        return events

    def wake(self) -> None:
        """End a wait."""
        self.calls["wake"] += 1
        self._woken = True

    def close(self) -> None:
        """Nothing is to be released."""
        self.calls["close"] += 1


class FakeService:
    """Answers requests by `handler`, inline, unless `handler` returns None: then the turn stays with the test.

    Attributes:
        turns: Connections whose handler has yet to end.
        ended: The exchanges that have ended, with the status of each.
        reports: What was told to the operator.
    """

    def __init__(self, handler: Callable[[Request], Response | None], limits: Limits, timeouts: Timeouts) -> None:
        self.limits = limits
        self.timeouts = timeouts
        self.handler = handler
        self.turns: list[Connection] = []
        self.requests: dict[int, Request] = {}
        self.ended: list[tuple[Exchange, int]] = []
        self.reports: list[str] = []
        self.hurried = 0
        self.loop: Loop

    @property
    def closing(self) -> bool:
        """Whether the loop stops."""
        return self.loop.stopping

    def about_to_block(self) -> None:
        """Nothing here blocks."""

    def dispatch(self, conn: Connection) -> None:
        """Begin a turn."""
        request = Request(conn)
        response = self.handler(request)
        if response is None:
            self.turns.append(conn)
            self.requests[conn.serial] = request
        else:
            self.answer(request, response)
            self.loop.keeper.settle(conn)

    def answer(self, request: Request, response: Response) -> None:
        """Answer as a handler does, whose client may be gone."""
        try:
            request.exchange.respond(response)
        except Disconnected:
            request.exchange.broken = True  # as `conclude` does

    def error_response(self, error: HTTPError) -> Response:
        """A short answer."""
        return Response(error.status, {}, b"refused")

    def exchange_ended(self, conn: Connection, exchange: Exchange) -> None:
        """Record it."""
        assert all(exchange is not other for other, _ in self.ended), "an exchange ended twice"
        self.ended.append((exchange, exchange.status))

    def hurry(self) -> None:
        """Count."""
        self.hurried += 1

    def report(self, message: str, error: BaseException | None = None) -> None:
        """Record it; a fault of the server fails the test."""
        self.reports.append(message)
        if error is not None and not isinstance(error, ZeroDivisionError):
            raise error


class Peer:
    """The client's end of a connection: what it has received so far, and whether that has ended."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self.sock = sock
        self.received = b""
        self.ended = False

    def send(self, data: bytes) -> None:
        """Send, unless the other side has closed."""
        try:
            sent = self.sock.send(data)
        except (BrokenPipeError, ConnectionResetError):
            return
        assert sent == len(data)

    def close(self) -> None:
        """Leave."""
        self.ended = True
        self.sock.close()

    def read(self, most: int = 1 << 24) -> bytes:
        """What has come, `most` octets at most."""
        got = b""
        while not self.ended and len(got) < most:
            try:
                piece = self.sock.recv(min(most - len(got), 1 << 20))
            except BlockingIOError:
                break
            except ConnectionResetError:
                piece = b""
            self.ended = not piece
            got += piece
        self.received += got
        return got


class World:
    """A loop with its surroundings."""

    def __init__(
        self,
        handler: Callable[[Request], Response | None],
        limits: Limits,
        timeouts: Timeouts,
        listeners: Sequence[socket.socket],
        capacity: int,
    ) -> None:
        self.clock = FakeClock()
        self.poller = FakePoller(self.clock)
        self.service = FakeService(handler, limits, timeouts)
        self.loop = Loop(self.service, listeners, self.poller, capacity, self.clock)
        self.service.loop = self.loop
        self.role = Role(leads=True)
        self.peers: list[Peer] = []

    def connect(self) -> tuple[Peer, Connection]:
        """A new client, and the connection that the loop has made of it."""
        ours, theirs = socket.socketpair()
        number = ours.fileno()
        peer = Peer(theirs)
        self.peers.append(peer)
        self.loop._welcome(ours, ("192.0.2.1", len(self.peers)))
        return peer, self.loop.registry.connections[number]

    def turn(self, times: int = 1) -> None:
        """Turns of the loop."""
        for _ in range(times):
            self.loop.turn(self.role)

    def work(self) -> None:
        """Turns as long as anything is ready."""
        while self.poller.ready() or self.loop._delivered:
            self.turn()

    def pass_time(self, seconds: float) -> None:
        """Let time pass, with the loop doing what is due."""
        until = self.clock.now + seconds
        while self.clock.now < until and self.loop.registry.connections:
            self.turn()

    def finish(self, conn: Connection, response: Response, *, seconds: float | None = None) -> None:
        """End a turn that was left to the test, as another thread does; with `seconds`, as one that holds it."""
        self.service.turns.remove(conn)
        self.service.answer(self.service.requests.pop(conn.serial), response)
        if seconds is None:
            self.loop.keeper.settle(conn)
        elif self.loop.keeper.await_next(conn, seconds):
            self.service.dispatch(conn)

    def end(self) -> None:
        """Stop, and see that everything ends."""
        self.loop.stop()
        for _ in range(100_000):
            if self.loop._finished():
                break
            self.turn()
            for peer in self.peers:
                peer.read()
        else:
            raise AssertionError("the loop does not end")
        self.loop.close()
        assert self.loop.registry.by_serial.keys() == {conn.serial for conn in self.service.turns}


@contextmanager
def world(
    handler: Callable[[Request], Response | None] = lambda request: Response(200, {}, request.path.encode()),
    *,
    limits: Limits | None = None,
    timeouts: Timeouts = TIMEOUTS,
    listeners: Sequence[socket.socket] = (),
    capacity: int = 1000,
) -> Iterator[World]:
    """A loop that is stopped at the end of the block, when everything has to come to an end."""
    made = World(handler, limits or Limits(), timeouts, listeners, capacity)
    try:
        yield made
        made.end()
    finally:
        for peer in made.peers:
            peer.sock.close()
        for conn in [*made.loop.registry.connections.values(), *made.service.turns]:
            conn.release_descriptor()
