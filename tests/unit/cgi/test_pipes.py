"""RFC 3875 §6.1: the output of a running script, read without a gateway and without waiting. D17, C11."""

import math
import os
import select
import time

import pytest

from pyhttp.cgi.error_log import ErrorLog
from pyhttp.cgi.pipes import PIECE, ScriptPipes
from pyhttp.cgi.process import Process
from tests.helpers.cgi_site import CgiSite, buriers, is_alive, look, settled


def start(cgi: CgiSite, *lines: str) -> ScriptPipes:
    path = cgi.sh("x", *lines)
    process = cgi.scripts.reserve().start(
        lambda: Process(
            (str(path),),
            directory=str(cgi.bin),
            environment={b"PATH": b"/usr/bin:/bin"},
            stdin=None,
            scripts=cgi.scripts,
        )
    )
    return ScriptPipes(process, cgi.scripts, ErrorLog(cgi.logged.append, "x", cgi.scripts.limits))


def read(pipes: ScriptPipes) -> bytes:
    """Wait for the next octets of output."""
    while (data := pipes.read()) is None:
        look(pipes)
    return data


def until_ended(pipes: ScriptPipes) -> None:
    """Wait only for the end of the script."""
    assert select.select(pipes.exit(), [], [], 5)[0] == [*pipes.exit()]
    assert pipes.has_ended()


def test_the_end_of_output_stays_the_end(cgi: CgiSite) -> None:
    pipes = start(cgi, "echo output; echo error >&2; exit 4")
    assert [read(pipes) for _ in range(3)] == [b"output\n", b"", b""]
    while not pipes.has_ended():
        look(pipes)
    assert pipes.status == 4
    pipes.close()
    pipes.close()
    assert pipes.has_ended()
    assert pipes.status == 4
    assert cgi.logged == ["x: error"]


def test_who_looks_waits_for_nothing(cgi: CgiSite) -> None:
    pipes = start(cgi, "exec sleep 60")
    started = time.monotonic()
    assert pipes.read() is None
    pipes.drop()
    assert not pipes.has_ended()
    assert (pipes.status, pipes.due(), len(pipes.watched())) == (None, math.inf, 3)
    pipes.close()
    assert time.monotonic() - started < 1
    settled()


def test_what_is_there_is_read_though_the_script_has_ended(cgi: CgiSite) -> None:
    pipes = start(cgi, "echo output; exit 4")
    until_ended(pipes)
    assert pipes.exit() == ()
    assert [pipes.read() for _ in range(3)] == [b"output\n", b"", b""]
    assert (pipes.status, pipes.due()) == (4, math.inf)
    pipes.close()


def test_who_looks_for_the_end_leaves_the_output_where_it_is(cgi: CgiSite) -> None:
    pipes = start(cgi, "echo output; exec sleep 60")
    assert select.select(pipes.watched(), [], [], 5)[0] == [pipes.watched()[0]]
    assert not select.select(pipes.exit(), [], [], 0.1)[0]
    assert not pipes.has_ended()
    assert pipes.read() == b"output\n"
    pipes.close()
    settled()


def test_what_is_over_is_not_watched_any_more(cgi: CgiSite) -> None:
    """Otherwise the descriptor would be ready for ever."""
    pipes = start(cgi, "exec 2>&-", "read a < /dev/null", "echo x", "exec >&-", "exec sleep 60")
    assert read(pipes) == b"x\n"
    assert read(pipes) == b""
    while len(pipes.watched()) > 1:
        look(pipes)
        pipes.drop()
    assert pipes.watched() == pipes.exit()
    os.kill(pipes._process._popen.pid, 9)
    until_ended(pipes)
    assert pipes.watched() == ()
    pipes.close()


def test_without_exit_descriptors_one_looks_now_and_then(cgi: CgiSite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "pidfd_open")
    pipes = start(cgi, "exec >&- 2>&-; sleep 0.1; exit 4")
    assert pipes.exit() == ()
    assert 0 < pipes.due() - time.monotonic() < 0.1
    assert read(pipes) == b""
    looks = 0
    while not pipes.has_ended():
        look(pipes)
        pipes.drop()
        looks += 1
    assert 0 < looks < 50
    assert (pipes.status, pipes.watched(), pipes.due()) == (4, (), math.inf)
    pipes.close()


