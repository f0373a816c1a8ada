"""The entries of a directory. W4, W5, W8, T4, T6, C8."""

import os
import socket
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from pyhttp.errors import Forbidden, NotFound
from pyhttp.resources.entries import Candidate, Directory, Entry, Mark
from pyhttp.semantics.dates import EARLIEST, LATEST
from pyhttp.site import Site
from tests.helpers.folder import OLD, write

SITE = Site()


@pytest.fixture(autouse=True)
def no_descriptor_is_left() -> Iterator[None]:
    before = sorted(os.listdir("/proc/self/fd"))
    yield
    assert sorted(os.listdir("/proc/self/fd")) == before


def entries(path: Path, root: Path, site: Site = SITE) -> list[Entry]:
    directory = Directory(str(path), str(root), site)
    try:
        return directory.entries(directory.block(100))
    finally:
        directory.close()


def outlines(path: Path, root: Path, site: Site = SITE) -> list[Entry]:
    directory = Directory(str(path), str(root), site)
    try:
        return directory.outlines(directory.block(100))
    finally:
        directory.close()


def names(root: Path, site: Site = SITE, below: str = "") -> set[str]:
    """The names of the entries. Where all entries can be read, an order by name counts the same names."""
    found = {entry.name for entry in entries(root / below, root, site)}
    assert {entry.name for entry in outlines(root / below, root, site)} == found
    return found


def test_an_entry_says_what_it_is(tmp_path: Path) -> None:
    write(tmp_path / "file", b"12345")
    (tmp_path / "sub").mkdir()
    os.utime(tmp_path / "sub", ns=(OLD, OLD))
    (tmp_path / "link").symlink_to("sub")
    seconds = OLD // 1_000_000_000
    assert sorted(entries(tmp_path, tmp_path)) == [
        Entry("file", is_directory=False, mark="", size=5, modified=seconds),
        Entry("link", is_directory=True, mark="link", size=0, modified=seconds),
        Entry("sub", is_directory=True, mark="", size=0, modified=seconds),
    ]


def test_W4_only_what_would_be_served_appears(tmp_path: Path) -> None:
    root = tmp_path / "www"
    write(root / "file")
    (root / "sub").mkdir()
    (root / "inside").symlink_to("file")
    (root / "outside").symlink_to("../secret")
    write(tmp_path / "secret")
    (root / "nowhere").symlink_to("absent")
    os.mkfifo(root / "fifo")
    (root / "device").symlink_to("/dev/null")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(os.path.relpath(root / "socket"))
    listener.close()
    assert names(root) == {"file", "sub", "inside"}
    assert names(root, Site(follow_symlinks=True)) == {"file", "sub", "inside", "outside"}


def marks(path: Path, root: Path, site: Site = SITE) -> dict[str, Mark]:
    """The marks of the entries of a page, on which links that are not followed are named."""
    directory = Directory(str(path), str(root), site, unserved=True)
    try:
        found = directory.block(100)
        listed = directory.entries(found)
        names = [entry.name for entry in listed]
        assert sorted(directory.again(names)) == sorted(listed)
        assert {entry.name for entry in directory.outlines(found)} == {*names}
    finally:
        directory.close()
    return {entry.name: entry.mark for entry in listed}


def test_W4_links_that_lead_out_or_nowhere_are_named(tmp_path: Path) -> None:
    root = tmp_path / "www"
    (root / "sub").mkdir(parents=True)
    for name, target in {
        "in": "sub",
        "out": "../secret",
        "out-of-sub": "sub/../../secret",
        "absolute": "/etc/passwd",
        "nowhere": "absent",
        "loop": "loop",
        "through-a-file": "file/x",
        "too-long": "x" * 300,
    }.items():
        (root / name).symlink_to(target)
    write(root / "file")
    write(tmp_path / "secret", b"12345")
    assert marks(root, root) == {
        "sub": "",
        "file": "",
        "in": "link",
        "out": "leads out",
        "out-of-sub": "leads out",
        "absolute": "leads out",
        "nowhere": "broken",
        "loop": "broken",
        "through-a-file": "broken",
        "too-long": "broken",
    }
    followed = marks(root, root, Site(follow_symlinks=True))
    assert {name: followed[name] for name in ("out", "absolute", "nowhere")} == {
        "out": "link",
        "absolute": "link",
        "nowhere": "broken",
    }


