"""The measurements of a server by TLS: handshakes, requests on kept connections, and the memory of idle ones."""

import re
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, assert_never

from benchmarks.speed.asking import Address, Ask, WrongAnswer, head
from benchmarks.speed.processes import CLIENT, PROCESSORS, Tree, figures, on, running, spent
from benchmarks.speed.samples import Figure, Sample, Setting
from benchmarks.speed.servers import Job, Server, environment
from benchmarks.speed.wrk import wrk

__all__ = ["Bench", "Load"]

SMALL: Final = 1024
PAGE: Final = Ask("/page.html", length=SMALL)
CLIENTS: Final = 4
"""The number of programs of openssl that shake hands at once."""
CONNECTIONS: Final = 16
PATIENCE: Final = 20.0
CIPHER: Final = ("TLS_AES_256_GCM_SHA384", "TLSv1.3", 256)
"""The cipher that is used with each server."""
_SAID: Final = re.compile(r"^(\d+) connections in (\d+(?:\.\d+)?)s;", re.MULTILINE)


class Load(StrEnum):
    """The task of a server."""

    FULL = "full"
    RESUMED = "resumed"
    KEPT = "kept"
    IDLE = "idle"


@dataclass(frozen=True, slots=True)
class Bench:
    """The place of the measurements.

    Attributes:
        root: The served folder.
        work: The folder for files that a server needs while it runs, and for the certificate.
        seconds: The duration of a load.
        idle: The number of silent connections.
        trust: The certificates that clients trust.
    """

    root: Path
    work: Path
    seconds: int
    idle: int
    trust: ssl.SSLContext

    def turn(self, load: Load, server: Server) -> Sample:
        """Measure once, the server on one processor, and its clients on another.

        Raises:
            WrongAnswer: The answer of the server is not the one that is to be timed.
            OSError: The server does not start, or breaks connections.
        """
        with self._serving(server) as (address, tree), on(Setting.PINNED, CLIENT):
            match load:
                case Load.FULL | Load.RESUMED:
                    return self._handshakes(address, tree, resumed=load is Load.RESUMED)
                case Load.KEPT:
                    before = tree.spent()
                    said = wrk(address, [head(PAGE, address[1])], self.work, CONNECTIONS, self.seconds, secure=True)
                    return figures(spent(before, tree.spent(), said.requests), said.sample())
                case Load.IDLE:
                    return self._idle(address, tree)
                case _:
                    assert_never(load)

    @contextmanager
    def _serving(self, server: Server) -> Iterator[tuple[Address, Tree]]:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port: int = free.getsockname()[1]
        log = self.work / "log"
        log.write_bytes(b"")
        job = Job(port, self.root, self.work, log, frozenset(), ())
        address = ("127.0.0.1", port)
        with running(server.command(job), environment(self.root), log, Setting.PINNED, server.stop) as process:
            self._wait_for(address)
            yield address, Tree(process.pid)

    def _wait_for(self, address: Address) -> None:
        """Check that the server answers rightly, with the cipher that is to be compared."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                with self._asked(address) as client:
                    spoken = client.cipher()
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)
            else:
                if spoken != CIPHER:
                    raise WrongAnswer(f"it speaks {spoken}")
                return

    def _asked(self, address: Address) -> ssl.SSLSocket:
        """A connection on which a request has been answered."""
        with socket.create_connection(address, timeout=PATIENCE) as plain:
            client = self.trust.wrap_socket(plain, server_hostname=address[0])
        try:
            client.sendall(head(PAGE, address[1]))
            _read_page(client)
        except BaseException:
            client.close()
            raise
        return client

    def _handshakes(self, address: Address, tree: Tree, *, resumed: bool) -> Sample:
        """Shake hands, each time with a request, which shows that all is complete and brings the next ticket."""
        words = ["openssl", "s_time", "-connect", f"{address[0]}:{address[1]}", "-www", PAGE.target, "-time"]
        words += [str(self.seconds), "-reuse" if resumed else "-new"]
        before, began = tree.spent(), time.monotonic()
        with ExitStack() as stack:
            clients = [
                stack.enter_context(subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
                for _ in range(CLIENTS)
            ]
            outputs = [client.communicate(timeout=self.seconds + 60) for client in clients]
        taken, after = time.monotonic() - began, tree.spent()
        made = reused = 0
        for out, errors in outputs:
            said = _SAID.search(out)
            if said is None:
                raise WrongAnswer(f"openssl says nothing: {out[-200:]!r} {errors[-200:]!r}")
            made += int(said[1])
            reused += out.partition("starting\n")[2].partition("\n")[0].count("r")
        if not made or (resumed and reused < made):
            raise WrongAnswer(f"{made} handshakes were made, and {reused} of them resumed")
        return figures(spent(before, after, made), {Figure.RATE: made / taken})

    def _idle(self, address: Address, tree: Tree) -> Sample:
        """Measure connections that have asked once and are then silent, and check that all are still served."""
        clients: list[ssl.SSLSocket] = []
        with ExitStack() as stack, ThreadPoolExecutor(CONNECTIONS) as several, on(Setting.PINNED, set(PROCESSORS)):

            def connect(count: int) -> None:
                clients.extend(map(stack.enter_context, several.map(self._asked, [address] * count)))

            connect(CONNECTIONS)
            before = tree.memory().now
            connect(self.idle)
            grown = tree.memory().now - before
            failed = 0
            for client in clients[:: max(1, self.idle // 100)]:
                client.sendall(head(PAGE, address[1]))
                failed += not client.recv(12).startswith(b"HTTP/1.1 200")
        return {Figure.GROWTH: grown / self.idle, Figure.FAILED: float(failed)}


def _read_page(client: ssl.SSLSocket) -> None:
    """Read the answer, which has to be the page.

    Raises:
        WrongAnswer: The answer is not the page.
    """
    answer = b""
    while len(answer.partition(b"\r\n\r\n")[2]) < SMALL:
        piece = client.recv(65536)
        answer += piece
        if not piece:
            raise WrongAnswer(f"the answer is cut: {answer[:100]!r}")
    if b" 200 " not in answer.partition(b"\r\n")[0]:
        raise WrongAnswer(f"{answer[:100]!r}")
