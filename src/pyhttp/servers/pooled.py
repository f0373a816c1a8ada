"""A bounded pool of threads, one of which leads: it waits for all clients and runs the handlers itself.

To wake another thread costs more than most requests. So the leader hands nothing over: it opens its place, runs the
handler, and takes the place back unless another thread has taken it. One thread stands by. It looks every few
milliseconds while there is work. It takes an open place when the same handler still runs, or at once when that handler
has announced a wait. The others sleep. Where no thread is free to take the place, requests queue and the leader keeps
leading: accepting, deadlines and slow readers never wait for a handler (safety line L2).
"""

import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Final, Self

from pyhttp.answering import Handler
from pyhttp.arguments import Several, check_type
from pyhttp.handler import BaseHttpRequestHandler
from pyhttp.limits import Limits, Timeouts
from pyhttp.servers.base import BaseServer
from pyhttp.servers.bell import Bell
from pyhttp.servers.given import factory_of
from pyhttp.servers.interrupts import signals_wake
from pyhttp.transport.access_log import AccessLog
from pyhttp.transport.alarm import Alarm
from pyhttp.transport.client import Address, Connection
from pyhttp.transport.loop import Role
from pyhttp.transport.stopping import LAST

if TYPE_CHECKING:
    import ssl

    from pyhttp.proxies import Proxies

__all__ = ["PooledServer"]

_LOOK: Final = 0.004
"""Seconds between two looks of the standby: longer than most handlers, too short to be noticed."""
_IDLE: Final = 10.0
"""Seconds after which a sleeping thread ends."""


class _Here(threading.local):
    """The state of the calling thread.

    Attributes:
        role: Its role for the loop; None for a thread that is not in the pool.
    """

    role: Role | None = None


