"""RFC 3875 §3.2, §4.1.5, §4.1.13: the file that runs, and the division of the path. C7, C8, T5, T6, T8."""

import os
from pathlib import Path

import pytest

from pyhttp.cgi import script_path
from pyhttp.cgi.script_path import Script
from pyhttp.errors import Forbidden, NotFound
from pyhttp.site import Site


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with a CGI directory, and things beside it that must never run."""
    top = tmp_path / "www"
    for directory in ("cgi-bin/sub", "cgi-bin-old", "docs"):
        (top / directory).mkdir(parents=True)
    for name in ("cgi-bin/run", "cgi-bin/sub/deep", "cgi-bin/nph-raw", "cgi-bin-old/run", "docs/run", "cgi-bin/a b"):
        (top / name).write_text("#!/bin/sh\n")
        (top / name).chmod(0o755)
    (top / "cgi-bin/data").write_text("secret")
    (tmp_path / "outside").write_text("#!/bin/sh\n")
    (tmp_path / "outside").chmod(0o755)
    return top


def find(root: Path, path: str, site: Site | None = None) -> Script | None:
    segments = tuple(segment for segment in path.split("/") if segment)
    return script_path.find(str(root), segments, site or Site(), slash=path.endswith("/"))


@pytest.mark.clause("3875-4.1.5-3a", "3875-4.1.6-16a", "3875-4.1.6-16b", "3875-4.1.13-1a", "3875-3.3-5b")
@pytest.mark.parametrize(
    ("path", "file", "name", "info"),
    [
        ("/cgi-bin/run", "cgi-bin/run", "/cgi-bin/run", ""),
        ("/cgi-bin/run/", "cgi-bin/run", "/cgi-bin/run", "/"),
        ("/cgi-bin/run/A/b", "cgi-bin/run", "/cgi-bin/run", "/A/b"),
        ("/cgi-bin/run/A/b/", "cgi-bin/run", "/cgi-bin/run", "/A/b/"),
        ("/cgi-bin/sub/deep", "cgi-bin/sub/deep", "/cgi-bin/sub/deep", ""),
        ("/cgi-bin/sub/deep/run", "cgi-bin/sub/deep", "/cgi-bin/sub/deep", "/run"),
        ("/cgi-bin/a b/c d", "cgi-bin/a b", "/cgi-bin/a b", "/c d"),
        ("//cgi-bin//run//x", "cgi-bin/run", "/cgi-bin/run", "/x"),
    ],
)
def test_the_longest_existing_prefix_is_the_script(root: Path, path: str, file: str, name: str, info: str) -> None:
    translated = f"{root}{info}" if info else ""
    assert find(root, path) == Script(f"{root}/{file}", name, info, translated)


@pytest.mark.parametrize(
    "path", ["/", "/docs/run", "/cgi-bin-old/run", "/docs/cgi-bin/run", "/CGI-BIN/run", "/cgi-bim/run"]
)
def test_other_paths_are_no_matter_of_cgi(root: Path, path: str) -> None:
    assert find(root, path) is None


def test_without_cgi_directories_nothing_runs(root: Path) -> None:
    assert find(root, "/cgi-bin/run", Site(cgi_directories=())) is None


def test_several_cgi_directories(root: Path) -> None:
    found = find(root, "/docs/run", Site(cgi_directories=("cgi-bin", "docs")))
    assert found is not None
    assert found.name == "/docs/run"


@pytest.mark.parametrize("path", ["/cgi-bin", "/cgi-bin/", "/cgi-bin/sub", "/cgi-bin/sub/"])
def test_C8_a_directory_is_neither_run_nor_listed(root: Path, path: str) -> None:
    with pytest.raises(Forbidden):
        find(root, path)


def test_a_cgi_directory_that_does_not_exist_is_not_found(root: Path) -> None:
    with pytest.raises(NotFound):
        find(root, "/scripts/", Site(cgi_directories=("scripts",)))


def test_C7_a_file_without_execute_bit_is_forbidden(root: Path) -> None:
    with pytest.raises(Forbidden):
        find(root, "/cgi-bin/data")


def test_C7_a_fifo_is_forbidden(root: Path) -> None:
    os.mkfifo(root / "cgi-bin/fifo", 0o755)
    with pytest.raises(Forbidden):
        find(root, "/cgi-bin/fifo")


@pytest.mark.parametrize("name", ["none", "run\0", "x" * 300, "run\ud800"])
def test_T10_a_name_that_cannot_exist_is_not_found(root: Path, name: str) -> None:
    with pytest.raises(NotFound):
        find(root, f"/cgi-bin/{name}")


@pytest.mark.clause("3875-9.8-1a", "3875-9.8-1b", "3875-9.8-1c")
@pytest.mark.parametrize("path", ["/cgi-bin/../docs/run", "/cgi-bin/./run", "/cgi-bin/run/../x", "/cgi-bin/run/."])
def test_T5_dot_segments_are_not_found(root: Path, path: str) -> None:
    with pytest.raises(NotFound):
        find(root, path)


@pytest.mark.parametrize("follow", [False, True])
def test_C7_a_link_that_leads_out_of_the_cgi_directory_never_runs(root: Path, follow: bool) -> None:
    (root / "cgi-bin/out").symlink_to(root.parent / "outside")
    (root / "cgi-bin/docs").symlink_to(root / "docs")
    for path in ("/cgi-bin/out", "/cgi-bin/docs/run"):
        with pytest.raises(NotFound):
            find(root, path, Site(follow_symlinks=follow))


def test_C7_a_link_to_a_neighbour_whose_name_begins_alike_never_runs(root: Path) -> None:
    """The server compares whole components of a path."""
    (root / "cgi-bin/old").symlink_to(root / "cgi-bin-old" / "run")
    with pytest.raises(NotFound):
        find(root, "/cgi-bin/old")


def test_C7_a_link_within_the_cgi_directory_runs_under_its_own_name(root: Path) -> None:
    (root / "cgi-bin/alias").symlink_to("run")
    found = find(root, "/cgi-bin/alias")
    assert found is not None
    assert found.path == f"{root}/cgi-bin/alias"


def test_C7_a_cgi_directory_that_leads_out_of_the_root_runs_nothing(root: Path) -> None:
    (root.parent / "elsewhere").mkdir()
    script_file = root.parent / "elsewhere" / "run"
    script_file.write_text("#!/bin/sh\n")
    script_file.chmod(0o755)
    (root / "scripts").symlink_to(root.parent / "elsewhere")
    with pytest.raises(NotFound):
        find(root, "/scripts/run", Site(cgi_directories=("scripts",), follow_symlinks=True))


def test_T6_path_translated_does_not_lead_out(root: Path) -> None:
    (root / "docs/etc").symlink_to("/etc")
    found = find(root, "/cgi-bin/run/docs/etc/passwd")
    assert found is not None
    assert (found.path_info, found.path_translated) == ("/docs/etc/passwd", "")
    followed = find(root, "/cgi-bin/run/docs/etc/passwd", Site(follow_symlinks=True))
    assert followed is not None
    assert followed.path_translated == f"{root}/docs/etc/passwd"


@pytest.mark.clause("3875-5.1-2c")
def test_scripts_that_speak_http_themselves_are_told_by_their_names(root: Path) -> None:
    for name in ("not-nph-raw", "nphraw", "NPH-raw"):
        (root / "cgi-bin" / name).symlink_to("nph-raw")
    paths = ("nph-raw", "nph-raw/x", "run", "run/nph-x", "not-nph-raw", "nphraw", "NPH-raw")
    found = [find(root, f"/cgi-bin/{path}") for path in paths]
    assert [script and script.non_parsed for script in found] == [True, True, False, False, False, False, False]


class TestLetterCase:
    """C8: a file system may take two spellings for one. This must not decide whether a script is run or shown."""

    def test_another_spelling_of_the_same_directory_is_the_same(self, root: Path) -> None:
        (root / "CGI-Bin").symlink_to("cgi-bin")  # the link acts like a file system without letter case
        found = find(root, "/CGI-Bin/run")
        assert found is not None
        assert found.name == "/CGI-Bin/run"

    def test_another_directory_that_differs_by_case_is_another(self, root: Path) -> None:
        (root / "CGI-Bin").mkdir()
        assert find(root, "/CGI-Bin/run") is None

    def test_composed_and_decomposed_letters_may_be_the_same(self, root: Path) -> None:
        (root / "skript\u00e9").mkdir()
        (root / "skripte\u0301").symlink_to("skript\u00e9")
        with pytest.raises(NotFound):
            find(root, "/skripte\u0301/run", Site(cgi_directories=("skript\u00e9",)))
        assert find(root, "/skripto/run", Site(cgi_directories=("skript\u00e9",))) is None


def test_the_root_of_the_file_system_may_be_served(root: Path) -> None:
    """Only this root ends in a slash, and every path below it has this slash once."""
    top, *rest = root.parts[1:]
    found = script_path.find("/", (top, *rest, "cgi-bin", "run", "etc"), Site(cgi_directories=(top,)))
    assert found == Script(f"{root}/cgi-bin/run", f"{root}/cgi-bin/run", "/etc", "/etc")


def test_T6_a_neighbour_whose_name_is_the_beginning_of_the_roots_is_outside(tmp_path: Path) -> None:
    for name in ("box/cgi-bin", "bo"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "box/cgi-bin/run").write_text("#!/bin/sh\n")
    (tmp_path / "box/cgi-bin/run").chmod(0o755)
    (tmp_path / "box/link").symlink_to(tmp_path / "bo")
    found = find(tmp_path / "box", "/cgi-bin/run/link/file")
    assert found is not None
    assert found.path_translated == ""


def test_C8_a_name_that_some_file_system_takes_for_the_directorys(root: Path) -> None:
    """The operator's name has a Kelvin sign, and the client's name has a K. Here a link makes them one directory."""
    (root / "\u212agi").mkdir()
    (root / "kgi").symlink_to("\u212agi")
    with pytest.raises(NotFound):
        find(root, "/kgi/run", Site(cgi_directories=("\u212agi",)))


def test_a_path_that_is_not_concerned_costs_no_look_at_the_file_system(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[object] = []
    for name in ("stat", "lstat"):
        monkeypatch.setattr(os, name, lambda *words, **_: looks.append(words))
    for site in (Site(), Site(cgi_suffixes=((".php", "/usr/bin/php-cgi"),))):
        assert find(root, "/docs/run", site) is None
    assert looks == []


class TestSuffixes:
    site = Site(cgi_suffixes=((".php", "/usr/bin/php-cgi"), (".py", "/usr/bin/python3")))

    @pytest.fixture(autouse=True)
    def _files(self, root: Path) -> None:
        for name in ("docs/page.php", "docs/PAGE.PHP", "docs/app.py", "docs/plain.txt"):
            (root / name).write_text("source")
        (root / "docs/folder.php").mkdir()
        (root / "docs/folder.php/inner.py").write_text("source")

    @pytest.mark.parametrize(
        ("path", "name", "info", "handler"),
        [
            ("/docs/page.php", "/docs/page.php", "", "/usr/bin/php-cgi"),
            ("/docs/page.php/more/", "/docs/page.php", "/more/", "/usr/bin/php-cgi"),
            ("/docs/PAGE.PHP", "/docs/PAGE.PHP", "", "/usr/bin/php-cgi"),
            ("/docs/app.py/page.php", "/docs/app.py", "/page.php", "/usr/bin/python3"),
            ("/docs/folder.php/inner.py", "/docs/folder.php/inner.py", "", "/usr/bin/python3"),
        ],
    )
    def test_files_with_a_suffix_are_run_by_its_program(
        self, root: Path, path: str, name: str, info: str, handler: str
    ) -> None:
        found = find(root, path, self.site)
        assert found is not None
        assert (found.path, found.name, found.path_info, found.handler) == (f"{root}{name}", name, info, handler)
        assert not found.non_parsed

    @pytest.mark.parametrize("path", ["/docs/plain.txt", "/docs/none.php", "/docs/folder.php"])
    def test_everything_else_is_a_matter_of_files(self, root: Path, path: str) -> None:
        assert find(root, path, self.site) is None

    def test_a_link_out_of_the_root_is_not_run_unless_links_are_followed(self, root: Path) -> None:
        (root / "docs/out.php").symlink_to(root.parent / "outside")
        with pytest.raises(NotFound):
            find(root, "/docs/out.php", self.site)
        assert find(root, "/docs/out.php", Site(cgi_suffixes=self.site.cgi_suffixes, follow_symlinks=True)) is not None

    def test_in_a_cgi_directory_the_file_runs_itself(self, root: Path) -> None:
        (root / "cgi-bin/x.php").write_text("#!/bin/sh\n")
        (root / "cgi-bin/x.php").chmod(0o755)
        found = find(root, "/cgi-bin/x.php", self.site)
        assert found is not None
        assert found.handler == ""


class TestAt:
    """The script at a file-system path, for which `do_file` and `run_cgi` ask."""

    def test_a_script(self, root: Path) -> None:
        found = script_path.at(str(root), f"{root}/cgi-bin/run", Site())
        assert found == Script(f"{root}/cgi-bin/run", "/cgi-bin/run")

    def test_a_file_like_others(self, root: Path) -> None:
        assert script_path.at(str(root), f"{root}/docs/run", Site()) is None

    def test_what_is_not_below_the_root_never_runs(self, root: Path) -> None:
        assert script_path.at(str(root), str(root.parent / "outside"), Site()) is None
        assert script_path.at(f"{root}/cgi", f"{root}/cgi-bin/run", Site()) is None

    def test_the_whole_path_is_the_script(self, root: Path) -> None:
        with pytest.raises(NotFound):
            script_path.at(str(root), f"{root}/cgi-bin/run/info", Site())

    def test_dot_segments_are_not_found(self, root: Path) -> None:
        with pytest.raises(NotFound):
            script_path.at(str(root), f"{root}/docs/../cgi-bin/run", Site())

    def test_the_root_of_the_file_system(self) -> None:
        assert script_path.at("/", "/etc/hostname", Site()) is None
