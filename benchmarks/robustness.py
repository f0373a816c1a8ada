"""What servers of files do under the abuse that tests/robustness is about; writes docs/robustness.md.

Each server that is found runs in a process of its own on 127.0.0.1, with its own defaults but for what the abuse needs:
room for as many connections. Every wait has an end; a server that does not answer within it is said not to.

    python -m benchmarks.robustness [SERVER ...]
"""

import os
import platform
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Final

from tests.helpers.crowd import Address, connected, cpu_seconds, crowd, raise_descriptor_limit, reset, usage
from tests.helpers.sockets import request

OUTPUT: Final = Path(__file__).parents[1] / "docs" / "robustness.md"
LARGE: Final = 64 << 20
SMALL: Final = request("/small")
TOO_LONG: Final = 45
"""Seconds that one cell may take."""
PATIENCE: Final = 3.0
"""Seconds after which an ordinary request counts as not answered."""

NGINX: Final = """
daemon off; user root; worker_processes 1; pid {work}/pid; error_log /dev/null;
events {{ worker_connections 4096; }}
http {{
  access_log off; sendfile on; default_type application/octet-stream;
  client_body_temp_path {work}/1; proxy_temp_path {work}/2; fastcgi_temp_path {work}/3;
  uwsgi_temp_path {work}/4; scgi_temp_path {work}/5;
  server {{ listen 127.0.0.1:{port}; root {root}; }}
}}
"""
LIGHTTPD: Final = """
server.document-root = "{root}"
server.bind = "127.0.0.1"
server.port = {port}
server.errorlog = "/dev/null"
server.max-fds = {descriptors}
server.graceful-shutdown-timeout = 10
server.modules = ("mod_staticfile")
"""
CHEROOT: Final = """
import os, sys
from cheroot import wsgi
def app(environ, start_response):
    path = os.path.join(sys.argv[2], environ["PATH_INFO"].strip("/"))
    if environ["REQUEST_METHOD"] != "GET":
        start_response("405 Method Not Allowed", [("Content-Length", "0")])
        return [b""]
    file = open(path, "rb")
    start_response("200 OK", [("Content-Length", str(os.fstat(file.fileno()).st_size))])
    return iter(lambda: file.read(65536), b"")
server = wsgi.Server(("127.0.0.1", int(sys.argv[1])), app)
try:
    server.start()
except KeyboardInterrupt:
    server.stop()
"""


@dataclass(frozen=True, slots=True)
class Made:
    """Where a server is to find what it serves, and what it may use."""

    port: int
    root: str
    work: str
    descriptors: int

    def write(self, name: str, template: str) -> str:
        """A file in the working folder, made from a template."""
        path = Path(self.work, name)
        path.write_text(template.format(port=self.port, root=self.root, work=self.work, descriptors=self.descriptors))
        return str(path)


@dataclass(frozen=True, slots=True)
class Peer:
    """A server: its command line, the signal that stops it gently, and its version."""

    command: Callable[[Made], list[str]]
    stop: signal.Signals
    version: Callable[[], str]


def _said(*words: str) -> str:
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    return (done.stdout + done.stderr).splitlines()[0].split(" - ")[0].split("/")[-1].strip()


def _cheroot(made: Made) -> list[str]:
    path = Path(made.work, "serve.py")
    path.write_text(CHEROOT)
    return [sys.executable, str(path), str(made.port), made.root]


def _http_server(made: Made) -> list[str]:
    options = ["--bind", "127.0.0.1", "--protocol", "HTTP/1.1", "--directory", made.root]
    return [sys.executable, "-m", "http.server", *options, str(made.port)]


def _pyhttp(kind: str) -> Peer:
    def command(made: Made) -> list[str]:
        return [sys.executable, "-m", "pyhttp", made.root, "--host", "127.0.0.1", "--port", str(made.port), kind]

    version = "import pyhttp; print(pyhttp.__version__)"
    return Peer(command, signal.SIGTERM, lambda: _said(sys.executable, "-c", version))


