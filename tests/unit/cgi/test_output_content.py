"""RFC 3875 §6.1, §6.3: the content of a script's answer, piece by piece, with real scripts. C11, C13, D17."""

import math
import os
import select
import time

import pytest

from pyhttp.cgi.error_log import ErrorLog
from pyhttp.cgi.output_content import OutputContent
from pyhttp.cgi.pipes import ScriptPipes
from pyhttp.cgi.process import Process
from pyhttp.cgi.running import RunningScripts
from pyhttp.errors import BadGateway, GatewayTimeout
from pyhttp.limits import Limits, Timeouts
from pyhttp.messages import Source
from tests.helpers.cgi_site import CgiSite, buriers, is_alive, look, settled


def start(
    cgi: CgiSite,
    *lines: str,
    first: bytes = b"",
    left: int | None = None,
    script: float = 5.0,
    kill: float = 0.3,
) -> OutputContent:
    """The content of a script that writes nothing else. `first` is the part that came with its head."""
    timeouts = Timeouts(script=script, script_kill=kill)
    scripts = cgi.scripts = RunningScripts(Limits(), timeouts)
    path = cgi.sh("x", *lines)
    process = scripts.reserve().start(
        lambda: Process(
            (str(path),),
            directory=str(cgi.bin),
            environment={b"PATH": b"/usr/bin:/bin"},
            stdin=None,
            scripts=scripts,
        )
    )
    errors = ErrorLog(cgi.logged.append, "x", scripts.limits)
    return OutputContent(ScriptPipes(process, scripts, errors), errors, timeouts, first, left)


def read(content: OutputContent) -> bytes:
    """Wait for the next octets."""
    while (piece := content.read()) is None:
        look(content)
    return piece


def rest(content: OutputContent) -> bytes:
    """Read all octets that come, and close the content."""
    try:
        return b"".join(iter(lambda: read(content), b""))
    finally:
        content.close()


def test_it_is_a_source(cgi: CgiSite) -> None:
    content = start(cgi, "exec sleep 60")
    assert isinstance(content, Source)
    content.close()
    content.close()
    settled()


def test_what_came_with_the_head_comes_first(cgi: CgiSite) -> None:
    content = start(cgi, "sleep 0.05; echo more", first=b"first")
    assert content.read() == b"first"
    assert content.read() is None
    assert rest(content) == b"more\n"


def test_what_is_not_there_is_not_waited_for(cgi: CgiSite) -> None:
    before = time.monotonic()
    content = start(cgi, "exec sleep 60")
    assert content.read() is None
    assert len(content.watched()) == 3
    due = content.due()
    assert before + 5 <= due <= time.monotonic() + 5
    assert content.read() is None
    assert content.due() == due  # a look at it does not renew it
    content.close()
    settled()


def test_the_end_stays_the_end(cgi: CgiSite) -> None:
    content = start(cgi, "echo x; exit 3")
    assert read(content) == b"x\n"
    assert [read(content), content.read()] == [b"", b""]
    content.close()
    assert cgi.logged[0] == "x: exit status 3"


@pytest.mark.parametrize("first", [b"", b"1", b"123", b"12345"])
def test_C13_surplus_is_cut(cgi: CgiSite, first: bytes) -> None:
    content = start(cgi, f"printf {b'123456789'[len(first) :].decode()}", first=first, left=3)
    assert rest(content) == b"123"


def test_C13_surplus_is_read_away_so_that_the_script_may_end_by_itself(cgi: CgiSite) -> None:
    content = start(cgi, "printf 123; head -c 300000 /dev/zero || exit 1; touch finished", left=3, kill=5.0)
    assert rest(content) == b"123"
    assert (cgi.bin / "finished").exists()
    assert cgi.logged == []


def test_C13_surplus_without_end_is_read_away_for_a_while(cgi: CgiSite) -> None:
    content = start(cgi, "printf 123; exec cat /dev/zero", left=3)
    assert read(content) == b"123"
    started = time.monotonic()
    assert rest(content) == b""
    assert 0.2 < time.monotonic() - started < 2
    settled()


