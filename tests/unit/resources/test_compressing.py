"""Files that get a content coding while they are sent."""

import gzip
import os
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from pyhttp.errors import InternalError, PreconditionFailed
from pyhttp.messages import Response
from pyhttp.resources import compressing
from pyhttp.resources.compressing import Compressed
from pyhttp.resources.files import file_response
from pyhttp.resources.opened_file import open_file
from pyhttp.semantics.media_types import TYPES
from pyhttp.site import Site
from tests.helpers.coded import brotli_of, gzip_of
from tests.helpers.folder import content, later, request, tag_of, write

SITE: Final = Site(compress=True)
TEXT: Final = b"the same words, again and again\n" * 100


@pytest.fixture(autouse=True)
def no_descriptor_is_left() -> Iterator[None]:
    before = sorted(os.listdir("/proc/self/fd"))
    yield
    assert sorted(os.listdir("/proc/self/fd")) == before


@pytest.fixture(autouse=True)
def gzip_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gzip is the only coding, because the other codings depend on the interpreter."""
    monkeypatch.setattr(compressing, "_codings", lambda: ("gzip",))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write(tmp_path / "page.html", TEXT)
    return tmp_path


def ask(
    root: Path,
    accept: str | None = "gzip",
    name: str = "page.html",
    site: Site = SITE,
    method: str = "GET",
    fields: dict[str, str] | None = None,
) -> Response:
    fields = dict(fields or {})
    if accept is not None:
        fields["Accept-Encoding"] = accept
    return file_response(request(method, f"/{name}", fields), str(root / name), root=str(root), site=site, clock=later)


@pytest.mark.parametrize(
    ("accept", "coding"),
    [
        (None, None),
        ("", None),
        ("br", None),
        ("gzip;q=0", None),
        ("identity, gzip;q=0.5", None),
        ("gzip", "gzip"),
        ("x-gzip", "gzip"),
        ("br, gzip;q=0.1", "gzip"),
        ("*", "gzip"),
        ("identity;q=0, gzip", "gzip"),
    ],
)
@pytest.mark.clause("9110-8.4-5a", "9110-12.5.3-12b", "9110-12.5.5-10a")
def test_a_file_is_coded_as_the_client_accepts(root: Path, accept: str | None, coding: str | None) -> None:
    response = ask(root, accept)
    assert response.headers.get("Content-Encoding") == coding
    assert response.headers["Vary"] == "Accept-Encoding"
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert response.length == (None if coding else len(TEXT))
    octets = content(response)
    assert (gzip.decompress(octets) if coding else octets) == TEXT
    assert len(octets) < 300 or not coding


def test_nothing_is_coded_unless_the_site_says_so(root: Path) -> None:
    response = ask(root, site=Site())
    assert content(response) == TEXT
    assert "Vary" not in response.headers


@pytest.mark.parametrize(
    ("name", "gains"),
    [
        ("a.html", True),
        ("a.txt", True),
        ("a.css", True),
        ("a.js", True),
        ("a.json", True),
        ("a.geojson", True),
        ("a.svg", True),
        ("a.xml", True),
        ("a.atom", True),
        ("a.wasm", True),
        ("a.ttf", True),
        ("a.bmp", True),
        ("NOTES", True),
        ("a.png", False),
        ("a.jpg", False),
        ("a.woff2", False),
        ("a.mp4", False),
        ("a.zip", False),
        ("a.gz", False),
        ("a.pdf", False),
        ("a.docx", False),
    ],
)
def test_what_gains(root: Path, name: str, gains: bool) -> None:
    write(root / name, TEXT)
    response = ask(root, name=name)
    response.close()
    assert ("Content-Encoding" in response.headers, "Vary" in response.headers) == (gains, gains)


def test_a_look_into_a_file_without_a_telling_name_decides(root: Path) -> None:
    write(root / "DATA", b"\0" + TEXT)
    assert content(ask(root, name="DATA")) == b"\0" + TEXT


def test_every_type_that_gains_is_one_that_a_name_tells() -> None:
    """One that only an operator gives counts as well: it is an older name of JavaScript's."""
    assert compressing._TEXTUAL - set(TYPES.values()) == {"application/javascript"}


@pytest.mark.parametrize("kind", ["application/javascript", "application/json; charset=utf-8", "a/B+XML;x=y"])
def test_a_type_of_the_operators_may_have_parameters_and_gains_too(root: Path, kind: str) -> None:
    site = Site(compress=True, media_types=(("html", kind),))
    assert gzip.decompress(content(ask(root, site=site))) == TEXT


def test_the_operators_types_count(root: Path) -> None:
    site = Site(compress=True, media_types=(("html", "application/zip"),))
    assert content(ask(root, site=site)) == TEXT


