"""Ctrl+C on a server on the main thread: a wish to stop, not an exception in the middle of whatever it does."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["interrupts_as"]


@contextmanager
def interrupts_as(stop: Callable[[], None], end: Callable[[], None]) -> Iterator[None]:
    """Have the first SIGINT call `stop`, and a second one `end`, and raise KeyboardInterrupt at once.

    Only on the main thread, and only where nobody else has asked for the signal. A KeyboardInterrupt comes out of the
    block in the end, as it would have without.

    Raises:
        KeyboardInterrupt: A SIGINT came.
    """
    if (
        threading.current_thread() is not threading.main_thread()
        or signal.getsignal(signal.SIGINT) is not signal.default_int_handler
    ):
        yield
        return
    interrupted = False

    def interrupt(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the signature of a signal handler
        nonlocal interrupted
        if interrupted:
            end()
            raise KeyboardInterrupt
        interrupted = True
        stop()

    signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if interrupted:
        raise KeyboardInterrupt
