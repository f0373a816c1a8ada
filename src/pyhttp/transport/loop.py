"""The loop: it waits, takes connections with an event or a deadline, and hands them to the keeper.

It never waits for a single client. One thread at a time is in `round`: the one that leads. Idle connections, slow
heads, slow readers, content that stalls and running scripts cost only descriptors.
"""

import socket
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, Literal

from pyhttp.limits import Timeouts
from pyhttp.transport.accepting import Acceptor, Connect
from pyhttp.transport.client import Connection
from pyhttp.transport.deadlines import NEVER, Deadlines
from pyhttp.transport.employer import Employer
from pyhttp.transport.fate import Fate
from pyhttp.transport.gathering import Gathering, PassedOn
from pyhttp.transport.keeper import Keeper
from pyhttp.transport.phases import Phase
from pyhttp.transport.poller import Poller
from pyhttp.transport.registry import Registry
from pyhttp.transport.stopping import Stop

__all__ = ["Loop", "Role"]

_PATIENCE: Final = 2.0
"""Seconds in which clients of a server that leaves may send one more request; at most half of the grace period."""


class Role:
    """The role of one thread for the loop.

    Attributes:
        leads: Whether it is the one thread that waits. Only that thread reads and writes it.
    """

    __slots__ = ("leads",)

    def __init__(self, *, leads: bool) -> None:
        self.leads: bool = leads


