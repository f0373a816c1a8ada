"""D18: more scripts than may run at once wait in order, for a bounded time, and hold no thread meanwhile."""

import time
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import pytest

from pyhttp import BaseServer, Limits, Timeouts
from tests.helpers.cgi_site import has_children
from tests.helpers.crowd import crowd, latencies, reset, until
from tests.helpers.servers import connect, serving_by
from tests.helpers.sockets import request
from tests.robustness.slowness import PATIENCE, ServerThreads, factory_of, ordinary, write_scripts

pytestmark = pytest.mark.usefixtures("quiet")

AT_ONCE: Final = 4
ASKED: Final = 20
NAP: Final = 0.2
"""Seconds that a script takes."""
WAIT: Final = 0.5
"""Seconds that a script waits for its turn at most."""
LATE: Final = 2.0
"""Seconds that a busy machine may add."""


@pytest.fixture
def trace(folder: Path) -> Path:
    """The file to which scripts write their queries when they start, and a line "." when they end.

    One script sleeps for a short time, and one hangs.
    """
    path = folder.parent / "trace"
    path.touch()
    told = f"echo Content-Type: text/plain\necho\necho done\necho . >>{path}\n"
    write_scripts(
        folder,
        {
            "naps": f"#!/bin/sh\necho $QUERY_STRING >>{path}\nsleep {NAP}\n{told}",
            "hangs": f"#!/bin/sh\necho $QUERY_STRING >>{path}\nexec sleep 20\n",
        },
    )
    return path


def started(trace: Path) -> list[str]:
    """The queries of the scripts that have started, in order."""
    return [line for line in trace.read_text().split() if line != "."]


def most_at_once(lines: list[str]) -> int:
    """The number of scripts that have run at the same time, by the lines that they wrote."""
    most = running = 0
    for line in lines:
        running += -1 if line == "." else 1
        most = max(most, running)
    return most


def test_D18_further_scripts_wait_for_their_turn(server_class: type[BaseServer], folder: Path, trace: Path) -> None:
    """D18, L3: Five times as many scripts as may run are all answered.

    As many run as may. Other clients do not notice.
    """
    limits, timeouts = Limits(scripts=AT_ONCE), Timeouts(stop=2, script_kill=0.5)
    threads = ServerThreads()
    with (
        serving_by(server_class, factory_of(folder), limits=limits, timeouts=timeouts) as server,
        ExitStack() as stack,
    ):
        clients = [stack.enter_context(connect(server)) for _ in range(ASKED)]
        began = time.monotonic()
        for number, client in enumerate(clients):
            client.send(request(f"/cgi-bin/naps?{number}"))
        ordinary(server, f"{ASKED} scripts run or wait")
        replies = [client.reply() for client in clients]
        taken = time.monotonic() - began
        assert [reply.status for reply in replies] == [200] * ASKED
        assert {reply.content for reply in replies} == {b"done\n"}
        threads.check(server)
    assert taken < ASKED * NAP  # scripts that run one after the other would take longer
    lines = trace.read_text().split()
    assert sorted(lines) == sorted([*map(str, range(ASKED)), *["."] * ASKED])
    assert most_at_once(lines) == AT_ONCE
    assert not has_children()


def test_D18_they_wait_in_order(server_class: type[BaseServer], folder: Path, trace: Path) -> None:
    """Where only one script may run, the order of the starts shows the order of the turns."""
    count = 8
    limits, timeouts = Limits(scripts=1), Timeouts(stop=2, script_kill=0.5)
    with (
        serving_by(server_class, factory_of(folder), limits=limits, timeouts=timeouts) as server,
        ExitStack() as stack,
    ):
        clients = [stack.enter_context(connect(server)) for _ in range(count)]
        for number, client in enumerate(clients):
            client.send(request(f"/cgi-bin/naps?{number}"))
            until(lambda: len(server.scripts._line) + len(started(trace)) > number)  # noqa: B023 - called at once
        assert [client.reply().status for client in clients] == [200] * count
    assert started(trace) == [*map(str, range(count))]


def test_D18_who_has_waited_too_long_is_told_to_come_back(
    server_class: type[BaseServer], folder: Path, trace: Path
) -> None:
    """The answer is 503 with Retry-After, after a bounded wait.

    When a script that ran has ended, there is room again.
    """
    limits = Limits(scripts=AT_ONCE)
    timeouts = Timeouts(script_wait=WAIT, stop=2, script_kill=0.5)
    threads = ServerThreads()
    with serving_by(server_class, factory_of(folder), limits=limits, timeouts=timeouts) as server:
        with crowd(server.addresses[0], AT_ONCE, request("/cgi-bin/hangs?0")) as hanging, ExitStack() as stack:
            until(lambda: trace.read_text().count("0") == AT_ONCE, PATIENCE)
            clients = [stack.enter_context(connect(server)) for _ in range(AT_ONCE)]
            began = time.monotonic()
            for client in clients:
                client.send(request("/cgi-bin/naps?1"))
            ordinary(server, "scripts hang")
            for client in clients:
                reply = client.reply()
                assert reply.status == 503
                assert (reply.get("Retry-After") or "").isdigit()
            assert WAIT * 0.9 < time.monotonic() - began < WAIT + LATE
            threads.check(server)
            for each in hanging:
                reset(each)
        latencies(server.addresses[0], request("/cgi-bin/naps?2"), 1)
    assert "1" not in trace.read_text().split()
    until(lambda: not has_children())
