"""A server in a process of its own, with the questions that can be asked of it."""

import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Final

from benchmarks.robustness.peers import Made, Peer
from tests.helpers.crowd import Address, connected, cpu_seconds, crowd, usage
from tests.helpers.sockets import request
from tests.helpers.tls import certificate_and_key, client_context

__all__ = ["LARGE", "PATIENCE", "POURED", "SMALL", "Server", "serving"]

LARGE: Final = 64 << 20
POURED: Final = 8_000_000
"""The number of octets of a script's output: more than the kernel holds for a client that does not read."""
SMALL: Final = request("/small")
PATIENCE: Final = 3.0
"""The seconds after which an ordinary request counts as not answered."""
SCRIPTS: Final = {
    "count": "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'\nexec wc -c\n",
    "pours": f"#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'\nexec head -c {POURED} /dev/zero\n",
}


class Server:
    """A running server."""

    def __init__(self, process: subprocess.Popen[bytes], address: Address, root: Path, peer: Peer) -> None:
        self.process = process
        self.address = address
        self.root = root
        self.tls = client_context() if peer.secure else None
        self._stop = peer.stop

    def processes(self) -> list[int]:
        """The server's process and its children."""
        found = [self.process.pid]
        with suppress(OSError):
            for thread in Path(f"/proc/{self.process.pid}/task").iterdir():
                with suppress(OSError):  # a thread that has ended
                    found += map(int, (thread / "children").read_text().split())
            return found
        return []

    def usage(self) -> tuple[int, int, int]:
        """The descriptors, threads and resident bytes of all its processes."""
        each = [usage(process) for process in self.processes()]
        return sum(one[0] for one in each), sum(one[1] for one in each), sum(one[2] for one in each)

    def cpu(self) -> float:
        """The seconds of processor time of its processes."""
        return sum(map(cpu_seconds, self.processes()))

    def ask(self, times: int = 30, pause: float = 0) -> str:
        """The median and the worst time of ordinary requests in milliseconds, or "no answer"."""
        taken: list[float] = []
        for _ in range(times):
            time.sleep(pause)
            began = time.perf_counter()
            if not self.answers():
                return "no answer"
            taken.append((time.perf_counter() - began) * 1000)
        return f"{sorted(taken)[times // 2]:.1f} / {max(taken):.0f} ms"

    def answers(self, asked: bytes = SMALL, status: bytes = b"200") -> bool:
        """Whether a request on a new connection gets this status; unless given, an ordinary request and 200."""
        try:
            with connected(self.address, patience=PATIENCE, tls=self.tls) as client:
                client.sendall(asked)
                answer = client.recv(65536)
                if answer.startswith(b"HTTP/1.1 100 "):
                    answer = answer.partition(b"\r\n\r\n")[2] or client.recv(65536)
                return b" %b " % status in answer.partition(b"\r\n")[0]
        except OSError:
            return False

    def crowd(self, count: int, sent: bytes, window: int = 0) -> AbstractContextManager[list[socket.socket]]:
        """A number of clients that have each sent these octets; see `crowd`."""
        return crowd(self.address, count, sent, window=window, tls=self.tls)

    def stop(self) -> None:
        """Ask the server to stop gently."""
        self.process.send_signal(self._stop)


def fill(root: Path) -> None:
    """Fill the folder: a small file and two large ones, and scripts."""
    scripts = root / "cgi-bin"
    scripts.mkdir(parents=True)
    (root / "small").write_bytes(b"hello")
    for name, size in (("large", LARGE), ("ranges", LARGE // 2)):
        with (root / name).open("wb") as file:
            file.truncate(size)
    for name, text in SCRIPTS.items():
        (scripts / name).write_text(text)
        (scripts / name).chmod(0o755)
    root.parent.chmod(0o755)  # a server may run scripts as another user


@contextmanager
def serving(peer: Peer, descriptors: int = 8192, ability: str = "") -> Iterator[Server]:
    """A server with a folder, set up for the named ability; it ends with the block."""
    with tempfile.TemporaryDirectory() as work, socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        free.close()
        root = Path(work, "root")
        fill(root)
        made = Made(port, str(root), work, descriptors, ability)
        Path(made.certificate).write_bytes(certificate_and_key())
        words = peer.command(made)
        limited = ["sh", "-c", f'ulimit -n {descriptors}; exec "$@"', "sh", *words]
        with subprocess.Popen(limited, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            server = Server(process, ("127.0.0.1", port), root, peer)
            children: set[int] = set()
            try:
                end = time.monotonic() + 10
                while not server.answers():
                    if time.monotonic() > end or process.poll() is not None:
                        raise RuntimeError(f"{words[0]} does not start")
                    time.sleep(0.05)
                children.update(server.processes()[1:])
                yield server
            finally:
                children.update(server.processes()[1:])
                process.terminate()
                with suppress(subprocess.TimeoutExpired):
                    process.wait(1)
                process.kill()
                for child in children:
                    with suppress(OSError):
                        os.kill(child, signal.SIGKILL)
