"""Files that hold another file with a content coding."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from pyhttp.errors import NotAcceptable, RangeNotSatisfiable
from pyhttp.messages import Response
from pyhttp.resources import siblings
from pyhttp.resources.files import file_response
from pyhttp.resources.opened import OpenedFile
from pyhttp.site import CODINGS, Site
from tests.helpers.folder import OLD, content, request, write

SITE = Site(codings=CODINGS)


@pytest.fixture(autouse=True)
def no_descriptor_is_left() -> Iterator[None]:
    before = sorted(os.listdir("/proc/self/fd"))
    yield
    assert sorted(os.listdir("/proc/self/fd")) == before


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write(tmp_path / "page.html", b"plain")
    write(tmp_path / "page.html.gz", b"gzipped")
    write(tmp_path / "page.html.br", b"brotli!!")
    return tmp_path


def ask(root: Path, accept: str | None, site: Site = SITE, name: str = "page.html", **fields: str) -> Response:
    named = {key.replace("_", "-"): value for key, value in fields.items()}
    if accept is not None:
        named["Accept-Encoding"] = accept
    return file_response(request("GET", f"/{name}", named), str(root / name), root=str(root), site=site)


@pytest.mark.clause("9110-8.4-5a", "9110-12.5.3-12b", "9110-12.5.5-10a")
@pytest.mark.parametrize(
    ("accept", "coding", "data"),
    [
        (None, None, b"plain"),
        ("", None, b"plain"),
        ("deflate", None, b"plain"),
        ("gzip", "gzip", b"gzipped"),
        ("x-gzip", "gzip", b"gzipped"),
        ("gzip, br", "br", b"brotli!!"),
        ("gzip, br;q=0.9", "gzip", b"gzipped"),
        ("zstd", None, b"plain"),
        ("identity;q=0, *", "br", b"brotli!!"),
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
        ask(root, "br", Range="bytes=8-")
    assert caught.value.fields == (("Content-Range", "bytes */8"),)


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
    write(root.parent / "outside", b"outside")
    os.symlink("../outside", root / "page.html.br")
    assert content(ask(root, "br")) == b"plain"
    assert content(ask(root, "br, gzip")) == b"gzipped"
    assert content(ask(root, "br", Site(follow_symlinks=True, codings=CODINGS))) == b"outside"


def test_W1_a_sibling_is_a_regular_file(root: Path) -> None:
    for name in ("page.html.br", "page.html.gz"):
        (root / name).unlink()
        (root / name).mkdir()
    response = ask(root, "gzip, br")
    assert "Vary" not in response.headers
    assert content(response) == b"plain"


def test_the_operator_says_which_codings_are_looked_for(root: Path) -> None:
    assert content(ask(root, "gzip, br", Site(codings=("gzip",)))) == b"gzipped"
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

    monkeypatch.setattr("pyhttp.resources.siblings.os.stat", gone)
    assert content(ask(root, "gzip, br")) == b"plain"


def test_a_sibling_that_becomes_older_while_one_looks(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def current(sibling: str, plain: OpenedFile) -> bool:
        return True

    write(root / "page.html.br", b"stale", modified_ns=OLD - 1)
    monkeypatch.setattr(siblings, "_is_current", current)
    assert content(ask(root, "gzip, br")) == b"gzipped"