def test_D17_it_is_heard_by_its_output_alone(cgi: CgiSite) -> None:
    os.mkfifo(cgi.bin / "go")
    pipes = start(cgi, "echo error >&2; read a < go; echo x; exec sleep 60")
    born = pipes.heard
    assert time.monotonic() - 1 < born <= time.monotonic()
    while not cgi.logged:
        look(pipes)
        assert pipes.read() is None
    assert pipes.heard == born
    (cgi.bin / "go").write_text("\n")
    assert read(pipes) == b"x\n"
    assert born < pipes.heard <= time.monotonic()
    pipes.close()
    settled()


def test_who_is_left_behind_is_heard_as_long_as_it_speaks(cgi: CgiSite) -> None:
    """The time since the end of the script does not count. The silence of the process counts."""
    pipes = start(cgi, "for i in 1 2 3 4 5; do sleep 0.15; echo $i; done &")
    assert b"".join(iter(lambda: read(pipes), b"")) == b"1\n2\n3\n4\n5\n"
    pipes.close()
    settled()


def test_who_is_left_behind_and_silent_is_waited_for_a_little(cgi: CgiSite) -> None:
    pipes = start(cgi, "sleep 60 & echo $!")
    pid = int(read(pipes))
    while not pipes.has_ended():
        look(pipes)
        assert pipes.read() is None
    until = pipes.due()
    assert 0 < until - time.monotonic() <= cgi.scripts.timeouts.script_kill
    assert pipes.read() is None
    assert read(pipes) == b""
    assert until <= time.monotonic() < until + 1
    assert pipes.due() == math.inf
    pipes.close()
    settled()
    assert not is_alive(pid)


def test_C11_who_is_left_behind_is_not_waited_for_when_the_server_stops(cgi: CgiSite) -> None:
    pipes = start(cgi, "setsid sleep 60 & echo $!")
    pid = int(read(pipes))
    until_ended(pipes)
    cgi.scripts.stop()
    assert pipes.due() <= time.monotonic()
    assert pipes.read() == b""
    pipes.close()
    os.kill(pid, 9)


def test_what_is_dropped_at_once_is_bounded(cgi: CgiSite) -> None:
    """The caller has other scripts to look after. The output here is always there."""
    pipes = start(cgi, "exec sleep 60")
    path = cgi.bin / "much"
    path.touch()
    os.truncate(path, 20 * PIECE)
    with path.open("rb") as much:
        os.dup2(much.fileno(), pipes._process.output, inheritable=False)
    pipes.drop()
    assert os.lseek(pipes._process.output, 0, os.SEEK_CUR) == 16 * PIECE
    assert pipes.read() == bytes(PIECE)
    pipes.close()
    settled()


def test_what_a_script_says_last_is_logged(cgi: CgiSite) -> None:
    """The output is logged even where no caller waited for it, because the pipe holds it."""
    pipes = start(cgi, "exec 1>&-", "echo error >&2", "exec sleep 60")
    assert read(pipes) == b""
    while not cgi.logged:
        look(pipes)
        pipes.drop()
    pipes.close()
    settled()
    assert cgi.logged == ["x: error"]


def test_what_stands_in_the_error_pipe_at_the_end_is_logged(cgi: CgiSite) -> None:
    pipes = start(cgi, "printf error >&2")
    until_ended(pipes)
    assert cgi.logged == []
    pipes.close()
    assert cgi.logged == ["x: error"]


def test_C11_who_closes_may_have_patience(cgi: CgiSite) -> None:
    pipes = start(cgi, "echo x; sleep 0.05; exit 3")
    assert read(pipes) == b"x\n"
    pipes.close(5.0)
    assert buriers() != []
    settled()
    assert pipes._process.ended() == 3
