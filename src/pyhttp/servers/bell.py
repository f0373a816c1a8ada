"""What wakes one thread of a pool."""

import contextlib
import threading

__all__ = ["Bell"]


class Bell:
    """Wakes one thread, by a lock alone: a `threading.Event` runs Python code, and the leader waits for that."""

    def __init__(self) -> None:
        self._silent = threading.Lock()
        self._silent.acquire()

    def ring(self) -> None:
        """End a wait, present or next; from any thread."""
        # A further ring before the wait has ended says nothing new.
        with contextlib.suppress(RuntimeError):
            self._silent.release()

    def wait(self, seconds: float = -1) -> bool:
        """True when it rings, False after `seconds` (-1: no end)."""
        return self._silent.acquire(timeout=seconds)
