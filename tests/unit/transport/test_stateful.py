"""Several connections at once, with any acts of their clients and handlers, in any order.

At every moment each connection has one owner, and at the end nothing is left of any of them.
"""

import contextlib
import socket
import tempfile
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack
from random import Random
from typing import IO, Final
from unittest import mock

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from pyhttp.errors import BadGateway, HTTPError, NotFound
from pyhttp.limits import Limits
from pyhttp.messages import FileSlice, Response
from pyhttp.request import Request
from pyhttp.transport.client import Connection
from pyhttp.transport.feed import Feed
from pyhttp.transport.holding import hold
from pyhttp.transport.phases import FACTS, TABLE, Happening, Owner, Phase, Phased, Steps
from tests.helpers.fakes import Peer, World, world
from tests.helpers.outside import Items, Pending, Tap
from tests.helpers.sockets import descriptors, request

LIMITS: Final = Limits(
    read_ahead=1000, drain=5000, linger=5000, portion=50_000, requests_per_connection=6, spool=20_000
)
LARGE: Final = 1 << 20
ENTER: Final = Steps.enter
PATHS: Final = (
    *("/bytes", "/large", "/file", "/items", "/generator", "/source", "/feed", "/pend", "/collect", "/collect"),
    *("/read", "/error", "/fail", "/interrupt", "/last", "/later", "/later", "/later", "/later"),
)
STEPS: Final = 60
DICE: Final = st.integers(0, 2**32 - 1)
"""The choices within a step are drawn evenly. Strategies prefer small values, and would seldom get anywhere here."""


