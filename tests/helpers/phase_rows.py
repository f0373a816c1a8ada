"""For each row of the table of phases, a small scenario that drives a connection along it."""

import socket
import ssl
from collections.abc import Callable
from functools import partial
from typing import Final

import pytest

from pyhttp.messages import Response
from pyhttp.proxies import Proxies
from pyhttp.request import Request
from pyhttp.transport.client import Connection
from pyhttp.transport.introducing import Introducer
from pyhttp.transport.phases import Happening, Phase
from pyhttp.transport.secure import Securing
from pyhttp.transport.stream import SocketStream
from tests.helpers.fakes import TIMEOUTS, Handle, Peer, World, later
from tests.helpers.outside import Items, Pending, Tap
from tests.helpers.sockets import request
from tests.helpers.tls import NAME, client_context, server_context

__all__ = ["SCENARIOS", "Row"]

LARGE: Final = bytes(4 << 20)
UNREAD: Final = request("/", "Transfer-Encoding: chunked", method="POST") + b"2000\r\n" + bytes(2000)
"""A request with more content than is read ahead, the rest of it on its way."""
REST: Final = bytes(0x2000 - 2000) + b"\r\n0\r\n\r\n"
EXPECTING: Final = request("/", "Content-Length: 5", "Expect: 100-continue", method="POST")

Row = tuple[Phase, Happening]
Scenario = Callable[[World], object]
SCENARIOS: Final[dict[Row, Scenario]] = {}


def row(phase: Phase, happening: Happening) -> Callable[[Scenario], Scenario]:
    """Register a function that drives a connection along a row of the table."""

    def register(scenario: Scenario) -> Scenario:
        assert (phase, happening) not in SCENARIOS
        SCENARIOS[phase, happening] = scenario
        return scenario

    return register


# --- how a connection is brought into each phase, and further


def send(made: World, peer: Peer, data: bytes) -> None:
    peer.send(data)
    made.work()


def begin(made: World, sent: bytes, handler: Handle | None = None) -> tuple[Peer, Connection]:
    """A connection whose client has sent something."""
    if handler is not None:
        made.employer.handler = handler
    peer, conn = made.connect()
    if sent:
        send(made, peer, sent)
    return peer, conn


def read_all(made: World, peer: Peer) -> None:
    while peer.read():
        made.work()


def from_source(tap: Tap, *, last: bool = False) -> Handle:
    def handler(asked: Request) -> Response:
        if last:
            asked.exchange.be_last()
        return Response(200, {}, tap)

    return handler


def collecting(asked: Request) -> None:
    asked.exchange.collect(lambda: asked.exchange.respond(Response(200)))


def hold(made: World, sent: bytes, *, leave: bool = False) -> Connection:
    """Let a thread hold its connection after a turn. Behind the request, there is something or nothing."""
    peer, conn = begin(made, request() + sent, later)
    if leave:
        peer.sock.shutdown(socket.SHUT_WR)
    made.finish(conn, Response(200), seconds=0.01)
    return conn


INCOMPLETE: Final = {
    Phase.IDLE: b"",
    Phase.HEAD: b"GET / HT",
    Phase.CONTENT: request("/", "Transfer-Encoding: chunked") + b"5\r\nab",
}
"""The happenings that lead to a phase in which a request arrives."""


def fail(phase: Phase) -> Scenario:
    """A scenario in which the connection fails as more is read."""

    def scenario(made: World) -> None:
        peer, _ = begin(made, INCOMPLETE[phase])
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(SocketStream, "read", reset)
            send(made, peer, b"more")

    return scenario


def reset(_: SocketStream, size: int) -> bytes:
    raise ConnectionResetError


for _phase in INCOMPLETE:
    row(_phase, Happening.OVER)(fail(_phase))


# --- a proxy has connected


def proxied(made: World, sent: bytes = b"") -> tuple[Peer, Connection]:
    """A connection of a proxy that has to say the address of its client."""
    proxies = Proxies(protocol=("192.0.2.0/24",))
    made.keeper._beginner._introducer = Introducer(proxies, made.employer, made.registry, made.clock)
    made.keeper._beginner.introduces = True
    return begin(made, sent)


@row(Phase.IDLE, Happening.PROXIED)
def _(made: World) -> None:
    proxied(made)


@row(Phase.PROXY, Happening.INTRODUCED)
def _(made: World) -> None:
    peer, _ = proxied(made, b"PROXY TCP4 198.51.100.7 192.0.2")
    send(made, peer, b".9 1 2\r\n")


@row(Phase.PROXY, Happening.OVER)
def _(made: World) -> None:
    proxied(made, request())


# --- receiving


@row(Phase.IDLE, Happening.BEGUN)
def _(made: World) -> None:
    begin(made, b"GET")


