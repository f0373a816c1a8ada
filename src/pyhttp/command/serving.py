"""The server that the options ask for, in this process or in several."""

import socket
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, assert_never

from pyhttp.answering import HandlerFactory
from pyhttp.cgi.running import Bounds
from pyhttp.command import streams
from pyhttp.command.listening import CannotServe, allowed_hosts, open_listeners
from pyhttp.command.logs import access_log, set_up
from pyhttp.command.options import Options
from pyhttp.command.values import Kind
from pyhttp.servers.base import BaseServer
from pyhttp.transport.access_file import FORMATS, AccessFile

if TYPE_CHECKING:
    import ssl

    from pyhttp.servers.pooled import PooledServer
    from pyhttp.servers.processes import ProcessServer

__all__ = ["bind", "open_log", "secure"]


def open_log(options: Options) -> AccessFile | None:
    """The file of the access log; None for lines to standard error.

    Raises:
        CannotServe: The file cannot be opened.
    """
    if not options.access_log:
        return None
    try:
        return AccessFile(options.access_log, FORMATS[options.log_format.value], longest=options.limits.log_line)
    except OSError as error:
        raise CannotServe(f"cannot write the access log {options.access_log}: {error.strerror}") from error


def secure(options: Options) -> "ssl.SSLContext | None":
    """The TLS context that the options ask for; None for none.

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
    """The server that listens as the options demand, or the one that starts processes with a server each.

    Args:
        options: The options of the command.
        load: Makes the handler, in each process that serves.
        log_file: The file for access lines.
        tls: The context that `secure` has found; each of several processes makes its own.
        descriptors: The limit of descriptors for scripts; None for that of the server.

    Raises:
        CannotServe: There is no such handler, or a listener cannot be opened.
    """
    set_up(verbose=options.verbose)
    if options.processes is None:
        handler = load()  # before the listeners: it may fail
        return _server(options, handler, log_file, tls, sockets=open_listeners(options), descriptors=descriptors)
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
    """Do the work of `bind` in a process of its own."""
    streams.claim()
    set_up(verbose=options.verbose)
    try:
        handler, log_file, tls = load(), open_log(options), secure(options)
    except CannotServe as error:
        streams.complain(str(error))
        raise SystemExit(1) from error
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
    """The kind of server that the options ask for; the other kinds are not loaded."""
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
