"""RFC 3875 §3.4, §6.1: jobs that a script leaves running; a job that holds none of its pipes is no part of it. C11."""

import os
import select
import signal
import time
from dataclasses import replace
from pathlib import Path

import pytest

from pyhttp.cgi.running import RunningScripts
from pyhttp.limits import Limits
from pyhttp.messages import Response
from tests.helpers.cgi_site import QUICK, CgiSite, buriers, read_all, request_head, settled, wait_until_dead

LET_GO = "> /dev/null 2>&1 < /dev/null"
PLAIN = 'echo "Content-Type: text/plain"; echo; echo body'
STATED = 'printf "Content-Type: text/plain\\nContent-Length: 5\\n\\nbody\\n"'
KINDS = {
    "content without a length": (PLAIN, "GET"),
    "content with one": (STATED, "GET"),
    "an answer to HEAD": (PLAIN, "HEAD"),
    "no content": ("echo Status: 204; echo", "GET"),
    "a redirect": ("echo Location: /other; echo", "GET"),
}


def fifos(cgi: CgiSite) -> tuple[Path, Path]:
    """Two pipes: a job waits for a word at the first one, and tells of its end at the second one."""
    go, done = cgi.bin / "go", cgi.bin / "done"
    os.mkfifo(go)
    os.mkfifo(done)
    return go, done


def say(go: Path) -> None:
    """Give the job its word as soon as it waits for the word."""
    limit = time.monotonic() + 5
    while True:
        try:
            descriptor = os.open(go, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            assert time.monotonic() < limit, "nobody waits for the word"
            select.select([], [], [], 0.01)
        else:
            os.write(descriptor, b"\n")
            os.close(descriptor)
            return


def ends_well(go: Path, done: Path) -> bool:
    """Whether the job gets its word and comes to its end."""
    descriptor = os.open(done, os.O_RDONLY | os.O_NONBLOCK)
    try:
        say(go)
        return bool(select.select([descriptor], [], [], 5)[0]) and os.read(descriptor, 100) == b"well\n"
    finally:
        os.close(descriptor)


def asked(cgi: CgiSite, method: str = "GET") -> None:
    """Run the script, and read and close its answer."""
    answer = cgi.answer(request_head(method=method))
    if isinstance(answer, Response):
        read_all(answer)


@pytest.mark.parametrize("kind", KINDS)
def test_a_job_that_is_about_to_begin_its_session_outlives_the_request(cgi: CgiSite, kind: str) -> None:
    """The end of the script always comes before `setsid`."""
    answer, method = KINDS[kind]
    go, done = fifos(cgi)
    cgi.sh("x", answer, f"(read word < go; exec setsid sh -c 'echo well > done') {LET_GO} &")
    asked(cgi, method)
    settled()
    assert cgi.scripts.running == 0
    assert ends_well(go, done)


def test_a_job_may_take_a_moment_to_let_go_of_the_pipes(cgi: CgiSite) -> None:
    """The end of the script comes before the redirections of the job, too. Its standard error is redirected last."""
    cgi.scripts = RunningScripts(
        Limits(), replace(QUICK, script_kill=60.0)
    )  # the moment is as long as a busy machine needs
    go, done = fifos(cgi)
    again = cgi.bin / "again"  # one more pipe, because a second reader would meet the end of the first message
    os.mkfifo(again)
    cgi.sh("x", PLAIN, f"(read w < go; exec {LET_GO}; read w < again; echo well > done) > /dev/null < /dev/null &")
    asked(cgi)
    assert (len(buriers()), cgi.scripts.running) == (1, 1)
    say(go)
    settled()
    assert cgi.scripts.running == 0
    assert ends_well(again, done)


@pytest.mark.parametrize("stream", ["1", "2"])
@pytest.mark.parametrize("kind", ["content without a length", "content with one"])
def test_C11_who_goes_on_holding_a_pipe_is_ended(cgi: CgiSite, kind: str, stream: str) -> None:
    """Such a job would leave an answer whose end cannot be told, or a log without an end."""
    other = "2" if stream == "1" else "1"
    cgi.sh("x", KINDS[kind][0], f"sleep 60 {other}> /dev/null < /dev/null &", "echo $! > pid")
    asked(cgi)
    settled()
    wait_until_dead(int((cgi.bin / "pid").read_text()))
    assert cgi.scripts.running == 0


def test_C11_the_end_of_the_script_itself_does_not_save_who_holds_a_pipe_from_a_stop(cgi: CgiSite) -> None:
    cgi.sh("x", PLAIN, "sleep 60 > /dev/null < /dev/null &", "echo $! > pid")
    asked(cgi)
    cgi.scripts.close()
    settled()
    wait_until_dead(int((cgi.bin / "pid").read_text()))


def test_C11_a_job_is_ended_with_a_script_that_is_ended(cgi: CgiSite) -> None:
    """Here the server can tell only the group to end."""
    cgi.sh("x", PLAIN, f"sleep 60 {LET_GO} &", "echo $! > pid", "exec sleep 60")
    response = cgi.run(request_head())
    while not (cgi.bin / "pid").exists() or not (cgi.bin / "pid").read_text():
        pass
    response.close()
    settled()
    wait_until_dead(int((cgi.bin / "pid").read_text()))


def test_a_group_is_left_alone_once_its_run_is_over(cgi: CgiSite, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[int] = []
    monkeypatch.setattr(os, "killpg", lambda group, number: sent.append(number))
    cgi.sh("x", PLAIN, f"sleep 60 {LET_GO} &", "echo $! > pid")
    asked(cgi)
    settled()
    cgi.scripts.close()
    assert sent == []
    os.kill(int((cgi.bin / "pid").read_text()), signal.SIGKILL)
