"""Files that are opened once: T6, T7, T10, W1, C8."""

import errno
import os
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from pyhttp.errors import Forbidden, HTTPError, InternalError, NotFound, Unavailable
from pyhttp.resources import opened_file
from pyhttp.resources.opened_file import check_directory, open_directory, open_file, real_path
from pyhttp.site import Site
from tests.helpers.folder import OLD, write

SITE = Site()
LINKS = Site(follow_symlinks=True)


@pytest.fixture(autouse=True)
def no_descriptor_is_left(request: pytest.FixtureRequest) -> Iterator[None]:
    before = sorted(os.listdir("/proc/self/fd"))
    yield
    assert sorted(os.listdir("/proc/self/fd")) == before


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write(tmp_path / "www" / "page.html", b"page")
    write(tmp_path / "www" / "sub" / "inner.html", b"inner")
    write(tmp_path / "www" / "cgi-bin" / "script", b"source")
    write(tmp_path / "www-old" / "old.html", b"old")
    write(tmp_path / "secret", b"secret")
    return tmp_path / "www"


def read(path: Path, root: Path, site: Site = SITE) -> bytes:
    file = open_file(str(path), str(root), site)
    try:
        return os.pread(file.fileno(), 99, 0)
    finally:
        file.close()


def test_T7_a_file_is_described_by_its_descriptor(root: Path) -> None:
    file = open_file(str(root / "page.html"), str(root), SITE)
    (root / "page.html").unlink()
    write(root / "page.html", b"another page", modified_ns=OLD + 5)
    assert (file.size, file.modified_ns) == (4, OLD)
    assert os.pread(file.fileno(), 99, 0) == b"page"
    assert not os.get_inheritable(file.fileno())
    file.close()


def test_closing_twice_is_harmless(root: Path) -> None:
    file = open_file(str(root / "page.html"), str(root), SITE)
    descriptor = file.fileno()
    file.close()
    other = os.open(root / "page.html", os.O_RDONLY)
    assert other == descriptor
    file.close()
    assert file.fileno() == -1
    os.fstat(other)
    os.close(other)


def test_W1_only_regular_files(root: Path) -> None:
    os.mkfifo(root / "fifo")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(os.path.relpath(root / "socket"))
    listener.close()
    os.symlink("/dev/null", root / "device")
    for name in ("fifo", "socket", "device", "sub", ""):
        with pytest.raises(NotFound):
            open_file(str(root / name), str(root), LINKS)


@pytest.mark.parametrize(
    "name",
    ["absent", "page.html/below", "absent/page.html", "x" * 300, "x/" * 3000, "loop", "nul\0byte", "\ud800", "gone"],
)
def test_T10_what_cannot_be_named_or_found_is_not_found(root: Path, name: str) -> None:
    os.symlink("loop", root / "loop")
    os.symlink("nowhere", root / "gone")
    with pytest.raises(NotFound):
        open_file(f"{root}/{name}", str(root), SITE)


@pytest.mark.parametrize(
    ("number", "error"),
    [
        (errno.EACCES, Forbidden),
        (errno.EPERM, Forbidden),
        (errno.EMFILE, Unavailable),
        (errno.ENFILE, Unavailable),
        (errno.ENOMEM, Unavailable),
        (errno.EIO, InternalError),
        (errno.ENXIO, NotFound),
        (0, NotFound),
    ],
)
def test_T10_what_the_system_says_becomes_a_status(
    root: Path, monkeypatch: pytest.MonkeyPatch, number: int, error: type[HTTPError]
) -> None:
    def fail(path: str, flags: int) -> int:
        raise OSError(number, "") if number else OSError("strange")

    monkeypatch.setattr("pyhttp.resources.opened_file.os.open", fail)
    with pytest.raises(error):
        open_file(str(root / "page.html"), str(root), SITE)


def test_T6_links_inside_the_root_are_followed(root: Path) -> None:
    os.symlink("sub", root / "link")
    os.symlink(root / "page.html", root / "absolute")
    assert read(root / "link" / "inner.html", root) == b"inner"
    assert read(root / "absolute", root) == b"page"


@pytest.mark.parametrize("target", ["../secret", "../www-old/old.html", "/etc/passwd"])
def test_T6_a_link_out_of_the_root_is_not_found_unless_allowed(root: Path, target: str) -> None:
    os.symlink(target, root / "out")
    with pytest.raises(NotFound):
        open_file(str(root / "out"), str(root), SITE)
    assert read(root / "out", root, LINKS)


def test_T6_a_directory_link_out_of_the_root(root: Path) -> None:
    os.symlink("../www-old", root / "out")
    for look in (open_directory, check_directory):
        with pytest.raises(NotFound):
            look(str(root / "out"), str(root), SITE)
    with pytest.raises(NotFound):
        open_file(str(root / "out" / "old.html"), str(root), SITE)
    assert read(root / "out" / "old.html", root, LINKS) == b"old"
    check_directory(str(root / "out"), str(root), LINKS)


