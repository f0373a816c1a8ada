"""A model of all acts of clients, at all times."""

import contextlib
import io
import os
import socket
from collections.abc import Sequence
from typing import Final

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from pyhttp.limits import Limits, Timeouts
from pyhttp.messages import FileSlice, Response
from pyhttp.request import Request
from pyhttp.transport.client import Connection
from pyhttp.transport.phases import FACTS, Owner, Phase
from tests.helpers.channels import Items
from tests.helpers.fakes import FakeClock, Peer, world
from tests.helpers.sockets import descriptors, request

PATHS: Final = (
    "/small",
    "/large",
    "/file",
    "/parts",
    "/items",
    "/source",
    "/awaited",
    "/collected",
    "/unread",
    "/thread",
    "/held",
)
LARGE: Final = frozenset({"/large", "/file", "/parts", "/items", "/source"})


def content_of(serial: int, path: str) -> bytes:
    """The content of an answer, which is unique for each request."""
    text = f"<{serial} {path}>".encode()
    return text * 20_000 if path in LARGE else text


class Slow:
    """A source, or something awaited. It has something every half second, and is over after some of these times."""

    def __init__(self, clock: FakeClock, pieces: Sequence[bytes]) -> None:
        self.clock = clock
        self.pieces = list(pieces)
        self.closed = False
        self._due = clock.now + 0.5

    def watched(self) -> tuple[int, ...]:
        return ()

    def due(self) -> float:
        return self._due

    def read(self) -> bytes | None:
        assert not self.closed
        if self.clock.now < self._due:
            return None
        self._due = self.clock.now + 0.5
        return self.pieces.pop(0) if self.pieces else b""

    def proceed(self) -> bool:
        return self.read() == b""

    def close(self) -> None:
        self.closed = True


def split(data: bytes) -> list[bytes]:
    return [data[at : at + 50_000] for at in range(0, len(data), 50_000)]


def file_of(data: bytes) -> io.BufferedReader:
    number = os.memfd_create("file")
    os.write(number, data)
    return os.fdopen(number, "rb")


class Client:
    """The model's knowledge of one client."""

    def __init__(self, peer: Peer, conn: Connection) -> None:
        self.peer = peer
        self.conn = conn
        self.to_send = b""
        self.expected: list[bytes] = []
        self.asked = 0


