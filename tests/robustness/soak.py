"""The tests of this folder, for longer: `python -m tests.robustness.soak [--requests N] [--idle N] [...]`.

It prints its figures; the exit code is 1 where one of them is out of bounds.
"""

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.helpers.command import running
from tests.helpers.crowd import crowd, latencies, raise_descriptor_limit, tell, until, usage
from tests.helpers.servers import SERVER_CLASSES
from tests.helpers.sockets import request
from tests.robustness.launch import launched
from tests.robustness.mixture import Outcome, make_folder, run

__all__ = ["Growth", "hold_idle", "main", "mixed_requests"]

MODULE: Final = (sys.executable, "-m", "pyhttp", "--allow-host", "a")
KINDS: Final = ("--pooled", "--threaded", "--single")
MIB: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Growth:
    """The traces that mixed requests have left behind.

    Attributes:
        outcome: The requests and answers after the warming-up.
        descriptors, threads: The growth of their numbers, when all clients have gone.
        resident: The growth of the resident memory in bytes.
        lines: Lines of the access log, without the lines that each answered request must have.
        allowed: The number of `lines` that there may be, which are requests of clients that left.
        exit_code: The exit code of the server when it was told to stop.
        log: The output of the server on standard error.
    """

    outcome: Outcome
    descriptors: int
    threads: int
    resident: int
    lines: int
    allowed: int
    exit_code: int
    log: str

    @property
    def faults(self) -> list[str]:
        """The values that are out of bounds."""
        found = [*self.outcome.wrong[:10]]
        if self.descriptors > 0:
            found.append(f"{self.descriptors} descriptors are left")
        if self.threads > 0:
            found.append(f"{self.threads} threads are left")
        if self.resident > 5 * MIB:
            found.append(f"{self.resident / MIB:.1f} MiB more are resident")
        if not 0 <= self.lines <= self.allowed:
            found.append(f"{self.lines} access lines too many, of {self.allowed} that may be")
        if self.exit_code:
            found.append(f"exit code {self.exit_code}")
        if "Traceback" in self.log:
            found.append("a traceback in the log")
        return found


def mixed_requests(folder: Path, kind: str, count: int) -> Growth:
    """Ask the real command `count` times, and count its lines. A tenth of that number warms it up before."""
    make_folder(folder)
    log, access = folder.with_name("errors.log"), folder.with_name("access.log")
    words = (str(folder), "--host", "127.0.0.1", "--port", "0", kind, "--access-log", str(access))
    with running(*words, log=log, command=MODULE) as server:
        address, process = ("127.0.0.1", server.port), server.process.pid
        warm = run(address, max(2000, count // 10), seed=2)
        workers = 33 if kind == "--pooled" else 1
        until(lambda: usage(process)[0] < 20)
        before = usage(process)
        outcome = run(address, count)
        until(lambda: usage(process)[0] <= before[0])
        until(lambda: usage(process)[1] <= max(before[1], workers))
        after = usage(process)
        server.process.send_signal(signal.SIGTERM)
        exit_code = server.process.wait(20)
    with access.open("rb") as file:
        lines = sum(1 for _ in file)
    return Growth(
        outcome=outcome,
        descriptors=after[0] - before[0],
        threads=after[1] - max(before[1], workers),
        resident=after[2] - before[2],
        lines=lines - warm.complete - outcome.complete,
        allowed=warm.aborted + outcome.aborted + warm.broken + outcome.broken,
        exit_code=exit_code,
        log=log.read_text(),
    )


def hold_idle(kind: str, folder: Path, count: int) -> list[str]:
    """Hold `count` idle connections, print the figures, and return the faults that were found."""
    (folder / "small").write_text("hello")
    asked = request("/small")
    with launched(kind, folder, idle=600) as (process, address):
        median, worst = latencies(address, asked, 200)
        tell(f"{kind}: nobody idle: median {median * 1000:.2f} ms, worst {worst * 1000:.2f} ms")
        resident = usage(process)[2]
        with crowd(address, count, asked) as clients:
            for client in clients:
                assert client.recv(1000).startswith(b"HTTP/1.1 200 ")
            median, worst = latencies(address, asked, 200)
            descriptors, threads, grown = usage(process)
            each = (grown - resident) / count
            tell(
                f"{kind}: {count} idle: {each:.0f} bytes each, {descriptors} descriptors, {threads} threads; "
                f"median {median * 1000:.2f} ms, worst {worst * 1000:.2f} ms"
            )
            for client in clients:
                client.sendall(asked)
                assert client.recv(1000).startswith(b"HTTP/1.1 200 ")
        until(lambda: usage(process)[0] < 50)
    return [f"{kind}: {each:.0f} bytes for each idle connection"] if each > 4096 else []


def main(argv: Sequence[str] | None = None) -> int:
    """Run the parts that are asked for, or all parts. The result is 1 where something is out of bounds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=1_000_000, metavar="N", help="mixed requests; 0 for none")
    parser.add_argument("--idle", type=int, default=9900, metavar="N", help="idle connections; 0 for none")
    parser.add_argument("--kind", choices=KINDS, action="append", help="of the command; repeatable (default: all)")
    options = parser.parse_args(argv)
    faults: list[str] = []
    if options.idle and not raise_descriptor_limit(options.idle + 500):
        faults.append(f"too few descriptors are allowed here for {options.idle} connections")
        options.idle = 0
    with tempfile.TemporaryDirectory() as work:
        if options.idle:
            for server_class in SERVER_CLASSES:
                faults += hold_idle(server_class.__name__, Path(work), options.idle)
        if options.requests:
            for kind in options.kind or KINDS:
                folder = Path(work, kind.strip("-"), "folder")
                folder.mkdir(parents=True)
                began = time.monotonic()
                growth = mixed_requests(folder, kind, options.requests)
                tell(
                    f"{kind}: {growth.outcome.complete} answers, {growth.outcome.aborted} aborted, "
                    f"{growth.outcome.broken} broken, {len(growth.outcome.wrong)} wrong "
                    f"in {time.monotonic() - began:.0f} s; descriptors {growth.descriptors:+}, "
                    f"threads {growth.threads:+}, "
                    f"resident {growth.resident / MIB:+.2f} MiB, {growth.lines} further lines of {growth.allowed}"
                )
                faults += [f"{kind}: {fault}" for fault in growth.faults]
    for fault in faults:
        tell(f"FAULT {fault}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
