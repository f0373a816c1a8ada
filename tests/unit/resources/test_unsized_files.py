"""Files that the kernel makes up when they are read: their stated size is not their real one."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from pyhttp.errors import Forbidden, HTTPError, InternalError, NotFound, PreconditionFailed
from pyhttp.limits import Limits
from pyhttp.messages import Response
from pyhttp.resources.files import file_response
from pyhttp.resources.listing import file_page
from pyhttp.resources.opened_file import open_file
from pyhttp.resources.site_errors import not_found_response
from pyhttp.site import CODINGS, Site
from tests.helpers.folder import content, later, request, write

SITE = Site(follow_symlinks=True)
SAYS_NOTHING = Path("/proc/version")
"""It says that it has no octet."""
SAYS_A_PAGE = Path("/sys/kernel/mm/transparent_hugepage/enabled")
"""It says that it has 4096."""
LONG = Path("/proc/self/smaps")
"""Longer than what is read at once."""
MADE_UP = [
    pytest.param(path, marks=pytest.mark.skipif(not os.access(path, os.R_OK), reason=f"there is no {path} here"))
    for path in (SAYS_NOTHING, SAYS_A_PAGE)
]


@pytest.fixture(autouse=True)
def no_descriptor_is_left() -> Iterator[None]:
    before = sorted(os.listdir("/proc/self/fd"))
    yield
    assert sorted(os.listdir("/proc/self/fd")) == before


def ask(path: Path, method: str = "GET", site: Site = SITE, **fields: str) -> Response:
    head = request(method, "/file", {name.replace("_", "-"): value for name, value in fields.items()})
    return file_response(head, str(path), root=str(path.parent), site=site, clock=later)


@pytest.fixture
def link(made_up: Path, tmp_path: Path) -> Path:
    (tmp_path / "file.txt").symlink_to(made_up)
    return tmp_path / "file.txt"


@pytest.mark.parametrize("made_up", MADE_UP)
class TestMadeUp:
    def test_it_is_sent_to_its_end_and_has_no_validators(self, link: Path, made_up: Path) -> None:
        assert made_up.stat().st_size in {0, 4096}
        response = ask(link)
        assert response.status == 200
        assert sorted(response.headers.lines) == [
            ("Cache-Control", "no-cache"),
            ("Content-Type", "text/plain; charset=utf-8"),
            ("X-Content-Type-Options", "nosniff"),
        ]
        assert response.length is None
        assert content(response) == made_up.read_bytes() != b""

    def test_a_head_has_the_same_fields(self, link: Path, made_up: Path) -> None:
        got, head = ask(link), ask(link, "HEAD")
        assert (head.status, head.headers, head.length) == (got.status, got.headers, got.length)
        got.close()
        head.close()

    @pytest.mark.clause("9110-14.2-3a")
    def test_ranges_are_ignored(self, link: Path, made_up: Path) -> None:
        for value in ("bytes=0-0", "bytes=5000-"):
            response = ask(link, Range=value)
            assert (response.status, content(response)) == (200, made_up.read_bytes())

    def test_conditions(self, link: Path, made_up: Path) -> None:
        assert ask(link, If_None_Match="*").status == 304
        with pytest.raises(PreconditionFailed):
            ask(link, If_Match='"x"')
        response = ask(link, If_None_Match='"x"', If_Modified_Since="Fri, 01 Jan 2100 00:00:00 GMT")
        assert (response.status, content(response)) == (200, made_up.read_bytes())

    def test_no_sibling_answers_for_it(self, link: Path, made_up: Path) -> None:
        write(link.with_name("file.txt.br"), b"\x0b\x00\x80x\x03")
        response = ask(link, site=Site(follow_symlinks=True, codings=CODINGS), Accept_Encoding="br")
        assert "Content-Encoding" not in response.headers
        assert content(response) == made_up.read_bytes()

    def test_it_can_be_the_page_for_what_is_not_there(self, link: Path, made_up: Path) -> None:
        site = Site(follow_symlinks=True, not_found="file.txt")
        response = not_found_response(NotFound(), root=str(link.parent), site=site)
        assert (response.status, content(response)) == (404, made_up.read_bytes())

    def test_it_can_be_shown_as_a_page(self, link: Path, made_up: Path) -> None:
        page = file_page(str(link), root=str(link.parent), site=SITE)
        assert made_up.read_text().split()[-1] in page
        with pytest.raises(Forbidden):
            file_page(str(link), root=str(link.parent), site=SITE, limits=Limits(shown_file=3))


@pytest.mark.skipif(not os.access(LONG, os.R_OK), reason=f"there is no {LONG} here")
def test_a_long_one_comes_in_pieces() -> None:
    response = ask(LONG)
    assert isinstance(response.body, Iterator) is False
    data = content(response)
    assert len(data) > 65536
    assert data.rstrip().splitlines()[-1].startswith(b"VmFlags:")


def test_a_file_without_space_on_the_disk_that_has_its_size_is_like_others(tmp_path: Path) -> None:
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(5000)
    assert (tmp_path / "sparse").stat().st_blocks == 0
    for name, size in (("sparse", 5000), ("empty", 0)):
        (tmp_path / name).touch()
        response = ask(tmp_path / name)
        assert response.headers["ETag"].startswith('"')
        assert content(response) == b"\0" * size


def test_a_file_that_takes_space_is_believed_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server does not look into such a file."""
    if not write(tmp_path / "file", b"content").stat().st_blocks:
        pytest.skip("files of this file system take no space")
    with monkeypatch.context() as patched:
        patched.setattr(os, "pread", lambda *_: 1 // 0)
        opened = open_file(str(tmp_path / "file"), str(tmp_path), SITE)
    assert opened.sized
    opened.close()


@pytest.mark.parametrize(("number", "error"), [(1, Forbidden), (5, InternalError), (11, NotFound)])
def test_T10_one_that_can_be_opened_and_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, error: type[HTTPError]
) -> None:
    """/proc has many such files."""

    def fail(descriptor: int, length: int, offset: int) -> bytes:
        raise OSError(number, "")

    (tmp_path / "file").touch()
    with monkeypatch.context() as patched:
        patched.setattr(os, "pread", fail)
        with pytest.raises(error):
            ask(tmp_path / "file")


def test_the_content_of_a_made_up_file_is_closed_with_its_answer_unread() -> None:
    """The answer to HEAD is not read, and neither is an answer whose client leaves."""
    ask(SAYS_NOTHING).close()
