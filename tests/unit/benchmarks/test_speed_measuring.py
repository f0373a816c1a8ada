"""The benchmark of speed: its requests, its reading of its client, and its counts of a tree of processes."""

import io
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.__main__ import order, parse
from benchmarks.speed.asking import Ask, WrongAnswer, head
from benchmarks.speed.bounds import BOUNDS, NEEDED
from benchmarks.speed.clients import Tally
from benchmarks.speed.processes import Spent, Tree, spent
from benchmarks.speed.progress import EVERY, Progress, told
from benchmarks.speed.samples import Figure, Setting
from benchmarks.speed.servers import OTHER, servers
from benchmarks.speed.site import names
from benchmarks.speed.workloads import WORKLOADS, contenders
from benchmarks.speed.wrk import lua, read

LINE = "figures requests=1000 microseconds=2000000 status=0 failed=3 p50=1500 p99=9000\n"


def test_a_request_has_the_head_of_a_browser() -> None:
    request = head(Ask("/page.html"), 8888)
    assert 600 < len(request) < 800
    assert request.startswith(b"GET /page.html HTTP/1.1\r\nHost: 127.0.0.1:8888\r\nConnection: keep-alive\r\n")
    assert request.endswith(b"\r\n\r\n")


def test_a_request_may_close_and_have_further_fields() -> None:
    request = head(Ask("/", close=True, fields={"Range": "bytes=0-1"}), 1, more={"If-None-Match": '"x"'})
    assert b"\r\nConnection: close\r\n" in request
    assert request.endswith(b'\r\nRange: bytes=0-1\r\nIf-None-Match: "x"\r\n\r\n')


def test_the_script_of_wrk_has_the_octets_of_the_request() -> None:
    script = lua([b'GET / HTTP/1.1\r\nETag: "\\"\r\n\r\n'])
    assert r'{"GET / HTTP/1.1\013\010ETag: \034\092\034\013\010\013\010"}' in script
    assert "function wrk.format()" in script


def test_several_requests_are_asked_in_turn() -> None:
    script = lua([b"one", b"two"])
    assert '{"one", "two"}' in script
    assert "function request()" in script


def test_the_line_of_wrk_is_read() -> None:
    said = read(f"Running 2s test\n{LINE}Transfer/sec: 1MB\n")
    assert said.sample() == {Figure.RATE: 500.0, Figure.P50: 1.5, Figure.P99: 9.0, Figure.FAILED: 3}


@pytest.mark.parametrize(
    "output", ["unable to connect\n", LINE.replace("status=0", "status=1"), LINE.replace("1000", "0")]
)
def test_what_wrk_says_of_wrong_answers_counts_as_nothing(output: str) -> None:
    with pytest.raises(WrongAnswer):
        read(output)


def test_whole_answers_are_counted_in_units() -> None:
    sample = Tally([0.1, 0.3, 0.2], 2.0).sample(0.5)
    assert sample == {Figure.RATE: 0.75, Figure.P50: pytest.approx(200), Figure.P99: pytest.approx(300)}


def test_processor_time_is_split_as_the_ticks_say() -> None:
    sample = spent(Spent(0, 0, 0), Spent(3000, 10_000, 30_000), 10)
    assert sample == {Figure.CPU: 300, Figure.SYSTEM: 225}


def test_less_than_a_tick_has_no_split() -> None:
    assert spent(Spent(0, 0, 0), Spent(3000, 0, 0), 10) == {Figure.CPU: 300, Figure.SYSTEM: 0}


def test_a_tree_has_what_its_children_computed_that_have_ended() -> None:
    work = "import time\nend = time.process_time() + 0.1\nwhile time.process_time() < end: pass"
    subprocess.run([sys.executable, "-c", work], check=True)
    assert Tree(os.getpid()).spent().exact >= 100_000 + time.process_time_ns() / 1000 - 50_000


