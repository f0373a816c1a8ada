"""Files that hold another file with a content coding."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from pyhttp.errors import NotAcceptable, RangeNotSatisfiable
from pyhttp.messages import Response
from pyhttp.resources import precompressed
from pyhttp.resources.coded import can_hold
from pyhttp.resources.files import file_response
from pyhttp.resources.opened_file import OpenedFile, open_file
from pyhttp.site import CODINGS, Site
from tests.helpers.coded import brotli_of, gzip_of, zstd_of
from tests.helpers.folder import OLD, content, later, request, settle, write

SITE = Site(codings=CODINGS)
GZIP, BROTLI = gzip_of(b"plain"), brotli_of(b"plain")


@pytest.fixture(autouse=True)
def no_descriptor_is_left() -> Iterator[None]:
    before = sorted(os.listdir("/proc/self/fd"))
    yield
    assert sorted(os.listdir("/proc/self/fd")) == before


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write(tmp_path / "page.html", b"plain")
    write(tmp_path / "page.html.gz", GZIP)
    write(tmp_path / "page.html.br", BROTLI)
    return tmp_path


def ask(root: Path, accept: str | None, site: Site = SITE, name: str = "page.html", **fields: str) -> Response:
    named = {key.replace("_", "-"): value for key, value in fields.items()}
    if accept is not None:
        named["Accept-Encoding"] = accept
    return file_response(request("GET", f"/{name}", named), str(root / name), root=str(root), site=site, clock=later)


@pytest.mark.clause("9110-8.4-5a", "9110-12.5.3-12b", "9110-12.5.5-10a")
@pytest.mark.parametrize(
    ("accept", "coding", "data"),
    [
        (None, None, b"plain"),
        ("", None, b"plain"),
        ("deflate", None, b"plain"),
        ("gzip", "gzip", GZIP),
        ("x-gzip", "gzip", GZIP),
        ("gzip, br", "br", BROTLI),
        ("gzip, br;q=0.9", "gzip", GZIP),
        ("zstd", None, b"plain"),
        ("identity;q=0, *", "br", BROTLI),
    ],
)
def test_the_sibling_of_the_coding_that_is_accepted(root: Path, accept: str, coding: str | None, data: bytes) -> None:
    response = ask(root, accept)
    assert response.status == 200
    assert response.headers.get("Content-Encoding") == coding
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert response.headers["Vary"] == "Accept-Encoding"
    assert content(response) == data


def test_each_coding_has_a_tag_of_its_own_and_vary_on_304_and_206(root: Path) -> None:
    tags: set[str] = set()
    for accept in ("identity", "gzip", "br"):
        response = ask(root, accept)
        tags.add(response.headers["ETag"])
        same = ask(root, accept, If_None_Match=response.headers["ETag"])
        assert (same.status, same.headers["Vary"]) == (304, "Accept-Encoding")
        assert "Content-Encoding" not in same.headers
        part = ask(root, accept, Range="bytes=0-1")
        assert (part.status, part.headers["Vary"]) == (206, "Accept-Encoding")
        assert part.headers.get("Content-Encoding") == response.headers.get("Content-Encoding")
        assert content(part) == content(response)[:2]
    assert len(tags) == 3


def test_the_tag_of_another_coding_does_not_match(root: Path) -> None:
    plain = ask(root, "identity")
    response = ask(root, "gzip", If_None_Match=plain.headers["ETag"])
    assert response.status == 200
    response.close()
    plain.close()


def test_a_range_is_one_of_the_coded_bytes(root: Path) -> None:
    with pytest.raises(RangeNotSatisfiable) as caught:
        ask(root, "br", Range="bytes=9-")
    assert caught.value.headers == (("Content-Range", "bytes */9"),)


def test_without_siblings_nothing_varies(tmp_path: Path) -> None:
    write(tmp_path / "page.html", b"plain")
    response = ask(tmp_path, "gzip, br")
    assert "Vary" not in response.headers
    assert content(response) == b"plain"


@pytest.mark.clause("9110-15.5.7-2a")
def test_a_request_that_excludes_all_there_is_gets_a_list_of_it(root: Path) -> None:
    response = ask(root, "identity;q=0, zstd")
    assert response.status == NotAcceptable.status
    assert response.headers["Vary"] == "Accept-Encoding"
    page = content(response).decode()
    for name in ("page.html", "page.html.gz", "page.html.br"):
        assert f'<a href="{name}">{name}</a>' in page


def test_a_sibling_older_than_its_file_is_ignored(root: Path) -> None:
    write(root / "page.html.br", b"stale", modified_ns=OLD - 1)
    response = ask(root, "gzip, br")
    assert response.headers["Content-Encoding"] == "gzip"
    response.close()


def test_T6_a_sibling_out_of_the_root_is_no_sibling(root: Path) -> None:
    (root / "page.html.br").unlink()
    write(root.parent / "outside", BROTLI)
    os.symlink("../outside", root / "page.html.br")
    assert content(ask(root, "br")) == b"plain"
    assert content(ask(root, "br, gzip")) == GZIP
    assert content(ask(root, "br", Site(follow_symlinks=True, codings=CODINGS))) == BROTLI


def test_W1_a_sibling_is_a_regular_file(root: Path) -> None:
    for name in ("page.html.br", "page.html.gz"):
        (root / name).unlink()
        (root / name).mkdir()
    response = ask(root, "gzip, br")
    assert "Vary" not in response.headers
    assert content(response) == b"plain"


def test_the_operator_says_which_codings_are_looked_for(root: Path) -> None:
    assert content(ask(root, "gzip, br", Site(codings=("gzip",)))) == GZIP
    response = ask(root, "gzip, br", Site(codings=()))
    assert "Vary" not in response.headers
    assert content(response) == b"plain"


def test_a_coded_file_asked_for_by_its_own_name_is_not_coded(root: Path) -> None:
    response = ask(root, "gzip", name="page.html.gz")
    assert response.headers["Content-Type"] == "application/gzip"
    assert "Content-Encoding" not in response.headers
    response.close()


def test_a_sibling_that_goes_while_one_looks(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(path: str) -> os.stat_result:
        raise FileNotFoundError(2, "")

    monkeypatch.setattr("pyhttp.resources.precompressed.os.stat", gone)
    assert content(ask(root, "gzip, br")) == b"plain"


def test_a_sibling_that_changes_while_one_looks(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server sends a sibling only if the opened file is the one that it looked at."""
    looked = can_hold

    def change(coding: str, sibling: OpenedFile, plain: OpenedFile) -> bool:
        found = looked(coding, sibling, plain)
        write(root / f"page.html{precompressed.SUFFIXES[coding]}", b"cut")
        return found

    monkeypatch.setattr("pyhttp.resources.coded.can_hold", change)
    response = ask(root, "gzip, br")
    assert "Content-Encoding" not in response.headers
    assert content(response) == b"plain"


