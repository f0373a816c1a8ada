"""Measures every workload, and prints whether its bounds are kept: `python -m tests.counts.measure`.

`--write` puts the numbers into bounds.py; `--instructions` counts instructions as well, which takes minutes.
"""

import argparse
import re
import sys
from pathlib import Path
from typing import Final

from tests.counts.bounds import BOUNDS, Bounds
from tests.counts.calls import count_calls
from tests.counts.driving import site
from tests.counts.instructions import count_instructions
from tests.counts.system_calls import count_system_calls
from tests.counts.workloads import WORKLOADS, Workload

__all__ = ["main", "measure"]

_FILE: Final = Path(__file__).with_name("bounds.py")
_TABLE: Final = re.compile(r"(?<=^BOUNDS: Final = \{\n).*?(?=^\}$)", re.MULTILINE | re.DOTALL)
_TIMES: Final = 3
"""How often calls are counted: where chance remains, the largest number is taken."""


def measure(workload: Workload, folder: Path, *, instructions: bool) -> Bounds:
    """What a request of `workload` costs today; without `instructions`, these are as in the bounds."""
    calls = [count_calls(workload, folder) for _ in range(_TIMES)]
    system_calls = [count_system_calls(workload, folder) for _ in range(_TIMES)]
    before = BOUNDS.get(workload.name, Bounds(0, 0, 0, 0))
    return Bounds(
        python_calls=max(sum(one.python.values()) for one in calls),
        c_calls=max(sum(one.c.values()) for one in calls),
        system_calls=max(sum(one.values()) for one in system_calls),
        instructions=count_instructions(workload, folder) if instructions else before.instructions,
    )


def main() -> None:
    """Print what is measured, and write it where that is wished."""
    parser = argparse.ArgumentParser(prog="python -m tests.counts.measure", description=__doc__)
    parser.add_argument("--write", action="store_true", help="put the numbers into tests/counts/bounds.py")
    parser.add_argument("--instructions", action="store_true", help="count instructions as well")
    options = parser.parse_args()
    lines: list[str] = []
    with site() as folder:
        for name, workload in WORKLOADS.items():
            python, c, system, instructions = measure(workload, folder, instructions=options.instructions)
            lines.append(f'    "{name}": Bounds({python}, {c}, {system}, {instructions:_}),\n')
            sys.stdout.write(lines[-1])
            sys.stdout.flush()
    if options.write:
        text = _FILE.read_text(encoding="utf-8")
        _FILE.write_text(_TABLE.sub("".join(lines), text, count=1), encoding="utf-8")


if __name__ == "__main__":
    main()