@row(Phase.IDLE, Happening.HEADED)
def _(made: World) -> None:
    begin(made, INCOMPLETE[Phase.CONTENT])


@row(Phase.IDLE, Happening.READY)
def _(made: World) -> None:
    begin(made, request())


@row(Phase.HEAD, Happening.HEADED)
def _(made: World) -> None:
    peer, _ = begin(made, b"GET / HTTP/1.1\r\n")
    send(made, peer, b"Host: a\r\nContent-Length: 5\r\n\r\n")


@row(Phase.HEAD, Happening.READY)
def _(made: World) -> None:
    peer, _ = begin(made, b"GET / HTTP/1.1\r\n")
    send(made, peer, b"Host: a\r\n\r\n")


@row(Phase.CONTENT, Happening.READY)
def _(made: World) -> None:
    peer, _ = begin(made, INCOMPLETE[Phase.CONTENT])
    send(made, peer, b"cde\r\n0\r\n\r\n")


# --- turns


@row(Phase.TURN, Happening.QUEUED)
@row(Phase.QUEUED, Happening.TAKEN)
def _(made: World) -> None:
    _, conn = begin(made, request(), later)
    made.keeper.queue(conn)
    assert conn.phase is Phase.QUEUED
    assert made.keeper.unqueue(conn)
    made.finish(conn, Response(200))


@row(Phase.TURN, Happening.HOLD)
@row(Phase.HELD, Happening.NEXT)
def _(made: World) -> None:
    hold(made, b"")


@row(Phase.TURN, Happening.COLLECT)
def _(made: World) -> None:
    peer, _ = begin(made, EXPECTING, collecting)
    send(made, peer, b"12345")


@row(Phase.TURN, Happening.AWAIT)
def _(made: World) -> None:
    begin(made, request(), from_source(Tap()))


@row(Phase.TURN, Happening.SEND)
def _(made: World) -> None:
    begin(made, request(), lambda _: Response(200, {}, LARGE))


@row(Phase.TURN, Happening.DRAIN)
def _(made: World) -> None:
    begin(made, UNREAD)


@row(Phase.TURN, Happening.NEXT)
def _(made: World) -> None:
    begin(made, request())


@row(Phase.TURN, Happening.LAST)
def _(made: World) -> None:
    begin(made, request("/", "Connection: close") + request())


@row(Phase.TURN, Happening.OVER)
def _(made: World) -> None:
    begin(made, request("/", "Connection: close"))


# --- a thread holds its connection


for _happening, _sent in {
    Happening.BEGUN: INCOMPLETE[Phase.HEAD],
    Happening.HEADED: INCOMPLETE[Phase.CONTENT],
}.items():
    row(Phase.HELD, _happening)(partial(hold, sent=_sent))


@row(Phase.HELD, Happening.READY)
def _(made: World) -> None:
    made.finish(hold(made, request()), Response(200))


@row(Phase.HELD, Happening.OVER)
def _(made: World) -> None:
    hold(made, b"", leave=True)


# --- something else is awaited


@row(Phase.AWAIT, Happening.READY)
def _(made: World) -> None:
    pending = Pending()
    begin(made, request(), pending.delay)
    pending.fire()
    made.work()


@row(Phase.AWAIT, Happening.SEND)
def _(made: World) -> None:
    tap = Tap()
    _, conn = begin(made, request(), from_source(tap))
    while conn.phase is Phase.AWAIT:
        tap.pour(bytes(60_000))
        made.round()


@row(Phase.AWAIT, Happening.DRAIN)
def _(made: World) -> None:
    tap = Tap()
    begin(made, UNREAD, from_source(tap))
    tap.end()
    made.work()


@row(Phase.AWAIT, Happening.NEXT)
def _(made: World) -> None:
    tap = Tap()
    begin(made, request(), from_source(tap))
    tap.end()
    made.work()


@row(Phase.AWAIT, Happening.LAST)
def _(made: World) -> None:
    tap = Tap()
    begin(made, request(), from_source(tap, last=True))
    tap.end()
    made.work()


@row(Phase.AWAIT, Happening.OVER)
def _(made: World) -> None:
    peer, _ = begin(made, request(), from_source(Tap()))
    peer.close()
    made.work()


# --- the client has to take something


@row(Phase.SEND, Happening.READY)
def _(made: World) -> None:
    peer, _ = begin(made, request(), lambda _: Response(200, {}, Items([bytes(3 << 20)] * 3)))
    read_all(made, peer)


@row(Phase.SEND, Happening.COLLECT)
def _(made: World) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(SocketStream, "write", stuck)
        peer, conn = made.connect()
        made.employer.handler = collecting
        peer.send(EXPECTING)
        made.round()
        assert conn.phase is Phase.SEND
    made.work()
    send(made, peer, b"12345")


