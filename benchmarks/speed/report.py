"""The results of a run: as data, and as a page for readers."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.speed.bounds import Verdict, judge
from benchmarks.speed.samples import Figure, Key, Results, Setting, median, ratio
from benchmarks.speed.workloads import Workload

__all__ = ["Run", "as_json", "page", "table", "time_of"]


@dataclass(frozen=True, slots=True)
class Run:
    """All values of a report.

    Attributes:
        date: The date of the run, `2026-01-31`.
        facts: The machine and the interpreters.
        servers: The version of each server that took part, and the way it was run.
        failures: The servers that could not be measured, with the reasons.
    """

    date: str
    facts: Mapping[str, str]
    servers: Mapping[str, str]
    workloads: Sequence[Workload]
    results: Results
    failures: Mapping[str, str]
    rounds: int
    seconds: int

    def names(self, workload: Workload) -> list[str]:
        """The names of the measured servers, the cheapest first."""
        found = {key.server for key in self.results if key.workload == workload.name}

        def cost(name: str) -> float:
            costs = (median(self.results, Key(workload.name, name, setting), Figure.CPU) for setting in Setting)
            return next((value for value in costs if value is not None), float("inf"))

        return sorted(found, key=lambda name: (cost(name), name))


def time_of(microseconds: float) -> str:
    """A time in three digits and a unit."""
    for unit, size in (("s", 1e6), ("ms", 1e3)):
        if microseconds >= size:
            return f"{digits(microseconds / size)} {unit}"
    return f"{digits(microseconds)} µs"


def digits(value: float) -> str:
    """A number with three digits that count, or all digits before its point."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def size_of(octets: float) -> str:
    """A number of bytes for people."""
    if abs(octets) < 10_000:
        return f"{octets:,.0f} B"
    return f"{octets / 1e6:.1f} MB" if octets < 1e8 else f"{octets / 1e6:.0f} MB"


def milliseconds(value: float) -> str:
    """A latency."""
    return time_of(value * 1000)


Shown = Callable[[float], str]
COLUMNS: Final[Sequence[tuple[str, Figure, Shown]]] = (
    ("CPU", Figure.CPU, time_of),
    ("of it kernel", Figure.SYSTEM, time_of),
    ("per second", Figure.RATE, digits),
    ("p50", Figure.P50, milliseconds),
    ("p99", Figure.P99, milliseconds),
    ("failed", Figure.FAILED, lambda value: f"{value:.0f}"),
    ("memory", Figure.PEAK, size_of),
    ("growth", Figure.GROWTH, size_of),
    ("loss", Figure.LOSS, lambda value: f"{value:.0%}"),
)
ALSO_FREE: Final = (Figure.CPU, Figure.RATE, Figure.P50, Figure.P99)


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """A table whose columns are right-aligned, except the first; empty columns are left out."""
    kept = [place for place in range(len(head)) if any(row[place] for row in rows)]
    for line in (head, ["---:" if place else "---" for place in range(len(head))], *rows):
        yield "| " + " | ".join(line[place] for place in kept) + " |"


def table(run: Run, workload: Workload) -> Iterator[str]:
    """The figures of a workload."""
    head = ["server"]
    for setting in Setting:
        for title, figure, _ in COLUMNS:
            if setting is Setting.PINNED or figure in ALSO_FREE:
                head.append(title if setting is Setting.PINNED else f"free: {title}")
            if figure is Figure.CPU:
                head.append(f"{'' if setting is Setting.PINNED else 'free: '}x {workload.base}")
    yield from markdown(head, [list(_row(run, workload, name)) for name in run.names(workload)])


def _row(run: Run, workload: Workload, name: str) -> Iterator[str]:
    yield f"**{name}**" if name.startswith("pyhttp") else name
    for setting in Setting:
        key = Key(workload.name, name, setting)
        for _, figure, shown in COLUMNS:
            if setting is Setting.PINNED or figure in ALSO_FREE:
                value = median(run.results, key, figure)
                without_failures = figure is Figure.FAILED and not value
                yield "" if value is None or without_failures else shown(value)
            if figure is Figure.CPU:
                times = ratio(run.results, key, Key(workload.name, workload.base, setting), Figure.CPU)
                yield "" if times is None else f"{times:.2f}"


