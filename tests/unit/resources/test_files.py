"""A file as a resource: the answer to each request for it. W1, W2, W6."""

import gzip
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from pyhttp.errors import (
    Forbidden,
    InternalError,
    MethodNotAllowed,
    MethodUnknown,
    NotFound,
    PreconditionFailed,
    RangeNotSatisfiable,
)
from pyhttp.limits import Limits
from pyhttp.messages import FileSlice, Response
from pyhttp.resources import files
from pyhttp.resources.files import file_response, index_of, is_directory
from pyhttp.resources.opened_file import OpenedFile, open_file
from pyhttp.resources.site_errors import not_found_response
from pyhttp.semantics.dates import format_date
from pyhttp.semantics.fields import Headers
from pyhttp.semantics.media_types import DEFAULT
from pyhttp.semantics.validators import validators_of_file
from pyhttp.site import Site
from tests.helpers.folder import OLD, content, later, request, tag_of, version_of, write

DATA = b"0123456789"
ETAG = "the tag of the file"
DATE = format_date(OLD // 1_000_000_000)
SITE = Site()


@pytest.fixture(autouse=True)
def no_descriptor_is_left() -> Iterator[None]:
    before = sorted(os.listdir("/proc/self/fd"))
    yield
    assert sorted(os.listdir("/proc/self/fd")) == before


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write(tmp_path / "ten.txt", DATA)
    write(tmp_path / "empty.bin")
    return tmp_path


def ask(root: Path, method: str = "GET", name: str = "ten.txt", site: Site = SITE, **fields: str) -> Response:
    tag = tag_of(root / name) if os.path.exists(root / name) else ""
    named = {key.replace("_", "-"): value.replace(ETAG, tag) for key, value in fields.items()}
    return file_response(request(method, f"/{name}", named), str(root / name), root=str(root), site=site, clock=later)


def lines(root: Path, response: Response) -> list[tuple[str, str]]:
    """The sorted field lines of an answer for ten.txt."""
    tag = tag_of(root / "ten.txt")
    return sorted((name, value.replace(tag, ETAG)) for name, value in response.headers.lines)


@pytest.mark.clause("9110-15.3.1-5a", "9110-14.2-3b", "9110-8.3-5a", "9110-8.8.2.1-1a", "9110-8.8.3.1-3a")
def test_W6_a_get_has_the_file_and_what_describes_it(root: Path) -> None:
    response = ask(root)
    assert response.status == 200
    assert lines(root, response) == [
        ("Accept-Ranges", "bytes"),
        ("Cache-Control", "no-cache"),
        ("Content-Type", "text/plain; charset=utf-8"),
        ("ETag", ETAG),
        ("Last-Modified", DATE),
        ("X-Content-Type-Options", "nosniff"),
    ]
    assert response.length == 10
    assert content(response) == DATA


@pytest.mark.parametrize(("size", "whole"), [(0, True), (1, True), (65536, True), (65537, False)])
@pytest.mark.parametrize("ranges", ["", "bytes=0-"], ids=["all", "range"])
def test_a_short_content_is_read_at_once_and_its_file_closed(root: Path, size: int, whole: bool, ranges: str) -> None:
    write(root / "sized", bytes(range(256)) * 257)
    os.truncate(root / "sized", size)
    before = len(os.listdir("/proc/self/fd"))
    response = ask(root, name="sized", Range=ranges) if ranges else ask(root, name="sized")
    assert isinstance(response.body, bytes) is whole
    assert isinstance(response.body, FileSlice) is not whole
    assert len(os.listdir("/proc/self/fd")) - before == (not whole)
    assert content(response) == (bytes(range(256)) * 257)[:size]


def test_the_content_of_a_head_is_never_read(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(os, "pread", lambda *_: 1 // 0)
        response = ask(root, "HEAD")
    assert response.length == 10
    response.close()


def test_W2_a_file_that_was_truncated_since_it_was_opened_is_an_error(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pread = os.pread
    before = len(os.listdir("/proc/self/fd"))
    with monkeypatch.context() as patched:
        patched.setattr(os, "pread", lambda descriptor, count, offset: pread(descriptor, count - 1, offset))
        with pytest.raises(InternalError):
            ask(root)
    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize("whole_seconds", [False, True])
@pytest.mark.parametrize("age", [-5 * 10**9, -1, 0, 10**7, 10**7 + 1, 2 * 10**9, 2 * 10**9 + 1, 3 * 10**9, 10**10])
def test_what_is_remembered_of_a_file_is_what_its_age_allows(root: Path, age: int, whole_seconds: bool) -> None:
    """It does not matter how often the file was described before, or when."""
    modified = os.stat(root / "ten.txt").st_ctime_ns // 10**9 * 10**9 + 60 * 10**9
    modified += 0 if whole_seconds else 7
    os.utime(root / "ten.txt", ns=(modified, modified))
    version = version_of(root / "ten.txt")
    assert version[1] > version[2]
    now = modified + age
    for then in (modified + 10**12, now, modified + 10**12, now):
        clock = partial(int, then)
        response = file_response(request(), str(root / "ten.txt"), root=str(root), site=SITE, clock=clock)
        expected = validators_of_file(version, then)
        assert response.headers["ETag"] == str(expected.etag)
        assert response.headers["Last-Modified"] == format_date(expected.modified or 0)


def test_a_file_that_was_opened_before_is_not_opened_again(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = str(root / "ten.txt")
    opened = open_file(path, str(root), SITE)
    with monkeypatch.context() as patched:
        patched.setattr(files, "open_file", lambda *_: 1 // 0)
        assert content(file_response(request(), path, root=str(root), site=SITE, file=opened)) == DATA
    assert opened.fileno() == -1


@pytest.mark.clause("9110-9.3.2-1a", "9110-9.3.2-2a", "9110-8.6-6a.2")
def test_a_head_has_the_same_fields_and_length(root: Path) -> None:
    got, head = ask(root), ask(root, "HEAD")
    assert (head.status, head.headers, head.length) == (got.status, got.headers, got.length)
    got.close()
    head.close()


@pytest.mark.clause("9110-9.3.7-4a")
def test_options_tells_what_is_offered(root: Path) -> None:
    response = ask(root, "OPTIONS", If_Match='"other"', Range="bytes=0-0")
    assert response.status == 204
    assert response.headers["Allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.clause("9110-9.1-10d", "9110-9.1-10c", "9110-15.5.6-1b")
def test_S3_other_methods_are_refused(root: Path) -> None:
    with pytest.raises(MethodNotAllowed) as caught:
        ask(root, "POST")
    assert caught.value.headers == (("Allow", "GET, HEAD, OPTIONS"),)
    with pytest.raises(MethodUnknown):
        ask(root, "BREW")


@pytest.mark.clause("9110-13.2.1-1b")
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST"])
def test_what_is_not_there_is_not_found_whatever_the_conditions(root: Path, method: str) -> None:
    with pytest.raises(NotFound):
        ask(root, method, "absent", If_Match='"other"', If_None_Match="*")
    with pytest.raises(MethodNotAllowed):
        ask(root, "PUT", If_Match='"other"')


@pytest.mark.clause("9110-15.4.5-2a", "9110-15.4.5-4a", "9110-8.6-7a.2")
@pytest.mark.parametrize(
    "fields", [{"If_None_Match": ETAG}, {"If_None_Match": f"W/{ETAG}"}, {"If_Modified_Since": DATE}]
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_304_has_just_the_fields_that_a_cache_needs(root: Path, method: str, fields: dict[str, str]) -> None:
    response = ask(root, method, site=Site(), **fields)
    assert response.status == 304
    assert lines(root, response) == [("Cache-Control", "no-cache"), ("ETag", ETAG)]


def test_a_condition_that_fails(root: Path) -> None:
    with pytest.raises(PreconditionFailed):
        ask(root, If_Match='"other"')
    with pytest.raises(PreconditionFailed):
        ask(root, If_Unmodified_Since=format_date(OLD // 1_000_000_000 - 1))


@pytest.mark.clause("9110-15.3.7-4a", "9110-15.3.7-6b", "9110-15.3.7.1-1a", "9110-14.4-5a")
def test_a_part_has_all_fields_of_the_whole(root: Path) -> None:
    whole, part = ask(root), ask(root, Range="bytes=2-4")
    assert part.status == 206
    assert set(part.headers.lines) == {*whole.headers.lines, ("Content-Range", "bytes 2-4/10")}
    assert part.length == 3
    assert content(part) == b"234"
    whole.close()


@pytest.mark.clause("9110-15.3.7-6a", "9110-15.3.7-4a")
@pytest.mark.parametrize("condition", [ETAG, DATE])
def test_a_part_after_if_range_does_not_repeat_what_the_client_has(root: Path, condition: str) -> None:
    part = ask(root, Range="bytes=8-", If_Range=condition)
    assert part.status == 206
    assert lines(root, part) == [
        ("Accept-Ranges", "bytes"),
        ("Cache-Control", "no-cache"),
        ("Content-Range", "bytes 8-9/10"),
        ("ETag", ETAG),
    ]
    assert content(part) == b"89"


@pytest.mark.parametrize("condition", ['"other"', f"W/{ETAG}", format_date(OLD // 1_000_000_000 - 1), "junk"])
def test_G4_another_if_range_gives_the_whole(root: Path, condition: str) -> None:
    response = ask(root, Range="bytes=8-", If_Range=condition)
    assert response.status == 200
    assert content(response) == DATA


@pytest.mark.clause("9110-14.2-4a")
def test_G1_range_means_something_with_get_alone(root: Path) -> None:
    response = ask(root, "HEAD", Range="bytes=2-4")
    assert (response.status, response.length) == (200, 10)
    response.close()


@pytest.mark.parametrize("value", ["items=0-1", "bytes=4-2", "bytes=0-1,1-2", "bytes=0-3_0"])
def test_G1_G3_ranges_that_are_ignored(root: Path, value: str) -> None:
    response = ask(root, Range=value)
    assert response.status == 200
    assert content(response) == DATA


@pytest.mark.clause("9110-14.4-11a", "9110-15.5.17-3a")
def test_G1_ranges_that_meet_no_byte(root: Path) -> None:
    with pytest.raises(RangeNotSatisfiable) as caught:
        ask(root, Range="bytes=10-")
    assert caught.value.status == 416
    assert caught.value.headers == (("Content-Range", "bytes */10"),)


@pytest.mark.clause("9110-14.2-3a")
@pytest.mark.parametrize("value", ["bytes=0-", "bytes=10-", "bytes=-1", "bytes=0-0,2-2"])
def test_G3_a_range_of_nothing_is_ignored(root: Path, value: str) -> None:
    response = ask(root, name="empty.bin", Range=value)
    assert (response.status, response.body) == (200, b"")
    assert "Content-Range" not in response.headers


@pytest.mark.parametrize("length", range(5))
def test_G2_every_range_of_short_files(tmp_path: Path, length: int) -> None:
    write(tmp_path / "short", DATA[:length])
    bounds = ["", *map(str, range(6))]
    for value in (f"bytes={first}-{last}" for first in bounds for last in bounds):
        try:
            response = ask(tmp_path, name="short", Range=value)
        except RangeNotSatisfiable:
            continue
        stated, data = response.headers.get("Content-Range"), content(response)
        assert response.length == len(data) <= length
        if response.status == 206:
            assert stated is not None
            first, last = map(int, stated.removeprefix("bytes ").partition("/")[0].split("-"))
            assert stated.endswith(f"/{length}")
            assert data == DATA[first : last + 1]
            assert len(data) == last + 1 - first
        else:
            assert (response.status, stated, data) == (200, None, DATA[:length])


@pytest.mark.clause("9110-15.3.7.2-1a", "9110-15.3.7.2-1b")
def test_several_ranges_are_one_multipart_body(root: Path) -> None:
    response = ask(root, Range="bytes=0-1, 8-")
    assert response.status == 206
    assert "Content-Range" not in response.headers
    assert response.headers["ETag"] == tag_of(root / "ten.txt")
    kind, _, boundary = response.headers["Content-Type"].partition("; boundary=")
    assert kind == "multipart/byteranges"
    assert len(response.headers.get_all("Content-Type")) == 1
    data = content(response)
    assert response.length == len(data)
    assert data.startswith(f"\r\n--{boundary}\r\n".encode())


def test_several_ranges_after_if_range(root: Path) -> None:
    response = ask(root, Range="bytes=0-1, 8-", If_Range=ETAG)
    assert sorted(name for name, _ in response.headers.lines) == [
        "Accept-Ranges",
        "Cache-Control",
        "Content-Type",
        "ETag",
    ]
    assert b"Content-Type: text/plain; charset=utf-8\r\n" in content(response)


@pytest.mark.clause("9110-15.3.7.2-5a")
@pytest.mark.parametrize("value", ["bytes=3-4", "bytes=3-4,99-", "bytes=,3-4,"])
def test_one_range_is_never_a_multipart_body(root: Path, value: str) -> None:
    response = ask(root, Range=value)
    assert response.headers.get("Content-Range") == "bytes 3-4/10"
    assert content(response) == b"34"


def test_D20_the_limit_on_ranges_is_the_servers(root: Path) -> None:
    head = request(fields={"Range": "bytes=0-0,2-2"})
    response = file_response(head, str(root / "ten.txt"), root=str(root), site=SITE, limits=Limits(ranges=1))
    assert response.status == 200
    response.close()


@pytest.mark.clause("9110-8.8.3-7b")
def test_a_file_that_has_just_changed_has_a_weak_tag_and_no_later_date(root: Path) -> None:
    response = file_response(request(), str(root / "ten.txt"), root=str(root), site=SITE, clock=lambda: OLD - 10**9)
    strong = tag_of(root / "ten.txt").strip('"')
    assert response.headers["ETag"] == f'W/"{strong}-new"'
    assert response.headers["Last-Modified"] == format_date(OLD // 10**9 - 1)
    response.close()


def test_a_file_that_got_an_old_date_just_now_has_a_weak_tag(root: Path) -> None:
    """A file may have the same times after one more change: a program that sets its date once may do so again."""
    changed = os.stat(root / "ten.txt").st_ctime_ns
    tags = [
        file_response(
            request(), str(root / "ten.txt"), root=str(root), site=SITE, clock=partial(int, changed + age)
        ).headers["ETag"]
        for age in (0, 10**7, 10**7 + 1, 10**10)
    ]
    assert [tag.startswith("W/") for tag in tags] == [True, True, False, False]
    assert tags[2:] == [tag_of(root / "ten.txt")] * 2


def test_files_of_one_size_and_date_have_tags_of_their_own(root: Path) -> None:
    """In a package store, for example, a link is switched from one version to the next."""
    for name in ("one", "two"):
        write(root / name / "page.html", name.encode(), modified_ns=10**9)
    (root / "now").symlink_to("one")
    first = ask(root, name="now/page.html")
    (root / "now").unlink()
    (root / "now").symlink_to("two")
    assert "Last-Modified" not in first.headers
    tag = first.headers["ETag"]
    for response in (
        ask(root, name="now/page.html", If_None_Match=tag),
        ask(root, name="now/page.html", Range="bytes=1-", If_Range=tag),
    ):
        assert (response.status, content(response)) == (200, b"two")
    (root / "now").unlink()
    (root / "now").symlink_to("one")
    assert ask(root, name="now/page.html", If_None_Match=tag).status == 304


def test_a_file_with_another_content_and_the_date_of_the_first_has_another_tag(root: Path) -> None:
    first = ask(root)
    write(root / "ten.txt", DATA[::-1])
    second = ask(root)
    assert (first.headers["Last-Modified"], first.length) == (second.headers["Last-Modified"], second.length)
    assert first.headers["ETag"] != second.headers["ETag"]


def test_a_file_without_a_date_that_could_be_told(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ancient = -(2**66)
    monkeypatch.setattr(files, "open_file", lambda path, root, site: Ancient())
    response = ask(root)
    assert "Last-Modified" not in response.headers
    assert response.headers["ETag"] == str(validators_of_file(Ancient.version, 0).etag)
    assert ancient == Ancient.modified_ns


class Ancient:
    """A file of a time before the year 0."""

    size = 10
    sized = True
    modified_ns = changed_ns = -(2**66)
    version = (10, modified_ns, changed_ns, 1, 1)

    def fileno(self) -> int:
        return -1

    def take(self, offset: int, length: int) -> bytes:
        return DATA[offset : offset + length]

    def close(self) -> None:
        pass


def test_W2_what_is_announced_is_the_length_of_the_open_file(root: Path) -> None:
    response = ask(root)
    with (root / "ten.txt").open("ab") as file:
        file.write(b"more")
    assert response.length == 10
    assert content(response) == DATA


def test_max_age(root: Path) -> None:
    response = ask(root, site=Site(max_age=3600))
    assert response.headers["Cache-Control"] == "max-age=3600"
    response.close()


def test_the_operators_type_and_charset(root: Path) -> None:
    response = ask(root, site=Site(media_types=(("txt", "text/x-log"),), charset="latin1"))
    assert response.headers["Content-Type"] == "text/x-log; charset=latin1"
    response.close()


@pytest.mark.parametrize(
    ("data", "media_type"), [(b"Permission is granted\n" * 9, "text/plain; charset=utf-8"), (b"\0" * 200, DEFAULT)]
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_W6_a_look_tells_the_type_where_the_name_does_not(
    root: Path, data: bytes, media_type: str, method: str
) -> None:
    write(root / "LICENSE", data)
    response = ask(root, method, "LICENSE")
    assert (response.headers["Content-Type"], response.headers["X-Content-Type-Options"]) == (media_type, "nosniff")
    assert content(response) == data or method == "HEAD"
    response.close()
    part = ask(root, name="LICENSE", Range="bytes=3-4")
    assert (part.status, part.headers["Content-Type"], content(part)) == (206, media_type, data[3:5])
    parts = content(ask(root, name="LICENSE", Range="bytes=3-4,8-9"))
    assert parts.count(f"Content-Type: {media_type}\r\n".encode()) == 2
    assert ask(root, name="LICENSE", site=Site(default_type="a/b")).headers["Content-Type"] == "a/b"


def test_a_look_is_remembered_once_a_file_is_settled(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[str] = []

    def look(file: OpenedFile, path: str, coding: str, root: str, site: Site) -> bytes:
        looks.append(path)
        return beginning(file, path, coding, root, site)

    beginning = files._beginning
    monkeypatch.setattr(files, "_beginning", look)
    write(root / "unknown", b"x")
    head = request("GET", "/unknown", {})
    for clock, expected in ((lambda: OLD, 2), (later, 3)):
        for _ in range(2):
            file_response(head, str(root / "unknown"), root=str(root), site=SITE, clock=clock).close()
        assert len(looks) == expected
    ask(root).close()
    write(root / "unknown", b"\0")
    os.utime(root / "unknown", ns=(OLD + 1, OLD + 1))
    assert ask(root, name="unknown").headers["Content-Type"] == DEFAULT
    assert looks == [str(root / "unknown")] * 4


def test_so_many_files_are_remembered_and_no_more(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_MOST_DESCRIBED", 2)
    files._DESCRIBED.clear()
    for number in range(5):
        write(root / f"{number}.txt", DATA)
        assert ask(root, name=f"{number}.txt").headers["ETag"] == tag_of(root / f"{number}.txt")
        assert len(files._DESCRIBED) == 1 + number % 2


def test_what_is_said_of_a_file_is_said_for_its_site_and_its_coding(root: Path) -> None:
    """It does not matter what was last remembered of the same path."""
    write(root / "ten.txt.gz", gzip.compress(DATA))
    ways = [
        (site, coding)
        for site in (SITE, Site(max_age=60), Site(codings=("gzip",)), Site(codings=("gzip",), max_age=60))
        for coding in ("gzip", "identity")
    ]
    known: list[list[tuple[str, str]]] = []
    for site, coding in ways:
        files._DESCRIBED.clear()
        known.append(said_of(root, site, coding))
    assert len({str(said) for said in known}) == 6  # the coding makes no difference to the first two
    for _ in range(2):
        assert [said_of(root, site, coding) for site, coding in ways] == known
    (root / "ten.txt.gz").unlink()  # then there is only one version, and no choice any more
    assert [said_of(root, site, coding) for site, coding in ways[:3:-1]] == known[3::-1]


def said_of(root: Path, site: Site, coding: str) -> list[tuple[str, str]]:
    """The sorted field lines of the answer to a client that decodes `coding`."""
    response = ask(root, site=site, Accept_Encoding=coding)
    response.close()
    return lines(root, response)


def test_a_file_that_may_not_be_read(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: str, flags: int) -> int:
        raise PermissionError(13, "")

    monkeypatch.setattr("pyhttp.resources.opened_file.os.open", refuse)
    with pytest.raises(Forbidden):
        ask(root)


def test_the_page_for_what_is_not_found(root: Path) -> None:
    plain = not_found_response(NotFound(), root=str(root), site=SITE)
    assert plain.status == 404
    assert b"404 Not Found" in content(plain)
    write(root / "404.html", b"<h1>Lost</h1>")
    own = not_found_response(NotFound(), root=str(root), site=Site(max_age=60))
    assert (own.status, content(own)) == (404, b"<h1>Lost</h1>")
    assert sorted(own.headers.lines) == [
        ("Cache-Control", "no-store"),
        ("Content-Type", "text/html; charset=utf-8"),
        ("Vary", "Accept"),
        ("X-Content-Type-Options", "nosniff"),
    ]
    for accepted, media_type in (("*/*", "text/html; charset=utf-8"), ("application/json", "application/problem+json")):
        asked = not_found_response(NotFound(), headers=Headers({"Accept": accepted}), root=str(root), site=SITE)
        assert (asked.status, asked.headers["Content-Type"]) == (404, media_type)
        asked.close()
    off = not_found_response(NotFound(), root=str(root), site=Site(not_found=""))
    assert b"404 Not Found" in content(off)


def test_W1_the_index_of_a_directory_is_a_regular_file(root: Path) -> None:
    assert index_of(str(root), SITE) is None
    os.mkfifo(root / "index.html")
    assert index_of(str(root), SITE) is None
    write(root / "index.htm", b"index")
    assert index_of(str(root), SITE) == str(root / "index.htm")
    (root / "index.html").unlink()
    write(root / "index.html", b"index")
    assert index_of(str(root), SITE) == str(root / "index.html")
    assert index_of(str(root), Site(index=())) is None


def test_is_directory(root: Path) -> None:
    assert is_directory(str(root))
    for name in ("ten.txt", "absent", "nul\0byte"):
        assert not is_directory(f"{root}/{name}")


@pytest.mark.parametrize(("second", "status"), [(0, 304), (1, 200)])
def test_the_clock_settles_the_century_of_a_date_to_the_second(root: Path, second: int, status: int) -> None:
    """A date more than 50 years ahead is of the century before."""
    new_year_2026 = 1_767_225_600 * 10**9
    head = request(fields={"If-Modified-Since": f"Wednesday, 01-Jan-76 00:00:0{second} GMT"})
    response = file_response(head, str(root / "ten.txt"), root=str(root), site=SITE, clock=partial(int, new_year_2026))
    response.close()
    assert response.status == status
