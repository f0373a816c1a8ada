"""The operator's log lines about a script that cannot be started. C8."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pyhttp.cgi.complaint import why_not
from pyhttp.cgi.script_path import NotExecutable, Script
from pyhttp.errors import InternalError
from pyhttp.site import Site
from tests.helpers.cgi_site import CgiSite, request_head

WINDOWS = "the file has the line ends of Windows, CR before LF"


def complaint(cgi: CgiSite) -> str:
    """The line about the script `x`, without the beginning that every such line has."""
    with pytest.raises(InternalError):
        cgi.start(request_head())
    (line,) = cgi.logged
    return line.removeprefix(f"/cgi-bin/x: {str(cgi.bin / 'x')!r} cannot be started: ")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"#!/no/such -x\n", "the interpreter '/no/such' of its first line: No such file or directory"),
        (b"#! \t/no/such\t-x\n", "the interpreter '/no/such' of its first line: No such file or directory"),
        (b"#!/etc/passwd/x\n", "the interpreter '/etc/passwd/x' of its first line: Not a directory"),
        (b"#!/etc/passwd\n", "the interpreter '/etc/passwd' of its first line: Permission denied"),
        (b"#!/no/such", "the interpreter '/no/such' of its first line: No such file or directory"),
        (
            b"#!/bin/sh\r\necho\r\n",
            f"the interpreter '/bin/sh' of its first line is followed by a carriage return: {WINDOWS}",
        ),
        (b"print('x')\n", "its first line names no interpreter by #!, and it is no program itself"),
        (b"", "its first line names no interpreter by #!, and it is no program itself"),
        (b"\xef\xbb\xbf#!/bin/sh\n", "a byte order mark stands before the #! of its first line"),
    ],
)
def test_C8_it_names_what_is_wrong_with_the_first_line(cgi: CgiSite, content: bytes, expected: str) -> None:
    cgi.write("x", "").write_bytes(content)
    assert complaint(cgi) == expected


def test_a_program_whose_loader_is_missing(cgi: CgiSite) -> None:
    program = bytearray(Path("/bin/sh").read_bytes())
    at = program.index(b"/lib64/ld-linux" if b"/lib64/ld-linux" in program else b"/lib/ld-")
    program[at : at + 4] = b"/LIB"
    cgi.write("x", "").write_bytes(program)
    assert complaint(cgi) == "a loader or library that it needs is missing"


def test_a_missing_program_for_a_suffix_is_named_with_the_file(cgi: CgiSite) -> None:
    cgi.site = Site(cgi_suffixes=((".x", "/no/such"),), cgi_directories=())
    cgi.write("page.x", "")
    with pytest.raises(InternalError):
        cgi.start(request_head("/cgi-bin/page.x"))
    (line,) = cgi.logged
    assert line == (
        f"/cgi-bin/page.x: '/no/such', the program for {str(cgi.bin / 'page.x')!r}, cannot be started: "
        "[Errno 2] No such file or directory: '/no/such'"
    )


def gone(path: Path) -> OSError:
    return FileNotFoundError(2, "No such file or directory", str(path))


@pytest.mark.parametrize(
    "error",
    [
        gone,
        lambda path: FileNotFoundError(2, "No such file or directory", str(path.parent)),
        lambda path: OSError(7, "Argument list too long", str(path)),
        lambda path: ValueError("embedded null byte"),
    ],
    ids=["gone", "the directory", "too long", "NUL"],
)
def test_what_the_system_says_is_told_where_the_file_tells_nothing(
    tmp_path: Path, error: Callable[[Path], OSError | ValueError]
) -> None:
    path = tmp_path / "x"
    raised = error(path)
    if raised.__class__ is not FileNotFoundError:
        path.write_text("#!/bin/sh\n")
    assert why_not((str(path),), raised) == f"{str(path)!r} cannot be started: {raised}"


def test_a_file_that_may_not_be_executed_says_how_it_may(cgi: CgiSite) -> None:
    path = cgi.write("x", "#!/bin/sh\n", mode=0o644)
    with pytest.raises(NotExecutable, match=r"x' may not be executed: chmod \+x"):
        cgi.call(request_head())
    os.chmod(path, 0o755)
    assert cgi.call(request_head()).script == Script(str(path), "/cgi-bin/x")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"#! \t\n", "its first line names no interpreter behind #!"),
        (b"#!/" + b"a" * 252 + b"\n", f"the interpreter '/{'a' * 252}' of its first line: No such file or directory"),
        (b"#!/" + b"a" * 300 + b"\n", f"the interpreter '/{'a' * 253}' of its first line: No such file or directory"),
    ],
)
def test_of_a_first_line_so_much_is_looked_at_as_systems_read(line: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(line)
    error = FileNotFoundError(errno.ENOENT, "No such file or directory", str(path))
    assert why_not((str(path),), error) == f"{str(path)!r} cannot be started: {said}"
