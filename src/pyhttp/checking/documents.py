"""A report as JSON, and as XML for the exchange of test reports (JUnit's)."""

import json
from collections.abc import Iterator
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from pyhttp.checking.register import STATEMENTS, Level
from pyhttp.checking.results import Outcome, Report, Result
from pyhttp.checking.shown import octets
from pyhttp.version import __version__

__all__ = ["as_json", "as_junit"]

_SCHEMA: Final = 1


def as_json(report: Report) -> str:
    """The report as a JSON object; docs/check.md describes its members."""
    document = {
        "schema": _SCHEMA,
        "by": f"pyhttp {__version__}",
        "server": report.server,
        "product": report.product,
        "seconds": round(report.seconds, 3),
        "counts": {outcome.value: report.count(outcome) for outcome in Outcome},
        "results": [_entry(result) for result in report.results],
    }
    return json.dumps(document, indent=1) + "\n"


def _entry(result: Result) -> dict[str, object]:
    return {
        "name": result.name,
        "outcome": result.outcome.value,
        "level": result.level.name if result.level else None,
        "section": result.section,
        "clauses": [
            {"id": cite, "level": statement.keyword, "gist": statement.gist}
            for cite in result.cites
            if (statement := STATEMENTS.get(cite)) is not None
        ],
        "why": result.why,
        "said": [{"side": one.side.value, "octets": one.data.decode("latin-1")} for one in result.said],
    }


def as_junit(report: Report, least: Level) -> str:
    """The report as JUnit's XML: level `least` and above can fail; any other result but success is skipped."""
    cases = [line for result in report.results for line in _case(result, least)]
    failures = sum(line.startswith("    <failure") for line in cases)
    skipped = sum(line.startswith("    <skipped") for line in cases)
    counts = f'tests="{len(report.results)}" failures="{failures}" skipped="{skipped}" time="{report.seconds:.3f}"'
    head = ['<?xml version="1.0" encoding="UTF-8"?>', f"<testsuite name={quoteattr(report.server)} {counts}>"]
    return "\n".join([*head, *cases, "</testsuite>"]) + "\n"


def _case(result: Result, least: Level) -> Iterator[str]:
    group, _, name = result.name.partition(": ")
    opening = f"  <testcase classname={quoteattr(group)} name={quoteattr(name)}"
    if result.outcome is Outcome.HELD:
        yield f"{opening}/>"
        return
    yield f"{opening}>"
    if result.outcome is Outcome.FAILED and result.level is not None and result.level.value >= least.value:
        said = "\n".join(f"{one.side.value}: {line}" for one in result.said for line in octets(one.data))
        text = "\n".join([" ".join(result.cites), said])
        opening = f"    <failure type={quoteattr(result.level.name)} message={quoteattr(result.why)}>"
        yield f"{opening}{escape(text)}</failure>"
    else:
        yield f"    <skipped message={quoteattr(f'{result.outcome.value}: {result.why}')}/>"
    yield "  </testcase>"
