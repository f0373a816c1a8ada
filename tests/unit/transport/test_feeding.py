"""Feeds in the loop, on a fake clock and a fake poller; the writer is another thread."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from unittest import mock

import pytest

from pyhttp.limits import Timeouts
from pyhttp.messages import Response
from pyhttp.request import Request
from pyhttp.transport.client import Connection
from pyhttp.transport.feed import Feed
from pyhttp.transport.feeding import watch_out
from pyhttp.transport.phases import Phase
from pyhttp.transport.poller import LEFT, WRITE
from pyhttp.transport.stream import SocketStream
from tests.helpers.channels import tcp_pair
from tests.helpers.fakes import TIMEOUTS, Peer, World, now, world
from tests.helpers.sockets import descriptors, pair, request

END = b"0\r\n\r\n"


def begin(made: World, feed: Feed, sent: bytes = request()) -> tuple[Peer, Connection]:
    """A connection that sends `feed`."""
    made.employer.handler = lambda _: Response(200, {}, feed)
    peer, conn = made.connect()
    peer.send(sent)
    made.work()
    return peer, conn


@contextmanager
def untaken(octets: int) -> Iterator[None]:
    """This number of octets waits in the system at each look, whatever the client reads."""
    with mock.patch.object(SocketStream, "untaken", return_value=octets):
        yield


def fill(made: World, feed: Feed, conn: Connection) -> None:
    """Write more than is taken by a client that does not read."""
    while now(conn) is Phase.AWAIT:
        assert feed.send(bytes(60_000))
        made.work()
    assert now(conn) is Phase.SEND


def test_a_feed_is_sent_as_it_is_written_and_holds_no_turn() -> None:
    feed = Feed()
    feed.send(b"first")
    with world() as made:
        before = descriptors()
        peer, conn = begin(made, feed)
        assert peer.read().endswith(b"\r\n\r\n5\r\nfirst\r\n")
        assert (now(conn), conn.armed) == (Phase.AWAIT, True)
        assert made.poller.armed == {conn.fileno(): LEFT}
        assert descriptors() == before + 2  # these are the descriptors of the connection and its client
        for piece in (b"second", b"third"):
            assert feed.send(piece)
            made.work()
            assert peer.read() == b"%x\r\n%s\r\n" % (len(piece), piece)
            assert now(conn) is Phase.AWAIT
        feed.send(b"last")
        feed.close()
        made.work()
        assert peer.read() == b"4\r\nlast\r\n" + END
        assert now(conn) is Phase.IDLE
        assert made.employer.turns == []


def test_a_feed_that_has_ended_before_is_sent_whole() -> None:
    feed = Feed()
    feed.send(b"all")
    feed.close()
    with world() as made:
        peer, conn = begin(made, feed)
        assert peer.read().endswith(b"3\r\nall\r\n" + END)
        assert now(conn) is Phase.IDLE


def test_the_end_of_a_connection_ends_a_feed_for_http_1_0() -> None:
    feed = Feed()
    with world() as made:
        peer, conn = begin(made, feed, b"GET / HTTP/1.0\r\n\r\n")
        feed.send(b"content")
        feed.close()
        made.work()
        assert peer.read().endswith(b"\r\n\r\ncontent")
        assert now(conn) is Phase.CLOSED
        assert peer.ended


def test_a_head_request_has_no_use_for_a_feed() -> None:
    feed = Feed()
    feed.send(b"content")
    with world() as made:
        peer, conn = begin(made, feed, request(method="HEAD"))
        assert peer.read().endswith(b"\r\n\r\n")
        assert (feed.closed, feed.send(b"a")) == ("unsent", False)
        assert now(conn) is Phase.IDLE


def test_a_feed_that_another_answer_has_is_a_fault_of_the_handler() -> None:
    feed = Feed()
    with world() as made:
        first, conn = begin(made, feed)
        second, _ = begin(made, feed)
        assert second.read().startswith(b"HTTP/1.1 500 ")
        assert feed.send(b"goes on")
        made.work()
        assert first.read().endswith(b"goes on\r\n")
        assert now(conn) is Phase.AWAIT


@pytest.mark.parametrize("how", ["closes", "half-closes", "closes behind what is unread"])
def test_L6_a_client_that_leaves_is_noticed_though_nothing_is_sent(how: str) -> None:
    feed = Feed()
    with world() as made:
        peer, conn = begin(made, feed)
        peer.read()
        match how:
            case "closes":
                peer.close()
            case "half-closes":
                peer.sock.shutdown(socket.SHUT_WR)
            case _:
                peer.send(request("/next"))
                made.work()
                assert now(conn) is Phase.AWAIT
                peer.close()
        made.work()
        assert now(conn) is Phase.CLOSED
        assert feed.closed == "left"
        assert not feed.send(b"a")
        assert made.employer.statuses == [200]


@pytest.mark.parametrize("length", [10, 2_000_000])
def test_who_only_listens_gets_what_is_there(length: int) -> None:
    feed = Feed(limit=length)
    with world() as made:
        peer, conn = begin(made, feed)
        peer.sock.shutdown(socket.SHUT_WR)
        feed.send(b"~" * length)
        feed.close()
        made.work()
        received = peer.read()
        while now(conn) is Phase.SEND:
            made.work()
            received += peer.read()
        made.work()
        received += peer.read()
        assert received.count(b"~") == length
        assert received.endswith(END)
        assert now(conn) is Phase.CLOSED
        assert feed.closed == "closed"


# --- clients that do not read


def test_D10_a_client_that_is_behind_has_its_feed_kept_and_goes_on() -> None:
    feed = Feed()
    with world() as made:
        peer, conn = begin(made, feed)
        fill(made, feed, conn)
        assert made.poller.armed == {conn.fileno(): WRITE}
        calls = made.poller.calls["wait"]
        assert feed.send(b"kept")
        made.work()
        assert made.poller.calls["wait"] == calls  # the loop is not called for octets that cannot be sent
        got = peer.read()
        while now(conn) is Phase.SEND:
            made.work()
            got += peer.read()
        made.work()
        assert (got + peer.read()).endswith(b"4\r\nkept\r\n")
        assert now(conn) is Phase.AWAIT


def test_D10_a_client_that_does_not_read_is_dropped_at_the_limit_at_once() -> None:
    feed = Feed(limit=100_000)
    with world() as made:
        _, conn = begin(made, feed)
        fill(made, feed, conn)
        while feed.send(bytes(10_000)):
            assert now(conn) is Phase.SEND
        assert feed.closed == "too slow"
        made.work()
        assert now(conn) is Phase.CLOSED
        assert made.employer.reports == ["192.0.2.1: the client does not read its response"]


def test_D10_so_is_one_that_was_not_behind_when_more_came_than_is_kept() -> None:
    feed = Feed(limit=10)
    with world() as made:
        _, conn = begin(made, feed)
        assert feed.send(bytes(10))
        assert not feed.send(b"a")
        made.work()
        assert now(conn) is Phase.CLOSED
        assert feed.closed == "too slow"
        assert made.employer.reports == ["192.0.2.1: the client does not read its response"]


def test_D10_a_client_that_does_not_read_is_dropped_by_the_clock() -> None:
    feed = Feed()
    with world() as made:
        _, conn = begin(made, feed)
        fill(made, feed, conn)
        made.pass_time(TIMEOUTS.send - 0.1)
        assert now(conn) is Phase.SEND
        made.pass_time(TIMEOUTS.send)
        assert now(conn) is Phase.CLOSED
        assert feed.closed == "too slow"


def test_D10_octets_that_wait_in_the_system_count_too() -> None:
    """The client has vanished, or has been stopped. Little was sent, and the system has all of it."""
    feed = Feed()
    with world() as made:
        peer, conn = begin(made, feed)
        with untaken(0):
            feed.send(b"an event")
            made.work()
            made.pass_time(10)
        with untaken(len(b"8\r\nan event\r\n")):
            feed.send(b"an event")
            made.work()
            assert peer.read().count(b"an event") == 2
            made.pass_time(TIMEOUTS.send - 0.1)
            assert now(conn) is Phase.AWAIT
            made.pass_time(TIMEOUTS.send / 2)
        assert now(conn) is Phase.CLOSED
        assert feed.closed == "too slow"


def test_D10_a_client_that_takes_little_because_there_is_little_is_not_too_slow() -> None:
    """One event now and then is far below any rate. It is on its way at each look."""
    feed = Feed()
    with world() as made:
        _, conn = begin(made, feed)
        with untaken(len(b"1\r\na\r\n")):
            for _ in range(200):
                assert feed.send(b"a")
                made.work()
                made.pass_time(TIMEOUTS.send / 4)
            assert now(conn) is Phase.AWAIT


def test_D10_what_tls_adds_is_no_sign_of_a_slow_client() -> None:
    """At each look, more octets wait in the system than were sent since the last look."""
    feed = Feed()
    with world() as made:
        peer, conn = begin(made, feed)
        with untaken(0):
            feed.send(bytes(1000))
            made.work()
            made.pass_time(100)
        for _ in range(20):
            with untaken(36):
                assert feed.send(b"a")
                made.work()
            with untaken(0):
                made.pass_time(100)
        assert peer.read().endswith(b"1\r\na\r\n")
        assert now(conn) is Phase.AWAIT


def test_a_silent_feed_is_not_looked_at() -> None:
    """Its connection costs no more than an idle one."""
    feed = Feed()
    with world() as made:
        peer, conn = begin(made, feed)
        peer.read()
        made.pass_time(100)
        with mock.patch.object(SocketStream, "untaken") as looked:
            made.pass_time(1000)
        assert looked.call_count == 0
        assert now(conn) is Phase.AWAIT


# --- the end of the server


@pytest.mark.parametrize("unread", [False, True])
def test_D14_a_stop_ends_feeds_in_their_own_words(unread: bool) -> None:
    feed = Feed()
    with world() as made:
        peer, conn = begin(made, feed)
        feed.send(b"last")
        if not unread:
            made.work()
        made.loop.stop()
        began = made.clock.now
        while not made.loop._finished():
            made.round()
        assert made.clock.now == began
        assert peer.read().endswith(b"4\r\nlast\r\n" + END)
        assert now(conn) is Phase.CLOSED
        assert (feed.closed, feed.send(b"a")) == ("stopped", False)


def test_D14_so_it_does_those_that_begin_behind_it() -> None:
    feed = Feed()
    with world(lambda _: None) as made:
        peer, conn = made.connect()
        peer.send(request())
        made.work()
        made.loop.stop()
        assert not made.loop._finished()
        feed.send(b"all")
        made.employer.answer(conn, Response(200, {}, feed))
        assert conn.exchange is not None
        made.keeper.settle(conn)
        while not made.loop._finished():
            made.round()
        assert peer.read().endswith(b"3\r\nall\r\n" + END)
        assert feed.closed == "stopped"


def test_D14_and_those_whose_clients_are_behind_when_they_have_caught_up() -> None:
    feed = Feed()
    with world() as made:
        peer, conn = begin(made, feed)
        fill(made, feed, conn)
        made.loop.stop()
        assert not made.loop._finished()
        received = b""
        while not made.loop._finished():
            received += peer.read()
            made.round()
        assert (received + peer.read()).endswith(END)
        assert feed.closed == "stopped"


# --- what others do meanwhile

Act = Callable[[Feed], object]


@pytest.mark.parametrize("act", [lambda feed: feed.send(b"x"), Feed.close], ids=["sent", "closed"])
@pytest.mark.parametrize("after", [False, True])
def test_what_is_written_while_a_connection_is_armed_is_not_lost(act: Act, after: bool) -> None:
    feed = Feed()
    with world() as made:
        peer, conn = begin(made, feed)
        peer.read()

        def meanwhile(fd: int, done: bool) -> None:
            if fd == conn.fileno() and done is after:
                made.poller.script = None
                act(feed)

        made.poller.script = meanwhile
        feed.send(b"a")
        made.work()
        assert made.poller.script is None
        received = peer.read()
        assert received.endswith((b"1\r\nx\r\n", END))


def test_a_call_that_comes_late_hits_nobody() -> None:
    feed = Feed()
    with world() as made:
        peer, conn = begin(made, feed)
        feed.close()
        made.work()
        peer.read()
        assert now(conn) is Phase.IDLE
        made.registry.call(conn.serial)
        made.registry.call(conn.serial + 1000)
        made.work()
        assert (now(conn), conn.armed) == (Phase.IDLE, True)
        made.employer.handler = lambda _: Response(201)
        peer.send(request())
        made.work()
        assert peer.read().startswith(b"HTTP/1.1 201 ")


def test_the_leader_is_woken_once_it_waits_and_else_not() -> None:
    feed = Feed()
    with world() as made:
        _, _ = begin(made, feed)
        wakes = made.poller.calls["wake"]
        feed.send(b"a")  # no thread waits: the thread that leads looks before it waits
        assert made.poller.calls["wake"] == wakes
        made.work()

        def meanwhile(_: float) -> None:
            made.poller.waiting = None
            feed.send(b"b")

        made.poller.waiting = meanwhile
        made.round()
        assert made.poller.calls["wake"] == wakes + 1
        assert made.loop._taken == made.registry.called or not made.registry.called


def test_who_writes_needs_no_loop() -> None:
    """The client and its server have gone. A thread that goes on writing learns of it, and nothing fails."""
    feed = Feed()

    def answer(_: Request) -> Response:
        return Response(200, {}, feed)

    with world(answer) as made:
        peer, _ = made.connect()
        peer.send(request())
        made.work()
    thread = threading.Thread(target=lambda: [feed.send(b"a") for _ in range(100)])
    thread.start()
    thread.join()
    assert feed.closed == "stopped"


def test_L6_a_host_that_has_vanished_is_asked_for_by_the_system() -> None:
    with tcp_pair() as (ours, _):
        watch_out(ours, Timeouts().send)
        assert ours.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        options = (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)
        assert [ours.getsockopt(socket.IPPROTO_TCP, option) for option in options] == [30, 10, 3]
        watch_out(ours, 0.01)
        assert ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 1
    with pair() as (local, _):
        watch_out(local, 1)  # this is harmless
