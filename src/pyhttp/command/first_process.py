"""The command as the first process of a container: a parent that reaps orphans, and the server as its child.

The system gives every orphan to the first process of its container, for instance jobs that scripts have left behind. A
dead orphan stays until the first process asks for its status. Besides, a signal that the first process does not handle
has no effect, so that it could not end itself by one (safety line L10). A server that is not the first process has
neither problem; only the server waits for the processes that it has started.
"""

import os
import signal
from typing import Final

__all__ = ["FIRST", "stand_in"]

FIRST: Final = 1
"""The process id of the first process."""

_PASSED_ON: Final = frozenset({signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM})
_BY_THE_SYSTEM: Final = 0x80
"""SI_KERNEL as the origin of a signal: a terminal has sent the signal, and has sent it to the child as well."""


def stand_in() -> int | None:
    """Go on in a child, and be its parent until it ends: pass signals on to it, and reap orphans.

    It has to be called before any thread is started.

    Returns:
        None in the child; in the parent, after the child's end, the exit code to end with.
    """
    awaited = {*_PASSED_ON, signal.SIGCHLD}
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # if it were ignored, there would be no status to ask for
    before = signal.pthread_sigmask(signal.SIG_BLOCK, awaited)
    child = os.fork()
    if child == 0:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if os.environ.get("LISTEN_PID") == str(FIRST):
            os.environ["LISTEN_PID"] = str(os.getpid())  # sockets that were passed on are for the server
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
    """Reap all ended processes; returns the exit code to end with if `child` is one of them."""
    while True:
        process, status = os.waitpid(-1, os.WNOHANG)
        if process == child:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code  # as shells do for a signal
        if process == 0:
            return None
