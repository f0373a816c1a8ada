"""The command line: serve a folder until a signal comes.

Exit codes: 0 after SIGINT or SIGTERM, 1 where serving is not possible, 2 for a command line that cannot be understood.
"""

import logging
import os
import resource
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Final

from pyhttp import streams
from pyhttp.cgi.running import Bounds
from pyhttp.first_process import FIRST, stand_in
from pyhttp.listening import CannotServe, open_listeners
from pyhttp.logs import AccessFile, set_up
from pyhttp.options import Options, parse
from pyhttp.servers.base import BaseServer
from pyhttp.servers.processes import ProcessServer
from pyhttp.serving import bind, open_log, secure
from pyhttp.transport.inherited import notify
from pyhttp.transport.listener import url_of

__all__ = ["announcement", "main"]

_STOPPING: Final = (signal.SIGINT, signal.SIGTERM)
_EVERYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - recognised here, not bound
"""Where a listener on all interfaces is to be reached from this machine."""


def main(argv: Sequence[str] | None = None) -> int:
    """Serve as `argv` says, the process's own arguments unless given, until SIGINT or SIGTERM.

    Returns:
        The exit code.

    Raises:
        SystemExit: For --help and --version, with code 2 for a usage error, with code 1 without a working directory.
    """
    if argv is None and os.getpid() == FIRST:
        code = stand_in()
        if code is not None:
            return code
    streams.claim()
    try:
        return _serve(_parsed(sys.argv[1:] if argv is None else argv))
    except CannotServe as error:
        streams.complain(str(error))
        return 1
    finally:
        streams.settle()


def _parsed(argv: Sequence[str]) -> Options:
    try:
        return parse(argv)
    except OSError as error:  # the answer to --help or --version
        raise CannotServe(f"cannot write to standard output: {error.strerror}") from error


def _serve(options: Options) -> int:
    _check_folder(options)
    log_file = open_log(options)
    tls = secure(options)
    _warn_of_exposed(options)
    set_up(quiet=options.quiet, verbose=options.verbose)
    server = bind(options, log_file, tls, open_listeners(options), _raise_descriptor_limit())
    # A shell has the jobs that its scripts leave in the background ignore Ctrl+C, which is for the job in front.
    stopping = (signal.SIGTERM,) if signal.getsignal(signal.SIGINT) is signal.SIG_IGN else _STOPPING
    with _signals(server, _on_hangup(server, options, log_file), stopping):
        _announce(options, server.addresses, by_hand=signal.SIGINT in stopping)
        _say_ready()
        try:
            server.serve_forever()
        except RuntimeError as error:
            if isinstance(server, ProcessServer) and not server.closing:
                raise CannotServe(str(error)) from error
            if not server.closing:  # a signal that came before the server began has closed it already
                raise
        server.close()
    return 0


def _check_folder(options: Options) -> None:
    try:
        os.scandir(options.directory).close()
    except OSError as error:
        raise CannotServe(f"cannot serve {options.directory}: {error.strerror}") from error
    for suffix, program in options.site.cgi_suffixes:
        if not (os.path.isfile(program) and os.access(program, os.X_OK)):
            raise CannotServe(f"cannot run {suffix} files: {program} is not a program")


def _warn_of_exposed(options: Options) -> None:
    """Say so where the folder that is served has the very secrets that it is served by."""
    files, served = options.tls, os.path.join(os.path.realpath(options.directory), "")
    for path in filter(None, (files.key or files.certificate, files.password_file) if files else ()):
        if os.path.realpath(path).startswith(served):
            streams.complain(f"{path} is in the folder that is served, where everybody can read it")


def _on_hangup(
    server: BaseServer | ProcessServer, options: Options, log_file: AccessFile | None
) -> Callable[[], None] | None:
    """What SIGHUP does: replace the processes; or open the log and read the certificate anew; None without these."""
    if isinstance(server, ProcessServer):
        return server.reload
    if log_file is None and server.tls is None:
        return None  # then SIGHUP ends the process, as it does when a terminal goes away

    def begin_anew() -> None:
        if log_file is not None:
            log_file.reopen()
        try:
            context = secure(options)
        except CannotServe as error:
            server.report(f"the certificate stays as it was: {error}", level=logging.WARNING)
            return
        if context is not None:
            server.tls = context  # those who are connected keep what they have
            server.report("the certificate was read anew", level=logging.WARNING)

    return begin_anew


def _announce(options: Options, addresses: Sequence[tuple[str, int]], *, by_hand: bool) -> None:
    """Say what is served and where; who cannot be told that is told the reason, and served all the same."""
    scripts = [name for name in options.site.cgi_directories if os.path.isdir(os.path.join(options.directory, name))]
    stop = "Stop with Ctrl+C" if by_hand else f"Stop with kill {os.getpid()}"
    text = announcement(options.directory, addresses, scripts, stop, secure=options.tls is not None)
    try:
        streams.say(text + "\n")
    except OSError as error:
        urls = " ".join(url_of(*address, secure=options.tls is not None) for address in addresses)
        streams.complain(f"cannot write to standard output: {error.strerror}; serving at {urls}")


def _say_ready() -> None:
    try:
        notify("READY=1")
    except OSError as error:
        streams.complain(f"cannot tell the service manager: {error.strerror}")


def announcement(
    directory: str, addresses: Sequence[tuple[str, int]], scripts: Sequence[str], stop: str, *, secure: bool = False
) -> str:
    """What the command says when it begins to serve, without the last line's end.

    Args:
        directory: What is served.
        addresses: Where: a URL on each line; said aloud where every machine of the network can reach it.
        scripts: The folders in it whose files are run.
        stop: The last line: how to end it.
        secure: Whether it is served by TLS.
    """
    lines = [f"Serving {directory}"]
    for host, port in addresses:
        lines.append(f"  {url_of(_EVERYWHERE.get(host, host), port, secure=secure)}")
    if any(host in _EVERYWHERE for host, _ in addresses):
        lines.append("on ALL interfaces: every machine that can reach this one can read this folder")
    if scripts:
        lines.append(f"Files in {', '.join(scripts)} are run as CGI scripts; --no-cgi shows them instead")
    return "\n".join([*lines, stop])


def _raise_descriptor_limit() -> Bounds | None:
    """Allow as many descriptors as the system lets us have (safety line D12).

    Returns:
        The limit before; None where it stays.
    """
    before = soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == hard:
        return None
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    except (OSError, ValueError):
        # Some systems state a hard limit that they do not grant; the soft one then stays, and bounds the connections.
        return None
    return before


@contextmanager
def _signals(
    server: BaseServer | ProcessServer, on_hangup: Callable[[], None] | None, stopping: Sequence[signal.Signals]
) -> Iterator[None]:
    """One of `stopping` stops `server`, a second one ends it at once (safety line L10); SIGHUP calls `on_hangup`."""
    before = {number: signal.getsignal(number) for number in (*stopping, signal.SIGHUP)}

    def stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the signature of a signal handler
        for each in stopping:
            signal.signal(each, end_at_once)
        with suppress(OSError):
            notify("STOPPING=1")
        server.close()

    def end_at_once(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        if isinstance(server, ProcessServer):
            server.end_at_once()
        else:
            server.scripts.destroy()  # nobody is left to do it (safety line C11)
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)

    for each in stopping:
        signal.signal(each, stop)
    if on_hangup is not None:
        signal.signal(signal.SIGHUP, lambda _number, _frame: on_hangup())
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
