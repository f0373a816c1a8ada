"""A thread for each active connection: it stays while requests keep coming, then the loop gets the connection back."""

import socket
import threading
import time
from collections import deque

from pyhttp.errors import Unavailable
from pyhttp.servers.base import BaseServer
from pyhttp.transport.client import Address, Connection
from pyhttp.transport.holding import hold

__all__ = ["ThreadedServer", "ThreadingMixin"]


class _Here(threading.local):
    """The state of the calling thread.

    Attributes:
        holds: Whether it keeps its connection for a moment after each turn.
        again: Whether it has kept the connection, and the next turn is due.
    """

    holds: bool = False
    again: bool


class ThreadingMixin(BaseServer):
    """A mixin that runs the requests of each active connection in a thread of its own, by `process_request`.

    At most `Limits.threads` run at once; further complete requests wait in order (safety line L2). A thread that has
    answered waits `Timeouts.hold` for its client's next request, unless other requests wait for a thread.
    """

    _threads: list[threading.Thread]
    """The running threads: each removes itself, and `close` joins the remaining ones."""

    def _set_up(self) -> None:
        super()._set_up()
        self._threads = []
        self._waiting: deque[Connection] = deque()
        self._threads_lock = threading.Lock()
        self._here = _Here()
        self._end_turn = self._hold_or_settle

    def process_request(self, conn: socket.socket, addr: Address) -> None:
        """Run `threaded_process_request` in a new thread, or queue the request where all threads are busy.

        Raises:
            Unavailable: No thread can be started, and none is running that could take the request later.
        """
        thread = threading.Thread(target=self._live, args=(conn, addr), name="pyhttp-handler", daemon=True)
        with self._threads_lock:
            if len(self._threads) >= self.limits.threads and isinstance(conn, Connection):
                self._queue(conn)
                return
            self._threads.append(thread)
        try:
            thread.start()
        except RuntimeError:
            with self._threads_lock:
                self._threads.remove(thread)
                if not self._threads or not isinstance(conn, Connection):
                    raise Unavailable("no thread can be started") from None
                self._queue(conn)

    def _queue(self, conn: Connection) -> None:
        self._loop.keeper.queue(conn)
        self._waiting.append(conn)

    def threaded_process_request(self, conn: socket.socket, addr: Address) -> None:
        """Finish the request, and the next ones of the same client as long as they come without a pause."""
        here = self._here
        here.holds = True
        try:
            while True:
                here.again = False
                self.finish_request(conn, addr)
                if not here.again:
                    return
        finally:
            here.holds = False

    def _hold_or_settle(self, conn: Connection) -> None:
        """Keep the connection for a moment, where the thread runs turn after turn; else give it back."""
        here = self._here
        if here.holds:
            seconds = 0.0 if self._waiting or self.closing else self.timeouts.hold
            here.again = hold(self._loop.keeper, conn, seconds)
        else:
            self._loop.keeper.settle(conn)

    def _live(self, conn: socket.socket, addr: Address) -> None:
        """Run a thread: its own connection, then queued ones; it leaves the list when none is queued."""
        try:
            self.threaded_process_request(conn, addr)
            while (queued := self._take()) is not None:
                self.threaded_process_request(queued, queued.addr)
        finally:
            self._leave()

    def _take(self) -> Connection | None:
        with self._threads_lock:
            while self._waiting:
                conn = self._waiting.popleft()
                if self._loop.keeper.unqueue(conn):
                    return conn
            # The thread leaves under the lock of the queue, so no request is queued for a thread that has left.
            self._forget_this_thread()
            return None

    def _leave(self) -> None:
        with self._threads_lock:
            self._forget_this_thread()

    def _forget_this_thread(self) -> None:
        thread = threading.current_thread()
        if thread in self._threads:
            self._threads.remove(thread)

    def close(self) -> None:
        """Do `BaseServer.close`, then join the threads; inside a handler it only requests the stop."""
        # Connections are cut after the grace period: a thread that still runs a second later is not awaited (safety
        # line L8).
        until = time.monotonic() + self.timeouts.stop + 1.0
        threads = self._running()  # a thread that leaves meanwhile is not in the list, and may run a moment longer
        super().close()
        for thread in threads | self._running():
            thread.join(max(0.0, until - time.monotonic()))

    def _running(self) -> set[threading.Thread]:
        """The threads to be joined; none where the caller is a thread that they wait for."""
        if self._inside():
            return set()
        with self._threads_lock:
            return set(self._threads)


class ThreadedServer(ThreadingMixin, BaseServer):
    """A `BaseServer` whose handlers run in threads."""
