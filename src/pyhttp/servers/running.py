"""A server that serves for the life of its process: until SIGINT or SIGTERM."""

import contextlib
import gc
import os
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from pyhttp.servers.background import CannotBegin
from pyhttp.servers.base import BaseServer
from pyhttp.servers.interrupts import stopped_by_signals
from pyhttp.servers.reachable import shown_urls

if TYPE_CHECKING:
    from pyhttp.servers.processes import ProcessServer

__all__ = ["run", "serve_until_signal", "set_aside", "stop_hint"]


def run(server: "BaseServer | ProcessServer") -> None:
    """Print the URLs of `server`, and serve until SIGINT or SIGTERM; then let answers in progress end, and return.

    A second signal ends the process at once. A line of output that cannot be written is left out. Until `run` returns,
    the garbage collector leaves objects alone that exist now (`gc.freeze`).

    Raises:
        RuntimeError: This is not the main thread, which alone gets signals; or the server is serving already, or has
            been closed.
    """
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("run: signals come to the main thread alone; elsewhere, serve in a `with server:` block")
    if server.closing:
        raise RuntimeError("the server has been closed")

    def announce(by_hand: bool) -> None:
        urls = shown_urls(server.addresses, secure=isinstance(server, BaseServer) and server.tls is not None)
        lines = [*(f"Serving at {url}" for url in urls), stop_hint(by_hand=by_hand)]
        with contextlib.suppress(OSError):
            print(*lines, sep="\n", flush=True)  # noqa: T201 - printing is its purpose

    serve_until_signal(server, announce)


def serve_until_signal(
    server: "BaseServer | ProcessServer",
    announce: Callable[[bool], None],
    about_to_stop: Callable[[], None] = lambda: None,
) -> None:
    """Serve until SIGINT or SIGTERM.

    Args:
        server: It is closed in the end.
        announce: Called when the signals are handled, with a bool that says whether Ctrl+C is one of them.
        about_to_stop: Called when the first signal has come.

    Raises:
        RuntimeError: The server cannot serve.
    """

    def stop() -> None:
        about_to_stop()
        server.close()

    # Without this call no code would end the scripts (C11).
    end = server.scripts.end_at_once if isinstance(server, BaseServer) else server.end_at_once
    with stopped_by_signals(stop, end) as by_hand, set_aside():
        announce(by_hand)
        try:
            server.serve_forever()
        except CannotBegin:
            if not server.closing:  # a signal that came before the server began has closed it already
                raise
        server.close()


@contextlib.contextmanager
def set_aside() -> Iterator[None]:
    """Keep the garbage collector from all objects that exist now: modules and server live as long as the process.

    It would look at them again each time that many objects have been made. For a long listing, that takes three times
    as long as the answer.
    """
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def stop_hint(*, by_hand: bool) -> str:
    """The way to stop this process, in words."""
    return "Stop with Ctrl+C" if by_hand else f"Stop with kill {os.getpid()}"
