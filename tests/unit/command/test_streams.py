"""The standard streams of the command, each in a process of its own where descriptors are closed."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pyhttp.command import streams

SOURCE = Path(__file__).parents[3] / "src"

SHOW = """
import os, sys
sys.path.insert(0, sys.argv[1])
from pyhttp.command import streams
streams.claim()
with open(sys.argv[2], "w") as log:
    log.write(" ".join([str(log.fileno()), *(os.readlink(f"/proc/self/fd/{number}") for number in range(3))]))
streams.say("said")
streams.complain("complained")
streams.settle()
sys.exit(3)
"""
CAREFUL = SHOW.replace(
    'streams.say("said")', 'try:\n    streams.say("said")\nexcept OSError:\n    streams.complain("nowhere to say it")'
)


@pytest.mark.parametrize("closed", ["0<&-", "1>&-", "2>&-", "0<&- 1>&- 2>&-"])
def test_a_closed_descriptor_is_taken_by_the_null_device_and_by_nothing_else(closed: str, tmp_path: Path) -> None:
    command = f'exec "$0" -c "$1" "$2" "$3" {closed}'
    done = subprocess.run(
        ["sh", "-c", command, sys.executable, CAREFUL, str(SOURCE), str(tmp_path / "log")],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    number, *names = (tmp_path / "log").read_text().split()
    assert int(number) > 2
    for descriptor, name in enumerate(names):
        if f"{descriptor}<&-" in closed or f"{descriptor}>&-" in closed:
            assert name == "/dev/null"
    assert done.stdout == ("" if "1>&-" in closed else "said")
    complaints = "pyhttp: nowhere to say it\n" * ("1>&-" in closed) + "pyhttp: complained\n"
    assert done.stderr == ("" if "2>&-" in closed else complaints)
    assert done.returncode == 3


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_what_cannot_be_written_to_standard_error_changes_no_exit_code(unbuffered: str, tmp_path: Path) -> None:
    command = 'exec "$0" -c "$1" "$2" "$3" 2> /dev/full'
    done = subprocess.run(
        ["sh", "-c", command, sys.executable, SHOW, str(SOURCE), str(tmp_path / "log")],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
        env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
    )
    assert (done.returncode, done.stdout) == (3, "said")


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_what_cannot_be_said_is_an_error_once(unbuffered: str, tmp_path: Path) -> None:
    code = SHOW.replace(
        'streams.say("said")', 'try:\n    streams.say("said")\nexcept OSError:\n    print("refused", file=sys.stderr)'
    )
    done = subprocess.run(
        [
            "sh",
            "-c",
            'exec "$0" -c "$1" "$2" "$3" > /dev/full',
            sys.executable,
            code,
            str(SOURCE),
            str(tmp_path / "log"),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
        env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
    )
    assert (done.returncode, done.stderr) == (3, "refused\npyhttp: complained\n")


def test_names_that_do_not_fit_the_terminal_are_written_in_escapes(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="ascii"))
    streams.claim()
    streams.say("ü\udc80")
    assert written.getvalue() == b"\\xfc\\udc80"


def test_nothing_stays_open_where_nothing_was_closed() -> None:
    before = os.listdir("/proc/self/fd")
    streams.claim()
    assert os.listdir("/proc/self/fd") == before


def test_what_is_said_is_there_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    said, complained = io.BytesIO(), io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(said, encoding="ascii"))
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(complained, encoding="ascii"))
    streams.say("said\n")
    streams.complain("complained")
    assert (said.getvalue(), complained.getvalue()) == (b"said\n", b"pyhttp: complained\n")
