"""A server on one thread: the loop waits for all clients, and runs the handlers itself."""

import socket
import threading
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Final, Self

from pyhttp import answering
from pyhttp.arguments import Several, optional
from pyhttp.cgi.running import RunningScripts
from pyhttp.errors import HTTPError, Misuse
from pyhttp.handler import BaseHttpRequestHandler
from pyhttp.hosts import HostNotAllowed, Hosts, hosts_of, names_of
from pyhttp.limits import Limits, Timeouts
from pyhttp.messages import Response
from pyhttp.request import Request
from pyhttp.servers.background import InBackground
from pyhttp.servers.given import check_given, factory_of, proxies_given, serves_folder
from pyhttp.servers.interrupts import interrupts_as, signals_wake
from pyhttp.servers.secured import securing
from pyhttp.servers.turns import conclude_turn
from pyhttp.sharing import answered_together
from pyhttp.telling import report
from pyhttp.transport.access_log import INFO, AccessLog, ErrorLog, common_format, entry_of, loggers, write_line
from pyhttp.transport.client import Address, Connection
from pyhttp.transport.exchange import Exchange
from pyhttp.transport.fate import CUT
from pyhttp.transport.gathering import SYSTEM_KEEPS, PassedOn
from pyhttp.transport.listener import address_of, adopt, connection_capacity, is_shared, listen, url_of
from pyhttp.transport.loop import Loop, Role
from pyhttp.transport.phases import Phase
from pyhttp.transport.poller import create_poller
from pyhttp.transport.progress import OPEN
from pyhttp.transport.spool import Budget

if TYPE_CHECKING:
    import ssl

    from pyhttp.proxies import Proxies

__all__ = ["BaseServer"]

_TURN: Final = Phase.TURN


