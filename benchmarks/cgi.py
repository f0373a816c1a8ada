"""What a CGI request costs: a shell script over 4 connections, beside http.server and lighttpd where they are found.

CPU of the server and of all its children, for each request: the smallest of several rounds, in all of which each server
has its turn; and the median of the rounds' ratios. Servers with their children have one processor, the client another
where there is one.

    python benchmarks/cgi.py [REQUESTS]
"""

import http.client
import os
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

CONNECTIONS: Final = 4
ROUNDS: Final = 7
PROCESSORS: Final = sorted(os.sched_getaffinity(0))
ALLOWED: Final = 0.3
"""The part of http.server's cost that ours may be."""

SCRIPT: Final = "#!/bin/sh\necho 'Content-Type: text/plain'\necho\necho hello\n"
EXPECTED: Final = b"hello\n"

LIGHTTPD: Final = """
server.document-root = "{root}"
server.bind = "127.0.0.1"
server.port = {port}
server.modules = ("mod_cgi", "mod_alias")
$HTTP["url"] =~ "^/cgi-bin/" {{ cgi.assign = ("" => "") }}
"""


def ours(root: Path, port: int) -> list[str]:
    """The command under test."""
    return [sys.executable, "-m", "pyhttp", str(root), "--port", str(port), "--quiet"]


def http_server(root: Path, port: int) -> list[str]:
    """What CPython had until 3.14."""
    return [sys.executable, "-m", "http.server", "--cgi", "--bind", "127.0.0.1", "--directory", str(root), str(port)]


def lighttpd(root: Path, port: int) -> list[str]:
    """A server in C."""
    config = root.parent / "lighttpd.conf"
    config.write_text(LIGHTTPD.format(root=root, port=port))
    return [shutil.which("lighttpd") or "/usr/sbin/lighttpd", "-D", "-f", str(config)]


def free_port() -> int:
    """A port nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@contextmanager
def running(command: list[str], directory: Path, port: int) -> Iterator[None]:
    """A server, once it accepts connections; afterwards it has been waited for, so that its CPU time counts."""
    os.sched_setaffinity(0, {PROCESSORS[0]})  # the server inherits it
    with subprocess.Popen(command, cwd=directory, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        os.sched_setaffinity(0, {PROCESSORS[-1]})
        try:
            limit = time.monotonic() + 10
            while socket.socket().connect_ex(("127.0.0.1", port)):
                if time.monotonic() > limit or process.poll() is not None:
                    raise RuntimeError(f"{command[0]} did not start")
                time.sleep(0.02)
            yield
        finally:
            process.send_signal(signal.SIGINT)


def cpu_of_children() -> float:
    """Seconds of CPU of the processes waited for, and of those that they waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def load(port: int, requests: int) -> None:
    """Ask for the script, and read each answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    for _ in range(requests):
        connection.request("GET", "/cgi-bin/hello")
        response = connection.getresponse()
        if response.read() != EXPECTED:
            raise RuntimeError(f"a wrong answer: {response.status}")
    connection.close()


def measure(command: Callable[[Path, int], list[str]], root: Path, requests: int) -> float:
    """Microseconds of CPU for each request: the run, less a start of the server with one request."""

    def run(count: int) -> float:
        port = free_port()
        before = cpu_of_children()
        with running(command(root, port), root, port):
            clients = [threading.Thread(target=load, args=(port, count)) for _ in range(CONNECTIONS)]
            for client in clients:
                client.start()
            for client in clients:
                client.join()
        return cpu_of_children() - before

    each = requests // CONNECTIONS
    return (run(each + 1) - run(1)) / (each * CONNECTIONS) * 1e6


def main() -> int:
    """Measure and tell; 1 where the cost is more than is allowed."""
    requests = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    contenders: dict[str, Callable[[Path, int], list[str]]] = {"pyhttp": ours, "http.server --cgi": http_server}
    if shutil.which("lighttpd") or Path("/usr/sbin/lighttpd").exists():
        contenders["lighttpd mod_cgi"] = lighttpd
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "www"
        script = root / "cgi-bin" / "hello"
        script.parent.mkdir(parents=True)
        script.write_text(SCRIPT)
        script.chmod(0o755)
        Path(folder).chmod(0o755)
        results: dict[str, list[float]] = {name: [] for name in contenders}
        for _ in range(ROUNDS):
            for name, command in contenders.items():
                results[name].append(measure(command, root, requests))
    ratios: dict[str, float] = {}
    for name, values in results.items():
        ratios[name] = statistics.median(own / value for own, value in zip(results["pyhttp"], values, strict=True))
        print(f"{name:20} {min(values):8.0f} us CPU a request, children included; {ratios[name]:5.2f} x")
    return int(ratios["http.server --cgi"] > ALLOWED)


if __name__ == "__main__":
    os.environ.pop("PYTHONPATH", None)
    raise SystemExit(main())