def stuck(_: SocketStream, pieces: object) -> int:
    raise BlockingIOError


@row(Phase.SEND, Happening.AWAIT)
def _(made: World) -> None:
    tap = Tap()
    tap.pour(bytes(60_000))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(SocketStream, "write", stuck)
        peer, conn = made.connect()
        made.employer.handler = from_source(tap)
        peer.send(request())
        made.round()
        assert conn.phase is Phase.SEND
    read_all(made, peer)
    made.work()


@row(Phase.SEND, Happening.DRAIN)
def _(made: World) -> None:
    peer, _ = begin(made, UNREAD, lambda _: Response(200, {}, LARGE))
    read_all(made, peer)


@row(Phase.SEND, Happening.NEXT)
def _(made: World) -> None:
    peer, _ = begin(made, request(), lambda _: Response(200, {}, LARGE))
    read_all(made, peer)


@row(Phase.SEND, Happening.LAST)
def _(made: World) -> None:
    peer, _ = begin(made, request("/", "Connection: close") + request(), lambda _: Response(200, {}, LARGE))
    read_all(made, peer)


@row(Phase.SEND, Happening.OVER)
def _(made: World) -> None:
    begin(made, request(), lambda _: Response(200, {}, LARGE))
    made.pass_time(TIMEOUTS.send + 0.1)


# --- the end


@row(Phase.DRAIN, Happening.NEXT)
def _(made: World) -> None:
    peer, _ = begin(made, UNREAD)
    send(made, peer, REST)


@row(Phase.DRAIN, Happening.LAST)
def _(made: World) -> None:
    begin(made, UNREAD)
    made.pass_time(TIMEOUTS.drain)


@row(Phase.DRAIN, Happening.OVER)
def _(made: World) -> None:
    peer, _ = begin(made, UNREAD)
    peer.close()  # the client has not read the answer, so that this is a reset
    made.work()


@row(Phase.LINGER, Happening.OVER)
def _(made: World) -> None:
    begin(made, b"nonsense\r\n\r\n")
    made.pass_time(TIMEOUTS.linger)


# --- TLS begins and ends


def reluctant(scenario: Scenario, made: World) -> None:
    """Run a scenario in which the client at first does not take the last octets of the server."""
    finish: Final = SocketStream.finish
    asked: list[SocketStream] = []

    def finish_late(stream: SocketStream) -> bool:
        asked.append(stream)
        return len(asked) > 1 and finish(stream)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(SocketStream, "finish", finish_late)
        scenario(made)
        made.work()


for _phase in (Phase.TURN, Phase.AWAIT, Phase.SEND, Phase.DRAIN):
    row(_phase, Happening.NOTIFY)(partial(reluctant, SCENARIOS[_phase, Happening.LAST]))
row(Phase.NOTIFY, Happening.LAST)(partial(reluctant, SCENARIOS[Phase.TURN, Happening.LAST]))


@row(Phase.NOTIFY, Happening.OVER)
def _(made: World) -> None:
    _, conn = begin(made, request(), later)
    made.employer.requests[conn.serial].exchange.be_last()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(SocketStream, "finish", lambda _: False)
        made.finish(conn, Response(200))
        made.clock.now = conn.deadline
        made.take_due()
        made.serve_taken()


def begin_securely(made: World, sent: bytes) -> Peer:
    """A connection of a server that speaks TLS."""
    vars(made.loop._acceptor)["_connect"] = Securing(server_context())
    peer, conn = made.connect()
    assert conn.phase is Phase.HANDSHAKE
    send(made, peer, sent)
    return peer


@row(Phase.HANDSHAKE, Happening.SECURED)
def _(made: World) -> None:
    arrived, leaving = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_context().wrap_bio(arrived, leaving, server_hostname=NAME)
    peer = begin_securely(made, b"")
    for _ in range(2):
        try:
            client.do_handshake()
        except ssl.SSLWantReadError:
            send(made, peer, leaving.read())
            arrived.write(peer.read())
    send(made, peer, leaving.read())


@row(Phase.HANDSHAKE, Happening.READY)
def _(made: World) -> None:
    begin_securely(made, request())


@row(Phase.HANDSHAKE, Happening.OVER)
def _(made: World) -> None:
    begin_securely(made, b"")
    made.pass_time(TIMEOUTS.handshake)


@row(Phase.HANDSHAKE, Happening.PROXIED)
@row(Phase.PROXY, Happening.GREETED)
def _(made: World) -> None:
    vars(made.loop._acceptor)["_connect"] = Securing(server_context())
    proxied(made, b"PROXY TCP4 198.51.100.7 192.0.2.9 1 2\r\n")
