"""The logs of the command line."""

import io
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pyhttp.command.logs import AccessFile, access_log, formatter, set_up
from pyhttp.command.values import LogFormat
from pyhttp.transport.access_log import AccessEntry

ENTRY = AccessEntry("127.0.0.1", 1e9, 0.001, "GET", '/" 404 ', "HTTP/1.1", 200, 12, "", "curl")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    written: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            written.append(record.getMessage())

    logger = logging.getLogger("pyhttp.access")
    monkeypatch.setattr(logger, "handlers", [Keep()])
    before = logger.level
    logger.setLevel(logging.INFO)
    yield written
    logger.setLevel(before)


def test_each_format_has_its_function() -> None:
    assert len({formatter(each)(ENTRY, 2048) for each in LogFormat}) == len(LogFormat)


@pytest.mark.parametrize(("status", "colour"), [(200, 32), (304, 36), (404, 33), (500, 31)])
def test_statuses_have_colours_on_a_terminal(
    status: int, colour: int, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.delenv("NO_COLOR", raising=False)
    access_log(LogFormat.COMMON, 2048)(ENTRY._replace(status=status))
    assert lines[0].endswith(f'"GET /\\x22 404  HTTP/1.1" \x1b[{colour}m{status}\x1b[0m 12')


@pytest.mark.parametrize(
    ("log_format", "terminal", "no_color"),
    [(LogFormat.COMMON, False, ""), (LogFormat.COMMON, True, "1"), (LogFormat.JSON, True, "")],
)
def test_and_nowhere_else(
    log_format: LogFormat, terminal: bool, no_color: str, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal() if terminal else io.StringIO())
    monkeypatch.setenv("NO_COLOR", no_color)
    access_log(log_format, 2048)(ENTRY)
    assert "\x1b" not in lines[0]


def test_a_silenced_log_costs_no_line(lines: list[str]) -> None:
    logging.getLogger("pyhttp.access").setLevel(logging.WARNING)
    access_log(LogFormat.COMMON, 2048)(ENTRY)
    assert lines == []


def target_of(entry: AccessEntry, longest: int) -> str:
    return entry.target[:longest]


def test_a_file_gets_each_line_at_once_and_without_colour(
    tmp_path: Path, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.delenv("NO_COLOR", raising=False)
    (tmp_path / "log").write_text("before\n")
    file = AccessFile(str(tmp_path / "log"), formatter(LogFormat.COMMON), 2048)
    file(ENTRY)
    written = (tmp_path / "log").read_text().splitlines()
    assert written[0] == "before"
    assert written[1].endswith('"GET /\\x22 404  HTTP/1.1" 200 12')
    assert lines == []
    file.close()


def test_a_line_that_no_encoding_takes_is_written_in_escapes(tmp_path: Path) -> None:
    file = AccessFile(str(tmp_path / "log"), target_of, 2048)
    file(ENTRY._replace(target="ü \udc80"))
    assert (tmp_path / "log").read_bytes() == "ü \\udc80\n".encode()
    file.close()


def test_a_part_of_a_line_is_followed_by_the_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = AccessFile(str(tmp_path / "log"), target_of, 2048)
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:2]))
    file(ENTRY._replace(target="a line"))
    assert (tmp_path / "log").read_text() == "a line\n"
    file.close()


def test_a_file_that_was_moved_away_is_opened_anew_under_the_same_number(tmp_path: Path) -> None:
    file = AccessFile(str(tmp_path / "log"), target_of, 2048)
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

    file = AccessFile(str(tmp_path / "log"), target_of, 2048)
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
    file = AccessFile(str(tmp_path / "log"), target_of, 2048)
    (tmp_path / "log").rename(tmp_path / "old")
    (tmp_path / "log").mkdir()
    file.reopen()
    logging.getLogger("pyhttp.error").propagate = True
    file(ENTRY._replace(target="line"))
    assert "cannot write the access log" in caplog.text
    assert (tmp_path / "old").read_text() == "line\n"
    file.close()


def test_O3_a_full_disk_is_told_and_fails_nothing(caplog: pytest.LogCaptureFixture) -> None:
    file = AccessFile("/dev/full", target_of, 2048)
    logging.getLogger("pyhttp.error").propagate = True
    file(ENTRY._replace(target="line"))
    assert "cannot write the access log /dev/full: " in caplog.text
    file.close()


def test_lines_are_as_long_as_the_limit_says(tmp_path: Path, lines: list[str]) -> None:
    long = ENTRY._replace(target="/" + "a" * 500)
    file = AccessFile(str(tmp_path / "log"), formatter(LogFormat.COMMON), 100)
    file(long)
    file.close()
    access_log(LogFormat.COMMON, 100)(long)
    assert [len(line) for line in (*(tmp_path / "log").read_text().splitlines(), *lines)] == [100, 100]


@pytest.fixture
def loggers_as_before() -> Iterator[None]:
    loggers = [logging.getLogger(name) for name in ("pyhttp.access", "pyhttp.error")]
    before = [(logger.level, logger.propagate, list(logger.handlers)) for logger in loggers]
    yield
    for logger, (level, propagate, handlers) in zip(loggers, before, strict=True):
        logger.setLevel(level)
        logger.propagate = propagate
        logger.handlers[:] = handlers


@pytest.mark.usefixtures("loggers_as_before")
@pytest.mark.parametrize(("quiet", "verbose"), [(False, False), (True, False), (False, True), (True, True)])
def test_what_is_told_to_whom(quiet: bool, verbose: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    set_up(quiet=quiet, verbose=verbose)
    logging.getLogger("pyhttp.access").info("a line")
    logging.getLogger("pyhttp.error").info("a reason")
    logging.getLogger("pyhttp.error").error("a fault")
    expected = [*([] if quiet else ["a line"]), *(["pyhttp: a reason"] if verbose else []), "pyhttp: a fault"]
    assert stream.getvalue().splitlines() == expected


@pytest.mark.usefixtures("loggers_as_before")
def test_O3_a_standard_error_that_cannot_be_written_gets_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    """The inherited handler would write a traceback to the same stream, once that stream can be written again."""

    class Full(io.StringIO):
        full = True

        def write(self, text: str) -> int:
            if self.full:
                self.full = False
                raise OSError(28, "No space left on device")
            return super().write(text)

    stream = Full()
    monkeypatch.setattr(sys, "stderr", stream)
    set_up(quiet=False, verbose=False)
    logging.getLogger("pyhttp.access").info("lost")
    logging.getLogger("pyhttp.access").info("kept")
    assert stream.getvalue() == "kept\n"
