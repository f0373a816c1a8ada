"""RFC 3875 §7.2, §3.4: a script as a group of processes, with real ones. C1, C8, C9, C11, C15."""

import errno
import os
import select
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest

from pyhttp.cgi.process import Process, _released
from pyhttp.errors import InternalError, Unavailable
from tests.helpers.cgi_site import CgiSite, buriers, descriptors, is_alive, settled, wait_until_dead


def start(cgi: CgiSite, path: Path, *arguments: str, environment: dict[bytes, bytes] | None = None) -> Process:
    return cgi.scripts.reserve().start(
        lambda: Process(
            (str(path), *arguments),
            directory=str(path.parent),
            environment={b"PATH": b"/usr/bin:/bin"} if environment is None else environment,
            stdin=None,
            scripts=cgi.scripts,
        )
    )


def output(process: Process) -> bytes:
    """All output of the process."""
    os.set_blocking(process.output, True)
    pieces = []
    while data := os.read(process.output, 65536):
        pieces.append(data)
    return b"".join(pieces)


def pid_of(process: Process) -> int:
    """What a script tells of itself, or of its child, in its first line."""
    os.set_blocking(process.output, True)
    text = b""
    while not text.endswith(b"\n"):
        text += os.read(process.output, 1)
    return int(text)


@pytest.mark.clause("3875-7.2-4a")
def test_C9_own_directory_own_group_three_descriptors_and_default_signals(cgi: CgiSite) -> None:
    read, write = os.pipe()
    os.set_inheritable(write, True)
    path = cgi.python(
        "state",
        "import fcntl",
        "fds = []",
        "for fd in range(256):",
        "    try: fcntl.fcntl(fd, fcntl.F_GETFD); fds.append(fd)",
        "    except OSError: pass",
        "status = dict(line.split(':\\t') for line in open('/proc/self/status') if ':\\t' in line)",
        # the signals that the interpreter sets for itself when it starts: SIGPIPE, SIGXFSZ and SIGINT
        "mine = 1 << signal.SIGPIPE - 1 | 1 << signal.SIGXFSZ - 1",
        "ignored = int(status['SigIgn'], 16) & ~mine",
        "print(os.getcwd(), os.getpgrp() == os.getpid(), fds, ignored, status['SigBlk'].strip())",
        "out.flush()",
    )
    previous = signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        process = start(cgi, path)
    finally:
        signal.signal(signal.SIGTERM, previous)
    expected = f"{cgi.bin} True [0, 1, 2] {inherited_ignored()} {0:016x}"
    assert output(process).decode().split("\n")[0] == expected
    process.wait(5)
    process.close()
    os.close(read)
    os.close(write)


def inherited_ignored() -> int:
    """The signals that the parent of this process has made it ignore, as a mask."""
    ours = {signal.SIGPIPE, signal.SIGXFSZ}
    ignored = [number for number in signal.valid_signals() - ours if signal.getsignal(number) is signal.SIG_IGN]
    return sum(1 << number - 1 for number in ignored)


def test_C9_the_interpreter_is_not_forked(cgi: CgiSite, monkeypatch: pytest.MonkeyPatch) -> None:
    """No fork handler runs, in parent or child: `subprocess` takes the way by vfork."""
    forks: list[str] = []
    os.register_at_fork(before=lambda: forks.append("fork"))
    process = start(cgi, cgi.sh("x", "exit 3"))
    process.wait(5)
    assert process.ended() == 3
    process.close()
    assert subprocess._USE_VFORK
    assert forks == []


def test_C1_and_C2_the_command_and_the_environment_are_what_they_are_said_to_be(cgi: CgiSite) -> None:
    path = cgi.sh("x", 'printf "%s|" "$0" "$@"', "cat /proc/self/environ | tr '\\0' '|'")
    process = start(cgi, path, "a b;$(c)", environment={b"A": b"\xff=$x"})
    found = output(process)
    assert found.startswith(f"{path}|a b;$(c)|".encode())
    assert b"|A=\xff=$x|" in found
    process.wait(5)
    process.close()


