"""The speed of pyhttp beside other servers: CPU, requests a second, latency and memory, in rounds that take turns.

    python -m benchmarks [--quick] [--workload NAME ...] [--server NAME ...] [--rounds N] ...

The whole run writes docs/speed.md, docs/speed.svg and docs/benchmarks.json. Any other run only prints its page, or
writes it to the folder that --into names. The exit code is 1 where a measurement failed; programs that a machine lacks
are skipped.
"""

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from shutil import which
from typing import Final

from benchmarks.speed.asking import WrongAnswer
from benchmarks.speed.bounds import NEEDED
from benchmarks.speed.machine import about, missing, version
from benchmarks.speed.plot import picture
from benchmarks.speed.progress import Progress
from benchmarks.speed.report import Run, as_json, page
from benchmarks.speed.samples import Key, Sample, Setting
from benchmarks.speed.servers import OTHER, TOP, Server, servers
from benchmarks.speed.site import fill
from benchmarks.speed.turns import Bench
from benchmarks.speed.workloads import LARGE, WORKLOADS, Load, Workload, contenders
from tests.helpers.crowd import raise_descriptor_limit

ROUNDS: Final = 7
SECONDS: Final = 2
DESCRIPTORS: Final = 8192
REST: Final = "the rest"


@dataclass(frozen=True, slots=True)
class Plan:
    """The measurements to make, and their number.

    Attributes:
        chosen: The possible beginnings of the names of the servers.
        needed: Whether only the measurements for the bounds are made.
        large: The size of the largest file, in octets.
        other: The path of a further interpreter; "" for none.
    """

    workloads: Sequence[Workload]
    chosen: Sequence[str]
    needed: bool
    settings: Sequence[Setting]
    rounds: int
    seconds: int
    large: int
    other: str
    into: Path | None

    def takes(self, workload: Workload, name: str) -> bool:
        """Whether a server takes part in a workload."""
        named = name.startswith(tuple(self.chosen))
        return named and (not self.needed or (workload.name, name) in NEEDED or name.endswith(OTHER))


