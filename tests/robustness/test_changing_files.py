"""W2, T7: a file that changes while it is downloaded is sent in exactly one version, or the connection is cut."""

import os
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from pyhttp import BaseHttpRequestHandler, BaseServer
from tests.helpers.crowd import connected, crowd, until_ended
from tests.helpers.servers import connect, serving_by
from tests.helpers.sockets import request

SIZE: Final = 4 << 20
OLD: Final = b"a" * SIZE
NEW: Final = b"b" * SIZE
DOWNLOADS: Final = 4
CLIENTS: Final = 8
ASKED: Final = 50
"""Times that each client asks."""


def truncate(path: Path) -> None:
    os.truncate(path, SIZE // 2)


def empty(path: Path) -> None:
    os.truncate(path, 0)


def replace(path: Path) -> None:
    other = path.with_name("other")
    other.write_bytes(NEW)
    other.replace(path)


def grow(path: Path) -> None:
    with path.open("ab") as file:
        file.write(NEW)


def delete(path: Path) -> None:
    path.unlink()


def downloads_during(server_class: type[BaseServer], folder: Path, change: Callable[[Path], None]) -> list[bytes]:
    """The content that each of several downloads receives while the file changes.

    No other answer follows a download.
    """
    path = folder / "file"
    path.write_bytes(OLD)
    with (
        serving_by(server_class, partial(BaseHttpRequestHandler, directory=folder)) as server,
        crowd(server.addresses[0], DOWNLOADS, request("/file", "Connection: close"), window=4096) as clients,
    ):
        begun = [client.recv(1000) for client in clients]
        change(path)
        received = [start + until_ended(client) for start, client in zip(begun, clients, strict=True)]
        with connect(server) as client:
            client.send(request("/small"))
            assert client.reply().content == b"hello"
    contents: list[bytes] = []
    for each in received:
        head, _, content = each.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 ")
        assert f"content-length: {SIZE}" in head.decode().lower()
        contents.append(content)
    return contents


@pytest.mark.parametrize("change", [replace, grow, delete])
def test_W2_a_download_is_of_the_version_that_was_opened(
    server_class: type[BaseServer], folder: Path, change: Callable[[Path], None]
) -> None:
    assert all(content == OLD for content in downloads_during(server_class, folder, change))


@pytest.mark.parametrize("change", [truncate, empty])
def test_W2_of_a_file_that_shrinks_nothing_else_is_sent(
    server_class: type[BaseServer], folder: Path, change: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    contents = downloads_during(server_class, folder, change)
    assert any(len(content) < SIZE for content in contents)
    assert all(OLD.startswith(content) for content in contents)
    assert not [record for record in caplog.records if record.exc_info]


def test_T7_of_two_versions_that_take_turns_each_answer_is_one(server_class: type[BaseServer], folder: Path) -> None:
    """Each answer is whole, of one version, and its tag is that version's."""
    versions = {b"a" * 200_000, b"b" * 200_001}
    path, done = folder / "turns", threading.Event()
    path.write_bytes(min(versions))

    def take_turns() -> None:
        while not done.is_set():
            for content in versions:
                other = folder / "next"
                other.write_bytes(content)
                other.replace(path)

    turning = threading.Thread(target=take_turns)
    with serving_by(server_class, partial(BaseHttpRequestHandler, directory=folder)) as server:
        turning.start()
        try:
            tags: dict[str, bytes] = {}
            for _ in range(30):
                with connect(server) as client:
                    for _ in range(5):
                        client.send(request("/turns"))
                        reply = client.reply()
                        assert reply.status == 200
                        assert reply.content in versions
                        assert tags.setdefault(reply.get("ETag") or "", reply.content) == reply.content
        finally:
            done.set()
            turning.join()
        with connected(server.addresses[0]) as afterwards:
            afterwards.sendall(request("/small", "Connection: close"))
            assert until_ended(afterwards).endswith(b"hello")


def test_T7_no_answer_is_older_than_its_request(server_class: type[BaseServer], folder: Path) -> None:
    """Clients write a new version of a file, then ask for it at once: requests that arrive together may share."""
    path, writing, latest = folder / "version", threading.Lock(), 0
    faults: list[tuple[int, int]] = []

    def write() -> int:
        nonlocal latest
        with writing:
            latest += 1
            other = folder / "next"
            other.write_text(f"{latest}")
            other.replace(path)
            return latest

    def write_and_ask(server: BaseServer) -> None:
        with connect(server) as client:
            for _ in range(ASKED):
                written = write()
                client.send(request("/version"))
                read = int(client.reply().content)
                faults.extend([(written, read)] if not written <= read <= latest else [])

    with serving_by(server_class, partial(BaseHttpRequestHandler, directory=folder)) as server:
        asking = [threading.Thread(target=write_and_ask, args=(server,)) for _ in range(CLIENTS)]
        for thread in asking:
            thread.start()
        for thread in asking:
            thread.join()
    assert latest == ASKED * CLIENTS
    assert not faults