def _verdicts(verdicts: Sequence[Verdict]) -> Iterator[str]:
    shown: Mapping[Figure, Shown] = {figure: show for _, figure, show in COLUMNS}
    rows: list[list[str]] = []
    for verdict in verdicts:
        tell = shown[verdict.figure] if verdict.figure else lambda value: f"{value:.2f}"
        outcome = "further" if verdict.stretched else "yes" if verdict.reached else "**no**"
        value = "" if verdict.value is None else tell(verdict.value) + f" {verdict.remark and f'({verdict.remark})'}"
        rows.append([
            f"{verdict.workload}: {verdict.what}",
            verdict.who,
            value.strip(),
            tell(verdict.most),
            "" if verdict.stretch is None else tell(verdict.stretch),
            "not measured" if verdict.value is None else outcome,
        ])  # fmt: skip
    yield from markdown(["what", "whose", "measured", "at most", "aim", "reached"], rows)


REMARKS: Final = Path(__file__).with_name("remarks.md")
"""Remarks on facts that a run does not find out by itself."""
INTRODUCTION: Final = """\
# Speed

`nox -s bench` has written this page on {date}. There were {rounds} rounds. In each of them every server had its turn of
{seconds} s, each time in another order. A figure is the median over the rounds, and a ratio is the median of the
rounds' ratios. "CPU" is the processor time of the server's whole tree of processes for each unit of work, ended scripts
included. "Memory" is the most that was held, with shared pages counted once. "Pinned" means that the server has one
processor and the client another one; "free" means that the kernel places them.

Requests have the head of a browser and come over 16 connections. They come from wrk, or from a client of our own if
unfinished answers would count. All requests of a workload are the same octets, but for `varied`. That is in favour of
servers that remember what they have parsed. Each server's answer is checked before it is timed. Each server writes a
line for each request to a file, unless the list of servers says that it cannot.
"""


def page(run: Run) -> str:
    """The whole run, in Markdown."""
    picture = ["![Processor time by server](speed.svg)", ""]
    lines = [INTRODUCTION.format(date=run.date, rounds=run.rounds, seconds=run.seconds), *picture]
    lines += [f"- {name}: {fact}" for name, fact in run.facts.items()]
    asked = {workload.name for workload in run.workloads}
    verdicts = [one for one in judge(run.results) if one.value is not None or one.workload in asked]
    lines += ["", "## Bounds", "", *_verdicts(verdicts)]
    for workload in run.workloads:
        if run.names(workload):
            counted = f"Processor time for each {workload.unit}."
            lines += ["", f"## {workload.name}: {workload.title}", "", counted, "", *table(run, workload)]
    lines += ["", "## Servers", "", *(f"- {name} {remark}" for name, remark in run.servers.items())]
    if run.failures:
        lines += ["", "## Not measured", "", *(f"- {who}: {why}" for who, why in run.failures.items())]
    return "\n".join([*lines, "", REMARKS.read_text(encoding="utf-8")])


def as_json(run: Run) -> str:
    """The whole run: medians of each figure, and the processor time of each round. One line for each server."""
    facts = {"date": run.date, "rounds": run.rounds, "seconds": run.seconds, "machine": run.facts}
    head = json.dumps({**facts, "servers": run.servers, "failures": run.failures}, indent=1, ensure_ascii=False)
    bounds = [
        {"workload": one.workload, "what": one.what, "server": one.who, "value": _short(one.value), "most": one.most,
         "reached": one.reached if one.value is not None else None}
        for one in judge(run.results)
    ]  # fmt: skip
    rows = [
        {**key._asdict(), **{name: _short(median(run.results, key, name)) for name in Figure if name in samples[0]},
         "rounds_cpu_us": [_short(sample.get(Figure.CPU)) for sample in samples]}
        for key, samples in run.results.items()
    ]  # fmt: skip
    parts = [f' "{name}": [\n  {_lines(values)}\n ]' for name, values in (("bounds", bounds), ("results", rows))]
    return f"{head.removesuffix('}').rstrip()},\n" + ",\n".join(parts) + "\n}\n"


def _lines(values: Sequence[Mapping[str, object]]) -> str:
    return ",\n  ".join(json.dumps(value, ensure_ascii=False) for value in values)


def _short(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}")
