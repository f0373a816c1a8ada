"""Files that are never sent, whatever name or link leads there. C8, T6, W8."""

import os
from pathlib import Path

import pytest

from pyhttp.cgi import script_path
from pyhttp.errors import NotFound
from pyhttp.resources.entries import Directory
from pyhttp.resources.opened_file import check_directory, open_file
from pyhttp.resources.precompressed import SUFFIXES
from pyhttp.resources.site_errors import not_found_response
from pyhttp.resources.withheld import boundary, is_directly_in, is_source
from pyhttp.site import Site
from tests.helpers.folder import content, write

PHP = ((".php", "/usr/bin/php-cgi"), (".py", "/usr/bin/python3"))
SITES = [Site(cgi_suffixes=PHP, hide_dotfiles=True), Site(cgi_suffixes=PHP, hide_dotfiles=True, follow_symlinks=True)]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with files that may run, hidden files, and links to both."""
    top = tmp_path / "box"
    for name in (
        "scripts/s", "scripts/sub/t", "page.html", "secret.php", "lib/more.PHP", ".git/config", ".well-known/x",
        "dir.php/a", "deep/.hidden/x", "deep/.hidden.php", "x.old/x",
    ):  # fmt: skip
        write(top / name, b"source")
    (top / "scripts" / "s").chmod(0o755)
    for name in ("secret.php.gz", "secret.php.BR", "lib/more.php.zst"):
        write(top / name, b"coded source")
    for name, target in (
        ("cgi-bin", "scripts"),
        ("alias", "scripts"),
        ("s.txt", "scripts/s"),
        ("sub", "cgi-bin/sub"),
        ("a.txt", "secret.php"),
        ("b.txt", "lib/more.PHP"),
        ("c.txt", "secret.php.gz"),
        ("pub", ".git"),
        ("config", ".git/config"),
        ("deeper", "deep/.hidden"),
        ("known", ".well-known"),
        ("lib2", "lib"),
        ("page", "page.html"),
        ("old", "x.old/x"),
    ):
        (top / name).symlink_to(target)
    return top


def is_shown(root: Path, name: str, site: Site) -> bool:
    try:
        open_file(str(root / name), str(root), site).close()
    except NotFound:
        return False
    return True


@pytest.mark.parametrize("site", SITES, ids=["inside", "followed"])
@pytest.mark.parametrize(
    "name",
    [
        "cgi-bin/s", "scripts/s", "scripts/sub/t", "alias/s", "s.txt", "sub/t", "secret.php", "SECRET.PHP", "a.txt",
        "b.txt", "lib/more.PHP", "lib2/more.PHP", "secret.php.gz", "secret.php.BR", "c.txt", "lib/more.php.zst",
        "lib2/more.php.zst", "pub/config", "config", "deeper/x",
    ],
)  # fmt: skip
def test_C8_W8_no_name_and_no_link_shows_it(root: Path, site: Site, name: str) -> None:
    if name.isupper():
        (root / name).symlink_to("secret.php")  # the link acts like a file system without letter case
    assert (root / name).read_bytes()
    assert not is_shown(root, name, site)


@pytest.mark.parametrize("site", SITES, ids=["inside", "followed"])
@pytest.mark.parametrize("name", ["page.html", "page", "dir.php/a", ".well-known/x", "known/x"])
def test_the_rest_is_shown(root: Path, site: Site, name: str) -> None:
    assert is_shown(root, name, site)


@pytest.mark.parametrize("name", ["scripts", "scripts/sub", "alias", "sub", "cgi-bin", "pub", "deeper"])
def test_C8_W8_no_such_directory_is_listed(root: Path, name: str) -> None:
    with pytest.raises(NotFound):
        check_directory(str(root / name), str(root), SITES[0])


def test_C8_W8_a_listing_has_no_link_to_what_is_not_sent(root: Path) -> None:
    def names(path: Path, site: Site = SITES[0]) -> set[str]:
        directory = Directory(str(path), str(root), site)
        try:
            found = directory.block(99)
            shown = {entry.name for entry in directory.entries(found)}
            assert {entry.name for entry in directory.outlines(found)} == shown
            return shown
        finally:
            directory.close()

    (root / "run.php").symlink_to("secret.php")
    os.chmod(root / "secret.php", 0o600)
    shown = {
        "page.html",
        "page",
        "x.old",
        "old",
        "secret.php",
        "run.php",
        "lib",
        "lib2",
        "deep",
        "dir.php",
        ".well-known",
        "known",
    }
    assert names(root) == shown
    assert names(root / "lib") == {"more.PHP"}
    everything = {path.name for path in root.iterdir()}
    assert names(root, Site(cgi_directories=())) == everything
    assert names(root, Site()) == everything - {"cgi-bin", "scripts", "alias", "s.txt", "sub"}


def test_C8_a_link_that_begins_to_lead_there_is_seen_at_once(root: Path) -> None:
    site = Site()
    (root / "cgi-bin").unlink()
    assert is_shown(root, "scripts/s", site)
    (root / "cgi-bin").symlink_to("scripts")
    assert not is_shown(root, "scripts/s", site)
    (root / "cgi-bin").unlink()
    (root / "cgi-bin").symlink_to("lib")
    assert is_shown(root, "scripts/s", site)
    assert not is_shown(root, "lib/more.PHP", site)


@pytest.mark.parametrize("target", [".", "..", "/"])
def test_C7_a_cgi_directory_that_is_the_folder_itself_runs_and_hides_nothing(root: Path, target: str) -> None:
    """Otherwise the server would send no file of the folder."""
    (root / "cgi-bin").unlink()
    (root / "cgi-bin").symlink_to(target)
    (root / "page.html").chmod(0o755)
    assert is_shown(root, "lib/more.PHP", Site())
    with pytest.raises(NotFound):
        script_path.find(str(root), ("cgi-bin", "page.html"), Site())
    assert not is_shown(root, "cgi-bin/page.html", Site())


def test_C8_a_cgi_directory_outside_is_not_sent_by_another_link(root: Path) -> None:
    """This holds although the scripts of that directory do not run: an operator does not want to rely on that."""
    write(root.parent / "outside" / "s", b"source")
    (root / "cgi-bin").unlink()
    (root / "cgi-bin").symlink_to("../outside")
    (root / "other").symlink_to("../outside")
    assert not is_shown(root, "other/s", Site(follow_symlinks=True))
    assert is_shown(root, "other/s", Site(follow_symlinks=True, cgi_directories=()))


def test_W8_a_link_to_a_hidden_name_outside(root: Path) -> None:
    write(root.parent / ".private" / "x", b"hidden")
    write(root.parent / "open" / "x", b"shown")
    (root / "out").symlink_to("../.private")
    (root / "open").symlink_to("../open")
    assert not is_shown(root, "out/x", SITES[1])
    assert is_shown(root, "out/x", Site(follow_symlinks=True))
    assert is_shown(root, "open/x", SITES[1])


def test_W8_a_root_below_a_hidden_name_is_the_operators_doing(tmp_path: Path) -> None:
    write(tmp_path / ".site" / "www" / "page.html", b"page")
    (tmp_path / "www").symlink_to(".site/www")
    (tmp_path / ".site" / "www" / "link").symlink_to("page.html")
    for root in (tmp_path / "www", tmp_path / ".site" / "www"):
        assert is_shown(root, "page.html", SITES[0])
        assert is_shown(root, "link", SITES[0])
        write(root / "sub" / ".404.html", b"lost")
        assert is_shown(root, "sub/.404.html", SITES[0])  # the caller has checked the name before


@pytest.mark.parametrize("name", ["secret.php", "a.txt", "s.txt", "cgi-bin", "config"])
def test_C8_W8_the_page_for_what_is_not_there_is_none_of_it(root: Path, name: str) -> None:
    site = Site(not_found=name, cgi_suffixes=PHP, hide_dotfiles=True)
    assert b"source" not in content(not_found_response(NotFound(), root=str(root), site=site))


def test_W8_the_page_for_what_is_not_there_may_have_a_hidden_name_of_its_own(root: Path) -> None:
    write(root / ".404.html", b"lost")
    site = Site(not_found=".404.html", hide_dotfiles=True)
    assert content(not_found_response(NotFound(), root=str(root), site=site)) == b"lost"


class TestRunning:
    """C8: a program that runs what a link leads to may show it."""

    def find(self, root: Path, name: str, site: Site = SITES[0]) -> script_path.Script | None:
        return script_path.find(str(root), tuple(name.split("/")), site)

    @pytest.mark.parametrize("target", ["scripts/s", "scripts/sub/t", ".git/config", "deep/.hidden.php"])
    @pytest.mark.parametrize("site", SITES, ids=["inside", "followed"])
    def test_a_link_has_nothing_run_that_is_withheld(self, root: Path, target: str, site: Site) -> None:
        (root / "link.php").symlink_to(target)
        with pytest.raises(NotFound):
            self.find(root, "link.php", site)

    def test_a_link_has_no_script_run_by_another_program(self, root: Path) -> None:
        write(root / "main.py", b"source")
        (root / "link.php").symlink_to("main.py")
        with pytest.raises(NotFound):
            self.find(root, "link.php")

    @pytest.mark.parametrize("target", ["secret.php", "lib/more.PHP", "page.html"])
    def test_a_link_to_what_the_program_may_read_runs(self, root: Path, target: str) -> None:
        (root / "link.php").symlink_to(target)
        found = self.find(root, "link.php")
        assert found is not None
        assert found.handler == "/usr/bin/php-cgi"

    @pytest.mark.parametrize("name", ["CGI-BIN", "cafe\u0301", "CAF\xc9"])
    def test_a_cgi_directory_has_every_name_that_some_file_system_takes_for_its_own(
        self, root: Path, name: str
    ) -> None:
        """No file is sent by such a name or by a link that leads below it. No other program runs such a file either."""
        site = Site(cgi_suffixes=PHP, cgi_directories=("cgi-bin", "caf\xe9"))
        write(root / name / "run", b"source")
        (root / "link.php").symlink_to(f"{name}/run")
        (root / "link.txt").symlink_to(f"{name}/run")
        assert not is_shown(root, f"{name}/run", site)
        assert not is_shown(root, "link.txt", site)
        with pytest.raises(NotFound):
            self.find(root, "link.php", site)
        assert self.find(root, "link.php", Site(cgi_suffixes=PHP, cgi_directories=())) is not None

    def test_C7_a_cgi_directory_that_is_the_folder_itself_keeps_no_link_from_running(self, root: Path) -> None:
        (root / "cgi-bin").unlink()
        (root / "cgi-bin").symlink_to(".")
        (root / "link.php").symlink_to("secret.php")
        assert self.find(root, "link.php") is not None

    def test_W8_a_link_in_a_cgi_directory_runs_nothing_hidden(self, root: Path) -> None:
        write(root / "scripts" / ".private", b"source").chmod(0o755)
        (root / "scripts" / "open").symlink_to(".private")
        with pytest.raises(NotFound):
            self.find(root, "cgi-bin/open")
        assert self.find(root, "cgi-bin/open", Site()) is not None
        assert self.find(root, "cgi-bin/s") is not None


@pytest.mark.parametrize(
    ("name", "source"),
    [("a.php", True), ("A.PHP", True), ("a.php.gz", True), ("a.Php.Br", True), ("a.php.zst", True),
     ("a.php.txt", False), ("php", False), ("a.gz", False), ("a.php.gz.gz", False)],
)  # fmt: skip
def test_C8_names_of_sources(name: str, source: bool) -> None:
    assert is_source(name, PHP) is source
    assert not is_source(name, ())


def test_the_suffixes_of_codings_are_those_of_siblings() -> None:
    assert all(is_source(f"a.php{suffix}", PHP) for suffix in SUFFIXES.values())


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("page.html", ""),
        ("page", ""),
        ("old", ""),
        ("cgi-bin/s", "inside a CGI directory, whose files are run and never shown"),
        ("secret.php", "the source of a script, which is run and never shown"),
        ("a.txt", "a symbolic link leads to the source of a script, which is run and never shown"),
        ("config", "a symbolic link leads to a hidden name"),
        ("out", "a symbolic link leads out of the folder, and such links are not followed"),
    ],
)
def test_a_refusal_has_its_reason_for_the_log(root: Path, name: str, reason: str) -> None:
    (root / "out").symlink_to("../secret")
    path = str(root / name)
    assert boundary(str(root), SITES[0]).refusal(path, os.path.realpath(path)) == reason


def test_a_link_into_a_cgi_directory_is_refused_with_its_reason(tmp_path: Path) -> None:
    path = write(tmp_path / "cgi-bin" / "s").parent.parent / "link"
    path.symlink_to("cgi-bin/s")
    assert boundary(str(tmp_path), Site()).refusal(str(path), os.path.realpath(path)) == (
        "a symbolic link leads into a CGI directory, whose files are run and never shown"
    )


def test_only_what_has_the_folder_as_its_parent_is_directly_in_it() -> None:
    found = [is_directly_in(path, root, ("cgi-bin",), PHP) for root in ("/box", "/box/", "/") for path in (
        "/box/a", "/bo/a", "/box/a/b", "/box/cgi-bin", "/box/a.php", "/a",
    )]  # fmt: skip
    assert found == [True, *[False] * 5] * 2 + [*[False] * 5, True]
