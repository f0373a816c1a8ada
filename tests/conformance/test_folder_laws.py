"""The laws, judged over the answers of a folder by itself: files, parts, listings, redirects, errors, OPTIONS.

`test_rows.py` judges them over the answers of an application, and so never sees a field that the folder writes.
"""

from functools import partial
from pathlib import Path
from socket import create_connection
from typing import Final

import pytest

from pyhttp.checking.client import Client
from pyhttp.checking.laws import LAWS, Law, Verdict
from pyhttp.checking.play import Exchange
from pyhttp.handler import BaseHttpRequestHandler
from pyhttp.servers.base import BaseServer
from pyhttp.site import Site
from tests.helpers.folder import write

_ASKED: Final = (
    ("GET", "/file.txt", ""),
    ("HEAD", "/file.txt", ""),
    ("GET", "/file.txt", "Range: bytes=0-0"),
    ("GET", "/file.txt", "Range: bytes=0-0,2-2"),
    ("GET", "/file.txt", "Range: bytes=99-"),
    ("GET", "/file.txt", "If-None-Match: *"),
    ("GET", "/file.txt", 'If-Match: "other"'),
    ("POST", "/file.txt", ""),
    ("BREW", "/file.txt", ""),
    ("OPTIONS", "/file.txt", ""),
    ("OPTIONS", "/file.txt", "Access-Control-Request-Method: GET"),
    ("GET", "/long.txt", "Accept-Encoding: gzip"),
    ("GET", "/sub", ""),
    ("GET", "/sub/", ""),
    ("GET", "/sub/?format=json", ""),
    ("GET", "/absent", "Accept: text/html"),
    ("GET", "/absent", "Accept: application/json"),
    ("GET", "/%00", ""),
    ("GET", "/cgi-bin/x", ""),
    ("OPTIONS", "*", ""),
)
_SITE: Final = Site(
    max_age=60,
    cors=True,
    compress=True,
    headers=(
        ("Content-Disposition", "inline"),
        ("X-Content-Type-Options", "nosniff"),
        ("Content-Language", "en"),
        ("Vary", "Origin"),
    ),
)
"""With fields that a file, or the script, has already."""
_SILENT: Final = frozenset({
    "the end is announced", "an announced end comes", "Connection lists its own options", "Server is one product",
})  # fmt: skip
"""Laws that have nothing to say here: the end of a connection is not looked at, and no Server is sent."""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    top = tmp_path_factory.mktemp("folder")
    write(top / "file.txt", b"file")
    write(top / "long.txt", b"long" * 1024)
    write(top / "sub" / "a.txt", b"a")
    script = write(
        top / "cgi-bin" / "x",
        b"#!/bin/sh\nprintf 'Content-Type: text/plain\\nContent-Disposition: attachment\\n\\nx'\n",
    )
    script.chmod(0o755)
    return top


@pytest.fixture(scope="module")
def exchanges(root: Path) -> list[Exchange]:
    """The answers to all requests. They are read without being judged."""
    handler = partial(BaseHttpRequestHandler, directory=root, site=_SITE)
    with BaseServer("127.0.0.1", 0, handler) as server:
        return [_exchange(server, version, *asked) for version in ("HTTP/1.1", "HTTP/1.0") for asked in _ASKED]


def _exchange(server: BaseServer, version: str, method: str, target: str, line: str) -> Exchange:
    lines = "".join(f"{each}\r\n" for each in ("Host: a", line) if each)
    with Client(create_connection(server.addresses[0][:2], timeout=5)) as client:
        client.send(f"{method} {target} {version}\r\n{lines}\r\n".encode())
        return Exchange(client.reply(method), method, version)


def test_the_folder_answers_in_every_way(exchanges: list[Exchange]) -> None:
    assert {one.reply.status for one in exchanges} == {200, 204, 206, 301, 304, 400, 404, 405, 412, 416, 501}


@pytest.mark.parametrize("law", [pytest.param(law, id=law.name, marks=pytest.mark.clause(*law.cites)) for law in LAWS])
def test_law(law: Law, exchanges: list[Exchange]) -> None:
    assert [one.reply.head for one in exchanges if law.judge(one) is Verdict.BROKEN] == []
    assert law.name in _SILENT or any(law.judge(one) is Verdict.HOLDS for one in exchanges)
