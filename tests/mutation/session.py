"""Do the tests notice faults? `python -m tests.mutation.session --sample 300 --seed 1`.

The session takes a seeded sample of mutants of all modules, or of those whose path has `--only` in it. All tests run
once under coverage, which tells which of them run which line. For each mutant, in a copy of the source, the tests of
its lines run, then those of its module and package, with rows, targets and oracles, until one fails. For a mutant in
what runs when a module is loaded, all tests may have to run. Survivors are printed. `survivors.toml` explains some of
them; those count as survivors untried. The exit code is 1 below 96 %, or where a survivor is not explained, or where
an explained one is no mutant any more. `--jobs 2` tries two at a time, each in a copy of its own.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

from tests.mutation.copies import ROOT, SOURCES, Copies
from tests.mutation.mutants import Mutant, mutants
from tests.mutation.reach import PYTEST, Reach

__all__ = ["main"]

_SHOWN_BY_ROWS: Final = frozenset({"wire", "messages.py", "abnf.py"})
SURVIVORS: Final = Path(__file__).parent / "survivors.toml"
_GOAL: Final = 0.96
_LONGEST: Final = 120
"""Seconds for the rows, or for one module's tests, which take twenty at most: what needs more never ends."""
_LONGEST_OF_MANY: Final = 600
"""The seconds for a folder of tests or several. A slow machine must not look like a fault that was noticed."""
_NO_TESTS: Final = 5
"""What pytest exits with where there are none."""
_CHOSEN: Final = ("-p", "tests.mutation.chosen")
_QUICK: Final = ("tests.mutation.quick",)
TESTS: Final = (
    "tests/unit",
    "tests/fuzz/test_targets.py",
    "tests/fuzz/test_semantics.py",
    "tests/conformance",
    "tests/e2e/test_command.py",
)


def _modules(only: str = "") -> list[Path]:
    return [path for path in sorted(SOURCES.rglob("*.py")) if only in str(path.relative_to(SOURCES))]


@dataclass(frozen=True, slots=True)
class _Stage:
    """A program that may notice a fault."""

    arguments: tuple[str, ...]
    """The module to run, with its arguments."""
    longest: float
    """Its seconds: whoever needs more never ends."""
    chosen: tuple[str, ...] = ()
    """The tests of a run of pytest, if not all are to run."""


def _stages(module: Path, mutant: Mutant, reach: Reach) -> Iterator[_Stage]:
    """What may notice a mutant. Quick and likely ones are first."""
    _, *packages = module.relative_to(SOURCES).parent.parts
    folder = Path("tests/unit", *packages)
    shown_by_rows = {module.name, *packages} & _SHOWN_BY_ROWS
    if shown_by_rows:
        yield _Stage(_QUICK, _LONGEST)
    if mutant.lines and (chosen := tuple(reach.of(module, mutant.lines))):
        files = dict.fromkeys(test.partition("::")[0] for test in chosen)
        yield _Stage((*PYTEST, *_CHOSEN, *files), _LONGEST + 3 * reach.seconds(chosen), chosen)
    name = module.parent.name if module.stem == "__init__" else module.stem
    if not (ROOT / folder).is_dir():  # a package of rows has the one module of tests
        name, folder = folder.name, folder.parent
    if own := sorted(str(path.relative_to(ROOT)) for path in (ROOT / folder).glob(f"test_{name}*.py")):
        yield _Stage((*PYTEST, *own), _LONGEST)
    if not shown_by_rows:
        yield _Stage(_QUICK, _LONGEST)
    if packages:
        yield _Stage((*PYTEST, str(folder)), _LONGEST_OF_MANY)
    if not mutant.lines:  # what runs when the module is loaded counts for every test
        yield from (_Stage((*PYTEST, part), _LONGEST_OF_MANY) for part in TESTS)


def _noticed(module: Path, mutant: Mutant, copies: Copies, reach: Reach) -> bool:
    """Whether a test fails, or never ends, with a mutant in place of a module."""
    with copies.changed(module, mutant.source) as environment:
        for stage in _stages(module, mutant, reach):
            with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as chosen:
                json.dump(stage.chosen, chosen)
                chosen.flush()
                command = [sys.executable, "-m", *stage.arguments]
                given = {**environment, "CHOSEN_TESTS": chosen.name}
                try:
                    ran = subprocess.run(
                        command, cwd=ROOT, env=given, capture_output=True, timeout=stage.longest, check=False
                    )
                except subprocess.TimeoutExpired:
                    sys.stderr.write(f"not over in {stage.longest:.0f} s: {_signature(module, mutant)}\n")
                    return True
            if ran.returncode not in {0, _NO_TESTS}:
                return True
        return False


def _name(module: Path) -> str:
    """The dotted name of a module, without `pyhttp` in front."""
    return ".".join(module.relative_to(SOURCES).with_suffix("").parts).removeprefix("pyhttp.")


def _signature(module: Path, mutant: Mutant) -> str:
    return f"{_name(module)}.{mutant.signature}"


def _without_mutant(explained: Collection[str]) -> list[str]:
    """Explanations whose mutant is gone, because the code has changed."""
    modules = [module for module in _modules() if any(key.startswith(f"{_name(module)}.") for key in explained)]
    there = {_signature(module, one) for module in modules for one in mutants(module.read_text(encoding="utf-8"))}
    return sorted(set(explained) - there)


def _survivors(sample: Sequence[tuple[Path, Mutant]], explained: Collection[str], jobs: int) -> Iterator[str]:
    """The signatures of mutants that no test notices, printed as they are found.

    Raises:
        RuntimeError: The tests notice the source as it is.
    """
    with tempfile.TemporaryDirectory() as folder, Copies(jobs) as copies, ThreadPoolExecutor(jobs) as pool:
        reach = Reach(Path(folder), TESTS)
        sys.stderr.write("the tests pass without a fault\n")

        def is_noticed(one: tuple[Path, Mutant]) -> bool:
            module, mutant = one
            return _signature(module, mutant) not in explained and _noticed(module, mutant, copies, reach)

        for number, ((module, mutant), dies) in enumerate(zip(sample, pool.map(is_noticed, sample), strict=True), 1):
            if number % 25 == 0:
                sys.stderr.write(f"{number} tried\n")
            if not dies:
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
    parser.add_argument("--only", default="", metavar="PART", help="of a path below src, such as pyhttp/servers/")
    options = parser.parse_args(arguments)
    modules = _modules(options.only)
    every = [(module, mutant) for module in modules for mutant in mutants(module.read_text(encoding="utf-8"))]
    sample = Random(int(options.seed)).sample(every, min(int(options.sample), len(every)))
    explained: dict[str, str] = tomllib.loads(SURVIVORS.read_text(encoding="utf-8")) if SURVIVORS.exists() else {}
    if gone := _without_mutant(explained):
        sys.stdout.write("explained, and no mutant any more:\n" + "".join(f"  {key}\n" for key in gone))
        return 1
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
