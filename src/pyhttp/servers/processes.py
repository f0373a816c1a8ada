"""Several processes, each with a server of its own, at the same listeners."""

import contextlib
import os
import socket
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING

from pyhttp.arguments import Several, check_callable, optional
from pyhttp.handler import BaseHttpRequestHandler
from pyhttp.hosts import hosts_of, names_of
from pyhttp.limits import Limits, Timeouts
from pyhttp.servers.background import InBackground
from pyhttp.servers.base import BaseServer
from pyhttp.servers.given import check_given, factory_of, proxies_given
from pyhttp.servers.interrupts import interrupts_as, signals_wake
from pyhttp.servers.pooled import PooledServer
from pyhttp.transport.access_log import WARNING, AccessLog, ErrorLog, loggers
from pyhttp.transport.client import Address
from pyhttp.transport.listener import address_of, adopt, listen, url_of
from pyhttp.transport.shared import Seats

if TYPE_CHECKING:
    from pyhttp.proxies import Proxies
    from pyhttp.servers.plan import ServerFactory

__all__ = ["ProcessServer", "available"]


class ProcessServer(InBackground):
    """Several processes that serve the same listeners, each by a server of its own, for handlers that compute.

    The process that has this object serves nothing itself. It starts the others, replaces one that dies, and ends them
    with itself. Every limit counts for each process: `Limits`, scripts, and spooled content.

    Objects that are sent to the processes have to be importable there: a class or a function of a module, `partial` of
    one, or values. Objects that the main program itself defines are not.

    Args:
        host, port, sockets: As for `BaseServer`.
        request_handler: As for `BaseServer`, or "module:name", which each process imports when it starts.
        processes: The number of processes; None for as many as the processors that this process may use.
        server_factory: Makes the server of each process: a class of servers, `partial(PooledServer, workers=8)`, or a
            function with the same arguments, which may also set up other things that a process needs, such as logging.
        limits, timeouts, proxies, allowed_hosts, access_log: As for `BaseServer`; they count for each process.

    Raises:
        OSError: The address cannot be bound.
        ValueError: `processes` is less than 1, an object cannot be sent to another process, or as for `BaseServer`.
        TypeError: An argument is of a wrong type; the message names it.
    """

    def __init__(
        self,
        host: str = "localhost",
        port: int = 8888,
        request_handler: Callable[[socket.socket, Address, BaseServer], object] | str = BaseHttpRequestHandler,
        *,
        processes: int | None = None,
        server_factory: "ServerFactory" = PooledServer,
        limits: Limits | None = None,
        timeouts: Timeouts | None = None,
        sockets: Sequence[socket.socket] = (),
        proxies: "Proxies | None" = None,
        allowed_hosts: Several[str] | AbstractSet[str] | None = None,
        access_log: AccessLog | None = None,
    ) -> None:
        from pyhttp.servers.plan import Plan, pickled  # noqa: PLC0415 - it is loaded only where it is used
        from pyhttp.servers.process import Process  # noqa: PLC0415
        from pyhttp.servers.supervising import Supervisor  # noqa: PLC0415

        check_given(host, port, access_log)
        super().__init__()
        if not isinstance(request_handler, str):
            factory_of(request_handler, None)
        check_callable("server_factory", server_factory)
        optional("limits", limits, Limits)
        proxies_given(proxies)
        names = names_of(allowed_hosts)
        hosts_of(names)
        grace = (optional("timeouts", timeouts, Timeouts) or Timeouts()).stop
        optional("processes", processes, int)
        self.processes: int = available() if processes is None else processes
        """The number of processes that should run."""
        if self.processes < 1:
            raise ValueError(f"processes: at least 1, not {processes}")
        plan = pickled(
            Plan(
                factory=server_factory,
                request_handler=request_handler,
                limits=limits,
                timeouts=timeouts,
                proxies=proxies,
                allowed_hosts=names,
                access_log=access_log,
            )
        )
        self.log: ErrorLog = loggers()[0]
        self._listeners = adopt(sockets) or listen(host, port, (limits or Limits()).backlog)
        self.addresses: list[tuple[str, int]] = [address_of(listener) for listener in self._listeners]
        """Every (host, port) that is served."""
        self._seats = Seats()
        self._supervisor = Supervisor(
            self.processes,
            lambda: Process(plan, self._listeners, self._seats, grace),
            self._report,
            self._close_listeners,
        )
        self._closing = False

    @property
    def url(self) -> str:
        """The URL of the first address."""
        return url_of(*self.addresses[0])

    @property
    def closing(self) -> bool:
        """Whether `close` was called."""
        return self._closing

    @property
    def pids(self) -> list[int]:
        """The numbers of the running processes: more than `processes` while some are replaced, or less after an end."""
        return [process.pid for process in list(self._supervisor.processes.values())]

    def _report(self, message: str) -> None:
        with contextlib.suppress(Exception):  # a failing sink ends no server (safety line O3)
            self.log.log(WARNING, "%s", message)

    def _close_listeners(self) -> None:
        for listener in self._listeners:
            listener.close()

    def serve_forever(self) -> None:
        """Start the processes, and keep them running until `close`; they then stop as a server does.

        Raises:
            RuntimeError: The method was called before, the server has been closed, or the processes cannot serve.
            KeyboardInterrupt: As from `BaseServer`.
        """
        self._begin()
        with interrupts_as(self.close, self.end_at_once):
            try:
                with signals_wake(self._supervisor.alarm.waker):
                    self._supervisor.run()
            finally:
                self._end()

    def _end(self) -> None:
        self._supervisor.stop()
        self._supervisor.close()
        self._seats.close()
        self._close_listeners()
        self._ended.set()

    def reload(self) -> None:
        """Replace each process by a new one, one after the other: a new one serves before an old one leaves.

        No client is refused meanwhile. The present version of a handler's module is imported. Where a new process
        cannot serve, the old ones stay. The call is safe from any thread, and from a signal handler.
        """
        self._supervisor.renew()

    def close(self) -> None:
        """Have all processes stop as a server does, within `Timeouts.stop`, and wait for them.

        The call is safe twice, from any thread, and from a signal handler; on the thread that serves, it only requests
        the stop.
        """
        self._closing = True
        self._supervisor.stop()
        with self._state:
            if self._runner is None:
                self._end()
        if not self._inside():
            self._ended.wait()

    def end_at_once(self) -> None:
        """End all processes now, with their scripts. The call is safe from any thread, and from a signal handler."""
        self._closing = True
        self._supervisor.end_at_once()


def available() -> int:
    """The number of processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1  # macOS has no such call
