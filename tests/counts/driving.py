"""A client with one request after the other, for a counted server in a process of its own.

Between two requests it waits until every thread of the server sleeps. So each request finds the server at rest, and the
work behind an answer - the line of the log, the next wait - belongs to the request before.
"""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from tests.counts.workloads import Workload, make_site
from tests.helpers.command import LAST_WORDS
from tests.helpers.tls import client_context
from tests.helpers.wire_client import WireClient

__all__ = ["WARM_UP", "Driver", "serving", "site", "typical"]

ROOT: Final = Path(__file__).parents[2]
WARM_UP: Final = 8
"""Requests before those that count: what is done once must have been done."""
_PATIENCE: Final = 60.0


class Driver:
    """A client that sends requests of `workload` to the server at `port`, which is the process `pid`."""

    def __init__(self, workload: Workload, port: int, pid: int) -> None:
        self._workload = workload
        self._port = port
        self._pid = pid
        self._tls = client_context() if workload.secure else None
        self._client: WireClient | None = None
        self._request = b""

    def warm_up(self) -> None:
        """Send the requests that come before those that count."""
        if self._workload.conditional:
            with WireClient("127.0.0.1", self._port, patience=_PATIENCE) as client:
                client.send(self._workload.head())
                self._request = self._workload.head(client.reply())
        else:
            self._request = self._workload.head()
        self.ask(WARM_UP)

    def ask(self, count: int) -> None:
        """Send `count` requests, each when the server is at rest. Wait until the server is at rest again."""
        for _ in range(count):
            client = self._client or WireClient("127.0.0.1", self._port, patience=_PATIENCE, tls=self._tls)
            self._settle()
            client.send(self._request)
            reply = client.reply()
            assert reply.status == self._workload.status, f"{reply.status}: {reply.content[:200]!r}"
            self._client = client
            if self._workload.closing:
                self.close()
            self._settle()

    def ask_and_mark(self) -> None:
        """Send the workload's requests. What is counted for each one lies between two marks."""
        self.mark()
        for _ in range(self._workload.requests):
            self.ask(1)
            self.mark()

    def mark(self) -> None:
        """Mark this moment in what is counted."""
        os.kill(self._pid, signal.SIGUSR1)
        self._settle()

    def close(self) -> None:
        """Close the connection."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _settle(self) -> None:
        """Wait until the server sleeps. What a client sends over loopback has woken it before `send` returns."""
        threads = f"/proc/{self._pid}/task"
        while any(_state(f"{threads}/{thread}/stat") not in "SZ" for thread in os.listdir(threads)):
            os.sched_yield()


def _state(path: str) -> str:
    try:
        text = Path(path).read_text()
    except OSError:  # the thread has ended
        return "Z"
    return text.rpartition(")")[2].split()[0]


@contextlib.contextmanager
def site() -> Iterator[Path]:
    """A temporary folder with what the workloads ask for in `site`, and room beside it."""
    with tempfile.TemporaryDirectory(prefix="pyhttp-counts-") as folder:
        served = Path(folder, "site")
        served.mkdir()
        make_site(served)
        yield Path(folder)


@contextlib.contextmanager
def serving(
    workload: Workload, folder: Path, *options: str, under: Sequence[str] = (), traced: bool = False
) -> Iterator[Driver]:
    """A server of `workload` in a process of its own, `under` a program that watches it. It ends with the block.

    Args:
        workload: What is asked for.
        folder: What `site` gave.
        options: For `tests.counts.serve`.
        under: The command that runs the server's command.
        traced: Whether the server is a child of that program, instead of the program's own process.
    """
    command = [*under, sys.executable, "-m", "tests.counts.serve", workload.name, str(folder / "site")]
    command += [str(folder / "access.log"), *options]
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        pid = process.pid
        try:
            assert process.stdout is not None
            announcement = ""
            while LAST_WORDS not in announcement:
                line = process.stdout.readline()
                assert line, f"it ended with {process.wait(_PATIENCE)}"
                announcement += line
            if traced:
                pid = int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])
            driver = Driver(workload, _port_of(announcement), pid)
            yield driver
            driver.close()
            # In a process that is traced, any thread may take a signal. The thread that waits for it would not know.
            os.kill(pid, signal.SIGKILL if traced else signal.SIGTERM)
            process.wait(_PATIENCE)
        finally:
            if process.poll() is None:  # without this, a process that is traced would go on
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                process.kill()


def typical(requests: Sequence[Mapping[str, Mapping[str, int]]]) -> dict[str, int]:
    """What is counted, by name, for one request: the smallest counts that an eighth of the requests share.

    So it does not matter that a second begins in some requests, and that a script is late in others.

    Args:
        requests: What was counted for each request, by thread and name. A thread with less than a quarter of all is
            left out: how often the standby of a pool looks is a matter of time.
    """
    threads: Counter[str] = Counter()
    for request in requests:
        threads.update({thread: sum(counts.values()) for thread, counts in request.items()})
    busy = [thread for thread, count in threads.items() if count * 4 >= threads.total()]
    alike: Counter[frozenset[tuple[str, int]]] = Counter()
    for request in requests:
        total: Counter[str] = Counter()
        for thread in busy:
            total.update(request.get(thread, {}))
        alike[frozenset(total.items())] += 1
    shared = [dict(counts) for counts, times in alike.items() if times * 8 >= len(requests)]
    return min(shared or [dict(alike.most_common(1)[0][0])], key=lambda counts: sum(counts.values()))


def _port_of(announcement: str) -> int:
    url = next(word for word in announcement.split() if word.startswith(("http://", "https://")))
    return int(url.rstrip("/").rpartition(":")[2])
