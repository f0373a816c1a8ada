"""The command as the first process of a container: a parent that reaps orphans, and the server as its child.

The system gives every orphan to the first process of its container, jobs that scripts have left behind among them, and
a dead one stays until that asks for it. Besides, a signal that the first process does not handle does nothing, so that
it could not end itself by one (safety line L10). A server that is not the first process knows neither trouble; nobody
else than it waits for the processes that it has started.
"""

import os
import signal
from typing import Final

__all__ = ["FIRST", "stand_in"]

FIRST: Final = 1
"""The process id of the first process."""

_PASSED_ON: Final = frozenset({signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM})
_BY_THE_SYSTEM: Final = 0x80
"""SI_KERNEL, as the origin of a signal: a terminal has sent it, to the child as well."""


def stand_in() -> int | None:
    """Go on in a child, and be its parent to its end: signals are passed on to it, and orphans reaped.

    To be called before any thread is started.

    Returns:
        None in the child; in the parent, when that has ended, the exit code to end with.
    """
    awaited = {*_PASSED_ON, signal.SIGCHLD}
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # ignored, it would leave nothing to ask for
    before = signal.pthread_sigmask(signal.SIG_BLOCK, awaited)
    child = os.fork()
    if child == 0:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if os.environ.get("LISTEN_PID") == str(FIRST):
            os.environ["LISTEN_PID"] = str(os.getpid())  # sockets that were passed on are the server's
        return None
    while True:
        told = signal.sigwaitinfo(awaited)
        if told.si_signo == signal.SIGCHLD:
            code = _reap(child)
            if code is not None:
                return code
        elif told.si_code != _BY_THE_SYSTEM:
            os.kill(child, told.si_signo)


def _reap(child: int) -> int | None:
    """Ask for all that have ended; the exit code to end with where `child` is one of them."""
    while True:
        process, status = os.waitpid(-1, os.WNOHANG)
        if process == child:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code  # as shells say it of a signal
        if process == 0:
            return None