PEERS: Final[Mapping[str, Peer]] = {
    "nginx": Peer(
        lambda made: ["nginx", "-c", made.write("nginx.conf", NGINX)], signal.SIGQUIT, lambda: _said("nginx", "-v")
    ),
    "lighttpd": Peer(
        lambda made: ["lighttpd", "-D", "-f", made.write("lighttpd.conf", LIGHTTPD)],
        signal.SIGINT,
        lambda: _said("lighttpd", "-v"),
    ),
    "cheroot": Peer(
        _cheroot,
        signal.SIGINT,
        lambda: _said(sys.executable, "-c", "from importlib.metadata import version; print(version('cheroot'))"),
    ),
    "http.server": Peer(_http_server, signal.SIGINT, platform.python_version),
    "pyhttp --single": _pyhttp("--single"),
    "pyhttp --threaded": _pyhttp("--threaded"),
    "pyhttp --pooled": _pyhttp("--pooled"),
}


class Server:
    """A server that runs."""

    def __init__(self, process: subprocess.Popen[bytes], address: Address, root: Path, stop: signal.Signals) -> None:
        self.process = process
        self.address = address
        self.root = root
        self._stop = stop

    def processes(self) -> list[int]:
        """The server's process and its children."""
        with suppress(OSError):
            children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
            return [self.process.pid, *map(int, children)]
        return []

    def usage(self) -> tuple[int, int, int]:
        """Descriptors, threads and resident bytes of all its processes."""
        each = [usage(process) for process in self.processes()]
        return sum(one[0] for one in each), sum(one[1] for one in each), sum(one[2] for one in each)

    def cpu(self) -> float:
        """Seconds that its processes have computed."""
        return sum(map(cpu_seconds, self.processes()))

    def ask(self, times: int = 30) -> str:
        """Median and worst of ordinary requests in milliseconds, or that there is no answer."""
        taken: list[float] = []
        for _ in range(times):
            began = time.perf_counter()
            if not self.answers():
                return "no answer"
            taken.append((time.perf_counter() - began) * 1000)
        return f"{sorted(taken)[times // 2]:.1f} / {max(taken):.0f} ms"

    def answers(self) -> bool:
        """Whether an ordinary request on a new connection is answered."""
        try:
            with socket.create_connection(self.address, timeout=PATIENCE) as client:
                client.sendall(SMALL)
                return b" 200 " in client.recv(65536)
        except OSError:
            return False

    def stop(self) -> None:
        """Ask it to stop, gently."""
        self.process.send_signal(self._stop)


