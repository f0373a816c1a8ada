"""PEP 3333: the lines that an application writes to `wsgi.errors` go into the log, one by one. O2."""

import logging
import threading

import pytest

from pyhttp.wsgi.errors import ErrorLines


@pytest.fixture
def errors(caplog: pytest.LogCaptureFixture) -> ErrorLines:
    caplog.set_level(logging.WARNING, "pyhttp.error")
    return ErrorLines()


def test_lines_become_records(errors: ErrorLines, caplog: pytest.LogCaptureFixture) -> None:
    print("one", 1, file=errors)
    errors.write("two\nthr")
    errors.writelines(["ee\n", "\n", "four"])
    assert caplog.messages == ["one 1", "two", "three", ""]
    errors.flush()
    errors.flush()
    assert caplog.messages[4:] == ["four"]
    assert {record.name for record in caplog.records} == {"pyhttp.error"}


def test_O2_controls_are_escaped(errors: ErrorLines, caplog: pytest.LogCaptureFixture) -> None:
    errors.write('  File "a.py"\r\x1b[2J\n')
    assert caplog.messages == ['  File "a.py"\\x0d\\x1b[2J']


def test_threads_do_not_write_into_each_others_lines(errors: ErrorLines, caplog: pytest.LogCaptureFixture) -> None:
    errors.write("mine")
    other = threading.Thread(target=errors.write, args=["other\n"])
    other.start()
    other.join()
    errors.write("\n")
    assert caplog.messages == ["other", "mine"]
