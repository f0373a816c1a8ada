"""The file of users, and the line that `pyhttp passwd` writes."""

import getpass
import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pyhttp.auth import PasswordHash
from pyhttp.command.cli import main
from pyhttp.command.passwords import load

NAMES = "a name has 1 to 128 characters, no # in front, no colon and no control character"
HASH = str(PasswordHash.of("secret", bytes(16), n=2, r=1))


def test_a_file_of_users(tmp_path: Path) -> None:
    path = tmp_path / "users"
    path.write_text(f"# who\n\na b:{HASH}\r\nü:{HASH}")
    assert load(str(path)).users == (("a b", HASH), ("ü", HASH))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", " names no user; pyhttp passwd NAME writes a line for it"),
        (b"# a:b\n", " names no user; pyhttp passwd NAME writes a line for it"),
        (b"\na:secret\n", ", line 2: its hash is not one that pyhttp passwd writes"),
        (b"secret\n", ", line 1: its hash is not one that pyhttp passwd writes"),
        (f"a:{HASH}\na:{HASH}".encode(), ", line 2: the name is there twice"),
        (f":{HASH}".encode(), f", line 1: {NAMES}"),
        (f"a:{HASH}\n\xe9:{HASH}".encode("latin-1"), ", line 2: it is not UTF-8"),
    ],
)
def test_what_cannot_be_understood_is_told_with_its_line(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "users"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="users") as raised:
        load(str(path))
    assert str(raised.value) == f"{path}{message}"  # no secret is in it


def test_a_file_that_cannot_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path), "--auth", str(tmp_path / "none")]) == 1
    assert capsys.readouterr().err == f"pyhttp: cannot read the users of {tmp_path}/none: No such file or directory\n"


@pytest.fixture
def piped() -> Iterator[int]:
    """Standard input is a pipe, which reads what is written to this descriptor."""
    before, (reader, writer) = os.dup(0), os.pipe()
    os.dup2(reader, 0)
    os.close(reader)
    yield writer
    os.dup2(before, 0)
    os.close(before)


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"", b"\nmore\n"])
def test_a_line_of_standard_input(end: bytes, piped: int, capsys: pytest.CaptureFixture[str]) -> None:
    os.write(piped, "pä: ss ".encode() + end)
    os.close(piped)
    assert main(["passwd", "ü x"]) == 0
    out, err = capsys.readouterr()
    name, _, written = out.removesuffix("\n").partition(":")
    assert (name, err) == ("ü x", "")
    assert "pä: ss" not in written
    assert PasswordHash.parse(written).matches("pä: ss ")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (b"", "no password was given"),
        (b"\n", "no password was given"),
        (b"\xff\n", "the password is not UTF-8"),
        (b"a\tb\n", "a password has no control characters"),
    ],
)
def test_what_is_no_password(given: bytes, message: str, piped: int, capsys: pytest.CaptureFixture[str]) -> None:
    os.write(piped, given)
    os.close(piped)
    assert main(["passwd", "a"]) == 1
    assert capsys.readouterr() == ("", f"pyhttp: {message}\n")


class Terminal(io.StringIO):
    """Standard input of a person at a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("typed", "code", "message"),
    [("xx", 0, ""), ("xy", 1, "the two passwords differ"), ("", 1, "no password was given")],
)
def test_a_terminal_is_asked_twice(
    typed: str, code: int, message: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    left = list(typed)

    prompts: list[str] = []

    def typing(prompt: str) -> str:
        prompts.append(prompt)
        if not left:
            raise EOFError
        return left.pop(0)

    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(getpass, "getpass", typing)
    assert main(["passwd", "a"]) == code
    out, err = capsys.readouterr()
    assert err == (f"pyhttp: {message}\n" if message else "")
    assert (out == "") == bool(code)
    assert left == []
    assert prompts == ["Password: ", "Again: "][: len(prompts)]


@pytest.mark.parametrize("arguments", [[], ["a", "b"], ["--hel"], ["-x", "a"]])
def test_its_arguments(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["passwd", *arguments])
    assert ended.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("usage: pyhttp passwd NAME ")


@pytest.mark.parametrize("name", ["a:b", "", "#a"])
def test_names_that_nobody_can_have(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["passwd", name]) == 1
    assert capsys.readouterr().err == f"pyhttp: {NAMES}\n"


def test_standard_output_that_is_full_is_told(piped: int, capsys: pytest.CaptureFixture[str]) -> None:
    os.write(piped, b"secret\n")
    os.close(piped)
    full = open("/dev/full", "w", encoding="utf-8")  # noqa: SIM115 - the command closes nothing of its own
    with pytest.MonkeyPatch.context() as patch, full:
        patch.setattr(sys, "stdout", full)
        assert main(["passwd", "a"]) == 1
    assert capsys.readouterr().err == "pyhttp: cannot write to standard output: No space left on device\n"
