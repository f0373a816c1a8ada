"""The fate of a connection: every reason against it lowers it, and nothing raises it."""

import itertools

import pytest

from pyhttp.errors import Disconnected, NotFound
from pyhttp.limits import Limits
from pyhttp.messages import Response
from pyhttp.request import Request
from pyhttp.transport.fate import Fate
from pyhttp.transport.phases import Phase
from tests.helpers.fakes import Handle, later, now, statuses, world
from tests.helpers.sockets import request


@pytest.mark.parametrize(("before", "told"), list(itertools.product(Fate, Fate)))
def test_nothing_raises_a_fate(before: Fate, told: Fate) -> None:
    with world(later) as made:
        _, conn = made.connect()
        assert conn.fate is Fate.KEEP
        conn.lower(before)
        conn.lower(told)
        assert conn.fate is min(before, told)


def test_the_more_there_is_against_a_connection_the_lower() -> None:
    assert sorted(Fate, reverse=True) == [Fate.KEEP, Fate.LAST, Fate.CUT]


@pytest.mark.parametrize("fate", Fate)
def test_each_fate_is_what_follows_the_answer(fate: Fate) -> None:
    with world(later) as made:
        peer, conn = made.connect()
        peer.send(request())
        made.work()
        conn.lower(fate)
        made.finish(conn, Response(200, {}, b"answer"))
        assert now(conn) is {Fate.KEEP: Phase.IDLE, Fate.LAST: Phase.LINGER, Fate.CUT: Phase.CLOSED}[fate]
        made.work()
        assert (b"Connection: close" in peer.read()) == (fate is not Fate.KEEP)
        assert peer.ended == (fate is not Fate.KEEP)


@pytest.mark.parametrize(
    ("sent", "fate"),
    [
        (request(), Fate.KEEP),
        (request("/", "Connection: close"), Fate.LAST),
        (request(version="1.0"), Fate.LAST),
        (request("/", "Connection: keep-alive", version="1.0"), Fate.KEEP),
        (request("/", "Content-Length: 9", "Expect: 100-continue"), Fate.LAST),  # its content may come, or not
        (request("/", "Content-Length: 900000") + bytes(70_000), Fate.LAST),  # this is too much to be read away
    ],
)
def test_what_the_request_says_against_going_on(sent: bytes, fate: Fate) -> None:
    with world(later) as made:
        peer, conn = made.connect()
        peer.send(sent)
        made.work()
        made.employer.answer(conn, Response(200, {}, b"answer"))
        assert conn.fate is fate
        made.keeper.settle(conn)


def test_D11_the_last_request_of_a_connection_lowers_its_fate() -> None:
    with world(limits=Limits(requests_per_connection=3)) as made:
        peer, conn = made.connect()
        peer.send(request() * 5)
        made.work()
        assert statuses(peer.read()) == [200] * 3
        assert conn.fate is Fate.LAST
        assert peer.received.count(b"Connection: close") == 1


def raising(error: BaseException) -> Handle:
    def handler(_: Request) -> None:
        raise error

    return handler


@pytest.mark.parametrize(
    ("handler", "fate", "answered"),
    [
        (raising(Disconnected("gone")), Fate.CUT, []),
        (raising(NotFound("no such thing")), Fate.KEEP, [404]),
        (raising(RuntimeError("ours")), Fate.LAST, [500]),
    ],
)
def test_what_a_handler_does_against_going_on(handler: Handle, fate: Fate, answered: list[int]) -> None:
    with world(handler) as made:
        peer, conn = made.connect()
        peer.send(request())
        made.work()
        assert conn.fate is fate
        assert statuses(peer.read()) == answered


def test_a_stop_lowers_the_fate_of_what_is_answered_after_it() -> None:
    with world(later) as made:
        peer, conn = made.connect()
        peer.send(request())
        made.work()
        made.loop.stop()
        made.finish(conn, Response(200))
        assert conn.fate is Fate.LAST
        assert b"Connection: close" in peer.read()


def test_a_stop_lets_what_has_arrived_before_it_be_answered() -> None:
    """The connection lasts as long as there is input. Its last answer says that it is the last."""
    with world(later) as made:
        peer, conn = made.connect()
        peer.send(request("/1") + request("/2"))
        made.work()
        made.loop.stop()
        made.finish(conn, Response(200))
        assert now(conn) is Phase.IDLE
        made.work()
        made.finish(conn, Response(201))
        assert statuses(peer.read()) == [200, 201]
        assert peer.received.count(b"Connection: close") == 1


def test_content_that_is_on_its_way_is_no_next_request_that_a_stop_would_wait_for() -> None:
    with world(later, limits=Limits(read_ahead=10)) as made:
        peer, conn = made.connect()
        peer.send(request("/", "Content-Length: 100", method="POST") + bytes(20))
        made.work()
        peer.send(bytes(40))
        made.loop.stop()
        made.finish(conn, Response(200))
        assert conn.fate is Fate.LAST
        assert b"Connection: close" in peer.read()