class Loop:
    """A loop that waits for all connections of one server.

    Args:
        employer: The server that gets the requests.
        listeners: Bound, listening, non-blocking sockets; closed by the loop.
        poller: The poller; `close` closes it.
        capacity: The number of connections at once (safety line D12).
        clock: Returns monotonic seconds.
        connect: Makes connections of clients.
        shared: Whether other processes may hold the listeners, too.
    """

    def __init__(
        self,
        employer: Employer,
        listeners: Sequence[socket.socket],
        poller: Poller,
        capacity: int,
        clock: Callable[[], float] = time.monotonic,
        *,
        connect: Connect = Connection,
        shared: bool = False,
    ) -> None:
        self._poller = poller
        self._clock = clock
        horizon = _horizon(employer.timeouts)
        self._deadlines = Deadlines(horizon)
        self._taken: deque[tuple[Connection, bool]] = deque()
        self._last_taken = False
        self.gathers: bool = False
        """Whether answers are kept while requests wait behind them: if turns are short, or another thread steps in."""
        self.passed_on: PassedOn | None = None
        """The answers that the system keeps instead, where no other thread steps in."""
        self.shares: bool = False
        """Whether requests that arrived together may share answers, because the same folder answers all of them."""
        self._patience = min(_PATIENCE, employer.timeouts.stop / 2)
        self.stopping: Stop = Stop(employer.timeouts.stop, employer.hurry, self._cut, clock)
        self.registry: Registry = Registry(employer, poller, self.stopping, horizon, clock)
        self.keeper: Keeper = Keeper(employer, self.registry, clock)
        self.gathering: Gathering = self.keeper.settler.gathering
        self._acceptor = Acceptor(
            employer,
            listeners,
            poller,
            self.keeper,
            deadlines=self._deadlines,
            capacity=capacity,
            clock=clock,
            connect=connect,
            shared=shared,
        )

    # --- for the server

    def stop(self, patience: float = 0.0) -> None:
        """End `run` as soon as the exchanges in progress have ended; from any thread or signal handler.

        Args:
            patience: Seconds in which connected clients may still send a request, each one.
        """
        self.stopping.request(patience)
        self._poller.wake()

    def leave(self) -> None:
        """Stop, and let connected clients send one more request meanwhile: another process accepts new clients."""
        self.stop(self._patience)

    @property
    def waker(self) -> int:
        """A descriptor: an octet written to it ends the wait of the leader."""
        return self._poller.waker

    def run(self, role: Role) -> bool:
        """Go round until stopped: then let exchanges end within the grace period, and cut the rest (L8).

        Returns:
            False where the calling thread has lost the lead meanwhile, and another thread runs the loop.
        """
        self.gathering.send()  # the previous leader has a long turn
        while not (self.stopping.requested and self._finished()):
            self.round(role)
            if not role.leads:
                return False
        return True

    def close(self) -> None:
        """Close listeners, connections and poller; for the thread that ran the loop, when no other thread uses it.

        A handler that has not returned in time still owns its connection; it is closed when its turn ends.
        """
        self._acceptor.close()
        while self._taken:
            conn, _ = self._taken.popleft()
            conn.lower(Fate.CUT)
            self.registry.close(conn)
        while (kept := self.gathering.take()) is not None:
            kept.lower(Fate.CUT)
            self.registry.close(kept)
        self.registry.end()

    # --- once round

    def round(self, role: Role) -> None:
        """Wait for events, take the due connections, and serve each, unless the lead is lost during one of them.

        Input that has arrived is not late, however long a handler has kept the loop from looking: so events are taken
        before deadlines.
        """
        if not self._taken:
            registry, clock = self.registry, self._clock
            now = clock()
            until = self._deadlines.next_look
            if registry.near or self._acceptor.resting or self.stopping.requested:
                until = self._prepare(now)
            # Other threads call, or report a near deadline, and then read this time; here it is the other way round. So
            # one of them sees the other.
            registry.waits_until = until
            self.keeper.waited_from = now
            if registry.near or registry.called:
                until = now
            events = self._poller.wait(until - now if until > now else 0.0)
            registry.waits_until = 0.0
            if events:
                self._take(events)  # no deadline has passed meanwhile: `now` will do
            else:
                now = clock()
            if registry.called:
                self._take_called()
            if self._deadlines.next_look <= now:
                self._take_due(now)
        self._serve(role)

    def _serve(self, role: Role) -> None:
        """Serve the connections that were taken; without the lead, the next leader has the rest."""
        gathered: bytes | Literal[False] | None = None
        several, leads = False, True
        while self._taken and leads:
            conn, late = self._taken.popleft()
            if self._taken and not several:
                several, gathered = True, self._gathered()
            if self.stopping.is_cut:
                conn.lower(Fate.CUT)
                self.registry.close(conn)
                continue
            conn.outbox.gathered = how = gathered if self._taken else None
            self.keeper.advance(conn, late)
            if how is False and self.passed_on is not None:
                self.passed_on.add(conn)
            leads = role.leads
        if several:
            self._end_together()

    def _gathered(self) -> bytes | Literal[False] | None:
        """What the answers of a round begin with, as in `Outbox.gathered`: whether they are kept, and by whom."""
        if self.passed_on is not None:
            return False if self.passed_on.begin(self._clock()) else None
        return b"" if self.gathers else None

    def _end_together(self) -> None:
        """Send the answers of a round that are kept, and forget what its requests have found."""
        if self.gathering.kept:
            self.gathering.send()
        elif self.passed_on is not None:
            self.passed_on.send()
        self.keeper.together = None

    def _prepare(self, now: float) -> float:
        """Note near deadlines, and serve resting listeners and a stop, before a wait; returns the end of the wait."""
        near = self.registry.near
        while near:
            self._deadlines.look_once(*near.popleft())
        until = self._deadlines.next_look
        if self._acceptor.resting:
            self._acceptor.resume(now)
        if self._acceptor.resting:
            until = min(until, self._acceptor.resume_at)
        if self.stopping.requested:
            until = min(until, now + self.stopping.act())
        return until

    def _take(self, events: list[tuple[int, int]]) -> None:
        """Take a whole batch before any of it is served."""
        count = self.registry.take(events, self._taken)
        self.keeper.together = {} if count > 1 and self.shares else None
        if count < len(events):
            for fd, _ in events:
                self._acceptor.accept(fd)
            self._take_spared()
        else:
            self._acceptor.pressed = False

    def _take_spared(self) -> None:
        while self._acceptor.spared:
            self._taken.append((self._acceptor.spared.popleft(), False))

    def _take_called(self) -> None:
        self.keeper.together = None  # no event has told what is here of these
        called = self.registry.called
        for _ in range(len(called)):
            conn = self.registry.by_serial.get(called.popleft())
            if conn is not None and self.registry.take_one(conn):
                self._taken.append((conn, False))

    def _take_due(self, now: float) -> None:
        for serial, again in self._deadlines.due(now):
            conn = self.registry.by_serial.get(serial)
            if conn is None:
                continue
            if self.registry.take_one(conn, due=now):
                self._taken.append((conn, True))
            if again:
                self._deadlines.look(serial, conn.deadline if conn.armed else NEVER, now)

    # --- stopping

    def _finished(self) -> bool:
        """Whether the requested stop is complete; the first call begins the stop."""
        if not self._last_taken:
            self._last_taken = True
            self._take_last()
        for conn in [] if self.stopping.is_patient else list(self.registry.connections.values()):
            if conn.phase in {Phase.PROXY, Phase.HANDSHAKE, Phase.IDLE} and self.registry.take_one(conn):
                self._acceptor.end_if_idle(conn)
        self._take_spared()
        return not self.registry.connections or self.stopping.act() == 0.0

    def _cut(self) -> None:
        """Cut all connections and clients not yet admitted, since the grace period is over; from any thread."""
        self._acceptor.turn_away()
        self.registry.cut()

    def _take_last(self) -> None:
        """Accept clients that connected before the stop, and take requests that arrived: both are still answered.

        Connections that wait for a feed are taken, too: to arm them anew ends the feed.
        """
        self._acceptor.accept_last()
        while events := self._poller.wait(0):
            self._take(events)
        for conn in list(self.registry.connections.values()):
            if conn.phase is Phase.AWAIT and self.registry.take_one(conn):
                self._taken.append((conn, False))


def _horizon(timeouts: Timeouts) -> float:
    """The shortest usual time of a phase: nearer deadlines than that are reported."""
    alike = (timeouts.handshake, timeouts.head, timeouts.idle, timeouts.content, timeouts.drain, timeouts.close_notify)
    return min(*alike, timeouts.linger, timeouts.send / 4)