@pytest.mark.parametrize(
    ("text", "mode", "environment"),
    [
        ("not a program", 0o755, None),
        ("#!/no/such/interpreter\n", 0o755, None),
        ("#!/bin/sh\n", 0o644, None),
        ("#!/bin/sh\n", 0o755, {b"A": b"x" * 200_000}),
        ("#!/bin/sh\n", 0o755, {b"A": b"nul\0"}),
    ],
)
def test_C8_and_C15_what_cannot_be_started_is_a_500(
    cgi: CgiSite, text: str, mode: int, environment: dict[bytes, bytes] | None
) -> None:
    path = cgi.write("x", text, mode=mode)
    before = descriptors()
    with pytest.raises(InternalError) as raised:
        start(cgi, path, environment=environment)
    assert "cannot be started" in raised.value.detail
    assert descriptors() == before


def test_C15_a_missing_directory_is_a_500(cgi: CgiSite) -> None:
    with pytest.raises(InternalError):
        Process(("/bin/true",), directory="/no/such", environment={}, stdin=None, scripts=cgi.scripts)


@pytest.mark.parametrize("number", [errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE])
def test_a_machine_that_can_do_no_more_now_is_a_503(cgi: CgiSite, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def fail() -> tuple[int, int]:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "pipe", fail)
    with pytest.raises(Unavailable):
        start(cgi, cgi.sh("x"))


def test_a_script_that_has_ended_is_reaped_at_once_and_without_a_thread(cgi: CgiSite) -> None:
    process = start(cgi, cgi.sh("x", "exit 7"))
    assert process.exit is not None
    assert select.select([process.exit], [], [], 5)[0] == [process.exit]
    process.close()
    assert (process.ended(), cgi.scripts.running, buriers()) == (7, 0, [])
    process.close()
    process.terminate()


