"""Signals to a server on the main thread: they are noticed at once, and Ctrl+C is a wish to stop, not an exception."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

__all__ = ["interrupts_as", "signals_wake", "stopped_by_signals"]


_NOBODY: Final = -1
"""What stands for no descriptor."""


@contextmanager
def signals_wake(waker: int) -> Iterator[None]:
    """Have every signal write an octet to `waker`, whichever thread it comes to.

    Signal handlers run on the main thread alone. A signal that the system gives to another thread, a second one behind
    a first say, would not wake that, and be lost until something else does. Only on the main thread, and only where
    nobody else has asked for the like.

    Args:
        waker: A non-blocking descriptor that ends the wait of the main thread.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    if before != _NOBODY:
        signal.set_wakeup_fd(before)
    try:
        yield
    finally:
        if before == _NOBODY:
            signal.set_wakeup_fd(_NOBODY)


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


@contextmanager
def stopped_by_signals(stop: Callable[[], None], end: Callable[[], None]) -> Iterator[bool]:
    """Have the first SIGINT or SIGTERM call `stop`, and a second one `end`, and end the process (safety line L10).

    On the main thread alone. What yields is whether SIGINT is one of them: it is not where it is ignored, as in the
    jobs that a shell leaves in the background, since Ctrl+C is for the job in front.
    """
    by_hand = signal.getsignal(signal.SIGINT) is not signal.SIG_IGN
    numbers = (signal.SIGINT, signal.SIGTERM) if by_hand else (signal.SIGTERM,)
    before = {number: signal.getsignal(number) for number in numbers}

    def first(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the signature of a signal handler
        for each in numbers:
            signal.signal(each, second)
        stop()

    def second(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        end()
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)

    for number in numbers:
        signal.signal(number, first)
    try:
        yield by_hand
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
