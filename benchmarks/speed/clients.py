"""Our own clients, for tasks that wrk cannot do: whole answers only, uploads, and silent connections."""

import socket
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Final

from benchmarks.speed.asking import Address, Ask, WrongAnswer, connect, head, read_answer
from benchmarks.speed.samples import Figure, Sample

__all__ = ["Tally", "counted", "silent", "uploads", "warm"]

AT_ONCE: Final = 50
"""The number of connections made in one go: a backlog may have room for 128."""
SLOWEST: Final = 20.0
"""The seconds for all of them; the first ones must not time out meanwhile."""
PIECE: Final = bytes(1 << 20)


@dataclass(frozen=True, slots=True)
class Tally:
    """The answers of a run: the seconds of each, and of the run."""

    taken: Sequence[float]
    seconds: float

    def sample(self, unit: float = 1) -> Sample:
        """The answers as figures; `unit` is the part of a unit of work in one answer."""
        ordered = sorted(1000 * one for one in self.taken)
        p99 = ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)]
        rate = unit * len(ordered) / self.seconds
        return {Figure.RATE: rate, Figure.P50: statistics.median(ordered), Figure.P99: p99}


def together(connections: int, run: Callable[[list[float]], None]) -> Tally:
    """Run the same in threads; each notes the seconds of its requests.

    Raises:
        WrongAnswer: A thread failed.
    """
    notes: list[list[float]] = [[] for _ in range(connections)]
    faults: list[Exception] = []

    def guarded(note: list[float]) -> None:
        try:
            run(note)
        except Exception as error:  # noqa: BLE001 - the thread that waits raises it
            faults.append(error)

    threads = [threading.Thread(target=guarded, args=(note,), daemon=True) for note in notes]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise WrongAnswer(f"{faults[0]!r}")
    return Tally([one for note in notes for one in note], time.perf_counter() - began)


def counted(address: Address, ask: Ask, request: bytes, connections: int, seconds: float) -> Tally:
    """Ask for `seconds`, over several connections, and end with whole answers."""
    end = time.monotonic() + seconds

    def run(note: list[float]) -> None:
        client = connect(address)
        while True:
            began = time.perf_counter()
            client.sendall(request)
            got = read_answer(client, keep=False)
            note.append(time.perf_counter() - began)
            if got.status != ask.status:
                raise WrongAnswer(f"status {got.status}")
            if time.monotonic() > end:
                break
            if got.closes:
                client.close()
                client = connect(address)
        client.close()

    return together(connections, run)


def uploads(address: Address, size: int, connections: int, seconds: float) -> Tally:
    """Send content of `size` octets repeatedly, at least once on each connection."""
    end = time.monotonic() + seconds
    request = head(Ask("/upload", close=True), address[1], method="POST", more={"Content-Length": str(size)})

    def run(note: list[float]) -> None:
        while not note or time.monotonic() < end:
            began = time.perf_counter()
            with connect(address) as client:
                client.sendall(request)
                left = size
                while left:
                    left -= client.send(PIECE[: min(left, len(PIECE))])
                got = read_answer(client)
            note.append(time.perf_counter() - began)
            if got.status != 200 or got.content.strip() != b"%d" % size:
                raise WrongAnswer(f"{got.status}, {got.content[:50]!r} octets instead of {size}")

    return together(connections, run)


def warm(address: Address, request: bytes, seconds: float, most: int = 300) -> None:
    """Ask some hundred times, so that the server has prepared what it prepares once."""
    end = time.monotonic() + seconds
    client = connect(address)
    for _ in range(most):
        client.sendall(request)
        if read_answer(client).closes:
            client.close()
            client = connect(address)
        if time.monotonic() > end:
            break
    client.close()


@contextmanager
def silent(address: Address, request: bytes, count: int) -> Iterator[Sequence[socket.socket]]:
    """Connections that have asked once each and are then silent.

    Raises:
        WrongAnswer: The server accepts them too slowly.
    """
    end = time.monotonic() + SLOWEST
    with ExitStack() as stack:
        clients: list[socket.socket] = []
        while len(clients) < count:
            if time.monotonic() > end:
                raise WrongAnswer(f"no more than {len(clients)} connections in {SLOWEST:.0f} s")
            some = [stack.enter_context(connect(address)) for _ in range(min(AT_ONCE, count - len(clients)))]
            for client in some:
                client.sendall(request)
            for client in some:
                read_answer(client)
            clients += some
        yield clients


def closed(clients: Sequence[socket.socket]) -> int:
    """The number of clients whose connection the server has closed."""
    ended = 0
    for client in clients:
        client.setblocking(False)
        try:
            ended += not client.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            continue
        except OSError:
            ended += 1
    return ended
