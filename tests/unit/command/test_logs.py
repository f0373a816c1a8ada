"""The logs of the command line."""

import io
import logging
import sys
from collections.abc import Iterator

import pytest

from pyhttp.command.logs import access_log, set_up
from pyhttp.command.values import LogFormat
from pyhttp.transport.access_file import FORMATS
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
    assert FORMATS.keys() == {each.value for each in LogFormat}


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


def test_lines_are_as_long_as_the_limit_says(lines: list[str]) -> None:
    access_log(LogFormat.COMMON, 100)(ENTRY._replace(target="/" + "a" * 500))
    assert [len(line) for line in lines] == [100]


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
