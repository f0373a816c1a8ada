"""Requests of every kind, in an order that a seed decides, at a server in a process of its own.

Each answer is compared with the expected one. Some requests are aborted instead: in the head, in the content, or in the
answer.
"""

import contextlib
import random
import socket
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.helpers.crowd import Address, connected, reset
from tests.helpers.sockets import request
from tests.helpers.wire_client import BadReply, Ended, Reply, WireClient

__all__ = ["Outcome", "make_folder", "run"]

SMALL: Final = b"0123456789" * 100
MIDDLE: Final = bytes(range(256)) * 1200
ETAG_PATH: Final = "/small.txt"
SCRIPT: Final = "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\nscript'\n"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of request, with its frequency, and a check whether its answer is right."""

    weight: float
    sent: bytes
    method: str
    right: Callable[[Reply], bool]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The numbers of the requests that were sent, by their results.

    Attributes:
        complete: Requests that were answered. Each of them has one access line.
        aborted: Requests whose complete head was sent by a client that left. Each of them may have an access line.
        broken: Heads that were never completed.
        wrong: Answers that were not right.
    """

    complete: int
    aborted: int
    broken: int
    wrong: Sequence[str]


def make_folder(folder: Path) -> None:
    """Fill `folder` with the files and scripts that the requests ask for."""
    (folder / "small.txt").write_bytes(SMALL)
    (folder / "middle.bin").write_bytes(MIDDLE)
    (folder / "sub").mkdir()
    (folder / "cgi-bin").mkdir()
    (folder / "cgi-bin" / "script").write_text(SCRIPT)
    (folder / "cgi-bin" / "script").chmod(0o755)


def _is(status: int, content: bytes | None = None) -> Callable[[Reply], bool]:
    return lambda reply: reply.complete and reply.status == status and content in {None, reply.content}


def _kinds(etag: str) -> tuple[Kind, ...]:
    chunked = request("/small.txt", "Transfer-Encoding: chunked", method="POST") + b"5\r\nhello\r\n0\r\n\r\n"
    unchanged = request("/small.txt", f"If-None-Match: {etag}")
    return (
        Kind(40, request("/small.txt"), "GET", _is(200, SMALL)),
        Kind(8, request("/middle.bin"), "GET", _is(200, MIDDLE)),
        Kind(10, request("/middle.bin", "Range: bytes=1000-66535"), "GET", _is(206, MIDDLE[1000:66536])),
        Kind(4, request("/middle.bin", "Range: bytes=0-9, 100000-100009"), "GET", _is(206)),
        Kind(3, request("/middle.bin", "Range: bytes=999999-"), "GET", _is(416)),
        Kind(12, unchanged, "GET", _is(304, b"")),
        Kind(4, request("/middle.bin", method="HEAD"), "HEAD", _is(200, b"")),
        Kind(6, request("/missing"), "GET", _is(404)),
        Kind(2, request("/sub"), "GET", _is(301)),
        Kind(2, request("/sub/"), "GET", _is(200)),
        Kind(2, request("/small.txt", method="DELETE"), "DELETE", _is(405)),
        Kind(2, request("/small.txt", method="POST", content=b"a" * 3000), "POST", _is(405)),
        Kind(1, chunked, "POST", _is(405)),
        Kind(2, b"GET /small.txt HTTP/1.1\r\nHost: a\r\nbad field\r\n\r\n", "GET", _is(400)),
        Kind(1, b"GET  / HTTP/1.1\r\n\r\n", "GET", _is(400)),
        Kind(0.5, request("/cgi-bin/script"), "GET", _is(200, b"script")),
    )


_ABORTED: Final = (
    request("/middle.bin"),
    request("/small.txt", "Content-Length: 100000", method="POST") + bytes(500),
    request("/small.txt"),
)
_BROKEN: Final = (b"GET /small.txt HT", b"GET /small.txt HTTP/1.1\r\nHost: a\r\nX")
_ABORTS: Final = 0.05


class _Client:
    """One client after another. The connection of each persists as long as it may."""

    def __init__(self, address: Address, kinds: Sequence[Kind], seed: int) -> None:
        self._address = address
        self._kinds = kinds
        self._weights = [kind.weight for kind in kinds]
        self._random = random.Random(seed)
        self._client: WireClient | None = None
        self.counts: Counter[str] = Counter()
        self.wrong: list[str] = []

    def run(self, count: int, stop: threading.Event) -> None:
        """Send `count` requests, or parts of requests."""
        try:
            for _ in range(count):
                if stop.is_set():
                    return
                if self._random.random() < _ABORTS:
                    self._abort()
                else:
                    self._ask(self._random.choices(self._kinds, self._weights)[0])
        except OSError as error:
            self.wrong.append(repr(error))
            stop.set()
        finally:
            self._close()

    def _close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    def _ask(self, kind: Kind) -> None:
        if self._client is None:
            self._client = WireClient(*self._address, patience=30)
        self._client.send(kind.sent)
        try:
            reply = self._client.reply(kind.method)
        except (BadReply, Ended) as error:
            self.wrong.append(f"{kind.sent[:60]!r}: {error!r}")
            self._close()
            return
        self.counts["complete"] += 1
        if not kind.right(reply):
            self.wrong.append(f"{kind.sent[:60]!r}: {reply.status}, {len(reply.content)} octets")
        if reply.says_close or self._random.random() < 0.02:
            self._close()

    def _abort(self) -> None:
        """Leave in the middle of a request or an answer, in one of two ways."""
        is_broken = self._random.random() < 0.3
        self.counts["broken" if is_broken else "aborted"] += 1
        client = connected(self._address, window=4096)
        with client, contextlib.suppress(ConnectionError):
            sent = self._random.choice(_BROKEN if is_broken else _ABORTED)
            client.sendall(sent)
            if self._random.random() < 0.5 and sent.startswith(b"GET") and not is_broken:
                client.recv(100)
            if self._random.random() < 0.7:
                reset(client)
            else:
                client.shutdown(socket.SHUT_RDWR)


def run(address: Address, count: int, *, clients: int = 8, seed: int = 1) -> Outcome:
    """Send `count` requests, or parts of requests, by as many clients at once as `clients` says."""
    with WireClient(*address, patience=30) as first:
        first.send(request(ETAG_PATH, "Connection: close"))
        etag = first.reply().get("ETag") or ""
    kinds, stop = _kinds(etag), threading.Event()
    made = [_Client(address, kinds, seed * 1000 + number) for number in range(clients)]
    with ThreadPoolExecutor(clients) as executor:
        for finished in [executor.submit(client.run, count // clients, stop) for client in made]:
            finished.result()
    counts = sum((client.counts for client in made), Counter[str]())
    wrong = [each for client in made for each in client.wrong]
    return Outcome(counts["complete"] + 1, counts["aborted"], counts["broken"], wrong)