def test_W4_nothing_is_told_of_what_lies_outside(tmp_path: Path) -> None:
    """An entry does not tell whether the target of its link is there, what it is, how large it is, or how old it is."""
    root = tmp_path / "www"
    root.mkdir()
    write(tmp_path / "there", b"12345")
    (tmp_path / "folder").mkdir()
    for target in ("there", "absent", "folder", "there/below"):
        (root / target.replace("/", "-")).symlink_to(f"../{target}")
        os.utime(root / target.replace("/", "-"), ns=(OLD + 10**9, OLD + 10**9), follow_symlinks=False)
    directory = Directory(str(root), str(root), SITE, unserved=True)
    listed = directory.entries(directory.block(100))
    directory.close()
    assert {entry[1:] for entry in listed} == {(False, "leads out", 0, OLD // 10**9 + 1)}
    assert len(listed) == 4


def test_C8_W8_links_that_a_rule_hides_are_not_named(tmp_path: Path) -> None:
    """It does not matter whether a link leads to anything. A hidden thing that is no link is not named either."""
    root = tmp_path / "www"
    write(root / "cgi-bin" / "script")
    write(root / ".secret")
    write(root / "source.php")
    for name, target in {
        "to-script": "cgi-bin/script",
        "to-no-script": "cgi-bin/absent",
        "to-scripts": "cgi-bin",
        "to-hidden": ".secret",
        "to-nothing-hidden": ".absent",
        "to-source": "source.php",
        "to-no-source": "absent.php",
        "coded.php.gz": "absent",
        ".hidden": "absent",
        "device": "fifo",
    }.items():
        (root / name).symlink_to(target)
    os.mkfifo(root / "fifo")
    site = Site(cgi_suffixes=((".php", "/usr/bin/php-cgi"),), hide_dotfiles=True)
    assert marks(root, root, site) == {"source.php": ""}


def test_a_link_that_cannot_be_looked_through_is_not_called_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "link").symlink_to("sub/file")
    stat = os.stat

    def refuse(path: str, **_: object) -> os.stat_result:
        raise PermissionError(13, "")

    directory = Directory(str(tmp_path), str(tmp_path), SITE, unserved=True)
    monkeypatch.setattr("pyhttp.resources.entries.os.stat", refuse)
    found = directory.again(["link", "gone"])
    monkeypatch.setattr("pyhttp.resources.entries.os.stat", stat)
    directory.close()
    assert found == []


def test_names_are_wanted_by_a_part_of_them_in_any_case(tmp_path: Path) -> None:
    for name in ("Über.txt", "ÜBER", "other", "a.TXT"):
        write(tmp_path / name)
    (tmp_path / "txt").mkdir()

    def wanted(part: str) -> list[str]:
        directory = Directory(str(tmp_path), str(tmp_path), SITE, wanted=part)
        blocks = [directory.block(2) for _ in range(4)]
        directory.close()
        # Only the last block is short, because an empty block is the end.
        assert [len(block) < 2 for block in blocks] == sorted([len(block) < 2 for block in blocks])
        return sorted([found.name for block in blocks for found in block])

    assert wanted("TxT") == wanted("txt") == ["a.TXT", "txt", "Über.txt"]
    assert wanted("über") == ["ÜBER", "Über.txt"]
    assert wanted("/") == []
    assert len(wanted("")) == 5


def test_T6_links_of_a_directory_below_are_judged_by_the_root(tmp_path: Path) -> None:
    root = tmp_path / "www"
    write(root / "top")
    write(tmp_path / "secret")
    (root / "sub").mkdir()
    (root / "sub" / "up").symlink_to("../top")
    (root / "sub" / "out").symlink_to("../../secret")
    assert names(root, below="sub") == {"up"}


def test_a_directory_outside_the_root_is_the_operators_doing(tmp_path: Path) -> None:
    (tmp_path / "www").mkdir()
    write(tmp_path / "other" / "file")
    (tmp_path / "other" / "link").symlink_to("/etc/passwd")
    assert {entry.name for entry in entries(tmp_path / "other", tmp_path / "www")} == {"file", "link"}


def test_T4_names_that_no_path_reaches_are_not_listed(tmp_path: Path) -> None:
    for name in (b"new\nline", b"tab\t", b"\x01", b"del\x7f", b"fine", b"\xff", "ü".encode()):
        (tmp_path / os.fsdecode(name)).write_bytes(b"")
    assert names(tmp_path) == {"fine", "\udcff", "ü"}


def test_W8_hidden_names(tmp_path: Path) -> None:
    for name in (".env", ".well-known", "shown"):
        write(tmp_path / name)
    assert names(tmp_path) == {".env", ".well-known", "shown"}
    assert names(tmp_path, Site(hide_dotfiles=True)) == {".well-known", "shown"}


def test_C8_cgi_directories_of_the_root_are_not_listed(tmp_path: Path) -> None:
    for name in ("cgi-bin", "CGI-BIN", "sub/cgi-bin"):
        (tmp_path / name).mkdir(parents=True)
    write(tmp_path / "CGI-bin")
    assert names(tmp_path) == {"sub", "CGI-bin"}
    assert names(tmp_path, below="sub") == {"cgi-bin"}
    assert names(tmp_path, Site(cgi_directories=())) == {"cgi-bin", "CGI-BIN", "sub", "CGI-bin"}
    with pytest.raises(NotFound):
        names(tmp_path, below="cgi-bin")


def test_W4_what_may_not_be_read_is_not_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, int]] = []

    def access(name: str, mode: int, *, dir_fd: int) -> bool:
        asked.append((name, mode))
        return name.startswith("ours")

    monkeypatch.setattr("pyhttp.resources.entries.os.access", access)
    for name, mode in (("public", 0o604), ("private", 0o600), ("ours", 0o600)):
        write(tmp_path / name).chmod(mode)
    for name, mode in (("public.d", 0o705), ("private.d", 0o704), ("ours.d", 0o700)):
        (tmp_path / name).mkdir()
        (tmp_path / name).chmod(mode)
    assert {entry.name for entry in entries(tmp_path, tmp_path)} == {"public", "ours", "public.d", "ours.d"}
    directory, file = os.R_OK | os.X_OK, os.R_OK
    assert sorted(asked) == [("ours", file), ("ours.d", directory), ("private", file), ("private.d", directory)]


