"""RFC 3875 §6.1: what a running script says, read without a gateway. D17, C11."""

import os
import time

import pytest

from pyhttp.cgi.error_log import ErrorLog
from pyhttp.cgi.pipes import ScriptPipes
from pyhttp.cgi.process import Process
from tests.helpers.cgi_site import CgiSite, settled


def start(cgi: CgiSite, *lines: str) -> ScriptPipes:
    path = cgi.sh("x", *lines)
    process = cgi.scripts.start(
        lambda: Process(
            (str(path),),
            directory=str(cgi.bin),
            environment={b"PATH": b"/usr/bin:/bin"},
            stdin=None,
            scripts=cgi.scripts,
        )
    )
    return ScriptPipes(process, cgi.scripts, ErrorLog(cgi.logged.append, "x", cgi.scripts.limits), None)


def soon() -> float:
    return time.monotonic() + 5


def test_the_end_of_output_stays_the_end(cgi: CgiSite) -> None:
    pipes = start(cgi, "echo output; echo error >&2; exit 4")
    assert [pipes.read(soon()) for _ in range(3)] == [b"output\n", b"", b""]
    assert pipes.finish(soon()) == 4
    pipes.close()
    assert pipes.finish(soon()) == 4
    pipes.close()
    assert cgi.logged == ["x: error"]


def test_a_deadline_that_has_passed(cgi: CgiSite) -> None:
    pipes = start(cgi, "exec sleep 60")
    assert pipes.read(time.monotonic()) is None
    assert not pipes.ends_within(0.0)
    assert pipes.finish(time.monotonic()) is None
    pipes.close()
    settled()


def test_what_is_there_is_read_whatever_the_deadline(cgi: CgiSite) -> None:
    pipes = start(cgi, "echo output; exit 4")
    assert pipes.ends_within(5.0)
    assert [pipes.read(0.0) for _ in range(3)] == [b"output\n", b"", b""]
    assert pipes.ends_within(5.0)
    assert pipes.finish(0.0) == 4
    pipes.close()


def test_who_waits_for_the_end_leaves_the_output_where_it_is(cgi: CgiSite) -> None:
    pipes = start(cgi, "echo output; exec sleep 60")
    assert not pipes.ends_within(0.2)
    assert pipes.read(soon()) == b"output\n"
    pipes.close()
    settled()


def test_without_exit_descriptors_nobody_can_tell(cgi: CgiSite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "pidfd_open")
    pipes = start(cgi, "exit 4")
    assert not pipes.ends_within(5.0)
    assert pipes.read(soon()) == b""
    started = time.monotonic()
    assert pipes.finish(soon()) == 4
    assert time.monotonic() - started < 2
    pipes.close()


def test_who_is_left_behind_is_heard_as_long_as_it_speaks(cgi: CgiSite) -> None:
    """Not the time since the script's end counts, but its silence."""
    pipes = start(cgi, "for i in 1 2 3 4 5; do sleep 0.15; echo $i; done &")
    assert b"".join(iter(lambda: pipes.read(soon()) or b"", b"")) == b"1\n2\n3\n4\n5\n"
    pipes.close()
    settled()


def test_what_a_script_says_last_is_logged(cgi: CgiSite) -> None:
    """Even where nobody waited for it: the pipe holds it."""
    pipes = start(cgi, "exec 1>&-", "echo error >&2", "exec sleep 60")
    assert pipes.read(soon()) == b""
    pipes.finish(time.monotonic() + 0.3)
    pipes.close()
    settled()
    assert cgi.logged == ["x: error"]


def test_what_stands_in_the_error_pipe_at_the_end_is_logged(cgi: CgiSite) -> None:
    pipes = start(cgi, "echo error >&2")
    assert pipes.ends_within(5.0)
    pipes.close()
    assert cgi.logged == ["x: error"]