@pytest.mark.parametrize("size", [1023, 1024])
def test_the_least_size(root: Path, size: int) -> None:
    write(root / "sized.txt", b"x" * size)
    response = ask(root, name="sized.txt")
    assert ("Content-Encoding" in response.headers) is (size == 1024)
    response.close()


@pytest.mark.parametrize("value", ["no-transform", "public, No-Transform, max-age=60"])
def test_no_transform_is_heeded(root: Path, value: str) -> None:
    site = Site(compress=True, headers=(("cache-control", value),))
    assert content(ask(root, site=site)) == TEXT


@pytest.mark.clause("9110-8.8.1-7a", "9110-13.1.2-2a")
def test_the_coded_file_has_a_weak_tag_of_its_own(root: Path) -> None:
    coded, plain = ask(root), ask(root, None)
    tag, strong = coded.headers["ETag"], plain.headers["ETag"]
    assert (tag[:2], strong) == ("W/", tag_of(root / "page.html"))
    assert tag[3:-1] != strong[1:-1]
    assert "Accept-Ranges" not in coded.headers
    assert coded.headers["Last-Modified"] == plain.headers["Last-Modified"]
    coded.close()
    same = ask(root, fields={"If-None-Match": tag})
    assert (same.status, same.headers["ETag"], same.headers["Vary"]) == (304, tag, "Accept-Encoding")
    assert "Content-Encoding" not in same.headers
    other = ask(root, None, fields={"If-None-Match": tag})
    assert other.status == 200
    again = ask(root, fields={"If-None-Match": strong})
    assert (again.status, again.headers["ETag"]) == (200, tag)
    again.close()
    with pytest.raises(PreconditionFailed):
        ask(root, fields={"If-Match": tag})


@pytest.mark.clause("9110-13.1.5-8a")
@pytest.mark.parametrize(
    ("ranged", "status"),
    [
        ({"Range": "bytes=0-9"}, 206),
        ({"Range": "bytes=0-9", "If-Range": "STRONG"}, 206),
        ({"Range": "bytes=0-9", "If-Range": '"other"'}, 200),
        ({"Range": "bytes=0-9", "If-Range": "WEAK"}, 200),
    ],
)
def test_a_range_is_one_of_the_file_as_it_is(root: Path, ranged: dict[str, str], status: int) -> None:
    first = ask(root)
    first.close()
    tags = {"STRONG": tag_of(root / "page.html"), "WEAK": first.headers["ETag"]}
    response = ask(root, fields={name: tags.get(value, value) for name, value in ranged.items()})
    assert (response.status, response.headers.get("Content-Encoding")) == (status, None)
    assert response.headers["Vary"] == "Accept-Encoding"
    assert content(response) == (TEXT[:10] if status == 206 else TEXT)


def test_a_date_does_not_tell_of_which_representation_the_client_has_a_part(root: Path) -> None:
    first = ask(root)
    first.close()
    dated = {"Range": "bytes=10-", "If-Range": first.headers["Last-Modified"]}
    response = ask(root, fields=dated)
    assert (response.status, response.headers.get("Content-Encoding")) == (200, "gzip")
    assert gzip.decompress(content(response)) == TEXT
    plain = ask(root, None, fields=dated)
    assert (plain.status, content(plain)) == (206, TEXT[10:])


def test_a_range_is_ignored_where_the_file_as_it_is_is_not_accepted(root: Path) -> None:
    response = ask(root, "gzip, identity;q=0", fields={"Range": "bytes=0-9"})
    assert (response.status, response.headers["Content-Encoding"]) == (200, "gzip")
    assert gzip.decompress(content(response)) == TEXT


@pytest.mark.clause("9110-9.3.2-2a")
@pytest.mark.parametrize("fields", [{}, {"Range": "bytes=0-9"}], ids=["all", "range"])
def test_a_head_has_the_same_fields(root: Path, fields: dict[str, str]) -> None:
    got, head = ask(root), ask(root, method="HEAD", fields=fields)
    assert (head.status, head.headers.lines) == (200, got.headers.lines)
    got.close()
    head.close()


def test_a_sibling_comes_first(root: Path) -> None:
    site = Site(compress=True, codings=("br", "gzip"))
    write(root / "page.html.br", brotli_of(TEXT))
    response = ask(root, "gzip, br", site=site)
    assert response.headers["Content-Encoding"] == "br"
    assert response.headers["ETag"].startswith('"')
    response.close()
    made = ask(root, "gzip", site=site)
    assert gzip.decompress(content(made)) == TEXT
    write(root / "page.html.gz", gzip_of(TEXT))
    there = ask(root, "gzip", site=site)
    assert there.headers["ETag"].startswith('"')
    there.close()


