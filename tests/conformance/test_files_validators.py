"""RFC 9110 §8.8, §13, §15.4.5: validators and conditional requests, through a socket."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pyhttp.semantics.dates import format_date, parse_date
from pyhttp.servers.base import BaseServer
from pyhttp.servers.threaded import ThreadedServer
from tests.conformance.folder_client import FolderClient, serving
from tests.helpers.folder import OLD, settle, tag_of, write

SECONDS = OLD // 1_000_000_000
DATE = format_date(SECONDS)
EARLIER, LATER = format_date(SECONDS - 1), format_date(SECONDS + 1)
RFC850 = "Tuesday, 14-Nov-23 22:13:20 GMT"
ASCTIME = "Tue Nov 14 22:13:20 2023"
ETAG = "the tag of the file"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("folder")
    settle(write(folder / "page.html", b"<p>Hello\n"), write(folder / "sub" / "index.html", b"<p>Sub\n"))
    return folder


@pytest.fixture(scope="module", params=(BaseServer, ThreadedServer), ids=lambda kind: kind.__name__)
def client(request: pytest.FixtureRequest, root: Path) -> Iterator[FolderClient]:
    kind: type[BaseServer] = request.param
    with serving(kind, root) as served:
        yield served


@pytest.fixture
def tag(root: Path) -> str:
    return tag_of(root / "page.html")


@pytest.mark.clause(
    "9110-15.3.1-5a", "9110-8.8.2.1-1a", "9110-8.8.3.1-3a", "9110-8.6-9a", "9110-8.3-5a", "9110-6.6.1-6a",
    "9110-6.6.1-5a",
)  # fmt: skip
def test_a_get_has_validators_type_length_and_date(client: FolderClient, tag: str) -> None:
    reply = client.ask("/page.html")
    assert (reply.status, reply.content) == (200, b"<p>Hello\n")
    assert reply.get("ETag") == tag
    assert reply.get("Last-Modified") == DATE
    assert reply.get("Content-Type") == "text/html; charset=utf-8"
    assert reply.get("Content-Length") == "9"
    assert reply.get("X-Content-Type-Options") == "nosniff"
    assert len(reply.get_all("Date")) == 1


@pytest.mark.clause("9110-9.3.2-1a", "9110-9.3.2-2a", "9110-8.6-6a", "9110-8.6-6a.2")
@pytest.mark.parametrize("target", ["/page.html", "/", "/sub/", "/absent", "/sub", "/?format=json"])
def test_a_head_is_answered_like_a_get_without_content(client: FolderClient, target: str) -> None:
    got, head = client.ask(target), client.ask(target, "HEAD")
    assert head.status == got.status
    assert head.content == b""
    assert [line for line in head.fields if line[0] != "Date"] == [line for line in got.fields if line[0] != "Date"]


ROWS = [
    (("9110-13.1.1-7a", "9110-13.1.1-10b"), {"If_Match": '"other"'}, 412),
    (("9110-13.1.1-7a",), {"If_Match": ETAG}, 200),
    (("9110-13.1.1-7a",), {"If_Match": "*"}, 200),
    (("9110-13.1.1-2a",), {"If_Match": f"W/{ETAG}"}, 412),
    (("9110-13.1.2-8a", "9110-13.1.2-11a"), {"If_None_Match": ETAG}, 304),
    (("9110-13.1.2-2a",), {"If_None_Match": f"W/{ETAG}"}, 304),
    (("9110-13.1.2-8a",), {"If_None_Match": f'"a,b", {ETAG}'}, 304),
    (("9110-13.1.2-8a",), {"If_None_Match": "*"}, 304),
    (("9110-13.1.2-8a",), {"If_None_Match": '"other"'}, 200),
    (("9110-13.1.2-8a",), {"If_None_Match": f"x{ETAG}"}, 200),
    (("9110-13.1.3-12a", "9110-13.1.3-15a"), {"If_Modified_Since": DATE}, 304),
    (("9110-13.1.3-12a", "9110-5.6.7-7a"), {"If_Modified_Since": RFC850}, 304),
    (("9110-13.1.3-12a", "9110-5.6.7-7a"), {"If_Modified_Since": ASCTIME}, 304),
    (("9110-13.1.3-12a",), {"If_Modified_Since": LATER}, 304),
    (("9110-13.1.3-12a",), {"If_Modified_Since": EARLIER}, 200),
    (("9110-13.1.3-6a",), {"If_Modified_Since": "14 Nov 2023"}, 200),
    (("9110-13.1.3-6a",), {"If_Modified_Since": f"{DATE}, {DATE}"}, 200),
    (("9110-13.1.3-5a",), {"If_None_Match": '"other"', "If_Modified_Since": DATE}, 200),
    (("9110-13.1.4-10a", "9110-13.1.4-13b"), {"If_Unmodified_Since": EARLIER}, 412),
    (("9110-13.1.4-10a",), {"If_Unmodified_Since": DATE}, 200),
    (("9110-13.1.4-6a",), {"If_Unmodified_Since": "never"}, 200),
    (("9110-13.1.4-5a",), {"If_Match": ETAG, "If_Unmodified_Since": EARLIER}, 200),
    (("9110-13.2.2-2a",), {"If_Match": '"other"', "If_None_Match": ETAG}, 412),
    (("9110-13.2.2-2a",), {"If_Match": ETAG, "If_None_Match": ETAG, "Range": "bytes=0-0"}, 304),
    (("9110-13.2.2-2a",), {"If_Unmodified_Since": EARLIER, "Range": "bytes=99-"}, 412),
    (("9110-13.2.2-2a",), {"If_None_Match": '"other"', "Range": "bytes=0-0", "If_Range": ETAG}, 206),
]


@pytest.mark.parametrize(
    ("fields", "status"),
    [pytest.param(fields, status, marks=pytest.mark.clause(*clauses)) for clauses, fields, status in ROWS],
)
def test_conditions(client: FolderClient, tag: str, fields: dict[str, str], status: int) -> None:
    fields = {name: value.replace(ETAG, tag) for name, value in fields.items()}
    reply = client.ask("/page.html", **fields)
    assert reply.status == status
    head = client.ask("/page.html", "HEAD", **fields)
    assert head.status == (200 if status == 206 else status)


@pytest.mark.clause("9110-15.4.5-2a", "9110-15.4.5-4a", "9110-8.6-7a.2")
def test_a_304_has_no_content_and_just_what_a_cache_needs(client: FolderClient, tag: str) -> None:
    reply = client.ask("/page.html", If_None_Match=tag)
    assert reply.content == b""
    assert {name for name, _ in reply.fields} == {"Date", "ETag", "Cache-Control"}


@pytest.mark.clause("9110-13.2.1-1a", "9110-13.2.1-1b")
@pytest.mark.parametrize(
    ("target", "method", "status"),
    [("/absent", "GET", 404), ("/sub", "GET", 301), ("/page.html", "PUT", 405), ("/page.html", "BREW", 501)],
)
def test_conditions_are_ignored_where_the_answer_is_another_anyway(
    client: FolderClient, target: str, method: str, status: int
) -> None:
    for fields in ({"If_Match": '"other"'}, {"If_None_Match": "*"}, {"If_Unmodified_Since": EARLIER}):
        assert client.ask(target, method, **fields).status == status


@pytest.mark.clause("9110-13.2.1-2b")
@pytest.mark.parametrize("target", ["/page.html", "/", "*"])
def test_conditions_mean_nothing_to_options(client: FolderClient, target: str) -> None:
    reply = client.ask(target, "OPTIONS", If_Match='"other"', If_None_Match="*")
    assert reply.status == 204
    assert reply.get("Allow") == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize("target", ["/", "/?format=json", "/?sort=size&order=desc"])
def test_listings_are_conditional_too(client: FolderClient, target: str) -> None:
    tag = client.ask(target).get("ETag")
    assert tag is not None
    assert client.ask(target, If_None_Match=tag).status == 304
    assert client.ask(target, If_Match='"other"').status == 412
    assert client.ask(target, Range="bytes=0-0").status == 200
    assert client.ask(target).get("ETag") == tag


@pytest.mark.clause("9110-8.8.2.1-4a", "9110-8.8.2.1-4b")
def test_a_file_of_the_future_is_dated_now(client: FolderClient, tmp_path: Path) -> None:
    write(tmp_path / "future", b"x", modified_ns=4_000_000_000 * 1_000_000_000)
    with serving(BaseServer, tmp_path) as served:
        reply = served.ask("/future")
    modified, date = (parse_date(reply.get(name) or "", SECONDS) for name in ("Last-Modified", "Date"))
    assert modified is not None
    assert date is not None
    assert modified <= date
    assert (reply.get("ETag") or "").startswith("W/")
