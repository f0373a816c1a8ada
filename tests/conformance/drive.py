"""Plays the rows at any server: `python -m tests.conformance.drive --server HOST:PORT`.

The server has to offer what docs/conformance-application.md describes; rows that need something it lacks are left out
by `--without NAME`. A row passes when its conversation, or one that the RFC allows just as well, takes place.
"""

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from pyhttp.checking.laws import broken_laws
from pyhttp.checking.play import Exchange, Mismatch, Peer, play
from pyhttp.checking.register import STATEMENTS, Level, rank
from pyhttp.checking.rows.all_rows import GROUPS
from pyhttp.checking.rows.model import Row, Step
from tests.helpers.wire_client import WireClient

__all__ = ["LEFT_OUT", "Failure", "Score", "drive", "main"]

LEFT_OUT: Final = frozenset(
    {"deadlines", "limits", "drain-limit", "hosts", "fields-believed", "proxy-header", "client"}
)
"""Rows that presume limits and deadlines as small as ours, or what our servers are told; `--with NAME` plays them."""

Connect = Callable[[], WireClient]


@dataclass(frozen=True, slots=True)
class Failure:
    """A row that failed, or a law that a response broke."""

    name: str
    cites: tuple[str, ...]
    what: str

    @property
    def level(self) -> Level | None:
        """The highest level among what it cites."""
        return rank(self.cites)


@dataclass(frozen=True, slots=True)
class Score:
    """What became of all rows."""

    passed: int
    left_out: int
    failures: tuple[Failure, ...]
    broken: tuple[Failure, ...]
    """Laws, once each."""

    def count(self, level: Level | None) -> int:
        """Rows that failed at this level."""
        return sum(failure.level is level for failure in self.failures)


def _attempt(steps: Sequence[Step], peer: Peer, *, strict: bool) -> tuple[str | None, list[Exchange]]:
    try:
        return None, play(steps, peer, strict=strict)
    except Mismatch as mismatch:
        return str(mismatch), []


def _play_row(row: Row, connect: Connect, *, strict: bool) -> tuple[str | None, list[Exchange]]:
    """None and what was exchanged, or what failed first."""
    failure: str | None = None
    for steps in (row.steps,) if strict else (row.steps, *row.or_else):
        try:
            with connect() as client:
                failed, exchanges = _attempt(steps, client, strict=strict)
        except OSError as error:
            failed, exchanges = f"no connection: {error}", []
        if failed is None:
            return None, exchanges
        failure = failure or failed
    return failure, []


def drive(connect: Connect, without: Iterable[str] = LEFT_OUT, *, strict: bool = False) -> Score:
    """Play every row that the server can be asked for."""
    missing = frozenset(without)
    passed = left_out = 0
    failures: list[Failure] = []
    broken: dict[str, Failure] = {}
    for name, row in _rows():
        if row.needs & missing:
            left_out += 1
            continue
        failed, exchanges = _play_row(row, connect, strict=strict)
        if failed is None:
            passed += 1
        else:
            failures.append(Failure(name, row.cites, failed))
        for law, exchange in broken_laws(exchanges):
            broken.setdefault(law.name, Failure(law.name, law.cites, f"in {name}: {exchange.reply.head[:300]!r}"))
    return Score(passed, left_out, tuple(failures), tuple(broken.values()))


def _rows() -> Iterator[tuple[str, Row]]:
    for group, rows in GROUPS.items():
        for row in rows:
            yield f"{group}: {row.name}", row


def _describe(failure: Failure) -> Iterator[str]:
    yield f"{failure.level.name if failure.level else 'OURS'}  {failure.name}"
    yield f"    {failure.what}"
    for cite in failure.cites:
        if (statement := STATEMENTS.get(cite)) is not None:
            yield f"    {cite} {statement.keyword}: {statement.gist}"


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.conformance.drive", description=__doc__)
    parser.add_argument("--server", required=True, metavar="HOST:PORT")
    parser.add_argument("--without", nargs="*", default=[], metavar="NAME", help="leave out rows that need these")
    parser.add_argument("--with", nargs="*", default=[], dest="with_", metavar="NAME", help=f"of {sorted(LEFT_OUT)}")
    parser.add_argument("--patience", type=float, default=5.0, help="seconds to wait for anything (5)")
    parser.add_argument("--bytewise", action="store_true", help="send byte by byte")
    parser.add_argument("--strict", action="store_true", help="allow our own choices only")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Play the rows and print a report; 1 if a row failed on a MUST."""
    options = _arguments(arguments)
    host, _, port = str(options.server).rpartition(":")
    patience, bytewise = float(options.patience), bool(options.bytewise)
    without = (LEFT_OUT - set(options.with_)) | set(options.without) | ({"whole"} if bytewise else set())

    def connect() -> WireClient:
        return WireClient(host.strip("[]"), int(port), patience=patience, bytewise=bytewise)

    score = drive(connect, without, strict=bool(options.strict))
    for failure in (*score.failures, *score.broken):
        sys.stdout.write("\n".join(_describe(failure)) + "\n")
    counts = ", ".join(f"{score.count(level)} on a {level.name}" for level in Level)
    sys.stdout.write(
        f"{score.passed} rows passed, {len(score.failures)} failed ({counts}), {score.left_out} left out; "
        f"{len(score.broken)} laws broken\n"
    )
    return int(any(failure.level is Level.MUST for failure in (*score.failures, *score.broken)))


if __name__ == "__main__":
    sys.exit(main())
