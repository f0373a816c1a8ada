"""A check of a server: it plays rows, several at once if possible, and holds each response against the laws."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from pyhttp.checking.dialling import CannotCheck, Server
from pyhttp.checking.laws import LAWS, Law, Verdict
from pyhttp.checking.play import Exchange, Mismatch, play
from pyhttp.checking.probing import LEFT_OUT, Found, probe
from pyhttp.checking.recording import Recorder, Said, Side
from pyhttp.checking.register import Level, rank
from pyhttp.checking.results import Outcome, Report, Result
from pyhttp.checking.rows.all_rows import GROUPS
from pyhttp.checking.rows.model import Row, Step

__all__ = ["LONGEST", "Plan", "check", "name_of", "named_rows"]

LONGEST: Final = 120.0
"""The seconds after which no further row is begun."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The settings of a check."""

    server: Server
    rows: tuple[tuple[str, Row], ...]
    """The rows with their names."""
    laws: tuple[Law, ...] = LAWS
    patience: float | None = None
    """The seconds of each wait; found out where None."""
    bytewise: bool = False
    """Whether all data is sent octet by octet."""
    offered: frozenset[str] = frozenset()
    """Needs of rows that the server meets although they are not looked for."""
    longest: float = LONGEST
    """The seconds after which no further row is begun."""


@dataclass(frozen=True, slots=True)
class _Played:
    result: Result
    exchanges: tuple[Exchange, ...] = ()
    late: bool = False
    """Whether it failed since octets did not come in time."""


def named_rows() -> tuple[tuple[str, Row], ...]:
    """Every row, under its group and name."""
    return tuple((name_of(group, row), row) for group, rows in GROUPS.items() for row in rows)


def name_of(group: str, row: Row) -> str:
    """The name of a row: "framing: two lengths"."""
    return f"{group}: {row.name}"


def check(plan: Plan, progress: Callable[[int, int], None] = lambda _done, _all: None) -> Report:
    """Find out the abilities of the server, and play the rows.

    Args:
        plan: The settings.
        progress: Called with the number of rows that are done, and the number of all rows.

    Raises:
        CannotCheck: The server does not answer, or not for the hosts that rows name.
    """
    begun = time.monotonic()
    found = probe(plan.server, plan.patience, bytewise=plan.bytewise)
    # What the server lacks comes first: nothing that is presumed would help.
    lacking = {**found.lacking, **{name: why for name, why in LEFT_OUT.items() if name not in plan.offered}}
    played: dict[str, _Played] = {}
    for name, row in plan.rows:
        missing = [why for need, why in lacking.items() if need in row.needs]
        if missing:
            played[name] = _Played(Result(name, row.cites, Outcome.SKIPPED, missing[0]))
    wanted = [(name, row) for name, row in plan.rows if name not in played]
    player = partial(_play, plan, found, begun + plan.longest)
    for done, one in enumerate(_at_once(player, wanted, found.lanes), 1):
        played[one.result.name] = one
        progress(done, len(wanted))
    # A row that failed by a wait may have waited for other conversations; it is tried again beside fewer.
    late = [(name, row) for name, row in wanted if played[name].late] if found.lanes > 1 else []
    for one in _at_once(player, late, (found.lanes + 1) // 2):
        played[one.result.name] = one
    ordered = [played[name] for name, _ in plan.rows]
    exchanges = [(one.result.name, exchange) for one in ordered for exchange in one.exchanges]
    results = (*(one.result for one in ordered), *_judged(plan.laws, exchanges))
    return Report(plan.server.url, found.product, results, time.monotonic() - begun)


def _at_once(
    player: Callable[[tuple[str, Row]], _Played], rows: Sequence[tuple[str, Row]], lanes: int
) -> Iterator[_Played]:
    """Play rows, so many at the same time."""
    with ThreadPoolExecutor(lanes) as pool:
        try:
            yield from pool.map(player, rows)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _play(plan: Plan, found: Found, end: float, named: tuple[str, Row]) -> _Played:
    """Have the conversation and, if it fails, the others that the RFC allows as well."""
    name, row = named
    if time.monotonic() > end:
        return _Played(Result(name, row.cites, Outcome.SKIPPED, f"{plan.longest:g} s were over"))
    failures: list[_Played] = []
    for steps in (row.steps, *row.or_else):
        one = _converse(plan, found, named, steps)
        if one.result.outcome is Outcome.HELD:
            return one
        failures.append(one)
    first = failures[0].result
    others = dict.fromkeys(one.result.why for one in failures[1:] if one.result.why != first.why)
    why = "; nor as the RFC allows as well: ".join([first.why, *filter(None, [", ".join(others)])])
    return _Played(replace(first, why=why), late=any(one.late for one in failures))


def _converse(plan: Plan, found: Found, named: tuple[str, Row], steps: Sequence[Step]) -> _Played:
    """Have one conversation, on a connection of its own."""
    name, row = named
    late, said = False, tuple[Said, ...]()
    try:
        with Recorder(plan.server.connect(found.patience), bytewise=plan.bytewise) as client:
            try:
                exchanges = play(steps, client, strict=False, canary=found.canary)
                return _Played(Result(name, row.cites, Outcome.HELD), tuple(exchanges))
            finally:
                late, said = client.late, tuple(client.said)
    except Mismatch as mismatch:
        why = str(mismatch)
    except (OSError, CannotCheck) as error:
        late, why = True, f"no conversation: {error}"
    return _Played(Result(name, row.cites, _failed(row.cites), why, said), late=late)


def _failed(cites: Sequence[str]) -> Outcome:
    """The outcome of a row that did not take place: only a choice, unless a MUST or a SHOULD is cited."""
    return Outcome.FAILED if rank(tuple(cites)) in {Level.MUST, Level.SHOULD} else Outcome.CHOICE


def _judged(laws: Iterable[Law], exchanges: Sequence[tuple[str, Exchange]]) -> Iterator[Result]:
    """The result of each law, over all responses."""
    for law in laws:
        name = f"law: {law.name}"
        verdicts = [(row, exchange, law.judge(exchange)) for row, exchange in exchanges]
        broken = next(((row, exchange) for row, exchange, verdict in verdicts if verdict is Verdict.BROKEN), None)
        if broken is not None:
            row, exchange = broken
            said = (Said(Side.SERVER, exchange.reply.head + b"\r\n"),)
            yield Result(name, law.cites, _failed(law.cites), f"broken in {row}", said)
        elif any(verdict is Verdict.HOLDS for _, _, verdict in verdicts):
            yield Result(name, law.cites, Outcome.HELD)
        else:
            yield Result(name, law.cites, Outcome.SKIPPED, "no response was about it")
