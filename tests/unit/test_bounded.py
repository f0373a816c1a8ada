"""The tests themselves: a hanging test fails, everything that it has started ends, and signals arrive."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
IGNORING: Final = """
import os, signal, sys
for number in (signal.SIGHUP, signal.SIGINT):
    signal.signal(number, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM, signal.SIGTERM})
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""
"""Starts the tests as a shell does in the background, by nohup, or worse."""


def outcome(folder: Path, code: str, *, seconds: float = 60.0) -> tuple[int, str]:
    """The exit code and the words of tests with that code. A process that ignores signals starts them."""
    (folder / "test_it.py").write_text(f"import os, signal, subprocess, sys, threading, time\n\n{code}\n")
    pytest_ = ["-m", "pytest", "-q", "-c", "/dev/null", "-p", "no:cacheprovider", "-p", "tests.helpers.bounded"]
    ran = subprocess.run(
        [sys.executable, "-c", IGNORING, *pytest_, str(folder / "test_it.py")],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "TEST_SECONDS": str(seconds)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return ran.returncode, ran.stdout + ran.stderr


@pytest.mark.parametrize("name", ["SIGINT", "SIGHUP", "SIGTERM"])
def test_a_signal_reaches_what_a_test_has_started(tmp_path: Path, name: str) -> None:
    code = f"""
def test_it():
    with subprocess.Popen(["sleep", "60"]) as child:
        child.send_signal(signal.{name})
        assert child.wait(10) == -signal.{name}
"""
    assert outcome(tmp_path, code)[0] == 0


HANGING: Final = {
    "a wait": "threading.Event().wait()",
    "a join": "thread = threading.Thread(target=time.sleep, args=(1000,)); thread.start(); thread.join()",
    "a read": "os.read(os.pipe()[0], 1)",
    "its child": "child.wait()",
}


@pytest.mark.parametrize("name", HANGING)
def test_a_test_that_hangs_fails_and_its_child_ends(tmp_path: Path, name: str) -> None:
    code = f"""
def test_it():
    with subprocess.Popen(["sleep", "1000"]) as child:
        open({str(tmp_path / "pid")!r}, "w").write(str(child.pid))
        try:
            {HANGING[name]}
        finally:
            child.kill()

def test_the_next():
    pass
"""
    status, said = outcome(tmp_path, code, seconds=0.5)
    assert status == 1
    assert "it has taken more than 0.5 s" in said
    assert "1 failed, 1 passed" in said
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_whoever_ends_the_tests_ends_what_they_have_started(tmp_path: Path) -> None:
    code = f"""
def test_it():
    with subprocess.Popen(["sleep", "1000"]) as child:
        open({str(tmp_path / "pid")!r}, "w").write(str(child.pid))
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(1000)
        finally:
            child.kill()
"""
    assert outcome(tmp_path, code)[0] == int(pytest.ExitCode.INTERRUPTED)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_it_is_at_work_here() -> None:
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert signal.getitimer(signal.ITIMER_REAL)[0] > 0
