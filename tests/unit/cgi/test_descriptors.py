"""RLIMIT_NOFILE of scripts, where the server has raised its own limit; with real processes. C9, D12."""

import os
import resource
import subprocess
from collections.abc import Iterator

import pytest

from pyhttp.cgi.descriptors import started_within
from pyhttp.cgi.running import Bounds
from pyhttp.messages import Response
from tests.helpers.cgi_site import CgiSite, await_all, read_all, request_head

TEXT = "echo 'Content-Type: text/plain'; echo"
SHOWN = "ulimit -Sn; ulimit -Hn"


@pytest.fixture
def before() -> Iterator[Bounds]:
    """This process is one that was started with a limit of 200 descriptors, and has raised it."""
    real = resource.getrlimit(resource.RLIMIT_NOFILE)
    raised = real[1], real[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, raised)
    yield 200, real[1]
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == raised
    resource.setrlimit(resource.RLIMIT_NOFILE, real)


def test_a_script_has_the_limit_that_the_server_was_started_with(cgi: CgiSite, before: Bounds) -> None:
    cgi.scripts.descriptors = before
    cgi.sh("x", TEXT, SHOWN)
    for _ in range(5):
        assert cgi.get("/cgi-bin/x")[1].decode().split() == [str(limit) for limit in before]


def test_a_server_that_has_raised_nothing_changes_nothing(cgi: CgiSite, before: Bounds) -> None:
    cgi.sh("x", TEXT, SHOWN)
    assert cgi.get("/cgi-bin/x")[1].decode().split() == [str(before[1])] * 2


def test_a_server_with_more_descriptors_open_than_a_script_may_have(cgi: CgiSite, before: Bounds) -> None:
    """With the limit of the script, the server could open no descriptor. The script gets its limit after its start."""
    many = [os.open("/dev/null", os.O_RDONLY) for _ in range(300)]
    try:
        cgi.scripts.descriptors = before
        os.mkfifo(cgi.bin / "go")
        cgi.sh("x", TEXT, "read word < go", SHOWN)
        run = cgi.start(request_head())
        (cgi.bin / "go").write_text("\n")
        await_all(run)
        answer = run.outcome()
        assert isinstance(answer, Response)
        assert read_all(answer).decode().split() == [str(limit) for limit in before]
    finally:
        for descriptor in many:
            os.close(descriptor)


def test_what_cannot_be_started_leaves_the_limit_as_it_was(before: Bounds) -> None:
    with pytest.raises(FileNotFoundError):
        started_within(before, lambda: subprocess.Popen(["/no/such"]), newest=3)


def test_a_child_that_is_gone_already_is_no_fault(before: Bounds) -> None:
    class Gone:
        pid = 2**22 + 1

    assert started_within(before, Gone, newest=199).pid == Gone.pid


@pytest.mark.parametrize(("newest", "lowered"), [(135, True), (136, False)])
def test_the_limit_is_lowered_where_there_is_room_for_a_start(newest: int, lowered: bool, before: Bounds) -> None:
    """Of the 200 descriptors, 64 stay free for other threads and the start itself."""

    class Started:
        def __init__(self) -> None:
            self.pid = 2**22 + 1
            self.limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]

    assert started_within(before, Started, newest=newest).limit == (200 if lowered else before[1])
