"""A loop without chance: a fake clock, a fake poller that counts and can be interrupted, and an employer that records.

Connections are real socket pairs, so that readiness, end of stream and resets are the system's own.
"""

import logging
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final
from unittest import mock

from pyhttp import answering
from pyhttp.errors import HTTPError
from pyhttp.limits import Limits, Timeouts
from pyhttp.messages import Response
from pyhttp.proxies import Proxies
from pyhttp.request import Request
from pyhttp.transport import loop as loop_module
from pyhttp.transport.access_log import INFO, AccessEntry, entry_of
from pyhttp.transport.channel import Watched
from pyhttp.transport.client import Address, Connection
from pyhttp.transport.employer import Employer
from pyhttp.transport.exchange import Exchange
from pyhttp.transport.fate import Fate
from pyhttp.transport.holding import hold
from pyhttp.transport.loop import Loop, Role
from pyhttp.transport.phases import FACTS, Owner, Phase
from pyhttp.transport.poller import Poller
from pyhttp.transport.progress import Progress
from pyhttp.transport.registry import Registry
from pyhttp.transport.spool import Budget
from pyhttp.transport.stopping import Stop
from tests.helpers.fake_poller import FakeClock, FakeLock, FakePoller

__all__ = [
    "TIMEOUTS",
    "CheckedRegistry",
    "FakeClock",
    "FakeEmployer",
    "FakeLock",
    "FakePoller",
    "Handle",
    "Peer",
    "World",
    "later",
    "now",
    "statuses",
    "world",
]

TIMEOUTS = Timeouts(head=20, idle=15, content=20, send=30, stop=10, drain=2, linger=2)
_NOWHERE: Final = logging.NullHandler()
_WORK: Final = 0.001
"""Seconds that a round of the loop takes which does not wait, while time is to pass."""

Handle = Callable[[Request], Response | None]
"""The function that answers a request. None means that it has answered, is pending, or leaves the turn to the test."""


def later(_: Request) -> None:
    """Leave the turn to the test. Another thread answers the request."""


def now(conn: Connection) -> Phase:
    """The phase of the connection at this moment."""
    return conn.phase


def statuses(received: bytes) -> list[int]:
    """The statuses of the answers in `received`."""
    return [int(part[:3]) for part in received.split(b"HTTP/1.1 ")[1:]]


class CheckedRegistry(Registry):
    """A registry that fails the test where code arms or closes a connection that it does not own."""

    def __init__(
        self, employer: Employer, poller: Poller, stopping: Stop, horizon: float, clock: Callable[[], float]
    ) -> None:
        super().__init__(employer, poller, stopping, horizon, clock)
        self.lock = FakeLock()
        vars(self)["_lock"] = self.lock

    def arm(self, conn: Connection, watched: Watched | None = None) -> None:
        """Arm `conn`. The caller must own it, and its phase must be one in which the loop may take it."""
        assert not conn.armed, "armed twice without being taken in between"
        assert FACTS[conn.phase].owner is Owner.LOOP, f"armed in phase {conn.phase}"
        super().arm(conn, watched)

    def close(self, conn: Connection, *, reset: bool = False) -> None:
        """Close `conn`. It must not be armed, and it must not be closed already."""
        assert not conn.armed, "an armed connection is nobody's, and nobody's to close"
        assert conn.phase is not Phase.CLOSED, "closed twice"
        super().close(conn, reset=reset)


