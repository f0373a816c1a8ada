"""RFC 3875 §3.1: the run of a script for a handler, in turns: the content, a place, the start, and the answer."""

import contextlib
import socket
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from pyhttp.cgi.gateway import Call, Run, environment_of
from pyhttp.cgi.output import LocalRedirect
from pyhttp.cgi.running import Place
from pyhttp.cgi.script_path import Script
from pyhttp.cgi.standard_input import standard_input
from pyhttp.cgi.variables import Ends
from pyhttp.messages import Response
from pyhttp.request import Request
from pyhttp.site import Site
from pyhttp.surroundings import Surroundings
from pyhttp.transport.access_log import WARNING
from pyhttp.transport.channel import UNIX_CLIENT, end_of
from pyhttp.transport.client import Connection
from pyhttp.version import PRODUCT
from pyhttp.wire.whole import LONGEST_KEPT

__all__ = ["ends_of", "run_script"]

Then = Callable[[Response | LocalRedirect], None]
"""Goes on with the answer of a script."""


class _Kept(NamedTuple):
    """The memory of a connection for its next request: a call, with the client's address and the server of it."""

    addr: object
    server: object
    call: Call


def run_script(
    request: Request,
    script: Script,
    client: tuple[socket.socket, object],
    *,
    server: object,
    root: str,
    site: Site,
    then: Then,
) -> None:
    """Run `script` for `request`, and call `then` with its answer in a later turn, or now; this turn has to end.

    No thread waits: not for the request's content, nor for a place among the scripts that run, nor for the script. An
    error is raised in the turn that finds it.

    Args:
        request: The request.
        script: The script.
        client: The client's connection, and its address.
        server: Any object; its `scripts`, `limits`, `timeouts` and `log` are used if it has them.
        root: The served directory.
        site: The operator's settings for CGI.
        then: Goes on with the answer.

    Raises:
        HTTPError: 4xx of the content; 500 for a script that cannot be started; 502 for output that is malformed or
            missing; 503 over a limit; 504 for silence.
    """
    conn, addr = client
    kept = conn.kept if isinstance(conn, Connection) else None
    if isinstance(kept, _Kept) and _repeats(kept, request, script, (addr, server, site)):
        _reserve(request, kept.call, then)
        return
    around = Surroundings(server)
    call = Call(
        head=request.head,
        script=script,
        root=root,
        site=site,
        ends=ends_of(request, conn, addr),
        scripts=around.scripts,
        log=partial(_tell, around),
    )
    if request.head.announces_content:
        request.exchange.collect(partial(_with_content, request, call, then))
        return
    _reserve(request, _remembered(call, conn, addr, server), then)


def _remembered(call: Call, conn: socket.socket, addr: object, server: object) -> Call:
    """The call with its environment, as the connection keeps it for its next request; else the call as it is."""
    # The operator's own environment may be another one next time, and a long head does not come again as the same one.
    if isinstance(conn, Connection) and not call.site.cgi_env and len(conn.core.head_bytes) <= LONGEST_KEPT:
        call = call._replace(environment=environment_of(call))
        conn.kept = _Kept(addr, server, call)
    return call


def _repeats(kept: _Kept, request: Request, script: Script, around: tuple[object, object, Site]) -> bool:
    """Whether the same request has come again, so that its script is to run with the same environment.

    Args:
        kept: What the connection remembers.
        request: The request.
        script: Its script; the served directory is the path of the script without its name.
        around: The client's address, the server and the settings.
    """
    call, (addr, server, site) = kept.call, around
    return (
        call.head is request.head
        and call.script == script
        and kept.addr == addr
        and kept.server is server
        and call.site is site
        and call.ends.user == request.exchange.user
    )


def _tell(around: Surroundings, line: str) -> None:
    """Log a line of a script's standard error; a failing sink does not fail the request (safety line O3)."""
    with contextlib.suppress(Exception):
        around.log.log(WARNING, "%s", line)


def _with_content(request: Request, call: Call, then: Then) -> None:
    stdin, length = standard_input(request.exchange.content.collected())
    _reserve(request, call._replace(stdin=stdin, length=length), then)


def _reserve(request: Request, call: Call, then: Then) -> None:
    request.exchange.demand_open()
    place = call.scripts.reserve()
    if place.granted:
        _start(request, call, place, then)
    else:
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
