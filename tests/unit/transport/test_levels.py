"""A ready descriptor stays ready: it must not keep the loop awake, and its event must come at its time."""

import socket
from collections.abc import Callable
from typing import Final

import pytest

from pyhttp.messages import Response
from pyhttp.request import Request
from pyhttp.transport.client import Connection
from pyhttp.transport.phases import Phase
from pyhttp.transport.poller import READ, WRITE
from pyhttp.transport.stream import SocketStream
from tests.helpers.fakes import Peer, World, later, now, statuses, world
from tests.helpers.listening import join, listening
from tests.helpers.outside import Pending, Tap
from tests.helpers.sockets import request

LARGE: Final = bytes(8 << 20)
UNREAD: Final = request("/", "Content-Length: 100000", method="POST")


# --- what a client does


def ask_more(peer: Peer) -> None:
    peer.send(request("/more"))


def end_its_side(peer: Peer) -> None:
    peer.sock.shutdown(socket.SHUT_WR)


def leave(peer: Peer) -> None:
    peer.close()


def reset(peer: Peer) -> None:
    SocketStream(peer.sock).spoil()
    peer.close()


ACTS: Final = (ask_more, end_its_side, leave, reset)

# --- where its connection is meanwhile


def answer_at_length(_: Request) -> Response:
    return Response(200, {}, LARGE)


def await_something(asked: Request) -> None:
    Pending().delay(asked)


def send_what_comes(_: Request) -> Response:
    return Response(200, {}, Tap())


def queue(made: World, conn: Connection) -> None:
    made.keeper.queue(conn)


def let_be(made: World, conn: Connection) -> None:
    assert made.registry.connections[conn.fileno()] is conn


Place = tuple[Phase, bytes, Callable[[Request], Response | None], Callable[[World, Connection], None]]

PLACES: Final[dict[str, Place]] = {
    "at rest": (Phase.IDLE, b"", later, let_be),
    "part of a head": (Phase.HEAD, b"GET / HT", later, let_be),
    "empty lines": (Phase.IDLE, b"\r\n", later, let_be),
    "half an empty line": (Phase.IDLE, b"\r", later, let_be),
    "half of another": (Phase.HEAD, b"\r\n\r", later, let_be),
    "a single octet": (Phase.HEAD, b"G", later, let_be),
    "part of content": (Phase.CONTENT, request("/", "Transfer-Encoding: chunked") + b"5\r\nab", later, let_be),
    "in its turn": (Phase.TURN, request(), later, let_be),
    "in its turn, with a request behind it": (Phase.TURN, request() + request("/2"), later, let_be),
    "in its turn, with content to come": (Phase.TURN, UNREAD + bytes(90_000), later, let_be),
    "in the queue": (Phase.QUEUED, request(), later, queue),
    "reading slowly": (Phase.SEND, request(), answer_at_length, let_be),
    "waiting for something": (Phase.AWAIT, request(), await_something, let_be),
    "waiting for its content": (Phase.AWAIT, request(), send_what_comes, let_be),
    "sending what nobody reads": (Phase.DRAIN, UNREAD + bytes(90_000), lambda _: Response(200), let_be),
    "refused": (Phase.LINGER, b"nonsense\r\n\r\n", later, let_be),
}


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("place", PLACES)
def test_whatever_a_client_does_the_loop_comes_to_rest(place: str, act: Callable[[Peer], None]) -> None:
    """This takes a few rounds, and no time passes. An event that cannot be dealt with now must not end every wait."""
    phase, sent, handler, then = PLACES[place]
    with listening() as (made, listener):
        made.employer.handler = handler
        peer = join(made, listener)
        peer.send(sent)
        made.work()
        (conn,) = made.registry.connections.values()
        then(made, conn)
        assert now(conn) is phase
        act(peer)
        made.poller.until = made.clock.now
        rounds = 0
        while made.poller.ready():
            made.round()
            rounds += 1
            assert rounds <= 4, "the loop spins"
        made.poller.until = float("inf")
        if now(conn) is Phase.QUEUED:
            assert made.keeper.unqueue(conn)
        while made.employer.turns:
            made.finish(made.employer.turns[0], Response(200, {}, b"answer"))
            made.work()


# --- during a turn


def test_what_comes_during_a_turn_is_delivered_behind_it() -> None:
    with world(later) as made:
        peer, conn = made.connect()
        for path in ("/1", "/2", "/3"):
            peer.send(request(path))
            made.work()
            assert made.employer.requests[conn.serial].path == path
            peer.send(request("/4")[:10])
            made.round()
            assert conn.fileno() not in made.poller.armed
            peer.send(request("/4")[10:])
            made.finish(conn, Response(200))
            assert made.poller.armed == {conn.fileno(): READ}
            made.work()
            assert made.employer.requests[conn.serial].path == "/4"
            made.finish(conn, Response(200))
        assert statuses(peer.read()) == [200] * 6


def test_what_comes_during_a_turn_that_nobody_waits_in_costs_nothing() -> None:
    """The leader has the turn. The poller need not forget the descriptor that it will be asked for next."""
    with world(later) as made:
        peer, conn = made.connect()
        peer.send(request("/1"))
        made.work()
        made.poller.calls.clear()
        peer.send(request("/2"))
        made.finish(conn, Response(200))
        made.work()
        assert made.employer.requests[conn.serial].path == "/2"
        assert made.poller.calls["told"] == 0
        made.finish(conn, Response(200))


def test_an_event_from_before_the_arming_is_a_hint() -> None:
    """The leader fetched the event during the turn, and comes to take it when the turn has ended."""
    with world(later) as made:
        peer, conn = made.connect()
        peer.send(request("/1"))
        made.work()
        peer.send(request("/2"))
        events = made.poller.wait(0)
        made.finish(conn, Response(200))
        made.loop._take(events)
        made.serve_taken()
        assert made.employer.requests[conn.serial].path == "/2"
        made.finish(conn, Response(200))
        made.loop._take(events)
        made.serve_taken()
        assert (now(conn), conn.armed) == (Phase.IDLE, True)


def test_requests_that_were_read_ahead_tell_the_poller_twice() -> None:
    """The poller is told once that something is there, and once that nothing is there any more."""
    with world() as made:
        peer, _ = made.connect()
        made.work()
        made.poller.calls.clear()
        peer.send(request() * 10)
        made.work()
        assert statuses(peer.read()) == [200] * 10
        assert made.poller.calls == {"wait": 10, "arm": 10, "told": 2}


def test_a_client_that_reads_slowly_is_told_of_twice() -> None:
    with world(answer_at_length) as made:
        peer, conn = made.connect()
        made.poller.calls.clear()
        peer.send(request())
        made.work()
        assert made.poller.armed == {conn.fileno(): WRITE}
        while peer.read():
            made.work()
        assert now(conn) is Phase.IDLE
        assert made.poller.calls["told"] == 2
