"""RFC 3875 §3.1: the run of a script for a handler, in turns: the content, a place, the start, and the answer."""

import contextlib
import logging
import socket
from collections.abc import Callable
from functools import partial

from pyhttp.cgi.gateway import Call, Run
from pyhttp.cgi.output import LocalRedirect
from pyhttp.cgi.running import Place
from pyhttp.cgi.script_path import Script
from pyhttp.cgi.standard_input import standard_input
from pyhttp.cgi.variables import Ends
from pyhttp.messages import Response
from pyhttp.request import Request
from pyhttp.site import Site
from pyhttp.surroundings import Surroundings
from pyhttp.transport.channel import UNIX_CLIENT, end_of
from pyhttp.transport.client import Connection
from pyhttp.version import PRODUCT

__all__ = ["ends_of", "run_script"]

Then = Callable[[Response | LocalRedirect], None]
"""Goes on with the answer of a script."""


def run_script(
    request: Request, script: Script, ends: Ends, *, root: str, site: Site, surroundings: Surroundings, then: Then
) -> None:
    """Have `script` run for `request`, and `then` go on with its answer, in this turn or a later one.

    No thread waits: not for the request's content, nor for a place among the scripts that run, nor for the script. An
    error is raised in the turn that finds it.

    Raises:
        HTTPError: 4xx of the content; 500 for a script that cannot be started; 502 for output that is malformed or
            missing; 503 over a limit; 504 for silence.
    """
    call = Call(
        head=request.head,
        script=script,
        root=root,
        site=site,
        ends=ends,
        scripts=surroundings.scripts,
        log=partial(_tell, surroundings.log),
    )
    if request.head.announces_content:
        request.exchange.collect(partial(_with_content, request, call, then))
    else:
        _reserve(request, call, then)


def _tell(log: logging.Logger, line: str) -> None:
    """Log a line of a script's standard error; a failing sink does not fail the request (safety line O3)."""
    with contextlib.suppress(Exception):
        log.warning("%s", line)


def _with_content(request: Request, call: Call, then: Then) -> None:
    stdin, length = standard_input(request.exchange.content.collected())
    _reserve(request, call._replace(stdin=stdin, length=length), then)


def _reserve(request: Request, call: Call, then: Then) -> None:
    place = call.scripts.reserve()
    request.exchange.wait_for(place, partial(_start, request, call, place, then))


def _start(request: Request, call: Call, place: Place, then: Then) -> None:
    run = Run(call, place)
    request.exchange.wait_for(run, lambda: then(run.outcome()))


def ends_of(request: Request, conn: socket.socket, addr: object) -> Ends:
    """The ends of a client's connection, as scripts see them.

    A trusted proxy may give a text in place of an address, such as an identifier. That is no address of the client
    (3875-4.1.8-1a), so the proxy then counts as the client. A client of a Unix socket is on this machine, and asks at
    the default port.
    """
    secure = isinstance(conn, Connection) and conn.stream.secure
    default = 443 if secure else 80
    ends = Ends(
        local=_end(conn.getsockname(), default),
        peer=_end(addr),
        secure=secure,
        software=PRODUCT,
        user=request.exchange.user,
    )
    if not isinstance(conn, Connection) or conn.proxied is None:
        return ends
    peer, local = conn.ends
    named = not ends.peer[0].startswith(("_", "unknown"))
    ends = ends._replace(local=_end(local, default), peer=ends.peer if named else _end(peer))
    origin = request.exchange.origin
    if origin is None or not (origin.scheme or origin.host):
        return ends
    return ends._replace(scheme=origin.scheme, host=origin.host or request.authority)


def _end(address: object, default: int = 0) -> tuple[str, int]:
    host, port = end_of(None if address == UNIX_CLIENT else address)
    return host.partition("%")[0], port or default  # a zone of IPv6 is no part of an address (RFC 3875 §4.1.8)
