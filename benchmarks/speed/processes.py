"""A tree of processes: its processor time, its memory, its processors, and its end."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.speed.samples import Figure, Sample, Setting

__all__ = ["CLIENT", "PROCESSORS", "SERVER", "Memory", "Spent", "Tree", "figures", "on", "running", "spent"]

PROCESSORS: Final = sorted(os.sched_getaffinity(0))
SERVER: Final = {PROCESSORS[0]}
CLIENT: Final = {PROCESSORS[-1]}
TICK: Final = 1e6 / os.sysconf("SC_CLK_TCK")
"""The microseconds of a tick."""
KIND: Final = 2
"""CPUCLOCK_SCHED: the clock of the time that the scheduler gave a process, in nanoseconds."""
GRACE: Final = 5.0
"""The seconds that a server has to end."""


class Spent(NamedTuple):
    """Microseconds of processor time: the exact number, and the ticks in user code and in the kernel."""

    exact: float
    user: float
    system: float


class Memory(NamedTuple):
    """Bytes of memory: now, shared pages counted in part; and the largest number so far, less the pages shared now."""

    now: float
    peak: float


class Tree:
    """A process and all processes that it has started."""

    def __init__(self, root: int) -> None:
        self.root = root

    def processes(self) -> list[int]:
        """The processes that live."""
        found = [self.root]
        for process in found:
            with suppress(OSError):
                for thread in os.listdir(f"/proc/{process}/task"):
                    with suppress(OSError):  # a thread that has ended
                        found += map(int, Path(f"/proc/{process}/task/{thread}/children").read_text("ascii").split())
        return found

    def spent(self) -> Spent:
        """The processor time since their start, with that of their ended children."""
        exact = user = system = 0.0
        for process in self.processes():
            with suppress(OSError):
                fields = Path(f"/proc/{process}/stat").read_text("ascii", errors="replace").rpartition(")")[2].split()
                own_user, own_system, ended_user, ended_system = (TICK * int(field) for field in fields[11:15])
                exact += time.clock_gettime_ns((~process << 3) | KIND) / 1000 + ended_user + ended_system
                user += own_user + ended_user
                system += own_system + ended_system
        return Spent(exact, user, system)

    def memory(self) -> Memory:
        """The memory of the processes."""
        now = peak = 0.0
        for process in self.processes():
            with suppress(OSError):
                sizes = _sizes(f"/proc/{process}/status")
                shared = 0.0
                with suppress(OSError):  # a kernel without it, or a process of another user
                    rollup = _sizes(f"/proc/{process}/smaps_rollup")
                    shared = rollup["Rss"] - rollup["Pss"]
                now += sizes.get("VmRSS", 0) - shared
                peak += sizes.get("VmHWM", 0) - shared
        return Memory(now, peak)

    def settle(self, count: int) -> None:
        """Wait until there are at most `count` processes, so that the scripts' time counts for their parent."""
        end = time.monotonic() + 1
        while len(self.processes()) > count and time.monotonic() < end:
            time.sleep(0.005)


def _sizes(path: str) -> Mapping[str, int]:
    """The lines `Name: number kB` of a file, in bytes."""
    lines = (line.split() for line in Path(path).read_text("ascii", errors="replace").splitlines())
    return {words[0].rstrip(":"): 1024 * int(words[1]) for words in lines if len(words) == 3 and words[2] == "kB"}


def spent(before: Spent, after: Spent, units: float) -> Sample:
    """The processor time for each unit of work, and the part of it in the kernel."""
    cpu = (after.exact - before.exact) / units
    user, system = after.user - before.user, after.system - before.system
    return {Figure.CPU: cpu, Figure.SYSTEM: cpu * system / (user + system) if user + system else 0.0}


def figures(*samples: Sample) -> Sample:
    """All figures of one turn."""
    return {name: value for sample in samples for name, value in sample.items()}


@contextmanager
def on(setting: Setting, processors: set[int]) -> Iterator[None]:
    """Run this process and those started within the block on these processors, if they are to be pinned."""
    if setting is Setting.FREE:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, processors)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def running(
    words: Sequence[str], environment: Mapping[str, str], log: Path, setting: Setting, stop: signal.Signals
) -> Iterator[subprocess.Popen[bytes]]:
    """A process whose output goes to `log`; at the end it is stopped, and its whole group is ended."""
    with log.open("ab") as output, on(setting, SERVER):
        process = subprocess.Popen(
            words, env=environment, stdout=output, stderr=output, stdin=subprocess.DEVNULL, start_new_session=True
        )
    try:
        yield process
    finally:
        process.send_signal(stop)
        with suppress(subprocess.TimeoutExpired):
            process.wait(GRACE)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