class FakeEmployer:
    """An employer whose `handler` handles requests inline. It concludes a failure in a turn as a server does.

    Attributes:
        handler: The function that answers. It may be exchanged at any time.
        turns: Connections whose turn was left to the test. The handler neither answered nor said what is awaited.
        requests: Their requests, by serial number.
        ended: The exchanges that have ended, with the status of each.
        entries: Their access entries.
        reports, levels: The messages to the operator, and their levels.
        refusals: The errors that requests without a turn were answered with.
        failing: The error that `dispatch` raises instead of running a turn.
        hurried: The number of times that scripts were told to end.
        blocked: The number of times that a handler has announced that it will wait.
    """

    def __init__(self, handler: Handle, limits: Limits, timeouts: Timeouts, proxies: Proxies | None) -> None:
        self.limits = limits
        self.timeouts = timeouts
        self.budget = Budget(limits.spool)
        self.proxies = proxies
        self.handler = handler
        self.turns: list[Connection] = []
        self.requests: dict[int, Request] = {}
        self.ended: list[tuple[Exchange, int]] = []
        self.entries: list[AccessEntry] = []
        self.reports: list[str] = []
        self.levels: list[int] = []
        self.refusals: list[HTTPError] = []
        self.failing: Exception | None = None
        self.hurried = 0
        self.blocked = 0
        self.loop: Loop
        self._log = logging.getLogger("pyhttp.test")
        self._log.addHandler(_NOWHERE)
        self._log.propagate = False

    @property
    def statuses(self) -> list[int]:
        """The statuses of the exchanges that have ended."""
        return [status for _, status in self.ended]

    @property
    def closing(self) -> bool:
        """Whether the loop stops."""
        return self.loop.stopping.requested

    def about_to_block(self) -> None:
        """Count the call. Nothing here blocks."""
        self.blocked += 1

    def process_request(self, conn: Connection, addr: Address) -> None:
        """Run a turn, unless the handler leaves it to the test."""
        if self.failing is not None:
            raise self.failing
        self.finish_request(conn, addr)

    def finish_request(self, conn: Connection, addr: Address) -> None:
        """Run a turn here."""
        if conn.exchange is not None and conn.exchange.refusal is not None:
            self.refusals.append(conn.exchange.refusal)
        if self._run(conn):
            self.loop.keeper.settle(conn)

    def _run(self, conn: Connection) -> bool:
        """Run the turn, and return whether it has ended."""
        exchange = conn.exchange
        assert exchange is not None
        if conn.fate is Fate.CUT or self.loop.stopping.is_cut:
            conn.lower(Fate.CUT)  # a server does the same, since no client is there for the answer any more
            return True
        failure: BaseException | None = None
        try:
            if exchange.continues:
                exchange.go_on()
            else:
                request = Request(conn)
                response = self.handler(request)
                if response is not None:
                    exchange.respond(response, ends_turn=True)
                elif exchange.progress is Progress.OPEN:
                    self.turns.append(conn)
                    self.requests[conn.serial] = request
                    return False
        except BaseException as error:  # noqa: BLE001 - it becomes the answer
            failure = error
        answering.conclude(conn, exchange, failure, self._log, self.error_response)
        return True

    def answer(self, conn: Connection, response: Response) -> None:
        """Answer a turn that was left to the test, as a handler does. The client may be gone."""
        self.end(conn, lambda request: request.exchange.respond(response))

    def end(self, conn: Connection, ending: Callable[[Request], object]) -> None:
        """Do the rest of a handler whose turn was left to the test. A call of `settle` has to follow."""
        request, failure = self.requests.pop(conn.serial), None
        self.turns.remove(conn)
        try:
            ending(request)
        except Exception as error:  # noqa: BLE001 - it becomes the answer
            failure = error
        answering.conclude(conn, request.exchange, failure, self._log, self.error_response)

    def error_response(self, error: HTTPError, _: Request) -> Response:
        """A short answer."""
        return Response(error.status, {}, b"refused")

    def exchange_ended(self, conn: Connection, exchange: Exchange) -> None:
        """Record the exchange."""
        assert all(exchange is not other for other, _ in self.ended), "an exchange ended twice"
        self.ended.append((exchange, exchange.status))
        self.entries.append(entry_of(conn, exchange))

    def hurry(self) -> None:
        """Count the call."""
        self.hurried += 1

    def report(self, message: str, error: BaseException | None = None, *, level: int = INFO) -> None:
        """Record the message. A fault of the server fails the test."""
        self.reports.append(message)
        self.levels.append(level)
        if error is not None and not isinstance(error, ZeroDivisionError):
            raise error


