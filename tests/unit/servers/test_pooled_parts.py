"""PooledServer without chance: each decision of a thread of the pool, with no other thread."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Final

import pytest

from pyhttp.answering import function_handler
from pyhttp.servers import pooled
from pyhttp.servers.pooled import PooledServer
from pyhttp.transport.alarm import Alarm
from pyhttp.transport.client import Address, Connection
from pyhttp.transport.keeper import Keeper
from pyhttp.transport.loop import Loop, Role
from pyhttp.transport.registry import Registry
from tests.helpers.fakes import later, world
from tests.helpers.servers import echo
from tests.helpers.sockets import pair
from tests.helpers.untyped import untyped

ADDRESS: Final = ("192.0.2.1", 4711)
"""An address that is not the client's."""


class Noted:
    """A function that notes its calls."""

    def __init__(self, done: list[object], name: str, result: object) -> None:
        self._done, self._name, self._result = done, name, result

    def __call__(self, *_: object) -> object:
        self._done.append(self._name)
        return self._result


class Done(list[object]):
    """Notes of what was done."""

    def note(self, name: str, result: object = None) -> Noted:
        """A function that notes its call, and returns `result`."""
        return Noted(self, name, result)


@pytest.fixture
def pool() -> Iterator[PooledServer]:
    server = PooledServer("127.0.0.1", 0, function_handler(echo), workers=1)
    yield server
    server._threads.clear()
    server.close()


@pytest.fixture
def conn() -> Iterator[Connection]:
    with world(later) as made:
        yield made.connect()[1]


def replace(server: PooledServer, **parts: object) -> None:
    vars(server).update(parts)


def test_the_number_of_workers() -> None:
    with contextlib.closing(PooledServer("127.0.0.1", 0)) as server:
        assert server.workers == 32
    with contextlib.closing(PooledServer("127.0.0.1", 0, workers=1)) as server:
        assert server.workers == 1
    with pytest.raises(ValueError, match=r"^workers: at least 1, not 0$"):
        PooledServer("127.0.0.1", 0, workers=0)
    with pytest.raises(TypeError, match=r"^workers: int, not str$"):
        untyped(PooledServer)("127.0.0.1", 0, workers="2")


# --- the leader


@pytest.mark.parametrize(
    ("leads", "free", "threads", "starts", "wanted"),
    [
        (None, 1, 2, True, ["finish"]),
        (False, 1, 2, True, ["finish"]),
        (True, 1, 2, False, ["openly"]),
        (True, 0, 2, True, ["start", "openly"]),
        (True, 0, 2, False, ["start", "queue"]),
        (True, 0, 3, False, ["start", "queue"]),
        (True, 0, 1, False, ["start", "openly"]),
    ],
)
def test_where_a_request_is_run(
    pool: PooledServer,
    conn: Connection,
    monkeypatch: pytest.MonkeyPatch,
    leads: bool | None,
    free: int,
    threads: int,
    starts: bool,
    wanted: list[str],
) -> None:
    done = Done()
    monkeypatch.setattr(Keeper, "queue", done.note("queue"))
    pool._here.role = None if leads is None else Role(leads=leads)
    pool._free = free
    pool._threads[:] = [threading.current_thread()] * threads
    replace(pool, finish_request=done.note("finish"), _run_openly=done.note("openly"))
    replace(pool, _start_thread=done.note("start", starts))
    pool.process_request(conn, conn.addr)
    assert done == wanted
    assert list(pool._waiting) == ([conn] if "queue" in wanted else [])


def test_a_thread_that_has_become_free_in_between_lets_the_leader_run_it(pool: PooledServer, conn: Connection) -> None:
    done = Done()

    def start_too_late() -> bool:
        pool._free = 1
        return False

    pool._here.role = Role(leads=True)
    pool._threads[:] = [threading.current_thread()] * 2
    replace(pool, _start_thread=start_too_late, _run_openly=done.note("openly"))
    pool.process_request(conn, conn.addr)
    assert done == ["openly"]
    assert not pool._waiting


