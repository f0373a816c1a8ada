"""The gain of a second process: requests a second by one and by two, and the share of each in the work.

    python -m benchmarks.processes [--rounds N] [--seconds N]

The client, wrk with 32 connections, runs on the same processors as the server, where the kernel places it: the server
does not have the time that the client computes. One and two processes take turns in each round. The run takes a minute.
The exit code is 1 where, for the application that computes, two processes serve less than 1.7 times as much as one, or
where one of them does less than 30 % of the work.
"""

import argparse
import signal
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING, Final, NamedTuple

from benchmarks.speed.asking import Ask, head, judged
from benchmarks.speed.processes import PROCESSORS, Tree, running
from benchmarks.speed.samples import Setting
from benchmarks.speed.servers import environment
from benchmarks.speed.wrk import wrk

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

ROUNDS: Final = 5
SECONDS: Final = 2
CONNECTIONS: Final = 32
GAIN: Final = 1.7
SHARE: Final = 0.3
COMPUTED: Final = 10_000
"""The number of steps of a loop: some 0.5 ms."""
PAGE: Final = Ask("/page.html")
WORK: Final = {
    "a WSGI application that computes": ["wsgi", "benchmarks.processes:compute"],
    "a file of 1 KiB": ["{root}"],
}
JUDGED: Final = next(iter(WORK))


def compute(_: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    """A WSGI application that computes for a while."""
    total = 0
    for number in range(COMPUTED):
        total += number
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"%d" % total]


class Turn(NamedTuple):
    """The results of one measurement.

    Attributes:
        rate: Requests a second.
        shares: The part of each process in the processor time spent meanwhile.
        server: The number of processors that were busy with the server.
    """

    rate: float
    shares: Sequence[float]
    server: float


@dataclass(frozen=True, slots=True)
class Bench:
    """The place of the measurements."""

    work: Path
    seconds: int

    def turn(self, words: Sequence[str], processes: int) -> Turn:
        """Measure one or several processes."""
        with self._serving(words, processes) as (port, pids):
            before = [Tree(pid).spent().exact for pid in pids]
            began = time.monotonic()
            said = wrk(("127.0.0.1", port), [head(PAGE, port)], self.work, CONNECTIONS, self.seconds)
            taken = time.monotonic() - began
            spent = [Tree(pid).spent().exact - earlier for pid, earlier in zip(pids, before, strict=True)]
        return Turn(said.requests / said.seconds, [each / sum(spent) for each in spent], sum(spent) / 1e6 / taken)

    @contextmanager
    def _serving(self, words: Sequence[str], processes: int) -> Iterator[tuple[int, list[int]]]:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port: int = free.getsockname()[1]
        root, log = self.work / "root", self.work / "log"
        several = ["--processes", str(processes)] if processes > 1 else []
        told = [word.format(root=root) for word in words]
        words = ["--host", "127.0.0.1", "--port", str(port), "--quiet", *several]
        command = [sys.executable, "-m", "pyhttp", *told, *words]
        with running(command, environment(root), log, Setting.FREE, signal.SIGTERM) as process:
            judged(PAGE, ("127.0.0.1", port))
            wrk(("127.0.0.1", port), [head(PAGE, port)], self.work, CONNECTIONS, 1)  # after this both of them serve
            pids = Tree(process.pid).processes()
            yield port, pids[1:] if processes > 1 else pids


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, and judge."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.processes", description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="default: %(default)s")
    parser.add_argument("--seconds", type=int, default=SECONDS, help="default: %(default)s")
    given = parser.parse_args(argv)
    if not which("wrk"):
        print("wrk is not installed", file=sys.stderr)
        return 2
    faults: list[str] = []
    rounds = int(given.rounds)
    print(f"{len(PROCESSORS)} processors, the client on them, too; medians of {rounds} rounds of {given.seconds} s\n")
    print("| what | one: a second | two: a second | gain | least share | processors busy with two |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        (work / "root").mkdir()
        (work / "root" / "page.html").write_bytes(b"x" * 1024)
        bench = Bench(work, int(given.seconds))
        for what, words in WORK.items():
            turns = [(bench.turn(words, 1), bench.turn(words, 2)) for _ in range(rounds)]
            gain = statistics.median(two.rate / one.rate for one, two in turns)
            share = min(min(two.shares) for _, two in turns)
            one, two = (statistics.median(pair[at].rate for pair in turns) for at in (0, 1))
            busy = statistics.median(pair[1].server for pair in turns)
            print(f"| {what} | {one:,.0f} | {two:,.0f} | {gain:.2f} | {share:.0%} | {busy:.2f} |", flush=True)
            if what == JUDGED and gain < GAIN:
                faults.append(f"{what}: {gain:.2f} times as much by two, not {GAIN}")
            if share < SHARE:
                faults.append(f"{what}: a process did {share:.0%} of the work, not {SHARE:.0%}")
    for fault in faults:
        print(f"FAULT {fault}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
