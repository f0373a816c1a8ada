"""The server that the options ask for, in this process or in several."""

import socket
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, assert_never

from pyhttp.answering import HandlerFactory
from pyhttp.cgi.running import Bounds
from pyhttp.command import streams
from pyhttp.command.listening import CannotServe, allowed_hosts, open_listeners
from pyhttp.command.logs import AccessFile, access_log, formatter, set_up
from pyhttp.command.options import Options
from pyhttp.command.values import Kind
from pyhttp.servers.base import BaseServer

if TYPE_CHECKING:
    import ssl

    from pyhttp.servers.pooled import PooledServer
    from pyhttp.servers.processes import ProcessServer

__all__ = ["bind", "open_log", "secure"]


def open_log(options: Options) -> AccessFile | None:
    """The file of the access log; None where lines go to standard error.

    Raises:
        CannotServe: It cannot be opened.
    """
    if not options.access_log:
        return None
    try:
        return AccessFile(options.access_log, formatter(options.log_format), options.limits.log_line)
    except OSError as error:
        raise CannotServe(f"cannot write the access log {options.access_log}: {error.strerror}") from error


def secure(options: Options) -> "ssl.SSLContext | None":
    """What the options say of TLS.

    Raises:
        CannotServe: The certificate cannot be used.
    """
    if options.tls is None:
        return None
    from pyhttp.command.certificates import load  # noqa: PLC0415 - `ssl` is loaded where it is used

    try:
        return load(options.tls)
    except ValueError as error:
        raise CannotServe(str(error)) from error


def bind(
    options: Options,
    load: Callable[[], HandlerFactory],
    log_file: AccessFile | None,
    tls: "ssl.SSLContext | None",
    descriptors: Bounds | None,
) -> "BaseServer | ProcessServer":
    """The server that listens where the options say, or what starts the processes that have one each.

    The loggers of the command are set up behind the handler: an application that sets up `logging` ends none.

    Args:
        options: What is asked for.
        load: Makes the handler, in each process that serves.
        log_file: For access lines.
        tls: What `secure` has found; each of several processes looks for itself.
        descriptors: The limit of descriptors that scripts get; None for that of the server.

    Raises:
        CannotServe: There is no such handler, or a listener cannot be had.
    """
    if options.processes is None:
        handler = load()  # where that fails, nothing is listened on
        set_up(quiet=options.quiet, verbose=options.verbose)
        return _server(options, handler, log_file, tls, sockets=open_listeners(options), descriptors=descriptors)
    set_up(quiet=options.quiet, verbose=options.verbose)
    if log_file is not None:
        log_file.close()  # each process opens it
    from pyhttp.servers.processes import ProcessServer  # noqa: PLC0415 - mostly this process serves

    return ProcessServer(
        processes=options.processes,
        server_factory=partial(_in_process, options, load, descriptors),
        timeouts=options.timeouts,
        sockets=open_listeners(options),
    )


def _in_process(
    options: Options,
    load: Callable[[], HandlerFactory],
    descriptors: Bounds | None,
    *,
    sockets: Sequence[socket.socket],
    **_: object,
) -> BaseServer:
    """What `bind` does, in a process of its own."""
    streams.claim()
    try:
        handler, log_file, tls = load(), open_log(options), secure(options)
    except CannotServe as error:
        streams.complain(str(error))
        raise SystemExit(1) from error
    set_up(quiet=options.quiet, verbose=options.verbose)
    return _server(options, handler, log_file, tls, sockets=sockets, descriptors=descriptors)


def _server(
    options: Options,
    handler: HandlerFactory,
    log_file: AccessFile | None,
    tls: "ssl.SSLContext | None",
    *,
    sockets: Sequence[socket.socket],
    descriptors: Bounds | None,
) -> BaseServer:
    # Without one, a server looks at the level of the logger before it writes anything out.
    log = None if options.quiet else log_file or access_log(options.log_format, options.limits.log_line)
    limits, timeouts, proxies = options.limits, options.timeouts, options.proxies
    server = _kind(options)(
        request_handler=handler,
        limits=limits,
        timeouts=timeouts,
        sockets=sockets,
        tls=tls,
        proxies=proxies,
        allowed_hosts=allowed_hosts(options, sockets),
        access_log=log,
    )
    server.scripts.descriptors = descriptors
    return server


def _kind(options: Options) -> "type[BaseServer] | partial[PooledServer]":
    """The kind of server that is asked for; the others are not loaded."""
    match options.kind:
        case Kind.POOLED:
            from pyhttp.servers.pooled import PooledServer  # noqa: PLC0415

            return partial(PooledServer, workers=options.workers)
        case Kind.THREADED:
            from pyhttp.servers.threaded import ThreadedServer  # noqa: PLC0415

            return ThreadedServer
        case Kind.SINGLE:
            return BaseServer
        case _:
            assert_never(options.kind)
