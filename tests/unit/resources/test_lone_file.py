"""`Response.file`: a file that a program names itself, with conditions like those of folders."""

import os
from pathlib import Path

import pytest

from pyhttp import Forbidden, NotFound, PreconditionFailed, RangeNotSatisfiable, Request, Response
from pyhttp.messages import FileSlice
from tests.helpers.folder import content
from tests.helpers.sockets import pair, request


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "cgi-bin" / ".report.csv"
    path.parent.mkdir()
    path.write_bytes(b"0123456789")
    os.utime(path, (1_000_000_000, 1_000_000_000))
    return path


def asked(*lines: str, method: str = "GET") -> Request:
    with pair() as (ours, theirs):
        theirs.sendall(request("/x", *lines, method=method))
        return Request(ours)


def test_a_file_is_sent_with_its_type_and_validators(file: Path) -> None:
    """The file may have any name and any place."""
    for path in (file, str(file), os.path.relpath(file)):
        for got in (None, asked(), asked("Range: bytes=0-1", "If-None-Match: *", method="POST")):
            response = Response.file(path, got)
            assert (response.status, content(response)) == (200, b"0123456789")
            assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
            assert response.headers["Last-Modified"] == "Sun, 09 Sep 2001 01:46:40 GMT"
            assert {"etag", "accept-ranges", "cache-control"} <= set(response.headers.by_name)


def test_the_conditions_and_the_ranges_of_the_request_count(file: Path) -> None:
    tag = Response.file(file).headers["ETag"]
    same = Response.file(file, asked(f"If-None-Match: {tag}"))
    assert (same.status, same.body, same.headers["ETag"]) == (304, b"", tag)
    part = Response.file(file, asked("Range: bytes=2-3"))
    assert (part.status, content(part), part.headers["Content-Range"]) == (206, b"23", "bytes 2-3/10")
    parts = Response.file(file, asked("Range: bytes=0-0,9-9"), content_type="a/b")
    assert parts.status == 206
    assert isinstance(parts.body, tuple)
    assert [part for part in parts.body if isinstance(part, bytes) and b"Content-Type: a/b\r\n" in part]
    parts.close()
    with pytest.raises(PreconditionFailed):
        Response.file(file, asked('If-Match: "x"'))
    with pytest.raises(RangeNotSatisfiable):
        Response.file(file, asked("Range: bytes=10-"))
    head = Response.file(file, asked(method="HEAD"))
    assert isinstance(head.body, FileSlice)
    head.close()


def test_a_link_is_followed(file: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(file)
    assert content(Response.file(tmp_path / "link")) == b"0123456789"


def test_what_is_no_file_is_an_error(file: Path) -> None:
    for path in (file / "x", file.parent, file.parent / "none"):
        with pytest.raises(NotFound):
            Response.file(path)
    file.chmod(0)
    if os.geteuid():
        with pytest.raises(Forbidden):
            Response.file(file)


@pytest.mark.parametrize("name", ["a.csv", "a", ".a", "a.", "..", "a.svgz", "a b.x y"])
def test_the_type_can_be_said(tmp_path: Path, name: str) -> None:
    path = tmp_path / name if name != ".." else tmp_path / "..." / "...x"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"x")
    assert Response.file(path, content_type="a/b; c=d").headers["Content-Type"] == "a/b; c=d"


def test_further_fields_are_said(file: Path) -> None:
    saved = {"Content-Disposition": 'attachment; filename="a.csv"', "Cache-Control": "max-age=60"}
    response = Response.file(file, headers=saved)
    assert {name: response.headers[name] for name in saved} == saved
    assert len(response.headers.get_all("Cache-Control")) == 1


def test_what_the_file_decides_on_cannot_be_said(file: Path) -> None:
    for name in ("ETag", "Content-Length", "Last-Modified", "Content-Range"):
        with pytest.raises(ValueError, match=name):
            Response.file(file, headers={name: "x"})
    with pytest.raises(ValueError, match="media type"):
        Response.file(file, content_type="x")
