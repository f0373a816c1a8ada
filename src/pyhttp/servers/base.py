"""A server on one thread: the loop waits for every client, and a handler runs in between."""

import contextlib
import logging
import socket
import threading
import time
from typing import Final, Self

from pyhttp.cgi.scripts import Scripts
from pyhttp.errors import Disconnected, HTTPError, Misuse, Unavailable
from pyhttp.handler import BaseHttpRequestHandler
from pyhttp.limits import Limits, Timeouts
from pyhttp.messages import Response
from pyhttp.resources.error_page import error_response
from pyhttp.serving import ERROR_LOG, HandlerFactory, conclude
from pyhttp.transport.access_log import AccessEntry, AccessLog, common_format, escape
from pyhttp.transport.connection import Address, Connection, Phase
from pyhttp.transport.exchange import Exchange
from pyhttp.transport.listener import address_of, connection_capacity, listen
from pyhttp.transport.loop import Loop, Role
from pyhttp.transport.poller import create_poller

__all__ = ["BaseServer"]

ACCESS_LOG: Final = logging.getLogger("pyhttp.access")
logging.getLogger("pyhttp").addHandler(logging.NullHandler())  # a library prints nothing unless asked (safety line O3)


class BaseServer:
    """An HTTP/1.1 origin server on one TCP port, on one thread.

    It binds when it is built. `with server:` serves in a thread of its own and closes at the end of the block.
    A running handler delays other clients here, and nothing else does: idle connections, slow heads, slow readers and
    content that stalls within its first 64 KiB cost a descriptor each.

    Args:
        host: "localhost" is 127.0.0.1 and ::1; an empty string is every interface; another name is resolved once.
        port: 0 picks a free one.
        request_handler: Called as `request_handler(conn, addr, server)` for each request.
        limits: Sizes and counts; the defaults otherwise.
        timeouts: Deadlines; the defaults otherwise.
        tls: Reserved; must be None.
        access_log: Called with an AccessEntry for each exchange; else the logger "pyhttp.access" gets a line in the
            common log format.

    Raises:
        OSError: The address cannot be bound.
        ValueError: `tls` is not None, or the port is out of range.
    """

    def __init__(
        self,
        host: str = "localhost",
        port: int = 8888,
        request_handler: HandlerFactory = BaseHttpRequestHandler,
        *,
        limits: Limits | None = None,
        timeouts: Timeouts | None = None,
        tls: None = None,
        access_log: AccessLog | None = None,
    ) -> None:
        if tls is not None:
            raise ValueError("tls: this version does not offer TLS")
        if not 0 <= port <= 65535:
            raise ValueError(f"port: 0 to 65535, not {port}")
        self.limits: Limits = limits or Limits()
        self.timeouts: Timeouts = timeouts or Timeouts()
        self.log = ERROR_LOG
        self.request_handler = request_handler
        self.scripts: Scripts = Scripts(self.limits, self.timeouts)
        """The CGI scripts that run; they end with the server."""
        self._access_log = access_log
        listeners = listen(host, port, self.limits.backlog)
        self.addresses: list[tuple[str, int]] = [address_of(listener) for listener in listeners]
        """Every (host, port) the server is bound to."""
        self._loop = Loop(self, listeners, create_poller(), connection_capacity(self.limits.connections))
        self._state = threading.RLock()  # a signal handler may close what its own thread is just starting
        self._runner: threading.Thread | None = None
        self._ended = threading.Event()
        self._handling: set[int] = set()
        self._set_up()

    def _set_up(self) -> None:
        """What a mixin adds to the state of each instance, since it has no constructor of its own."""

    # --- running

    @property
    def url(self) -> str:
        """The URL of the first address."""
        host, port = self.addresses[0]
        return f"http://{f'[{host}]' if ':' in host else host}:{port}/"

    @property
    def closing(self) -> bool:
        """Whether `close` was called: each answer is the last on its connection."""
        return self._loop.stopping

    def serve_forever(self) -> None:
        """Serve until `close`; then let exchanges in progress end within `Timeouts.stop`.

        Raises:
            RuntimeError: The server is serving already, or has been closed.
        """
        with self._state:
            if self._runner not in {None, threading.current_thread()} or self._ended.is_set():
                raise RuntimeError("the server is serving already, or has been closed")
            self._runner = threading.current_thread()
        error_response(Unavailable("tried out"))  # loads what a page needs: without descriptors that fails (L5)
        try:
            self._run_loop()
        finally:
            self.scripts.close()
            self._loop.close()
            self._ended.set()

    def _run_loop(self) -> None:
        """Run the loop to its end."""
        self._loop.run(Role(leads=True))

    def close(self) -> None:
        """Stop accepting at once, let exchanges in progress end within `Timeouts.stop`, and close everything.

        Safe twice, from any thread, before `serve_forever`, and from a signal handler. Inside a handler, and on the
        thread that serves, it only requests the stop.
        """
        self._loop.stop()
        with self._state:
            runner = self._runner
            if runner is None and not self._ended.is_set():
                self._loop.close()
                self._ended.set()
        if not self._inside() and not self._ended.wait(self.timeouts.stop + 0.5):
            # A handler on the loop's own thread keeps it from cutting what is left; if that does not help, a handler
            # that never ends must not keep the caller (safety line L8).
            self._loop.registry.cut()
            self._ended.wait(0.5)

    def _inside(self) -> bool:
        """Whether the calling thread is one that the end of the server has to wait for."""
        return threading.current_thread() is self._runner or threading.get_ident() in self._handling

    def __enter__(self) -> Self:
        """Serve in a thread of its own.

        Raises:
            RuntimeError: The server is serving already, or has been closed.
        """
        thread = threading.Thread(target=self.serve_forever, name="pyhttp-server", daemon=True)
        with self._state:
            if self._runner is not None or self._ended.is_set():
                raise RuntimeError("the server is serving already, or has been closed")
            thread.start()  # it waits for the lock before it serves
            self._runner = thread
        return self

    def __exit__(self, *exc_info: object) -> None:
        """Close, and wait for the thread."""
        self.close()
        if not self._inside() and self._runner is not None and self._ended.is_set():
            self._runner.join()

    # --- one turn of a connection

    def process_request(self, conn: socket.socket, addr: Address) -> None:
        """Have the request of `conn` handled: here and now. Overrides may do so anywhere, in `finish_request`."""
        self.finish_request(conn, addr)

    def finish_request(self, conn: socket.socket, addr: Address) -> None:
        """Build the handler, which serves; then give the connection back to the loop, or close it.

        Every `process_request` ends here, exactly once for each call of it, on whatever thread.

        Raises:
            Misuse: The turn of the connection has ended, or not begun: it is not the caller's.
        """
        if isinstance(conn, Connection) and conn.phase is not Phase.TURN:
            raise Misuse("finish_request ends the turn of a connection, and a turn ends once")
        self._handling.add(threading.get_ident())
        over = False
        try:
            self._handle(conn, addr)
            over = True
        finally:
            self._handling.discard(threading.get_ident())
            self._release(conn, over)

    def _handle(self, conn: socket.socket, addr: Address) -> None:
        if isinstance(conn, Connection) and conn.failed:
            return  # it was cut while it waited for a thread
        failure: BaseException | None = None
        try:
            self.request_handler(conn, addr, self)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - it becomes the answer; a server does not exit by it
            failure = error
        if not isinstance(conn, Connection) or conn.exchange is None:
            if failure is not None:
                self.report("the handler failed", failure)
        else:
            if conn.used and isinstance(failure, ConnectionError):
                failure = Disconnected(str(failure))  # the handler's own reading or writing has met a client that left
            conclude(conn.exchange, failure, self.log, by_hand=conn.by_hand)

    def _release(self, conn: socket.socket, over: bool) -> None:
        if not isinstance(conn, Connection):
            conn.close()
        elif not (conn.held and over):
            self._loop.keeper.settle(conn)

    # --- what the loop asks for

    def dispatch(self, conn: Connection) -> None:
        """A request of `conn` is ready."""
        self.process_request(conn, conn.addr)

    def error_response(self, error: HTTPError) -> Response:
        """The answer to a request that no handler has seen."""
        return error_response(error)

    def exchange_ended(self, conn: Connection, exchange: Exchange) -> None:
        """Write the access line."""
        if self._access_log is None and not ACCESS_LOG.isEnabledFor(logging.INFO):
            return
        method, target, version = _request_line(conn, exchange)
        entry = AccessEntry(
            client=conn.addr[0],
            ended=time.time(),
            duration=time.monotonic() - exchange.started,
            method=method,
            target=target,
            version=version,
            status=exchange.status,
            sent=max(0, exchange.content_sent - conn.outbox.unsent),
            referer=exchange.head.headers.get("Referer", "") if exchange.head else "",
            user_agent=exchange.head.headers.get("User-Agent", "") if exchange.head else "",
        )
        # A sink that fails must not fail a request (safety line O3); logging reports its own failures.
        with contextlib.suppress(Exception):
            if self._access_log is not None:
                self._access_log(entry)
            else:
                ACCESS_LOG.info("%s", common_format(entry, self.limits.log_line))

    def about_to_block(self) -> None:
        """A handler is about to wait: for its client, or for a script. Nothing to do with one thread for each."""

    def hurry(self) -> None:
        """Little is left of the grace period of a stop: scripts are asked to end (safety line C11)."""
        self.scripts.stop()

    def report(self, message: str, error: BaseException | None = None) -> None:
        """One line for the operator, and a traceback where the fault is ours."""
        # What a client sent may be part of the message (safety line O2); a failing sink must not end the loop (O3).
        with contextlib.suppress(Exception):
            if error is None:
                self.log.info("%s", escape(message))
            else:
                self.log.error("%s", message, exc_info=error)


def _request_line(conn: Connection, exchange: Exchange) -> tuple[str, str, str]:
    """Method, target and version; of a complete head that was refused, what stands in their places."""
    if (head := exchange.head) is not None:
        return head.method, head.target, head.version
    line = conn.core.head_bytes.partition(b"\r\n")[0].decode("latin-1")
    method, _, rest = line.partition(" ")
    target, _, version = rest.rpartition(" ")
    return method, target, version