def test_C13_content_that_ends_early_fails(cgi: CgiSite) -> None:
    content = start(cgi, "printf 23; exit 4", first=b"1", left=5)
    assert read(content) == b"1"
    assert read(content) == b"23"
    with pytest.raises(BadGateway, match="2 octets short"):
        read(content)
    content.close()
    assert cgi.logged == ["x: exit status 4", "x: a script's content ended 2 octets short of its Content-Length"]


def test_content_whose_script_was_ended_by_a_signal_fails(cgi: CgiSite) -> None:
    content = start(cgi, "echo x; kill -9 $$")
    assert read(content) == b"x\n"
    with pytest.raises(BadGateway, match="by a signal"):
        read(content)
    content.close()
    assert cgi.logged == [
        "x: ended by signal 9",
        "x: a script was ended by a signal in the middle of its content",
    ]


def test_a_signal_after_all_that_was_stated_is_no_failure(cgi: CgiSite) -> None:
    content = start(cgi, "printf 123; kill -9 $$", left=3)
    assert rest(content) == b"123"
    assert cgi.logged == ["x: ended by signal 9"]


def test_nothing_is_left_of_the_content_for_a_head_request(cgi: CgiSite) -> None:
    content = start(cgi, "echo more", first=b"first", left=0)
    assert rest(content) == b""


def test_D17_silence_fails(cgi: CgiSite) -> None:
    content = start(cgi, "echo x; exec sleep 60", script=0.1)
    assert read(content) == b"x\n"
    heard = time.monotonic()
    with pytest.raises(GatewayTimeout, match="silent"):
        read(content)
    assert 0.05 < time.monotonic() - heard < 2
    content.close()
    settled()
    assert cgi.logged == ["x: a script was silent for too long"]


def test_D17_each_piece_renews_the_patience(cgi: CgiSite) -> None:
    content = start(cgi, "for i in 1 2 3 4 5 6; do sleep 0.1; printf $i; done", script=0.4)
    assert rest(content) == b"123456"


def test_D17_silence_counts_from_when_somebody_listens(cgi: CgiSite) -> None:
    """Before that, the client was behind. The script may have waited until its standard error is read."""
    content = start(cgi, "echo x; head -c 300000 /dev/zero >&2; echo y", script=0.3)
    assert read(content) == b"x\n"
    select.select([], [], [], 0.5)
    assert content.due() > time.monotonic()
    assert rest(content) == b"y\n"


def test_a_script_that_closes_its_output_and_goes_on_has_a_while_to_end(cgi: CgiSite) -> None:
    content = start(cgi, "echo $$; exec >&- 2>&-; exec sleep 60")
    pid = int(read(content))
    started = time.monotonic()
    until = math.inf
    while (piece := content.read()) is None:
        until = min(until, content.due())
        look(content)
    assert piece == b""
    assert started < until <= time.monotonic() < started + 2
    content.close()
    settled()
    assert not is_alive(pid)
    assert cgi.logged == []


def test_C11_who_closes_before_the_end_ends_the_script(cgi: CgiSite) -> None:
    content = start(cgi, "trap 'touch told; exit' TERM; echo $$; while :; do sleep 0.02; done", kill=5.0)
    pid = int(read(content))
    content.close()
    settled()
    assert not is_alive(pid)
    assert (cgi.bin / "told").exists()


def test_who_has_said_all_that_was_wanted_may_end_by_itself(cgi: CgiSite) -> None:
    """The caller does not wait for that."""
    content = start(cgi, "printf 123; sleep 0.1; touch finished", left=3, kill=5.0)
    piece = b""
    while len(piece) < 3:
        piece += read(content)
    started = time.monotonic()
    content.close()
    assert time.monotonic() - started < 0.05
    assert buriers() != []
    settled()
    assert (cgi.bin / "finished").exists()


def test_without_exit_descriptors(cgi: CgiSite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "pidfd_open")
    content = start(cgi, "echo x; exec >&- 2>&-; sleep 0.1; exit 3")
    assert 0 < content.due() - time.monotonic() < 0.1
    assert rest(content) == b"x\n"
    assert cgi.logged == ["x: exit status 3"]