def test_a_tree_has_its_living_children_and_their_memory() -> None:
    wait = "import sys; held = bytearray(20_000_000); print(flush=True); sys.stdin.read()"
    own = Tree(os.getpid())
    alone = own.memory()
    with subprocess.Popen([sys.executable, "-c", wait], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        try:
            assert child.stdout
            child.stdout.readline()
            assert child.pid in own.processes()
            assert own.memory().now - alone.now > 10_000_000
        finally:
            child.kill()
    assert child.pid not in own.processes()


def test_each_bound_can_be_measured() -> None:
    takes_part = {(one.name, name) for one in WORKLOADS for name in contenders(one, servers())}
    assert takes_part >= NEEDED
    assert {(bound.beside, own) for bound in BOUNDS if bound.beside for own in bound.own} <= takes_part


def test_each_workload_has_its_base_and_all_of_ours() -> None:
    for workload in WORKLOADS:
        found = contenders(workload, servers())
        assert workload.base in found
        assert any(name.startswith("pyhttp") for name in found)
        assert len(set(found)) == len(found) > 1


def test_another_interpreter_does_one_workload_more() -> None:
    does = {one.name for one in WORKLOADS for name in contenders(one, servers("/a/python")) if name.endswith(OTHER)}
    assert does == {"file"}


def test_each_round_begins_with_another_server() -> None:
    plan = parse(["--workload", "file", "--server", "pyhttp", "--setting", "pinned"])
    rounds = [[name for _, name, _ in order(plan, servers(), number)] for number in range(3)]
    assert {one[0] for one in rounds} == set(rounds[0]) == {"pyhttp-pooled", "pyhttp-single", "pyhttp-threaded"}


def test_a_quick_run_has_what_the_bounds_need_and_writes_nothing() -> None:
    plan = parse(["--quick"])
    asked = {(workload.name, name) for workload, name, _ in order(plan, servers(), 0)}
    assert asked == NEEDED
    assert (plan.rounds, plan.into, list(plan.settings)) == (1, None, [Setting.PINNED])


def test_only_the_whole_run_writes_the_documents() -> None:
    whole = parse([])
    assert whole.into
    assert whole.into.name == "docs"
    assert {name for _, name, _ in order(whole, servers(), 0)} >= set(servers())
    assert parse(["--workload", "file"]).into is None
    assert parse(["--workload", "file", "--into", "here"]).into == Path("here")


def test_a_base_is_named_where_it_takes_part() -> None:
    plan = parse(["--base", "granian", "--workload", "file", "--workload", "cgi"])
    assert [workload.base for workload in plan.workloads] == ["granian", "http.server-1.0"]
    first, second = plan.workloads
    assert replace(first, base="nginx") in WORKLOADS
    assert second in WORKLOADS


def test_names_are_many_and_different() -> None:
    found = list(names(1000))
    assert len(set(found)) == 1000
    assert not any("/" in name for name in found)


def test_times_are_told_to_people() -> None:
    assert [told(seconds) for seconds in (4.4, 89, 120, 3900, 7300)] == ["4 s", "89 s", "2 min", "65 min", "2 h 2 min"]


def test_progress_is_told_now_and_then_with_the_time_that_is_left() -> None:
    now = [0.0]
    stream = io.StringIO()
    progress = Progress(stream, ["file", "file", "cgi"], lambda: now[0])
    progress.say("first")
    progress.took(2.0)
    now[0] = EVERY / 2
    progress.say("too soon")
    progress.took(4.0)
    now[0] = EVERY
    progress.say("third")
    assert stream.getvalue() == "first; 3 turns to go\nthird; 3 s to go\n"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_told_in_place_on_a_terminal() -> None:
    stream = Terminal()
    progress = Progress(stream, ["file"])
    progress.say("first")
    progress.say("second")
    progress.end()
    assert "\n" not in stream.getvalue()
    assert stream.getvalue().endswith("\r\x1b[Ksecond; 1 turns to go\r\x1b[K")