class Peer:
    """The client's end of a connection, with what it has received so far, and whether the stream has ended."""

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
        """Close the client's end."""
        self.ended = True
        self.sock.close()

    def read(self, most: int = 1 << 24) -> bytes:
        """The octets that have come, `most` at most."""
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
        handler: Handle,
        limits: Limits,
        timeouts: Timeouts,
        listeners: Sequence[socket.socket],
        capacity: int,
        proxies: Proxies | None,
        *,
        shared: bool,
    ) -> None:
        self.clock = FakeClock()
        self.poller = FakePoller(self.clock)
        self.employer = FakeEmployer(handler, limits, timeouts, proxies)
        with mock.patch.object(loop_module, "Registry", CheckedRegistry):
            self.loop = Loop(self.employer, listeners, self.poller, capacity, self.clock, shared=shared)
        assert isinstance(self.loop.registry, CheckedRegistry)
        self.registry = self.loop.registry
        self.lock = self.registry.lock
        self.keeper = self.loop.keeper
        self.employer.loop = self.loop
        self.role = Role(leads=True)
        self.peers: list[Peer] = []

    def connect(self) -> tuple[Peer, Connection]:
        """A new client, and the connection that the loop has made of it.

        Raises:
            KeyError: The loop has not kept it.
        """
        ours, theirs = socket.socketpair()
        number = ours.fileno()
        peer = Peer(theirs)
        self.peers.append(peer)
        self.loop._acceptor.welcome(ours, ("192.0.2.1", len(self.peers)))
        return peer, self.registry.connections[number]

    def round(self, times: int = 1) -> None:
        """Let the loop go round once, or more often."""
        for _ in range(times):
            self.loop.round(self.role)

    def work(self) -> None:
        """Let the loop go round as long as anything is ready. This must come to an end."""
        for _ in range(10_000):
            if not self.poller.ready() and not self.loop._taken and not self.registry.called:
                return
            self.round()
        raise AssertionError("the loop spins")

    def pass_time(self, seconds: float) -> None:
        """Let exactly this time pass, while the loop does what is due."""
        until = self.poller.until = self.clock.now + seconds
        while self.clock.now < until and self.registry.connections:
            before = self.clock.now
            self.round()
            if self.clock.now == before:
                self.clock.now = min(until, before + _WORK)
        self.poller.until = float("inf")

    def take_due(self) -> None:
        """Run only the part of a round in which the loop looks at deadlines."""
        self.loop._take_due(self.clock.now)

    def serve_taken(self) -> None:
        """Run only the part of a round in which the loop serves what it has taken."""
        while self.loop._taken:
            conn, late = self.loop._taken.popleft()
            self.keeper.advance(conn, late=late)

    def finish(self, conn: Connection, response: Response, *, seconds: float | None = None) -> None:
        """End a turn that was left to the test, as another thread does.

        With `seconds`, that thread holds the connection.
        """
        self.employer.answer(conn, response)
        if seconds is None:
            self.keeper.settle(conn)
        elif hold(self.keeper, conn, seconds):
            self.employer.process_request(conn, conn.addr)

    def end(self) -> None:
        """Stop, and see that everything ends."""
        self.loop.stop()
        for _ in range(100_000):
            if self.loop._finished():
                break
            before = self.clock.now
            self.round()
            if self.clock.now == before:
                self.clock.now += _WORK
            for peer in self.peers:
                peer.read()
        else:
            raise AssertionError("the loop does not end")
        self.loop.close()
        for peer in self.peers:
            peer.read()
        assert self.registry.by_serial.keys() == {conn.serial for conn in self.employer.turns}


@contextmanager
def world(
    handler: Handle = lambda request: Response(200, {}, request.path.encode()),
    *,
    limits: Limits | None = None,
    timeouts: Timeouts = TIMEOUTS,
    listeners: Sequence[socket.socket] = (),
    capacity: int = 1000,
    proxies: Proxies | None = None,
    shared: bool = False,
) -> Iterator[World]:
    """A loop that is stopped at the end of the block. Everything has to come to an end then."""
    made = World(handler, limits or Limits(), timeouts, listeners, capacity, proxies, shared=shared)
    try:
        yield made
        made.end()
    finally:
        for peer in made.peers:
            peer.sock.close()
        for conn in [*made.registry.connections.values(), *made.employer.turns]:
            conn.release(reset=False)
