"""The acts of the leader while another thread gives a connection back, at each moment of that.

Arming takes the registry's lock, so that other threads can only wait for events meanwhile; they act on these when the
lock is free again. `POINTS` are the moments between.
"""

import itertools
from collections.abc import Callable
from typing import Final

import pytest

from pyhttp.limits import Limits
from pyhttp.messages import Response
from pyhttp.request import Request
from pyhttp.transport.client import Connection
from pyhttp.transport.feed import Feed
from pyhttp.transport.phases import Phase
from pyhttp.transport.poller import READ, WRITE
from tests.helpers.fakes import World, later, now, world
from tests.helpers.guarded import Ending, Owners, end_turn, guarded
from tests.helpers.outside import Items, Pending, Tap
from tests.helpers.sockets import descriptors, request

CHUNKED = "Transfer-Encoding: chunked"
LARGE: Final = bytes(4 << 20)
AN_HOUR = 3600.0
FEEDS: Final[list[Feed]] = []
"""The feeds of the current test."""


class Race:
    """One step of the leader, at one moment while another thread gives a connection back.

    Attributes:
        events: The events that the leader's wait has delivered, if that was before the lock was free.
        happened: Whether the moment has come.
    """

    def __init__(self, made: World, owners: Owners, point: str, step: "Step") -> None:
        self.made = made
        self.conn: Connection
        self.events: list[tuple[int, int]] | None = None
        self.happened = False
        self._owners = owners
        self._point = point
        self._step = step
        self._inside = itertools.count()

    def start(self, conn: Connection) -> None:
        """From now on, a thread ends the turn of `conn`."""
        self.conn = conn
        self.made.lock.script = self._around_lock
        self.made.poller.script = self._inside_lock

    def _around_lock(self, released: bool) -> None:
        if self._point == "before" if not released else self._point == "after" or self.events is not None:
            self._happen()

    def _inside_lock(self, fd: int, took_effect: bool) -> None:
        """Other threads can only wait here."""
        count = next(self._inside)
        if self.events is None and (
            (self._point == "inside, first" and count == 0)
            or (self._point == "inside, half way" and count == 1)
            or (self._point == "inside, last" and took_effect and fd == self._fd())
        ):
            self.events = self.made.poller.wait(0)

    def _fd(self) -> int:
        return next(fd for fd, conn in self.made.registry.connections.items() if conn is self.conn)

    def _happen(self) -> None:
        self.stop()
        self.happened = True
        with self._owners.acting("leader"):
            self._step(self)

    def stop(self) -> None:
        """Nothing happens any more."""
        self.made.lock.script = self.made.poller.script = None

    def take(self) -> None:
        """The leader takes what its wait has delivered."""
        events, self.events = self.events, None
        self.made.loop._take(self.made.poller.wait(0) if events is None else events)


Step = Callable[[Race], object]

POINTS: Final = ("before", "inside, first", "inside, half way", "inside, last", "after")


# --- what the leader does


def nothing(race: Race) -> None:
    """The leader sleeps."""


def deliver(race: Race) -> None:
    race.take()
    race.made.serve_taken()


def expire(race: Race) -> None:
    race.made.clock.now += AN_HOUR
    race.made.take_due()
    race.made.serve_taken()


def expire_deliver(race: Race) -> None:
    """The connection is late, its events come after that, and its number is given to a newcomer."""
    expire(race)
    deliver(race)
    race.made.connect()


def newcomer_deliver(race: Race) -> None:
    """The number is given to a newcomer between the wait and the taking of what it delivered."""
    expire(race)
    race.made.connect()
    deliver(race)


def deliver_expire(race: Race) -> None:
    """A batch is taken, and deadlines are looked at before it is served."""
    race.take()
    race.made.clock.now += AN_HOUR
    race.made.take_due()
    race.made.serve_taken()


def stale(race: Race) -> None:
    """Events come for descriptors that may belong to a connection that is not armed."""
    fds = list(race.made.registry.connections)
    race.made.loop._take([(fd, READ | WRITE) for fd in (*fds, *fds)])
    race.made.serve_taken()


def take_round(race: Race) -> None:
    """The leader makes a whole round, in which no time passes."""
    race.made.poller.until = race.made.clock.now
    deliver(race)
    race.made.round()
    race.made.poller.until = float("inf")


def shed(race: Race) -> None:
    race.made.loop._acceptor._shed()
    race.made.loop._take_spared()


def stop(race: Race) -> None:
    race.made.loop.stop()
    race.made.loop._finished()


def stop_deliver(race: Race) -> None:
    stop(race)
    deliver(race)


def written(race: Race) -> None:
    """A thread that writes to a feed is no leader, and takes none of the locks that the leader takes."""
    for feed in FEEDS:
        feed.send(b"written ")


def cut(race: Race) -> None:
    race.made.registry.cut()


def cut_deliver(race: Race) -> None:
    cut(race)
    deliver(race)
    race.made.connect()


def end(race: Race) -> None:
    """The server is over, and no thread leads."""
    race.made.loop.stop()
    race.made.loop.close()


STEPS: Final[tuple[Step, ...]] = (
    nothing,
    deliver,
    expire,
    expire_deliver,
    newcomer_deliver,
    deliver_expire,
    stale,
    take_round,
    shed,
    stop,
    stop_deliver,
    written,
    cut,
    cut_deliver,
    end,
)