class PooledServer(BaseServer):
    """A `BaseServer` that runs up to `workers` handlers at once, on `workers` + 1 threads started as they are needed.

    The thread that calls `serve_forever` is not one of these: it waits for their end, so that no handler keeps it.

    Args:
        workers: The number of handlers at once, at least 1.
        host, port, request_handler, handler, limits, timeouts, sockets, tls, proxies, allowed_hosts, access_log: As for
            `BaseServer`.

    Raises:
        OSError: The address cannot be bound.
        TypeError, ValueError: `workers` is less than 1, or as for `BaseServer`.
    """

    def __init__(
        self,
        host: str = "localhost",
        port: int = 8888,
        request_handler: Callable[[socket.socket, Address, Self], object] = BaseHttpRequestHandler,
        *,
        handler: Handler | None = None,
        workers: int = 32,
        limits: Limits | None = None,
        timeouts: Timeouts | None = None,
        sockets: Sequence[socket.socket] = (),
        tls: "ssl.SSLContext | None" = None,
        proxies: "Proxies | None" = None,
        allowed_hosts: Several[str] | AbstractSet[str] | None = None,
        access_log: AccessLog | None = None,
    ) -> None:
        check_type("workers", workers, int)
        if workers < 1:
            raise ValueError(f"workers: at least 1, not {workers}")
        super().__init__(
            host,
            port,
            factory_of(request_handler, handler),
            limits=limits,
            timeouts=timeouts,
            sockets=sockets,
            tls=tls,
            proxies=proxies,
            allowed_hosts=allowed_hosts,
            access_log=access_log,
        )
        self._loop.gathers = type(self).process_request is PooledServer.process_request  # the standby ends long turns
        self.workers = workers
        self._place = threading.Lock()  # held by the leader, but not while it runs a handler: the next holder leads
        self._stand = threading.Lock()  # held by the standby; sleepers wait for it
        self._bell = Bell()  # for the standby
        self._counts = threading.Lock()
        """Guards `_free`, `_threads` and `_waiting` together: no request is queued for a thread that just went idle."""
        self._free = self._turns = 0
        self._threads: list[threading.Thread] = []
        self._waiting: deque[Connection] = deque()
        self._parked = self._urgent = self._over = False
        self._end_of_all: Alarm | None = None
        """The alarm that rings when the loop has ended, for the thread that called `serve_forever`."""
        self._here = _Here()

    # --- the leader

    def process_request(self, conn: socket.socket, addr: Address) -> None:
        """Run the handler on the leader's own thread, its place open; or queue the request when no thread is free."""
        role = self._here.role
        if role is None or not role.leads or not isinstance(conn, Connection):
            self.finish_request(conn, addr)
        elif self._free or self._start_thread():
            self._run_openly(role, conn)
        else:
            self._queue(role, conn)

    def _run_openly(self, role: Role, conn: Connection) -> None:
        role.leads = False
        self._turns += 1
        self._place.release()
        if self._parked:  # read after `_turns` has changed; the standby writes and reads in the other order
            self._bell.ring()
        try:
            self.finish_request(conn, conn.addr)
        finally:
            role.leads = self._place.acquire(blocking=False)

    def _queue(self, role: Role, conn: Connection) -> None:
        with self._counts:
            if not self._free and len(self._threads) > 1:
                self._loop.keeper.queue(conn)
                self._waiting.append(conn)
                return
        self._run_openly(role, conn)  # a thread has become free in between, or no other can be started

    def _start_thread(self) -> bool:
        """Start one more thread, unless there are `workers` + 1; it counts as free at once."""
        thread = threading.Thread(target=self._live, name="pyhttp-worker", daemon=True)
        with self._counts:
            if len(self._threads) > self.workers:
                return False
            self._threads.append(thread)
            self._free += 1
        try:
            thread.start()
        except RuntimeError as error:
            with self._counts:
                self._threads.remove(thread)
                self._free -= 1
            self.report(f"cannot start a thread: {error}")
            return False
        return True

    def about_to_block(self) -> None:
        """Have the standby take the open place now, since a handler is about to wait."""
        super().about_to_block()
        if self._here.role is not None and not self._place.locked():
            self._urgent = True
            self._bell.ring()

    # --- a thread's life

    def _run_loop(self) -> None:
        """Have the pool serve, and wait for its end; lead alone where no thread can be started."""
        self._urgent = True  # no thread leads yet
        alarm = self._end_of_all = Alarm()
        try:
            if self._over or self._threads or self._start_thread():
                with signals_wake(alarm.waker):
                    self._await_end(alarm)
            else:
                role = self._here.role = Role(leads=True)
                self._place.acquire()
                with signals_wake(self._loop.waker):
                    self._work(role)
        finally:
            alarm.close()
        with self._counts:
            threads = list(self._threads)
        # A thread that still runs has had the time that a stop gives (safety line L8).
        until = time.monotonic() + LAST
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _await_end(self, alarm: Alarm) -> None:
        try:
            while not self._over:
                alarm.wait()
        except BaseException:  # a second interrupt: the leader has to leave the loop before it is closed
            until = time.monotonic() + LAST
            while not self._over and (left := until - time.monotonic()) > 0:
                alarm.wait(left)
            raise

    def _live(self) -> None:
        """Run a thread of the pool, which is free at first."""
        role = self._here.role = Role(leads=False)
        try:
            if self._await_place(role):
                self._work(role)
        except BaseException:
            self._loop.stop()
            if role.leads:  # a loop without a leader would hear nothing
                self._loop.registry.cut()
                self._end()
            raise
        finally:
            with self._counts:
                self._threads.remove(threading.current_thread())

    def _work(self, role: Role) -> None:
        """Lead; after losing the lead, run queued requests; then stand by for the lead."""
        while not self._over:
            if role.leads:
                self._lead(role)
            elif (queued := self._take_or_go_free()) is not None:
                self._run_queued(role, queued)
            elif not self._await_place(role):
                return

    def _lead(self, role: Role) -> None:
        while self._free and (conn := self._take()) is not None:
            if self._loop.keeper.unqueue(conn):
                self._run_openly(role, conn)
            if not role.leads:
                return
        if self._loop.run(role):
            self._end()

    def _end(self) -> None:
        """End the pool, as the leader: the others wake, one after the other, and end."""
        self._over = True  # its place stays taken: a thread that returns from a handler cannot lead
        if self._end_of_all is not None:
            self._end_of_all.ring()
        self._bell.ring()

    def _run_queued(self, role: Role, conn: Connection) -> None:
        if self._loop.keeper.unqueue(conn):
            self.finish_request(conn, conn.addr)
        role.leads = self._place.acquire(blocking=False)

    def _take(self) -> Connection | None:
        with self._counts:
            return self._waiting.popleft() if self._waiting else None

    def _take_or_go_free(self) -> Connection | None:
        with self._counts:
            if self._waiting:
                return self._waiting.popleft()
            self._free += 1
            return None

    # --- free threads

    def _await_place(self, role: Role) -> bool:
        """Sleep until the standby's place is free, stand by until the leader's is; False when the thread has to end."""
        while not self._stand.acquire(timeout=_IDLE):
            with self._counts:
                # The last free thread stays, since the leader relies on it.
                if self._free > 1:
                    self._free -= 1
                    return False
        try:
            role.leads = self._stand_by()
        finally:
            self._stand.release()
        with self._counts:
            self._free -= 1
        return role.leads

    def _stand_by(self) -> bool:
        """Take the leader's place when it stays open for too long; False at the end of the server."""
        seen = -1
        while not self._over:
            turns, is_open = self._turns, not self._place.locked()
            if is_open and (turns == seen or self._urgent):
                self._urgent = False
                if self._place.acquire(blocking=False):
                    return True
            # Where no handler has run since the last look, wait without a timer until one runs. The leader counts its
            # turn, then checks whether the standby sleeps. So the standby sets that mark before it reads the count
            # again.
            self._parked = not is_open and turns == seen
            sleeps = self._parked and turns == self._turns
            rung = self._bell.wait(-1 if sleeps else _LOOK)
            self._parked = False
            seen = -1 if rung else turns  # a turn is long when it has lasted from one look to the next
        return False
