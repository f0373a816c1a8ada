"""Connections without a loop, with bodies and awaited things that tests control."""

import contextlib
import os
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, Self

from pyhttp.limits import Limits, Timeouts
from pyhttp.messages import RequestHead
from pyhttp.transport.client import Connection
from pyhttp.transport.exchange import Exchange
from pyhttp.transport.poller import READ, wait_until_ready
from pyhttp.transport.spool import Budget
from pyhttp.transport.stream import Piece
from tests.helpers.sockets import Pair

__all__ = [
    "FakeSetting",
    "FakeStream",
    "Items",
    "Met",
    "Opened",
    "Tap",
    "Then",
    "Waited",
    "met",
    "read_now",
    "reset",
    "tcp_pair",
]


@contextlib.contextmanager
def tcp_pair() -> Iterator[Pair]:
    """Two ends of a TCP connection. Our end does not block, and the peer's end waits ten seconds at most."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        theirs = socket.create_connection(listener.getsockname())
        ours, _ = listener.accept()
    ours.setblocking(False)
    theirs.settimeout(10)
    with ours, theirs:
        yield ours, theirs


def reset(sock: socket.socket) -> None:
    """Reset the connection."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def read_now(sock: socket.socket) -> bytes:
    """The octets that have come. This does not wait for more."""
    data = b""
    while wait_until_ready(sock.fileno(), READ, 0) and (piece := sock.recv(1 << 20)):
        data += piece
    return data


class FakeStream:
    """A client that takes as many octets at once as a test tells it.

    Attributes:
        taking: Octets that each call takes, in turn. A 0 is a socket that is full, and so is the end of the list.
        written: The octets that were taken.
        left: The value of `untaken`.
        stride: The value of `step`.
        gone: The value of `departed`.
    """

    secure: Final = False
    wanted: Final = 0

    def __init__(self, taking: Iterable[int] = ()) -> None:
        self.taking = list(taking)
        self.written = b""
        self.left = 0
        self.stride = 0
        self.gone = False

    def _room(self) -> int:
        room = self.taking.pop(0) if self.taking else 0
        if not room:
            raise BlockingIOError
        return room

    def read(self, most: int) -> bytes:
        raise BlockingIOError

    def read_into(self, buffer: memoryview) -> int:
        raise BlockingIOError

    def peek(self, most: int) -> bytes:
        raise BlockingIOError

    def skip(self, count: int) -> None:
        """Do nothing."""

    def write(self, pieces: Sequence[Piece]) -> int:
        data = b"".join(pieces)[: self._room()]
        self.written += data
        return len(data)

    def write_kept(self, data: bytes) -> int:
        return self.write((data,))

    def push(self) -> None:
        """Do nothing."""

    def write_file(self, descriptor: int, offset: int, count: int) -> int:
        data = os.pread(descriptor, min(count, self._room()), offset)
        self.written += data
        return len(data)

    def untaken(self) -> int:
        return self.left

    def step(self) -> int:
        return self.stride

    def departed(self) -> bool:
        return self.gone

    def half_closed(self) -> bool:
        return False

    def begin(self) -> Self:
        return self

    def finish(self) -> bool:
        return True

    def cut(self, *, silently: bool = False) -> None:
        self.gone = True

    def close(self, *, reset: bool, partial: bool = False) -> None:
        self.gone = True


class FakeSetting:
    """A server as a connection sees it.

    Attributes:
        blocked: The number of times that a handler was about to wait.
        script: A function that is called then.
    """

    def __init__(self, limits: Limits | None = None, timeouts: Timeouts | None = None) -> None:
        self.limits = limits or Limits()
        self.timeouts = timeouts or Timeouts()
        self.budget = Budget(self.limits.spool)
        self.closing = False
        self.blocked = 0
        self.script: Callable[[], object] | None = None

    def about_to_block(self) -> None:
        self.blocked += 1
        if self.script is not None:
            self.script()


class Met:
    """A connection that no loop keeps, its client, and its setting."""

    def __init__(self, conn: Connection, peer: socket.socket, setting: FakeSetting) -> None:
        self.conn = conn
        self.peer = peer
        self.setting = setting

    def begin(self, sent: bytes) -> Exchange:
        """Let the client send a request, and let its exchange begin. Content is left where it is."""
        self.send(sent)
        head = self.conn.core.next_event()
        assert isinstance(head, RequestHead)
        return self.conn.begin_exchange(head)

    def send(self, data: bytes) -> None:
        """Let the client send `data`, and let the connection receive all of it, however little it reads at once."""
        self.peer.sendall(data)
        while data:
            assert wait_until_ready(self.conn.fileno(), READ, 10)
            data = data[self.conn.fill() :]


@contextlib.contextmanager
def met(*, limits: Limits | None = None, timeouts: Timeouts | None = None) -> Iterator[Met]:
    """A connection over TCP."""
    setting = FakeSetting(limits, timeouts)
    with tcp_pair() as (ours, peer):
        conn = Connection(ours, ("192.0.2.1", 1), setting, 1)
        try:
            yield Met(conn, peer, setting)
        finally:
            if conn.exchange is not None:
                conn.exchange.end()
            conn.release(reset=False)


class Opened:
    """An open file that knows whether it was closed."""

    def __init__(self, path: Path) -> None:
        self._fd = os.open(path, os.O_RDONLY)
        self.closed = threading.Event()

    def fileno(self) -> int:
        return self._fd

    def close(self) -> None:
        if not self.closed.is_set():
            self.closed.set()
            os.close(self._fd)


class Items:
    """An iterable body that knows whether it was closed, and how much of it was taken."""

    def __init__(self, *items: bytes | Exception | Callable[[], bytes]) -> None:
        self._items = iter(items)
        self.taken = 0
        self.closed = threading.Event()

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        item = next(self._items)
        self.taken += 1
        if isinstance(item, Exception):
            raise item
        return item if isinstance(item, bytes) else item()

    def close(self) -> None:
        self.closed.set()


class Tap:
    """A source that gives the items of `said` in turn: octets, None where there are none yet, or a failure.

    The item b"" is the end of the source.

    A descriptor that is always readable makes the loop read the source at once.
    """

    def __init__(self, *said: bytes | Exception | None) -> None:
        self.said = list(said)
        self.reads = 0
        self.closed = 0
        self._fd = os.open(os.devnull, os.O_RDONLY)

    def watched(self) -> tuple[int, ...]:
        return (self._fd,)

    def due(self) -> float:
        return time.monotonic() + 10

    def read(self) -> bytes | None:
        self.reads += 1
        said = self.said.pop(0)
        if isinstance(said, Exception):
            raise said
        return said

    def close(self) -> None:
        self.closed += 1
        if self.closed == 1:
            os.close(self._fd)


class Waited:
    """An Awaited that lets its exchange go on at the look number `looks`. It is due in `seconds` from now."""

    def __init__(self, looks: int, *, seconds: float = 0.0, watched: tuple[int, ...] = ()) -> None:
        self.looks = looks
        self.closed = 0
        self._watched = watched
        self._until = time.monotonic() + seconds

    def watched(self) -> tuple[int, ...]:
        return self._watched

    def due(self) -> float:
        return self._until

    def proceed(self) -> bool:
        self.looks -= 1
        return self.looks <= 0

    def close(self) -> None:
        self.closed += 1


class Then:
    """The continuation of an exchange. It counts its calls, and may do something."""

    def __init__(self, act: Callable[[], object] = lambda: None) -> None:
        self.act = act
        self.calls = 0

    def __call__(self) -> None:
        self.calls += 1
        self.act()