# --- what the thread does


def answer(response: Callable[[], Response]) -> Ending:
    return lambda asked: asked.exchange.respond(response())


SHORT: Final = answer(lambda: Response(200, {}, b"answer"))


def pend(*, fired: bool, due: float = AN_HOUR * 2) -> Ending:
    def ending(asked: Request) -> None:
        pending = Pending(due=1000.0 + due, descriptors=2)
        pending.delay(asked)
        pending.fired = True
        if fired:
            pending.ring()

    return ending


def from_source(asked: Request) -> None:
    tap = Tap()
    asked.exchange.respond(Response(200, {}, tap))
    tap.pour(b"answer")
    tap.end()


def from_feed(asked: Request) -> None:
    FEEDS.append(Feed())
    asked.exchange.respond(Response(200, {}, FEEDS[-1]))


def collect(asked: Request) -> None:
    asked.exchange.collect(lambda: asked.exchange.respond(Response(200, {}, b"answer")))


def last(asked: Request) -> None:
    asked.exchange.be_last()
    asked.exchange.respond(Response(200, {}, b"answer"))


GIVEN_BACK: Final[dict[str, tuple[bytes, Ending, float | None]]] = {
    "idle": (request("/1"), SHORT, None),
    "idle, and asked again meanwhile": (request("/1"), SHORT, None),
    "idle, by a thread that holds it": (request("/1"), SHORT, 0.0),
    "idle, with a request in the buffer": (request("/1") + request("/2"), SHORT, None),
    "part of a head": (request("/1") + b"GET /2 HT", SHORT, 0.001),
    "part of content": (request("/1") + request("/2", "Content-Length: 9"), SHORT, 0.001),
    "refused": (request("/1") + b"nonsense\r\n\r\n", SHORT, 0.001),
    "unsent": (request("/1"), answer(lambda: Response(200, {}, LARGE)), None),
    "items to come": (request("/1"), answer(lambda: Response(200, {}, Items([b"ans", b"", b"wer"]))), None),
    "unread content": (request("/1", CHUNKED) + b"2000\r\n" + bytes(2000), SHORT, None),
    "wanted content": (request("/1", "Expect: 100-continue", "Content-Length: 9"), collect, None),
    "pending": (request("/1"), pend(fired=False, due=2.1), None),
    "pending, and ready": (request("/1"), pend(fired=True), None),
    "pending, and soon due": (request("/1"), pend(fired=False, due=0.5), None),
    "a source": (request("/1"), from_source, None),
    "a feed": (request("/1"), from_feed, None),
    "to linger": (request("/1"), last, None),
    "to be closed": (request("/1", "Connection: close"), SHORT, None),
}


def settle_all(made: World, owners: Owners) -> None:
    """Go on until nothing happens any more."""
    for _ in range(200):
        made.work()
        if not made.employer.turns and not sum(len(peer.read()) for peer in made.peers):
            return
        for turn in list(made.employer.turns):
            end_turn(made, owners, turn, answer(lambda: Response(200, {}, b"again")))
    raise AssertionError("it does not come to rest")


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("given_back", GIVEN_BACK)
def test_while_a_thread_gives_a_connection_back(given_back: str, step: Step, point: str) -> None:
    """The connection has one owner at any time.

    No other thread touches it. Nothing is closed twice or left open, and nothing that belongs to a stranger is closed.
    """
    sent, ending, seconds = GIVEN_BACK[given_back]
    before = descriptors()
    FEEDS.clear()
    with guarded() as owners, world(later, limits=Limits(read_ahead=1000)) as made:
        made.lock.released = owners.released
        peer, conn = made.connect()
        peer.send(sent)
        made.work()
        assert made.employer.turns == [conn]
        if given_back == "idle, and asked again meanwhile":
            peer.send(request("/2"))
        race = Race(made, owners, point, step)
        race.start(conn)
        end_turn(made, owners, conn, ending, seconds)
        race.stop()
        assert race.happened or point.startswith("inside")  # there is no arming where the connection is closed at once
        made.loop._take(race.events or [])
        strangers = made.peers[1:]
        for stranger in strangers:
            stranger.send(request("/stranger"))
        settle_all(made, owners)
        assert step is not written or not FEEDS or b"written " in peer.received
        for feed in FEEDS:
            feed.send(b"answer")
            feed.close()
        settle_all(made, owners)
        made.pass_time(2.5 if given_back == "pending" else 1)
        settle_all(made, owners)
        if not made.loop.stopping.requested:
            assert all(stranger.received.endswith(b"again") for stranger in strangers)
            assert not any(stranger.ended for stranger in strangers)
        if step in {nothing, deliver, stale, take_round, written} and given_back != "part of content":
            assert peer.received.startswith(b"HTTP/1.1 ")
            assert b"answer" in peer.received or given_back in {"unsent", "items to come", "wanted content"}
            assert peer.ended == (given_back in {"refused", "to linger", "to be closed"})
    assert now(conn) is Phase.CLOSED
    assert all(each.ended for each in made.peers)
    assert made.employer.turns == []
    assert descriptors() <= before
    assert len(made.employer.ended) >= 1
