"""Many clients at once, without a thread for each, and the resources that a server's process uses meanwhile."""

import contextlib
import os
import resource
import socket
import ssl
import struct
import sys
import time
from collections.abc import Callable, Iterator
from typing import Final

from tests.helpers.tls import connected

__all__ = [
    "Address",
    "Usage",
    "connected",
    "cpu_seconds",
    "crowd",
    "latencies",
    "raise_descriptor_limit",
    "reset",
    "statuses",
    "tell",
    "until",
    "until_ended",
    "usage",
]

Address = tuple[str, int]
Usage = tuple[int, int, int]
"""Descriptors, threads, and resident bytes of a process."""

PATIENCE: Final = 15.0
"""Seconds after which a wait has failed."""
_AT_ONCE: Final = 50
"""Connections made in one go: a backlog has room for 128, and what it drops tries again only after a second."""
_ACCEPTED: Final = 0.25
"""Seconds that these have to be accepted before others come; a server may also have no room for them."""
_LISTENS: Final = "0A"


@contextlib.contextmanager
def crowd(
    address: Address, count: int, sent: bytes = b"", *, window: int = 0, tls: ssl.SSLContext | None = None
) -> Iterator[list[socket.socket]]:
    """The list of `count` connections that have each sent `sent`. The other arguments are those of `connected`."""
    with contextlib.ExitStack() as stack:
        clients: list[socket.socket] = []
        for number in range(1, count + 1):
            client = stack.enter_context(connected(address, window=window, tls=tls))
            if sent:
                client.sendall(sent)
            clients.append(client)
            if number % _AT_ONCE == 0:
                end = time.monotonic() + _ACCEPTED
                while _unaccepted(address) and time.monotonic() < end:
                    time.sleep(0.001)
        yield clients


def _unaccepted(address: Address) -> int:
    """The number of connections at `address` that the system has made and the server has not accepted."""
    host, port = address
    here = f"{int.from_bytes(socket.inet_aton(host), sys.byteorder):08X}:{port:04X}"
    with open("/proc/net/tcp", encoding="ascii") as table:  # listeners come first in this table
        for line in table:
            _, local, _, state, queues, *_ = line.split()
            if (local, state) == (here, _LISTENS):
                return int(queues.partition(":")[2], 16)
    return 0


def latencies(address: Address, asked: bytes, times: int, *, tls: ssl.SSLContext | None = None) -> tuple[float, float]:
    """The median and the worst of the seconds that `times` requests take.

    Each request has a new connection, and its answer is 200.
    """
    taken: list[float] = []
    for _ in range(times):
        began = time.perf_counter()
        with connected(address, tls=tls) as client:
            client.sendall(asked)
            assert client.recv(65536).startswith(b"HTTP/1.1 200 ")
        taken.append(time.perf_counter() - began)
    return sorted(taken)[times // 2], max(taken)


def reset(client: socket.socket) -> None:
    """Reset the connection."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def statuses(received: bytes) -> list[int]:
    """The status of each answer in what was received."""
    return [int(part[:3]) for part in received.split(b"HTTP/1.1 ")[1:]]


def tell(figures: str) -> None:
    """Print what was measured; pytest shows it with -rP."""
    sys.stdout.write(f"{figures}\n")


def until_ended(client: socket.socket) -> bytes:
    """The octets that come up to the end of the stream, or its reset."""
    data = bytearray()
    with contextlib.suppress(ConnectionResetError):
        while piece := client.recv(1 << 20):
            data += piece
    return bytes(data)


def until(condition: Callable[[], bool], patience: float = PATIENCE) -> None:
    """Wait until a condition has come true."""
    end = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < end, "what was waited for has not happened"
        time.sleep(0.005)


def usage(process: int) -> Usage:
    """The descriptors and the other resources that a process has in use."""
    with open(f"/proc/{process}/statm", encoding="ascii") as file:
        resident = int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return len(os.listdir(f"/proc/{process}/fd")), len(os.listdir(f"/proc/{process}/task")), resident


def cpu_seconds(process: int) -> float:
    """The seconds that a process has computed so far."""
    with open(f"/proc/{process}/stat", encoding="ascii") as file:
        user, system = file.read().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def raise_descriptor_limit(wanted: int) -> bool:
    """Allow this process, and those that it starts, `wanted` descriptors.

    The result is False where the system does not.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < wanted:
        return False
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    return True
