"""Fuzz with coverage as the guide: `python -m tests.fuzz.run --minutes 10 [TARGET ...]`.

It needs atheris. Each target runs in a process of its own, with the dictionary and the seeds. An input that breaks one
is printed and kept beside the corpus; then the exit code is 1.
"""

import argparse
import importlib
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.fuzz.seeds import CORPUS, DICTIONARY, seeds

__all__ = ["main"]

_LONGEST = 4096


def _fuzz_here(target: str, seconds: str, folder: str) -> None:
    """Fuzz one target in this process, which ends with it."""
    atheris = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["pyhttp"]):
        targets = importlib.import_module("tests.fuzz.targets")
    finds = CORPUS / target
    finds.mkdir(parents=True, exist_ok=True)
    options = (
        f"-max_total_time={seconds}",
        f"-max_len={_LONGEST}",
        f"-dict={DICTIONARY}",
        f"-artifact_prefix={finds}/",
        "-print_final_stats=1",
        "-verbosity=0",
    )
    atheris.Setup([sys.argv[0], *options, folder], targets.TARGETS[target])
    atheris.Fuzz()


def _fuzz(target: str, seconds: float) -> int:
    """Fuzz one target in a process of its own; its exit status."""
    with tempfile.TemporaryDirectory() as folder:
        for at, seed in enumerate(seeds(target)):
            Path(folder, str(at)).write_bytes(seed[:_LONGEST])
        command = [sys.executable, "-m", "tests.fuzz.run", "--here", target, str(int(seconds)), folder]
        return subprocess.run(command, check=False).returncode


def main(arguments: Sequence[str] | None = None) -> int:
    """Fuzz each target for a time; 1 where one broke."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    if given[:1] == ["--here"]:
        _fuzz_here(*given[1:])
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.run", description=__doc__)
    parser.add_argument("--minutes", type=float, default=0.25, help="for each target (0.25)")
    parser.add_argument("targets", nargs="*", metavar="TARGET")
    options = parser.parse_args(given)
    names: list[str] = options.targets or list(importlib.import_module("tests.fuzz.targets").TARGETS)
    broken: list[str] = []
    for name in names:
        sys.stdout.write(f"{name}:\n")
        sys.stdout.flush()
        if _fuzz(name, 60 * float(options.minutes)):
            broken.append(name)
    sys.stdout.write(f"broken: {', '.join(broken) or 'none'}\n")
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main())
