"""The program of each process of a `ProcessServer`: a server that obeys its parent process."""

import contextlib
import gc
import os
import pickle
import signal
import sys
import threading
from collections.abc import Sequence
from types import FrameType
from typing import BinaryIO, Final

from pyhttp.servers.background import CannotBegin
from pyhttp.servers.base import BaseServer
from pyhttp.servers.plan import Plan
from pyhttp.transport.inherited import listener_of
from pyhttp.transport.shared import NONE, Counts, SharedListener

__all__ = ["CLOSED", "END", "LEAVE", "READY", "SIGNALS", "STOP", "work"]

READY: Final = b"R"
"""A word of the child: it serves."""
CLOSED: Final = b"C"
"""A word of the child: it accepts no clients any more."""
LEAVE: Final = b"L"
"""A word to the child: another process has taken its place."""
STOP: Final = b"S"
"""A word to the child: stop like a server that is closed."""
END: Final = b"E"
"""A word to the child: end at once, and end the scripts, too."""
SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""The signals that the parent has blocked when it starts a child, until the child has handlers for them."""


def work(source: BinaryIO) -> None:
    """Serve until the parent gives an order to stop, or is gone.

    The arguments of the process are numbers: the pipe to the parent, the memory that it shares with others, its seat
    there, and the listeners. Standard input brings the parent's words; it ends with the parent.

    Args:
        source: The file of the plan; closed here.
    """
    report, memory, seat, *descriptors = map(int, sys.argv[1:])
    os.set_inheritable(report, False)
    line = _take_input()
    with source:
        plan: Plan = pickle.load(source)  # noqa: S301 - our own parent has written it
    listeners = [SharedListener(fileno=listener_of(each).detach()) for each in descriptors]
    _share(listeners, memory, seat)
    server = plan.server(listeners)
    _tell_of_end(listeners, report)
    _handle_signals(server)
    threading.Thread(target=_obey, args=(line, server), name="pyhttp-life-line", daemon=True).start()
    gc.freeze()  # as `set_aside` of `running` does, for good
    _say(report, READY)
    try:
        server.serve_forever()
    except CannotBegin:
        if not server.closing:  # it had to stop before it began
            raise


def _take_input() -> int:
    """The descriptor of standard input, moved away from handlers and from the programs that they start."""
    line = os.dup(0)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    return line


def _share(listeners: Sequence[SharedListener], memory: int, seat: int) -> None:
    if memory == NONE:
        return
    if seat != NONE:
        counts = Counts(memory)
        for each in listeners:
            each.counts, each.seat = counts, seat
    os.close(memory)


def _tell_of_end(listeners: Sequence[SharedListener], report: int) -> None:
    left = len(listeners)

    def closed() -> None:
        nonlocal left
        left -= 1
        if not left:
            _say(report, CLOSED)

    for each in listeners:
        each.on_close = closed


def _say(report: int, word: bytes) -> None:
    # Without a parent no process would read it; the life line has ended, too.
    with contextlib.suppress(OSError):
        os.write(report, word)


def _handle_signals(server: BaseServer) -> None:
    """Handle signals: SIGTERM stops this process; SIGINT and SIGHUP, which a terminal sends to all, are for the parent.

    They are handled, not ignored: a script would ignore them, too. Signals that were ignored from the start stay so.
    """

    def pass_over(number: int, frame: FrameType | None) -> None:
        pass

    def stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the signature of a signal handler
        server.leave()  # its place will be taken, as if the parent had asked it to leave

    for number in (signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, pass_over)
    signal.signal(signal.SIGTERM, stop)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)


def _obey(line: int, server: BaseServer) -> None:
    """Carry out the parent's words; stop when the parent has gone."""
    while word := os.read(line, 1):
        if word == LEAVE:
            server.leave()
        elif word == STOP:  # `close` waits, and a further word may follow
            threading.Thread(target=server.close, name="pyhttp-close", daemon=True).start()
        elif word == END:
            try:
                server.scripts.end_at_once()
            finally:
                os._exit(1)
    os.close(line)
    server.close()
