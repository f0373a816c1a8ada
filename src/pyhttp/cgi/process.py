"""RFC 3875 §7.2, §3.4: a script as a group of processes: started, ended and reaped here alone.

It is started by vfork and exec: `subprocess` does so as long as it need not run Python between the two, so that no
copy of an interpreter with threads ever runs (safety line C9).
"""

import contextlib
import errno
import os
import select
import signal
import subprocess
import threading
import time
from collections.abc import Mapping
from typing import Final

from pyhttp.cgi.complaint import why_not
from pyhttp.cgi.descriptors import started_within
from pyhttp.cgi.running import RunningScripts
from pyhttp.errors import HTTPError, InternalError, Unavailable

__all__ = ["Process"]

_OF_THE_MOMENT: Final = frozenset({errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE})
"""Failures to start that say something about the machine now, not about the script."""

_LOOK: Final = 0.02
"""Seconds between looks at a group whose leader has gone: the end of a grandchild is announced to nobody."""

_REAP: Final = 5.0
"""Seconds to wait for a process that got SIGKILL. It dies at once, but for one in a system call on a failing disk."""


class Process:
    """A started script: the leader of a process group of its own (3875-9.5-1b), in the directory it lies in.

    Its standard input is what `stdin` says, its output and errors are pipes; it has no other descriptor. Signals are
    at their defaults, but for those that whoever started the server has it ignore (nohup), and it may open as many
    descriptors as the server could when it was started.

    Args:
        command: Absolute path, and further arguments; nothing of the request (safety line C1).
        directory: Where it runs (3875-7.2-4a).
        environment: All of it.
        stdin: A descriptor; None for an input that is empty.
        scripts: Where it is counted; `forget` is called when it has been reaped.

    Attributes:
        output: The descriptor its output is read from (3875-5.2-1a); non-blocking.
        errors: The same for its standard error.
        exit: A descriptor that becomes readable when the leader has ended; None where the system has no such thing.

    Raises:
        InternalError: It cannot be started (safety lines C8, C15).
        Unavailable: It cannot be started now.
    """

    output: int
    errors: int

    def __init__(
        self,
        command: tuple[str, ...],
        *,
        directory: str,
        environment: Mapping[bytes, bytes],
        stdin: int | None,
        scripts: RunningScripts,
    ) -> None:
        self._scripts = scripts
        self._lock = threading.RLock()  # a signal handler may destroy what its own thread is just ending
        self._ending = False
        self._gone = False
        opened: list[int] = []
        try:
            self.output, their_output = _pipe(opened)
            self.errors, their_errors = _pipe(opened)
            self._popen = started_within(
                scripts.descriptors,
                lambda: subprocess.Popen(  # noqa: S603 - no shell, and no word of the request in the command (9110-17.4-3a)
                    command,
                    stdin=subprocess.DEVNULL if stdin is None else stdin,
                    stdout=their_output,
                    stderr=their_errors,
                    cwd=directory,
                    env=environment,
                    process_group=0,
                ),
                newest=max(opened),
            )
        except (OSError, ValueError) as error:  # ValueError: NUL in an environment string (C15)
            for descriptor in opened:
                os.close(descriptor)
            raise _not_started(command, error) from error
        os.close(their_output)
        os.close(their_errors)
        self.exit: int | None = _exit_descriptor(self._popen.pid)

    def ended(self) -> int | None:
        """How the leader ended, as `subprocess` says it: negative for a signal; None while it runs."""
        return self._popen.poll()

    def wait(self, seconds: float) -> None:
        """Wait for the leader to end, so long at most."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._popen.wait(seconds)

    def terminate(self) -> None:
        """SIGTERM to the group; never waits."""
        self._signal(signal.SIGTERM)

    def close(self, patience: float = 0.0, *, released: bool = False) -> None:
        """Close the pipes, and end what is left of the run; harmless when called twice. For the owner alone.

        Of a run whose leader has ended, only those are left who hold its output or its errors. Others have left it, in
        its group or not: a job in the background may be about to make itself a session, and must not be hit before.

        It never waits: what does not end at once is waited for by a thread, which sends SIGKILL in the end.

        Args:
            patience: Seconds in which the run may still end by itself, before its group gets SIGTERM.
            released: Whether both pipes have been read to their end, so that nobody holds them.
        """
        if self._ending:
            return
        self._ending = True
        if self.exit is not None:
            os.close(self.exit)
        ended = self._popen.poll() is not None
        if not ended:  # then it is not waited for what it has to say
            os.close(self.output)
        held = (self.output, self.errors) if ended else (self.errors,)
        if ended and (released or not (patience or self._signal(signal.SIGTERM))):
            self._forget(held)
            return
        if not (patience or ended):
            self._signal(signal.SIGTERM)
        try:
            name = f"pyhttp-bury-{self._popen.pid}"
            threading.Thread(target=self._bury, args=(patience, held), name=name).start()
        except RuntimeError:  # no more threads to be had: then this one waits, without patience
            self._signal(signal.SIGTERM)
            self._bury(0.0, held)

    def destroy(self) -> None:
        """SIGKILL to the group; never waits."""
        self._signal(signal.SIGKILL)

    def kill(self) -> None:
        """SIGKILL to the group, and reap its leader."""
        self.destroy()
        self.wait(_REAP)
        self._forget()

    def _bury(self, patience: float, held: tuple[int, ...]) -> None:
        """Wait for the end of a run, by itself or by SIGTERM, then kill it."""
        if not (patience and self._ends_by_itself(patience, held)):
            self._signal(signal.SIGTERM)
            deadline = time.monotonic() + self._scripts.timeouts.script_kill
            self.wait(self._scripts.timeouts.script_kill)
            while self._signal(0) and time.monotonic() < deadline:
                time.sleep(_LOOK)
            self.kill()
        # Not before: a script that tidies up and says so must not die of a broken pipe in the middle of it.
        self._forget(held)

    def _ends_by_itself(self, seconds: float, held: tuple[int, ...]) -> bool:
        """Wait so long at most until the leader has ended, and nobody holds these pipes any more."""
        until = time.monotonic() + seconds
        self.wait(seconds)
        return self.ended() is not None and all(_released(pipe, until - time.monotonic()) for pipe in held)

    def _forget(self, pipes: tuple[int, ...] = ()) -> None:
        """The run is over: its group is signalled no more, whoever may be in it."""
        with self._lock:
            self._gone = True
        for pipe in pipes:
            os.close(pipe)
        self._scripts.forget(self)

    def _signal(self, number: int) -> bool:
        """Send a signal to the group; False when nobody is left in it.

        A group's number cannot be given out again while anybody is in it, nor soon after: the kernel goes through all
        others first. Once it was seen empty it is left alone.
        """
        with self._lock:
            if not self._gone:
                try:
                    os.killpg(self._popen.pid, number)
                except ProcessLookupError:
                    self._gone = True
                except PermissionError:
                    pass  # somebody is there who has made himself another user's
            return not self._gone


def _pipe(opened: list[int]) -> tuple[int, int]:
    """Our end, non-blocking, and the script's."""
    ours, theirs = os.pipe()
    opened += ours, theirs
    os.set_blocking(ours, False)
    return ours, theirs


def _released(pipe: int, seconds: float) -> bool:
    """Wait so long at most until nobody holds the other end of `pipe`, whatever may be in it."""
    poll = select.poll()
    poll.register(pipe, 0)
    return bool(poll.poll(max(0.0, seconds) * 1000))


def _exit_descriptor(pid: int) -> int | None:
    """A descriptor that becomes readable when process `pid`, a child not reaped yet, has ended."""
    if not hasattr(os, "pidfd_open"):
        return None
    try:
        return os.pidfd_open(pid)
    except OSError:  # no descriptor left: then only the end of its output tells
        return None


def _not_started(command: tuple[str, ...], error: OSError | ValueError) -> HTTPError:
    detail = why_not(command, error)
    if isinstance(error, OSError) and error.errno in _OF_THE_MOMENT:
        return Unavailable(detail)
    return InternalError(detail)