class Clients(RuleBasedStateMachine):
    """Clients that connect, send in pieces, read slowly, half-close, leave, and let time pass, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.before = descriptors()
        self.stack = contextlib.ExitStack()
        timeouts = Timeouts(head=20, idle=15, content=20, send=30, stop=10, drain=2, linger=2)
        limits = Limits(read_ahead=2000, drain=5000, portion=100_000)
        self.world = self.stack.enter_context(world(self.handle, limits=limits, timeouts=timeouts, capacity=6))
        self.world.loop.gathers = True
        self.clients: list[Client] = []
        self.everyone: list[Client] = []
        self.opened: list[Slow | Items] = []

    def handle(self, got: Request) -> Response | None:
        if got.path in {"/thread", "/held"}:
            return None
        if got.path == "/collected":
            got.exchange.collect(lambda: self.go_on(got))
            return None
        if got.path == "/awaited":
            awaited = Slow(self.world.clock, [b"x"])
            self.opened.append(awaited)
            got.exchange.wait_for(awaited, lambda: self.go_on_from(got, awaited))
            return None
        if got.path != "/unread":
            assert got.body.read() == b"x" * int(got.headers.get("Content-Length", "0"))
        return self.respond(got)

    def go_on(self, got: Request) -> None:
        assert got.exchange.content.collected().length == int(got.headers.get("Content-Length", "0"))
        got.exchange.respond(self.respond(got))

    def go_on_from(self, got: Request, awaited: Slow) -> None:
        assert not awaited.closed
        awaited.close()
        got.exchange.respond(self.respond(got))

    def respond(self, got: Request) -> Response:
        data = content_of(int(got.query), got.path)
        third = len(data) // 3
        stated = {"Content-Length": str(len(data))}
        match got.path:
            case "/file":
                return Response(200, {}, FileSlice(file_of(data), 0, len(data)))
            case "/parts":
                parts = (data[:third], FileSlice(file_of(data), third, third), FileSlice(file_of(data), 2 * third, 0))
                return Response(200, {}, (*parts, data[2 * third :]))
            case "/items":
                items = Items(b"", data[:third], b"", b"", *split(data[third:]))
                self.opened.append(items)
                return Response(200, stated, items)
            case "/source":
                source = Slow(self.world.clock, split(data))
                self.opened.append(source)
                return Response(200, stated, source)
            case _:
                return Response(200, {}, data)

    # --- clients

    @rule()
    def connect(self) -> None:
        if len(self.world.registry.connections) < 6:
            client = Client(*self.world.connect())
            self.clients.append(client)
            self.everyone.append(client)

    @precondition(lambda self: self.clients)
    @rule(data=st.data(), path=st.sampled_from(PATHS), size=st.sampled_from([0, 1, 1900, 4000]))
    def ask(self, data: st.DataObject, path: str, size: int) -> None:
        client = data.draw(st.sampled_from(self.clients))
        client.asked += 1
        number = len(self.everyone) * 1000 + client.asked
        client.to_send += request(f"{path}?{number}", f"Content-Length: {size}", method="POST") + b"x" * size
        client.expected.append(content_of(number, path))

    @precondition(lambda self: self.clients)
    @rule(data=st.data(), size=st.sampled_from([1, 50, 500, 10_000]))
    def send(self, data: st.DataObject, size: int) -> None:
        client = data.draw(st.sampled_from(self.clients))
        piece, client.to_send = client.to_send[:size], client.to_send[size:]
        with contextlib.suppress(BlockingIOError):
            client.peer.send(piece)

    @precondition(lambda self: self.clients)
    @rule(data=st.data(), size=st.sampled_from([100, 100_000, 1 << 22]))
    def read(self, data: st.DataObject, size: int) -> None:
        data.draw(st.sampled_from(self.clients)).peer.read(size)

    @precondition(lambda self: self.clients)
    @rule(data=st.data())
    def half_close(self, data: st.DataObject) -> None:
        client = data.draw(st.sampled_from(self.clients))
        with contextlib.suppress(OSError):
            client.peer.sock.shutdown(socket.SHUT_WR)
        self.clients.remove(client)

    @precondition(lambda self: self.clients)
    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        client = data.draw(st.sampled_from(self.clients))
        client.peer.close()
        self.clients.remove(client)

    # --- the server

    @rule(times=st.integers(1, 5))
    def turn(self, times: int) -> None:
        for _ in range(times):
            if self.world.registry.connections:
                self.world.round()

    @rule(seconds=st.sampled_from([0.5, 1.9, 5, 14.9, 31]))
    def time_passes(self, seconds: float) -> None:
        """The whole machine stalls. Nothing is looked at meanwhile."""
        self.world.clock.now += seconds

    @precondition(lambda self: self.world.employer.turns)
    @rule(data=st.data())
    def handler_ends(self, data: st.DataObject) -> None:
        conn = data.draw(st.sampled_from(self.world.employer.turns))
        got = self.world.employer.requests[conn.serial]
        self.world.finish(conn, self.respond(got), seconds=None if got.path == "/thread" else 0.0)

    @rule()
    def pressure(self) -> None:
        self.world.loop._acceptor._shed()
        self.world.loop._take_spared()

    # --- what always holds

    @invariant()
    def every_connection_has_one_owner(self) -> None:
        registry, turns = self.world.registry, self.world.employer.turns
        taken = [conn for conn, _ in self.world.loop._taken]
        for fd, conn in registry.connections.items():
            assert conn.fileno() == fd
            assert not conn.armed or fd in self.world.poller.armed
            assert [conn.armed, conn in turns, conn in taken].count(True) == 1
            assert (conn in turns) == (FACTS[conn.phase].owner is Owner.THREAD)
            assert conn.phase is not Phase.CLOSED
        assert len(set(taken)) == len(taken)
        assert self.world.poller.armed.keys() <= registry.connections.keys()
        assert {conn.serial for conn in registry.connections.values()} == registry.by_serial.keys()

    @invariant()
    def no_fault_was_told(self) -> None:
        assert not [line for line in self.world.employer.reports if "fault" in line or "failed" in line]

    @invariant()
    def answers_are_right_and_in_order(self) -> None:
        for client in self.everyone:
            rest = client.peer.received
            for expected in client.expected:
                if not rest.startswith(b"HTTP/1.1 200 "):
                    break
                head, _, rest = rest.partition(b"\r\n\r\n")
                assert f"Content-Length: {len(expected)}".encode() in head or not rest
                assert rest[: len(expected)] == expected[: len(rest)]
                rest = rest[len(expected) :]
            assert not rest or b"HTTP/1.1 408 ".startswith(rest[:13]) or len(rest) < 13 or rest[:9] == b"HTTP/1.1 "

    def teardown(self) -> None:
        for conn in list(self.world.employer.turns):
            got = self.world.employer.requests[conn.serial]
            self.world.finish(conn, self.respond(got))
        self.stack.close()
        self.answers_are_right_and_in_order()
        started = {exchange for exchange, _ in self.world.employer.ended}
        assert all(exchange.ended for exchange in started)
        for opened in self.opened:
            assert opened.closed.is_set() if isinstance(opened, Items) else opened.closed
        self.world.employer.budget.take(self.world.employer.limits.spool)
        assert descriptors() <= self.before


TestClients = Clients.TestCase
TestClients.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
