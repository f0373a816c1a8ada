"""Receiving, up to the turn of a handler, step by step, on a fake clock and a fake poller."""

import os
from collections.abc import Sequence

import pytest

from pyhttp.errors import HTTPError, RequestTimeout
from pyhttp.limits import Limits
from pyhttp.messages import Response
from pyhttp.request import Request
from pyhttp.transport.phases import Phase
from pyhttp.transport.poller import READ, WRITE
from tests.helpers.fakes import TIMEOUTS, Handle, Peer, World, later, now, statuses, world
from tests.helpers.sockets import request

CHUNKED = "Transfer-Encoding: chunked"
LARGE = bytes(4 << 20)


# --- receiving


def test_a_connection_from_its_first_byte_to_its_next_request() -> None:
    with world() as made:
        peer, conn = made.connect()
        assert (now(conn), made.poller.armed[conn.fileno()]) == (Phase.IDLE, READ)
        peer.send(b"GET / HTTP")
        made.round()
        assert now(conn) is Phase.HEAD
        peer.send(b"/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\na")
        made.round()
        assert now(conn) is Phase.CONTENT
        peer.send(b"bc")
        made.round()
        assert statuses(peer.read()) == [200]
        assert (now(conn), made.poller.armed[conn.fileno()]) == (Phase.IDLE, READ)


def test_bytes_read_ahead_raise_an_event_of_their_own() -> None:
    with world() as made:
        peer, conn = made.connect()
        peer.send(request("/1") + request("/2") + b"GET /3")
        made.round()
        assert made.poller.armed[conn.fileno()] == READ | WRITE
        made.round()
        made.round()
        assert (now(conn), made.poller.armed[conn.fileno()]) == (Phase.HEAD, READ)
        assert statuses(peer.read()) == [200, 200]


def test_F12_what_is_read_ahead_is_bounded_however_much_is_pipelined() -> None:
    limits = Limits(read_ahead=1000)
    with world(limits=limits) as made:
        peer, conn = made.connect()
        one = request("/x")
        peer.send(one * 1000)
        while made.poller.ready():
            made.round()
            assert conn.core.buffered <= 1000 + len(one)
            peer.read()
        assert statuses(peer.received) == [200] * 999 + [200]


def test_L1_content_read_ahead_is_bounded() -> None:
    with world(later) as made:
        peer, conn = made.connect()
        peer.send(request("/", "Content-Length: 1000000", method="POST"))
        while now(conn) is not Phase.TURN:
            peer.send(bytes(8192))
            made.work()
        assert conn.exchange is not None
        early = conn.exchange.content.take_early()
        assert Limits().read_ahead <= len(early) <= 2 * Limits().read_ahead
        made.finish(conn, Response(200))


def test_an_event_is_a_hint_only() -> None:
    """There is nothing to read. The connection waits again, and its deadlines are as they were."""
    with world(lambda _: Response(200), limits=Limits(read_ahead=1000)) as made:
        for sent, phase in (
            (b"", Phase.IDLE),
            (b"GET", Phase.HEAD),
            (request("/", "Content-Length: 5"), Phase.CONTENT),
            (b"nonsense\r\n\r\n", Phase.LINGER),
            (request("/", CHUNKED) + b"2000\r\n" + bytes(2000), Phase.DRAIN),
        ):
            peer, conn = made.connect()
            peer.send(sent)
            made.work()
            assert now(conn) is phase
            deadline = conn.deadline
            made.clock.now += 0.5
            made.loop._take([(conn.fileno(), READ)])
            assert not conn.armed
            made.serve_taken()
            assert (now(conn), conn.armed) == (phase, True)
            assert conn.deadline == deadline
            assert made.poller.armed[conn.fileno()] == READ
            peer.close()


