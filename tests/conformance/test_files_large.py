"""W3: files are streamed, and serving never writes below the root."""

import os
import tracemalloc
from pathlib import Path

import pytest

from pyhttp.servers.base import BaseServer
from pyhttp.servers.threaded import ThreadedServer
from pyhttp.site import Site
from tests.conformance.folder_client import serving
from tests.helpers.folder import OLD, write
from tests.helpers.wire_client import WireClient

TEN_GIB = 10 * 1024**3
MIB = 1024 * 1024


@pytest.mark.parametrize("kind", [BaseServer, ThreadedServer])
def test_W3_memory_for_a_file_of_10_gib_is_that_of_a_small_one(kind: type[BaseServer], tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as file:
        file.truncate(TEN_GIB)
    os.utime(tmp_path / "large", ns=(OLD, OLD))
    with serving(kind, tmp_path) as client:
        client.ask("/large", "HEAD")
        tracemalloc.start()
        try:
            assert client.ask("/large", "HEAD").get("Content-Length") == str(TEN_GIB)
            assert client.ask("/large", Range="bytes=-1").get("Content-Range") == (
                f"bytes {TEN_GIB - 1}-{TEN_GIB - 1}/{TEN_GIB}"
            )
            with WireClient(*client.address) as reader:
                reader.send(b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n")
                received = 0
                while received < 16 * MIB:
                    received += len(reader.more())
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 2 * MIB


def test_W3_nothing_below_the_root_is_written(tmp_path: Path) -> None:
    for name in ("page.html", "page.html.gz", "sub/index.html"):
        write(tmp_path / name, b"content")

    def state() -> dict[str, tuple[int, int, int]]:
        paths = [tmp_path, *tmp_path.rglob("*")]
        return {str(path): (path.stat().st_mtime_ns, path.stat().st_ctime_ns, path.stat().st_size) for path in paths}

    before = state()
    with serving(ThreadedServer, tmp_path) as client:
        for target in ("/", "/page.html", "/sub", "/sub/", "/absent", "/?format=json"):
            for method in ("GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"):
                client.ask(target, method, Content_Length="0", Range="bytes=0-1, 3-4", Accept_Encoding="gzip")
    assert state() == before


@pytest.mark.skipif(not os.path.exists("/proc/version"), reason="there is no /proc here")
@pytest.mark.parametrize("kind", [BaseServer, ThreadedServer])
def test_a_file_without_a_size_is_sent_to_its_end(kind: type[BaseServer], tmp_path: Path) -> None:
    (tmp_path / "version").symlink_to("/proc/version")
    with serving(kind, tmp_path, Site(follow_symlinks=True)) as client:
        whole = Path("/proc/version").read_bytes()
        got, head = client.ask("/version"), client.ask("/version", "HEAD")
        assert (got.status, got.content, got.get("Transfer-Encoding")) == (200, whole, "chunked")
        assert (head.status, head.content, head.get("Content-Length")) == (200, b"", None)
        assert client.ask("/version", Range="bytes=0-0").content == whole
        assert client.ask("/version", If_None_Match="*").status == 304
        (old,) = client.raw(b"GET /version HTTP/1.0\r\n\r\n")
        assert (old.content, old.get("Transfer-Encoding")) == (whole, None)
