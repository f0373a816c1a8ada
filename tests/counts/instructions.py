"""Counts instructions, of each request and of an import, with `valgrind`: `python -m tests.counts.instructions`.

`nox -s instructions` compares them with their bounds. It is no part of `nox -s tests`: it takes minutes, and its counts
depend on how the interpreter was compiled.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from tests.counts.bounds import BOUNDS, IMPORT_BOUND, verdict
from tests.counts.driving import serving, site
from tests.counts.workloads import FUNCTION_OF_MARK, POOLED, SCRIPT, SECURE, WORKLOADS, Workload

__all__ = ["count_instructions", "instructions_of", "main", "why_not"]

_SUMMARY: Final = re.compile(r"^summary: (\d+)$", re.MULTILINE)

_NOT_COUNTED: Final = {SCRIPT, POOLED, SECURE}
"""Valgrind knows no pidfd_open, makes handlers so slow that the standby of a pool takes the lead, and has OpenSSL take
another processor's way."""


def why_not() -> str:
    """Why instructions cannot be counted here; empty where they can."""
    return "" if shutil.which("valgrind") else "valgrind is not installed"


def count_instructions(workload: Workload, folder: Path) -> int:
    """The instructions of the server for one request, outside the kernel; 0 where a workload cannot be counted."""
    if workload.name in _NOT_COUNTED:
        return 0
    for old in folder.glob("callgrind*"):
        old.unlink()
    options = (f"--callgrind-out-file={folder}/callgrind", f"--dump-before={FUNCTION_OF_MARK}")
    with serving(workload, folder, under=["valgrind", "-q", "--tool=callgrind", *options]) as driver:
        driver.warm_up()
        driver.mark()
        driver.ask(workload.requests)
        driver.mark()
    summary = _SUMMARY.search((folder / "callgrind.2").read_text())  # what the second mark has written
    assert summary is not None
    return round(int(summary[1]) / workload.requests)


def instructions_of(code: str, folder: Path) -> int:
    """The instructions of an interpreter that runs `code`, outside the kernel; what it imports is compiled already."""
    started = [sys.executable, "-I", "-c", f"import sys; sys.path[:] = {sys.path!r}\n{code}"]
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(folder / "compiled"), "PYTHONDONTWRITEBYTECODE": ""}
    out = folder / "callgrind.import"
    valgrind = ["valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={out}"]
    for command in (started, [*valgrind, *started]):
        subprocess.run(command, env=environment, check=True)
    summary = _SUMMARY.search(out.read_text())
    assert summary is not None
    return int(summary[1])


def _check_import(folder: Path, *, check: bool) -> bool:
    """Print what an import takes, and return whether it is wrong. A ratio depends little on an interpreter's build."""
    ours, other = (instructions_of(f"import {module}", folder) for module in ("pyhttp", "http.server"))
    percent = round(100 * ours / other)
    problem = verdict("percent of http.server", percent, IMPORT_BOUND) if check else ""
    sys.stdout.write(f"import: {problem or f'{ours:,} instructions, {percent} % of those of http.server'}\n")
    return bool(problem)


def main() -> int:
    """Print the instructions of one workload, or of each and of an import. The result is 1 where a bound is broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.counts.instructions", description=__doc__)
    parser.add_argument("--workload", choices=WORKLOADS, help="one of them; otherwise all")
    parser.add_argument("--check", action="store_true", help="fail where a count is not as its bound says")
    options = parser.parse_args()
    if missing := why_not():
        sys.stdout.write(f"nothing counted: {missing}\n")
        return 0
    wrong = 0
    with site() as folder:
        for workload in [WORKLOADS[options.workload]] if options.workload else WORKLOADS.values():
            counted, bound = count_instructions(workload, folder), BOUNDS[workload.name].instructions
            problem = verdict("instructions", counted, bound, chance=bound // 50) if options.check else ""
            sys.stdout.write(f"{workload.name}: {problem or f'{counted:,} instructions'}\n")
            wrong += bool(problem)
            sys.stdout.flush()
        if not options.workload:
            wrong += _check_import(folder, check=options.check)
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
