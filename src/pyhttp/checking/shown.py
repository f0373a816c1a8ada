"""A report as text: failures with their octets, a table by section, and the list of rows."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from pyhttp.checking.laws import Law
from pyhttp.checking.recording import Said
from pyhttp.checking.register import STATEMENTS, Level, rank
from pyhttp.checking.results import Outcome, Report, Result
from pyhttp.checking.rows.model import Row

__all__ = ["listed", "octets", "shown"]

_MOST: Final = 600
"""The number of octets of one side that are shown."""
_NAMES: Final = {0x0A: "\\n", 0x0D: "\\r", 0x09: "\\t", 0x5C: "\\\\"}


def octets(data: bytes, most: int = _MOST) -> list[str]:
    r"""Octets as text: printable ASCII as it is, others as \r, \n or \x00; a line ends behind each \n."""
    lines = [_escaped(line) for line in data[:most].splitlines(keepends=True)] if b"\n" in data[:most] else []
    if not lines and data:
        lines = [_escaped(data[:most])]
    if len(data) > most:
        lines.append(f"... and {len(data) - most} octets more, {len(data)} in all")
    return lines


def _escaped(data: bytes) -> str:
    # As `pyhttp.explaining.text` does. That is not asked: what judges servers knows nothing of this one.
    return "".join(_NAMES.get(octet) or (chr(octet) if 0x20 <= octet < 0x7F else f"\\x{octet:02x}") for octet in data)


def shown(report: Report, least: Level) -> str:
    """The whole report; failures of level `least` and above with their octets, others with one line each."""
    lines = [f"{report.server}  {report.product}".rstrip(), ""]
    others: list[str] = []
    for result in report.results:
        if result.outcome is Outcome.FAILED and result.level is not None and result.level.value >= least.value:
            lines += [*_explained(result), ""]
        elif result.outcome in {Outcome.FAILED, Outcome.CHOICE}:
            word = "choice" if result.level is None or result.outcome is Outcome.CHOICE else result.level.name
            others.append(f"{word:7} {result.name}: {result.why}"[:160])
    lines += [*others, ""] if others else []
    lines += [*_skipped(report), *_table(report), "", _summed_up(report)]
    return "\n".join(lines) + "\n"


def _explained(result: Result) -> Iterator[str]:
    """A failure: the demand with its clauses, and the conversation."""
    yield f"{result.level.name if result.level else ''}  {result.name}"
    for cite in result.cites:
        if (statement := STATEMENTS.get(cite)) is not None:
            yield f"  {cite} {statement.keyword}: {statement.gist}"
    yield f"  wanted: {result.why}"
    for one in result.said:
        yield from _spoken(one)


def _spoken(said: Said) -> Iterator[str]:
    if not said.data:
        yield f"  {said.side.value:9} nothing more: that side has ended"
        return
    for number, line in enumerate(octets(said.data)):
        yield f"  {said.side.value if not number else '':9} {line}"


def _skipped(report: Report) -> Iterator[str]:
    """The number of rows that were not played, for each reason."""
    counts: dict[str, int] = {}
    for result in report.results:
        if result.outcome is Outcome.SKIPPED:
            counts[result.why] = counts.get(result.why, 0) + 1
    for why, count in sorted(counts.items(), key=lambda item: -item[1]):
        yield f"skipped {count:3}: {why}"
    if counts:
        yield ""


def _table(report: Report) -> Iterator[str]:
    sections: dict[str, list[Result]] = {}
    for result in report.results:
        sections.setdefault(result.section, []).append(result)
    yield f"{'section':18} {'held':>5} {'MUST':>5} {'SHOULD':>6} {'choice':>6} {'skipped':>7}"
    for section in sorted(sections, key=_in_order):
        cells = _cells(sections[section])
        yield f"{_title(section):18} {cells[0]:5} {cells[1]:>5} {cells[2]:>6} {cells[3]:>6} {cells[4]:>7}"


def _in_order(section: str) -> tuple[int, list[tuple[int, str]]]:
    document, _, number = section.partition("-")
    parts = [(int(part) if part.isdigit() else 0, part) for part in number.split(".")]
    return int(document) if document else 99999, parts


def _title(section: str) -> str:
    document, _, number = section.partition("-")
    return f"RFC {document} §{number}" if section else "beyond the RFCs"


def _cells(results: Sequence[Result]) -> tuple[int, str, str, str, str]:
    """The numbers held, failed on a MUST, failed on a SHOULD, choices, and skipped; zero is a dot."""

    def count(outcome: Outcome, level: Level | None = None) -> int:
        return sum(one.outcome is outcome and level in {None, one.level} for one in results)

    counts = (
        count(Outcome.FAILED, Level.MUST),
        count(Outcome.FAILED, Level.SHOULD),
        count(Outcome.CHOICE),
        count(Outcome.SKIPPED),
    )
    must, should, choice, skipped = (str(number or ".") for number in counts)
    return count(Outcome.HELD), must, should, choice, skipped


def _summed_up(report: Report) -> str:
    failed = ", ".join(
        f"{report.count(Outcome.FAILED, [level])} failed on a {level.name}" for level in (Level.MUST, Level.SHOULD)
    )
    return (
        f"{report.count(Outcome.HELD)} held, {failed}, {report.count(Outcome.CHOICE)} choices,"
        f" {report.count(Outcome.SKIPPED)} skipped, in {report.seconds:.1f} s"
    )


def listed(rows: Iterable[tuple[str, Row]], laws: Iterable[Law]) -> str:
    """Each row and law: its level, its name, its clauses, and its needs of the application."""
    entries = [(name, row.cites, sorted(row.needs)) for name, row in rows]
    entries += [(f"law: {law.name}", law.cites, []) for law in laws]
    lines: list[str] = []
    for name, cites, needs in entries:
        level = rank(cites)
        need = f"  needs {', '.join(needs)}" if needs else ""
        lines.append(f"{level.name if level else '-':6} {name}  {' '.join(cites)}{need}")
    return "\n".join(lines) + "\n"