def test_a_socket_of_others_is_run_by_the_leader_as_it_is(pool: PooledServer) -> None:
    seen: list[tuple[socket.socket, Address]] = []
    pool._here.role = Role(leads=True)
    replace(pool, finish_request=lambda *given: seen.append(given))
    with pair() as (ours, _):
        pool.process_request(ours, ADDRESS)
        assert seen == [(ours, ADDRESS)]


@pytest.mark.parametrize("parked", [False, True])
@pytest.mark.parametrize("taken", [False, True])
@pytest.mark.parametrize("fails", [False, True])
def test_a_handler_is_run_with_the_place_open(
    pool: PooledServer, conn: Connection, parked: bool, taken: bool, fails: bool
) -> None:
    role, done = Role(leads=True), Done()

    def finish(given: Connection, address: Address) -> None:
        done.append((given is conn, address == conn.addr, role.leads, pool._place.locked(), pool._turns))
        if taken:
            assert pool._place.acquire(blocking=False)
        if fails:
            raise ZeroDivisionError

    assert pool._place.acquire(blocking=False)
    pool._parked = parked
    replace(pool, finish_request=finish)
    with pytest.raises(ZeroDivisionError) if fails else contextlib.nullcontext():
        pool._run_openly(role, conn)
    assert done == [(True, True, False, False, 1)]
    assert role.leads is not taken
    assert pool._place.locked()
    assert pool._bell.wait(0) is parked


