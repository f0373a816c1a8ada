"""One turn: a server is started, checked, warmed, measured and stopped; or a program measures itself."""

import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, assert_never

from benchmarks.speed.asking import Address, Ask, WrongAnswer, first_answer, head, judged
from benchmarks.speed.clients import closed, counted, silent, uploads, warm
from benchmarks.speed.processes import CLIENT, SERVER, Memory, Tree, figures, on, running, spent
from benchmarks.speed.samples import Figure, Sample, Setting
from benchmarks.speed.servers import Job, Server, environment
from benchmarks.speed.workloads import Counted, Inside, Load, Start, Upload, Workload
from benchmarks.speed.wrk import wrk

__all__ = ["Bench"]

WARM: Final = 0.3
"""The seconds of the warming."""
GB: Final = 1e9
STARTS: Final = 5
FILES_OF_BARE: Final = {"sendfile": "large.bin", "script": "cgi-bin/hello"}
"""The files of the bare loop, by the kind of its work."""
"""The number of starts, or imports, in a turn."""
PATIENCE: Final = 20.0


@dataclass(frozen=True, slots=True)
class Running:
    """A server that answers, with the request that is to be timed."""

    address: Address
    tree: Tree
    request: bytes
    work: Path


@dataclass(frozen=True, slots=True)
class Bench:
    """The place of the turns.

    Attributes:
        root: The served folder.
        work: The folder for files that a server needs while it runs.
        seconds: The duration of a load.
    """

    root: Path
    work: Path
    seconds: int
    servers: Mapping[str, Server]

    def turn(self, workload: Workload, name: str, setting: Setting) -> Sample:
        """Measure once.

        Raises:
            WrongAnswer: The answer of the server is not the one that is to be timed.
            OSError: The server does not start, or breaks connections.
        """
        match workload.kind:
            case Inside(programs):
                return self._inside(programs[name], setting)
            case Start():
                return self._start(workload, self.servers[name], setting)
            case Load() as load:
                with self._serving(workload, self.servers[name], setting, load.ask) as server:
                    return self._load(load, server)
            case Counted(ask, connections):
                with self._serving(workload, self.servers[name], setting, ask) as server:
                    return self._counted(workload, ask, connections, server)
            case Upload(size, connections):
                with self._serving(workload, self.servers[name], setting, None) as server:
                    return self._upload(size, connections, server)
            case _:
                assert_never(workload.kind)

    @contextmanager
    def _serving(self, workload: Workload, server: Server, setting: Setting, ask: Ask | None) -> Iterator[Running]:
        job = self._job(workload)
        with running(server.command(job), environment(self.root), job.log, setting, server.stop) as process:
            address = ("127.0.0.1", job.port)
            with on(setting, CLIENT):
                try:
                    request = judged(ask, address) if ask else _small_upload(address)
                    if ask:
                        warm(address, request, WARM)
                    yield Running(address, Tree(process.pid), request, self.work)
                except OSError as error:
                    raise WrongAnswer(f"{error}; it said: {_last(job.log)}") from error
        if server.logs and not job.log.stat().st_size:
            raise WrongAnswer("its log is empty")

    def _job(self, workload: Workload) -> Job:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port: int = free.getsockname()[1]
        log = self.work / "log"
        log.write_bytes(b"")
        files = [str(self.root / FILES_OF_BARE[word]) for word in workload.bare if word in FILES_OF_BARE]
        bare = (*workload.bare, *files)
        return Job(port, self.root, self.work, log, workload.needs, bare)

    def _load(self, load: Load, server: Running) -> Sample:
        requests = [server.request * load.pipelined]
        if load.ask.varied:
            cookies = ({"Cookie": f"session={number:032x}"} for number in range(load.ask.varied))
            requests = [
                head(load.ask, server.address[1], target=f"/varied/{number}.html", more=cookie)
                for number, cookie in enumerate(cookies)
            ]
        before = server.tree.spent()
        said = wrk(server.address, requests, server.work, load.connections, self.seconds)
        cpu = spent(before, server.tree.spent(), said.requests)
        memory = server.tree.memory()
        if load.pipelined > 1:  # wrk's latencies then have no clear meaning
            return figures(cpu, {Figure.RATE: said.requests / said.seconds}, _peak(memory))
        if not load.idle:
            return figures(cpu, said.sample(), _peak(memory))
        with silent(server.address, server.request, load.idle) as clients:
            grown = server.tree.memory()
            before = server.tree.spent()
            beside = wrk(server.address, requests, server.work, load.connections, self.seconds)
            cpu = spent(before, server.tree.spent(), beside.requests)
            lost = {Figure.FAILED: float(beside.failed + closed(clients))}
        loss = 1 - beside.requests / beside.seconds / (said.requests / said.seconds)
        each = (grown.now - memory.now) / load.idle
        return figures(
            cpu, beside.sample(), _peak(server.tree.memory()), {**lost, Figure.LOSS: loss, Figure.GROWTH: each}
        )

    def _counted(self, workload: Workload, ask: Ask, connections: int, server: Running) -> Sample:
        processes = len(server.tree.processes())
        unit = (self.root / "large.bin").stat().st_size / GB if workload.unit == "GB" else 1.0
        before = server.tree.spent()
        tally = counted(server.address, ask, server.request, connections, self.seconds)
        server.tree.settle(processes)
        cpu = spent(before, server.tree.spent(), unit * len(tally.taken))
        return figures(cpu, tally.sample(unit), _peak(server.tree.memory()))

    def _upload(self, size: int, connections: int, server: Running) -> Sample:
        held, before = server.tree.memory(), server.tree.spent()
        tally = uploads(server.address, size, connections, self.seconds)
        cpu = spent(before, server.tree.spent(), size / GB * len(tally.taken))
        memory = server.tree.memory()
        return figures(cpu, tally.sample(size / GB), _peak(memory), {Figure.GROWTH: memory.peak - held.now})

    def _start(self, workload: Workload, server: Server, setting: Setting) -> Sample:
        samples: list[Sample] = []
        for _ in range(STARTS):
            job = self._job(workload)
            request = head(Ask("/page.html", close=True), job.port)
            with on(setting, CLIENT):
                began = time.perf_counter()
                with running(server.command(job), environment(self.root), job.log, setting, server.stop) as process:
                    first_answer(("127.0.0.1", job.port), request, PATIENCE, pause=0.001)
                    taken = 1000 * (time.perf_counter() - began)
                    tree = Tree(process.pid)
                    used = tree.spent()
                    samples.append({Figure.CPU: used.exact, Figure.P50: taken, **_peak(tree.memory())})
        return {figure: statistics.median(sample[figure] for sample in samples) for figure in samples[0]}

    def _inside(self, words: tuple[str, ...], setting: Setting) -> Sample:
        samples: list[Sample] = []
        for _ in range(STARTS if words[0] == "-c" else 1):
            with on(setting, SERVER):
                done = subprocess.run(
                    [sys.executable, *words],
                    env=environment(self.root),
                    capture_output=True,
                    text=True,
                    check=False,
                    timeout=PATIENCE,
                )
            if done.returncode:
                raise WrongAnswer(done.stderr[-200:])
            samples.append(_said(done.stdout))
        return {figure: statistics.median(sample[figure] for sample in samples) for figure in samples[0]}


def _peak(memory: Memory) -> Sample:
    return {Figure.PEAK: memory.peak}


def _said(output: str) -> Sample:
    """The figures of a program: `cpu_us=12.3 p50_ms=4.5`."""
    return {Figure(name): float(value) for name, _, value in (word.partition("=") for word in output.split())}


def _small_upload(address: Address) -> bytes:
    """Send a first upload, once the server answers."""
    first_answer(address, head(Ask("/hello", close=True), address[1]))
    uploads(address, os.sysconf("SC_PAGE_SIZE"), 1, 0)
    return b""


def _last(log: Path) -> str:
    return " ".join(log.read_text("utf-8", errors="replace").split())[-300:]
