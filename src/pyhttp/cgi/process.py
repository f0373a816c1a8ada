"""RFC 3875 §7.2, §3.4: a script as a group of processes: only this module starts, ends and reaps it.

It is started by vfork and exec: `subprocess` does so as long as no Python code has to run between the two. So no copy
of an interpreter with threads ever runs (safety line C9).
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
"""Failures to start that come from the present state of the machine, not from the script."""

_LOOK: Final = 0.02
"""Seconds between two looks at a group whose leader has gone: the system does not report the end of a grandchild."""

_REAP: Final = 5.0
"""Seconds to wait for a process that got SIGKILL. It dies at once, except in a system call on a failing disk."""


class Process:
    """A started script: the leader of a process group of its own (3875-9.5-1b), in the directory of its file.

    Its standard input is `stdin`, its output and errors are pipes; it has no other descriptor. Signals are at their
    defaults, except for those that the server was started to ignore (nohup). It may open as many descriptors as the
    server could at its own start.

    Args:
        command: The absolute path, and further arguments; no part of the request (safety line C1): no word of a
            query is an argument (3875-4.4-1c, 3875-4.4-4a).
        directory: The working directory (3875-7.2-4a).
        environment: The whole environment.
        stdin: A descriptor; None for an empty input.
        scripts: The scripts of the server; its `forget` is called when this one has been reaped.

    Attributes:
        output: The descriptor from which its output is read (3875-5.2-1a); non-blocking.
        errors: The same for its standard error.
        exit: A descriptor that becomes readable when the leader has ended; None where the system has no such
            descriptors.

    Raises:
        InternalError: The script cannot be started (safety lines C8, C15).
        Unavailable: The script cannot be started now.
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
        self._lock = threading.RLock()  # a signal handler may destroy the group that its own thread is just ending
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
        """The exit status of the leader, as in `subprocess`: negative for a signal; None while it runs."""
        return self._popen.poll()

    def wait(self, seconds: float) -> None:
        """Wait for the leader to end, at most for this time."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._popen.wait(seconds)

    def terminate(self) -> None:
        """Send SIGTERM to the group, without waiting."""
        self._signal(signal.SIGTERM)

    def close(self, patience: float = 0.0, *, released: bool = False) -> None:
        """Close the pipes, and end the rest of the run; harmless when called twice. Only the owner calls it.

        Of a run whose leader has ended, only processes that hold its output or its errors are still part. Others have
        left it, in its group or not: a background job may be about to make itself a session, and must not be hit
        before.

        The call never waits: a thread waits for a run that does not end at once, and sends SIGKILL in the end.

        Args:
            patience: Seconds in which the run may still end by itself, before its group gets SIGTERM.
            released: Whether both pipes have been read to their end, so that no process holds them.
        """
        if self._ending:
            return
        self._ending = True
        if self.exit is not None:
            os.close(self.exit)
        ended = self._popen.poll() is not None
        if not ended:  # then its further output is not needed
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
        except RuntimeError:  # no thread can be started: this one waits, without patience
            self._signal(signal.SIGTERM)
            self._bury(0.0, held)

    def destroy(self) -> None:
        """Send SIGKILL to the group, without waiting."""
        self._signal(signal.SIGKILL)

    def kill(self) -> None:
        """Send SIGKILL to the group, and reap its leader."""
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
        # The pipes close only now: a script that reports while it tidies up must not die of a broken pipe.
        self._forget(held)

    def _ends_by_itself(self, seconds: float, held: tuple[int, ...]) -> bool:
        """Wait, at most for this time, until the leader has ended and no process holds these pipes."""
        until = time.monotonic() + seconds
        self.wait(seconds)
        return self.ended() is not None and all(_released(pipe, until - time.monotonic()) for pipe in held)

    def _forget(self, pipes: tuple[int, ...] = ()) -> None:
        """Note that the run is over: its group gets no further signal, whatever processes are in it."""
        with self._lock:
            self._gone = True
        for pipe in pipes:
            os.close(pipe)
        self._scripts.forget(self)

    def _signal(self, number: int) -> bool:
        """Send a signal to the group; False when no process is left in it.

        The number of a group is not used again while a process is in it, nor soon after: the kernel uses all other
        numbers first. An empty group gets no further signal.
        """
        with self._lock:
            if not self._gone:
                try:
                    os.killpg(self._popen.pid, number)
                except ProcessLookupError:
                    self._gone = True
                except PermissionError:
                    pass  # a process is there that has changed its user
            return not self._gone


def _pipe(opened: list[int]) -> tuple[int, int]:
    """Our end of a new pipe, non-blocking, and the script's end."""
    ours, theirs = os.pipe()
    opened += ours, theirs
    os.set_blocking(ours, False)
    return ours, theirs


def _released(pipe: int, seconds: float) -> bool:
    """Wait, at most for this time, until no process holds the other end of `pipe`; octets in it do not matter."""
    poll = select.poll()
    poll.register(pipe, 0)
    return bool(poll.poll(max(0.0, seconds) * 1000))


def _exit_descriptor(pid: int) -> int | None:
    """A descriptor that becomes readable when process `pid`, a child not reaped yet, has ended."""
    if not hasattr(os, "pidfd_open"):
        return None
    try:
        return os.pidfd_open(pid)
    except OSError:  # no descriptor is left: only the end of output will show it
        return None


def _not_started(command: tuple[str, ...], error: OSError | ValueError) -> HTTPError:
    detail = why_not(command, error)
    if isinstance(error, OSError) and error.errno in _OF_THE_MOMENT:
        return Unavailable(detail)
    return InternalError(detail)
