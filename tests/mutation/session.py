"""Are the tests good enough to notice faults? `python -m tests.mutation.session --sample 300 --seed 1`.

A seeded sample of mutants of the wire, the semantics, the messages and the grammar; for each, in a copy of the source,
rows, targets and oracles run, then the tests of its module, its package and the rest, until one fails. What survives is
printed; `survivors.toml` says of some why they may. Exits 1 below 95 %, or where a survivor is not explained.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Final

from tests.mutation.mutants import Mutant, mutants

__all__ = ["main"]

ROOT: Final = Path(__file__).parents[2]
SOURCES: Final = ("wire", "semantics", "messages.py", "abnf.py")
SURVIVORS: Final = Path(__file__).parent / "survivors.toml"
_GOAL: Final = 0.95
_LONGEST: Final = 120
_PYTEST: Final = ("pytest", "-x", "-q", "-p", "no:cacheprovider")
_QUICK: Final = ("tests.mutation.quick",)
_OTHERS: Final = (
    "tests/fuzz/test_targets.py",
    "tests/unit/test_messages.py",
    "tests/unit/test_abnf.py",
    "tests/unit/wire",
    "tests/unit/semantics",
    "tests/fuzz/test_semantics.py",
    "tests/unit/resources",
    "tests/conformance/test_splits.py",
    "tests/conformance/test_files_folder.py",
)


def _modules() -> Iterator[Path]:
    package = ROOT / "src" / "pyhttp"
    for name in SOURCES:
        path = package / name
        yield from sorted(path.glob("*.py")) if path.is_dir() else [path]


def _stages(module: Path) -> Iterator[tuple[str, ...]]:
    """Modules to run, with arguments, that may notice: the quickest and likeliest first."""
    inner = module.relative_to(ROOT / "src" / "pyhttp")
    own = Path("tests/unit") / inner.parent / f"test_{inner.name}"
    package = f"tests/unit/{inner.parent}"
    if "semantics" not in inner.parts:
        yield _QUICK
    if (ROOT / own).exists():
        yield (*_PYTEST, str(own))
    if inner.parent != Path():
        yield (*_PYTEST, package)
    if "semantics" in inner.parts:
        yield _QUICK
    yield (*_PYTEST, *(path for path in _OTHERS if path != package))


def _is_noticed(module: Path, mutant: Mutant, folder: Path) -> bool:
    """Whether a test fails, or never ends."""
    copy = folder / module.relative_to(ROOT)
    kept = copy.read_text(encoding="utf-8")
    copy.write_text(mutant.source, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(folder / "src"), "CI": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        for tests in _stages(module):
            command = [sys.executable, "-m", *tests]
            try:
                ran = subprocess.run(
                    command, cwd=ROOT, env=environment, capture_output=True, timeout=_LONGEST, check=False
                )
            except subprocess.TimeoutExpired:
                return True
            if ran.returncode:
                return True
        return False
    finally:
        copy.write_text(kept, encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Try a sample of mutants and report."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation.session", description=__doc__)
    parser.add_argument("--sample", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    every = [(module, mutant) for module in _modules() for mutant in mutants(module.read_text(encoding="utf-8"))]
    sample = Random(int(options.seed)).sample(every, min(int(options.sample), len(every)))
    explained: dict[str, str] = tomllib.loads(SURVIVORS.read_text(encoding="utf-8")) if SURVIVORS.exists() else {}
    survived: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__"))
        for number, (module, mutant) in enumerate(sample, 1):
            if number % 25 == 0:
                sys.stderr.write(f"{number} tried, {len(survived)} survived\n")
            if not _is_noticed(module, mutant, folder):
                signature = f"{module.stem}.{mutant.signature}"
                survived.append(signature)
                sys.stdout.write(f"{number}: survived, line {mutant.line}: {signature}\n")
                sys.stdout.flush()
    killed = len(sample) - len(survived)
    unexplained = [signature for signature in survived if signature not in explained]
    sys.stdout.write(
        f"{len(every)} mutants, {len(sample)} tried, {killed} noticed ({killed / len(sample):.1%}), "
        f"{len(survived)} survived, {len(unexplained)} of them unexplained\n"
    )
    return int(bool(unexplained) or killed < _GOAL * len(sample))


if __name__ == "__main__":
    sys.exit(main())
