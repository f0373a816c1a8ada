"""RFC 3875 §6.1: what a running script says, read without a gateway. D17, C11."""

import time

import pytest

from pyhttp.cgi.error_log import ErrorLog
from pyhttp.cgi.pipes import ScriptPipes
from pyhttp.cgi.process import Process
from pyhttp.errors import GatewayTimeout
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
    assert pipes.finish() == 4
    pipes.close()
    assert pipes.finish() == 4
    pipes.close()
    assert cgi.logged == ["x: error"]


def test_a_deadline_that_has_passed(cgi: CgiSite) -> None:
    pipes = start(cgi, "exec sleep 60")
    with pytest.raises(GatewayTimeout):
        pipes.read(time.monotonic())
    assert pipes.finish() is None
    pipes.close()
    settled()


def test_what_a_script_says_last_is_logged(cgi: CgiSite) -> None:
    """Even where nobody waited for it: the pipe holds it."""
    pipes = start(cgi, "exec 1>&-", "echo error >&2", "exec sleep 60")
    assert pipes.read(soon()) == b""
    pipes.finish()
    pipes.close()
    settled()
    assert cgi.logged == ["x: error"]
