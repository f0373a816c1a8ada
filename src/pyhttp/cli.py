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

from pyhttp import streams
from pyhttp.cgi.running import Bounds
from pyhttp.first_process import FIRST, stand_in
from pyhttp.listening import CannotServe, open_listeners
from pyhttp.logs import AccessFile, set_up
from pyhttp.options import Options, parse
from pyhttp.servers.base import BaseServer
from pyhttp.servers.processes import ProcessServer
from pyhttp.servers.running import EVERYWHERE, serve_until_signal, shown_urls, stop_hint
from pyhttp.serving import bind, open_log, secure
from pyhttp.transport.inherited import notify
from pyhttp.transport.listener import url_of

__all__ = ["announcement", "main"]


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

    def announce(by_hand: bool) -> None:
        _announce(options, server.addresses, by_hand=by_hand)
        _say_ready()

    with _heeding_hangups(_on_hangup(server, options, log_file)):
        try:
            serve_until_signal(server, announce, _say_stopping)
        except RuntimeError as error:
            if isinstance(server, ProcessServer):
                raise CannotServe(str(error)) from error
            raise
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
        return None

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
    stop, secure = stop_hint(by_hand=by_hand), options.tls is not None
    try:
        streams.say(announcement(options.directory, addresses, scripts, stop, secure=secure) + "\n")
    except OSError as error:
        urls = " ".join(url_of(*address, secure=secure) for address in addresses)
        streams.complain(f"cannot write to standard output: {error.strerror}; serving at {urls}")


def _say_ready() -> None:
    try:
        notify("READY=1")
    except OSError as error:
        streams.complain(f"cannot tell the service manager: {error.strerror}")


def _say_stopping() -> None:
    with suppress(OSError):
        notify("STOPPING=1")


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
    lines = [f"Serving {directory}", *(f"  {url}" for url in shown_urls(addresses, secure=secure))]
    if any(host in EVERYWHERE for host, _ in addresses):
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
def _heeding_hangups(on_hangup: Callable[[], None] | None) -> Iterator[None]:
    """Have SIGHUP call something; without it, it ends the process, as it does when a terminal goes away."""
    if on_hangup is None:
        yield
        return
    before = signal.getsignal(signal.SIGHUP)
    signal.signal(signal.SIGHUP, lambda _number, _frame: on_hangup())
    try:
        yield
    finally:
        signal.signal(signal.SIGHUP, before)
