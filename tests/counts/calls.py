"""Counts the calls of Python and C functions for each request: `python -m tests.counts.calls --workload file`.

The output is for work on the speed of the server: each function with its calls for one request, or, with `--in-order`,
the calls of one request in their order, indented by depth. The imported package is measured: PYTHONPATH can name
another checkout.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TypedDict

from tests.counts.driving import serving, site, typical
from tests.counts.workloads import WORKLOADS, Workload

__all__ = ["Calls", "count_calls", "main"]


_Threads = Mapping[str, Mapping[str, int]]


class _Record(TypedDict):
    marks: list[_Threads]
    in_order: list[tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Calls:
    """The calls for one request.

    Attributes:
        python: The calls of Python functions, by name.
        c: The calls of C functions, by caller and name.
        in_order: The lines that show the calls of one request as they come; empty unless asked for.
    """

    python: Mapping[str, int]
    c: Mapping[tuple[str, str], int]
    in_order: tuple[str, ...] = ()


def count_calls(workload: Workload, folder: Path, *, in_order: bool = False) -> Calls:
    """The calls that the server makes for one `typical` request of `workload`."""
    path = folder / "calls.json"
    options = ("--in-order",) if in_order else ()
    with serving(workload, folder, "--calls", str(path), *options) as driver:
        driver.warm_up()
        driver.ask_and_mark()
    record: _Record = json.loads(path.read_text(encoding="utf-8"))
    each = typical([_between(first, second) for first, second in pairwise(record["marks"])])
    pairs = {name: name.partition(" > ") for name in each}
    return Calls(
        python={name: each[name] for name, (_, _, called) in pairs.items() if not called},
        c={(caller, called): each[name] for name, (caller, _, called) in pairs.items() if called},
        in_order=tuple(_indented(record["in_order"])) if in_order else (),
    )


def _between(first: _Threads, second: _Threads) -> _Threads:
    return {thread: Counter(counts) - Counter(first.get(thread, {})) for thread, counts in second.items()}


def _indented(calls: Sequence[tuple[int, str]]) -> Iterator[str]:
    top = min((depth for depth, _ in calls), default=0)
    return (f"{'  ' * (depth - top + 1)}{name}" for depth, name in calls)


def _by_function(calls: Calls) -> Iterator[str]:
    called_by: dict[str, Counter[str]] = {name: Counter() for name in calls.python}
    for (caller, called), count in calls.c.items():
        called_by.setdefault(caller, Counter())[called] += count
    for name in sorted(called_by, key=lambda name: (-calls.python.get(name, 0), name)):
        listed = ", ".join(f"{called} {count}" for called, count in called_by[name].most_common())
        yield f"{calls.python.get(name, 0):6} {called_by[name].total():6}  {name}{f'   > {listed}' if listed else ''}"


def _by_c_function(calls: Calls) -> Iterator[str]:
    total: Counter[str] = Counter()
    for (_, called), count in calls.c.items():
        total[called] += count
    return (f"{count:6}  {name}" for name, count in total.most_common())


def main() -> None:
    """Print the calls of one workload, or the sums of all."""
    parser = argparse.ArgumentParser(prog="python -m tests.counts.calls", description=__doc__)
    parser.add_argument("--workload", choices=WORKLOADS, help="one of them; otherwise the sums of all")
    parser.add_argument(
        "--by-function", action="store_true", help="each Python function, with the C functions it calls"
    )
    parser.add_argument("--by-c-function", action="store_true", help="each C function")
    parser.add_argument("--in-order", action="store_true", help="the calls of one request as they come")
    options = parser.parse_args()
    with site() as folder:
        for workload in [WORKLOADS[options.workload]] if options.workload else WORKLOADS.values():
            calls = count_calls(workload, folder, in_order=options.in_order)
            python, c = sum(calls.python.values()), sum(calls.c.values())
            lines = [f"{workload.name}: {python} calls of Python functions, {c} of C functions"]
            if options.by_function:
                lines += ["Python      C", *_by_function(calls)]
            if options.by_c_function:
                lines += _by_c_function(calls)
            lines += calls.in_order
            sys.stdout.write("\n".join([*lines, ""]))
            sys.stdout.flush()


if __name__ == "__main__":
    main()