def test_a_sibling_that_is_another_between_two_looks(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    access = os.access

    def remove(path: str, mode: int) -> bool:
        found = access(path, mode)
        (root / "page.html.gz").unlink()
        return found

    assert content(ask(root, "gzip")) == GZIP
    with monkeypatch.context() as patched:
        patched.setattr(os, "access", remove)
        assert content(ask(root, "gzip", Site(codings=("gzip",)))) == b"plain"


def test_what_changes_before_it_is_looked_into(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The result of a look is remembered for the versions that were found.

    The look must therefore be at these versions.
    """
    truly = open_file

    def change(path: str, root: str, site: Site) -> OpenedFile:
        write(Path(path), gzip_of(b"other"))
        return truly(path, root, site)

    for site in (Site(codings=("gzip",)), SITE):
        with monkeypatch.context() as patched:
            patched.setattr(precompressed, "open_file", change)
            assert content(ask(root, "gzip", site)) == b"plain"


@pytest.mark.skipif(not os.path.exists("/proc/self/auxv"), reason="there is no /proc here")
def test_a_sibling_whose_size_is_not_known_is_none(root: Path) -> None:
    (root / "page.html.br").unlink()
    (root / "page.html.br").symlink_to("/proc/self/auxv")
    site = Site(codings=CODINGS, follow_symlinks=True)
    assert (
        content(
            file_response(
                request(fields={"Accept-Encoding": "br"}),
                str(root / "page.html"),
                root=str(root),
                site=site,
                clock=lambda: later() + 10**12,
            )
        )
        == b"plain"
    )


def test_a_sibling_of_more_blocks_than_are_looked_at_is_none(root: Path) -> None:
    data = os.urandom(8193)
    write(root / "page.html", data)
    for block, coded in ((1, False), (2, True)):
        write(root / "page.html.zst", zstd_of(data, block=block))
        response = ask(root, "zstd")
        assert ("Content-Encoding" in response.headers) is coded
        response.close()


@pytest.mark.parametrize("gone", [False, True])
def test_a_sibling_that_is_another_after_it_was_looked_into(
    root: Path, monkeypatch: pytest.MonkeyPatch, gone: bool
) -> None:
    def change(*_: object) -> bool:
        (root / "page.html.gz").unlink()
        if not gone:
            write(root / "page.html.gz", b"another")
        return True

    monkeypatch.setattr(precompressed, "_holds_settled", change)
    assert content(ask(root, "gzip", Site(codings=("gzip",)))) == b"plain"


CONTENT = b"The content of a file. " * 20
OTHER = CONTENT.swapcase()
EMPTY_AND_OTHERS = [
    ("gzip", b""),
    ("gzip", gzip_of(CONTENT)[:-1]),
    ("gzip", gzip_of(CONTENT)[:30]),
    ("gzip", gzip_of(CONTENT)[:10]),
    ("gzip", gzip_of(CONTENT[:-1])),
    ("gzip", gzip_of(OTHER)),
    ("gzip", CONTENT),
    ("gzip", b"PK" + gzip_of(CONTENT)[2:]),
    ("zstd", b""),
    ("zstd", zstd_of(CONTENT)[:5]),
    ("zstd", zstd_of(CONTENT)[:-1]),
    ("zstd", zstd_of(CONTENT, block=100)[:150]),
    ("zstd", zstd_of(CONTENT, block=100)[:115]),
    ("zstd", zstd_of(CONTENT) + b"x"),
    ("zstd", zstd_of(CONTENT) * 2),
    ("zstd", zstd_of(CONTENT[:-1])),
    ("zstd", zstd_of(CONTENT, checksum=True)[:-4]),
    ("zstd", zstd_of(CONTENT, window=(14 << 3) - 8 + 1)),
    ("zstd", b"PK" + zstd_of(CONTENT)[2:]),
    ("zstd", zstd_of(CONTENT)[:4] + bytes((zstd_of(CONTENT)[4] | 1,)) + zstd_of(CONTENT)[5:]),
    ("zstd", zstd_of(CONTENT)[:13] + b"\x07" + zstd_of(CONTENT)[14:]),
    ("zstd", CONTENT),
    ("br", b""),
    ("br", b"Degemer mat, ti ar re gozh: " * 20),
    ("br", "Dé".encode() * 200),
]
"""Codings of siblings, and contents that are not the file's."""


class TestAnIntactFileIsNeverHidden:
    @pytest.mark.parametrize(("coding", "data"), EMPTY_AND_OTHERS)
    @pytest.mark.parametrize("method", ["GET", "HEAD"])
    def test_by_what_is_empty_cut_or_another(self, tmp_path: Path, coding: str, data: bytes, method: str) -> None:
        write(tmp_path / "page.html", CONTENT)
        write(tmp_path / f"page.html{precompressed.SUFFIXES[coding]}", data)
        asked = request(method, "/page.html", {"Accept-Encoding": f"{coding}, identity;q=0.1"})
        path, root = str(tmp_path / "page.html"), str(tmp_path)
        for clock in (later, time.time_ns):  # a result that is remembered, and a file that may just be changing
            response = file_response(asked, path, root=root, site=SITE, clock=clock)
            assert {"Vary", "Content-Encoding"}.isdisjoint(response.headers)
            assert response.length == len(CONTENT)
            response.close()

    @pytest.mark.parametrize(
        ("coding", "data"),
        [
            ("gzip", gzip_of(CONTENT)),
            ("zstd", zstd_of(CONTENT)),
            ("zstd", zstd_of(CONTENT, block=100)),
            ("zstd", zstd_of(CONTENT, checksum=True)),
            ("zstd", zstd_of(CONTENT, state_length=False, window=13 << 3)),
            ("br", brotli_of(CONTENT)),
        ],
    )
    def test_what_holds_the_file_answers_for_it(self, tmp_path: Path, coding: str, data: bytes) -> None:
        write(tmp_path / "page.html", CONTENT)
        write(tmp_path / f"page.html{precompressed.SUFFIXES[coding]}", data)
        response = ask(tmp_path, coding)
        assert response.headers["Content-Encoding"] == coding
        assert content(response) == data

    def test_by_a_program_that_is_still_writing(self, tmp_path: Path) -> None:
        """A file that is not yet whole is sent at no length."""
        write(tmp_path / "page.html", CONTENT)
        for coding, whole in (("gzip", gzip_of(CONTENT)), ("zstd", zstd_of(CONTENT, block=100))):
            for length in range(len(whole) + 1):
                write(tmp_path / f"page.html{precompressed.SUFFIXES[coding]}", whole[:length])
                data = content(ask(tmp_path, coding))
                assert data == (whole if length == len(whole) else CONTENT), (coding, length)

    def test_by_a_brotli_file_that_may_still_be_written(self, tmp_path: Path) -> None:
        """Nothing in such a file tells its end."""
        write(tmp_path / "page.html", CONTENT)
        write(tmp_path / "page.html.br", brotli_of(CONTENT), modified_ns=later() - 59 * 10**9)
        assert content(ask(tmp_path, "br")) == CONTENT
        write(tmp_path / "page.html.br", brotli_of(CONTENT), modified_ns=later() - 61 * 10**9)
        assert content(ask(tmp_path, "br")) == brotli_of(CONTENT)

    def test_by_a_condition_or_a_range_of_the_other(self, tmp_path: Path) -> None:
        write(tmp_path / "page.html", CONTENT)
        write(tmp_path / "page.html.gz", gzip_of(CONTENT))
        coded = ask(tmp_path, "gzip")
        coded.close()
        write(tmp_path / "page.html.gz", gzip_of(CONTENT)[:-9])
        response = ask(tmp_path, "gzip", If_None_Match=coded.headers["ETag"])
        assert (response.status, content(response)) == (200, CONTENT)
        response = ask(tmp_path, "gzip", If_Range=coded.headers["ETag"], Range="bytes=5-")
        assert (response.status, content(response)) == (200, CONTENT)
        response = ask(tmp_path, "gzip", Range="bytes=1-3")
        assert (response.status, content(response)) == (206, CONTENT[1:4])

    def test_where_there_is_no_other_the_list_has_the_file_alone(self, tmp_path: Path) -> None:
        write(tmp_path / "page.html", CONTENT)
        write(tmp_path / "page.html.gz")
        page = content(ask(tmp_path, "identity;q=0, gzip")).decode()
        assert "page.html.gz" not in page

    def test_a_file_over_a_mebibyte_is_told_by_its_length(self, tmp_path: Path) -> None:
        large = bytes(1024 * 1024 + 1)
        write(tmp_path / "page.html", large)
        for data, coded in ((bytes(len(large)), True), (b"x" * len(large), True), (large[:-1], False)):
            write(tmp_path / "page.html.gz", gzip_of(data))
            response = ask(tmp_path, "gzip")
            assert ("Content-Encoding" in response.headers) is coded
            response.close()

    @pytest.mark.skipif(shutil.which("zstd") is None, reason="there is no zstd here")
    @pytest.mark.parametrize("level", [1, 19])
    def test_what_zstd_writes_is_taken(self, tmp_path: Path, level: int) -> None:
        data = os.urandom(300_000) + bytes(300_000)
        write(tmp_path / "page.html", data)
        subprocess.run(["zstd", f"-{level}", "-q", "-k", "page.html"], cwd=tmp_path, check=True)
        response = ask(tmp_path, "zstd")
        assert response.headers["Content-Encoding"] == "zstd"
        response.close()


def test_what_is_settled_is_looked_into_once(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[str] = []

    def look(coding: str, sibling: OpenedFile, plain: OpenedFile) -> bool:
        looks.append(coding)
        return True

    monkeypatch.setattr("pyhttp.resources.coded.can_hold", look)
    for _ in range(3):
        ask(root, "gzip").close()
    assert sorted(looks) == ["br", "gzip"]
    write(root / "page.html", b"other")
    ask(root, "gzip").close()
    assert sorted(looks) == ["br", "br", "gzip", "gzip"]


def test_what_has_just_changed_is_looked_into_again(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file may change once more and have the same times."""
    looks: list[str] = []

    def look(coding: str, sibling: OpenedFile, plain: OpenedFile) -> bool:
        looks.append(coding)
        return True

    monkeypatch.setattr("pyhttp.resources.coded.can_hold", look)
    head, path = request(fields={"Accept-Encoding": "gzip"}), str(root / "page.html")
    for times in (2, 4):
        changed = os.stat(path).st_ctime_ns
        file_response(head, path, root=str(root), site=SITE, clock=partial(int, changed + 10**9)).close()
        assert len(looks) == times


def test_a_look_that_failed_is_not_remembered(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(coding: str, sibling: OpenedFile, plain: OpenedFile) -> bool:
        raise OSError(5, "")

    with monkeypatch.context() as patched:
        patched.setattr("pyhttp.resources.coded.can_hold", fail)
        assert content(ask(root, "gzip")) == b"plain"
    assert content(ask(root, "gzip")) == GZIP


@pytest.mark.clause("9110-8.4-5a", "9110-12.5.3-12b", "9110-12.5.5-10a")
@pytest.mark.parametrize("site", [SITE, Site()], ids=["siblings", "no siblings"])
@pytest.mark.parametrize(
    ("accept", "coding", "media_type"),
    [
        (None, "gzip", "image/svg+xml"),
        ("gzip, br", "gzip", "image/svg+xml"),
        ("x-gzip;q=0.5", "gzip", "image/svg+xml"),
        ("*", "gzip", "image/svg+xml"),
        ("", None, "application/gzip"),
        ("br", None, "application/gzip"),
        ("identity", None, "application/gzip"),
        ("gzip;q=0", None, "application/gzip"),
        ("gzip;q=0.5, identity", None, "application/gzip"),
    ],
)
def test_a_file_with_a_coding_of_its_own(
    root: Path, site: Site, accept: str | None, coding: str | None, media_type: str
) -> None:
    """The octets are the same. A client that does not decode them learns what they are."""
    write(root / "a.svgz", b"0123456789")
    write(root / "a.svgz.gz", b"not this one")
    response = ask(root, accept, site, "a.svgz")
    assert response.headers.get("Content-Encoding") == coding
    assert response.headers["Content-Type"] == media_type
    assert response.headers["Vary"] == "Accept-Encoding"
    assert content(response) == b"0123456789"
    part = ask(root, accept, site, "a.svgz", Range="bytes=2-3")
    assert (part.status, content(part), part.headers.get("Content-Encoding")) == (206, b"23", coding)
    tag = response.headers["ETag"]
    assert ask(root, accept, site, "a.svgz", If_None_Match=tag).status == 304
    other = ask(root, "br" if coding else "gzip", site, "a.svgz")
    assert other.headers["ETag"] != tag
    other.close()


def test_a_file_with_a_coding_of_its_own_that_nobody_takes(root: Path) -> None:
    write(root / "a.svgz", b"0123456789")
    assert ask(root, "identity;q=0", name="a.svgz").status == 406


@pytest.mark.parametrize("name", ["a.tar.gz", "a.svg.gz", "a.Z"])
def test_an_archive_has_no_coding(root: Path, name: str) -> None:
    write(root / name, b"\x1f\x8b")
    response = ask(root, "gzip", Site(), name)
    assert response.headers.get("Content-Encoding") is None
    assert response.headers.get("Vary") is None
    response.close()


def test_W6_the_type_is_that_of_the_plain_file(root: Path) -> None:
    write(root / "LICENSE", b"text")
    write(root / "LICENSE.gz", gzip_of(b"text"))
    for accept, coding in (("gzip", "gzip"), ("identity", None)):
        response = ask(root, accept, name="LICENSE")
        assert response.headers.get("Content-Encoding") == coding
        assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
        response.close()


@pytest.mark.parametrize(("length", "width"), [(200, 1), (255, 1), (256, 2), (460, 2), (65_791, 2), (65_792, 4)])
def test_a_zstd_frame_states_its_length_in_one_two_or_four_octets(root: Path, length: int, width: int) -> None:
    """RFC 8878 §3.1.1.1.4: two octets hold what is beyond 256."""
    data = os.urandom(length)
    write(root / "page.html", data)
    frame = zstd_of(data)
    stated = (length - (256 if width == 2 else 0)).to_bytes(width, "little")
    write(root / "page.html.zst", frame[:4] + bytes(({1: 0x20, 2: 0x60, 4: 0xA0}[width],)) + stated + frame[13:])
    response = ask(root, "zstd")
    assert response.headers.get("Content-Encoding") == "zstd"
    response.close()


def test_256_octets_tell_a_text_from_brotli(root: Path) -> None:
    for text, coded in ((b"x" * 255 + b"\0", True), (b"x" * 256 + b"\0", False)):
        write(root / "page.html.br", text)
        response = ask(root, "br")
        assert ("Content-Encoding" in response.headers) is coded
        response.close()


def test_a_mebibyte_is_told_by_its_checksum(root: Path) -> None:
    write(root / "page.html", bytes(1024 * 1024))
    for data, coded in ((bytes(1024 * 1024), True), (b"x" * 1024 * 1024, False)):
        write(root / "page.html.gz", gzip_of(data))
        response = ask(root, "gzip", Site(codings=("gzip",)))
        assert ("Content-Encoding" in response.headers) is coded
        response.close()


@pytest.mark.parametrize("last", ["page.html", "page.html.gz"])
def test_what_changed_last_of_the_two_has_to_be_settled(root: Path, monkeypatch: pytest.MonkeyPatch, last: str) -> None:
    """A file is settled when its change is more than three seconds old."""
    looks: list[str] = []

    def look(coding: str, sibling: OpenedFile, plain: OpenedFile) -> bool:
        looks.append(coding)
        return True

    settle(root / "page.html", root / "page.html.gz")
    write(root / last, (root / last).read_bytes())
    changed = os.stat(root / last).st_ctime_ns
    assert changed > min(os.stat(root / name).st_ctime_ns for name in ("page.html", "page.html.gz"))
    monkeypatch.setattr("pyhttp.resources.coded.can_hold", look)
    head, path = request(fields={"Accept-Encoding": "gzip"}), str(root / "page.html")
    for age, times in ((3_000_000_000, 1), (3_000_000_000, 2), (3_000_000_001, 3), (3_000_000_001, 3)):
        site = Site(codings=("gzip",))
        file_response(head, path, root=str(root), site=site, clock=partial(int, changed + age)).close()
        assert len(looks) == times


def test_a_brotli_file_is_at_rest_after_a_minute(root: Path) -> None:
    head, path = request(fields={"Accept-Encoding": "br"}), str(root / "page.html")
    for age, coding in ((59_999_999_999, None), (60_000_000_000, "br")):
        response = file_response(head, path, root=str(root), site=SITE, clock=partial(int, OLD + age))
        response.close()
        assert response.headers.get("Content-Encoding") == coding
