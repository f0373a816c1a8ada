"""The command line: serve a folder until a signal comes.

Exit codes: 0 after SIGINT or SIGTERM, 1 where serving is not possible, 2 for a command line that cannot be understood.
"""

import errno
import io
import os
import resource
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from types import FrameType
from typing import assert_never

from pyhttp.handler import BaseHttpRequestHandler
from pyhttp.logs import AccessFile, access_log, formatter, set_up
from pyhttp.options import Kind, Options, parse
from pyhttp.servers.base import BaseServer
from pyhttp.servers.pooled import PooledServer
from pyhttp.servers.threaded import ThreadedServer

__all__ = ["announcement", "explain", "main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Serve as `argv` says, the process's own arguments unless given, until SIGINT or SIGTERM.

    Returns:
        The exit code.

    Raises:
        SystemExit: For --help and --version, and with code 2 for a usage error.
    """
    options = parse(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a folder's name need not fit the terminal's encoding
            stream.reconfigure(errors="backslashreplace")
    try:
        os.scandir(options.directory).close()
    except OSError as error:
        return _fail(f"cannot serve {options.directory}: {error.strerror}")
    for suffix, program in options.site.cgi_suffixes:
        if not (os.path.isfile(program) and os.access(program, os.X_OK)):
            return _fail(f"cannot run {suffix} files: {program} is not a program")
    try:
        log_file = AccessFile(options.access_log, formatter(options.log_format)) if options.access_log else None
    except OSError as error:
        return _fail(f"cannot write the access log {options.access_log}: {error.strerror}")
    set_up(quiet=options.quiet)
    _raise_descriptor_limit()
    try:
        server = _bind(options, log_file)
    except (OSError, UnicodeError) as error:  # UnicodeError: a host name that cannot be encoded for a look-up
        return _fail(explain(error, options.host, options.port))
    with _signals(server, log_file):
        print(announcement(options.directory, server.addresses), flush=True)
        try:
            server.serve_forever()
        except RuntimeError:
            if not server.closing:  # a signal that came before the server began has closed it already
                raise
        server.close()
    return 0


def announcement(directory: str, addresses: Sequence[tuple[str, int]]) -> str:
    """What is served and where, a URL on each line; said aloud where every machine of the network can reach it."""
    lines = [f"Serving {directory}"]
    open_to_all = False
    for host, port in addresses:
        everywhere = host in {"0.0.0.0", "::"}  # noqa: S104 - recognised here, not bound
        open_to_all |= everywhere
        reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
        shown = f"[{reachable}]" if ":" in reachable else reachable
        lines.append(f"  http://{shown}:{port}/")
    if open_to_all:
        lines.append("on ALL interfaces: every machine that can reach this one can read this folder")
    lines.append("Stop with Ctrl+C")
    return "\n".join(lines)


def explain(error: OSError | UnicodeError, host: str, port: int) -> str:
    """Why `host` and `port` cannot be listened on, in one line."""
    if isinstance(error, UnicodeError | socket.gaierror):
        return f"cannot find an address for the host {host}"
    match error.errno:
        case errno.EADDRINUSE:
            return f"port {port} is already in use; choose another with --port, or --port 0 for any free one"
        case errno.EACCES:
            return f"no permission to listen on port {port}; ports from 1024 on need none"
        case errno.EADDRNOTAVAIL:
            return f"{host} is not an address of this machine"
        case _:
            return f"cannot listen on {host} port {port}: {error.strerror or error}"


def _fail(why: str) -> int:
    print(f"pyhttp: {why}", file=sys.stderr)
    return 1


def _bind(options: Options, log_file: AccessFile | None) -> BaseServer:
    handler = partial(BaseHttpRequestHandler, directory=options.directory, site=options.site)
    # Without one, a server looks at the level of the logger before it writes anything out.
    log = None if options.quiet else log_file or access_log(options.log_format)
    match options.kind:
        case Kind.POOLED:
            return PooledServer(options.host, options.port, handler, workers=options.workers, access_log=log)
        case Kind.THREADED:
            return ThreadedServer(options.host, options.port, handler, access_log=log)
        case Kind.SINGLE:
            return BaseServer(options.host, options.port, handler, access_log=log)
        case _:
            assert_never(options.kind)


def _raise_descriptor_limit() -> None:
    """Allow as many descriptors as the system lets us have (safety line D12)."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    except (OSError, ValueError):
        # Some systems state a hard limit that they do not grant; the soft one then stays, and bounds the connections.
        return


@contextmanager
def _signals(server: BaseServer, log_file: AccessFile | None) -> Iterator[None]:
    """SIGINT or SIGTERM stops `server`, a second one ends it at once (safety line L10); SIGHUP reopens the log."""
    stopping = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in (*stopping, signal.SIGHUP)}

    def stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the signature of a signal handler
        for each in stopping:
            signal.signal(each, end_at_once)
        server.close()

    def end_at_once(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        server.scripts.destroy()  # nobody is left to do it (safety line C11)
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)

    def reopen(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        if log_file is not None:
            log_file.reopen()

    for each in stopping:
        signal.signal(each, stop)
    if log_file is not None:  # else SIGHUP ends the process, as it does when a terminal goes away
        signal.signal(signal.SIGHUP, reopen)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
