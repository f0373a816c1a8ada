"""Fuzz with coverage as the guide: `python -m tests.fuzz.run --minutes 10 [TARGET ...]`.

It needs atheris. Each target runs in a process of its own. It begins with the corpus, the seeds and the input that the
tests draw. An input that breaks a target is printed and kept in the corpus; then the exit code is 1. The option
`--keep` adds more inputs to the corpus: the shortest ones that together take all ways that were found.
"""

import argparse
import hashlib
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Final

from tests.fuzz.inputs import INPUTS, drawn
from tests.fuzz.seeds import CORPUS, DICTIONARY, found, seeds
from tests.fuzz.targets import TARGETS

if TYPE_CHECKING:
    from _typeshed import TraceFunction

__all__ = ["fuzz", "main"]

_LONGEST: Final = 400
"""Octets of the longest input. The limits of the targets are smaller."""
_PATIENCE: Final = 20
"""Seconds for one input. An input needs milliseconds, so a target that takes longer never ends."""


def fuzz(target: str, seconds: int, finds: Path, *folders: Path) -> "subprocess.CompletedProcess[str]":
    """Fuzz one target in a process of its own.

    Args:
        target: The name of the target.
        seconds: How long it is fuzzed.
        finds: The folder for input that breaks it.
        folders: Folders with input to begin with. The first one gets the input that reaches something new.
    """
    options = (
        f"-max_total_time={seconds}",
        f"-dict={DICTIONARY}",
        f"-artifact_prefix={finds}/",
        f"-max_len={_LONGEST}",
        f"-timeout={_PATIENCE}",
    )
    return subprocess.run(
        [sys.executable, "-m", "tests.fuzz.guided", target, *options, "-print_final_stats=1", *map(str, folders)],
        check=False,
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="backslashreplace",
    )


def _fuzz_and_keep(target: str, seconds: int, *, keep: bool) -> bool:
    """Fuzz one target from all input that there is. The result is whether it broke."""
    corpus = CORPUS / target
    corpus.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for at, seed in enumerate((*seeds(target), *drawn(INPUTS[target]))):
            Path(folder, str(at)).write_bytes(seed[:_LONGEST])
        result = fuzz(target, seconds, corpus, Path(folder))
        sys.stdout.write(result.stdout)
        if keep and not result.returncode:
            for data in _least(target, found(target), [path.read_bytes() for path in Path(folder).iterdir()]):
                (corpus / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)
    return bool(result.returncode)


def _least(target: str, kept: list[bytes], inputs: list[bytes]) -> Iterator[bytes]:
    """The inputs, short ones first, that go a way which neither those that are kept nor the ones before go."""
    known = frozenset[tuple[Step, bool]]().union(*(_way(target, data) for data in kept))
    for data in sorted(set(inputs), key=lambda data: (len(data), data)):
        way = _way(target, data)
        if not way <= known:
            known |= way
            yield data


Step = tuple[str, int, int]
"""A file, and two of its lines of which one has followed the other."""
Way = frozenset[tuple[Step, bool]]
"""The steps that were taken, and those taken more than once."""


def _way(target: str, data: bytes) -> Way:
    """How an input goes through the parsers and the slow reference."""
    steps = Counter[Step]()

    def enter(frame: FrameType, event: str, argument: object) -> "TraceFunction | None":
        file, last = frame.f_code.co_filename, frame.f_lineno
        if "/pyhttp/" not in file and "/fuzz/" not in file:
            return None

        def follow(frame: FrameType, event: str, argument: object) -> "TraceFunction | None":
            nonlocal last
            if event == "line":
                steps[file, last, frame.f_lineno] += 1
                last = frame.f_lineno
            return follow

        return follow

    sys.settrace(enter)
    try:
        TARGETS[target](data)
    finally:
        sys.settrace(None)
    return frozenset((step, more) for step, times in steps.items() for more in {False, times > 1})


def main(arguments: Sequence[str] | None = None) -> int:
    """Fuzz each target for a time. The exit code is 1 where one broke."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.run", description=__doc__)
    parser.add_argument("--minutes", type=float, default=0.25, help="for each target (0.25)")
    parser.add_argument("--keep", action="store_true", help="in the corpus, what reaches something new")
    parser.add_argument("targets", nargs="*", metavar="TARGET")
    options = parser.parse_args(arguments)
    names: list[str] = options.targets or list(TARGETS)
    seconds, keep = round(60 * float(options.minutes)), bool(options.keep)
    broken: list[str] = []
    for name in names:
        sys.stdout.write(f"{name}:\n")
        sys.stdout.flush()
        if _fuzz_and_keep(name, seconds, keep=keep):
            broken.append(name)
    sys.stdout.write(f"broken: {', '.join(broken) or 'none'}\n")
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main())
