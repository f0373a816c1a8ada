"""RFC 9110 §6.4: content that other threads write while the loop sends it, such as an event stream.

A feed has no descriptor and no thread. The thread that serves the connection leaves a call, and the thread that writes
makes this call. Then the connection is looked at as if it had an event.
"""

import threading
from collections.abc import Callable
from typing import Final, Literal

from pyhttp.arguments import check_type
from pyhttp.errors import Disconnected, Misuse
from pyhttp.messages import check_item

__all__ = ["Call", "Feed", "FeedContent", "FeedEnd"]

FeedEnd = Literal["closed", "left", "too slow", "stopped", "unsent"]
"""The reason why a feed takes no more octets."""

Call = Callable[[int], object]
"""A function that has the connection with a serial number looked at soon; from any thread, without waiting."""

_AT_ONCE: Final = 64 * 1024
"""The largest number of octets handed over in one piece."""
_LIMIT: Final = 256 * 1024
"""The system itself buffers some MiB for a client; beside that this is much: hundreds of events."""


class Feed:
    """Content that any thread writes while it is sent, as the body of one Response.

    An open feed costs its connection's descriptor and no thread. It ends when `close` is called, when its client leaves
    or does not read, and when the server stops. After `close` and after a stop the octets taken are still sent. It is
    safe for use from several threads, though not from a signal handler.

    Args:
        limit: The largest number of octets taken and not yet sent. Where more would have to be kept, the client is
            dropped.

    Raises:
        TypeError, ValueError: `limit` is no int, or not positive.
    """

    __slots__ = ("__weakref__", "_content")

    def __init__(self, *, limit: int = _LIMIT) -> None:
        check_type("limit", limit, int)
        if limit < 1:
            raise ValueError(f"limit: at least 1, not {limit}")
        self._content = FeedContent(limit)

    @property
    def closed(self) -> FeedEnd | None:
        """The reason why no more octets are taken; None as long as they are.

        "closed": `close` was called. "left": the client has left. "too slow": it does not read, by `limit` or by
        `Timeouts.send`. "stopped": the server stops. "unsent": the content is not needed, since the request was a HEAD,
        or another answer was given.
        """
        return self._content.closed

    def send(self, data: bytes) -> bool:
        """Send `data` as soon as there is a response and its client takes it; never waits.

        Returns:
            Whether `data` was taken; False once no more is taken, for the reason `closed`.

        Raises:
            TypeError: `data` is not bytes.
            ValueError: `data` is longer than the limit.
        """
        check_item(data)
        if len(data) > self._content.limit:
            raise ValueError(f"data: {len(data)} octets, and the limit of the feed is {self._content.limit}")
        return self._content.put(data)

    def close(self) -> None:
        """End the content behind all octets taken. Harmless when called twice, from any thread."""
        self._content.end("closed")

    # --- for the sender of the Response

    def reader(self) -> "FeedContent":
        """The source of the content, for the sender, once; the reader has to close it.

        Raises:
            Misuse: The content has a reader already.
        """
        self._content.begin()
        return self._content

    def discard(self) -> None:
        """Note that its Response has gone: without a reader by now, it will have none."""
        self._content.discard()


class FeedContent:
    """A `pyhttp.messages.Source`: the content of one feed, which is written at one end and read at the other.

    Args:
        limit: As for `Feed`.

    Attributes:
        limit: The same limit.
        closed: As for `Feed`.
    """

    __slots__ = ("_begun", "_behind", "_call", "_lock", "_read", "_serial", "_taken", "_unread", "closed", "limit")

    def __init__(self, limit: int) -> None:
        self.limit: int = limit
        self.closed: FeedEnd | None = None
        self._lock = threading.Lock()
        self._unread = bytearray()
        self._taken = 0  # octets of the last piece read, which may not have left yet
        self._begun = False
        self._read = False
        self._call: Call | None = None
        self._serial = 0
        self._behind = False

    # --- for the writers

    def put(self, data: bytes) -> bool:
        """Take `data`; False once no more is taken."""
        with self._lock:
            if self.closed is not None:
                return False
            if len(self._unread) + self._taken + len(data) <= self.limit:
                self._unread += data
                taken, call = True, None if self._behind or not data else self._pick_call()
            else:
                self.closed = "too slow"
                self._unread.clear()
                taken, call = False, self._pick_call()
        if call is not None:
            call(self._serial)
        return taken

    def end(self, reason: FeedEnd) -> None:
        """Take no more; octets taken before can still be read."""
        with self._lock:
            if self.closed is not None:
                return
            self.closed = reason
            call = None if self._behind else self._pick_call()
        if call is not None:
            call(self._serial)

    def _pick_call(self) -> Call | None:
        """Take the reader's call, once, under the lock; it is made after the lock, since it may be heard at once."""
        call, self._call = self._call, None
        return call

    # --- for the reader

    def begin(self) -> None:
        """Note that there is a reader now.

        Raises:
            Misuse: There is one already.
        """
        with self._lock:
            if self._begun:
                raise Misuse("a Feed is the body of one response; it was given to a second one")
            self._begun = True

    def discard(self) -> None:
        """Note that there will be no reader, unless there is one."""
        if not self._begun:
            self.close()

    def watched(self) -> tuple[int, ...]:
        """No descriptor: see `listen`."""
        return ()

    def due(self) -> float:
        """Never: the writer decides the time."""
        return float("inf")

    def listen(self, call: Call, serial: int, *, behind: bool) -> None:
        """Have `call` called with `serial`, once, when there is something to read; now if there is already.

        Args:
            call: A function that may be called from any thread.
            serial: The argument of the call.
            behind: Whether the client has yet to take octets read before: then the call is only for its being dropped.
        """
        with self._lock:
            if not behind:
                self._taken = 0
            heard = self.closed == "too slow" if behind else bool(self._unread or self.closed)
            if not heard:
                self._call, self._serial, self._behind = call, serial, behind
        if heard:
            call(serial)

    def read(self) -> bytes | None:
        """The next octets, once those before have been sent; None where there are none now, ``b""`` at the end.

        Raises:
            Disconnected: The client is to be dropped, since too much had to be kept for it.
        """
        with self._lock:
            self._read = True
            if self.closed == "too slow":
                raise Disconnected("the client does not take the octets of its feed")
            data = bytes(self._unread[:_AT_ONCE])
            del self._unread[:_AT_ONCE]
            self._taken = len(data)
            return data if data or self.closed else None

    def close(self) -> None:
        """Note that the reader stops: the client has left, unless `closed` is set; harmless when called twice."""
        with self._lock:
            if self.closed is None:
                self.closed = "left" if self._read else "unsent"
            self._unread.clear()
            self._call = None