class BaseServer(InBackground):
    """An HTTP/1.1 origin server on one thread.

    The server binds when it is built. `with server:` serves in a thread of its own and closes at the end of the block.
    Only the Python code of a running handler delays other clients. Idle connections, slow heads, slow readers of any
    answer, content that stalls before its handler starts, and scripts cost only descriptors.

    Args:
        host: "localhost" is 127.0.0.1 and ::1; an empty string is every interface; another name is resolved once.
        port: The port; 0 picks a free one.
        request_handler: Called as `request_handler(conn, addr, server)` for each request; it may be a handler class.
        handler: A function from Request to Response, instead.
        limits, timeouts, proxies: Sizes and counts, deadlines, and the proxies that are believed; else defaults.
        sockets: Listening sockets that are served in place of host and port; they are closed with the server.
        tls: A context for servers: the server speaks TLS. It is not changed, except for ALPN with HTTP/1.1 and no
            renegotiation.
        allowed_hosts: The hosts it answers for, as in `Hosts`; others get 421 (RFC 9110 §7.4). None: any host.
        access_log: Called with an AccessEntry for each exchange; else "pyhttp.access" logs it in the common format.

    Raises:
        OSError: The address cannot be bound.
        TypeError, ValueError: An argument is of a wrong type, or out of its range; the message names it.
    """

    def __init__(
        self,
        host: str = "localhost",
        port: int = 8888,
        request_handler: Callable[[socket.socket, Address, Self], object] = BaseHttpRequestHandler,
        *,
        handler: answering.Handler | None = None,
        limits: Limits | None = None,
        timeouts: Timeouts | None = None,
        sockets: Sequence[socket.socket] = (),
        tls: "ssl.SSLContext | None" = None,
        proxies: "Proxies | None" = None,
        allowed_hosts: Several[str] | AbstractSet[str] | None = None,
        access_log: AccessLog | None = None,
    ) -> None:
        check_given(host, port, access_log)
        super().__init__()
        self.limits: Limits = optional("limits", limits, Limits) or Limits()
        self.timeouts: Timeouts = optional("timeouts", timeouts, Timeouts) or Timeouts()
        self.proxies: Proxies | None = proxies_given(proxies)
        self._hosts: Hosts | None = hosts_of(names_of(allowed_hosts))
        error_log, self._lines = loggers()
        self.log: ErrorLog = error_log
        self.request_handler: Callable[[socket.socket, Address, Self], object] = factory_of(request_handler, handler)
        self.scripts: RunningScripts = RunningScripts(self.limits, self.timeouts)
        """The CGI scripts that run; they end with the server."""
        self.budget: Budget = Budget(self.limits.spool)
        """The budget for the kept content of handlers and scripts (safety line D22)."""
        self._access_log = access_log
        self._securing = securing(tls)
        listeners = adopt(sockets) or listen(host, port, self.limits.backlog)
        self.addresses: list[tuple[str, int]] = [address_of(listener) for listener in listeners]
        """Every (host, port) the server is bound to."""
        room, connect = connection_capacity(self.limits.connections), self._securing or Connection
        self._loop = Loop(
            self, listeners, create_poller(), room, connect=connect, shared=any(map(is_shared, listeners))
        )
        self._handling: set[int] = set()
        self._interrupted = False
        self._end_turn: Callable[[Connection], None] = self._loop.keeper.settle  # it gives the connection back
        inline = type(self).process_request is BaseServer.process_request
        self._folder = self.request_handler if serves_folder(self.request_handler) else None
        self._loop.shares = self._folder is not None
        self._loop.gathers = inline and self._folder is not None  # whose turns are short
        self._loop.passed_on = PassedOn() if inline and self._folder is None and SYSTEM_KEEPS else None
        self._set_up()

    def _set_up(self) -> None:
        """Add a mixin's state to an instance, since a mixin has no constructor of its own."""

    @property
    def url(self) -> str:
        """The URL of the first address."""
        return url_of(*self.addresses[0], secure=self._securing is not None)

    @property
    def tls(self) -> "ssl.SSLContext | None":
        """The context that secures connections; another one may replace it, for connections that begin then."""
        return None if self._securing is None else self._securing.context

    @tls.setter
    def tls(self, context: "ssl.SSLContext") -> None:
        if self._securing is None:
            raise Misuse("a server speaks TLS from its beginning, or never")
        self._securing.context = context

    @property
    def closing(self) -> bool:
        """Whether `close` was called: requests that have arrived are still answered."""
        return self._loop.stopping.requested

    def serve_forever(self) -> None:
        """Serve until `close`; then let exchanges in progress end within `Timeouts.stop`.

        Raises:
            RuntimeError: The server is serving already, or has been closed.
            KeyboardInterrupt: SIGINT came to the main thread, which has no handler for it: after an orderly stop, or at
                once for a second SIGINT.
        """
        self._begin()
        with interrupts_as(self.close, self._end_at_once):
            try:
                self._run_loop()
            except BaseException:
                self._end_at_once()  # a second interrupt, or a fault of this program
                raise
            finally:
                self._loop.stopping.request()
                self.scripts.close(self._loop.stopping.act())
                self._loop.close()
                self._ended.set()
            if self._interrupted:
                raise KeyboardInterrupt

    def _run_loop(self) -> None:
        with signals_wake(self._loop.waker):
            self._loop.run(Role(leads=True))

    def _end_at_once(self) -> None:
        self.scripts.destroy()
        self._loop.stopping.end_at_once()
        self._loop.stop()

    def close(self) -> None:
        """Stop accepting at once, let exchanges in progress end within `Timeouts.stop`, and close everything.

        The call is safe twice, from any thread, before `serve_forever`, and from a signal handler. Inside a handler,
        and on the thread that serves, it only requests the stop.
        """
        self._loop.stop()
        with self._state:
            runner = self._runner
            if runner is None and not self._ended.is_set():
                self._loop.close()
                self._ended.set()
        if not self._inside():
            self._loop.stopping.keep(self._ended)
        elif runner is threading.current_thread() and not self._ended.is_set():
            self._loop.stopping.keep_aside(self._ended)  # this thread may be running a handler

    def leave(self) -> None:
        """Stop because another process takes over: each connected client may send one more request, within 2 s."""
        self._loop.leave()

    def _inside(self) -> bool:
        """Whether the end of the server has to wait for the calling thread."""
        return super()._inside() or threading.get_ident() in self._handling

    # --- one turn of a connection

    def process_request(self, conn: socket.socket, addr: Address) -> None:
        """Have the request of `conn` handled: here and now. An override may call `finish_request` on any thread."""
        self.finish_request(conn, addr)

    def finish_request(self, conn: socket.socket, addr: Address) -> None:
        """Build the handler, which serves; then give the connection back to the loop, or close it.

        Every `process_request` ends here, exactly once for each call of it, on any thread; a refusal begins here.

        Raises:
            Misuse: The turn of the connection has ended, or has not begun: the caller may not use it.
        """
        ours, thread = conn if isinstance(conn, Connection) else None, threading.get_ident()
        if ours is not None and ours.phase is not _TURN:
            raise Misuse("finish_request ends the turn of a connection, and a turn ends once")
        self._handling.add(thread)
        try:
            self._handle(conn, addr, ours)
        finally:
            self._handling.discard(thread)
            if ours is not None:
                self._end_turn(ours)
            else:
                conn.close()

    def _handle(self: Self, conn: socket.socket, addr: Address, ours: Connection | None) -> None:
        """Run the turn: the handler, or the next step of an exchange that the handler has begun."""
        exchange = None if ours is None else ours.exchange
        if ours is not None and (ours.fate is CUT or self._loop.stopping.is_cut):
            ours.lower(CUT)  # no client is there for the answer
            return
        failure: BaseException | None = None
        try:
            if exchange is not None and exchange.continues:
                exchange.go_on()
            else:
                if self._hosts is not None and exchange is not None and exchange.head is not None:
                    asked = (exchange.origin and exchange.origin.host) or exchange.head.authority  # see `Request.host`
                    if why := self._hosts[asked]:
                        exchange.refusal = exchange.refusal or HostNotAllowed(why)
                if (
                    exchange is None
                    or not exchange.together  # nobody else has found anything
                    or self.request_handler is not self._folder
                    or not answered_together(exchange)
                ):
                    self.request_handler(conn, addr, self)
        except BaseException as error:  # noqa: BLE001 - it becomes the answer, and does not end the server
            failure = error
        try:
            open_still = failure is not None or exchange is None or exchange.progress is OPEN
            if open_still and conclude_turn(conn, exchange, failure, self.log, self.error_response):
                self._interrupted = True
                self.close()
        finally:
            # An exception refers to the frame that caught it: without this, all objects of its frames would stay.
            failure = None

    # --- called by the loop

    def error_response(self, error: HTTPError, request: Request) -> Response:
        """The answer to an error, for any handler; override this for another look.

        Args:
            error: The error that a handler has raised, or the reason of a refusal; 500 for any other exception.
            request: The request; without method, target and fields where it could not be parsed.
        """
        return answering.error_answer(error, request)

    def exchange_ended(self, conn: Connection, exchange: Exchange) -> None:
        """Write the access line."""
        lines = self._lines
        if self._access_log is None and (lines is None or not lines.isEnabledFor(INFO)):
            return
        entry = entry_of(conn, exchange)
        try:
            if self._access_log is not None:
                self._access_log(entry)
            elif lines is not None:
                write_line(lines, common_format(entry, self.limits.log_line))
        except Exception:  # noqa: S110, BLE001 - a failing sink must not fail a request (safety line O3)
            pass

    def about_to_block(self) -> None:
        """Send the answers that have been kept to leave together, since a handler is about to wait for its client."""
        self._loop.gathering.send()
        if self._loop.passed_on is not None:
            self._loop.passed_on.send()

    def hurry(self) -> None:
        """Ask scripts to end, since little is left of the grace period of a stop (safety line C11)."""
        self.scripts.stop()

    def report(self, message: str, error: BaseException | None = None, *, level: int = INFO) -> None:
        """Log one line for the operator, with a traceback where the fault is ours."""
        report(self.log, message, error, level)
