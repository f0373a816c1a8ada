"""The logs of the command line."""

import io
import logging
import subprocess
import sys
import traceback

import pytest

from pyhttp.command.logs import access_log, set_up
from pyhttp.command.values import LogFormat
from pyhttp.transport.access_file import FORMATS
from pyhttp.transport.access_log import ERROR, INFO, WARNING, AccessEntry, loggers

ENTRY = AccessEntry("127.0.0.1", 1e9, 0.001, "GET", '/" 404 ', "HTTP/1.1", 200, 12, "", "curl")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_each_format_has_its_function() -> None:
    assert FORMATS.keys() == {each.value for each in LogFormat}


@pytest.mark.parametrize(("status", "colour"), [(200, 32), (304, 36), (404, 33), (500, 31)])
def test_statuses_have_colours_on_a_terminal(status: int, colour: int, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.delenv("NO_COLOR", raising=False)
    access_log(LogFormat.COMMON, 2048)(ENTRY._replace(status=status))
    assert terminal.getvalue().endswith(f'"GET /\\x22 404  HTTP/1.1" \x1b[{colour}m{status}\x1b[0m 12\n')


@pytest.mark.parametrize(
    ("log_format", "terminal", "no_color"),
    [(LogFormat.COMMON, False, ""), (LogFormat.COMMON, True, "1"), (LogFormat.JSON, True, "")],
)
def test_and_nowhere_else(
    log_format: LogFormat, terminal: bool, no_color: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = Terminal() if terminal else io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("NO_COLOR", no_color)
    access_log(log_format, 2048)(ENTRY)
    assert "\x1b" not in stream.getvalue()
    assert stream.getvalue().count("\n") == 1


def test_lines_are_as_long_as_the_limit_says(capsys: pytest.CaptureFixture[str]) -> None:
    access_log(LogFormat.COMMON, 100)(ENTRY._replace(target="/" + "a" * 500))
    assert [len(line) for line in capsys.readouterr().err.splitlines()] == [100]


@pytest.mark.parametrize(("verbose", "told"), [(False, (False, True, True)), (True, (True, True, True))])
def test_what_is_told(verbose: bool, told: tuple[bool, ...], capsys: pytest.CaptureFixture[str]) -> None:
    set_up(verbose=verbose)
    log, lines = loggers()
    assert lines is None  # a server writes no access lines of its own accord
    levels = (INFO, WARNING, ERROR)
    assert tuple(map(log.isEnabledFor, levels)) == told
    for level in levels:
        log.log(level, "%d%% of %s", level, "all")
    expected = [f"pyhttp: {level}% of all" for level, is_told in zip(levels, told, strict=True) if is_told]
    assert capsys.readouterr().err.splitlines() == expected


def test_a_message_without_arguments_is_written_as_it_stands(capsys: pytest.CaptureFixture[str]) -> None:
    set_up(verbose=False)
    loggers()[0].log(ERROR, "100%")
    assert capsys.readouterr().err == "pyhttp: 100%\n"


def fault() -> ValueError:
    """An error that was raised."""
    try:
        raise ValueError("a fault")
    except ValueError as error:
        return error


def test_a_fault_has_its_traceback_as_logging_writes_it(capsys: pytest.CaptureFixture[str]) -> None:
    set_up(verbose=False)
    error = fault()
    loggers()[0].log(ERROR, "the handler of %s failed", "/", exc_info=error)
    by_logging = logging.Formatter("pyhttp: %(message)s").format(
        logging.LogRecord(
            "", ERROR, "", 0, "the handler of %s failed", ("/",), (ValueError, error, error.__traceback__)
        )
    )
    assert capsys.readouterr().err == f"{by_logging}\n"
    assert "raise ValueError" in by_logging


def test_L5_a_fault_is_told_where_no_module_can_be_loaded(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> list[str]:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(traceback, "format_exception", fail)
    set_up(verbose=False)
    loggers()[0].log(ERROR, "it failed", exc_info=fault())
    assert capsys.readouterr().err == "pyhttp: it failed: ValueError('a fault')\n"


def test_O3_a_standard_error_that_cannot_be_written_gets_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(io.StringIO):
        full = True

        def write(self, text: str) -> int:
            if self.full:
                self.full = False
                raise OSError(28, "No space left on device")
            return super().write(text)

    stream = Full()
    monkeypatch.setattr(sys, "stderr", stream)
    set_up(verbose=False)
    log = access_log(LogFormat.COMMON, 2048)
    log(ENTRY)
    log(ENTRY._replace(target="/kept"))
    assert stream.getvalue().count("\n") == 1
    assert "/kept" in stream.getvalue()
    stream.close()
    loggers()[0].log(ERROR, "lost")


def test_a_line_leaves_at_once() -> None:
    """Standard error may be buffered as a whole: where it is a pipe, for instance, and the environment asks for it."""
    code = (
        "import io, os, sys\n"
        "from pyhttp.command.logs import set_up\n"
        "from pyhttp.transport.access_log import loggers\n"
        "sys.stderr = io.TextIOWrapper(io.BufferedWriter(io.FileIO(2, 'w', closefd=False)))\n"
        "set_up(verbose=False)\n"
        "loggers()[0].log(40, 'a line')\n"
        "os._exit(0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stderr == "pyhttp: a line\n"
