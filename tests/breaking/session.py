"""Is each MUST noticed when it is broken? `python -m tests.breaking.session --only 9112-6 --jobs 2`.

The session applies the changes of `tests/breaking/changes` one at a time, in a copy of the source, and runs the test
of each that cites the broken statement: it has to fail. Without the change the same tests have to pass. The exit code
is 1 where a change does not apply, is not noticed, or is missing.
"""

import argparse
import re
import subprocess
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

from tests.breaking.entries import CHANGES, DUTIES, Change, problems
from tests.mutation.copies import ROOT, Copies

__all__ = ["main", "objection"]

_FAILED: Final = 1
"""The exit code of pytest when tests failed."""
_TEST_SECONDS: Final = 30
"""The seconds that one test may take, with a fault that makes it wait."""
_LONGEST: Final = 300
"""Seconds for the tests of one statement; all of them, unbroken, may take longer."""
_LONGEST_OF_ALL: Final = 1200
_LATE: Final = "it has taken more than"
"""How tests/helpers/bounded.py fails a test that hangs."""
_CRASHES: Final = re.compile(r"^E +(NameError|UnboundLocalError|ImportError|SyntaxError)\b", re.MULTILINE)
"""The errors of a change that is wrong in itself."""
_WORDS: Final = 3000
"""Characters of what tests say that are told."""


def _command(changes: Iterable[Change]) -> list[str]:
    tests = sorted({change.test for change in changes})
    citing = ",".join(change.id for change in changes)
    plugins = ("-p", "no:cacheprovider", "-p", "tests.breaking.citing")
    return [sys.executable, "-m", "pytest", "-x", "-q", *plugins, "--citing", citing, *tests]


def objection(change: Change, status: int, words: str) -> str:
    """Why a run of pytest does not show that the test notices the change; "" where it does."""
    if status != _FAILED or "\nFAILED " not in words:  # an error of collection or of a fixture notices nothing
        return f"{change.test} does not fail (pytest exits with {status})"
    if crash := _CRASHES.search(words):
        return f"the change itself is wrong: {crash[1]}"
    if (_LATE in words) != bool(change.hangs):
        return "`hangs` is for a test that is over only when its time is, and such a test needs it"
    return ""


def _unnoticed(change: Change, copies: Copies, *, tell: bool) -> str:
    """Why it is not certain that the test of a change notices it; "" where the test does."""
    if found := "; ".join(problems(change, DUTIES[change.id])):
        return found
    with copies.changed(change.module, change.broken()) as environment:
        try:
            ran = subprocess.run(
                _command([change]),
                cwd=ROOT,
                env={**environment, "TEST_SECONDS": str(_TEST_SECONDS)},
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=_LONGEST,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return f"the test is not over in {_LONGEST} s"
    if tell:
        sys.stdout.write(f"==== {change.id}: {change.change}\n{ran.stdout[-_WORDS:]}\n")
    return objection(change, ran.returncode, ran.stdout)


def _words_unbroken(changes: Sequence[Change], copies: Copies) -> str:
    """What the tests of all changes say where they do not pass without a change."""
    module = changes[0].module
    with copies.changed(module, module.read_text(encoding="utf-8")) as environment:
        ran = subprocess.run(
            _command(changes),
            cwd=ROOT,
            env=environment,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_LONGEST_OF_ALL,
            check=False,
        )
    return f"the tests fail without any change:\n{ran.stdout[-_WORDS:]}" if ran.returncode else ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Break what was asked for, statement by statement, and report."""
    parser = argparse.ArgumentParser(prog="python -m tests.breaking.session", description=__doc__)
    parser.add_argument("--only", default="", metavar="ID", help="statements whose id begins with it")
    parser.add_argument("--home", default="", metavar="FILE", help="those of one home, such as wire/framing.py")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--tell", action="store_true", help="show what the failing tests say")
    options = parser.parse_args(arguments)
    only, home, tell = str(options.only), str(options.home), bool(options.tell)
    duties = [one.id for one in DUTIES.values() if one.id.startswith(only) and home in {"", one.home}]
    wrong = {identifier: "no change breaks it" for identifier in duties if identifier not in CHANGES}
    changes = [CHANGES[identifier] for identifier in duties if identifier in CHANGES]
    if changes:
        with Copies(int(options.jobs)) as copies, ThreadPoolExecutor(int(options.jobs)) as pool:
            if words := _words_unbroken(changes, copies):
                sys.stdout.write(f"{words}\n")
                return 1
            reasons = pool.map(partial(_unnoticed, copies=copies, tell=tell), changes)
            wrong |= {change.id: why for change, why in zip(changes, reasons, strict=True) if why}
    sys.stdout.writelines(f"{identifier}: {why}\n" for identifier, why in wrong.items())
    sys.stdout.write(f"{len(duties)} statements, {len(duties) - len(wrong)} noticed when broken\n")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
