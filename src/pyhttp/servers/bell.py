"""A signal that wakes one thread of a pool."""

import contextlib
import threading

__all__ = ["Bell"]


class Bell:
    """A bell for one thread, made of a lock: `threading.Event` runs Python code, which would delay the leader."""

    def __init__(self) -> None:
        self._silent = threading.Lock()
        self._silent.acquire()

    def ring(self) -> None:
        """End a wait, the present or the next one; from any thread."""
        # A further ring before the wait has ended changes nothing.
        with contextlib.suppress(RuntimeError):
            self._silent.release()

    def wait(self, seconds: float = -1) -> bool:
        """Wait; True when the bell rings, False after `seconds` (-1: no end)."""
        return self._silent.acquire(timeout=seconds)
