"""The command line: serve a folder until a signal comes.

Exit codes: 0 after SIGINT or SIGTERM, 1 where serving is not possible, 2 for a command line that cannot be understood.
"""

import argparse
import errno
import io
import logging
import os
import resource
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from types import FrameType

from pyhttp import __version__
from pyhttp.handler import BaseHttpRequestHandler
from pyhttp.servers.base import BaseServer
from pyhttp.servers.threaded import ThreadedServer
from pyhttp.site import Site

__all__ = ["Options", "announcement", "explain", "main", "parse"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the command line asks for."""

    directory: str
    host: str
    port: int
    threaded: bool
    quiet: bool
    site: Site


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
    _log_to_stderr(quiet=options.quiet)
    _raise_descriptor_limit()
    try:
        server = _bind(options)
    except (OSError, UnicodeError) as error:  # UnicodeError: a host name that cannot be encoded for a look-up
        return _fail(explain(error, options.host, options.port))
    with _stopped_by_signals(server):
        print(announcement(options.directory, server.addresses), flush=True)
        try:
            server.serve_forever()
        except RuntimeError:
            if not server.closing:  # a signal that came before the server began has closed it already
                raise
        server.close()
    return 0


def parse(argv: Sequence[str]) -> Options:
    """The options that the arguments `argv` state.

    Raises:
        SystemExit: For --help and --version, and with code 2 for arguments that cannot be understood.
    """
    parser = _parser()
    given = parser.parse_intermixed_args(argv)
    words: list[str] = given.words[1:] if given.words[:1] == ["serve"] else given.words  # a folder "serve": ./serve
    folders: list[str] = [*words, *given.directory]
    if len(folders) > 1:
        parser.error(f"one folder at a time, not {len(folders)}: {' '.join(folders)}")
    try:
        site = Site(listing=not given.no_listing, cgi_directories=() if given.no_cgi else (given.cgi_dir,))
    except ValueError as error:
        parser.error(f"argument --cgi-dir: {error}")
    return Options(
        directory=os.path.abspath(folders[0] if folders else os.curdir),
        host=given.host,
        port=given.port,
        threaded=given.threaded,
        quiet=given.quiet,
        site=site,
    )


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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pyhttp",
        usage="%(prog)s [serve] [DIR] [options]",
        description="Serve a folder over HTTP/1.1: files, listings, and the CGI scripts in its cgi-bin.",
        epilog="SIGINT (Ctrl+C) or SIGTERM stops it and lets answers in progress finish; a second one ends it at once.",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("words", metavar="DIR", nargs="*", help="the folder to serve (default: the working directory)")
    add("-d", "--directory", metavar="DIR", action="append", default=[], help="the same, as an option")
    add(
        *("-b", "--bind", "--host"),
        dest="host",
        default="localhost",
        help="address or name to listen on (default: %(default)s, that is 127.0.0.1 and ::1); 0.0.0.0 or :: for all",
    )
    add("-p", "--port", type=_port, default=8888, help="TCP port (default: %(default)s); 0 picks a free one")
    threads = parser.add_mutually_exclusive_group()
    threads.add_argument("--threaded", action="store_true", default=True, help="handle requests in threads (default)")
    threads.add_argument("--single", dest="threaded", action="store_false", help="handle one request at a time")
    cgi = parser.add_mutually_exclusive_group()
    cgi.add_argument("--cgi-dir", metavar="NAME", default="cgi-bin", help="folder of scripts (default: %(default)s)")
    cgi.add_argument("--no-cgi", action="store_true", help="run no scripts; cgi-bin is a folder like others")
    add("--no-listing", action="store_true", help="answer 403 for a folder without an index.html")
    add("--quiet", action="store_true", help="no line for each request on stderr; errors stay")
    add("--version", action="version", version=f"pyhttp {__version__}")
    return parser


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"{text!r} is not a port number from 0 to 65535")
    return int(text)


def _fail(why: str) -> int:
    print(f"pyhttp: {why}", file=sys.stderr)
    return 1


def _bind(options: Options) -> BaseServer:
    handler = partial(BaseHttpRequestHandler, directory=options.directory, site=options.site)
    server = ThreadedServer if options.threaded else BaseServer
    return server(options.host, options.port, handler)


def _log_to_stderr(*, quiet: bool) -> None:
    for name, style, level in (
        ("pyhttp.access", "%(message)s", logging.WARNING if quiet else logging.INFO),
        ("pyhttp.error", "pyhttp: %(message)s", logging.WARNING),  # what clients do wrong has its access line
    ):
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter(style))
        logger = logging.getLogger(name)
        logger.handlers[:] = [handler]
        logger.setLevel(level)
        logger.propagate = False


def _raise_descriptor_limit() -> None:
    """Allow as many descriptors as the system lets us have (safety line D12)."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    except (OSError, ValueError):
        # Some systems state a hard limit that they do not grant; the soft one then stays, and bounds the connections.
        return


@contextmanager
def _stopped_by_signals(server: BaseServer) -> Iterator[None]:
    """SIGINT and SIGTERM ask `server` to stop; a second one ends the process at once (safety line L10)."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the signature of a signal handler
        for each in before:
            signal.signal(each, signal.SIG_DFL)
        server.close()

    for number in before:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