def parse(argv: Sequence[str]) -> Plan:
    """The plan of a command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.partition("\n")[0])
    names = [workload.name for workload in WORKLOADS]
    everyone = tuple(servers())
    parser.add_argument("--quick", action="store_true", help="one short round of what the bounds need, pinned")
    parser.add_argument("--workload", action="append", choices=names, metavar="NAME", help=", ".join(names))
    parser.add_argument("--server", action="append", default=[], metavar="NAME",
                        help=f"those whose names begin so: {', '.join(everyone)}")  # fmt: skip
    parser.add_argument("--setting", action="append", type=Setting, choices=list(Setting), help="default: both")
    parser.add_argument("--rounds", type=int, help=f"default: {ROUNDS}")
    parser.add_argument("--seconds", type=int, help=f"that a load is measured in a round (default: {SECONDS})")
    parser.add_argument("--base", choices=everyone, help="whom to compare with, where it takes part")
    parser.add_argument("--python", default="", metavar="PATH",
                        help="another interpreter, on which pyhttp and http.server do `file` once more")  # fmt: skip
    parser.add_argument("--into", type=Path, metavar="FOLDER", help="where to write the page, the plot and the data")
    given = parser.parse_args(argv)
    workload, server, setting, quick = _list(given.workload), _list(given.server), given.setting, bool(given.quick)
    whole = not (quick or workload or server or setting or given.rounds or given.seconds or given.base)
    chosen = [one for one in WORKLOADS if one.name in (workload or names)]
    if given.base:
        chosen = [replace(one, base=str(given.base)) if given.base in contenders(one, servers()) else one
                  for one in chosen]  # fmt: skip
    return Plan(
        chosen,
        server or [""],
        quick and not (server or workload),
        [Setting(one) for one in setting or ([Setting.PINNED] if quick else Setting)],
        given.rounds or (1 if quick else ROUNDS),
        given.seconds or (1 if quick else SECONDS),
        LARGE,
        str(given.python),
        Path(given.into) if given.into else TOP / "docs" if whole else None,
    )


def _list(words: Sequence[str] | None) -> list[str]:
    return list(words or ())


def measure(plan: Plan, bench: Bench, failures: dict[str, str]) -> Mapping[Key, Sequence[Sample]]:
    """Run all rounds; a server that fails once is left out. Ctrl+C ends the run with the results so far."""
    results: dict[Key, list[Sample]] = {}
    turns = [(number, turn) for number in range(plan.rounds) for turn in order(plan, bench.servers, number)]
    progress = Progress(sys.stderr, [workload.name for _, (workload, _, _) in turns])
    try:
        for number, (workload, name, setting) in turns:
            key = Key(workload.name, name, setting)
            who = f"{workload.name}, {name}, {setting}"
            began = time.monotonic()
            if who not in failures:
                progress.say(f"{workload.name}: {name}, {setting}, round {number + 1} of {plan.rounds}")
                try:
                    results.setdefault(key, []).append(bench.turn(workload, name, setting))
                except (WrongAnswer, OSError) as error:
                    failures[who] = str(error)
                    progress.end()
                    print(f"{who}: {error}", file=sys.stderr, flush=True)
            progress.took(time.monotonic() - began)
    except KeyboardInterrupt:
        failures[REST] = "interrupted"
    progress.end()
    return {key: samples for key, samples in results.items() if samples}


def order(plan: Plan, found: Mapping[str, Server], number: int) -> list[tuple[Workload, str, Setting]]:
    """The turns of a round: in each workload and setting another server begins."""
    turns: list[tuple[Workload, str, Setting]] = []
    for workload in plan.workloads:
        names = [name for name in contenders(workload, found) if plan.takes(workload, name)]
        for setting in plan.settings:
            first = number % max(len(names), 1)
            turns += [(workload, name, setting) for name in names[first:] + names[:first]]
    return turns


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, and write."""
    plan = parse(sys.argv[1:] if argv is None else argv)
    if not raise_descriptor_limit(DESCRIPTORS):
        print(f"cannot have {DESCRIPTORS} descriptors: idle connections may fail", file=sys.stderr)
    everyone = servers(plan.other)
    taken = {name for one in plan.workloads for name in contenders(one, everyone) if plan.takes(one, name)}
    if not taken:
        print(f"no such server does this: {', '.join(plan.chosen)}", file=sys.stderr)
        return 2
    wanted = {name: one for name, one in everyone.items() if name in taken}
    lacking = {name: why for name, one in wanted.items() if (why := missing(one))}
    if not which("wrk"):
        left = [one.name for one in plan.workloads if isinstance(one.kind, Load)]
        lacking[", ".join(left)] = "wrk is not installed: apt-get install wrk"
        plan = replace(plan, workloads=[one for one in plan.workloads if not isinstance(one.kind, Load)])
    for name, why in lacking.items():
        print(f"without {name}: {why}", file=sys.stderr)
    found = {name: one for name, one in wanted.items() if name not in lacking}
    failures: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        fill(work / "root", plan.large)
        results = measure(plan, Bench(work / "root", work, plan.seconds, found), failures)
    taking_part = {key.server for key in results}
    told = {name: f"{version(one)}{one.remark and f': {one.remark}'}" for name, one in found.items()
            if name in taking_part}  # fmt: skip
    today = datetime.now(tz=UTC).date().isoformat()
    facts = about(plan.other)
    run = Run(today, facts, told, plan.workloads, results, {**lacking, **failures}, plan.rounds, plan.seconds)
    if plan.into and REST not in failures:
        plan.into.mkdir(parents=True, exist_ok=True)
        for name, text in (("speed.md", page(run)), ("speed.svg", picture(run)), ("benchmarks.json", as_json(run))):
            (plan.into / name).write_text(text, encoding="utf-8")
    print(page(run))
    return 1 if failures else 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the running server must be stopped, too
    sys.exit(main())