class Life(RuleBasedStateMachine):
    """A world, and what has been given to it."""

    def __init__(self) -> None:
        super().__init__()
        self.before = descriptors()
        self.stack = ExitStack()
        self.made: World
        self.conns: list[Connection] = []
        self.clients: list[Peer] = []
        self.rests: dict[int, bytes] = {}
        self.pendings: list[Pending] = []
        self.taps: list[Tap] = []
        self.feeds: list[Feed] = []
        self.items: list[Items] = []
        self.files: list[IO[bytes]] = []
        self.generators = [0, 0]
        self.queue: deque[Connection] = deque()
        self.steps = 0
        self.phases: dict[int, Phase] = {}

    @initialize()
    def begin(self) -> None:
        def enter(steps: Steps, conn: Phased, happening: Happening) -> None:
            self.enter(steps, conn, happening)

        self.stack.enter_context(mock.patch.object(Steps, "enter", enter))
        self.made = self.stack.enter_context(world(self.handle, limits=LIMITS))
        self.made.loop.gathers = True
        vars(self.made.employer)["error_response"] = self.error_response

    def enter(self, steps: Steps, conn: Phased, happening: Happening) -> None:
        """Do what `Steps.enter` does. No other code has changed the phase since the last time."""
        assert isinstance(conn, Connection)
        assert conn.phase is self.phases.get(conn.serial, Phase.IDLE)
        following = TABLE[conn.phase, happening]
        ENTER(steps, conn, happening)
        assert conn.phase is following
        self.phases[conn.serial] = following

    # --- handlers

    def handle(self, asked: Request) -> Response | None:
        """Do what the path says. The path "later" leaves the turn to a rule."""
        kind = asked.path.strip("/")
        match kind:
            case "later":
                return None
            case "pend":
                self.pendings.append(Pending(descriptors=2))
                self.pendings[-1].delay(asked)
                return None
            case "collect":
                asked.exchange.collect(lambda: self.respond_with_content(asked))
                return None
            case "read":
                return Response(200, {}, str(len(asked.exchange.content.take_early())).encode())
            case "error":
                raise NotFound("no such thing")
            case "fail":
                raise ZeroDivisionError
            case "interrupt":
                raise GeneratorExit
            case "last":
                asked.exchange.be_last()
                return Response(200)
            case _:
                return self.response(kind)

    def respond_with_content(self, asked: Request) -> None:
        spool = asked.exchange.content.collected()
        asked.exchange.respond(Response(200, {}, b"".join(iter(spool.read, b""))))

    def response(self, kind: str) -> Response:
        match kind:
            case "large":
                return Response(200, {}, bytes(LARGE))
            case "file":
                file = tempfile.TemporaryFile()  # noqa: SIM115 - the code that sends the file closes it
                file.write(bytes(200_000))
                file.flush()
                self.files.append(file)
                return Response(200, {}, FileSlice(file, 0, 200_000))
            case "items":
                self.items.append(Items([bytes(100), b"", bytes(100_000), b""] * 5))
                return Response(200, {}, self.items[-1])
            case "generator":
                return Response(200, {}, self.generate())
            case "source":
                self.taps.append(Tap())
                self.taps[-1].pour(b"first")
                return Response(200, {}, self.taps[-1])
            case "feed":
                self.feeds.append(Feed(limit=300_000))
                self.feeds[-1].send(b"first")
                return Response(200, {}, self.feeds[-1])
            case _:
                return Response(200, {}, b"short")

    def error_response(self, error: HTTPError, _: Request) -> Response:
        """The response is at times longer than a socket takes at once."""
        return Response(error.status, {}, bytes(LARGE if len(self.made.employer.ended) % 2 else 10))

    def generate(self) -> Iterator[bytes]:
        """The generator fails in the end."""
        self.generators[0] += 1
        try:
            for _ in range(10):
                yield bytes(100_000)
            raise ZeroDivisionError
        finally:
            self.generators[1] += 1

    @rule(number=DICE)
    def something_happens(self, number: int) -> None:
        dice = Random(f"{self.steps} {number}")  # the same number means something else in another step
        acts = [(6.0, self.clients_act), (1.0, self.time_passes), (0.1, self.somebody_is_shed)]
        if self.made.employer.turns:
            acts += [(4.0, self.turn_ends), (1.0, self.turn_is_queued)]
        if self.queue:
            acts.append((2.0, self.queued_turn_begins))
        if self.pendings:
            acts.append((2.0, self.something_is_ready))
        if self.taps:
            acts.append((3.0, self.source_says_something))
        if self.feeds:
            acts.append((2.0, self.feed_is_written))
        dice.choices([act for _, act in acts], [weight for weight, _ in acts])[0](dice)

    # --- clients

    def there(self) -> list[Peer]:
        """Clients that may do something that matters."""
        over = {Phase.CLOSED, Phase.LINGER}
        pairs = zip(self.clients, self.conns, strict=True)
        return [peer for peer, conn in pairs if peer.sock.fileno() >= 0 and conn.phase not in over]

    def clients_act(self, dice: Random) -> None:
        for _ in range(4):
            there = self.there()
            if len(there) < dice.randrange(1, 4) and not self.made.registry.over:
                peer, conn = self.made.connect()
                self.clients.append(peer)
                self.conns.append(conn)
                self.rests[id(peer)] = b""
            elif there:
                act = dice.choices((self.ask, self.mumble, self.read, self.leave), (8, 3, 6, 1))[0]
                act(dice.choice(there), dice)
            self.go_round(dice.randrange(3))

    def ask(self, peer: Peer, dice: Random) -> None:
        """The client sends requests in a row.

        Some octets of the last one may come later, with the octets that are sent next.
        """
        path, method, version = dice.choice(PATHS), dice.choice(["GET", "POST", "HEAD"]), dice.choice("1110")
        lines = dice.choices(([], ["Connection: close"], ["Expect: 100-continue"]), (6, 1, 2))[0]
        content = bytes(dice.choice([0, 0, 5, 3000, 12_000]))
        if content and version == "1" and dice.random() < 0.5:
            one = request(path, "Transfer-Encoding: chunked", *lines, method=method)
            one += b"%x\r\n%b\r\n0\r\n\r\n" % (len(content), content)
        else:
            one = request(path, *lines, method=method, content=content, version=f"1.{version}")
        whole = one * dice.choice([1, 1, 2, 3])
        withheld = dice.choice([0, 0, 0, 1, dice.randrange(len(one))])
        self.send(peer, whole[: len(whole) - withheld])
        self.rests[id(peer)] += whole[len(whole) - withheld :]

    def mumble(self, peer: Peer, dice: Random) -> None:
        """The client sends what was withheld, and perhaps something that is no request, or a part of a request."""
        self.send(peer, dice.choice([b"", b"", b"", b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\n"]))

    def send(self, peer: Peer, data: bytes) -> None:
        """Send `data` behind what was withheld, as far as it is taken."""
        data = self.rests.pop(id(peer)) + data
        sent = 0
        with contextlib.suppress(OSError):
            sent = peer.sock.send(data)
        self.rests[id(peer)] = data[sent:]

    def read(self, peer: Peer, dice: Random) -> None:
        for _ in range(dice.randrange(1, 10)):
            peer.read(dice.choice([10, 50_000, 1 << 24]))
            self.go_round(1)

    def leave(self, peer: Peer, dice: Random) -> None:
        if dice.random() < 0.5:
            peer.close()
        else:
            with contextlib.suppress(OSError):
                peer.sock.shutdown(socket.SHUT_WR)

    # --- the server

    def go_round(self, times: int) -> None:
        if times and not self.made.registry.over:
            self.made.poller.until = self.made.clock.now
            self.made.round(times)
            self.made.poller.until = float("inf")

    def time_passes(self, dice: Random) -> None:
        if not self.made.registry.over:
            self.made.pass_time(dice.choices((0.1, 2.5, 16.0, 40.0), (20, 2, 1, 1))[0])

    def somebody_is_shed(self, dice: Random) -> None:
        if not self.made.registry.over:
            self.made.loop._acceptor._shed()
            self.made.loop._take_spared()

    def turn_ends(self, dice: Random) -> None:
        """A handler's thread comes to its end, or awaits something. It may hold its connection for a moment."""
        made = self.made
        conn = dice.choice(made.employer.turns)
        if dice.random() < 0.3:
            self.pendings.append(Pending())
            made.employer.end(conn, self.pendings[-1].delay)
        else:
            made.employer.answer(
                conn, self.response(dice.choice(["bytes", "large", "file", "items", "source", "feed"]))
            )
        if dice.random() < 0.3:
            made.keeper.settle(conn)
        elif hold(made.keeper, conn, dice.choice([0.0, 0.001, 0.001])):
            made.employer.process_request(conn, conn.addr)

    def turn_is_queued(self, dice: Random) -> None:
        """No thread is free."""
        conn = dice.choice(self.made.employer.turns)
        self.made.employer.turns.remove(conn)
        self.queue.append(conn)
        self.made.keeper.queue(conn)

    def queued_turn_begins(self, dice: Random) -> None:
        conn = self.queue.popleft()
        if self.made.keeper.unqueue(conn):
            self.made.employer.turns.append(conn)

    @precondition(lambda self: self.steps > STEPS - 10)
    @rule(how=st.sampled_from(["stop", "cut", "end"]))
    def stop(self, how: str) -> None:
        self.made.loop.stop()
        if not self.made.registry.over:
            self.made.loop._finished()
        if how == "cut":
            self.made.registry.cut()
        elif how == "end":
            self.made.loop.close()

    # --- what is outside

    def something_is_ready(self, dice: Random) -> None:
        pending = dice.choice(self.pendings)
        pending.fired = pending.fired or dice.random() < 0.7
        pending.ring()

    def source_says_something(self, dice: Random) -> None:
        tap = dice.choice(self.taps)
        if tap.closed or not tap.is_open:
            return
        if dice.random() < 0.3:
            tap.end()
            return
        if dice.random() < 0.1:
            tap.failure = BadGateway("it has failed")
        for _ in range(dice.choice([1, 6])):
            with contextlib.suppress(BlockingIOError):
                tap.pour(bytes(60_000))
            self.go_round(1)
            if tap.closed:
                return

    def feed_is_written(self, dice: Random) -> None:
        feed = dice.choice(self.feeds)
        if dice.random() < 0.1:
            feed.close()
        for _ in range(dice.choice([1, 1, 6])):
            feed.send(bytes(dice.choice([0, 10, 60_000])))
            self.go_round(dice.randrange(2))

    # --- what is true at every moment

    @invariant()
    def step(self) -> None:
        self.steps += 1

    @invariant()
    def one_owner(self) -> None:
        taken = [conn for conn, _ in self.made.loop._taken]
        for conn in self.conns:
            owners = [conn.armed, taken.count(conn) > 0, conn in self.made.employer.turns, conn in self.queue]
            if conn.phase is Phase.CLOSED:
                assert conn.fileno() == -1
                assert not conn.armed
                assert conn not in taken
                continue
            assert sum(owners) == 1, (conn.phase, owners)
            assert taken.count(conn) <= 1
            owner = FACTS[conn.phase].owner
            assert owner is (Owner.LOOP if owners[0] or owners[1] else Owner.THREAD if owners[2] else Owner.QUEUE)
            assert self.made.registry.connections[conn.fileno()] is self.made.registry.by_serial[conn.serial] is conn

    @invariant()
    def watched(self) -> None:
        known = {fd: conn for conn in self.conns for fd in conn.watched}
        assert self.made.registry._watched == known
        assert all(conn.armed for conn in known.values())
        there = known.keys() | self.made.registry.connections.keys()
        assert self.made.poller.armed.keys() <= there

    @invariant()
    def each_exchange_ends_once(self) -> None:
        begun = sum(conn.served for conn in self.conns)
        assert begun == len(self.made.employer.ended) + sum(conn.exchange is not None for conn in self.conns)
        assert len(self.made.employer.entries) == len(self.made.employer.ended)

    # --- the end

    def teardown(self) -> None:
        made = self.made
        with self.stack:
            if not made.registry.over:
                made.end()
            for conn in [*made.employer.turns, *(conn for conn in self.queue if made.keeper.unqueue(conn))]:
                if conn in made.employer.turns:
                    made.finish(conn, Response(200))
                else:
                    made.employer.turns.append(conn)
                    made.finish(conn, Response(200))
            assert all(conn.phase is Phase.CLOSED for conn in self.conns)
            self.each_exchange_ends_once()
        assert all(pending.closed for pending in self.pendings)
        assert all(tap.closed for tap in self.taps)
        assert all(feed.closed for feed in self.feeds)
        assert all(items.closed for items in self.items)
        assert all(file.closed for file in self.files)
        assert self.generators[0] == self.generators[1]
        made.employer.budget.take(LIMITS.spool)
        assert descriptors() <= self.before


TestLife = Life.TestCase
TestLife.settings = settings(
    max_examples=40,
    stateful_step_count=STEPS,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
