"""RFC 9110 §14, §15.3.7, §15.5.17: range requests, through a socket. G1, G2, G3, G4, D20."""

import gzip
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pyhttp.semantics.dates import format_date
from pyhttp.servers.base import BaseServer
from pyhttp.servers.threaded import ThreadedServer
from pyhttp.site import Site
from tests.conformance.folder_client import FolderClient, serving
from tests.helpers.folder import OLD, settle, tag_of, write

DATE = format_date(OLD // 1_000_000_000)
ETAG = "the tag of the file"
DATA = b"0123456789"
LARGE = bytes(range(256)) * 4096


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("folder")
    settle(write(folder / "ten.txt", DATA), write(folder / "empty.txt"), write(folder / "large.bin", LARGE))
    return folder


@pytest.fixture(scope="module", params=(BaseServer, ThreadedServer), ids=lambda kind: kind.__name__)
def client(request: pytest.FixtureRequest, root: Path) -> Iterator[FolderClient]:
    kind: type[BaseServer] = request.param
    with serving(kind, root) as served:
        yield served


@pytest.mark.clause("9110-14.2-11a", "9110-15.3.7.1-1a", "9110-14.4-5a", "9110-15.3.7-4a", "9110-15.3.7-6b")
@pytest.mark.parametrize(
    ("value", "first", "last"),
    [("bytes=0-0", 0, 0), ("bytes=2-4", 2, 4), ("bytes=5-", 5, 9), ("bytes=-3", 7, 9), ("bytes=-99", 0, 9),
     ("bytes=9-9", 9, 9), ("bytes=0-99", 0, 9), ("BYTES=1-1", 1, 1), ("bytes=,1-2 ,", 1, 2), ("bytes=3-4,99-", 3, 4)],
)  # fmt: skip
def test_one_range(client: FolderClient, value: str, first: int, last: int) -> None:
    reply, whole = client.ask("/ten.txt", Range=value), client.ask("/ten.txt")
    assert reply.status == 206
    assert reply.get("Content-Range") == f"bytes {first}-{last}/10"
    assert reply.content == DATA[first : last + 1]
    for name in ("Content-Type", "ETag", "Last-Modified", "Cache-Control", "Accept-Ranges"):
        assert reply.get(name) == whole.get(name), name
    assert reply.get("Date") is not None


@pytest.mark.clause("9110-15.3.7-4a")
@pytest.mark.parametrize("held", [False, True], ids=["nothing is held", "a part is held"])
@pytest.mark.parametrize("value", ["bytes=2-4", "bytes=0-1,8-9"])
def test_a_206_says_what_a_cache_needs(tmp_path: Path, value: str, held: bool) -> None:
    """The 206 has all fields that 9110-15.3.7-4a names, each with its value in the 200 of the same request."""
    settle(write(tmp_path / "ten.txt", DATA), write(tmp_path / "ten.txt.gz", gzip.compress(DATA)))
    own = (("Expires", DATE), ("Content-Location", "/ten.txt"), ("Vary", "Origin"))
    site = Site(codings=("gzip",), max_age=60, headers=own)
    begun = int(time.time())
    with serving(BaseServer, tmp_path, site) as client:
        whole = client.ask("/ten.txt")
        condition = {"If_Range": whole.get("ETag") or ""} if held else {}
        part = client.ask("/ten.txt", Range=value, **condition)
    assert (whole.status, part.status) == (200, 206)
    for name, count in (("Cache-Control", 1), ("ETag", 1), ("Expires", 1), ("Content-Location", 1), ("Vary", 2)):
        assert len(whole.get_all(name)) == count
        assert part.get_all(name) == whole.get_all(name)
    assert part.get_all("Date") in {(format_date(second),) for second in range(begun, int(time.time()) + 1)}


@pytest.mark.parametrize("value", ["bytes=0-", "bytes=-1048576", "bytes=1-1048574", "bytes=65535-65536"])
def test_ranges_of_a_large_file(client: FolderClient, value: str) -> None:
    reply = client.ask("/large.bin", Range=value)
    first, last = map(int, (reply.get("Content-Range") or "").removeprefix("bytes ").partition("/")[0].split("-"))
    assert reply.content == LARGE[first : last + 1]


@pytest.mark.clause("9110-15.3.7.2-1a", "9110-15.3.7.2-1b", "9110-15.3.7.2-2a", "9110-15.3.7.2-2b",
                    "9110-15.3.7.2-6a", "9110-8.3.3-1c")  # fmt: skip
def test_several_ranges(client: FolderClient) -> None:
    reply = client.ask("/ten.txt", Range="bytes=8-9, 0-1,\t4-4")
    assert reply.status == 206
    assert reply.get("Content-Range") is None
    kind, _, boundary = (reply.get("Content-Type") or "").partition("; boundary=")
    assert kind == "multipart/byteranges"
    parts = [
        f"\r\n--{boundary}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Range: bytes {span}/10\r\n\r\n{data}"
        for span, data in (("8-9", "89"), ("0-1", "01"), ("4-4", "4"))
    ]
    assert reply.content == ("".join(parts) + f"\r\n--{boundary}--\r\n").encode()
    again = client.ask("/ten.txt", Range="bytes=8-9, 0-1")
    assert boundary not in (again.get("Content-Type") or "")


@pytest.mark.parametrize(
    ("value", "clauses"),
    [
        ("items=0-1", "9110-14.2-5a"),
        ("bytes=4-2", "9110-14.2-6a"),
        ("bytes=+1-2", "9110-14.2-6a"),
        ("bytes=1_0-", "9110-14.2-6a"),
        ("bytes= 0-1", "9110-14.2-6a"),
        ("bytes=0-1,1-2", "9110-17.15-1b"),
        ("bytes=" + ",".join(f"{place}-{place}" for place in (*range(9), *range(20, 267), 9)), "9110-17.15-1b"),
        ("bytes=" + ",".join(f"{place}-{place}" for place in reversed(range(11))), "9110-17.15-1b"),
    ],
)
def test_G1_G3_D20_ignored_ranges(client: FolderClient, value: str, clauses: str) -> None:
    reply = client.ask("/ten.txt", Range=value)
    assert (reply.status, reply.content) == (200, DATA)


@pytest.mark.clause("9110-14.2-5a", "9110-14.2-6a", "9110-17.15-1b", "9110-14.2-3a")
def test_a_range_that_is_ignored_gives_the_whole(client: FolderClient) -> None:
    for value in ("items=0-1", "bytes=x", "bytes=0-5,3-9"):
        assert client.ask("/ten.txt", Range=value).content == DATA


@pytest.mark.clause("9110-14.2-13a", "9110-14.4-11a", "9110-15.5.17-3a", "9110-14.1.2-13b")
@pytest.mark.parametrize("value", ["bytes=10-", "bytes=-0", f"bytes={10**30}-", f"bytes={'9' * 5000}-"])
def test_G1_unsatisfiable_ranges(client: FolderClient, value: str) -> None:
    reply = client.ask("/ten.txt", Range=value)
    assert (reply.status, reply.get("Content-Range")) == (416, "bytes */10")


@pytest.mark.clause("9110-14.2-3a", "9110-14.2-7a")
@pytest.mark.parametrize("value", ["bytes=0-", "bytes=0-0", "bytes=-5", "bytes=-0", "bytes=5-9", "bytes=0-0,1-1"])
def test_G3_a_range_of_an_empty_file_is_ignored(client: FolderClient, value: str) -> None:
    """A cache that fetches in slices asks for the first slice where its client has asked for the whole file."""
    reply = client.ask("/empty.txt", Range=value)
    assert (reply.status, reply.content, reply.get("Content-Length")) == (200, b"", "0")
    assert reply.get("Content-Range") is None
    tag = reply.get("ETag") or ""
    assert client.ask("/empty.txt", Range=value, If_Range=tag).status == 200
    assert client.ask("/empty.txt", Range=value, If_None_Match=tag).status == 304


@pytest.mark.clause("9110-14.2-4a")
@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("OPTIONS", 204), ("POST", 405)])
def test_range_is_for_get_alone(client: FolderClient, method: str, status: int) -> None:
    reply = client.ask("/ten.txt", method, Range="bytes=0-0")
    assert reply.status == status
    assert reply.get("Content-Range") is None
    if method == "HEAD":
        assert reply.get("Content-Length") == "10"