@pytest.mark.parametrize("phase", [Phase.QUEUED, Phase.TURN])
def test_an_event_of_a_connection_that_is_somebody_elses_changes_nothing(phase: Phase) -> None:
    with world(later) as made:
        peer, conn = made.connect()
        peer.send(request())
        made.round()
        if phase is Phase.QUEUED:
            made.keeper.queue(conn)
        made.loop._take([(conn.fileno(), READ)])
        assert not made.loop._taken
        assert now(conn) is phase
        assert phase is Phase.TURN or made.keeper.unqueue(conn)
        made.finish(conn, Response(200))
        assert statuses(peer.read()) == [200]


# --- deadlines


@pytest.mark.parametrize(
    ("sent", "seconds", "answered"),
    [
        (b"", 15, []),
        (b"\r\n", 15, []),
        (b"GET / HT", 20, [408]),
        (b"\r\nGET / HT", 20, [408]),
        (request("/", "Content-Length: 5", method="POST") + b"ab", 20, [408]),
        (request("/", CHUNKED, method="POST") + b"5\r\nab", 20, [408]),
        (request("/"), 15, [200]),
    ],
)
def test_D7_D8_D9_a_silent_client_is_ended_at_its_deadline(sent: bytes, seconds: float, answered: list[int]) -> None:
    with world() as made:
        peer, conn = made.connect()
        peer.send(sent)
        made.work()
        made.pass_time(seconds - 0.01)
        peer.read()
        assert not peer.ended
        made.pass_time(0.02)
        made.work()
        peer.read()
        assert peer.ended
        assert statuses(peer.received) == answered
        made.pass_time(TIMEOUTS.linger + 0.01)
        assert now(conn) is Phase.CLOSED
        assert made.employer.statuses == answered


def drip(made: World, peer: Peer, seconds: float) -> float:
    """Send a byte each second. The result is the time after which the connection was ended."""
    began = made.clock.now
    while not peer.ended and made.clock.now < began + seconds:
        peer.send(b"a")
        made.work()
        made.pass_time(1)
        peer.read()
    return made.clock.now - began


def test_D7_a_head_that_drips_is_ended_20_seconds_after_its_first_byte() -> None:
    with world() as made:
        peer, _ = made.connect()
        peer.send(b"GET / HTTP/1.1\r\nX: ")
        made.work()
        assert 20 <= drip(made, peer, 100) <= 21
        assert statuses(peer.received) == [408]


def test_D7_a_head_that_comes_byte_by_byte_with_each_turn_is_ended_too() -> None:
    """The connection is never found waiting. Each look at the deadlines comes when its event has been delivered."""
    with world() as made:
        peer, conn = made.connect()
        peer.send(b"GET / HTTP/1.1\r\nX: ")
        made.round()
        for _ in range(100):
            peer.send(b"a")
            made.clock.now += 1
            made.round()
            peer.read()
        assert statuses(peer.received) == [408]
        assert now(conn) is not Phase.HEAD


def test_D9_content_that_drips_is_ended_by_its_rate() -> None:
    with world() as made:
        peer, _ = made.connect()
        peer.send(request("/", "Content-Length: 10000", method="POST"))
        made.work()
        assert 20 <= drip(made, peer, 100) <= 25
        assert statuses(peer.received) == [408]


def test_D9_content_at_the_rate_goes_on() -> None:
    with world() as made:
        peer, _ = made.connect()
        peer.send(request("/", "Content-Length: 50000", method="POST"))
        for _ in range(100):
            peer.send(bytes(500))
            made.work()
            made.pass_time(0.9)
        made.work()
        assert statuses(peer.read()) == [200]


def test_D9_content_is_asked_for_anew_with_each_request() -> None:
    """The slowness of one request does not count against the next one."""
    with world() as made:
        peer, conn = made.connect()
        for _ in range(5):
            peer.send(request("/", "Content-Length: 2", method="POST"))
            made.work()
            made.pass_time(12)
            peer.send(b"ab")
            made.work()
        assert statuses(peer.read()) == [200] * 5
        assert now(conn) is Phase.IDLE


# --- content that a handler has asked for