@contextmanager
def serving(peer: Peer, descriptors: int = 8192) -> Iterator[Server]:
    """A server with a small and a large file; ended with the block."""
    with tempfile.TemporaryDirectory() as work, socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        free.close()
        root = Path(work, "root")
        root.mkdir()
        (root / "small").write_bytes(b"hello")
        with (root / "large").open("wb") as file:
            file.truncate(LARGE)
        words = peer.command(Made(port, str(root), work, descriptors))
        limited = ["sh", "-c", f'ulimit -n {descriptors}; exec "$@"', "sh", *words]
        with subprocess.Popen(limited, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            server = Server(process, ("127.0.0.1", port), root, peer.stop)
            children: list[int] = []
            try:
                end = time.monotonic() + 10
                while not server.answers():
                    if time.monotonic() > end or process.poll() is not None:
                        raise RuntimeError(f"{words[0]} does not start")
                    time.sleep(0.05)
                children = server.processes()[1:]
                yield server
            finally:
                process.terminate()
                with suppress(subprocess.TimeoutExpired):
                    process.wait(1)
                process.kill()
                for child in children:
                    with suppress(OSError):
                        os.kill(child, signal.SIGKILL)


HEAD: Final = b"GET /small HTTP/1.1\r\nX: "
CONTENT: Final = request("/small", "Content-Length: 1000", method="POST") + b"abc"
READER: Final = request("/large")


def slow(*kinds: bytes) -> Callable[[Peer], str]:
    """Ordinary requests beside 200 clients of each kind: they have sent that, and then do nothing, nor read."""

    def measure(peer: Peer) -> str:
        with ExitStack() as stack:
            server = stack.enter_context(serving(peer))
            for sent in kinds:
                stack.enter_context(crowd(server.address, 200, sent, window=4096 if sent == READER else 0))
            return server.ask()

    return measure


def undisturbed(peer: Peer) -> str:
    """Ordinary requests, nobody else there."""
    with serving(peer) as server:
        return server.ask()


def idle(peer: Peer) -> str:
    """2,000 connections that have been served and stay."""
    with serving(peer) as server:
        server.ask()
        before = server.usage()[2]
        with crowd(server.address, 2000, SMALL) as clients:
            served = 0
            for client in clients:
                client.settimeout(PATIENCE if served else 10)
                try:
                    served += b" 200 " in client.recv(65536)
                except OSError:
                    break
            answer = server.ask()
            each = (server.usage()[2] - before) / 2000 / 1024
            held = 0
            for client in clients if answer != "no answer" else ():
                client.setblocking(False)
                try:
                    held += client.recv(1) != b""
                except BlockingIOError:
                    held += 1
                except OSError:
                    continue
            return f"{answer}; {served} served, {held} held, {each:.1f} KiB each"


def resets(peer: Peer) -> str:
    """300 clients each that vanish in a head, in a download and in an upload."""
    upload = request("/small", "Content-Length: 1000000", method="POST") + bytes(1000)
    with serving(peer) as server:
        server.ask()
        before = server.usage()
        for sent in (b"GET /small HTTP/1.1\r\nHo", request("/large"), upload):
            for _ in range(30):
                with crowd(server.address, 10, sent, window=4096) as clients:
                    for client in clients if sent.startswith(b"GET /large") else ():
                        client.settimeout(PATIENCE)
                        with suppress(OSError):
                            client.recv(1)
                    for client in clients:
                        reset(client)
        answer = server.ask()
        end = time.monotonic() + 5
        while server.usage()[:2] > before[:2] and time.monotonic() < end:
            time.sleep(0.05)
        after = server.usage()
        return f"{after[0] - before[0]:+} descriptors, {after[1] - before[1]:+} threads; {answer}"


def few_descriptors(peer: Peer) -> str:
    """64 descriptors and 200 downloads that nobody reads; then none."""
    with serving(peer, 64) as server:
        server.ask()
        try:
            with crowd(server.address, 200, request("/large"), window=4096):
                time.sleep(1)
                began, computed = time.monotonic(), server.cpu()
                time.sleep(2)
                share = (server.cpu() - computed) / (time.monotonic() - began)
        except OSError as error:
            return f"200 connections: {error}; then {server.ask(10)}"
        if server.process.poll() is not None:
            return "ended"
        time.sleep(1)
        return f"{share:.0%} CPU; then {server.ask(10)}"


def stopped(peer: Peer) -> str:
    """Told to stop during eight downloads."""
    with serving(peer) as server, ExitStack() as stack:
        clients = [stack.enter_context(connected(server.address)) for _ in range(8)]
        for client in clients:
            client.sendall(request("/large"))
        for client in clients:
            client.recv(1, socket.MSG_PEEK)
        server.stop()
        complete = 0
        for client in clients:
            size = 0
            with suppress(OSError):
                while size < LARGE and (data := client.recv(1 << 20)):
                    size += len(data)
            complete += size >= LARGE
        try:
            code = f"exit {server.process.wait(12)}"
        except subprocess.TimeoutExpired:
            code = "still runs after 12 s"
        return f"{complete} of 8 complete, {code}"


def truncated(peer: Peer) -> str:
    """A file cut to half its length during eight downloads: are they cut, or does the client wait?"""
    with serving(peer) as server, crowd(server.address, 8, request("/large"), window=4096) as clients:
        for client in clients:
            client.recv(1)
        os.truncate(server.root / "large", LARGE // 2)
        results: dict[str, int] = {}
        for client in clients:
            client.settimeout(PATIENCE)
            size, result = 0, "ended"
            try:
                while data := client.recv(1 << 20):
                    size += len(data)
            except TimeoutError:
                result = "left waiting"
            except OSError:
                result = "reset"
            what = "padded" if size >= LARGE else result
            results[what] = results.get(what, 0) + 1
        return ", ".join(f"{count} {what}" for what, count in results.items()) + f"; {server.ask(5)}"


ABUSES: Final[Mapping[str, Callable[[Peer], str]]] = {
    "nobody else": undisturbed,
    "200 slow heads": slow(HEAD),
    "200 bodies that stall": slow(CONTENT),
    "200 slow readers of 64 MiB": slow(READER),
    "all 600 of them at once": slow(HEAD, CONTENT, READER),
    "2,000 idle connections": idle,
    "900 resets": resets,
    "64 descriptors, 200 downloads": few_descriptors,
    "stopped during 8 downloads": stopped,
    "file cut short during 8 downloads": truncated,
}

INTRODUCTION: Final = """# Servers under abuse

Written by `python -m benchmarks.robustness`; each cell is one run on a machine with {cpus} processors, clients and
server together, so differences of a few milliseconds mean nothing. Times are the median and the worst of 30 ordinary
requests, each on a new connection; "no answer" means that one of them had none within {patience:.0f} seconds. Each
server has its own defaults but for the number of connections. Cheroot serves by a small application of its ten
threads; `http.server` speaks HTTP/1.1 here, and has a thread for each connection.

* Slow heads, bodies and readers have sent all that they will, and the table shows who else is served meanwhile.
* 900 resets: 300 in the middle of a head, of a download, of an upload; what is left up to five seconds later.
* 64 descriptors: the share of one processor while nothing can be done, and whether the server is back afterwards.
* Stopped: by the signal that the server documents for a gentle stop.
* A file cut short: "ended" and "reset" tell the client that something is wrong; "left waiting" leaves it so for
  {patience:.0f} seconds at least; "padded" would be a lie.
* A cell that is not done within {long} seconds is given up; a short backlog makes many clients try again.

"""


class TooLong(Exception):
    """A cell has taken too long: the server takes connections too slowly, say."""


def _give_up(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the signature of a signal handler
    raise TooLong


def cell(measure: Callable[[Peer], str], peer: Peer) -> str:
    """One cell of the table, within bounds."""
    signal.signal(signal.SIGALRM, _give_up)
    signal.alarm(TOO_LONG)
    try:
        return measure(peer)
    except TooLong:
        return f"not done within {TOO_LONG} s"
    except (OSError, RuntimeError) as error:
        return f"not measured: {error}"
    finally:
        signal.alarm(0)


def main() -> int:
    """Run all abuse against all servers there are, or those that are named, and write the table."""
    if not raise_descriptor_limit(8192):
        print("too few descriptors are allowed here")
        return 1
    chosen = sys.argv[1:] or list(PEERS)
    versions: dict[str, str] = {}
    for name in chosen:
        try:
            versions[name] = PEERS[name].version()
        except (OSError, subprocess.CalledProcessError):
            print(f"{name} is not here")
    rows: list[str] = []
    for abuse, measure in ABUSES.items():
        cells: list[str] = []
        for name in versions:
            cells.append(cell(measure, PEERS[name]))
            print(f"{abuse}: {name}: {cells[-1]}", flush=True)
        rows.append(f"| {abuse} | {' | '.join(cells)} |")
    heads = " | ".join(f"{name} {version}" for name, version in versions.items())
    table = "\n".join([f"| | {heads} |", "|---" * (len(versions) + 1) + "|", *rows])
    text = INTRODUCTION.format(cpus=os.cpu_count(), patience=PATIENCE, long=TOO_LONG) + table + "\n"
    if versions.keys() == PEERS.keys():
        OUTPUT.write_text(text)
    else:
        print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
