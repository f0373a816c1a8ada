"""What reading a request costs beside h11 and httptools: the same bytes, in the same run, all of our checks on.

Each reader makes a new connection, is given the bytes, and reports every event and whether the connection persists. The
three take turns in short batches, and the fastest batch of each counts, so that other work on the machine blurs neither
the figures nor their ratios. Exits 1 where a ratio to h11 is over its bound.
"""

import gc
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import h11
import httptools

from pyhttp.limits import Limits
from pyhttp.wire.connection import ServerConnection
from pyhttp.wire.events import EndOfMessage

ROUNDS: Final = 80
BATCH: Final = 200
AGAIN: Final = 2
"""How often a case that misses its bound is measured again: a busy machine can slow one of three for a while."""
LIMITS: Final = Limits()

BROWSER_GET: Final = b"""\
GET /images/gallery/2024/summer/index.html?sort=date&order=desc HTTP/1.1\r
Host: www.example.com:8888\r
Connection: keep-alive\r
Cache-Control: max-age=0\r
Upgrade-Insecure-Requests: 1\r
User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36\r
Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r
Sec-Fetch-Site: same-origin\r
Sec-Fetch-Mode: navigate\r
Accept-Encoding: gzip, deflate, br, zstd\r
Accept-Language: en-GB,en;q=0.9,de;q=0.8\r
Cookie: session=0123456789abcdef0123456789abcdef; theme=dark\r
If-None-Match: "5f3c1a2b-1f40-6f1d2e3c4b5a-000000000"\r
\r
"""
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


@dataclass(frozen=True, slots=True)
class Case:
    """Some bytes, and how much of h11's time reading them may take; None where nothing is promised."""

    name: str
    data: bytes
    bound: float | None


CASES: Final = (
    Case("browser GET, 650 bytes, 12 fields", BROWSER_GET, 0.25),
    Case("POST, 20 chunks of 1 KiB, the last one shorter", POST_HEAD + chunks([1024] * 19 + [300]), 0.15),
    Case("POST, 20 chunks of 20 sizes", POST_HEAD + chunks([100 + 37 * number for number in range(20)]), None),
    Case(
        "POST, 500 bytes of stated length",
        POST_HEAD.replace(b"Transfer-Encoding: chunked", b"Content-Length: 500") + b"x" * 500,
        None,
    ),
    Case("shortest GET", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", None),
)


def read_ours(data: bytes) -> bool:
    """Read with pyhttp."""
    connection = ServerConnection(LIMITS)
    connection.receive_data(data)
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
    """What httptools calls back."""

    def __init__(self) -> None:
        self.url = b""
        self.fields: list[tuple[bytes, bytes]] = []
        self.content: list[bytes] = []
        self.complete = False

    def on_url(self, url: bytes) -> None:
        """Part of the target."""
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """One field."""
        self.fields.append((name, value))

    def on_body(self, body: bytes) -> None:
        """Some content."""
        self.content.append(body)

    def on_message_complete(self) -> None:
        """The end."""
        self.complete = True


def read_httptools(data: bytes) -> bool:
    """Read with httptools, a parser in C."""
    parser = httptools.HttpRequestParser(Events())
    parser.feed_data(data)
    parser.get_method()
    parser.get_http_version()
    return parser.should_keep_alive()


READERS: Final[dict[str, Callable[[bytes], bool]]] = {
    "pyhttp": read_ours,
    "h11": read_h11,
    "httptools": read_httptools,
}


def measure(data: bytes) -> dict[str, float]:
    """Microseconds of the fastest batch of each reader."""
    fastest = dict.fromkeys(READERS, float("inf"))
    for _ in range(ROUNDS):
        for name, read in READERS.items():
            start = time.perf_counter()
            for _ in range(BATCH):
                read(data)
            fastest[name] = min(fastest[name], time.perf_counter() - start)
    return {name: 1e6 * seconds / BATCH for name, seconds in fastest.items()}


def main() -> int:
    """Measure every case and print a line for each."""
    gc.disable()
    print(f"{'microseconds':50}" + "".join(f"{name:>11}" for name in READERS) + "   of h11")
    missed = 0
    for case in CASES:
        taken = measure(case.data)
        for _ in range(AGAIN):
            if not over_bound(case, taken):
                break
            taken = measure(case.data)
        bound = "" if case.bound is None else f", at most {case.bound}"
        figures = "".join(f"{taken[name]:11.1f}" for name in READERS)
        print(f"{case.name:50}{figures}   {taken['pyhttp'] / taken['h11']:.3f}{bound}")
        missed += over_bound(case, taken)
    return 1 if missed else 0


def over_bound(case: Case, taken: dict[str, float]) -> bool:
    """Whether a promise is missed."""
    return case.bound is not None and taken["pyhttp"] > case.bound * taken["h11"]


if __name__ == "__main__":
    sys.exit(main())
