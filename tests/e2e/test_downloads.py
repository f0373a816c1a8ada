"""Ranges and conditions as real clients use them: a player that seeks, a download that resumes, a mirror that asks."""

import os
import re
import subprocess
import wave
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Response

from pyhttp.limits import Limits
from pyhttp.servers.threaded import ThreadedServer
from tests.conformance.folder_client import FolderClient, serving
from tests.helpers.browser import chromium
from tests.helpers.folder import OLD, write
from tests.helpers.programs import need

LARGE = bytes(range(251)) * 40_000


@pytest.fixture
def served(tmp_path: Path) -> Iterator[FolderClient]:
    root = tmp_path / "site"
    write(root / "large.bin", LARGE)
    with wave.open(str(root / "tone.wav"), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(44_100)
        sound.writeframes(os.urandom(2) * 44_100 * 120)
    os.utime(root / "tone.wav", ns=(OLD, OLD))
    write(root / "player.html", b"<!doctype html><title>x</title><audio src=tone.wav preload=metadata></audio>")
    with serving(ThreadedServer, root) as client:
        yield client


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A folder that has folders in folders.

    The listing of one of them is longer than a page and has further folders.
    """
    root = tmp_path / "tree"
    for place in range(23):
        write(root / "long" / f"file {place}: 100%.txt", b"x" * place)
    for below in ("a", "b/c", "long/sub", "long/zzz"):
        write(root / below / "inner.txt", below.encode())
    (root / "empty").mkdir()
    return root


def listed(served: Path) -> dict[str, bytes]:
    """The files of a folder, by their paths."""
    return {str(path.relative_to(served)): path.read_bytes() for path in served.rglob("*") if path.is_file()}


@pytest.mark.parametrize("options", [("--mirror",), ("--recursive", "--level=inf")])
def test_a_crawler_gets_every_file_and_reads_each_page_of_a_listing_once(
    tree: Path, tmp_path: Path, options: tuple[str, ...]
) -> None:
    wget = [need("wget"), *options, "--no-proxy", "--no-verbose", "--no-host-directories", "--timeout=60"]
    (tmp_path / "copy").mkdir()
    with serving(ThreadedServer, tree, limits=Limits(listing_entries=10)) as client:
        host = url(client, "")
        done = subprocess.run([*wget, host], check=True, capture_output=True, text=True, cwd=tmp_path / "copy")
    asked = re.findall(r" URL: ?(\S+) ", done.stderr)
    listings = sorted([target.removeprefix(host) for target in asked if re.search(r"/$|\?", target)])
    assert listings == [
        "",
        "a/",
        "b/",
        "b/c/",
        "empty/",
        "long/",
        "long/?page=2",
        "long/?page=3",
        "long/sub/",
        "long/zzz/",
    ]
    copy = {name: data for name, data in listed(tmp_path / "copy").items() if "index.html" not in name}
    assert copy == listed(tree)


def test_a_crawler_that_begins_with_an_order_reads_each_folder_in_it_once(tree: Path, tmp_path: Path) -> None:
    """The links upwards and downwards keep the order and the view that were chosen, and lead to nothing else."""
    order = "?sort=size&order=desc&view=grid"
    wget = [need("wget"), "--mirror", "--no-proxy", "--no-verbose", "--no-host-directories", "--timeout=60"]
    (tmp_path / "copy").mkdir()
    with serving(ThreadedServer, tree) as client:
        host = url(client, "")
        start = [*wget, f"{host}{order}"]
        done = subprocess.run(start, check=True, capture_output=True, text=True, cwd=tmp_path / "copy")
    asked = re.findall(r" URL: ?(\S+) ", done.stderr)
    listings = sorted([target.removeprefix(host) for target in asked if re.search(r"/$|\?", target)])
    folders = ("", "a/", "b/", "b/c/", "empty/", "long/", "long/sub/", "long/zzz/")
    assert listings == [f"{folder}{order}" for folder in folders]


def url(client: FolderClient, name: str) -> str:
    return "http://{}:{}/{}".format(*client.address, name)


def test_a_player_seeks_by_ranges(served: FolderClient) -> None:
    with chromium() as browser:
        page = browser.new_page()
        answers: list[tuple[int, str | None]] = []

        def note(response: Response) -> None:
            if response.url.endswith(".wav"):
                answers.append((response.status, response.request.headers.get("range")))

        page.on("response", note)
        page.goto(url(served, "player.html"))
        position: float = page.evaluate(
            """async () => {
                const player = document.querySelector('audio');
                if (player.readyState < 1) await new Promise(done => player.onloadedmetadata = done);
                const seeked = new Promise(done => player.onseeked = done);
                player.currentTime = 100;
                await seeked;
                return player.currentTime;
            }"""
        )
    assert position == 100
    assert {status for status, _ in answers} == {206}
    starts = [int(match[1]) for _, asked in answers if asked and (match := re.match(r"bytes=([0-9]+)-", asked))]
    assert max(starts) > 44_100 * 2 * 90


def test_a_download_that_was_cut_is_resumed(served: FolderClient, tmp_path: Path) -> None:
    target = tmp_path / "large.bin"
    target.write_bytes(LARGE[: len(LARGE) // 3])
    curl = [need("curl"), "-sS", "--noproxy", "*", "--max-time", "60", "-w", "%{http_code} %{size_download}"]
    command = [*curl, "-C", "-", "-o", str(target), url(served, "large.bin")]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout == f"206 {len(LARGE) - len(LARGE) // 3}"
    assert target.read_bytes() == LARGE


def test_a_mirror_does_not_download_again(served: FolderClient, tmp_path: Path) -> None:
    wget = [need("wget"), "--no-proxy", "--timestamping", "--no-verbose", "--server-response", "--timeout=60"]
    command = [*wget, url(served, "large.bin")]
    statuses = []
    for _ in range(2):
        done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=tmp_path)
        statuses += re.findall(r"HTTP/1\.1 ([0-9]+)", done.stderr)
    assert statuses == ["200", "304"]
    assert (tmp_path / "large.bin").read_bytes() == LARGE
    assert (tmp_path / "large.bin").stat().st_mtime_ns // 10**9 == OLD // 10**9


def test_what_differs_is_fetched_and_no_more(served: FolderClient, tmp_path: Path) -> None:
    """The program zsync asks for twenty ranges at once, and finds the parts by the CRLF before each boundary."""
    root = tmp_path / "site"
    make = [
        need("zsyncmake"),
        "-b",
        "2048",
        "-u",
        "large.bin",
        "-o",
        str(root / "large.zsync"),
        str(root / "large.bin"),
    ]
    subprocess.run(make, check=True, capture_output=True)
    old = bytearray(LARGE)
    for place in range(40):
        old[place * 250_000 : place * 250_000 + 8] = b"________"
    (tmp_path / "old.bin").write_bytes(old)
    environment = {name: value for name, value in os.environ.items() if name.lower() != "http_proxy"}
    command = [
        need("zsync"),
        "-i",
        str(tmp_path / "old.bin"),
        "-o",
        str(tmp_path / "new.bin"),
        url(served, "large.zsync"),
    ]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment, timeout=60)
    assert (tmp_path / "new.bin").read_bytes() == LARGE
    fetched = re.search(r"used ([0-9]+) local, fetched ([0-9]+)", done.stdout)
    assert fetched is not None
    assert int(fetched[2]) < len(LARGE) // 20
