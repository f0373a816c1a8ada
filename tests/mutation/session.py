"""Are the tests good enough to notice faults? `python -m tests.mutation.session --sample 300 --seed 1`.

A seeded sample of mutants of the wire, the semantics, the messages, the grammar, paths, what is pure of CGI, and the
life of a connection; for each, in a copy of the source, rows, targets and oracles run, and the tests of its module, its
package and the rest, until one fails. What survives is printed; `survivors.toml` says of some why they may, and those
count as survivors untried. Exits 1 below 95 %, or where a survivor is not explained. `--jobs 2` tries two at a time,
each in a copy of its own.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from random import Random
from typing import Final

from tests.mutation.mutants import Mutant, mutants

__all__ = ["main"]

ROOT: Final = Path(__file__).parents[2]
SOURCES: Final = (
    "wire",
    "semantics",
    "messages.py",
    "abnf.py",
    "resources/paths.py",
    "cgi/environ.py",
    "cgi/variables.py",
    "cgi/output.py",
    "cgi/script.py",
    "transport/phases.py",
    "transport/registry.py",
    "transport/keeper.py",
    "transport/settling.py",
    "transport/holding.py",
    "transport/exchange.py",
    "transport/answer.py",
    "transport/incoming.py",
    "transport/outbox.py",
    "transport/pace.py",
    "transport/stopping.py",
    "transport/accepting.py",
    "transport/loop.py",
)
_SHOWN_BY_ROWS: Final = ("wire", "messages.py", "abnf.py")
SURVIVORS: Final = Path(__file__).parent / "survivors.toml"
_GOAL: Final = 0.95
_LONGEST: Final = 60
"""Seconds for the rows, or for one module's tests, which take two or three: what needs more never ends."""
_LONGEST_OF_MANY: Final = 600
"""The same for a folder of tests or several: a slow machine must not look like a fault that was noticed."""
_PYTEST: Final = ("pytest", "-x", "-q", "-p", "no:cacheprovider")
_QUICK: Final = ("tests.mutation.quick",)
_OTHERS: Final = (
    "tests/fuzz/test_targets.py",
    "tests/unit/test_inside.py",
    "tests/unit/test_messages.py",
    "tests/unit/test_abnf.py",
    "tests/unit/wire",
    "tests/unit/semantics",
    "tests/fuzz/test_semantics.py",
    "tests/unit/resources",
    "tests/conformance/test_splits.py",
    "tests/conformance/test_files_folder.py",
    "tests/conformance/test_cgi_rows.py",
)


def _modules() -> Iterator[Path]:
    package = ROOT / "src" / "pyhttp"
    for name in SOURCES:
        path = package / name
        yield from sorted(path.glob("*.py")) if path.is_dir() else [path]


def _stages(module: Path) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Modules to run, with arguments, that may notice, and for how long: the quickest and likeliest first."""
    inner = module.relative_to(ROOT / "src" / "pyhttp")
    own = Path("tests/unit") / inner.parent / f"test_{inner.name}"
    package = f"tests/unit/{inner.parent}"
    shown_by_rows = inner.parts[0] in _SHOWN_BY_ROWS
    if shown_by_rows:
        yield _LONGEST, _QUICK
    if (ROOT / own).exists():
        yield _LONGEST, (*_PYTEST, str(own))
    if inner.parent != Path():
        yield _LONGEST_OF_MANY, (*_PYTEST, package)
    if not shown_by_rows:
        yield _LONGEST, _QUICK
    yield _LONGEST_OF_MANY, (*_PYTEST, *(path for path in _OTHERS if path != package))


def _is_noticed(module: Path, mutant: Mutant, folder: Path) -> bool:
    """Whether a test fails, or never ends, with the mutant in a copy of the source."""
    copy = folder / module.relative_to(ROOT)
    kept = copy.read_text(encoding="utf-8")
    copy.write_text(mutant.source, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(folder / "src"), "CI": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        for longest, tests in _stages(module):
            command = [sys.executable, "-m", *tests]
            try:
                ran = subprocess.run(
                    command, cwd=ROOT, env=environment, capture_output=True, timeout=longest, check=False
                )
            except subprocess.TimeoutExpired:
                return True
            if ran.returncode:
                return True
        return False
    finally:
        copy.write_text(kept, encoding="utf-8")


def _signature(module: Path, mutant: Mutant) -> str:
    return f"{module.stem}.{mutant.signature}"


def _survivors(sample: Sequence[tuple[Path, Mutant]], explained: Collection[str], jobs: int) -> Iterator[str]:
    """The signatures of those that nothing notices, printed as they are found.

    Raises:
        RuntimeError: The tests notice the source as it is.
    """
    folders: SimpleQueue[Path] = SimpleQueue()

    def is_noticed(one: tuple[Path, Mutant]) -> bool:
        if _signature(*one) in explained:
            return False
        folder = folders.get()
        try:
            return _is_noticed(*one, folder)
        finally:
            folders.put(folder)

    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(jobs) as pool:
        for number in range(jobs):
            folder = Path(name) / str(number)
            shutil.copytree(ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__"))
            folders.put(folder)
        if is_noticed((sample[0][0], Mutant("", 0, "", "", sample[0][0].read_text(encoding="utf-8")))):
            raise RuntimeError("the tests fail without any fault")
        for number, ((module, mutant), noticed) in enumerate(zip(sample, pool.map(is_noticed, sample), strict=True), 1):
            if number % 25 == 0:
                sys.stderr.write(f"{number} tried\n")
            if not noticed:
                signature = _signature(module, mutant)
                sys.stdout.write(f"{number}: survived, line {mutant.line}: {signature}\n")
                sys.stdout.flush()
                yield signature


def main(arguments: Sequence[str] | None = None) -> int:
    """Try a sample of mutants and report."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation.session", description=__doc__)
    parser.add_argument("--sample", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args(arguments)
    every = [(module, mutant) for module in _modules() for mutant in mutants(module.read_text(encoding="utf-8"))]
    sample = Random(int(options.seed)).sample(every, min(int(options.sample), len(every)))
    explained: dict[str, str] = tomllib.loads(SURVIVORS.read_text(encoding="utf-8")) if SURVIVORS.exists() else {}
    survived = list(_survivors(sample, explained.keys(), int(options.jobs)))
    killed = len(sample) - len(survived)
    unexplained = [signature for signature in survived if signature not in explained]
    sys.stdout.write(
        f"{len(every)} mutants, {len(sample)} tried, {killed} noticed ({killed / len(sample):.1%}), "
        f"{len(survived)} survived, {len(unexplained)} of them unexplained\n"
    )
    return int(bool(unexplained) or killed < _GOAL * len(sample))


if __name__ == "__main__":
    sys.exit(main())