def test_what_has_a_coding_by_its_name_gets_no_other(root: Path) -> None:
    write(root / "a.svgz", gzip_of(TEXT))
    assert content(ask(root, name="a.svgz")) == gzip_of(TEXT)


def compressed(path: Path) -> Compressed:
    return Compressed(open_file(str(path), str(path.parent), SITE), "gzip")


def test_a_large_file_is_made_in_pieces_and_others_come_between(root: Path) -> None:
    """A step reads a megabyte at most, however little output it has. Each step ends with an empty piece."""
    write(root / "zeros.txt", bytes(5 << 20))
    response = ask(root, name="zeros.txt")
    body = response.body
    assert isinstance(body, Compressed)
    pieces = list(body)
    assert len(pieces) >= 5
    assert gzip.decompress(b"".join(pieces)) == bytes(5 << 20)
    response.close()


class Silent:
    """A compressor that gives nothing before the end."""

    def compress(self, data: bytes, /) -> bytes:
        return b""

    def flush(self) -> bytes:
        return b"end"


def test_a_file_is_read_in_pieces_of_64_KiB_and_a_step_has_a_megabyte(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(root / "zeros.txt", bytes(150_000))
    for compressor, size, pieces in (
        (FakeZstd, 150_000, [b"<65536>", b"<65536>", b"<18928>", b"end"]),
        (Silent, 5 << 19, [b"", b"", b"end"]),
    ):
        os.truncate(path, size)
        monkeypatch.setattr(compressing, "_zstd", compressor)
        body = Compressed(open_file(str(path), str(root), SITE), "zstd")
        assert list(body) == pieces
        body.close()


def test_what_is_said_again_within_32_KiB_is_found(root: Path) -> None:
    noise = random.Random(1).randbytes(32_000)
    body = compressed(write(root / "noise.txt", noise * 2))
    assert len(b"".join(body)) < 33_000
    body.close()


def test_a_file_that_grows_is_sent_as_long_as_it_was(root: Path) -> None:
    path = write(root / "log.txt", TEXT)
    body = compressed(path)
    path.write_bytes(TEXT + b"more")
    assert gzip.decompress(b"".join(body)) == TEXT
    body.close()


def test_no_piece_is_large(root: Path) -> None:
    noise = random.Random(1).randbytes(1 << 20)
    write(root / "noise.txt", noise)
    body = compressed(root / "noise.txt")
    pieces = list(body)
    body.close()
    assert max(map(len, pieces)) < 200_000
    assert gzip.decompress(b"".join(pieces)) == noise


def test_a_file_that_was_truncated_does_not_pass_for_a_whole(root: Path) -> None:
    path = write(root / "long.txt", random.Random(1).randbytes(1 << 20))
    body = compressed(path)
    pieces = iter(body)
    next(pieces)
    os.truncate(path, 70_000)
    with pytest.raises(InternalError):
        list(pieces)
    body.close()


@pytest.mark.skipif(sys.version_info < (3, 14), reason="no zstd before Python 3.14")
def test_zstd_where_python_has_it(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    pytest.importorskip("compression.zstd")
    response = ask(root, "gzip, zstd")
    assert response.headers["Content-Encoding"] == "zstd"
    assert content(response)[:4] == b"\x28\xb5\x2f\xfd"
    gzipped = ask(root, "gzip")
    assert gzip.decompress(content(gzipped)) == TEXT


class FakeZstd:
    """A compressor whose output tells that it was used."""

    def compress(self, data: bytes, /) -> bytes:
        return b"<%d>" % len(data)

    def flush(self) -> bytes:
        return b"end"


def test_zstd_is_preferred_where_it_can_be_made(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(compressing, "_zstd", FakeZstd)
    compressing._codings.cache_clear()
    try:
        response = ask(root, "gzip, zstd")
        assert response.headers["Content-Encoding"] == "zstd"
        assert content(response) == b"<3200>end"
        assert ask_tag(root, "zstd") != ask_tag(root, "gzip")
    finally:
        compressing._codings.cache_clear()


def test_gzip_alone_where_python_has_no_zstd(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(compressing, "_zstd", lambda: None)
    compressing._codings.cache_clear()
    try:
        assert compressing._codings() == ("gzip",)
    finally:
        compressing._codings.cache_clear()


def ask_tag(root: Path, accept: str) -> str:
    response = ask(root, accept)
    response.close()
    return response.headers["ETag"]


@pytest.mark.parametrize("kind", ["a/json", "a/xml", "a/b+json5", "a/b+xmls", "ext/a", "texts/a", "a/text", "a/gzip"])
def test_a_type_of_the_operators_that_is_only_alike_gains_nothing(root: Path, kind: str) -> None:
    site = Site(compress=True, media_types=(("html", kind),))
    assert content(ask(root, site=site)) == TEXT
