"""A folder with scripts behind handlers: in place on plain sockets, and on a server of one thread."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Protocol

from pyhttp import BaseHttpRequestHandler, BaseServer, Limits, Timeouts
from pyhttp.cgi.running import RunningScripts
from tests.helpers.crowd import until
from tests.helpers.servers import PATIENCE, serving_by
from tests.helpers.wire_client import Reply, WireClient

__all__ = ["Serve", "Service", "in_place", "on_a_server"]


@dataclass(frozen=True, slots=True)
class Service:
    """A service that answers requests, and the object that its scripts share."""

    client: Callable[[], WireClient]
    scripts: RunningScripts
    server: BaseServer | None = None

    def ask(self, sent: bytes) -> Reply:
        """The answer to a request on a connection of its own."""
        with self.client() as client:
            client.send(sent)
            return client.reply()

    def until(self, count: int) -> None:
        """Wait until `count` scripts run or wait in line."""
        until(lambda: self.scripts.running + len(self.scripts._line) == count)


class Serve(Protocol):
    """One way to serve a folder."""

    def __call__(
        self, folder: Path, limits: Limits | None = None, timeouts: Timeouts | None = None
    ) -> AbstractContextManager[Service]:
        """A service that lasts as long as the block runs."""
        ...


@contextmanager
def in_place(folder: Path, limits: Limits | None = None, timeouts: Timeouts | None = None) -> Iterator[Service]:
    """Handlers on plain sockets. Each handler has a thread and waits for everything by itself."""
    limits, timeouts = limits or Limits(), timeouts or Timeouts()
    around = SimpleNamespace(limits=limits, timeouts=timeouts, scripts=RunningScripts(limits, timeouts))
    threads: list[threading.Thread] = []

    def serve(conn: socket.socket) -> None:
        with conn:
            BaseHttpRequestHandler(conn, conn.getpeername(), around, folder)

    with socket.create_server(("127.0.0.1", 0)) as listener:

        def client() -> WireClient:
            made = WireClient(*listener.getsockname(), patience=PATIENCE)
            threads.append(threading.Thread(target=serve, args=(listener.accept()[0],)))
            threads[-1].start()
            return made

        yield Service(client, around.scripts)
        for thread in threads:
            thread.join()


@contextmanager
def on_a_server(folder: Path, limits: Limits | None = None, timeouts: Timeouts | None = None) -> Iterator[Service]:
    """A server whose one thread waits for no content and no script. In the end it keeps nothing of any content."""
    make = partial(BaseHttpRequestHandler, directory=folder)
    with serving_by(BaseServer, make, limits=limits, timeouts=timeouts) as server:
        host, port = server.addresses[0]
        yield Service(lambda: WireClient(host, port, patience=PATIENCE), server.scripts, server)
        until(lambda: not server.scripts.running)
        until(lambda: server.budget._left == server.limits.spool)
