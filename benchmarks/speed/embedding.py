"""The cost of a server for a program that needs one for a moment, such as a test: KIND."""

import resource
import statistics
import sys
import threading
import time
from collections.abc import Callable, Mapping
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

from pyhttp import BaseServer, PooledServer, ThreadedServer

TIMES: Final = 20


def ours(server_class: type[BaseServer]) -> Callable[[], None]:
    """A run of a server of pyhttp, from the constructor until everything is closed."""

    def once() -> None:
        with server_class("127.0.0.1", 0):
            pass

    return once


def theirs() -> None:
    """Run the server of the standard library."""
    with ThreadingHTTPServer(("127.0.0.1", 0), SimpleHTTPRequestHandler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        server.shutdown()
        thread.join()


KINDS: Final[Mapping[str, Callable[[], None]]] = {
    "pyhttp-single": ours(BaseServer),
    "pyhttp-threaded": ours(ThreadedServer),
    "pyhttp-pooled": ours(PooledServer),
    "http.server": theirs,
}


def main(kind: str) -> str:
    """The figures: the processor time of each run, and the median time in milliseconds."""
    before, taken = resource.getrusage(resource.RUSAGE_SELF), list[float]()
    for _ in range(TIMES):
        began = time.perf_counter()
        KINDS[kind]()
        taken.append(1000 * (time.perf_counter() - began))
    after = resource.getrusage(resource.RUSAGE_SELF)
    system = 1e6 * (after.ru_stime - before.ru_stime) / TIMES
    cpu = 1e6 * (after.ru_utime - before.ru_utime) / TIMES + system
    return f"cpu_us={cpu} system_us={system} p50_ms={statistics.median(taken)} p99_ms={max(taken)}\n"


if __name__ == "__main__":
    sys.stdout.write(main(sys.argv[1]))
