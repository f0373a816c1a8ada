"""What a directory shows. W4, W5, W8, T4, T6, C8."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from pyhttp.errors import Forbidden, NotFound
from pyhttp.resources.entries import Entry, read_directory
from pyhttp.semantics.dates import EARLIEST, LATEST
from pyhttp.site import Site
from tests.helpers.folder import OLD, write

SITE = Site()


@pytest.fixture(autouse=True)
def no_descriptor_is_left() -> Iterator[None]:
    before = sorted(os.listdir("/proc/self/fd"))
    yield
    assert sorted(os.listdir("/proc/self/fd")) == before


def names(root: Path, site: Site = SITE, below: str = "") -> set[str]:
    found, more = read_directory(str(root / below) if below else str(root), str(root), site, 100)
    assert not more
    return {entry.name for entry in found}


def test_an_entry_says_what_it_is(tmp_path: Path) -> None:
    write(tmp_path / "file", b"12345")
    (tmp_path / "sub").mkdir()
    os.utime(tmp_path / "sub", ns=(OLD, OLD))
    (tmp_path / "link").symlink_to("sub")
    found, more = read_directory(str(tmp_path), str(tmp_path), SITE, 100)
    assert not more
    seconds = OLD // 1_000_000_000
    assert sorted(found, key=lambda entry: entry.name) == [
        Entry("file", is_directory=False, is_link=False, size=5, modified=seconds),
        Entry("link", is_directory=True, is_link=True, size=0, modified=seconds),
        Entry("sub", is_directory=True, is_link=False, size=0, modified=seconds),
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
    found, _ = read_directory(str(tmp_path / "other"), str(tmp_path / "www"), SITE, 9)
    assert {entry.name for entry in found} == {"file", "link"}


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
    assert names(tmp_path) == {"public", "ours", "public.d", "ours.d"}
    directory, file = os.R_OK | os.X_OK, os.R_OK
    assert sorted(asked) == [("ours", file), ("ours.d", directory), ("private", file), ("private.d", directory)]


def test_W5_no_more_than_the_limit(tmp_path: Path) -> None:
    for place in range(5):
        write(tmp_path / str(place))
    os.mkfifo(tmp_path / "fifo")
    for limit, more in ((4, True), (5, False), (6, False)):
        found, further = read_directory(str(tmp_path), str(tmp_path), SITE, limit)
        assert (len(found), further) == (min(limit, 5), more)


def test_times_that_no_date_can_say_are_the_nearest_that_one_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seconds, shown in ((LATEST + 1, LATEST), (LATEST, LATEST), (EARLIEST, EARLIEST), (EARLIEST - 1, EARLIEST)):
        monkeypatch.setattr("pyhttp.resources.entries.os.scandir", lambda _, seconds=seconds: Scan(seconds))
        (entry,), _ = read_directory(str(tmp_path), str(tmp_path), SITE, 9)
        assert entry == Entry("file", is_directory=False, is_link=False, size=7, modified=shown)


class Scan:
    """A directory with one file, which was changed at a time that this file system may be unable to keep."""

    name = "file"

    def __init__(self, seconds: int) -> None:
        self._seconds = seconds

    def __enter__(self) -> "list[Scan]":
        return [self]

    def __exit__(self, *_: object) -> None:
        pass

    def stat(self) -> os.stat_result:
        return os.stat_result((0o100644, 0, 0, 1, 0, 0, 7, 0, self._seconds, 0))

    def is_symlink(self) -> bool:
        return False


def test_a_directory_that_cannot_be_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotFound):
        read_directory(str(tmp_path / "absent"), str(tmp_path), SITE, 9)

    def refuse(path: str, flags: int) -> int:
        raise PermissionError(13, "")

    monkeypatch.setattr("pyhttp.resources.opened.os.open", refuse)
    with pytest.raises(Forbidden):
        read_directory(str(tmp_path), str(tmp_path), SITE, 9)
