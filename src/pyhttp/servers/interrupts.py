"""Signals to a server on the main thread: they are noticed at once, and Ctrl+C stops it without an exception."""

import signal
import threading
from _thread import start_new_thread
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

__all__ = ["interrupts_as", "signals_wake", "stopped_by_signals"]


_NOBODY: Final = -1
"""The number that stands for no descriptor."""


@contextmanager
def signals_wake(waker: int) -> Iterator[None]:
    """Have every signal write an octet to `waker`, whatever thread receives it.

    Signal handlers run on the main thread alone. The system may give a signal to another thread, for instance a second
    one soon after a first. Such a signal would not wake the main thread, which would notice it only at the next event.
    This works only on the main thread, and only where no other code has set such a descriptor.

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

    This works only on the main thread, and only where no other code handles the signal. In the end the block raises a
    KeyboardInterrupt, as it would have without.

    Raises:
        KeyboardInterrupt: SIGINT came.
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


class _Ending:
    """A signal handler of the main thread that ends the process.

    Args:
        end: Called before that, on a thread of its own.

    Attributes:
        begun: Whether a signal has come.
    """

    def __init__(self, end: Callable[[], None]) -> None:
        self._end = end
        self._main = threading.get_ident()
        self._over = False
        self.begun: bool = False

    def __call__(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 - as above
        """Act on a signal, or on one more when all is over."""
        if self._over:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        elif not self.begun:
            self.begun = True
            try:  # not by `threading.Thread`: this thread may hold one of its locks
                start_new_thread(self._finish, (number,))
            except RuntimeError:  # no thread can be started
                self._finish(number)

    def _finish(self, number: int) -> None:
        try:
            self._end()
        finally:
            self._over = True
            signal.pthread_kill(self._main, number)


@contextmanager
def stopped_by_signals(stop: Callable[[], None], end: Callable[[], None]) -> Iterator[bool]:
    """Have the first SIGINT or SIGTERM call `stop`, and a second one `end`, and end the process (safety line L10).

    `end` is called on a thread of its own, so that it may wait for work that this thread is in the middle of.

    It works on the main thread alone. The yielded value says whether SIGINT is one of the signals. It is not where
    SIGINT is ignored, as in jobs that a shell leaves in the background: Ctrl+C is for the job in front.
    """
    by_hand = signal.getsignal(signal.SIGINT) is not signal.SIG_IGN
    numbers = (signal.SIGINT, signal.SIGTERM) if by_hand else (signal.SIGTERM,)
    before = {number: signal.getsignal(number) for number in numbers}
    second = _Ending(end)

    def first(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the signature of a signal handler
        for each in numbers:
            signal.signal(each, second)
        stop()

    for number in numbers:
        signal.signal(number, first)
    try:
        yield by_hand
    finally:
        while second.begun:  # a signal will end this
            signal.pause()
        for number, handler in before.items():
            signal.signal(number, handler)
