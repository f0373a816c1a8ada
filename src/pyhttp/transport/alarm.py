"""An end for a wait: a descriptor that a thread, a signal handler or a signal makes readable."""

import contextlib
import select
import socket

__all__ = ["Alarm"]


class Alarm:
    """A socket pair whose one end becomes readable; `signal.set_wakeup_fd` does not take an eventfd.

    Attributes:
        descriptor: A descriptor that is readable from a ring until `silence`.
        waker: A descriptor; an octet written to it rings the alarm.
    """

    __slots__ = ("_receiver", "_sender", "descriptor", "waker")

    def __init__(self) -> None:
        self._receiver, self._sender = socket.socketpair()
        self._receiver.setblocking(False)
        self._sender.setblocking(False)
        self.descriptor: int = self._receiver.fileno()
        self.waker: int = self._sender.fileno()

    def ring(self) -> None:
        """Ring the alarm, from any thread or signal handler; after `close` this does nothing."""
        # A full buffer wakes like one more byte; after `close` no thread waits.
        with contextlib.suppress(OSError):
            self._sender.send(b"\0")

    def wait(self, seconds: float | None = None) -> None:
        """Wait until the alarm rings, or has rung, and silence it; at most `seconds` (None: no end)."""
        poll = select.poll()
        poll.register(self.descriptor, select.POLLIN)
        poll.poll(None if seconds is None else seconds * 1000)
        self.silence()

    def silence(self) -> None:
        """Make the alarm wait for the next ring."""
        # The loop ends when no octet is left to read.
        with contextlib.suppress(BlockingIOError):
            while self._receiver.recv(4096):
                pass

    def close(self) -> None:
        """Release the descriptors."""
        self._receiver.close()
        self._sender.close()