@pytest.mark.clause("9110-13.1.5-8a", "9110-13.1.5-13a", "9110-13.1.5-13b", "9110-15.3.7-6a")
@pytest.mark.parametrize(
    ("condition", "status"),
    [(ETAG, 206), (DATE, 206), (f"W/{ETAG}", 200), ('"other"', 200), ("Thu, 01 Jan 1970 00:00:00 GMT", 200)],
)
def test_G4_if_range(client: FolderClient, root: Path, condition: str, status: int) -> None:
    tag = tag_of(root / "ten.txt")
    condition = condition.replace(ETAG, tag)
    reply = client.ask("/ten.txt", Range="bytes=5-", If_Range=condition)
    assert reply.status == status
    assert reply.content == (DATA[5:] if status == 206 else DATA)
    if status == 206:
        assert reply.get("ETag") == tag
        assert reply.get("Cache-Control") == "no-cache"
        assert reply.get("Last-Modified") is None
        assert reply.get("Content-Type") is None


@pytest.mark.clause("9110-13.1.5-6b", "9110-13.1.5-6c")
def test_if_range_means_nothing_without_range_or_on_a_listing(client: FolderClient) -> None:
    assert client.ask("/ten.txt", If_Range='"other"').status == 200
    assert client.ask("/", Range="bytes=0-0", If_Range='"other"').status == 200


@pytest.mark.clause("9110-14.4-4b")
def test_content_range_of_a_request_is_ignored(client: FolderClient) -> None:
    assert client.ask("/ten.txt", Content_Range="bytes 0-1/10").content == DATA
