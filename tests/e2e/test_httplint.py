"""httplint, which knows the RFCs from the outside, finds no fault in any kind of answer."""

import gzip
import time
from collections.abc import Iterator
from itertools import product

import pytest
from httplint import HttpRequestLinter, HttpResponseLinter

from pyhttp.semantics.dates import format_date
from pyhttp.servers.threaded import ThreadedServer
from pyhttp.site import CODINGS, Site
from tests.conformance.folder_client import FolderClient, serving
from tests.helpers.folder import OLD, write
from tests.helpers.wire_client import Reply, WireClient

ETAG = f'"d-{OLD:x}"'
DATE = format_date(OLD // 1_000_000_000)

TARGETS = (
    "/page.html", "/style.css", "/data.json", "/image.svg", "/noext", "/empty.txt", "/", "/sub/", "/sub", "/dir/",
    "/?format=json", "/?sort=size&order=desc", "/absent", "/%00", "/../x", "/page.html/",
)  # fmt: skip
PAGE_FIELDS: tuple[dict[str, str], ...] = (
    {"Range": "bytes=0-1"},
    {"Range": "bytes=0-1,3-4"},
    {"Range": "bytes=99-"},
    {"Range": "bytes=0-1,1-2"},
    {"Range": "bytes=0-1", "If-Range": ETAG},
    {"Range": "bytes=0-1", "If-Range": DATE},
    {"Range": "bytes=0-1", "If-Range": '"other"'},
    {"Range": "bytes=0-1,3-4", "If-Range": ETAG},
    {"If-None-Match": ETAG},
    {"If-None-Match": "*"},
    {"If-Modified-Since": DATE},
    {"If-Match": '"other"'},
    {"If-Unmodified-Since": DATE},
)
STYLE_FIELDS: tuple[dict[str, str], ...] = (
    {"Accept-Encoding": "gzip"},
    {"Accept-Encoding": "br"},
    {"Accept-Encoding": "gzip", "Range": "bytes=0-3"},
    {"Accept-Encoding": "identity;q=0"},
    {"Accept-Encoding": "identity;q=0, br"},
    {"Accept-Encoding": "gzip", "If-None-Match": "*"},
)
REQUESTS: tuple[tuple[str, str, dict[str, str]], ...] = (
    *((method, target, {}) for method, target in product(("GET", "HEAD", "OPTIONS", "POST"), TARGETS)),
    *((method, "/page.html", fields) for method, fields in product(("GET", "HEAD"), PAGE_FIELDS)),
    *(("GET", "/style.css", fields) for fields in STYLE_FIELDS),
    ("OPTIONS", "*", {}),
    ("BREW", "/page.html", {}),
    ("GET", "/", {"Accept": "application/json"}),
    ("GET", "/page.html", {"Origin": "http://other.example"}),
    ("OPTIONS", "/page.html", {"Origin": "http://other.example", "Access-Control-Request-Method": "GET"}),
)

EXPLAINED = {
    "PARTIAL_WITHOUT_RANGE": "a multipart 206 must not have Content-Range in its head (9110-15.3.7.2-1b)",
    "STATUS_BAD_REQUEST": "it says what a 400 is",
}
"""Notes that are no fault, and why."""


@pytest.fixture(
    scope="module",
    params=[Site(codings=CODINGS), Site(codings=CODINGS, cors=True, max_age=60)],
    ids=["plain", "cors and max-age"],
)
def client(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FolderClient]:
    site: Site = request.param
    root = tmp_path_factory.mktemp("site")
    for name in ("page.html", "script.js", "data.json", "image.svg", "noext", "sub/index.html", "dir/file"):
        write(root / name, b"<p>Hello</p>\n")
    write(root / "empty.txt")
    write(root / "style.css", b"body{color:red}\n" * 20)
    write(root / "style.css.gz", gzip.compress(b"body{color:red}\n" * 20))
    with serving(ThreadedServer, root, site) as served:
        yield served


def judge(method: str, target: str, fields: dict[str, str], reply: Reply) -> set[str]:
    """The notes of level bad or warning on a reply."""
    now = time.time()
    request = HttpRequestLinter(start_time=now)
    request.process_request_topline(method.encode(), target.encode(), b"HTTP/1.1")
    request.process_headers([(name.encode(), value.encode()) for name, value in fields.items()])
    request.finish_content(complete=True)
    response = HttpResponseLinter(start_time=now, _related=request, no_content=method == "HEAD")
    response.is_head_response = method == "HEAD"
    response.base_uri = f"http://localhost{target}"
    response.process_response_topline(reply.version.encode(), b"%d" % reply.status, reply.reason.encode())
    response.process_headers([(name.encode(), value.encode()) for name, value in reply.fields])
    response.feed_content(reply.content)
    response.finish_content(complete=True)
    return {type(note).__name__ for note in response.notes if note.level.value in {"bad", "warning"}}


def test_there_are_enough_kinds_of_request() -> None:
    assert len(REQUESTS) >= 60


@pytest.mark.parametrize(("method", "target", "fields"), REQUESTS)
def test_no_note_without_an_explanation(client: FolderClient, method: str, target: str, fields: dict[str, str]) -> None:
    fields = {"Host": "localhost", "User-Agent": "tests", **fields}
    if method == "POST":
        fields["Content-Length"] = "0"
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    with WireClient(*client.address) as connection:
        connection.send(f"{method} {target} HTTP/1.1\r\n{lines}\r\n".encode())
        reply = connection.reply(method)
    notes = judge(method, target, fields, reply)
    assert notes <= EXPLAINED.keys()
    if "PARTIAL_WITHOUT_RANGE" in notes:
        assert (reply.get("Content-Type") or "").startswith("multipart/byteranges")
    if "STATUS_BAD_REQUEST" in notes:
        assert reply.status == 400
