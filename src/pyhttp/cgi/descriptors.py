"""The limit of open descriptors (RLIMIT_NOFILE) that scripts start with, where the server has raised its own.

A limit belongs to a whole process, and a child begins with its parent's. The child itself cannot change it before it
becomes the script: that takes code of ours between fork and exec, for which the interpreter would have to be forked
whole (safety line C9), or one more program to be run. So the parent lowers its own around the start. Meanwhile only new
descriptors with numbers beyond the lower limit are refused; where those in use are not far below it, the script's limit
is set right after its start instead, and only its first microseconds see the server's.
"""

import contextlib
import resource
import threading
from collections.abc import Callable
from typing import Final, Protocol, TypeVar

from pyhttp.cgi.running import Bounds

__all__ = ["started_within"]

_ROOM: Final = 64
"""Descriptors that other threads, and the start itself, may open meanwhile."""
_lock: Final = threading.Lock()


class Child(Protocol):
    """A process that has been started."""

    pid: int


_C = TypeVar("_C", bound=Child)


def started_within(bounds: Bounds | None, start: Callable[[], _C], *, newest: int) -> _C:
    """Start a child by `start`, so that it has the limit `bounds`.

    Args:
        bounds: None where the server's own is as it was; else that has been raised as far as it may be.
        start: Called once; what it raises goes through.
        newest: The highest of some descriptors just opened, each of which has the lowest number that was free.
    """
    if bounds is None:
        return start()
    if newest + _ROOM >= bounds[0]:
        child = start()
        with contextlib.suppress(OSError, AttributeError):  # it has ended, has another user; a system without this call
            resource.prlimit(child.pid, resource.RLIMIT_NOFILE, bounds)
        return child
    with _lock:
        resource.setrlimit(resource.RLIMIT_NOFILE, bounds)
        try:
            return start()
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (bounds[1], bounds[1]))
