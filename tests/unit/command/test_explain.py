"""`pyhttp explain`: its input, its output, its exit codes."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pyhttp.command import explain
from pyhttp.command.cli import main

GOOD = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.fixture
def sent(tmp_path: Path) -> Callable[[bytes], str]:
    def write(data: bytes) -> str:
        path = tmp_path / "sent"
        path.write_bytes(data)
        return str(path)

    return write


def test_what_is_read_exits_0(sent: Callable[[bytes], str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", sent(GOOD)]) == 0
    assert capsys.readouterr().out.startswith("request 1: octets 0 to 26\n  line       GET / HTTP/1.1\n")


def test_what_is_refused_exits_1(sent: Callable[[bytes], str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", sent(GOOD + b"x\0")]) == 1
    assert "refused at octet 28 of 29\n  rule       request line: NUL at offset 1\n" in capsys.readouterr().out


def test_standard_input_is_read_without_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    reading, writing = os.pipe()
    os.write(writing, GOOD)
    os.close(writing)
    before = os.dup(0)
    try:
        os.dup2(reading, 0)
        assert main(["explain"]) == 0
        os.fstat(0)  # standard input stays open
    finally:
        os.dup2(before, 0)
        os.close(before)
        os.close(reading)
    assert capsys.readouterr().out.startswith("request 1: octets 0 to 26\n  line       GET / HTTP/1.1\n")


def test_as_json(sent: Callable[[bytes], str], capsys: pytest.CaptureFixture[str]) -> None:
    main(["explain", "--json", sent(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n\xe9\x00" + b"x\0")])
    told = json.loads(capsys.readouterr().out)
    assert (told["schema"], told["octets"], told["unread"]) == (1, 51, 1)
    (request,) = told["messages"]
    assert (request["method"], request["content"], request["complete"]) == ("POST", "\xe9\0", True)
    assert request["fields"][0] == {"name": "Host", "value": "a"}
    assert (told["refusal"]["offset"], told["refusal"]["status"], told["refusal"]["line"]) == (50, 400, "x\0")


def test_responses_and_the_methods_they_answer(
    sent: Callable[[bytes], str], capsys: pytest.CaptureFixture[str]
) -> None:
    path = sent(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n")
    assert main(["explain", "--response", path]) == 1
    assert main(["explain", "--response", "--method", "HEAD", path]) == 0
    assert capsys.readouterr().out.endswith("  framing    none: the answer to HEAD (RFC 9112 §6.3 item 1)\n")


def test_tls_is_said(sent: Callable[[bytes], str]) -> None:
    path = sent(b"GET https://a/ HTTP/1.1\r\nHost: a\r\n\r\n")
    assert (main(["explain", path]), main(["explain", "--tls", path])) == (1, 0)


def test_a_file_that_cannot_be_read_exits_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", str(tmp_path / "none")]) == 2
    assert capsys.readouterr().err == f"pyhttp: cannot read {tmp_path}/none: No such file or directory\n"


def test_so_much_is_explained(
    sent: Callable[[bytes], str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = sent(GOOD)
    os.truncate(path, (64 << 20) + 1)
    assert main(["explain", path]) == 2
    assert capsys.readouterr().err == "pyhttp: more than 67108864 octets are not explained\n"
    for most, code in ((len(GOOD), 0), (len(GOOD) - 1, 2)):
        monkeypatch.setattr(explain, "_MOST", most)
        assert main(["explain", sent(GOOD)]) == code
