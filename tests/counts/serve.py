"""The counted process: a server of one workload, until SIGTERM; `python -m tests.counts.serve`.

With `--calls FILE` it counts the calls of Python and C functions. Each SIGUSR1 adds the counts so far to those that it
writes to FILE at its end.
"""

import argparse
import os
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from pyhttp import AccessEntry, BaseServer, Request, Response, function_handler
from pyhttp.command import cli
from tests.counts.call_counter import CallCounter
from tests.counts.workloads import APPLICATION, DESCRIPTOR_OF_MARK, FUNCTION, WORKLOADS, certificate_of

__all__ = ["main"]

_CONTENT: Final = b"x" * 1024


def main() -> None:
    """Serve the workload that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m tests.counts.serve", description=__doc__)
    parser.add_argument("workload", choices=WORKLOADS)
    parser.add_argument("folder")
    parser.add_argument("log", help="the file of the access log")
    parser.add_argument("--calls", metavar="FILE", default="")
    parser.add_argument("--in-order", action="store_true")
    options = parser.parse_args()
    workload = WORKLOADS[options.workload]
    serve: Callable[[], object]
    if workload.name == FUNCTION:
        serve = _prepare_function(options.log)
    else:
        served = ["wsgi", "tests.counts.application:hello"] if workload.name == APPLICATION else [options.folder]
        arguments = [*served, "--host=127.0.0.1", "--port=0", workload.kind, f"--access-log={options.log}"]
        if workload.secure:
            arguments.append(f"--tls-cert={certificate_of(Path(options.folder))}")

        def serve() -> object:
            return cli.main(arguments)

    nobody = socket.socketpair()
    os.dup2(nobody[0].fileno(), DESCRIPTOR_OF_MARK)
    os.set_blocking(DESCRIPTOR_OF_MARK, False)
    signal.set_wakeup_fd(DESCRIPTOR_OF_MARK, warn_on_full_buffer=False)
    if not options.calls:
        signal.signal(signal.SIGUSR1, lambda number, frame: os.getppid())  # see FUNCTION_OF_MARK
        serve()
        return
    counter = CallCounter(options.calls, in_order=options.in_order)
    counter.start()
    serve()
    counter.finish()


def _prepare_function(log: str) -> Callable[[], object]:
    """Prepare a function's server, which the command does not have. Its log file is as the command writes it."""
    file = open(log, "a", encoding="utf-8", buffering=1)  # noqa: SIM115 - open as long as the process

    def write(entry: AccessEntry) -> None:
        request = f"{entry.method} {entry.target} {entry.version}"
        file.write(f'{entry.client} - - [{int(entry.ended)}] "{request}" {entry.status} {entry.sent}\n')

    def answer(request: Request) -> Response:
        return Response(200, {"Content-Type": "application/octet-stream"}, _CONTENT)

    server = BaseServer("127.0.0.1", 0, function_handler(answer), access_log=write)
    signal.signal(signal.SIGTERM, lambda number, frame: server.close())
    sys.stdout.write(f"{server.url}\nStop with Ctrl+C\n")
    sys.stdout.flush()
    return server.serve_forever


if __name__ == "__main__":
    main()
