"""The command line: serve a folder, or an application, until a signal comes.

Exit codes: 0 after SIGINT or SIGTERM, 1 where serving is not possible, 2 for a wrong command line.
"""

import gc
import os
import resource
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from pyhttp.cgi.running import Bounds
from pyhttp.command import streams
from pyhttp.command.first_process import FIRST, stand_in
from pyhttp.command.listening import CannotServe
from pyhttp.command.serving import bind, open_log, secure
from pyhttp.command.tasks import Task, find_task
from pyhttp.servers.base import BaseServer
from pyhttp.servers.reachable import EVERYWHERE, device_urls, own_address, shown_urls
from pyhttp.servers.running import serve_until_signal, stop_hint
from pyhttp.transport.access_file import AccessFile
from pyhttp.transport.access_log import WARNING
from pyhttp.transport.inherited import notify
from pyhttp.transport.listener import UNIX, url_of

if TYPE_CHECKING:
    from pyhttp.servers.processes import ProcessServer

__all__ = ["announcement", "is_local", "main"]

_IN_THE_CLEAR: Final = "Passwords travel in the clear: everybody on the way can read them; --tls-cert hides them"

_NO_CODE: Final = "No QR code: other devices cannot reach this server; --host 0.0.0.0 lets them in"


def main(argv: Sequence[str] | None = None) -> int:
    """Serve as `argv` demands, by default the process's own arguments, until SIGINT or SIGTERM; or run a tool.

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
        arguments = sys.argv[1:] if argv is None else argv
        tool = _tool(arguments[0]) if arguments else None
        if tool is not None:
            gc.enable()
            return tool(arguments[1:])
        return _serve(find_task(arguments))
    except CannotServe as error:
        streams.complain(str(error))
        return 1
    finally:
        streams.settle()


def _tool(name: str) -> Callable[[Sequence[str]], int] | None:
    """The command `name` that serves nothing; None where there is none. A folder of such a name is written ./NAME."""
    # A command that serves needs none of these modules.
    match name:
        case "passwd":
            from pyhttp.command.passwords import passwd  # noqa: PLC0415

            return passwd
        case "check":
            from pyhttp.command import check  # noqa: PLC0415

            return check.main
        case "explain":
            from pyhttp.command import explain  # noqa: PLC0415

            return explain.main
        case _:
            return None


def _serve(task: Task) -> int:
    options = task.common
    log_file = open_log(options)
    tls = secure(options)
    if options.qr:
        from pyhttp.command import qr  # noqa: PLC0415 - few starts need it

        qr.check()
    for line in task.warnings:
        streams.complain(line)
    server = bind(options, task.load, log_file, tls, _raise_descriptor_limit())

    def announce(by_hand: bool) -> None:
        _announce(task, server.addresses, by_hand=by_hand)
        _say_ready()
        _show(task, server.addresses)

    gc.enable()  # see `pyhttp.__main__`
    with _heeding_hangups(_on_hangup(server, task, log_file)):
        try:
            serve_until_signal(server, announce, _say_stopping)
        except RuntimeError as error:
            if isinstance(server, BaseServer):
                raise
            raise CannotServe(str(error)) from error
    return 0


def _on_hangup(
    server: "BaseServer | ProcessServer", task: Task, log_file: AccessFile | None
) -> Callable[[], None] | None:
    """The effect of SIGHUP: replace the processes; or open the log, and read users and certificate anew; or none."""
    if not isinstance(server, BaseServer):
        return server.reload
    if log_file is None and server.tls is None and not task.common.auth:
        return None

    def begin_anew() -> None:
        if log_file is not None:
            log_file.reopen()
        if task.common.auth:
            try:
                server.request_handler = task.load()  # the remembered credentials are forgotten
                server.report("the users were read anew", level=WARNING)
            except CannotServe as error:
                server.report(f"the users stay as they were: {error}", level=WARNING)
        try:
            context = secure(task.common)
        except CannotServe as error:
            server.report(f"the certificate stays as it was: {error}", level=WARNING)
            return
        if context is not None:
            server.tls = context  # open connections keep theirs
            server.report("the certificate was read anew", level=WARNING)

    return begin_anew


def _announce(task: Task, addresses: Sequence[tuple[str, int]], *, by_hand: bool) -> None:
    """Print the name and addresses of the service; where that fails, report the reason and serve all the same."""
    stop, secure, users = stop_hint(by_hand=by_hand), task.common.tls is not None, task.common.auth
    clear = [_IN_THE_CLEAR] if users and not secure and not all(is_local(host) for host, _ in addresses) else []
    everyone = "ask for a password" if users else task.everyone
    text = announcement(task.name, addresses, [*clear, *task.remarks, stop], everyone, secure=secure, path=task.path)
    try:
        streams.say(text + "\n")
    except OSError as error:
        urls = " ".join(url_of(*address, secure=secure) for address in addresses)
        streams.complain(f"cannot write to standard output: {error.strerror}; serving at {urls}")


def _show(task: Task, addresses: Sequence[tuple[str, int]]) -> None:
    """Show what the options ask for besides: the address as a QR code, and the page in a browser."""
    options, secure = task.common, task.common.tls is not None
    if options.qr and sys.stdout.isatty():
        from pyhttp.command import qr  # noqa: PLC0415 - as above

        urls = device_urls(addresses, secure=secure)
        try:
            streams.say(qr.drawn(urls[0] + task.path) if urls else f"{_NO_CODE}\n")
        except OSError as error:
            streams.complain(f"cannot write to standard output: {error.strerror}")
    if options.browser:
        from pyhttp.command.browser import open_page  # noqa: PLC0415 - as above

        urls = [url for url in shown_urls(addresses, secure=secure) if not url.startswith(UNIX)]
        if urls:
            open_page(urls[0] + task.path, streams.complain)
        else:
            streams.complain("a browser cannot open a Unix socket")


def _say_ready() -> None:
    try:
        notify("READY=1")
    except OSError as error:
        streams.complain(f"cannot tell the service manager: {error.strerror}")


def _say_stopping() -> None:
    with suppress(OSError):
        notify("STOPPING=1")


def is_local(host: str) -> bool:
    """Whether only this machine can reach the host."""
    return host == "::1" or host.startswith(("127.", UNIX))


def announcement(
    name: str,
    addresses: Sequence[tuple[str, int]],
    remarks: Sequence[str],
    everyone: str,
    *,
    secure: bool = False,
    path: str = "",
    find: Callable[[str], str] = own_address,
) -> str:
    """The text that the command prints when it begins to serve, without the last line's end.

    Args:
        name: The name of the folder or application.
        addresses: The addresses, with a URL on each line; a warning where every machine of the network can reach it.
        remarks: The last lines: the way to stop it, and other remarks.
        everyone: The things that those machines can do.
        secure: Whether the server speaks TLS.
        path: The end of each URL.
        find: As `own_address`.
    """
    urls = shown_urls(addresses, secure=secure, find=find)
    lines = [f"Serving {name}", *[f"  {url}" if url.startswith(UNIX) else f"  {url}{path}" for url in urls]]
    if any(host in EVERYWHERE for host, _ in addresses):
        lines.append(f"on ALL interfaces: every machine that can reach this one can {everyone}")
        if not device_urls(addresses, find=find):
            lines.append("This machine is in no network now: there is no address to type on another device")
    return "\n".join([*lines, *remarks])


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
        # Some systems state a hard limit that they do not grant; the soft limit then stays, and bounds the connections.
        return None
    return before


@contextmanager
def _heeding_hangups(on_hangup: Callable[[], None] | None) -> Iterator[None]:
    """Have SIGHUP call a function; without one, SIGHUP ends the process, for instance when a terminal goes away."""
    if on_hangup is None:
        yield
        return
    before = signal.getsignal(signal.SIGHUP)
    signal.signal(signal.SIGHUP, lambda _number, _frame: on_hangup())
    try:
        yield
    finally:
        signal.signal(signal.SIGHUP, before)