def test_a_group_that_was_seen_empty_is_left_alone(cgi: CgiSite, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another group may have its number by now."""
    process = start(cgi, cgi.sh("x", "exit 0"))
    process.wait(5)
    process.close()
    sent: list[int] = []
    monkeypatch.setattr(os, "killpg", lambda group, number: sent.append(number))
    process.terminate()
    process.kill()
    assert sent == []


def test_C11_a_signal_handler_may_destroy_what_its_own_thread_is_just_ending(cgi: CgiSite) -> None:
    process = start(cgi, cgi.sh("x", "trap '' TERM", "while :; do sleep 1; done"))

    def interrupted() -> None:
        with process._lock:
            process.destroy()

    thread = threading.Thread(target=interrupted, daemon=True)
    thread.start()
    thread.join(5)
    assert not thread.is_alive()
    process.wait(5)
    assert process.ended() == -signal.SIGKILL
    process.close()


def test_C11_a_running_script_gets_sigterm(cgi: CgiSite) -> None:
    """The script may tidy up, and say so on its standard error, before it is killed."""
    path = cgi.sh("x", "trap 'echo tidy >&2; echo term > got; exit 0' TERM", "echo $$", "while :; do sleep 0.02; done")
    process = start(cgi, path)
    pid_of(process)
    process.close()
    settled()
    assert (cgi.bin / "got").read_text() == "term\n"
    assert (process.ended(), cgi.scripts.running) == (0, 0)


def test_C11_a_script_that_ignores_sigterm_is_killed(cgi: CgiSite) -> None:
    process = start(cgi, cgi.sh("x", "trap '' TERM", "echo $$", "while :; do sleep 0.02; done"))
    pid = pid_of(process)
    started = time.monotonic()
    process.close()
    assert time.monotonic() - started < 0.1
    settled()
    assert time.monotonic() - started >= cgi.scripts.timeouts.script_kill
    assert process.ended() == -signal.SIGKILL
    assert not is_alive(pid)


@pytest.mark.parametrize("ignore", ["", "trap '' TERM; "])
def test_C11_what_the_script_left_running_is_ended_with_it(cgi: CgiSite, ignore: str) -> None:
    process = start(cgi, cgi.sh("x", f"({ignore}while :; do sleep 0.02; done) > /dev/null 2>&1 &", "echo $!"))
    pid = pid_of(process)
    process.wait(5)
    assert is_alive(pid)
    process.close()
    settled()
    wait_until_dead(pid)
    assert cgi.scripts.running == 0


def test_C11_stop_and_close_end_scripts_whose_owners_are_busy(cgi: CgiSite) -> None:
    tame = start(cgi, cgi.sh("a", "echo $$", "exec sleep 60"))
    wild = start(cgi, cgi.sh("b", "trap '' TERM", "echo $$", "while :; do sleep 0.02; done"))
    pids = [pid_of(tame), pid_of(wild)]
    cgi.scripts.close()
    assert cgi.scripts.running == 0
    for pid in pids:
        wait_until_dead(pid)
    assert (tame.ended(), wild.ended()) == (-signal.SIGTERM, -signal.SIGKILL)
    tame.close()
    wild.close()


def test_C11_close_while_a_thread_waits_for_the_end(cgi: CgiSite) -> None:
    """Both the thread and the close reap the process, and neither fails."""
    process = start(cgi, cgi.sh("b", "trap '' TERM", "echo $$", "while :; do sleep 0.02; done"))
    pid = pid_of(process)
    process.close()
    assert buriers() != []
    process.kill()
    settled()
    assert not is_alive(pid)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_C11_who_has_said_everything_may_end_by_itself_for_a_while(cgi: CgiSite, number: int) -> None:
    """With a patience, SIGTERM comes when the patience is over. SIGKILL comes `script_kill` seconds later."""
    ignore = "trap '' TERM; " if number == signal.SIGKILL else ""
    tidy = start(cgi, cgi.sh("a", "trap 'touch got' TERM", "echo $$", "sleep 0.1", "exit 3"))
    busy = start(cgi, cgi.sh("b", f"{ignore}echo $$", "while :; do sleep 0.02; done"))
    pid_of(tidy), pid_of(busy)
    started = time.monotonic()
    tidy.close(0.3)
    busy.close(0.3)
    assert time.monotonic() - started < 0.1
    settled()
    kill = cgi.scripts.timeouts.script_kill if number == signal.SIGKILL else 0.0
    assert 0.3 + kill <= time.monotonic() - started < 2
    assert (tidy.ended(), busy.ended()) == (3, -number)
    assert not (cgi.bin / "got").exists()


def test_C11_without_a_thread_the_caller_waits(cgi: CgiSite, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    process = start(cgi, cgi.sh("b", "trap '' TERM", "echo $$", "while :; do sleep 0.02; done"))
    pid = pid_of(process)
    monkeypatch.setattr(threading.Thread, "start", fail)
    process.close()
    assert not is_alive(pid)
    assert cgi.scripts.running == 0


def test_C11_without_a_thread_there_is_no_patience_but_sigterm(cgi: CgiSite, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    path = cgi.sh("b", "trap 'touch told; exit 3' TERM", "echo $$", "while :; do sleep 0.02; done")
    process = start(cgi, path)
    pid_of(process)
    monkeypatch.setattr(threading.Thread, "start", fail)
    process.close(60.0)
    assert (cgi.bin / "told").exists()
    assert process.ended() == 3


def test_a_group_of_another_user_is_somebody(cgi: CgiSite, monkeypatch: pytest.MonkeyPatch) -> None:
    """A group that may not be signalled is there all the same."""

    def refuse(group: int, number: int) -> None:
        raise PermissionError

    process = start(cgi, cgi.sh("x", "exit 0"))
    process.wait(5)
    with monkeypatch.context() as patched:
        patched.setattr(os, "killpg", refuse)
        process.close()
        settled()
    assert cgi.scripts.running == 0


def test_without_exit_descriptors(cgi: CgiSite, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(pid: int, flags: int = 0) -> int:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setattr(os, "pidfd_open", fail)
    first = start(cgi, cgi.sh("x", "exit 0"))
    monkeypatch.delattr(os, "pidfd_open")
    second = start(cgi, cgi.sh("y", "exit 0"))
    assert (first.exit, second.exit) == (None, None)
    for process in (first, second):
        process.wait(5)
        process.close()


def test_a_pipe_is_waited_for_as_long_as_it_was_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """`poll` counts milliseconds; a time that is over is none."""
    asked: list[float] = []

    class Poll:
        def register(self, _: int, __: int) -> None:
            pass

        def poll(self, milliseconds: float) -> list[tuple[int, int]]:
            asked.append(milliseconds)
            return []

    monkeypatch.setattr(select, "poll", Poll)
    assert [_released(0, seconds) for seconds in (1.5, -1.0)] == [False, False]
    assert asked == [1500.0, 0.0]
