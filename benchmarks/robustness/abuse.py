"""The abuse of the servers, and its results; a function for each row of the table."""

import os
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import Final

from benchmarks.robustness.peers import Peer
from benchmarks.robustness.running import LARGE, PATIENCE, SMALL, serving
from tests.helpers.crowd import connected, reset
from tests.helpers.sockets import request
from tests.helpers.tls import TlsSocket

__all__ = ["ABUSES", "BY_TLS", "SLOW", "SPREAD", "Abuse"]

Abuse = Callable[[Peer], str]

SPREAD: Final = 0.01
"""Seconds between ordinary requests beside clients that a server serves only one after the other."""
HEAD: Final = b"GET /small HTTP/1.1\r\nX: "
CONTENT: Final = request("/small", "Content-Length: 1000", method="POST") + b"abc"
READER: Final = request("/large")


def slow(*kinds: bytes) -> Abuse:
    """Measure ordinary requests beside 200 clients of each kind, which have sent these octets and now do not read."""

    def measure(peer: Peer) -> str:
        with ExitStack() as stack:
            server = stack.enter_context(serving(peer))
            for sent in kinds:
                stack.enter_context(server.crowd(200, sent, window=4096 if sent == READER else 0))
            return server.ask()

    return measure


@dataclass(frozen=True, slots=True)
class Slow:
    """Clients that need an ability of the server.

    Attributes:
        ability: The name of the ability.
        sent: All octets that each of them sends.
        rest: The octets that would complete the request.
        status: The status for the complete request; it is asked for once, to see that the server has the ability.
    """

    ability: str
    sent: bytes
    rest: bytes = b""
    status: bytes = b"200"

    def measure(self, peer: Peer) -> str:
        """Measure ordinary requests beside 64 of them, which read no octet."""
        if self.ability not in peer.abilities:
            return "-"
        with serving(peer, ability=self.ability) as server:
            if not server.answers(self.sent + self.rest, self.status):
                raise RuntimeError("a whole request of this kind has not been answered")
            with server.crowd(64, self.sent, window=0 if self.rest else 4096):
                return server.ask(pause=SPREAD)


SIZE: Final = 100_000
"""The number of octets of content for a script."""
EXPECTS: Final = request("/cgi-bin/count", f"Content-Length: {SIZE}", "Expect: 100-continue", method="POST")
STALLS: Final = request("/cgi-bin/count", f"Content-Length: {SIZE}", method="POST") + bytes(66_000)
RANGES: Final = request("/ranges", "Range: bytes=0-16000000,16000002-32000000")


def undisturbed(peer: Peer) -> str:
    """Measure ordinary requests without other clients."""
    with serving(peer) as server:
        return server.ask()


def idle(peer: Peer) -> str:
    """Measure with 2,000 connections that have been served and stay."""
    with serving(peer) as server:
        server.ask()
        before = server.usage()[2]
        with server.crowd(2000, SMALL) as clients:
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


def handshakes(peer: Peer) -> str:
    """Measure beside 200 clients that have sent their hello by TLS, and do not read the answer."""
    with serving(peer) as server, ExitStack() as stack:
        for _ in range(200):
            client = stack.enter_context(TlsSocket(socket.create_connection(server.address, timeout=PATIENCE)))
            client.start()
        return server.ask()


def resets(peer: Peer) -> str:
    """Measure after 300 clients each that vanish in a head, in a download and in an upload."""
    upload = request("/small", "Content-Length: 1000000", method="POST") + bytes(1000)
    with serving(peer) as server:
        server.ask()
        before = server.usage()
        for sent in (b"GET /small HTTP/1.1\r\nHo", request("/large"), upload):
            for _ in range(30):
                with server.crowd(10, sent, window=4096) as clients:
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
    """Measure with 64 descriptors and 200 downloads that no client reads; then without the downloads."""
    with serving(peer, 64) as server:
        server.ask()
        try:
            with server.crowd(200, request("/large"), window=4096):
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
    """Stop the server during eight downloads."""
    with serving(peer) as server, ExitStack() as stack:
        clients = [stack.enter_context(connected(server.address, tls=server.tls)) for _ in range(8)]
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
    """Cut a file to half its length during eight downloads: are they cut, or does the client wait?"""
    with serving(peer) as server, server.crowd(8, request("/large"), window=4096) as clients:
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


SLOW: Final[Mapping[str, Abuse]] = {
    "nobody else": undisturbed,
    "200 slow heads": slow(HEAD),
    "200 bodies that stall": slow(CONTENT),
    "200 slow readers of 64 MiB": slow(READER),
    "all 600 of them at once": slow(HEAD, CONTENT, READER),
    "64 slow readers of two ranges": Slow("ranges", RANGES, status=b"206").measure,
    "64 slow readers of a script's 8 MB": Slow("scripts", request("/cgi-bin/pours")).measure,
    "64 uploads to a script that expect 100 and stop": Slow("scripts", EXPECTS, bytes(SIZE)).measure,
    "64 uploads to a script that stall at 66,000": Slow("scripts", STALLS, bytes(SIZE - 66_000)).measure,
    "64 slow readers of an endless iterable": Slow("iterables", request("/endless")).measure,
}
"""The rows of slow clients."""
ABUSES: Final[Mapping[str, Abuse]] = {
    **SLOW,
    "2,000 idle connections": idle,
    "900 resets": resets,
    "64 descriptors, 200 downloads": few_descriptors,
    "stopped during 8 downloads": stopped,
    "file cut short during 8 downloads": truncated,
}
"""All rows, in their order."""
BY_TLS: Final[Mapping[str, Abuse]] = {"200 handshakes that stop": handshakes, **ABUSES}
"""The rows by TLS."""
