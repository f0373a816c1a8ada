"""The counted workloads: one kind of request each, with the folder that it needs."""

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.helpers.tls import certificate_and_key
from tests.helpers.wire_client import Reply

__all__ = [
    "APPLICATION",
    "DESCRIPTOR_OF_MARK",
    "FUNCTION",
    "FUNCTION_OF_MARK",
    "POOLED",
    "SCRIPT",
    "SECURE",
    "WORKLOADS",
    "Workload",
    "certificate_of",
    "make_site",
]

FUNCTION: Final = "function"
"""The workload whose server is no folder's but a function's."""

APPLICATION: Final = "application"
"""The workload whose server is a WSGI application's."""

SCRIPT: Final = "script"
POOLED: Final = "pooled"
SECURE: Final = "secure"
DESCRIPTOR_OF_MARK: Final = 900
"""The descriptor to which a mark, a signal, writes an octet. Without it the octet would wake the server, and count."""
FUNCTION_OF_MARK: Final = "getppid"
"""A function of the system that SIGUSR1 has the server call, and nothing else does."""

_BROWSER: Final = (
    "Host: 127.0.0.1:8888",
    "Connection: keep-alive",
    'sec-ch-ua: "Chromium";v="124", "Not-A.Brand";v="99"',
    "sec-ch-ua-mobile: ?0",
    'sec-ch-ua-platform: "Linux"',
    "Upgrade-Insecure-Requests: 1",
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36",
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8",
    "Sec-Fetch-Site: none",
    "Sec-Fetch-Mode: navigate",
    "Sec-Fetch-User: ?1",
    "Sec-Fetch-Dest: document",
    "Accept-Encoding: gzip, deflate, br",
    "Accept-Language: en-GB,en;q=0.9,de;q=0.8",
)
"""The field lines of a browser, since the length of a head has its cost."""

_SCRIPT: Final = r"""#!/bin/sh
until_server_sleeps() {
    while read -r _ _ state _ </proc/$PPID/stat && [ "$state" != S ]; do :; done
}
until_server_sleeps
printf 'Content-Type: text/plain\n\nhello\n'
until_server_sleeps
"""
"""A script that is never faster than the server. Otherwise the work would depend on which of them is first."""

_LONG_AGO: Final = 1_600_000_000
"""When every file was changed: a validator of what has just been changed is another one."""
_SETTLING: Final = 3.0
"""The seconds until that holds for their times in the file system, too, which no program can set."""


@dataclass(frozen=True, slots=True)
class Workload:
    """One kind of request, sent again and again.

    Attributes:
        name: What it is called on the command line, and in the bounds.
        path: The request-target.
        status: What is answered.
        kind: The option of the command that says how handlers run.
        fields: Field lines beside those of a browser.
        conditional: Whether each request carries the validators of an answer that came before.
        closing: Whether each request has a connection of its own.
        secure: Whether it comes by TLS.
        requests: How many are counted.
        chance: How many calls more or fewer may be due to chance.
    """

    name: str
    path: str
    status: int = 200
    kind: str = "--single"
    fields: tuple[str, ...] = ()
    conditional: bool = False
    closing: bool = False
    secure: bool = False
    requests: int = 64
    chance: int = 0

    def head(self, validators: Reply | None = None) -> bytes:
        """The request, with the validators of an answer where they are given."""
        lines = [f"GET {self.path} HTTP/1.1", *_BROWSER, *self.fields]
        if self.closing:
            lines[2] = "Connection: close"
        if validators is not None:
            lines += [f"If-None-Match: {validators.get('ETag')}"]
            lines += [f"If-Modified-Since: {validators.get('Last-Modified')}"]
        return "\r\n".join([*lines, "", ""]).encode("ascii")


WORKLOADS: Final = {
    one.name: one
    for one in (
        Workload("file", "/small.html"),
        Workload("not-modified", "/small.html", 304, conditional=True),
        Workload("range", "/large.bin", 206, fields=("Range: bytes=1048576-1114111",)),
        # On a busy machine a second may begin in each of these requests.
        Workload("listing", "/many/", requests=16, chance=6),
        Workload(FUNCTION, "/"),
        Workload(APPLICATION, "/"),
        # The look at a deadline that no longer matters falls into this request or the next: one round of the loop.
        Workload(SCRIPT, "/cgi-bin/hello", requests=32, chance=24),
        Workload("closing", "/small.html", closing=True),
        Workload(SECURE, "/small.html", secure=True),
        # The standby may go to sleep after each of these requests, so that the next one has to wake it.
        Workload(POOLED, "/small.html", kind="--pooled", chance=24),
    )
}


def certificate_of(folder: Path) -> Path:
    """The file with the certificate and the key of the server of `folder`, beside the folder."""
    return folder.with_name("certificate.pem")


def make_site(folder: Path) -> None:
    """Fill an empty folder with what the workloads ask for."""
    (folder / "small.html").write_bytes(b"x" * 1024)
    with (folder / "large.bin").open("wb") as large:
        large.write(b"x" * 4096)
        large.truncate(256 * 1024 * 1024)  # sparse: the rest takes no space
    many = folder / "many"
    many.mkdir()
    for number in range(1000):
        (many / f"entry-{number:04}.txt").write_bytes(b"x" * (number % 10))
    script = folder / "cgi-bin" / "hello"
    script.parent.mkdir()
    script.write_text(_SCRIPT)
    script.chmod(0o755)
    certificate_of(folder).write_bytes(certificate_and_key())
    for path in [*folder.rglob("*"), folder]:
        os.utime(path, (_LONG_AGO, _LONG_AGO))
    time.sleep(_SETTLING)
