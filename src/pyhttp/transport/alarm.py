"""What ends a wait from outside: a descriptor that a thread, a signal handler or a signal makes readable."""

import contextlib
import select
import socket

__all__ = ["Alarm"]


class Alarm:
    """A socket pair whose one end becomes readable; not an eventfd, which `signal.set_wakeup_fd` does not take.

    Attributes:
        descriptor: It is readable once the alarm has been rung, until it is silenced.
        waker: An octet that is written to it rings the alarm.
    """

    __slots__ = ("_receiver", "_sender", "descriptor", "waker")

    def __init__(self) -> None:
        self._receiver, self._sender = socket.socketpair()
        self._receiver.setblocking(False)
        self._sender.setblocking(False)
        self.descriptor: int = self._receiver.fileno()
        self.waker: int = self._sender.fileno()

    def ring(self) -> None:
        """Ring; from anywhere, and after `close` in vain."""
        # A full buffer wakes as well as a further byte; after close there is nobody to wake.
        with contextlib.suppress(OSError):
            self._sender.send(b"\0")

    def wait(self, seconds: float | None = None) -> None:
        """Wait until it rings, or has rung, and silence it; for `seconds` at most (None: no end)."""
        poll = select.poll()
        poll.register(self.descriptor, select.POLLIN)
        poll.poll(None if seconds is None else seconds * 1000)
        self.silence()

    def silence(self) -> None:
        """Have it wait for the next ring."""
        # Nothing left to read is what this loop is for.
        with contextlib.suppress(BlockingIOError):
            while self._receiver.recv(4096):
                pass

    def close(self) -> None:
        """Release the descriptors."""
        self._receiver.close()
        self._sender.close()
