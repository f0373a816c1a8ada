"""Counts the system calls for each request, with `strace`: `python -m tests.counts.system_calls --workload file`."""

import argparse
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from tests.counts.driving import serving, site, typical
from tests.counts.workloads import DESCRIPTOR_OF_MARK, FUNCTION_OF_MARK, WORKLOADS, Workload

__all__ = ["count_system_calls", "main", "why_not"]

_MARK: Final = "--- SIGUSR1 "
_OF_MARKS: Final = {"rt_sigreturn", FUNCTION_OF_MARK}
_OCTET_OF_MARK: Final = f"write({DESCRIPTOR_OF_MARK},"
_INTERRUPTED: Final = " EINTR "
"""In the line of a wait that a mark has interrupted: it goes on as another one."""
_CALL: Final = re.compile(r"(?:(\d+) +)?(\w+)\(")


def why_not() -> str:
    """Why system calls cannot be counted here; empty where they can."""
    strace = shutil.which("strace")
    if strace is None:
        return "strace is not installed"
    tried = subprocess.run([strace, "-o", "/dev/null", "true"], capture_output=True, text=True, check=False)
    return f"strace may not trace: {tried.stderr.strip()}" if tried.returncode else ""


def count_system_calls(workload: Workload, folder: Path) -> Mapping[str, int]:
    """The system calls of the server's threads for one `typical` request of `workload`, by name."""
    trace = folder / "trace"
    # A pool's threads are followed. With one thread only, none is, since a script would be followed as well.
    under = ["strace", "-qq", "-o", str(trace), *(["-f"] if workload.kind == "--pooled" else [])]
    with serving(workload, folder, under=under, traced=True) as driver:
        driver.warm_up()
        driver.ask_and_mark()
    return typical(_between_marks(trace.read_text(encoding="utf-8", errors="replace").splitlines()))


def _between_marks(lines: Iterable[str]) -> list[dict[str, Counter[str]]]:
    """The calls by thread and name between each two marks; without those of the marks themselves."""
    parts: list[dict[str, Counter[str]]] = [{}]
    for line in lines:
        if _MARK in line:
            parts.append({})
        elif _OCTET_OF_MARK in line or _INTERRUPTED in line:
            continue
        elif (call := _CALL.match(line)) is not None and call[2] not in _OF_MARKS:
            parts[-1].setdefault(call[1] or "", Counter())[call[2]] += 1
    return parts[1:-1]


def main() -> None:
    """Print the system calls of one workload, or of each."""
    parser = argparse.ArgumentParser(prog="python -m tests.counts.system_calls", description=__doc__)
    parser.add_argument("--workload", choices=WORKLOADS, help="one of them; otherwise all")
    options = parser.parse_args()
    with site() as folder:
        for workload in [WORKLOADS[options.workload]] if options.workload else WORKLOADS.values():
            counts = count_system_calls(workload, folder)
            listed = ", ".join(f"{name} {count}" for name, count in sorted(counts.items(), key=lambda one: -one[1]))
            sys.stdout.write(f"{workload.name}: {sum(counts.values())} system calls: {listed}\n")


if __name__ == "__main__":
    main()
