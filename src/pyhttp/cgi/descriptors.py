"""The limit of open descriptors (RLIMIT_NOFILE) of scripts, where the server has raised its own.

A limit belongs to a whole process, and a child begins with its parent's. The child itself cannot change it before it
becomes the script. That would take code of ours between fork and exec, for which the whole interpreter would have to be
forked (safety line C9), or one more program to run. So the parent lowers its own limit around the start. Meanwhile only
new descriptors with numbers beyond the lower limit are refused. Where the descriptors in use are not far below it, the
script's limit is set right after its start instead. Then only its first microseconds have the server's limit.
"""

import contextlib
import resource
import threading
from collections.abc import Callable
from typing import Final, Protocol, TypeVar

from pyhttp.cgi.running import Bounds

__all__ = ["started_within"]

_ROOM: Final = 64
"""The number of descriptors that other threads, and the start itself, may open meanwhile."""
_lock: Final = threading.Lock()


class Child(Protocol):
    """A process that was started."""

    pid: int


_C = TypeVar("_C", bound=Child)


def started_within(bounds: Bounds | None, start: Callable[[], _C], *, newest: int) -> _C:
    """Start a child by `start`, so that it has the limit `bounds`.

    Args:
        bounds: The limit; None where the server has its original limit, else the server has raised its own as far as it
            may.
        start: Called once; its exceptions pass through.
        newest: The highest of some descriptors just opened, each of which has the lowest number that was free.
    """
    if bounds is None:
        return start()
    if newest + _ROOM >= bounds[0]:
        child = start()
        with contextlib.suppress(OSError, AttributeError):  # it has ended, has another user, or the call is missing
            resource.prlimit(child.pid, resource.RLIMIT_NOFILE, bounds)
        return child
    with _lock:
        resource.setrlimit(resource.RLIMIT_NOFILE, bounds)
        try:
            return start()
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (bounds[1], bounds[1]))
