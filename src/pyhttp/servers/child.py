"""What each process of a `ProcessServer` runs: a server, which obeys the process that has started it."""

import contextlib
import os
import pickle
import signal
import sys
import threading
from collections.abc import Sequence
from types import FrameType
from typing import BinaryIO, Final

from pyhttp.servers.base import BaseServer
from pyhttp.servers.plan import Plan
from pyhttp.transport.inherited import listener_of
from pyhttp.transport.shared import NONE, Counts, SharedListener

__all__ = ["CLOSED", "END", "LEAVE", "READY", "SIGNALS", "STOP", "work"]

READY: Final = b"R"
"""Said by the child: it serves."""
CLOSED: Final = b"C"
"""Said by the child: it lets nobody in any more."""
LEAVE: Final = b"L"
"""Said to the child: another one has taken its place."""
STOP: Final = b"S"
"""Said to the child: stop as a server does that is closed."""
END: Final = b"E"
"""Said to the child: end at once, and the scripts, too."""
SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""What the parent has blocked when it starts a child, until that has handlers for them."""


def work(source: BinaryIO) -> None:
    """Serve until the parent says otherwise, or is no more.

    The arguments of the process are numbers: the pipe to the parent, the memory that it shares with others, its seat
    there, and the listeners. Standard input has what the parent says; its end is that of the parent.

    Args:
        source: Of the plan; closed here.
    """
    report, memory, seat, *descriptors = map(int, sys.argv[1:])
    os.set_inheritable(report, False)
    line = _take_input()
    with source:
        plan: Plan = pickle.load(source)  # noqa: S301 - it is our own parent's
    listeners = [SharedListener(fileno=listener_of(each).detach()) for each in descriptors]
    _share(listeners, memory, seat)
    server = plan.server(listeners)
    _tell_of_end(listeners, report)
    _handle_signals(server)
    threading.Thread(target=_obey, args=(line, server), name="pyhttp-life-line", daemon=True).start()
    _say(report, READY)
    try:
        server.serve_forever()
    except RuntimeError:
        if not server.closing:  # it was to stop before it began
            raise


def _take_input() -> int:
    """The descriptor of standard input, out of the way of handlers and of the programs that they start."""
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
    # Without a parent there is nobody to tell; the life line has ended, too.
    with contextlib.suppress(OSError):
        os.write(report, word)


def _handle_signals(server: BaseServer) -> None:
    """SIGTERM stops this process alone; SIGINT and SIGHUP, which a terminal sends to all, are for the parent.

    They are handled and not ignored: what is ignored stays so in scripts. What was ignored from the start stays so.
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
    """Do what the parent says; stop as well when there is no parent any more."""
    while word := os.read(line, 1):
        if word == LEAVE:
            server.leave()
        elif word == STOP:  # which waits: a further word may follow
            threading.Thread(target=server.close, name="pyhttp-close", daemon=True).start()
        elif word == END:
            try:
                server.scripts.end_at_once()
            finally:
                os._exit(1)
    os.close(line)
    server.close()
