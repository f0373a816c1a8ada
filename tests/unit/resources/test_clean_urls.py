"""Pages of a folder at addresses without `.html`."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from pyhttp.errors import Forbidden, HTTPError
from pyhttp.messages import Response
from pyhttp.resources import clean_urls
from pyhttp.resources.clean_urls import find_page
from pyhttp.resources.opened_file import open_file
from pyhttp.resources.paths import decode
from pyhttp.site import Site
from tests.helpers.folder import request, write

SITE: Final = Site(clean_urls=True)


@pytest.fixture(autouse=True)
def no_descriptor_is_left() -> Iterator[None]:
    before = sorted(os.listdir("/proc/self/fd"))
    yield
    assert sorted(os.listdir("/proc/self/fd")) == before


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("index.html", "about.html", "both", "both.html", "dir/index.html", "dir.html", "sub/page.html"):
        write(tmp_path / name, name.encode())
    for name in (
        "sub.html",
        "a:b.html",
        ".html",
        "..html",
        "...html",
        "x.html.html",
        "cgi-bin.html",
        "s.php.html",
        "notes.txt",
    ):
        write(tmp_path / name, name.encode())
    return tmp_path


def look(root: Path, target: str, site: Site = SITE, *, method: str = "GET", at: Path | None = None) -> str:
    """What is found: the name of a file below the root, "-> " and a Location, or "" for nothing."""
    head = request(method, target)
    path = str(at or root) + ("" if at else head.path.rstrip("/"))
    try:
        file = open_file(path, str(root), site)
    except HTTPError:
        file = None
    found = find_page(head, decode(head.path), head.path, path, file, root=str(root), site=site)
    if isinstance(found, Response):
        assert found.status == 301
        return f"-> {found.headers['Location']}"
    if found is None:
        return ""
    found.close()
    return found.path.removeprefix(f"{root}/")


@pytest.mark.parametrize(
    ("target", "found"),
    [
        ("/about", "about.html"),
        ("/about.html", "-> about"),
        ("/about.html?a=b&c", "-> about?a=b&c"),
        ("//about.html", "-> about"),
        ("/index.html", "-> ./"),
        ("/index", "-> ./"),
        ("/index.html?q", "-> ./?q"),
        ("/dir/index.html", "-> ./"),
        ("/dir/index", "-> ./"),
        ("/both", "both"),
        ("/both.html", "both.html"),
        ("/dir", ""),
        ("/dir.html", "dir.html"),
        ("/sub", "sub.html"),
        ("/sub.html", "-> sub"),
        ("/sub/page", "sub/page.html"),
        ("/sub/page.html", "-> page"),
        ("/a:b.html", "-> ./a%3Ab"),
        ("/.html", ".html"),
        ("/..html", "..html"),
        ("/...html", "...html"),
        ("/x.html", "x.html.html"),
        ("/x.html.html", "-> x.html"),
        ("/cgi-bin.html", "cgi-bin.html"),
        ("/cgi-bin", ""),
        ("/notes.txt", "notes.txt"),
        ("/notes", ""),
        ("/none", ""),
        ("/none.html", ""),
    ],
)
def test_each_page_has_one_address(root: Path, target: str, found: str) -> None:
    assert look(root, target) == found


def test_another_index_is_the_folders(root: Path) -> None:
    site = Site(clean_urls=True, index=("about.html",))
    assert look(root, "/about", site) == "-> ./"
    assert look(root, "/index", site) == "index.html"
    assert look(root, "/dir", site) == "dir.html"


def test_what_a_program_runs_is_no_address_of_a_page(root: Path) -> None:
    site = Site(clean_urls=True, cgi_suffixes=((".php", "/bin/sh"),))
    assert look(root, "/s.php.html", site) == "s.php.html"
    assert look(root, "/s.php", site) == ""
    assert look(root, "/about", Site(clean_urls=True, cgi_suffixes=((".html", "/bin/sh"),))) == ""


def test_T6_a_page_outside_is_no_page(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    (root / "out.html").symlink_to(write(tmp_path_factory.mktemp("outside") / "secret.html"))
    assert look(root, "/out") == ""
    assert look(root, "/out", Site(clean_urls=True, follow_symlinks=True)) == "out.html"


def test_what_is_not_shown_takes_no_address(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Neither a redirect nor its absence tells that a hidden thing is there."""
    (root / "about").symlink_to(tmp_path_factory.mktemp("outside"))
    assert look(root, "/about") == "about.html"
    assert look(root, "/about.html") == "-> about"


def test_what_cannot_be_read_is_said_to_be_there(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = os.open

    def refuse(path: str, flags: int) -> int:
        if path.endswith("/about.html"):
            raise PermissionError(13, "no")
        return opened(path, flags)

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(Forbidden):
        look(root, "/about")


def test_a_file_that_cannot_be_read_keeps_its_address(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = os.open

    def refuse(path: str, flags: int) -> int:
        if path.endswith("/both"):
            raise PermissionError(13, "no")
        return opened(path, flags)

    monkeypatch.setattr(os, "open", refuse)
    assert look(root, "/both") == ""
    assert look(root, "/both.html") == "both.html"


def test_a_programs_own_paths_are_not_redirected(root: Path) -> None:
    assert look(root, "/elsewhere", at=root / "about.html") == "about.html"
    assert look(root, "/elsewhere", at=root / "about") == "about.html"


@pytest.mark.parametrize(("method", "status"), [("POST", 405), ("BREW", 501)])
def test_methods_that_a_page_has_not(root: Path, method: str, status: int) -> None:
    with pytest.raises(HTTPError) as caught:
        look(root, "/about.html", method=method)
    assert caught.value.status == status


def test_the_folder_of_a_page_may_be_the_top_of_the_file_system(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def index_of(path: str, site: Site) -> str:
        asked.append(path)
        return "/index.html"

    monkeypatch.setattr(clean_urls, "index_of", index_of)
    file = open_file(str(root / "index.html"), str(root), SITE)
    file.path = "/index.html"
    segments = ("index.html",)
    found = find_page(request(), segments, "/index.html", "/index.html", file, root="/", site=SITE)
    assert isinstance(found, Response)
    assert (found.status, found.headers["Location"]) == (301, "./")
    assert asked == ["/"]
