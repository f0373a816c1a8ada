"""The cost of reading a request by itself, with pyhttp's checks, h11 or httptools: CASE READER.

The reader makes a new connection, gets the bytes, and reports every event and whether the connection persists. The
fastest batch counts, so that other work on the machine does not.
"""

import gc
import sys
import time
from collections.abc import Callable, Mapping
from typing import Final

import h11
import httptools

from benchmarks.speed.asking import Ask, head
from pyhttp.limits import Limits
from pyhttp.wire.events import EndOfMessage
from pyhttp.wire.server_connection import ServerConnection

SECONDS: Final = 0.5
BATCH: Final = 100
LIMITS: Final = Limits()

POST_HEAD: Final = b"""\
POST /upload HTTP/1.1\r
Host: www.example.com\r
Content-Type: application/octet-stream\r
Transfer-Encoding: chunked\r
\r
"""


def chunks(sizes: list[int]) -> bytes:
    """Content in chunks of these sizes."""
    return b"".join(b"%x\r\n%b\r\n" % (size, b"x" * size) for size in sizes) + b"0\r\n\r\n"


CASES: Final[Mapping[str, bytes]] = {
    "get": head(Ask("/images/gallery/2024/summer/index.html"), 8888),
    "chunks": POST_HEAD + chunks([1024] * 19 + [300]),
}


def read_ours(data: bytes) -> bool:
    """Read with pyhttp, as its servers do: in one step if possible."""
    connection = ServerConnection(LIMITS)
    if connection.receive_whole(data) is None:
        while not isinstance(connection.next_event(), EndOfMessage):
            pass
    return connection.persistent


def read_h11(data: bytes) -> bool:
    """Read with h11."""
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(data)
    while not isinstance(connection.next_event(), h11.EndOfMessage):
        pass
    return connection.our_state is not h11.MUST_CLOSE


class Events:
    """The callbacks for httptools."""

    def __init__(self) -> None:
        self.url = b""
        self.fields: list[tuple[bytes, bytes]] = []
        self.content: list[bytes] = []

    def on_url(self, url: bytes) -> None:
        """Take a part of the target."""
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take one field."""
        self.fields.append((name, value))

    def on_body(self, body: bytes) -> None:
        """Take some content."""
        self.content.append(body)


def read_httptools(data: bytes) -> bool:
    """Read with httptools, a parser in C."""
    parser = httptools.HttpRequestParser(Events())
    parser.feed_data(data)
    parser.get_method()
    parser.get_http_version()
    return parser.should_keep_alive()


READERS: Final[Mapping[str, Callable[[bytes], bool]]] = {
    "pyhttp": read_ours,
    "h11": read_h11,
    "httptools": read_httptools,
}


def fastest(read: Callable[[bytes], bool], data: bytes) -> float:
    """The microseconds for a message, in the fastest batch."""
    end, least = time.monotonic() + SECONDS, float("inf")
    while time.monotonic() < end:
        start = time.perf_counter()
        for _ in range(BATCH):
            read(data)
        least = min(least, time.perf_counter() - start)
    return 1e6 * least / BATCH


if __name__ == "__main__":
    gc.disable()
    sys.stdout.write(f"cpu_us={fastest(READERS[sys.argv[2]], CASES[sys.argv[1]])}\n")
