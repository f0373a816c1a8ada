"""A fake loop with a real listener, which fails on demand."""

import contextlib
import errno
import os
import socket
from collections.abc import Callable, Iterator, Sequence

from pyhttp.limits import Limits, Timeouts
from pyhttp.proxies import Proxies
from tests.helpers.fakes import TIMEOUTS, Peer, World, world
from tests.helpers.sockets import request

__all__ = ["Listener", "all_ended", "answered", "at_the_limit", "go_round", "join", "listening"]


class Listener(socket.socket):
    """A listener that fails as a test tells it.

    Attributes:
        failures: The errors that `accept` raises next. Nothing is raised where the list is empty.
        full: Whether no descriptor is left.
        calls: The number of calls of `accept`.
    """

    calls = 0
    failures: list[int]
    full: Callable[[], bool]

    def accept(self) -> tuple[socket.socket, tuple[str, int]]:
        """Accept as a socket does, after the failures."""
        self.calls += 1
        if self.full():
            raise OSError(errno.EMFILE, "full")
        if self.failures:
            number = self.failures.pop(0)
            raise OSError(number, os.strerror(number))
        return super().accept()


@contextlib.contextmanager
def listening(
    *,
    capacity: int = 1000,
    timeouts: Timeouts = TIMEOUTS,
    limits: Limits | None = None,
    proxies: Proxies | None = None,
    others: Sequence[socket.socket] = (),
    shared: bool = False,
) -> Iterator[tuple[World, Listener]]:
    """A loop with a listener, to which `join` connects, and with `others`."""
    listener = Listener(socket.AF_INET, socket.SOCK_STREAM)
    listener.failures = []
    listener.full = lambda: False
    listener.bind(("127.0.0.1", 0))
    listener.listen(300)
    listener.setblocking(False)
    made_by = world(
        listeners=[listener, *others],
        capacity=capacity,
        timeouts=timeouts,
        limits=limits,
        proxies=proxies,
        shared=shared,
    )
    with listener, made_by as made:
        yield made, listener


def join(made: World, listener: Listener) -> Peer:
    """One more client. The loop has not accepted it yet."""
    sock = socket.create_connection(listener.getsockname())
    peer = Peer(sock)
    made.peers.append(peer)
    return peer


def answered(peer: Peer) -> bool:
    """Whether what has come now begins with a good answer."""
    return peer.read().startswith(b"HTTP/1.1 200 ")


def all_ended(peers: list[Peer]) -> list[bool]:
    """The clients that have received the end of the stream."""
    for peer in peers:
        peer.read()
    return [peer.ended for peer in peers]


def go_round(made: World) -> None:
    """Let the loop go round once. As in reality, that takes a moment even where there is nothing to wait for."""
    before = made.clock.now
    made.round()
    if made.clock.now == before:
        made.clock.now += 0.0001


def at_the_limit(made: World, listener: Listener) -> tuple[list[Peer], Peer]:
    """Two clients whose handlers run, and a third client.

    The limit is two, so that the loop has no room for the third.
    """
    made.employer.handler = lambda _: None
    busy = [join(made, listener) for _ in range(2)]
    for peer in busy:
        peer.send(request())
    made.work()
    waiting = join(made, listener)
    waiting.send(request())
    made.work()
    assert len(made.employer.turns) == 2
    return busy, waiting
