"""The page and the data of a run."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from benchmarks.speed.samples import Figure, Key, Results, Setting, median, ratio
from benchmarks.tls.measuring import Load

__all__ = ["Run", "as_json", "page"]

BASE: Final = "nginx"
_TITLES: Final = {
    Load.FULL: "Full handshakes, each with one request",
    Load.RESUMED: "Resumed handshakes, each with one request",
    Load.KEPT: "A file of 1 KiB, connections kept",
    Load.IDLE: "Idle connections",
}
_INTRODUCTION: Final = """# The cost of TLS

`python -m benchmarks.tls` has written this page on {date}. There were {rounds} rounds. In each of them every server had
its turn of {seconds} s, each time in another order. A figure is the median over the rounds, and a ratio is the median
of the rounds' ratios. All servers have the same certificate, with a key of the curve P-256, and TLS 1.3 with X25519 and
AES-256-GCM. The server has one processor, and its clients have another one. "CPU" is the processor time of the server
for each handshake with its request, or for each request. Each server writes a line for each request.

Four programs of `openssl s_time` make the handshakes. After each handshake comes one request for 1 KiB by HTTP/1.0, and
the end of the connection. A resumed handshake uses the ticket of the one before, with a new exchange of keys. Requests
on kept connections come over 16 connections of `wrk`, with a browser's head. If a server is fast, the clients are what
limits its handshakes a second.

"""
_IDLE: Final = """
{idle:,} connections have been served once, and stay open. The table has the memory of the server's processes, with
shared pages counted in part, beyond what they hold with 16 connections. Most of it is OpenSSL's.
Afterwards every hundredth connection is asked once more; those that get no answer are in the column "failed".
So many connections need descriptors: the command takes as many as the system lets it have (`ulimit -Hn`). More
than 10,000 connections need `--limit connections=12000`. `http.server` would need as many threads, and was not
asked.

"""


@dataclass(frozen=True, slots=True)
class Run:
    """The results of a run, with the machine and the failures."""

    date: str
    facts: Mapping[str, str]
    servers: Mapping[str, str]
    results: Results
    failures: Mapping[str, str]
    rounds: int
    seconds: int
    idle: int


def page(run: Run) -> str:
    """The page as Markdown."""
    lines = [_INTRODUCTION.format(date=run.date, rounds=run.rounds, seconds=run.seconds)]
    lines += [f"- {name}: {fact}\n" for name, fact in run.facts.items()]
    lines += [f"- {name}: {said}\n" for name, said in run.servers.items()]
    lines += [f"- not measured: {name}: {why}\n" for name, why in run.failures.items()]
    for load, title in _TITLES.items():
        lines.append(f"\n## {title}\n")
        lines += _idle(run) if load is Load.IDLE else _table(run, load)
    return "".join(lines)


def _table(run: Run, load: Load) -> Iterator[str]:
    yield f"\n| server | CPU | x {BASE} | a second | x {BASE} |\n| --- | ---: | ---: | ---: | ---: |\n"
    base = Key(load, BASE, Setting.PINNED)
    for name in run.servers:
        key = Key(load, name, Setting.PINNED)
        if key in run.results:
            cpu, rate = (median(run.results, key, figure) for figure in (Figure.CPU, Figure.RATE))
            by_cpu, by_rate = (ratio(run.results, key, base, figure) for figure in (Figure.CPU, Figure.RATE))
            yield f"| {name} | {_micro(cpu)} | {_number(by_cpu)} | {_whole(rate)} | {_number(by_rate)} |\n"


def _idle(run: Run) -> Iterator[str]:
    yield _IDLE.format(idle=run.idle)
    yield f"| server | for each | for {run.idle:,} | failed |\n| --- | ---: | ---: | ---: |\n"
    for name in run.servers:
        key = Key(Load.IDLE, name, Setting.PINNED)
        grown, failed = (median(run.results, key, figure) for figure in (Figure.GROWTH, Figure.FAILED))
        if grown is not None:
            yield f"| {name} | {grown / 1000:.1f} KB | {grown * run.idle / 1e6:.0f} MB | {_whole(failed)} |\n"


def _micro(value: float | None) -> str:
    return "" if value is None else f"{value:.0f} µs"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _whole(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}"


def as_json(run: Run) -> str:
    """The data: the figures of each round."""
    rows = [
        {
            "workload": key.workload,
            "server": key.server,
            "rounds": [{str(name): value for name, value in sample.items()} for sample in samples],
        }
        for key, samples in run.results.items()
    ]
    told = {"date": run.date, "facts": run.facts, "servers": run.servers, "failures": run.failures, "idle": run.idle}
    return json.dumps({**told, "results": rows}, indent=1, ensure_ascii=False) + "\n"