def test_a_path_outside_the_root_is_the_operators_doing(root: Path) -> None:
    assert read(root.parent / "secret", root) == b"secret"


def test_T6_the_root_itself_may_be_a_link(root: Path, tmp_path: Path) -> None:
    current = tmp_path / "current"
    current.symlink_to("www")
    assert read(current / "page.html", current) == b"page"
    write(tmp_path / "release-2" / "page.html", b"second")
    current.unlink()
    current.symlink_to("release-2")
    assert read(current / "page.html", current) == b"second"


def test_T6_the_root_of_the_file_system(root: Path) -> None:
    assert read(root / "page.html", Path("/")) == b"page"


@pytest.mark.parametrize("site", [SITE, LINKS])
@pytest.mark.parametrize("name", ["cgi-bin/script", "CGI-BIN/script", "alias/script", "to-script"])
def test_C8_no_name_shows_what_is_in_a_cgi_directory(root: Path, site: Site, name: str) -> None:
    (root / "CGI-BIN").mkdir()
    (root / "CGI-BIN" / "script").write_bytes(b"")
    os.symlink("cgi-bin", root / "alias")
    os.symlink("cgi-bin/script", root / "to-script")
    with pytest.raises(NotFound):
        open_file(str(root / name), str(root), site)


def test_C8_a_cgi_directory_is_not_opened(root: Path) -> None:
    with pytest.raises(NotFound):
        check_directory(str(root / "cgi-bin"), str(root), SITE)
    check_directory(str(root / "cgi-bin"), str(root), Site(cgi_directories=()))
    assert read(root / "cgi-bin" / "script", root, Site(cgi_directories=())) == b"source"


def test_directories(root: Path) -> None:
    descriptor = open_directory(str(root / "sub"), str(root), SITE)
    assert stat.S_ISDIR(os.fstat(descriptor).st_mode)
    os.close(descriptor)
    with pytest.raises(NotFound):
        open_directory(str(root / "page.html"), str(root), SITE)
    with pytest.raises(NotFound):
        open_directory(str(root / "absent"), str(root), SITE)


def test_T6_without_proc_the_real_path_is_looked_up(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opened_file, "_DESCRIPTORS", "/nowhere/")
    os.symlink("../secret", root / "out")
    os.symlink("sub", root / "link")
    with pytest.raises(NotFound):
        open_file(str(root / "out"), str(root), SITE)
    assert read(root / "link" / "inner.html", root) == b"inner"
    assert real_path(-1, str(root / "link")) == str(root / "sub")


def test_a_directory_that_may_be_entered_and_not_read_may_have_an_index() -> None:
    """Root may read every directory. For this reason, another user looks."""
    program = (
        "import os, sys\n"
        "from pyhttp.errors import Forbidden\n"
        "from pyhttp.resources.opened_file import check_directory, open_directory\n"
        "from pyhttp.site import Site\n"
        "if os.geteuid() == 0: os.setuid(65534)\n"
        "check_directory(sys.argv[1], sys.argv[1], Site())\n"
        "try: open_directory(sys.argv[1], sys.argv[1], Site())\n"
        "except Forbidden: print('as it should be')\n"
    )
    with tempfile.TemporaryDirectory() as root:
        os.chmod(root, 0o111)
        done = subprocess.run([sys.executable, "-c", program, root], capture_output=True, text=True, check=False)
        os.chmod(root, 0o700)
    assert done.stdout == "as it should be\n", done.stderr


def test_the_content_comes_in_pieces_of_64_KiB(root: Path) -> None:
    data = os.urandom(150_000)
    file = open_file(str(write(root / "long", data)), str(root), SITE)
    pieces = list(file)
    file.close()
    assert [len(piece) for piece in pieces] == [65536, 65536, 18928]
    assert b"".join(pieces) == data


def test_a_file_with_the_lowest_descriptor_is_closed(root: Path) -> None:
    spare = os.dup(0)
    try:
        os.close(0)
        file = open_file(str(root / "page.html"), str(root), SITE)
        assert file.fileno() == 0
        file.close()
        file.close()
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(0)
    finally:
        os.dup2(spare, 0)
        os.close(spare)


def test_the_real_path_is_that_of_the_open_file(root: Path) -> None:
    """Another file may have the path by now."""
    file = open_file(str(root / "page.html"), str(root), SITE)
    (root / "page.html").rename(root / "moved.html")
    assert real_path(file.fileno(), str(root / "page.html")) == str(root / "moved.html")
    file.close()


def test_a_directory_may_have_the_name_of_a_script(root: Path) -> None:
    """C8: only files are run."""
    (root / "dir.php").mkdir()
    (root / "link").symlink_to("dir.php")
    site = Site(cgi_suffixes=((".php", "/bin/cat"),))
    for name in ("dir.php", "link"):
        os.close(open_directory(str(root / name), str(root), site))