def test_as_many_threads_are_started_as_there_are_workers_and_one_more(
    pool: PooledServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[threading.Thread] = []

    def start(thread: threading.Thread) -> None:
        started.append(thread)

    monkeypatch.setattr(threading.Thread, "start", start)
    assert [pool._start_thread() for _ in range(3)] == [True, True, False]
    assert pool._threads == started
    assert (len(started), pool._free) == (2, 2)
    assert {(thread.name, thread.daemon) for thread in started} == {("pyhttp-worker", True)}


def test_a_thread_that_cannot_be_started_is_told_and_counts_for_nothing(
    pool: PooledServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("no more")

    told: list[str] = []
    monkeypatch.setattr(threading.Thread, "start", refuse)
    replace(pool, report=told.append)
    pool._free = 5
    assert pool._start_thread() is False
    assert (pool._threads, pool._free, told) == ([], 5, ["cannot start a thread: no more"])


@pytest.mark.parametrize("works", [False, True])
@pytest.mark.parametrize("is_open", [False, True])
def test_a_wait_of_a_thread_of_the_pool_is_announced_where_the_place_is_open(
    pool: PooledServer, works: bool, is_open: bool
) -> None:
    if works:
        pool._here.role = Role(leads=False)
    if not is_open:
        assert pool._place.acquire(blocking=False)
    pool.about_to_block()
    assert pool._urgent is (works and is_open)
    assert pool._bell.wait(0) is (works and is_open)


# --- a thread's life


class Joined:
    """A thread that ends when it is joined."""

    def __init__(self) -> None:
        self.waits: list[float] = []

    def join(self, seconds: float) -> None:
        self.waits.append(seconds)


@pytest.mark.parametrize(
    ("over", "threads", "starts", "wanted"),
    [
        (True, 0, False, ["await"]),
        (False, 1, False, ["await"]),
        (False, 0, True, ["start", "await"]),
        (False, 0, False, ["start", "work"]),
    ],
)
def test_the_thread_that_serves_leads_only_where_no_other_can(
    pool: PooledServer, monkeypatch: pytest.MonkeyPatch, over: bool, threads: int, starts: bool, wanted: list[str]
) -> None:
    done, joined = Done(), [Joined() for _ in range(threads)]

    def work(role: Role) -> None:
        done.append("work")
        assert role.leads
        assert pool._here.role is role
        assert pool._place.locked()

    monkeypatch.setattr(pooled, "LAST", 1000)
    replace(pool, _start_thread=done.note("start", starts), _await_end=done.note("await"), _work=work)
    replace(pool, _threads=list(joined), _over=over)
    pool._run_loop()
    assert done == wanted
    assert pool._urgent  # the first leader takes its place without a look
    for thread in joined:
        (seconds,) = thread.waits
        assert 900 < seconds <= 1000


class Clock:
    """Seconds that pass when the test says so."""

    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.mark.parametrize(("ends", "rounds"), [(9, 4), (2, 2)])
def test_after_a_second_interrupt_the_wait_is_over_with_the_server_or_after_a_moment(
    pool: PooledServer, monkeypatch: pytest.MonkeyPatch, ends: int, rounds: int
) -> None:
    clock, waits = Clock(), []

    class Interrupted(Alarm):
        """An alarm that an interrupt comes into first."""

        def wait(self, seconds: float | None = None) -> None:
            waits.append(seconds)
            if seconds is None:
                raise KeyboardInterrupt
            clock.now += 1
            pool._over = len(waits) > ends

    monkeypatch.setattr(pooled, "time", clock)
    monkeypatch.setattr(pooled, "LAST", 4)
    with contextlib.closing(Interrupted()) as alarm, pytest.raises(KeyboardInterrupt):
        pool._await_end(alarm)
    assert waits == [None, *(4 - n for n in range(rounds))]


@pytest.mark.parametrize("leads", [False, True])
def test_a_fault_of_a_thread_stops_the_server_and_ends_it_where_it_leads(
    pool: PooledServer, monkeypatch: pytest.MonkeyPatch, leads: bool
) -> None:
    done = Done()

    def fail(role: Role) -> None:
        role.leads = leads
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr(Loop, "stop", done.note("stop"))
        patched.setattr(Registry, "cut", done.note("cut"))
        replace(pool, _await_place=lambda _: True, _work=fail, _end=done.note("end"))
        pool._threads.append(threading.current_thread())
        with pytest.raises(ZeroDivisionError):
            pool._live()
    assert done == (["stop", "cut", "end"] if leads else ["stop"])
    assert pool._threads == []


@pytest.mark.parametrize("finds", [False, True])
def test_a_thread_begins_as_a_free_one(pool: PooledServer, finds: bool) -> None:
    roles: list[tuple[str, Role]] = []

    def await_place(role: Role) -> bool:
        assert not role.leads
        roles.append(("await", role))
        return finds

    replace(pool, _await_place=await_place, _work=lambda role: roles.append(("work", role)))
    pool._threads.append(threading.current_thread())
    pool._live()
    assert [name for name, _ in roles] == (["await", "work"] if finds else ["await"])
    assert all(role is pool._here.role for _, role in roles)
    assert pool._threads == []


def test_a_thread_leads_then_runs_what_is_queued_then_stands_by(pool: PooledServer, conn: Connection) -> None:
    done, role = Done(), Role(leads=True)
    places = [True, False]

    def lead(given: Role) -> None:
        assert given is role
        done.append("lead")
        role.leads = False

    def await_place(given: Role) -> bool:
        assert given is role
        done.append("await")
        role.leads = places.pop(0)
        return role.leads

    replace(pool, _lead=lead, _run_queued=lambda *given: done.append(given), _await_place=await_place)
    pool._waiting.append(conn)
    pool._work(role)
    assert done == ["lead", (role, conn), "await", "lead", "await"]
    assert pool._free == 2
    pool._over = True
    pool._work(role)
    assert len(done) == 5


@pytest.mark.parametrize("ends", [False, True])
@pytest.mark.parametrize(
    ("free", "queued", "keeps", "runs", "loops", "left"),
    [
        (0, 2, True, 0, True, 2),  # the threads that run take them
        (1, 0, True, 0, True, 0),
        (1, 2, True, 2, True, 0),
        (1, 2, False, 1, False, 1),
    ],
)
def test_a_leader_runs_what_is_queued_while_a_thread_is_free_and_then_waits_for_clients(
    pool: PooledServer,
    conn: Connection,
    monkeypatch: pytest.MonkeyPatch,
    ends: bool,
    free: int,
    queued: int,
    keeps: bool,
    runs: int,
    loops: bool,
    left: int,
) -> None:
    done, role = Done(), Role(leads=True)

    def run_openly(given: Role, _: Connection) -> None:
        done.append("run")
        given.leads = keeps

    monkeypatch.setattr(Keeper, "unqueue", lambda *_: True)
    monkeypatch.setattr(Loop, "run", done.note("loop", ends))
    replace(pool, _run_openly=run_openly, _end=done.note("end"))
    pool._free = free
    pool._waiting.extend([conn] * queued)
    pool._lead(role)
    assert done == ["run"] * runs + ["loop"] * loops + ["end"] * (loops and ends)
    assert len(pool._waiting) == left


@pytest.mark.parametrize("awaited", [False, True])
def test_the_end_is_told_to_all(pool: PooledServer, awaited: bool) -> None:
    done = Done()

    class Ringing(Alarm):
        def ring(self) -> None:
            done.append("ring")

    with contextlib.closing(Ringing()) as alarm:
        pool._end_of_all = alarm if awaited else None
        pool._end()
    assert pool._over
    assert pool._bell.wait(0)
    assert done == ["ring"] * awaited


@pytest.mark.parametrize("waits", [False, True])
@pytest.mark.parametrize("is_open", [False, True])
def test_who_has_run_what_was_queued_leads_where_the_place_is_open(
    pool: PooledServer, conn: Connection, monkeypatch: pytest.MonkeyPatch, waits: bool, is_open: bool
) -> None:
    done, role = Done(), Role(leads=False)
    monkeypatch.setattr(Keeper, "unqueue", lambda *_: waits)
    replace(pool, finish_request=lambda *given: done.append(given))
    if not is_open:
        assert pool._place.acquire(blocking=False)
    pool._run_queued(role, conn)
    assert done == [(conn, conn.addr)] * waits
    assert role.leads is is_open
    assert pool._place.locked()


# --- free threads


class Lock:
    """A lock with answers of the test."""

    def __init__(self, *answers: bool) -> None:
        self.answers = list(answers)
        self.timeouts: list[float] = []
        self.releases = 0

    def acquire(self, *, timeout: float) -> bool:
        self.timeouts.append(timeout)
        return self.answers.pop(0)

    def release(self) -> None:
        self.releases += 1


@pytest.mark.parametrize("takes", [False, True])
@pytest.mark.parametrize(
    ("free", "answers", "stands", "left"),
    [
        (1, [True], True, 0),
        (3, [True], True, 2),
        (1, [False, False, True], True, 0),  # the last one stays
        (2, [False], False, 1),
        (3, [False], False, 2),
    ],
)
def test_a_free_thread_stands_by_or_ends(
    pool: PooledServer, takes: bool, free: int, answers: list[bool], stands: bool, left: int
) -> None:
    stand, role = Lock(*answers), Role(leads=False)
    replace(pool, _stand=stand, _stand_by=lambda: takes)
    pool._free = free
    assert pool._await_place(role) is (stands and takes)
    assert role.leads is (stands and takes)
    assert pool._free == left
    assert (stand.answers, stand.releases) == ([], int(stands))
    assert stand.timeouts == [pooled._IDLE] * len(answers)


class Place:
    """A place that another thread takes between a look and the attempt to take it."""

    def __init__(self) -> None:
        self.attempts: list[bool] = []

    def locked(self) -> bool:
        return False

    def acquire(self, *, blocking: bool) -> bool:
        self.attempts.append(blocking)
        return len(self.attempts) > 1


def test_a_place_that_another_thread_has_taken_is_not_waited_for(pool: PooledServer) -> None:
    place = Place()
    replace(pool, _place=place, _urgent=True)
    pool._bell.ring()
    assert pool._stand_by()
    assert place.attempts == [False, False]
