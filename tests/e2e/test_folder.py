"""A real folder, read by curl, by another HTTP client, and byte by byte."""

import filecmp
import http.client
import os
import re
import socket
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Final
from urllib.parse import unquote_to_bytes, urljoin

import pytest

from tests.e2e.conftest import LARGE, ODD_NAMES, UNSERVED
from tests.helpers.command import Running
from tests.helpers.programs import need


class Links(HTMLParser):
    """The targets of the links of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        target = dict(attrs).get("href")
        if tag == "a" and target:
            self.targets.append(target)


def curl(*arguments: str) -> str:
    command = [need("curl"), "--silent", "--show-error", "--noproxy", "*", "--max-time", "60", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_every_file_of_the_listing_comes_back_as_it_is(server: Running, folder: Path) -> None:
    """The links of the listing name every file and nothing else. One connection serves as many requests as it may."""
    status, page = server.get("/")
    assert status == 200
    targets = {urljoin("/", target) for target in Links(page.decode()).targets}
    files = {
        os.fsdecode(unquote_to_bytes(target)[1:]): target for target in targets if not re.search(r"[/?]$|\?", target)
    }
    assert set(files) == {path.name for path in folder.iterdir() if path.is_file()} - {UNSERVED}
    assert set(ODD_NAMES) < set(files)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    for name, target in files.items():
        if name != LARGE:
            connection.request("GET", target)
            response = connection.getresponse()
            assert (response.status, response.read()) == (200, (folder / name).read_bytes()), name
    connection.close()


def test_curl_downloads_100_MB_byte_for_byte(server: Running, folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "downloaded"
    curl("--output", str(target), f"{server.urls[0]}{LARGE.replace(' ', '%20')}")
    assert filecmp.cmp(target, folder / LARGE, shallow=False)


def test_curl_makes_two_requests_on_one_connection(server: Running) -> None:
    url = f"{server.urls[0]}file-0001.txt"
    written = curl("--output", "/dev/null", url, "--output", "/dev/null", url, "--write-out", "%{num_connects} ")
    assert written.split() == ["1", "0"]


def test_a_pipelined_pair_is_answered_in_order(server: Running, folder: Path) -> None:
    request = "GET /file-{} HTTP/1.1\r\nHost: localhost\r\n{}\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as client:
        client.sendall((request.format("0001.txt", "") + request.format("0002.txt", "Connection: close\r\n")).encode())
        received = b""
        while data := client.recv(65536):
            received += data
    _, first, second = received.split(b"HTTP/1.1 200 OK\r\n")
    assert first.endswith(b"\r\n\r\n" + (folder / "file-0001.txt").read_bytes())
    assert second.endswith(b"\r\n\r\n" + (folder / "file-0002.txt").read_bytes())


ATTACKS: Final = (
    ("/../../etc/passwd", 404),
    ("/%2e%2e/", 404),
    ("/..%2f..%2f", 404),
    ("/%00", 400),
)


@pytest.mark.parametrize(("path", "status"), ATTACKS)
def test_nothing_outside_the_folder_is_reached(path: str, status: int, server: Running, folder: Path) -> None:
    """T4, T5, T6: dot segments and encoded slashes are 404, a NUL is 400, and the server goes on."""
    shown = curl("--path-as-is", "--write-out", "\n%{http_code}", server.urls[0].rstrip("/") + path)
    content, _, code = shown.rpartition("\n")
    assert int(code) == status
    assert "root:" not in content
    assert str(folder) not in content
    assert server.get("/file-0001.txt") == (200, (folder / "file-0001.txt").read_bytes())