def test_names_come_by_blocks_and_once(tmp_path: Path) -> None:
    for place in range(5):
        write(tmp_path / str(place))
    directory = Directory(str(tmp_path), str(tmp_path), SITE)
    blocks = [[found.name for found in directory.block(2)] for _ in range(4)]
    directory.close()
    directory.close()
    assert [len(block) for block in blocks] == [2, 2, 1, 0]
    assert sorted([name for block in blocks for name in block]) == ["0", "1", "2", "3", "4"]


def test_an_outline_says_what_kind_of_thing_it_is_and_looks_at_links_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "file", b"12345").chmod(0)
    (tmp_path / "sub").mkdir()
    (tmp_path / "cgi-bin").mkdir()
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "link").symlink_to("sub")
    (tmp_path / "outside").symlink_to("/etc")
    looked: list[str] = []
    look = Directory.entries

    def counted(directory: Directory, candidates: Iterable[Candidate]) -> list[Entry]:
        found = list(candidates)
        looked.extend([candidate.name for candidate in found])
        return look(directory, found)

    monkeypatch.setattr(Directory, "entries", counted)
    file, link, sub = sorted(outlines(tmp_path, tmp_path))
    assert file == Entry("file", is_directory=False, mark="", size=0, modified=0)
    assert sub == Entry("sub", is_directory=True, mark="", size=0, modified=0)
    assert link[:4] == ("link", True, "link", 0)
    assert sorted(looked) == ["fifo", "link", "outside"]


def test_names_that_were_found_are_looked_at_again(tmp_path: Path) -> None:
    write(tmp_path / "file", b"12345")
    (tmp_path / "sub").mkdir()
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "outside").symlink_to("/etc/passwd")
    directory = Directory(str(tmp_path), str(tmp_path), SITE)
    found = directory.entries(directory.block(100))
    assert sorted(directory.again([entry.name for entry in found])) == sorted(found)
    names = ["sub", "gone", "link", "outside", "file"]
    again = directory.again(names)
    directory.close()
    assert [(entry.name, entry.is_directory, entry.mark, entry.size) for entry in again] == [
        ("sub", True, "", 0),
        ("link", False, "link", 5),
        ("file", False, "", 5),
    ]


