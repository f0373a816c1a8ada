"""The handlers of a `ProcessServer` in tests: its processes import them."""

import os
import socket
from collections.abc import Sequence
from pathlib import Path

from pyhttp.answering import HandlerFactory, function_handler
from pyhttp.handler import BaseHttpRequestHandler
from pyhttp.limits import Limits, Timeouts
from pyhttp.messages import Response
from pyhttp.proxies import Proxies
from pyhttp.request import Request
from pyhttp.servers.base import BaseServer
from pyhttp.servers.threaded import ThreadedServer
from pyhttp.transport.access_log import AccessEntry, AccessLog

__all__ = ["NOTHING", "Identified", "held", "log_into", "unless", "whoami"]

NOTHING = None
"""A name that stands for no factory of handlers."""


def say_who(request: Request) -> Response:
    """The number of the process."""
    return Response(200, {}, str(os.getpid()).encode())


def wait_for_word(request: Request) -> Response:
    """The number of the process, when a test has written to the pipe `go` in the folder of the query.

    Before that, this writes to the pipe `began` there.
    """
    if request.query:
        folder = Path(request.query)
        (folder / "began").write_bytes(b"began")
        (folder / "go").read_bytes()
    return say_who(request)


whoami = function_handler(say_who)
held = function_handler(wait_for_word)


class Identified(BaseHttpRequestHandler):
    """A class that does the same as `whoami`."""

    def handle(self) -> None:
        """Answer with the number of the process."""
        self.respond(say_who(self.request))


def log_into(path: str, entry: AccessEntry) -> None:
    """Write to an access log. With its first argument bound, this is an access log."""
    with Path(path).open("a") as file:
        file.write(f"{os.getpid()} {entry.target}\n")


def unless(
    flag: str,
    *,
    request_handler: HandlerFactory,
    limits: Limits | None,
    timeouts: Timeouts | None,
    sockets: Sequence[socket.socket],
    proxies: Proxies | None,
    allowed_hosts: frozenset[str] | None,
    access_log: AccessLog | None,
) -> BaseServer:
    """Make a server, unless there is a file `flag`."""
    if Path(flag).exists():
        raise OSError("as asked")
    return ThreadedServer(
        request_handler=request_handler,
        limits=limits,
        timeouts=timeouts,
        sockets=sockets,
        proxies=proxies,
        allowed_hosts=allowed_hosts,
        access_log=access_log,
    )


class Names:
    """A class whose attribute is found by a name with dots."""

    identified = Identified
