"""The logs of the command line."""

import io
import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pyhttp.logs import ReopenedFile, access_log, formatter
from pyhttp.options import LogFormat
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


def test_statuses_have_colours_on_a_terminal(lines: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.delenv("NO_COLOR", raising=False)
    access_log(LogFormat.COMMON, to_file=False)(ENTRY)
    assert lines[0].endswith('"GET /\\x22 404  HTTP/1.1" \x1b[32m200\x1b[0m 12')


@pytest.mark.parametrize(
    ("log_format", "to_file", "terminal", "no_color"),
    [
        (LogFormat.COMMON, True, True, ""),
        (LogFormat.COMMON, False, False, ""),
        (LogFormat.COMMON, False, True, "1"),
        (LogFormat.JSON, False, True, ""),
    ],
)
def test_and_nowhere_else(
    log_format: LogFormat,
    to_file: bool,
    terminal: bool,
    no_color: str,
    lines: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal() if terminal else io.StringIO())
    monkeypatch.setenv("NO_COLOR", no_color)
    access_log(log_format, to_file=to_file)(ENTRY)
    assert "\x1b" not in lines[0]


def test_a_silenced_log_costs_no_line(lines: list[str]) -> None:
    logging.getLogger("pyhttp.access").setLevel(logging.WARNING)
    access_log(LogFormat.COMMON, to_file=True)(ENTRY)
    assert lines == []


def test_O3_a_file_that_cannot_be_written_is_told_and_fails_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    handler = ReopenedFile(str(tmp_path / "log"))
    (tmp_path / "log").unlink()
    (tmp_path / "log").mkdir()
    handler.reopen()
    record = logging.LogRecord("n", logging.INFO, "", 1, "line", None, None)
    logging.getLogger("pyhttp.error").propagate = True
    handler.emit(record)
    assert "cannot write the access log" in caplog.text
    handler.close()
