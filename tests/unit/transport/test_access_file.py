"""An access log in a file: each line at once, and what becomes of lines that cannot be written."""

import logging
import os
from pathlib import Path
from typing import Literal

import pytest

from pyhttp import AccessEntry, AccessFile, Limits, PooledServer
from pyhttp.transport.access_file import Format
from pyhttp.transport.access_log import combined_format, common_format, json_format
from tests.helpers.servers import connect, serving
from tests.helpers.sockets import request
from tests.helpers.untyped import untyped

ENTRY = AccessEntry("127.0.0.1", 1e9, 0.001, "GET", '/" 404 ', "HTTP/1.1", 200, 12, "", "curl")


def target_of(entry: AccessEntry, longest: int) -> str:
    return entry.target[:longest]


@pytest.mark.parametrize(
    ("log_format", "written"), [("common", common_format), ("combined", combined_format), ("json", json_format)]
)
def test_a_file_gets_each_line_at_once(
    tmp_path: Path, log_format: Literal["common", "combined", "json"], written: Format
) -> None:
    (tmp_path / "log").write_text("before\n")
    file = AccessFile(tmp_path / "log", log_format)
    file(ENTRY)
    assert (tmp_path / "log").read_text() == f"before\n{written(ENTRY, 2048)}\n"
    file.close()


def test_the_common_format_is_the_usual_one(tmp_path: Path) -> None:
    file = AccessFile(tmp_path / "log")
    file(ENTRY)
    assert (tmp_path / "log").read_text() == f"{common_format(ENTRY, 2048)}\n"
    file.close()


def test_lines_are_as_long_as_the_limits_say_or_the_caller(tmp_path: Path) -> None:
    long = ENTRY._replace(target="/" + "a" * 5000)
    for file in (AccessFile(tmp_path / "log"), AccessFile(tmp_path / "log", longest=100)):
        file(long)
        file.close()
    assert [len(line) for line in (tmp_path / "log").read_text().splitlines()] == [Limits().log_line, 100]


def test_what_is_no_format_is_refused(tmp_path: Path) -> None:
    made = untyped(AccessFile)
    with pytest.raises(ValueError, match=r"^log_format: common, combined, json or a function, not 'short'$"):
        made(tmp_path / "log", "short")
    with pytest.raises(TypeError, match=r"^log_format: .*not int: or a function from an entry and a number to a line$"):
        made(tmp_path / "log", 3)
    assert not (tmp_path / "log").exists()


def test_a_server_writes_there(tmp_path: Path) -> None:
    file = AccessFile(tmp_path / "log")
    with serving(PooledServer, access_log=file) as server, connect(server) as client:
        client.send(request("/a"))
        assert client.reply().status == 200
    file.close()
    assert '] "GET /a HTTP/1.1" 200 7' in (tmp_path / "log").read_text()


def test_a_line_that_no_encoding_takes_is_written_in_escapes(tmp_path: Path) -> None:
    file = AccessFile(str(tmp_path / "log"), target_of)
    file(ENTRY._replace(target="ü \udc80"))
    assert (tmp_path / "log").read_bytes() == "ü \\udc80\n".encode()
    file.close()


def test_a_part_of_a_line_is_followed_by_the_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = AccessFile(str(tmp_path / "log"), target_of)
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:2]))
    file(ENTRY._replace(target="a line"))
    assert (tmp_path / "log").read_text() == "a line\n"
    file.close()


def test_a_file_that_was_moved_away_is_opened_anew_under_the_same_number(tmp_path: Path) -> None:
    file = AccessFile(str(tmp_path / "log"), target_of)
    file(ENTRY._replace(target="one"))
    descriptors = os.listdir("/proc/self/fd")
    (tmp_path / "log").rename(tmp_path / "old")
    file(ENTRY._replace(target="two"))
    file.reopen()
    file(ENTRY._replace(target="three"))
    assert (tmp_path / "old").read_text() == "one\ntwo\n"
    assert (tmp_path / "log").read_text() == "three\n"
    assert os.listdir("/proc/self/fd") == descriptors
    file.close()


def test_no_child_inherits_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written_to: set[int] = set()
    write = os.write

    def watched(descriptor: int, data: bytes) -> int:
        written_to.add(descriptor)
        assert not os.get_inheritable(descriptor)
        return write(descriptor, data)

    file = AccessFile(str(tmp_path / "log"), target_of)
    with monkeypatch.context() as patched:
        patched.setattr(os, "write", watched)
        file(ENTRY._replace(target="line"))
        file.reopen()
        file(ENTRY._replace(target="line"))
    assert len(written_to) == 1
    file.close()


def test_O3_a_file_that_cannot_be_opened_anew_is_told_and_loses_no_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = AccessFile(str(tmp_path / "log"), target_of)
    (tmp_path / "log").rename(tmp_path / "old")
    (tmp_path / "log").mkdir()
    file.reopen()
    logging.getLogger("pyhttp.error").propagate = True
    file(ENTRY._replace(target="line"))
    assert "cannot write the access log" in caplog.text
    assert (tmp_path / "old").read_text() == "line\n"
    file.close()


def test_O3_a_full_disk_is_told_and_fails_nothing(caplog: pytest.LogCaptureFixture) -> None:
    file = AccessFile("/dev/full", target_of)
    logging.getLogger("pyhttp.error").propagate = True
    file(ENTRY._replace(target="line"))
    assert "cannot write the access log /dev/full: " in caplog.text
    file.close()