def collecting(found: list[bytes | int]) -> Handle:
    """A handler that wants its content first. It notes the content, or why the content does not come."""

    def handler(asked: Request) -> None:
        def go_on() -> None:
            try:
                spool = asked.exchange.content.collected()
            except RequestTimeout as error:
                found.append(int(error.status))
                raise
            found.append(b"".join(iter(spool.read, b"")))
            asked.exchange.respond(Response(200, {}, b"kept"))

        asked.exchange.collect(go_on)

    return handler


def test_collected_content_holds_no_turn_while_it_comes() -> None:
    found: list[bytes | int] = []
    with world(collecting(found), limits=Limits(read_ahead=10)) as made:
        peer, conn = made.connect()
        peer.send(request("/", "Content-Length: 60", "Expect: 100-continue", method="POST"))
        made.work()
        assert peer.read() == b"HTTP/1.1 100 Continue\r\n\r\n"
        for _ in range(6):
            assert (now(conn), conn.armed, found) == (Phase.CONTENT, True, [])
            peer.send(b"0123456789")
            made.work()
        assert found == [b"0123456789" * 6]
        assert statuses(peer.read()) == [200]
        assert now(conn) is Phase.IDLE


@pytest.mark.parametrize("sent", [b"ab", b""], ids=["part", "nothing"])
def test_D9_collected_content_that_is_late_is_the_handlers_to_answer(sent: bytes) -> None:
    found: list[bytes | int] = []
    with world(collecting(found)) as made:
        peer, conn = made.connect()
        made.pass_time(10)  # the deadline of another phase, which is nearer, is over
        peer.send(request("/", "Content-Length: 60", "Expect: 100-continue", method="POST"))
        made.work()
        peer.send(sent)
        made.work()
        made.pass_time(19.9)
        assert found == []
        made.pass_time(0.2)
        assert found == [408]
        assert statuses(peer.read()) == [100, 408]
        assert now(conn) is Phase.LINGER
        # the error was told in the log of handlers, like each error that a handler lets through
        assert made.employer.reports == []


def test_collected_content_that_is_malformed_is_the_handlers_to_answer() -> None:
    told: list[str] = []

    def handler(asked: Request) -> None:
        def go_on() -> None:
            with pytest.raises(HTTPError) as caught:
                asked.exchange.content.collected()
            told.append(f"{caught.value.status:d}")
            raise caught.value

        asked.exchange.collect(go_on)

    with world(handler) as made:
        peer, conn = made.connect()
        peer.send(request("/", CHUNKED, "Expect: 100-continue", method="POST"))
        made.work()
        peer.send(b"nonsense\r\n")
        made.work()
        assert told == ["400"]
        assert statuses(peer.read()) == [100, 400]
        assert now(conn) is Phase.LINGER


# --- work


def test_the_work_of_a_request_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A keep-alive request costs one delivery, one read, one write and one arming.

    The kernel need not know of the arming.
    """
    counted = dict.fromkeys(("read", "write", "writev"), 0)
    read, write, writev = os.read, os.write, os.writev

    def counting_read(fd: int, count: int) -> bytes:
        counted["read"] += 1
        return read(fd, count)

    def counting_write(fd: int, data: bytes) -> int:
        counted["write"] += 1
        return write(fd, data)

    def counting_writev(fd: int, buffers: Sequence[bytes]) -> int:
        counted["writev"] += 1
        return writev(fd, buffers)

    monkeypatch.setattr(os, "read", counting_read)
    monkeypatch.setattr(os, "write", counting_write)
    monkeypatch.setattr(os, "writev", counting_writev)
    with world() as made:
        peer, _ = made.connect()
        peer.send(request())
        made.work()
        peer.read()
        made.poller.calls.clear()
        counted.update(read=0, write=0, writev=0)
        for _ in range(100):
            peer.send(request())
            made.round()
            assert statuses(peer.read()) == [200]
        assert made.poller.calls == {"wait": 100, "arm": 100, "told": 0}
        assert counted == {"read": 100, "write": 100, "writev": 0}
