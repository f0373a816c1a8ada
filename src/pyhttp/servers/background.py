"""A base for objects that serve once, on one thread at a time, and on a thread of their own in a `with` block."""

import threading
from typing import Self

__all__ = ["CannotBegin", "InBackground"]


class CannotBegin(RuntimeError):
    """The server is serving already, or has been closed."""

    def __init__(self) -> None:
        super().__init__("the server is serving already, or has been closed")


class InBackground:
    """The state of the thread that serves, and of the end. A subclass serves, and closes."""

    def __init__(self) -> None:
        self._state = threading.RLock()  # a signal handler may close while its own thread is just starting
        self._runner: threading.Thread | None = None
        self._ended = threading.Event()

    def serve_forever(self) -> None:
        """Serve until `close`."""
        raise NotImplementedError

    def close(self) -> None:
        """End the serving, and wait for its end, unless this is the thread that serves."""
        raise NotImplementedError

    def _begin(self) -> None:
        """Note that this thread serves from now on.

        Raises:
            CannotBegin: Another thread serves, or the object has been closed.
        """
        with self._state:
            if self._runner not in {None, threading.current_thread()} or self._ended.is_set():
                raise CannotBegin
            self._runner = threading.current_thread()

    def _inside(self) -> bool:
        """Whether the end of the server has to wait for the calling thread."""
        return threading.current_thread() is self._runner

    def __enter__(self) -> Self:
        """Serve in a thread of its own; raises RuntimeError where the server serves already, or has been closed."""
        thread = threading.Thread(target=self.serve_forever, name="pyhttp-server", daemon=True)
        with self._state:
            if self._runner is not None or self._ended.is_set():
                raise CannotBegin
            thread.start()  # it waits for the lock before it serves
            self._runner = thread
        return self

    def __exit__(self, *exc_info: object) -> None:
        """Close, and wait for the thread."""
        self.close()
        if not self._inside() and self._runner is not None and self._ended.is_set():
            self._runner.join()