def test_times_that_no_date_can_say_are_the_nearest_that_one_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seconds, shown in ((LATEST + 1, LATEST), (LATEST, LATEST), (EARLIEST, EARLIEST), (EARLIEST - 1, EARLIEST)):
        monkeypatch.setattr("pyhttp.resources.entries.os.scandir", lambda _, seconds=seconds: Scan(seconds))
        (entry,) = entries(tmp_path, tmp_path)
        assert entry == Entry("file", is_directory=False, mark="", size=7, modified=shown)


class Scan:
    """A directory with one file, which was changed at a time that this file system may be unable to keep."""

    name = "file"

    def __init__(self, seconds: int) -> None:
        self._seconds = seconds

    def __iter__(self) -> "Iterator[Scan]":
        return iter([self])

    def close(self) -> None:
        pass

    def stat(self) -> os.stat_result:
        return os.stat_result((0o100644, 0, 0, 1, 0, 0, 7, 0, self._seconds, 0))

    def is_symlink(self) -> bool:
        return False


def test_a_directory_that_cannot_be_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotFound):
        Directory(str(tmp_path / "absent"), str(tmp_path), SITE)

    def refuse(path: str, flags: int) -> int:
        raise PermissionError(13, "")

    monkeypatch.setattr("pyhttp.resources.opened_file.os.open", refuse)
    with pytest.raises(Forbidden):
        Directory(str(tmp_path), str(tmp_path), SITE)


class Names:
    """A directory of files whose kind is not kept there, of which some have just gone."""

    def __init__(self, *names: str, gone: bool = False) -> None:
        self.name = names[0]
        self._all = names
        self._gone = gone

    def __iter__(self) -> "Iterator[Names]":
        return iter([Names(name, gone=name.startswith("gone")) for name in self._all])

    def close(self) -> None:
        pass

    def is_file(self, *, follow_symlinks: bool) -> bool:
        if self._gone:
            raise FileNotFoundError(2, "")
        return not follow_symlinks


def test_a_name_that_has_just_gone_hides_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pyhttp.resources.entries.os.scandir", lambda _: Names("a", "gone", "b"))
    assert [entry.name for entry in outlines(tmp_path, tmp_path)] == ["a", "b"]


def test_a_directory_with_the_lowest_descriptor_is_closed(tmp_path: Path) -> None:
    spare = os.dup(0)
    try:
        os.close(0)
        directory = Directory(str(tmp_path), str(tmp_path), SITE)
        directory.close()
        directory.close()
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(0)
    finally:
        os.dup2(spare, 0)
        os.close(spare)


@pytest.mark.parametrize(
    ("mode", "is_directory", "shown"),
    [
        (0o604, False, True),
        (0o605, False, True),
        (0o603, False, False),
        (0o600, False, False),
        (0o705, True, True),
        (0o707, True, True),
        (0o704, True, False),
        (0o706, True, False),
        (0o701, True, False),
    ],
)
def test_the_system_is_asked_where_not_everyone_may_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int, is_directory: bool, shown: bool
) -> None:
    if is_directory:
        (tmp_path / "target").mkdir()
    else:
        write(tmp_path / "target")
    (tmp_path / "link").symlink_to("target")
    (tmp_path / "target").chmod(mode)
    asked: list[int] = []

    def access(name: str, wanted: int, *, dir_fd: int) -> bool:
        asked.append(wanted)
        return False

    monkeypatch.setattr("pyhttp.resources.entries.os.access", access)
    assert {entry.name for entry in entries(tmp_path, tmp_path)} == ({"target", "link"} if shown else set())
    assert asked == ([] if shown else [os.R_OK | os.X_OK if is_directory else os.R_OK] * 2)


def test_a_link_that_is_not_followed_is_described_by_itself(tmp_path: Path) -> None:
    for name, target in (("broken", "nowhere"), ("out", "/etc")):
        (tmp_path / name).symlink_to(target)
        os.utime(tmp_path / name, ns=(OLD, OLD), follow_symlinks=False)
    directory = Directory(str(tmp_path), str(tmp_path), SITE, unserved=True)
    found = sorted(directory.entries(directory.block(9)))
    directory.close()
    assert found == [
        Entry("broken", is_directory=False, mark="broken", size=0, modified=OLD // 10**9),
        Entry("out", is_directory=False, mark="leads out", size=0, modified=OLD // 10**9),
    ]
